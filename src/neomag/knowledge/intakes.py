"""Reference intakes and breast milk volumes as the knowledge has them: one frozen type for each kind of entry of `feeding/`.

Read from intakes.csv, intakes.toml and milk_volumes.toml, only when feeding asks. Ages are completed months, both ends
included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar, cast

from neomag.knowledge.tables import feeding_file, read_csv, read_toml

Table = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What an entry of a feeding table has beside its figures: its sources, the reason of a policy, or both."""

    id: str
    says: str = ""
    sources: tuple[str, ...] = ()
    policy: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as printed: `value` in `unit` for `printed` ages. `by` is the body as named, `authority` ours for it.

    `counts` names an entry of `counts` where the figure counts something else than the composition table; `choice` is the
    choice it holds for, such as `iron:10%`; `status` is verified or unverified.
    """

    nutrient: str
    kind: str
    value: float
    unit: str
    counts: str
    choice: str
    from_months: int
    to_months: int
    printed: str
    authority: str
    by: str
    year: int
    source: str
    status: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority(Ground):
    """A body that can be chosen; `short` is its name for a table."""

    short: str
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Ground):
    """What a kind of figure is for: `target`, `average`, `limit` or `none`."""

    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts(Ground):
    """What a figure counts; the composition's figure is a `lower` or `upper` bound of it, or says nothing (`none`)."""

    bound: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Ground):
    """A choice within an authority."""

    default: str
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion(Ground):
    """From a printed unit to the composition's: times `factor`, times `by` where it is given, over `over[nutrient]`."""

    factor: str
    by: str = ""
    over: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Intakes:
    """Everything the knowledge says of reference intakes, by id, in the order of the files.

    `unit_of` has the composition table's unit of each of its nutrients, in the table's order.
    """

    figures: tuple[Figure, ...]
    authorities: Mapping[str, Authority]
    kinds: Mapping[str, Kind]
    counts: Mapping[str, Counts]
    choices: Mapping[str, Choice]
    units: Mapping[str, Conversion]
    energy: Ground
    unit_of: Mapping[str, str]

    @property
    def default(self) -> str:
        """The authority taken when none is named."""
        return next(a.id for a in self.authorities.values() if a.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class MilkBand(Ground):
    """Breast milk at an age: mL a day, and kcal a day needed in all, from milk at the average, and left for food.

    `spread` says of whom low and high are: `children`, or the `means` of groups. Energy is None where no food is needed.
    """

    from_months: int
    to_months: int
    low: float
    average: float
    high: float
    spread: str
    need: float | None = None
    milk: float | None = None
    gap: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed(Ground):
    """One breastfeed, in mL."""

    low: float
    average: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Varies(Ground):
    """How much of a nutrient breast milk holds, mg a litre, from `low` to `high`; all published means are in `widest`."""

    low: float
    high: float
    widest: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class MilkVolumes:
    """Breast milk: volumes by age, one feed, kcal a mL, what varies from mother to mother, the milk of each stage."""

    bands: tuple[MilkBand, ...]
    feed: Feed
    kcal_per_ml: float
    composition: Mapping[str, Varies]
    derivations: Mapping[str, Mapping[str, float]]
    stages: tuple[tuple[int, str], ...]

    def at(self, age_months: int) -> MilkBand:
        """The band of an age in completed months, 0 to 24. Raises LookupError outside."""
        return next(b for b in self.bands if b.from_months <= age_months <= b.to_months)


def entry(kind: type[T], code: str, table: Mapping[str, Any]) -> T:
    """An entry of `kind` from its TOML table. Raises TypeError for a key that does not belong or is missing."""
    known = {field.name for field in fields(cast(Any, kind))}
    if unknown := [name for name in table if name not in known]:
        raise TypeError(f"[{code}]: unknown key {unknown[0]}")
    given = {k: tuple(cast("list[Any]", v)) if isinstance(v, list) else v for k, v in table.items()}
    return cast("Callable[..., T]", kind)(id=code, **given)


def entries(kind: type[T], tables: Mapping[str, Any]) -> dict[str, T]:
    """The entries of one table of tables, by id."""
    return {code: entry(kind, code, cast(Table, table)) for code, table in tables.items()}


def _figure(row: Mapping[str, str]) -> Figure:
    numbers: Table = {"value": float(row["value"]), **{k: int(row[k]) for k in ("from_months", "to_months", "year")}}
    return Figure(**cast(Table, {**row, **numbers}))


@cache
def load_intakes() -> Intakes:
    """The reference intakes, read once a process."""
    said = read_toml(feeding_file("intakes.toml"))
    return Intakes(
        figures=tuple(map(_figure, read_csv(feeding_file("intakes.csv")))),
        authorities=entries(Authority, said["authority"]),
        kinds=entries(Kind, said["kind"]),
        counts=entries(Counts, said["counts"]),
        choices=entries(Choice, said["choice"]),
        units=entries(Conversion, said["unit"]),
        energy=entry(Ground, "energy", said["energy"]),
        unit_of={nutrient: of["unit"] for nutrient, of in read_toml(feeding_file("nutrients.toml")).items()},
    )


@cache
def load_milk_volumes() -> MilkVolumes:
    """Breast milk by age, read once a process."""
    said = read_toml(feeding_file("milk_volumes.toml"))
    return MilkVolumes(
        bands=tuple(entries(MilkBand, said["band"]).values()),
        feed=entry(Feed, "feed", said["feed"]),
        kcal_per_ml=float(said["energy"]["kcal_per_ml"]),
        composition=entries(Varies, said["composition"]),
        derivations=said["derivation"],
        stages=tuple((stage["before_days"], stage["milk"]) for stage in said["stages"]["of"]),
    )
