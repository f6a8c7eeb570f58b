"""A dose for reading on a terminal: refusals first, then one dose in five units, how to make it, what to watch."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from neomag.dosing.after import Next
from neomag.dosing.dose import Dose, Rate
from neomag.dosing.lines import Line, number
from neomag.dosing.monitoring import PARTS
from neomag.dosing.order_text import OrderCheck
from neomag.dosing.said import infant_lines, often, order_lines

NOTICE = "For clinicians. Decision support: it does not replace a clinician who sees the infant. Two people check every dose."


def show(dose: Dose, screen: Console) -> None:
    """Print the answer to an order."""
    weight = f"{number(dose.state.weight_kg)} kg"
    screen.print(Rule(Text(f"Magnesium, {weight}", style="bold"), align="left", style="dim"))
    if dose.refused:
        screen.print(Text(" ✗ REFUSED ", style="bold white on red"), Text("do not give this dose", style="bold"))
        _lines(dose.refused, "✗", "red", screen)
    else:
        screen.print(Text(" Not refused ", style="bold black on green"), "check it by a second person")
    _section("Infant", infant_lines(dose.state), screen)
    _section("Order", order_lines(dose), screen)
    _five(dose, screen)
    _lines(dose.warnings, "!", "yellow", screen)
    if dose.given:
        _section("How", how(dose), screen)
        _plan(dose, screen)
    screen.print(Text(f"\nKnowledge {dose.knowledge}. {NOTICE}", style="dim"))


def _lines(lines: tuple[Line, ...], mark: str, colour: str, screen: Console) -> None:
    for line in lines:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=3, justify="right")
        grid.add_column(overflow="fold")
        of = ", ".join(line.sources) or "policy"
        grid.add_row(Text(mark, style=colour), Text.assemble((line.code, "bold"), f"  {line.says}", (f"  [{of}]", "dim")))
        screen.print(grid)


def _five(dose: Dose, screen: Console) -> None:
    if dose.order is None or dose.dose is None or dose.echo is None:
        return
    title = "What was asked, NOT to be given" if dose.refused else "One dose"
    screen.print()
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2), show_header=True)
    for head in ("mg salt", "mg elemental", "mmol", "mEq", f"mL of {dose.order.product.id}"):
        table.add_column(head, justify="right")
    five = dose.dose
    table.add_row(*(number(x) for x in (five.mg_salt, five.mg_elemental, five.mmol, five.meq, five.ml)))
    per = [x / dose.state.weight_kg for x in (five.mg_salt, five.mg_elemental, five.mmol, five.meq)]
    table.add_row(*(f"{number(x)}/kg" for x in per), f"{number(dose.echo.ml_per_kg)}/kg")
    screen.print(table)
    screen.print(f"  {dose.order.product.says}; by its label {number(dose.echo.by_label_ml_per_kg, 3)} mL/kg")
    if dose.refused and dose.rate is not None:
        screen.print(f"  {rate_line(dose.rate)}")


def _section(title: str, lines: list[str], screen: Console) -> None:
    if not lines:
        return
    screen.print(Text(f"\n{title}", style="bold"))
    for line in lines:
        screen.print(Padding(Text(line), (0, 0, 0, 2)))


def rate_line(rate: Rate) -> str:
    """The rate that an order asks for."""
    return f"At the time asked: {number(rate.mg_per_kg_per_min, 3)} mg/kg/min of the salt, {number(rate.ml_per_h)} mL/h"


def how(dose: Dose) -> list[str]:
    """How the dose is made and given, a line each, in figures of what is drawn; empty when it is refused."""
    order, syringe, drawn = dose.order, dose.measured, dose.drawn
    if order is None or syringe is None or drawn is None:
        return []
    fillings = "" if syringe.draws == 1 else f", {syringe.draws} fillings"
    kind = f"{syringe.syringe.removeprefix('syringe-')} mL {'oral syringe' if order.route == 'oral' else 'syringe'}"
    error = f"read to {number(syringe.step_ml)} mL; rounding error {float(syringe.error * 100):+.2g} %"
    lines = [
        f"Draw {number(syringe.ml)} mL of {order.product.id} in a {kind}{fillings} ({error}): "
        f"{number(drawn.mg_per_kg)} mg/kg as sulfate."
    ]
    if dose.dilution is not None:
        strength = f"at most {number(dose.dilution.percent)} %"
        added = f"Add {number(syringe.diluent_ml)} mL of diluent: {number(syringe.volume_ml)} mL, {strength}."
        lines.append(added if syringe.diluent_ml else f"No diluent is needed: {strength}.")
    if order.over is not None and drawn.rate is not None and syringe.ml_per_h is not None:
        lines.append(
            f"Run over {number(order.over)} min: {number(syringe.ml_per_h)} mL/h of the solution, "
            f"{number(drawn.rate, 3)} mg/kg/min of the salt."
        )
    route = {"im": "Into the muscle. ", "oral": "By mouth. "}.get(order.route, "")
    rhythm = often(order)
    rhythm = f"{rhythm[0].upper()}{rhythm[1:]}{'; a level before any further dose' if rhythm == 'once' else ''}."
    lines.append(f"{route}{rhythm} In 24 h at most {number(drawn.total_mg_per_kg)} mg/kg of sulfate, what was given included.")
    if order.regimen is not None and order.regimen.note:
        lines.append(order.regimen.note)
    return lines


def _plan(dose: Dose, screen: Console) -> None:
    if dose.plan is None:
        return
    for part, title in PARTS.items():
        if not dose.plan.part(part):
            continue
        screen.print(Text(f"\n{title}", style="bold"))
        for watch in dose.plan.part(part):
            grid = Table.grid(padding=(0, 1))
            grid.add_column(width=3, justify="right")
            grid.add_column(overflow="fold")
            grid.add_row("◦", Text.assemble(watch.says, (f"  [{', '.join(watch.sources) or 'policy'}]", "dim")))
            screen.print(grid)
        if part == "antidote":
            screen.print(f"    {antidote_line(dose)}")


def antidote_line(dose: Dose) -> str:
    """The antidote for this infant: dose, ceiling, time."""
    if dose.plan is None:
        return ""
    calcium = dose.plan.antidote
    return (
        f"{calcium.product}: {number(calcium.ml)} mL over {number(calcium.over_min)} min; never more than "
        f"{number(calcium.most_ml)} mL at once, never faster than {number(calcium.least_min)} min."
    )


def show_check(found: OrderCheck, screen: Console) -> None:
    """Print the verdict on an order, then the dose it means."""
    style = {"accepted": "bold black on green", "unusual": "bold black on yellow", "refused": "bold white on red"}[
        found.verdict
    ]
    screen.print(Text.assemble((f" {found.verdict.upper()} ", style), f"  {found.order}"))
    screen.print(f"Regimens that give as much: {', '.join(found.regimens) or 'none'}")
    show(replace(found.dose, refused=found.refused, warnings=found.warnings), screen)


def show_next(found: Next | None, screen: Console) -> None:
    """Print, after an assessment, the regimen it leads to and what stands against it."""
    if found is None:
        return
    screen.print(Text("\nDose", style="bold"))
    screen.print(Text.assemble(("  → ", "green"), found.regimen.says, (f"  [{found.regimen.id}]", "dim")))
    if found.missing is not None:
        screen.print(Text.assemble(("  ? ", "yellow"), found.missing))
    if found.dose is not None:
        _lines(found.dose.refused, "✗", "red", screen)
        _lines(found.dose.warnings, "!", "yellow", screen)
    if found.site is not None:
        screen.print(Padding(Text(found.site), (0, 0, 0, 2)))
    screen.print(Text("  neomag dose --case FILE", style="dim"))
