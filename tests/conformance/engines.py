"""The three engines behind one face: findings and answers of every infant at every moment, as plain rows."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from tests.conformance.infants import moments, rows

from neomag import Case, assess
from neomag.cohort import case_of
from neomag.cohort.answers import answers_query
from neomag.findings import Plan
from neomag.findings.catalogue import entries
from neomag.findings.sql import findings_query
from neomag.rules import rulebook

BOOK = rulebook()
NAMES = tuple(entries(BOOK.knowledge))
OUTCOMES = ("status", "grade", "suspicion", "urgency", "magnesium")
Rows = dict[tuple[str, int], dict[str, Any]]
Intervals = Mapping[str, tuple[float | None, float | None]]

_TABLES = {
    "infants": (
        "infant VARCHAR, sex VARCHAR, gestation DOUBLE, birth_weight DOUBLE, weight DOUBLE, setting VARCHAR, "
        'weights STRUCT("at" BIGINT, seq BIGINT, grams DOUBLE)[]'
    ),
    "events": (
        'infant VARCHAR, seq BIGINT, ord BIGINT, "at" BIGINT, kind VARCHAR, code VARCHAR, key VARCHAR, absent BOOLEAN, '
        "value DOUBLE, unit VARCHAR, suspect BOOLEAN, flag VARCHAR, specimen VARCHAR[], lasting BIGINT, grade VARCHAR, "
        'dose DOUBLE, dose_unit VARCHAR, route VARCHAR, concentration DOUBLE, "over" BIGINT, reported DOUBLE DEFAULT NULL'
    ),
    "moments": "infant VARCHAR, now BIGINT",
}


def tables(cases: Sequence[Case], local: Intervals, *, seed: int = 0, most: int = 6) -> duckdb.DuckDBPyConnection:
    """A database with the cohort's tables for these cases, asked about at many moments."""
    con = duckdb.connect()
    rng = random.Random(seed)
    asked = [(case.name, now) for case in cases for now in moments(case, rng, most)]
    infants, events = rows(cases)
    for (name, columns), content in zip(_TABLES.items(), (infants, events, asked), strict=True):
        con.execute(f"CREATE TABLE {name} ({columns})")
        _fill(con, name, content)
    if local:
        con.execute("CREATE TABLE intervals (analyte VARCHAR, low DOUBLE, high DOUBLE)")
        con.executemany("INSERT INTO intervals VALUES (?, ?, ?)", [(code, *limits) for code, limits in local.items()])
    return con


def _fill(con: duckdb.DuckDBPyConnection, name: str, content: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows as one JSON text: thousands of single inserts would take longer than the test."""
    columns = [row[0] for row in con.execute(f"DESCRIBE {name}").fetchall() if row[0] != "reported"]
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE {name}").fetchall()}
    shape = json.dumps([{column: types[column] for column in columns}])
    text = json.dumps([dict(zip(columns, row, strict=True)) for row in content])
    listed = ", ".join(f'"{column}"' for column in columns)
    con.execute(f"INSERT INTO {name} ({listed}) SELECT unnest(from_json(?, ?), max_depth := 2)", [text, shape])


def python(con: duckdb.DuckDBPyConnection) -> tuple[Rows, Rows]:
    """Findings and answers by Python, from the same tables."""
    plan = Plan.make(NAMES, BOOK.knowledge)
    findings: Rows = {}
    answers: Rows = {}
    for case in case_of.every(con):
        key = case.name, case.now
        findings[key] = plan.findings(case)
        answer = assess(case)
        level = answer.magnesium
        said = (level.status, level.grade, answer.suspicion, answer.urgency, level.value)
        rules = {entry.id: value for entry, value in zip(BOOK.entries, answer.values, strict=True)}
        answers[key] = rules | dict(zip(OUTCOMES, said, strict=True)) | {"knowledge": answer.knowledge}
    return findings, answers


def by_moment(columns: Sequence[str], content: Sequence[Sequence[Any]]) -> Rows:
    """Rows by (infant, now); a second row for one moment is an error."""
    found: Rows = {}
    for row in content:
        infant, now, *values = row
        assert (infant, now) not in found
        found[infant, now] = dict(zip(columns[2:], values, strict=True))
    return found


def in_duckdb(con: duckdb.DuckDBPyConnection, *, local: bool) -> tuple[Rows, Rows]:
    """Findings and answers by DuckDB."""
    queries = findings_query(NAMES, BOOK.knowledge, local=local), answers_query(BOOK, local=local)
    findings, answers = (
        by_moment([c[0] for c in result.description], result.fetchall()) for result in (con.execute(q) for q in queries)
    )
    return findings, answers


def in_spark(session: Any, con: duckdb.DuckDBPyConnection, folder: Path, *, local: bool) -> tuple[Rows, Rows]:
    """Findings and answers by Spark, over Parquet files of the same tables."""
    for name in ("infants", "events", "moments", *(("intervals",) if local else ())):
        path = folder / f"{name}.parquet"
        con.execute(f"COPY {name} TO '{path}' (FORMAT parquet)")
        session.read.parquet(str(path)).createOrReplaceTempView(name)
    texts = (
        findings_query(NAMES, BOOK.knowledge, dialect="spark", local=local),
        answers_query(BOOK, dialect="spark", local=local),
    )
    made: list[Rows] = []
    for number, text in enumerate(texts):
        # Hundreds of columns come back ten times as fast through a file as one row after another.
        written = folder / f"made{number}.parquet"
        session.sql(text).coalesce(1).write.parquet(str(written))
        result = con.execute(f"FROM '{written}/*.parquet'")
        made.append(by_moment([c[0] for c in result.description], result.fetchall()))
    return made[0], made[1]


def differences(wanted: Rows, got: Rows) -> list[str]:
    """What differs, a line each: infant, moment, column, what Python says, what the engine says."""
    lines = [f"{key}: only in one" for key in wanted.keys() ^ got.keys()]
    for key in wanted.keys() & got.keys():
        want, have = wanted[key], got[key]
        if want != have:
            lines += [f"{key} {name}: {want[name]!r}, not {have[name]!r}" for name in want if want[name] != have[name]]
            lines += [f"{key} {name}: not asked for" for name in have.keys() - want.keys()]
    return lines
