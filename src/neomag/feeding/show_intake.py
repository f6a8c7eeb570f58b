"""A day's intake for reading on a terminal: warnings, magnesium, what fell short, what may have, what was met."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from neomag.feeding.cautions import REMEMBER, WARNING, Said
from neomag.feeding.indicators import DIVERSITY, Found
from neomag.feeding.intake import Intake
from neomag.feeding.nutrient_intake import ABOVE, MAY_BE, MAY_PASS, MET, MORE, NO_TARGET, SHORT, WITHIN, NutrientIntake
from neomag.feeding.parts import MAGNESIUM
from neomag.feeding.span import Span, figure
from neomag.knowledge.diaries import load_diaries, load_indicators

NOTICE = "One day says little about a child: growth and weeks of eating do. It does not replace a clinician or dietitian."
# In the order shown. A reader looks for what is wrong first.
_VERDICTS = {
    ABOVE: ("▲", "red", "Above the upper limit"),
    SHORT: ("✗", "red", "Short of the target"),
    MAY_BE: ("?", "yellow", "May be met: the amount is not known well enough"),
    MAY_PASS: ("?", "yellow", "May pass the most for a day: the amount is not known well enough"),
    MORE: ("·", "cyan", "More than the average need"),
    MET: ("✓", "green", "Met"),
    WITHIN: ("✓", "green", "Below the most for a day"),
}
_MILK_ENOUGH = "milk-enough"
_VALUE = {True: ("✓", "yes", "green"), False: ("✗", "no", "red"), None: ("?", "not known", "yellow")}


def show(found: Intake, screen: Console, *, absorbable: bool = False) -> None:
    """Print the answer to a diary; `absorbable` adds what adult studies say of oxalate and phytate."""
    months = found.diary.age_months
    title = f"{months} month{'s' if months != 1 else ''}, one day"
    screen.print(Rule(Text(title, style="bold"), align="left", style="dim"))
    screen.print(Text(f"Targets: {found.authority_says}", style="dim"))
    milk = [of for of in found.notes if of.code == _MILK_ENOUGH]
    _said(milk, "·", "cyan", screen)
    _said([of for of in found.warnings if of.level == WARNING], "!", "bold red", screen)
    _said(found.problems, "?", "yellow", screen)
    counted = "; ".join(f"{part.name} {amount(part.grams)} g" for part in found.counted)
    screen.print(Text.assemble(("\nCounted: ", "bold"), counted))
    headings = dict(_VERDICTS)
    if milk:
        headings[SHORT] = ("·", "dim", load_diaries().notes["below-milk"].says)
    _magnesium(
        found, headings[verdict] if (verdict := found.nutrients[MAGNESIUM].verdict) in headings else None, screen, absorbable
    )
    rows = [of for of in found.nutrients.values() if of.figures and of.nutrient.id != MAGNESIUM]
    for verdict, (mark, colour, says) in headings.items():
        if of := [row for row in rows if row.verdict == verdict]:
            screen.print(Text.assemble(("\n" + mark + " ", colour), (says, "bold")))
            screen.print(_table(of))
    _rest(found, rows, screen)
    _indicators(found.indicators, screen)
    if remember := [of for of in found.warnings if of.level == REMEMBER]:
        screen.print(Text("\nRemember", style="bold"))
        _said(remember, "·", "cyan", screen)
    if rest := [of for of in found.notes if of not in milk]:
        screen.print(Text("\nHow to read this", style="bold"))
        _said(rest, "·", "dim", screen)
    screen.print(Text(f"\n{NOTICE}", style="dim"))


def amount(of: Span) -> str:
    """An amount from least to most: `12`, `12 to 15`, `at least 12`."""
    least = figure(of.least)
    if of.most is None:
        return f"at least {least}"
    most = figure(of.most)
    return least if least == most else f"{least} to {most}"


def _percent(of: NutrientIntake) -> str:
    percent = of.amount * (100 / of.cap.value) if of.cap is not None else of.percent
    if percent is None:
        return ""
    least = f"{percent.least:.0f}"
    if percent.most is None:
        return f"≥ {least} %"
    most = f"{percent.most:.0f}"
    return f"{least} %" if least == most else f"{least}–{most} %"


def _target(of: NutrientIntake) -> str:
    """The target with its kind; † unverified, ‡ counts what the table does not, * of another authority."""
    target = of.target
    if of.cap is not None:
        return f"{figure(of.cap.value)} {of.nutrient.unit} most"
    if target is None:
        return ""
    marks = ("†" if target.status != "verified" else "") + ("‡" if target.undercounts else "")
    marks += "*" if "filled in" in target.note else ""
    return f"{figure(target.value)} {of.nutrient.unit.replace('ug', 'µg')} {target.kind}{marks}"


def _table(rows: Sequence[NutrientIntake]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=27, overflow="fold")
    table.add_column(width=19, justify="right")
    table.add_column(width=14, justify="right")
    table.add_column(width=12, justify="right")
    for of in rows:
        table.add_row(f"  {of.nutrient.says}", amount(of.amount), _target(of), _percent(of))
    return table


def _magnesium(found: Intake, heading: tuple[str, str, str] | None, screen: Console, absorbable: bool) -> None:
    of, share = found.nutrients[MAGNESIUM], found.magnesium
    mark, colour, says = heading or ("·", "", "No target")
    aim = f" of {_target(of)} ({_percent(of)})" if of.target else ""
    screen.print(Text.assemble("\n", (mark, colour), (" Magnesium  ", "bold"), f"{amount(of.amount)} mg{aim}"))
    screen.print(Text(f"  {says}", style=colour))
    screen.print(f"  from milk {amount(share.from_milk)} mg, from food {amount(share.from_food)} mg")
    if of.missing:
        screen.print(f"  no figure for {', '.join(of.missing)}")
    if absorbable and share.bound_in:
        says = f"  {amount(share.absorbable)} mg, if oxalate and phytate bind it in {', '.join(share.bound_in)}"
        screen.print(f"{says} ({load_diaries().absorption.says})")


def _rest(found: Intake, rows: Sequence[NutrientIntake], screen: Console) -> None:
    """What has no target, what has no figure, and what the marks mean, a line each."""
    plain = [
        f"{of.nutrient.says} {amount(of.amount)} {of.nutrient.unit.replace('ug', 'µg')}"
        for of in rows
        if of.verdict == NO_TARGET
    ]
    if plain:
        screen.print(Text.assemble(("\nNo target: ", "bold"), "; ".join(plain)))
    none = [of.nutrient.says for of in found.nutrients.values() if not of.figures]
    if none:
        screen.print(Text.assemble(("No figure in the table: ", "bold"), ", ".join(none)))
    some = [f"{of.nutrient.says} ({len(of.missing)} of {len(of.missing) + of.figures})" for of in rows if of.missing]
    if some:
        screen.print(Text.assemble(("Some without a figure: ", "bold"), ", ".join(some)))
    targets = [of.target for of in found.nutrients.values() if of.target is not None]
    if any(target.status != "verified" for target in targets):
        screen.print("† not verified: recalled, no page of the authority was read")
    if any(target.undercounts for target in targets):
        screen.print("‡ the target counts more than the table does, so the percentage is a lower bound")
    if any("filled in" in target.note for target in targets):
        screen.print("* filled in from another authority")


def _indicators(found: Sequence[Found], screen: Console) -> None:
    if not any(of.applies for of in found):
        return
    screen.print(Text("\nWHO and UNICEF's indicators of the day", style="bold"))
    names = load_indicators().groups
    for of in found:
        if not of.applies:
            continue
        mark, word, colour = _VALUE[of.value]
        count = "not counted" if of.count is None else str(of.count)
        figures = f": {count}, at least {of.least} wanted" if of.least else f": {word}"
        screen.print(Text.assemble(("  " + mark + " ", colour), f"{of.indicator.short}{figures}"))
        if of.indicator.id == DIVERSITY:
            missing = [says for group, says in names.items() if group not in of.groups]
            had = "; ".join(names[group] for group in of.groups) or "none"
            screen.print(_indented(f"had: {had}"))
            if missing and of.value is not True:
                screen.print(_indented(f"not had: {'; '.join(missing)}"))


def _indented(text: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=3)
    grid.add_column(overflow="fold")
    grid.add_row("", text)
    return grid


def _said(lines: Sequence[Said], mark: str, colour: str, screen: Console) -> None:
    for line in lines:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=2, justify="right")
        grid.add_column(overflow="fold")
        about = f"{', '.join(line.foods)}: " if line.foods else ""
        of = ", ".join(line.sources) or "policy"
        grid.add_row(Text(mark, style=colour), Text.assemble((about, "bold"), line.says, (f"  [{of}]", "dim")))
        screen.print(grid)
