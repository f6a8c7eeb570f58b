"""Amounts, volumes and levels as scenarios write them, to mmol, mL and mmol/L. `mg` without saying of what is refused."""

from __future__ import annotations

import re
from typing import Any

from neomag import ages, units
from neomag.body.errors import BodyInputError
from neomag.knowledge import Knowledge
from neomag.knowledge.amount import unit_of

# The salt that milligrams of salt are of, here and in the studies the model is held against.
SALT = "magnesium-sulfate-heptahydrate"
_AMOUNT = re.compile(r"(.+?)(/kg)?(/h|/d)?")
AMOUNT_FORM = "`0.25 mmol/kg`, `6 mg-elemental/kg` or `50 mg-salt/kg`"


def amount(where: str, given: Any, weight_kg: float, knowledge: Knowledge, per: str = "") -> float:
    """mmol (or mmol/h when `per` is `/h` or `/d`) of the amount written. Raises BodyInputError saying what is accepted."""
    number, unit = _split(where, given, f"an amount such as {AMOUNT_FORM}{f' with {per} after it' if per else ''}")
    match = _AMOUNT.fullmatch(unit)
    known = unit_of(match[1], knowledge) if match else None
    if match is None or known is None or known.kind not in {"salt", "elemental", "mmol", "meq"} or (match[3] or "") != per:
        form = AMOUNT_FORM.replace("/kg`", f"/kg{per}`")
        raise BodyInputError(f"{where}: `{str(given)[:40]}` is refused; write {form}. mg alone does not say of what")
    magnesium = knowledge.analytes["magnesium"]
    of_salt = knowledge.dosing.salts[SALT].g_per_mol
    by = {"mmol": 1, "meq": magnesium.valence, "elemental": magnesium.molar_mass, "salt": of_salt}[known.kind]
    total = number * float(known.factor) / float(by or 1) * (weight_kg if match[2] else 1)
    return total / 24 if per == "/d" else total


def volume(where: str, given: Any, weight_kg: float) -> float:
    """mL in an hour of a volume a day. Raises BodyInputError."""
    number, unit = _split(where, given, "a volume such as `150 mL/kg/d`")
    if unit.casefold() not in {"ml/kg/d", "ml/d"}:
        raise BodyInputError(f"{where}: unit `{unit[:20]}` is refused; write mL/kg/d or mL/d")
    return number * (weight_kg if "/kg" in unit.casefold() else 1) / 24


def level(where: str, given: Any, knowledge: Knowledge) -> float:
    """mmol/L of a level with its unit. Raises BodyInputError."""
    number, unit = _split(where, given, "a level such as `0.76 mmol/L` or `4.4 mg/dL`")
    try:
        return units.read(knowledge.analytes["magnesium"], number, unit, knowledge).value
    except units.UnitError as error:
        raise BodyInputError(f"{where}: {error}") from None


def weight(where: str, given: Any) -> float:
    """Kilograms of a weight in kg or g. Raises BodyInputError."""
    number, unit = _split(where, given, "a weight such as `3.4 kg` or `3400 g`")
    if unit not in {"kg", "g"} or not number:
        raise BodyInputError(f"{where}: write a weight such as `3.4 kg` or `3400 g`")
    return number / 1000 if unit == "g" else number


def share(where: str, given: Any) -> float:
    """A share from 0 to below 1, of a percentage. Raises BodyInputError."""
    number, unit = _split(where, given, "a percentage such as `7 %`")
    if unit != "%" or not 0 <= number < 100:
        raise BodyInputError(f"{where}: write a percentage from 0 to below 100, such as `7 %`")
    return number / 100


def hours(where: str, given: Any) -> float:
    """Hours of an age or span. Raises BodyInputError."""
    if isinstance(given, int | float) and not isinstance(given, bool) and given == 0:
        return 0.0
    if not isinstance(given, str):
        raise BodyInputError(f"{where}: write {ages.AGE_FORM}")
    try:
        return ages.seconds(given) / ages.SECONDS["h"]
    except ValueError as error:
        raise BodyInputError(f"{where}: {error}") from None


def _split(where: str, given: Any, form: str) -> tuple[float, str]:
    if not isinstance(given, str):
        raise BodyInputError(f"{where}: write {form}")
    try:
        number, unit = units.quantity(given)
        return float(units.number(number)), unit
    except units.UnitError as error:
        raise BodyInputError(f"{where}: {error}; write {form}") from None
