"""The dosage of a MedicationRequest in the words of an order, as the dose rules read them: `magnesium sulfate 150 mg iv`.

Everything that changes the dose is written, or the dosage is unread: nothing in an order is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from neomag.case.events import dose_unit
from neomag.dosing import DoseInputError
from neomag.fhir import own
from neomag.fhir.node import Node
from neomag.fhir.own import UCUM_NAMES
from neomag.knowledge import Knowledge
from neomag.service.cds.entries import Entries
from neomag.service.cds.orders import Order, concept_of
from neomag.terminology import Bindings, named, plain
from neomag.terminology.concepts import bound
from neomag.units import UnitError

_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
_MG_PER_ML = re.compile(r"(\d+(?:\.\d+)?) ?mg ?/ ?(?:1 ?)?ml\b")
# UCUM's own units of time, in minutes.
_MINUTES: Mapping[str, Fraction] = {
    "s": Fraction(1, 60), "min": Fraction(1), "h": Fraction(60), "d": Fraction(1_440), "wk": Fraction(10_080),
}  # fmt: skip
_UNREAD_REPEAT = ("countMax", "frequencyMax", "periodMax", "durationMax", "dayOfWeek", "timeOfDay", "when")


def written(order: Order, entries: Entries, knowledge: Knowledge) -> list[str]:
    """Each dosage of an order in the words of an order. Raises DoseInputError saying what of it is not read."""
    name = _name(order, entries)
    dosages = list(order.node.children("dosageInstruction"))
    if any(node.has("modifierExtension") for node in (order.node, *dosages)):
        raise DoseInputError("the order has an element that changes its meaning and is not understood (modifierExtension)")
    if not dosages:
        raise DoseInputError("the order has no dosage")
    return [" ".join([name, *_parts(dosage, entries, knowledge)]) for dosage in dosages]


def _name(order: Order, entries: Entries) -> str:
    """The drug in words that the dose rules know: the sulfate, or magnesium that does not say which salt; and its strength."""
    called = order.called
    salt = order.drug == "magnesium-sulfate" or "sulfate" in called or "sulphate" in called or "mgso4" in called
    if other := next((word for word in entries.other_salts if word in called), None):
        raise DoseInputError(f"magnesium {other} is not checked here: its milligrams hold another amount of magnesium")
    if mixture := next((word for word in entries.mixtures if word in called), None):
        raise DoseInputError(f"a mixture with {mixture} is not checked: its strength is not known from its name")
    strengths = {Fraction(found) for found in _PERCENT.findall(called)}
    strengths |= {Fraction(found) / 10 for found in _MG_PER_ML.findall(called)} if salt else set()
    if len(strengths) > 1:
        raise DoseInputError("the name of the medication says two strengths")
    return " ".join(["magnesium sulfate" if salt else "magnesium", *(f"{_figure(found)} %" for found in strengths)])


def _parts(dosage: Node, entries: Entries, knowledge: Knowledge) -> Iterator[str]:
    rates = list(dosage.children("doseAndRate"))
    if len(rates) == 1:
        yield from _dose(rates[0])
    elif not rates and (text := dosage.text("text")):
        # The dose is in words: they are read as they are, together with the fields there are.
        yield text
    else:
        raise DoseInputError("the dosage does not say one dose" if rates else "the dosage names no amount")
    yield from _timing(dosage.child("timing"))
    if route := _route(dosage.child("route"), own.bindings(entries.codes, knowledge)):
        yield route
    method = concept_of(dosage.child("method")).called
    if pushes := [w for e in knowledge.dosing.orders.values() if e.role == "push" for w in e.words if w in method.split()]:
        yield pushes[0]


def _dose(rate: Node) -> Iterator[str]:
    if rate.has("doseRange") or rate.has("rateRange"):
        raise DoseInputError("a range is not one dose")
    if (dose := rate.child("doseQuantity")) is not None:
        value, unit = _quantity(dose)
        yield f"{_figure(value)} {unit}"
    if (speed := rate.child("rateQuantity")) is not None:
        value, unit = _quantity(speed)
        yield _rate(value, unit, Fraction(1), "")
    if (ratio := rate.child("rateRatio")) is not None:
        above, below = ratio.child("numerator"), ratio.child("denominator")
        if above is None or below is None:
            raise DoseInputError("a rate needs numerator and denominator")
        (value, unit), (per, time) = _quantity(above), _quantity(below)
        if time not in _MINUTES:
            raise DoseInputError(f"the rate is per `{time[:20]}`, which is no time")
        yield _rate(value, unit, per * _MINUTES[time], "min")


def _rate(value: Fraction, unit: str, minutes: Fraction, per: str) -> str:
    if unit.lower().startswith("ml"):
        raise DoseInputError("the rate is a volume of a mixture whose strength is not known; write the dose and its time")
    return f"{_figure(value / minutes)} {unit}" + (f"/{per}" if per else "")


def _quantity(node: Node) -> tuple[Fraction, str]:
    value = node.number("value")
    coded, text = node.text("code") if node.text("system") in UCUM_NAMES else None, node.text("unit")
    if coded and text and _plain(coded) != _plain(text):
        raise DoseInputError(f"the unit is said in two ways: `{text[:20]}` and the code `{coded[:20]}`")
    unit = coded or text
    if value is None or not unit or node.has("comparator"):
        raise DoseInputError("a quantity needs a value and a unit")
    number = Decimal(str(value))
    if not number.is_finite() or not Decimal("1e-6") <= number <= Decimal("1e9"):
        raise DoseInputError("a quantity is not a possible number")
    return Fraction(number), " ".join(unit.split())


def _plain(unit: str) -> str:
    """A unit by its spelling in the dose rules, where they know it."""
    try:
        return dose_unit(unit)
    except UnitError:
        return plain(unit)


def _figure(value: Fraction) -> str:
    return f"{float(value):.10f}".rstrip("0").rstrip(".")


def _timing(timing: Node | None) -> Iterator[str]:
    if timing is None:
        return
    events: Any = timing.value.get("event")
    if isinstance(events, list) and len(events) > 1:  # pyright: ignore[reportUnknownArgumentType]
        raise DoseInputError("doses at several set times are not read")
    repeat = timing.child("repeat")
    if repeat is None or not repeat.has("period"):
        # Q6H, TID: the words of orders.toml, or the order is not read.
        code = concept_of(timing.child("code"))
        if word := code.text or next((c.code for c in code.codings if c.code), None):
            yield word
        elif repeat is not None and repeat.has("frequency"):
            raise DoseInputError("a frequency needs its period")
    if repeat is None:
        return
    if odd := next((name for name in _UNREAD_REPEAT if repeat.has(name)), None):
        raise DoseInputError(f"timing with `{odd}` is not read")
    if repeat.has("duration"):
        yield f"over {_figure(_minutes(repeat, 'duration', 'durationUnit'))} min"
    if repeat.has("period"):
        times = repeat.number("frequency") or 1
        if not 0 < times <= 1_000:
            raise DoseInputError("the frequency is not a possible number")
        yield f"every {_figure(_minutes(repeat, 'period', 'periodUnit') / Fraction(Decimal(str(times))) / 60)} h"
    if (count := repeat.number("count")) is not None:
        yield f"x {count} doses"


def _minutes(repeat: Node, name: str, unit: str) -> Fraction:
    value, per = repeat.number(name), repeat.text(unit) or ""
    if value is None or per not in _MINUTES or not 0 < value <= 1_000_000:
        raise DoseInputError(f"`{name}` is no time")
    return Fraction(Decimal(str(value))) * _MINUTES[per]


def _route(node: Node | None, bindings: Bindings) -> str | None:
    if node is None:
        return None
    concept = concept_of(node)
    coded = next((binding.vocabulary for binding in bound(concept, bindings, ["route"])), None)
    route = coded or named(concept.called, "route", bindings, whole=True)
    if route is None:
        raise DoseInputError("the route is not one that is read: iv, im or oral")
    return route
