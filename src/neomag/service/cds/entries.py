"""The tables of CDS Hooks (`cds/` of the knowledge) as frozen entries, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from neomag.fhir.infant import code_batches
from neomag.knowledge import Knowledge
from neomag.knowledge.tables import cds_file, fhir_file, read_toml

GROUNDS = frozenset({"policy", "sources"})


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its id, hook, what it says of itself, the keys of prefetch it needs, and its most cards of the standing."""

    id: str
    hook: str
    title: str
    description: str
    needs: tuple[str, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Template:
    """A template of prefetch; without `required` ones nothing is said."""

    key: str
    query: str
    required: bool

    def of(self, patient: str) -> str:
        """The query for a patient's id."""
        return self.query.replace("{{context.patientId}}", patient)


@dataclass(frozen=True, slots=True)
class Group:
    """Drugs that an order may be of, and the block of the answer that stands against them."""

    name: str
    drugs: frozenset[str]
    names: tuple[str, ...]
    starts: tuple[str, ...]
    other: tuple[str, ...]
    block: str | None

    def holds(self, drug: str | None, called: str) -> bool:
        """Whether a drug by code, or one that is called so (lower case), is of the group."""
        if any(word in called for word in self.other):
            return False
        return drug in self.drugs or any(name in called for name in self.names) or called.startswith(self.starts)


@dataclass(frozen=True, slots=True)
class CardEntry:
    """When a card is shown, and what it says; see cards.toml."""

    code: str
    services: frozenset[str]
    topic: str
    indicator: str | Mapping[str, str]
    summary: str
    order: str | None = None
    again: bool = False
    any: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    advised: str | None = None
    blocked: str | None = None
    unasked: bool = False
    dose: str | None = None
    suggests: tuple[str, ...] = ()
    deletes: bool = False
    sources: tuple[str, ...] = ()
    policy: str | None = None

    def how(self, urgency: str) -> str:
        """The indicator at an urgency of the answer."""
        return self.indicator if isinstance(self.indicator, str) else self.indicator[urgency]


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """All tables of CDS Hooks of one knowledge; `codes` are the site's own tables of codes."""

    services: Mapping[str, Service]
    templates: Mapping[str, Template]
    groups: tuple[Group, ...]
    other_salts: tuple[str, ...]
    mixtures: tuple[str, ...]
    cards: tuple[CardEntry, ...]
    labels: Mapping[str, str]
    words: Mapping[str, str]
    not_read: Mapping[str, str]
    reasons: tuple[Mapping[str, str], ...]
    disclaimer: str
    codes: tuple[Path, ...] = ()


@cache
def entries(knowledge: Knowledge, codes: tuple[Path, ...] = ()) -> Entries:
    """The tables beside `knowledge`, and a site's own tables of codes. `neomag knowledge check` says what is wrong with
    the former. Raises SourceError for a table of codes that cannot be read."""
    raw = {
        name: read_toml(cds_file(f"{name}.toml"))
        for name in ("services", "prefetch", "orders", "cards", "suggestions", "override_reasons")
    }
    asked = ",".join(code for batch in code_batches(codes, knowledge) for code in batch)
    groups = [(name, group) for name, group in raw["orders"].items() if "names" in group]
    return Entries(
        services={
            code: Service(code, s["hook"], s["title"], s["description"], tuple(s["needs"]), s["most"])
            for code, s in raw["services"].items()
        },
        templates={
            key: Template(key, t["query"].replace("{{codes}}", asked), t["required"]) for key, t in raw["prefetch"].items()
        },
        groups=tuple(
            Group(name, frozenset(g["drugs"]), tuple(g["names"]), tuple(g["starts"]), tuple(g.get("not", ())), g.get("block"))
            for name, g in groups
        ),
        other_salts=tuple(raw["orders"]["other_salts"]["words"]),
        mixtures=tuple(raw["orders"]["mixtures"]["words"]),
        cards=tuple(_card(code, card) for code, card in raw["cards"].items()),
        labels=_plain(raw["suggestions"]["labels"]),
        words=_plain(raw["suggestions"]["words"]),
        not_read=_plain(raw["suggestions"]["not_read"]),
        reasons=tuple(
            {"code": code, "system": "urn:neomag:code:override-reason", "display": reason["display"]}
            for code, reason in raw["override_reasons"].items()
        ),
        disclaimer=read_toml(fhir_file("resources.toml"))["assessment"]["disclaimer"],
        codes=codes,
    )


def _card(code: str, raw: Mapping[str, Any]) -> CardEntry:
    fields: dict[str, Any] = {
        name: tuple(cast("list[str]", value)) if isinstance(value, list) else value for name, value in raw.items()
    }
    fields["services"] = frozenset(raw["services"])
    return CardEntry(code=code, **fields)


def _plain(table: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in table.items() if name not in GROUNDS}
