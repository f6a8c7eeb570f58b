"""What the knowledge says of planning food: the foods a plan may choose, the rules of safety, and how a plan is made.

Read only by what plans or judges feeding. Grams are as the composition table lists the food; ages are completed months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from neomag.knowledge.intakes import entries
from neomag.knowledge.loader import directory
from neomag.knowledge.tables import read_csv, read_toml

# The ages (completed months) from which the columns _6, _9 and _12 of candidates.csv hold.
STEPS = (6, 9, 12)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A food a plan may choose. `forms` and `portions_g` stand for the ages from 6, 9 and 12 months.

    Grams are of the food as `weighed` (as eaten, raw or dry), `as_eaten` grams on the plate for one of them. `most_per_week`
    counts portions; `animal` says that its vitamin A may be preformed, `fortified` that nutrients were added. `unsalted` names
    (name, dataset) the food whose sodium counts instead of its own. `price` is that of 100 g, of a site's own table; `own` says
    that the food is of such a table and its tags were told by its name, so that rules look at the name as well.
    """

    name: str
    dataset: str
    short: str
    group: str
    kind: str
    from_months: int
    to_months: int | None
    forms: tuple[str, ...]
    portions_g: tuple[float, ...]
    most_per_week: float
    fortified: bool
    animal: bool
    tags: frozenset[str]
    note: str = ""
    weighed: str = "as eaten"
    as_eaten: float = 1.0
    unsalted: tuple[str, str] | None = None
    price: float | None = None
    own: bool = False

    def at(self, age_months: int) -> tuple[float, str]:
        """The portion in g and the form in which it is served at this age."""
        step = max(i for i, months in enumerate(STEPS) if age_months >= months)
        return self.portions_g[step], self.forms[step]


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRule:
    """A rule of food safety: for whom (from, before, in completed months), what it does, and to which foods.

    `tags` are those of candidates; `words` are looked for in the names of other foods, unless one of `but` is there too.
    `apart` are words that may stand in any order and apart, unless one of `apart_but` is there too. `always` are words that
    no `but` excuses.
    """

    id: str
    says: str
    from_months: int
    before_months: int
    action: str
    tags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    apart_but: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    most_ml_per_day: float | None = None
    most_sodium_mg: float | None = None
    most_portions_per_week: float | None = None
    most_retinol_ug: float | None = None
    sources: tuple[str, ...] = ()
    status: str = ""
    conflict: str | None = None
    policy: str | None = None

    def holds_at(self, age_months: int) -> bool:
        """Whether it is a rule for this age."""
        return self.from_months <= age_months < self.before_months


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Foods that are limited together: of these kinds or with these tags, so many portions a week."""

    id: str
    says: str
    most_per_week: float
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    policy: str = ""

    def holds(self, candidate: Candidate) -> bool:
        """Whether a food is one of them."""
        return candidate.kind in self.kinds or not candidate.tags.isdisjoint(self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diet:
    """A way of eating: the tags it is `without`, and what is to be minded with it (empty: nothing)."""

    id: str
    says: str
    without: tuple[str, ...]
    caution: str = ""
    sources: tuple[str, ...] = ()
    policy: str = ""

    @property
    def tags(self) -> frozenset[str]:
        """The tags that are left out."""
        return frozenset(self.without)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """How the name and group of a food that has no tags tell the tag `id`: its `words`, not within one of `but`, or its group.

    `also` are tags that come with it. `unless` names tags one of which, told by words, says that it is not this one: then
    neither the groups nor the tags `of` count.
    """

    id: str
    words: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """What people call a thing that is left out: `names`, and the tags, groups and words of names that they mean.

    A name with one of `but` does not count for a word; its tags count all the same.
    """

    id: str
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    policy: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FeedingKnowledge:
    """Candidates by their short name, what is limited together and rules of safety by id, and the policies of plan.toml.

    `safety` are the rules of the dossier's table, `beyond` those that are ours. `diets` are ways of eating by id, `same` sets
    of short names that are one food, `tags` what each tag says. `holds` tell tags by names, `aliases` what people say.
    """

    candidates: Mapping[str, Candidate]
    together: Mapping[str, Together]
    safety: Mapping[str, SafetyRule]
    plan: Mapping[str, Any]
    beyond: Mapping[str, SafetyRule]
    diets: Mapping[str, Diet]
    same: tuple[frozenset[str], ...]
    tags: Mapping[str, str]
    holds: Mapping[str, Holds]
    aliases: Mapping[str, Alias]

    @property
    def rules(self) -> Mapping[str, SafetyRule]:
        """Every rule of safety by id: those of the table first, then ours."""
        return {**self.safety, **self.beyond}


def _candidate(row: Mapping[str, str]) -> Candidate:
    return Candidate(
        name=row["name"],
        dataset=row["dataset"],
        short=row["short"],
        group=row["group"],
        kind=row["kind"],
        from_months=int(row["from_months"]),
        to_months=int(row["to_months"]) if row["to_months"] else None,
        forms=tuple(row[f"form_{m}"] for m in STEPS),
        portions_g=tuple(float(row[f"portion_g_{m}"]) for m in STEPS),
        most_per_week=float(row["most_per_week"]),
        fortified=row["fortified"] == "yes",
        animal=row["animal"] == "yes",
        tags=frozenset(tag.strip() for tag in row["tags"].split(";") if tag.strip()),
        note=row["note"],
        weighed=row["weighed"],
        as_eaten=float(row["as_eaten"]),
        unsalted=(row["sodium_name"], row["sodium_dataset"]) if row["sodium_name"] else None,
    )


def _together(about: Mapping[str, Any]) -> dict[str, Together]:
    """What is limited together: each kind that has a limit of its own, and the groups across kinds."""
    kinds = {
        kind: {"says": of["says"], "most_per_week": of["most_per_week_all"], "kinds": [kind], "policy": of.get("policy", "")}
        for kind, of in about["kinds"].items()
        if "most_per_week_all" in of
    }
    return entries(Together, {**kinds, **about["together"]})


def load_feeding(folder: Path | None = None) -> FeedingKnowledge:
    """The feeding knowledge of `folder` (by default the one in force). Raises TypeError for an entry not well formed."""
    return _read((folder or directory()) / "feeding")


@cache
def _read(folder: Path) -> FeedingKnowledge:
    candidates = [_candidate(row) for row in read_csv(folder / "candidates.csv")]
    safety, about = read_toml(folder / "safety.toml"), read_toml(folder / "candidates.toml")
    return FeedingKnowledge(
        candidates={c.short: c for c in candidates},
        together=_together(about),
        safety=entries(SafetyRule, {k: v for k, v in safety.items() if k != "beyond"}),
        plan=read_toml(folder / "plan.toml"),
        beyond=entries(SafetyRule, safety.get("beyond", {})),
        diets=entries(Diet, about["diets"]),
        same=tuple(frozenset(of["foods"]) for of in about.get("same", {}).values()),
        tags={tag: of["says"] for tag, of in about["tags"].items()},
        holds=entries(Holds, about.get("holds", {})),
        aliases=entries(Alias, about.get("aliases", {})),
    )
