"""What is said to parents, as knowledge: it holds together, and its danger signs are the emergencies of the rules."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import case

from neomag import assess
from neomag.knowledge import DATA, load
from neomag.knowledge.caregiver import load_caregiver
from neomag.knowledge.caregiver_checks import check_caregiver, doses_said, never_said, texts
from neomag.knowledge.tables import read_toml

KNOWN = load_caregiver()
CODES = sorted({(sign.id, code) for sign in KNOWN.signs.values() for code in sign.signs})


def kind(code: str) -> str:
    return "sign" if code in load().vocabulary["sign"] else "condition"


def test_it_holds_together() -> None:
    assert check_caregiver(load()) == []


@pytest.mark.parametrize(("sign", "code"), CODES)
def test_each_code_of_a_danger_sign_is_an_emergency_by_the_rules(sign: str, code: str) -> None:
    age = "3 d" if sign == "newborn" else "60 d"
    assert assess(case({"at": age, kind(code): code}, now=age)).urgency == "emergency"


def test_each_sign_of_ground_rule_1_that_a_parent_can_see_is_there() -> None:
    """The clauses of the rule `emergency` that rest on what is seen, by their codes."""
    shown = {code for _, code in CODES}
    for code in (
        "gaze-deviation", "unresponsive", "apnoea", "cyanosis", "pallor", "stridor", "prolonged", "fever", "hypothermia",
        "bulging-fontanelle", "lethargy", "bilious-vomiting", "dehydration", "head-injury", "bruising", "generalised-seizure",
    ):  # fmt: skip
        assert code in shown, code


def test_the_limits_are_those_of_the_rules() -> None:
    signs = KNOWN.signs
    fever, cold = signs["fever"].from_celsius, signs["cold"].to_celsius
    assert fever is not None
    assert cold is not None
    for celsius, urgent in ((fever, True), (cold, True), (fever - 0.1, False), (cold + 0.1, False)):
        answer = assess(case({"at": "60 d", "lab": "temperature", "value": round(celsius, 1), "unit": "Cel"}))
        assert (answer.urgency == "emergency") is urgent, celsius
    for celsius, fahrenheit, says in ((fever, 100.4, signs["fever"].says), (cold, 97.7, signs["cold"].says)):
        assert f"{celsius:.1f} °C ({fahrenheit:.1f} °F)" in says
        assert celsius * 9 / 5 + 32 == pytest.approx(fahrenheit)
    for days, urgent in ((27, True), (29, False)):
        answer = assess(case({"at": f"{days} d", "sign": "limb-twitch"}, now=f"{days} d"))
        assert (answer.urgency == "emergency") is urgent
    assert signs["newborn"].before == 28 * 86_400
    assert f"less than {signs['newborn'].before // 86_400} days" in signs["newborn"].says
    # The vocabulary's own definition of a prolonged event.
    meant = re.findall(r"\d+", load().vocabulary["sign"]["prolonged"].meaning)
    assert [signs["long"].longest, signs["long"].longest_newborn] == [int(minutes) * 60 for minutes in meant]


def test_every_answer_that_the_rules_call_an_emergency_marks_a_danger_sign() -> None:
    for question in KNOWN.sheet.questions.values():
        for reply in question.replies.values():
            for code, what in ((reply.sign, "sign"), (reply.condition, "condition")):
                if code is not None and assess(case({"at": "60 d", what: code})).urgency == "emergency":
                    assert reply.danger is not None, (question.id, reply.id)


def spoilt(tmp_path: Path, file: str, old: str, new: str) -> str:
    folder = tmp_path / "k"
    shutil.copytree(DATA, folder)
    path = folder / "caregiver" / file
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")
    read_toml.cache_clear()
    return "\n".join(check_caregiver(replace(load(), directory=str(folder))))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("danger.toml", 'sources = ["HSE-UNWELL"]', "", "[not_sure]: needs sources, or policy"),
        ("danger.toml", '"HSE-UNWELL"', '"NOBODY99"', "source NOBODY99 is not in sources.toml"),
        ("danger.toml", '"gaze-deviation"', '"gaze-away"', "no sign or condition gaze-away"),
        ("danger.toml", "The skin or lips", "A seizure: the skin or lips", "`seizure` in:"),
        ("danger.toml", 'held = "went_on"', 'held = "gone_on"', "no answer held = gone_on"),
        ("sheet.toml", 'says = "no change"', 'says = "no change, which is normal"', "`is normal` in:"),
        ("sheet.toml", 'sign = "pallor"', 'sign = "paleness"', "no sign paleness"),
        ("sheet.toml", 'danger = "eyes"', 'danger = "ears"', "no danger sign ears"),
        ("sheet.toml", 'danger = "eyes"', 'danger = "dry"', "stands for dry, but for none of its signs"),
        ("sheet.toml", 'group = "tried"', 'group = "tired"', "no group tired"),
        ("sheet.toml", "short = ", "shart = ", "caregiver: "),
        ("article.toml", "[claim-14]", "[claim-41]", "no plain words for `claim-14`"),
        ("feeding.toml", "honey = ", "hunny = ", "no plain words for `honey`"),
        ("feeding.toml", "before_months = 9", "before_months = 10", "must be those of feeding/plan.toml"),
        ("feeding.toml", "3 meals a day", "Many meals a day", "does not name 3 meals"),
        ("foods.toml", '"never whole" = ', '"never hole" = ', "`never hole` stands for nothing"),
        ("film.toml", "[why]", "[[why]", "caregiver: "),
    ],
)
def test_what_does_not_hold_together_is_named(tmp_path: Path, file: str, old: str, new: str, says: str) -> None:
    assert says in spoilt(tmp_path, file, old, new)


def test_words_that_are_never_said_are_found_in_three_languages() -> None:
    assert never_said("It may be Epilepsy.", "en") == ["epilepsy"]
    assert never_said("Es una crisis; no se preocupe", "es") == ["crisis", "no se preocupe"]
    assert never_said("可能是癫痫，不必担心", "zh") == ["癫痫", "不必担心"]
    assert never_said("a knitted outfit", "en") == []
    assert doses_said("give 5 mg, or 0.1 mL/kg") == ["5 mg", "0.1 mL/kg"]
    assert doses_said("2.0 a second for 30 s") == []


def test_no_number_to_call_is_without_a_source() -> None:
    numbers = read_toml(DATA / "caregiver" / "numbers.toml")
    assert numbers
    for of in numbers.values():
        assert of["sources"]
        assert re.fullmatch(r"\d{3}", of["number"])


def test_texts_leave_out_reasons_and_codes() -> None:
    assert list(texts({"a": {"says": "x", "policy": "y", "sign": "z"}, "says": "w"})) == ["x", "w"]
