"""Which wording of the knowledge the pages show: what the catalogues `knowledge.po` must hold, in every language."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from neomag.knowledge import DATA

# By file of the knowledge: the keys (of a table, at any depth) or columns whose text is shown; of `refused` all texts below it.
# `*` is every text of several words, `**` every text.
SHOWN: dict[str, tuple[str, ...]] = {
    "actions.toml": ("says",),
    "analytes.toml": ("refused",),
    "blocks.toml": ("says",),
    "body.toml": ("says",),
    "body/panel.toml": ("says", "tells", "shown"),
    "causes.toml": ("says",),
    "caveats.toml": ("says",),
    "claims.toml": ("says", "meant", "evidence"),
    "contradictions.toml": ("says",),
    "differential.toml": ("says", "clue", "test"),
    "findings.toml": ("says",),
    "intervals.csv": ("population",),
    "problems.toml": ("says",),
    "vocabulary.csv": ("meaning",),
    "rules/calcium.toml": ("says",),
    "rules/contexts.toml": ("says",),
    "rules/differential.toml": ("says",),
    "rules/level.toml": ("says",),
    "rules/magnesium.toml": ("says",),
    "rules/patterns.toml": ("says",),
    "rules/suspicion.toml": ("says",),
    "rules/urgency.toml": ("says",),
    "rules/workup.toml": ("says",),
    "caregiver/article.toml": ("**",),
    "caregiver/danger.toml": ("says", "short"),
    "caregiver/feeding.toml": ("**",),
    "caregiver/film.toml": ("says", "short"),
    "caregiver/foods.toml": ("**",),
    "caregiver/numbers.toml": ("says",),
    "caregiver/sheet.toml": ("says", "short", "event", "during", "tried", "after", "today", "before"),
    "dosing/blocks.toml": ("says",),
    "dosing/ceilings.toml": ("says",),
    "dosing/defaults.toml": ("regimen", "refused", "missing", "site"),
    "dosing/interactions.toml": ("says",),
    "dosing/monitoring.toml": ("says", "product"),
    "dosing/products.toml": ("says",),
    "dosing/refusals.toml": ("says",),
    "dosing/regimens.toml": ("says", "population", "note", "quirk", "indication"),
    "dosing/salts.toml": ("says",),
    "dosing/warnings.toml": ("says",),
    "web/form.toml": ("says", "short"),
    "fhir/problems.toml": ("says",),
    "cohort/problems.toml": ("says",),
    "feeding/candidates.csv": ("short", "form_6", "form_9", "form_12", "note"),
    "feeding/candidates.toml": ("caution",),
    "feeding/indicators.toml": ("says", "short", "note"),
    "feeding/intakes.toml": ("says",),
    "feeding/lenses.toml": ("says",),
    "feeding/milks.csv": ("name",),
    "feeding/plan.toml": ("*",),
    "feeding/safety.toml": ("says", "conflict"),
}
# A text that means one thing there and another elsewhere, by its place and itself: the context under which it is translated.
CONTEXTS = {
    ("caregiver/danger.toml:cold", "cold"): "danger sign",
    ("caregiver/foods.toml:tier", "low"): "magnesium in food",
}
# What stands in a file shown whole and is no wording.
_NOT = {
    "policy",
    "sources",
    "of",
    "everywhere",
    "seldom",
    "fortified_words",
    "fortified_but",
    "tags",
    "kinds",
    "status",
    "unit",
}


_WHOLE = {"*", "**"}


def wording(folder: Path = DATA) -> Iterator[tuple[str, str]]:
    """Each text that pages show, with the place where it stands (`actions.toml:call-emergency`); a text may come twice."""
    for name, keys in SHOWN.items():
        path = folder / name
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    yield from ((name, row[key]) for key in keys if row[key])
        else:
            yield from _texts(tomllib.loads(path.read_text("utf-8")), keys, name, None)


def _texts(value: Any, keys: tuple[str, ...], where: str, key: str | None) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner, one in cast("dict[str, Any]", value).items():
            if not _WHOLE & set(keys) or inner not in _NOT:
                below = ("**",) if inner == "refused" and inner in keys else keys
                yield from _texts(one, below, f"{where.split(':')[0]}:{inner}" if isinstance(one, dict) else where, inner)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _texts(one, keys, where, key)
    elif isinstance(value, str) and value and (key in keys or "**" in keys or ("*" in keys and " " in value)):
        yield where, value
