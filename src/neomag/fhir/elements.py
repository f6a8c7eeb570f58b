"""Elements that the resources of an answer share: concepts, references, narrative, citations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from neomag.fhir.own import TERMINOLOGY, system
from neomag.knowledge import Entry, Knowledge

Resource = dict[str, Any]


def plain(text: str) -> str:
    """A text as FHIR can hold it: signs that control, or that are no characters, replaced."""
    kept = (sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return "".join(kept).strip() or "?"


def concept(kind: str, code: str, text: str, *more: Mapping[str, str]) -> Resource:
    """A concept of neomag's own code system of a kind, with other codings, and its text."""
    return {"coding": [*more, {"system": system(kind), "code": code}], "text": text}


def hl7(name: str, code: str) -> Resource:
    """A concept of one of HL7's own code systems."""
    return {"coding": [{"system": TERMINOLOGY + name, "code": code}]}


def identifier(kind: str, value: str) -> Resource:
    """A reference to something of neomag's by its identifier: a rule, a source, a knowledge version."""
    return {"identifier": {"system": system(kind), "value": value}}


def narrative(lines: Iterable[str]) -> Resource:
    """The text of a resource, a paragraph a line."""
    body = "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'}


def citations(sources: Iterable[str], knowledge: Knowledge) -> list[Resource]:
    """The sources of a line as RelatedArtifact: title, year, and where to read it."""
    found: list[Resource] = []
    for key in sources:
        source = knowledge.sources.get(key)
        if source is None:
            continue
        artifact: Resource = {"type": "citation", "label": key, "display": source.title}
        if source.year:
            artifact["citation"] = f"{source.title} ({source.year})"
        if source.link:
            artifact["url"] = source.link
        found.append(artifact)
    return found


def first_link(sources: Iterable[str], knowledge: Knowledge) -> str | None:
    """Where the first source that has an address is read."""
    found = (knowledge.sources[key].link for key in sources if key in knowledge.sources)
    return next((link for link in found if link), None)


def lines_of(entry: Entry) -> list[str]:
    """What a line of an answer says, with its test."""
    return [entry.says, *([entry.test] if entry.test else [])]
