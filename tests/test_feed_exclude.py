"""What a family leaves out: every spelling leaves out what it means, and what leaves out nothing is refused."""

from __future__ import annotations

import pytest

from neomag.feeding.choices import choose, shipped
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.leave_out import excluded_by, tags_of
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods

KNOWN = load_feeding()
CANDIDATES = list(KNOWN.candidates.values())
# What people write, and the tag of every food that must then be gone; the words are not those of the data.
SPELT = {
    "egg": "egg", "Eggs": "egg", "EGG": "egg", "cow's milk": "milk", "cows’ milk": "milk", "dairy": "milk", "lactose": "milk",
    "milk": "milk", "wheat": "wheat", "gluten": "gluten", "oat": "oats", "oats": "oats", "corn": "maize", "maize": "maize",
    "sweetcorn": "maize", "soya": "soy", "soy": "soy", "soybeans": "soy", "soya milk": "soy", "peanuts": "peanut",
    "groundnut": "peanut", "groundnuts": "peanut", "tree nuts": "tree-nut", "tree-nut": "tree-nut", "Tree nut": "tree-nut",
    "nuts": "nut", "nut": "nut", "seafood": "fish", "sea food": "shellfish", "shellfish": "shellfish", "prawns": "crustacean",
    "fish": "fish", "oily fish": "oily-fish", "meat": "meat", "beef": "beef", "pork": "pork", "mutton": "lamb", "poultry": "poultry",
    "sesame seeds": "sesame", "broad beans": "fava", "celery": "celery", "dried fruit": "dried-fruit", "liver": "liver",
    "offal": "offal", "buckwheat": "buckwheat", "rye": "rye", "barley": "barley", "rice": "rice", "millet": "millet", "mustard": "mustard",
}  # fmt: skip
NAMES = {
    "walnut": {"walnuts, ground"}, "hazelnut": {"hazelnuts, ground"}, "pistachio": {"pistachios, ground"}, "grape": {"grapes"},
    "pecan": {"pecans, ground"}, "almond": {"almonds, ground", "almond butter, smooth, unsalted"}, "goat's milk": {"goat's milk, whole"},
    "chickpea": {"chickpeas, cooked", "chickpea flour (besan), dry"}, "butter": {"butter, unsalted", "ghee (butter oil)"},
}  # fmt: skip


def gone(*said: str, diet: str | None = None) -> set[str]:
    return excluded_by(CANDIDATES, said, diet, KNOWN)


@pytest.mark.parametrize(("said", "tag"), SPELT.items())
def test_a_spelling_leaves_out_every_food_of_its_tag(said: str, tag: str) -> None:
    assert {c.short for c in CANDIDATES if tag in c.tags} <= gone(said)


@pytest.mark.parametrize("tag", sorted({tag for c in CANDIDATES for tag in c.tags}))
def test_every_tag_can_be_said_as_words_and_in_the_plural(tag: str) -> None:
    of = {c.short for c in CANDIDATES if tag in c.tags}
    for said in (tag, tag.replace("-", " "), tag.upper(), tag if tag.endswith("s") else f"{tag}s"):
        assert of <= gone(said), said


@pytest.mark.parametrize(("said", "names"), NAMES.items())
def test_a_name_leaves_out_that_food_and_no_other(said: str, names: set[str]) -> None:
    assert gone(said) == names


def test_dairy_leaves_no_milk_in_any_form_and_spares_what_only_sounds_so() -> None:
    out = gone("dairy")
    assert {"butter, unsalted", "ghee (butter oil)", "cream, whole", "gluten-free bread"} <= out
    assert (
        not {"coconut milk, for cooking", "peanut butter, smooth, unsalted", "soya drink, unfortified", "milkfish, cooked"}
        & out
    )
    assert "gluten-free bread" not in gone("gluten")


@pytest.mark.parametrize("said", ["honey", "eggg", "unicorn", "", "   ", "!"])
def test_what_leaves_out_nothing_is_refused(said: str) -> None:
    with pytest.raises(FeedingInputError, match="no food of the list"):
        gone(said)


def test_the_nearest_name_is_told() -> None:
    with pytest.raises(FeedingInputError, match="nearest is `egg`"):
        gone("eggg")


