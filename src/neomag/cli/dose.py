"""neomag dose: a dose of magnesium, regimens side by side, and an order checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import COLOR, console, fail, loaded

if TYPE_CHECKING:
    from neomag.dosing import State
    from neomag.knowledge import Knowledge

REFUSED = 3
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
_SITE = click.option("--regimens", "site", type=click.Path(path_type=Path), help="A file of the site's own regimens (TOML).")
# The flags that say what is so of the infant, by the field of State they set.
_STATE = (
    ("--emergency", "Treated before the level is known: seizing, or an abnormal rhythm."),
    ("--kidney-injury", "Acute kidney injury or reduced kidney function."),
    ("--anuria", "Little or no urine."),
    ("--heart-block", "AV block or myocardial damage."),
    ("--pulseless-torsades", "Torsades de pointes without a pulse."),
    ("--severe-malnutrition-day-1", "The first day of treating severe malnutrition."),
    ("--antenatal-magnesium", "The mother had magnesium before birth."),
    ("--preterm", "Born before 37 weeks."),
    ("--fresh-level", "The level was taken after the last dose."),
)


def _state_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, says in reversed(_STATE):
        command = click.option(name, is_flag=True, help=says)(command)
    for name, metavar, says in (
        (
            "--with",
            "NAME",
            "Also present or given: neuromuscular, digoxin, calcium, ceftriaxone, aminoglycoside. May be repeated.",
        ),
    ):
        command = click.option(name, "beside", multiple=True, metavar=metavar, help=says)(command)
    for name, metavar, says in (
        ("--given-24h", "AMOUNT", "Magnesium given in the last 24 hours, such as 450mg-salt."),
        ("--age", "AGE", "The infant's age, such as 14d."),
        ("--serum-mg", "LEVEL", "The magnesium level, such as 0.45mmol/L."),
        ("--case", "FILE", "A case that brings weight, level, kidneys, heart and drugs."),
        ("--weight", "WEIGHT", "The current weight, such as 3.0kg."),
    ):
        command = click.option(name, metavar=metavar, help=says)(command)
    return command


def _state(knowledge: Knowledge, given: dict[str, Any], product: str | None) -> State:
    """The state that flags, a case, or both describe. Raises DoseInputError and CaseError."""
    from neomag.ages import seconds
    from neomag.case import Case
    from neomag.dosing import DoseInputError, State, parse_amount, parse_level, parse_weight, state_of_case, with_flags
    from neomag.dosing.products import default_product, find_product

    weight = parse_weight(given["weight"], knowledge) if given["weight"] else None
    flags = {name[2:].replace("-", "_"): given[name[2:].replace("-", "_")] for name, _ in _STATE}
    if given["case"]:
        for name in ("serum_mg", "given_24h", "age"):
            if given[name]:
                raise DoseInputError(f"--{name.replace('_', '-')} does not go with --case; write it into the case")
        state = state_of_case(Case.read(given["case"]), weight_kg=weight, knowledge=knowledge)
    elif weight is None:
        raise DoseInputError("give --weight (such as 3.0kg), or --case with a weight in it")
    else:
        state = State(weight_kg=weight)
    level = parse_level(given["serum_mg"], knowledge) if given["serum_mg"] else None
    if flags["fresh_level"] and level is None:
        raise DoseInputError("--fresh-level goes with --serum-mg; a case says it by its times")
    for name in given["beside"]:
        if name not in knowledge.dosing.interactions:
            raise DoseInputError(f"--with `{name[:40]}`: write one of {', '.join(knowledge.dosing.interactions)}")
    total = None
    if given["given_24h"]:
        of = find_product(product, knowledge) if product else default_product("iv", knowledge)
        total = parse_amount(given["given_24h"], knowledge).mmol(state.weight_kg, of, knowledge)
    try:
        age = seconds(given["age"]) if given["age"] else None
    except ValueError as error:
        raise DoseInputError(f"--age: {error}") from None
    beside = tuple(dict.fromkeys((*state.interactions, *given["beside"])))
    return with_flags(state, **flags, level=level, given_24h_mmol=total, age=age, interactions=beside)


def _span(text: str | None, name: str) -> int | None:
    from neomag.ages import seconds
    from neomag.dosing import DoseInputError

    try:
        return seconds(text) if text else None
    except ValueError as error:
        raise DoseInputError(f"--{name}: {error}") from None


def _guarded(work: Callable[[], int]) -> None:
    """Do the work and exit with its status; 2, with a line a problem, for what cannot be read."""
    from neomag.case import CaseError
    from neomag.dosing import DoseInputError

    try:
        status = work()
    except CaseError as error:
        fail(*error.problems)
    except DoseInputError as error:
        fail(str(error))
    sys.exit(status)


@click.group(invoke_without_command=True)
@_state_options
@click.option(
    "--regimen", metavar="ID", help="A regimen (see `neomag dose compare`); without it and --amount, the default one."
)
@click.option("--amount", help="0.2mmol/kg, 0.8mEq, 50mg-salt/kg, 5mg-elemental/kg, 0.1mL/kg …; mg alone is refused.")
@click.option("--product", metavar="ID", help="The ampoule or bottle, such as mgso4-50, mgso4-49.3, mgso4-20.")
@click.option("--route", type=click.Choice(["iv", "im", "oral"]))
@click.option("--over", metavar="TIME", help="How long an IV dose runs, such as 60min.")
@click.option("--concentration", metavar="PERCENT", help="Of the infused solution, such as 10%.")
@click.option("--every", metavar="TIME", help="The interval between doses, such as 12h.")
@click.option("--doses", type=click.IntRange(1), help="How many doses.")
@click.option("--same-line", is_flag=True, help="Calcium, bicarbonate or phosphate runs in the same line.")
@click.option("--worksheet", type=click.Path(path_type=Path), help="Also write a worksheet to print (.pdf or .txt).")
@_SITE
@_FORMAT
@COLOR
@click.pass_context
def dose(context: click.Context, **given: Any) -> None:
    """One dose of magnesium in five units: how to make it, how fast, what to watch, or why not to give it.

    For clinicians. Exit status 3 when the dose is refused, 2 when the input cannot be read.
    """
    if context.invoked_subcommand is not None:
        return
    _guarded(lambda: _dose(given))


def _dose(given: dict[str, Any]) -> int:
    from neomag.dosing import AmbiguousUnitError, calculate, parse_percent, with_site_regimens

    knowledge = with_site_regimens(loaded(), given["site"])
    try:
        state = _state(knowledge, given, given["product"])
    except AmbiguousUnitError as error:
        return _ambiguous(error, given, knowledge)
    found = calculate(
        state,
        knowledge,
        amount=given["amount"],
        regimen=given["regimen"],
        product=given["product"],
        route=given["route"],
        over=_span(given["over"], "over"),
        percent=parse_percent(given["concentration"]) if given["concentration"] else None,
        every=_span(given["every"], "every"),
        doses=given["doses"],
        same_line=given["same_line"],
    )
    if given["worksheet"]:
        from neomag.dosing.worksheet import write

        write(found, given["worksheet"])
    if given["form"] == "json":
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        from neomag.dosing.show import show

        show(found, console(given["color"]))
    return REFUSED if found.refused else 0


def _ambiguous(error: Exception, given: dict[str, Any], knowledge: Knowledge) -> int:
    """What was given in 24 hours is in plain mg: the same refusal as for the dose itself."""
    from neomag.dosing import AmbiguousUnitError, Dose, State, parse_weight
    from neomag.dosing.lines import refusal
    from neomag.dosing.show import show

    written = error.written if isinstance(error, AmbiguousUnitError) else str(error)
    state = State(weight_kg=parse_weight(given["weight"] or "1kg", knowledge))
    found = Dose((refusal("ambiguous-unit", knowledge, found=written),), (), state, knowledge.version)
    if given["form"] == "json":
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        show(found, console(given["color"]))
    return REFUSED


@dose.command()
@click.option("--weight", required=True, metavar="WEIGHT", help="The current weight, such as 3kg.")
@_SITE
@_FORMAT
@COLOR
def compare(weight: str, site: Path | None, form: str, color: str) -> None:
    """Every regimen side by side for one weight, and where they disagree."""

    def work() -> int:
        from neomag.dosing import State, parse_weight, with_site_regimens
        from neomag.dosing import compare as side_by_side
        from neomag.dosing.show import show_comparison

        knowledge = with_site_regimens(loaded(), site)
        ceiling = knowledge.dosing.ceilings["level"]
        low = (ceiling.warn_from or Fraction(0)) / 2
        found = side_by_side(State(parse_weight(weight, knowledge), level=low), knowledge)
        if form == "json":
            click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        else:
            show_comparison(found, console(color))
        return 0

    _guarded(work)


@dose.command()
@click.argument("order")
@_state_options
@_FORMAT
@COLOR
def check(order: str, **given: Any) -> None:
    """Check an ORDER as written, such as "MgSO4 0.8 mL of 50% IV over 30 min": accepted, unusual or refused.

    Exit status 3 when it is refused, 2 when a word of it is not understood.
    """

    def work() -> int:
        from neomag.dosing.order_text import check_order
        from neomag.dosing.show import show_check

        knowledge = loaded()
        found = check_order(order, _state(knowledge, given, None), knowledge)
        if given["form"] == "json":
            click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        else:
            show_check(found, console(given["color"]))
        return REFUSED if found.refused else 0

    _guarded(work)
