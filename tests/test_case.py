"""Cases: what is read, what is refused and how it is said, what is only doubted. The contract, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import case, lab, sign

from neomag import Case, CaseError, ages

EXAMPLE = """
case: example-1
source: {title: made up, year: 2026}
age_assumed: true
times_assumed: true
infant:
  sex: female
  gestation: 38w2d
  birth_weight: 2900 g
  weight: 4.1 kg
setting: home
now: 60 d 4 h
intervals:
  magnesium: {low: 0.65, high: 1.05, unit: mmol/L}
events:
  - {at: 59 d, sign: apnoea}
  - {at: 59 d, sign: well-between}
  - {at: 60 d, lab: magnesium, value: 0.13, unit: mmol/L}
  - {at: 60 d, lab: calcium, flag: low}
  - {at: 60 d, lab: potassium, value: 7.5, unit: mmol/L, specimen: [haemolysed]}
  - {at: 60 d 2 h, given: calcium-gluconate-10, dose: 2, unit: mL/kg, route: iv, concentration: 10 %, over: 10 min}
  - {at: 60 d 3 h, sign: seizure}
  - {at: 40 d, condition: diarrhoea, for: 16 d}
  - {at: birth, condition: preterm}
  - {at: 60 d, sign: fever, absent: true}
"""


def test_the_contract_s_example_is_read() -> None:
    (read,) = Case.parse(EXAMPLE.encode(), name="x.yaml")
    assert (read.name, read.now, read.setting) == ("example-1", ages.seconds("60 d 4 h"), "home")
    assert read.infant.gestation == pytest.approx(38 + 2 / 7)
    assert (read.infant.birth_weight, read.infant.weight, read.infant.sex) == (2900, 4100, "female")
    assert read.intervals == {"magnesium": (0.65, 1.05)}
    assert read.age_assumed
    assert read.times_assumed
    assert [e.at for e in read.events] == sorted(e.at or 0 for e in read.events)
    dose = next(e for e in read.events if e.kind == "given")
    assert (dose.dose, dose.dose_unit, dose.route, dose.concentration, dose.over) == (2, "mL/kg", "iv", 10, 600)
    assert next(e for e in read.events if e.code == "diarrhoea").lasting == 16 * ages.DAY
    assert next(e for e in read.events if e.code == "fever").absent
    assert next(e for e in read.events if e.code == "potassium").specimen == {"haemolysed"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("birth", 0), ("36 h", 129_600), ("14 d", 1_209_600), ("60 d 2 h 10 min", 5_191_800), ("8 wk", 4_838_400),
        ("5 mo", 13_149_000), ("0 d", 0), ("1.5 h", 5_400), ("2d", 172_800), ("1 y", 31_557_600), ("24 mo", 63_115_200),
        ("1 d, 2 h", 93_600), ("1 d , 2 h", 93_600),
    ],
)  # fmt: skip
def test_ages(text: str, seconds: int) -> None:
    assert ages.seconds(text) == seconds
    assert ages.seconds(ages.written(seconds)) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "", "5", "d", "5 parsec", "-3 d", "3 d x", "x 3 d", "3 d / 2 h", "1e5 d", "500 y", "9" * 40 + " d",
        # Half an hour, where a decimal comma is written, and not five.
        ",5 h", "1 d ,5 h", "1 d,2 h", "0,5 h",
    ],
)  # fmt: skip
def test_ages_that_cannot_be(text: str) -> None:
    with pytest.raises(ValueError, match="write an age"):
        ages.seconds(text)


@pytest.mark.parametrize(
    ("text", "weeks"), [("38w2d", 38 + 2 / 7), ("38", 38), ("38 wk", 38), ("24+6", 24 + 6 / 7), ("40w", 40)]
)
def test_gestation(text: str, weeks: float) -> None:
    assert float(ages.gestation(text)) == pytest.approx(weeks)


def test_date_times_count_from_birth() -> None:
    read = Case.from_dict({
        "case": "dates", "infant": {"born": "2026-01-03T04:10+00:00"}, "now": "2026-01-05T06:10+02:00",
        "events": [{"at": "2026-01-04T04:10Z", "sign": "seizure"}, {"at": "3 h", "sign": "apnoea"}],
    })  # fmt: skip
    assert read.now == 2 * ages.DAY
    assert [e.at for e in read.events] == [3 * 3600, ages.DAY]


def refusals(**changes: Any) -> list[str]:
    with pytest.raises(CaseError) as refusal:
        Case.from_dict({"case": "made up", "infant": {}, "now": "60 d", "events": [], **changes})
    return list(refusal.value.problems)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"now": None}, "now: missing"),
        ({"now": "yesterday"}, "now: `yesterday`: write an age"),
        ({"now": 60}, "now: `60`: not an age"),
        ({"now": "2026-01-03T04:10"}, "need `infant.born`"),
        ({"colour": 1}, "unknown key `colour`"),
        ({"event": []}, "is it `events`?"),
        ({"infant": {"weigth": "4 kg"}}, "is it `weight`?"),
        ({"infant": {"weight": 4}}, "a weight needs its unit"),
        ({"infant": {"weight": "4"}}, "write a weight such as"),
        ({"infant": {"weight": "4 mol"}}, "write a weight such as"),
        ({"infant": {"weight": "-4 kg"}}, "negative"),
        ({"infant": {"sex": "girl"}}, "write one of female, male"),
        ({"infant": {"gestation": "60w"}}, "no newborn lived"),
        ({"infant": {"gestation": "19w"}}, "no newborn lived"),
        ({"infant": {"gestation": "46w"}}, "no newborn lived"),
        ({"intervals": {"magnesium": {"low": 0.38, "unit": "mmol/L"}}}, "check the unit"),
        ({"intervals": {"magnesium": {"low": 0.98, "unit": "mmol/L"}}}, "check the unit"),
        ({"intervals": {"magnesium": {"high": 0.67, "unit": "mmol/L"}}}, "check the unit"),
        ({"intervals": {"magnesium": {"high": 1.75, "unit": "mmol/L"}}}, "check the unit"),
        ({"infant": {"gestation": "38w9d"}}, "completed weeks"),
        ({"infant": {"gestation": True}}, "completed weeks"),
        ({"infant": {"born": "Tuesday"}}, "is not a date and time"),
        ({"infant": []}, "infant: write a mapping"),
        ({"setting": "hospitl"}, "nearest: `hospital`"),
        ({"times_assumed": "yes"}, "true or false"),
        ({"case": ["a"]}, "any name"),
        ({"events": {}}, "list of events"),
        ({"events": ["seizure"]}, "events[0]: an event is a mapping"),
        ({"events": [{"at": "1 d"}]}, "exactly one of sign, condition, given, lab"),
        ({"events": [{"sign": "seizure", "lab": "magnesium"}]}, "exactly one of"),
        ({"events": [{"sign": "seizures"}]}, "the nearest is `seizure`"),
        ({"events": [{"sign": "fit"}]}, "the nearest is `seizure`"),
        ({"events": [{"sign": "colic of the third kind"}]}, "unknown sign"),
        ({"events": [{"sign": 3}]}, "unknown sign"),
        ({"events": [{"given": "furosemide"}]}, "the nearest is `loop-diuretic`"),
        ({"events": [{"lab": "Mg", "value": 1, "unit": "mmol/L"}]}, "unknown lab"),
        ({"events": [{"condition": "AKI"}]}, "the nearest is `kidney-injury`"),
        ({"events": [{"sign": "seizure", "value": 3}]}, "unknown key `value`"),
        ({"events": [{"at": "61 d", "sign": "seizure"}]}, "events[0].at: `61 d` is after `now`"),
        ({"events": [{"at": 3, "sign": "seizure"}]}, "not an age"),
        ({"events": [{"sign": "seizure", "absent": "no"}]}, "true or false"),
        ({"events": [lab("magnesium", 0.5)]}, "needs its unit; magnesium may have mmol/L, mg/dL, mEq/L"),
        ({"events": [lab("magnesium", 1.5, "mg/L")]}, "tenfold unit error is suspected"),
        ({"events": [lab("magnesium", 1.5, "g")]}, "cannot have unit `g`"),
        ({"events": [lab("magnesium", float("nan"), "mmol/L")]}, "finite"),
        ({"events": [lab("magnesium", -1, "mmol/L")]}, "negative"),
        ({"events": [lab("magnesium", float("inf"), "mmol/L")]}, "finite"),
        ({"events": [{"lab": "magnesium", "value": "<0.2", "unit": "mmol/L"}]}, "plain number"),
        ({"events": [{"lab": "magnesium"}]}, "or a flag (low, normal, high)"),
        ({"events": [{"lab": "magnesium", "flag": "L"}]}, "write one of low, normal, high"),
        ({"events": [lab("magnesium", 1, "mmol/L", specimen=["old"])]}, "write one of haemolysed, edta"),
        ({"events": [lab("magnesium", 1, "mmol/L", specimen={})]}, "write a list"),
        ({"events": [{"given": "calcium", "dose": 2}]}, "a dose needs its unit"),
        ({"events": [{"given": "calcium", "dose": 2, "unit": "spoons"}]}, "dose unit `spoons` is not known"),
        ({"events": [{"given": "calcium", "dose": "2 mL", "unit": "mL"}]}, "plain number"),
        ({"events": [{"given": "calcium", "route": "ivv"}]}, "nearest: `iv`"),
        ({"events": [{"given": "calcium", "concentration": 10}]}, "concentration such as `10 %`"),
        ({"events": [{"given": "calcium", "over": 10}]}, "a span with its unit"),
        ({"events": [{"condition": "diarrhoea", "for": "long"}]}, "write an age"),
        ({"events": [{"condition": "malnutrition", "grade": "bad"}]}, "mild, moderate, severe"),
        ({"intervals": {"magnesum": {}}}, "the nearest is `magnesium`"),
        ({"intervals": {"magnesium": [0.6, 1]}}, "low, high and unit"),
        ({"intervals": {"magnesium": {"low": 0.65, "high": 1.05}}}, "needs its unit"),
        ({"intervals": {"magnesium": {"low": 1.05, "high": 0.65, "unit": "mmol/L"}}}, "low must be below high"),
        ({"intervals": {"magnesium": {"low": 1.6, "high": 2.5, "unit": "mmol/L"}}}, "check the unit"),
        ({"intervals": {"magnesium": {"unit": "mmol/L"}}}, "give low, high or both"),
    ],
)
def test_refused(changes: dict[str, Any], says: str) -> None:
    problems = refusals(**changes)
    assert any(says in problem for problem in problems), problems
    assert all("\n" not in problem for problem in problems)


def test_all_problems_are_said_at_once() -> None:
    problems = refusals(now="x", colour=1, events=[{"sign": "fitt"}, lab("magnesium", 1)])
    assert len(problems) == 4


def test_an_event_before_birth_is_refused() -> None:
    assert any(
        "before birth" in p
        for p in refusals(
            infant={"born": "2026-01-03T04:10+00:00"},
            now="2026-01-05T04:10+00:00",
            events=[{"at": "2026-01-01T00:00+00:00", "sign": "seizure"}],
        )
    )


def codes(read: Case) -> list[tuple[str, int | None]]:
    return [(p.code, p.event) for p in read.problems]


def test_doubts() -> None:
    assert codes(case(sign("fever"), sign("fever", absent=True))) == [("sign-contradiction", 1)]
    assert codes(case(lab("magnesium", 0.5, "mmol/L"), lab("magnesium", 0.9, "mmol/L"))) == [("results-conflict", 1)]
    assert codes(case(lab("magnesium", 0.5, "mmol/L"), lab("magnesium", 1.0, "mEq/L"))) == []
    assert codes(case(lab("calcium", 8.5, "mmol/L"))) == [("unit-suspect", 0)]
    assert codes(case(sign("well-between"), sign("unwell-between"))) == [("contradiction", 1)]
    assert codes(case(sign("well-between", "59 d"), sign("unwell-between"))) == []
    assert codes(case({"condition": "preterm"}, infant={"gestation": 39})) == [("contradiction", 0)]
    assert codes(case({"given": "calcium-oral", "route": "iv"})) == [("contradiction", 0)]
    assert codes(case({"given": "calcium-gluconate-10", "concentration": "20 %"})) == [("contradiction", 0)]
    assert codes(case({"condition": "preterm"}, infant={"gestation": 35})) == []
    assert codes(case({"given": "calcium-gluconate-10", "concentration": "10 %"})) == []
    assert codes(case({"given": "calcium-gluconate-10", "concentration": "10.5 %"})) == [("contradiction", 0)]
    spoilt = case(lab("calcium", 1.5, "mmol/L", specimen=["edta"]), lab("potassium", 8, "mmol/L"), lab("sodium", 140, "mmol/L"))
    assert codes(spoilt) == [("specimen-spoilt", 0), ("specimen-spoilt", 1)]
    assert [e.value for e in spoilt.events] == [None, None, 140]
    for weight, kept in (("310 g", True), ("290 g", False), ("24 kg", True), ("26 kg", False)):
        assert (case(infant={"weight": weight}).infant.weight is not None) is kept
    assert case(infant={"gestation": 20}).infant.gestation == 20
    assert case(infant={"gestation": 45}).infant.gestation == 45
    local = {"magnesium": {"low": 0.41, "high": 0.72, "unit": "mmol/L"}}
    assert case(intervals=local).intervals["magnesium"] == (0.41, 0.72)
    local = {"magnesium": {"low": 0.94, "high": 1.69, "unit": "mmol/L"}}
    assert case(intervals=local).intervals["magnesium"] == (0.94, 1.69)
    assert codes(case(infant={"weight": "41 kg"})) == [("weight-suspect", None)]
    assert case(infant={"weight": "41 kg"}).infant.weight is None
    # what is implausible is unknown, not used
    assert case(lab("calcium", 8.5, "mmol/L")).events[0].value is None


def test_ties_in_time_keep_the_order_of_the_file() -> None:
    read = case(lab("magnesium", 0.9, "mmol/L"), lab("magnesium", 0.5, "mmol/L"), sign("seizure", "59 d"))
    assert [e.seq for e in read.events] == [2, 0, 1]


def test_files(tmp_path: Path) -> None:
    good = tmp_path / "a.yaml"
    good.write_text(EXAMPLE, "utf-8")
    assert Case.read(good).name == "example-1"
    assert Case.read(str(good)) == Case.read_all(good)[0]
    several = tmp_path / "b.yaml"
    several.write_text(f"{EXAMPLE}\n---\n{EXAMPLE}", "utf-8")
    assert len(Case.read_all(several)) == 2
    with pytest.raises(CaseError, match="holds 2 cases"):
        Case.read(several)
    with pytest.raises(CaseError, match="No such file"):
        Case.read(tmp_path / "none.yaml")
    with pytest.raises(CaseError, match="directory"):
        Case.read(tmp_path)


def test_an_age_out_of_range_is_read() -> None:
    assert case(now="300 y").now > ages.MONTH * 24
