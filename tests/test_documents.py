"""Reading text: strict, exact, and in bounded memory."""

from __future__ import annotations

import tracemalloc
from decimal import Decimal

import pytest

from neomag.case.documents import MAX_BYTES, DocumentError, parse


def test_numbers_stay_exact() -> None:
    assert parse(b"a: 0.10\nb: 1e-3\nc: 12", name="x.yaml") == [{"a": Decimal("0.10"), "b": Decimal("0.001"), "c": 12}]
    assert parse(b'{"a": 0.10}', name="x.json") == [{"a": Decimal("0.10")}]


def test_yaml_words_that_look_like_something_else_stay_text() -> None:
    text = b"a: no\nb: 18:30\nc: 2026-01-03\nd: '12'\ne: 60 d\nf: 1_000\ng: 0x1f\nh: true\ni: ~"
    expected = {
        "a": "no",
        "b": "18:30",
        "c": "2026-01-03",
        "d": "12",
        "e": "60 d",
        "f": "1_000",
        "g": "0x1f",
        "h": True,
        "i": None,
    }
    assert parse(text, name="x.yml") == [expected]


def test_several_documents() -> None:
    assert parse(b"a: 1\n---\na: 2", name="x.yaml") == [{"a": 1}, {"a": 2}]
    assert parse(b'{"a": 1}\n\n{"a": 2}\n', name="x.jsonl") == [{"a": 1}, {"a": 2}]
    assert parse(b'{"a": 1}\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]  # standard input has no name
    assert parse(b"\xef\xbb\xbfa: 1") == [{"a": 1}]
    assert parse(b"{a: 1, b: [2]}") == [{"a": 1, "b": [2]}]


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 107)
)


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "x.json", "empty"),
        (b"  \n", "x.yaml", "empty"),
        (b"---\n...\n# nothing\n", "x.yaml", "mapping|empty"),
        (b"\xff\xfe", "x.yaml", "UTF-8"),
        (b"a\0b", "x.yaml", "NUL"),
        (b"x" * (MAX_BYTES + 1), "x.yaml", "larger"),
        (b'{"a": 1, "a": 2}', "x.json", "twice"),
        (b"a: 1\na: 2", "x.yaml", "line 2.*twice"),
        (b"a: {b: 1, b: 2}", "x.yaml", "twice"),
        (b"[" * 5000, "x.json", "deep|JSON"),
        (b"[" * 100 + b"]" * 100, "x.json", "deep"),
        (b"[" * 100 + b"]" * 100, "x.yaml", "deep"),
        (b"[" * 200_000, "x.yaml", "deep|YAML"),
        (b'{"a": ' * 30 + b"1" + b"}" * 30, "x.json", "deep"),
        (b"a: &x 1\nb: *x", "x.yaml", "anchors"),
        (b"a: 1\nb: *x", "x.yaml", "anchors"),
        (BOMB, "x.yaml", "anchors"),
        (b"a: !!python/object/apply:os.system [ls]", "x.yaml", "tags"),
        (b"a: !!int 1", "x.yaml", "tags"),
        (b"? [a, b]\n: 1", "x.yaml", "plain text"),
        (b'{"a": NaN}', "x.json", "NaN"),
        (b'{"a": -Infinity}', "x.json", "Infinity"),
        (b"{", "x.json", "not JSON.*line 1"),
        (b"a: [1", "x.yaml", "not YAML.*line"),
        (b"\ta: 1", "x.yaml", "not YAML"),
    ],
)
def test_refused(data: bytes, name: str, says: str) -> None:
    if says == "mapping|empty":  # a document that is there but holds nothing is read; the case then refuses it
        assert parse(data, name=name) == [None]
        return
    with pytest.raises(DocumentError, match=says) as refusal:
        parse(data, name=name)
    assert "\n" not in str(refusal.value)


def test_a_bad_line_loses_only_itself() -> None:
    first, second, third = parse(b'{"a": 1}\n{"a":\n{"a": 3}', name="x.jsonl")
    assert (first, third) == ({"a": 1}, {"a": 3})
    assert isinstance(second, DocumentError)
    assert str(second).startswith("line 2: not JSON")


def test_huge_numbers_stay_small() -> None:
    assert parse(b'{"a": ' + b"9" * 5000 + b"}", name="x.json")[0]["a"] == Decimal("9" * 5000)
    assert parse(b"a: " + b"9" * 5000, name="x.yaml")[0]["a"] == "9" * 5000
    assert parse(b'{"a": 1e999999}', name="x.json")[0]["a"] == Decimal("1e999999")


def test_a_bomb_costs_no_memory() -> None:
    tracemalloc.start()
    for _ in range(20):
        with pytest.raises(DocumentError):
            parse(BOMB, name="x.yaml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000
