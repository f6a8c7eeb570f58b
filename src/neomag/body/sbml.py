"""A scenario as SBML (Level 3 Version 2), for other people's simulators.

The equations are those of the native run, read into expressions; places are species with rate rules, feeds, doses, losses
and birth are events. The XML is written here: SBML is small, and a library to write it would be 46 MB at run time. The tests
hold it against libSBML's own checks, and run it in another simulator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from xml.etree import ElementTree as ET

from neomag.body.data import Figure, figures, words
from neomag.body.dimensions import Dimensions, Unit, text, unit
from neomag.body.equations import AGE, FLOWS, INPUTS, MASS, MOTHER, Equations, inputs, of
from neomag.body.expression import CONDITIONS, Expression, Value, decided, make, symbol, symbols, walk
from neomag.body.mathml import SBML, MathML, apply, named, number, time, within
from neomag.body.model import PLACES, Inflow, body_of
from neomag.body.scenario import Scenario
from neomag.body.stores import mg_per_mmol
from neomag.body.timeline import begin, inflow, marks, put
from neomag.knowledge import Knowledge

SERUM = "serum"
_BORN = "born"
_RATE, _LEVEL = unit("mmol/h"), unit("mmol/L")
_OF_INFANT = {"birth_kg": unit("kg"), "gestation": unit("weeks"), "offset": unit("h"), MASS: unit("mg/mmol")}
_XHTML = "http://www.w3.org/1999/xhtml"
# Base units as SBML has them: kind, exponent, scale, multiplier.
_BASES = {
    "mmol": ("mole", 1, -3, 1.0), "L": ("litre", 1, 0, 1.0), "mL": ("litre", 1, -3, 1.0), "kg": ("kilogram", 1, 0, 1.0),
    "g": ("gram", 1, 0, 1.0), "mg": ("gram", 1, -3, 1.0), "min": ("second", 1, 0, 60.0), "h": ("second", 1, 0, 3600.0),
    "d": ("second", 1, 0, 86400.0), "week": ("second", 1, 0, 604800.0), "m2": ("metre", 2, 0, 1.0),
    "bsa": ("metre", 2, 0, 1.73**0.5),
}  # fmt: skip


def sbml(scenario: Scenario, knowledge: Knowledge) -> str:
    """The scenario's model as an SBML document; `serum` in it is in mmol/L, every place in mmol, time in hours from its begin.

    `age` in it is hours since the start of the scenario: below nought before birth.
    """
    return _Document(scenario, knowledge).text()


class _Document:
    def __init__(self, scenario: Scenario, knowledge: Knowledge):
        self.scenario, self.knowledge, self.equations = scenario, knowledge, of(scenario)
        self.begin = begin(scenario)
        self.units: dict[str, Unit] = {}
        known = {name: unit(f.unit) for name, f in _figures(knowledge).items()} | _OF_INFANT
        known |= dict.fromkeys(PLACES, unit("mmol")) | dict.fromkeys(FLOWS, _RATE)
        known |= {AGE: unit("h"), MOTHER: _LEVEL, _BORN: {}}
        self.known = known
        called = dict(self.equations.names)
        self.values = inputs(scenario, mg_per_mmol(knowledge))
        *self.rates, self.serum = decided([*_rates(self.equations, scenario), self.equations.level], self.values, called)
        roots = [*((rate, _RATE) for rate in self.rates), (self.serum, _LEVEL)]
        self.dimensions = Dimensions(roots, known)
        self.names = _names({**called, self.serum: SERUM}, [root for root, _ in roots])
        self.math = MathML(self.names, self.dimensions, self.unit_id)

    def unit_id(self, given: Unit) -> str:
        """The id of a unit, defined in the document when it is not plain."""
        name = text(given)
        if given:
            self.units[name] = given
        return name

    def text(self) -> str:
        """The document."""
        # Names with their prefixes are written out: ElementTree would leave the one of `sbml:units` away.
        top = ET.Element("sbml", {"xmlns": SBML, "xmlns:sbml": SBML, "level": "3", "version": "2"})
        ids = {"substanceUnits": "mmol", "extentUnits": "mmol", "timeUnits": "h", "volumeUnits": "L"}
        for name in ids.values():
            self.unit_id(unit(name))
        model = ET.SubElement(top, "model", {"id": _id(self.scenario.name), "name": self.scenario.says, **ids})
        model.append(self._notes())
        parts = [
            _list("Compartments", [self._compartment()]),
            _list("Species", self._species()),
            _list("Parameters", self._parameters()),
            _list("Rules", self._rules()),
            _list("Events", self._events()),
        ]
        model.append(_list("UnitDefinitions", (_definition(name, given) for name, given in self.units.items())))
        model.extend(part for part in parts if len(part))
        ET.indent(top)
        return ET.tostring(top, encoding="unicode", xml_declaration=False).join(
            ['<?xml version="1.0" encoding="UTF-8"?>\n', "\n"]
        )

    def _notes(self) -> ET.Element:
        found = ET.Element("notes")
        inside = ET.SubElement(found, "body", {"xmlns": _XHTML})
        for line in (words(self.knowledge)["label"], self.scenario.says, self.scenario.policy):
            if line:
                ET.SubElement(inside, "p").text = line
        return found

    def _compartment(self) -> ET.Element:
        # Amounts are all that counts: how much fluid there is follows from the infant's weight and age.
        return ET.Element(
            "compartment", {"id": "infant", "spatialDimensions": "3", "size": "1", "units": "L", "constant": "true"}
        )

    def _species(self) -> Iterator[ET.Element]:
        body = body_of(self.scenario.infant, mg_per_mmol(self.knowledge))
        state = body.start(self.scenario.level, 0.0, self.scenario.depletion)
        for place, amount, first in zip(PLACES, state, put(self.scenario, self.begin) or [0.0] * len(PLACES), strict=True):
            yield ET.Element("species", {
                "id": place, "compartment": "infant", "initialAmount": repr(amount + first), "substanceUnits": "mmol",
                "hasOnlySubstanceUnits": "true", "boundaryCondition": "true", "constant": "false",
            })  # fmt: skip

    def _parameters(self) -> Iterator[ET.Element]:
        used = symbols([*self.rates, self.serum])
        says = {name: f.says for name, f in _figures(self.knowledge).items()}
        for name in INPUTS:
            if name in used:
                yield self._parameter(name, self.known[name], self.values[name], says.get(name, ""))
        flow = _flow(self.scenario, *self._first())
        for name, value in flow.items():
            if name in used:
                yield self._parameter(name, self.known[name], value, constant=False)
        if _BORN in used:
            yield self._parameter(_BORN, {}, 0.0, constant=False)
        for name, given in [(AGE, unit("h")), *((n, self.dimensions.of(e)) for e, n in self.names.items())]:
            yield self._parameter(name, given, None, constant=False)

    def _parameter(self, name: str, given: Unit, value: float | None, says: str = "", *, constant: bool = True) -> ET.Element:
        fields = {"id": name, "units": self.unit_id(given), "constant": str(constant).lower()}
        if value is not None:
            fields["value"] = repr(value)
        if says:
            fields["name"] = says
        return ET.Element("parameter", fields)

    def _rules(self) -> Iterator[ET.Element]:
        now = apply("minus", time(), number(-self.begin, self.unit_id(unit("h")))) if self.begin else time()
        yield _rule("assignmentRule", AGE, within(now))
        for e, name in self.names.items():
            yield _rule("assignmentRule", name, self.math.math(e, {}, whole=True))
        for place, rate in zip(PLACES, self.rates, strict=True):
            yield _rule("rateRule", place, self.math.math(rate, _RATE))

    def _first(self) -> tuple[float, float]:
        start, end, *_ = marks(self.scenario, ())
        return start, end

    def _events(self) -> Iterator[ET.Element]:
        edges = marks(self.scenario, ())
        before = _flow(self.scenario, *self._first())
        used = symbols(self.rates)
        for i, (edge, end) in enumerate(pairwise(edges[1:]), 1):
            flow = _flow(self.scenario, edge, end)
            changed: dict[str, ET.Element] = {
                name: number(value, self.unit_id(self.known[name]))
                for name, value in flow.items()
                if name in used and value != before[name]
            }
            if _BORN in used and abs(edge) < 1e-7:
                changed[_BORN] = number(1, self.unit_id({}))
            for place, mmol in zip(PLACES, put(self.scenario, edge) or (), strict=False):
                if mmol:
                    changed[place] = apply("plus", named(place), number(mmol, self.unit_id(unit("mmol"))))
            before = flow
            if changed:
                yield self._event(f"change_{i}", edge - self.begin, changed)

    def _event(self, name: str, at: float, changed: dict[str, ET.Element]) -> ET.Element:
        found = ET.Element("event", {"id": name, "useValuesFromTriggerTime": "true"})
        trigger = ET.SubElement(found, "trigger", {"initialValue": "true", "persistent": "true"})
        trigger.append(within(apply("geq", time(), number(at, self.unit_id(unit("h"))))))
        inside = ET.SubElement(found, "listOfEventAssignments")
        for variable, math in changed.items():
            one = ET.SubElement(inside, "eventAssignment", {"variable": variable})
            one.append(within(math))
        return found


def _figures(knowledge: Knowledge) -> dict[str, Figure]:
    return {f"p_{code.replace('-', '_')}": f for code, f in figures("parameters", knowledge).items()}


def _rates(eq: Equations, scenario: Scenario) -> tuple[Value, ...]:
    """The change of every place, before and after birth."""
    if scenario.mother is None:
        return eq.born
    born = make(">", symbol(_BORN), 0.5)
    return tuple(make("where", born, a, b) for a, b in zip(eq.born, eq.unborn, strict=True))


def _flow(scenario: Scenario, start: float, end: float) -> dict[str, float]:
    """What comes and goes between two edges, by name."""
    given: Inflow = inflow(scenario, (start + end) / 2)
    flow = {name: float(getattr(given, name)) for name in FLOWS}
    return flow if scenario.mother is None else {**flow, MOTHER: scenario.mother[0]}


def _names(called: Mapping[Expression, str], roots: list[Value]) -> dict[Expression, str]:
    """Names for the expressions that have one in the model, each after those it is made of; each name once."""
    taken = {*PLACES, *INPUTS, *FLOWS, MOTHER, AGE, _BORN, "time", "infant"}
    found: dict[Expression, str] = {}
    for e in walk(roots):
        name = called.get(e, "")
        # What is called as a place is (its rest, its flow) stays within the equation that it belongs to.
        if name and name not in taken and e.op not in CONDITIONS:
            taken.add(name)
            found[e] = name
    return found


def _rule(kind: str, variable: str, math: ET.Element) -> ET.Element:
    found = ET.Element(kind, {"variable": variable})
    found.append(math)
    return found


def _definition(name: str, given: Unit) -> ET.Element:
    found = ET.Element("unitDefinition", {"id": name})
    inside = ET.SubElement(found, "listOfUnits")
    for base, power in given.items():
        kind, exponent, scale, multiplier = _BASES[base]
        ET.SubElement(inside, "unit", {
            "kind": kind, "exponent": f"{float(power * exponent):g}", "scale": str(scale), "multiplier": repr(multiplier),
        })  # fmt: skip
    return found


def _list(of: str, elements: Iterable[ET.Element]) -> ET.Element:
    found = ET.Element(f"listOf{of}")
    found.extend(elements)
    return found


def _id(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in f"neomag_{name}")
