"""The engine of the browser says what Python says: every finding, every rule, the whole answer; and it refuses the same cases."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from tests.conformance.engines import Intervals
from tests.conformance.finding_rows import Row, case_rows, example_rows, random_rows, threshold_rows
from tests.conformance.infants import moments, written
from tests.conformance.javascript import (
    BOOK,
    differences,
    disagreements,
    in_javascript,
    in_python,
    lines,
    of_cases,
    run,
)
from tests.conformance.test_cql import chosen_of
from tests.conformance.test_engines import EXAMPLES, LOCALS, RULES
from tests.strategies import cases
from tests.test_rules import FOUND, NODES, SIGNATURES
from tools.fuzz import inputs

from neomag import Case, ages, units
from neomag.case import documents
from neomag.rules import javascript
from neomag.rules.export import to_javascript
from neomag.rules.selection import select
from neomag.rules.tree import Name, Node
from neomag.rules.why import Explainer
from neomag.web.assets import assets
from neomag.web.engine import knowledge_json
from neomag.web.engine.messages import MESSAGES
from neomag.web.languages import LANGUAGES

CASES = Path(__file__).parents[1] / "cases"
KNOWN = BOOK.knowledge
QUICK = os.environ.get("NEOMAG_TEST_PROFILE", "quick") == "quick"


def at(case: dict[str, Any], now: int, local: Intervals) -> dict[str, Any]:
    """The case as it was known at `now`, with a local laboratory's intervals."""
    events = [e for e in case["events"] if "at" not in e or ages.seconds(e["at"]) <= now]
    limits = {
        code: {side: v for side, v in zip(("low", "high"), both, strict=True) if v is not None} | {"unit": KNOWN.analytes[code].canonical}
        for code, both in local.items()
    }  # fmt: skip
    return case | {"now": ages.written(now), "events": events, "intervals": limits}


def asked(count: int, seed: int, local: Intervals, most: int = 6) -> list[tuple[str, bytes]]:
    """The infants that DuckDB and Spark are asked about, each at several moments."""
    rng = random.Random(seed)
    made = written(count, seed)
    return of_cases(at(case, now, local) for case in made for now in moments(Case.from_dict(case), rng, most))


def text(value: Any) -> bytes:
    """A document as JSON, its decimals as they stand."""
    marks: list[str] = []

    def mark(number: object) -> str:
        assert isinstance(number, Decimal)
        marks.append(str(number))
        return f"@{len(marks) - 1}@"

    return re.sub(r'"@(\d+)@"', lambda found: marks[int(found[1])], json.dumps(value, default=mark)).encode()


def examples() -> list[tuple[str, bytes]]:
    """The made-up cases that pin each threshold of each rule from both sides."""
    found = [e for path in sorted(RULES.glob("*.toml")) for e in tomllib.loads(path.read_text("utf-8"))["example"]]
    read = [documents.parse(f"case: made up\n{example['given']}".encode(), name="example.yaml")[0] for example in found]
    return [("example.json", text(document)) for document in read]


# Answers


@pytest.mark.parametrize("local", LOCALS)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_infants_of_the_other_engines(seed: int, local: str) -> None:
    """Every finding there is, every rule, and the whole answer."""
    assert disagreements(asked(60, seed, LOCALS[local]), every=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 14))
def test_thousands_of_infants(seed: int) -> None:
    local = LOCALS["local"] if seed % 2 else LOCALS["default"]
    assert disagreements(asked(500, seed, local, most=5), every=True) == []


def test_published_cases() -> None:
    files = [(path.name, path.read_bytes()) for folder in (EXAMPLES, CASES) for path in sorted(folder.glob("*.json"))]
    assert len(files) >= 90
    assert disagreements(files, every=True) == []


def test_the_examples_of_every_rule() -> None:
    """Few of them in the quick profile; all 1,800 else, and every rule is true in one."""
    files = examples()
    assert disagreements(files[:: 12 if QUICK else 1]) == []
    if not QUICK:
        answers = [one["answer"]["rules"] for (one,) in in_javascript(files)]
        assert {rule["id"] for rules in answers for rule in rules if rule["value"]} == {entry.id for entry in BOOK.entries}


