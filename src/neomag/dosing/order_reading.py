"""An order as written, `MgSO4 0.8 mL of 50% IV over 30 min`, read word by word.

Every word must be understood: what is left over makes the order unreadable, it is never passed over. So does what
contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from neomag import ages
from neomag.dosing.amounts import DoseInputError, number_in
from neomag.dosing.order_amounts import Written, amounts_in
from neomag.dosing.order_words import AFTER, NUMBER, OrderText
from neomag.knowledge import Knowledge
from neomag.knowledge.amount import Amount

_OVER = re.compile(rf"\b(?:over|in|during|for){AFTER}\s*(minutes?|mins?|min|hours?|hrs?|hr|h)\b")
_EVERY = re.compile(rf"\b(?:q|every){AFTER}\s*(?:hourly|hours?|hrs?|hr|h)\b|{NUMBER}\s*-?\s*hourly\b")
_COUNT = re.compile(r"(?:\bx|×)\s*([0-9]+)(?!\.?[0-9])(?:\s*doses?)?\b|(?:\bfor\s*)?(?<![\w.,])([0-9]+)\s*doses?\b")
_PERCENT = re.compile(rf"{NUMBER}\s*(?:%|per\s*cent\b)")
_DILUTED_TO = re.compile(rf"\b(?:diluted?\s+)?to\s+{NUMBER}\s*(?:%|per\s*cent\b)")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What an order says, word by word; `amounts` may hold one dose in several units.

    `over` is in minutes, `rate` an amount by the minute, `every` in seconds. `plain` are the masses that do not say of what,
    as they are written; among `amounts` and in `rate` they are counted as salt. `percent` and `product` are the ampoule's,
    `diluted_to` (%) and `volume_ml` those of what is given. `push` is the word that says so.
    """

    amounts: tuple[Amount, ...]
    plain: tuple[str, ...]
    rate: Amount | None
    over: Fraction | None
    route: str | None
    percent: Fraction | None
    product: str | None
    diluted_to: Fraction | None
    volume_ml: Fraction | None
    every: int | None
    doses: int | None
    push: str | None
    undiluted: bool
    names_salt: bool
    names_drug: bool


def read_order(text: str, knowledge: Knowledge) -> Reading:
    """What the order `text` says. Raises DoseInputError naming the words that are not understood, or that contradict."""
    if len(text) > _LONGEST:
        raise DoseInputError("the order is too long to be one order")
    rest, words = OrderText(text), _by_role(knowledge)
    volume = _volume(rest, words["diluent"])
    diluted_to, over = rest.take(_DILUTED_TO), rest.take(_OVER)
    every = _every(rest, words["every"])
    products = rest.words(knowledge.dosing.products)
    percent, count = rest.take(_PERCENT), rest.take(_COUNT)
    names_salt = bool(rest.words(words["salt"]) or products)
    # Rates before anything else that is a number and a unit, amounts before the words that a unit may look like.
    rates, amounts = amounts_in(rest, knowledge)
    routes = [w.id for w in knowledge.dosing.orders.values() if w.role == "route" and rest.words(w.words)]
    push, undiluted, once = (rest.words(words[role]) for role in ("push", "undiluted", "once"))
    names_drug = bool(rest.words(words["metal"])) or names_salt or any(a.names_drug for a in (*rates, *amounts))
    rest.words(words["noise"])
    if left := rest.left_over():
        raise DoseInputError(f"`{text[:60]}`: `{left[:40]}` is not understood, and nothing in an order is passed over")
    if not amounts and not rates:
        raise DoseInputError(f"`{text[:60]}` names no amount")
    doses = _doses(count, once, every is not None)
    _one_thing([a.amount.written for a in rates], routes, products, [*undiluted, *_texts(diluted_to), *volume.written])
    _no_unit_twice(amounts)
    return Reading(
        amounts=tuple(a.amount for a in amounts),
        plain=tuple(a.amount.written for a in (*amounts, *rates) if a.plain),
        rate=rates[0].amount if rates else None,
        over=number_in(over[1]) * (60 if over[2].startswith("h") else 1) if over else None,
        route=routes[0] if routes else None,
        percent=number_in(percent[1]) if percent else None,
        product=products[0] if products else None,
        diluted_to=number_in(diluted_to[1]) if diluted_to else None,
        volume_ml=volume.ml,
        every=every,
        doses=doses,
        push=push[0] if push else None,
        undiluted=bool(undiluted),
        names_salt=names_salt,
        names_drug=names_drug,
    )


