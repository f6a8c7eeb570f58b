"""neomag rules export: what it writes runs elsewhere and gives the same values; how it fails."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from tests.conformance.finding_rows import Row, example_rows, random_rows

from neomag.cli import main
from neomag.knowledge import Signature
from neomag.rules import Rulebook, cql, elm, json_form
from neomag.rules.duckdb import columns
from neomag.rules.export import TARGETS
from neomag.rules.selection import select
from neomag.rules.tree import Compare, names


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["rules", "export", *map(str, args)])


def written(*args: str) -> str:
    result = run(*args)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def rows(book: Rulebook) -> list[Row]:
    every = [*random_rows(book, 40, seed=8), *example_rows(book, most=1)]
    return [{name: row[name] for name in book.findings} for row in every]


@pytest.fixture(scope="module")
def expected(book: Rulebook, rows: list[Row]) -> list[Row]:
    ids = [entry.id for entry in book.entries]
    return [dict(zip(ids, book.evaluate(list(row.values())), strict=True)) for row in rows]


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_names_every_rule_and_its_grounds(target: str, book: Rulebook) -> None:
    text = written("--to", target)
    assert book.knowledge.version in text
    assert book.knowledge.digest in text
    for entry in book.entries:
        assert re.search(rf'["`]{entry.id}["`]', text), entry.id
        assert " ".join(entry.says.split()[:3]) in text.replace('\\"', '"'), entry.id
    if target in {"cql", "elm", "json"}:
        assert all(source in text for entry in book.entries for source in entry.sources)


def table(con: duckdb.DuckDBPyConnection, book: Rulebook, rows: list[Row], folder: Path) -> None:
    path = folder / "rows.json"
    path.write_text("".join(json.dumps({"infant": f"i{n}", "now": n, **row}) + "\n" for n, row in enumerate(rows)), "utf-8")
    con.execute(f"create table findings (infant varchar, now bigint, {columns(book.findings)})")
    con.execute(f"copy findings from '{path}' (format json)")


def test_sql_gives_the_same_values(book: Rulebook, rows: list[Row], expected: list[Row], tmp_path: Path) -> None:
    with duckdb.connect() as con:
        table(con, book, rows, tmp_path)
        found = con.execute(f"select * from ({written('--to', 'sql')}) order by now")
        heads = [column[0] for column in found.description or ()]
        answers = [dict(zip(heads, answer, strict=True)) for answer in found.fetchall()]
    assert heads == ["infant", "now", *(entry.id for entry in book.entries)]
    assert [answer.pop("now") for answer in answers] == list(range(len(rows)))
    assert [answer.pop("infant") for answer in answers] == [f"i{n}" for n in range(len(rows))]
    assert answers == expected


def test_sql_of_one_rule_reads_only_what_it_needs(book: Rulebook, tmp_path: Path) -> None:
    chosen = select(book, ["any-seizure"])
    with duckdb.connect() as con:
        con.execute(f"create table findings (infant varchar, now bigint, {columns(chosen.findings)})")
        con.execute("insert into findings by name select 'a' as infant, 5 as now, true as seizure")
        text = written("--to", "sql", "--rule", "any-seizure")
        assert con.execute(text).fetchall() == [("a", 5, True)]


@pytest.mark.slow
def test_spark_gives_the_same_values(book: Rulebook, rows: list[Row], expected: list[Row], tmp_path: Path) -> None:
    pyspark = pytest.importorskip("pyspark.sql")
    with duckdb.connect() as con:
        table(con, book, rows, tmp_path)
        con.execute(f"copy findings to '{tmp_path / 'findings.parquet'}' (format parquet)")
    session = (
        pyspark.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path)).getOrCreate()
    )  # fmt: skip
    session.read.parquet(str(tmp_path / "findings.parquet")).createOrReplaceTempView("findings")
    answers = [row.asDict() for row in session.sql(written("--to", "spark")).orderBy("now").collect()]
    assert [answer.pop("now") for answer in answers] == list(range(len(rows)))
    assert [{k: v for k, v in answer.items() if k != "infant"} for answer in answers] == expected


# A reader that knows nothing of neomag: it evaluates the JSON trees from docs/rules-export.md alone.


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def evaluate(rule: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]], found: Row) -> bool | None:
    def value(tree: Mapping[str, Any]) -> bool | None:
        match tree["op"]:
            case "finding":
                return found[tree["name"]]
            case "rule":
                return evaluate(rules[tree["id"]], rules, found)
            case "compare":
                left, right = found[tree["finding"]], found[tree["other"]] if "other" in tree else tree["value"]
                if left is None or right is None:
                    return None
                return COMPARE[tree["sign"]](left, right)
            case "is-null":
                return (found[tree["finding"]] is None) is not tree["not"]
            case "is":
                return (value(tree["item"]) is tree["value"]) is not tree["not"]
            case "not":
                inner = value(tree["item"])
                return None if inner is None else not inner
            case "and":
                values = {value(item) for item in tree["items"]}
                return False if False in values else None if None in values else True
            case "or":
                values = {value(item) for item in tree["items"]}
                return True if True in values else None if None in values else False
            case "at-least":
                values = [value(item) for item in tree["items"]]
                if values.count(True) >= tree["count"]:
                    return True
                return None if values.count(True) + values.count(None) >= tree["count"] else False
            case other:
                raise AssertionError(other)

    return value(rule["when"])


def test_json_can_be_evaluated_by_what_the_documentation_says(book: Rulebook, rows: list[Row], expected: list[Row]) -> None:
    document = json.loads(written("--to", "json"))
    rules = {rule["id"]: rule for rule in document["rules"]}
    for row, answer in zip(rows[::5], expected[::5], strict=True):
        assert {rule: evaluate(written, rules, row) for rule, written in rules.items()} == answer
    assert list(document["findings"]) == list(book.findings)


def test_json_reads_back_to_the_same_trees(book: Rulebook) -> None:
    document = json.loads(written("--to", "json"))
    assert {rule["id"].replace("-", "_"): json_form.node(rule["when"]) for rule in document["rules"]} == dict(book.trees)
    seizure = next(rule for rule in document["rules"] if rule["id"] == "any-seizure")
    entry = book.knowledge.rules["any-seizure"]
    assert seizure["follows"] == {"urgency": entry.urgency, "actions": list(entry.actions), "any_age": True}
    assert {key for rule in document["rules"] for key in rule.get("sources", [])} == set(document["sources"])


@pytest.mark.parametrize("broken", [{"op": "xor"}, {"op": "not"}, {"op": "and", "items": [{"op": "or"}]}])
def test_json_that_is_no_tree_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="rule tree"):
        json_form.node(broken)


def test_one_rule_comes_with_those_it_builds_on(book: Rulebook) -> None:
    library = json.loads(written("--to", "elm", "--rule", "emergency"))["library"]
    defined = {rule["name"] for rule in library["statements"]["def"]}
    assert "emergency" in defined
    assert 1 < len(defined) < len(book.entries)
    needed = {n for n in names(book.trees["emergency"]) if n in book.trees}
    assert {name.replace("_", "-") for name in needed} <= defined
    read = {element["name"] for element in library["parameters"]["def"][0]["parameterTypeSpecifier"]["element"]}
    assert read < set(book.findings)


def test_several_rules() -> None:
    library = json.loads(written("--to", "elm", "--rule", "any-twitch", "--rule", "any-spasm"))["library"]
    assert [rule["name"] for rule in library["statements"]["def"]] == ["any-twitch", "any-spasm"]


def test_a_threshold_keeps_all_its_digits() -> None:
    """10 ng/mL of vitamin D in nmol/L has fourteen decimals; rounded, a level of just 10 ng/mL would count as below it."""
    found = Compare("<", "vitamin_d", 24.96006389776358, "'10 ng/mL'")
    signature = {"vitamin_d": Signature("quantity", unit="nmol/L")}
    assert cql.expression(found, {}, signature) == 'Findings."vitamin_d" < 24.96006389776358'
    assert elm.expression(found, {}, signature)["operand"][1]["value"] == "24.96006389776358"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.6, "0.6"), (2, "2.0"), (1e-7, "0.0000001"), (1e21, "1" + 21 * "0" + ".0"), (0.1 + 0.2, "0.30000000000000004")],
)
def test_decimals_without_exponent(number: float, text: str) -> None:
    assert elm.decimal(number) == text
    assert float(elm.decimal(number)) == number


@pytest.mark.parametrize("target", TARGETS)
def test_out_is_a_file_or_a_folder(target: str, tmp_path: Path) -> None:
    text = written("--to", target, "--rule", "any-seizure")
    to_file = run("--to", target, "--rule", "any-seizure", "--out", tmp_path / "here.txt")
    assert (to_file.exit_code, to_file.stdout) == (0, "")
    assert (tmp_path / "here.txt").read_text("utf-8") == text
    assert run("--to", target, "--rule", "any-seizure", "--out", tmp_path).exit_code == 0
    assert (tmp_path / TARGETS[target][1]).read_text("utf-8") == text


def test_refusals(tmp_path: Path) -> None:
    result = run("--to", "cql", "--rule", "any-seisure")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "neomag: no rule `any-seisure`; the nearest is `any-seizure`\n"
    result = run("--to", "cql", "--out", tmp_path / "no" / "where.cql")
    assert result.exit_code == 2
    assert "no such folder" in result.stderr
    assert run("--to", "prolog").exit_code == 2
    assert run().exit_code == 2
