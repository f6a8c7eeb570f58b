"""The answer as text for a terminal: urgency first, then the level on its scale, do, do not, consider, why, unknown, sources.

Colour only repeats what words and signs already say. Rich wraps to the width; a narrow or colourless terminal loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from neomag.answer import Advice, Answer
from neomag.findings import describe
from neomag.unknowns import unknowns

if TYPE_CHECKING:
    from neomag.rules.why import Why

URGENCY = {
    "emergency": ("!!!", "EMERGENCY", "seek or give care now", "bold white on red"),
    "urgent": ("!!", "URGENT", "today", "bold black on yellow"),
    "soon": ("!", "SOON", "within days", "bold black on cyan"),
    "routine": ("·", "ROUTINE", "no hurry is known of", "bold black on green"),
}
VALUE = {True: ("true", "bold green"), False: ("false", "bold blue"), None: ("unknown", "bold yellow")}
STATUS = {"deficient": "red", "high": "red", "grey": "yellow", "uninterpretable": "yellow", "normal": "green", "unknown": ""}
DISCLAIMER = "neomag is decision support. It does not replace a clinician who sees the infant."
# How many lines a section shows before the rest are only counted; all are in the JSON.
_SHOWN_UNKNOWNS = 8


def show(answer: Answer, console: Console, *, sources: bool = True) -> None:
    """Print the answer for reading."""
    sign, word, meaning, style = URGENCY[answer.urgency]
    console.print(Rule(Text(answer.case, style="bold"), align="left", style="dim"))
    console.print(Text.assemble((f" {sign} {word} ", style), f"  {meaning}"))
    console.print()
    console.print(_level(answer))
    console.print(Text.assemble("Deficiency: ", (_suspicion(answer.suspicion), "bold")))
    for problem in answer.problems:
        where = "" if problem["event"] is None else f" (events[{problem['event']}])"
        console.print(_line("?", "yellow", f"{problem['says']}{where}", ()))
    for title, mark, colour, advices in (
        ("Do", "→", "green", answer.actions),
        ("Do not", "✗", "red", answer.blocked),
        ("Consider, and the test that tells", "◦", "cyan", answer.consider),
        ("Causes of low magnesium to look for", "◦", "magenta", answer.causes),
        ("Reading the level", "≈", "yellow", answer.magnesium.caveats),
    ):
        if advices:
            console.print(Text(f"\n{title}", style="bold"))
            for advice in advices:
                says = advice.says if advice.entry.test is None else f"{advice.says} Test: {advice.entry.test}"
                if advices is answer.blocked:
                    says = f"{says} {' '.join(rule.says for rule in advice.rules)}"
                console.print(_line(mark, colour, says, advice.because))
    _unknowns(answer, console)
    if sources:
        _sources(answer, console)
    console.print(Text(f"\nKnowledge {answer.knowledge}. {DISCLAIMER}", style="dim"))


def _suspicion(word: str) -> str:
    return {"not-assessable": "not assessable"}.get(word, f"suspicion {word}" if word != "confirmed" else "confirmed")


def _line(mark: str, colour: str, says: str, because: Iterable[str]) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=3, justify="right")
    grid.add_column(overflow="fold")
    text = Text(says)
    if because := list(because):
        rest = f" +{len(because) - 3}" if len(because) > 3 else ""
        text.append(f"  [{', '.join(because[:3])}{rest}]", style="dim")
    grid.add_row(Text(mark, style=colour), text)
    return grid


def _level(answer: Answer) -> RenderableType:
    level = answer.magnesium
    words = [level.status.upper(), *([level.grade] if level.grade else [])]
    head = Text.assemble("Magnesium: ", (", ".join(words), "bold"))
    if level.value is not None:
        head.append(f"   {level.value:.2f} {level.unit}")
        if level.reported and not level.reported.endswith(level.unit):
            head.append(f" (reported {level.reported})")
        if level.at_written:
            head.append(f" at {level.at_written}")
    parts: list[RenderableType] = [head]
    if level.value is not None and level.interval:
        low, high = level.interval["low"], level.interval["high"]
        if low is not None and high is not None:
            parts.append(Padding(scale(level.value, low, high, STATUS[level.status]), (0, 0, 0, 2)))
        unit, population, source = level.interval["unit"], level.interval["population"], level.interval["source"]
        parts.append(Text(f"  interval {_number(low)} to {_number(high)} {unit}, {population} [{source}]", style="dim"))
    return Group(*parts)


def _number(limit: float | None) -> str:
    return "–" if limit is None else f"{limit:.2f}"


def scale(value: float, low: float, high: float, style: str, width: int = 48) -> Text:
    """A small scale: the interval as a bar, the level as a diamond in `style`; off the scale it is an arrow at the edge."""
    start, end = 0.0, high + (high - low)
    place = round((value - start) / (end - start) * (width - 1))
    left, right = (round((x - start) / (end - start) * (width - 1)) for x in (low, high))
    cells = ["━" if left <= i <= right else "─" for i in range(width)]
    cells[left], cells[right] = "┣", "┫"
    if place >= width:
        cells[-1] = "▶"
    else:
        cells[place] = "◆"
    at = min(place, width - 1)
    text = Text("".join(cells), style="dim")
    text.stylize("not dim green", left, right + 1)
    text.stylize(f"not dim bold {style}", at, at + 1)
    labels = [" "] * (width + 6)
    for position, limit in ((left, low), (right, high)):
        for offset, letter in enumerate(f"{limit:.2f}"):
            labels[max(0, position - 1) + offset] = letter
    return Text.assemble(text, "\n", ("".join(labels).rstrip(), "dim"))


def _unknowns(answer: Answer, console: Console) -> None:
    """What is not known and would change the answer: the findings that settle most unknown rules with consequences."""
    ranked = unknowns(answer)
    if not ranked:
        return
    console.print(Text("\nUnknown, and would help to know", style="bold"))
    for name, rules in ranked[:_SHOWN_UNKNOWNS]:
        console.print(_line("?", "yellow", describe(name, answer.rulebook.knowledge), rules))
    if len(ranked) > _SHOWN_UNKNOWNS:
        console.print(Text(f"    and {len(ranked) - _SHOWN_UNKNOWNS} more, in --format json", style="dim"))


def _sources(answer: Answer, console: Console) -> None:
    lists: tuple[tuple[Advice, ...], ...] = (
        answer.actions, answer.blocked, answer.consider, answer.causes, answer.magnesium.caveats,
    )  # fmt: skip
    keys = dict.fromkeys(key for advices in lists for advice in advices for key in advice.sources)
    if not keys:
        return
    known = answer.rulebook.knowledge.sources
    console.print(Text("\nSources", style="bold"))
    console.print(Text(f"  {', '.join(keys)}", style="dim"))
    console.print(Text(f"  `neomag knowledge sources KEY…` shows each of the {len(known)} with its address.", style="dim"))


def summary(answers: Iterable[Answer], console: Console) -> None:
    """Print one line an infant: how urgent, the level and what it means, how strongly deficiency is suspected."""
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for name in ("case", "urgency", "magnesium", "level", "deficiency", "not now"):
        table.add_column(
            name, justify="right" if name == "level" else "left", overflow="fold", min_width=15 if name == "not now" else None
        )
    for answer in answers:
        sign, word, _, style = URGENCY[answer.urgency]
        level = answer.magnesium
        table.add_row(
            answer.case,
            Text(f"{sign:>3} {word.lower()}", style=style.split(" on ")[-1]),
            level.status + (f", {level.grade}" if level.grade else ""),
            "" if level.value is None else f"{level.value:.2f} {level.unit}",
            answer.suspicion,
            ", ".join(advice.code for advice in answer.blocked if advice.code != "wait-and-see"),
        )
    console.print(table)


def show_why(answer: Answer, rule_id: str, console: Console) -> None:
    """Print the tree of what decided one rule, and for an unknown one what would settle it."""
    rule = answer.rulebook.knowledge.rules[rule_id]
    console.print(Text.assemble((rule.id, "bold"), f"  {rule.says}"))
    console.print(Text(f"  when: {rule.when}", style="dim"))
    console.print(_branch(answer.why(rule_id)))
    if settling := answer.settling(rule_id):
        console.print(Text("To settle it, find out one of these:", style="bold"))
        for names in settling:
            said = "; and ".join(describe(name, answer.rulebook.knowledge) for name in sorted(names))
            console.print(_line("?", "yellow", said, sorted(names)))
    grounds = ", ".join(rule.sources)
    console.print(Text(f"Sources: {grounds}" if grounds else "Sources: none; policy", style="dim"))
    if rule.policy:
        console.print(Text(f"Policy: {rule.policy}", style="dim"))


def _branch(why: Why, tree: Tree | None = None) -> Tree:
    word, style = VALUE[why.value]
    label = Text()
    if why.rule is not None:
        label.append(why.rule.replace("_", "-"), style="bold").append(" is ").append(word, style=style)
    elif why.finding is not None:
        label.append(f"{why.text}: ").append(word, style=style).append(f"  ({why.finding} = {found(why.found)})", style="dim")
    else:
        label.append(f"{why.text}: ").append(word, style=style)
    branch = Tree(label) if tree is None else tree.add(label)
    for inner in why.because:
        _branch(inner, branch)
    return branch


def found(value: Any) -> str:
    """A finding's value for reading; ages are given in days, unknown as such."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
