"""A case: what is known of one infant. The format is `docs/case.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from neomag.case import documents
from neomag.knowledge import Knowledge, load

FLAGS = ("low", "normal", "high")
SETTINGS = ("home", "clinic", "hospital")
SEXES = ("female", "male")


class CaseError(ValueError):
    """A case that cannot be read. `problems` holds a line each: where, what is wrong, what would be accepted."""

    def __init__(self, problems: Sequence[str]):
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "; ".join(self.problems)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing known of the infant. `at` is its age in seconds (None: some unknown time up to `now`).

    `seq` is its place in the file, which breaks ties in time. `value` is in the analyte's canonical unit, and None
    when only a flag is known or the number is implausible (`suspect`).
    """

    seq: int
    kind: str
    code: str
    at: int | None = None
    absent: bool = False
    value: float | None = None
    unit: str | None = None
    reported: str | None = None
    suspect: bool = False
    flag: str | None = None
    specimen: frozenset[str] = frozenset()
    lasting: int | None = None
    grade: str | None = None
    dose: Fraction | None = None
    dose_unit: str | None = None
    route: str | None = None
    concentration: Fraction | None = None
    over: int | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Infant:
    """The infant: gestation in weeks, weights in grams; None where not known."""

    sex: str | None = None
    gestation: float | None = None
    birth_weight: float | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the case that was read but is doubtful; `event` is its place in the file, if it has one."""

    code: str
    event: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one infant at `now` (age in seconds). Events are in order of time, unknown times first.

    `intervals` holds the local laboratory's limits by analyte, (low, high) in the analyte's canonical unit.
    """

    name: str
    now: int
    infant: Infant = field(default_factory=Infant)
    events: tuple[Event, ...] = ()
    setting: str | None = None
    intervals: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict[str, Any])
    age_assumed: bool = False
    times_assumed: bool = False
    problems: tuple[Problem, ...] = ()

    @classmethod
    def from_dict(cls, given: Mapping[str, Any], *, knowledge: Knowledge | None = None, numberless: bool = False) -> Self:
        """A case from a mapping as the format describes it. Raises CaseError with every problem found.

        `numberless`: a result may have neither value nor flag, as in records that say only that it was measured.
        """
        from neomag.case.reader import Reader

        return cls(**Reader(given, knowledge or load(), numberless=numberless).fields())

    @classmethod
    def read(cls, path: str | Path, *, knowledge: Knowledge | None = None) -> Self:
        """The one case in a JSON or YAML file. Raises CaseError, also when the file cannot be read or holds several."""
        cases = cls.read_all(path, knowledge=knowledge)
        if len(cases) != 1:
            raise CaseError([f"holds {len(cases)} cases; one is expected"])
        return cases[0]

    @classmethod
    def read_all(cls, path: str | Path, *, knowledge: Knowledge | None = None) -> list[Self]:
        """Every case in a JSON, JSON Lines or YAML file. Raises CaseError."""
        return cls.parse(_bytes_of(Path(path)), name=Path(path).name, knowledge=knowledge)

    @classmethod
    def read_each(cls, path: str | Path, *, knowledge: Knowledge | None = None) -> Iterator[Self | CaseError]:
        """Each case in a JSON, JSON Lines or YAML file, or the CaseError that says why it cannot be read."""
        try:
            data = _bytes_of(Path(path))
        except CaseError as error:
            yield error
            return
        yield from cls.parse_each(data, name=Path(path).name, knowledge=knowledge)

    @classmethod
    def parse(cls, data: bytes, *, name: str = "", knowledge: Knowledge | None = None) -> list[Self]:
        """Every case in the bytes of a file called `name`. Raises CaseError when any cannot be read."""
        cases: list[Self] = []
        for case in cls.parse_each(data, name=name, knowledge=knowledge):
            if isinstance(case, CaseError):
                raise case
            cases.append(case)
        return cases

    @classmethod
    def parse_each(cls, data: bytes, *, name: str = "", knowledge: Knowledge | None = None) -> Iterator[Self | CaseError]:
        """Each case in the bytes of a file called `name`, or the CaseError that says why it cannot be read."""
        try:
            given = documents.parse(data, name=name)
        except documents.DocumentError as error:
            yield CaseError([str(error)])
            return
        for place, document in enumerate(given, start=1):
            if isinstance(document, documents.DocumentError):
                yield CaseError([str(document)])
                continue
            try:
                yield cls.from_dict(document, knowledge=knowledge)
            except CaseError as error:
                where = f"case {place}: " if len(given) > 1 else ""
                yield CaseError([f"{where}{problem}" for problem in error.problems])


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CaseError([error.strerror or str(error)]) from None
