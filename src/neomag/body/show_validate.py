"""The table of targets as text and as the Markdown of the documentation's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from neomag.body.data import words
from neomag.body.spreads import SpreadResult, spreads_met
from neomag.body.targets import GROUPS
from neomag.body.validate import Result, attempts, group_says, met, published, simulated
from neomag.knowledge import Knowledge

if TYPE_CHECKING:
    from rich.console import Console


def show(results: Sequence[Result], spreads: Sequence[SpreadResult], knowledge: Knowledge, screen: Console) -> None:
    """Prints the targets by group and the spreads, misses marked."""
    from rich.table import Table
    from rich.text import Text

    says = words(knowledge)
    screen.print(Text(says["label"], style="yellow"))
    screen.print(Text(says["criteria"]))
    for group in GROUPS:
        screen.print(Text(f"\n{group}: {met(results, group)} met", style="bold"))
        screen.print(Text(group_says(group, knowledge), style="dim"))
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in ("", "target", "published", "simulated", "sources"):
            table.add_column(name, overflow="fold")
        for r in (r for r in results if r.target.group == group):
            mark = Text("met", style="green") if r.passed else Text("MISS", style="bold red")
            table.add_row(mark, r.target.name, published(r.target), simulated(r), ", ".join(r.target.sources))
        screen.print(table)
    if not spreads:
        return
    screen.print(Text(f"\n{says['spreads']}: {_counts(spreads)}", style="bold"))
    screen.print(Text(says["spreads-criteria"], style="dim"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "spread", "published", "simulated", "would be met", "sources"):
        table.add_column(name, overflow="fold")
    for r in spreads:
        mark = Text("met", style="green") if r.passed else Text("MISS", style="bold red")
        name = f"{r.spread.target.name}{' (fitted)' if r.spread.target.group == 'fitted' else ''}"
        table.add_row(mark, name, *_spread(r), ", ".join(r.spread.target.sources))
    screen.print(table)


def markdown(results: Sequence[Result], spreads: Sequence[SpreadResult], knowledge: Knowledge) -> str:
    """The tables of targets, spreads and attempts for the page, so that the page cannot say what the model does not."""
    return "\n".join([*_lines(results, knowledge), *_spread_lines(spreads, knowledge), *_attempt_lines(knowledge)]) + "\n"


def _counts(spreads: Sequence[SpreadResult]) -> str:
    return f"{spreads_met(spreads, False)} met that were not fitted, {spreads_met(spreads, True)} that were"


def _spread(r: SpreadResult) -> tuple[str, str, str]:
    """Published, simulated, and what would be met, as text."""
    ends, unit = r.spread.ends, r.spread.target.unit
    asked = f" ({ends[0]:g} to {ends[1]:g})" if ends else ""
    of = f", n={r.spread.infants}" if r.spread.infants else ""
    given = f" ({r.ends[0]:.3g} to {r.ends[1]:.3g})" if ends else ""
    low, high = r.accepted
    return f"{r.spread.size:.3g}{asked} {unit}{of}", f"{r.simulated:.3g}{given} {unit}", f"{low:.3g} to {high:.3g}"


def _spread_lines(spreads: Sequence[SpreadResult], knowledge: Knowledge) -> Iterator[str]:
    says = words(knowledge)
    yield f"\n### {says['spreads']}: {_counts(spreads)}\n"
    yield f"{says['spreads-criteria']}\n"
    yield "| | spread | fitted | published | simulated | would be met | assumed | sources |\n|---|---|---|---|---|---|---|---|"
    for r in spreads:
        target = r.spread.target
        mark, fitted = "met" if r.passed else "**miss**", "yes" if target.group == "fitted" else "no"
        cells = (mark, target.name, fitted, *_spread(r), target.policy, _cited(target.sources))
        yield f"| {' | '.join(cells)} |"


def _cited(keys: Sequence[str]) -> str:
    return ", ".join(f"[{key}](sources.md#{key.lower()})" for key in keys)


def _lines(results: Sequence[Result], knowledge: Knowledge) -> Iterator[str]:
    yield words(knowledge)["criteria"]
    for group in GROUPS:
        yield f"\n### {group.capitalize()}: {met(results, group)} met\n"
        yield f"{group_says(group, knowledge)}\n"
        yield "| | target | published | simulated | assumed | sources |\n|---|---|---|---|---|---|"
        for r in (r for r in results if r.target.group == group):
            mark = "met" if r.passed else "**miss**"
            cells = (mark, r.target.name, published(r.target), simulated(r), r.target.policy, _cited(r.target.sources))
            yield f"| {' | '.join(cells)} |"


def _attempt_lines(knowledge: Knowledge) -> Iterator[str]:
    yield "\n### Attempts\n"
    yield "| attempt | fitted | seen | unseen |\n|---|---|---|---|"
    for a in attempts(knowledge):
        yield f"| {a.says} | {a.fitted} | {a.seen} | {a.unseen} |"
