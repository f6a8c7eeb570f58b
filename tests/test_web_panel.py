"""The panel "what a level does not tell": its runs are the model's, and it works by keyboard, by screen reader and without a script."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser import Visit, axe, chromium, site, visit
from tools.body_panel import FILE, MOST_BYTES

from neomag.body.data import words
from neomag.body.panel import one_run, topics
from neomag.knowledge import Knowledge
from neomag.web.languages import LANGUAGES
from neomag.web.panel import first_run, panel_runs, panel_view

__all__ = ["chromium", "site", "visit"]


# The runs


def test_the_file_is_small() -> None:
    assert len(gzip.compress(FILE.read_bytes(), 9)) <= MOST_BYTES


def test_it_says_what_it_is_for(knowledge: Knowledge) -> None:
    assert panel_runs()["label"] == words(knowledge)["label"]


@pytest.mark.parametrize("name", ["diarrhoea", "wasting", "mother", "dose"])
def test_the_runs_are_what_the_model_gives(knowledge: Knowledge, name: str) -> None:
    """When they are not: `python -m tools.body_panel`."""
    topic = next(t for t in topics(knowledge) if t.name == name)
    kept = next(t for t in panel_runs()["topics"] if t["name"] == name)
    assert len(kept["runs"]) == len(list(topic.places))
    assert [(s["says"], s["values"]) for s in kept["sliders"]] == [(s.says, list(s.values)) for s in topic.sliders]
    assert (kept["says"], kept["tells"], kept["policy"]) == (topic.says, topic.tells, topic.policy)
    every = list(topic.places)
    for places in (every[0], topic.start, every[-2]):
        fresh, run = one_run(topic, places, knowledge), kept["runs"][topic.number(places)]
        assert {k: v for k, v in run.items() if k != "interval"} == {k: v for k, v in fresh.items() if k != "interval"}
        assert kept["intervals"][run["interval"]] == fresh["interval"]


def run_of(name: str, **at: float) -> tuple[dict[str, Any], dict[str, Any]]:
    topic = next(t for t in panel_runs()["topics"] if t["name"] == name)
    number = 0
    for s in topic["sliders"]:
        number = number * len(s["values"]) + s["values"].index(at.get(s["name"], s["values"][s["start"]]))
    return topic, topic["runs"][number]


def test_what_the_topics_tell_is_what_their_runs_show() -> None:
    # Diarrhoea: an infant whose stores were low starts in the same place.
    _, full = run_of("diarrhoea", depletion=0)
    _, low = run_of("diarrhoea", depletion=15)
    assert full["serum"][0] == low["serum"][0]
    assert low["muscle"][0] == 850
    assert min(low["serum"]) < min(full["serum"])
    # Serum falls further than the stores do.
    assert min(full["serum"]) / full["serum"][0] < min(full["muscle"]) / full["muscle"][0]
    # Wasting: serum settles, the stores follow for weeks.
    topic, wasting = run_of("wasting", threshold=70)
    week, end = topic["t"].index(168), len(topic["t"]) - 1
    assert abs(wasting["serum"][end] - wasting["serum"][week]) < 0.1 * wasting["serum"][0]
    assert wasting["bone"][end] < wasting["bone"][week]
    # Mother: high without full stores, and slower the earlier the birth.
    topic, term = run_of("mother", gestation=40)
    _, early = run_of("mother", gestation=28)
    day = topic["t"].index(0)
    assert term["serum"][day] > 1.5 * term["serum"][0]
    assert term["bone"][day] < 1100
    _, plain_term = run_of("mother", gestation=40, level=2.1)
    _, plain_early = run_of("mother", gestation=28, level=2.1)
    later = topic["t"].index(96)
    left = [
        (a["serum"][later] - b["serum"][later]) / (a["serum"][day] - b["serum"][day])
        for a, b in ((early, plain_early), (term, plain_term))
    ]
    assert left[0] > left[1]
    # Dose: it jumps, then falls again, and the stores are not full the next morning.
    topic, dose = run_of("dose", dose=6, level=0.5, depletion=7)
    peak = max(dose["serum"])
    assert peak > dose["serum"][topic["t"].index(12)] + 200
    assert dose["serum"][topic["t"].index(24)] < peak - 100
    assert dose["bone"][topic["t"].index(24)] < 950


def test_the_view_draws_the_first_run() -> None:
    view = panel_view()
    first = first_run(view["topics"][0])
    assert len(view["figure"]["serum"].split()) == len(first["serum"])
    assert view["rows"][0] == {
        "day": 0,
        "serum": first["serum"][0] / 1000,
        "muscle": first["muscle"][0] / 10,
        "bone": first["bone"][0] / 10,
    }
    assert all(box["y"] >= 0 and box["height"] > 0 for box in view["figure"]["boxes"])


# The page


def polyline(page: Page, name: str) -> str:
    return page.locator(f"polyline.panel-{name}").get_attribute("points") or ""


@pytest.mark.parametrize("code", list(LANGUAGES))
@pytest.mark.parametrize("phone", [True, False])
def test_axe_finds_nothing(visit: Visit, code: str, phone: bool) -> None:
    page = visit(f"/{code}/level", phone=phone)
    page.wait_for_selector(".panel-form:not([hidden])")
    assert axe(page) == []


def test_without_a_script_picture_and_table_stand_there(visit: Visit) -> None:
    page = visit("/en/level", script=False)
    assert len(polyline(page, "serum").split()) > 20
    assert page.locator(".panel-table tbody tr").count() == 15
    assert not page.locator(".panel-form").is_visible()
    assert page.get_by_text(panel_runs()["label"]).is_visible()
    assert page.get_by_text(panel_runs()["tip"]).is_visible()


def test_the_script_draws_what_the_page_drew(visit: Visit) -> None:
    """The picture is drawn twice, in Python and in JavaScript: they must agree."""
    plain, live = visit("/en/level", script=False), visit("/en/level")
    live.wait_for_selector(".panel-form:not([hidden])")
    for name in ("serum", "muscle", "bone"):
        assert polyline(live, name) == polyline(plain, name)
    for part in (".panel-ticks text", ".panel-table td", ".panel-boxes rect"):
        assert live.locator(part).all_text_contents() == plain.locator(part).all_text_contents()


def test_a_slider_by_keyboard_moves_lines_words_and_table(visit: Visit) -> None:
    page = visit("/en/level")
    page.wait_for_selector(".panel-form:not([hidden])")
    _, kept = run_of("diarrhoea", loss=0.14)
    topic, more = run_of("diarrhoea", loss=0.29)
    middle = (len(topic["t"]) - 1) // 2
    assert f"serum {kept['serum'][middle] / 1000:.2f} mmol/L" in page.locator(".panel-said").inner_text()
    before = polyline(page, "serum")
    slider = page.get_by_label("Magnesium lost in stool")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "0.29 mmol/kg a day"
    assert polyline(page, "serum") != before
    said = page.locator(".panel-said")
    page.wait_for_function(
        "text => document.querySelector('.panel-said').textContent.includes(text)",
        arg=f"serum {more['serum'][middle] / 1000:.2f} mmol/L",
    )
    assert said.get_attribute("aria-live") == "polite"
    assert re.search(r"below the default interval \(0\.60 to 1\.10\)|within the default interval", said.inner_text())


def test_every_combination_of_sliders_shows_its_run(visit: Visit) -> None:
    page = visit("/en/level")
    page.wait_for_selector(".panel-form:not([hidden])")
    shown = page.evaluate(
        """async () => {
          const found = [];
          const form = document.querySelector('.panel-form');
          for (const radio of form.querySelectorAll('[name=panel-topic]')) {
            radio.click();
            const inputs = [...form.querySelectorAll(`[data-topic="${radio.value}"] input`)];
            const go = (i) => {
              if (i === inputs.length) {
                const cells = [...document.querySelectorAll('.panel-table tbody tr')].map((r) => r.children[1].textContent);
                found.push(cells);
                return;
              }
              for (let v = 0; v <= Number(inputs[i].max); v += 1) {
                inputs[i].value = v;
                inputs[i].dispatchEvent(new Event('input', {bubbles: true}));
                go(i + 1);
              }
            };
            go(0);
          }
          return found;
        }"""
    )
    number = LANGUAGES["en"].number
    wanted = [
        [number(run["serum"][i] / 1000, 2) for i, t in enumerate(topic["t"]) if t % 24 == 0]
        for topic in panel_runs()["topics"]
        for run in topic["runs"]
    ]
    assert shown == wanted


def test_the_mothers_topic_says_before_birth(visit: Visit) -> None:
    page = visit("/en/level")
    page.wait_for_selector(".panel-form:not([hidden])")
    page.get_by_label("Magnesium sulfate given to the mother").check()
    day = page.get_by_label("Moment shown")
    day.focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('.panel-said').textContent.includes('before birth')")
    assert day.get_attribute("aria-valuetext") == "day -1"


def test_where_the_runs_cannot_be_loaded_the_picture_stays(visit: Visit) -> None:
    page = visit("/en/level", script=False)
    drawn = polyline(page, "serum")
    live = visit("/en", complains=True)
    live.route("**/panel.json", lambda route: route.fulfill(status=503))
    live.goto("/en/level")
    assert polyline(live, "serum") == drawn
    assert not live.locator(".panel-form").is_visible()


def test_wording_of_every_topic_can_be_translated() -> None:
    from neomag.web.wording import wording

    texts = {text for _, text in wording()}
    assert panel_runs()["tip"] in texts
    for topic in json.loads(FILE.read_bytes())["topics"]:
        assert {topic["says"], topic["tells"], *(s[key] for s in topic["sliders"] for key in ("says", "shown"))} <= texts
