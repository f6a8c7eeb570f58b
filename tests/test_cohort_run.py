"""neomag cohort run: moments, chunks, the folder of a run, its errors, and answers like those of assess."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from neomag import assess
from neomag.cli import main
from neomag.cohort import chunks as cut
from neomag.cohort import moments as at
from neomag.cohort import quality
from neomag.cohort.job import JobError, fingerprint, opened
from neomag.cohort.progress import Lines
from neomag.cohort.settings import RunError, hidden, memory
from neomag.knowledge import Knowledge
from neomag.rules import Rulebook

duckdb: Any = pytest.importorskip("duckdb")

DAY = 86_400
INFANTS = [
    {"infant": "SECRET-1", "born": "2024-03-01 00:00:00", "sex": "female", "gestation": 39, "site": "north"},
    {"infant": "SECRET-2", "born": "2024-03-02 06:00:00", "sex": "male", "birth_weight": 900, "site": "north"},
    {"infant": "SECRET-3", "site": "south"},
    {"infant": "SECRET-4", "born": "2024-03-05 00:00:00"},
]
EVENTS = [
    {"infant": "SECRET-1", "time": "2024-03-09 12:00:00", "kind": "sign", "code": "seizure"},
    {"infant": "SECRET-1", "time": "2024-03-09 13:00:00", "kind": "lab", "code": "magnesium", "value": 0.41, "unit": "mmol/L"},
    {"infant": "SECRET-1", "time": "2024-03-11 13:00:00", "kind": "lab", "code": "magnesium", "value": 0.9, "unit": "mmol/L"},
    {"infant": "SECRET-2", "time": "2024-03-04 06:00:00", "kind": "lab", "code": "magnesium", "value": 1.4, "unit": "mg/dL"},
    {"infant": "SECRET-2", "time": "2024-03-04 06:00:00", "kind": "lab", "code": "calcium", "value": 1.7, "unit": "mmol/L"},
    {"infant": "SECRET-2", "time": "2024-02-01 00:00:00", "kind": "lab", "code": "calcium", "value": 2.2, "unit": "mmol/L"},
    {"infant": "SECRET-3", "at": 5 * DAY, "kind": "sign", "code": "jitteriness"},
    {"infant": "SECRET-3", "at": 40 * DAY, "kind": "lab", "code": "magnesium", "value": 0.65, "unit": "furlongs"},
    {"infant": "SECRET-3", "at": 41 * DAY, "kind": "lab", "source_code": "LOCAL 1", "value": 3},
]  # fmt: skip
# Stands for the answers where only the running matters: it takes no time, and still sees every table.
QUICK = """SELECT m.infant, m.now, count(e.seq) > 0 AS "a-rule", 'unknown' AS status, NULL::VARCHAR AS grade,
    'not-assessable' AS suspicion, 'routine' AS urgency, max(e.value) AS magnesium, 'k' AS knowledge
    FROM moments m JOIN infants i USING (infant) LEFT JOIN events e ON e.infant = m.infant AND e."at" <= m.now GROUP BY ALL"""


def table(rows: list[dict[str, Any]], columns: list[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def flat(folder: Path, times: int = 1) -> Path:
    """A small source of the flat layout; its infants `times` over, under other ids."""
    folder.mkdir(parents=True)
    infants, events = (
        [row | {"infant": f"{row['infant']}.{n}" if n else row["infant"]} for n in range(times) for row in rows]
        for rows in (INFANTS, EVENTS)
    )
    (folder / "infants.csv").write_text(table(infants, ["infant", "born", "sex", "gestation", "birth_weight", "site"]))
    events = [row | {"seq": n} for n, row in enumerate(events)]
    columns = ["infant", "seq", "time", "at", "kind", "code", "source_code", "value", "unit"]
    (folder / "events.csv").write_text(table(events, columns))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["cohort", "run", *map(str, arguments)])


def done(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(result: Result) -> str:
    """The one line of a refusal."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    said = [line for line in lines if line.startswith("neomag: ")]
    assert len(said) == 1, lines
    assert "Traceback" not in result.stderr
    return said[0]


def rows(out: Path, columns: str = "*", table: str = "answers") -> list[tuple[Any, ...]]:
    return duckdb.execute(f"SELECT {columns} FROM '{out}/{table}.parquet/*.parquet' ORDER BY ALL").fetchall()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neomag.cohort.answers.answers_query", lambda *_, **__: QUICK)


# Moments


