"""Answers in SQL: findings, rules and what follows from the true ones, for every infant at every moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from neomag.findings.sql.plan import text as findings
from neomag.knowledge import GRADES, STATUSES, SUSPICIONS, URGENCIES, RuleEntry
from neomag.rules import Rulebook, duckdb
from neomag.sql import in_dialect, literal, quoted

# What the answer tells of the last level, beside what rules say of it.
_LEVEL, _LEVELS = "magnesium", "magnesium_results"
# Columns of the answers that are not rules.
COLUMNS: Mapping[str, str] = {
    "status": "VARCHAR", "grade": "VARCHAR", "suspicion": "VARCHAR", "urgency": "VARCHAR", "magnesium": "DOUBLE",
    "knowledge": "VARCHAR",
}  # fmt: skip


def answers_query(rulebook: Rulebook, *, dialect: str = "duckdb", local: bool = False) -> str:
    """One SELECT over infants, events and moments: infant, now, a BOOLEAN a rule (named by its id), and COLUMNS.

    Status, grade, suspicion and urgency are as `neomag.assess` decides them. `moments` holds each (infant, now) once. With
    `local`, a table intervals(analyte, low, high) holds the laboratory's own limits, in canonical units.
    """
    names = tuple(dict.fromkeys((*rulebook.findings, _LEVEL, _LEVELS)))
    decided = duckdb.layers(rulebook.trees, rulebook.order, f"({findings(names, rulebook.knowledge, local=local)})")
    rules = ", ".join(f"{quoted(entry.name)} AS {quoted(entry.id)}" for entry in rulebook.entries)
    return in_dialect(f"SELECT infant, now, {rules}, {_outcomes(rulebook)} FROM {decided} AS decided", dialect)


def _outcomes(book: Rulebook) -> str:
    version = f"{literal(book.knowledge.version)} AS knowledge"
    unnamed = f"CASE WHEN {_LEVELS} = 0 THEN 'unknown' ELSE 'uninterpretable' END"
    status = _first(STATUSES, book, "status", unnamed)
    grade = f"CASE WHEN {_LEVELS} > 0 THEN {_first(GRADES, book, 'grade', 'NULL')} END"
    suspicion = _first(SUSPICIONS, book, "suspicion", "'not-assessable'")
    gravest = tuple(reversed(URGENCIES))
    urgency = _first(gravest[:-1], book, "urgency", literal(gravest[-1]))
    return (
        f"{status} AS status, {grade} AS grade, {suspicion} AS suspicion, {urgency} AS urgency, "
        f"{_LEVEL} AS magnesium, {version}"
    )


def _first(words: Sequence[str], book: Rulebook, field: str, otherwise: str) -> str:
    """The first of `words`, the gravest first, that a true rule sets."""
    setting: dict[str, list[RuleEntry]] = {word: [] for word in words}
    for entry in book.entries:
        if (word := getattr(entry, field)) in setting:
            setting[word].append(entry)
    arms = " ".join(f"WHEN {_any_true(rules)} THEN {literal(word)}" for word, rules in setting.items() if rules)
    return f"CASE {arms} ELSE {otherwise} END" if arms else otherwise


def _any_true(rules: Iterable[RuleEntry]) -> str:
    """Whether any of the rules is true and has consequences: above 24 months only those marked `any_age` have."""
    anywhere = [quoted(rule.name) for rule in rules if rule.any_age]
    inside = [quoted(rule.name) for rule in rules if not rule.any_age]
    terms = list(anywhere)
    if inside:
        terms.append(f"(out_of_scope IS NOT TRUE AND ({' OR '.join(inside)}))")
    return " OR ".join(terms)
