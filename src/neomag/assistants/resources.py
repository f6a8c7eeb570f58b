"""The resources: the knowledge in force, its rules and its sources, to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from neomag.asking.knowledge import entries, entry, rules, sources

_ENTRY = "neomag://knowledge/"
ENTRY_TEMPLATE = _ENTRY + "{id}"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource, and how it is read."""

    name: str
    title: str
    says: str
    read: Callable[[], dict[str, Any]]


RESOURCES: Mapping[str, Resource] = {
    "neomag://knowledge": Resource(
        "knowledge", "The knowledge in force", "Its version, and every entry with what it says.", entries
    ),
    "neomag://rules": Resource("rules", "Every rule", "Each rule's text, what it says, and its sources.", rules),
    "neomag://sources": Resource("sources", "The bibliography", "Each source, and how far it was read.", sources),
}


def read(uri: str) -> dict[str, Any]:
    """The resource at `uri`. Raises LookupError when there is none; its message says what there is."""
    if uri in RESOURCES:
        return RESOURCES[uri].read()
    if uri.startswith(_ENTRY):
        return entry(unquote(uri.removeprefix(_ENTRY)))
    raise LookupError(f"no resource `{uri[:60]}`; there are {', '.join(RESOURCES)} and {ENTRY_TEMPLATE}")
