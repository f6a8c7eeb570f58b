"""The state of an infant before a dose, taken from a case and its assessment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from neomag import ages
from neomag.answer import Answer
from neomag.assess import assess
from neomag.case import Case, Event
from neomag.dosing.amounts import DoseInputError
from neomag.dosing.monitoring import level_due
from neomag.dosing.products import default_product
from neomag.dosing.state import State
from neomag.knowledge import Knowledge, load
from neomag.knowledge.amount import Amount
from neomag.knowledge.dosing import Product


def state_of_case(case: Case, *, weight_kg: Fraction | None = None, knowledge: Knowledge | None = None) -> State:
    """What `case` brings to a dose: weight, last level, kidneys, heart, drugs, antenatal magnesium, what was given in 24 h.

    A case without weight needs `weight_kg`. Rules of the assessment that block magnesium are taken over; where it advises
    magnesium although no level is known, that is an emergency. Raises DoseInputError without a weight, or with two that differ.
    """
    known = knowledge or load()
    own = None if case.infant.weight is None else Fraction(str(case.infant.weight)) / 1000
    if own is not None and weight_kg is not None and own != weight_kg:
        raise DoseInputError(f"the case says {float(own):g} kg, the command {float(weight_kg):g} kg; which is right?")
    weight = weight_kg or own
    if weight is None:
        raise DoseInputError("the case has no current weight (or one that is not plausible); give the weight")
    answer = assess(case)
    last = {event.key: event for event in case.events}
    level = last.get("lab:magnesium")
    if level is not None and (level.suspect or answer.magnesium.status in ("uninterpretable", "unknown")):
        level = None
    found = dict(zip(answer.rulebook.findings, answer.row, strict=True))
    given = _given(case, weight, known)
    return State(
        weight_kg=weight,
        age=case.now,
        sex=case.infant.sex,
        level=None if level is None or level.value is None else Fraction(str(level.value)),
        level_flag=None if level is None or level.value is not None else level.flag,
        level_stale=_stale(answer, found) if level is not None else None,
        fresh_level=level is not None and given.fresh(level, known),
        emergency=any(action.code == "give-magnesium" for action in answer.actions),
        kidney_injury=_now(last.get("condition:kidney-injury")),
        creatinine_high=found.get("creatinine_state") == "high",
        anuria=_now(last.get("sign:oliguria")),
        heart_block=_now(last.get("condition:heart-block")),
        hypotension=_now(last.get("sign:hypotension")) or _now(last.get("sign:bradycardia")),
        dehydrated=_now(last.get("sign:dehydration")),
        antenatal_magnesium=_now(last.get("condition:mother-magnesium-sulfate"))
        and case.now < ages.seconds(known.dosing.defaults["antenatal"]["until"]),
        preterm=_now(last.get("condition:preterm")) or _born_early(case, known),
        given_24h_mmol=given.mmol,
        given_unknown=given.unknown,
        interactions=_interactions(case, known),
        blocked=tuple(r for b in answer.blocked if b.code == "give-magnesium" for r in b.because),
        blocked_im=tuple(r for b in answer.blocked if b.code == "intramuscular" for r in b.because),
        case=case.name,
    )


def with_flags(state: State, **flags: object) -> State:
    """`state` with what a command adds to it; a flag that is not set (False, None or empty) takes nothing away."""
    # 0 is set: it is an age (birth), or an amount.
    return replace(state, **{name: flag for name, flag in flags.items() if not (flag is None or flag is False or flag == ())})


def _stale(answer: Answer, found: dict[str, Any]) -> str | None:
    """Why the last level does not stand for now, as the assessment sees it."""
    if not answer.rule("level-out-of-date"):
        return None
    return "old" if found.get("magnesium_old") else "before-dose"


def _born_early(case: Case, known: Knowledge) -> bool:
    weeks = Fraction(known.dosing.defaults["weight-for-age"]["preterm_weeks"])
    return case.infant.gestation is not None and case.infant.gestation < weeks


def _now(event: Event | None) -> bool:
    return event is not None and not event.absent


def _within(event: Event, case: Case, window: int) -> bool:
    return event.at is None or case.now - event.at <= window


@dataclass(frozen=True, slots=True)
class _Given:
    """Magnesium of the last 24 h in mmol, whether some of it is of unknown amount, and the times of it (None: not known)."""

    mmol: Fraction
    unknown: bool
    times: tuple[int | None, ...]

    def fresh(self, level: Event, known: Knowledge) -> bool:
        """Whether `level` was taken after all of it, and not before the plan's next level would have been due."""
        if level.at is None or not self.times:
            return False
        gap = level_due(known)[0]
        return all(time is not None and level.at - time >= gap for time in self.times)


def _given(case: Case, weight: Fraction, known: Knowledge) -> _Given:
    given = known.dosing.defaults["given"]
    window = ages.seconds(given["window"])
    counted = [
        (event, _mmol(event, weight, known))
        for event in case.events
        if event.kind == "given" and event.code in given["drugs"] and not event.absent and _within(event, case, window)
    ]
    return _Given(
        sum((mmol or Fraction(0) for _, mmol in counted), Fraction(0)),
        any(mmol is None for _, mmol in counted),
        tuple(event.at for event, _ in counted),
    )


def _mmol(event: Event, weight: Fraction, known: Knowledge) -> Fraction | None:
    if event.dose is None or event.dose_unit is None:
        return None
    unit, *per = [part for part in event.dose_unit.split("/") if part != "dose"]
    if set(per) - {"kg"}:
        return None
    product = default_product("iv", known)
    kinds = {"mL": "ml", "mmol": "mmol", "mEq": "meq"}
    value = event.dose
    if unit in ("mg", "g") and event.code in known.dosing.defaults["given"]["mass_is_salt"]:
        kind, value = "salt", value * (1000 if unit == "g" else 1)
    elif unit in kinds and (
        unit != "mL" or (event.concentration and event.code in known.dosing.defaults["given"]["mass_is_salt"])
    ):
        kind = kinds[unit]
    else:
        return None
    if kind == "ml":
        strength = event.concentration or Fraction(0)
        product = Product(
            id="given", says="", salt=product.salt, g_per_100ml=strength, label_mmol_per_ml=Fraction(0), routes=()
        )
    return Amount(value, kind, "kg" in per, "").mmol(weight, product, known)


def _interactions(case: Case, known: Knowledge) -> tuple[str, ...]:
    found: list[str] = []
    last = {event.key: event for event in case.events}
    for item in known.dosing.interactions.values():
        present = any(_now(last.get(f"condition:{code}")) for code in item.condition)
        given = any(
            e.kind == "given"
            and e.code in item.drug
            and not e.absent
            and (item.within is None or _within(e, case, item.within))
            for e in case.events
        )
        if present or given:
            found.append(item.id)
    return tuple(found)
