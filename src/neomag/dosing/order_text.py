"""An order as written, judged: read, converted, compared with the regimens and held against the ceilings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from neomag.dosing.amounts import DoseInputError, sulfate_mg
from neomag.dosing.ceiling_checks import against
from neomag.dosing.dose import Dose, Rate, answer
from neomag.dosing.lines import Line, number, refusal, warning
from neomag.dosing.order import make_order
from neomag.dosing.order_reading import Reading, read_order
from neomag.dosing.products import default_product
from neomag.dosing.state import State
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Product, Regimen

# Milligrams in a mL of a 1 % solution: a gram in 100 mL.
_MG_PER_ML = 10


@dataclass(frozen=True, slots=True)
class OrderCheck:
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


def check_order(text: str, state: State, knowledge: Knowledge) -> OrderCheck:
    """The verdict on the order `text` for `state`.

    A level that is not told is a warning here: the order is checked, not the infant. Raises DoseInputError for an order that
    cannot be read in every word, or that contradicts itself.
    """
    read = read_order(text, knowledge)
    if read.plain and not read.names_salt:
        return _refused(text, state, knowledge, *(refusal("ambiguous-unit", knowledge, found=w) for w in read.plain))
    route = read.route or "iv"
    product = _product(read, route, knowledge)
    if product is None:
        written = next(a.written for a in (*read.amounts, *([read.rate] if read.rate else [])) if a.kind == "ml")
        return _refused(text, state, knowledge, refusal("ambiguous-volume", knowledge, found=written))
    if not read.amounts:
        return _rate_alone(text, read, product, state, knowledge)
    order = make_order(
        knowledge, amount=read.amounts[0], product=product.id, route=route, every=read.every, doses=read.doses,
        percent=_percent(read, product, state, knowledge), **_time(read, product, route, state, knowledge),
    )  # fmt: skip
    dose = answer(order, state, knowledge)
    # Of the infant's level nothing was asked: whoever checks an order need not know it.
    untold = refusal("level-missing", knowledge) if state.case is None and not state.antenatal_magnesium else None
    refused = [line for line in dose.refused if line != untold]
    refused += _disagreements(read, dose, product, state, knowledge)
    agree = tuple(r.id for r in knowledge.dosing.regimens.values() if _agrees(r, dose, route, state, knowledge))
    warned = [line for line in dose.refused if line == untold] + list(dose.warnings)
    warned += _of_the_text(read, dose, route, bool(agree), state, knowledge)
    verdict = "refused" if refused else "unusual" if any(line.unusual for line in warned) else "accepted"
    return OrderCheck(verdict, text, replace(dose, refused=tuple(refused)), agree, tuple(refused), tuple(warned))


def _refused(text: str, state: State, knowledge: Knowledge, *lines: Line, rate: Rate | None = None) -> OrderCheck:
    """An order of which no dose can be worked out, and that is refused for what it does say."""
    return OrderCheck("refused", text, Dose(lines, (), state, knowledge.version, rate=rate), (), lines, ())


def _rate_alone(text: str, read: Reading, product: Product, state: State, knowledge: Knowledge) -> OrderCheck:
    """An order that says how fast and not how much: refused when it is too fast, else no order. Raises DoseInputError."""
    mmol = read.rate.mmol(state.weight_kg, product, knowledge) if read.rate else Fraction(0)
    mg_per_kg = sulfate_mg(mmol, knowledge) / state.weight_kg
    refused = [line for refuses, line in against("rate", mg_per_kg, knowledge) if refuses]
    if not refused:
        raise DoseInputError(f"`{text[:60]}` says how fast and names no amount")
    percent = Fraction(knowledge.dosing.defaults["infusion"]["percent"])
    ml_per_h = mmol * knowledge.dosing.salts[product.salt].g_per_mol / (percent * _MG_PER_ML) * 60
    return _refused(text, state, knowledge, *refused, rate=Rate(mg_per_kg, ml_per_h))


def _product(read: Reading, route: str, knowledge: Knowledge) -> Product | None:
    """The product the order counts in; None when it counts in mL and does not say of what strength. Raises DoseInputError."""
    products, usual = knowledge.dosing.products, default_product("iv", knowledge)
    if read.product is not None:
        named = products[read.product]
        if read.percent not in (None, named.g_per_100ml):
            raise DoseInputError(f"the order says `{named.id}` and `{number(read.percent)} %`; which is meant?")
        return named
    if read.percent is None:
        if any(a.kind == "ml" for a in (*read.amounts, *([read.rate] if read.rate else []))):
            return None
        # Whoever names the sulfate means it by mouth too, where another salt is usual.
        return usual if route != "oral" or read.names_salt else default_product(route, knowledge)
    for product in products.values():
        if product.g_per_100ml == read.percent and product.salt == usual.salt and route in product.routes:
            return product
    raise DoseInputError(f"no product of {number(read.percent)} % for the route {route}; there are {', '.join(products)}")


def _percent(read: Reading, product: Product, state: State, knowledge: Knowledge) -> Fraction | None:
    """The strength of what is given, from the words of the order; None leaves the default."""
    if read.undiluted:
        return product.g_per_100ml
    if read.diluted_to is not None:
        if not read.diluted_to:
            raise DoseInputError("the concentration must be more than nothing")
        return read.diluted_to
    if read.volume_ml is None:
        return None
    if not read.volume_ml:
        raise DoseInputError("the volume of the diluent must be more than nothing")
    mmol = read.amounts[0].mmol(state.weight_kg, product, knowledge)
    return mmol * knowledge.dosing.salts[product.salt].g_per_mol / read.volume_ml / _MG_PER_ML


def _time(read: Reading, product: Product, route: str, state: State, knowledge: Knowledge) -> dict[str, Any]:
    """How long it takes, as make_order asks: from the time, the rate, or the word for a push. Raises DoseInputError."""
    by_rate = None
    if read.rate is not None:
        dose = read.amounts[0].mmol(state.weight_kg, product, knowledge)
        by_rate = dose / read.rate.mmol(state.weight_kg, product, knowledge)
    said = [f"over {number(read.over)} min"] if read.over is not None else []
    said += [read.rate.written] if read.rate is not None else []
    if route != "iv":
        if said or read.push:
            raise DoseInputError(
                f"the order says `{(*said, read.push)[0]}` and the route {route}; a time goes only with a vein"
            )
        return {}
    if by_rate is not None and read.over is not None:
        near = Fraction(knowledge.dosing.defaults["order-check"]["amounts_agree"])
        if abs(by_rate - read.over) > near * min(by_rate, read.over):
            raise DoseInputError(f"the order says `{'` and `'.join(said)}`; that rate takes {number(by_rate, 3)} min")
    minutes = read.over if read.over is not None else by_rate
    if minutes is None:
        return {"push": read.push is not None}
    return {"over": minutes * 60}


def _disagreements(read: Reading, dose: Dose, product: Product, state: State, knowledge: Knowledge) -> Iterator[Line]:
    first = dose.dose.mmol if dose.dose else Fraction(0)
    near = Fraction(knowledge.dosing.defaults["order-check"]["amounts_agree"])
    for other in read.amounts[1:]:
        mmol = other.mmol(state.weight_kg, product, knowledge)
        if abs(mmol - first) > near * min(first, mmol):
            fold = number(max(mmol, first) / min(mmol, first), 3)
            both = f"{read.amounts[0].written} and {other.written}"
            yield refusal("amounts-disagree", knowledge, found=both, limit=fold)


def _of_the_text(read: Reading, dose: Dose, route: str, agrees: bool, state: State, knowledge: Knowledge) -> Iterator[Line]:
    """What is to be said of the order as a text: what it leaves out, and what it says in two senses."""
    if read.plain:
        yield warning("mg-read-as-salt", knowledge)
    if not read.names_drug:
        yield warning("drug-not-named", knowledge)
    if route == "iv" and read.over is None and read.rate is None and read.push is None:
        yield warning("time-not-written", knowledge)
    if read.route is None:
        yield warning("route-not-written", knowledge)
    if not agrees and dose.dose is not None:
        mg = number(sulfate_mg(dose.dose.mmol, knowledge) / state.weight_kg)
        yield warning("off-regimen", knowledge, found=f"{mg} mg/kg {route}")


def _agrees(regimen: Regimen, dose: Dose, route: str, state: State, knowledge: Knowledge) -> bool:
    if not regimen.usable or regimen.indication == "torsades" or route not in regimen.routes or dose.dose is None:
        return False
    mg = sulfate_mg(dose.dose.mmol, knowledge) / state.weight_kg
    near = Fraction(knowledge.dosing.defaults["order-check"]["regimen_near"])
    return regimen.mg_per_kg[0] * (1 - near) <= mg <= regimen.mg_per_kg[-1] * (1 + near)
