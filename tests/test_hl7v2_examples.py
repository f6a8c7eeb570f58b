"""Whole messages in the manner of public examples, all made up: how laboratories of different makes write the same result."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hl7v2_made_up import MG, MSH, OBR, PID, obx, read_by_library

from neomag import Case, assess
from neomag.hl7v2.reading import read_message

# As the laboratory results guide of 2.5.1 has them: OIDs, UCUM, specimen after the results, times with zones.
GUIDE = r"""
MSH|^~\&#|Lab^2.16.840.1.113883.3.72.5.20^ISO|Mŷ Laboratory^2.16.840.1.113883.3.72.5.21^ISO|EHR^2.16.840.1.113883.3.72.5.22^ISO|Clínica|20260305101530.123-0500||ORU^R01^ORU_R01|LRI-1|T|2.5.1|||AL|NE|||||LRI_Common_Component^^2.16.840.1.113883.9.16^ISO
PID|1||PATID1234^^^MPI&2.16.840.1.113883.19.3.2.1&ISO^MR||Ñandú^Zoë^Ĳ^^^^L||20260301031500-0500|F||2106-3^White^HL70005
ORC|RE|ORD1^EHR^2.16.840.1.113883.19.3^ISO|R-1^Lab^2.16.840.1.113883.19.3^ISO
OBR|1|ORD1^EHR^2.16.840.1.113883.19.3^ISO|R-1^Lab^2.16.840.1.113883.19.3^ISO|24323-8^Comprehensive metabolic panel^LN^CMP^Panel^99USI|||20260304080000-0500|||||||||57422^Radon^Nicholas|||||||20260304093000-0500|||F
OBX|1|NM|19123-9^Magnesium [Mass/volume] in Serum or Plasma^LN^MG^Magnesium^99USI||1.2|mg/dL^milligram per deciliter^UCUM^mg/dL^mg/dL^L|1.6 to 2.4|L^Below low normal^HL70078|||F|||20260304080000-0500|||||20260304090000-0500||||Lab
OBX|2|SN|17861-6^Calcium [Mass/volume] in Serum or Plasma^LN||<^6.0|mg/dL^^UCUM|8.5-10.5|LL^Below lower panic limits^HL70078|||F
NTE|1|L|Phoned to ward \T\ read back.\.br\Specimen not hemolyzed
OBX|3|CWE|600-7^Bacteria identified^LN||^Nothing grew||||||F
SPM|1|^SP1&Lab&2.16.840.1.113883.19.3&ISO||119364003^Serum specimen^SCT^^^^||||||||||||||20260304080000-0500
"""
# As an older interface has them: local code first and LOINC beside it, times without a zone, units as they are typed.
OLD = r"""
MSH|^~\&|HNAM|H|X|Y|20260305101530||ORU^R01|Q1|T|2.3||||||8859/1
PID|1|E77|PATID1234^^^MPI||Müller^Jürgen||20260301|M
OBR|1||L-9^HNAM|MGS^Magnesium Level^L|||202603040800||||||||SER&Serum|||||||||||F
OBX|1|NM|MGS^Magnesium Level^L^2601-3^Magnesium^LN|1|0.49|mmol/l|0.65-1.05|L|||F
OBX|2|ST|K^Potassium^L^2823-3^Potassium^LN|1|  4.9 |MMOL/L||N|||F
"""


def bytes_of(text: str, codec: str) -> bytes:
    return text.strip().replace("\n", "\r").encode(codec)


def test_the_manner_of_the_guide() -> None:
    raw = bytes_of(GUIDE, "utf-8")
    (patient,) = read_message(raw).patients
    assert patient.key == "PATID1234^MPI"
    assert patient.case is not None
    calcium, magnesium = sorted(patient.case.events, key=lambda e: e.code)
    assert (magnesium.reported, magnesium.at) == ("1.2 mg/dL", 3 * 86_400 + 4 * 3_600 + 45 * 60)
    assert (calcium.value, calcium.flag) == (None, "low")
    assert magnesium.specimen == frozenset()
    assert patient.case.intervals["magnesium"] == pytest.approx((1.6 * 10 / 24.305, 2.4 * 10 / 24.305))
    assert [p.code for p in patient.problems] == ["comparator"]
    answer = assess(patient.case)
    assert (answer.magnesium.status, answer.magnesium.grade) == ("deficient", "severe")
    theirs = str(read_by_library(raw.decode()).segment("PID")[5])
    assert theirs.split("^")[0] == patient.pid.value(5) == "Ñandú"


def test_the_manner_of_an_older_interface() -> None:
    (patient,) = read_message(bytes_of(OLD, "latin-1")).patients
    assert patient.case is not None
    assert [(e.code, e.reported) for e in patient.case.events] == [("magnesium", "0.49 mmol/L"), ("potassium", "4.9 mmol/L")]
    assert [p.code for p in patient.problems] == ["birth-day-only"]
    assert patient.pid.value(5) == "Müller"
    assert patient.case.intervals["magnesium"] == (0.65, 1.05)


def test_the_same_result_in_both_gives_the_same_answer_but_for_the_unit() -> None:
    old = bytes_of(OLD.replace("0.49|mmol/l|0.65-1.05", "1.2|mg/dL|1.6-2.4"), "latin-1")
    levels = [
        assess(patient.case).magnesium.value
        for raw in (bytes_of(GUIDE, "utf-8"), old)
        for patient in read_message(raw).patients
        if patient.case
    ]
    assert levels[0] == levels[1] == pytest.approx(1.2 * 10 / 24.305)


def test_a_message_of_as_many_results_as_there_can_be_is_read() -> None:
    rows = [obx(MG, "0.41", sub=str(n)) for n in range(2_000)]
    raw = "\r".join([MSH, PID, OBR, *rows]).encode()
    start = time.perf_counter()
    (patient,) = read_message(raw).patients
    assert patient.case is not None
    assert len(patient.case.events) == 2_000
    print(f"{time.perf_counter() - start:.2f} s for 2,000 results")


LOINC = {
    "magnesium": "2601-3", "calcium": "2000-8", "calcium-ionised": "1995-0", "phosphate": "14879-1", "potassium": "2823-3",
    "sodium": "2951-2", "glucose": "14749-6", "urine-magnesium": "2598-1",
}  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(LOINC)), st.integers(0, 300), st.integers(1, 4_000), st.sampled_from("FCP")),
        min_size=1, max_size=6, unique_by=lambda row: (row[0], row[1]),
    )
)  # fmt: skip
def test_the_same_infant_gets_the_same_answer_through_a_message_and_a_case(rows: list[tuple[str, int, int, str]]) -> None:
    born = datetime(2026, 1, 3, 4, 10, tzinfo=UTC)
    segments: list[str] = []
    events: list[dict[str, object]] = []
    for number, (code, hours, thousandths, status) in enumerate(rows):
        value, when = thousandths / 1_000, born + timedelta(hours=hours)
        segments.append(obx(f"{LOINC[code]}^^LN", str(value), sub=str(number), f11=status, f14=f"{when:%Y%m%d%H%M}+0000"))
        events.append({"at": when.isoformat(), "lab": code, "value": value, "unit": "mmol/L"})
    pid = PID.replace("202601030410", "202601030410+0000")
    (patient,) = read_message("\r".join([MSH, pid, OBR, *segments]).encode()).patients
    case = Case.from_dict(
        {
            "case": "HL7 v2 message", "infant": {"born": born.isoformat(), "sex": "female"},
            "now": "2026-03-05T09:15:00+00:00", "events": events,
        }
    )  # fmt: skip
    assert patient.case is not None
    assert assess(patient.case).to_dict() == assess(case).to_dict()
