"""What was asked and of whom, in words: the order, the infant. The same lines on the screen and on the worksheet."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

from neomag import ages
from neomag.dosing.dose import Dose
from neomag.dosing.lines import number
from neomag.dosing.order import Order
from neomag.dosing.state import State

_BY = {"iv": "into a vein", "im": "into the muscle", "oral": "by mouth"}


def order_lines(dose: Dose) -> list[str]:
    """The order as it was written and completed, a line each; empty when there is none that could be read."""
    order = dose.order
    if order is None:
        return []
    lines = [f"{order.amount.written} of {order.product.says}, {_BY[order.route]}, {_pace(order)}{often(order)}"]
    if order.regimen is not None:
        lines.append(f"Regimen {order.regimen.id}: {order.regimen.says}")
    if order.reason is not None:
        lines.append(f"No regimen was named; this is the default: {order.reason}")
    return lines


def _pace(order: Order) -> str:
    if order.over is None:
        return ""
    time = f"over {number(order.over)} min" if order.over else "as a push"
    return f"{time} at {number(min(order.percent, order.product.g_per_100ml))} % or less, "


def often(order: Order) -> str:
    """How often the dose is given."""
    count = "" if order.doses is None else "1 dose" if order.doses == 1 else f"{order.doses} doses"
    if order.every is None:
        return "once" if order.doses in (None, 1) else f"{count}, interval not said"
    every = f"every {number(Fraction(order.every, ages.SECONDS['h']))} h"
    return f"{every}, {count}" if count else every


def infant_lines(state: State) -> list[str]:
    """What was known of the infant, a line each: weight and age, level, what was given, and every flag that was set."""
    found = [f"Weight {number(state.weight_kg)} kg" + ("" if state.age is None else f", age {ages.written(state.age)}")]
    level = "not known" if state.level is None else f"{number(state.level)} mmol/L"
    level = f"{state.level_flag} (no number)" if state.level is None and state.level_flag else level
    stale = {"old": ", more than a day old", "before-dose": ", from before the last dose"}.get(state.level_stale or "", "")
    found.append(f"Magnesium level {level}{stale}{', taken after the last dose' if state.fresh_level else ''}")
    if state.given_24h_mmol:
        found.append(f"Given in 24 h: {number(state.given_24h_mmol)} mmol")
    flags = [f.name.replace("_", " ") for f in fields(state) if f.name != "fresh_level" and getattr(state, f.name) is True]
    flags += list(state.interactions)
    return [*found, f"Known: {', '.join(flags)}"] if flags else found
