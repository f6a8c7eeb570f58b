"""Expressions as MathML with the unit of every number, as SBML wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isinf
from xml.etree import ElementTree as ET

from neomag.body.dimensions import Dimensions, Unit
from neomag.body.expression import Expression, Value

MATHML = "http://www.w3.org/1998/Math/MathML"
SBML = "http://www.sbml.org/sbml/level3/version2/core"
_TIME = "http://www.sbml.org/sbml/symbols/time"
_OPERATIONS = {
    "+": "plus", "-": "minus", "*": "times", "/": "divide", "**": "power", "neg": "minus", "exp": "exp", "log": "ln",
    "sqrt": "root", "min": "min", "max": "max", "<": "lt", "<=": "leq", ">": "gt", ">=": "geq", "==": "eq",
    "and": "and", "or": "or", "not": "not",
}  # fmt: skip


class MathML:
    """Writes expressions. `names` has those that have a name of their own, `unit_id` gives the id of a unit."""

    def __init__(self, names: Mapping[Expression, str], dimensions: Dimensions, unit_id: Callable[[Unit], str]):
        self.names, self.dimensions, self.unit_id = names, dimensions, unit_id

    def math(self, e: Value, unit: Unit, *, whole: bool = False) -> ET.Element:
        """A `math` element; `whole`: also when the expression has a name. A plain number is of `unit`."""
        return within(self._apply(e) if whole and isinstance(e, Expression) and e.op != "symbol" else self._any(e, unit))

    def _any(self, value: Value, unit: Unit) -> ET.Element:
        if not isinstance(value, Expression):
            return number(value, self.unit_id(unit))
        if value in self.names:
            return named(self.names[value])
        return named(value.args[0]) if value.op == "symbol" else self._apply(value)

    def _apply(self, e: Expression) -> ET.Element:
        args = [self._any(a, {} if isinstance(a, Expression) else self.dimensions.number(e, i)) for i, a in enumerate(e.args)]
        if e.op == "where":
            test, yes, no = args
            found = _element("piecewise")
            found.append(_element("piece", yes, test))
            found.append(_element("otherwise", no))
            return found
        if e.op == "log1p":
            return apply("ln", apply("plus", number(1, self.unit_id({})), args[0]))
        return apply(_OPERATIONS[e.op], *args)


def number(value: float, unit: str) -> ET.Element:
    """A number with its unit."""
    if isinf(value):
        return _element("infinity")
    found = _element("cn")
    found.set("type", "real")
    found.set("sbml:units", unit)
    found.text = f"{float(value)!r}"
    if "e" in found.text:
        found.set("type", "e-notation")
        mantissa, _, exponent = found.text.partition("e")
        found.text = mantissa
        ET.SubElement(found, "sep").tail = str(int(exponent))
    return found


def named(name: str) -> ET.Element:
    """A symbol of the model."""
    found = _element("ci")
    found.text = name
    return found


def time() -> ET.Element:
    """The time of the run."""
    found = _element("csymbol")
    found.set("encoding", "text")
    found.set("definitionURL", _TIME)
    found.text = "time"
    return found


def apply(operation: str, *args: ET.Element) -> ET.Element:
    """An operation on arguments."""
    return _element("apply", _element(operation), *args)


def within(e: ET.Element) -> ET.Element:
    """A `math` element around another."""
    found = _element("math", e)
    found.set("xmlns", MATHML)
    return found


def _element(name: str, *inside: ET.Element) -> ET.Element:
    found = ET.Element(name)
    found.extend(inside)
    return found
