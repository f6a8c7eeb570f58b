"""What is asked for: an amount of a product by a route over a time, so and so often."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from neomag import ages
from neomag.dosing.amounts import DoseInputError, parse_amount
from neomag.dosing.products import default_product, find_product
from neomag.knowledge import Knowledge
from neomag.knowledge.amount import Amount
from neomag.knowledge.dosing import ROUTES, Product, Regimen

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Order:
    """An order, complete. `over` is in minutes (IV only; 0 is a push), `percent` the strength of what is infused or injected.

    `every` is in seconds; `doses` None with an interval means as long as it is needed. `reason` says why the regimen was
    taken when none was named; `product_named` whether the product was.
    """

    amount: Amount
    product: Product
    route: str
    over: Fraction | None
    percent: Fraction
    every: int | None = None
    doses: int | None = 1
    regimen: Regimen | None = None
    same_line: bool = False
    reason: str | None = None
    product_named: bool = True

    @property
    def in_24h(self) -> int:
        """How many doses fall into the 24 hours that begin with the first; all of them where no interval is said."""
        if self.every is None:
            return self.doses or 1
        fall = -(-ages.DAY // self.every)
        return fall if self.doses is None else min(fall, self.doses)


def make_order(
    knowledge: Knowledge,
    *,
    amount: str | Amount | None = None,
    regimen: str | Regimen | None = None,
    product: str | None = None,
    route: str | None = None,
    over: int | Fraction | None = None,
    push: bool = False,
    percent: Fraction | None = None,
    every: int | None = None,
    doses: int | None = None,
    same_line: bool = False,
    pulseless: bool = False,
) -> Order:
    """An order from an `amount` or a `regimen` (default: the one for the state), what is not said filled from the knowledge.

    `over` and `every` are in seconds; `push` is no time at all. An interval without a number of doses is open-ended, whatever
    the regimen says. Raises DoseInputError (AmbiguousUnitError for plain mg) for what does not go together.
    """
    if amount is not None and regimen is not None:
        raise DoseInputError("give an amount or a regimen, not both")
    reason = None
    if amount is None and regimen is None:
        default = default_regimen(knowledge, pulseless=pulseless)
        regimen, reason = default["id"], default["policy"]
    row = None if regimen is None else _regimen(regimen, route, reason is not None, knowledge)
    route = route or (row.routes[0] if row else "iv")
    if route not in ROUTES:
        raise DoseInputError(f"route `{route}`: write {', '.join(ROUTES)}")
    if row is not None and route not in row.routes:
        raise DoseInputError(f"{row.id} is given {' or '.join(row.routes)}, not {route}")
    of = find_product(product, knowledge) if product is not None else _product_of(row, route, knowledge)
    if route not in of.routes:
        raise DoseInputError(f"{of.id} is not given {route}; it is given {', '.join(of.routes)}")
    if (over is not None or push) and route != "iv":
        raise DoseInputError("a time goes only with the route iv")
    if (every is not None and every <= 0) or (doses is not None and doses <= 0) or (over is not None and over <= 0):
        raise DoseInputError("time, interval and number of doses must be more than nothing")
    return Order(
        amount=_amount(amount, row, of, knowledge),
        product=of,
        route=route,
        over=Fraction(0) if push else _over(over, row, knowledge) if route == "iv" else None,
        percent=percent or _percent(row, of, route, knowledge),
        every=every if every is not None else row.every if row else None,
        doses=doses if doses is not None or every is not None else row.doses if row else 1,
        regimen=row,
        same_line=same_line,
        reason=reason,
        product_named=product is not None or (row is not None and row.product is not None),
    )


def default_regimen(knowledge: Knowledge, *, pulseless: bool = False) -> dict[str, str]:
    """The id of the regimen taken when none is named, and why (`policy`); without a pulse it is another."""
    return knowledge.dosing.defaults["regimen-pulseless-torsades" if pulseless else "regimen"]


def counts_in(row: Regimen, kind: str, of: Product, knowledge: Knowledge) -> Product:
    """The product in which a regimen counts: mL in its own (else in `of`, which is drawn), mg of salt in the sulfate."""
    if kind == "salt":
        return default_product("iv", knowledge)
    return knowledge.dosing.products[row.product] if row.product else of


def maximum(row: Regimen, of: Product, weight_kg: Fraction, knowledge: Knowledge) -> Fraction | None:
    """The regimen's own maximum in mmol, if it has one."""
    if row.max is None:
        return None
    most = parse_amount(row.max, knowledge)
    return most.mmol(weight_kg, counts_in(row, most.kind, of, knowledge), knowledge)


def _regimen(named: str | Regimen, route: str | None, by_default: bool, knowledge: Knowledge) -> Regimen:
    from neomag.dosing.regimens import find_regimen

    row = find_regimen(named, knowledge) if isinstance(named, str) else named
    if by_default and route is not None and route not in row.routes:
        raise DoseInputError(f"the default regimen is {'/'.join(row.routes)}; for {route} give a regimen or an amount")
    if not row.usable:
        raise DoseInputError(f"regimen {row.id} is shown for comparison only: {row.why}")
    return row


def _product_of(row: Regimen | None, route: str, knowledge: Knowledge) -> Product:
    if row is not None and row.product is not None:
        return knowledge.dosing.products[row.product]
    return default_product(route, knowledge)


def _amount(amount: str | Amount | None, row: Regimen | None, of: Product, knowledge: Knowledge) -> Amount:
    if isinstance(amount, Amount):
        return amount
    if row is None:
        return parse_amount(amount or "", knowledge)
    unit = knowledge.dosing.amounts[row.unit.split("/")[0]]
    own = Amount(row.amount[0] * unit.factor, unit.kind, True, f"{float(row.amount[0]):g} {row.unit}")
    if unit.kind not in ("ml", "salt"):
        return own
    # What is kept when another product is drawn is the magnesium.
    return Amount(own.mmol(Fraction(1), counts_in(row, unit.kind, of, knowledge), knowledge), "mmol", True, own.written)


def _over(over: int | Fraction | None, row: Regimen | None, knowledge: Knowledge) -> Fraction:
    if over is not None:
        return Fraction(over) / _MINUTE
    if row is not None and row.over:
        return Fraction(row.over[-1], _MINUTE)
    return Fraction(ages.seconds(knowledge.dosing.defaults["infusion"]["over"]), _MINUTE)


def _percent(row: Regimen | None, of: Product, route: str, knowledge: Knowledge) -> Fraction:
    if route != "iv":
        return of.g_per_100ml
    if row is not None and row.percent is not None:
        return row.percent
    return Fraction(knowledge.dosing.defaults["infusion"]["percent"])