def drawn(count: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(cases())
    def collect(case: dict[str, Any]) -> None:
        made.append(case)

    collect()
    return made


def test_any_infants() -> None:
    assert disagreements(of_cases(drawn(150 if QUICK else 2_000))) == []


# Numbers, units and times, where an answer turns on the last place

VALUES = ("0.6", "0.60", "1.2", "1.20", "1.4583", "1.458", "1.45830", "0.5999999999999999", "0.6000000000000001", "1.19999999999999999999",
          "1.2000000000000000000000000001", "12e-1", "0.12E+1", "2", "4.861", "4.8610000000000000001", "10", "0", "0.0", "0e3", "0.000000000000",
          "1e-12", "999999999999", "1e13", "1e-13", "0e-13", "123456789012345678901234567890", "1234567890123456789012345678901", "7.25", "0.03125")  # fmt: skip


def reading(code: str, value: str, unit: str) -> list[Any]:
    """What Python reads, as the runner tells it: the number, how it was reported, whether it is plausible; or the refusal."""
    try:
        read = units.read(KNOWN.analytes[code], documents.parse(value.encode(), name="x.json")[0], unit, KNOWN)
    except units.UnitError as error:
        return [str(error)]
    return [read.value, read.reported, read.plausible]


def test_every_unit_of_every_analyte() -> None:
    """The same double from Python's fractions and the browser's; also from numbers of more digits than a double has."""
    draw = random.Random(7)
    others = [f"{draw.uniform(0, 30):.{draw.randrange(18)}f}" for _ in range(100)]
    made = [
        (a.code, value, unit)
        for a in KNOWN.analytes.values() for unit in [*a.units, *a.refused] for value in (*VALUES, *others)
    ]  # fmt: skip
    (told,) = run([{"readings": made}])
    assert [
        (one, want, got)
        for one, want, got in zip(made, (reading(*one) for one in made), told, strict=True)
        if differences(want, got)
    ] == []


def test_a_threshold_is_met_exactly_in_every_unit() -> None:
    """1.2 mEq/L and 1.4583 mg/dL are 0.6 mmol/L, which is not below it; a digit less is."""

    def magnesium(value: str, unit: str) -> tuple[str, bytes]:
        return (
            "x.json",
            f'{{"now":"60 d","events":[{{"at":"60 d","lab":"magnesium","value":{value},"unit":"{unit}"}}]}}'.encode(),
        )

    at_it = [magnesium("0.60", "mmol/L"), magnesium("1.2", "mEq/L"), magnesium("1.4583", "mg/dL")]
    below = [magnesium("0.5999", "mmol/L"), magnesium("1.1999", "mEq/L"), magnesium("1.4582", "mg/dL")]
    said = [one["answer"]["magnesium"] for (one,) in in_javascript([*at_it, *below])]
    assert [level["status"] for level in said] == ["grey"] * 3 + ["deficient"] * 3
    assert [level["value"]["value"] for level in said[:3]] == [0.6] * 3
    assert [level["value"]["reported"] for level in said[:3]] == ["0.60 mmol/L", "1.2 mEq/L", "1.4583 mg/dL"]


TIMES = ("birth", " Birth ", "36 h", "36h", "1.5 d", "0.5 s", "1.5 s", "2.5 s", "60 d 2 h 10 min", "60d,2h", "60 d and 2 h", "8 wk", "5 mo",
         "5 months", "2 y", "400 y", "400 y 1 s", "-3 d", "", " ", "3", "d", "3 d 4", "3 dd", "9999999999 s", "0.1234567 d", "٣ d", "３６ h", "𝟗 d",
         "3\u00a0d", "3\x1cd", "3\ufeffd", "٣x d", "1 MIN", "1 d, , 2 h")  # fmt: skip
GESTATIONS = ("38w2d", "38 w 2 d", "38+2", "38 + 2 days", "38", "382", "38 weeks", "387", "38w7d", "", "38.5", "3", "19w6d", "20", "45", "45w1d",
              "３８w2d", "38WK2D", "38w2", " 38 ", "-38", "38-2")  # fmt: skip
BORN = ("2026-01-03T04:10+00:00", "2026-01-03T04:10", "2026-01-03 04:10:00Z", "20260103T0410+0000", "2026-W01-6T04:10Z", "2026W016T04:10Z",
        "2026-W01T04:10Z", "2026W01104:10Z", "2026-01-03T04.5Z", "2026-01-03T04:10:00.1234567Z", "2026-01-03T04:10:00.123456x",
        "2026-01-03T04:10:00,5Z", "2026-01-03T04:10-23:59", "2026-01-03T04:10+24:00", "2026-02-29T04:10Z", "2024-02-29T04:10Z", "2026-13-03T04:10Z",
        "2026-01-03T24:00Z", "2026-01-03T04:60Z", "2026-01-03T0410Z", "2026-01-03T04:1000Z", "0000-01-03T04:10Z", "2026-01-03T04:10+", "2026-01-03",
        "2026-W54-1T04:10Z", "2026-W53-1T04:10Z", "2025-W53-1T04:10Z", "2026-01-03T04:10:00+00:00:30.5", "2026-01-03_04:10Z", "2026-1-03T04:10Z",
        "2026-01-03T04:10z", "2026-01-03T", "2026-W01-6x04:10Z", "2026-01-03T4:10+00:00", "２０２６-01-03T04:10Z")  # fmt: skip


def test_every_way_to_write_a_time() -> None:
    sign = {"sign": "seizure"}
    made = [{"now": t, "events": [sign]} for t in TIMES]
    made += [{"now": "60 d", "events": [{"condition": "diarrhoea", "for": t, "at": t}]} for t in TIMES]
    made += [{"now": "60 d", "infant": {"gestation": g}} for g in (*GESTATIONS, 38, 38.0, 38.5, True)]
    nows = (
        "2026-01-09T04:10:00.5+00:00",
        "2026-01-09T04:10:01.500000+01:00",
        "2026-01-09T04:10",
        "2026-01-09T04:10:02.5",
        "6 d",
        "2026-01-02T04:10Z",
    )
    made += [{"now": now, "infant": {"born": born}, "events": [sign]} for born in BORN for now in nows]
    made += [{"now": now, "infant": {"born": "2026-01-01T00:00Z"}, "events": [sign]} for now in BORN]
    made += [{"now": now, "events": [sign]} for now in nows]
    assert disagreements(of_cases(made), every=True) == []


# Refusals

MISTAKES: list[Any] = [
    [], "case", 3, {}, {"case": None, "now": "1 d"}, {"case": 7, "now": "1 d"}, {"case": 7.5, "now": "1 d"}, {"case": True, "now": "1 d"},
    {"now": None}, {"now": 3}, {"now": "x"}, {"now": "-1 d"}, {"now": "2026-01-01"}, {"now": "1 d", "nwo": 1, "zzzzzz": 2},
    {"now": "1 d", "setting": "home "}, {"now": "1 d", "setting": "moon"}, {"now": "1 d", "age_assumed": 1, "times_assumed": "yes"},
    {"now": "1 d", "infant": []}, {"now": "1 d", "infant": {"sex": "f", "weigth": "3 kg", "weight": 3, "birth_weight": "3"}},
    {"now": "1 d", "infant": {"weight": "3 kgs", "birth_weight": "3 mmol/L"}}, {"now": "1 d", "infant": {"weight": "3 furlongs"}},
    {"now": "1 d", "infant": {"weight": "30 kg", "birth_weight": "-3 kg"}}, {"now": "1 d", "infant": {"gestation": "12"}},
    {"now": "1 d", "infant": {"gestation": "forty"}}, {"now": "1 d", "infant": {"gestation": 38.5, "born": "yesterday"}},
    {"now": "2025-01-01T00:00", "infant": {"born": "2026-01-01T00:00"}}, {"now": "2526-01-01T00:00", "infant": {"born": "2026-01-01T00:00"}},
    {"now": "2026-01-02T00:00Z", "infant": {"born": "2026-01-01T00:00"}}, {"now": "500 y"},
    {"now": "1 d", "events": {}}, {"now": "1 d", "events": [[], "x", {}, {"at": "1 d"}, {"sign": "seizure", "lab": "magnesium"}, {"colour": "red"}]},
    {"now": "1 d", "events": [{"sign": "seizur"}, {"sign": "fit"}, {"sign": "zzzzzzzzzz"}, {"sign": ""}, {"lab": "mg"}, {"given": "phenobarbital"}]},
    {"now": "1 d", "events": [{"sign": "seizure", "value": 3}, {"sign": "seizure", "absent": "no"}, {"sign": "seizure", "at": "2 d"}]},
    {"now": "1 d", "events": [{"condition": "diarrhoea", "for": 3}, {"condition": "diarrhoea", "for": "3"}, {"condition": "diarrhoea", "grade": "bad"}]},
    {"now": "1 d", "events": [{"given": "calcium", "dose": "3"}, {"given": "calcium", "dose": 3}, {"given": "calcium", "dose": 3, "unit": "spoons"},
                              {"given": "calcium", "unit": "mL/week"}, {"given": "calcium", "unit": 3}, {"given": "calcium", "dose": -3, "unit": "mL"},
                              {"given": "calcium", "concentration": 10}, {"given": "calcium", "concentration": "10 mg"}, {"given": "calcium", "concentration": "x"},
                              {"given": "calcium", "route": "intravenous", "over": "ten"}, {"given": "calcium", "dose": 1, "unit": "mL/kg/h/d"},
                              {"given": "calcium", "dose": 1, "unit": " ML / KG / Hour"}]},
    {"now": "1 d", "events": [{"lab": "magnesium"}, {"lab": "magnesium", "value": "0.6", "unit": "mmol/L"}, {"lab": "magnesium", "value": 0.6},
                              {"lab": "magnesium", "value": 0.6, "unit": 3}, {"lab": "magnesium", "value": 6, "unit": "mg/L"}, {"lab": "magnesium", "value": 6, "unit": "g"},
                              {"lab": "magnesium", "value": -1, "unit": "mmol/L"}, {"lab": "magnesium", "value": True, "unit": "mmol/L"},
                              {"lab": "magnesium", "flag": "L"}, {"lab": "magnesium", "flag": "low", "specimen": {}}, {"lab": "magnesium", "flag": "low", "specimen": ["cup"]},
                              {"lab": "magnesium", "value": 1e300, "unit": "mmol/L"}]},
    {"now": "1 d", "intervals": []}, {"now": "1 d", "intervals": {"magnesiun": {}, "magnesium": 3}},
    {"now": "1 d", "intervals": {"magnesium": {"unit": "mmol/L"}, "calcium": {"low": 2.6, "high": 2.1, "unit": "mmol/L"}, "sodium": {"low": 1, "unit": "mmol/L"}}},
    {"now": "1 d", "intervals": {"magnesium": {"low": 1.7, "high": 2.6, "unit": "mmol/L"}, "calcium": {"low": "NaN", "high": "1,5", "unit": "mmol/L", "x": 1}}},
    {"now": "1 d", "intervals": {"potassium": {"low": "3_0e-1", "high": " 5.5 ", "unit": " MMOL / l"}, "calcium": {"low": "x", "high": [], "unit": "mmol/L"}}},
    {"now": "1 d", "events": [{"sign": "seizure"}] * 10_001}, {"now": "1 d", "events": [{"colour": n} for n in range(120)]},
    {"now": "1 d", "events": [{"sign": f"none-{n}"} for n in range(120)]}, {"now": "1 d", "infant": {"weight": "3 moles"}},
    {"now": "1 d", "events": [{"lab": "magnesium", "value": 0.6, "unit": "mmol/L", "specimen": "cord"}, {"lab": "magnesium", "value": "x"}]},
]  # fmt: skip


def test_refusals_say_what_python_says() -> None:
    files = of_cases(MISTAKES)
    for data, (wanted,), (got,) in zip(MISTAKES, in_python(files), in_javascript(files), strict=True):
        assert ("answer" in wanted) == ("answer" in got), data
        if "answer" in got:
            assert not differences(wanted, got)
        else:
            # Of a value that is no text JavaScript shows what was written, Python what it became: `1E+300`, `True`.
            assert [line.lower() for line in lines(got)] == [line.lower() for line in wanted["refusals"]], data


FILES: tuple[bytes, ...] = (
    b"", b" \n", b"\xff", b"\0", b"{", b'{"now":"1 d",}', b'{"now":"1 d"} x', b'{"now":"1 d","now":"2 d"}', b'{"now":NaN}', b'{"now":-Infinity}', b'{"now":1e9999999999999999999}',
    b"[" * 21, b"[" * 100_000, b'{"a":' * 30, b"'x'", b'{"now":"1 d","__proto__":1}', b'{"now":"1 d","constructor":{}}', b'{"now":"1 d","infant":{"__proto__":{}}}',
    b'{"now":"1 \td"}', b'{"now":"1 d","case":"\\ud800"}', b'{"now":"1 d","case":01}', b'{"now":"1 d","case":-0}', b'{"now":"1 d","case":1e2}',
    b'\xef\xbb\xbf{"now":"1 d"}', b'{"now":"1 d"}\n\n{"now":"x"}\n[', b'{"now":"1 d"}\n{"now":"2 d"}', b'{"now":"1 d","events":[{"lab":"magnesium","value":0e-999999,"unit":"mmol/L"}]}',
    b'{"now":"1 d","case":12345678901234567890}', b'{"now":"1 d","x":' + b"[" * 18 + b"]" * 18 + b"}", b'{"now":"1 d","source":' + b"[" * 19 + b"]" * 19 + b"}",
    b'{"now":"1 d","source":' + b"[" * 20 + b"]" * 20 + b"}",
)  # fmt: skip


@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
def test_files_that_are_no_cases(name: str) -> None:
    assert disagreements([(name, data) for data in FILES]) == []


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_malformed_files_are_refused_alike(seed: int) -> None:
    """The files of tools/fuzz.py, read as JSON: as many refusals at as many cases, and equal answers to those that can be read."""
    made = [
        (name if name.endswith(".jsonl") else "x.json", data)
        for _, data, name in islice(inputs(seed), 1_000 if seed == 1 else 10_000)
    ]
    assert disagreements(made) == []


def pattern(message: str) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part) for part in re.split(r"\{\w+\}", message)))


