"""The pages for parents without a script: what they say, in which order, how hard it is to read, and what is never said."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from markupsafe import escape
from tests.reading_level import grade, prose, read
from tests.service import Client

from neomag import web
from neomag.feeding.errors import OutOfTimeError
from neomag.feeding.rank import rank, to_rank
from neomag.knowledge import load
from neomag.knowledge.caregiver import load_caregiver
from neomag.knowledge.caregiver_checks import doses_said
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods
from neomag.service.app import make_app
from neomag.service.problems import ProblemError
from neomag.service.settings import Settings
from neomag.web.feeding import _meant
from neomag.web.languages import LANGUAGES, Language

CODES = list(LANGUAGES)
PATHS = ("", "/film", "/sheet", "/feeding", "/foods", "/foods?by=100g&rare=1", "/foods?by=100kcal", "/article", "/kept")
PLANS: tuple[dict[str, Any], ...] = (
    {"months": "0"}, {"months": "0", "milk": "formula"}, {"months": "6"}, {"months": "9", "days": "7", "exclude": ["egg", "fish"]},
    {"months": "14", "days": "7", "diet": "vegan", "exclude": ["soy"], "goals": "efsa"}, {"months": "10", "goals": "china"},
)  # fmt: skip
KNOWN = load_caregiver()


@pytest.fixture(scope="module")
def pages() -> Iterator[Client]:
    with TestClient(make_app(routers=[web.router()])) as client:
        yield client


def text_of(page: str) -> str:
    return "\n".join(read(page))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_open_keeps_nothing_and_runs_nothing_inline(pages: Client, code: str, path: str) -> None:
    answer = pages.get(f"/{code}/parents{path}")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert not re.search(
        r"<style|<script(?! type=\"application/json\"| type=\"module\" src=| defer src=)|\sstyle=|\son\w+=", answer.text
    )
    for address in re.findall(r'(?:src|href)="(/[^"]*)"', answer.text):
        assert address == f"/{code}/clinician" or pages.get(html.unescape(address)).status_code == 200, address


def test_danger_signs_and_the_call_come_before_anything_else(pages: Client) -> None:
    page = pages.get("/en/parents").text
    main = page[page.index("<main") :]
    places = [
        main.index(html.escape(text, quote=False)) for text in (KNOWN.said["call"], *(s.says for s in KNOWN.signs.values()))
    ]
    assert places == sorted(places)
    assert main.index("tel:112") < main.index(KNOWN.signs["breathing"].says)
    # Nothing but the heading stands before the call, and no door to another page before the last sign.
    assert re.sub(r"<[^>]+>|\s", "", main[: places[0]]) == "Dangersigns:callnow"
    assert places[-1] < main.index('class="door"')
    dialled = re.findall(r'href="tel:([^"]+)"', page)
    assert sorted(dialled) == sorted(number.number for number in KNOWN.numbers)


@pytest.mark.parametrize(("code", "first"), [("en", "112"), ("zh", "120"), ("es", "112")])
def test_the_numbers_of_the_language_stand_first(pages: Client, code: str, first: str) -> None:
    assert re.findall(r'href="tel:([^"]+)"', pages.get(f"/{code}/parents").text)[0] == first


@pytest.mark.parametrize("path", ["/feeding", "/foods", "/article", "/kept"])
def test_every_other_page_begins_with_the_way_to_the_danger_signs(pages: Client, path: str) -> None:
    main = pages.get(f"/en/parents{path}").text.partition("<main")[2]
    assert main.index('href="/en/parents"') < main.index("<h1")


def test_english_is_grade_6_or_below(pages: Client) -> None:
    """Each page and state, as a whole and by its whole sentences alone; names of works that are cited do not count."""
    shown = {path: pages.get(f"/en/parents{path}").text for path in PATHS}
    shown |= {str(plan): pages.post("/en/parents/feeding", data=plan).text for plan in PLANS}
    shown["fault"] = pages.post("/en/parents/feeding", data={"months": "8", "other": "stones"}).text
    shown["sheet"] = pages.post("/en/parents/sheet", data={"q.colour": "blue", "count": "20", "seconds": "9"}).text
    shown["faults"] = pages.post("/en/parents/sheet", data={"age": "old", "temperature": "hot", "count": "1"}).text
    for name, page in shown.items():
        blocks = read(page)
        assert len(" ".join(blocks)) > 100, name
        assert grade(blocks) <= 6, name
        assert grade(prose(blocks)) <= 6, name


@pytest.mark.parametrize("path", ["", "/film", "/sheet", "/article", "/kept"])
def test_no_dose_is_named(pages: Client, path: str) -> None:
    assert doses_said(text_of(pages.get(f"/en/parents{path}").text)) == []


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_a_plan_names_food_milk_and_goals_and_no_supplement(pages: Client, plan: dict[str, Any]) -> None:
    answer = pages.post("/en/parents/feeding", data=plan)
    assert answer.status_code == 200
    shown = text_of(answer.text.partition('id="plan"')[2].join(["<main>", ""]))
    told = doses_said(shown)
    milk = re.findall(r"(?:about|\() ?([\d.,]+ mL)", shown)
    magnesium = re.findall(r"(\d+ mg)(?=\.| of it)", shown)
    assert sorted(told) == sorted([*milk, *magnesium])
    assert KNOWN.feeding["about"]["no_pills"] in shown
    assert KNOWN.feeding["about"]["not_treatment"] in shown


def test_a_day_is_a_menu_with_the_form_of_each_food(pages: Client) -> None:
    page = pages.post("/en/parents/feeding", data={"months": "8", "milk": "mixed", "days": "1"}).text
    plan = page.partition('data-keep="plan"')[2]
    assert "Meal 1" in plan
    assert "Half breast milk, half formula: about 599 mL a day." in text_of(f"<main>{plan}")
    for food in re.findall(r"<li><strong>([^<]+)</strong>, <span class=.amount.>[\d.]+ g</span>(.*?)</li>", plan):
        assert re.search(r'class="hint">\w', food[1]), food
    for rule in ("honey", "whole_nuts", "juice", "mg_supplement"):
        assert html.escape(KNOWN.feeding["safety"][rule]) in plan


def test_a_week_has_seven_days_and_what_is_left_out_is_not_there(pages: Client) -> None:
    asked = {"months": "11", "days": "7", "exclude": ["egg", "fish", "wheat"], "other": "banana, lentils"}
    plan = pages.post("/en/parents/feeding", data=asked).text.partition('data-keep="plan"')[2]
    assert re.findall(r"<h3>(Day \d)</h3>", plan) == [f"Day {n}" for n in range(1, 8)]
    foods = " ".join(re.findall(r"<strong>([^<]+)</strong>", plan.partition("Always")[0]))
    assert foods
    assert not re.search(r"egg|fish|salmon|wheat|banana|lentil|pasta", foods)


def test_what_stays_short_is_said(pages: Client) -> None:
    asked = {"months": "14", "days": "7", "diet": "vegan", "exclude": ["soy"]}
    plan = text_of(pages.post("/en/parents/feeding", data=asked).text)
    assert "Vitamin B12 stays below the goal." in plan
    assert KNOWN.feeding["plan"]["met"] not in plan
    assert KNOWN.feeding["plan"]["diet"] in plan
    # No meat, fish or egg is left, and one of them belongs in every day.
    assert KNOWN.feeding["missing"]["animal"] in plan
    assert KNOWN.feeding["missing"]["fruit"] not in plan


def test_what_a_plan_wants_every_day_has_words_for_when_it_is_not_there(pages: Client) -> None:
    assert set(KNOWN.feeding["missing"]) == {"groups", "meals", *load_feeding().plan["daily"]}
    plan = text_of(pages.post("/en/parents/feeding", data={"months": "8"}).text)
    assert not any(says in plan for says in KNOWN.feeding["missing"].values())
    for says in KNOWN.feeding["missing"].values():
        assert grade([says]) <= 6, says


def test_before_six_months_the_plan_is_milk(pages: Client) -> None:
    plan = pages.post("/en/parents/feeding", data={"months": "0"}).text.partition('data-keep="plan"')[2]
    assert KNOWN.feeding["plan"]["milk_only"] in plan
    assert 'class="menu' not in plan


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"months": "8", "other": "stones"}, "We do not know this food: stones."),
        ({"months": "8", "milk": "animal"}, KNOWN.feeding["plan"]["milk_too_early"]),
        ({"months": "8", "milk": "formula", "exclude": "milk"}, KNOWN.feeding["plan"]["milk_left_out"]),
        ({"months": "99"}, KNOWN.feeding["plan"]["not_valid"]),
        ({"months": "eight"}, KNOWN.feeding["plan"]["not_valid"]),
        ({"months": "8", "days": "30"}, KNOWN.feeding["plan"]["not_valid"]),
        ({"months": "8", "diet": "air"}, KNOWN.feeding["plan"]["not_valid"]),
        ({"months": "8", "goals": "moon"}, KNOWN.feeding["plan"]["not_valid"]),
        ({}, KNOWN.feeding["plan"]["not_valid"]),
        ({"months": "8", "other": "x" * 150}, "We do not know this food"),
    ],
)
def test_what_cannot_be_planned_is_said_in_plain_words(pages: Client, asked: dict[str, str], says: str) -> None:
    answer = pages.post("/en/parents/feeding", data=asked)
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)
    # A script that swaps the part in takes only an answer that says that all is well.
    assert pages.post("/en/parents/feeding", data=asked, headers={"hx-request": "true"}).status_code == 200


@pytest.mark.parametrize(
    ("error", "says"), [(OutOfTimeError(), "longer"), (ProblemError.of("busy", "too much work at once"), "busy")]
)
def test_a_plan_that_takes_too_long_or_must_wait_is_a_page_too(error: Exception, says: str) -> None:
    class Planners:
        def deadline(self) -> float:
            return 0.0

        async def run(self, *_: Any) -> Any:
            raise error

        def close(self) -> None:
            pass

    app = make_app(Settings(), routers=[web.router()])
    app.state.planners = Planners()
    with TestClient(app) as client:
        answer = client.post("/en/parents/feeding", data={"months": "8"})
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert KNOWN.feeding["plan"][says] in answer.text


def test_a_food_is_left_out_by_its_name_in_the_language_of_the_page() -> None:
    class Spanish(Language):
        def say(self, text: str | None, context: str = "") -> str:
            return {"banana": "plátano", "egg, boiled": "huevo cocido", "egg, scrambled firm": "huevo revuelto"}.get(
                text or "", "?"
            )

    spanish = Spanish("es", "es", "Español")
    assert _meant("Plátano", spanish) == ["banana"]
    assert _meant("huevo", spanish) == ["egg, boiled", "egg, scrambled firm"]
    assert _meant("egg", spanish) == ["egg"]
    # A piece of every name is no food.
    assert _meant("?", spanish) == ["?"]


def rows(page: str) -> list[tuple[str, float]]:
    found = re.findall(r'<th scope="row">([^<\n]+)\n.*?<td class="number">([\d.,]+) mg', page, re.DOTALL)
    return [(html.unescape(name).strip(), float(mg.replace(",", ""))) for name, mg in found]


@pytest.mark.parametrize("lens", ["portion", "100g", "100kcal"])
def test_foods_are_ranked_as_the_table_ranks_them(pages: Client, lens: str) -> None:
    shown = rows(pages.get(f"/en/parents/foods?by={lens}&rare=1").text)
    candidates, _ = to_rank(load_foods(), chosen=True)
    ranked = [(food.label, food.seen.amounts[lens] or 0.0) for food in rank(candidates, lens).foods]
    assert [name for name, _ in shown] == [name for name, _ in ranked]
    for (_, shown_mg), (_, mg) in zip(shown, ranked, strict=True):
        assert shown_mg == pytest.approx(mg, abs=0.51 if mg >= 10 else 0.051)
    usual = rows(pages.get(f"/en/parents/foods?by={lens}").text)
    assert 50 < len(usual) < len(shown)
    assert [row for row in shown if row in usual] == usual


def test_the_tiers_of_the_article_stand_beside_what_the_figures_say(pages: Client) -> None:
    page = pages.get("/en/parents/foods").text.partition("The foods of the article")[2]
    tiers = {
        name: (said, is_)
        for name, said, is_ in re.findall(
            r'<th scope="row">([^<]+?) ?<.*?class="tier t\d">([^<]+)<.*?class="tier t\d">([^<]+)<', page, re.DOTALL
        )
    }
    assert len(tiers) == len(KNOWN.foods["article"])
    assert tiers["tomato, cooked"] == ("rich", "low")
    assert tiers["whole wheat bread"] == ("fair", "rich")
    assert tiers["firm tofu"] == ("rich too", "rich")
    assert tiers["pork liver"] == ("rich too", "low")


def test_a_food_is_found_and_one_that_is_not_says_nothing_of_it(pages: Client) -> None:
    found = rows(pages.get("/en/parents/foods?q=Oat").text)
    assert any(name.startswith("rolled oats") for name, _ in found)
    assert all("oat" in name for name, _ in found)
    none = pages.get("/en/parents/foods?q=pizza").text
    assert "That says nothing about the food." in none
    assert pages.get("/en/parents/foods?by=smell").status_code == 200


def test_every_claim_of_the_article_is_there_with_its_verdict(pages: Client) -> None:
    page = html.unescape(pages.get("/en/parents/article").text)
    claims = load().claims
    assert re.findall(r'<li id="(claim-\d+)"', page) == list(claims)
    for claim in claims.values():
        one = page.partition(f'id="{claim.id}"')[2].partition("</li>\n")[0]
        assert f'class="verdict {claim.verdict}"' in one
        assert KNOWN.article[claim.id]["plain"] in one
        assert all(load().sources[key].title in one for key in claim.sources)


PROBES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "</textarea><b>",
    "%(n)s",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("probe", PROBES)
def test_nothing_that_is_written_becomes_markup(pages: Client, probe: str) -> None:
    texts = {f"t.{name}": probe for name in KNOWN.sheet.words}
    sheet = pages.post("/en/parents/sheet", data={**texts, "speed": probe, "q.kind": probe, probe: probe})
    numbers = dict.fromkeys(("age", "minutes", "temperature", "count", "seconds", "taps", "seconds_long"), probe)
    answers = [
        sheet,
        pages.post("/en/parents/film", data={**texts, **numbers}),
        pages.post("/en/parents/sheet", data={**texts, **numbers}),
        pages.post("/en/parents/feeding", data={"months": probe, "other": probe, "milk": probe, "diet": probe}),
        pages.post("/en/parents/feeding", data={"months": "8", "other": probe}),
        pages.get("/en/parents/foods", params={"q": probe, "by": probe}),
    ]
    for answer in answers:
        assert answer.status_code in (200, 422)
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "</textarea><b>" not in answer.text
        assert not re.search(r'(?:href|src|action)="javascript:', answer.text)
        assert ">49<" not in answer.text
    assert str(escape(probe)) in sheet.text


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"age=%zz&q.kind=%00", b"=&=&&", b"age=" + b"9" * 4000])
def test_a_form_that_is_none_is_answered(pages: Client, body: bytes) -> None:
    for path in ("sheet", "film", "feeding"):
        answer = pages.post(f"/en/parents/{path}", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
        assert answer.status_code in (200, 400, 422), (path, answer.status_code)
        assert "Traceback" not in answer.text
