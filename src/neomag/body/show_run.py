"""A run as JSON, as CSV and as text. Every form carries the label that it is for teaching and research."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from neomag.body.course import Row, course, thinned
from neomag.body.data import words
from neomag.body.model import PLACES
from neomag.body.run import Run
from neomag.body.topics import doses
from neomag.body.uncertainty import Uncertainties
from neomag.body.validate import Result, published, simulated
from neomag.knowledge import Knowledge

if TYPE_CHECKING:
    from rich.console import Console

_TEXT_ROWS = 14
_STORES = ("fluid", "fast", "muscle", "bone", "deep")


def to_dict(
    run: Run, missed: Sequence[Result] | None, knowledge: Knowledge, spread: Uncertainties | None = None
) -> dict[str, Any]:
    """The run as plain data: mmol, mmol/L and hours. `missed`: the near targets not met; None: none is near."""
    scenario = run.scenario
    return {
        "label": words(knowledge)["label"],
        "remarks": [words(knowledge)["dose-refused"]] if doses(scenario) else [],
        "scenario": scenario.name,
        "says": scenario.says,
        "sources": list(scenario.sources),
        "policy": scenario.policy,
        "units": {"t": "h", "age": "h", "serum": "mmol/L", "stores": "mmol"},
        "mass_balance": {"worst_relative": run.imbalance},
        "missed_targets": None if missed is None else [r.target.name for r in missed],
        "uncertainty": None if spread is None else {
            name.replace("-", "_"): {"says": words(knowledge)[f"{name}-says"], **asdict(one)} for name, one in spread.each()
        },
        "course": [
            {"t": row.t, "age": row.age, "serum": row.level, "interval": list(row.limits), "body": row.body,
             "stores": row.places}
            for row in course(run, knowledge)
        ],
    }  # fmt: skip


def to_csv(run: Run, knowledge: Knowledge) -> str:
    """The run as a table with a heading; a first line, a comment, carries the label."""
    out = io.StringIO()
    out.write(f"# {words(knowledge)['label']} {run.scenario.name}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["t_h", "age_h", "serum_mmol_per_l", "low_mmol_per_l", "high_mmol_per_l", "body_mmol",
                     *(f"{place}_mmol" for place in PLACES)])  # fmt: skip
    for row in course(run, knowledge):
        ends = ("" if end is None else end for end in row.limits)
        writer.writerow([row.t, row.age, row.level, *ends, row.body, *row.places.values()])
    return out.getvalue()


def show(
    run: Run, missed: Sequence[Result] | None, knowledge: Knowledge, screen: Console, spread: Uncertainties | None = None
) -> None:
    """Prints the run."""
    from rich.table import Table
    from rich.text import Text

    says, rows = words(knowledge), course(run, knowledge)
    screen.print(Text(f"{run.scenario.name}: {run.scenario.says}", style="bold"))
    screen.print(Text(says["label"], style="yellow"))
    if doses(run.scenario):
        screen.print(Text(says["dose-refused"], style="yellow"))
    if run.scenario.policy:
        screen.print(Text(run.scenario.policy, style="dim"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    drawn = list(spread.each()) if spread else []
    ends = [{t: f"{low:.2f} - {high:.2f}" for t, low, high in zip(one.t, one.low, one.high, strict=True)} for _, one in drawn]
    for name in ("day", "serum mmol/L", *(says[name] for name, _ in drawn), "", "body mmol", *_STORES):
        table.add_column(name, justify="left" if not name else "right")
    for row in thinned(rows, _TEXT_ROWS):
        stores = (f"{row.places[place]:.2f}" for place in _STORES)
        table.add_row(
            f"{row.t / 24:.1f}", f"{row.level:.2f}", *(at[row.t] for at in ends), _against(row), f"{row.body:.1f}", *stores
        )
    screen.print(table)
    for name, one in drawn:
        left = f" {one.left_out} of {one.draws} draws could not be described." if one.left_out else ""
        screen.print(Text(f"{says[name]}: {says[f'{name}-says']}{left}"))
    screen.print(Text(f"Mass balance holds to {run.imbalance:.0e} of the whole."))
    if missed is None:
        screen.print(Text(says["none-near"]))
    elif missed:
        screen.print(Text(f"{says['missed']}:"))
        for result in missed:
            screen.print(Text(f"- {result.target.name}: published {published(result.target)}, simulated {simulated(result)}"))
    else:
        screen.print(Text(says["none-missed"]))


def _against(row: Row) -> str:
    low, high = row.limits
    if low is not None and row.level < low:
        return "low"
    return "high" if high is not None and row.level > high else ""