def test_every_message_is_said_in_full() -> None:
    """Each has a mistake above or a use in an answer, and no hole is left open."""
    local = [{"now": "1 d", "events": [{"lab": "magnesium", "flag": "low"}], "intervals": {"magnesium": {"unit": "mmol/L"} | limits}}
             for limits in ({"low": 0.7}, {"low": 0.7, "high": 1})]  # fmt: skip
    large = [("x.json", b" " * (4 * 1024 * 1024 + 1))]
    files = [*of_cases([*MISTAKES, *local]), *((name, data) for data in FILES for name in ("x.json", "x.jsonl")), *large]
    told = [one for file in in_javascript(files) for one in file]
    said = {line for one in told if "refusals" in one for line in lines(one)}
    said |= {str(text) for one in told if "answer" in one for text in (one["answer"]["magnesium"]["interval"] or {}).values()}
    assert [code for code, message in MESSAGES.items() if not any(map(pattern(message).search, said))] == []
    assert [line for line in said if re.search(r"undefined|null\b|\[object|\{[a-z]+\}", line)] == []


# The rules alone


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    many = 60 if QUICK else 400
    every = [
        *random_rows(BOOK, many, seed=5),
        *threshold_rows(BOOK, seed=6),
        *example_rows(BOOK, most=1),
        *case_rows(BOOK, many),
    ]
    return [{name: row[name] for name in BOOK.findings} for row in every]


