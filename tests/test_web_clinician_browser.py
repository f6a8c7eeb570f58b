"""The clinician's page in a real browser: as fast as one taps, by keyboard, on a phone, without script, and when the network goes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser import Visit, axe, chromium, compared, site, visit

from neomag.web.languages import LANGUAGES

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

__all__ = ["chromium", "site", "visit"]
CODES = list(LANGUAGES)
# What a first view may weigh, packed: a phone on a slow network must have it in seconds.
MOST = 300_000


def row(page: Page, lab: str) -> str:
    """The start of the ids of the first sample's row of an analyte."""
    name = page.locator(f'input[type=hidden][name^="samples.0"][value="{lab}"]').get_attribute("name") or ""
    return "#f-" + name.removesuffix(".lab").replace(".", "-")


def answered(page: Page, says: str) -> None:
    """Wait until the answer says so and belongs to the form as it stands."""
    page.locator("#answer", has_text=says).wait_for()
    page.locator(".stale-note").wait_for(state="detached")


@pytest.mark.parametrize("phone", [False, True])
def test_the_answer_follows_the_form(visit: Visit, phone: bool) -> None:
    page = visit("/en/clinician", phone=phone)
    address = page.url
    page.fill("#f-age", "5")
    page.locator("label", has_text="Apnoea").first.click()
    answered(page, "EMERGENCY")
    magnesium = row(page, "magnesium")
    page.fill(f"{magnesium}-value", "0.45")
    answered(page, "Choose the unit of the report")
    assert page.get_attribute(f"{magnesium}-unit", "aria-invalid") == "true"
    page.select_option(f"{magnesium}-unit", "mmol/L")
    answered(page, "0.45 mmol/L")
    assert page.get_attribute(f"{magnesium}-unit", "aria-invalid") is None
    # One line says it to those who cannot see it; the answer itself is not read out at each stroke.
    said = page.locator("[role=status]#said")
    assert "EMERGENCY" in said.inner_text()
    assert "0.45 mmol/L" in said.inner_text()
    assert page.locator("#answer[aria-live], #answer [aria-live]").count() == 0
    if phone:
        assert said.is_visible()
    assert page.url == address
    assert axe(page) == []


def test_an_implausible_value_is_told_while_it_is_typed(visit: Visit) -> None:
    page = visit("/en/clinician")
    calcium = row(page, "calcium")
    page.select_option(f"{calcium}-unit", "mmol/L")
    note = page.locator(f"{calcium}-value-caution")
    for typed, doubtful in (("2.2", False), ("9", True), ("90", True), ("2.4", False), ("abc", False)):
        page.fill(f"{calcium}-value", typed)
        assert note.is_visible() is doubtful
    page.fill(f"{calcium}-value", "9")
    page.select_option(f"{calcium}-unit", "mg/dL")
    assert not note.is_visible()


def test_seen_and_not_there_exclude_each_other(visit: Visit) -> None:
    page = visit("/en/clinician")
    page.fill("#f-age", "40")
    seen, absent = page.locator('input[name=sign][value="pallor"]'), page.locator('input[name=sign][value="-pallor"]')
    seen.check(force=True)
    absent.check(force=True)
    assert not seen.is_checked()
    answered(page, "Pallor: not there")


def test_a_dose_is_added_and_the_focus_goes_to_it(visit: Visit) -> None:
    page = visit("/en/clinician")
    page.fill("#f-age", "5")
    page.select_option("[id='f-new.given'], #f-new-given", "calcium-gluconate-10")
    page.locator("#given button", has_text="Add").click()
    page.locator("#f-given-0-at").wait_for()
    page.locator("#f-given-0-at:focus").wait_for()
    page.keyboard.type("2")
    page.fill("#f-given-0-dose", "2")
    page.select_option("#f-given-0-unit", "mL/kg")
    answered(page, "2 mL/kg")
    assert axe(page) == []
    # A button that was pressed sends later answers nowhere else, and adds nothing twice.
    with page.expect_download():
        page.locator("button[formaction$='case.json']").click()
    page.fill("#f-given-0-dose", "3")
    answered(page, "3 mL/kg")
    assert page.locator("#answer h1, #f-given-1-at").count() == 0
    page.locator("#given button", has_text="Take away").click()
    page.locator("#f-given-0-at").wait_for(state="detached")
    page.locator("#answer", has_text="3 mL/kg").wait_for(state="detached")


