"""The clinician's page over HTTP, as a browser without script uses it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from litestar.testing import TestClient
from tests.fhir_cases import SNOMED, patient, quantity
from tests.service import Client, command
from tests.web_form import Page, changed

from neomag import web
from neomag.service.settings import Settings
from neomag.service.store import Store
from neomag.service.whole import make_service
from neomag.web.clinician import sheet
from neomag.web.languages import LANGUAGES

EXAMPLES = sorted((Path(__file__).parent.parent / "src/neomag/examples").glob("*.json"))
FORM = {"content-type": "application/x-www-form-urlencoded"}
PROBE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}") as found:
        yield found


@pytest.fixture(scope="module")
def pages(store: Store) -> Iterator[Client]:
    app = make_service(Settings(rate=1e6, burst=1_000_000), store, routers=[web.router()], show=web.launched)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def post(pages: Client, path: str, fields: list[tuple[str, str]], **headers: str) -> Any:
    return pages.post(path, content=urlencode(fields), headers={**FORM, **{k.replace("_", "-"): v for k, v in headers.items()}})


def empty(pages: Client, code: str = "en") -> list[tuple[str, str]]:
    return Page(pages.get(f"/{code}/clinician").text).fields


def lab(fields: list[tuple[str, str]], code: str) -> str:
    """The name of the row of an analyte."""
    return next(
        name for name, value in fields if value == code and name.endswith(".lab") and name.startswith("samples")
    ).removesuffix(".lab")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_published_example_is_answered_as_over_rest_and_on_the_command_line(pages: Client, path: Path) -> None:
    shown = pages.get("/en/clinician", params={"example": path.stem})
    assert shown.status_code == 200
    page = Page(shown.text)
    written = path.read_text("utf-8")
    expected = pages.post("/v1/assess", content=written, headers={"content-type": "application/json"}).json()
    assert expected == command("assess", "-", text=written)
    case = post(pages, "/en/clinician/case.json", page.fields)
    assert case.headers["content-disposition"] == 'attachment; filename="neomag-case.json"'
    answer = post(pages, "/en/clinician/answer.json", page.fields).json()
    # What is downloaded is what other outlets answer; of the original only the places of its events differ.
    assert pages.post("/v1/assess", content=case.content, headers={"content-type": "application/json"}).json() == answer
    for said in (answer, expected):
        said["problems"] = sorted((problem["code"], problem["says"]) for problem in said["problems"])
    assert answer == expected
    text = " ".join(page.text.split())
    for lines in ("actions", "blocked", "consider", "causes"):
        for line in expected[lines]:
            start = line["says"].partition(" Regimen ")[0]
            assert " ".join(start.split()) in text
    source = json.loads(written)["source"]
    assert source["title"] in page.text


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_the_form_is_filled_and_answered_without_script(pages: Client, code: str) -> None:
    fields = empty(pages, code)
    row = lab(fields, "magnesium")
    fields = changed(
        fields, age="5", age_unit="d", sign=["seizure", "-fever"], sign__between="well-between", signs_at="2", weight="3"
    )
    number = "0,45" if code == "es" else "0.45"
    fields = [(n, {f"{row}.value": number, f"{row}.unit": "mmol/L"}.get(n, v)) for n, v in fields]
    answer = post(pages, f"/{code}/clinician", fields)
    assert answer.status_code == 200
    page = Page(answer.text)
    # The form stands as it was filled.
    assert sorted(page.fields) == sorted(fields)
    assert {"urgency", "level", "do", "not", "consider", "dose", "course", "reasons", "take"} <= page.ids()
    assert {link[1:] for link in page.links() if link.startswith("#")} <= page.ids() | {"main"}
    case = post(pages, f"/{code}/clinician/case.json", fields).json()
    assert case["now"] == "5 d"
    assert {"at": "4 d 22 h", "sign": "fever", "absent": True} in case["events"]
    assert {"lab": "magnesium", "value": 0.45, "unit": "mmol/L"} in case["events"]


def test_rows_are_added_and_taken_away_and_nothing_is_lost(pages: Client) -> None:
    fields = changed(empty(pages), age="3", sign="apnoea", new__given="calcium-gluconate-10")
    page = Page(post(pages, "/en/clinician", [*fields, ("add", "given")]).text)
    assert ("given.0.given", "calcium-gluconate-10") in page.fields
    assert ("sign", "apnoea") in page.fields
    assert [given["name"] for tag, given in page.elements if tag == "input" and "autofocus" in given] == ["given.0.at"]
    fields = changed(page.fields, given__0__at="1", given__0__dose="2", given__0__unit="mL/kg", new__given="calcium")
    page = Page(post(pages, "/en/clinician", [*fields, ("add", "given")]).text)
    assert ("given.1.given", "calcium") in page.fields
    page = Page(post(pages, "/en/clinician", [*page.fields, ("remove", "given.1")]).text)
    assert "given.1.given" not in page.names()
    assert ("given.0.dose", "2") in page.fields
    for what, field in (
        ("samples", "samples.1.at"),
        ("signs", "signs.0.at"),
        ("conditions", "conditions.0.at"),
        ("samples.0.results", "samples.0.results.10.value"),
    ):
        code = {"signs": "seizure", "conditions": "diarrhoea"}.get(what, "lactate")
        added = post(pages, "/en/clinician", [*changed(page.fields, **{f"new.{what}": code}), ("add", what)])
        assert field in Page(added.text).names()
    case = post(pages, "/en/clinician/case.json", page.fields).json()
    assert case["events"][-1] == {"at": "2 d 23 h", "given": "calcium-gluconate-10", "dose": 2, "unit": "mL/kg"}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("age", "", "Give the age"), ("age", "soon", "Write a number, or a time"), ("age", "-3", "Write a number, or a time"),
        ("gestation", "52", "Write completed weeks"), ("gestation", "x", "Write completed weeks"), ("weight", "heavy", "Write a plain number"),
        ("signs-at", "9 d", "before birth"), ("samples.0.results.0.value", "<0.4", "Write a plain number"),
        ("samples.0.results.0.value", "0,4", "Write a plain number"), ("samples.0.at", "yesterday", "Write a number, or a time"),
        ("sex", "other", "not known here"), ("sign", "sneezing", "not known here"), ("intervals.0.low", "0.7", "Choose the unit"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_field_and_in_the_summary(pages: Client, field: str, value: str, says: str) -> None:
    fields = changed(empty(pages), age="3", sign="seizure")
    fields = [*((n, v) for n, v in fields if n != field), (field, value)]
    answer = post(pages, "/en/clinician", fields)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert says in page.text
    assert "urgency" not in page.ids()
    links = [given["href"][1:] for tag, given in page.elements if tag == "a" and "data-field" in given]
    assert links
    if field != "sign":
        assert f"f-{field.replace('.low', '.unit').replace('.', '-')}" in links
        assert set(links) <= page.ids()
        faulty = next(given for _, given in page.elements if given.get("id") == links[0])
        assert faulty.get("aria-invalid") == "true"
    # Everything stands as it was, and nothing is downloaded of a form that cannot be answered.
    assert {pair for pair in fields if pair[0] in page.names() and pair[0] not in (field, "sex")} <= set(page.fields)
    assert post(pages, "/en/clinician/case.json", fields).status_code == 422


def test_a_value_without_unit_is_refused_and_an_implausible_one_is_doubted(pages: Client) -> None:
    fields = changed(empty(pages), age="3")
    row = lab(fields, "magnesium")
    without = [(n, "0.4" if n == f"{row}.value" else v) for n, v in fields]
    assert "Choose the unit of the report" in post(pages, "/en/clinician", without).text
    slip = [(n, {f"{row}.value": "40", f"{row}.unit": "mmol/L"}.get(n, v)) for n, v in fields]
    answer = post(pages, "/en/clinician", slip)
    assert answer.status_code == 200
    assert "No infant has such a value in this unit" in answer.text
    assert "problems" in Page(answer.text).ids()
    page = Page(answer.text)
    units = [given for tag, given in page.elements if tag == "option" and "data-low" in given]
    assert units
    assert all(float(given["data-low"]) < float(given["data-high"]) for given in units)


def test_the_units_offered_are_those_that_the_analyte_may_have(pages: Client) -> None:
    text = pages.get("/en/clinician").text
    for place, expected in ((0, ["mmol/L", "mg/dL", "mEq/L"]), (4, ["mmol/L", "mEq/L"])):
        select = re.search(rf'<select id="f-samples-0-results-{place}-unit".*?</select>', text, re.DOTALL)
        assert select
        assert re.findall(r'<option value="([^"]+)"', select[0]) == expected


def test_a_number_of_two_meanings_is_not_guessed(pages: Client) -> None:
    """In Spanish 1.250 is a thousand and more, or one and a quarter."""
    fields = changed(empty(pages, "es"), age="3")
    row = lab(fields, "alp")
    for typed, status in (("1.250", 422), ("1,250", 422), ("1250", 200), ("１２５", 200)):
        said = [(n, {f"{row}.value": typed, f"{row}.unit": "U/L"}.get(n, v)) for n, v in fields]
        assert post(pages, "/es/clinician", said).status_code == status, typed


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_what_is_typed_is_text_and_nothing_else(pages: Client, code: str) -> None:
    """A probe in every field, each alone so that none hides behind another's fault, and in files that are loaded."""
    first = changed(empty(pages, code), age="3", new__given="calcium", new__signs="seizure", new__conditions="diarrhoea")
    page = Page(post(pages, f"/{code}/clinician", [*first, ("add", "given")]).text)
    page = Page(post(pages, f"/{code}/clinician", [*changed(page.fields, new__signs="seizure"), ("add", "signs")]).text)
    page = Page(
        post(pages, f"/{code}/clinician", [*changed(page.fields, new__conditions="preterm"), ("add", "conditions")]).text
    )
    names = page.names() | {"add", "remove", "dose.product", "example"}
    assert len(names) > 80
    # All at once; and each that is shown in an answer alone, so that no fault of another keeps the answer away.
    texts = [
        "name",
        "dose.amount",
        "dose.over",
        "dose.product",
        "given.0.unit",
        "gestation",
        "signs.0.at",
        "add",
        "remove",
        "sign",
    ]
    alone = [[*((n, v) for n, v in page.fields if n != name), (name, PROBE)] for name in (texts if code == "en" else texts[:1])]
    posts = [*alone, [(name, PROBE) for name in names - {"add", "remove"}]]
    answers = [post(pages, f"/{code}/clinician", fields).text for fields in posts]
    answers.append(pages.get(f"/{code}/clinician", params={"example": PROBE}).text)
    case = {
        "case": PROBE,
        "now": "3 d",
        "source": {"title": PROBE, "url": "javascript:alert(1)"},
        "events": [{"sign": "seizure"}],
    }
    documents: list[Any] = [case, {**case, "now": PROBE}, {"resourceType": PROBE}, PROBE]
    answers += [loaded(pages, json.dumps(document).encode(), f"{PROBE}.json", code).text for document in documents]
    for text in answers:
        found = Page(text)
        for tag, given in found.elements:
            assert not any(name.startswith("on") or name == "style" for name in given)
            assert tag != "script" or "src" in given or given.get("type") == "application/json"
            assert not (tag == "img" and given.get("src") == "x")
            assert not given.get("href", "").startswith("javascript:")
        assert "49" not in re.findall(r"\{\{7\*7\}\}|(?<=onerror=alert\(1\)>)49", text)


