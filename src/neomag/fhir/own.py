"""neomag's own code systems in FHIR: `urn:neomag:code:sign` and the like, for what no confirmed code exists for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from neomag.case.events import ROUTES, SPECIMENS
from neomag.case.model import FLAGS, SETTINGS
from neomag.knowledge import Knowledge
from neomag.terminology import Binding, Bindings, load_bindings

OWN = "urn:neomag:code:"
UCUM = "http://unitsofmeasure.org"
UCUM_NAMES = (UCUM, "urn:oid:2.16.840.1.113883.6.8")
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"


def system(kind: str) -> str:
    """The address of neomag's own code system of a kind: sign, condition, drug, lab, action, rule…"""
    return f"{OWN}{kind}"


@cache
def bindings(codes: tuple[Path, ...], knowledge: Knowledge) -> Bindings:
    """The bindings in force for FHIR: the shipped ones, the site's own tables `codes`, and neomag's own codes.

    Raises SourceError for a table that cannot be read.
    """
    found = load_bindings(codes, knowledge)
    mine = [
        *(
            Binding(system(kind), code, "given" if kind == "drug" else kind, code)
            for kind, terms in knowledge.vocabulary.items()
            for code in terms
        ),
        *_words("route", ROUTES),
        *_words("specimen", SPECIMENS),
        *_words("setting", SETTINGS),
        *_words("flag", FLAGS),
    ]
    return Bindings({**found.by_code, **{(b.system, b.code): b for b in mine}}, found.records)


def _words(kind: str, words: Sequence[str]) -> list[Binding]:
    return [Binding(system(kind), word, kind, word) for word in words]
