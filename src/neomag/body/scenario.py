"""Scenarios: what happens to an infant, as YAML. Read and checked whole; every fault is told at once."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from neomag import ages
from neomag.body import amounts
from neomag.body.data import grounds
from neomag.body.errors import BodyInputError
from neomag.body.faults import Faults
from neomag.body.given import Bolus, Entry, Giver, Stretch
from neomag.body.parameters import Parameters, parameters
from neomag.body.physiology import Physiology
from neomag.knowledge import Knowledge
from neomag.knowledge.tables import body_file
from neomag.nearest import hint

_MOST_BYTES = 64 * 1024
_LONGEST = 366 * 24.0
_TOP = ("says", "infant", "lasts", "level", "depletion", "mother", "feeds", "doses", "losses", "set", "times",
        "sources", "policy")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario. Levels in mmol/L, times in hours; `age` at the start; `mother` is her level and for how long."""

    name: str
    says: str
    infant: Physiology
    age: float
    lasts: float
    level: float
    depletion: float | None
    mother: tuple[float, float] | None
    stretches: tuple[Stretch, ...]
    boluses: tuple[Bolus, ...]
    sources: tuple[str, ...]
    policy: str


def names() -> tuple[str, ...]:
    """The scenarios that ship with the knowledge in force."""
    return tuple(sorted(path.stem for path in body_file("scenarios").glob("*.yaml")))


def shipped(name: str, knowledge: Knowledge) -> Scenario:
    """A scenario by its name. Raises BodyInputError when there is none, naming the nearest."""
    if name not in names():
        raise BodyInputError(f"no scenario `{name[:60]}`{hint(name, names(), 0.4)}; there are {', '.join(names())}")
    return from_file(body_file("scenarios") / f"{name}.yaml", knowledge, own=False)


