"""What is given to an infant and what it loses: feeds, doses and losses of a scenario, read into mmol and hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neomag.body import amounts
from neomag.body.data import figures
from neomag.body.errors import BodyInputError
from neomag.body.faults import Faults
from neomag.body.physiology import Physiology
from neomag.body.stores import mg_per_mmol
from neomag.knowledge import Knowledge

Entry = Mapping[str, Any]
ROUTES = ("iv", "im", "oral")
DISSOLVES = ("human", "formula", "dose")
_MOST_DOSES = 400


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


class Giver:
    """Reads what `infant` is given in a run of `lasts` hours. Every method raises BodyInputError for what it refuses."""

    def __init__(self, infant: Physiology, lasts: float, faults: Faults, knowledge: Knowledge):
        self.infant, self.lasts, self.faults, self.knowledge = infant, lasts, faults, knowledge

    def feed(self, where: str, raw: Any) -> list[Stretch]:
        """A feed: what of it dissolves, and what does not."""
        given = self.faults.entry(where, raw, ("milk", "volume", "magnesium", "dissolves", "from", "to"))
        kg = self.infant.birth_kg
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
        part = getattr(self.infant.p, f"available_{milk}")
        start, end = self._when(where, given)
        return [Stretch("feed", rate * part, start, end), Stretch("undissolved", rate * (1 - part), start, end)]

    def loss(self, where: str, raw: Any) -> list[Stretch]:
        """A loss from the blood into stool."""
        given = self.faults.entry(where, raw, ("magnesium", "from", "to"))
        rate = amounts.amount(f"{where}.magnesium", given.get("magnesium"), self.infant.birth_kg, self.knowledge, "/d")
        return [Stretch("lost", rate, *self._when(where, given))]

    def dose(self, where: str, raw: Any) -> list[Stretch | Bolus]:
        """A dose, as often as it is given."""
        given = self.faults.entry(where, raw, ("route", "amount", "at", "over", "every", "times"))
        route = given.get("route")
        if route not in ROUTES:
            raise BodyInputError(f"{where}.route: one of {', '.join(ROUTES)}")
        mmol = amounts.amount(f"{where}.amount", given.get("amount"), self.infant.birth_kg, self.knowledge)
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
        if first + every * (times - 1) + over > self.lasts + 1e-9:
            raise BodyInputError(f"{where}: ends after the run does")
        part = self.infant.p.available_dose
        made: list[Stretch | Bolus] = []
        for at in (first + i * every for i in range(times)):
            if route == "iv":
                made.append(Stretch("vein", mmol / over, at, at + over))
            elif route == "im":
                made.append(Bolus("depot", mmol, at))
            else:
                made += [Bolus("gut", mmol * part, at), Bolus("undissolved", mmol * (1 - part), at)]
        return made

    def _when(self, where: str, given: Entry) -> tuple[float, float]:
        start = amounts.hours(f"{where}.from", given.get("from", 0))
        end = amounts.hours(f"{where}.to", given["to"]) if "to" in given else self.lasts
        if not start < end <= self.lasts + 1e-9:
            raise BodyInputError(f"{where}: must begin before it ends, and end with the run at the latest")
        return start, end
