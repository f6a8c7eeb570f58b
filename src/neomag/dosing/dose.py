"""The calculator: an order for an infant becomes a dose, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from neomag import ages
from neomag.dosing.amounts import AmbiguousUnitError, parse_amount, sulfate_mg, sulfate_mmol
from neomag.dosing.checks import check, dose_ceiling
from neomag.dosing.five import Echo, FiveUnits, echo, five_units
from neomag.dosing.lines import Line, number, refusal, warning
from neomag.dosing.measure import Dilution, Measured, dilution, measured
from neomag.dosing.monitoring import Plan, plan
from neomag.dosing.order import Order, make_order
from neomag.dosing.products import mg_salt_per_ml
from neomag.dosing.state import State
from neomag.knowledge import Knowledge, load

_HOUR = 60


@dataclass(frozen=True, slots=True)
class Rate:
    """An infusion's rate: mg of salt by kg and minute, and mL/h of the infused (diluted) solution."""

    mg_per_kg_per_min: Fraction
    ml_per_h: Fraction

    def to_dict(self) -> dict[str, float]:
        """As JSON has it."""
        return {"mg_per_kg_per_min": float(self.mg_per_kg_per_min), "ml_per_h": float(self.ml_per_h)}


@dataclass(frozen=True, slots=True)
class Dose:
    """The answer to an order.

    When `refused` is not empty, `dose` and `rate` are what was asked, converted, and not to be given; `dilution`,
    `measured` and `plan` are None; `measured` is None too when no syringe can measure so little. `dose` is None when the
    unit is ambiguous. `total_24h_mg_per_kg` counts in mg of sulfate heptahydrate.
    """

    refused: tuple[Line, ...]
    warnings: tuple[Line, ...]
    state: State
    knowledge: str
    order: Order | None = None
    dose: FiveUnits | None = None
    echo: Echo | None = None
    rate: Rate | None = None
    dilution: Dilution | None = None
    measured: Measured | None = None
    total_24h_mg_per_kg: Fraction | None = None
    plan: Plan | None = None

    @property
    def given(self) -> bool:
        """Whether nothing stands against it."""
        return not self.refused

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, floats throughout; the exact numbers are on the object."""

        def said(part: Any) -> Any:
            return None if part is None else part.to_dict()

        return {
            "dose": said(self.dose),
            "rate": said(self.rate),
            "refused": [line.to_dict() for line in self.refused],
            "warnings": [line.to_dict() for line in self.warnings],
            "weight_kg": float(self.state.weight_kg),
            "order": None if self.order is None else _order(self.order),
            "per_kg": said(self.echo),
            "dilution": said(self.dilution),
            "measured": said(self.measured),
            "total_24h_mg_salt_per_kg": None if self.total_24h_mg_per_kg is None else float(self.total_24h_mg_per_kg),
            "monitoring": said(self.plan),
            "knowledge": self.knowledge,
        }


def _order(order: Order) -> dict[str, Any]:
    return {
        "amount": order.amount.written,
        "regimen": None if order.regimen is None else order.regimen.id,
        "product": order.product.id,
        "route": order.route,
        "over_min": None if order.over is None else float(order.over),
        "every_h": None if order.every is None else order.every / ages.SECONDS["h"],
        "doses": order.doses,
    }


def calculate(state: State, knowledge: Knowledge | None = None, **asked: Any) -> Dose:
    """The dose for `state`, asked for as `make_order` takes it: amount or regimen, product, route, over …

    Plain mg comes back as the refusal `ambiguous-unit`. Raises DoseInputError for an order that cannot be read or does not go
    together, and ArithmeticError should two ways to the volume disagree. Sources: those of each line, in the bibliography.
    """
    known = knowledge or load()
    try:
        order = make_order(known, **asked)
    except AmbiguousUnitError as error:
        return Dose((refusal("ambiguous-unit", known, found=error.written),), (), state, known.version)
    return answer(order, state, known)


def answer(order: Order, state: State, knowledge: Knowledge) -> Dose:
    """The dose that `order` means for `state`: converted, echoed, held against every ceiling, then measured and diluted."""
    mmol = order.amount.mmol(state.weight_kg, order.product, knowledge)
    capped = _cap(order, state, knowledge)
    dose = five_units(mmol if capped is None else min(mmol, capped), order.product, knowledge)
    found = check(dose, order, state, knowledge)
    mixed = dilution(dose.ml, order.product, order.percent)
    drawn = measured(dose.ml, mixed, _most_ml(order, state, knowledge), order.over, knowledge)
    warned = list(found.warnings)
    if capped is not None and mmol > capped and order.regimen is not None:
        warned.append(warning("capped", knowledge, order.regimen, limit=order.regimen.max or ""))
    if abs(drawn.error) * 100 > Fraction(knowledge.dosing.defaults["rounding"]["warn_percent"]):
        warned.append(warning("rounding", knowledge, found=f"{number(abs(drawn.error) * 100, 2)} %"))
    mg_per_kg = sulfate_mg(dose.mmol, knowledge) / state.weight_kg
    total = mg_per_kg * order.in_24h + sulfate_mg(state.given_24h_mmol, knowledge) / state.weight_kg
    rate = None if order.over is None else Rate(mg_per_kg / order.over, mixed.volume_ml / order.over * _HOUR)
    return Dose(
        refused=found.refused,
        warnings=tuple(warned),
        state=state,
        knowledge=knowledge.version,
        order=order,
        dose=dose,
        echo=echo(dose, state.weight_kg, order.product, knowledge),
        rate=rate,
        total_24h_mg_per_kg=total,
        dilution=None if found.refused or order.route == "oral" else mixed,
        measured=None if found.refused or drawn.ml == 0 else drawn,
        plan=None if found.refused else plan(state, knowledge),
    )


def _cap(order: Order, state: State, knowledge: Knowledge) -> Fraction | None:
    """The regimen's own maximum in mmol, if it has one. The regimen's, not the drawn, product counts its mL."""
    row = order.regimen
    if row is None or row.max is None:
        return None
    product = knowledge.dosing.products[row.product] if row.product else order.product
    return parse_amount(row.max, knowledge).mmol(state.weight_kg, product, knowledge)


def _most_ml(order: Order, state: State, knowledge: Knowledge) -> Fraction:
    """The most mL of the product that no ceiling of one dose refuses."""
    ceilings = knowledge.dosing.ceilings
    limits = [(ceilings[dose_ceiling(order.route, state)].refuse_above or Fraction(0)) * state.weight_kg]
    limits += [ceilings["dose-iv-absolute"].refuse_above or Fraction(0)]
    limits += [ceilings["dose-im-absolute"].refuse_above or Fraction(0)] if order.route == "im" else []
    limits += [(ceilings["rate"].refuse_above or Fraction(0)) * state.weight_kg * order.over] if order.over else []
    total = ceilings["total-24h-with-level" if state.fresh_level else "total-24h"].refuse_above or Fraction(0)
    limits += [(total * state.weight_kg - sulfate_mg(state.given_24h_mmol, knowledge)) / order.in_24h]
    salt = knowledge.dosing.salts[order.product.salt]
    return sulfate_mmol(min(limits), knowledge) * salt.g_per_mol / mg_salt_per_ml(order.product)
