"""What is said about a day beside its figures: warnings, things to remember, notes, and doubts about the diary itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neomag import ages
from neomag.feeding.breast import BreastMilk
from neomag.feeding.diary import BREAST, FORMULA, Diary
from neomag.feeding.food_groups import candidate_of
from neomag.feeding.nutrient_intake import SHORT, NutrientIntake
from neomag.feeding.parts import SODIUM, Part
from neomag.feeding.words import touches
from neomag.knowledge.diaries import Note, load_diaries
from neomag.knowledge.feeding import SafetyRule, load_feeding
from neomag.knowledge.intakes import Ground, load_intakes, load_milk_volumes

WARNING, REMEMBER = "warning", "remember"


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence: a code, what is said, the keys of its sources, the foods it is about. `level` is warning or remember."""

    code: str
    says: str
    sources: tuple[str, ...]
    policy: str = ""
    level: str = WARNING
    foods: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentence on one line: the foods it is about, what is said, and its sources."""
        about = f"{', '.join(self.foods)}: " if self.foods else ""
        return f"{about}{self.says} [{', '.join(self.sources) or 'policy'}]"

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {"code": self.code, "says": self.says, "sources": list(self.sources), "level": self.level}
        return found | ({"foods": list(self.foods)} if self.foods else {}) | ({"policy": self.policy} if self.policy else {})


def cautions(diary: Diary, parts: Sequence[Part], nutrients: Mapping[str, NutrientIntake]) -> tuple[Said, ...]:
    """Warnings first, then what to remember: what is no food, food too early, unsafe foods by rule, limits."""
    every = [*_not_food(diary), *_early(diary), *_unsafe(diary, parts, nutrients), *_limits(nutrients)]
    return tuple(sorted(every, key=lambda said: said.level != WARNING))


def notes(
    diary: Diary, parts: Sequence[Part], breast: BreastMilk | None, nutrients: Mapping[str, NutrientIntake]
) -> tuple[Said, ...]:
    """How figures came about, and losses, which are told and not subtracted."""
    said, found = load_diaries(), list[Said]()
    found += [_said(said.losses[code], code) for code in diary.losses]
    if taken := dict.fromkeys(f"{item.name} as {item.food.name}" for item in diary.foods if item.taken):
        found.append(_said(said.notes["taken-as"], names="; ".join(taken)))
    if _milk_only(diary) and not _milk_low(diary, breast):
        found.append(_said(said.notes["milk-enough"]))
    if breast is not None:
        litre = load_milk_volumes().composition["magnesium"]
        if breast.band is not None:
            count = "on demand" if breast.feeds is None else f"{breast.feeds} feed{'s' if breast.feeds != 1 else ''}"
            spread = said.spreads[breast.band.spread]
            figures = {"count": count, "low": f"{breast.ml.least:.0f}", "high": f"{breast.ml.most or 0:.0f}", "spread": spread}
            note = said.notes["breast-count"]
            found.append(Said(note.id, note.says.format(**figures), breast.band.sources, note.policy))
        found.append(_said(said.notes["breast-magnesium"], low=f"{litre.low:g}", high=f"{litre.high:g}"))
    if any(milk.kind == FORMULA for milk in diary.milk):
        found.append(_said(said.notes["water"]))
    if any(SODIUM in part.better for part in parts):
        found.append(_said(said.notes["salt"]))
    if nutrients["vitamin_d"].verdict == SHORT:
        found.append(_said(said.notes["vitamin-d"]))
    return tuple(found)


def _milk_only(diary: Diary) -> bool:
    """Whether it is an age and a day of breast milk or formula alone."""
    before = load_diaries().notes["milk-enough"].before_months or 0
    return diary.age_months < before and not diary.foods and all(milk.kind in {BREAST, FORMULA} for milk in diary.milk)


def _milk_low(diary: Diary, breast: BreastMilk | None) -> Said | None:
    """A day of less milk than is drunk at the age, while milk is the whole diet."""
    note, low = load_diaries().notes["milk-low"], load_milk_volumes().at(diary.age_months).low
    most = (breast.ml.most or 0.0 if breast else 0.0) + sum(milk.ml or 0.0 for milk in diary.milk if milk.kind != BREAST)
    before = load_diaries().notes["milk-enough"].before_months or 0
    if diary.age_months >= before or most >= low:
        return None
    return _said(note, most=f"{most:.0f}", low=f"{low:g}")


def problems(diary: Diary, breast: BreastMilk | None, energy: NutrientIntake) -> tuple[Said, ...]:
    """Doubts about the diary: too little milk, a day's energy that is hardly possible, meals that do not fit the foods."""
    odd, found = load_diaries().energy_odd, list[Said]()
    if low_milk := _milk_low(diary, breast):
        found.append(low_milk)
    if energy.target is not None and diary.foods:
        low, high = energy.target.value * odd.low, energy.target.value * odd.high
        most = energy.amount.most
        if most is not None and most < low:
            found.append(
                Said("energy-low", odd.says_low.format(percent=f"{100 * most / energy.target.value:.0f}"), (), odd.policy)
            )
        if energy.amount.least > high:
            percent = f"{100 * energy.amount.least / energy.target.value:.0f}"
            found.append(Said("energy-high", odd.says_high.format(percent=percent), (), odd.policy))
    if diary.meals == 0 and diary.foods:
        found.append(_said(load_diaries().notes["meals-zero"]))
    return tuple(found)