def test_an_exclusion_of_what_the_list_in_force_does_not_hold_is_refused() -> None:
    """A list of bananas holds no egg: `egg` is then a slip, or of another list."""
    with pytest.raises(FeedingInputError, match="`egg`"):
        excluded_by([c for c in CANDIDATES if c.short == "banana"], ["egg"], None, KNOWN)


@pytest.mark.parametrize("diet", sorted(KNOWN.diets))
def test_every_diet_of_the_knowledge_can_be_chosen(diet: str) -> None:
    chosen = choose(shipped(KNOWN, load_foods()), KNOWN, age_months=9, days=1, diet=diet)
    assert chosen.choices
    assert not [c.candidate.short for c in chosen.choices if c.candidate.tags & KNOWN.diets[diet].tags]
    assert chosen.cautions == ((KNOWN.diets[diet].caution,) if KNOWN.diets[diet].caution else ())


def test_the_vegan_diet_says_what_it_needs() -> None:
    assert "B12" in KNOWN.diets["vegan"].caution
    assert "fortified" in KNOWN.diets["vegetarian"].caution
    with pytest.raises(FeedingInputError, match="vegetarian or vegan"):
        gone(diet="keto")


def test_foods_that_are_one_food_are_candidates_and_stand_once() -> None:
    every = [short for of in KNOWN.same for short in of]
    assert len(every) == len(set(every))
    assert not set(every) - set(KNOWN.candidates)
    assert any({"soft pasta, cooked", "soft pasta, plain, cooked"} <= of for of in KNOWN.same)
    assert any({"egg, boiled", "egg, scrambled firm"} <= of for of in KNOWN.same)


TOLD = (
    ("Ugali, maize meal, stiff", "grains", {"maize"}, {"wheat"}), ("Omena, small fish, dried", "flesh", {"fish"}, {"meat", "shellfish"}),
    ("Nyama choma", "flesh", {"meat", "pork", "beef"}, {"fish"}), ("Chicken stew", "flesh", {"meat", "poultry"}, {"pork", "fish"}),
    ("Kuku wa kupaka", "flesh", {"meat", "fish", "shellfish", "pork"}, set[str]()), ("Lassi", "dairy", {"milk"}, set[str]()),
    ("Maziwa lala", "dairy", {"milk"}, set[str]()), ("Peanut butter", "pulses", {"peanut", "nut"}, {"milk"}),
    ("Chapati", "grains", {"wheat", "gluten"}, set[str]()), ("Gluten-free bread", "grains", set[str](), {"wheat", "gluten"}),
    ("Hummus", "pulses", {"sesame"}, set[str]()), ("Mixed nuts, ground", "pulses", {"tree-nut", "peanut"}, set[str]()),
    ("Coconut milk", "fat", {"coconut"}, {"milk"}), ("Seafood mix", "flesh", {"shellfish", "crustacean", "mollusc"}, {"meat"}),
    ("Kidney beans", "pulses", set[str](), {"meat"}), ("Buckwheat", "grains", {"buckwheat"}, {"wheat"}),
    ("Omelette", "eggs", {"egg"}, set[str]()), ("Mayai", "eggs", {"egg"}, set[str]()), ("Duck eggs", "eggs", {"egg"}, {"meat"}),
)  # fmt: skip


@pytest.mark.parametrize(("name", "group", "holds", "not_"), TOLD, ids=[of[0] for of in TOLD])
def test_what_a_site_s_food_holds_is_told_by_its_name_and_group(name: str, group: str, holds: set[str], not_: set[str]) -> None:
    tags = tags_of(name, group, KNOWN)
    assert holds <= tags
    assert not not_ & tags


def test_the_words_for_tags_name_tags_that_there_are_and_each_can_be_said() -> None:
    groups = {c.group for c in CANDIDATES}
    for alias in KNOWN.aliases.values():
        assert set(alias.tags) <= set(KNOWN.tags), alias.id
        assert set(alias.groups) <= groups, alias.id
        for name in alias.names:
            assert gone(name), name
    for of in KNOWN.holds.values():
        assert {of.id, *of.also, *of.of, *of.unless} <= set(KNOWN.tags), of.id
        assert set(of.groups) <= groups, of.id
        assert not [word for word in of.words if of.id not in tags_of(word, "fat", KNOWN)], of.id
