"""neomag body population: a scenario for thousands of simulated infants."""

from __future__ import annotations

import json
import sys

import click

from neomag.cli.body_common import draw as draw_chart
from neomag.cli.body_common import faults, named
from neomag.cli.common import COLOR, console, fail, loaded

STOPPED = 130
_MOST_PERCENTILES = 20


def _percentiles(context: click.Context, parameter: click.Parameter, given: str) -> tuple[float, ...]:
    del context, parameter
    try:
        ends = tuple(float(part) for part in given.split(","))
    except ValueError:
        ends = ()
    if not 1 <= len(ends) <= _MOST_PERCENTILES or not all(0 <= end <= 100 for end in ends) or list(ends) != sorted(set(ends)):
        raise click.BadParameter(f"write up to {_MOST_PERCENTILES} numbers from 0 to 100, rising, such as 2.5,50,97.5")
    return ends


@click.command()
@click.argument("scenario", required=False)
@click.option("--infants", type=int, default=10_000, show_default=True, metavar="N", help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same infants.")
@click.option("--percentiles", default="2.5,25,50,75,97.5", show_default=True, callback=_percentiles, help="Which to give.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="By default every core.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv", "png", "vega-lite"]), default="text", help="How to print."
)  # fmt: skip
@COLOR
def population(
    scenario: str | None, infants: int, seed: int, percentiles: tuple[float, ...], threads: int | None, form: str, color: str
) -> None:
    """Run a scenario for many infants who differ as published. For teaching and research; not for predicting or dosing.

    SCENARIO as for `neomag body simulate`. It needs the extra `population`; the model is compiled first, which takes
    seconds. Exit status 2 when something cannot be read, 1 when no infant can be described, 130 when stopped.
    """
    knowledge = loaded()
    from neomag.body.plot import of_population
    from neomag.body.population import EngineMissingError, draw, prepare, simulate
    from neomag.body.show_population import show, to_csv, to_dict
    from neomag.cohort.progress import progress
    from neomag.cohort.stopping import Stopped, stoppable

    if seed < 0:
        fail("--seed: a whole number from 0 on is accepted")
    try:
        with faults(), progress(sys.stderr) as shown, stoppable():
            given = named(scenario, knowledge)
            drawn = draw(given, infants, seed, knowledge)
            shown.phase("Compiling the model")
            prepare(given)
            shown.phase("Simulating", infants, unit="infants")
            found = simulate(given, drawn, knowledge, threads=threads, done=shown.advance)
        with faults():
            if form == "json":
                click.echo(json.dumps(to_dict(found, percentiles, seed, knowledge), ensure_ascii=False))
            elif form == "csv":
                click.echo(to_csv(found, percentiles, knowledge), nl=False)
            elif form == "text":
                show(found, percentiles, knowledge, console(color))
            else:
                draw_chart(of_population(found, knowledge), form)
    except Stopped:
        fail("stopped; nothing is kept", status=STOPPED)
    except EngineMissingError as error:
        fail(str(error), status=1)