def loaded(pages: Client, data: bytes, name: str = "x.json", code: str = "en") -> Any:
    return pages.post(f"/{code}/clinician/load", files={"file": (name, data, "application/json")})


def bundle() -> dict[str, Any]:
    """A made-up newborn in FHIR: a seizure, too little magnesium, and a result that nobody knows yet."""
    about = {"reference": "Patient/infant"}
    at = "2026-01-21T06:00:00Z"
    level = {
        "resourceType": "Observation", "id": "mg", "status": "final", "subject": about, "effectiveDateTime": at,
        "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}]}, "valueQuantity": quantity(0.41, "mmol/L"),
    }  # fmt: skip
    seizure = {
        "resourceType": "Condition", "id": "c", "subject": about, "onsetDateTime": at,
        "code": {"coding": [{"system": SNOMED, "code": "91175000"}]},
    }  # fmt: skip
    infant = patient("female") | {"birthDate": "2026-01-01"}
    del infant["_birthDate"]
    parts = [{"name": "resource", "resource": one} for one in (infant, level, seizure)]
    return {"resourceType": "Parameters", "parameter": [{"name": "now", "valueDateTime": "2026-01-21T08:00:00Z"}, *parts]}


def test_a_case_or_a_fhir_record_is_loaded(pages: Client) -> None:
    raw = json.loads((EXAMPLES[0]).read_text("utf-8"))
    yaml = b"case: made up\nnow: 3 d\nevents:\n  - {at: 3 d, sign: seizure}\n"
    for data, name, event in (
        (json.dumps(raw).encode(), "a.json", None),
        (yaml, "a.yaml", {"at": "3 d", "sign": "seizure"}),
        (json.dumps(bundle()).encode(), "b.json", {"at": "20 d 6 h", "lab": "magnesium", "value": 0.41, "unit": "mmol/L"}),
    ):
        answer = loaded(pages, data, name)
        assert answer.status_code == 200, answer.text
        page = Page(answer.text)
        assert "urgency" in page.ids()
        case = post(pages, "/en/clinician/case.json", page.fields).json()
        assert event is None or event in case["events"]
        assert "does not hold all of this record" not in answer.text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "Choose a file first"), (b"\xff\xfe", "not UTF-8"), (b"{", "not JSON"), (b'{"now": "3 d", "evnts": []}', "is it `events`"),
        (b'{"now": "1 d"}\n{"now": "2 d"}', "holds 2 cases"), (b'{"resourceType": "Bundle", "type": "collection", "entry": []}', "Patient resource"),
        (b"[" * 100, "not JSON"), (b'{"now": "3 d", "events": [{"lab": "magnesium", "value": 1}]}', "a value needs its unit"), (b"<Bundle/>", ""),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why_at_once(pages: Client, data: bytes, says: str) -> None:
    answer = loaded(pages, data, "x.jsonl" if b"\n" in data else "x.json")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "The file cannot be read" in page.text
    assert says in page.text
    assert "Traceback" not in answer.text