def _said(of: Ground, code: str = "", level: str = WARNING, foods: tuple[str, ...] = (), **figures: str) -> Said:
    return Said(code or of.id, of.says.format(**figures), of.sources, of.policy, level, foods)


def _not_food(diary: Diary) -> Iterator[Said]:
    safety = load_feeding().rules
    for item in dict.fromkeys((n.code, n.word) for n in diary.not_food):
        of = load_diaries().no_food[item[0]]
        sources = (*of.sources, *(safety[of.rule].sources if of.rule in safety else ()))
        yield Said(of.id, of.says.format(found=item[1]), tuple(dict.fromkeys(sources)), of.policy)


def _early(diary: Diary) -> Iterator[Said]:
    note: Note = load_diaries().notes["early-food"]
    if diary.foods and diary.age < load_feeding().plan["ages"]["from_days"] * ages.DAY:
        yield _said(note, note.rule, foods=tuple(dict.fromkeys(item.name for item in diary.foods)))


def _unsafe(diary: Diary, parts: Sequence[Part], nutrients: Mapping[str, NutrientIntake]) -> Iterator[Said]:
    """What the rules of safety say of the foods and milks of the day."""
    warned = load_diaries().warned
    for rule in load_feeding().rules.values():
        if not rule.holds_at(diary.age_months) or rule.id in {of.rule for of in load_diaries().no_food.values()}:
            continue
        touched = [part for part in parts if _concerns(rule, part)]
        level = WARNING if rule.action in warned else REMEMBER
        if rule.most_sodium_mg is not None:
            yield from _sodium(rule, nutrients[SODIUM], touched)
        elif touched:
            names = tuple(dict.fromkeys(part.name for part in touched))
            yield Said(rule.id, rule.says, rule.sources, rule.policy or "", _level(rule, level, touched, parts), names)


def _concerns(rule: SafetyRule, part: Part) -> bool:
    """Whether a rule is about a part of the day: by the tags of a candidate of the planner, else by the words of its name."""
    candidate = candidate_of(part.food)
    return touches(rule, candidate.tags if candidate else frozenset(), part.food.name)


def _level(rule: SafetyRule, level: str, touched: Sequence[Part], parts: Sequence[Part]) -> str:
    """A main drink warns when it is at least half of the milk and drinks, a daily maximum when it is passed."""
    grams = sum(part.grams.least for part in touched)
    if rule.action == "forbid_as_main_drink":
        fluid = sum(part.grams.least for part in parts if part.milk or part in touched)
        return WARNING if 2 * grams >= fluid else REMEMBER
    if rule.most_ml_per_day is not None:
        return WARNING if grams > rule.most_ml_per_day else REMEMBER  # a mL of juice weighs about a gram
    return level


def _sodium(rule: SafetyRule, sodium: NutrientIntake, touched: Sequence[Part]) -> Iterator[Said]:
    """A limit on the day's sodium: a warning when the least is above it."""
    if rule.most_sodium_mg is not None and sodium.amount.least > rule.most_sodium_mg:
        names = tuple(dict.fromkeys(part.name for part in touched))
        says = load_diaries().notes["sodium"].says.format(least=f"{sodium.amount.least:.0f}", says=rule.says)
        yield Said(rule.id, says, rule.sources, rule.policy or "", WARNING, names)


def _limits(nutrients: Mapping[str, NutrientIntake]) -> Iterator[Said]:
    said = load_diaries().notes
    for of in nutrients.values():
        if of.limit is None or not (of.above or of.may_be_above):
            continue
        figures = {
            "nutrient": of.nutrient.says[0].upper() + of.nutrient.says[1:],
            "value": f"{of.limit.value:g}",
            "unit": of.nutrient.unit.replace("ug", "µg"),
            "authority": load_intakes().authorities[of.limit.authority].short
            + (", unverified" if of.limit.status != "verified" else ""),
            "least": f"{of.limited.least:.3g}",
            "most": f"{of.limited.most or 0:.3g}",
        }
        note = said["above-limit" if of.above else "may-be-above"]
        level = WARNING if of.above else REMEMBER
        yield Said(note.id, note.says.format(**figures), (of.limit.source,), note.policy, level)
