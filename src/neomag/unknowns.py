"""What is not known of an infant and would change its answer, the findings that settle most first."""

from __future__ import annotations

from neomag.answer import Answer
from neomag.knowledge import RuleEntry


def unknowns(answer: Answer) -> list[tuple[str, list[str]]]:
    """Each unknown finding that settles unknown rules with consequences, with the ids of these rules; the weightiest first."""
    settles: dict[str, list[str]] = {}
    for result, rule in zip(answer.rules, answer.rulebook.entries, strict=True):
        if result.value is None and _weight(rule):
            for name in result.missing:
                settles.setdefault(name, []).append(result.id)
    weight = {rule.id: _weight(rule) for rule in answer.rulebook.entries}
    return sorted(settles.items(), key=lambda found: -sum(weight[rule] for rule in found[1]))


def _weight(rule: RuleEntry) -> int:
    """How much it matters whether a rule is true: an emergency most, then what it would block, then the rest."""
    if rule.urgency == "emergency":
        return 8
    return 4 if rule.blocks else 2 if rule.urgency or rule.status or rule.suspicion else 1 if rule.actions else 0
