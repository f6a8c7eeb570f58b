"""An order as written, `MgSO4 0.8 mL of 50% IV over 30 min`: read, converted, compared with the regimens and the ceilings.

Every word must be understood: what is left over makes the order unreadable, it is never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from neomag import ages
from neomag.dosing.amounts import Amount, DoseInputError, sulfate_mg, unit_of
from neomag.dosing.dose import Dose, answer
from neomag.dosing.lines import Line, number, refusal, warning
from neomag.dosing.order import make_order
from neomag.dosing.products import default_product
from neomag.dosing.state import State
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Product, Regimen

_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_OVER = re.compile(rf"\b(?:over|in|during)\s*{_NUMBER}\s*(minutes?|mins?|min|hours?|hrs?|hr|h)\b")
_RATE = re.compile(rf"\b(?:at|rate)?\s*{_NUMBER}\s*(?:mg|mg-salt)\s*(/\s*kg)?\s*/\s*(min(?:ute)?|h(?:our|r)?)\b")
_EVERY = re.compile(rf"\b(?:q|every)\s*{_NUMBER}\s*(?:h(?:ourly|ours?|rs?|r)?)\b|\b{_NUMBER}\s*hourly\b")
_COUNT = re.compile(r"\b(?:x|for)\s*(\d+)\s*(?:doses)?\b|\b(\d+)\s*doses\b")
_PERCENT = re.compile(rf"{_NUMBER}\s*(?:%|per\s*cent)")
_AMOUNT = re.compile(rf"{_NUMBER}\s*([a-zµ]+(?:[-\s](?:salt|elemental))?)((?:\s*(?:/|per)\s*(?:kg|dose))*)(?![a-z])")
# Two amounts of one order, such as 0.8 mEq (0.2 mL), may differ by what rounding makes.
_ROUNDING = Fraction(5, 100)
# A dose within a tenth of a regimen's figures is that regimen's.
_NEAR = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an order says, word by word; `amounts` may hold one dose in several units."""

    amounts: tuple[Amount, ...]
    percent: Fraction | None
    route: str | None
    over: Fraction | None
    rate_per_min: tuple[Fraction, bool] | None
    every: int | None
    doses: int | None
    names_salt: bool
    ambiguous: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on an order: `accepted`, `unusual` or `refused`; the dose it means, and regimens that give as much."""

    verdict: str
    order: str
    dose: Dose
    regimens: tuple[str, ...]
    refused: tuple[Line, ...]
    warnings: tuple[Line, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: the verdict, the regimens that agree, then all of the dose."""
        return {
            "verdict": self.verdict, "written": self.order, "regimens": list(self.regimens), **self.dose.to_dict(),
            "refused": [line.to_dict() for line in self.refused], "warnings": [line.to_dict() for line in self.warnings],
        }  # fmt: skip


class _Text:
    """The text of an order, from which each part takes what it understands."""

    def __init__(self, text: str):
        self.left = f" {text.casefold().replace('(', ' ').replace(')', ' ').replace('=', ' ')} "

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self.left)
        if found:
            self.left = f"{self.left[: found.start()]} {self.left[found.end() :]}"
        return found

    def word(self, word: str) -> bool:
        return self.take(re.compile(rf"(?<![\w.]){re.escape(word.casefold())}(?![\w+])")) is not None

    def words(self, words: tuple[str, ...]) -> bool:
        """Take every one of `words`; whether any was there."""
        return max([self.word(word) for word in words])


def read_order(text: str, knowledge: Knowledge) -> Reading:
    """What the order `text` says. Raises DoseInputError naming the words that are not understood."""
    if len(text) > 200:
        raise DoseInputError("the order is too long to be one order")
    rest, words = _Text(text), knowledge.dosing.orders
    minutes = {"m": 1, "h": 60}
    over = rest.take(_OVER)
    rate = rest.take(_RATE)
    every = rest.take(_EVERY)
    percent = rest.take(_PERCENT)
    count = rest.take(_COUNT)
    salt = rest.words(words["magnesium-sulfate"].words)
    amounts, ambiguous = _amounts(rest, salt, knowledge)
    every_s = round(Fraction(next(g for g in every.groups() if g)) * ages.SECONDS["h"]) if every else None
    for entry in words["frequency"].words:
        word, _, span = entry.partition("=")
        if rest.word(word):
            every_s = ages.seconds(span)
    route = None
    for name in ("iv", "im", "oral"):
        if rest.words(words[name].words):
            if route is not None:
                raise DoseInputError(f"`{text[:60]}` names two routes")
            route = name
    for word in (*words["magnesium"].words, *words["noise"].words):
        while rest.word(word):
            pass
    left = re.sub(r"[\s,;.:]+", " ", rest.left).strip()
    if left:
        raise DoseInputError(f"`{text[:60]}`: `{left[:40]}` is not understood, and nothing in an order is passed over")
    if not amounts and not ambiguous:
        raise DoseInputError(f"`{text[:60]}` names no amount")
    return Reading(
        amounts=amounts,
        percent=Fraction(percent[1]) if percent else None,
        route=route,
        over=Fraction(over[1]) * minutes[over[2][0]] if over else None,
        rate_per_min=(Fraction(rate[1]) / minutes[rate[3][0]], rate[2] is not None) if rate else None,
        every=every_s,
        doses=int(next(g for g in count.groups() if g)) if count else None,
        names_salt=salt,
        ambiguous=ambiguous,
    )


