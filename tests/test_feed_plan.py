"""The plan: no rule is broken, nutrients never make it impossible, and what cannot be reached is said."""

from __future__ import annotations

import csv
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from neomag.feeding.choices import choose, shipped
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.explain import Explainer
from neomag.feeding.lines import Item
from neomag.feeding.menu import menu
from neomag.feeding.plan import Plan, Request, plan
from neomag.knowledge import load
from neomag.knowledge.feeding import Candidate, load_feeding
from neomag.knowledge.foods import Food, load_foods

KNOWN, TABLE = load_feeding(), load_foods()
# The hard rules as the dossier and the rules of safety print them, written here a second time.
SODIUM = {6: 400, 12: 800}
RETINOL = 600
CEREALS = {"infant-cereal", "ready-cereal", "porridge"}
# Excluding these leaves out milks too.
MILKS = {"milk", "animal-milk", "soy", "low-fat-milk"}
ENERGY = {6: 615, 9: 686, 12: 894}
TOLERANCE = 1e-6
# Plans of each age and milk: `explore` goes looking, `full` says something of a change.
PLANS = {"full": 4, "explore": 40}.get(os.environ.get("NEOMAG_TEST_PROFILE", "quick"), 1)


def step(age: int, table: dict[int, int]) -> int:
    return next(value for months, value in sorted(table.items(), reverse=True) if age >= months)


def total(found: Plan, nutrient: str) -> float:
    """What milk and food hold a day, worked out from the grams, not from the solver."""
    food = sum(i.choice.food.per_100g.get(nutrient, 0.0) * i.grams / 100 for i in found.items) / found.request.days
    # the energy of breast milk is PAHO/WHO's, all else is by its grams
    by_grams = sum(f.per_100g.get(nutrient, 0.0) * grams / 100 for f, grams in found.milk.parts)
    return food + (found.milk.holds["energy"] if nutrient == "energy" else by_grams)


def broken(found: Plan) -> list[str]:
    """Every hard rule the plan breaks."""
    age, days = found.request.age_months, found.request.days
    said: list[str] = []
    if not 0.95 - TOLERANCE <= total(found, "energy") / step(age, ENERGY) <= 1.05 + TOLERANCE:
        said.append(f"energy {total(found, 'energy')}")
    if total(found, "sodium") > step(age, SODIUM) + TOLERANCE:
        said.append(f"sodium {total(found, 'sodium')}")
    preformed = [i for i in found.items if i.choice.candidate.animal or i.choice.candidate.fortified]
    retinol = sum(i.choice.food.per_100g["vitamin_a_rae"] * i.grams / 100 for i in preformed) / days
    retinol += sum(f.per_100g["vitamin_a_rae"] * grams / 100 for f, grams in found.milk.parts)
    if retinol > RETINOL + TOLERANCE:
        said.append(f"retinol {retinol}")
    lightest = min(float(b.low) for b in load().dosing.weights if b.months == age)
    occasions = (3 if age < 9 else 4 if age < 12 else 5) + (0 if any(f.kind == "breast" for f, _ in found.milk.parts) else 1)
    eaten = sum(i.grams * i.choice.candidate.as_eaten for i in found.items) / days
    if eaten > 30 * lightest * occasions + TOLERANCE:
        said.append(f"stomach {eaten}")
    for item in found.items:
        c = item.choice.candidate
        most = (2 if days == 1 else 6) * (2 if c.kind == "infant-cereal" else 1)
        if age < c.from_months or item.halves > most or ("liver" in c.tags and item.halves > (0 if days == 1 else 2)):
            said.append(f"{c.short} {item.halves}")
        rules = [r for r in KNOWN.safety.values() if r.holds_at(age) and r.action == "forbid"]
        said += [f"{c.short} against {r.id}" for r in rules if c.tags & set(r.tags)]
    juice = sum(i.grams for i in found.items if "juice" in i.choice.candidate.tags) / days
    if juice > (0 if age < 12 else 120):
        said.append(f"juice {juice}")
    return said


def excluded(found: Plan, tags: set[str]) -> list[str]:
    return [i.choice.candidate.short for i in found.items if i.choice.candidate.tags & tags]