def asked(moments: str, knowledge: Knowledge, events: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        con.execute('CREATE TABLE events (infant VARCHAR, "at" BIGINT, kind VARCHAR, code VARCHAR)')
        con.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", events)
        con.execute("CREATE TABLE infants AS SELECT DISTINCT infant FROM events")
        wanted = at.parse(moments)
        if wanted.file:
            at.read_given(con, wanted.file)
        return con.execute(f"FROM ({at.query(wanted, knowledge)}) ORDER BY ALL").fetchall()


MADE = [
    ("a", 10, "lab", "magnesium"), ("a", 10, "lab", "calcium"), ("a", 20, "sign", "seizure"), ("a", None, "lab", "calcium"),
    ("a", 3 * DAY, "lab", "magnesium"), ("a", 4 * DAY, "lab", None), ("a", -5, "lab", "magnesium"), ("b", None, "sign", "seizure"),
    ("c", 0, "sign", "tetany"), ("d", 800 * DAY, "sign", "tetany"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ("results", [("a", 10), ("a", 3 * DAY)]),
        ("events", [("a", 10), ("a", 20), ("a", 3 * DAY), ("c", 0), ("d", 800 * DAY)]),
        ("last", [("a", 3 * DAY), ("c", 0), ("d", 800 * DAY)]),
        # Whole days from the first that has seen an event to the first that has seen all; none above 24 months.
        ("daily", [("a", DAY), ("a", 2 * DAY), ("a", 3 * DAY), ("c", 0)]),
        ("36h, birth,36h", sorted((i, n) for i in "abcd" for n in (0, 129_600))),
    ],
)
def test_moments(moments: str, expected: list[tuple[str, int]], knowledge: Knowledge) -> None:
    assert asked(moments, knowledge, MADE) == expected


def test_moments_of_a_file(tmp_path: Path, knowledge: Knowledge) -> None:
    file = tmp_path / "given.csv"
    file.write_text("infant,now\na,2 d\na,172800\nb,birth\nnobody,5\n")
    assert asked(str(file), knowledge, MADE) == [("a", 2 * DAY), ("b", 0)]
    file.write_text("\ufeffNow\n7 d\n\n60\n")
    assert asked(str(file), knowledge, MADE) == sorted((i, n) for i in "abcd" for n in (60, 7 * DAY))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("infant,when\na,2 d\n", "the first line must name"),
        ("now,now\n1 d,2 d\n", "the first line must name"),
        ("", "the first line must name"),
        ("now\n", "holds no moment"),
        ("infant,now\na,2 d\nb,soon\n", "line 3: write an age"),
        ("infant,now\na,-5\n", "line 2: write an age"),
        ("infant,now\na,99999999999999\n", "line 2: write an age"),
        ("infant,now\na\n", "line 2: 1 cells"),
        ("infant,now\n,2 d\n", "line 2: names no infant"),
        ("now\n²\n", "line 2: write an age"),
        (b"infant,now\n\xff,1 d\n", "UTF-8"),
    ],
)
def test_a_file_of_moments_that_cannot_be_read(tmp_path: Path, content: str | bytes, says: str) -> None:
    file = tmp_path / "given.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with duckdb.connect() as con, pytest.raises(at.MomentsError, match=says):
        at.read_given(con, file)


def test_moments_not_known() -> None:
    with pytest.raises(at.MomentsError, match="the nearest is `daily`; write results, events"):
        at.parse("dayly")
    with pytest.raises(at.MomentsError, match="no such file"):
        at.parse("nowhere.csv")


# Chunks


