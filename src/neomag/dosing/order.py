"""What is asked for: an amount of a product by a route over a time, so and so often."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from neomag import ages
from neomag.dosing.amounts import Amount, DoseInputError, parse_amount
from neomag.dosing.products import default_product, find_product
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Product, Regimen

ROUTES = ("iv", "im", "oral")
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Order:
    """An order, complete. `over` is in minutes (IV only), `percent` the strength of what is infused or injected.

    `every` is in seconds; `doses` None with an interval means as long as it is needed.
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

    @property
    def in_24h(self) -> int:
        """How many doses fall into the 24 hours that begin with the first."""
        if self.every is None:
            return 1
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
    percent: Fraction | None = None,
    every: int | None = None,
    doses: int | None = None,
    same_line: bool = False,
) -> Order:
    """An order from an `amount` or a `regimen` (default: the default regimen), what is not said filled from the knowledge.

    `over` and `every` are in seconds. Raises DoseInputError (AmbiguousUnitError for plain mg) for what does not go together.
    """
    if amount is not None and regimen is not None:
        raise DoseInputError("give an amount or a regimen, not both")
    known = knowledge.dosing
    row = (
        None if amount is not None else _regimen(regimen or known.defaults["regimen"]["id"], route, regimen is None, knowledge)
    )
    route = route or (row.routes[0] if row else "iv")
    if route not in ROUTES:
        raise DoseInputError(f"route `{route}`: write {', '.join(ROUTES)}")
    if row is not None and route not in row.routes:
        raise DoseInputError(f"{row.id} is given {' or '.join(row.routes)}, not {route}")
    of = find_product(product, knowledge) if product else _product_of(row, route, knowledge)
    if route not in of.routes:
        raise DoseInputError(f"{of.id} is not given {route}; it is given {', '.join(of.routes)}")
    if over is not None and route != "iv":
        raise DoseInputError("a time goes only with the route iv")
    if (every is not None and every <= 0) or (doses is not None and doses <= 0) or (over is not None and over <= 0):
        raise DoseInputError("time, interval and number of doses must be more than nothing")
    return Order(
        amount=_amount(amount, row, of, knowledge),
        product=of,
        route=route,
        over=_over(over, row, knowledge) if route == "iv" else None,
        percent=percent or _percent(row, of, route, knowledge),
        every=every or (row.every if row else None),
        doses=doses or (row.doses if row else None if every else 1),
        regimen=row,
        same_line=same_line,
    )


def _regimen(named: str | Regimen, route: str | None, by_default: bool, knowledge: Knowledge) -> Regimen:
    from neomag.dosing.regimens import find_regimen

    row = find_regimen(named, knowledge) if isinstance(named, str) else named
    if by_default and route is not None and route not in row.routes:
        raise DoseInputError(f"the default regimen is {'/'.join(row.routes)}; for {route} give --regimen or --amount")
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
    value, kind, written = row.amount[0] * unit.factor, unit.kind, f"{float(row.amount[0]):g} {row.unit}"
    if row.product is not None and of.id != row.product and kind in ("ml", "salt"):
        # The regimen counts in a product of its own: what is kept when another is drawn is the magnesium.
        value, kind = (
            Amount(value, kind, True, written).mmol(Fraction(1), knowledge.dosing.products[row.product], knowledge),
            "mmol",
        )
    elif kind == "salt":
        value, kind = value / knowledge.dosing.salts[default_product("iv", knowledge).salt].g_per_mol, "mmol"
    return Amount(value, kind, True, written)


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
