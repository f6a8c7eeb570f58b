"""What the commands that run a scenario share: naming it, its faults in plain lines, and a chart on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neomag.cli.common import fail

if TYPE_CHECKING:
    from neomag.body.scenario import Scenario
    from neomag.knowledge import Knowledge
    from neomag.vega import Spec


def named(scenario: str | None, knowledge: Knowledge) -> Scenario:
    """The scenario that ships under a name, or that a YAML file has. Exits when none is named."""
    from neomag.body.scenario import from_file, names, shipped

    if scenario is None:
        fail(f"name a scenario: {', '.join(names())}, or a .yaml file")
    own = scenario.endswith((".yaml", ".yml"))
    return from_file(Path(scenario), knowledge) if own else shipped(scenario, knowledge)


@contextmanager
def faults() -> Generator[None, None, None]:
    """Exits with 2 for what cannot be read, 1 for what the model cannot describe or what is not installed."""
    from neomag.body.errors import BodyInputError, BodyModelError
    from neomag.knowledge import KnowledgeError
    from neomag.vega import PictureError

    try:
        yield
    except BodyInputError as error:
        fail(*str(error).split("\n"))
    except KnowledgeError as error:
        fail(*error.problems)
    except (BodyModelError, PictureError) as error:
        fail(str(error), status=1)


def draw(spec: Spec, form: str) -> None:
    """Print a chart as `vega-lite` or `png`."""
    from neomag.vega import png

    if form == "vega-lite":
        click.echo(json.dumps(spec, ensure_ascii=False, indent=1))
        return
    if sys.stdout.isatty():
        fail("a picture is not for a terminal: write it to a file, as in `… --format png > picture.png`")
    click.echo(png(spec), nl=False)
