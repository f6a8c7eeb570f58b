"""A population as JSON, as CSV and as text. Every form carries the label that it is for teaching and research."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from neomag.body.data import words
from neomag.body.limits import birth_kg, limits
from neomag.body.population import Population
from neomag.intervals import Limits
from neomag.knowledge import Knowledge

if TYPE_CHECKING:
    from rich.console import Console

_TEXT_ROWS = 14


def to_dict(found: Population, ends: Sequence[float], seed: int, knowledge: Knowledge) -> dict[str, Any]:
    """The percentiles as plain data: each quantity has a list over `t` for each of `percentiles`."""
    given = _limits(found, knowledge)
    tables = {name: [[float(v) for v in row] for row in rows] for name, rows in found.percentiles(ends).items()}
    return {
        "label": words(knowledge)["label"],
        "says": words(knowledge)["between-infants-says"],
        "scenario": found.scenario.name,
        "infants": found.infants,
        "left_out": found.left_out,
        "seed": seed,
        "mass_balance": {"worst_relative": found.imbalance},
        "units": {"t": "h", "serum": "mmol/L", "stores": "mmol"},
        "percentiles": list(ends),
        "t": [float(t) for t in found.t],
        "interval": [list(one) for one in given],
        "below_interval": _below(found, given),
        "serum": tables.pop("serum"),
        "stores": tables,
    }


def to_csv(found: Population, ends: Sequence[float], knowledge: Knowledge) -> str:
    """A row for each time and quantity (serum in mmol/L, the rest in mmol), a column for each percentile."""
    out = io.StringIO()
    out.write(f"# {words(knowledge)['label']} {found.scenario.name}, {found.infants - found.left_out} simulated infants\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["t_h", "quantity", *(f"p{end:g}" for end in ends)])
    for name, rows in found.percentiles(ends).items():
        writer.writerows([float(t), name, *(float(row[i]) for row in rows)] for i, t in enumerate(found.t))
    return out.getvalue()


def show(found: Population, ends: Sequence[float], knowledge: Knowledge, screen: Console) -> None:
    """Prints serum's percentiles over time, and how many infants are below the interval."""
    from rich.table import Table
    from rich.text import Text

    says, tables, below = words(knowledge), found.percentiles(ends), _below(found, _limits(found, knowledge))
    screen.print(Text(f"{found.scenario.name}: {found.scenario.says}", style="bold"))
    screen.print(Text(says["label"], style="yellow"))
    screen.print(Text(f"{found.infants - found.left_out:,} simulated infants. {says['between-infants-says']}"))
    table = Table(
        box=None,
        pad_edge=False,
        header_style="dim",
        title="serum, mmol/L, at percentiles",
        title_justify="left",
        title_style="",
    )
    for name in ("day", *(f"{end:g} %" for end in ends), "below interval"):
        table.add_column(name, justify="right")
    every = max(1, -(-(len(found.t) - 1) // _TEXT_ROWS))
    for i in [*range(0, len(found.t) - 1, every), len(found.t) - 1]:
        part = "" if below[i] is None else f"{below[i]:.1%}"
        table.add_row(f"{found.t[i] / 24:.1f}", *(f"{row[i]:.2f}" for row in tables["serum"]), part)
    screen.print(table)
    if found.left_out:
        screen.print(Text(f"{found.left_out:,} of {found.infants:,} infants could not be described."))
    screen.print(Text(f"Mass balance holds to {found.imbalance:.0e} of the whole, at every step of every infant."))


def _limits(found: Population, knowledge: Knowledge) -> list[Limits]:
    infant = found.scenario.infant
    known = birth_kg(infant.settled, infant.birth_kg)
    return [limits(found.scenario.age + float(t), known, knowledge) for t in found.t]


def _below(found: Population, given: Sequence[Limits]) -> list[float | None]:
    """The share of infants below the interval at each time; None where there is no lower limit."""
    return [None if low is None else float((found.serum[:, i] < low).mean()) for i, (low, _) in enumerate(given)]
