"""Why these foods, in plain sentences. The wording is plan.toml's; the figures are the plan's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from neomag.feeding.choices import Choice, LeftOut
from neomag.feeding.frame import Frame, milk_groups
from neomag.feeding.plan import Item, Line, Plan
from neomag.feeding.reach import Short
from neomag.knowledge.feeding import FeedingKnowledge
from neomag.knowledge.foods import FoodTable
from neomag.knowledge.intakes import load_intakes

_NAMED = 3
# A nutrient is named with a food that gives at least this share of its target.
_WORTH = 0.1
_UNITS = {"ug": "µg"}


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


def figure(value: float) -> str:
    """A figure for reading: three digits, no more than the table can carry."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


class Explainer:
    """Says what a plan says."""

    def __init__(self, plan: Plan, known: FeedingKnowledge, table: FoodTable):
        self.plan, self.known, self.table = plan, known, table
        self.words: dict[str, Any] = known.plan["wording"]

    def called(self, nutrient: str) -> str:
        """The nutrient's name in a sentence, without what the table adds to it."""
        return self.table.nutrients[nutrient].says.partition(",")[0].partition(" (")[0]

    def unit(self, nutrient: str) -> str:
        """The nutrient's unit as it is read."""
        return _UNITS.get(self.table.nutrients[nutrient].unit, self.table.nutrients[nutrient].unit)

    def portion(self, item: Item) -> str:
        """The amount of a food as portions."""
        halves = self.words["halves"]
        return halves[item.halves] if item.halves < len(halves) else f"{item.halves / 2:g} portions"

    def item(self, item: Item) -> str:
        """What is said beside a food: how it is served and what it gives."""
        form = item.choice.form[:1].upper() + item.choice.form[1:]
        gives = self.gives(item)
        what = self.words["gives"].format(what=listed(gives)) if gives else self.words["gives_energy"]
        return f"{form}. {what}"

    def gives(self, item: Item) -> list[str]:
        """The nutrients of which a food gives most of what is wanted a day, at most three, magnesium first where it counts."""
        shares: list[tuple[float, str]] = []
        for nutrient in self.known.plan["goals"]["nutrients"]:
            target = self.plan.lines[nutrient].target
            if target is not None:
                amount = item.choice.per_half.get(nutrient, 0.0) * item.halves / self.plan.request.days
                shares.append((amount / target.value, nutrient))
        shares.sort(key=lambda share: (share[1] != "magnesium", -share[0]))
        worth = [(share, nutrient) for share, nutrient in shares if share >= _WORTH][:_NAMED]
        return [self.words["contribution"].format(share=round(s * 100), nutrient=self.called(n)) for s, n in worth]

    def sentences(self) -> list[str]:
        """The explanation, a sentence or two a line."""
        plan, words = self.plan, self.words
        if plan.status == "milk-only":
            return [*self._milk_only(), words["not_advice"]]
        if plan.status == "infeasible":
            limits = "; ".join(reason.says for reason in self.binding())
            least = () if plan.cost is None else (words["least_cost"].format(cost=figure(plan.cost)),)
            return [words["infeasible"].format(limits=limits), *least]
        return [
            self._milk(),
            *self._magnesium(),
            self._why(),
            *(line for short in plan.short for line in self._short(short)),
            *self._missing(),
            *self._low(),
            words["vitamin_d"],
            words["not_advice"],
        ]

    def _ml(self) -> str:
        return figure(sum(grams / (food.density or 1.0) for food, grams in self.plan.milk.parts))

    def _milk_only(self) -> Iterator[str]:
        line, first = self.plan.lines["magnesium"], self.known.plan["meals"][0]
        target = figure(line.target.value) if line.target else "–"
        yield self.words["milk_only"].format(
            milk=self.plan.milk.says, ml=self._ml(), milk_mg=figure(line.milk), target_mg=target
        )
        yield self.words["start"].format(amount=first["amount"], texture=first["texture"])
        yield self.words["ready"]

    def _milk(self) -> str:
        energy, magnesium = self.plan.lines["energy"], self.plan.lines["magnesium"]
        says = self.plan.milk.says
        figures = {
            "milk": says[:1].upper() + says[1:], "ml": self._ml(), "milk_kcal": figure(energy.milk),
            "energy": figure(energy.target.value) if energy.target else "–", "milk_mg": figure(magnesium.milk),
        }  # fmt: skip
        if magnesium.target is None:
            return self.words["milk_no_target"].format(**figures)
        return self.words["milk"].format(**figures, target_mg=figure(magnesium.target.value))

    def _magnesium(self) -> Iterator[str]:
        line = self.plan.lines["magnesium"]
        if line.target is None:
            return
        first = sorted(self.plan.items, key=lambda i: -i.choice.per_half["magnesium"] * i.halves)[:_NAMED]
        days = self.plan.request.days
        foods = ", ".join(
            f"{i.choice.candidate.short} ({figure(i.choice.per_half['magnesium'] * i.halves / days)} mg)" for i in first
        )
        figures = {"amount": figure(line.amount), "target": figure(line.target.value)}
        yield self.words["magnesium"].format(**figures, foods=foods)
        if line.least is not None and line.most is not None:
            span = {
                "least": figure(line.least),
                "most": figure(line.most),
                "unit": self.unit("magnesium"),
                "nutrient": "magnesium",
            }
            said = "range" if line.aimed else "not_aimed"
            yield self.words[said].format(**figures, **span)

    def _why(self) -> str:
        request, frame = self.plan.request, self._frame()
        last = "cost" if request.budget is not None else "few" if request.habit is None else "change"
        return self.words["why_these"].format(
            groups=len(self.groups()), meals=frame.meals, last=self.words[f"last_{last}"]
        )  # fmt: skip

    def _frame(self) -> Frame:
        assert self.plan.frame is not None
        return self.plan.frame

    def groups(self) -> tuple[str, ...]:
        """The food groups of a day, the milk's among them; fats count for none."""
        foods = (i.choice.candidate.group for i in self.plan.items)
        return tuple(dict.fromkeys([*milk_groups(self.plan.milk), *(group for group in foods if group != "fat")]))

    def _short(self, short: Short) -> Iterator[str]:
        line = self.plan.lines[short.nutrient]
        assert line.target is not None
        name = self.called(short.nutrient)
        figures = {
            "nutrient": name[:1].upper() + name[1:], "unit": self.unit(short.nutrient),
            "amount": figure(line.amount), "target": figure(line.target.value), "reachable": figure(short.reachable),
        }  # fmt: skip
        if short.reachable >= line.target.value:
            yield self.words["short_spare"].format(**figures)
            return
        limits = "; ".join(self._row(name)[0] for name in short.limits) or "–"
        yield self.words["short"].format(**figures, limits=limits)
        yield self.words["best"].format(foods=self._foods(short.best, short.nutrient))
        if short.barred:
            yield self.words["barred"].format(foods=", ".join(left.candidate.short for left in short.barred))
        yield self.words["short_last"]

    def _foods(self, choices: Sequence[Choice], nutrient: str) -> str:
        unit = self.unit(nutrient)
        return ", ".join(f"{c.candidate.short} ({figure(2 * c.per_half.get(nutrient, 0.0))} {unit})" for c in choices)

    def _missing(self) -> Iterator[str]:
        for name, count in self.plan.missing.items():
            if count and name == "groups":
                wanted = self.known.plan["diversity"]["groups"]
                yield self.words["missing_groups"].format(wanted=wanted, have=len(self.groups()))
            elif count and name in self.known.plan["daily"]:
                yield self.words["missing_daily"].format(what=self.known.plan["daily"][name]["says"])

    def _low(self) -> Iterator[str]:
        low: list[Line] = [
            line for n in self.known.plan["reported"]["aimed_up"] if (line := self.plan.lines[n]).met is False
        ]  # fmt: skip
        if low:
            by = load_intakes().authorities[low[0].target.authority].says if low[0].target else ""
            yield self.words["low"].format(authority=by, nutrients=listed([self.called(line.nutrient) for line in low]))

    def binding(self) -> list[Reason]:
        """The rules at their limit, each once."""
        found: dict[str, list[str]] = {bound.name: list(bound.nutrients) for bound in self.plan.bounds}
        for short in self.plan.short:
            for name in short.limits:
                found.setdefault(name, []).append(short.nutrient)
        reasons: list[Reason] = []
        for name, nutrients in found.items():
            says, sources = self._row(name)
            reasons.append(Reason(name, says, tuple(dict.fromkeys(nutrients)), sources))
        return reasons

    def _row(self, name: str) -> tuple[str, tuple[str, ...]]:
        """How a row is said, and its sources."""
        if name in self.known.safety:
            rule = self.known.safety[name]
            return rule.says, rule.sources
        plan, frame, request = self.known.plan, self._frame(), self.plan.request
        row, _, kind = name.partition(" ")
        figures = {
            "energy": figure(frame.energy), "within": figure(100 * plan["energy"]["within"]), "kind": kind,
            "stomach": figure(frame.stomach_g), "per_meal": plan["stomach"]["g_per_kg_per_meal"],
            "retinol": plan["retinol"]["most_ug"], "kind_portions": figure(plan["variety"]["most_of_a_kind"] / 2),
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

    def rules(self) -> list[dict[str, Any]]:
        """Every rule of safety for this age: what it says, how the plan keeps it, the foods left out by it, its sources."""
        left: dict[str, list[LeftOut]] = {}
        for out in self.plan.left_out:
            left.setdefault(out.why, []).append(out)
        return [
            {
                "id": rule.id, "says": rule.says, "kept": self.known.plan["kept"][rule.action], "status": rule.status,
                "left_out": [out.candidate.short for out in left.get(rule.id, ())], "sources": list(rule.sources),
                **({"conflict": rule.conflict} if rule.conflict else {}),
            }
            for rule in self.known.safety.values()
            if rule.holds_at(self.plan.request.age_months)
        ]  # fmt: skip
