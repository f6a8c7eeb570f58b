"""A report as files: CSV a table, one JSON summary, one page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neomag import __version__
from neomag.cohort.report.answer import Answer, Cell, Table
from neomag.cohort.report.errors import ReportInputError
from neomag.cohort.report.make import Report
from neomag.cohort.report.shares import Hidden

PAGE, SUMMARY = "report.html", "report.json"


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write the page, the summary and a CSV for each table; the files written. Raises ReportInputError when it cannot."""
    from neomag.cohort.report.page import html

    files = {PAGE: html(report), SUMMARY: json.dumps(summary(report), ensure_ascii=False, indent=2) + "\n"}
    tables = [*report.overview.tables, *(t for a in report.answers.values() for t in a.tables)]
    files |= {f"{table.name}.csv": csv_text(table) for table in tables}
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path, part = folder / name, folder / f".{name}.part"
            part.write_text(text, "utf-8")
            part.replace(path)
            written.append(path)
    except OSError as error:
        raise ReportInputError(f"{error.filename or folder}: {error.strerror}") from None
    return written


def csv_text(table: Table) -> str:
    """A table as CSV: a heading, then rows; a hidden count as `<5` or `not shown`, what is not known empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([c.key for c in table.columns])
    writer.writerows([["" if cell is None else _cell(cell) for cell in row] for row in table.rows])
    return out.getvalue()


def summary(report: Report) -> dict[str, Any]:
    """The report as plain data for other programs. A hidden count is the text `<5` or `not shown`."""
    return {
        "neomag": __version__,
        "run": report.run,
        "infants": _cell(report.overview.infants),
        "knowledge": {"questions": report.knowledge.version, "answers": list(report.overview.knowledge)},
        "counts_hidden_below": report.below,
        "overview": {table.name: _records(table) for table in report.overview.tables},
        "questions": {code: _answer(answer) for code, answer in report.answers.items()},
    }


def _answer(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "title": question.title,
        "unit": answer.unit,
        "number": _cell(answer.number),
        "of": _cell(answer.of),
        "share": answer.share,
        "interval": list(answer.interval) if answer.interval else None,
        "counts": {"number": question.number, "of": question.of, "how": question.says},
        "windows": dict(question.spans),
        **{key: _cell(value) for key, value in answer.figures.items()},
        "tables": {table.name: _records(table) for table in answer.tables},
        "sources": list(question.sources),
        "policies": list(question.policies),
    }


def _records(table: Table) -> list[Mapping[str, Any]]:
    return [{key: _cell(cell) for key, cell in row.items()} for row in table.records()]


def _cell(cell: Cell) -> int | float | str | None:
    return str(cell) if isinstance(cell, Hidden) else cell
