"""The state of an infant before a dose, taken from a case and its assessment."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from neomag import ages
from neomag.assess import assess
from neomag.case import Case, Event
from neomag.dosing.amounts import Amount, DoseInputError
from neomag.dosing.products import default_product
from neomag.dosing.state import State
from neomag.knowledge import Knowledge, load
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
    usable = level is not None and not level.suspect and answer.magnesium.status not in ("uninterpretable", "unknown")
    given, unknown, latest = _given(case, weight, known)
    return State(
        weight_kg=weight,
        age=case.now,
        sex=case.infant.sex,
        level=Fraction(str(level.value)) if usable and level is not None and level.value is not None else None,
        level_flag=level.flag if usable and level is not None and level.value is None else None,
        fresh_level=usable and level is not None and level.at is not None and latest is not None and level.at > latest,
        emergency=any(action.code == "give-magnesium" for action in answer.actions),
        kidney_injury=_now(last.get("condition:kidney-injury")),
        anuria=_now(last.get("sign:oliguria")),
        heart_block=_now(last.get("condition:heart-block")),
        antenatal_magnesium=_now(last.get("condition:mother-magnesium-sulfate"))
        and case.now < ages.seconds(known.dosing.defaults["antenatal"]["until"]),
        preterm=_now(last.get("condition:preterm")),
        given_24h_mmol=given,
        given_unknown=unknown,
        interactions=_interactions(case, known),
        blocked=tuple(r for b in answer.blocked if b.code == "give-magnesium" for r in b.because),
        blocked_im=tuple(r for b in answer.blocked if b.code == "intramuscular" for r in b.because),
        case=case.name,
    )


def with_flags(state: State, **flags: object) -> State:
    """`state` with what a command adds to it; a flag that is not set takes nothing away."""
    return replace(state, **{name: value for name, value in flags.items() if value})


def _now(event: Event | None) -> bool:
    return event is not None and not event.absent


def _within(event: Event, case: Case, window: int) -> bool:
    return event.at is None or case.now - event.at <= window


def _given(case: Case, weight: Fraction, known: Knowledge) -> tuple[Fraction, bool, int | None]:
    """Magnesium of the last 24 h in mmol, whether some of it is of unknown amount, and when the last of it was given."""
    given = known.dosing.defaults["given"]
    window = ages.seconds(given["window"])
    total, unknown, latest = Fraction(0), False, None
    for event in case.events:
        if event.kind == "given" and event.code in given["drugs"] and not event.absent and _within(event, case, window):
            mmol = _mmol(event, weight, known)
            unknown = unknown or mmol is None
            total += mmol or 0
            latest = event.at if event.at is not None else case.now
    return total, unknown, latest


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
