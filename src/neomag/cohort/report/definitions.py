"""The questions as the knowledge defines them (cohort/questions.toml): words, windows of time, lists of codes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from neomag import ages
from neomag.knowledge import Knowledge, KnowledgeError

FILE = "cohort/questions.toml"
# Entries that are not questions.
_ASIDE = ("report", "samples")


@dataclass(frozen=True, slots=True)
class Definition:
    """One question. Texts have their windows filled in; `seconds` and `spans` give each window, `codes` each list of codes.

    `states` are the groups infants fall into, `missed` those that make the number, `apart` those outside the denominator;
    `brief` says whether the question stands in the summary.
    """

    id: str
    title: str
    short: str
    number: str
    of: str
    says: str
    states: Mapping[str, str]
    missed: tuple[str, ...]
    apart: tuple[str, ...]
    seconds: Mapping[str, int]
    spans: Mapping[str, str]
    codes: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, Any]
    brief: bool
    sources: tuple[str, ...]
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything cohort/questions.toml says: of the report as a whole, of samples, and of each question in order."""

    report: Mapping[str, Any]
    not_specimens: tuple[str, ...]
    magnesium: tuple[str, ...]
    questions: Mapping[str, Definition]


def definitions(knowledge: Knowledge) -> Definitions:
    """The definitions in force. Raises KnowledgeError naming each entry that does not hold together."""
    path = Path(knowledge.directory) / FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise KnowledgeError(
            [f"{FILE}: the knowledge in {knowledge.directory} does not define the report's questions"]
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError([f"{FILE}: {error}"]) from None
    try:
        made = {code: _definition(code, raw, knowledge) for code in raw if code not in _ASIDE}
        samples = raw["samples"]
        found = Definitions(
            report=raw["report"],
            not_specimens=_codes(samples["not_specimens"], "skip", knowledge),
            magnesium=tuple(samples["magnesium"]),
            questions=made,
        )
    except (KeyError, ValueError) as error:
        said = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise KnowledgeError([f"{FILE}: {said}"]) from None
    if problems := _problems(raw, found, knowledge):
        raise KnowledgeError(problems)
    return found


def _definition(code: str, raw: Mapping[str, Any], knowledge: Knowledge) -> Definition:
    entry = raw[code]
    windows = {name: _window(window, raw, knowledge) for name, window in entry.get("windows", {}).items()}
    filled: dict[str, Any] = {**windows, **{k: f"{v:g}" for k, v in {"adult": entry.get("adult_low")}.items() if v is not None}}
    lists = {"signs": "signs", "doses": "drugs"}
    policies = [entry.get("policy"), *(part.get("policy") for part in _parts(entry))]
    return Definition(
        id=code,
        **{name: entry[name].format_map(filled) for name in ("title", "short", "number", "of", "says")},
        states={state: words.format_map(filled) for state, words in entry.get("states", {}).items()},
        missed=tuple(entry.get("missed", ())),
        apart=tuple(entry.get("apart", ())),
        seconds={name: ages.seconds(span) for name, span in windows.items()},
        spans=windows,
        codes={name: _codes(entry[name], default, knowledge) for name, default in lists.items() if name in entry},
        fields=entry,
        brief=entry.get("brief", True),
        sources=tuple(
            dict.fromkeys([*entry.get("sources", ()), *(s for part in _parts(entry) for s in part.get("sources", ()))])
        ),
        policies=tuple(dict.fromkeys(p for p in policies if p)),
    )


def _parts(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tables inside an entry that have grounds of their own: each window, and each other table but the states."""
    tables = {k: cast("Mapping[str, Any]", v) for k, v in entry.items() if isinstance(v, dict) and k != "states"}
    windows = cast("Mapping[str, Mapping[str, Any]]", tables.pop("windows", {}))
    lists = {"signs", "doses", "not_specimens"}
    return [*(w for w in windows.values() if "span" in w), *(t for k, t in tables.items() if k not in lists)]


def _window(window: Mapping[str, str], raw: Mapping[str, Any], knowledge: Knowledge) -> str:
    """The span of a window: its own, that of a finding's parameter, or another question's."""
    if "finding" in window:
        return knowledge.findings[window["finding"]].params[window["param"]]
    if "question" in window:
        return raw[window["question"]]["windows"][window["window"]]["span"]
    return window["span"]


def _codes(given: Mapping[str, Any], default: str, knowledge: Knowledge) -> tuple[str, ...]:
    """The codes that a finding names in its parameter `list` (by default `default`), and those in `also`."""
    finding = knowledge.findings[given["finding"]]
    return tuple(dict.fromkeys([*finding.params[given.get("list", default)], *given.get("also", ())]))


def _problems(raw: Mapping[str, Any], found: Definitions, knowledge: Knowledge) -> list[str]:
    problems: list[str] = []

    def known(where: str, kind: str, codes: Sequence[str]) -> None:
        problems.extend(f"{FILE} [{where}]: no {kind} `{c}`" for c in codes if c not in knowledge.vocabulary[kind])

    known("samples", "lab", found.magnesium)
    for code, question in found.questions.items():
        known(code, "sign", question.codes.get("signs", ()))
        known(code, "drug", question.codes.get("doses", ()))
        problems += [
            f"{FILE} [{code}]: `{s}` is not a state" for s in (*question.missed, *question.apart) if s not in question.states
        ]
        problems += [
            f"{FILE} [{code}]: source {s} is not in sources.toml" for s in question.sources if s not in knowledge.sources
        ]
    for code, entry in raw.items():
        for part in (entry, *_parts(entry)):
            if not part.get("sources") and not part.get("policy"):
                problems.append(f"{FILE} [{code}]: names neither sources nor the reason of a policy")
    return problems