@pytest.mark.slow
@pytest.mark.parametrize("age", range(6, 24))
@pytest.mark.parametrize("milk", ["breast", "mixed", "formula"])
def test_no_plan_breaks_a_hard_rule(age: int, milk: str) -> None:
    chance = random.Random(f"{age} {milk}")
    usual = [c for c in KNOWN.candidates.values() if c.short not in KNOWN.plan["usual"]["seldom"]]
    words = sorted({word for c in usual for word in _words(c)} - MILKS)
    for _ in range(PLANS):
        out = tuple(chance.sample(words, chance.randint(0, 6)))
        request = Request(
            age_months=age, milk=milk, exclude=out, fortified=chance.random() < 0.7, seldom=chance.random() < 0.3,
            days=chance.choice([1, 1, 7]), authority=chance.choice([None, "efsa", "fao-who"]), ranges=False,
        )  # fmt: skip
        found = plan(request, KNOWN, TABLE)
        assert found.status in ("optimal", "feasible"), (request, found.bounds)
        assert broken(found) == [], request
        left = [i.choice.candidate for i in found.items if _words(i.choice.candidate) & set(out)]
        assert left == [], request
        assert all(not (line.met and n in {s.nutrient for s in found.short}) for n, line in found.lines.items()), request
        served(found)


def _words(candidate: Candidate) -> set[str]:
    return {*candidate.tags, candidate.kind, candidate.short}


def served(found: Plan) -> None:
    """The menu holds the plan and nothing else, no meal more than a meal holds, and what is wanted daily is there daily."""
    days, most = found.request.days, KNOWN.plan["variety"]["most_at_a_meal"]
    halves: dict[str, int] = {}
    of_day: dict[int, dict[str, int]] = {}
    for meal in menu(found, KNOWN):
        assert 1 <= meal.day <= days
        assert sum(s.halves for s in meal.servings) <= most
        for serving in meal.servings:
            c = serving.item.choice
            halves[c.food.id] = halves.get(c.food.id, 0) + serving.halves
            for name, of in KNOWN.plan["daily"].items():
                if c.candidate.kind in of["kinds"]:
                    day = of_day.setdefault(meal.day, {})
                    day[name] = day.get(name, 0) + serving.halves
    assert halves == {i.choice.food.id: i.halves for i in found.items}
    for name, of in KNOWN.plan["daily"].items():
        if not found.missing[name]:
            assert all(of_day.get(day, {}).get(name, 0) >= of["half_portions"] for day in range(1, days + 1)), name


@pytest.mark.parametrize("age", [6, 9, 12, 23])
def test_a_plan_reaches_every_target_with_fortified_cereal(age: int) -> None:
    found = plan(Request(age_months=age), KNOWN, TABLE)
    assert found.status == "optimal"
    assert found.short == ()
    for line in found.lines.values():
        assert line.amount is not None
        assert line.amount == pytest.approx(total(found, line.nutrient))
        if line.aimed:
            assert line.met, line
        assert line.least is not None
        assert line.most is not None
        assert line.least - 1e-3 * line.amount <= line.amount <= line.most + 1e-3 * line.amount
    assert (found.lines["magnesium"].amount or 0) >= (75 if age < 12 else 80) * 0.9999
    assert len(Explainer(found, KNOWN, TABLE).groups()) >= 5