def test_fhir_and_paper_are_taken_along(pages: Client) -> None:
    fields = changed(empty(pages), age="3", sign="seizure")
    found = post(pages, "/en/clinician/bundle.json", fields)
    assert found.headers["content-type"] == "application/fhir+json"
    kinds = [entry["resource"]["resourceType"] for entry in found.json()["entry"]]
    assert kinds[0] == "GuidanceResponse"
    pytest.importorskip("typst")
    paper = post(pages, "/en/clinician/sheet.pdf", changed(fields, name=PROBE + '\\")#panic()'))
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")


def test_the_fullest_examples_stand_on_one_page_of_paper(pages: Client) -> None:
    typst = pytest.importorskip("typst")
    count = re.compile(rb"/Count (\d+)")
    assert count.findall(typst.compile(b"a #pagebreak() b")) == [b"2"]
    for name in ("P-042", "N-024"):
        fields = Page(pages.get("/en/clinician", params={"example": name}).text).fields
        assert count.findall(post(pages, "/en/clinician/sheet.pdf", fields).content) == [b"1"]


def test_without_chinese_letters_no_page_of_boxes_is_made(pages: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "_families", lambda: frozenset({"DejaVu Sans"}))
    fields = changed(empty(pages, "zh"), age="3", sign="seizure")
    answer = post(pages, "/zh/clinician", fields)
    assert "sheet.pdf" not in answer.text
    assert sheet.cannot_set(LANGUAGES["zh"]) in Page(answer.text).text
    assert sheet.cannot_set(LANGUAGES["en"]) == ""
    monkeypatch.setattr(sheet, "_families", lambda: None)
    assert "sheet.pdf" not in post(pages, "/en/clinician", changed(empty(pages), age="3")).text