def test_what_is_typed_while_a_row_comes_stays(visit: Visit) -> None:
    page = visit("/en/clinician")
    page.fill("#f-age", "5")
    page.select_option("#f-new-given", "calcium-gluconate-10")
    page.locator("#given button", has_text="Add").click()
    page.locator("#f-given-0-unit").select_option("mL/kg")
    answered(page, "alcium gluconate")
    held: list[Route] = []
    page.route(
        "**/clinician",
        lambda route: held.append(route) if "add=given" in (route.request.post_data or "") else route.continue_(),
    )
    page.select_option("#f-new-given", "calcium-gluconate-10")
    page.locator("#given button", has_text="Add").click()
    page.fill("#f-given-0-dose", "2.5")
    answered(page, "2.5 mL/kg")
    page.evaluate(
        "window.seen = []; new MutationObserver(() => seen.push(document.querySelectorAll('.stale-note').length)).observe(document.querySelector('.answer-side'), {childList: true})"
    )
    held[0].continue_()
    page.locator("#f-given-1-at").wait_for()
    assert page.input_value("#f-given-0-dose") == "2.5"
    assert page.input_value("#f-given-0-unit") == "mL/kg"
    # The answer of before the row came does not look like that of the form with it.
    page.wait_for_function("seen.includes(1)")
    answered(page, "2.5 mL/kg")


def test_who_is_no_longer_signed_in_keeps_the_form(visit: Visit) -> None:
    page = visit("/en/clinician?example=P-013", complains=True)
    page.route("**/clinician", lambda route: route.fulfill(status=401, body=""))
    page.fill("#f-age", "90")
    page.locator(".stale-note", has_text="You are not signed in").wait_for()
    link = page.locator("#answer a", has_text="Sign in")
    assert (link.get_attribute("href"), link.get_attribute("target")) == ("/en/sign-in", "_blank")
    assert page.locator("#urgency").count() == 0
    assert "Do not wait for it" in page.locator("#answer").inner_text()
    page.unroute("**/clinician")
    page.fill("#f-age", "91")
    answered(page, "EMERGENCY")


def test_by_keyboard_alone(visit: Visit) -> None:
    """From the top of the page to an answer and its reasons, without a pointer."""
    page = visit("/en/clinician")

    def focused() -> str:
        return page.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.tagName")

    def tab_to(where: str, most: int = 200) -> None:
        for _ in range(most):
            if page.evaluate("where => document.activeElement.matches(where)", where):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{where} is not reached by Tab; {focused()} is")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to("#f-age")
    page.keyboard.type("20")
    tab_to("input[name=sign][value=seizure]")
    page.keyboard.press("Space")
    tab_to("input[name=sign][value='-unresponsive']")
    page.keyboard.press("Space")
    tab_to("input[name='sign.between']")
    page.keyboard.press("ArrowDown")
    tab_to(f"{row(page, 'magnesium')}-value")
    page.keyboard.type("0.31")
    page.keyboard.press("Tab")
    page.keyboard.type("mmol")
    answered(page, "0.31 mmol/L")
    tab_to("#answer")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    tab_to("#answer details.why > summary")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    tab_to("button[formaction$='case.json']")
    with page.expect_download() as found:
        page.keyboard.press("Enter")
    case = json.loads(Path(found.value.path()).read_text("utf-8"))
    assert {"sign": "seizure"} in case["events"]
    assert {"sign": "unresponsive", "absent": True} in case["events"]


def test_without_script_the_same_answer(visit: Visit) -> None:
    page = visit("/en/clinician", script=False, phone=True)
    page.fill("#f-age", "5")
    page.locator("label", has_text="Apnoea").first.click()
    page.select_option("select[name='new.given']", "calcium-gluconate-10")
    page.locator("#given button", has_text="Add").click()
    page.fill("#f-given-0-at", "1")
    assert page.locator('input[name=sign][value="apnoea"]').is_checked()
    page.locator("button", has_text="Show the answer").click()
    assert "EMERGENCY" in page.locator("#answer").inner_text()
    assert page.locator('input[name=sign][value="apnoea"]').is_checked()


