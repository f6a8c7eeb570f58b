"""A day's intake: amounts by hand, intervals, verdicts, shares, indicators, warnings, and diaries that cannot be read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.feeding.authority import Limit, Target
from neomag.feeding.breast import breast_milk
from neomag.feeding.day import Diary, DiaryError
from neomag.feeding.diary import read_diary
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.food_groups import groups_of
from neomag.feeding.indicators import ACCEPTABLE, DIVERSITY, MEALS, MILK_FEEDS
from neomag.feeding.intake import Intake, intake
from neomag.feeding.measures import grams, parse_amount
from neomag.feeding.nutrient_intake import NutrientIntake
from neomag.feeding.span import Span
from neomag.feeding.words import found
from neomag.knowledge.foods import Food, FoodTable, Nutrient, Portion, load_foods, nutrients


def food(name: str, category: str = "Oatmeal", **more: Any) -> Food:
    """A made-up food, its id its name; keyword arguments that are nutrients are amounts per 100 g."""
    known = {key: float(more.pop(key)) for key in list(more) if key in nutrients()}
    portions = tuple(Portion(measure, grams_, "made up") for measure, grams_ in more.pop("portions", {}).items())
    return Food(name, name, "made-up", category, known, portions, **more)


FOODS = [
    food("breast-milk", "Milk for infants", kind="breast", density=1.04, energy=70, magnesium=3, iron=0.03, vitamin_a_rae=61),
    food("tinned", "Milk for infants", kind="formula", density=1.03, energy=66, magnesium=4.5, iron=1, magnesium_spread=(4, 5)),
    food("tinned-soy", "Milk for infants", kind="formula", density=1.03, energy=66, magnesium=6, iron=1),
    food("cow-milk", "Milk for infants", kind="animal", density=1.03, energy=61, magnesium=10, iron=0.05, sodium=40),
    food("gruel", energy=100, magnesium=20, iron=1, sodium=5, portions={"tbsp": 15, "cup, thick": 240, "cup, thin": 200}),
    food("mash", "Potatoes", energy=80, iron=0.5),  # magnesium was never measured
    food("beans", "Beans, peas, legumes", energy=120, magnesium=50, iron=2, sodium=2),
    food("spinach", "Spinach", energy=20, magnesium=80, iron=3, vitamin_a_rae=500),
    food("plum", "Fruits and Fruit Juices", energy=46, magnesium=7, iron=0.2, vitamin_a_rae=17, portions={"fruit": 66}),
    food("offal", "Liver and organ meats", energy=170, magnesium=20, iron=10, vitamin_a_rae=5000),
    food("hen egg", "Eggs and omelets", energy=150, magnesium=10, iron=1.5, portions={"small": 38, "medium": 44, "large": 50}),
    food("curd", "Yogurt, regular", energy=60, magnesium=12, iron=0.1),
    food("stew", "Meat mixed dishes", energy=110, magnesium=18, iron=1.5),
    food("apple juice", "Apple juice", energy=46, magnesium=5, iron=0.1),
    food("rusk with honey", "Crackers, excludes saltines", energy=400, magnesium=25, iron=2),
    food("salty crisps", "Potato chips", energy=500, magnesium=60, iron=1.5, sodium=1000),
]  # fmt: skip
TABLE = FoodTable(nutrients(), {of.id: of for of in FOODS}, {})


def diary(text: str, age: str = "8 mo") -> Diary:
    return read_diary(f"age: {age}\n{text}".encode(), TABLE.foods)


def day(text: str, age: str = "8 mo", **more: Any) -> Intake:
    return intake(diary(text, age), TABLE, **more)


def mg(found: Intake) -> tuple[float, float | None]:
    amount = found.nutrients["magnesium"].amount
    return amount.least, amount.most


def codes(found: Intake, level: str = "warning") -> list[str]:
    return [said.code for said in found.warnings if said.level == level]


def near(span: Span | None, least: float, most: float) -> bool:
    assert span is not None
    return span.least == pytest.approx(least) and span.most == pytest.approx(most)


def value(found: Intake, indicator: str) -> bool | None:
    return next(of.value for of in found.indicators if of.indicator.id == indicator)


def problems(text: str | bytes, **more: Any) -> tuple[str, ...]:
    with pytest.raises(DiaryError) as error:
        read_diary(text.encode() if isinstance(text, str) else text, TABLE.foods, **more)
    return error.value.problems


# Amounts, by hand


def test_a_day_of_measured_milk_and_food() -> None:
    found = day("breast: 600 mL\n150 g gruel\n40 g beans")
    # 0.6 L at 26 to 35 mg/L, 30 mg of gruel, 20 of beans.
    assert mg(found) == (pytest.approx(0.6 * 26 + 30 + 20), pytest.approx(0.6 * 35 + 30 + 20))
    assert found.nutrients["energy"].amount.least == pytest.approx(600 * 1.04 * 0.70 + 150 + 48)
    assert found.nutrients["energy"].amount.most == found.nutrients["energy"].amount.least
    assert found.nutrients["iron"].amount.least == pytest.approx(6.24 * 0.03 + 1.5 + 0.8)
    assert near(found.magnesium.from_milk, 15.6, 21)
    assert near(found.magnesium.from_food, 50, 50)
    assert near(found.nutrients["magnesium"].percent, 65.6 / 0.75, 71 / 0.75)
    assert found.nutrients["magnesium"].verdict == "short"


def test_formula_runs_from_the_least_to_the_most_that_is_published() -> None:
    found = day("formula: 700 mL")
    assert mg(found) == (pytest.approx(7.21 * 4), pytest.approx(7.21 * 5))
    assert near(found.nutrients["iron"].amount, 7.21, 7.21)
    assert mg(day("formula: 700 mL, soy"))[0] == pytest.approx(7.21 * 6)
    assert mg(day("animal: 100 mL\n10 g gruel")) == (pytest.approx(10.3 + 2), pytest.approx(10.3 + 2))


def test_a_missing_figure_adds_nothing_to_the_least_and_takes_away_the_most() -> None:
    found = day("breast: 600 mL\n500 g mash").nutrients["magnesium"]
    assert (found.amount.least, found.amount.most) == (pytest.approx(15.6), None)
    assert found.missing == ("mash",)
    assert found.verdict == "may be met"
    assert found.to_dict()["most"] is None
    assert found.to_dict()["percent"] == [pytest.approx(20.8), None]
    assert day("breast: 600 mL").nutrients["iodine"].missing == ("breast milk",)


def test_a_missing_figure_does_not_hide_what_is_met() -> None:
    found = day("breast: 600 mL\n400 g gruel\n100 g mash").nutrients["magnesium"]
    assert (found.verdict, found.amount.most) == ("met", None)


# Breast milk by count


@pytest.mark.parametrize(
    ("written", "age", "least", "most"),
    [
        ("5 feeds", "8 mo", 5 * 55, 800),
        ("1 feed", "8 mo", 55, 234),
        ("2 feeds", "10 mo", 110, 468),
        ("9 feeds", "8 mo", 490, 800),
        ("20 feeds", "8 mo", 490, 800),
        ("on demand", "8 mo", 490, 800),
        ("on demand", "3 mo", 478, 1298),
        ("8 feeds", "3 mo", 440, 1298),
        ("on demand", "18 mo", 339, 593),
        ("600 mL", "8 mo", 600, 600),
        ("600 mL, 5 feeds", "8 mo", 600, 600),
        ("1 L", "3 mo", 1000, 1000),
        ("104 g", "8 mo", 100, 100),
        ("10 fl oz", "8 mo", 295.7352, 295.7352),
    ],
)
def test_breast_milk(written: str, age: str, least: float, most: float) -> None:
    of = breast_milk(diary(f"breast: {written}", age), TABLE.foods)
    assert of is not None
    assert near(of.ml, least, most)


def test_counted_and_measured_breast_milk_add_up() -> None:
    of = breast_milk(diary("breast: 2 feeds\nbreast: 100 mL"), TABLE.foods)
    assert of is not None
    assert of.ml == Span(110 + 100, 468 + 100)
    beside = breast_milk(diary("breast: on demand\nformula: 500 mL"), TABLE.foods)
    assert beside is not None
    assert beside.ml == Span(55, 800)
    assert breast_milk(diary("formula: 500 mL"), TABLE.foods) is None


def test_the_milk_of_the_first_weeks() -> None:
    foods = load_foods().foods
    for age, name in (("3 d", "breast-milk-first-week"), ("10 d", "breast-milk-transitional"), ("14 d", "breast-milk")):
        of = breast_milk(read_diary(f"age: {age}\nbreast: on demand".encode(), foods), foods)
        assert of is not None
        assert of.food.id == name


def test_a_count_is_said_to_be_a_count() -> None:
    found = day("breast: 5 feeds")
    note = next(said for said in found.notes if said.code == "breast-count")
    assert "5 feeds taken as 275 to 800 mL" in note.says
    assert "counted" not in " ".join(said.says for said in day("breast: 500 mL").notes)
    assert found.to_dict()["breast_milk"] == {"ml": {"least": 275.0, "most": 800.0}, "measured": False}


# Verdicts


def one(least: float, most: float | None, target: float | None = 75, limit: float | None = None, **more: Any) -> NutrientIntake:
    aim = None if target is None else Target("zinc", target, "mg", "AI", "nasem", 2001, "X", "verified", "")
    top = None if limit is None else Limit("zinc", limit, "mg", "all", "nasem", 2001, "X", "verified", "")
    amount = Span(least, most)
    of = NutrientIntake(Nutrient("zinc", "zinc", "mg", 100, ""), amount, aim, top, amount, (), 1)
    return replace(of, **more) if more else of


@pytest.mark.parametrize(
    ("least", "most", "target", "limit", "verdict"),
    [
        (75, 75, 75, None, "met"), (80, 90, 75, None, "met"), (74.9, 75, 75, None, "may be met"), (74.9, 74.99, 75, None, "short"),
        (0, None, 75, None, "may be met"), (80, None, 75, None, "met"), (0, 0, 75, None, "short"), (50, 60, None, None, "no target"),
        (101, 120, 75, 100, "above limit"), (100, 120, 75, 100, "met"), (101, 101, None, 100, "above limit"),
        (0.1 + 0.2, 0.3, 0.3, None, "met"), (0.3, 0.3, 0.1 + 0.2, None, "met"),
    ],
)  # fmt: skip
def test_verdicts(least: float, most: float | None, target: float | None, limit: float | None, verdict: str) -> None:
    assert one(least, most, target, limit).verdict == verdict


def test_a_figure_that_undercounts_is_never_short() -> None:
    aim = Target("folate", 80, "ug", "AI", "nasem", 1998, "X", "verified", "", undercounts=True)
    assert one(10, 20, target=aim.value).verdict == "short"
    assert replace(one(10, 20), target=aim).verdict == "may be met"
    assert replace(one(80, 90), target=aim).verdict == "met"


def test_may_be_above_a_limit() -> None:
    assert one(50, 120, limit=100).may_be_above
    assert not one(50, 100, limit=100).may_be_above
    assert not one(101, 120, limit=100).may_be_above
    assert not one(50, None, limit=100).may_be_above


def test_food_is_never_held_against_the_limit_on_supplements() -> None:
    found = day("animal: 400 mL\n200 g beans\n100 g gruel", age="14 mo").nutrients["magnesium"]
    assert found.amount.least > 65
    assert found.limit is None
    assert found.verdict == "met"


def test_only_preformed_vitamin_a_counts_for_its_limit() -> None:
    plants = day("breast: 500 mL\n300 g spinach").nutrients["vitamin_a_rae"]
    assert plants.amount.least > 1500
    assert near(plants.limited, 5.2 * 61, 5.2 * 61)
    assert plants.verdict == "met"
    liver = day("breast: 500 mL\n15 g offal").nutrients["vitamin_a_rae"]
    assert liver.limited.least == pytest.approx(750 + 5.2 * 61)
    assert liver.verdict == "above limit"
    assert "above-limit" in codes(day("breast: 500 mL\n15 g offal"))
    assert "above-limit" not in codes(day("breast: 500 mL\n300 g spinach"))


def test_a_limit_is_not_about_suckling() -> None:
    found = day("breast: on demand\n50 g gruel", age="3 mo").nutrients["vitamin_a_rae"]
    assert found.amount.most is None  # gruel has no figure
    found = day("breast: on demand", age="3 mo").nutrients["vitamin_a_rae"]
    assert found.amount.most == pytest.approx(12.98 * 1.04 * 61)
    assert found.limit is not None
    assert found.amount.most is not None
    assert found.amount.most > found.limit.value
    assert found.limited == Span.exact(found.amount.least)
    assert not found.may_be_above


def test_the_authority_is_chosen() -> None:
    text = "breast: 600 mL\n100 g gruel"
    assert day(text, age="14 mo", authority="fao-who").nutrients["magnesium"].to_dict()["target"] == 60
    assert day(text, age="14 mo", authority="efsa").nutrients["magnesium"].to_dict()["target"] == 170
    china = day(text, age="14 mo", authority="china").nutrients["magnesium"].to_dict()
    assert (china["target"], china["status"]) == (140, "unverified")
    assert day(text, authority="nhmrc").nutrients["iron"].verdict == "no target"
    assert day(text, authority="nhmrc", fill="nasem").nutrients["iron"].to_dict()["authority"] == "nasem"
    # Below six months FAO/WHO's figure follows the milk.
    assert day("formula: 700 mL", age="3 mo", authority="fao-who").nutrients["magnesium"].to_dict()["target"] == 36
    assert day("breast: 700 mL", age="3 mo", authority="fao-who").nutrients["magnesium"].to_dict()["target"] == 26


# What may be bound


def test_what_oxalate_and_phytate_may_leave() -> None:
    share = day("breast: 600 mL\n100 g spinach\n40 g beans\n10 g plum").magnesium
    assert share.bound_in == ("spinach", "beans")
    assert share.absorbable.least == pytest.approx(15.6 + 80 * 0.7 + 20 * 0.4 + 0.7)
    assert share.absorbable.most == pytest.approx(21 + 80 + 20 + 0.7)
    assert share.to_dict()["absorbable"]["basis"].startswith("from adults")
    assert day("breast: 600 mL\n10 g plum").magnesium.bound_in == ()
    # No milk is bound, whatever its name holds.
    oat = food("oat formula", "Milk for infants", kind="formula", density=1.0, magnesium=5)
    table = replace(TABLE, foods={oat.id: oat})
    assert intake(read_diary(b"age: 8 mo\nformula: 100 mL", table.foods), table).magnesium.bound_in == ()


# Supplements and losses


@pytest.mark.parametrize(
    "line",
    [
        "medicines: milk of magnesia",
        "5 g magnesium citrate",
        "notes: gave an antacid at noon",
        "medicines: Epsom salts",
        "1 tsp laxative",
    ],
)
def test_magnesium_medicines_warn_and_are_not_counted(line: str) -> None:
    text = "breast: 600 mL\n100 g gruel"
    found = day(f"{text}\n{line}")
    assert codes(found)[0] == "magnesium-medicine"
    assert "sk a clinician" in found.warnings[0].says
    assert found.warnings[0].sources
    assert mg(found) == mg(day(text))


@pytest.mark.parametrize("line", ["medicines: vitamin D drops", "notes: iron drops in the morning", "medicines: pink stuff"])
def test_supplements_warn_and_are_not_counted(line: str) -> None:
    text = "breast: 600 mL\n100 g gruel"
    found = day(f"{text}\n{line}")
    assert codes(found) == ["supplement"]
    assert "sk a clinician" in found.warnings[0].says
    assert found.nutrients["iron"].amount == day(text).nutrients["iron"].amount


def test_a_question_about_magnesium_is_no_medicine() -> None:
    assert codes(day("breast: 600 mL\n100 g gruel\nnotes: worried about magnesium")) == []


def test_losses_are_told_and_not_subtracted() -> None:
    text = "breast: 600 mL\n100 g gruel"
    found = day(f"{text}\nlosses: diarrhea, vomiting")
    assert [said.code for said in found.notes][:2] == ["diarrhoea", "vomiting"]
    assert {name: of.amount for name, of in found.nutrients.items()} == {n: of.amount for n, of in day(text).nutrients.items()}


# Indicators


FIVE = "100 g gruel\n20 g beans\n20 g plum\n50 g hen egg"


def test_diversity_counts_groups_of_the_eight() -> None:
    found = day(f"breast: 5 feeds\n{FIVE}\nmeals: 2")
    of = next(of for of in found.indicators if of.indicator.id == DIVERSITY)
    assert of.groups == ("breast-milk", "grains", "pulses", "eggs", "other-fruit-veg")
    assert (of.value, of.count, of.least) == (True, 5, 5)
    assert value(day("breast: 5 feeds\n100 g gruel\n20 g beans\n20 g plum\nmeals: 2"), DIVERSITY) is False
    assert value(day(f"formula: 500 mL\n{FIVE}"), DIVERSITY) is True  # formula counts as dairy
    assert value(day(f"formula: 500 mL\n30 g curd\n{FIVE.partition(chr(10))[2]}"), DIVERSITY) is False


def test_a_dish_whose_group_is_not_known_leaves_the_indicator_unknown() -> None:
    assert value(day("breast: 5 feeds\n100 g gruel\n20 g beans\n20 g plum\n50 g stew\nmeals: 2"), DIVERSITY) is None
    assert value(day("breast: 5 feeds\n20 g plum\n50 g stew\nmeals: 2"), DIVERSITY) is False
    assert value(day(f"breast: 5 feeds\n{FIVE}\n50 g stew\nmeals: 2"), DIVERSITY) is True


@pytest.mark.parametrize(
    ("text", "age", "wanted"),
    [
        ("breast: 5 feeds\n9 g gruel\nmeals: 2", "8 mo", True), ("breast: 5 feeds\n9 g gruel\nmeals: 1", "8 mo", False),
        ("breast: 5 feeds\n9 g gruel\nmeals: 2", "9 mo", False), ("breast: 5 feeds\n9 g gruel\nmeals: 3", "9 mo", True),
        ("breast: 5 feeds\n9 g gruel", "8 mo", None), ("breast: 5 feeds", "8 mo", False),
        ("formula: 500 mL, 3 feeds\n9 g gruel\nmeals: 1", "8 mo", True), ("formula: 500 mL, 2 feeds\n9 g gruel\nmeals: 1", "8 mo", False),
        ("formula: 500 mL\n9 g gruel\nmeals: 1", "8 mo", None), ("formula: 500 mL\n9 g gruel\nmeals: 4", "8 mo", True),
        ("formula: 500 mL, 6 feeds\nmeals: 0", "8 mo", False),
    ],
)  # fmt: skip
def test_meal_frequency(text: str, age: str, wanted: bool | None) -> None:
    assert value(day(text, age), MEALS) is wanted


def test_milk_feeds_are_for_those_not_breastfed() -> None:
    for text, wanted in (
        ("formula: 500 mL, 2 feeds", True), ("formula: 500 mL, 1 feed", False), ("formula: 500 mL", None),
        ("formula: 500 mL\nanimal: 50 mL", True),
    ):  # fmt: skip
        assert value(day(text), MILK_FEEDS) is wanted, text
    breastfed = next(of for of in day("breast: 5 feeds").indicators if of.indicator.id == MILK_FEEDS)
    assert (breastfed.applies, breastfed.value) == (False, None)


def test_the_acceptable_diet_needs_all() -> None:
    assert value(day(f"breast: 5 feeds\n{FIVE}\nmeals: 2"), ACCEPTABLE) is True
    assert value(day(f"breast: 5 feeds\n{FIVE}\nmeals: 1"), ACCEPTABLE) is False
    assert value(day(f"breast: 5 feeds\n{FIVE}"), ACCEPTABLE) is None
    assert value(day("breast: 5 feeds\n9 g gruel"), ACCEPTABLE) is False  # too few groups, however many meals
    assert value(day(f"formula: 500 mL, 1 feed\n{FIVE}\nmeals: 4"), ACCEPTABLE) is False


def test_indicators_are_for_6_to_23_months() -> None:
    assert not any(of.applies for of in day("breast: 8 feeds", age="5 mo").indicators)
    assert any(of.applies for of in day("breast: 8 feeds", age="6 mo").indicators)


@pytest.mark.parametrize(
    ("name", "category", "more", "groups"),
    [
        ("Bananas, raw", "Fruits and Fruit Juices", {"vitamin_a_rae": 3}, ("other-fruit-veg",)),
        ("Mangos, raw", "Mango and papaya", {"vitamin_a_rae": 60}, ("vitamin-a",)),
        ("Mangos, raw", "Mango and papaya", {"vitamin_a_rae": 59.9}, ("other-fruit-veg",)),
        ("Pears, raw", "Pears", {}, ("vitamin-a", "other-fruit-veg")),
        ("Orange juice, raw", "Fruits and Fruit Juices", {}, ()),
        ("Potatoes, boiled", "Vegetables and Vegetable Products", {}, ("grains",)),
        ("Sweet potato, boiled", "Vegetables and Vegetable Products", {"vitamin_a_rae": 787}, ("vitamin-a",)),
        ("Corn, sweet, boiled", "Vegetables and Vegetable Products", {"vitamin_a_rae": 13}, ("other-fruit-veg",)),
        ("Egg, whole, cooked", "Dairy and Egg Products", {}, ("eggs",)),
        ("Yogurt, plain", "Dairy and Egg Products", {}, ("dairy",)),
        ("Butter, without salt", "Dairy and Egg Products", {}, ()),
        ("Cheese, cream cheese", "Dairy and Egg Products", {}, ("dairy",)),
        ("Lentils, boiled", "Legumes and Legume Products", {}, ("pulses",)),
        ("Beef, ground", "Beef Products", {}, ("flesh",)),
        ("Oil, olive", "Fats and Oils", {}, ()),
        ("Human milk", "Milk for infants", {"kind": "breast"}, ("breast-milk",)),
        ("Formula", "Milk for infants", {"kind": "formula"}, ("dairy",)),
    ],
)
def test_groups_by_category(name: str, category: str, more: dict[str, Any], groups: tuple[str, ...]) -> None:
    assert groups_of(food(name, category, **more)) == groups


def test_the_groups_of_what_a_plan_may_choose_are_those_of_its_list() -> None:
    foods = load_foods().foods
    for name, groups in (
        ("banana", ("other-fruit-veg",)),
        ("orange juice, 100 %", ()),
        ("butter, unsalted", ()),
        ("egg, boiled", ("eggs",)),
    ):
        assert groups_of(read_diary(f"age: 8 mo\n10 g {name}".encode(), foods).foods[0].food) == groups, name


def test_a_mixed_dish_may_be_of_any_group_but_breast_milk() -> None:
    assert len(groups_of(food("Beef stew", "Meat mixed dishes"))) == 7
    assert "breast-milk" not in groups_of(food("x", "a category nobody knows"))


# Safety


def test_food_before_180_days() -> None:
    early = day("breast: 8 feeds\n20 g gruel", age="179 d")
    assert codes(early) == ["solids_start"]
    assert early.warnings[0].sources == ("WHO23",)
    assert codes(day("breast: 8 feeds\n20 g gruel", age="180 d")) == []
    assert codes(day("breast: 8 feeds", age="179 d")) == []


def test_unsafe_foods_by_rule() -> None:
    found = day("breast: 5 feeds\n10 g rusk with honey\n50 g apple juice")
    assert {"honey", "juice"} <= set(codes(found))
    honey = next(said for said in found.warnings if said.code == "honey")
    assert honey.foods == ("rusk with honey",)
    assert honey.sources
    assert not {"honey", "juice"} & set(codes(day("breast: 5 feeds\n10 g gruel")))


def test_juice_of_a_toddler_warns_above_120_ml() -> None:
    assert "juice_toddler" in codes(day("breast: 5 feeds\n130 g apple juice", age="14 mo"))
    within = day("breast: 5 feeds\n120 g apple juice", age="14 mo")
    assert "juice_toddler" not in codes(within)
    assert "juice_toddler" in codes(within, "remember")


def test_animal_milk_before_a_year_warns_as_the_main_drink() -> None:
    foods = load_foods()
    main = intake(read_diary(b"age: 8 mo\nanimal: 400 mL\nformula: 200 mL", foods.foods), foods)
    assert "cow_milk_drink" in codes(main)
    some = intake(read_diary(b"age: 8 mo\nanimal: 50 mL\nformula: 600 mL", foods.foods), foods)
    assert "cow_milk_drink" not in codes(some)
    assert "cow_milk_drink" in codes(some, "remember")
    assert "cow_milk_drink" not in codes(intake(read_diary(b"age: 13 mo\nanimal: 400 mL", foods.foods), foods))


def test_the_sum_of_sodium_decides() -> None:
    assert "salt" in codes(day("breast: 5 feeds\n45 g salty crisps"))  # breast milk's own sodium is not in this table
    assert "salt" not in codes(day("breast: 5 feeds\n39 g salty crisps"))
    assert "salt_toddler" in codes(day("breast: 5 feeds\n81 g salty crisps", age="13 mo"))


def test_salt_of_the_kitchen_is_an_interval() -> None:
    foods = load_foods()
    found = intake(read_diary(b"age: 8 mo\nbreast: 500 mL\n40 g lentils, cooked", foods.foods), foods)
    sodium = found.nutrients["sodium"].amount
    table = foods.foods["lentils-from-dried-no-added-fat"].per_100g["sodium"]
    assert sodium.most == pytest.approx(5.2 * foods.foods["breast-milk"].per_100g["sodium"] + 0.4 * table)
    assert sodium.most is not None
    assert sodium.least < sodium.most - 40
    assert "salt" in [said.code for said in found.notes]


# Doubts


def test_energy_far_from_the_need_is_doubted() -> None:
    assert [said.code for said in day("breast: 50 mL\n50 g gruel").problems] == ["energy-low"]
    assert [said.code for said in day("breast: 600 mL\n900 g gruel").problems] == ["energy-high"]
    assert day("breast: 600 mL\n100 g gruel").problems == ()
    assert [said.code for said in day("breast: 600 mL\n100 g gruel\nmeals: 0").problems] == ["meals-zero"]


def test_below_six_months_milk_is_enough_unless_there_is_too_little_of_it() -> None:
    def said(text: str, age: str = "3 mo") -> tuple[list[str], list[str]]:
        of = day(text, age)
        return [x.code for x in of.notes if x.code == "milk-enough"], [x.code for x in of.problems]

    assert said("breast: 8 feeds") == (["milk-enough"], [])
    assert said("breast: 478 mL") == (["milk-enough"], [])
    assert said("formula: 477 mL") == ([], ["milk-low"])
    assert said("breast: 2 feeds") == ([], ["milk-low"])  # at most 468 mL
    assert said("breast: 2 feeds\nformula: 100 mL") == (["milk-enough"], [])
    assert said("animal: 800 mL") == ([], [])
    assert said("breast: 8 feeds\n20 g gruel") == ([], [])
    assert said("breast: 2 feeds\n300 g gruel", age="6 mo")[0] == []


# Measures


@pytest.mark.parametrize(
    ("amount", "name", "least", "most"),
    [
        ("60 g", "gruel", 60, 60), ("0.06 kg", "gruel", 60, 60), ("2 tbsp", "gruel", 30, 30), ("1 tablespoon", "gruel", 15, 15),
        ("1 tsp", "gruel", 200 / 48, 5), ("half a cup", "gruel", 100, 120), ("1 1/2 cups", "gruel", 300, 360), ("½ cup", "gruel", 100, 120),
        ("1 piece", "plum", 66, 66), ("2 fruit", "plum", 132, 132), ("1 piece", "hen egg", 44, 44), ("1 large", "hen egg", 50, 50),
        ("two small", "hen egg", 76, 76), ("100 mL", "cow-milk", 103, 103), ("1 cup", "cow-milk", 236.588 * 1.03, 236.588 * 1.03),
        ("100 mL", "apple juice", 100, 107), ("1e2 g", "gruel", 100, 100),
    ],
)  # fmt: skip
def test_measures(amount: str, name: str, least: float, most: float) -> None:
    found = grams(parse_amount(amount), TABLE.foods[name])
    assert found.least == pytest.approx(least, rel=1e-3)
    assert found.most == pytest.approx(most, rel=1e-3)


def test_the_measure_itself_goes_before_others_of_a_volume() -> None:
    of = food("sauce", portions={"tbsp, packed": 18, "tbsp, loose": 12, "cup": 160})
    assert grams(parse_amount("1 tbsp"), of) == Span(12, 18)
    assert grams(parse_amount("1 cup"), of) == Span(160, 160)
    assert near(grams(parse_amount("1 tsp"), of), 160 / 48, 6)


def test_a_portion_is_that_of_a_plan_at_the_age() -> None:
    foods = load_foods().foods
    at_8 = read_diary(b"age: 8 mo\n1 portion banana", foods).foods[0].grams.least
    at_14 = read_diary(b"age: 14 mo\n1 portion banana", foods).foods[0].grams.least
    assert 0 < at_8 < at_14


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("-5 g", "negative"), ("0 g", "above 0"), ("1/0 g", "above 0"), ("1e999 g", "above 0"), ("5", "has no unit"), ("g", "no amount"), ("", "no amount"),
        ("2,5 g", "with a point"), ("2-3 g", "not a range"), ("5 mg", "write g, mL"), ("3 oz", "write g, mL"), ("51 tbsp", "more than 50"),
        ("2 slices", "no such measure of gruel; write g, or a measure of it: tbsp, cup, thick"), ("50 mL", "what a mL of gruel weighs is not known"),
        ("nan g", "no amount"), ("inf g", "no amount"),
    ],
)  # fmt: skip
def test_amounts_that_are_refused(amount: str, says: str) -> None:
    with pytest.raises(FeedingInputError, match=says):
        grams(parse_amount(amount), TABLE.foods["gruel"])


# Diaries


PLAIN = """# a comment
age: 8 mo
weight: 8.2 kg
breast: 4 feeds
formula: 200 mL, soy, 1 feed
60 g gruel   # another
2 tbsp of gruel
1 plum
meals: 3
losses: diarrhoea
medicines: vitamin D drops
notes: slept well
"""
YAML = """age: 8 mo
weight: 8.2 kg
milk:
  - breast: 4 feeds
  - {formula: 200 mL, kind: soy, feeds: 1}
