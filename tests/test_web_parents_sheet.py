"""The sheet for the doctor: whatever is answered, an emergency is one, nothing calms, no disease and no dose is named, and a count
never becomes more than a count."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading_level import read as blocks_of
from tests.strategies import a_tenth

from neomag.knowledge.caregiver import load_caregiver
from neomag.knowledge.caregiver_checks import doses_said, never_said
from neomag.web.languages import LANGUAGES
from neomag.web.page import rendered
from neomag.web.parents import numbers
from neomag.web.sheet_form import SPEEDS, Given, own_fields, read
from neomag.web.sheet_judged import judge
from neomag.web.tapped import from_number, from_times

KNOWN = load_caregiver()
SHEET = KNOWN.sheet
Fields = dict[str, list[str]]


def sheet(fields: Mapping[str, list[str]], code: str = "en") -> str:
    """The sheet's article as the page shows it."""
    form = read(fields)
    assert not form.faults
    page = rendered(
        "parents/sheet.html", LANGUAGES[code], here="/parents/sheet", known=KNOWN, given=form, judged=judge(form),
        fields=own_fields(form), numbers=numbers(KNOWN, code),
    )  # fmt: skip
    return page.partition('data-keep="sheet"')[2].partition("</article>")[0]


def text_of(article: str) -> list[str]:
    return blocks_of(f"<main>{article.partition('>')[2]}</main>")


@st.composite
def forms(draw: st.DrawFn) -> Fields:
    """Any answers to the questions, with measures and counts."""
    fields: Fields = {}
    for question in SHEET.questions.values():
        replies = list(question.replies)
        if question.many:
            fields[f"q.{question.id}"] = draw(st.lists(st.sampled_from(replies), unique=True))
        else:
            fields[f"q.{question.id}"] = [draw(st.sampled_from([*replies, ""]))]
    for name in SHEET.words:
        fields[f"t.{name}"] = [draw(st.sampled_from(["", "it was a Sunday"]))]
    fields["age"], fields["age_unit"] = (
        [draw(st.sampled_from(["", "3", "27", "28", "60"]))],
        [draw(st.sampled_from(["d", "wk", "mo"]))],
    )
    fields["minutes"] = [draw(st.sampled_from(["", "2", "4", "6"]))]
    fields["temperature"] = [draw(st.sampled_from(["", "36,5", "37.0", "37.9", "38"]))]
    fields["speed"], fields["really"] = [draw(st.sampled_from(list(SPEEDS)))], [draw(st.sampled_from(["", "yes", "no"]))]
    gaps = draw(st.lists(st.integers(0, 3_000), max_size=30))
    fields["taps"] = [",".join(str(sum(gaps[:n])) for n in range(len(gaps) + 1)) if gaps else "", ""]
    fields["count"], fields["seconds"] = ["", draw(st.sampled_from(["", "12"]))], ["", "6"]
    if not fields["count"][1]:
        fields["seconds"] = ["", ""]
    return fields


def expected(form: Given) -> bool:
    """Whether a form is an emergency by ground rule 1, told from the answers themselves."""
    newborn = form.age is None or form.age < 28 * 86_400
    marked = any(reply.danger for replies in form.replies.values() for reply in replies)
    long = form.lasted is not None and form.lasted > (180 if newborn else 300)
    hot_or_cold = form.celsius is not None and (form.celsius >= 38 or form.celsius <= 36.5)
    steady = all(form.chose(*answer) for answer in (("kind", "jerks"), ("side", "one"), ("held", "went_on")))
    return newborn or marked or long or hot_or_cold or steady


@a_tenth
@given(forms(), st.sampled_from(list(LANGUAGES)))
def test_whatever_is_answered(fields: Fields, code: str) -> None:
    """First the line, then the emergency where there is one; never a disease, never comfort, never a dose."""
    form, say = read(fields), LANGUAGES[code].say
    article = sheet(fields, code)
    blocks = text_of(article)
    assert blocks[0] == say(KNOWN.said["film_line"])
    emergency = expected(form)
    if emergency:
        # The rules may call an emergency what no single sign is; the signs never less than the rules.
        assert blocks[1] in (say(SHEET.urgency["emergency"]), say(SHEET.urgency["rules"]))
    assert judge(form).emergency or not emergency
    assert (say(SHEET.urgency["other"]) in blocks) is not judge(form).emergency
    text = "\n".join(blocks).replace("it was a Sunday", "")
    assert never_said(text, code) == []
    assert never_said(text, "en") == []
    assert doses_said(text) == []
    for question in SHEET.questions.values():
        if not form.replies.get(question.id):
            shown = re.search(rf"<dt>{re.escape(html.escape(say(question.short)))}</dt><dd[^>]*>(.*?)</dd>", article)
            assert shown is not None
            assert say(SHEET.not_known) in shown[1]


