"""Reads one event of a case: a sign, a condition, a drug given, or a laboratory result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NoReturn, cast

from neomag import units
from neomag.case.form import Form, listed, shown
from neomag.case.model import FLAGS, Event, Problem

SPECIMENS = ("haemolysed", "edta", "citrate", "cord")
GRADES = ("mild", "moderate", "severe")
ROUTES = (
    "iv", "im", "io", "oral", "enteral", "ng", "rectal", "subcutaneous", "intranasal", "buccal", "inhaled", "topical",
)  # fmt: skip
_KEYS = {
    "sign": ("at", "sign", "absent"),
    "condition": ("at", "condition", "absent", "for", "grade"),
    "given": ("at", "given", "absent", "dose", "unit", "route", "concentration", "over"),
    "lab": ("at", "lab", "value", "unit", "flag", "specimen"),
}
_ALL_KEYS = tuple(dict.fromkeys(key for keys in _KEYS.values() for key in keys))
_DOSE_AMOUNTS = ("mL", "L", "g", "mg", "ug", "mcg", "ng", "mol", "mmol", "umol", "mEq", "IU", "U", "drops")
_DOSE_PER = ("kg", "m2", "dose", "s", "min", "h", "d")


def read_event(form: Form, seq: int, given: object, now: int) -> Event | None:
    """The event at place `seq` of the file, `now` in seconds of age; None, with refusals noted on `form`, when unreadable."""
    where = f"events[{seq}]"
    if not isinstance(given, Mapping):
        form.refuse(where, f"an event is a mapping with one of {listed(tuple(_KEYS))}")
        return None
    row = cast(Mapping[str, Any], given)
    kinds = [kind for kind in _KEYS if kind in row]
    if len(kinds) != 1:
        form.keys(where, row, _ALL_KEYS)
        form.refuse(where, f"an event has exactly one of {listed(tuple(_KEYS))}")
        return None
    kind = kinds[0]
    form.keys(where, row, _KEYS[kind])
    code = row[kind]
    if not isinstance(code, str) or code not in form.knowledge.vocabulary["drug" if kind == "given" else kind]:
        form.unknown_code(where, kind, code)
        return None
    at = None
    if row.get("at") is not None:
        at = form.time(f"{where}.at", row["at"])
        if at > now >= 0:
            form.refuse(f"{where}.at", f"{shown(row['at'])} is after `now`; only the past counts")
    more = {"sign": _sign, "condition": _condition, "given": _given, "lab": _lab}[kind](form, where, row, seq)
    absent = form.truth(f"{where}.absent", row.get("absent"))
    return Event(seq=seq, kind=kind, code=code, key=f"{kind}:{code}", at=at, absent=absent, **more)


def _sign(form: Form, where: str, row: Mapping[str, Any], seq: int) -> dict[str, Any]:
    del form, where, row, seq
    return {}


def _condition(form: Form, where: str, row: Mapping[str, Any], seq: int) -> dict[str, Any]:
    del seq
    return {
        "lasting": form.span(f"{where}.for", row.get("for")),
        "grade": form.choice(f"{where}.grade", row.get("grade"), GRADES),
    }


def _specimen(form: Form, where: str, tags: object) -> frozenset[str]:
    if tags is None:
        return frozenset()
    rows = cast(Sequence[object], (tags,) if isinstance(tags, str) else tags)
    if not isinstance(rows, list | tuple):
        form.refuse(where, f"write a list of {listed(SPECIMENS)}")
        return frozenset()
    return frozenset(tag for row in rows if (tag := form.choice(where, row, SPECIMENS)))


def _lab(form: Form, where: str, row: Mapping[str, Any], seq: int) -> dict[str, Any]:
    flag = form.choice(f"{where}.flag", row.get("flag"), FLAGS)
    fields: dict[str, Any] = {"flag": flag, "specimen": _specimen(form, f"{where}.specimen", row.get("specimen"))}
    value, unit, code = row.get("value"), row.get("unit"), row["lab"]
    if value is None:
        if row.get("flag") is None and not form.numberless:
            form.refuse(where, f"a result needs a value with its unit, or a flag ({listed(FLAGS)})")
        return fields
    try:
        if isinstance(value, str):
            raise units.UnitError("write the value as a plain number, without quotes, comparator or unit")
        reading = units.read(form.knowledge.analytes[code], value, unit, form.knowledge)
    except units.UnitError as error:
        form.refuse(where, f"{code} {shown(value)}: {error}")
        return fields
    # A number takes the place of its flag, also when the number is not to be believed.
    fields |= {"flag": None, "unit": reading.unit, "reported": reading.reported, "suspect": not reading.plausible}
    if reading.plausible:
        fields["value"] = reading.value
    else:
        form.doubts.append(Problem("unit-suspect", seq, f"{code} {reading.reported}"))
    return fields


def _given(form: Form, where: str, row: Mapping[str, Any], seq: int) -> dict[str, Any]:
    del seq
    fields: dict[str, Any] = {
        "route": form.choice(f"{where}.route", row.get("route"), ROUTES),
        "over": form.span(f"{where}.over", row.get("over")),
    }
    try:
        dose, strength = row.get("dose"), row.get("concentration")
        if dose is not None:
            if isinstance(dose, str):
                raise units.UnitError("write the dose as a plain number, and its unit in `unit`")
            fields |= {"dose": Fraction(units.number(dose)), "dose_unit": dose_unit(row.get("unit"))}
        elif row.get("unit") is not None:
            dose_unit(row["unit"])
        if strength is not None:
            amount, unit = units.quantity(strength) if isinstance(strength, str) else (None, None)
            if amount is None or unit != "%":
                raise units.UnitError("write a concentration such as `10 %` (grams of the salt in 100 mL)")
            fields["concentration"] = Fraction(amount)
    except units.UnitError as error:
        form.refuse(where, str(error))
    return fields


def dose_unit(unit: object) -> str:
    """A dose unit in its canonical spelling: an amount, then what it is per (`mmol/kg/h`). Raises UnitError."""
    if unit is None:
        raise units.UnitError("a dose needs its unit, such as mL/kg, mg/kg or mmol")

    def unknown() -> NoReturn:
        raise units.UnitError(
            f"dose unit {shown(unit)} is not known; write an amount ({listed(_DOSE_AMOUNTS)}), then what it is per "
            f"({listed(_DOSE_PER)}), such as mL/kg or mg/kg/h"
        )

    if not isinstance(unit, str):
        unknown()
    amount, *per = unit.replace(" ", "").replace("µ", "u").replace("μ", "u").split("/")
    amounts = {a.casefold(): a for a in _DOSE_AMOUNTS}
    pers = {p: p for p in _DOSE_PER} | {"day": "d", "hr": "h", "hour": "h", "m²": "m2"}
    if amount.casefold() not in amounts or len(per) > 2 or any(p.casefold() not in pers for p in per):
        unknown()
    return "/".join([amounts[amount.casefold()], *(pers[p.casefold()] for p in per)])
