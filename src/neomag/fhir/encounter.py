"""Encounter: where the infant is."""

from __future__ import annotations

from neomag.case.model import SETTINGS
from neomag.fhir.node import Node
from neomag.fhir.record import Record

_UNDER_WAY = {"arrived", "triaged", "in-progress", "onleave"}


def setting_of(nodes: list[Node], record: Record) -> tuple[str | None, str | None]:
    """Where the infant is, and the encounter that is under way, as a reference.

    The setting is that of the encounters under way at the moment asked about, else of all encounters; None when they differ.
    """
    every: dict[str, str] = {}
    on: dict[str, str] = {}
    for node in nodes:
        status = node.text("status")
        if status in {"entered-in-error", "planned", "cancelled", "unknown"}:
            record.note("entered-in-error" if status == "entered-in-error" else "not-final", node.where("status"))
            continue
        kind = node.child("class")
        if not record.about(node) or kind is None:
            continue
        short = record.bindings.systems().get(kind.text("system") or "", kind.text("system") or "")
        found = record.bindings.by_code.get((short, kind.text("code") or ""))
        if found is None or found.kind != "setting" or found.vocabulary not in SETTINGS:
            record.note("unbound-code", node.where("class"), f"{short} {kind.text('code') or ''}".strip())
            continue
        every[node.at] = found.vocabulary
        if _under_way(node, record):
            on[node.text("id") or node.at] = found.vocabulary
    words = set((on or every).values())
    if len(words) > 1:
        record.note("setting-differs", "Encounter.class")
    key = next(iter(on)) if len(on) == 1 else None
    there = key if key and any(node.value.get("id") == key for node in nodes) else None
    return words.pop() if len(words) == 1 else None, f"Encounter/{there}" if there else None


def _under_way(node: Node, record: Record) -> bool:
    """Whether an encounter holds at the moment asked about: by its period, else by its status."""
    period = node.child("period")
    begun, ended = (record.moment(period, name) if period else None for name in ("start", "end"))
    if begun and begun > record.now:
        return False
    return ended >= record.now if ended else node.text("status") in _UNDER_WAY
