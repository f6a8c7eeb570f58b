"""Writes the compiled knowledge, so that a run needs neither the TOML parser nor the rule parser."""

from __future__ import annotations

import json
from pathlib import Path

from neomag.knowledge import DATA, KnowledgeError, digest, tables
from neomag.knowledge.checks import check
from neomag.knowledge.loader import BUILD, assemble
from neomag.rules import python, tree
from neomag.rules.rulebook import parse_all


def write(folder: Path = DATA, target: Path = BUILD) -> None:
    """Check the knowledge in `folder` and write `knowledge.json`, `rules.json` and `rules.py` to `target`.

    Raises KnowledgeError and writes nothing when it does not hold together.
    """
    from neomag.findings import catalogue

    key, raw = digest(folder), tables(folder)
    knowledge = assemble(raw, key, folder)
    if problems := check(knowledge):
        raise KnowledgeError(problems)
    trees, order = parse_all(knowledge)
    signatures = catalogue(knowledge)
    named = dict.fromkeys(n for node in trees.values() for n in tree.names(node) if n not in trees)
    counts = frozenset(n for n in named if (s := signatures(n)) is not None and s.type == "count")
    code = python.source(list(named), trees, order, counts)
    target.mkdir(exist_ok=True)
    (target / "__init__.py").write_text('"""Made by neomag.rules.build; not for editing."""\n', "utf-8")
    (target / "rules.py").write_text(
        f'"""Made by neomag.rules.build; not for editing."""\n\nDIGEST = "{key}"\n\n\n{code}', "utf-8"
    )
    data = {name: tree.to_data(node) for name, node in trees.items()}
    (target / "rules.json").write_text(json.dumps({"digest": key, "order": order, "trees": data}), "utf-8")
    (target / "knowledge.json").write_text(json.dumps({"digest": key, "tables": raw}), "utf-8")


if __name__ == "__main__":
    write()
