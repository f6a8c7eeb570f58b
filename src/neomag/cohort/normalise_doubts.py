"""What contradicts itself in a record, as SQL over events and infants: the doubts of `neomag.case.doubts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from neomag.knowledge import Knowledge


def doubts(knowledge: Knowledge) -> Iterator[str]:
    """Queries that give infant, seq, problem and detail, each at the last place that says it."""
    yield """
        SELECT infant, max(seq) AS seq, 'results-conflict' AS problem, any_value(code) AS detail FROM events
        WHERE kind = 'lab' AND "at" IS NOT NULL GROUP BY infant, key, "at"
        HAVING count(*) > 1 AND (min(value) <> max(value) OR min(flag) <> max(flag) OR count(value) NOT IN (0, count(*))
            OR count(flag) NOT IN (0, count(*)) OR bool_or(suspect) <> bool_and(suspect))"""
    yield """
        SELECT infant, max(seq) AS seq, 'sign-contradiction' AS problem, any_value(code) AS detail FROM events
        WHERE kind IN ('sign', 'condition') AND "at" IS NOT NULL GROUP BY infant, key, "at"
        HAVING bool_or(absent) AND NOT bool_and(absent)"""
    for name, pair in knowledge.tables.get("contradictions", {}).items():
        yield _pair(name, pair)


def _pair(name: str, pair: Mapping[str, Any]) -> str:
    said = f"'contradiction' AS problem, '{name}' AS detail"
    if "signs" in pair:
        first, second = pair["signs"]
        return f"""
            SELECT infant, max(seq) AS seq, {said} FROM events
            WHERE kind = 'sign' AND code IN ('{first}', '{second}') AND NOT absent
            GROUP BY infant, "at" HAVING count(DISTINCT code) = 2"""
    if "condition" in pair:
        return f"""
            SELECT infant, max(seq) AS seq, {said} FROM events JOIN infants USING (infant)
            WHERE key = 'condition:{pair["condition"]}' AND NOT absent AND gestation >= {pair["gestation_at_least_weeks"]}
            GROUP BY infant"""
    odd = f"concentration <> {pair['percent']}" if "percent" in pair else f"route IN ({_listed(pair['routes'])})"
    return f"SELECT infant, seq, {said} FROM events WHERE kind = 'given' AND code IN ({_listed(pair['drugs'])}) AND {odd}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
