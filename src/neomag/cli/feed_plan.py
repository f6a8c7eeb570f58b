"""neomag feed plan: what to give a baby to eat, a day or a week."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import COLOR, console, fail

if TYPE_CHECKING:
    from neomag.feeding.cautions import Said


def _words(given: tuple[str, ...]) -> tuple[str, ...]:
    """What was said in several options or in one, with commas between."""
    return tuple(word.strip() for part in given for word in part.split(",") if word.strip())


@click.command("plan")
@click.option("--age", required=True, help="The baby's age, such as 8mo.")
@click.option(
    "--milk", default="breast", show_default=True, help="breast, mixed, formula, formula-soy, or animal (from 12 months)."
)
@click.option("--milk-amount", default="average", show_default=True, help="low, average or high for the age.")
@click.option("--exclude", multiple=True, metavar="FOOD", help="Leave out: egg, fish, wheat, a food's name … May be repeated.")
@click.option("--diet", help="vegetarian or vegan.")
@click.option("--no-fortified", is_flag=True, help="No fortified or enriched food.")
@click.option("--seldom", is_flag=True, help="Also foods that are hard to find in most shops.")
@click.option("--days", type=int, default=1, show_default=True, help="A day (1) or a week (7).")
@click.option("--authority", help="Whose reference intakes: nasem (default), efsa, fao-who, uk, china, nhmrc.")
@click.option("--fill", metavar="AUTHORITY", help="Fill what the authority does not give from another; each is marked.")
@click.option("--iron", default="10%", show_default=True, help="Share of iron absorbed, where the authority asks.")
@click.option("--zinc", default="moderate", show_default=True, help="Absorption of zinc, where the authority asks.")
@click.option("--without-target", multiple=True, metavar="NUTRIENT", help="Do not aim at a nutrient, such as magnesium.")
@click.option("--foods", "foods", type=click.Path(path_type=Path), help="The foods at hand and their prices (CSV).")
@click.option("--budget", type=float, help="The most to spend on all days, in the money of --foods.")
@click.option("--habit", type=click.Path(path_type=Path), help="A diary of a usual day: the plan changes as little as it can.")
@click.option("--weight", metavar="WEIGHT", help="The baby's weight, such as 8.2kg.")
@click.option("--page", type=click.Path(path_type=Path), help="Also write one page to print (.pdf).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@COLOR
def plan(**given: Any) -> None:
    """Plan food that prevents deficiency, magnesium among all, for a baby of 6 to 23 months.

    Prevention, never treatment, and never a supplement. Before 6 months the plan is milk, and how to start.
    Exit status 2 when something cannot be read, 3 when no plan keeps every rule.
    """
    from neomag.feeding.errors import FeedingInputError

    try:
        status = _plan(given)
    except FeedingInputError as error:
        fail(*str(error).splitlines())
    sys.exit(status)


def _plan(given: dict[str, Any]) -> int:
    from neomag.feeding.asked import request_asked
    from neomag.feeding.explain import Explainer
    from neomag.feeding.plan import plan as make
    from neomag.knowledge.feeding import load_feeding
    from neomag.knowledge.foods import load_foods

    known, table = load_feeding(), load_foods()
    request = request_asked(
        {
            **given, "exclude": _words(given["exclude"]), "fortified": not given["no_fortified"],
            "without_target": _words(given["without_target"]),
        }, lambda field: f"--{field.replace('_', '-')}",
    )  # fmt: skip
    warnings: tuple[Said, ...] = ()
    if given["foods"]:
        from neomag.feeding.market import market

        request = replace(request, candidates=market(given["foods"], known, table))
    if given["habit"]:
        from neomag.feeding.habit import habit_of

        habit, warnings = habit_of(given["habit"], request.age_months, table)
        request = replace(request, habit=habit)
    found = make(request, known, table)
    said = Explainer(found, known, table)
    if given["page"]:
        from neomag.feeding.page import write_page

        write_page(found, said, given["page"])
    if given["form"] == "json":
        from neomag.feeding.plan_dict import plan_dict

        click.echo(json.dumps(plan_dict(found, said), ensure_ascii=False, indent=2))
    else:
        from neomag.feeding.show_plan import show_plan

        show_plan(found, said, console(given["color"]))
    for warned in warnings:
        click.echo(f"neomag: {given['habit']}: {warned.says}", err=True)
    return 3 if found.status == "infeasible" else 0
