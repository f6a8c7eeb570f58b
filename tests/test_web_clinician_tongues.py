"""The clinician's page in Chinese and Spanish: faults, refusals, doses and lists are in its language, figures in its signs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from litestar.testing import TestClient
from tests.service import Client
from tests.strategies import KNOWN
from tests.web_form import Page, changed

from neomag import web
from neomag.service.settings import Settings
from neomag.service.store import Store
from neomag.service.whole import make_service
from neomag.web.clinician.typed import TypedError, pointed, span
from neomag.web.clinician.words import FLAG, GRADE
from neomag.web.languages import LANGUAGES

FORM = {"content-type": "application/x-www-form-urlencoded"}
TRANSLATED = ["zh", "es"]
# English that is told as such.
FOLDED = re.compile(r'<(\w+) lang="en">.*?</\1>', re.DOTALL)
CARD = re.compile(r'<div class="card faults".*?</div>', re.DOTALL)
LEVEL = "samples.0.results.0"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}") as store:
        app = make_service(Settings(rate=1e6, burst=1_000_000), store, routers=[web.router()])
        with TestClient(app, base_url="http://127.0.0.1") as client:
            yield client


def filled(pages: Client, code: str, **values: str) -> Any:
    fields = changed(Page(pages.get(f"/{code}/clinician").text).fields, age="20", **values)
    return pages.post(f"/{code}/clinician", content=urlencode(fields), headers=FORM)


def deficient(pages: Client, code: str, **values: str) -> str:
    """The answer to a made-up newborn of 3 kg with too little magnesium."""
    level = {f"{LEVEL}.value": "0.31", f"{LEVEL}.unit": "mmol/L", "sign": "seizure", "weight": "3"}
    answer = filled(pages, code, **(level | values))
    assert answer.status_code == 200
    return answer.text


def loaded(pages: Client, data: bytes, code: str) -> str:
    answer = pages.post(f"/{code}/clinician/load", files={"file": ("x.json", data, "application/json")})
    assert answer.status_code == 422
    card = CARD.search(answer.text)
    assert card
    return card[0]


@pytest.mark.parametrize("code", TRANSLATED)
@pytest.mark.parametrize(
    ("values", "english"),
    [
        ({"intervals.0.low": "0.05", "intervals.0.unit": "mmol/L"}, "no laboratory"),
        ({"intervals.0.low": "0.9", "intervals.0.high": "0.7", "intervals.0.unit": "mmol/L"}, "must be below"),
        ({f"{LEVEL}.value": "5", f"{LEVEL}.unit": "mg/L"}, "is refused"),
    ],
)
def test_a_fault_of_the_reader_is_in_the_language_of_the_page(
    pages: Client, code: str, values: dict[str, str], english: str
) -> None:
    assert english in filled(pages, "en", **values).text
    answer = filled(pages, code, **values)
    assert answer.status_code == 422
    assert english not in answer.text
    assert 'lang="en"' not in CARD.findall(answer.text)[0]


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_refused_file_says_where_and_why_in_the_language_of_the_page(pages: Client, code: str) -> None:
    case = {"now": "1 d", "setting": "moon", "events": [{"lab": "magnesium", "value": 1}, {"sign": "sneezing"}]}
    card = loaded(pages, json.dumps(case).encode(), code)
    assert {"events[0]", "events[1]", "setting"} <= set(re.findall(r"<code>(.*?)</code>", card))
    language = LANGUAGES[code]
    assert language.gettext("Event %(n)s") % {"n": 2} in card
    assert language.listed(["home", "clinic", "hospital"]) in card
    assert "needs" not in card
    assert "accepted" not in card
    # What a library says of a file is folded away, and says that it is English.
    card = loaded(pages, b'{"now": ', code)
    assert "Expecting" not in FOLDED.sub("", card)
    assert "Expecting" in card


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_record_that_is_refused_says_why_in_the_language_of_the_page(pages: Client, code: str) -> None:
    card = loaded(pages, json.dumps({"resourceType": "Bundle", "type": "collection", "entry": []}).encode(), code)
    assert "needed" not in card
    assert "birthDate" in card


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_the_dose_calculator_refuses_is_in_the_language_of_the_page(pages: Client, code: str) -> None:
    language = LANGUAGES[code]
    for asked in ({"dose.amount": "rubbish"}, {"dose.route": "oral"}, {"dose.amount": "1mmol", "dose.over": "long"}):
        text = deficient(pages, code, **asked)
        refused = re.search(r'<div class="refused">.*?</div>', text, re.DOTALL)
        assert refused
        assert not re.search(r"\b(is|for|give|write)\b", re.sub("`.*?`", "", refused[0])), refused[0]
        assert language.gettext("No dose is worked out.") in refused[0]
    flagged = deficient(
        pages, code, **{f"{LEVEL}.value": "", f"{LEVEL}.unit": "", f"{LEVEL}.flag": "low", "dose.amount": "0.1mmol/kg"}
    )
    said = language.say("The level is known only as low; get the number.")
    assert language.say("The level is known only as {found}; get the number.").split("{found}")[0] in said
    assert "low" not in said
    assert said in flagged


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_a_dose_names_its_product(pages: Client, code: str) -> None:
    text = deficient(pages, code)
    dose = text[text.index('<section class="dose') :].partition("</section>")[0]
    product = KNOWN.dosing.products[KNOWN.dosing.defaults["product"]["iv"]]
    assert product.id not in dose
    assert dose.count(LANGUAGES[code].say(product.says)) >= 3


def test_a_range_of_a_regimen_is_in_the_language_of_the_page() -> None:
    regimen = next(one for one in KNOWN.dosing.regimens.values() if len(one.amount) > 1 and one.amount[0] != one.amount[-1])
    low, high = (f"{float(one):g}" for one in (regimen.amount[0], regimen.amount[-1]))
    said = f"The regimen gives a range, {low} to {high} {regimen.unit}; its lower end is shown."
    assert f"{low}～{high} {regimen.unit}" in LANGUAGES["zh"].say(said)
    assert f"{low} a {high} {regimen.unit}" in LANGUAGES["es"].say(said)


def test_spanish_reads_point_and_comma_and_writes_the_point(pages: Client) -> None:
    said = [deficient(pages, "es", **{f"{LEVEL}.value": value, "weight": "3.1"}) for value in ("0,31", "0.31")]
    # The field stands as it was typed; all else is the same.
    assert said[0].replace('value="0,31"', 'value="0.31"') == said[1]
    assert "0.31 mmol/L" in said[0]
    assert not re.search(r"\d,\d+ (?:mmol|mL|mg|kg)", Page(said[0]).text)
    doses = [deficient(pages, "es", **{"dose.amount": amount}) for amount in ("0,1mmol/kg", "0.1mmol/kg")]
    assert doses[0].replace('value="0,1mmol/kg"', 'value="0.1mmol/kg"') == doses[1]


@pytest.mark.parametrize("typed", ["1,250 min", "1.250 h", "1.250mg-salt", "2 d 1,250 min"])
def test_what_could_be_a_thousand_is_not_read_in_spanish(pages: Client, typed: str) -> None:
    es, en = LANGUAGES["es"], LANGUAGES["en"]
    says = es.gettext("This can be read in two ways: write it without three digits after the sign.")
    for read in (lambda: pointed(typed, es), lambda: span(typed, "h", es)):
        with pytest.raises(TypedError, match=re.escape(says)):
            read()
    assert pointed(typed, en) == typed
    assert says in deficient(pages, "es", **{"dose.amount": typed})


def test_lists_have_the_marks_of_the_language(pages: Client) -> None:
    tags = {f"{LEVEL.partition('.results')[0]}.specimen": ["haemolysed", "cord"]}
    for code, mark in (("zh", "、"), ("es", ", "), ("en", ", ")):
        language = LANGUAGES[code]
        text = deficient(pages, code, **tags)  # type: ignore[arg-type]
        assert f"({mark.join(language.gettext(word) for word in ('Cord blood', 'Haemolysed'))})" in text


def test_one_word_of_two_meanings_is_two_words() -> None:
    zh = LANGUAGES["zh"]
    assert zh.say("cold", "danger sign") != zh.say("cold")
    assert zh.say("fever", "danger sign") == zh.say("fever")
    assert str(FLAG["low"]) == str(GRADE["low"])
    assert zh.gettext(FLAG["low"]) != zh.gettext(GRADE["low"])
