"""The exported rules in CQL's own engine: cql-execution (JavaScript) and the reference translator answer as neomag does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from tests.conformance.finding_rows import Row, around, case_rows, comparisons, example_rows, random_rows, threshold_rows
from tests.test_rules import FOUND, NODES, SIGNATURES

from neomag.knowledge import RuleEntry
from neomag.rules import Rulebook, elm, rulebook
from neomag.rules import duckdb as to_duckdb
from neomag.rules import spark as to_spark
from neomag.rules.export import to_cql, to_elm
from neomag.rules.selection import Selection, select
from neomag.rules.tree import Compare, Name, Node
from neomag.rules.why import Explainer

ROOT = Path(__file__).parents[2]
CQL = ROOT / "tools" / "cql"
QUICK = os.environ.get("NEOMAG_TEST_PROFILE", "quick") == "quick"


def run(library: Path, rows: Sequence[Row]) -> list[Row]:
    """The rules' values that cql-execution gives for an ELM library, a mapping a row."""
    return asked(["run.mjs", "run", library], rows)


def referred(text: str, rows: Sequence[Row], folder: Path) -> list[Row]:
    """The rules' values that the reference engine gives for CQL text."""
    (folder / "reference.cql").write_text(text, "utf-8")
    return asked(["reference.mjs", folder / "reference.cql"], rows)


def asked(command: list[str | Path], rows: Sequence[Row]) -> list[Row]:
    script, *rest = command
    told = subprocess.run(
        ["node", CQL / script, *rest], input="".join(json.dumps(row) + "\n" for row in rows),
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=600,
    )  # fmt: skip
    return [json.loads(line) for line in told.stdout.splitlines()]


def compiled(text: str) -> subprocess.CompletedProcess[str]:
    """What the reference translator makes of CQL text."""
    return subprocess.run(["node", CQL / "compile.mjs"], input=text, capture_output=True, text=True, cwd=ROOT, timeout=120)


def by_rule(answers: Sequence[Sequence[Any]], ids: Sequence[str]) -> list[Row]:
    return [dict(zip(ids, answer, strict=True)) for answer in answers]


def in_python(book: Rulebook, rows: Sequence[Row]) -> list[Row]:
    ids = [entry.id for entry in book.entries]
    return by_rule([book.evaluate([row[name] for name in book.findings]) for row in rows], ids)


def in_duckdb(book: Rulebook, rows: Sequence[Row], folder: Path) -> list[Row]:
    path = folder / "rows.json"
    path.write_text("".join(json.dumps({"place": i, **row}) + "\n" for i, row in enumerate(rows)), "utf-8")
    with duckdb.connect() as con:
        con.execute(f"create table found (place bigint, {to_duckdb.columns(book.findings)})")
        con.execute(f"copy found from '{path}' (format json)")
        answers = con.execute(f"{to_duckdb.query(book.trees, book.order, 'found')} order by place").fetchall()
    return by_rule(answers, [entry.id for entry in book.entries])


def in_spark(book: Rulebook, rows: Sequence[Row], session: Any, folder: Path) -> list[Row]:
    """By the text that `rules export --to spark` writes, over Parquet of the rows."""
    path = folder / "spark.json"
    path.write_text("".join(json.dumps({"place": i, **row}) + "\n" for i, row in enumerate(rows)), "utf-8")
    with duckdb.connect() as con:
        con.execute(f"create table found (place bigint, {to_duckdb.columns(book.findings)})")
        con.execute(f"copy found from '{path}' (format json)")
        con.execute(f"copy found to '{folder / 'found.parquet'}' (format parquet)")
    session.read.parquet(str(folder / "found.parquet")).createOrReplaceTempView("found")
    answers = session.sql(to_spark.query(book.trees, book.order, "found"))
    names = {entry.name: entry.id for entry in book.entries}
    # Spark keeps the order of the one file; the place is not among what the rules give.
    return [{names[name]: value for name, value in row.asDict().items()} for row in answers.coalesce(1).collect()]


def differences(one: Sequence[Row], other: Sequence[Row]) -> list[str]:
    return [
        f"row {place} [{rule}]: {mine} and {theirs.get(rule, 'nothing')}"
        for place, (ours, theirs) in enumerate(zip(one, other, strict=True))
        for rule, mine in ours.items()
        if rule not in theirs or theirs[rule] is not mine
    ]


@pytest.fixture(scope="module")
def rows(book: Rulebook) -> list[Row]:
    """Few in the quick profile of tests, many in the full one; the same each time."""
    many = 60 if QUICK else 400
    every = [
        *random_rows(book, many, seed=5),
        *threshold_rows(book, seed=6),
        *example_rows(book, most=1 if QUICK else 100),
        *case_rows(book, many),
    ]
    return [{name: row[name] for name in book.findings} for row in every]


