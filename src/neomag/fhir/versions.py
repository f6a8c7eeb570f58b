"""Versions of one resource: two with the same id are one, and the later one counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from neomag.fhir.node import Node
from neomag.fhir.record import Record
from neomag.fhir.times import moment

_WITHDRAWN = "entered-in-error"


def latest(nodes: Sequence[Node], record: Record) -> list[Node]:
    """The resources of a type, each id once, in the place of its first: what was corrected or withdrawn since is not used.

    Where `meta.lastUpdated` does not tell which is later, one that was entered in error counts, else the first.
    """
    found: dict[str, Node] = {}
    unnamed = 0
    for node in nodes:
        key = node.text("id")
        if key is None:
            unnamed += 1
            key = f" {unnamed}"  # no id holds a space
        before = found.setdefault(key, node)
        if before.value != node.value:
            record.note("duplicate-id", node.at)
            if _replaces(node, before):
                found[key] = node
    return list(found.values())


def _replaces(node: Node, before: Node) -> bool:
    now, then = _updated(node), _updated(before)
    return now > then if now and then and now != then else _withdrawn(node)


def _updated(node: Node) -> datetime | None:
    meta = node.child("meta")
    said = meta.text("lastUpdated") if meta else None
    try:
        return moment(said, UTC).at if said else None
    except ValueError:
        return None


def _withdrawn(node: Node) -> bool:
    verified = node.child("verificationStatus")
    codes = [coding.text("code") for coding in verified.children("coding")] if verified else []
    return _WITHDRAWN in (node.text("status"), *codes)
