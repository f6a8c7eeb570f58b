"""Three-valued rules to two-valued expressions of a programming language.

Each rule asks `certainly` (true whatever the unknowns turn out to be) and `possibly` (not certainly false); it is true, false,
or unknown when possible and not certain. Both are plain expressions that stop at the first decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language writes what the expressions are made of; `{}` stands for the operand.

    `name` and `literal` write the name of a finding or rule, and a number or word.
    """

    conjunction: str
    disjunction: str
    negation: str
    is_unknown: str
    is_known: str
    not_false: str
    one: str
    signs: Mapping[str, str]
    name: Callable[[str], str]
    literal: Callable[[float | int | str], str]


@dataclass(frozen=True, slots=True)
class TwoValued:
    """Writes expressions in `dialect`; `counts` names the findings that are never unknown."""

    dialect: Dialect
    counts: frozenset[str]

    def certainly(self, node: Node) -> str:
        """The expression that is true when `node` is true."""
        said = self.dialect
        match node:
            case Name(name):
                return said.name(name)
            case Compare():
                known = [said.is_known.format(said.name(n)) for n in self._nullable(node)]
                return f"({said.conjunction.join([*known, self._comparison(node)])})"
            case Known(name, negated):
                return (said.is_known if negated else said.is_unknown).format(said.name(name))
            case Not(item):
                return f"({said.negation.format(self.possibly(item))})"
            case And(items):
                return f"({said.conjunction.join(map(self.certainly, items))})"
            case Or(items):
                return f"({said.disjunction.join(map(self.certainly, items))})"
            case Is():
                return self._is(node)
            case AtLeast(count, items):
                return f"({' + '.join(said.one.format(self.certainly(i)) for i in items)} >= {count})"

    def possibly(self, node: Node) -> str:
        """The expression that is true when `node` is not false."""
        said = self.dialect
        match node:
            case Name(name):
                return said.not_false.format(said.name(name))
            case Compare():
                unknown = [said.is_unknown.format(said.name(n)) for n in self._nullable(node)]
                return f"({said.disjunction.join([*unknown, self._comparison(node)])})"
            case Not(item):
                return f"({said.negation.format(self.certainly(item))})"
            case And(items):
                return f"({said.conjunction.join(map(self.possibly, items))})"
            case Or(items):
                return f"({said.disjunction.join(map(self.possibly, items))})"
            case Known() | Is():
                return self.certainly(node)
            case AtLeast(count, items):
                return f"({' + '.join(said.one.format(self.possibly(i)) for i in items)} >= {count})"

    def _comparison(self, node: Compare) -> str:
        said = self.dialect
        right = said.name(node.right.name) if isinstance(node.right, Name) else said.literal(node.right)
        return f"{said.name(node.left)} {said.signs[node.op]} {right}"

    def _nullable(self, node: Compare) -> list[str]:
        named = [node.left, *([node.right.name] if isinstance(node.right, Name) else [])]
        return [name for name in named if name not in self.counts]

    def _is(self, node: Is) -> str:
        said = self.dialect
        sure, maybe = self.certainly(node.item), self.possibly(node.item)
        if node.value is True:
            text = sure
        elif node.value is False:
            text = said.negation.format(maybe)
        else:
            text = f"({said.conjunction.join([maybe, said.negation.format(sure)])})"
        return f"({said.negation.format(f'({text})')})" if node.negated else f"({text})"
