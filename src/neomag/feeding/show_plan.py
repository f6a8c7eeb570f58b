"""A plan on the terminal: foods, meals, what is reached, why, and the rules of safety."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from neomag.feeding.explain import Explainer
from neomag.feeding.lines import Line
from neomag.feeding.menu import menu
from neomag.feeding.plan import Plan
from neomag.feeding.span import figure

_BAR = 16


def show_plan(plan: Plan, said: Explainer, screen: Console) -> None:
    """Print the plan."""
    request = plan.request
    span = "one day" if request.days == 1 else "one week"
    screen.rule(Text(f"A plan for {request.age_months} months, {span}", style="bold"), align="left", style="dim")
    if plan.items:
        _foods(plan, said, screen)
        _menu(plan, said, screen)
        _nutrients(plan, said, screen)
    _title("Why", screen)
    for line in said.sentences():
        _point(line, screen)
    _title("Rules of safety, each kept", screen)
    for rule in said.rules():
        _point(said.rule_line(rule), screen)
    if plan.status == "feasible":
        _point("The solver stopped at its limit of work: a plan as good or a little better may exist.", screen)


def _title(text: str, screen: Console) -> None:
    screen.print(Text(f"\n{text}", style="bold"))


def _point(text: str, screen: Console) -> None:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=3, justify="right")
    grid.add_column(overflow="fold")
    grid.add_row("◦", Text(text))
    screen.print(grid)


def _foods(plan: Plan, said: Explainer, screen: Console) -> None:
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("food", overflow="fold", ratio=5)
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("how, and what it gives", overflow="fold", ratio=7)
    for item in plan.items:
        weighed = item.choice.candidate.weighed
        grams = Text.assemble(f"{figure(item.grams)} g", "" if weighed == "as eaten" else (f" {weighed}", "dim"))
        table.add_row(item.choice.candidate.short, grams, said.item(item))
    screen.print(table)
    if plan.cost is not None:
        screen.print(f"\nCost: {plan.cost:.2f}, in the money of the prices.")


def _menu(plan: Plan, said: Explainer, screen: Console) -> None:
    _title("As meals", screen)
    for meal in menu(plan, said.known):
        day = f"day {meal.day}, " if plan.request.days > 1 else ""
        foods = ", ".join(f"{s.item.choice.candidate.short} {figure(s.grams)} g" for s in meal.servings)
        _point(f"{day}{meal.name}: {foods}", screen)


def _nutrients(plan: Plan, said: Explainer, screen: Console) -> None:
    _title("A day holds", screen)
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("")
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("possible", justify="right", no_wrap=True)
    for line in plan.lines.values():
        name = Text(said.called(line.nutrient), style="bold" if line.nutrient == "magnesium" else "" if line.aimed else "dim")
        target = "–" if line.target is None else figure(line.target.value) + said.mark(line.nutrient)
        most = "?" if line.most is None else figure(line.most)
        possible = "" if line.least is None else f"{figure(line.least)}–{most}"
        sign = "≥ " if line.missing else ""
        table.add_row(name, f"{sign}{figure(line.held)} {said.unit(line.nutrient)}", target, bar(line), possible)
    screen.print(table)
    screen.print(
        Text("█ from milk  ▓ from food; possible: in any diet that keeps the rules and the targets as well", style="dim")
    )
    if any(line.missing for line in plan.lines.values()):
        screen.print(Text("≥ the figure is missing for some of the foods", style="dim"))


def bar(line: Line) -> Text:
    """How much of the target is there, from milk and from food; a mark where it is short."""
    if line.target is None:
        return Text("")
    whole = line.target.value
    milk = min(round(_BAR * line.milk / whole), _BAR)
    full = min(round(_BAR * line.held / whole), _BAR)
    colour = "green" if line.met or line.nutrient == "energy" else "yellow" if line.met is None or not line.aimed else "red"
    return Text("█" * milk + "▓" * max(full - milk, 0) + "·" * (_BAR - max(full, milk)), style=colour)
