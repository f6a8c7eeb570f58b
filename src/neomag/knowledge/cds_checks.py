"""Checks that the tables of CDS Hooks hold together: grounds, lengths, and that they name what there is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from neomag.knowledge.model import URGENCIES, Knowledge

INDICATORS = ("info", "warning", "critical")
HOOKS = ("patient-view", "order-select", "order-sign", "encounter-discharge")
DOSES = ("refused", "unusual", "noted", "unread")
# CDS Hooks 2.0: fewer than 140 characters.
MOST_SUMMARY = 139
_FIELDS = {
    "services", "topic", "order", "again", "any", "unless", "advised", "blocked", "unasked", "dose", "indicator", "summary",
    "suggests", "deletes", "sources", "policy",
}  # fmt: skip
Table = Mapping[str, Mapping[str, Any]]


def check_cds(knowledge: Knowledge) -> list[str]:
    """Everything wrong with the tables of CDS Hooks beside `knowledge`, a line each; empty when they hold together."""
    folder = Path(knowledge.directory) / "cds"
    if not folder.is_dir():
        return []
    try:
        tables = {path.stem: cast("Table", tomllib.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.toml"))}
    except tomllib.TOMLDecodeError as error:
        return [f"cds: {error}"]
    wanted = ("services", "prefetch", "orders", "cards", "suggestions", "override_reasons")
    if missing := [name for name in wanted if name not in tables]:
        return [f"cds/{missing[0]}.toml is missing"]
    found = [line for name, table in tables.items() for line in _grounds(f"cds/{name}.toml", table, knowledge)]
    found += _services(tables)
    for code, card in tables["cards"].items():
        found += [f"cds/cards.toml [{code}]: {says}" for says in _card(card, tables, knowledge)]
    for name in ("mixtures", "other_salts"):
        if not tables["orders"].get(name, {}).get("words"):
            found.append(f"cds/orders.toml [{name}]: needs words")
    for code, group in tables["orders"].items():
        for drug in group.get("drugs", ()):
            if drug not in knowledge.vocabulary["drug"]:
                found.append(f"cds/orders.toml [{code}]: no drug {drug}")
        if group.get("block", "give-magnesium") not in knowledge.blocks:
            found.append(f"cds/orders.toml [{code}]: no block {group['block']}")
    for action in tables["suggestions"]["labels"]:
        if action not in {"policy", "sources", *knowledge.actions}:
            found.append(f"cds/suggestions.toml [labels]: no action {action}")
    return found


def _grounds(where: str, table: Table, knowledge: Knowledge) -> Iterator[str]:
    for code, fields in table.items():
        if not fields.get("sources") and len(str(fields.get("policy", "")).split()) < 2:
            yield f"{where} [{code}]: needs sources, or policy with its reason"
        for key in fields.get("sources", ()):
            if key not in knowledge.sources:
                yield f"{where} [{code}]: source {key} is not in sources.toml"


def _services(tables: Mapping[str, Table]) -> Iterator[str]:
    hooks: list[str] = []
    for code, service in tables["services"].items():
        hooks.append(service["hook"])
        if service["hook"] not in HOOKS:
            yield f"cds/services.toml [{code}]: hook {service['hook']} is not one of {', '.join(HOOKS)}"
        for key in service["needs"]:
            if key not in tables["prefetch"]:
                yield f"cds/services.toml [{code}]: needs {key}, which is not in prefetch.toml"
    if len(set(hooks)) < len(hooks):
        yield "cds/services.toml: two services of one hook; a moment could then have two critical cards"


def _card(card: Mapping[str, Any], tables: Mapping[str, Table], knowledge: Knowledge) -> Iterator[str]:
    if unknown := card.keys() - _FIELDS:
        yield f"{min(unknown)} is not known"
    for name in ("services", "topic", "indicator", "summary"):
        if not card.get(name):
            yield f"needs {name}"
    if not 0 < len(card.get("summary", "")) <= MOST_SUMMARY:
        yield f"the summary must have at most {MOST_SUMMARY} characters"
    said: Any = card.get("indicator")
    words = list(cast("Mapping[str, str]", said).values()) if isinstance(said, dict) else [said]
    if set(words) - set(INDICATORS) or (isinstance(said, dict) and set(cast("Mapping[str, str]", said)) != set(URGENCIES)):
        yield f"indicator is one of {', '.join(INDICATORS)}, or one for each of {', '.join(URGENCIES)}"
    checks: tuple[tuple[Any, Any, str], ...] = (
        (card.get("services", ()), tables["services"], "service"),
        ([card["order"]] if "order" in card else (), tables["orders"], "group of orders"),
        ((*card.get("any", ()), *card.get("unless", ())), knowledge.rules, "rule"),
        ((*card.get("suggests", ()), *([card["advised"]] if "advised" in card else [])), knowledge.actions, "action"),
        (card.get("suggests", ()), tables["suggestions"]["labels"], "label of"),
        ([card["blocked"]] if "blocked" in card else (), knowledge.blocks, "block"),
        ([card["dose"]] if "dose" in card else (), DOSES, "verdict of the dose rules"),
    )
    for names, there, what in checks:
        for name in names:
            if name not in there:
                yield f"no {what} {name}"