@pytest.mark.parametrize(
    ("question", "reply"), [(q.id, r.id) for q in SHEET.questions.values() for r in q.replies.values() if r.danger]
)
def test_each_danger_sign_alone_is_an_emergency_on_the_sheet(question: str, reply: str) -> None:
    blocks = text_of(sheet({f"q.{question}": [reply], "age": ["8"], "age_unit": ["mo"]}))
    sign = KNOWN.signs[SHEET.questions[question].replies[reply].danger or ""]
    assert blocks[:3] == [KNOWN.said["film_line"], SHEET.urgency["emergency"], sign.short]


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"age": ["27"], "age_unit": ["d"]}, "newborn"),
        ({"q.kind": ["jerks"]}, "newborn"),  # the age is not known
        ({"age": ["3"], "age_unit": ["mo"], "minutes": ["5"], "seconds_long": ["1"]}, "long"),
        ({"age": ["20"], "age_unit": ["d"], "minutes": ["3"], "seconds_long": ["1"]}, "long"),
        ({"age": ["3"], "age_unit": ["mo"], "temperature": ["38"]}, "fever"),
        ({"age": ["3"], "age_unit": ["mo"], "temperature": ["100.4"], "temperature_unit": ["F"]}, "fever"),
        ({"age": ["3"], "age_unit": ["mo"], "temperature": ["36,5"]}, "cold"),
        ({"age": ["3"], "age_unit": ["mo"], "q.kind": ["jerks"], "q.side": ["one"], "q.held": ["went_on"]}, "one_side"),
    ],
)
def test_measures_and_answers_together_mark_a_sign(fields: Fields, sign: str) -> None:
    assert sign in [found.id for found in judge(read(fields)).signs]


@pytest.mark.parametrize(
    "fields",
    [
        {"age": ["4"], "age_unit": ["wk"], "q.kind": ["jerks"], "q.held": ["stopped"]},
        {
            "age": ["3"],
            "age_unit": ["mo"],
            "minutes": ["5"],
            "temperature": ["37,9"],
            "q.after": ["usual"],
            "q.between": ["usual"],
        },
    ],
)
def test_without_a_danger_sign_the_sheet_says_today_and_nothing_milder(fields: Fields) -> None:
    assert not judge(read(fields)).emergency
    blocks = text_of(sheet(fields))
    assert blocks[:2] == [KNOWN.said["film_line"], SHEET.urgency["other"]]
    assert "today" in SHEET.urgency["other"]


TIMES = {
    "slow": [0, 1000, 2000, 3000, 4000, 5000, 6000], "quick": [n * 150 for n in range(20)], "fine": [n * 90 for n in range(40)],
    "uneven": [0, 100, 900, 1000, 2500, 2600, 4000], "few": [0, 500],
}  # fmt: skip


@given(forms(), st.sampled_from(list(TIMES)), st.sampled_from(list(TIMES)))
@settings(max_examples=40)
def test_a_rate_never_becomes_a_label(fields: Fields, one: str, other: str) -> None:
    """Two sheets that differ in the tapped rate alone differ in the section of the count alone."""
    shown: list[str] = []
    for name in (one, other):
        article = sheet({**fields, "taps": [",".join(map(str, TIMES[name])), ""], "count": ["", ""], "seconds": ["", ""]})
        before, _, after = article.partition('<section id="counted">')
        count, _, rest = after.partition("</section>")
        shown.append(before + rest)
        words = set(re.findall(r"[A-Za-z]+", re.sub(r"<[^>]+>", " ", count)))
        told = " ".join([*KNOWN.notes.values(), SHEET.always["count"], " "])
        plain = "Counted from the film jerks in seconds of film a second middle half of the gaps to Film played at normal speed half a quarter "
        plain += (
            "of the speed in slow motion or not known The event was shorter than the film span class note strong ol li p quiet"
        )
        assert words <= set(re.findall(r"[A-Za-z]+", told + plain))
    assert shown[0] == shown[1]


