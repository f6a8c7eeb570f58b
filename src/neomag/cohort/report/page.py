"""The page: one HTML file that needs nothing beside it and no network."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from neomag import __version__
from neomag.cohort.report.answer import Answer, Cell
from neomag.cohort.report.errors import ReportInputError
from neomag.cohort.report.ground import LAB
from neomag.cohort.report.make import Report
from neomag.cohort.report.shares import Hidden, thousands

_HERE = Path(__file__).parent
# In the order in which they need each other.
LIBRARIES = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js")


def html(report: Report) -> str:
    """The page as text. Raises ReportInputError when jinja2 is not installed."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise ReportInputError("a report needs the extra `cohort`: pip install 'neomag[cohort]'") from None
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(cell=cell, percent=percent)  # pyright: ignore[reportUnknownMemberType]
    scripts = [(_HERE / "static" / name).read_text("utf-8") for name in LIBRARIES]
    scripts.append((_HERE / "static" / "draw.js").read_text("utf-8"))
    if any("</script" in script for script in scripts):
        raise AssertionError("a script that would end its own element")
    specs = {chart.name: chart.spec for answer in report.answers.values() for chart in answer.charts}
    return templates.get_template("report.html.j2").render(
        report=report,
        said=report.defined.report,
        answers=list(report.answers.values()),
        sentence=sentence,
        local=_local(report),
        sources=_sources(report),
        style=(_HERE / "static" / "report.css").read_text("utf-8"),
        scripts=scripts,
        # Only these very scripts may run: nothing that a record holds, even if it got into the page, could.
        hashes=" ".join(f"'sha256-{_digest(script)}'" for script in scripts),
        specs=json.dumps(specs, ensure_ascii=False).replace("<", "\\u003c"),
        version=__version__,
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def sentence(answer: Answer) -> str:
    """The answer in one sentence: number, denominator, share with its interval, and of what."""
    if answer.of == 0:
        return f"There are no such {answer.unit} in this run."
    count = cell(answer.number, "count").replace("<", "fewer than ")
    said = f"{count} of {cell(answer.of, 'count').replace('<', 'fewer than ')} {answer.unit}"
    if answer.share is not None and answer.interval is not None:
        low, high = answer.interval
        said += f", {percent(answer.share)} (95 % interval {percent(low)} to {percent(high)})"
    return f"{said[0].upper()}{said[1:]}: {answer.question.short}."


def percent(share: float) -> str:
    """A share in per cent, with a decimal where it is small or almost all."""
    return f"{share * 100:.{0 if 0.095 <= share <= 0.905 or share in (0, 1) else 1}f} %"


def cell(value: Cell, kind: str) -> str:
    """A cell as people read it; what is not known or not shown is said, never left out."""
    if value is None:
        return "–"
    if isinstance(value, Hidden | str):
        return str(value)
    if kind == "share":
        return percent(value)
    if kind == "level":
        return f"{value:.2f}"
    if kind == "hours":
        return f"{value:g}"
    return thousands(value) if isinstance(value, int) else f"{value:g}"


def _local(report: Report) -> str:
    """The local laboratory's limits of magnesium in words; empty when it has none."""
    low, high = report.record.local.get(LAB, (None, None))
    words = [f"from {low:g}" if low is not None else "", f"to {high:g}" if high is not None else ""]
    return " ".join(word for word in words if word)


def _sources(report: Report) -> list[dict[str, Any]]:
    """The sources that the questions name, in the order of first mention."""
    keys = dict.fromkeys(key for answer in report.answers.values() for key in answer.question.sources)
    found = [report.knowledge.sources[key] for key in keys]
    return [{"key": s.key, "title": s.title, "year": s.year, "link": s.link} for s in found]
