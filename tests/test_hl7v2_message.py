"""Messages as text: delimiters, escapes, character sets and times, held against the library `hl7`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hl7v2_made_up import MSH, lab, read_by_library

from neomag.hl7v2.escapes import STANDARD, Delimiters, delimiters, escape, unescape
from neomag.hl7v2.faults import MessageError
from neomag.hl7v2.message import head_of, parse, split
from neomag.hl7v2.times import moment, offset, written

WORDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_characters="|^~\\&\x7f"), max_size=8)
FIELD = st.lists(st.lists(WORDS, min_size=1, max_size=4).map("^".join), min_size=1, max_size=3).map("~".join)


@given(st.lists(st.lists(FIELD, min_size=1, max_size=12), min_size=1, max_size=6))
def test_fields_are_those_that_the_library_finds(rows: list[list[str]]) -> None:
    lines = [MSH, *("|".join(["ZZ1", *row]) for row in rows)]
    text = "\r".join(line.strip() for line in lines)
    ours, theirs = parse(text.encode()), read_by_library(text)
    for mine, other in zip((ours.head, *ours.segments), theirs, strict=True):
        for number in range(len(other)):
            if number or mine.name != "MSH":
                assert mine.raw(number) == str(other[number])


@given(st.text(max_size=60))
def test_what_is_escaped_reads_back(text: str) -> None:
    written_out = escape(text)
    assert not set("|^~&\r\n") & set(written_out)
    kept = "".join(
        s for s in text.replace("\r\n", "\n").replace("\r", "\n") if s == "\n" or not (s < " " or "\x7f" <= s <= "\x9f")
    )
    assert unescape(written_out, STANDARD, "utf-8") == kept


@given(st.text("\\|^~&XFSRTEHN.br09azæ", max_size=40))
def test_any_escape_is_read_without_growing(text: str) -> None:
    assert len(unescape(text, STANDARD, "utf-8")) <= len(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"5 \T\ 6", "5 & 6"), (r"a\F\b\S\c\R\d\E\e", r"a|b^c~d\e"), (r"one\.br\two\.sp3\three", "one\ntwo\nthree"),
        (r"\H\bold\N\ plain", "bold plain"), (r"\XC386\ble", "Æble"), (r"\Xzz\ stays", r"\Xzz\ stays"),
        (r"\.sp999999999\x", "\nx"), (r"no end \T", r"no end \T"), (r"\Z99\ is local", r"\Z99\ is local"),
    ],
)  # fmt: skip
def test_escape_sequences(text: str, said: str) -> None:
    assert unescape(text, STANDARD, "utf-8") == said


def test_delimiters_of_the_senders_own() -> None:
    assert delimiters("MSH$%*#@$LAB") == Delimiters("$", "%", "*", "#", "@")
    assert delimiters("MSH|^~\\&#|LAB") == STANDARD  # with the truncation sign of 2.7
    assert delimiters("MSH|^|LAB") == Delimiters("|", "^", "", "", "")
    head = parse(b"MSH$%*#@$LAB$A#F#B%x*y\r").head
    assert (head.value(3), head.value(4), head.value(4, 2), head.repetitions(4)) == (
        "LAB",
        "A|B".replace("|", "$"),
        "x",
        ["A#F#B%x", "y"],
    )


@pytest.mark.parametrize("start", ["MSH", "MSH|", "MSH||||", "MSH|^^~&|", "MSHA^~\\&A", "MSH|^~\\ |", "MSH|^~\\&ab|"])
def test_delimiters_that_are_none(start: str) -> None:
    with pytest.raises(MessageError) as found:
        parse(start.encode())
    assert found.value.rejected


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("", "utf-8"), ("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/15", "iso8859-15"), ("UTF-8", "utf-8")],
)
def test_character_sets(declared: str, codec: str) -> None:
    found = parse(f"MSH|^~\\&|LAB|Ødegård||||||||||||||{declared}\r".encode(codec))
    assert found.head.value(4) == "Ødegård"


@pytest.mark.parametrize(
    ("declared", "codec"), [("", "latin-1"), ("UNICODE UTF-8", "latin-1"), ("ASCII", "utf-8"), ("GB 18030", "gb18030")]
)
def test_text_of_another_character_set_is_refused_and_its_header_kept(declared: str, codec: str) -> None:
    raw = f"MSH|^~\\&|LAB|Ødegård||||||77||||||||{declared}\r".encode(codec)
    with pytest.raises(MessageError, match=r"MSH\[1\]-18"):
        parse(raw)
    head = head_of(raw)
    assert head is not None
    assert head.value(10) == "77"


def test_a_byte_order_mark_and_line_feeds_are_read() -> None:
    raw = b"\xef\xbb\xbf" + lab().replace(b"\r", b"\r\n")
    assert [s.name for s in parse(raw).segments] == ["PID", "OBR", "OBX"]


def test_a_line_feed_within_a_note_does_not_end_its_segment() -> None:
    found = parse(lab() + b"NTE|1||typed\nin lines\rOBX|2|NM\nOBX|3|NM\n")
    assert [s.name for s in found.segments] == ["PID", "OBR", "OBX", "NTE", "OBX", "OBX"]
    assert found.segments[3].written(3) == "typed\nin lines"


@pytest.mark.parametrize(
    "raw", [b"", b"PID|1", b"MSH|^~\\&|a\rnonsense\r", b"MSH|^~\\&|a\rOBX\x00|1\r", b"MSH|^~\\&|a\rMSH|^~\\&|b\r"]
)
def test_what_is_no_message(raw: bytes) -> None:
    with pytest.raises(MessageError):
        parse(raw)


def test_ten_megabytes_of_delimiters_are_read_at_once() -> None:
    raw = b"MSH|^~\\&|LAB\rOBX|1|ST|" + b"^" * 5_000_000 + b"|" * 5_000_000
    start = time.perf_counter()
    found = parse(raw).segments[0]
    found.value(3)
    found.written(5)
    # The library takes minutes and gigabytes for it. A wide bound: that it ends at all is what is tested.
    assert time.perf_counter() - start < 60


def test_a_file_of_several_messages() -> None:
    one = lab()
    assert split(one) == [one.strip()]
    assert split(b"\x0b" + one + b"\x1c\r\x0b" + one + b"\x1c\r") == [one.strip(), one.strip()]
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + one + one + b"BTS|2\rFTS|1\r"
    assert split(batch) == [one.strip(), one.strip()]
    assert split(b"no message, though MSH is named") == []


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 4, 14 * 4))
def test_times_read_back(when: datetime, quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    text = when.strftime("%Y%m%d%H%M%S") + datetime(2000, 1, 1, tzinfo=zone).strftime("%z")
    found = moment(text, UTC)
    assert found.first == found.last == when.replace(microsecond=0, tzinfo=zone)
    assert moment(written(found.first), zone).first == found.first


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("2026", "2026-01-01T00:00:00", "2026-12-31T23:59:59", "year"),
        ("202602", "2026-02-01T00:00:00", "2026-02-28T23:59:59", "month"),
        ("999912", "9999-12-01T00:00:00", "9999-12-31T23:59:59", "month"),
        ("20260305", "2026-03-05T00:00:00", "2026-03-05T23:59:59", "day"),
        ("2026030510", "2026-03-05T10:00:00", "2026-03-05T10:59:59", "hour"),
        ("202603051015", "2026-03-05T10:15:00", "2026-03-05T10:15:59", "minute"),
        ("20260305101530.25", "2026-03-05T10:15:30.250000", "2026-03-05T10:15:30.250000", "second"),
        ("20260305101530+0130", "2026-03-05T08:45:30", "2026-03-05T08:45:30", "second"),
    ],
)  # fmt: skip
def test_precision_of_times(text: str, first: str, last: str, precision: str) -> None:
    found = moment(text, UTC)
    assert (found.first.replace(tzinfo=None).isoformat(), found.last.replace(tzinfo=None).isoformat()) == (first, last)
    assert found.precision == precision


@pytest.mark.parametrize(
    "text", ["", "today", "20261305", "20260230", "2026030525", "202603051060", "00000101", "2026-03-05", "99991231235959-1400"]
)
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|year|month|day|hour|minute|range|out of"):
        moment(text, UTC)


@given(st.text(max_size=25))
def test_any_text_is_a_time_or_none(text: str) -> None:
    try:
        moment(text, UTC)
        offset(text)
    except ValueError:
        pass
