"""Rule text to tree: parsed by sqlglot as SQL, narrowed to the rule language, checked for names, types and units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import sqlglot
from sqlglot import expressions as sql
from sqlglot.errors import SqlglotError

from neomag import ages, units
from neomag.knowledge import Knowledge, Signature
from neomag.nearest import nearest
from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or


class RuleError(ValueError):
    """A rule text that is not in the language, or names, types or units that do not fit; one line."""


_COMPARE: dict[type[sql.Expr], str] = {
    sql.EQ: "=", sql.NEQ: "<>", sql.LT: "<", sql.LTE: "<=", sql.GT: ">", sql.GTE: ">=",
}  # fmt: skip
_FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def parse(
    text: str,
    findings: Callable[[str], Signature | None],
    rules: Mapping[str, str],
    groups: Mapping[str, tuple[str, ...]],
    knowledge: Knowledge,
) -> Node:
    """The tree of rule `text`.

    `findings` tells the signature of a finding by name, `rules` maps the names of all rules to their ids, `groups`
    (`context.strong`) maps a group to the names of the rules in it. Raises RuleError.
    """
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except SqlglotError as error:
        raise RuleError(f"cannot be parsed: {str(error).splitlines()[0]}") from None
    return _Parser(findings, rules, groups, knowledge).node(tree)


class _Parser:
    def __init__(
        self,
        findings: Callable[[str], Signature | None],
        rules: Mapping[str, str],
        groups: Mapping[str, tuple[str, ...]],
        knowledge: Knowledge,
    ):
        self.findings, self.rules, self.groups, self.knowledge = findings, rules, groups, knowledge

    def node(self, tree: sql.Expr) -> Node:
        match tree:
            case sql.Paren():
                return self.node(tree.this)
            case sql.Not():
                if isinstance(tree.this, sql.Is):
                    return self.test(tree.this, negated=True)
                return Not(self.node(tree.this))
            case sql.And() | sql.Or():
                made = And if isinstance(tree, sql.And) else Or
                items: list[Node] = []
                for part in (self.node(tree.left), self.node(tree.right)):
                    items.extend(part.items if isinstance(part, made) else (part,))
                return made(tuple(items))
            case sql.Is():
                return self.test(tree, negated=False)
            case sql.Column():
                return self.truth(tree)
            case sql.Anonymous() if str(tree.this).lower() == "at_least":
                return self.at_least(tree)
            case _ if type(tree) in _COMPARE:
                return self.compare(tree)
            case _:
                raise RuleError(f"`{tree.sql()}` is not in the rule language")

    def signature(self, name: str) -> Signature:
        found = self.findings(name)
        if found is None:
            near = nearest(name, self.rules)
            raise RuleError(f"unknown name `{name}`" + (f"; is it the rule `{near}`?" if near else ""))
        return found

    def truth(self, column: sql.Column) -> Node:
        name = _name(column)
        if name not in self.rules and self.signature(name).type != "truth":
            raise RuleError(f"`{name}` is a {self.signature(name).type}; compare it with something")
        return Name(name)

    def test(self, tree: sql.Is, *, negated: bool) -> Node:
        value = tree.expression
        if isinstance(value, sql.Not):
            negated, value = not negated, value.this
        if isinstance(value, sql.Boolean):
            wanted = bool(value.this)
        elif isinstance(value, sql.Null):
            wanted = None
        else:
            raise RuleError(f"`{tree.sql()}`: only true, false and null can follow `is`")
        if isinstance(tree.this, sql.Column):
            name = _name(tree.this)
            if name not in self.rules and self.signature(name).type != "truth":
                if wanted is not None:
                    raise RuleError(f"`{tree.sql()}`: `{name}` is not a truth")
                return Known(name, negated)
        return Is(self.node(tree.this), wanted, negated)

    def at_least(self, tree: sql.Anonymous) -> Node:
        count, *items = tree.expressions
        if not isinstance(count, sql.Literal) or count.is_string or not items:
            raise RuleError("at_least(n, …) needs a number and what to count")
        nodes: list[Node] = []
        for item in items:
            if isinstance(item, sql.Column) and item.table:
                group = f"{item.table}.{item.name}"
                if not self.groups.get(group):
                    raise RuleError(f"no rule is in the group `{group}`")
                nodes.extend(map(Name, self.groups[group]))
            else:
                nodes.append(self.node(item))
        return AtLeast(int(count.this), tuple(nodes))

    def compare(self, tree: sql.Expr) -> Node:
        op, left, right = _COMPARE[type(tree)], tree.this, tree.expression
        if not isinstance(left, sql.Column):
            op, left, right = _FLIPPED[op], right, left
        if not isinstance(left, sql.Column):
            raise RuleError(f"`{tree.sql()}` compares no finding")
        name = _name(left)
        if name in self.rules:
            raise RuleError(f"`{name}` is a rule; it cannot be compared")
        have = self.signature(name)
        if isinstance(right, sql.Column):
            return self.compare_findings(tree, op, name, have, _name(right))
        if not isinstance(right, sql.Literal):
            raise RuleError(f"`{tree.sql()}`: compare with a number, a quoted quantity, a word or a finding")
        shown = f"'{right.this}'" if right.is_string else str(right.this)
        return Compare(op, name, self.literal(tree, op, have, right), shown)

    def compare_findings(self, tree: sql.Expr, op: str, name: str, have: Signature, other: str) -> Node:
        want = self.signature(other)
        if (have.type, have.unit, have.analyte) != (want.type, want.unit, want.analyte) or have.type in {
            "truth",
            "word",
        }:
            raise RuleError(f"`{tree.sql()}` compares unlike findings")
        return Compare(op, name, Name(other), other)

    def literal(self, tree: sql.Expr, op: str, have: Signature, right: sql.Literal) -> float | int | str:
        written = str(right.this)
        if have.type == "word":
            if not right.is_string or written not in have.words or op not in {"=", "<>"}:
                raise RuleError(f"`{tree.sql()}`: compare with = or <> to one of {', '.join(have.words)}")
            return written
        if have.type == "count":
            if right.is_string or not written.isdecimal():
                raise RuleError(f"`{tree.sql()}`: a count is compared with a plain number")
            return int(written)
        if have.type == "truth":
            raise RuleError(f"`{tree.sql()}`: a truth is not compared; write it alone or with `is`")
        if not right.is_string:
            raise RuleError(f"`{tree.sql()}`: write the number with its unit, in quotes, such as '0.60 {have.unit}'")
        try:
            return self.quantity(written, have)
        except (ValueError, units.UnitError) as error:
            raise RuleError(f"`{tree.sql()}`: {error}") from None

    def quantity(self, written: str, have: Signature) -> float | int:
        if have.unit == "s":
            return ages.seconds(written)
        amount, unit = units.quantity(written)
        if have.unit == "wk":
            if unit != "wk":
                raise RuleError("gestation is compared with weeks, such as '37 wk'")
            return float(amount)
        analyte = self.knowledge.analytes[have.analyte] if have.analyte else None
        if analyte is not None:
            unit = units.accepted_unit(analyte, unit, self.knowledge)
        return float(units.convert(Decimal(amount), unit, have.unit or "", self.knowledge, analyte))


def _name(column: sql.Column) -> str:
    if column.table:
        raise RuleError(f"`{column.sql()}`: a group stands only inside at_least(…)")
    return column.name
