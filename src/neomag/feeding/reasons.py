"""The rules of a plan in words: those at their limit, and those of food safety, with their sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neomag.feeding.choices import LeftOut
from neomag.feeding.frame import Frame
from neomag.feeding.plan import Plan
from neomag.feeding.span import figure
from neomag.knowledge.feeding import FeedingKnowledge


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule at its limit: its name, how it is said, the nutrients it holds back, and its sources."""

    name: str
    says: str
    nutrients: tuple[str, ...]
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"name": self.name, "says": self.says, "nutrients": list(self.nutrients), "sources": list(self.sources)}


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


class Reasons:
    """Says which rules a plan keeps, and which it runs into."""

    def __init__(self, plan: Plan, known: FeedingKnowledge):
        self.plan, self.known = plan, known
        self.words: dict[str, Any] = known.plan["wording"]

    def frame(self) -> Frame:
        """The frame of a plan from six months."""
        assert self.plan.frame is not None
        return self.plan.frame

    def binding(self) -> list[Reason]:
        """The rules at their limit, each once."""
        found: dict[str, list[str]] = {bound.name: list(bound.nutrients) for bound in self.plan.bounds}
        for short in self.plan.short:
            for name in short.limits:
                found.setdefault(name, []).append(short.nutrient)
        reasons: list[Reason] = []
        for name, nutrients in found.items():
            says, sources = self.row(name)
            reasons.append(Reason(name, says, tuple(dict.fromkeys(nutrients)), sources))
        return reasons

    def row(self, name: str) -> tuple[str, tuple[str, ...]]:
        """How a row is said, and its sources."""
        if name in self.known.rules:
            rule = self.known.rules[name]
            return rule.says, rule.sources
        plan, frame, request = self.known.plan, self.frame(), self.plan.request
        row, _, kind = (name, "", "") if name in plan["binding"] else name.partition(" ")
        figures = {
            "energy": figure(frame.energy), "within": figure(100 * plan["energy"]["within"]), "kind": kind,
            "food_portions": f"{plan['variety']['most_of_a_food'] / 2:g} portion", "stomach": figure(frame.stomach_g),
            "per_meal": plan["stomach"]["g_per_kg_per_meal"],
            "retinol": figure(self.known.safety[plan["retinol"]["rule"]].most_retinol_ug or 0.0),
            "kind_portions": figure(plan["variety"]["most_of_a_kind"] / 2),
            "together": self.known.together[kind].says if row == "together" else "",
            "together_portions": figure(self.known.together[kind].most_per_week) if row == "together" else "",
            "group_portions": plan["variety"]["most_of_a_group"].get(kind, 0), "portions": frame.most_halves,
            "budget": figure(request.budget or 0.0),
        }  # fmt: skip
        return plan["binding"][row]["says"].format(**figures), self._sources(row, kind)

    def _sources(self, row: str, kind: str) -> tuple[str, ...]:
        if row == "together":
            return self.known.together[kind].sources
        return tuple(self.known.plan.get(row, {}).get("sources", ()))

    def rule_line(self, rule: Mapping[str, Any]) -> str:
        """A rule of safety in a line: what it says, where authorities differ, what it left out, its sources."""
        out = self.words["left_out"].format(foods=listed(rule["left_out"])) if rule["left_out"] else ""
        parts = (rule["says"], rule.get("conflict", ""), out, f"[{', '.join(rule['sources'])}]")
        return " ".join(part for part in parts if part)

    def rules(self) -> list[dict[str, Any]]:
        """Every rule of safety for this age, and each rule of ours that left a food out: what it says, how the plan keeps it,
        the foods left out by it, its sources."""
        left: dict[str, list[LeftOut]] = {}
        for out in self.plan.left_out:
            left.setdefault(out.why, []).append(out)
        return [
            {
                "id": rule.id, "says": rule.says, "kept": self.known.plan["kept"][rule.action], "status": rule.status,
                "left_out": [out.candidate.short for out in left.get(rule.id, ())], "sources": list(rule.sources),
                **({"conflict": rule.conflict} if rule.conflict else {}),
            }
            for rule in self.known.rules.values()
            if rule.holds_at(self.plan.request.age_months) and (rule.id in self.known.safety or rule.id in left)
        ]  # fmt: skip
