"""What stands against a dose: every ceiling, and the state of the infant. Refusals first, warnings apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from neomag import ages
from neomag.dosing.amounts import sulfate_mg
from neomag.dosing.five import FiveUnits
from neomag.dosing.lines import Line, held, number, refusal, warning
from neomag.dosing.order import Order
from neomag.dosing.state import State
from neomag.knowledge import Knowledge

# The code of a warning that goes with the refusal of the same ceiling.
_MILDER = {"dose-too-high": "dose-high", "rate-too-high": "rate-fast", "concentration-too-high": "concentration-high"}


@dataclass(frozen=True, slots=True)
class Checked:
    """Every refusal and warning of one dose."""

    refused: tuple[Line, ...]
    warnings: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the ceilings are held against: mg of sulfate heptahydrate (or as much magnesium), by kg and in all."""

    mg: Fraction
    mg_per_kg: Fraction
    total_mg_per_kg: Fraction
    rate: Fraction | None

    @classmethod
    def of(cls, dose: FiveUnits, order: Order, state: State, knowledge: Knowledge) -> Figures:
        """The figures of one dose. The 24 h total is what was given and every dose that is planned in 24 h."""
        mg = sulfate_mg(dose.mmol, knowledge)
        total = mg * order.in_24h + sulfate_mg(state.given_24h_mmol, knowledge)
        per_kg = mg / state.weight_kg
        return cls(mg, per_kg, total / state.weight_kg, None if order.over is None else per_kg / order.over)


def check(dose: FiveUnits, order: Order, state: State, knowledge: Knowledge) -> Checked:
    """Everything that stands against `dose`: ceilings, then level, kidneys and heart, then what is beside."""
    figures = Figures.of(dose, order, state, knowledge)
    refused: dict[tuple[str, str], Line] = {}
    warned: dict[tuple[str, str], Line] = {}
    for source in (
        _ceilings(figures, order, state, knowledge),
        _infant(order, state, knowledge),
        _beside(order, state, knowledge),
    ):
        for refuses, line in source:
            (refused if refuses else warned).setdefault((line.code, line.says), line)
    return Checked(tuple(refused.values()), tuple(warned.values()))


def dose_ceiling(route: str, state: State) -> str:
    """The id of the ceiling by weight that holds for one dose by this route."""
    if route == "im" and state.severe_malnutrition_day_1:
        return "dose-im-malnutrition"
    return f"dose-{route}"


