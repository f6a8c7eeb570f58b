"""The amounts and rates in the text of an order: `50 mg/kg elemental`, `0.8 mEq`, `1 mg-salt/kg/min`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from neomag.dosing.amounts import DoseInputError, number_in
from neomag.dosing.order_words import NUMBER, OrderText
from neomag.knowledge import Knowledge
from neomag.knowledge.amount import Amount, unit_of

_OF_WHAT = r"(?:[-\s]\s*(?:of\s+|as\s+)?(salt|elemental)\b(?:\s+(?:magnesium|mg)\b)?)?"
_UNIT = rf"{NUMBER}\s*([a-zμ]+){_OF_WHAT}"
_AMOUNT = re.compile(rf"{_UNIT}((?:\s*(?:/|per)\s*(?:kg|dose)\b)*){_OF_WHAT}(?![a-z])")
_RATE = re.compile(
    rf"(?:\b(?:at|rate)\s*|@\s*)?{_UNIT}(\s*(?:/|per)\s*kg)?\s*(?:/|per)\s*(min(?:ute)?|h(?:our|r)?)\b{_OF_WHAT}"
)
_NAMED = re.compile(r"(?:salt|elemental)\s+(?:magnesium|mg)\b")


@dataclass(frozen=True, slots=True)
class Written:
    """An amount in an order; a rate when it is by the minute. `plain` when it is a mass that does not say of what.

    A plain mass is counted as salt: whether it may be is for those who know if the order names the salt.
    """

    amount: Amount
    unit: str
    plain: bool
    names_drug: bool


def amounts_in(rest: OrderText, knowledge: Knowledge) -> tuple[list[Written], list[Written]]:
    """The rates (by the minute) and the amounts that `rest` holds, taken out of it. Raises DoseInputError."""
    rates, masses = rest.take_all(_RATE), rest.take_all(_AMOUNT)
    # `elemental magnesium 5 mg/kg`: what is said before the amount holds for it.
    before = "elemental" if rest.word("elemental") else None
    by_minute = [_written(m, m[4] or "", m[6], before, knowledge, 60 if m[5].startswith("h") else 1) for m in rates]
    return by_minute, [_written(m, m[4], m[5], before, knowledge) for m in masses]


def _written(
    match: re.Match[str], per: str, after: str | None, before: str | None, knowledge: Knowledge, minutes: int = 1
) -> Written:
    text, number, name = match[0].strip(), number_in(match[1]), match[2]
    if not number:
        raise DoseInputError(f"`{text}`: the amount must be more than nothing")
    unit = unit_of(name, knowledge)
    said = [of for of in (match[3], after) if of]
    of_what = said[0] if said else before if unit is not None and unit.kind == "ambiguous" else None
    if len(set(said)) > 1:
        raise DoseInputError(f"`{text}` says both salt and elemental")
    if of_what:
        unit = unit_of(f"{name}-{of_what}", knowledge)
    if unit is None:
        raise DoseInputError(f"`{text}`: unit `{f'{name} {of_what}' if of_what else name}` is not known")
    value, kind = number * unit.factor, unit.kind
    if plain := unit.kind == "ambiguous":
        value, kind = number * _milligrams(name), "salt"
    amount = Amount(value / minutes, kind, "kg" in per, text)
    return Written(amount, unit.id, plain, _NAMED.search(text) is not None)


def _milligrams(unit: str) -> Fraction:
    """Milligrams in a unit of plain mass."""
    if unit.startswith("g"):
        return Fraction(1000)
    return Fraction(1, 1000) if unit.startswith(("mc", "u", "μ")) else Fraction(1)
