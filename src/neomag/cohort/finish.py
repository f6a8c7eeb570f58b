"""The end of a run: all problems in one file, the page of the source's quality, and counts of what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neomag.cohort import quality
from neomag.cohort.duckdb_run import copy, count, parquet
from neomag.cohort.job import Job

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TALLIED = ("urgency", "status", "suspicion")


def finish(con: DuckDBPyConnection, job: Job) -> None:
    """Write problems.parquet and quality.html, and the counts of run.json."""
    infants, events = job.count("normalise", "infants"), job.count("normalise", "events")
    made, problems = job.fresh("problems.parquet"), job.out / "problems.parquet"
    parts = parquet(job.files("normalise", "work/problems"))
    copy(con, f"FROM {parts} ORDER BY infant NULLS FIRST, seq, problem, source_code, detail", made)
    made.replace(problems)
    page = job.fresh("quality.html")
    source, layout = job.asked["source"], job.asked["layout"]
    quality.write(con, problems, page, source=source, layout=layout, infants=infants, events=events)
    page.replace(job.out / "quality.html")
    answers = parquet(job.files("answers", "answers.parquet"))
    kinds = f"SELECT problem, sum(coalesce(rows, 1))::BIGINT FROM {parquet([problems])} GROUP BY 1 ORDER BY 2 DESC, 1"
    counts: dict[str, Any] = {
        "infants": infants,
        "events": events,
        "moments": count(con, answers),
        # Not asked about: no event of theirs has a time and a code (or none of the kind the moments are made of).
        "infants without a moment": infants - job.count("normalise", "asked"),
        "problems": dict(con.execute(kinds).fetchall()),
    }
    for column in _TALLIED:
        found = con.execute(f"SELECT {column}, count(*) FROM {answers} GROUP BY 1 ORDER BY 2 DESC, 1")
        counts[column] = {"none" if name is None else name: rows for name, rows in found.fetchall()}
    job.record["counts"] = counts
