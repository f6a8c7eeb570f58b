"""neomag cohort: the same rules over a hospital or a country."""

from __future__ import annotations

import click

from neomag.cli.lazy import LazyGroup

_COMMANDS = {
    "run": "neomag.cli.cohort_run:run",
    "intervals": "neomag.cli.cohort_intervals:intervals",
    "pull": "neomag.cli.cohort_pull:pull",
    "report": "neomag.cli.cohort_report:report",
    "simulate": "neomag.cli.cohort_simulate:simulate",
    "spark-script": "neomag.cli.cohort_run:spark_script",
}


@click.group(cls=LazyGroup, commands_in=_COMMANDS)
def cohort() -> None:
    """The same rules over a hospital or a country: whom did we miss?"""
