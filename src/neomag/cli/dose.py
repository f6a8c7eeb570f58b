"""neomag dose: a dose of magnesium, regimens side by side, and an order checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from neomag.cli.common import COLOR, console, fail, loaded
from neomag.cli.dose_state import case_of, option, state_options

REFUSED = 3
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
_SITE = click.option("--regimens", "site", type=click.Path(path_type=Path), help="A file of the site's own regimens (TOML).")


def _guarded(work: Callable[[], int]) -> None:
    """Do the work and exit with its status; 2, with a line a problem, for what cannot be read."""
    from neomag.case import CaseError
    from neomag.dosing import DoseInputError

    try:
        status = work()
    except CaseError as error:
        fail(*error.problems)
    except DoseInputError as error:
        fail(*error.problems)
    sys.exit(status)


@click.group(invoke_without_command=True)
@state_options
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
        _nothing_before(context)
        return
    _guarded(lambda: _dose(given))


def _nothing_before(context: click.Context) -> None:
    """Fail when options stand before a subcommand, which would not see them."""
    set_ = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is not ParameterSource.DEFAULT
    ]
    if set_:
        sub = context.invoked_subcommand
        fail(f"{', '.join(set_)} before `{sub}` would not be seen; write what {sub} takes after it")


def _dose(given: dict[str, Any]) -> int:
    from neomag.dosing import with_site_regimens
    from neomag.dosing.asked import dose_asked

    found = dose_asked(given, case_of(given), with_site_regimens(loaded(), given["site"]), option)
    if given["worksheet"]:
        from neomag.dosing.worksheet import write

        write(found, given["worksheet"])
    if given["form"] == "json":
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        from neomag.dosing.show import show

        show(found, console(given["color"]))
    return REFUSED if found.refused else 0


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
        from neomag.dosing.show_compare import show_comparison

        knowledge = with_site_regimens(loaded(), site)
        # The regimens are compared, not the infant: no level is asked for, as in an emergency.
        found = side_by_side(State(parse_weight(weight, knowledge), emergency=True), knowledge)
        if form == "json":
            click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        else:
            show_comparison(found, console(color))
        return 0

    _guarded(work)


@dose.command()
@click.argument("order")
@state_options
@_SITE
@_FORMAT
@COLOR
def check(order: str, **given: Any) -> None:
    """Check an ORDER as written, such as "MgSO4 0.8 mL of 50% IV over 30 min": accepted, unusual or refused.

    Exit status 3 when it is refused, 2 when a word of it is not understood.
    """

    def work() -> int:
        from neomag.dosing import with_site_regimens
        from neomag.dosing.asked import order_asked
        from neomag.dosing.show import show_check

        knowledge = with_site_regimens(loaded(), given["site"])
        found = order_asked({**given, "order": order}, case_of(given), knowledge, option)
        if given["form"] == "json":
            click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        else:
            show_check(found, console(given["color"]))
        return REFUSED if found.refused else 0

    _guarded(work)