def from_file(path: Path, knowledge: Knowledge, *, own: bool = True) -> Scenario:
    """The scenario written in a YAML file. Raises BodyInputError with a line for each fault."""
    import yaml

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise BodyInputError(f"{path}: larger than {_MOST_BYTES // 1024} kB; a scenario is a page")
        if b"&" in data or b"*" in data:
            # An alias can unfold to more than memory holds.
            raise BodyInputError(f"{path}: anchors and aliases (& and *) are refused")
        raw = yaml.safe_load(data.decode("utf-8"))
    except OSError as error:
        raise BodyInputError(f"{path}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise BodyInputError(f"{path}: is not UTF-8 text") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BodyInputError(f"{path}: is not YAML: {' '.join(str(error).split())[:200]}") from None
    return read(raw, path.stem, knowledge, own=own)


def read(raw: Any, name: str, knowledge: Knowledge, *, own: bool = True) -> Scenario:
    """The scenario of plain data; one that ships with neomag (not `own`) must give its grounds.

    Raises BodyInputError with a line for each fault.
    """
    return _Reader(name, knowledge, own).scenario(raw)


class _Reader:
    """Collects every fault of one scenario, so that they are told together."""

    def __init__(self, name: str, knowledge: Knowledge, own: bool):
        self.name, self.knowledge, self.own = name, knowledge, own
        self.faults = Faults()

    def scenario(self, raw: Any) -> Scenario:
        top = self.faults.entry("scenario", raw, _TOP)
        if not isinstance(top.get("says"), str) or not top["says"].strip():
            self.faults.append("says: write what happens, in a sentence")
        self.faults += self._grounds(top)
        infant, age = self._infant(top)
        lasts = self.faults.attempt(lambda: amounts.hours("lasts", top.get("lasts")), 1.0)
        if not 0 < lasts <= _LONGEST:
            self.faults.append(f"lasts: from above 0 to {_LONGEST / 24:g} d is accepted")
            lasts = 1.0
        level = infant.p.level
        if "level" in top:
            level = self.faults.attempt(lambda: amounts.level("level", top["level"], self.knowledge), level)
        if level <= 0:
            self.faults.append("level: must be above 0")
            level = infant.p.level
        depletion = (
            self.faults.attempt(lambda: amounts.share("depletion", top["depletion"]), 0.0) if "depletion" in top else None
        )
        mother = self._mother(top, age)
        giver = Giver(infant, lasts, self.faults, self.knowledge)
        made: list[Stretch | Bolus] = []
        for name, reads in (("feeds", giver.feed), ("losses", giver.loss), ("doses", giver.dose)):
            for i, given in enumerate(self.faults.listed(top, name)):
                self.faults.attempt(lambda reads=reads, at=f"{name}[{i}]", given=given: made.extend(reads(at, given)), None)
        if self.faults:
            raise BodyInputError("\n".join(f"{self.name}: {fault}" for fault in self.faults))
        return Scenario(
            self.name, top["says"].strip(), infant, age, lasts, level, depletion, mother,
            tuple(x for x in made if isinstance(x, Stretch)), tuple(x for x in made if isinstance(x, Bolus)),
            tuple(top.get("sources", ())), str(top.get("policy", "")),
        )  # fmt: skip

    def _grounds(self, top: Entry) -> list[str]:
        """A user's own scenario may do without sources and policy; what it names must exist all the same."""
        if not isinstance(top.get("sources", []), list):
            return ["sources: write a list"]
        given = top if not self.own or top.get("sources") else {"policy": "the user's own", **top}
        return list(grounds("scenario", given, self.knowledge))

    def _infant(self, top: Entry) -> tuple[Physiology, float]:
        given = self.faults.entry("infant", top.get("infant"), ("weight", "gestation", "age"))
        kg = self.faults.attempt(lambda: amounts.weight("infant.weight", given.get("weight")), 3.4)
        low, high = (bound / 1000 for bound in self.knowledge.settings["weight_plausible_g"]["between"])
        if not low <= kg <= high:
            self.faults.append(f"infant.weight: from {low:g} to {high:g} kg is accepted")
            kg = 3.4
        weeks = self._gestation(given.get("gestation", "40w"))
        age = self.faults.attempt(lambda: amounts.hours("infant.age", given.get("age", "birth")), 0.0)
        newborn = amounts.hours("newborn", self.knowledge.settings["newborn"]["until"])
        oldest = amounts.hours("scope", self.knowledge.settings["scope"]["until"])
        if age and not newborn <= age <= oldest:
            until = f"{newborn / 24:g} d to {oldest / 24:g} d"
            self.faults.append(f"infant.age: birth, or from {until}; in the first days the birth weight would be needed")
        return Physiology(kg, weeks, self._parameters(top), age), age

    def _gestation(self, given: Any) -> float:
        low, high = self.knowledge.settings["gestation_possible_weeks"]["between"]
        try:
            weeks = ages.gestation(str(given))
        except ValueError:
            weeks = Fraction(0)
        if not low <= weeks <= high:
            self.faults.append(f"infant.gestation: write {ages.GESTATION_FORM}, from {low} to {high} weeks")
            return 40.0
        return float(weeks)

    def _parameters(self, top: Entry) -> Parameters:
        p = parameters(self.knowledge)
        known = [field.name.replace("_", "-") for field in fields(Parameters)]
        for how in ("set", "times"):
            changes = self.faults.entry(how, top.get(how, {}), known)
            for code, value in changes.items():
                name = code.replace("-", "_")
                if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
                    self.faults.append(f"{how}.{code}: write a number that is not negative")
                elif name in known or hasattr(p, name):
                    new = float(value) * (getattr(p, name) if how == "times" else 1.0)
                    p = replace(p, **{name: new})
        return p

    def _mother(self, top: Entry, age: float) -> tuple[float, float] | None:
        if "mother" not in top:
            return None
        given = self.faults.entry("mother", top["mother"], ("level", "for"))
        if age:
            self.faults.append("mother: only for a run that starts at birth")
        level = self.faults.attempt(lambda: amounts.level("mother.level", given.get("level"), self.knowledge), 0.0)
        span = self.faults.attempt(lambda: amounts.hours("mother.for", given.get("for")), 0.0)
        if not 0 < span <= 40 * 7 * 24 or not level:
            self.faults.append("mother: needs a level above 0, and for how long (`for`), at most 40 wk")
        return level, span
