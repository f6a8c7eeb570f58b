"""The catalogue: every finding there is, by name. Most come from the vocabulary, the rest from findings.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from neomag.findings import calcium, drugs, infant, labs, signs
from neomag.findings.kinds import Kind
from neomag.knowledge import Knowledge, Signature

KINDS: Mapping[str, Kind] = {**infant.KINDS, **signs.KINDS, **labs.KINDS, **drugs.KINDS, **calcium.KINDS}


@cache
def entries(knowledge: Knowledge) -> dict[str, tuple[str, Mapping[str, Any], str]]:
    """Every finding's (kind, params, what it says) by name."""
    found: dict[str, tuple[str, Mapping[str, Any], str]] = {}
    newborn = knowledge.settings["newborn"]["until"]
    for kind, terms in knowledge.vocabulary.items():
        for term in terms.values():
            name = term.code.replace("-", "_")
            if kind in {"sign", "condition"}:
                key = {"key": f"{kind}:{term.code}"}
                found[name] = ("sign-ever", key, term.meaning)
                found[f"{name}_now"] = ("sign-now", key, f"{term.meaning}, by the last word on it")
                if kind == "sign":
                    found[f"{name}_newborn"] = (
                        "sign-before",
                        {**key, "before": newborn},
                        f"{term.meaning}, before {newborn}",
                    )
            elif kind == "drug":
                found[f"{name}_doses"] = ("doses", {"drugs": [term.code]}, f"doses of {term.meaning}")
            elif kind == "lab":
                of = {"lab": term.code}
                found[name] = ("lab-value", of, term.meaning)
                found[f"{name}_state"] = ("lab-state", of, f"{term.meaning}: low, normal or high")
                found[f"{name}_results"] = ("lab-results", of, f"results of {term.meaning}")
    for entry in knowledge.findings.values():
        found[entry.name] = (entry.kind, entry.params, entry.says)
    return found


@cache
def catalogue(knowledge: Knowledge) -> Callable[[str], Signature | None]:
    """A function that tells the signature of a finding by name, None when there is no such finding."""
    known = entries(knowledge)

    def signature(name: str) -> Signature | None:
        if name not in known:
            return None
        kind, params, _ = known[name]
        return KINDS[kind].signature(params, knowledge)

    return signature


def describe(name: str, knowledge: Knowledge) -> str:
    """What a finding is, in words."""
    return entries(knowledge)[name][2]
