"""The languages of the pages: catalogues that are complete and say the same figures, wording with holes, numbers, choice."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import a_tenth
from tools import messages

from neomag.web.languages import KNOWLEDGE, LANGUAGES, PAGES, catalogue, preferred

ROOT = Path(__file__).parent.parent
EN, ES, ZH = (LANGUAGES[code] for code in ("en", "es", "zh"))
TRANSLATED = sorted(set(LANGUAGES) - {"en"})
CATALOGUES = [(code, domain) for code in TRANSLATED for domain in (PAGES, KNOWLEDGE)]
in_every_catalogue = pytest.mark.parametrize(("code", "domain"), CATALOGUES)
in_every_language = pytest.mark.parametrize("code", TRANSLATED)

HOLE = re.compile(r"\{[^{}]*\}|%\([^()]*\)s")
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
# A word of a language, not a code, a unit or a sign: two small letters in a row.
WORD = re.compile(r"[^\W\d_A-Z]{2}")
# What is called the same in another language.
SAME_NAME = {
    "China", "FHIR Bundle", "Sepsis", "gluten", "injera", "mango", "mg/dL", "mmol/L", "natto", "neomag", "no", "normal", "papaya", "poi",
    "roti (chapati)", "tempeh", "zinc",
}  # fmt: skip


def pairs(code: str, domain: str) -> list[tuple[str, str]]:
    """Each text with each of its translations (of a plural the text of many)."""
    found: list[tuple[str, str]] = []
    for message in catalogue(code, domain):
        said = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        if message.id:
            text = message.id if isinstance(message.id, str) else message.id[-1]
            found += [(text, str(form)) for form in said if form]
    return found


def ids(catalog: Catalog) -> list[str]:
    return [str(message.id) for message in catalog if message.id]


def figures(text: str) -> Counter[str]:
    """The numbers that stand in a text, however it writes its decimal point."""
    return Counter(figure.replace(",", ".") for figure in FIGURE.findall(HOLE.sub("", text)))


def holed(code: str) -> list[tuple[str, str]]:
    """The wordings of the knowledge that have holes and words around them."""
    return [pair for pair in pairs(code, KNOWLEDGE) if "{" in pair[0] and WORD.search(HOLE.sub("", pair[0]))]


@in_every_catalogue
def test_what_is_said_now_is_in_the_catalogue_and_translated(code: str, domain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    wanted = ids(messages.said() if domain == PAGES else messages.shown())
    there = catalogue(code, domain)
    assert ids(there) == wanted, "run python -m tools.messages"
    assert list(messages.missing(there)) == []


@in_every_catalogue
def test_a_translation_has_the_holes_of_its_text(code: str, domain: str) -> None:
    other = [(a, b) for a, b in pairs(code, domain) if Counter(HOLE.findall(a)) != Counter(HOLE.findall(b))]
    assert other == []


@in_every_language
def test_babel_finds_nothing_wrong_with_what_is_put_in(code: str) -> None:
    """Forms of plurals, and what `%` puts in. The wording of the knowledge has per cent signs that put nothing in."""
    found = catalogue(code, PAGES)
    assert [(message.id, str(error)) for message in found if message.string for error in message.check(found)] == []


@in_every_catalogue
def test_a_translation_has_the_figures_of_its_text(code: str, domain: str) -> None:
    assert [(a, b) for a, b in pairs(code, domain) if figures(a) != figures(b)] == []


@in_every_catalogue
def test_nothing_but_codes_and_names_stays_as_it_is(code: str, domain: str) -> None:
    same = [a for a, b in pairs(code, domain) if a == b and a not in SAME_NAME and WORD.search(HOLE.sub("", a))]
    assert same == []


def test_chinese_is_written_in_chinese_with_its_own_stops() -> None:
    texts = [text for domain in (PAGES, KNOWLEDGE) for _, text in pairs("zh", domain)]
    words = [re.sub(r"`[^`]*`", "", text) for text in texts]
    assert [text for text in words if re.search(r"[\u4e00-\u9fff][,;:?!.]|[,;:?!] ", text)] == []


@in_every_language
@a_tenth
@given(data=st.data())
def test_what_fills_the_holes_stands_where_the_translation_has_them(code: str, data: st.DataObject) -> None:
    text, translated = data.draw(st.sampled_from(holed(code)))
    # Characters that are in no wording: what fills a hole is no word of it.
    filler = st.text("qxz0123456789/µ", min_size=1, max_size=8)
    filled = {hole: data.draw(filler) for hole in HOLE.findall(text)}
    fill = {re.escape(hole): value for hole, value in filled.items()}

    def put(into: str) -> str:
        for hole, value in fill.items():
            into = re.sub(hole, value, into)
        return into

    assert LANGUAGES[code].say(put(text)) == put(translated)
    assert LANGUAGES[code].knows(put(text))


@in_every_language
def test_what_fills_a_hole_is_translated_too(code: str) -> None:
    language, known = LANGUAGES[code], dict(pairs(code, KNOWLEDGE))
    what = "One intravenous dose"
    found = language.say(f"{what}: 1 mmol/kg is above 0.8 mmol/kg; dilute.")
    assert known[what] in found
    assert "1 mmol/kg" in found
    assert "dilute" not in found


@in_every_language
def test_what_fills_a_hole_may_bring_its_own_space(code: str) -> None:
    language, known = LANGUAGES[code], dict(pairs(code, KNOWLEDGE))
    text = next(a for a, _ in pairs(code, KNOWLEDGE) if a.endswith("A vein is better.{found}"))
    reason = "Diarrhoea for 14 days or more."
    assert language.say(text.replace("{found}", f" {reason}")) == known[text].replace("{found}", f" {known[reason]}")


@in_every_language
def test_a_wording_of_holes_alone_fits_only_what_is_known(code: str) -> None:
    """`{found}.` fits every sentence; it must neither change one that is unknown nor hide that it is unknown."""
    language, known = LANGUAGES[code], dict(pairs(code, KNOWLEDGE))
    part = next(a for a, _ in pairs(code, KNOWLEDGE) if a.startswith("Digoxin: ") and not a.endswith("."))
    assert language.say(f"{part}.").startswith(known[part])
    assert language.knows(f"{part}.")
    for unknown in ("no such thing", "No such thing.", "no: such thing.", "."):
        assert language.say(unknown) == unknown
        assert not language.knows(unknown)


@in_every_language
@a_tenth
@given(text=st.text(max_size=80))
def test_what_is_unknown_is_said_as_it_is(code: str, text: str) -> None:
    language = LANGUAGES[code]
    assert language.knows(text) or language.say(text) == text


def test_english_is_its_own_catalogue() -> None:
    assert EN.gettext("Language") == EN.say("Language") == "Language"
    assert EN.say("{found} is not {limit} mL") == "{found} is not {limit} mL"
    assert EN.knows("whatever it is")
    assert EN.say(None) == ZH.say(None) == ""


@pytest.mark.parametrize("n", [0, 1, 2, 5, 21])
def test_plurals(n: int) -> None:
    one, many = "%(n)s day", "%(n)s days"
    assert EN.ngettext(one, many, n) == (one if n == 1 else many)
    assert ES.ngettext(one, many, n) == ("%(n)s día" if n == 1 else "%(n)s días")
    assert ZH.ngettext(one, many, n) == "%(n)s天"
    assert ZH.ngettext("%(n)s such thing", "%(n)s such things", n) == f"%(n)s such thing{'' if n == 1 else 's'}"


@pytest.mark.parametrize(
    ("code", "value", "places", "written"),
    [
        ("en", 0.6, None, "0.6"),
        ("zh", 0.6, None, "0.6"),
        ("es", 0.6, None, "0.6"),
        ("en", 0.6, 2, "0.60"),
        ("zh", 0.6, 2, "0.60"),
        ("es", 0.6, 2, "0.60"),
        ("es", 1.4567, 2, "1.46"),
        ("zh", 1.4567, 0, "1"),
        ("en", 12345.5, 1, "12,345.5"),
        ("zh", 12345.5, 1, "12,345.5"),
        ("es", 12345.5, 1, "12345.5"),
        ("en", None, None, "–"),
        ("es", None, 2, "–"),
    ],
)
def test_numbers_as_the_language_writes_them(code: str, value: float | None, places: int | None, written: str) -> None:
    assert LANGUAGES[code].number(value, places) == written


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "at birth", "出生时"),
        (60, "1 minute", "1分钟"),
        (3600 * 26, "1 day 2 hours", "1天 2小时"),
        (86400 * 3 + 59 * 60, "3 days 59 minutes", "3天 59分钟"),
        (86400 * 400 + 3661, "400 days 1 hour", "400天 1小时"),
    ],
)
def test_ages_in_two_units(seconds: float, english: str, chinese: str) -> None:
    assert EN.age(seconds) == english
    assert ZH.age(seconds) == chinese


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("*", "en"),
        ("fr-FR,fr;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("ZH-hans", "zh"),
        ("es-MX", "es"),
        ("fr, es;q=0.5, zh;q=0.7", "zh"),
        ("fr, es; q=0.7, zh; Q=0.5", "es"),
        ("en;q=0.1, es", "es"),
        ("en, es", "en"),
        ("es;q=0, fr", "en"),
        ("es;q=much, zh;q=0.1", "zh"),
        ("esperanto", "en"),
        (",".join(["fr"] * 20 + ["es"]), "en"),
    ],
)
def test_the_language_that_a_reader_asks_for_first(accepted: str, code: str) -> None:
    assert preferred(accepted).code == code


@a_tenth
@given(accepted=st.text(max_size=200))
def test_any_header_chooses_a_language(accepted: str) -> None:
    assert preferred(accepted).code in LANGUAGES
