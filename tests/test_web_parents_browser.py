"""The pages for parents as a parent uses them: on a phone, by thumb and by key, without a script, without a network, printed."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser import Visit, axe, chromium, compared, site, visit
from tests.test_web_offline import ready

from neomag.knowledge.caregiver import load_caregiver
from neomag.web.sheet_form import MOST_LINE, MOST_WORDS
from neomag.web.tapped import from_times

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["chromium", "site", "visit"]
KNOWN = load_caregiver()
PATHS = ("", "/film", "/sheet", "/feeding", "/foods", "/foods?by=100kcal&rare=1", "/foods?q=pizza", "/article", "/kept")


def choose(page: Page, **answers: str) -> None:
    """Tap answers of the sheet's questions."""
    for question, reply in answers.items():
        page.locator(f"input[name='q.{question}'][value='{reply}']").check()


def make_sheet(page: Page) -> None:
    page.get_by_role("button", name="Make the sheet").click()
    page.locator("article.sheet").wait_for()


@pytest.mark.parametrize(("code", "phone"), [("en", True), ("en", False), ("zh", True), ("es", True)])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(visit: Visit, code: str, path: str, phone: bool) -> None:
    assert axe(visit(f"/{code}/parents{path}", phone=phone)) == []


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_in_the_dark(visit: Visit, path: str) -> None:
    assert axe(visit(f"/en/parents{path}", phone=True, dark=True)) == []


@pytest.mark.parametrize("phone", [True, False])
def test_axe_finds_nothing_in_any_state_of_the_sheet(visit: Visit, phone: bool) -> None:
    page = visit("/en/parents/film", phone=phone, complains=True)  # a form that comes back says 422
    page.fill("#age-n", "old")
    page.fill("#temp", "99")
    page.fill("#c1", "5")
    choose(page, colour="blue")
    page.get_by_role("button", name="Make the sheet").click()
    page.locator("#faults").wait_for()
    assert page.evaluate("document.activeElement.id") == "faults"
    assert axe(page) == []
    page.fill("#age-n", "60")
    page.fill("#temp", "37.1")
    page.fill("#s1", "")
    page.fill("#c1", "")
    make_sheet(page)
    assert axe(page) == []  # with the emergency
    page.get_by_role("button", name="Change the answers").click()
    choose(page, colour="same")
    make_sheet(page)
    assert page.locator(".call-now").count() == 0
    assert axe(page) == []  # without it


@pytest.mark.parametrize("phone", [True, False])
def test_axe_finds_nothing_in_any_state_of_a_plan(visit: Visit, phone: bool) -> None:
    page = visit("/en/parents/feeding", phone=phone)
    for months, days, other, shows in (
        ("0", "1", "", ".plan"), ("6", "1", "", ".menu"), ("14", "7", "", ".week"), ("8", "1", "stones", "#plan .banner"),
    ):  # fmt: skip
        page.select_option("#months", months)
        page.locator(f"input[name=days][value='{days}']").check()
        page.fill("#other", other)
        page.get_by_role("button", name="Make the menu").click()
        page.locator(shows).first.wait_for()
        page.wait_for_function("document.activeElement.id === 'plan'")
        assert axe(page) == []


def test_danger_signs_are_on_the_first_screen_of_a_phone(visit: Visit) -> None:
    page = visit("/en/parents", phone=True)
    for text in (KNOWN.said["call"], KNOWN.said["number"]):
        box = page.get_by_text(text, exact=True).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 667
    call = page.locator("a.call").first
    assert call.get_attribute("href") == "tel:112"
    box = call.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= 667


def told(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"\d+\.\d", text)]


def count_on_sheet(page: Page, place: int = 0) -> list[float]:
    text = page.locator("#counted li").nth(place).inner_text()
    return told(text)


