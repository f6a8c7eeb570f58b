"""The tables of the knowledge that are read only when asked for: of feeding/, cohort/, terminology/, fhir/, cds/, body/,
caregiver/, web/.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from neomag.knowledge.loader import DATA, directory


def feeding_file(name: str) -> Path:
    """A file of `feeding/` of the knowledge in force."""
    return directory() / "feeding" / name


def cohort_file(name: str) -> Path:
    """A file of `cohort/` of the knowledge in force."""
    return directory() / "cohort" / name


def terminology_file(name: str) -> Path:
    """A file of `terminology/` of the knowledge in force."""
    return directory() / "terminology" / name


def fhir_file(name: str) -> Path:
    """A file of `fhir/` of the knowledge in force."""
    return directory() / "fhir" / name


def cds_file(name: str) -> Path:
    """A file of `cds/` of the knowledge in force."""
    return directory() / "cds" / name


def body_file(name: str) -> Path:
    """A file of `body/` of the knowledge in force."""
    return directory() / "body" / name


def caregiver_file(name: str) -> Path:
    """A file of `caregiver/` of the knowledge in force."""
    return directory() / "caregiver" / name


def web_file(name: str) -> Path:
    """A file of `web/` of the knowledge in force; a knowledge without that folder has the one that ships with the package."""
    folder = directory() / "web"
    return (folder if folder.is_dir() else DATA / "web") / name


@cache
def read_toml(path: Path) -> Mapping[str, Any]:
    """A TOML file as it is written, read once."""
    return tomllib.loads(path.read_text("utf-8"))


@cache
def read_csv(path: Path) -> tuple[Mapping[str, str], ...]:
    """The rows of a CSV file by their heading, read once; none when there is no such file."""
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
