"""The table of targets as text and as the Markdown of the documentation's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from neomag.body.data import words
from neomag.body.validate import GROUPS, Result, attempts, group_says, met, published, simulated
from neomag.knowledge import Knowledge

if TYPE_CHECKING:
    from rich.console import Console


def show(results: Sequence[Result], knowledge: Knowledge, screen: Console) -> None:
    """Prints the targets by group, misses marked."""
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


def markdown(results: Sequence[Result], knowledge: Knowledge) -> str:
    """The tables of targets and of attempts for the page, so that the page cannot say what the model does not."""
    return "\n".join(_lines(results, knowledge)) + "\n"


def _lines(results: Sequence[Result], knowledge: Knowledge) -> Iterator[str]:
    yield words(knowledge)["criteria"]
    for group in GROUPS:
        yield f"\n### {group.capitalize()}: {met(results, group)} met\n"
        yield f"{group_says(group, knowledge)}\n"
        yield "| | target | published | simulated | assumed | sources |\n|---|---|---|---|---|---|"
        for r in (r for r in results if r.target.group == group):
            cited = ", ".join(f"[{key}](sources.md#{key.lower()})" for key in r.target.sources)
            mark = "met" if r.passed else "**miss**"
            yield f"| {mark} | {r.target.name} | {published(r.target)} | {simulated(r)} | {r.target.policy} | {cited} |"
    yield "\n### Attempts\n"
    yield "| attempt | fitted | seen | unseen |\n|---|---|---|---|"
    for a in attempts(knowledge):
        yield f"| {a.says} | {a.fitted} | {a.seen} | {a.unseen} |"