def _ceilings(figures: Figures, order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    total = "total-24h-with-level" if state.fresh_level else "total-24h"
    yield from _against(dose_ceiling(order.route, state), figures.mg_per_kg, knowledge)
    yield from _against("dose-iv-absolute", figures.mg, knowledge)
    if order.route == "im":
        yield from _against("dose-im-absolute", figures.mg, knowledge)
    yield from _against(total, figures.total_mg_per_kg, knowledge)
    if state.fresh_level and held(knowledge.dosing.ceilings["total-24h"], figures.total_mg_per_kg).refuse is not None:
        yield False, warning("fresh-level", knowledge)
    if figures.rate is not None and order.over is not None:
        yield from _against("rate", figures.rate, knowledge)
        if not (knowledge.dosing.ceilings["duration"].unless == "pulseless-torsades" and state.pulseless_torsades):
            yield from _against("duration", order.over, knowledge)
        yield from _against("concentration", order.percent, knowledge)
    elif order.route == "im":
        yield from _against("concentration-im", order.percent, knowledge)
    yield from _against("weight", state.weight_kg, knowledge)


def _against(name: str, value: Fraction, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    ceiling = knowledge.dosing.ceilings[name]
    verdict = held(ceiling, value)
    limit = verdict.refuse if verdict.refuse is not None else verdict.warn
    if limit is None:
        return
    refuses = verdict.refuse is not None
    figures = {
        "what": ceiling.says,
        "found": f"{number(value)} {ceiling.unit}",
        "limit": _limits(name, knowledge) if name == "weight" else f"{number(limit)} {ceiling.unit}",
    }
    if refuses:
        yield True, refusal(ceiling.code, knowledge, ceiling, **figures)
    else:
        yield False, warning(_MILDER[ceiling.code], knowledge, ceiling, **figures)


def _limits(name: str, knowledge: Knowledge) -> str:
    ceiling = knowledge.dosing.ceilings[name]
    return f"{number(ceiling.refuse_below or Fraction(0))} to {number(ceiling.refuse_above or Fraction(0))} {ceiling.unit}"


def _infant(order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """Level, kidneys, heart."""
    ceiling = knowledge.dosing.ceilings["level"]
    low = state.level_low(ceiling.warn_from or Fraction(0))
    if state.level is not None:
        verdict, found = held(ceiling, state.level), f"{number(state.level)} {ceiling.unit}"
        if verdict.refuse is not None:
            yield (
                True,
                refusal("level-not-low", knowledge, ceiling, found=found, limit=f"{number(verdict.refuse)} {ceiling.unit}"),
            )
        elif verdict.warn is not None:
            yield False, warning("level-grey", knowledge, ceiling, found=found)
    elif state.level_flag == "high":
        limit = f"{number(ceiling.refuse_from or Fraction(0))} {ceiling.unit}"
        yield True, refusal("level-not-low", knowledge, ceiling, found=state.level_flag, limit=limit)
    elif state.level_flag is not None:
        yield False, warning("level-by-flag", knowledge, found=state.level_flag)
    elif state.antenatal_magnesium or not (
        state.emergency or state.pulseless_torsades or _needs_no_level(order, state, knowledge)
    ):
        yield True, refusal("level-missing", knowledge)
    else:
        yield False, warning("level-missing", knowledge)
    if state.antenatal_magnesium:
        yield False, warning("antenatal-magnesium", knowledge)
    if state.given_unknown:
        yield not state.fresh_level, _given_unknown(knowledge, refuses=not state.fresh_level)
    if state.anuria:
        yield True, refusal("renal", knowledge)
    if state.kidney_injury:
        yield not low, _kidney(knowledge, low)
    if state.heart_block:
        refuses = not state.pulseless_torsades
        yield refuses, (refusal if refuses else warning)("heart-block", knowledge)


def _needs_no_level(order: Order, state: State, knowledge: Knowledge) -> bool:
    policy = knowledge.dosing.defaults["level-not-needed"]
    named = order.regimen is not None and order.regimen.indication in policy["indications"]
    return named or (state.severe_malnutrition_day_1 and "severe-malnutrition-day-1" in policy["flags"])


def _kidney(knowledge: Knowledge, low: bool) -> Line:
    if low:
        return warning("renal", knowledge)
    line = warning("renal-unnamed", knowledge)
    return Line("renal", line.says, line.sources, line.policy)


def _given_unknown(knowledge: Knowledge, *, refuses: bool) -> Line:
    line = warning("given-unknown", knowledge)
    return Line("dose-too-high", line.says, line.sources, line.policy) if refuses else line


def _beside(order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """Interactions, what the assessment blocks, the muscle, the weight for the age, and what is odd about the regimen."""
    known = knowledge.dosing
    for name in (*state.interactions, *(("same-line",) if order.same_line else ())):
        item = known.interactions[name]
        line = refusal("interaction", knowledge, item, found=item.says)
        yield item.refuses, line
    yield from _blocks(state, knowledge)
    if order.route == "im":
        for rule in () if state.severe_malnutrition_day_1 else state.blocked_im:
            yield True, _rule("blocked", rule, knowledge)
        if state.preterm or state.blocked_im or state.severe_malnutrition_day_1:
            yield False, warning("im-preterm", knowledge)
    yield from _weight_for_age(state, knowledge)
    yield from _regimen(order, state, knowledge)


def _rule(code: str, rule: str, knowledge: Knowledge) -> Line:
    entry = knowledge.rules[rule]
    return Line(code, entry.says, entry.sources, entry.policy)


def _blocks(state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    for rule in state.blocked:
        block = knowledge.dosing.blocks[rule]
        if block.unless == "pulseless-torsades" and state.pulseless_torsades:
            continue
        code = block.when_level_known if block.when_level_known and state.level_known else block.code
        yield True, _rule(code, rule, knowledge)


def _weight_for_age(state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    if state.age is None:
        return
    bands = [b for b in knowledge.dosing.weights if b.months == state.age // ages.MONTH and state.sex in (None, b.sex)]
    if bands:
        low, high = min(b.low for b in bands), max(b.high for b in bands)
        if not low <= state.weight_kg <= high:
            found, limit = f"{number(state.weight_kg)} kg", f"{number(low)} to {number(high)} kg"
            yield False, warning("weight-for-age", knowledge, found=found, limit=limit)


def _regimen(order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    row = order.regimen
    if row is None:
        return
    if row.quirk:
        yield False, warning("quirk", knowledge, row, found=row.quirk)
    if row.amount[0] != row.amount[-1]:
        yield False, warning("range", knowledge, found=f"{number(row.amount[0])} to {number(row.amount[-1])} {row.unit}")
    outside = state.age is not None and not (row.start or 0) <= state.age < (row.end or state.age + 1)
    if outside:
        yield False, warning("population", knowledge, found=row.population)
    if row.indication not in ("deficiency", "oral"):
        yield False, warning("indication", knowledge, found=row.indication)
