"""Rules to CQL text (HL7 Clinical Quality Language 1.5) with each rule's sentence, sources and policy beside it.

Its logic is that of the rule language: three-valued `and`, `or`, `not`, two-valued `is`. Compiled, it is the library that
`neomag.rules.elm` writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from neomag.knowledge import RuleEntry, Signature
from neomag.rules.elm import NAME, PARAMETER, TYPES, decimal
from neomag.rules.selection import Selection
from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or

_OPS = {"=": "=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_BREAK = ",\n      "


def expression(node: Node, ids: Mapping[str, str], findings: Mapping[str, Signature]) -> str:
    """CQL text of `node`. `ids` maps the names of rules to ids; other names are `findings`."""

    def inner(item: Node) -> str:
        text = expression(item, ids, findings)
        return text if isinstance(item, Name) else f"({text})"

    match node:
        case Name(name):
            return f'"{ids[name]}"' if name in ids else _finding(name)
        case Compare(op, left, right, _):
            other = _finding(right.name) if isinstance(right, Name) else _literal(right, findings[left].type)
            return f"{_finding(left)} {_OPS[op]} {other}"
        case Known(name, negated):
            return f"{_finding(name)} is {'not ' if negated else ''}null"
        case Not(item):
            return f"not {inner(item)}"
        case And(items):
            return " and ".join(map(inner, items))
        case Or(items):
            return " or ".join(map(inner, items))
        case Is(item, value, negated):
            word = "null" if value is None else str(value).lower()
            return f"{inner(item)} is {'not ' if negated else ''}{word}"
        case AtLeast(count, items):
            sure = _BREAK.join(f"if {inner(i)} then 1 else 0" for i in items)
            maybe = _BREAK.join(f"if {inner(i)} is false then 0 else 1" for i in items)
            return f"if Sum({{ {sure} }}) >= {count} then true\n    else if Sum({{ {maybe} }}) < {count} then false else null"


def _finding(name: str) -> str:
    return f'{PARAMETER}."{name}"'


def _literal(value: float | int | str, of: str) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return decimal(value) if of == "quantity" else str(value)


def text(chosen: Selection, describe: Mapping[str, str]) -> str:
    """The CQL library of a selection of rules. `describe` says what each finding is."""
    known, ids = chosen.knowledge, chosen.ids
    lines = [
        f"// neomag's rules, knowledge {known.version}, digest {known.digest}.",
        "// Decision support for magnesium deficiency in infants, birth to 24 months. Not a substitute for a clinician.",
        f"// {PARAMETER}: what is known of one infant at one moment; null is unknown. Counts are never null.",
        f"library {NAME} version '{known.version}'",
        "",
        f"parameter {PARAMETER} Tuple {{",
        *_elements(chosen.findings, describe),
        "}",
    ]
    for entry in chosen.entries:
        node = chosen.trees[entry.name]
        lines += ["", *_comments(entry), f'define "{entry.id}":', *_body(node, ids, chosen.findings)]
    return "\n".join(lines) + "\n"


def _elements(findings: Mapping[str, Signature], describe: Mapping[str, str]) -> Iterator[str]:
    for place, (name, signature) in enumerate(findings.items(), 1):
        comma = "," if place < len(findings) else ""
        unit = f" [{signature.unit}]" if signature.unit else ""
        words = f" ({', '.join(signature.words)})" if signature.words else ""
        yield f'  "{name}" {TYPES[signature.type]}{comma} // {_one_line(describe[name])}{unit}{words}'


def _comments(entry: RuleEntry) -> Iterator[str]:
    said = [entry.says]
    if entry.sources:
        said.append(f"Sources: {', '.join(entry.sources)}.")
    if entry.policy:
        said.append(f"Policy: {entry.policy}")
    said.append(f"When: {entry.when}")
    for sentence in said:
        yield from wrap(_one_line(sentence), 124, initial_indent="// ", subsequent_indent="//   ", break_long_words=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _body(node: Node, ids: Mapping[str, str], findings: Mapping[str, Signature]) -> Iterator[str]:
    """A definition's text: what `and` or `or` joins stands a line each."""
    if isinstance(node, And | Or):
        word = "and" if isinstance(node, And) else "or"
        for place, item in enumerate(node.items):
            text = expression(item, ids, findings)
            text = text if isinstance(item, Name) else f"({text})"
            yield f"  {word + ' ' if place else ''}{text}"
    else:
        yield f"  {expression(node, ids, findings)}"