@given(st.integers(1, 60), st.integers(1, 5_000), st.integers(1, 5_000), st.booleans())
def test_chunks_hold_every_infant_once(buckets: int, infants: int, a_chunk: int, sliced: bool) -> None:
    found = cut.chunks(buckets, infants, a_chunk, sliced=sliced)
    assert [chunk.number for chunk in found] == list(range(len(found)))
    pairs = [(b, chunk.slice_) for chunk in found for b in chunk.buckets]
    slices = {chunk.slices for chunk in found}
    assert len(slices) == 1
    assert sorted(pairs) == [(b, s) for b in range(buckets) for s in range(max(slices))]
    assert sliced or max(slices) == 1
    in_bucket = -(-infants // buckets)
    if sliced:
        assert all(len(chunk.buckets) * in_bucket / chunk.slices <= max(a_chunk, 1) for chunk in found)


def test_buckets_grow_with_the_source_and_shrink_with_memory(tmp_path: Path) -> None:
    (tmp_path / "events.parquet").write_bytes(bytes(72_000_000))
    assert cut.buckets_for(tmp_path, 2 * 10**9) == 10
    assert cut.buckets_for(tmp_path, 10**9) == 20
    (tmp_path / "events.parquet").rename(tmp_path / "observation.ndjson.gz")
    assert cut.buckets_for(tmp_path, 2 * 10**9) == 2
    assert cut.buckets_for(tmp_path / "not there", 10**9) == 64


# The folder of a run


def test_answers_are_those_of_assess(tmp_path: Path, book: Rulebook) -> None:
    from neomag.cohort.case_of import cases

    out = tmp_path / "out"
    record = done(flat(tmp_path / "in"), "--out", out, "--moments", "events")
    assert record["finished"] is True
    with duckdb.connect() as con:
        for name in ("infants", "events"):
            con.execute(f"CREATE TABLE {name} AS FROM '{out}/{name}.parquet/*.parquet'")
        found = con.execute(f"FROM '{out}/answers.parquet/*.parquet' ORDER BY infant, now")
        names = [column[0] for column in found.description]
        answers = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        assert {(a["infant"], a["now"]) for a in answers} == {
            ("SECRET-1", 8 * DAY + 43_200), ("SECRET-1", 8 * DAY + 46_800), ("SECRET-1", 10 * DAY + 46_800),
            ("SECRET-2", 2 * DAY), ("SECRET-3", 5 * DAY), ("SECRET-3", 40 * DAY),
        }  # fmt: skip
        for row in answers:
            answer = assess(cases(con, row["infant"], row["now"]), book=book)
            assert {r.id: r.value for r in answer.rules} == {e.id: row[e.id] for e in book.entries}
            assert (answer.urgency, answer.magnesium.status, answer.magnesium.grade, answer.suspicion) == (
                row["urgency"], row["status"], row["grade"], row["suspicion"],
            )  # fmt: skip
            assert row["magnesium"] == answer.magnesium.value
            assert row["knowledge"] == answer.knowledge
    assert names == ["infant", "now", *(e.id for e in book.entries), "status", "grade", "suspicion", "urgency", "magnesium", "knowledge"]  # fmt: skip
    by_infant = {(a["infant"], a["now"]): a["status"] for a in answers}
    assert by_infant["SECRET-1", 8 * DAY + 43_200] == "unknown"  # the level is an hour ahead
    assert by_infant["SECRET-1", 8 * DAY + 46_800] == "deficient"


@pytest.mark.usefixtures("quick")
def test_the_folder_and_what_is_said_of_it(tmp_path: Path, knowledge: Knowledge) -> None:
    out = tmp_path / "out"
    result = run(flat(tmp_path / "in"), "--out", out)
    assert result.exit_code == 0, result.output
    assert "4 infants, 7 events, 4 moments answered" in result.stdout
    assert "1 infants have no moment" in result.stdout
    assert "SECRET" not in result.output
    names = {p.name for p in out.iterdir()}
    assert names == {
        "answers.parquet", "infants.parquet", "events.parquet", "problems.parquet", "quality.html", "run.json", ".neomag-lock",
    }  # fmt: skip
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["finished"] is True
    assert record["settings"]["knowledge"] == {"version": knowledge.version, "digest": knowledge.digest}
    assert record["counts"]["infants"] == 4
    assert set(record["seconds"]) == {"reading", "normalising", "answering", "finishing"}
    problems = duckdb.execute(f"SELECT problem, sum(rows) FROM '{out}/problems.parquet' GROUP BY 1").fetchall()
    assert dict(problems) == record["counts"]["problems"]
    assert {"before-birth", "unknown-unit", "unbound-code"} <= set(record["counts"]["problems"])
    assert "SECRET" not in (out / "run.json").read_text("utf-8")
    assert "SECRET" not in (out / "quality.html").read_text("utf-8")


@pytest.mark.usefixtures("quick")
def test_chunks_do_not_change_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = flat(tmp_path / "in", 25)
    whole = done(source, "--out", tmp_path / "whole", "--moments", "daily")
    monkeypatch.setattr("neomag.cohort.run.buckets_for", lambda *_: 3)
    for chunk in (1_000, 70, 9):
        out = tmp_path / str(chunk)
        record = done(source, "--out", out, "--moments", "daily", "--chunk", chunk)
        assert rows(out) == rows(tmp_path / "whole")
        assert record["counts"] == whole["counts"]
        files = len(list((out / "answers.parquet").iterdir()))
        assert files == {1_000: 1, 70: 2, 9: 12}[chunk]
    assert whole["counts"]["infants"] == 100


def test_the_laboratorys_own_intervals_count(tmp_path: Path) -> None:
    source, out = flat(tmp_path / "in"), tmp_path / "out"
    file = tmp_path / "own.yaml"
    file.write_text("magnesium: {low: 0.92, high: 1.2, unit: mmol/L}\n")
    done(source, "--out", out, "--moments", "last", "--intervals", file)
    assert ("SECRET-1", "grey") in rows(out, "infant, status")
    assert "the intervals changed" in refused(run(source, "--out", out, "--moments", "last"))
    file.write_text("magnesium: {low: 1.8, high: 2.4, unit: mmol/L}\n")
    assert "no laboratory's limit lies there" in refused(run(source, "--out", tmp_path / "b", "--intervals", file))
    file.write_text("[1, 2]")
    assert "write a mapping" in refused(run(source, "--out", tmp_path / "b", "--intervals", file))
    assert "No such file" in refused(run(source, "--out", tmp_path / "b", "--intervals", tmp_path / "none.json"))


# What is refused


def test_refusals_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = flat(tmp_path / "in"), tmp_path / "out"
    assert "no such file or folder" in refused(run(tmp_path / "none", "--out", out))
    assert "layout `flatt` is not known" in refused(run(source, "--out", out, "--layout", "flatt"))
    (tmp_path / "empty").mkdir()
    assert "no known layout" in refused(run(tmp_path / "empty", "--out", out))
    assert "memory `2`" in refused(run(source, "--out", out, "--memory", "2"))
    assert "zone `Mars/Crater` is not known" in refused(run(source, "--out", out, "--zone", "Mars/Crater"))
    assert "moments `sometimes`" in refused(run(source, "--out", out, "--moments", "sometimes"))
    assert not out.exists()
    (tmp_path / "file").touch()
    assert "is a file" in refused(run(source, "--out", tmp_path / "file"))
    assert "cannot be written" in refused(run(source, "--out", tmp_path / "file" / "out"))
    assert "holds other files (events.csv" in refused(run(source, "--out", source, "--restart"))
    assert "lies in the source" in refused(run(source, "--out", source / "more" / "out"))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "run.json").write_text('{"kind": "something else"}')
    assert "not a run of neomag's" in refused(run(source, "--out", tmp_path / "theirs", "--restart"))
    (source / "infants.csv").write_text("infant,born\n")
    assert "no infants found" in refused(run(source, "--out", out))
    assert json.loads((out / "run.json").read_text())["finished"] is False
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert "pip install 'neomag[cohort]'" in refused(run(source, "--out", tmp_path / "more"))


