"""Scenarios: what happens to an infant, as YAML. Read and checked whole; every fault is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, cast

from neomag import ages
from neomag.body import amounts
from neomag.body.data import figures, grounds
from neomag.body.errors import BodyInputError
from neomag.body.parameters import Parameters, parameters
from neomag.body.physiology import Physiology
from neomag.body.stores import mg_per_mmol
from neomag.knowledge import Knowledge
from neomag.knowledge.tables import body_file
from neomag.nearest import hint

T = TypeVar("T")
Entry = Mapping[str, Any]
ROUTES = ("iv", "im", "oral")
DISSOLVES = ("human", "formula", "dose")
_MOST_BYTES = 64 * 1024
_LONGEST = 366 * 24.0
_MOST_DOSES = 400
_TOP = ("says", "infant", "lasts", "level", "depletion", "mother", "feeds", "doses", "losses", "set", "times",
        "sources", "policy")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """mmol/h from `start` to `end` (hours after the start of the run). `kind`: feed, undissolved, vein or lost."""

    kind: str
    rate: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Bolus:
    """mmol put into the gut, into muscle (`depot`) or straight to the stool (`undissolved`) at a moment."""

    place: str
    mmol: float
    at: float


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
        self.faults: list[str] = []

    def scenario(self, raw: Any) -> Scenario:
        top = self._entry("scenario", raw, _TOP)
        if not isinstance(top.get("says"), str) or not top["says"].strip():
            self.faults.append("says: write what happens, in a sentence")
        self.faults += self._grounds(top)
        infant, age = self._infant(top)
        kg = infant.birth_kg
        lasts = self._try(lambda: amounts.hours("lasts", top.get("lasts")), 1.0)
        if not 0 < lasts <= _LONGEST:
            self.faults.append(f"lasts: from above 0 to {_LONGEST / 24:g} d is accepted")
            lasts = 1.0
        level = infant.p.level
        if "level" in top:
            level = self._try(lambda: amounts.level("level", top["level"], self.knowledge), level)
        if level <= 0:
            self.faults.append("level: must be above 0")
            level = infant.p.level
        depletion = self._try(lambda: amounts.share("depletion", top["depletion"]), 0.0) if "depletion" in top else None
        mother = self._mother(top, age)
        stretches: list[Stretch] = []
        boluses: list[Bolus] = []
        for i, given in enumerate(self._list(top, "feeds")):
            self._try(lambda i=i, given=given: stretches.extend(self._feed(f"feeds[{i}]", given, infant, lasts)), None)
        for i, given in enumerate(self._list(top, "losses")):
            self._try(lambda i=i, given=given: stretches.append(self._loss(f"losses[{i}]", given, kg, lasts)), None)
        for i, given in enumerate(self._list(top, "doses")):
            self._try(lambda i=i, given=given: self._dose(f"doses[{i}]", given, infant, lasts, stretches, boluses), None)
        if self.faults:
            raise BodyInputError("\n".join(f"{self.name}: {fault}" for fault in self.faults))
        return Scenario(
            self.name, top["says"].strip(), infant, age, lasts, level, depletion, mother, tuple(stretches), tuple(boluses),
            tuple(top.get("sources", ())), str(top.get("policy", "")),
        )  # fmt: skip

    def _grounds(self, top: Entry) -> list[str]:
        """A user's own scenario may do without sources and policy; what it names must exist all the same."""
        if not isinstance(top.get("sources", []), list):
            return ["sources: write a list"]
        given = top if not self.own or top.get("sources") else {"policy": "the user's own", **top}
        return list(grounds("scenario", given, self.knowledge))

    def _infant(self, top: Entry) -> tuple[Physiology, float]:
        given = self._entry("infant", top.get("infant"), ("weight", "gestation", "age"))
        kg = self._try(lambda: amounts.weight("infant.weight", given.get("weight")), 3.4)
        low, high = (bound / 1000 for bound in self.knowledge.settings["weight_plausible_g"]["between"])
        if not low <= kg <= high:
            self.faults.append(f"infant.weight: from {low:g} to {high:g} kg is accepted")
            kg = 3.4
        weeks = self._gestation(given.get("gestation", "40w"))
        age = self._try(lambda: amounts.hours("infant.age", given.get("age", "birth")), 0.0)
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
            changes = self._entry(how, top.get(how, {}), known)
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
        given = self._entry("mother", top["mother"], ("level", "for"))
        if age:
            self.faults.append("mother: only for a run that starts at birth")
        level = self._try(lambda: amounts.level("mother.level", given.get("level"), self.knowledge), 0.0)
        span = self._try(lambda: amounts.hours("mother.for", given.get("for")), 0.0)
        if not 0 < span <= 40 * 7 * 24 or not level:
            self.faults.append("mother: needs a level above 0, and for how long (`for`), at most 40 wk")
        return level, span

    def _feed(self, where: str, raw: Any, infant: Physiology, lasts: float) -> list[Stretch]:
        given = self._entry(where, raw, ("milk", "volume", "magnesium", "dissolves", "from", "to"))
        kg = infant.birth_kg
        if ("milk" in given) == ("magnesium" in given):
            raise BodyInputError(f"{where}: write either milk with its volume, or magnesium")
        if "milk" in given:
            milk = str(given["milk"])
            if milk not in ("human", "formula"):
                raise BodyInputError(f"{where}.milk: human or formula is accepted")
            per_litre = figures("stores", self.knowledge)[f"milk-{milk}"].centre / mg_per_mmol(self.knowledge)
            rate = amounts.volume(f"{where}.volume", given.get("volume"), kg) / 1000 * per_litre
        else:
            milk = str(given.get("dissolves", ""))
            if milk not in DISSOLVES:
                raise BodyInputError(f"{where}.dissolves: one of {', '.join(DISSOLVES)} (as which it dissolves)")
            rate = amounts.amount(f"{where}.magnesium", given["magnesium"], kg, self.knowledge, "/d")
        part = getattr(infant.p, f"available_{milk}")
        start, end = self._when(where, given, lasts)
        return [Stretch("feed", rate * part, start, end), Stretch("undissolved", rate * (1 - part), start, end)]

    def _loss(self, where: str, raw: Any, kg: float, lasts: float) -> Stretch:
        given = self._entry(where, raw, ("magnesium", "from", "to"))
        rate = amounts.amount(f"{where}.magnesium", given.get("magnesium"), kg, self.knowledge, "/d")
        return Stretch("lost", rate, *self._when(where, given, lasts))

    def _dose(
        self, where: str, raw: Any, infant: Physiology, lasts: float, stretches: list[Stretch], boluses: list[Bolus]
    ) -> None:
        given = self._entry(where, raw, ("route", "amount", "at", "over", "every", "times"))
        route = given.get("route")
        if route not in ROUTES:
            raise BodyInputError(f"{where}.route: one of {', '.join(ROUTES)}")
        mmol = amounts.amount(f"{where}.amount", given.get("amount"), infant.birth_kg, self.knowledge)
        first = amounts.hours(f"{where}.at", given.get("at", 0))
        times = given.get("times", 1)
        if not isinstance(times, int) or isinstance(times, bool) or not 1 <= times <= _MOST_DOSES:
            raise BodyInputError(f"{where}.times: a whole number from 1 to {_MOST_DOSES}")
        every = amounts.hours(f"{where}.every", given["every"]) if "every" in given else 0.0
        if times > 1 and not every:
            raise BodyInputError(f"{where}.every: is needed when a dose is given more than once")
        over = amounts.hours(f"{where}.over", given["over"]) if "over" in given else 0.0
        if (route == "iv") != bool(over):
            raise BodyInputError(f"{where}.over: is needed for iv, as in `30 min`, and for iv only")
        if first + every * (times - 1) + over > lasts + 1e-9:
            raise BodyInputError(f"{where}: ends after the run does")
        for i in range(times):
            at = first + i * every
            if route == "iv":
                stretches.append(Stretch("vein", mmol / over, at, at + over))
            elif route == "im":
                boluses.append(Bolus("depot", mmol, at))
            else:
                part = infant.p.available_dose
                boluses += [Bolus("gut", mmol * part, at), Bolus("undissolved", mmol * (1 - part), at)]

    def _when(self, where: str, given: Entry, lasts: float) -> tuple[float, float]:
        start = amounts.hours(f"{where}.from", given.get("from", 0))
        end = amounts.hours(f"{where}.to", given["to"]) if "to" in given else lasts
        if not start < end <= lasts + 1e-9:
            raise BodyInputError(f"{where}: must begin before it ends, and end with the run at the latest")
        return start, end

    def _entry(self, where: str, raw: Any, known: Any) -> Entry:
        if not isinstance(raw, dict):
            self.faults.append(f"{where}: write it as `key: value` lines")
            return {}
        entry = cast("dict[Any, Any]", raw)
        for key in entry:
            if key not in known:
                self.faults.append(f"{where}: `{str(key)[:40]}` is not known{hint(str(key), known)}")
        return {str(key): value for key, value in entry.items() if key in known}

    def _list(self, top: Entry, name: str) -> list[Any]:
        given = top.get(name, [])
        if not isinstance(given, list):
            self.faults.append(f"{name}: write a list")
            return []
        return cast("list[Any]", given)

    def _try(self, make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except BodyInputError as error:
            self.faults.append(str(error))
            return otherwise