foods:
  - {food: gruel, amount: 60 g}
  - 2 tbsp of gruel
  - {food: plum, amount: 1 piece}
meals: 3
losses: [diarrhoea]
medicines: [vitamin D drops]
notes: slept well
"""


def test_three_forms_give_one_answer() -> None:
    yaml_text = YAML.encode()
    as_json = {
        "age": "8 mo", "weight": "8.2 kg", "milk": [{"breast": "4 feeds"}, {"formula": "200 mL", "kind": "soy", "feeds": 1}],
        "foods": [{"food": "gruel", "amount": "60 g"}, "2 tbsp of gruel", {"food": "plum", "amount": "1 piece"}],
        "meals": 3, "losses": "diarrhoea", "medicines": ["vitamin D drops"], "notes": "slept well",
    }  # fmt: skip
    texts = [PLAIN.encode(), yaml_text, json.dumps(as_json).encode()]
    answers = [intake(read_diary(text, TABLE.foods), TABLE) for text in texts]
    first = answers[0]
    assert first.diary.meals == 3
    assert first.diary.weight_kg == 8.2
    assert [item.grams.least for item in first.diary.foods] == [60, 30, 66]
    assert [milk.feeds for milk in first.diary.milk] == [4, 1]
    for other in answers[1:]:
        assert other.nutrients == first.nutrients
        assert other.indicators == first.indicators
        assert other.warnings == first.warnings
        assert other.diary.losses == first.diary.losses == ("diarrhoea",)


def test_milk_among_the_foods_is_milk() -> None:
    found = day("formula: 100 mL\n100 mL cow-milk")
    assert found.magnesium.from_food == Span(0, 0)
    assert found.magnesium.from_milk.least == pytest.approx(1.03 * (4 + 10))


def test_the_age_may_come_from_the_command() -> None:
    assert read_diary(b"60 g gruel", TABLE.foods, age="8mo").age_months == 8
    assert problems("age: 8 mo\n60 g gruel", age="9mo") == ("age: the diary says 8 mo and --age says 9mo; write one",)
    assert read_diary(b"age: 8 mo\n60 g gruel", TABLE.foods, age="8mo").age_months == 8


@pytest.mark.parametrize(("age", "months"), [("birth", 0), ("24 mo", 24), ("2 y", 24), ("180 d", 5), ("183 d", 6)])
def test_ages_at_the_edges(age: str, months: int) -> None:
    assert diary("breast: 500 mL", age).age_months == months
    assert day("breast: 500 mL", age).nutrients["magnesium"].target is not None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"), ("\n \n", "empty"), ("# only a comment", "age: missing"), ("age: 8 mo", "no milk and no food in the diary"),
        ("60 g gruel", "age: missing; write the age, such as `age: 8 mo`"), ("age: 25 mo\n60 g gruel", "age: 25 mo is outside 0 to 24 months"),
        ("age: old\n60 g gruel", "age: `old`: write an age such as"), ("age: 8\n60 g gruel", "age: `8`: write an age such as"),
        ("age: 8 mo\nage: 9 mo\n60 g gruel", "line 2: `age` stands twice"),
        ("age: 8 mo\n60 g gruell", "line 2: no food `gruell`"), ("age: 8 mo\nbrest: 5 feeds\n60 g gruel", "line 2: unknown key `brest`; the nearest is `breast`"),
        ("age: 8 mo\ngruel", "line 2: `gruel` does not begin with an amount"), ("age: 8 mo\n60 g", "line 2: `60 g` names no food"),
        ("age: 8 mo\n60 gruel", "line 2: `60 gruel` has no unit; write it as `60 g gruel`"), ("age: 8 mo\n60 mg gruel", "line 2: `60 mg`: write g, mL"),
        ("age: 8 mo\n-1 g gruel", "line 2: `-1 g gruel` is negative"), ("age: 8 mo\n1600 g gruel", "gruel: 1600: more than 1500 g of one food"),
        ("age: 8 mo\n800 g gruel\n800 g gruel", "gruel: 1600: more than 1500 g"),
        ("age: 8 mo\n1400 g gruel\n1400 g mash\n400 g beans", "food in all: 3200: more than 3000 g"),
        ("age: 8 mo\nformula: 2 L\nanimal: 1.1 L", "milk in all: 3100: more than 3000 mL"),
        ("age: 8 mo\nbreast: 41 feeds", "line 2: `41`: more than 40 breastfeeds"), ("age: 8 mo\nbreast: 2.5 feeds", "write a whole number"),
        ("age: 8 mo\nbreast: 5", "line 2: `5`: write `breast: 5 feeds`"), ("age: 8 mo\nbreast: often", "write `breast: 5 feeds`"),
        ("age: 8 mo\nbreast: 0 feeds", "above 0"), ("age: 8 mo\nformula: 4 feeds", "write how much was drunk"),
        ("age: 8 mo\nformula: 100 g", "write the mL that were drunk"), ("age: 8 mo\nformula: 100 mL, oat", "no formula `oat`; write one of tinned, tinned-soy"),
        ("age: 8 mo\nformula: 100 mL, 25 feeds", "more than 24 bottle feeds"),
        ("age: 8 mo\n60 g gruel\nmeals: many", "meals: `many`: write a whole number"), ("age: 8 mo\n60 g gruel\nmeals: 16", "more than 15 meals"),
        ("age: 8 mo\n60 g gruel\nmeals: -1", "meals: `-1`"), ("age: 8 mo\n60 g gruel\nweight: 82 kg", "an infant weighs 1 to 25 kg"),
        ("age: 8 mo\n60 g gruel\nlosses: hair", "losses: `hair` is not known"), ("age: 8 mo\n60 g gruel\nlosses: diarhoea", "the nearest is `diarrhoea`"),
        ('{"age": "8 mo", "foods": [{"food": "gruel", "amount": NaN}]}', "`NaN` is no amount"),
        ('{"age": "8 mo", "foods": [{"food": "gruel", "amount": 60}]}', r"foods\[0\] \(gruel\): `60` has no unit"),
        ('{"age": "8 mo", "foods": [{"food": "gruel"}]}', "amount of gruel is missing"), ('{"age": "8 mo", "foods": [{"amount": "6 g"}]}', "food: write its name"),
        ('{"age": "8 mo", "foods": [7]}', r"foods\[0\]: write it as"), ('{"age": "8 mo", "foods": "gruel"}', "foods: write a list"),
        ('{"age": "8 mo", "food": []}', "unknown key `food`; the nearest is `foods`"), ("[]", "write one diary"), ('{"age": "8 mo", "age": "9 mo"}', "stands twice"),
        ("age: 8 mo\nmilk: [{breast: 5 feeds, formula: 9 mL}]", r"milk\[0\]: write one of breast, formula, animal"),
        ("age: 8 mo\nmilk: [{brest: 5 feeds}]", r"milk\[0\]: unknown key `brest`; the nearest is `breast`"), ("age: 8 mo\nfoods: [{food: gruel, amoun: 6 g}]", "the nearest is `amount`"),
        ("age: 8 mo\nfoods: &a [*a]", "anchors"), ("age: 8 mo\nfoods:\n - {food: gruel, amount: .nan g}", "no amount"),
        ("age: 8 mo\nmilk: [5]", r"milk\[0\]: write it as"), ("age: 8 mo\nmilk: [{breast: true}]", "write `breast: 5 feeds`"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_where_and_what_would_do(text: str, says: str) -> None:
    assert any(re.search(says, problem) for problem in problems(text)), problems(text)


def test_bytes_that_are_no_text() -> None:
    assert problems(b"\xff\xfe") == ("not UTF-8 text (byte 0)",)
    assert "NUL" in problems(b"age: 8 mo\n\0")[0]


def test_every_problem_is_named_in_the_order_of_the_diary() -> None:
    said = problems("age: 8 mo\n-1 g gruel\n5 mg gruel\nbrest: 3\n1 g xyzzy")
    assert [problem.partition(":")[0] for problem in said] == ["line 2", "line 3", "line 4", "line 5"]
    assert all("\n" not in problem for problem in said)


def test_an_unknown_food_names_the_foods_of_plans_first() -> None:
    with pytest.raises(DiaryError, match="write one of `egg noodles, cooked`"):
        read_diary(b"age: 8 mo\n30 g noodles", load_foods().foods)


def test_words_are_whole_words() -> None:
    assert found(["tea"], "steak with tea") == "tea"
    assert found(["tea"], "steak") is None
    assert found(["milk, whole"], "Milk, whole, 3.25%") == "milk, whole"
    assert found(["cow's milk"], "cows milk") == "cow's milk"


# Properties


AMOUNTS = st.floats(0.5, 200).map(lambda x: f"{x:.1f} g")
ENTRIES = st.lists(st.tuples(AMOUNTS, st.sampled_from([of.id for of in FOODS if not of.kind])), min_size=1, max_size=6)


@given(
    entries=ENTRIES, more=st.tuples(AMOUNTS, st.sampled_from([of.id for of in FOODS if not of.kind])), feeds=st.integers(1, 20)
)
def test_more_food_is_never_less(entries: list[tuple[str, str]], more: tuple[str, str], feeds: int) -> None:
    lines = [f"{amount} {name}" for amount, name in entries]
    before = day("\n".join([f"breast: {feeds} feeds", *lines]))
    after = day("\n".join([f"breast: {feeds} feeds", *lines, " ".join(more)]))
    for name, of in before.nutrients.items():
        later = after.nutrients[name].amount
        assert later.least >= of.amount.least - 1e-9
        assert later.most is None or (of.amount.most is not None and later.most >= of.amount.most - 1e-9)
        assert of.amount.most is None or of.amount.most >= of.amount.least >= 0
    share = before.magnesium
    assert share.from_milk.least + share.from_food.least == pytest.approx(before.nutrients["magnesium"].amount.least)
    assert share.absorbable.least <= before.nutrients["magnesium"].amount.least + 1e-9
    json.dumps(after.to_dict(), allow_nan=False)


@given(
    text=st.text(max_size=200)
    | st.lists(st.sampled_from(["age: 8 mo", "breast:", "60 g gruel", "½", "-", "foods:", "- x", "{", "1e9"]), max_size=8).map(
        "\n".join
    )
)
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        said = read_diary(text.encode("utf-8", "surrogatepass"), TABLE.foods)
    except DiaryError as error:
        refused = error.problems
    else:
        refused = ("read",)
        json.dumps(intake(said, TABLE).to_dict(), allow_nan=False)
    assert refused
    assert all(problem and "\n" not in problem for problem in refused)
