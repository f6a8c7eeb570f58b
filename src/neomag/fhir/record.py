"""The record of one infant while it is read: who it is, what is known of its codes, and the events found so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from neomag import ages
from neomag.fhir.node import Node
from neomag.fhir.own import UCUM_NAMES
from neomag.fhir.problems import Problem, problem, refusal
from neomag.fhir.references import References, means
from neomag.fhir.times import moment
from neomag.knowledge import Knowledge
from neomag.terminology import Bindings, Coding, Concept

# What a record has thousands of and no rule asks for is told once for each code.
_GROUPED = {"unbound-code", "excluded-code", "ordered-not-given", "interval-refused"}


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the case, as the case reader takes it, and the resource it comes from."""

    event: Mapping[str, Any]
    node: Node
    reference: str | None


@dataclass(slots=True)
class Traits:
    """Facts of the infant found in observations: (order, number) of weights in g and gestation in weeks."""

    found: dict[str, list[tuple[tuple[bool, int, int], float]]] = field(default_factory=dict[str, Any])

    def add(self, trait: str, age: int | None, number: float) -> None:
        """Note a number, at an age in seconds where it is known."""
        rows = self.found.setdefault(trait, [])
        rows.append(((age is None, age or 0, len(rows)), number))

    def first(self, trait: str) -> float | None:
        """The earliest one dated, else the first."""
        return min(self.found[trait])[1] if trait in self.found else None

    def last(self, trait: str) -> float | None:
        """The latest one dated, else the last."""
        rows = self.found.get(trait, [])
        return max(rows, key=lambda row: (not row[0][0], *row[0][1:]))[1] if rows else None


@dataclass(slots=True)
class Ranges:
    """The laboratory's own limits by analyte, those of the latest result that had any; one without a time is the earliest."""

    found: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict[str, Any])

    def add(self, lab: str, age: int | None, limits: Mapping[str, Any]) -> None:
        """Note the limits of a result, at an age in seconds where it is known."""
        at = -1 if age is None else age
        if lab not in self.found or at >= self.found[lab][0]:
            self.found[lab] = at, limits

    def latest(self) -> dict[str, Mapping[str, Any]]:
        """The limits by analyte, as a case holds them."""
        return {lab: limits for lab, (_, limits) in self.found.items()}


class Record:
    """Everything that reading one resource needs, and where it puts what it found."""

    def __init__(
        self, *, patient: list[str], born: datetime, died: datetime | None, now: datetime, zone: tzinfo,
        references: References, bindings: Bindings, knowledge: Knowledge,
    ):  # fmt: skip
        self.patient = patient
        self.born = born
        self.died = died
        self.now = now
        self.zone = zone
        self.references = references
        self.bindings = bindings
        self.knowledge = knowledge
        self.rows: list[Row] = []
        self.traits = Traits()
        self.ranges = Ranges()
        self.strangers: list[Problem] = []
        self._told: dict[tuple[str, str], tuple[list[str], int]] = {}
        self._mine: dict[str, bool] = {}

    def note(self, code: str, where: str, detail: str = "") -> None:
        """Note a problem at a place. The same problem of the same code is one with a count."""
        key = (code, detail if code in _GROUPED else f"{detail}\0{where}")
        places, count = self._told.get(key, ([], 0))
        self._told[key] = ([*places, where], count + 1)

    def problems(self) -> list[Problem]:
        """What was noted, in order."""
        return [
            problem(code, places, detail.split("\0")[0], count=count)
            for (code, detail), (places, count) in self._told.items()
        ]  # fmt: skip

    def add(self, node: Node, event: Mapping[str, Any], age: int | None) -> None:
        """Add an event at an age in seconds (None: some unknown time)."""
        at = {} if age is None else {"at": ages.written(age)}
        key = node.text("id")
        self.rows.append(Row(at | dict(event), node, f"{node.kind}/{key}" if key else None))

    def understood(self, node: Node) -> bool:
        """Whether nothing changes the meaning of an element in a way that is not known here."""
        for name in ("modifierExtension", "implicitRules"):
            if node.has(name):
                self.note("modifier", node.where(name))
                return False
        return True

    def about(self, node: Node, name: str = "subject") -> bool:
        """Whether a resource is about this infant. One of another patient is refused; one that names nobody is noted."""
        if not self.understood(node):
            return False
        subject = node.child(name)
        reference = subject.text("reference") if subject else None
        if not reference or not (reference.startswith("urn:") or "Patient/" in reference):
            self.note("no-subject", node.where(name))
            return False
        # Of one record nearly all resources name the infant in the same words.
        if reference not in self._mine:
            self._mine[reference] = means(reference, self.patient)
        if self._mine[reference]:
            return True
        says = "a resource of another patient; send the resources of one infant"
        self.strangers.append(refusal(node.where(name), says, "business-rule"))
        return False

    def age(self, node: Node, *names: str) -> tuple[bool, int | None]:
        """Whether an event at the first of the elements that is there may count, and its age in seconds (None: not known).

        An element `x.start` is the start of the period x. What is wrong with the time is noted.
        """
        for name in names:
            outer, _, inner = name.partition(".")
            holder = node.child(outer) if inner else node
            said = holder.text(inner or outer) if holder else None
            if said and holder:
                return self._age(said, holder.where(inner or outer))
        self.note("no-time", node.at)
        return True, None

    def _age(self, said: str, where: str) -> tuple[bool, int | None]:
        try:
            found = moment(said, self.zone)
        except ValueError:
            self.note("bad-time", where)
            return False, None
        if found.trouble:
            self.note(found.trouble, where)
        if found.at > self.now:
            self.note("after-now", where)
            return False, None
        if self.died and found.at > self.died:
            self.note("after-death", where)
            return False, None
        age = round((found.at - self.born).total_seconds())
        if age < 0 and found.trouble == "date-only" and said == self.born.astimezone(self.zone).date().isoformat():
            age = 0
        if age < 0:
            self.note("before-birth", where)
            return False, None
        return True, age

    def moment(self, node: Node, name: str) -> datetime | None:
        """The moment of an element, None when there is none or it cannot be read, which is noted."""
        said = node.text(name)
        try:
            return moment(said, self.zone).at if said else None
        except ValueError:
            self.note("bad-time", node.where(name))
            return None

    def concept(self, node: Node | None) -> Concept:
        """A CodeableConcept with its codings."""
        if node is None:
            return Concept()
        codings = tuple(Coding(c.text("system"), c.text("code"), c.text("display")) for c in node.children("coding"))
        return Concept(codings, node.text("text"))

    def word(self, node: Node | None, kind: str, default_system: str | None = None) -> str | None:
        """The word of `kind` (flag, route, specimen) that a CodeableConcept's codings stand for."""
        for coding in self.concept(node).codings:
            system = coding.system or default_system
            short = self.bindings.systems().get(system or "", system or "")
            found = self.bindings.by_code.get((short, coding.code or ""))
            if found and found.kind == kind:
                return found.vocabulary
        return None

    def unit(self, quantity: Node) -> tuple[str | None, str | None]:
        """The UCUM code and the text of a Quantity's unit. A code of another system, or of none, does not count."""
        code, system = quantity.text("code"), quantity.text("system")
        if code and system not in UCUM_NAMES:
            self.note("unit-system", quantity.where("system" if system else "code"))
            code = None
        return code, quantity.text("unit")
