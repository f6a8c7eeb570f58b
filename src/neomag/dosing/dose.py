"""The calculator: an order for an infant becomes a dose, or a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from neomag import ages
from neomag.dosing.amounts import AmbiguousUnitError, sulfate_mg, sulfate_mmol
from neomag.dosing.ceiling_checks import dose_ceiling, total_ceiling
from neomag.dosing.checks import check
from neomag.dosing.figures import Figures, figures
from neomag.dosing.five import Echo, FiveUnits, echo, five_units
from neomag.dosing.lines import Line, number, refusal, warning
from neomag.dosing.measure import Dilution, Measured, dilution, measured
from neomag.dosing.monitoring import Plan, plan
from neomag.dosing.order import Order, make_order, maximum
from neomag.dosing.state import State
from neomag.knowledge import Knowledge, load
from neomag.knowledge.amount import mg_salt_per_ml

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
    `measured`, `drawn` and `plan` are None; `measured` is None too when no syringe can measure so little. `dose` is None when
    the unit is ambiguous, `rate` where nothing runs and for a push. `dose`, `rate` and `total_24h_mg_per_kg` (mg of sulfate
    heptahydrate) are exact; `drawn` has the figures of what the syringe measures.
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
    drawn: Figures | None = None
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
            "drawn": said(self.drawn),
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
        "percent": float(order.percent),
        "reason": order.reason,
    }


def calculate(state: State, knowledge: Knowledge | None = None, **asked: Any) -> Dose:
    """The dose for `state`, asked for as `make_order` takes it: amount or regimen, product, route, over …

    Plain mg comes back as the refusal `ambiguous-unit`. Raises DoseInputError for an order that cannot be read or does not go
    together, and ArithmeticError should two ways to the volume disagree. Sources: those of each line, in the bibliography.
    """
    known = knowledge or load()
    try:
        order = make_order(known, pulseless=state.pulseless_torsades, **asked)
    except AmbiguousUnitError as error:
        return Dose((refusal("ambiguous-unit", known, found=error.written),), (), state, known.version)
    return answer(order, state, known)


def answer(order: Order, state: State, knowledge: Knowledge) -> Dose:
    """The dose that `order` means for `state`: converted, echoed, held against every ceiling, then measured and diluted."""
    ordered = order.amount.mmol(state.weight_kg, order.product, knowledge)
    most = maximum(order.regimen, order.product, state.weight_kg, knowledge) if order.regimen else None
    dose = five_units(ordered if most is None else min(ordered, most), order.product, knowledge)
    exact = figures(dose.mmol, order, state, knowledge)
    mixed = dilution(dose.ml, order.product, order.percent)
    found = check(exact, mixed, order, state, knowledge)
    drawn = measured(dose.ml, mixed, _most_ml(order, state, knowledge), order.over or None, knowledge)
    shown = not found.refused and drawn.ml > 0
    return Dose(
        refused=found.refused,
        warnings=(*found.warnings, *_of_the_order(order, dose, ordered, drawn, knowledge)),
        state=state,
        knowledge=knowledge.version,
        order=order,
        dose=dose,
        echo=echo(dose, state.weight_kg, order.product, knowledge),
        rate=Rate(exact.rate, mixed.volume_ml / order.over * _HOUR) if exact.rate is not None and order.over else None,
        total_24h_mg_per_kg=exact.total_mg_per_kg,
        dilution=None if found.refused or order.route == "oral" else mixed,
        measured=drawn if shown else None,
        drawn=figures(dose.mmol * (1 + drawn.error), order, state, knowledge) if shown else None,
        plan=None if found.refused else plan(state, order.route, knowledge),
    )


def _of_the_order(order: Order, dose: FiveUnits, ordered: Fraction, drawn: Measured, knowledge: Knowledge) -> Iterator[Line]:
    """What is to be said of the order as it was written: its maximum, its rounding, its unit, its product."""
    if dose.mmol < ordered and order.regimen is not None:
        yield warning("capped", knowledge, order.regimen, limit=order.regimen.max or "")
    if abs(drawn.error) * 100 > Fraction(knowledge.dosing.defaults["rounding"]["warn_percent"]):
        yield warning("rounding", knowledge, found=f"{number(abs(drawn.error) * 100, 2)} %")
    amount = order.amount
    if amount.kind in ("mmol", "meq") and not amount.per_kg and amount.value != dose.ml:
        yield warning("volume-is-number", knowledge, found=amount.written, limit=number(amount.value))
    if amount.kind == "ml" and not order.product_named:
        yield warning("product-assumed", knowledge, found=amount.written, limit=order.product.says)


def _most_ml(order: Order, state: State, knowledge: Knowledge) -> Fraction:
    """The most mL of the product that no ceiling of one dose refuses."""
    ceilings = knowledge.dosing.ceilings
    limits = [(ceilings[dose_ceiling(order.route, state)].refuse_above or Fraction(0)) * state.weight_kg]
    limits += [ceilings["dose-iv-absolute"].refuse_above or Fraction(0)]
    limits += [ceilings["dose-im-absolute"].refuse_above or Fraction(0)] if order.route == "im" else []
    limits += [(ceilings["rate"].refuse_above or Fraction(0)) * state.weight_kg * order.over] if order.over else []
    total = ceilings[total_ceiling(state)].refuse_above or Fraction(0)
    limits += [(total * state.weight_kg - sulfate_mg(state.given_24h_mmol, knowledge)) / order.in_24h]
    salt = knowledge.dosing.salts[order.product.salt]
    return sulfate_mmol(min(limits), knowledge) * salt.g_per_mol / mg_salt_per_ml(order.product)
