"""What the sender of a message is told."""

from __future__ import annotations

from datetime import UTC, datetime

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hl7v2_made_up import MSH, lab, read_by_library

from neomag.hl7v2.ack import ACCEPTED, ERROR, REJECTED, Outcome, acknowledge, failed, read_acknowledgement
from neomag.hl7v2.faults import CONDITIONS, MISSING, NOT_IN_TABLE, Fault
from neomag.hl7v2.message import head_of, parse

NOW = datetime(2026, 3, 5, 9, 16, tzinfo=UTC)
FAULT = Fault(MISSING, "a unit is missing", "OBX", 2, 6)


def answers(msh: str, outcome: Outcome) -> list[hl7.Message]:
    return [read_by_library(raw.decode("latin-1")) for raw in acknowledge(head_of(msh.encode()), outcome, now=NOW)]


def test_original_mode() -> None:
    (found,) = answers(MSH, Outcome(ACCEPTED))
    assert str(found["MSH.F3"]) == "EHR"
    assert str(found["MSH.F5"]) == "LAB"
    assert str(found["MSH.F7"]) == "20260305091600+0000"
    assert str(found.segment("MSH")[9]) == "ACK^R01^ACK"
    assert [str(field) for field in found.segment("MSA")] == ["MSA", "AA", "42"]
    assert len(found) == 2


@pytest.mark.parametrize(
    ("accept", "application", "outcome", "codes"),
    [
        ("AL", "AL", ACCEPTED, ["CA", "AA"]), ("AL", "AL", ERROR, ["CE", "AE"]), ("AL", "NE", ACCEPTED, ["CA"]),
        ("NE", "AL", REJECTED, ["AR"]), ("NE", "NE", REJECTED, []), ("ER", "SU", ACCEPTED, ["AA"]), ("ER", "SU", ERROR, ["CE"]),
        ("SU", "ER", ACCEPTED, ["CA"]), ("", "AL", ACCEPTED, ["AA"]), ("AL", "", REJECTED, ["CR"]), ("", "", ERROR, ["AE"]),
        ("junk", "junk", ERROR, ["AE"]),
    ],
)  # fmt: skip
def test_enhanced_mode(accept: str, application: str, outcome: str, codes: list[str]) -> None:
    msh = MSH.replace("|2.5.1||||||", f"|2.5.1|||{accept}|{application}||")
    assert [str(found.segment("MSA")[1]) for found in answers(msh, Outcome(outcome))] == codes


def test_faults_name_segment_and_field() -> None:
    (found,) = answers(MSH, Outcome(ERROR, (FAULT,)))
    assert str(found.segment("MSA")[1]) == "AE"
    err = found.segment("ERR")
    assert str(err[2]) == "OBX^2^6"
    assert str(err[3]) == "101^Required field missing^HL70357"
    assert (str(err[4]), str(err[8])) == ("E", "OBX[2]-6: a unit is missing")


def test_a_warning_does_not_make_an_acceptance_an_error() -> None:
    (found,) = answers(MSH, Outcome(ACCEPTED, warnings=(FAULT,)))
    assert str(found.segment("MSA")[1]) == "AA"
    assert str(found.segment("ERR")[4]) == "W"


def test_before_2_5_a_fault_is_one_field() -> None:
    (found,) = answers(MSH.replace("2.5.1", "2.3"), Outcome(ERROR, (FAULT,), (FAULT,)))
    assert str(found.segment("MSH")[9]) == "ACK"
    assert [str(e) for e in found.segments("ERR")] == ["ERR|OBX^2^6^101&Required field missing&HL70357"]


def test_the_senders_own_delimiters() -> None:
    (raw,) = acknowledge(head_of(b"MSH$%*#@$L%x$A$B$C$20260305$$ORU%R01$4#F#2$P$2.5"), Outcome(ERROR, (FAULT,)), now=NOW)
    found = parse(raw)
    msa = next(s for s in found.segments if s.name == "MSA")
    assert msa.value(2) == "4$2"
    assert found.head.raw(5) == "L%x"


def test_what_is_echoed_is_echoed_to_the_byte() -> None:
    for codec in ("utf-8", "latin-1"):
        raw = MSH.replace("|HOSP|EHR", "|Sjúkrahús|EHR").encode(codec)
        (found,) = acknowledge(head_of(raw), Outcome(ACCEPTED), now=NOW)
        assert "|LAB|Sjúkrahús|".encode(codec) in found


def test_no_header_at_all() -> None:
    (raw,) = acknowledge(None, Outcome(REJECTED, (Fault(NOT_IN_TABLE, "unreadable"),)), now=NOW)
    found = parse(raw)
    assert found.head.value(9) == "ACK"
    assert [s.name for s in found.segments] == ["MSA", "ERR"]


def test_an_acknowledgement_is_not_acknowledged() -> None:
    assert answers(MSH.replace("ORU^R01^ORU_R01", "ACK^R01"), Outcome(ACCEPTED)) == []


@given(st.text(max_size=20), st.sampled_from([ACCEPTED, ERROR, REJECTED]), st.sampled_from(sorted(CONDITIONS)))
def test_any_header_gets_an_answer_that_reads_back(control: str, outcome: str, condition: str) -> None:
    raw = MSH.replace("|42|", f"|{control}|").encode("utf-8", "surrogatepass")
    head = head_of(raw)
    for answer in acknowledge(head, Outcome(outcome, (Fault(condition, "x|y", "PID", 1, 3),)), now=NOW):
        found = parse(answer, undeclared="8859/1") if b"UNICODE" not in answer else head_of(answer)
        assert found is not None
        assert answer.count(b"MSA|") >= 1


def test_reading_an_acknowledgement() -> None:
    (raw,) = acknowledge(head_of(lab()), failed("down"), now=NOW)
    found = read_acknowledgement(parse(raw).segments)
    assert found is not None
    assert (found.code, found.control, found.conditions, found.good) == ("AR", "42", ("207",), False)
    assert read_acknowledgement(parse(lab()).segments) is None