@pytest.fixture(scope="module")
def library(book: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("elm") / "rules.json"
    path.write_text(to_elm(select(book)), "utf-8")
    return path


@pytest.fixture(scope="module")
def answers(book: Rulebook, rows: list[Row]) -> list[Row]:
    return in_python(book, rows)


def test_every_rule_is_exported(book: Rulebook, library: Path) -> None:
    written = json.loads(library.read_text("utf-8"))["library"]
    assert [rule["name"] for rule in written["statements"]["def"]] == [entry.id for entry in book.entries]
    assert written["identifier"]["version"] == book.knowledge.version


def test_the_rows_try_every_rule(book: Rulebook, answers: list[Row]) -> None:
    for entry in book.entries:
        seen = {answer[entry.id] for answer in answers}
        assert True in seen, entry.id
        assert seen & {False, None}, entry.id


def test_cql_execution_python_and_duckdb_agree_on_every_rule(
    book: Rulebook, rows: list[Row], answers: list[Row], library: Path, tmp_path: Path
) -> None:
    assert differences(answers, run(library, rows)) == []
    assert differences(answers, in_duckdb(book, rows, tmp_path)) == []


@pytest.mark.slow
def test_the_rules_exported_for_spark_agree(
    book: Rulebook, rows: list[Row], answers: list[Row], session: Any, tmp_path: Path
) -> None:
    assert differences(answers, in_spark(book, rows, session, tmp_path)) == []


def bare(written: Any) -> Any:
    """ELM without what does not bear on meaning: notes, places in the text, and types that are told twice."""
    if isinstance(written, dict):
        return {k: bare(v) for k, v in written.items() if k not in {"annotation", "signature", "locator", "localId"}}
    return [bare(item) for item in written] if isinstance(written, list) else written


@pytest.fixture(scope="module")
def translated(book: Rulebook) -> str:
    told = compiled(to_cql(select(book)))
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_the_text_compiles_to_the_very_library(library: Path, translated: str) -> None:
    ours, theirs = (bare(json.loads(text)["library"]) for text in (library.read_text("utf-8"), translated))
    mine, its = ({rule["name"]: rule for rule in found.pop("statements")["def"]} for found in (ours, theirs))
    assert [name for name in mine | its if mine.get(name) != its.get(name)] == []
    assert ours == theirs


def test_the_compiled_text_gives_the_same_values(rows: list[Row], answers: list[Row], translated: str, tmp_path: Path) -> None:
    some = slice(None, None, 10 if QUICK else 1)  # it has just been shown to be the same library
    (tmp_path / "translated.json").write_text(translated, "utf-8")
    assert differences(answers[some], run(tmp_path / "translated.json", rows[some])) == []


@pytest.mark.slow
def test_the_reference_engine_agrees_with_exact_decimals(
    book: Rulebook, rows: list[Row], answers: list[Row], tmp_path: Path
) -> None:
    """It is slow, and sees a sample of the rows."""
    some = slice(None, None, max(1, len(rows) // 100))
    assert differences(answers[some], referred(to_cql(select(book)), rows[some], tmp_path)) == []


def test_text_that_is_wrong_is_refused(book: Rulebook) -> None:
    """So that a text that does compile says something."""
    told = compiled(to_cql(select(book, ["any-seizure"])).replace('Findings."prolonged"', 'Findings."prolongd"'))
    assert told.returncode == 1
    assert "prolongd" in told.stderr


def chosen_of(trees: dict[str, Node], findings: dict[str, Any]) -> Selection:
    entries = tuple(RuleEntry(name, f"Made up: {name}.", "") for name in trees)
    return Selection(rulebook().knowledge, entries, trees, tuple(trees), findings)


def agrees_everywhere(chosen: Selection, rows: list[Row], expected: list[Row], folder: Path) -> None:
    """As ELM and, but in the quick profile, as compiled text and in the reference engine."""
    (folder / "elm.json").write_text(to_elm(chosen), "utf-8")
    assert differences(expected, run(folder / "elm.json", rows)) == []
    if not QUICK:
        told = compiled(to_cql(chosen))
        assert told.returncode == 0, told.stderr
        (folder / "cql.json").write_text(told.stdout, "utf-8")
        assert differences(expected, run(folder / "cql.json", rows)) == []
        assert differences(expected, referred(to_cql(chosen), rows, folder)) == []


def test_a_unit_in_the_last_place_decides(book: Rulebook, tmp_path: Path) -> None:
    """Every comparison with a number alone, at its number and at the nearest floats on both sides."""
    numbers = {
        f"c{place}": each
        for place, each in enumerate(comparisons(book.trees))
        if not isinstance(each.right, str | Name) and book.findings[each.left].type == "quantity"
    }
    extreme = {"small": 1e-7, "smaller": 4.1e-17, "third": 1 / 3, "large": 1e21, "below": -0.1 - 0.2}
    probes: dict[str, Node] = {**numbers}
    probes |= {name: Compare("<", "magnesium", number, "") for name, number in extreme.items()}
    assert any(len(elm.decimal(each.right).partition(".")[2]) > 8 for each in numbers.values() if isinstance(each.right, float))
    rows = [
        dict.fromkeys(book.findings) | {probe.left: at}
        for probe in probes.values()
        if isinstance(probe, Compare) and isinstance(probe.right, int | float)
        for at in around(float(probe.right))[:3]
    ]
    chosen = chosen_of(probes, dict(book.findings))
    expected = [{name: Explainer({}, row).value(node) for name, node in probes.items()} for row in rows]
    agrees_everywhere(chosen, rows, expected, tmp_path)


def test_any_rule_of_the_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random trees, not only those that the knowledge holds today, as ELM and as text."""
    monkeypatch.setattr("neomag.rules.export.describe", lambda name, knowledge: name)
    nodes: list[Node] = []
    rows: list[Row] = []

    @settings(max_examples=150, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(NODES, FOUND)
    def collect(node: Node, row: Row) -> None:
        nodes.append(node)
        rows.append(row)

    collect()
    trees = {f"r{place}": node for place, node in enumerate(nodes)}
    chosen = chosen_of(trees, {name: SIGNATURES[name] for name in rows[0]})
    expected = [{name: Explainer({}, row).value(node) for name, node in trees.items()} for row in rows]
    assert {value for row in expected for value in row.values()} == {True, False, None}
    agrees_everywhere(chosen, rows, expected, tmp_path)