def test_a_rate_and_its_spread() -> None:
    count = from_times([0, 0.5, 1.0, 1.4, 2.0, 2.5, 3.0], 1.0, KNOWN.tapping)
    assert (count.taps, count.seconds, count.rate) == (7, 3.0, 2.0)
    assert count.low == pytest.approx(2.0)
    assert count.high == pytest.approx(2.0)
    assert count.notes == ()
    uneven = from_times([0, 0.1, 0.9, 1.0, 2.5, 2.6, 4.0], 1.0, KNOWN.tapping)
    assert uneven.rate == pytest.approx(1.5)
    # Gaps 0.1 0.1 0.1 0.8 1.4 1.5: quartiles 0.1 and 1.25.
    assert uneven.low == pytest.approx(1 / 1.25)
    assert uneven.high == pytest.approx(10)
    assert uneven.notes == ("uneven",)


def test_the_speed_of_the_film_counts_and_slow_motion_has_no_rate() -> None:
    times = [n * 0.5 for n in range(9)]
    assert from_times(times, 0.5, KNOWN.tapping).rate == pytest.approx(1.0)
    assert from_times(times, None, KNOWN.tapping).rate is None
    assert from_times(times, None, KNOWN.tapping).notes == ("no_rate",)
    for extra in ({"speed": ["slow"]}, {"really": ["no"]}):
        article = sheet({"taps": [",".join(str(int(t * 1000)) for t in times)], **extra})
        counted = article.partition('id="counted"')[2]
        assert "a second" not in counted
        assert KNOWN.notes["no_rate"] in html.unescape(counted)


def test_too_few_taps_and_too_fast_ones_are_told() -> None:
    fewest, fastest = KNOWN.tapping.fewest, KNOWN.tapping.fastest
    assert from_times([n * 0.5 for n in range(fewest - 1)], 1.0, KNOWN.tapping).notes == ("few",)
    assert from_times([n * 0.5 for n in range(fewest)], 1.0, KNOWN.tapping).rate == pytest.approx(2.0)
    assert from_times([n / (fastest + 0.1) for n in range(20)], 1.0, KNOWN.tapping).notes == ("fast",)
    assert from_times([n / (fastest - 0.1) for n in range(20)], 1.0, KNOWN.tapping).notes == ()
    assert from_times([1.0] * 8, 1.0, KNOWN.tapping).notes == ("few",)
    assert from_number(fewest - 1, 10, 1.0, KNOWN.tapping).rate is None
    assert from_number(30, 5, 1.0, KNOWN.tapping).notes == ("fast",)
    assert from_number(30, 10, None, KNOWN.tapping).notes == ("no_rate",)
    assert from_number(30, 10, 0.5, KNOWN.tapping).rate == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("fields", "field", "kind"),
    [
        ({"age": ["two"]}, "age", "number"),
        ({"age": ["-3"]}, "age", "number"),
        ({"age": ["300"], "age_unit": ["mo"]}, "age", "number"),
        ({"minutes": ["5000"]}, "minutes", "number"),
        ({"seconds_long": ["1e3"]}, "seconds_long", "number"),
        ({"temperature": ["98.6"]}, "temperature", "temperature"),  # Fahrenheit read as Celsius
        ({"temperature": ["37.2"], "temperature_unit": ["F"]}, "temperature", "temperature"),
        ({"count": ["12"], "seconds": [""]}, "count.1", "count"),
        ({"count": ["", "1.5"], "seconds": ["", "3"]}, "count.2", "count"),
        ({"count": ["12"], "seconds": ["0"]}, "count.1", "count"),
        ({"t.words": ["x" * 501]}, "t.words", "long"),
        ({"t.place": ["x" * 121]}, "t.place", "long"),
    ],
)
def test_what_cannot_be_read_is_named_and_never_guessed(fields: Fields, field: str, kind: str) -> None:
    form = read(fields)
    assert form.faults == {field: kind}
    assert form.age is None or field != "age"


