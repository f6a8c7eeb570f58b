"""A dose for reading on a terminal: refusals first, then one dose in five units, how to make it, what to watch."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from neomag import ages
from neomag.dosing.after import Next
from neomag.dosing.compare import Comparison, printed
from neomag.dosing.dose import Dose
from neomag.dosing.lines import Line, number
from neomag.dosing.monitoring import PARTS
from neomag.dosing.order_text import Checked

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
    if dose.order is not None and dose.dose is not None:
        _five(dose, screen)
    _lines(dose.warnings, "!", "yellow", screen)
    if dose.given:
        _how(dose, screen)
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
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2), show_header=True)
    for head in ("mg salt", "mg elemental", "mmol", "mEq", f"mL of {dose.order.product.id}"):
        table.add_column(head, justify="right")
    five = dose.dose
    table.add_row(*(number(x) for x in (five.mg_salt, five.mg_elemental, five.mmol, five.meq, five.ml)))
    per = [x / dose.state.weight_kg for x in (five.mg_salt, five.mg_elemental, five.mmol, five.meq)]
    table.add_row(*(f"{number(x)}/kg" for x in per), f"{number(dose.echo.ml_per_kg)}/kg")
    screen.print(table)
    screen.print(f"  {dose.order.product.says}; by its label {number(dose.echo.by_label_ml_per_kg, 3)} mL/kg")


def _how(dose: Dose, screen: Console) -> None:
    order = dose.order
    if order is None or dose.measured is None:
        return
    screen.print(Text("\nHow", style="bold"))
    for line in how(dose):
        screen.print(f"  {line}")


def how(dose: Dose) -> list[str]:
    """How the dose is made and given, a line each; empty when it is refused."""
    order, drawn = dose.order, dose.measured
    if order is None or drawn is None or dose.total_24h_mg_per_kg is None:
        return []
    fillings = "" if drawn.draws == 1 else f", {drawn.draws} fillings"
    syringe = drawn.syringe.removeprefix("syringe-")
    error = f"read to {number(drawn.step_ml)} mL; rounding error {float(drawn.error * 100):+.2g} %"
    lines = [f"Draw {number(drawn.ml)} mL of {order.product.id} in a {syringe} mL syringe{fillings} ({error})."]
    if dose.dilution is not None:
        strength = f"at most {number(dose.dilution.percent)} %"
        added = f"Add {number(drawn.diluent_ml)} mL of diluent: {number(drawn.volume_ml)} mL, {strength}."
        lines.append(added if drawn.diluent_ml else f"No diluent is needed: {strength}.")
    if order.over is not None and dose.rate is not None and drawn.ml_per_h is not None:
        lines.append(
            f"Run over {number(order.over)} min: {number(drawn.ml_per_h)} mL/h of the solution, "
            f"{number(dose.rate.mg_per_kg_per_min, 3)} mg/kg/min of the salt."
        )
    route = {"im": "Into the muscle. ", "oral": "By mouth. "}.get(order.route, "")
    often = "Once; a level before any further dose." if order.every is None else f"Every {order.every / ages.SECONDS['h']:g} h"
    if order.every is not None:
        often += "." if order.doses is None else f", {order.doses} doses."
    lines.append(
        f"{route}{often} In 24 h at most {number(dose.total_24h_mg_per_kg)} mg/kg of sulfate, what was given included."
    )
    if order.regimen is not None and order.regimen.note:
        lines.append(order.regimen.note)
    return lines


def _plan(dose: Dose, screen: Console) -> None:
    if dose.plan is None:
        return
    for part, title in PARTS.items():
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


def show_comparison(found: Comparison, screen: Console) -> None:
    """Print the regimens side by side."""
    screen.print(Text(f"Regimens for {number(found.weight_kg)} kg", style="bold"))
    screen.print(f"Single doses for deficiency differ {number(found.fold, 2)}-fold.\n")
    table = Table(box=None, padding=(0, 1))
    table.add_column("regimen, as printed, by the ceilings")
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
        named = Text.assemble((row.regimen.id + mark, "bold"), f"\n  {printed(row.regimen)}, {verdict}")
        table.add_row(named, routes, *span)
    screen.print(table)
    screen.print(Text("\nWhat is odd about them", style="bold"))
    for row in found.rows:
        if said := row.regimen.quirk or row.regimen.why:
            screen.print(Text.assemble(("  " + row.regimen.id, "bold"), f"  {said}"))
    screen.print(f"\n* Default: {found.default}. {found.default_reason}")
    screen.print(Text(NOTICE, style="dim"))


def show_check(found: Checked, screen: Console) -> None:
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
    screen.print(Text("  neomag dose --case FILE", style="dim"))