def test_every_rule_at_every_threshold(rows: list[Row], tmp_path: Path) -> None:
    """In the browser and as `neomag rules export --to javascript` writes them."""
    wanted = [BOOK.evaluate(list(row.values())) for row in rows]
    (tmp_path / "rules.mjs").write_text(to_javascript(select(BOOK)), "utf-8")
    values, exported = run(
        [{"rows": [list(row.values()) for row in rows]}, {"module": str(tmp_path / "rules.mjs"), "rows": rows}]
    )
    ids = [entry.id for entry in BOOK.entries]
    seen: Counter[tuple[str, Any]] = Counter()
    for want, value, said in zip(wanted, values, exported, strict=True):
        assert not differences(list(want), value)
        assert not differences(dict(zip(ids, want, strict=True)), said)
        seen.update(zip(ids, want, strict=True))
    assert all(seen[rule, True] and seen[rule, False] + seen[rule, None] for rule in ids)


def test_an_exported_module_takes_what_is_missing_for_unknown(tmp_path: Path) -> None:
    (tmp_path / "rules.mjs").write_text(to_javascript(select(BOOK)), "utf-8")
    ((said,),) = run([{"module": str(tmp_path / "rules.mjs"), "rows": [{}]}])
    blank = BOOK.evaluate(list(BOOK.plan.blank[: len(BOOK.findings)]))
    assert not differences(dict(zip((entry.id for entry in BOOK.entries), blank, strict=True)), said)


