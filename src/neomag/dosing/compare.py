"""Every regimen side by side for one weight, disagreement and all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from neomag import ages
from neomag.dosing.amounts import sulfate_mg
from neomag.dosing.dose import answer
from neomag.dosing.five import FiveUnits, five_units
from neomag.dosing.order import counts_in, default_regimen, make_order, maximum
from neomag.dosing.products import default_product
from neomag.dosing.state import State
from neomag.knowledge import Knowledge
from neomag.knowledge.amount import Amount
from neomag.knowledge.dosing import Product, Regimen


@dataclass(frozen=True, slots=True)
class Row:
    """One regimen for this weight: lowest and highest dose in five units, and the classes for which each is refused.

    `rate` is the slowest and the fastest that its doses and times make, in mg/kg/min; None where it gives no time.
    """

    regimen: Regimen
    product: Product
    low: FiveUnits | None
    high: FiveUnits | None
    mg_per_kg: tuple[Fraction, Fraction] | None
    rate: tuple[Fraction, Fraction] | None
    refused: tuple[str, ...]
    refused_high: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; `mg_salt_per_kg` counts in sulfate heptahydrate. What the regimen does not say is null."""
        r = self.regimen
        return {
            "id": r.id, "authority": r.authority, "population": r.population, "indication": r.indication, "printed": printed(r),
            "routes": list(r.routes), "product": self.product.id, "usable": r.usable,
            "why": r.why, "quirk": r.quirk, "note": r.note,
            "mg_salt_per_kg": None if self.mg_per_kg is None else [float(x) for x in self.mg_per_kg],
            "over_min": [o / ages.SECONDS["min"] for o in r.over] or None,
            "rate_mg_per_kg_per_min": None if self.rate is None else [float(x) for x in self.rate],
            "every_h": None if r.every is None else r.every / ages.SECONDS["h"], "doses": r.doses,
            "percent": None if r.percent is None else float(r.percent), "max": r.max,
            "low": None if self.low is None else self.low.to_dict(), "high": None if self.high is None else self.high.to_dict(),
            "refused": list(self.refused), "refused_high": list(self.refused_high), "sources": list(r.sources),
            "policy": r.policy,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """All regimens for one weight, the default's id, and how many fold the single doses for deficiency differ."""

    weight_kg: Fraction
    rows: tuple[Row, ...]
    default: str
    default_reason: str
    fold: Fraction

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "weight_kg": float(self.weight_kg), "default": self.default, "default_reason": self.default_reason,
            "fold": float(self.fold), "regimens": [row.to_dict() for row in self.rows],
        }  # fmt: skip


def printed(regimen: Regimen) -> str:
    """The amount as its authority prints it."""
    if not regimen.amount:
        return "–"
    low, high = (f"{float(x):g}" for x in regimen.amount)
    return f"{low if low == high else f'{low} to {high}'} {regimen.unit}"


def compare(state: State, knowledge: Knowledge) -> Comparison:
    """Every regimen for the infant's weight. Each is held against the ceilings as for `state`."""
    rows = tuple(_row(regimen, state, knowledge) for regimen in knowledge.dosing.regimens.values())
    one = [x for r in rows if r.regimen.usable and r.regimen.indication == "deficiency" for x in r.mg_per_kg or ()]
    default = default_regimen(knowledge)
    return Comparison(state.weight_kg, rows, default["id"], default["policy"], max(one) / min(one))


def _row(regimen: Regimen, state: State, knowledge: Knowledge) -> Row:
    product = knowledge.dosing.products[regimen.product] if regimen.product else default_product(regimen.routes[0], knowledge)
    if not regimen.amount:
        return Row(regimen, product, None, None, None, None, (), ())
    unit = knowledge.dosing.amounts[regimen.unit.split("/")[0]]
    most = maximum(regimen, product, state.weight_kg, knowledge)
    ends: list[FiveUnits] = []
    refused: list[tuple[str, ...]] = []
    for amount in regimen.amount:
        of = counts_in(regimen, unit.kind, product, knowledge)
        mmol = Amount(amount * unit.factor, unit.kind, True, "").mmol(state.weight_kg, of, knowledge)
        mmol = mmol if most is None else min(mmol, most)
        ends.append(five_units(mmol, product, knowledge))
        refused.append(_refused(regimen, mmol, state, knowledge))
    low, high = (sulfate_mg(end.mmol, knowledge) / state.weight_kg for end in (ends[0], ends[-1]))
    minutes = [Fraction(o, ages.SECONDS["min"]) for o in regimen.over]
    rate = (low / minutes[-1], high / minutes[0]) if minutes else None
    return Row(regimen, product, ends[0], ends[-1], (low, high), rate, refused[0], refused[-1])


def _refused(regimen: Regimen, mmol: Fraction, state: State, knowledge: Knowledge) -> tuple[str, ...]:
    if not regimen.usable:
        return ()
    order = make_order(knowledge, regimen=regimen)
    if regimen.indication == "malnutrition":
        state = replace(state, severe_malnutrition_day_1=True)
    found = answer(replace(order, amount=Amount(mmol, "mmol", False, "")), state, knowledge)
    return tuple(dict.fromkeys(line.code for line in found.refused))