def to_language(text: str, code: str) -> str:
    """Where the button of a language posts the form."""
    button = next(e for tag, e in Page(text).elements if tag == "button" and e.get("lang", "").startswith(code))
    assert button["form"] == "clinician-form"
    return button["formaction"]


def test_another_language_keeps_what_was_typed(pages: Client, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    kept = len(store.entries(most=1000))
    page = pages.get("/en/clinician").text
    magnesium = lab(Page(page).fields, "magnesium")
    typed = changed(
        empty(pages), age="90", sign=["seizure", "-fever"], weight="4.25", name="1.5", given__0__given="calcium-gluconate-10"
    )
    typed = changed(typed, given__0__at="1.5 d", given__0__dose="2.5", given__0__unit="mL/kg")
    typed = changed(
        typed, **{f"{magnesium.replace('.', '__')}__value": "0.45", f"{magnesium.replace('.', '__')}__unit": "mmol/L"}
    )
    with caplog.at_level(logging.DEBUG):
        spanish = post(pages, to_language(page, "es"), typed)
    assert spanish.status_code == 200
    assert "EMERGENCIA" in Page(spanish.text).text
    assert "0.45 mmol/L" in Page(spanish.text).text
    held = dict(Page(spanish.text).fields)
    assert (held["weight"], held[f"{magnesium}.value"], held["given.0.dose"]) == ("4.25", "0.45", "2.5")
    assert (held["given.0.at"], held["name"], held["language"]) == ("1.5 d", "1.5", "es")
    # What is one number here and could be two there is written so that it stays the one.
    quarter = post(pages, to_language(page, "es"), changed(typed, given__0__at="1.125 d", weight="4.125"))
    assert quarter.status_code == 200
    assert {"1.1250 d", "4.1250"} <= {value for _, value in Page(quarter.text).fields}
    assert ("sign", "-fever") in Page(spanish.text).fields
    # And back, by way of a third: the same form, and the same case.
    chinese = post(pages, to_language(spanish.text, "zh"), Page(spanish.text).fields)
    english = post(pages, to_language(chinese.text, "en"), Page(chinese.text).fields)
    assert sorted(Page(english.text).fields) == sorted(Page(post(pages, "/en/clinician", typed).text).fields)
    # Neither an address nor a log nor the store has any of it.
    assert str(spanish.url).endswith("/es/clinician")
    assert "seizure" not in caplog.text
    assert len(store.entries(most=1000)) == kept


@pytest.mark.parametrize("value", ["1.250", "1,250", "0,45,3", "x", "1..2"])
def test_a_number_that_was_refused_is_refused_in_every_language(pages: Client, value: str) -> None:
    form = changed(empty(pages, "es"), age="9", weight=value)
    assert post(pages, "/es/clinician", form).status_code == 422
    answer = post(pages, "/en/clinician", form)
    assert answer.status_code == 422
    assert "Write a plain number" in Page(answer.text).text


@pytest.mark.parametrize("value", ["1.250 h", "1,250 h"])
def test_a_time_that_was_refused_is_refused_in_every_language(pages: Client, value: str) -> None:
    form = [
        (name, value if name == "signs-at" else typed) for name, typed in changed(empty(pages, "es"), age="90", sign="seizure")
    ]
    assert post(pages, "/es/clinician", form).status_code == 422
    assert post(pages, "/en/clinician", form).status_code == 422


def test_an_empty_form_in_another_language_is_blamed_for_nothing(pages: Client) -> None:
    answer = post(pages, "/zh/clinician", changed(empty(pages), sign="seizure"))
    assert answer.status_code == 200
    assert ("sign", "seizure") in Page(answer.text).fields
    assert "faults" not in Page(answer.text).ids()


def test_nothing_is_kept_unless_asked(pages: Client, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    before = [entry for entry in store.entries() if entry.action == "assessment.save"]
    fields = changed(empty(pages), age="3", sign="seizure", name="Zaphod-kept")
    with caplog.at_level(logging.DEBUG):
        for path in ("", "/case.json", "/answer.json", "/bundle.json"):
            post(pages, f"/en/clinician{path}", fields)
        assert [entry for entry in store.entries() if entry.action == "assessment.save"] == before
        answer = post(pages, "/en/clinician/keep", fields)
    (entry,) = [entry for entry in store.entries() if entry.action == "assessment.save"][len(before) :]
    assert entry.subject in Page(answer.text).text
    kept = store.assessment(entry.subject)
    assert kept
    assert json.loads(kept.case)["case"] == "Zaphod-kept"
    assert pages.get(f"/v1/assessments/{entry.subject}").json()["answer"]["urgency"] == "emergency"
    assert store.verify() == []
    # No log holds what was typed, and no address either.
    assert "Zaphod" not in caplog.text
    assert "seizure" not in caplog.text


def test_what_is_kept_twice_is_kept_once(pages: Client, store: Store) -> None:
    def saved() -> int:
        return len([entry for entry in store.entries(most=1000) if entry.action == "assessment.save"])

    begun = saved()
    fields = changed(empty(pages), age="4", sign="seizure", weight="3.25")
    first = post(pages, "/en/clinician/keep", fields)
    (link,) = [href for href in Page(first.text).links() if "/kept/" in href]
    again = post(pages, "/en/clinician/keep", fields)
    assert "kept already" in Page(again.text).text
    assert link in Page(again.text).links()
    # In another language it is the same case with the same answer.
    spanish = post(pages, "/es/clinician/keep", Page(post(pages, "/es/clinician", fields).text).fields)
    assert [href for href in Page(spanish.text).links() if "/kept/" in href] == [link.replace("/en/", "/es/")]
    assert saved() == begun + 1
    # Another case is another assessment.
    post(pages, "/en/clinician/keep", changed(fields, weight="3.26"))
    assert saved() == begun + 2
    shown = pages.get(link)
    assert shown.status_code == 200
    assert "it was answered otherwise" not in Page(shown.text).text
    assert link.rpartition("/")[2] in Page(shown.text).text
    assert ("sign", "seizure") in Page(shown.text).fields
    assert "EMERGENCY" in Page(shown.text).text


def test_what_retention_took_away_is_kept_anew(pages: Client, store: Store) -> None:
    fields = changed(empty(pages), age="6", sign="seizure")
    (old,) = [href for href in Page(post(pages, "/en/clinician/keep", fields).text).links() if "/kept/" in href]
    store.prune(timedelta(0), replies=timedelta(days=1))
    assert pages.get(old).status_code == 404
    (new,) = [href for href in Page(post(pages, "/en/clinician/keep", fields).text).links() if "/kept/" in href]
    assert new != old
    assert pages.get(new).status_code == 200
    # And once.
    (again,) = [href for href in Page(post(pages, "/en/clinician/keep", fields).text).links() if "/kept/" in href]
    assert again == new


def test_what_was_kept_shows_when_its_answer_is_no_longer_that_of_today(pages: Client, store: Store) -> None:
    case = {"case": "made up", "now": "3 d", "events": [{"at": "3 d", "sign": "seizure"}]}
    answer = pages.post("/v1/assess", json=case).json()
    for urgency, otherwise in (("emergency", False), ("soon", True)):
        found = store.save_assessment(
            client="anonymous", case=case, answer=answer | {"urgency": urgency}, knowledge="0.0.1", knowledge_digest="0" * 64
        )
        text = Page(pages.get(f"/en/clinician/kept/{found.id}").text).text
        assert ("By knowledge 0.0.1 it was answered otherwise" in text) is otherwise
    of_another = store.save_assessment(client="other", case=case, answer=answer, knowledge="0.0.1", knowledge_digest="0" * 64)
    assert pages.get(f"/en/clinician/kept/{of_another.id}").status_code == 404
    assert pages.get("/en/clinician/kept/none").status_code == 404
    # The moment that a FHIR record was asked about is not in it, so the form cannot show what was answered.
    infant = {"resourceType": "Patient", "id": "a", "birthDate": "2026-01-01"}
    asked = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": infant}]}
    of_fhir = pages.post("/fhir/$assess", json=asked).headers["neomag-assessment"]
    assert pages.get(f"/en/clinician/kept/{of_fhir}").status_code == 404


def test_where_nothing_may_be_kept_no_button_says_so(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 's.db'}") as store:
        app = make_service(Settings(save=False), store, routers=[web.router()])
        with TestClient(app, base_url="http://127.0.0.1") as client:
            fields = changed(empty(client), age="3", sign="seizure")
            answer = post(client, "/en/clinician", fields)
            assert "clinician/keep" not in answer.text
            assert "Nothing is kept here." in answer.text
            assert post(client, "/en/clinician/keep", fields).status_code == 404
            assert client.get("/en/clinician/kept/0").status_code == 404


def test_the_dose_is_that_of_the_calculator(pages: Client) -> None:
    fields = changed(empty(pages), age="20", sign="seizure", weight="3")
    row = lab(fields, "magnesium")
    fields = [(n, {f"{row}.value": "0.31", f"{row}.unit": "mmol/L"}.get(n, v)) for n, v in fields]
    case = post(pages, "/en/clinician/case.json", fields).json()
    expected = pages.post("/v1/dose", json={"case": case}).json()
    page = Page(post(pages, "/en/clinician", fields).text)
    shown = " ".join(page.text.split())
    for unit in ("mg_salt", "mg_elemental", "mmol", "meq", "ml"):
        assert f"{expected['dose'][unit]:.4g}".rstrip("0").rstrip(".") in shown
    assert not expected["refused"]
    for line in (*expected["warnings"], *(watch for part in ("before", "stop") for watch in expected["monitoring"][part])):
        assert " ".join(line["says"].split()) in shown
    # mg without salt or elemental is refused, and too much is.
    for amount, says in (("50mg/kg", "REFUSED"), ("5mmol/kg", "REFUSED"), ("rubbish", "No dose is worked out")):
        assert says in post(pages, "/en/clinician", changed(fields, **{"dose.amount": amount})).text
    # Without a weight none is worked out, and the page leads to where it is entered.
    without = Page(post(pages, "/en/clinician", changed(fields, weight="")).text)
    assert "#f-weight" in without.links()


def test_an_answer_to_a_form_from_another_site_is_refused(pages: Client) -> None:
    fields = changed(empty(pages), age="3")
    for headers in (
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ):
        answer = post(pages, "/en/clinician", fields, **headers)
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
    for headers in ({"sec_fetch_site": "same-origin"}, {"origin": "http://127.0.0.1"}, {}):
        assert post(pages, "/en/clinician", fields, **headers).status_code == 200


def test_the_page_may_run_its_own_scripts_alone_and_names_its_origin_to_itself(pages: Client) -> None:
    answer = pages.get("/en/clinician")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_errors_are_pages(pages: Client) -> None:
    for code in LANGUAGES:
        answer = pages.get(f"/{code}/no-such-page")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert f'lang="{LANGUAGES[code].tag}"' in answer.text