def test_any_rule_of_the_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random trees: their values both ways, the findings that decided, and what would settle them."""
    monkeypatch.setattr("neomag.rules.export.describe", lambda name, knowledge: name)
    trees: dict[str, Node] = {}
    found: list[Row] = []

    @settings(max_examples=150 if QUICK else 600, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(NODES, FOUND)
    def collect(node: Node, row: Row) -> None:
        trees[f"r{len(found)}"] = node
        found.append(row)

    collect()
    # Rules that name rules, and so on down.
    trees |= {f"s{n}": javascript.Or((Name(f"r{n}"), javascript.Not(Name(f"r{n + 1}")))) for n in range(len(found) - 1)}
    trees |= {f"t{n}": javascript.And((Name(f"s{n}"), Name(f"s{n + 1}"))) for n in range(len(found) - 2)}
    names = list(found[0])
    places = {name: place for place, name in enumerate([*names, *trees])}
    rows = [{name: row[name] for name in names} for row in found[: 8 if QUICK else 40]]
    (tmp_path / "rules.mjs").write_text(to_javascript(chosen_of(trees, {name: SIGNATURES[name] for name in names})), "utf-8")
    explained, exported = run(
        [
            {"trees": [javascript.compact(node, places) for node in trees.values()], "findings": len(names), "rows": [list(row.values()) for row in rows]},
            {"module": str(tmp_path / "rules.mjs"), "rows": rows},
        ]
    )  # fmt: skip
    for row, (values, grounds, missing, settling), said in zip(rows, explained, exported, strict=True):
        explainer = Explainer(trees, row)
        wanted = [explainer.value(node) for node in trees.values()]
        assert not differences(wanted, values)
        assert not differences(wanted, list(said.values()))
        for name, ground, lacks, sets in zip(trees, grounds, missing, settling, strict=True):
            assert [names[place] for place in ground] == list(explainer.grounds(name))
            assert [names[place] for place in lacks] == explainer.missing(name)
            assert sorted(sorted(names[place] for place in one) for one in sets) == sorted(
                map(sorted, explainer.settling(name))
            )


# What the browser loads


def scripts() -> dict[str, str]:
    return {name: a.body.decode() for name, a in assets().items() if name.startswith("engine/") and name.endswith(".js")}


def test_the_engine_needs_nothing_that_a_strict_policy_or_an_old_phone_refuses() -> None:
    """No eval, no import but its own files, and nothing after ES2020 that would be a syntax error or missing there."""
    for name, script in scripts().items():
        assert not re.search(r"\beval\(|new Function|setTimeout\(|innerHTML|document\.", script), name
        assert not re.search(
            r"\.at\(|replaceAll|Object\.hasOwn|structuredClone|findLast|\?\?=|\|\|=|&&=|\(\?<[!=]|static \{|^\s+#|\.group\(",
            script,
            re.M,
        ), name
        for module in re.findall(r'from "([^"]+)"', script):
            assert f"engine/{module.removeprefix('./')}" in assets(), (name, module)


def test_the_words_of_every_language_have_the_same_keys() -> None:
    def keys(value: Any) -> Iterator[tuple[str, ...]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield (key,)
                yield from ((key, *rest) for rest in keys(inner))

    wanted = set(keys(json.loads(knowledge_json("en"))))
    for code in LANGUAGES:
        said = json.loads(knowledge_json(code))
        assert said["language"] == code
        assert set(keys(said)) == wanted


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_another_language_changes_words_alone(language: str) -> None:
    """Codes, numbers, rules and places are the same."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: bare(v) for k, v in value.items() if k not in {"says", "test", "population", "source"}}
        return [bare(one) for one in value] if isinstance(value, list) else value

    files = [(path.name, path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))[:8]] + of_cases(MISTAKES[:20])
    assert bare(in_javascript(files)) == bare(in_javascript(files, language=language))


def test_words_of_another_knowledge_are_refused(tmp_path: Path) -> None:
    """The page must not put the sentences of one release to the rules of another."""
    script = Path(assets.__wrapped__.__code__.co_filename).parent / "static" / "engine" / "knowledge.js"
    (tmp_path / "rules.mjs").write_bytes(assets()["engine/rules.js"].body)
    told = subprocess.run(
        ["node", "--input-type=module", "-e",
         f'import {{knowledge}} from {json.dumps(script.as_uri())}; import * as rules from {json.dumps((tmp_path / "rules.mjs").as_uri())}; knowledge(rules, {{digest: "other"}});'],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 1
    assert "the words were made of another knowledge" in told.stderr


def weight(names: Sequence[str]) -> int:
    return sum(len(a.packed or a.body) for name, a in assets().items() if name in names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_one_language_loads_is_light(language: str) -> None:
    """Of the 300 kB that the first clinician page may weigh, a third at most is the engine's."""
    assert weight([*scripts(), f"engine/words-{language}.json"]) < 100_000
