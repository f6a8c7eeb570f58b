"""The regimens side by side, for reading on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neomag.ages import SECONDS
from neomag.dosing.compare import Comparison, Row, printed
from neomag.dosing.lines import number
from neomag.dosing.show import NOTICE


def show_comparison(found: Comparison, screen: Console) -> None:
    """Print the regimens side by side."""
    screen.print(Text(f"Regimens for {number(found.weight_kg)} kg", style="bold"))
    screen.print(f"Single doses for deficiency differ {number(found.fold, 2)}-fold.\n")
    table = Table(box=None, padding=(0, 1))
    table.add_column("regimen, as printed, by the ceilings; time, rate, repeats, %, most")
    table.add_column("route")
    for head in ("mg salt/kg", "mmol", "mL"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in found.rows:
        mark = " *" if row.regimen.id == found.default else ""
        verdict = "shown only" if not row.regimen.usable else "not refused"
        if row.refused:
            verdict = f"refused: {', '.join(row.refused)}"
        elif row.refused_high:
            verdict = f"upper end refused: {', '.join(row.refused_high)}"
        low, high = row.low, row.high
        span = ("–",) * 3
        if low is not None and high is not None and row.mg_per_kg is not None:
            pairs = (row.mg_per_kg, (low.mmol, high.mmol), (low.ml, high.ml))
            span = tuple(number(a, 3) if a == b else f"{number(a, 3)}–{number(b, 3)}" for a, b in pairs)
        routes = "/".join(row.regimen.routes)
        said = "\n".join(part for part in (f"{printed(row.regimen)}, {verdict}", ", ".join(_given(row))) if part)
        named = Group(Text(row.regimen.id + mark, style="bold"), Padding(Text(said), (0, 0, 0, 2)))
        table.add_row(named, routes, *span)
    screen.print(table)
    screen.print(Text("\nWhat is odd about them", style="bold"))
    for row in found.rows:
        if said := row.regimen.quirk or row.regimen.why:
            screen.print(Text.assemble(("  " + row.regimen.id, "bold"), f"  {said}"))
    screen.print(f"\n* Default: {found.default}. {found.default_reason}")
    screen.print(Text(NOTICE, style="dim"))


def _given(row: Row) -> Iterator[str]:
    """How the regimen says its dose is given: time, rate, repeats, strength, maximum; what it does not say is left out."""
    regimen = row.regimen
    if regimen.over:
        yield f"over {_span(tuple(Fraction(o, SECONDS['min']) for o in regimen.over), 3)} min"
    if row.rate is not None:
        yield f"{_span(row.rate, 2)} mg/kg/min"
    if regimen.every is not None:
        yield f"every {number(Fraction(regimen.every, SECONDS['h']))} h"
    if regimen.doses is not None:
        yield "once" if regimen.doses == 1 else f"{regimen.doses} doses"
    if regimen.percent is not None:
        yield f"{number(regimen.percent)} %"
    if regimen.max is not None:
        yield f"at most {regimen.max}"


def _span(ends: tuple[Fraction, ...], digits: int) -> str:
    low, high = number(ends[0], digits), number(ends[-1], digits)
    return low if low == high else f"{low}–{high}"
