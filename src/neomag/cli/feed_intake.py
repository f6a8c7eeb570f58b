"""neomag feed intake: what a day's diary held, against what it should."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import COLOR, console, fail

if TYPE_CHECKING:
    from neomag.feeding.intake import Intake

# A diary is one day; more than this is another file.
_MOST_BYTES = 256 * 1024


@click.command()
@click.argument("diary", type=click.Path(path_type=Path))
@click.option("--age", metavar="AGE", help="The child's age, such as 8mo, when the diary does not say it.")
@click.option("--authority", metavar="NAME", help="Whose targets: nasem (default), efsa, fao-who, uk, china, nhmrc.")
@click.option("--fill", metavar="NAME", help="An authority whose figures fill the gaps of the first; they are marked.")
@click.option("--iron", metavar="SHARE", default="10%", help="How much iron is absorbed (FAO/WHO): 5%, 10%, 12%, 15%.")
@click.option("--zinc", metavar="LEVEL", default="moderate", help="How well zinc is absorbed (FAO/WHO): low, moderate, high.")
@click.option("--foods", "site", type=click.Path(path_type=Path), help="A table of the site's own foods (CSV).")
@click.option("--absorbable", is_flag=True, help="Also show what oxalate and phytate may leave of magnesium, by adult studies.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@COLOR
def intake(diary: Path, site: Path | None, absorbable: bool, form: str, color: str, **given: Any) -> None:
    """What one day held: each nutrient against its target, where magnesium came from, WHO's indicators, warnings.

    DIARY is a file of plain lines (`age: 8 mo`, `breast: 5 feeds`, `60 g banana`, `meals: 3`), YAML or JSON; `-` reads
    standard input. Exit status 2 when it cannot be read, with a line for each problem.
    """
    from neomag.feeding.diary import DiaryError
    from neomag.feeding.errors import FeedingInputError

    try:
        found = _intake(diary, site, given)
    except DiaryError as error:
        fail(*(f"{diary}: {problem}" for problem in error.problems))
    except FeedingInputError as error:
        fail(*str(error).split("\n"))
    if form == "json":
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        from neomag.feeding.show_intake import show

        show(found, console(color), absorbable=absorbable)


def _intake(path: Path, site: Path | None, given: dict[str, Any]) -> Intake:
    from neomag.feeding.diary import read_diary
    from neomag.feeding.intake import intake as compute
    from neomag.knowledge.foods import load_foods

    table = load_foods()
    if site is not None:
        from neomag.feeding.site import with_site_foods

        table, _ = with_site_foods(table, site)
    data = _read(path)
    diary = read_diary(data, table.foods, name="" if str(path) == "-" else path.name, age=given["age"])
    return compute(
        diary, table, authority=given["authority"], fill=given["fill"], iron=given["iron"], zinc=given["zinc"]
    )  # fmt: skip


def _read(path: Path) -> bytes:
    from neomag.feeding.errors import FeedingInputError

    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise FeedingInputError(f"{path}: {error.strerror or 'cannot be read'}") from None
    if len(data) > _MOST_BYTES:
        raise FeedingInputError(f"{path}: larger than {_MOST_BYTES // 1024} kB; a diary is one day")
    return data