def _amounts(rest: _Text, names_salt: bool, knowledge: Knowledge) -> tuple[tuple[Amount, ...], tuple[str, ...]]:
    found: list[Amount] = []
    ambiguous: list[str] = []
    while match := rest.take(_AMOUNT):
        unit = unit_of(match[2].replace(" ", "-"), knowledge) or unit_of(match[2], knowledge)
        if unit is None:
            raise DoseInputError(f"`{match[0].strip()}`: unit `{match[2]}` is not known")
        written, value, per_kg = match[0].strip(), Fraction(match[1]), "kg" in match[3]
        if not value:
            raise DoseInputError(f"`{written}`: the amount must be more than nothing")
        if unit.kind == "ambiguous":
            ambiguous.append(written)
            factor = {"m": 1, "g": 1000}.get(match[2][0]) if match[2][:2] not in ("mc", "ug") else None
            if names_salt and factor:
                found.append(Amount(value * factor, "salt", per_kg, written))
        else:
            found.append(Amount(value * unit.factor, unit.kind, per_kg, written))
    return tuple(found), tuple(ambiguous)


def check_order(text: str, state: State, knowledge: Knowledge) -> Checked:
    """The verdict on the order `text` for `state`.

    A level that is not told is a warning here: the order is checked, not the infant. Raises DoseInputError for an order that
    cannot be read in every word.
    """
    read = read_order(text, knowledge)
    refused: list[Line] = []
    warned: list[Line] = []
    if read.ambiguous and not read.names_salt:
        refused = [refusal("ambiguous-unit", knowledge, found=written) for written in read.ambiguous]
        return Checked("refused", text, Dose(tuple(refused), (), state, knowledge.version), (), tuple(refused), ())
    route = read.route or "iv"
    product = _product(read, route, knowledge)
    if product is None:
        line = refusal("ambiguous-unit", knowledge, found=read.amounts[0].written)
        return Checked("refused", text, Dose((line,), (), state, knowledge.version), (), (line,), ())
    order = make_order(
        knowledge, amount=read.amounts[0], product=product.id, route=route, every=read.every, doses=read.doses,
        over=_over(read, state, product, route, knowledge),
    )  # fmt: skip
    dose = answer(order, state, knowledge)
    for line in dose.refused:
        asked_nothing = (
            line.code == "level-missing" and not state.level_known and state.case is None and not state.antenatal_magnesium
        )
        (warned if asked_nothing else refused).append(line)
    refused += list(_disagreements(read, dose, product, state, knowledge))
    warned += list(dose.warnings)
    if read.ambiguous:
        warned.append(warning("mg-read-as-salt", knowledge))
    if route == "iv" and read.over is None and read.rate_per_min is None:
        warned.append(warning("time-not-written", knowledge))
    if read.route is None:
        warned.append(warning("route-not-written", knowledge))
    agree = tuple(r.id for r in knowledge.dosing.regimens.values() if _agrees(r, dose, route, state, knowledge))
    if not agree:
        mg = number(sulfate_mg(dose.dose.mmol, knowledge) / state.weight_kg) if dose.dose else ""
        warned.append(warning("off-regimen", knowledge, found=f"{mg} mg/kg {route}"))
    odd = {"dose-high", "rate-fast", "mg-read-as-salt", "off-regimen", "route-not-written"}
    verdict = "refused" if refused else "unusual" if any(line.code in odd for line in warned) else "accepted"
    return Checked(verdict, text, replace(dose, refused=tuple(refused)), agree, tuple(refused), tuple(warned))


def _product(read: Reading, route: str, knowledge: Knowledge) -> Product | None:
    """The product the order counts in; None when it counts in mL and does not say of what strength."""
    if read.percent is None:
        return (
            None
            if all(a.kind == "ml" for a in read.amounts)
            else default_product("iv" if route != "oral" else route, knowledge)
        )
    for product in knowledge.dosing.products.values():
        if (
            product.g_per_100ml == read.percent
            and product.salt == default_product("iv", knowledge).salt
            and route in product.routes
        ):
            return product
    raise DoseInputError(
        f"no product of {number(read.percent)} % for the route {route}; there are {', '.join(knowledge.dosing.products)}"
    )


def _over(read: Reading, state: State, product: Product, route: str, knowledge: Knowledge) -> Fraction | None:
    """Seconds, from the time or from the rate as written; None leaves the default."""
    if route != "iv":
        return None
    if read.rate_per_min is not None:
        rate, per_kg = read.rate_per_min
        mg = sulfate_mg(read.amounts[0].mmol(state.weight_kg, product, knowledge), knowledge)
        if not rate:
            raise DoseInputError("the rate must be more than nothing")
        return mg / (rate * (state.weight_kg if per_kg else 1)) * 60
    return None if read.over is None else read.over * 60


def _disagreements(read: Reading, dose: Dose, product: Product, state: State, knowledge: Knowledge) -> Iterator[Line]:
    first = dose.dose.mmol if dose.dose else Fraction(0)
    for other in read.amounts[1:]:
        mmol = other.mmol(state.weight_kg, product, knowledge)
        if abs(mmol - first) > _ROUNDING * min(first, mmol):
            fold = number(max(mmol, first) / min(mmol, first), 3)
            entry = knowledge.dosing.warnings["amounts-disagree"]
            says = entry.says.format(found=f"{read.amounts[0].written} and {other.written}", limit=fold)
            yield Line("ambiguous-unit", says, entry.sources, entry.policy)


def _agrees(regimen: Regimen, dose: Dose, route: str, state: State, knowledge: Knowledge) -> bool:
    if not regimen.usable or regimen.indication == "torsades" or route not in regimen.routes or dose.dose is None:
        return False
    mg = sulfate_mg(dose.dose.mmol, knowledge) / state.weight_kg
    return regimen.mg_per_kg[0] * (1 - _NEAR) <= mg <= regimen.mg_per_kg[-1] * (1 + _NEAR)
