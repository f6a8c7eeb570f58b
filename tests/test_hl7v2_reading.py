"""Messages read as cases: what is used, what is not and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hl7v2_made_up import CA, MG, MSH, OBR, PID, K, lab, message, obx

from neomag import assess, units
from neomag.case import Event
from neomag.hl7v2.faults import MessageError
from neomag.hl7v2.patient import Patient
from neomag.hl7v2.problem import at
from neomag.hl7v2.reading import read_message
from neomag.hl7v2.terms import shipped, terms
from neomag.knowledge import load


def patient(raw: bytes, **more: Any) -> Patient:
    (found,) = read_message(raw, **more).patients
    return found


def events(raw: bytes, **more: Any) -> tuple[Event, ...]:
    found = patient(raw, **more).case
    assert found is not None
    return found.events


def codes(raw: bytes, **more: Any) -> list[str]:
    return [problem.code for problem in patient(raw, **more).problems]


def faults(raw: bytes, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(MessageError) as found:
        read_message(raw, **more)
    return [(fault.condition, fault.where) for fault in found.value.faults]


def test_a_result_becomes_a_case_and_an_answer() -> None:
    found = patient(lab(f7="0.70-1.05", f8="L"))
    assert found.key == "123^HOSP"
    assert found.case is not None
    assert found.problems == ()
    assert found.case.infant.sex == "female"
    assert found.case.intervals == {"magnesium": (0.70, 1.05)}
    (event,) = found.case.events
    assert (event.code, event.value, event.reported) == ("magnesium", 0.41, "0.41 mmol/L")
    # Born 04:10, drawn 10:00, sent 10:15, all in +0100 of MSH-7.
    assert (event.at, found.case.now) == (61 * 86_400 + 5 * 3_600 + 50 * 60, 61 * 86_400 + 6 * 3_600 + 5 * 60)
    assert assess(found.case).magnesium.status == "deficient"


@pytest.mark.parametrize("unit", ["mmol/L", "mg/dL", "mEq/L"])
@given(thousandths=st.integers(100, 3_000))
def test_every_unit_gives_the_amount_that_units_give(unit: str, thousandths: int) -> None:
    number = f"{thousandths / 1000:.3f}"
    (event,) = events(lab(number, unit))
    exact = units.read(load().analytes["magnesium"], Decimal(number), unit, load())
    assert event.value == (exact.value if exact.plausible else None)


def test_milliequivalents_are_half_as_many_millimoles() -> None:
    (event,) = events(lab("1.5", "meq/L^^UCUM"))
    assert event.value == 0.75


@pytest.mark.parametrize("unit", ["mmol/L", "mmol/L^mmol/L^UCUM", "mmol/l^millimole per liter^UCUM", "^mmol/L", "MMOL/L^^ISO+"])
def test_units_as_they_are_written(unit: str) -> None:
    assert events(lab("0.41", unit))[0].value == 0.41


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("2532-0^Magnesium^LN", "name-code-conflict"),
        ("MG^Magnesium^LN", "loinc-check-digit"),
        ("2601-4^Magnesium^LN", "loinc-check-digit"),
        ("17861-6^Kalsium ionisert^LN", "name-code-conflict"),
        ("2597-3^Magnesium RBC^LN", "excluded-code"),
        ("2597-3^^LN", "excluded-code"),
        ("2601-3^Magnesium red cells^LN", "name-code-conflict"),
        ("2601-3^Magnesium^LN^2000-8^^LN", "code-conflict"),
        ("MG^Magnesium^L", "unbound-code"),
    ],
)
def test_codes_that_contradict_themselves_are_not_used(name: str, problem: str) -> None:
    raw = message(obx(name, "0.5"), obx(K, "4.1"))
    assert codes(raw) == [problem]
    assert [event.code for event in events(raw)] == ["potassium"]


def test_what_is_no_concern_of_neomag_is_passed_over() -> None:
    raw = message(
        obx("718-7^Hemoglobin^LN", "14", "g/dL"), obx("8302-2^Length^LN", "55", "cm"), obx("X^Comment^L", "x", kind="TX")
    )
    assert patient(raw).case is None
    assert patient(raw).problems == ()


def test_the_code_does_not_tell_the_unit() -> None:
    raw = lab("1.0", "mg/dL")
    assert codes(raw) == ["code-unit-conflict"]
    assert events(raw)[0].reported == "1.0 mg/dL"


@pytest.mark.parametrize(
    ("unit", "fault"),
    [("", ("101", "OBX[1]-6")), ("mg/L", ("103", "OBX[1]-6")), ("banana", ("103", "OBX[1]-6"))],
)
def test_a_unit_is_never_guessed(unit: str, fault: tuple[str, str]) -> None:
    assert faults(lab("0.41", unit)) == [fault]
    beside = message(obx(MG, "0.41", unit), obx(K, "4.1"))
    assert [(e.code, e.value) for e in events(beside)] == [("magnesium", None), ("potassium", 4.1)]
    assert codes(beside)[-1] == ("unknown-unit" if unit else "no-unit")


@pytest.mark.parametrize(
    ("value", "kind", "flag"),
    [
        ("<0.2", "NM", "low"), ("< 0.2", "ST", "low"), ("<^0.2", "SN", "low"), ("≤0.2", "ST", "low"), (">^9", "SN", "high"),
        ("<0.9", "NM", None), (">^0.2", "SN", None),
    ],
)  # fmt: skip
def test_a_comparator_is_not_its_number(value: str, kind: str, flag: str | None) -> None:
    raw = message(obx(MG, value, kind=kind), obx(K, "4.1"))
    assert "comparator" in codes(raw)
    assert [(e.value, e.flag) for e in events(raw) if e.code == "magnesium"] == [(None, flag)]


def test_the_laboratorys_flag_counts_where_there_is_no_number() -> None:
    assert [(e.value, e.flag) for e in events(lab("", f8="LL"))] == [(None, "low")]
    assert [(e.value, e.flag) for e in events(lab("0.41", f8="H"))] == [(0.41, None)]
    assert [(e.value, e.flag) for e in events(lab("", f8="N^Normal^HL70078"))] == [(None, "normal")]


@pytest.mark.parametrize("value", ["HEMOLYZED", "0,41", "0.41 mmol/L", "1e9999", "0.41~0.52", "-", "NaN", "٠.٤"])
def test_text_is_no_number(value: str) -> None:
    raw = message(obx(MG, value, kind="ST"), obx(K, "4.1"))
    assert codes(raw) == ["not-a-number"]
    assert [e.value for e in events(raw) if e.code == "magnesium"] == [None]


def test_a_sentinel_is_no_level() -> None:
    assert codes(message(obx(MG, "-1"), obx(K, "4.1"))) == ["negative"]
    (event,) = events(lab("999"))
    assert event.suspect
    assert event.value is None


@pytest.mark.parametrize(
    ("rows", "left", "problems"),
    [
        ([("0.41", "F"), ("0.81", "C")], [0.81], []),
        ([("0.41", "P"), ("0.44", "F")], [0.44], []),
        ([("0.41", "F"), ("0.41", "D")], [], ["entered-in-error"]),
        ([("0.41", "F"), ("", "W")], [], ["entered-in-error"]),
        ([("0.41", "F"), ("", "X")], [], ["not-final"]),
        ([("0.41", "F"), ("", "U")], [0.41], []),
        ([("0.41", "R")], [], ["not-final"]),
        ([("0.41", "")], [], ["not-final"]),
        ([("0.41", "D"), ("0.62", "C")], [0.62], ["entered-in-error"]),
    ],
)
def test_corrections_and_withdrawals(rows: Sequence[tuple[str, str]], left: list[float], problems: list[str]) -> None:
    raw = message(*(obx(MG, value, f11=status) for value, status in rows), obx(K, "4.1"))
    assert [e.value for e in events(raw) if e.code == "magnesium"] == left
    assert codes(raw) == problems
    assert patient(raw).withdrawn == ({"magnesium"} if {s for _, s in rows} & {"D", "W", "X"} else set())


def test_a_correction_is_of_its_own_order_and_sub_id() -> None:
    raw = message(obx(MG, "0.41"), "OBR|2|p2|f2|x", obx(MG, "0.81", f11="C", f14="202603050900"))
    assert sorted(e.value or 0 for e in events(raw)) == [0.41, 0.81]
    raw = message(obx(MG, "0.41", sub="1"), obx(MG, "0.81", sub="2", f11="C", f14="202603050900"))
    assert len(events(raw)) == 2
    again = message(obx(MG, "0.41"), "OBR|2|p1|f1|x|||202603051000", obx(MG, "0.81", f11="C"))
    assert [e.value for e in events(again)] == [0.81]


def test_two_results_of_one_moment_are_a_problem_of_the_answer() -> None:
    found = patient(message(obx(MG, "0.41"), obx(MG, "0.81")))
    assert found.case is not None
    assert [p.code for p in found.case.problems] == ["results-conflict"]


def test_the_status_of_the_report_stands_for_a_missing_one() -> None:
    obr = OBR + "|" * 17 + "|F"
    assert obr.split("|")[25] == "F"
    assert events(message(obx(MG, "0.41", f11=""), obr=obr))[0].value == 0.41


@pytest.mark.parametrize(
    ("extra", "tags"),
    [
        (["NTE|1||Specimen hemolyzed"], {"haemolysed"}), (["NTE|1||Prøve: slight haemolysis\\.br\\repeat"], {"haemolysed"}),
        (["NTE|1||No haemolysis seen"], set()), (["NTE|1||Sample not hemolyzed"], set()), (["NTE|1||EDTA?"], set()),
        (["SPM|1|||SER^Serum^HL70487" + "|" * 20 + "HEM^Hemolyzed^HL70493"], {"haemolysed"}),
        (["SPM|1|||BLDCO^Cord blood^HL70487"], {"cord"}),
    ],
)  # fmt: skip
def test_specimens_and_notes(extra: list[str], tags: set[str]) -> None:
    assert events(message(obx(MG, "0.80"), *extra))[0].specimen == tags


def test_the_specimen_of_an_old_message() -> None:
    obr = OBR + "|" * 8 + "BLD&Blood^^hemolyzed"
    assert obr.split("|")[15].startswith("BLD")
    assert events(message(obx(MG, "0.80"), obr=obr))[0].specimen == {"haemolysed"}


def test_a_tube_with_edta_spoils_the_result() -> None:
    found = patient(message(obx(MG, "0.30"), "SPM|1|||BLD^Blood^HL70487||EDTA^EDTA^HL70371"))
    assert found.case is not None
    assert assess(found.case).magnesium.status == "uninterpretable"


def test_urine_is_not_serum() -> None:
    raw = message(obx(MG, "3.0"), "SPM|1|||UR^Urine^HL70487", "OBR|2|p2|f2|x|||202603051000", obx(K, "4.1"))
    assert codes(raw) == ["specimen-conflict"]
    assert [e.code for e in events(raw)] == ["potassium"]
    for kind in ("UR^^HL70487", "CSF^Cerebrospinal fluid^HL70487", "X^Urine"):
        also = ("OBR|2|p2|f2|x|||202603051000", obx(K, "4.1"))
        assert codes(message(obx(MG, "3.0"), f"SPM|1|||{kind}", *also)) == ["specimen-conflict"]
    urine = message(obx("2598-1^Magnesium urine^LN", "3.0"), "SPM|1|||UR^Urine^HL70487")
    assert [e.code for e in events(urine)] == ["urine-magnesium"]


@pytest.mark.parametrize(
    ("text", "interval", "problems"),
    [
        ("0.70-1.05", (0.7, 1.05), []), ("> 0.65", (0.65, None), []), ("<=1.1", (None, 1.1), []), ("", None, []),
        ("see table", None, ["interval-refused"]), ("1.7-2.4", None, ["interval-refused"]), ("1.05-0.70", None, ["interval-refused"]),
    ],
)  # fmt: skip
def test_the_laboratorys_own_interval(
    text: str, interval: tuple[float | None, float | None] | None, problems: list[str]
) -> None:
    found = patient(lab("0.72", f7=text))
    assert found.case is not None
    assert found.case.intervals.get("magnesium") == interval
    assert [p.code for p in found.problems] == problems


@pytest.mark.parametrize(
    ("obr7", "obx14", "at", "problems"),
    [
        ("202603051000", "", 19_000, []), ("202603051000", "202603050900", 15_400, []),
        ("202603050900Z", "202603051000", 19_000, []), ("202603050800+0000", "", 15_400, []),
        ("20260305", "", 0, ["date-only"]), ("", "", None, ["no-time"]),
        ("202603051200", "", None, ["after-message"]), ("202603051040", "", 21_400, []),
    ],
)  # fmt: skip
def test_times(obr7: str, obx14: str, at: int | None, problems: list[str]) -> None:
    pid = PID.replace("202601030410", "202603050443")  # 20,000 s before the message, less 80
    raw = message(obx(MG, "0.41", f14=obx14), pid=pid, obr=f"OBR|1|p1|f1|x|||{obr7}")
    (event,) = events(raw)
    assert event.at == (None if at is None else at + 20 if at else 0)
    assert codes(raw) == problems


def test_a_result_after_the_message_moves_the_moment_of_asking_but_little() -> None:
    found = patient(message(obx(MG, "0.41", f14="202603051040"))).case
    assert found is not None
    assert found.now == found.events[0].at


@pytest.mark.parametrize("time", ["202513", "tomorrow", "20250101"])
def test_a_result_at_no_time_or_before_birth_is_lost(time: str) -> None:
    raw = message(obx(MG, "0.41", f14=time), obx(K, "4.1"))
    assert [e.code for e in events(raw)] == ["potassium"]
    assert codes(raw) == ["before-birth" if time == "20250101" else "bad-time"]


def test_zones() -> None:
    naive = MSH.replace("+0100", "")
    raw = message(obx(MG, "0.41", f14="202603051000+0100"), msh=naive)
    # Birth is of the zone that is asked for: UTC is an hour later than Oslo.
    utc, oslo = events(raw, zone=UTC)[0].at, events(raw, zone=ZoneInfo("Europe/Oslo"))[0].at
    assert utc is not None
    assert oslo == utc + 3_600


def test_a_zone_that_is_named_knows_of_summer_time() -> None:
    summer = MSH.replace("20260305101500+0100", "20260605101500+0200")
    raw = message(obx(MG, "0.41", f14="20260605100000+0200"), msh=summer)
    by_the_message, by_the_zone = events(raw)[0].at, events(raw, zone=ZoneInfo("Europe/Oslo"))[0].at
    assert by_the_zone is not None
    assert by_the_message == by_the_zone + 3_600  # born at 04:10 of winter time, an hour later than at 04:10 of summer time


def test_the_day_of_birth_alone() -> None:
    pid = PID.replace("202601030410", "20260103")
    raw = message(obx(MG, "0.41"), pid=pid)
    assert codes(raw) == ["birth-day-only"]
    assert events(raw)[0].at == 61 * 86_400 + 10 * 3_600


@pytest.mark.parametrize(
    ("born", "fault"),
    [
        ("", ("101", "PID[1]-7")),
        ("2026", ("102", "PID[1]-7")),
        ("long ago", ("102", "PID[1]-7")),
        ("20270101", ("102", "PID[1]-7")),
        ("10000101", ("102", "PID[1]-7")),
    ],
)
def test_without_birth_there_is_no_age(born: str, fault: tuple[str, str]) -> None:
    pid = PID.replace("202601030410", born)
    assert faults(message(obx(MG, "0.41"), pid=pid)) == [fault]
    # Where nothing is asked of it, it may be missing.
    assert patient(message(obx("718-7^Hemoglobin^LN", "14", "g/dL"), pid=pid)).case is None


def test_an_infant_without_identifier() -> None:
    assert faults(message(obx(MG, "0.41"), pid=PID.replace("123^^^HOSP^MR", ""))) == [("101", "PID[1]-3")]
    assert patient(message(obx(MG, "0.41"), pid="PID|1|77|||x||20260103|M")).key == "77^"


def test_an_adult_is_answered_as_out_of_scope() -> None:
    found = patient(message(obx(MG, "0.41"), pid=PID.replace("2026", "1970"))).case
    assert found is not None
    assert assess(found).rule("out-of-scope")


def test_weights_and_gestation() -> None:
    raw = message(
        obx(MG, "0.80"), obx("29463-7^Weight^LN", "4.1", "kg"), obx("8339-4^Birth weight^LN", "1480", "g^gram^UCUM"),
        obx("11884-4^Gestation^LN", "31", "wk"),
    )  # fmt: skip
    found = patient(raw).case
    assert found is not None
    assert (found.infant.weight, found.infant.birth_weight, found.infant.gestation) == (4_100, 1_480, 31)
    bad = message(obx(MG, "0.80"), obx("29463-7^Weight^LN", "9", "lb"), obx("11884-4^Gestation^LN", "3", "wk"))
    assert codes(bad) == ["trait-unit", "gestation-suspect"]


def test_where_the_infant_is() -> None:
    for word, place in (("I", "hospital"), ("E", "hospital"), ("O", "clinic"), ("B", None), ("policy", None)):
        found = patient(message("PV1|1|" + word, OBR, obx(MG, "0.41"), obr="")).case
        assert found is not None
        assert found.setting == place


def test_several_patients_and_orders() -> None:
    second = "PID|2||456^^^HOSP^MR||X^Y||20260201|M"
    again = "PID|3||123^^^HOSP^MR||Ødegård^Ærlig||202601030410|F"
    raw = message(
        obx(MG, "0.41"), "OBR|2|p2|f2|x|||202603050900", obx(CA, "1.7"), second, OBR.replace("f1", "f9"), obx(MG, "0.9"),
        again, "OBR|1|p3|f3|x|||202603040900", obx(K, "4.0"),
    )  # fmt: skip
    first, other = read_message(raw).patients
    assert first.case is not None
    assert other.case is not None
    assert [e.code for e in first.case.events] == ["potassium", "calcium", "magnesium"]
    assert [(e.code, e.value) for e in other.case.events] == [("magnesium", 0.9)]
    assert first.source is not None
    assert first.source.value(3) == "f1"


@pytest.mark.parametrize("kind", ["ORM^O01", "OML^O21^OML_O21"])
def test_orders(kind: str) -> None:
    msh = MSH.replace("ORU^R01^ORU_R01", kind)
    raw = message(
        "ORC|NW|p1", "OBR|1|p1||2000-8^Calcium^LN", "OBX|1|NM|2601-3^Magnesium^LN||0.41|mmol/L|||||F|||202603050900",
        "ORC|CA|p2", "OBR|2|p2||718-7^Hb^LN", msh=msh, obr="",
    )  # fmt: skip
    found = patient(raw)
    assert [(one.lab, one.control) for one in found.ordered] == [("calcium", "NW"), (None, "CA")]
    assert found.case is not None
    assert [e.code for e in found.case.events] == ["magnesium"]


def test_a_drug_ordered_is_not_a_dose_given() -> None:
    raw = message("ORC|NW|p1", "RXO|CAGLUC^Calcium gluconate^L|2||mL", msh=MSH.replace("ORU^R01^ORU_R01", "ORM^O01"), obr="")
    assert codes(raw) == ["ordered-not-given"]
    assert patient(raw).case is None


def test_a_result_before_any_patient() -> None:
    assert faults("\r".join([MSH, OBR, obx(MG, "0.41")]).encode()) == [("100", "PID[1]")]


@pytest.mark.parametrize(
    ("old", "new", "condition"),
    [
        ("ORU^R01^ORU_R01", "ADT^A01", "200"), ("ORU^R01^ORU_R01", "ORU^R30", "201"), ("|42|", "||", "101"), ("|P|", "|Q|", "202"),
        ("|2.5.1|", "|3.0|", "203"), ("|2.5.1|", "||", "203"),
    ],
)  # fmt: skip
def test_messages_that_are_rejected(old: str, new: str, condition: str) -> None:
    with pytest.raises(MessageError) as found:
        read_message(lab().replace(old.encode(), new.encode(), 1))
    assert found.value.rejected
    assert [fault.condition for fault in found.value.faults] == [condition]


def test_a_sites_own_codes(tmp_path: Path) -> None:
    table = tmp_path / "codes.csv"
    table.write_text("system,code,kind,vocabulary\nL,MGS,lab,magnesium\nHOSP,KA,lab,potassium\n", "utf-8")
    raw = message(obx("MGS^Magnesium serum^L", "0.41"), obx("KA^^HOSP", "4.1"))
    assert [e.code for e in events(raw, terms=terms([table]))] == ["magnesium", "potassium"]


def test_earlier_results_of_the_store() -> None:
    def history(key: str) -> Sequence[Mapping[str, Any]]:
        assert key == "123^HOSP"
        return [
            {"at": "60 d", "lab": "magnesium", "value": 0.9, "unit": "mmol/L"}, {"at": "60 d", "sign": "seizure"},
            {"at": "61 d 5 h 50 min", "lab": "potassium", "value": 9.9, "unit": "mmol/L"}, {"at": "900 d", "sign": "fever"},
        ]  # fmt: skip

    raw = message(obx(MG, "0.41"), obx(K, "4.1", f11="C"))
    found = [(e.code, e.value) for e in events(raw, history=history)]
    assert found == [("magnesium", 0.9), ("seizure", None), ("magnesium", 0.41), ("potassium", 4.1)]


def test_every_problem_has_its_words() -> None:
    known = shipped()
    for code in known.ways["problems"]:
        if code != "policy":
            assert len(known.says(code).split()) > 3
    troubles = [
        "loinc-check-digit", "code-conflict", "excluded-code", "name-code-conflict", "unbound-code", "not-a-number", "negative",
        "unit-text-conflict", "unknown-unit", "no-unit", "comparator", "code-unit-conflict", "no-time", "bad-time", "date-only",
        "imprecise-time", "before-birth", "no-value", "not-final", "entered-in-error", "birth-day-only", "trait-unit",
        "weight-suspect", "gestation-suspect", "ordered-not-given",
    ]  # fmt: skip
    assert all(known.says(code) for code in troubles)


def test_every_table_of_reading_says_why_and_on_whose_word() -> None:
    import tomllib

    from neomag.knowledge.tables import terminology_file

    sources = tomllib.loads(terminology_file("sources.toml").read_text("utf-8"))
    for name, table in shipped().ways.items():
        assert len(table.get("policy", "").split()) > 2, name
        assert all(key in sources for key in table.get("sources", ())), name


def test_a_problem_names_its_place_and_holds_no_value_for_the_sender() -> None:
    (problem,) = patient(message(obx(MG, "0.41", "furlong"), obx(K, "4.1"))).problems
    assert problem.where == "OBX[1]-6"
    assert problem.fault is not None
    assert "0.41" not in problem.fault.says
    head = read_message(lab()).message.head
    assert str(at(head, "x", "says", 9, "detail")) == "MSH[1]-9: says (detail)"


def test_one_identifier_of_two_infants_is_refused() -> None:
    def two(second: str) -> bytes:
        return message(obx(MG, "1.0"), second, OBR, obx(MG, "2.0"))

    with pytest.raises(MessageError, match="same identifier"):
        read_message(two(PID.replace("20260103", "20250103")))
    assert len(read_message(two(PID)).patients) == 1


def test_what_is_called_the_mother_s_is_not_the_infant_s() -> None:
    raw = message(obx("19123-9^Magnesium (mother)^LN", "1.0"), obx(K, "4.1"))
    assert codes(raw) == ["name-code-conflict"]
    assert [event.code for event in events(raw)] == ["potassium"]