def test_tapping_along_by_the_space_key(visit: Visit) -> None:
    page = visit("/en/parents/film")
    page.locator("#tap").focus()
    for n in range(8):
        page.keyboard.press("Space" if n % 2 else "Enter")
        page.wait_for_timeout(120)
    assert page.locator("#tap-count").inner_text() == "8"
    seconds, *rate = told(page.locator("#readout").inner_text())
    assert seconds >= 0.8
    assert len(rate) == 3
    page.locator("#tap-undo").click()
    assert page.locator("#tap-count").inner_text() == "7"
    shown = told(page.locator("#readout").inner_text())
    page.get_by_role("button", name="Done").click()
    assert page.locator("#c1").input_value() == "7"
    assert float(page.locator("#s1").input_value()) == shown[0]
    assert page.locator("#tap-status").inner_text() == "Written down as count 1."
    assert page.locator("#tap-count").inner_text() == "0"
    assert page.evaluate("document.activeElement.id") == "tap"
    make_sheet(page)
    # The sheet, worked out by the service, says what the counter said.
    assert count_on_sheet(page) == shown


def test_tapping_along_by_thumb(visit: Visit) -> None:
    page = visit("/en/parents/film", phone=True)
    box = page.locator("#tap").bounding_box()
    assert box is not None
    assert box["height"] >= 150
    assert box["width"] >= 300
    page.locator("#tap").scroll_into_view_if_needed()
    box = page.locator("#tap").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(2):
        for _ in range(7):
            page.touchscreen.tap(*middle)
            page.wait_for_timeout(150)
        assert page.locator("#tap-count").inner_text() == "7"
        page.get_by_role("button", name="Done").click()
        page.locator("#tap").scroll_into_view_if_needed()
        box = page.locator("#tap").bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    rates = [told(run) for run in page.locator("[data-rate]").all_inner_texts()]
    page.touchscreen.tap(*middle)
    page.get_by_role("button", name="Done").click()
    assert page.locator("#tap-note").inner_text() == "Both counts are full. Clear one to count again."
    make_sheet(page)
    assert [count_on_sheet(page, place) for place in range(2)] == rates


def test_too_few_taps_slow_motion_and_a_count_by_hand(visit: Visit) -> None:
    page = visit("/en/parents/film")
    page.locator("#tap").focus()
    for _ in range(3):
        page.keyboard.press("Space")
    page.get_by_role("button", name="Done").click()
    assert page.locator("#tap-note").inner_text() == KNOWN.film["tap"]["few"]
    page.fill("#c1", "30")
    page.fill("#s1", "10")
    assert page.locator("input[name=taps]").first.input_value() == ""
    for _ in range(8):
        page.keyboard.press("Tab")  # away from the fields
    page.locator("#tap").focus()
    for _ in range(8):
        page.keyboard.press("Space")
        page.wait_for_timeout(100)
    assert len(told(page.locator("#readout").inner_text())) == 4
    page.locator("input[name=speed][value=slow]").check()
    # The length is told, a rate is not.
    assert len(told(page.locator("#readout").inner_text())) == 1
    page.get_by_role("button", name="Start again").click()
    assert page.locator("#tap-count").inner_text() == "0"
    make_sheet(page)
    text = page.locator("#counted").inner_text()
    assert "30 jerks in 10.0 seconds of film" in text
    assert "a second" not in text
    assert KNOWN.notes["no_rate"] in text


