"""What a change of the knowledge changes: entries added, removed or altered, and the cases whose answers differ."""

from __future__ import annotations

from typing import Any

from neomag.assess import assess
from neomag.case import Case
from neomag.knowledge import Knowledge
from neomag.rules import Rulebook


def changed_entries(a: Knowledge, b: Knowledge) -> list[str]:
    """A line for each entry that `b` adds (+), drops (-) or alters (~) against `a`."""
    before, after = ({f"{name} [{code}]": row for name, code, row in k.rows()} for k in (a, b))
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            lines.append(f"- {name}")
        elif name not in before:
            lines.append(f"+ {name}")
        elif before[name] != after[name]:
            lines.append(f"~ {name}")
    return lines


def changed_lines(case: Case, a: Rulebook, b: Rulebook) -> list[str]:
    """A line for each part of the answer to `case` that differs between two rulebooks."""
    before, after = (_parts(case, book) for book in (a, b))
    lines: list[str] = []
    for part, was in before.items():
        now = after[part]
        if isinstance(was, set):
            gone, come = sorted(was - now), sorted(now - was)
            lines += [f"{part} {sign}{code}" for sign, codes in (("-", gone), ("+", come)) for code in codes]
        elif was != now:
            lines.append(f"{part} {was} -> {now}")
    return lines


def _parts(case: Case, book: Rulebook) -> dict[str, Any]:
    answer = assess(case, book=book)
    interval = answer.magnesium.interval
    return {
        "urgency": answer.urgency,
        "status": answer.magnesium.status,
        "grade": answer.magnesium.grade,
        "suspicion": answer.suspicion,
        "interval": interval and (interval["low"], interval["high"]),
        **{
            name: {advice.code for advice in advices}
            for name, advices in (
                ("action", answer.actions), ("block", answer.blocked), ("cause", answer.causes),
                ("consider", answer.consider), ("caveat", answer.magnesium.caveats),
            )
        },
        "rule": {e.id for e, value in zip(book.entries, answer.values, strict=True) if value},
    }  # fmt: skip
