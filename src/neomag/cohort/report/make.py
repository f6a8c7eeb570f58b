"""The report of a run: every question asked in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from neomag.cohort.report.answer import Answer
from neomag.cohort.report.asked import Asked
from neomag.cohort.report.definitions import Definitions, definitions
from neomag.cohort.report.errors import ReportInputError
from neomag.cohort.report.ground import LAB, lay
from neomag.cohort.report.overview import Overview, overview
from neomag.cohort.report.run_folder import Record, opened, record
from neomag.knowledge import Knowledge, load
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows. Counts below `below` are hidden in it (0: none are)."""

    run: str
    below: int
    record: Record
    defined: Definitions
    knowledge: Knowledge
    overview: Overview
    answers: Mapping[str, Answer]


def make_report(
    run: Path, *, below: int | None = None, knowledge: Knowledge | None = None, lists: Path | None = None
) -> Report:
    """Ask every question of cohort/questions.toml about the run in the folder `run`.

    `below` hides counts under it (None: the policy's; 0: hides none). `lists` is a folder for line lists with infants' ids, one
    CSV a question. Raises ReportInputError when the run cannot be read, KnowledgeError when the questions do not hold together.
    """
    import duckdb

    knowledge = knowledge or load()
    defined = definitions(knowledge)
    below = int(defined.report["suppress_below"]) if below is None else below
    said = record(run)
    with opened(run, knowledge) as con:
        try:
            local = said.local.get(LAB, (None, None))
            lay(con, defined, knowledge, local)
            seen = overview(con, knowledge, below)
            answers = {
                code: import_module(f"neomag.cohort.report.questions.{code.replace('-', '_')}").ask(
                    Asked(con, question, defined, knowledge, below, local)
                )
                for code, question in defined.questions.items()
            }
        except duckdb.Error as error:
            raise ReportInputError(f"{run}: {str(error).splitlines()[0]}") from None
        if lists is not None:
            _write_lists(con, answers, lists)
    return Report(run.resolve().name, below, said, defined, knowledge, seen, answers)


def _write_lists(con: DuckDBPyConnection, answers: Mapping[str, Answer], folder: Path) -> None:
    """One CSV a question of the infants behind its number."""
    folder.mkdir(parents=True, exist_ok=True)
    for code, answer in answers.items():
        if answer.line_list is None:
            continue
        states = ", ".join(f"'{state}'" for state in answer.question.missed)
        only = f" WHERE state IN ({states})" if states else ""
        to = literal(folder / f"{code}.csv")
        con.execute(f"COPY (SELECT * FROM ({answer.line_list}){only} ORDER BY ALL) TO {to} (HEADER, DELIMITER ',')")