def test_a_source_that_is_not_what_it_says(tmp_path: Path) -> None:
    source = flat(tmp_path / "in")
    (source / "events.csv").unlink()
    (source / "events.parquet").write_bytes(b"SECRET-9 is not Parquet")
    said = refused(run(source, "--out", tmp_path / "out"))
    assert "events.parquet" in said or "cannot be read as flat" in said
    assert "SECRET" not in said


def test_sizes_and_addresses() -> None:
    assert (memory("2GB"), memory("1.5 gb"), memory("500MB")) == (2 * 10**9, 15 * 10**8, 5 * 10**8)
    for bad in ("", "2", "GB", "-2GB", "100MB", "2GiBs"):
        with pytest.raises(RunError, match="at least 300MB"):
            memory(bad)
    assert hidden("postgresql://me:pw@db/omop?x=1&password=pw&y=2") == "postgresql://db/omop?x=1&password=&y=2"
    assert hidden("/data/a@b") == "/data/a@b"


# The job


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with opened(tmp_path / "out", {"moments": "last"}), pytest.raises(JobError, match="another run"), opened(tmp_path / "out", {"moments": "last"}):  # fmt: skip
        pass
    with opened(tmp_path / "out", {"moments": "last"}) as job:
        assert not job.finished


def test_other_settings_are_refused_and_restart_clears_only_what_is_ours(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with opened(out, {"moments": "last", "source files": {"digest": "1"}}) as job:
        job.fresh("part").write_text("whole")
        job.finish("answers", 0, {"answers.parquet/part-00000.parquet": job.work / "fresh" / "part"}, rows=1)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(JobError, match=r"\(moments last, now daily; the source files changed\); add --restart"), opened(
        out, {"moments": "daily", "source files": {"digest": "2"}}
    ):  # fmt: skip
        pass
    assert (out / "answers.parquet" / "part-00000.parquet").exists()
    with opened(out, {"moments": "daily", "source files": None}, restart=True) as job:
        assert not job.done("answers", 0)
    assert not (out / "answers.parquet").exists()
    assert (out / "notes.txt").read_text() == "mine"


def test_what_is_not_counted_is_thrown_away_and_what_is_lost_is_made_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with opened(out, {}) as job:
        for number in range(3):
            job.fresh("part").write_text("whole")
            job.finish("answers", number, {f"answers.parquet/part-{number}.parquet": job.work / "fresh" / "part"}, rows=2)
    (out / "answers.parquet" / "part-7.parquet").write_text("of a run that was killed")
    (out / "answers.parquet" / "part-1.parquet").write_text("cut")
    (out / "answers.parquet" / "part-2.parquet").unlink()
    with opened(out, {}) as job:
        assert [job.done("answers", n) for n in range(3)] == [True, False, False]
        assert job.count("answers", "rows") == 2
        assert [p.name for p in job.files("answers", "answers.parquet")] == ["part-0.parquet"]
        assert [p.name for p in (out / "answers.parquet").iterdir()] == ["part-0.parquet"]


@pytest.mark.usefixtures("quick")
def test_a_finished_run_is_not_made_again_unless_something_of_it_is_lost(tmp_path: Path) -> None:
    source, out = flat(tmp_path / "in"), tmp_path / "out"
    first, before = done(source, "--out", out), rows(out)
    part = out / "answers.parquet" / "part-00000.parquet"
    made = part.stat().st_mtime_ns
    again = run(source, "--out", out)
    assert "finished before" in again.stderr
    assert part.stat().st_mtime_ns == made
    part.unlink()
    assert done(source, "--out", out)["counts"] == first["counts"]
    assert rows(out) == before


def test_a_changed_source_is_seen(tmp_path: Path) -> None:
    source = flat(tmp_path / "in")
    before = fingerprint([source])
    assert before["files"] == 2
    assert fingerprint([source]) == before
    (source / "events.csv").write_text((source / "events.csv").read_text() + "\n")
    assert fingerprint([source])["digest"] != before["digest"]


# Progress


def test_plain_lines_give_counts_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 10.0, 20.0])
    monkeypatch.setattr("neomag.cohort.progress.time.monotonic", lambda: next(clock))
    stream = io.StringIO()
    lines = Lines(stream)
    lines.phase("answering", 1_000, 100, "infants")
    lines.advance(100)
    lines.advance(350)
    lines.advance(450)
    assert stream.getvalue().splitlines() == [
        "answering: 100 of 1,000 infants done before",
        "answering: 550 of 1,000 infants, 45 infants/s, 10 s left",
        "answering: 1,000 of 1,000 infants, 45 infants/s, 20 s",
    ]


