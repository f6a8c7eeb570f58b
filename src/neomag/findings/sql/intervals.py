"""Reference intervals in SQL: the limit in force for a lab at an age, by the infant's groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from neomag.case import SEXES
from neomag.findings.sql.kinds import Builder
from neomag.intervals import DEFAULT, in_canonical
from neomag.sql import literal


def local_column(code: str, side: str) -> str:
    """The column that holds the laboratory's own limit."""
    return f"local_{code.replace('-', '_')}_{side}"


def limit(builder: Builder, code: str, side: str, at: str) -> str:
    """The low or high limit for lab `code` at an age (a name; `now` where it is unknown): the local one, else the default."""
    default = _default(builder, code, side, f"coalesce({at}, now)")
    return f"coalesce({local_column(code, side)}, {default})" if builder.local else default


def _default(builder: Builder, code: str, side: str, moment: str) -> str:
    knowledge, place = builder.knowledge, ("low", "high").index(side)
    arms: list[str] = []
    for group, belongs in _groups(knowledge.settings["interval_groups"]).items():
        for interval in knowledge.intervals:
            if interval.analyte == code and interval.authority == DEFAULT and interval.group == group:
                value = in_canonical(interval, knowledge)[place]
                written = "NULL" if value is None else literal(float(value))
                arms.append(f"WHEN {belongs}{moment} >= {interval.start} AND {moment} < {interval.end} THEN {written}")
    return f"CASE {' '.join(arms)} ELSE CAST(NULL AS DOUBLE) END" if arms else "CAST(NULL AS DOUBLE)"


def _groups(settings: Mapping[str, Any]) -> dict[str, str]:
    """The condition of belonging to each group, the narrowest group first; `any` last."""
    tables = {name: cast("dict[str, float]", group) for name, group in settings.items() if isinstance(group, dict)}
    groups = {name: f"birth_weight < {literal(group['birth_weight_below_g'])} AND " for name, group in tables.items()}
    return groups | {sex: f"sex = {literal(sex)} AND " for sex in SEXES} | {"any": ""}