def _by_role(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """The words of orders.toml by what they do."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in knowledge.dosing.orders.values():
        found[entry.role] = (*found.get(entry.role, ()), *entry.words)
    return found


def _texts(match: re.Match[str] | None) -> list[str]:
    return [match[0].strip()] if match else []


@dataclass(frozen=True, slots=True)
class _Volume:
    """The volume that is given, where the order says in how much it is diluted; and how it says so."""

    ml: Fraction | None
    written: tuple[str, ...]


def _volume(rest: OrderText, diluents: tuple[str, ...]) -> _Volume:
    """`in 5 mL NS`, `diluted to 5 mL`: taken for the whole volume, which is the stronger of the two things it may mean."""
    named = "|".join(re.escape(word) for word in sorted(diluents, key=len, reverse=True))
    mixed, into = r"\b(?:diluted?|made\s+up|mixed)\s+", r"(?:in|with|up\s+to|to)\s+"
    of = rf"(?:of\s+)?(?:{named})(?!\w)"
    whole = rest.take(re.compile(rf"(?:{mixed}{into}{NUMBER}\s*ml\b(?:\s+{of})?|\b{into}{NUMBER}\s*ml\s+{of})"))
    if whole:
        return _Volume(number_in(whole[1] or whole[2]), (whole[0].strip(),))
    some = rest.take(re.compile(rf"(?:{mixed})?\b{into}{of}"))
    return _Volume(None, tuple(_texts(some)))


def _every(rest: OrderText, words: tuple[str, ...]) -> int | None:
    """The interval in seconds, from numbers (q12h) and words (bid, `bid=12 h` in the knowledge). Raises DoseInputError."""
    found = {m[0].strip(): round(number_in(m[1] or m[2]) * ages.SECONDS["h"]) for m in rest.take_all(_EVERY)}
    spans = dict(entry.split("=") for entry in words)
    found |= {word: ages.seconds(spans[word]) for word in rest.words(spans)}
    if len(set(found.values())) > 1:
        raise DoseInputError(f"the order says `{'` and `'.join(found)}`, which are not one interval")
    return next(iter(found.values()), None)


def _doses(count: re.Match[str] | None, once: list[str], repeats: bool) -> int | None:
    """How many doses. `once` is one, unless it only says how often (`once daily`). Raises DoseInputError."""
    number = int(next(g for g in count.groups() if g)) if count else None
    if once and not repeats:
        if count and number != 1:
            raise DoseInputError(f"the order says `{once[0]}` and `{count[0].strip()}`, which are not one number of doses")
        return 1
    return number


def _one_thing(*said: Iterable[str]) -> None:
    """Refuse two rates, two routes, two products, two ways to dilute. Raises DoseInputError naming them."""
    for several in map(list, said):
        if len(several) > 1:
            raise DoseInputError(f"the order says `{'` and `'.join(several)}`; which is meant?")


def _no_unit_twice(amounts: list[Written]) -> None:
    """Refuse two amounts in one unit: they may be two doses, or a slip. Raises DoseInputError naming them."""
    for one, other in combinations(amounts, 2):
        if (one.unit, one.amount.per_kg) == (other.unit, other.amount.per_kg):
            both = f"`{one.amount.written}` and `{other.amount.written}`"
            raise DoseInputError(f"the order says {both}; write one dose, and the number of doses")
