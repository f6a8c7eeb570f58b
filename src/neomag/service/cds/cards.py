"""Cards as CDS Hooks 2.0 has them: what is said, why, on which sources, and what can be done at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Any
from uuid import UUID, uuid5

from neomag import __version__
from neomag.answer import Answer
from neomag.fhir import Reading
from neomag.knowledge import Knowledge, RuleEntry
from neomag.knowledge.cds_checks import MOST_SUMMARY
from neomag.service.cds.decide import Chosen
from neomag.service.cds.entries import Entries
from neomag.service.cds.markdown import cited, escaped, shortened
from neomag.service.cds.suggestions import suggestions

Json = dict[str, Any]
_SPACE = UUID("6f0c1f0e-8f0e-5b1c-9a3e-6d1b7a0f2c11")
_MOST_LINKS = 5


@dataclass(frozen=True, slots=True)
class Moment:
    """What all cards of one call share. `unread` are the keys of prefetch that could not be had and were not needed."""

    service: str
    instance: str
    patient: str
    answer: Answer
    reading: Reading
    now: datetime
    unread: tuple[str, ...]
    entries: Entries
    knowledge: Knowledge


def card(chosen: Chosen, moment: Moment) -> Json:
    """One card. The same call gives the same card the same `uuid`, so that a repeated one is not another."""
    entry, knowledge = chosen.entry, moment.knowledge
    about = [order.reference or order.node.at for order in chosen.orders]
    key = uuid5(_SPACE, "\0".join([moment.service, moment.instance, moment.patient, entry.code, *about]))
    rules = _rules(chosen, moment.answer)
    sources = _sources(chosen, rules)
    links = [knowledge.sources[source] for source in sources if source in knowledge.sources and knowledge.sources[source].link]
    said: Json = {
        "uuid": str(key),
        "summary": _summary(chosen),
        "indicator": chosen.indicator,
        "detail": "\n".join(_detail(chosen, rules, moment)),
        "source": {
            "label": f"neomag {__version__}, knowledge {knowledge.version}",
            **({"url": links[0].link} if links else {}),
            "topic": {"system": "urn:neomag:code:card", "code": entry.code, "display": entry.summary},
        },
        "overrideReasons": [dict(reason) for reason in moment.entries.reasons],
    }
    if offered := suggestions(chosen, key, moment.answer, moment.reading, moment.now, moment.entries):
        said |= {"suggestions": offered, "selectionBehavior": "any"}
    if links:
        said["links"] = [
            {"label": shortened(source.title, MOST_SUMMARY), "url": source.link, "type": "absolute"}
            for source in links[:_MOST_LINKS]
        ]
    return said


def _summary(chosen: Chosen) -> str:
    summary = chosen.entry.summary
    if chosen.dose is not None:
        why = chosen.dose.trouble or (chosen.dose.lines[0].says if chosen.dose.lines else "")
        summary = f"{summary}: {why}" if why else summary
    return shortened(summary, MOST_SUMMARY)


def _rules(chosen: Chosen, answer: Answer) -> list[RuleEntry]:
    """The true rules behind a card: those it names, and those behind what it says is advised or blocked."""
    entry = chosen.entry
    found = {rule.id: rule for rule in compress(answer.rulebook.entries, answer.values) if rule.id in entry.any}
    advice = [a for a in answer.actions if a.code == entry.advised] + [b for b in answer.blocked if b.code == entry.blocked]
    return list((found | {rule.id: rule for line in advice for rule in line.rules}).values())


def _sources(chosen: Chosen, rules: Sequence[RuleEntry]) -> list[str]:
    lines = chosen.dose.lines if chosen.dose else ()
    every = [*(s for line in lines for s in line.sources), *chosen.entry.sources, *(s for rule in rules for s in rule.sources)]
    return list(dict.fromkeys(every))


def _detail(chosen: Chosen, rules: Sequence[RuleEntry], moment: Moment) -> Iterator[str]:
    words, knowledge, answer = moment.entries.words, moment.knowledge, moment.answer
    if chosen.dose is not None:
        if chosen.dose.read:
            yield f"**{words['order']}:** {escaped('; '.join(chosen.dose.read))}\n"
        yield from (f"- {cited(line.says, line.sources, knowledge)}" for line in chosen.dose.lines)
        yield from (f"- {escaped(chosen.dose.trouble)}" for _ in range(1) if chosen.dose.trouble)
    else:
        if chosen.again:
            yield f"{escaped(words['again'])}\n"
        yield f"**{words['why']}**\n"
        yield from (f"- {cited(rule.says, rule.sources, knowledge)}" for rule in rules)
        if not rules:
            yield f"- {cited(chosen.entry.summary, chosen.entry.sources, knowledge)}"
        for heading, lines in ((words["now"], answer.actions), (words["not"], answer.blocked)):
            if lines:
                yield f"\n**{heading}**\n"
                yield from (f"- {cited(line.says, (), knowledge)}" for line in lines)
    if moment.unread:
        named = ", ".join(moment.entries.not_read.get(key, key) for key in moment.unread)
        yield f"\n{escaped(words['unread'])}: {escaped(named)}."
    yield f"\n{escaped(moment.entries.disclaimer)}"
