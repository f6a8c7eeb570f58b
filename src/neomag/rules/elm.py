"""Rules to ELM, the JSON form of HL7's Clinical Quality Language that its engines run.

One library: a parameter `Findings`, a tuple with an element a finding, and a definition a rule, named by the rule's id.
Quantities are plain decimals in the finding's own unit, counts are integers, words are strings. What is written here is what
the reference translator makes of the text of `neomag.rules.cql`, but for its notes. Source: HL7 CQL 1.5, chapter 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import Any

from neomag.knowledge import RuleEntry, Signature
from neomag.rules.selection import Selection
from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or

Elm = dict[str, Any]

NAME = "NeomagRules"
PARAMETER = "Findings"
TYPES = {"truth": "Boolean", "count": "Integer", "quantity": "Decimal", "word": "String"}
_SYSTEM = "urn:hl7-org:elm-types:r1"
_COMPARE = {"=": "Equal", "<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual"}


def decimal(value: float) -> str:
    """The digits of `value`, all of them and without an exponent: read as a float they are `value` again."""
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def expression(node: Node, ids: Mapping[str, str], findings: Mapping[str, Signature]) -> Elm:
    """The ELM expression of `node`. `ids` maps the names of rules to ids; other names are `findings`."""

    def inner(item: Node) -> Elm:
        return expression(item, ids, findings)

    match node:
        case Name(name):
            return {"type": "ExpressionRef", "name": ids[name]} if name in ids else _finding(name)
        case Compare(op, left, right, _):
            other = _finding(right.name) if isinstance(right, Name) else _literal(right, findings[left].type)
            both = [_finding(left), other]
            if op == "<>":
                return _not({"type": "Equal", "operand": both})
            return {"type": _COMPARE[op], "operand": both}
        case Known(name, negated):
            return _negated({"type": "IsNull", "operand": _finding(name)}, negated)
        case Not(item):
            return _not(inner(item))
        case And(items):
            return _chain("And", [inner(i) for i in items])
        case Or(items):
            return _chain("Or", [inner(i) for i in items])
        case Is(item, value, negated):
            kind = "IsNull" if value is None else f"Is{value}"
            return _negated({"type": kind, "operand": inner(item)}, negated)
        case AtLeast(count, items):
            sure = [_if(inner(i), 1, 0) for i in items]
            maybe = [_if({"type": "IsFalse", "operand": inner(i)}, 0, 1) for i in items]
            unknown = {"type": "As", "asType": _type("truth"), "operand": {"type": "Null"}}
            return {
                "type": "If",
                "condition": {"type": "GreaterOrEqual", "operand": [_sum(sure), _literal(count, "count")]},
                "then": _truth(True),
                "else": {
                    "type": "If",
                    "condition": {"type": "Less", "operand": [_sum(maybe), _literal(count, "count")]},
                    "then": _truth(False),
                    "else": unknown,
                },
            }


def _finding(name: str) -> Elm:
    return {"type": "Property", "path": name, "source": {"type": "ParameterRef", "name": PARAMETER}}


def _type(of: str) -> str:
    return f"{{{_SYSTEM}}}{TYPES[of]}"


def _literal(value: float | int | str, of: str) -> Elm:
    if of != "quantity" or isinstance(value, str):
        return {"type": "Literal", "valueType": _type(of), "value": str(value)}
    if value < 0:  # a minus is an operator in CQL
        return {"type": "Negate", "operand": _literal(-value, of)}
    return {"type": "Literal", "valueType": _type(of), "value": decimal(value)}


def _truth(value: bool) -> Elm:
    return {"type": "Literal", "valueType": _type("truth"), "value": str(value).lower()}


def _not(item: Elm) -> Elm:
    return {"type": "Not", "operand": item}


def _negated(item: Elm, negated: bool) -> Elm:
    return _not(item) if negated else item


def _chain(kind: str, items: Sequence[Elm]) -> Elm:
    return reduce(lambda left, right: {"type": kind, "operand": [left, right]}, items)


def _if(condition: Elm, then: int, otherwise: int) -> Elm:
    return {"type": "If", "condition": condition, "then": _literal(then, "count"), "else": _literal(otherwise, "count")}


def _sum(items: Sequence[Elm]) -> Elm:
    return {"type": "Sum", "source": {"type": "List", "element": list(items)}}


def library(chosen: Selection) -> Elm:
    """The ELM library of a selection of rules, its version that of the knowledge."""
    ids = chosen.ids
    elements = [{"name": n, "elementType": _named(s)} for n, s in chosen.findings.items()]
    return {
        "library": {
            "annotation": [_tags({"knowledge": chosen.knowledge.version, "digest": chosen.knowledge.digest})],
            "identifier": {"id": NAME, "version": chosen.knowledge.version},
            "schemaIdentifier": {"id": "urn:hl7-org:elm", "version": "r1"},
            "usings": {"def": [{"localIdentifier": "System", "uri": _SYSTEM}]},
            "parameters": {
                "def": [
                    {
                        "name": PARAMETER,
                        "accessLevel": "Public",
                        "parameterTypeSpecifier": {"type": "TupleTypeSpecifier", "element": elements},
                    }
                ]
            },
            "statements": {
                "def": [
                    {
                        "name": entry.id,
                        "context": "Unfiltered",
                        "accessLevel": "Public",
                        "annotation": [_tags(_grounds(entry))],
                        "expression": expression(chosen.trees[entry.name], ids, chosen.findings),
                    }
                    for entry in chosen.entries
                ]
            },
        }
    }


def _named(signature: Signature) -> Elm:
    return {"type": "NamedTypeSpecifier", "name": _type(signature.type)}


def _tags(values: Mapping[str, str]) -> Elm:
    return {"type": "Annotation", "t": [{"name": name, "value": value} for name, value in values.items()]}


def _grounds(entry: RuleEntry) -> dict[str, str]:
    said = {"description": entry.says, "sources": ", ".join(entry.sources), "policy": entry.policy or ""}
    return {name: value for name, value in said.items() if value}