def test_the_script_and_the_service_count_alike(visit: Visit) -> None:
    page = visit("/en/parents/film")
    runs = [
        [0, 500, 1000, 1400, 2000, 2500, 3000], [n * 130 for n in range(20)], [0, 100, 900, 1000, 2500, 2600, 4000], [0, 1], [7],
        [0, 0, 0, 0, 0, 0, 5], [n * n for n in range(40)], [1000] * 9,
    ]  # fmt: skip
    address = page.locator("script[src*='counter.js']").get_attribute("src") or ""
    limits = {"fewest": KNOWN.tapping.fewest, "fastest": KNOWN.tapping.fastest, "widest": KNOWN.tapping.widest}
    said: list[dict[str, Any]] = page.evaluate(
        "async ([address, runs, limits]) => { const { counted } = await import(address);"
        " return runs.flatMap((run) => [1, 0.5, null].map((speed) => counted(run, speed, limits))); }",
        [address.replace("counter.js", "tapping.js"), runs, limits],
    )
    for place, count in enumerate(said):
        speed = (1.0, 0.5, None)[place % 3]
        mine = from_times([time / 1000 for time in runs[place // 3]], speed, KNOWN.tapping)
        assert count["taps"] == mine.taps
        assert count["notes"] == list(mine.notes)
        for name in ("seconds", "rate", "low", "high"):
            assert count[name] == (None if getattr(mine, name) is None else pytest.approx(getattr(mine, name))), (name, place)


def test_the_counter_works_without_a_network(visit: Visit) -> None:
    page = visit("/en/parents/film", phone=True)
    page.context.set_offline(True)
    page.locator("#tap").focus()
    for _ in range(7):
        page.keyboard.press("Space")
        page.wait_for_timeout(60)
    page.get_by_role("button", name="Done").click()
    assert page.locator("#c1").input_value() == "7"


ANSWERS: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    ({}, {}),
    (
        {
            "age-n": "20",
            "lasted-min": "3",
            "lasted-sec": "1",
            "temp": "100.4",
            "c1": "24",
            "s1": "12",
            "w-words": "a <b> & c\n d",
        },
        {"kind": "jerks", "side": "one", "held": "went_on", "eyes": "turned", "milk": "breast"},
    ),
    (
        {
            "age-n": "2.5",
            "lasted-sec": "12.5",
            "temp": "37,2",
            "c1": "5",
            "s1": "4",
            "c2": "40",
            "s2": "7",
            "w-place": "left arm",
        },
        {"kind": "shaking", "held": "stopped", "after": "usual", "colour": "same"},
    ),
    ({"age-n": "1", "lasted-min": "1", "temp": "36.5"}, {"kind": "face", "often": "few", "food": "yes"}),
)


@pytest.mark.parametrize("code", ["en", "zh", "es"])
@pytest.mark.parametrize("place", range(len(ANSWERS)))
def test_the_sheet_made_without_a_network_is_the_one_the_service_makes(visit: Visit, code: str, place: int) -> None:
    """The same page, letter for letter, and the same danger signs."""
    page = ready(visit(f"/{code}/parents/film", complains=True, worker=True))
    page.reload()
    fields, chosen = ANSWERS[place]
    for field, text in fields.items():
        page.fill(f"#{field}", text)
    page.select_option("#age-unit", ("d", "d", "mo", "wk")[place])
    page.select_option("#temp-unit", "F" if place == 1 else "C")
    choose(page, **chosen)
    if place == 1:
        page.locator("#tap").focus()
        for _ in range(9):
            page.keyboard.press("Space")
            page.wait_for_timeout(90)
        page.locator("#tap-done").click()
    if place == 2:
        page.locator("input[name=really][value=no]").check()
    page.context.set_offline(True)
    page.locator(".go button").click()
    page.locator("article.sheet").wait_for()
    assert page.evaluate("document.activeElement.id") == "main"
    alone, dense = page.locator("article.sheet").inner_text(), page.locator("article.sheet.dense").count()
    assert page.locator("[data-call]").is_visible() is (place < 2 or place == 3)
    assert axe(page) == []
    # Back to the answers, and with the network the same sheet by the service.
    page.locator("[data-back]").click()
    page.context.set_offline(False)
    page.locator(".go button").click()
    page.wait_for_url(f"**/{code}/parents/sheet")
    assert page.locator("article.sheet").inner_text() == alone
    assert page.locator("article.sheet.dense").count() == dense


def test_what_cannot_be_read_is_told_without_a_network_too_and_the_call_with_it(visit: Visit) -> None:
    page = visit("/en/parents/film", complains=True)
    page.fill("#age-n", "old")
    page.fill("#temp", "98.6")
    page.fill("#c1", "12")
    page.context.set_offline(True)
    page.locator(".go button").click()
    page.locator("p.fault").first.wait_for()
    told = page.locator("p.fault").all_inner_texts()
    # The age is not known: the baby counts as a newborn.
    assert KNOWN.sheet.urgency["rules"] in told
    assert len(told) == 4
    assert page.evaluate("document.activeElement.id") == "age-n"
    assert page.locator("article.sheet").count() == 0
    page.fill("#age-n", "60")
    page.fill("#temp", "37")
    page.fill("#s1", "6")
    page.locator(".go button").click()
    page.locator("article.sheet").wait_for()


@pytest.mark.parametrize("script", [True, False])
def test_another_language_keeps_the_answers(visit: Visit, script: bool) -> None:
    page = visit("/en/parents/film", phone=True, script=script)
    page.fill("#age-n", "9")
    page.select_option("#age-unit", "mo")
    choose(page, kind="jerks")
    page.fill("textarea[name='t.words']", "it shook")
    page.locator(".tongues button", has_text="Español").click()
    page.locator("html[lang=es-419]").wait_for()
    assert page.url.endswith("/es/parents/film")
    assert (page.input_value("#age-n"), page.input_value("#age-unit"), page.input_value("textarea[name='t.words']")) == (
        "9",
        "mo",
        "it shook",
    )
    assert page.locator("input[name='q.kind'][value=jerks]").is_checked()
    page.locator(".go button").click()
    page.locator("article.sheet").wait_for()
    assert page.url.endswith("/es/parents/sheet")


def test_a_page_that_stays_when_another_language_opens_beside_it_still_makes_the_sheet(visit: Visit) -> None:
    page = visit("/en/parents/film", complains=True)
    page.fill("#age-n", "9")
    # The other language opens beside it, and this page stays.
    with page.context.expect_page():
        page.locator(".tongues button", has_text="Español").click(modifiers=["ControlOrMeta"])
    page.context.set_offline(True)
    page.locator(".go button").click()
    page.locator("article.sheet").wait_for()


def test_everything_that_matters_works_without_a_script(visit: Visit) -> None:
    page = visit("/en/parents", phone=True, script=False)
    page.get_by_role("link", name="Film it and make a sheet").click()
    assert not page.locator("#counter").is_visible()
    page.fill("#c1", "24")
    page.fill("#s1", "12")
    page.fill("#age-n", "5")
    page.select_option("#age-unit", "mo")
    choose(page, kind="jerks", eyes="turned")
    make_sheet(page)
    assert "2.0 a second" in page.locator("#counted").inner_text()
    assert page.locator(".marked li").all_inner_texts() == [KNOWN.signs["eyes"].short]
    page.get_by_role("link", name="Feeding").click()
    page.select_option("#months", "10")
    page.locator("input[name=exclude][value=egg]").check()
    page.get_by_role("button", name="Make the menu").click()
    page.locator(".meal").first.wait_for()
    assert page.locator(".meal").count() >= 4
    page.get_by_role("link", name="Foods").click()
    page.fill("#q", "oats")
    page.get_by_role("button", name="Look").click()
    assert page.locator(".ranked tbody tr").count() >= 1


def test_by_keyboard_alone(visit: Visit) -> None:
    page = visit("/en/parents/film")
    page.locator("#age-n").focus()
    page.keyboard.type("9")
    page.keyboard.press("Tab")
    page.keyboard.press("m")  # months
    assert page.locator("#age-unit").input_value() == "mo"
    page.locator("input[name='q.kind']").first.focus()
    page.keyboard.press("Space")
    # The space key marked the answer and did not tap.
    assert page.locator("#tap-count").inner_text() == "0"
    page.locator("input[name='q.colour'][value='']").focus()
    page.keyboard.press("ArrowUp")
    assert page.locator("input[name='q.colour'][value='blue']").is_checked()
    page.get_by_role("button", name="Make the sheet").focus()
    page.keyboard.press("Enter")
    page.locator("article.sheet").wait_for()
    assert page.locator(".marked li").all_inner_texts() == [KNOWN.signs["colour"].short]


def test_a_menu_comes_with_a_wait_that_is_seen(visit: Visit) -> None:
    page = visit("/en/parents/feeding", phone=True)
    assert not page.locator("#wait").is_visible()

    def slowly(route: Any) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/parents/feeding", slowly)
    page.select_option("#months", "8")
    page.get_by_role("button", name="Make the menu").click()
    page.locator("#wait").wait_for(state="visible")
    assert page.locator("#ask").is_disabled()
    page.locator(".menu").wait_for()
    assert not page.locator("#wait").is_visible()
    assert page.locator("#ask").is_enabled()


def test_a_menu_without_a_network_says_so(visit: Visit) -> None:
    page = visit("/en/parents/feeding", phone=True, complains=True)
    assert not page.locator("#no-network").is_visible()
    page.context.set_offline(True)
    page.get_by_role("button", name="Make the menu").click()
    page.locator("#no-network").wait_for(state="visible")


def kept(page: Page) -> list[str]:
    return page.evaluate("Object.keys(localStorage)")


def test_a_sheet_is_kept_on_the_device_only_when_asked_and_can_be_deleted(visit: Visit) -> None:
    page = visit("/en/parents/film", phone=True)
    page.fill("#w-words", "<img src=x onerror=alert(1)> her arm & leg")
    choose(page, colour="pale")
    make_sheet(page)
    assert kept(page) == []
    page.get_by_label("Keep this on this phone").check()
    assert kept(page) == ["neomag.kept.sheet"]
    page.get_by_role("link", name="See what is kept").click()
    page.locator(".kept .call-now").wait_for()
    assert page.locator(".kept .call-now").is_visible()
    assert "<img src=x onerror=alert(1)> her arm & leg" in page.locator(".kept").inner_text()
    assert page.locator(".kept img").count() == 0
    assert axe(page) == []
    page.goto("/en/parents")
    assert page.get_by_role("link", name="What you kept on this phone").is_visible()
    page.goto("/en/parents/kept")
    page.get_by_role("button", name="Delete from this phone").click()
    assert kept(page) == []
    assert page.locator("#none").is_visible()
    page.goto("/en/parents")
    assert not page.get_by_role("link", name="What you kept on this phone").is_visible()


def test_a_menu_is_kept_and_dropped_again(visit: Visit) -> None:
    page = visit("/en/parents/feeding")
    page.select_option("#months", "8")
    page.get_by_role("button", name="Make the menu").click()
    page.locator(".menu").wait_for()
    page.get_by_label("Keep this on this phone").check()
    assert "Meal 1" in json.loads(page.evaluate("localStorage.getItem('neomag.kept.plan')"))["html"]
    page.get_by_label("Keep this on this phone").uncheck()
    assert kept(page) == []


def test_what_was_kept_and_tampered_with_runs_nothing(visit: Visit) -> None:
    page = visit("/en/parents/kept", complains=True)
    bad = '<article data-keep="sheet"><img src=x onerror="window.hit=1"><script>window.hit=1</script>x</article>'
    page.evaluate("html => localStorage.setItem('neomag.kept.sheet', JSON.stringify({html, lang: 'en', at: 0}))", bad)
    page.evaluate("localStorage.setItem('neomag.kept.plan', '{broken')")
    page.reload()
    page.locator(".kept").wait_for()
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit") is None
    assert page.locator(".kept").count() == 1


def pages_of(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("code", ["en", "zh", "es"])
@pytest.mark.parametrize("full", [True, False])
def test_a_sheet_is_one_page_of_a4(visit: Visit, code: str, full: bool) -> None:
    """The fullest there can be, and the fullest that is still printed in the larger letters: five signs, 200 letters."""
    page = visit(f"/{code}/parents/film")
    dangers = 0
    for question in KNOWN.sheet.questions.values():
        replies = sorted(question.replies.values(), key=lambda reply: (reply.danger is not None, len(reply.says)))
        chosen = replies if question.many else replies[-1:]
        for reply in chosen:
            dangers += reply.danger is not None
            if full or reply.danger is None or dangers <= 4:
                choose(page, **{question.id: reply.id})
    left = 10_000 if full else 200
    for words in KNOWN.sheet.words.values():
        text = ("her left arm shook and then her leg " * 20)[: min(left, MOST_WORDS if words.long else MOST_LINE)]
        page.fill(f"#w-{words.id}", text.strip())
        left -= len(text)
    for field, value in (("age-n", "20"), ("lasted-min", "12"), ("lasted-sec", "30"), ("temp", "38.4" if full else "37.4")):
        page.fill(f"#{field}", value)
    for _ in range(2):
        page.locator("#tap").focus()
        for gap in (30, 200, 40, 300, 50, 200, 30):
            page.keyboard.press("Space")
            page.wait_for_timeout(gap)
        page.locator("#tap-done").click()
    page.locator(".go button").click()
    page.locator("article.sheet").wait_for()
    assert (page.locator(".sheet.dense").count() == 1) is full
    assert page.locator(".marked li").count() >= (10 if full else 4)
    assert pages_of(page) == 1


@pytest.mark.parametrize("path", ["", "/sheet"])
def test_danger_signs_and_the_empty_sheet_are_one_page_each(visit: Visit, path: str) -> None:
    page = visit(f"/en/parents{path}")
    assert pages_of(page) == 1


def test_what_is_printed_begins_with_the_line_and_has_no_form(visit: Visit) -> None:
    page = visit("/en/parents/film")
    choose(page, kind="jerks")
    make_sheet(page)
    page.emulate_media(media="print")
    text = page.locator("body").inner_text().strip()
    assert text.startswith(KNOWN.said["film_line"])
    assert "Change the answers" not in text
    assert "Print" not in text


@pytest.mark.parametrize(("width", "size"), [(320, "100%"), (640, "200%")])
def test_it_is_read_narrow_and_at_twice_the_size(visit: Visit, width: int, size: str) -> None:
    """320 px, and 200 % of a window of 1280 px: nothing scrolls sideways."""
    page = visit("/en/parents")
    page.set_viewport_size({"width": width, "height": 600})
    for path in PATHS:
        page.goto(f"/en/parents{path}")
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1, path


def test_the_words_of_the_counter_are_filled(visit: Visit) -> None:
    words = json.loads(visit("/en/parents/film").locator("#words").inner_text())
    assert words["spread"] == "middle half of the gaps: %(low)s to %(high)s a second"
    assert html.unescape(words["few"]) == KNOWN.film["tap"]["few"]


def test_the_pages_look_as_they_should(visit: Visit) -> None:
    compared(visit("/en/parents", phone=True), "parents-phone")
    compared(visit("/en/parents"), "parents")
    page = visit("/en/parents/film", phone=True, dark=True)
    page.locator("#counter").scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, document.getElementById('count').getBoundingClientRect().top + scrollY - 16)")
    compared(page, "parents-counter-phone-dark")
    page = visit("/en/parents/film")
    page.fill("#age-n", "4")
    page.select_option("#age-unit", "mo")
    page.fill("#c1", "24")
    page.fill("#s1", "12")
    choose(page, kind="jerks", side="one", colour="blue", held="stopped", after="slept")
    make_sheet(page)
    compared(page, "parents-sheet", full=True)
    page = visit("/en/parents/feeding", phone=True)
    page.select_option("#months", "9")
    page.locator("input[name=days][value='7']").check()
    page.get_by_role("button", name="Make the menu").click()
    page.locator(".menu").wait_for()
    page.evaluate("window.scrollTo(0, document.getElementById('plan').getBoundingClientRect().top + scrollY)")
    compared(page, "parents-menu-phone")
    compared(visit("/en/parents/foods"), "parents-foods")
    compared(visit("/en/parents/article", phone=True), "parents-article-phone")


def test_a_menu_beside_changed_answers_is_marked(visit: Visit) -> None:
    page = visit("/en/parents/feeding", phone=True)
    page.locator("label", has_text="peanut").click()
    page.select_option("#months", "0")
    page.locator("#ask").click()
    page.locator("#plan article").wait_for()
    assert not page.locator("#plan-stale").is_visible()
    page.locator("label", has_text="egg").first.click()
    assert page.locator("#plan-stale").is_visible()
    assert axe(page) == []
    page.locator("#ask").click()
    page.locator("#plan-stale").wait_for(state="hidden")
