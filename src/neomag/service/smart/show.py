"""What shows the infant of a launch: given by whoever puts the service together, so that the pages stand above the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response

from neomag.answer import Answer
from neomag.fhir import Problem, Reading


@dataclass(frozen=True, slots=True)
class Launched:
    """The infant of a launch: the FHIR server, the Patient there, the case that was read, and what of it was not used."""

    iss: str
    patient: dict[str, Any]
    reading: Reading
    problems: tuple[Problem, ...]


# The page of the infant that was launched, with its answer.
Show = Callable[[Request[Any, Any, Any], Launched, Answer], Response[bytes]]
