"""Feeding by age for parents, and a plan of food: the planner's plan in plain words, as a menu for a day or a week."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post

from neomag.asking.fault import NotValidError
from neomag.asking.feed import plan as plan_of
from neomag.feeding.errors import OutOfTimeError
from neomag.feeding.request import DAYS
from neomag.knowledge.caregiver import load_caregiver
from neomag.knowledge.feeding import load_feeding
from neomag.service.limits import Workers
from neomag.service.problems import ProblemError
from neomag.web.languages import Language
from neomag.web.page import language_of, page
from neomag.web.plan_shown import shown
from neomag.web.sheet_form import Fields, fields_of

MOST_WORDS = 200
_MOST_MEANT, _LONGEST = 40, 60


@get("/parents/feeding", include_in_schema=False)
async def feeding(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What is given at which age, and the form of a plan."""
    return _page(request, {}, keep=True)


@post("/parents/feeding", status_code=200, include_in_schema=False)
async def planned(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The plan that the form asks for, or what stands in its way."""
    fields = await fields_of(request)
    asked = _asked(fields, language_of(request))
    workers: Workers = request.app.state.planners
    try:
        found = await workers.run(plan_of, asked, workers.deadline())
    except NotValidError as error:
        return _page(request, fields, fault=_plain(error), status=422)
    except OutOfTimeError:
        return _page(request, fields, fault=("longer", ""), status=503)
    except ProblemError as error:
        if error.problem.kind != "busy":
            raise
        return _page(request, fields, fault=("busy", ""), status=503)
    return _page(request, fields, plan=shown(found))


def _page(
    request: Request[Any, Any, Any],
    fields: Fields,
    *,
    keep: bool = False,
    status: int = 200,
    fault: tuple[str, str] | None = None,
    plan: Mapping[str, Any] | None = None,
) -> Response[bytes]:
    # A script that swaps the plan into the page takes only an answer that says that all is well; the words say the rest.
    status = 200 if request.headers.get("hx-request") else status
    ages = load_feeding().plan["ages"]
    return page(
        request, "parents/feeding.html", keep=keep, status=status, known=load_caregiver(), fields=fields, fault=fault,
        plan=plan, months=range(ages["from_months"], ages["before_months"]), days=DAYS, most_words=MOST_WORDS,
        seconds=request.app.state.settings.timeout,
    )  # fmt: skip


def _asked(fields: Fields, language: Language) -> dict[str, Any]:
    """The form as the planner is asked. What the form does not offer is left to the planner to refuse."""
    known = load_caregiver().feeding
    names = ("months", "milk", "diet", "days", "goals")
    one = {name: next((value for value in fields.get(name, ()) if value), "") for name in names}
    written = re.split(r"[,;\n，、；]", " ".join(fields.get("other", ()))[:MOST_WORDS])
    words = [word.strip()[:_LONGEST] for word in written if word.strip()]
    exclude = [word for word in fields.get("exclude", ()) if word in known["leave_out"]]
    asked: dict[str, Any] = {
        "age": f"{one['months']} mo" if one["months"].isdecimal() else "",
        "exclude": [*exclude, *(meant for word in words for meant in _meant(word, language))],
    }
    asked |= {"milk": one["milk"]} if one["milk"] else {}
    asked |= {"diet": one["diet"]} if one["diet"] else {}
    asked |= {"authority": one["goals"]} if one["goals"] else {}
    return asked | ({"days": int(one["days"])} if one["days"].isdecimal() else {})


def _meant(word: str, language: Language) -> list[str]:
    """The foods that a word means in the language of the page: those with it in their name there, else the word itself."""
    if language.code == "en":
        return [word]
    near = [short for short in load_feeding().candidates if word.casefold() in language.say(short).casefold()]
    # A word of so many names is no food.
    return near if 0 < len(near) <= _MOST_MEANT else [word]


def _plain(error: NotValidError) -> tuple[str, str]:
    """The first fault in plain words: a name of feeding.toml, and the food that it is about."""
    says = error.faults[0].says
    if found := re.match(r"exclude `(.*?)`", says):
        return "unknown_food", found[1]
    if says.startswith("milk `"):
        return "milk_left_out" if "left out" in says else "milk_too_early", ""
    return "not_valid", ""