# Quality


def test_the_page_of_quality_counts_and_hides_small_numbers(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE p (infant VARCHAR, seq BIGINT, problem VARCHAR, detail VARCHAR, source_code VARCHAR, rows BIGINT)"
        )
        con.execute(
            "INSERT INTO p SELECT 'SECRET-' || i, i, 'unknown-unit', 'furlongs', 'LOINC 2601-3', NULL FROM range(12) t(i)"
        )
        con.execute(
            "INSERT INTO p VALUES (NULL, NULL, 'unbound-code', NULL, '<b>K</b>', 2000), ('SECRET-1', 1, 'new-kind', 'x', 'RARE', 3)"
        )
        con.execute(f"COPY p TO '{tmp_path}/p.parquet'")
        quality.write(con, tmp_path / "p.parquet", tmp_path / "q.html", source="a & b", layout="flat", infants=7, events=1_234)
    page = (tmp_path / "q.html").read_text("utf-8")
    assert re.search(r"unknown-unit</td>.*<td class=n>12</td><td class=n>12</td>", page)
    assert re.search(r"new-kind</td><td></td><td class=n>fewer than 5</td><td class=n>fewer than 5</td>", page)
    assert "&lt;b&gt;K&lt;/b&gt;</td><td class=n>2,000</td>" in page
    assert "a &amp; b, read as flat: 7 infants and 1,234 events" in page
    assert "2,000 rows gave no event" in page
    assert "RARE" not in page
    assert "SECRET" not in page
