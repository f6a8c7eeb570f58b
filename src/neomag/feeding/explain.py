"""Why these foods, in plain sentences. The wording is plan.toml's; the figures are the plan's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neomag.feeding.choices import Choice
from neomag.feeding.frame import milk_groups
from neomag.feeding.goals import filled
from neomag.feeding.lines import Item, Line
from neomag.feeding.plan import Plan
from neomag.feeding.reach import Short
from neomag.feeding.reasons import Reasons, listed
from neomag.feeding.span import figure
from neomag.knowledge.feeding import FeedingKnowledge
from neomag.knowledge.foods import FoodTable
from neomag.knowledge.intakes import load_intakes, load_milk_volumes

_NAMED = 3
# A nutrient is named with a food that gives at least this share of its target.
_WORTH = 0.1
_UNITS = {"ug": "µg"}
# Below this share of the energy wanted from food a food is not said to give energy.
_ENERGY = 0.03
_UNVERIFIED = "unverified"


class Explainer(Reasons):
    """Says what a plan says."""

    def __init__(self, plan: Plan, known: FeedingKnowledge, table: FoodTable):
        super().__init__(plan, known)
        self.table = table

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
        energy = self.plan.lines["energy"]
        kcal = item.choice.per_half["energy"] * item.halves / self.plan.request.days
        much = kcal >= _ENERGY * (energy.held - energy.milk)
        what = self.words["gives"].format(what=listed(gives)) if gives else self.words["gives_energy"] if much else ""
        note = item.choice.candidate.note
        return " ".join(part for part in (f"{form}.", what, f"{note[:1].upper()}{note[1:]}." if note else "") if part)

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
            return [words["infeasible"].format(limits=limits), *least, *self._left_out()]
        return [
            self._milk(),
            *self._magnesium(),
            self._why(),
            *self._meals(),
            *(line for short in plan.short for line in self._short(short)),
            *self._missing(),
            *self._targets(),
            *self._low(),
            *self._left_out(),
            words["vitamin_d"],
            words["not_advice"],
        ]

    def _ml(self) -> str:
        return figure(sum(grams / (food.density or 1.0) for food, grams in self.plan.milk.parts))

    def _milk_only(self) -> Iterator[str]:
        line, first = self.plan.lines["magnesium"], self.known.plan["meals"][0]
        says, target = self.plan.milk.says, figure(line.target.value) if line.target else "–"
        if self.plan.milk.breast:
            band = load_milk_volumes().at(self.plan.request.age_months)
            yield self.words["milk_only"].format(
                milk=says, low=figure(band.low), high=figure(band.high), ml=self._ml(), milk_mg=figure(line.milk),
                target_mg=target,
            )  # fmt: skip
        else:
            yield self.words["formula_only"].format(milk=says)
        yield self.words["start"].format(amount=first["amount"], texture=first["texture"])
        yield self.words["ready"]

    def _meals(self) -> Iterator[str]:
        frame = self.frame()
        yield self.words["meals"].format(
            meals=frame.meals, snacks=frame.snacks, amount=frame.amount, texture=frame.texture
        )  # fmt: skip
        if frame.age_months == self.known.plan["ages"]["from_months"]:
            yield self.words["first_weeks"]
        diet = self.known.diets.get(self.plan.request.diet or "")
        if diet is not None and diet.caution:
            yield diet.caution

    def _targets(self) -> Iterator[str]:
        """Whose targets these are where not the authority's own, and which of them were not read."""
        wanted = {n: line.target for n, line in self.plan.lines.items() if line.target is not None}
        names = load_intakes().authorities
        default = load_intakes().default
        asked = self.plan.request.authority or default
        if others := [self.called(n) for n in filled(self.plan.request, wanted)]:
            yield self.words["filled"].format(
                authority=names[asked].says, default=names[self.plan.request.fill or default].says, nutrients=listed(others)
            )
        if any(target.status == _UNVERIFIED for target in wanted.values()):
            yield self.words["unverified"].format(authority=names[asked].says)

    def _left_out(self) -> Iterator[str]:
        if out := [left.candidate.short for left in self.plan.left_out if left.why == "data"]:
            yield self.words["data_left_out"].format(foods=listed(out))

    def mark(self, nutrient: str) -> str:
        """The mark of a target that was recalled and not read."""
        target = self.plan.lines[nutrient].target
        return "†" if target is not None and target.status == _UNVERIFIED else ""

    def _milk(self) -> str:
        energy, magnesium = self.plan.lines["energy"], self.plan.lines["magnesium"]
        says = self.plan.milk.says
        figures = {
            "milk": says[:1].upper() + says[1:], "ml": self._ml(), "milk_kcal": figure(energy.milk),
            "energy": figure(energy.target.value) if energy.target else "–", "milk_mg": figure(magnesium.milk),
        }  # fmt: skip
        if magnesium.target is None:
            return self.words["milk_no_target"].format(**figures)
        return self.words["milk"].format(**figures, target_mg=figure(magnesium.target.value) + self.mark("magnesium"))

    def _magnesium(self) -> Iterator[str]:
        line = self.plan.lines["magnesium"]
        if line.target is None:
            return
        first = sorted(self.plan.items, key=lambda i: -i.choice.per_half["magnesium"] * i.halves)[:_NAMED]
        days = self.plan.request.days
        foods = ", ".join(
            f"{i.choice.candidate.short} ({figure(i.choice.per_half['magnesium'] * i.halves / days)} mg)" for i in first
        )
        figures = {"amount": figure(line.held), "target": figure(line.target.value) + self.mark("magnesium")}
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
        request, frame = self.plan.request, self.frame()
        last = "cost" if request.budget is not None else "few" if request.habit is None else "change"
        return self.words["why_these"].format(
            groups=len(self.groups()), meals=frame.meals, last=self.words[f"last_{last}"]
        )  # fmt: skip

    def groups(self) -> tuple[str, ...]:
        """The food groups of a day, the milk's among them; fats count for none."""
        foods = (i.choice.candidate.group for i in self.plan.items)
        return tuple(dict.fromkeys([*milk_groups(self.plan.milk), *(group for group in foods if group != "fat")]))

    def _short(self, short: Short) -> Iterator[str]:
        line = self.plan.lines[short.nutrient]
        assert line.target is not None
        name = self.called(short.nutrient)
        limits = "; ".join(self.row(limit)[0] for limit in short.limits) or "–"
        yield self.words["short" if short.reachable < line.target.value else "short_held"].format(
            nutrient=name[:1].upper() + name[1:], unit=self.unit(short.nutrient), amount=figure(line.held),
            target=figure(line.target.value) + self.mark(short.nutrient), reachable=figure(short.reachable),
            held=figure(max(short.held, line.held)), limits=limits,
        )  # fmt: skip
        if line.missing:
            yield self.words["some_missing"].format(foods=listed(line.missing))
        if short.best:
            yield self.words["best"].format(foods=self._foods(short.best, short.nutrient))
        if short.barred:
            yield self.words["barred"].format(foods=", ".join(left.candidate.short for left in short.barred))
        if short.reachable < line.target.value:
            yield self.words["short_last"]

    def _foods(self, choices: Sequence[Choice], nutrient: str) -> str:
        unit = self.unit(nutrient)
        return ", ".join(f"{c.candidate.short} ({figure(2 * c.per_half.get(nutrient, 0.0))} {unit})" for c in choices)

    def _missing(self) -> Iterator[str]:
        wanted = self.known.plan["daily"]
        for name, count in self.plan.missing.items():
            if count and name == "groups":
                groups = self.known.plan["diversity"]["groups"]
                yield self.words["missing_groups"].format(wanted=groups, have=len(self.groups()))
            elif count and name in wanted:
                said = "none_daily" if name in self.plan.absent else "missing_daily"
                yield self.words[said].format(what=wanted[name]["says"])

    def _low(self) -> Iterator[str]:
        low: list[Line] = [
            line for n in self.known.plan["reported"]["aimed_up"] if (line := self.plan.lines[n]).met is False
        ]  # fmt: skip
        if low:
            by = load_intakes().authorities[low[0].target.authority].says if low[0].target else ""
            yield self.words["low"].format(authority=by, nutrients=listed([self.called(line.nutrient) for line in low]))