@pytest.mark.parametrize("taps", ["1,2,x", "5,4", "", "0;1;2", "-1,0", "0," * 3000, "99999999,1"])
def test_times_of_taps_that_are_none_are_not_used(taps: str) -> None:
    assert read({"taps": [taps], "count": ["12"], "seconds": ["6"]}).counts == (from_number(12, 6.0, 1.0, KNOWN.tapping),)


@pytest.mark.parametrize(
    ("number", "unit", "says"),
    [("4", "mo", "4 months"), ("1", "wk", "1 week"), ("2,5", "mo", "2.5 months"), ("20", "d", "20 days")],
)
def test_the_age_is_printed_as_it_was_written(number: str, unit: str, says: str) -> None:
    assert f">{says}<" in re.sub(r"\s*\n\s*", "", sheet({"age": [number], "age_unit": [unit]}))


def test_unknown_fields_and_answers_are_not_taken() -> None:
    form = read({"q.eyes": ["laser"], "q.nose": ["red"], "t.nothing": ["x"], "speed": ["9"], "age_unit": ["y"], "age": ["2"]})
    assert form.replies == {}
    assert form.words == {}
    assert form.age == 2 * 86_400
    assert ("t.nothing", "x") not in own_fields(form)


def page(client: Any, path: str, **fields: Any) -> Any:
    return client.post(f"/en/parents/{path}", data=fields)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    from litestar.testing import TestClient

    from neomag import web
    from neomag.service.app import make_app

    with TestClient(make_app(routers=[web.router()])) as found:
        yield found


def test_a_form_with_a_fault_comes_back_filled_with_the_emergency_above_it(client: Any) -> None:
    answer = page(client, "sheet", **{"age": "soon", "q.colour": "blue", "t.words": "it <b>shook</b>", "temperature": "37"})
    assert answer.status_code == 422
    main = answer.text.partition("<main")[2]
    assert main.index(SHEET.urgency["emergency"]) < main.index("<h1") < main.index('href="#age"')
    assert 'id="age"' in main
    assert re.search(r'name="q.colour" value="blue"[^>]* checked', main)
    assert "it &lt;b&gt;shook&lt;/b&gt;</textarea>" in main
    assert 'name="temperature" inputmode="decimal" maxlength="8" autocomplete="off" value="37"' in main


def test_the_sheet_can_be_changed_and_printed_in_another_language_without_being_kept(client: Any) -> None:
    first = page(client, "sheet", **{"age": "70", "age_unit": "d", "q.kind": ["jerks", "face"], "t.words": "es zuckte"})
    assert first.headers["cache-control"] == "no-store"
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', first.text)
    fields: dict[str, list[str]] = {}
    for name, value in hidden:
        fields.setdefault(html.unescape(name), []).append(html.unescape(value))
    again = client.post("/en/parents/sheet", data=fields)
    assert again.text == first.text
    spanish = client.post("/es/parents/sheet", data=fields)
    assert '<html lang="es-419"' in spanish.text
    assert "es zuckte" in spanish.text
    changed = client.post("/en/parents/film", data=fields)
    assert len(re.findall(r'name="q.kind" value="(?:jerks|face)"[^>]* checked', changed.text)) == 2


def test_another_language_takes_the_answers_along(client: Any) -> None:
    """Whoever has not answered yet is not told that the baby is an emergency, only because its age is not known."""
    fields = {"age": "70", "age_unit": "d", "q.kind": "jerks", "t.words": "it shook", "tongue": "es"}
    spanish = client.post("/es/parents/film", data=fields).text
    assert '<html lang="es-419"' in spanish
    assert re.search(r'name="q.kind" value="jerks"[^>]* checked', spanish)
    assert "it shook</textarea>" in spanish
    called = LANGUAGES["es"].say(SHEET.urgency["rules"])
    unanswered = {"age": "", "age_unit": "d", "tongue": "es"}

    def top(given: dict[str, str]) -> str:
        return client.post("/es/parents/film", data=given).text.partition("<main")[2].partition("<h1")[0]

    assert called not in top(unanswered)
    assert called in top(unanswered | {"age": "soon"})
    assert called not in top(fields)
