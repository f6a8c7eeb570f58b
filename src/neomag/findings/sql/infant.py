"""Findings of the infant itself, and of doubts about what was read of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag.findings.sql.kinds import FLAG, Builder, Kind
from neomag.sql import literal


def _field(builder: Builder, params: Mapping[str, Any]) -> str:
    del builder
    return "now" if params["field"] == "age" else params["field"]


# The rows of a lab's or sign's moment that are in doubt, by problem: what is said in two ways, or not to be used.
_DIFFERENT = "min({0}) <> max({0}) OR (count({0}) <> 0 AND count({0}) <> count(*))"
_MOMENTS = {
    "results-conflict": ("kind = 'lab'", ("value", FLAG.format("flag"), "coalesce(suspect, FALSE)")),
    "sign-contradiction": ("kind IN ('sign', 'condition')", ("absent",)),
}


def _problem(builder: Builder, params: Mapping[str, Any]) -> str:
    """Whether a problem stands by `now`: each one has a first moment, and no later event takes it away."""
    code = params["code"]
    builder.doubts[code] = _doubt(code, builder)
    return f"coalesce({doubt_column(code)} <= now, FALSE)"


def doubt_column(code: str) -> str:
    """The column that holds the first moment of a problem."""
    return f"doubt_{code.replace('-', '_')}"


def _doubt(code: str, builder: Builder) -> str:
    """A SELECT of infant, age (at the first doubtful event, -1 when undated). Raises ValueError for other problems."""
    if code in _MOMENTS:
        which, said = _MOMENTS[code]
        different = " OR ".join(_DIFFERENT.format(column) for column in said)
        moments = (
            f'SELECT infant, "at" FROM events WHERE {which} AND key IS NOT NULL AND "at" IS NOT NULL '
            f'GROUP BY infant, kind, code, "at" HAVING count(*) > 1 AND ({different})'
        )
        return f'SELECT infant, min("at") AS age FROM ({moments}) AS moments GROUP BY infant'
    if code == "unit-suspect":
        which = "suspect"
    elif code == "specimen-spoilt":
        spoils: Mapping[str, Any] = builder.knowledge.settings["specimen_spoils"]
        which = " OR ".join(
            f"(list_contains(specimen, {literal(tag)}) AND code IN ({', '.join(map(literal, codes))}))"
            for tag, codes in spoils.items()
            if tag not in {"sources", "policy"}
        )
    else:
        raise ValueError(f"problem {code} cannot be told from the events of a cohort")
    return f"SELECT infant, min(coalesce(\"at\", -1)) AS age FROM events WHERE kind = 'lab' AND ({which}) GROUP BY infant"


KINDS: dict[str, Kind] = {"infant": _field, "reading-problem": _problem}
