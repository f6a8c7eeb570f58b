"""Stores and balance as JSON and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neomag.body.balance import Balance
from neomag.body.data import words
from neomag.body.span import Span
from neomag.body.stores import Store, Stores, mg_per_mmol
from neomag.knowledge import Knowledge

if TYPE_CHECKING:
    from rich.console import Console

_DIGITS = 4
_WAYS = {"in": "+", "out": "-", "left": "=", "beside": "~"}


def to_dict(stores: Stores, balance: Balance, knowledge: Knowledge) -> dict[str, Any]:
    """Stores and balance as plain data; every amount in mmol and in mg of elemental magnesium, null where not known."""
    return {
        "label": words(knowledge)["label"],
        "weight_kg": stores.weight_kg,
        "gestation_weeks": None if stores.gestation is None else round(float(stores.gestation), 3),
        "preterm": stores.preterm,
        "stores": [_store(store, knowledge) for store in stores.stores],
        "remarks": [{"says": says, "sources": list(sources)} for says, sources in stores.remarks],
        "balance": {
            "milk": balance.milk,
            "milk_ml_per_day": _span(balance.ml),
            "per_day": [
                {"id": i.id, "says": i.says, "way": i.way, "mg_elemental": _span(i.mg),
                 "mmol": _span(i.mg * (1 / mg_per_mmol(knowledge))), "sources": list(i.sources), "policy": i.policy}
                for i in balance.items
            ],
            "remark": balance.remark,
        },
    }  # fmt: skip


def _store(store: Store, knowledge: Knowledge) -> dict[str, Any]:
    return {
        "id": store.id,
        "says": store.says,
        "mmol": _span(store.mmol),
        "mg_elemental": _span(store.mmol * mg_per_mmol(knowledge)),
        "share_percent": None if store.share is None else _span(store.share),
        "article": None if store.article is None else {"value": store.article, "unit": store.unit},
        "sources": list(store.sources),
        "policy": store.policy,
    }


def _span(span: Span) -> dict[str, float | None]:
    ends = {"value": span.value, "low": span.low, "high": span.high}
    return {name: None if end is None else round(end, _DIGITS) for name, end in ends.items()}


def written(span: Span) -> str:
    """A span in few digits: `0.25`, `15 - 18`, `at most 12`, or `not known`."""
    low, high = span.low, span.high
    if low is not None and high is not None and low != high:
        ends = f"{_number(low)} - {_number(high)}"
        return ends if span.value is None else f"{_number(span.value)} ({ends})"
    if low is None and high is not None and span.value is None:
        return f"at most {_number(high)}"
    known = span.value if span.value is not None else low
    return "not known" if known is None else _number(known)


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def show(stores: Stores, balance: Balance, knowledge: Knowledge, screen: Console) -> None:
    """Prints stores and balance."""
    from rich.table import Table
    from rich.text import Text

    says, mg = words(knowledge), mg_per_mmol(knowledge)
    born = "" if stores.gestation is None else f", born at {float(stores.gestation):.4g} weeks"
    screen.print(Text(f"Magnesium in a newborn of {stores.weight_kg:g} kg{born}", style="bold"))
    screen.print(Text(says["label"], style="yellow"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("where", "mmol", "mg elemental", "share", "the article", "sources"):
        table.add_column(name, overflow="fold")
    for store in stores.stores:
        share = "" if store.share is None else f"{written(store.share)} %"
        article = "" if store.article is None else f"{store.article:g} {store.unit}"
        table.add_row(store.says, written(store.mmol), written(store.mmol * mg), share, article, ", ".join(store.sources))
    screen.print(table)
    for remark, sources in stores.remarks:
        screen.print(Text(f"- {remark} [{', '.join(sources)}]"))
    screen.print(Text(f"\nA day on {balance.milk} milk, {written(balance.ml)} mL", style="bold"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "what", "mg elemental", "mmol", "sources"):
        table.add_column(name, overflow="fold")
    for item in balance.items:
        grounds = ", ".join(item.sources) or "assumed"
        if item.way == "left":
            grounds = "arithmetic"
        table.add_row(_WAYS[item.way], item.says, written(item.mg), written(item.mg * (1 / mg)), grounds)
    screen.print(table)
    screen.print(Text(balance.remark))
