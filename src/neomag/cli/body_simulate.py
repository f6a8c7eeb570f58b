"""neomag body simulate: a scenario, hour by hour."""

from __future__ import annotations

import json

import click

from neomag.cli.body_common import draw, faults, named
from neomag.cli.common import COLOR, console, fail, loaded

FORMS = ["text", "json", "csv", "svg", "png", "vega-lite", "sbml"]


@click.command()
@click.argument("scenario", required=False)
@click.option("--list", "listed", is_flag=True, help="List the scenarios that ship with neomag.")
@click.option(
    "--format", "form", type=click.Choice(FORMS), default="text",
    help="svg, png and vega-lite draw serum and stores; sbml is the scenario's model for other simulators.",
)  # fmt: skip
@click.option(
    "--draws", type=int, metavar="N", help="Draw the fitted parameters N times: what the fit leaves open of the mean infant."
)  # fmt: skip
@click.option("--between-infants", "between", is_flag=True, help="With --draws: N simulated infants too, and how they differ.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same draws.")
@COLOR
def simulate(scenario: str | None, listed: bool, form: str, draws: int | None, between: bool, seed: int, color: str) -> None:
    """Run a scenario: serum against the interval, and the stores. For teaching and research; not for predicting or dosing.

    SCENARIO is the name of one that ships with neomag (see --list), or a YAML file, named with its `.yaml`. Exit status 2
    when it cannot be read, with a line for each fault; 1 when it leaves what the model can describe.
    """
    knowledge = loaded()
    from neomag.body.chart import svg
    from neomag.body.run import run
    from neomag.body.scenario import names, shipped
    from neomag.body.show_run import show, to_csv, to_dict
    from neomag.body.uncertainty import uncertainties
    from neomag.body.validate import near

    if draws is not None and form in {"csv", "sbml"}:
        fail("--draws is for text, json, svg, png and vega-lite")
    if between and draws is None:
        fail("--between-infants: say how many with --draws")
    if listed:
        with faults():
            for name in names():
                click.echo(f"{name}: {shipped(name, knowledge).says}")
        return
    with faults():
        given = named(scenario, knowledge)
        if form == "sbml":
            from neomag.body.sbml import sbml

            click.echo(sbml(given, knowledge), nl=False)
            return
        found = run(given, knowledge)
        spread = None if draws is None else uncertainties(given, draws, seed, knowledge, between=between)
        if form == "svg":
            click.echo(svg(found, knowledge, spread), nl=False)
        elif form == "csv":
            click.echo(to_csv(found, knowledge), nl=False)
        elif form in {"png", "vega-lite"}:
            from neomag.body.plot import of_run

            draw(of_run(found, knowledge, spread), form)
        else:
            results = near(given, knowledge)
            missed = None if results is None else [r for r in results if not r.passed]
            if form == "json":
                click.echo(json.dumps(to_dict(found, missed, knowledge, spread), ensure_ascii=False, indent=2))
            else:
                show(found, missed, knowledge, console(color), spread)
