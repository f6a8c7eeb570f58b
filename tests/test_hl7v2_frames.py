"""A stream of bytes to messages: however it is cut, the same comes out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from neomag.hl7v2.frames import START, Block, Found, Frames, Garbage, TooLarge, Unframed, frame

# Streams in which the signs of MLLP are common.
STREAM = st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\x1c\r", b"MSH", b"a", b"\n", b"\x1c\x0b"]), max_size=40).map(
    b"".join
)
MESSAGES = st.lists(st.binary(max_size=30).filter(lambda m: b"\x0b" not in m and b"\x1c" not in m), max_size=6)


def fed(limit: int, *chunks: bytes) -> list[Found]:
    frames = Frames(limit)
    return [found for chunk in chunks for found in frames.feed(chunk)]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    ends = [*sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(MESSAGES, st.lists(st.integers(0, 10_000), max_size=12))
def test_whole_messages_come_out_whole(messages: list[bytes], places: list[int]) -> None:
    stream = b"".join(map(frame, messages))
    assert fed(100, *cut(stream, places)) == [Block(message) for message in messages]


@given(st.one_of(STREAM, st.binary(max_size=60)), st.lists(st.integers(0, 10_000), max_size=12), st.integers(1, 30))
def test_however_a_stream_is_cut(stream: bytes, places: list[int], limit: int) -> None:
    whole = fed(limit, stream)
    assert fed(limit, *cut(stream, places)) == whole
    assert fed(limit, *(stream[i : i + 1] for i in range(len(stream)))) == whole


@given(STREAM, MESSAGES)
def test_what_came_before_does_not_hide_what_follows(before: bytes, messages: list[bytes]) -> None:
    found = fed(10_000, before + b"\x1c\r" + b"".join(map(frame, messages)))
    assert found[len(found) - len(messages) :] == [Block(message) for message in messages]


def test_garbage_between_messages() -> None:
    assert fed(99, b"noise" + frame(b"one") + b"\r\n" + frame(b"two") + b"x") == [Garbage(5), Block(b"one"), Block(b"two")]


def test_a_message_without_start() -> None:
    assert fed(99, b"MSH|lost\x1c\r", frame(b"one")) == [Unframed(b"MSH|lost"), Block(b"one")]


def test_a_message_that_broke_off() -> None:
    assert fed(99, b"\x0bhalf a mess" + frame(b"whole")) == [Garbage(11), Block(b"whole")]


def test_the_limit_is_exact() -> None:
    assert fed(10, frame(b"x" * 10)) == [Block(b"x" * 10)]
    assert fed(10, frame(b"x" * 11) + frame(b"one")) == [TooLarge(b"x" * 10)]
    assert fed(10, b"x" * 11 + START) == [TooLarge(b"x" * 10)]
