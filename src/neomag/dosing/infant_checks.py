"""What the infant's state says of a dose: the level, what was given, kidneys, heart and circulation."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from neomag.dosing.lines import Line, apart, held, number, refusal, warning
from neomag.dosing.order import Order
from neomag.dosing.state import State
from neomag.knowledge import Knowledge


def infant(order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """Each thing of the infant's that stands against the dose: whether it refuses, and the line."""
    yield from _level(order, state, knowledge)
    yield from _given(state, knowledge)
    yield from _kidneys(state, knowledge)
    if state.heart_block:
        refuses = not state.pulseless_torsades
        yield refuses, (refusal if refuses else warning)("heart-block", knowledge)
    if state.hypotension:
        if _low(state, knowledge):
            yield False, warning("circulation", knowledge)
        else:
            yield from ruled("block-magnesium-hypotension", state, knowledge)


def ruled(rule: str, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """A rule of the assessment that blocks magnesium, under the class that blocks.toml has for it."""
    block, entry = knowledge.dosing.blocks[rule], knowledge.rules[rule]
    if block.unless == "pulseless-torsades" and state.pulseless_torsades:
        return
    code = block.when_level_known if block.when_level_known and state.level_known else block.code
    yield True, Line(code, entry.says, entry.sources, entry.policy)


def _low(state: State, knowledge: Knowledge) -> bool:
    return state.level_low(knowledge.dosing.ceilings["level"].warn_from or Fraction(0))


def _level(order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    yield from _reading(order, state, knowledge)
    if state.level_stale == "old" or (state.level is None and state.level_flag is None):
        said = "level-old" if state.level_stale == "old" else "level-missing"
        refuses = state.antenatal_magnesium or not _spared(order, state, knowledge)
        yield refuses, (refusal if refuses else warning)(said, knowledge)
    elif state.level_stale == "before-dose" or ((state.given_24h_mmol or state.given_unknown) and not state.fresh_level):
        yield False, warning("level-before-dose", knowledge)
    if state.antenatal_magnesium:
        yield False, warning("antenatal-magnesium", knowledge)


def _reading(order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """The last level, by number or flag, held against the limit from which none is given."""
    ceiling = knowledge.dosing.ceilings["level"]
    limit = ceiling.refuse_from or Fraction(0)
    if state.level is not None:
        verdict = held(ceiling, state.level)
        found, least = apart(state.level, limit)
        if verdict.refuse is not None:
            says = {"found": f"{found} {ceiling.unit}", "limit": f"{least} {ceiling.unit}"}
            yield True, refusal("level-not-low", knowledge, ceiling, **says)
        elif verdict.warn is not None:
            yield False, warning(ceiling.warns or "", knowledge, ceiling, found=f"{found} {ceiling.unit}")
    elif state.level_flag == "high":
        yield True, refusal("level-not-low", knowledge, ceiling, found="high", limit=f"{number(limit)} {ceiling.unit}")
    elif state.level_flag == "normal":
        refuses = not _spared(order, state, knowledge)
        yield refuses, (refusal if refuses else warning)("level-flag-normal", knowledge)
    elif state.level_flag is not None:
        yield False, warning("level-by-flag", knowledge, found=state.level_flag)


def _spared(order: Order, state: State, knowledge: Knowledge) -> bool:
    """Whether the dose need not wait for a level: an emergency, or a regimen of malnutrition by a route that is spared."""
    if state.emergency or state.pulseless_torsades:
        return True
    policy = knowledge.dosing.defaults["level-not-needed"]
    if order.route not in policy["routes"]:
        return False
    named = order.regimen is not None and order.regimen.indication in policy["indications"]
    return named or (state.severe_malnutrition_day_1 and "severe-malnutrition-day-1" in policy["flags"])


def _given(state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    if state.given_unclear is not None:
        yield True, refusal("given-unclear", knowledge, found=state.given_unclear)
    if state.given_unknown:
        refuses = not state.fresh_level
        yield refuses, (refusal if refuses else warning)("given-unknown", knowledge)


def _kidneys(state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """No urine refuses; so do injured kidneys or dehydration, unless the level is known (for kidneys: to be low)."""
    low = _low(state, knowledge)
    if state.anuria:
        yield True, refusal("renal", knowledge)
    if state.kidney_injury and not low:
        yield True, refusal("renal-level", knowledge)
    if state.dehydrated and not state.level_known:
        yield from ruled("block-magnesium-dehydrated", state, knowledge)
    if low and (state.kidney_injury or state.creatinine_high):
        yield False, warning("renal", knowledge)
    elif state.creatinine_high and state.level_known and not state.kidney_injury:
        yield False, warning("creatinine-high", knowledge)
