"""What a concept of a record (its codings and its text) stands for, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from neomag.terminology.bindings import Binding, Bindings
from neomag.terminology.loinc import loinc_sound

_LONGEST = 2_000
# What is longer is not kept.
_SHORT = 300
# Analytes of urine; femg is the fraction of magnesium that urine takes.
_IN_URINE = ("urine", "femg")


@dataclass(frozen=True, slots=True)
class Coding:
    """One coding: `system` as the record writes it (an address, or a short name such as LN), code and display name."""

    system: str | None
    code: str | None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """The codings of one concept and its text."""

    codings: tuple[Coding, ...] = ()
    text: str | None = None

    @property
    def called(self) -> str:
        """Everything it is called, in lower case; no name is longer than the cut."""
        return " ".join(said for said in (self.text, *(c.display for c in self.codings)) if said)[:_LONGEST].lower()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a concept was found to be: the binding it stands for, or `trouble`, a code of the tables of problems.

    `source_code` names the code as the record has it (`LOINC 2601-3`); `detail` adds to a trouble.
    """

    binding: Binding | None = None
    trouble: str | None = None
    source_code: str = ""
    detail: str = ""


def short(system: str | None, bindings: Bindings) -> str:
    """The short name of a code system (LOINC, SNOMED…); one that is not listed keeps its own."""
    return bindings.systems().get(system or "", system or "")


def bound(concept: Concept, bindings: Bindings, kinds: Sequence[str] = ()) -> Iterator[Binding]:
    """The bindings of the codings, in order, of the `kinds` asked for (none: of every kind)."""
    for coding in concept.codings:
        found = bindings.by_code.get((short(coding.system, bindings), coding.code or ""))
        if found and found.system != "name" and (not kinds or found.kind in kinds):
            yield found


def meaning(concept: Concept, bindings: Bindings) -> Meaning:
    """What the concept stands for. Troubles: `loinc-check-digit`, `code-conflict` (two codings that mean different things),
    `excluded-code`, `name-code-conflict` (a result whose name contradicts its code), `unbound-code`.
    """
    known: Meaning | None = bindings.known.get(concept)
    if known is None:
        known = _meaning(concept, bindings)
        if len(concept.called) < _SHORT and all(len(f"{c.system}{c.code}") < _SHORT for c in concept.codings):
            bindings.remember(concept, known)
    return known


def _meaning(concept: Concept, bindings: Bindings) -> Meaning:
    found = list(bound(concept, bindings))
    source_code = _source_code(concept, found[0] if found else None, bindings)
    for coding in concept.codings:
        if coding.code and short(coding.system, bindings) == "LOINC" and not loinc_sound(coding.code):
            return Meaning(None, "loinc-check-digit", f"LOINC {coding.code}")
    if not found:
        detail = "named magnesium" if "magnes" in concept.called else ""
        return Meaning(None, "unbound-code", source_code, detail)
    first = found[0]
    if any((other.kind, other.vocabulary) != (first.kind, first.vocabulary) for other in found[1:]):
        return Meaning(None, "code-conflict", source_code)
    if first.kind == "excluded":
        return Meaning(None, "excluded-code", source_code, first.note)
    if first.kind == "lab" and misnamed(first.vocabulary, concept.called, bindings):
        return Meaning(None, "name-code-conflict", source_code, first.vocabulary)
    return Meaning(first, None, source_code)


def misnamed(analyte: str, called: str, bindings: Bindings) -> bool:
    """Whether a name (lower case) names another element than `analyte`, or ionised or another specimen against it."""
    element, quality = word_in(called, bindings.words("element")), word_in(called, bindings.words("quality"))
    return bool(
        (element and element not in analyte)
        or (quality == "ionised" and "ionised" not in analyte)
        or of_other_specimen(analyte, quality)
    )


def of_other_specimen(analyte: str, quality: str | None) -> bool:
    """Whether a quality of names (urine, red-cell, mother, fluid: another than blood) is of another specimen than `analyte`."""
    return quality in {"red-cell", "fluid", "mother"} or (quality == "urine" and not analyte.startswith(_IN_URINE))


def word_in(called: str, words: Mapping[str, str]) -> str | None:
    """What the first of `words` in the lower-case text stands for; None when there is none."""
    if not words or not called:
        return None
    found = re.search("|".join(re.escape(word) for word in words), called)
    return words[found[0]] if found else None


def named(called: str, kind: str, bindings: Bindings, *, whole: bool = False) -> str | None:
    """What a name of `kind` (given, route) in the lower-case text stands for; `whole`: only as a whole word."""
    names = bindings.names(kind)
    if whole:
        return word_in(f" {called} ", {f" {name} ": word for name, word in names.items()})
    return word_in(called, names)


def _source_code(concept: Concept, first: Binding | None, bindings: Bindings) -> str:
    if first is not None:
        return f"{first.system} {first.code}"
    for coding in concept.codings:
        if coding.code:
            return f"{short(coding.system, bindings)} {coding.code}".strip()
    return ""