@pytest.mark.parametrize("script", [True, False])
def test_another_language_keeps_the_form(visit: Visit, script: bool) -> None:
    page = visit("/en/clinician", script=script, phone=not script)
    page.fill("#f-age", "5")
    page.fill("#f-weight", "3.5")
    page.locator("label", has_text="Apnoea").first.click()
    page.locator(".tongues button", has_text="Español").click()
    page.locator("#urgency", has_text="EMERGENCIA").wait_for()
    assert page.url.endswith("/es/clinician")
    assert (page.input_value("#f-age"), page.input_value("#f-weight")) == ("5", "3.5")
    assert page.locator('input[name=sign][value="apnoea"]').is_checked()
    assert page.locator(".tongues [aria-current]").inner_text() == "Español"
    if script:
        assert axe(page) == []


@pytest.mark.parametrize("script", [True, False])
def test_enter_asks_for_the_answer(visit: Visit, script: bool) -> None:
    """The first button of a form is the one that the key presses, and the first one here changes the language."""
    page = visit("/zh/clinician", script=script)
    page.fill("#f-age", "5")
    page.press("#f-age", "Enter")
    page.wait_for_url("**/zh/clinician#answer")
    assert page.locator("#urgency").count() == 1


def test_without_script_a_fault_leads_to_its_field(visit: Visit) -> None:
    page = visit("/en/clinician", script=False, complains=True)
    page.locator("button", has_text="Show the answer").click()
    page.locator("#faults a").first.click()
    assert page.url.endswith("#f-age")


def test_an_answer_that_is_out_of_date_does_not_look_like_one(visit: Visit) -> None:
    page = visit("/en/clinician?example=P-013", complains=True)
    assert "EMERGENCY" in page.locator("#answer").inner_text()
    page.route("**/clinician", lambda route: route.abort())
    # Nor can the rules be had on this device.
    page.route("**/away.js", lambda route: route.abort())
    page.fill("#f-age", "90")
    page.locator(".stale-note", has_text="could not be worked out").wait_for()
    # What stood there is gone; that an emergency does not wait for it is said.
    assert page.locator("#urgency").count() == 0
    assert page.locator("#answer").inner_text().startswith("Do not wait for it")
    assert "could not be worked out" in page.locator("#said").inner_text()
    page.unroute("**/clinician")
    page.fill("#f-age", "91")
    answered(page, "EMERGENCY")
    # A server that answers with an error is no answer either.
    page.route("**/clinician", lambda route: route.fulfill(status=503, body="busy"))
    page.fill("#f-age", "92")
    page.locator(".stale-note", has_text="could not be worked out").wait_for()
    assert page.locator("#answer").inner_text().startswith("Do not wait for it")


