"""The catalogue: every finding there is, by name. Most come from the vocabulary, the rest from findings.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from neomag.findings import calcium, drugs, infant, labs, signs
from neomag.findings.kinds import Builder, Kind
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


# What the codes in a parameter are, by the parameter's name.
_CODES = {
    "condition": "condition", "signs": "sign", "drugs": "drug", "lab": "lab", "labs": "lab", "upper": "lab", "lower": "lab",
    "reported": "lab", "states": "lab",
}  # fmt: skip


def check(knowledge: Knowledge) -> list[str]:
    """Everything wrong with findings.toml, a line each: kinds, parameters, and the codes these name."""
    problems: list[str] = []
    for entry in knowledge.findings.values():
        where = f"findings.toml [{entry.name}]"
        if entry.kind not in KINDS:
            problems.append(f"{where}: kind {entry.kind} is not one of {', '.join(KINDS)}")
            continue
        for name, value in entry.params.items():
            if name in _CODES:
                known = knowledge.vocabulary[_CODES[name]]
                codes = [value] if isinstance(value, str) else list(value)
                problems += [
                    f"{where}: {name} names {code}, which is not in the vocabulary" for code in codes if code not in known
                ]
        try:
            KINDS[entry.kind].signature(entry.params, knowledge)
            KINDS[entry.kind].install(Builder(knowledge, row=[None]), 0, entry.params)
        except KeyError as error:
            problems.append(f"{where}: {error.args[0]} is missing or unknown")
        except (TypeError, ValueError) as error:
            problems.append(f"{where}: {error}")
    return problems


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
