"""A selection of rules to export: those asked for, those these build on, and the findings all of them read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from neomag.knowledge import Knowledge, RuleEntry, Signature
from neomag.rules import tree
from neomag.rules.rulebook import Rulebook
from neomag.rules.tree import Node


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Rules and what they need. `entries` keep the order of the knowledge; `order` puts each rule after those it names.

    `trees` and `order` go by the rules' names (`magnesium_low`), `ids` maps these to ids (`magnesium-low`); `findings`
    gives the signature of every finding that is read.
    """

    knowledge: Knowledge
    entries: tuple[RuleEntry, ...]
    trees: Mapping[str, Node]
    order: tuple[str, ...]
    findings: Mapping[str, Signature]

    @property
    def ids(self) -> dict[str, str]:
        """The id of each rule by its name."""
        return {entry.name: entry.id for entry in self.entries}


def select(book: Rulebook, ids: Iterable[str] = ()) -> Selection:
    """The rules `ids` (all when there are none) and every rule they build on.

    Raises KeyError with the id of a rule that there is not.
    """
    by_name = {entry.name: entry for entry in book.entries}
    open_ = [book.knowledge.rules[rule].name for rule in ids] or list(by_name)
    wanted: set[str] = set()
    while open_:
        name = open_.pop()
        if name not in wanted:
            wanted.add(name)
            open_ += [n for n in tree.names(book.trees[name]) if n in book.trees]
    trees = {name: book.trees[name] for name in by_name if name in wanted}
    read = {n for node in trees.values() for n in tree.names(node)}
    return Selection(
        book.knowledge,
        tuple(entry for name, entry in by_name.items() if name in wanted),
        trees,
        tuple(name for name in book.order if name in wanted),
        {name: signature for name, signature in book.findings.items() if name in read},
    )