def test_a_file_is_chosen_or_dropped(visit: Visit, tmp_path: Path) -> None:
    case = {"case": "made up", "now": "3 d", "events": [{"at": "3 d", "sign": "seizure"}]}
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case))
    page = visit("/en/clinician")
    page.locator("#load > summary").click()
    page.set_input_files("#file", file)
    page.locator("button", has_text="Load the file").click()
    page.locator("#urgency", has_text="EMERGENCY").wait_for()
    assert page.input_value("#f-age") == "3 d"
    assert axe(page) == []
    page = visit("/en/clinician")
    drop = """text => {
      const data = new DataTransfer();
      data.items.add(new File([text], "case.json", {type: "application/json"}));
      for (const kind of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(drop, json.dumps(case))
    page.locator("#urgency", has_text="EMERGENCY").wait_for()
    # Too large is told at once, before anything is sent.
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.evaluate(drop, " " * 6_000_000)
    page.locator("#file-fault", has_text="too large").wait_for()
    assert sent == []


def test_a_file_that_cannot_be_read_says_why(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text('{"now": "3 d", "events": [{"lab": "magnesium", "value": 0.4}]}')
    page = visit("/en/clinician", complains=True)
    page.locator("#load > summary").click()
    page.set_input_files("#file", file)
    page.locator("button", has_text="Load the file").click()
    page.locator("[role=alert]", has_text="a value needs its unit").wait_for()
    assert axe(page) == []


def test_the_chart_is_loaded_when_it_is_opened(visit: Visit) -> None:
    page = visit("/en/clinician?example=P-013")
    loaded: list[str] = []
    page.on("request", lambda asked: loaded.append(asked.url))
    assert page.locator("#explore table tbody tr").count() > 20
    page.locator("#explore > summary").click()
    page.locator("#explore canvas").wait_for()
    assert any("vega" in url for url in loaded)
    assert axe(page) == []


def test_reasons_are_a_tap_away(visit: Visit) -> None:
    page = visit("/en/clinician?example=P-013")
    why = page.locator(".lines.do details.why").first
    assert not why.locator("ul").is_visible()
    why.locator("summary").click()
    assert why.locator("ul").is_visible()
    rule = why.locator("a.rule").first
    target = rule.get_attribute("href")
    assert target
    rule.click()
    assert page.locator(f"{target} dl").is_visible()


STATES = [
    "/{}/clinician",
    "/{}/clinician?example=P-013",
    "/{}/clinician?example=P-042",
    "/{}/clinician?example=P-014",
    "/{}/sign-in",
]
# What is folded is thousands of elements, of the same kinds in each state: in the translations it is opened in these.
UNFOLDED = STATES[:2]


@pytest.mark.slow
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_axe_finds_nothing(visit: Visit, code: str, phone: bool, dark: bool) -> None:
    for path in STATES:
        page = visit(path.format(code), phone=phone, dark=dark)
        assert axe(page) == [], path
        if code != "en" and path not in UNFOLDED:
            continue
        # Everything that is folded open.
        page.evaluate("for (const part of document.querySelectorAll('details')) if (part.id !== 'explore') part.open = true")
        assert axe(page) == [], f"{path}, unfolded"


def test_axe_finds_nothing_in_faults_errors_and_refusals(visit: Visit) -> None:
    page = visit("/en/no-such-page", complains=True)
    assert axe(page) == []
    page = visit("/en/clinician", complains=True)
    page.fill("#f-age", "5")
    page.fill("#f-gestation", "99")
    page.locator("#answer", has_text="No answer yet").wait_for()
    assert axe(page) == []
    page.locator("button", has_text="Show the answer").click()
    page.locator("#faults").wait_for()
    page.locator("#faults:focus").wait_for()
    assert axe(page) == []
    page = visit("/en/clinician?example=P-013")
    page.fill("#f-weight", "3")
    page.locator("#dose-asked summary").click()
    page.fill("#f-dose-amount", "5mmol/kg")
    answered(page, "REFUSED")
    assert axe(page) == []


def test_at_twice_the_size_nothing_is_cut_off(visit: Visit) -> None:
    page = visit("/en/clinician?example=P-013")
    page.set_viewport_size({"width": 640, "height": 400})
    assert axe(page) == []
    page.set_viewport_size({"width": 320, "height": 600})
    assert axe(page) == []


def test_the_first_view_is_light(visit: Visit) -> None:
    page = visit("about:blank")
    sizes: dict[str, int] = {}

    def weigh(answer) -> None:
        body = answer.body()
        packed = answer.headers.get("content-encoding") == "gzip"
        sizes[answer.url] = len(gzip.compress(body, 4)) if packed else len(body)

    page.on("response", weigh)
    page.goto("/en/clinician")
    page.wait_for_load_state("networkidle")
    assert not any("vega" in url for url in sizes)
    print(f"first view, packed: {sum(sizes.values())} bytes in {len(sizes)} files")
    assert sum(sizes.values()) < MOST


def test_it_looks_as_it_should(visit: Visit) -> None:
    compared(visit("/en/clinician?example=P-013"), "clinician")
    page = visit("/en/clinician?example=P-013", phone=True)
    page.locator("#answer").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('answer').scrollIntoView()")
    compared(page, "clinician-phone")
    page = visit("/es/clinician?example=P-042", dark=True)
    compared(page, "clinician-es-dark")
