"""Specimens: what their names say is wrong with a sample, and whether a sample is another than the code of its result says."""

from __future__ import annotations

from collections.abc import Iterator

from neomag.terminology.bindings import Bindings
from neomag.terminology.concepts import Concept, bound, of_other_specimen, word_in


def tags_in(called: str, bindings: Bindings) -> Iterator[str]:
    """The specimen tags (edta, haemolysed…) that words of a lower-case text stand for."""
    if called:
        yield from dict.fromkeys(tag for word, tag in bindings.words("specimen").items() if word in called)


def noted_haemolysis(note: str, bindings: Bindings) -> bool:
    """Whether a note on a result names haemolysis and denies none."""
    text = note.lower()
    return "haemolysed" in tags_in(text, bindings) and not any(word in text for word in bindings.records["negation"]["words"])


def other_specimen(lab: str, kinds: Concept, bindings: Bindings) -> bool:
    """Whether a specimen of these kinds (urine, red cells…) contradicts `lab`, by its codes or by its names."""
    coded = (binding.vocabulary for binding in bound(kinds, bindings, ["excluded"]))
    qualities = (*coded, word_in(kinds.called, bindings.words("quality")))
    return any(of_other_specimen(lab, quality) for quality in qualities)
