"""A site's own foods in a plan: exclusions and diets hold, unsafe names are left out, and what cannot be planned is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from neomag.feeding.choices import Chosen, choose
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.habit import habit_of
from neomag.feeding.market import market
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods

KNOWN, TABLE = load_feeding(), load_foods()
HEAD = "name,category,energy,protein,fat,carbohydrate,magnesium,sodium,vitamin_a_rae,portion_g"


def table(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "own.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def chosen(path: Path, age: int = 9, **more: object) -> Chosen:
    return choose(market(path, KNOWN, TABLE), KNOWN, age_months=age, days=1, **more)  # type: ignore[arg-type]


def row(name: str, group: str = "grains") -> str:
    return f'"{name}",{group},100,3,1,19,20,5,0,40'


# Names as a table or a market writes them; not the words of the rules.
UNSAFE = (
    "Cow milk, whole, raw", "Raw cow's milk", "Milk (raw), buffalo", "Fresh unboiled milk", "Raw egg", "Egg, raw, whole", "Eggs, uncooked",
    "Red wine", "Beer, lager", "Rum", "Palm wine", "Groundnuts, whole", "Whole groundnuts", "Whole seeds", "Seeds, pumpkin, whole",
    "Raw fish", "Tuna, raw", "Sushi roll", "Raw meat", "Beef mince, raw", "Oysters", "Roasted chickpeas", "Chickpeas (roasted)",
    "Carrot sticks", "Sticks of carrot", "Apple slices", "Raw apples", "Apples, red, raw", "Celery sticks", "Pop corn", "Lollipop",
    "Sultanas", "Jaggery", "Coke", "Fruit squash", "Orange squash drink", "Honey porridge", "Cola nut tea", "Swordfish steak, cooked",
)  # fmt: skip
SAFE = (
    "Cow milk, boiled", "Boiled egg", "Egg noodles", "Groundnut paste", "Melon seeds, ground", "Fish, boiled", "Beef mince, cooked",
    "Chickpeas, boiled", "Carrot, boiled", "Apple, stewed", "Celery, boiled", "Butternut squash, boiled", "Wine vinegar chicken, stewed",
    "Ugali", "Ginger rice", "Kidney beans, boiled", "Honeydew melon",
)  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_an_unsafe_name_is_never_planned(name: str, tmp_path: Path) -> None:
    found = chosen(table(tmp_path, row(name)))
    assert not found.choices
    assert found.left_out[0].why in KNOWN.rules


@pytest.mark.parametrize("name", SAFE)
def test_a_safe_name_stays(name: str, tmp_path: Path) -> None:
    assert [c.food.name for c in chosen(table(tmp_path, row(name))).choices] == [name], chosen(
        table(tmp_path, row(name))
    ).left_out


def test_exclusions_and_diets_hold_for_a_site_s_own_foods(tmp_path: Path) -> None:
    path = table(
        tmp_path, row("Ugali, stiff"), row("Sour milk", "dairy"), row("Omelette", "eggs"), row("Omena", "flesh"), row("Nyama, stewed", "flesh"),
        row("Sukuma", "vitamin-a"),
    )  # fmt: skip
    assert {c.food.name for c in chosen(path, diet="vegan").choices} == {"Ugali, stiff", "Sukuma"}
    assert {c.food.name for c in chosen(path, diet="vegetarian").choices} == {"Ugali, stiff", "Sour milk", "Omelette", "Sukuma"}
    assert "Sour milk" not in {c.food.name for c in chosen(path, exclude=("dairy",)).choices}
    assert "Omelette" not in {c.food.name for c in chosen(path, exclude=("egg",)).choices}
    assert "Nyama, stewed" not in {c.food.name for c in chosen(path, exclude=("pork",)).choices}
    with pytest.raises(FeedingInputError, match="soya"):
        chosen(path, exclude=("soya",))


def test_the_column_tags_says_what_a_name_hides(tmp_path: Path) -> None:
    head = HEAD + ",tags"
    path = table(tmp_path, row("Granny's mash") + ",egg | milk", row("Ugali") + ",", head=head)
    assert [c.food.name for c in chosen(path, exclude=("egg",)).choices] == ["Ugali"]
    assert [c.food.name for c in chosen(path, diet="dairy-free").choices] == ["Ugali"]
    with pytest.raises(FeedingInputError, match=r"line 2, column tags: `egs` is no tag; the nearest is `egg`"):
        market(table(tmp_path, row("Mash") + ",egs", head=head), KNOWN, TABLE)


@pytest.mark.parametrize("column", ["energy", "sodium"])
def test_a_table_without_a_needed_column_is_refused_by_its_name(column: str, tmp_path: Path) -> None:
    place = next(i for i, title in enumerate(HEAD.split(",")) if title == column)
    cut = [
        ",".join(x for i, x in enumerate(line.split(",")) if i != place) for line in (HEAD, "Ugali,grains,100,3,1,19,20,5,0,40")
    ]
    with pytest.raises(FeedingInputError, match=f"column `{column}`"):
        market(table(tmp_path, cut[1], head=cut[0]), KNOWN, TABLE)


def test_foods_of_animals_need_vitamin_a_and_a_blank_cell_leaves_out_its_own_food(tmp_path: Path) -> None:
    head = HEAD.replace("vitamin_a_rae,", "")
    with pytest.raises(FeedingInputError, match=r"vitamin_a_rae.*Omena"):
        market(table(tmp_path, "Omena,flesh,100,3,1,19,20,5,40", head=head), KNOWN, TABLE)
    found = chosen(table(tmp_path, "Ugali,grains,100,3,1,19,20,,0,40", row("Uji")))
    assert [(left.food.name, left.why) for left in found.left_out] == [("Ugali", "data")]
    assert [c.food.name for c in found.choices] == ["Uji"]


def test_price_lists_are_read_as_they_are_written(tmp_path: Path) -> None:
    comma = table(tmp_path, "banana,2.5", '"egg, boiled",4', head="food,price_per_100g")
    assert [(c.short, c.price) for c, _ in market(comma, KNOWN, TABLE)] == [("banana", 2.5), ("egg, boiled", 4.0)]
    semicolon = table(tmp_path, "banana;2,5", "egg, boiled;4", head="food;price_per_100g")
    assert [(c.short, c.price) for c, _ in market(semicolon, KNOWN, TABLE)] == [("banana", 2.5), ("egg, boiled", 4.0)]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["banana,2", "Banana,3"], "line 3: `Banana` stands there twice"),
        (["banana,2", '"egg, boiled,4'], "is no CSV table"),
        (["banana,2,3"], "line 2: has 3 cells, the heading has 2"),
        (["banana,-2"], "is no price"),
        (["bananna,2"], "nearest is `banana`"),
    ],
)
def test_a_price_list_that_cannot_be_read_is_refused(rows: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(FeedingInputError) as error:
        market(table(tmp_path, *rows, head="food,price_per_100g"), KNOWN, TABLE)
    assert says in str(error.value)


def habit(tmp_path: Path, text: str | bytes, age: int = 10) -> tuple[dict[str, float], tuple[str, ...]]:
    path = tmp_path / "day.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found, warnings = habit_of(path, age, TABLE)
    return found, tuple(said.code for said in warnings)


def test_a_habit_gives_back_what_is_not_safe_in_it(tmp_path: Path) -> None:
    found, warnings = habit(tmp_path, "age: 10 mo\nbreast: 5 feeds\n70 g banana\n5 g honey\nmedicines: milk of magnesia\n")
    assert found == {"banana": pytest.approx(140 / 60)}
    assert {"honey", "magnesium-medicine"} <= set(warnings)
    assert habit(tmp_path, "age: 10 mo\nbreast: 5 feeds\n70 g banana\n")[1] == ()


def test_a_habit_of_another_age_is_refused(tmp_path: Path) -> None:
    assert habit(tmp_path, "age: 9 mo\nbreast: 5 feeds\n70 g banana\n")[0]
    with pytest.raises(FeedingInputError, match=r"day\.txt: is of 8 months and the plan of 10"):
        habit(tmp_path, "age: 8 mo\nbreast: 5 feeds\n70 g banana\n")


def test_a_habit_that_is_no_diary_names_its_file_and_keeps_its_warnings(tmp_path: Path) -> None:
    with pytest.raises(FeedingInputError, match=r"day\.txt: "):
        habit(tmp_path, bytes(range(256)))
    with pytest.raises(FeedingInputError, match=r"no food that a plan could choose\n.*day\.txt: honey: No honey"):
        habit(tmp_path, "age: 10 mo\nbreast: 5 feeds\n5 g honey\n")