@pytest.mark.parametrize(("age", "target"), [(8, 75), (10, 75), (14, 80)])
def test_without_the_target_magnesium_may_fall_to_half_of_it(age: int, target: float) -> None:
    """The probe of the dossier: 33, 37 and 50 mg in diets that meet every other target, of 75, 75 and 80."""
    free = plan(Request(age_months=age, without=("magnesium",)), KNOWN, TABLE).lines["magnesium"]
    assert free.target is not None
    assert free.least is not None
    assert (free.target.value, free.aimed) == (target, False)
    assert free.least < (0.55 if age < 12 else 0.75) * target
    held = plan(Request(age_months=age), KNOWN, TABLE).lines["magnesium"]
    assert held.aimed
    assert held.least is not None
    assert held.least == pytest.approx(target, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("authority", ["nasem", "fao-who"])
@pytest.mark.parametrize(("age", "reached"), [(6, False), (8, False), (9, False), (11, False), (12, True), (18, True)])
def test_iron_needs_fortified_cereal_before_twelve_months(authority: str, age: int, reached: bool) -> None:
    found = plan(Request(age_months=age, authority=authority, fortified=False, ranges=False), KNOWN, TABLE)
    assert found.status in ("optimal", "feasible")
    iron = next((s for s in found.short if s.nutrient == "iron"), None)
    assert (iron is None) is reached
    if iron is not None:
        target = found.lines["iron"].target
        assert target is not None
        assert iron.reachable < target.value
        assert iron.limits
        assert {c.candidate.fortified for c in iron.best} == {False}
        assert any("infant" in left.candidate.short and left.why == "fortified" for left in iron.barred)
        said = " ".join(Explainer(found, KNOWN, TABLE).sentences())
        assert "Iron stays short" in said
        assert "No supplement" in said


def test_efsas_target_in_the_second_year_is_reached() -> None:
    line = plan(Request(age_months=18, authority="efsa", ranges=False), KNOWN, TABLE).lines["magnesium"]
    assert line.target is not None
    assert (line.target.value, line.met) == (170, True)


def test_the_energy_left_for_food_is_who_s() -> None:
    for age, gap in ((6, 202), (9, 307), (12, 548)):
        found = plan(Request(age_months=age, ranges=False), KNOWN, TABLE)
        energy = found.lines["energy"]
        assert energy.target is not None
        assert energy.target.value - energy.milk == pytest.approx(gap, abs=0.5)


def test_before_six_months_there_is_milk_and_no_food() -> None:
    for age in (0, 3, 5):
        found = plan(Request(age_months=age), KNOWN, TABLE)
        assert (found.status, found.items) == ("milk-only", ())
        said = " ".join(Explainer(found, KNOWN, TABLE).sentences())
        assert "180 days" in said
    litres = sum(grams / (food.density or 1) for food, grams in found.milk.parts) / 1000
    assert litres == pytest.approx(0.78)


def test_every_rule_of_the_table_is_cited_at_its_ages() -> None:
    with (Path(__file__).parent / "data" / "food_safety_rules.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 23
    for age in (4, 6, 11, 12, 23):
        found = plan(Request(age_months=age, ranges=False), KNOWN, TABLE)
        cited = {rule["id"]: rule for rule in Explainer(found, KNOWN, TABLE).rules()}
        wanted = {row["rule_id"] for row in rows if int(row["age_from_months"]) <= age <= int(row["age_to_months"])}
        assert set(cited) == wanted
        assert all(rule["sources"] and rule["says"] and rule["kept"] for rule in cited.values())


@pytest.mark.parametrize("rule", [r.id for r in KNOWN.safety.values() if r.action in ("forbid", "forbid_form") and r.words])
def test_a_forbidden_food_of_a_site_is_left_out_by_its_name(rule: str) -> None:
    of = KNOWN.safety[rule]
    age = max(of.from_months, 6)
    if not of.holds_at(age):
        return  # holds only before food begins
    for word in of.words:
        found = choose([own(word)], KNOWN, age_months=age, days=1)
        assert not found.choices, word
        assert found.left_out[0].why in KNOWN.safety


def own(name: str, **of: float) -> tuple[Candidate, Food]:
    """A made-up food of a site."""
    amounts = {"energy": 100.0, "magnesium": 10.0, "sodium": 10.0, "vitamin_a_rae": 10.0} | of
    candidate = Candidate(
        name=name, dataset="site", short=name, group="grains", kind=name, from_months=6, to_months=None,
        forms=("soft",) * 3, portions_g=(30.0,) * 3, most_per_week=7, fortified=False, animal=False, tags=frozenset(), own=True,
    )  # fmt: skip
    return candidate, Food(name, name, "site", "", amounts)


def test_liver_has_no_place_in_a_day_and_at_most_a_portion_in_a_week() -> None:
    pairs = shipped(KNOWN, TABLE)
    for days, most in ((1, 0), (7, 2)):
        found = choose(pairs, KNOWN, age_months=10, days=days)
        liver = [c for c in found.choices if "liver" in c.candidate.tags]
        assert [c.most_half for c in liver] == ([] if not most else [most] * len(liver))
        if not most:
            assert {left.why for left in found.left_out if "liver" in left.candidate.tags} == {"liver"}


def test_infant_rice_takes_turns() -> None:
    """What should take turns is at most half of the grains, even where it is the cheapest."""
    cheap = tuple((replace(c, price=0.01 if "rice-cereal" in c.tags else 9.0), f) for c, f in shipped(KNOWN, TABLE))
    found = plan(Request(age_months=9, days=7, budget=1e6, candidates=cheap, ranges=False), KNOWN, TABLE)
    rice = sum(i.halves for i in found.items if "rice-cereal" in i.choice.candidate.tags)
    grains = sum(i.halves for i in found.items if i.choice.candidate.group == "grains")
    assert 0 < rice <= grains / 2


def test_exclusions_and_diets() -> None:
    found = plan(Request(age_months=8, exclude=("egg", "Fish"), ranges=False), KNOWN, TABLE)
    assert excluded(found, {"egg", "fish"}) == []
    vegan = plan(Request(age_months=10, diet="vegan", ranges=False), KNOWN, TABLE)
    assert excluded(vegan, {"meat", "fish", "shellfish", "egg", "milk", "honey"}) == []
    assert vegan.missing["animal"] == 1
    assert any(
        "None among the foods allowed: meat, poultry, fish or egg" in line
        for line in Explainer(vegan, KNOWN, TABLE).sentences()
    )
    plain = plan(Request(age_months=10, fortified=False, ranges=False), KNOWN, TABLE)
    assert not any(i.choice.candidate.fortified for i in plain.items)
    assert not any(i.choice.candidate.short in KNOWN.plan["usual"]["seldom"] for i in plain.items)


def test_when_nothing_is_left_the_rules_that_clash_are_named() -> None:
    groups = ("grains", "pulses", "dairy", "flesh", "eggs", "vitamin-a", "other-fruit-veg", "fat")
    found = plan(Request(age_months=8, exclude=groups), KNOWN, TABLE)
    assert (found.status, [b.name for b in found.bounds]) == ("infeasible", ["energy"])
    said = Explainer(found, KNOWN, TABLE)
    assert "615 kcal" in said.binding()[0].says
    assert found.lines["magnesium"].amount is None
    assert found.lines["magnesium"].target is not None
    assert "no such plan" in said.sentences()[0]


def prices(price: float) -> tuple[tuple[Candidate, Food], ...]:
    """The usual candidates, each at a price for 100 g that is its energy times `price`."""
    usual = set(KNOWN.plan["usual"]["everywhere"])
    return tuple(
        (replace(c, price=price * (f.energy or 0) / 100), f) for c, f in shipped(KNOWN, TABLE) if c.short in usual
    )  # fmt: skip


def test_a_budget_is_kept_and_one_that_is_too_small_is_said() -> None:
    # 1 for each 100 kcal: food of 652 - 379 kcal costs 2.73 at the least
    enough = plan(Request(age_months=10, budget=2.9, candidates=prices(1.0), ranges=False), KNOWN, TABLE)
    assert enough.status == "optimal"
    assert enough.cost is not None
    assert enough.cost <= 2.9
    assert enough.cost == pytest.approx((total(enough, "energy") - 379) / 100)
    poor = plan(Request(age_months=10, budget=2.5, candidates=prices(1.0)), KNOWN, TABLE)
    assert poor.status == "infeasible"
    assert "budget" in [b.name for b in poor.bounds]
    assert poor.cost == pytest.approx((0.95 * 686 - 379) / 100, rel=0.02)
    with pytest.raises(FeedingInputError, match="price_per_100g"):
        plan(Request(age_months=10, budget=5), KNOWN, TABLE)


def test_a_habit_is_changed_as_little_as_can_be() -> None:
    base = plan(Request(age_months=14, ranges=False), KNOWN, TABLE)
    habit = {i.choice.candidate.short: float(i.halves) for i in base.items}
    again = plan(Request(age_months=14, habit=habit, ranges=False), KNOWN, TABLE)
    assert {i.choice.candidate.short: float(i.halves) for i in again.items} == habit


def test_a_food_whose_sodium_is_not_known_is_no_choice() -> None:
    candidate, food = own("millet balls")
    blank = replace(food, per_100g={k: v for k, v in food.per_100g.items() if k != "sodium"})
    found = choose([(candidate, blank)], KNOWN, age_months=8, days=1)
    assert [left.why for left in found.left_out] == ["data"]


@pytest.mark.parametrize("age", [7, 10, 13])
def test_the_menu_of_a_week(age: int) -> None:
    found = plan(Request(age_months=age, days=7, ranges=False), KNOWN, TABLE)
    served(found)
    assert set(found.missing.values()) == {0}
    main = {(m.day, m.name) for m in menu(found, KNOWN) if m.name.startswith("meal")}
    assert len(main) == (2 if age < 9 else 3) * 7


def test_what_is_eaten_once_a_week_is_eaten_at_one_meal() -> None:
    pairs = shipped(KNOWN, TABLE)
    liver = next(c for c in choose(pairs, KNOWN, age_months=14, days=7).choices if "liver" in c.candidate.tags)
    base = plan(Request(age_months=14, days=7, ranges=False), KNOWN, TABLE)
    found = menu(replace(base, items=(*base.items, Item(liver, 2))), KNOWN)
    assert [s.halves for m in found for s in m.servings if s.item.choice is liver] == [2]


def test_a_food_is_not_there_under_two_names() -> None:
    for age in (7, 12, 13, 18):
        names = {i.choice.candidate.short for i in plan(Request(age_months=age, ranges=False), KNOWN, TABLE).items}
        assert all(len(names & same) <= 1 for same in KNOWN.same)
        fortified = [n for n in names if KNOWN.candidates[n].fortified and KNOWN.candidates[n].kind in CEREALS]
        assert len(fortified) <= 1


def test_milk_follows_the_diet_and_what_is_left_out() -> None:
    for milk, more in (
        ("formula", {"exclude": ("milk",)}),
        ("mixed", {"diet": "vegan"}),
        ("formula-soy", {"exclude": ("soy",)}),
    ):
        with pytest.raises(FeedingInputError, match="ask a clinician"):
            plan(Request(age_months=8, milk=milk, **more), KNOWN, TABLE)  # type: ignore[arg-type]
    with pytest.raises(FeedingInputError, match="formula-soy"):
        plan(Request(age_months=2, milk="formula", diet="vegan"), KNOWN, TABLE)
    soya = plan(Request(age_months=8, milk="formula-soy", exclude=("milk",), ranges=False), KNOWN, TABLE)
    assert [food.id for food, _ in soya.milk.parts] == ["infant-formula-soy"]


def test_formula_before_six_months_has_no_amount() -> None:
    found = plan(Request(age_months=1, milk="formula"), KNOWN, TABLE)
    assert (found.status, found.milk.parts) == ("milk-only", ())
    assert found.lines["magnesium"].amount is None
    said = " ".join(Explainer(found, KNOWN, TABLE).sentences())
    assert "no amount is planned" in said
    assert " mL" not in said.partition("At 6 months")[0]


def test_a_figure_that_no_food_has_is_not_short_but_unknown() -> None:
    foods = tuple(own(f"mash {n}", energy=350.0, iron=2.0 + n, **({"zinc": 1.0} if n else {})) for n in range(6))
    found = plan(Request(age_months=9, candidates=foods), KNOWN, TABLE)
    folate, zinc = found.lines["folate"], found.lines["zinc"]
    assert (folate.most, folate.met, folate.aimed) == (None, None, False)
    assert folate.missing
    assert "folate" not in {s.nutrient for s in found.short}
    if any(i.choice.candidate.short == "mash 0" for i in found.items):
        assert "mash 0" in zinc.missing


def test_gaps_of_an_authority_are_filled_and_say_whose_they_are() -> None:
    found = plan(Request(age_months=10, authority="nhmrc", ranges=False), KNOWN, TABLE)
    target = found.lines["iron"].target
    assert target is not None
    assert (target.authority, found.lines["iron"].met) == ("nasem", True)
    assert any("Targets that" in line and "iron" in line for line in Explainer(found, KNOWN, TABLE).sentences())
    china = plan(Request(age_months=10, authority="china", ranges=False), KNOWN, TABLE)
    said = Explainer(china, KNOWN, TABLE)
    assert said.mark("magnesium") == "†"
    assert any("not verified" in line for line in said.sentences())


def test_fat_is_wanted_in_the_second_year_too() -> None:
    line = plan(Request(age_months=14), KNOWN, TABLE).lines["fat"]
    assert line.target is not None
    assert line.target.value == pytest.approx(894 * 0.3 / 9)
    assert line.met


def test_the_same_request_gives_the_same_plan() -> None:
    one, two = (plan(Request(age_months=7, exclude=("wheat",), ranges=False), KNOWN, TABLE) for _ in range(2))
    assert [(i.choice.food.id, i.halves) for i in one.items] == [(i.choice.food.id, i.halves) for i in two.items]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"age_months": 24}, "0 to 23 months"),
        ({"age_months": -1}, "0 to 23 months"),
        ({"days": 3}, "1 or 7"),
        ({"milk": "oat"}, "breast, mixed, formula, formula-soy, animal"),
        ({"milk": "animal"}, "from 12 months"),
        ({"milk_amount": "lots"}, "low, average, high"),
        ({"exclude": ("eggg",)}, "nearest is `egg`"),
        ({"diet": "keto"}, "vegetarian or vegan"),
        ({"authority": "nasen"}, "nasem"),
        ({"without": ("magnesum",)}, "write one of magnesium"),
        ({"budget": 0.0}, "more than nothing"),
        ({"budget": float("nan")}, "more than nothing"),
        ({"weight_kg": 0.3}, "2 to 20 kg"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(asked: dict[str, object], says: str) -> None:
    with pytest.raises(FeedingInputError, match=says):
        plan(Request(**{"age_months": 8, **asked}), KNOWN, TABLE)  # type: ignore[arg-type]
