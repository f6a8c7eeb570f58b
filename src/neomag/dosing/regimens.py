"""Regimens: those of the knowledge, and those a site adds in a file of its own."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from neomag.dosing.amounts import DoseInputError
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Regimen
from neomag.knowledge.dosing_read import entry
from neomag.knowledge.regimen_checks import regimen_problems
from neomag.nearest import hint

SITE_FILE = "NEOMAG_REGIMENS"


def find_regimen(name: str, knowledge: Knowledge) -> Regimen:
    """The regimen of this id. Raises DoseInputError naming the nearest."""
    regimens = knowledge.dosing.regimens
    if name in regimens:
        return regimens[name]
    raise DoseInputError(f"no regimen `{name[:40]}`{hint(name, regimens, 0.3)}")


def with_site_regimens(knowledge: Knowledge, file: str | Path | None = None) -> Knowledge:
    """`knowledge` with the regimens of a site's TOML `file` (default: the one named by NEOMAG_REGIMENS, if any) added.

    Each entry is checked as neomag's own are: its amount against mg_per_kg and mmol_per_kg, and sources
    or a policy. An id that is taken is refused. Ceilings are not touched. Raises DoseInputError with every problem.
    """
    named = file or os.environ.get(SITE_FILE)
    if not named:
        return knowledge
    path = Path(named)
    try:
        tables: Mapping[str, dict[str, object]] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DoseInputError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DoseInputError(f"{path}: {error}") from None
    added: dict[str, Regimen] = {}
    problems: list[str] = []
    for code, fields in tables.items():
        where = f"{path} [{code}]"
        if code in knowledge.dosing.regimens:
            problems.append(f"{where}: a regimen of this id exists already")
        try:
            added[code] = regimen = entry(Regimen, code, fields)
        except TypeError as error:
            problems.append(f"{where}: {error}")
            continue
        problems += regimen_problems(regimen, knowledge, where)
        if not regimen.sources and not regimen.policy:
            problems.append(f"{where}: needs sources, or policy with its reason")
        unknown = [key for key in regimen.sources if key not in knowledge.sources]
        problems += [f"{where}: source {key} is not in sources.toml" for key in unknown]
    if problems:
        raise DoseInputError(*problems)
    return replace(knowledge, dosing=replace(knowledge.dosing, regimens={**knowledge.dosing.regimens, **added}))
