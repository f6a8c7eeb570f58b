"""What neomag knows, asked for: its lists, an entry with its sources, its rules, its sources."""

from __future__ import annotations

from typing import Any

from neomag import knowledge_list as known
from neomag.nearest import hint
from neomag.rules import rulebook


class NoEntryError(LookupError):
    """There is no entry of this id; the message names the nearest."""


def entries(only: str | None = None) -> dict[str, Any]:
    """The version of the knowledge, and the entries of every list, or of one (see `knowledge_list.LISTS`)."""
    knowledge = rulebook().knowledge
    lists = {name: known.listed(knowledge, name) for name in known.LISTS if only in (None, name)}
    return {
        "knowledge": knowledge.version,
        "counts": {name: len(rows) for name, rows in lists.items()},
        "entries": [{"id": code, "list": name, "says": says} for name, rows in lists.items() for code, says in rows],
    }


def entry(code: str) -> dict[str, Any]:
    """An entry as it stands in its file, its sources in full. Raises NoEntryError."""
    knowledge = rulebook().knowledge
    found = known.entries(knowledge)
    if code not in found:
        raise NoEntryError(f"no entry `{code[:60]}`{hint(code, found, 0.4)}")
    sources = [known.source(knowledge.sources[key]) for key in known.sources_of(found[code])]
    return {"id": code, **found[code], "sources": sources}


def rules(most: int | None = None) -> dict[str, Any]:
    """The version of the knowledge, and every rule, or the first `most`."""
    knowledge = rulebook().knowledge
    return {"knowledge": knowledge.version, "rules": [known.rule(rule) for rule in list(knowledge.rules.values())[:most]]}


def sources(most: int | None = None) -> dict[str, Any]:
    """The version of the knowledge, and every source, or the first `most`."""
    knowledge = rulebook().knowledge
    return {
        "knowledge": knowledge.version,
        "sources": [known.source(source) for source in list(knowledge.sources.values())[:most]],
    }
