"""neomag food on the command line: what it prints, its JSON, and how it fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from neomag.cli import main
from neomag.knowledge import DATA

SITE = "name,energy,magnesium,portion_g\nUgali,110,22,80\nMatoke,122,37,80\nChapo,297,,30\n"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["food", *map(str, args)])


def answer(*args: str | Path) -> Any:
    result = run(*args, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "kenya.csv"
    path.write_text(SITE, "utf-8")
    return path


@pytest.fixture
def no_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is when the knowledge in force has no candidates.csv."""
    shutil.copytree(DATA / "feeding", tmp_path / "feeding", ignore=shutil.ignore_patterns("candidates.*"))
    monkeypatch.setenv("NEOMAG_KNOWLEDGE", str(tmp_path))


def test_search_gives_three_lenses_in_80_columns() -> None:
    result = run("search", "banana")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["Magnesium,", "mg", "from", "100", "g", "100", "kcal", "portion"]
    assert lines[1].split() == ["Bananas,", "raw", "SR", "27", "30", "16", "in", "60", "g"]
    assert max(map(len, lines)) <= 80


def test_search_tells_foods_of_one_name_apart_by_their_id() -> None:
    lines = run("search", "spinach").output.splitlines()
    assert [x[:24].strip() for x in lines[1:4]] == ["Spinach, raw", "Spinach, raw", "spinach-raw-fndds"]


def test_search_in_json() -> None:
    found = answer("search", "banana", "--limit", "1")
    assert found["query"] == "banana"
    (food,) = found["foods"]
    assert food["id"] == "bananas-raw"
    assert food["infant_portion"]["grams"] == 60
    assert {x: (y["mg"], y["tier"]) for x, y in food["magnesium"].items()} == {
        "100g": (27, 2), "100kcal": (30.337, 2), "portion": (16.2, 1),
    }  # fmt: skip


def test_a_search_that_finds_nothing_says_what_is_near() -> None:
    result = run("search", "spinnach")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "neomag: no name has `spinnach`; the nearest are `spinach-raw` (Spinach, raw), `spinach-raw-fndds` (Spinach, raw), "
        "`spinach-mature` (Spinach, mature)\n"
    )


def test_show_sets_the_articles_tier_beside_the_tier_by_data() -> None:
    result = run("show", "spinach")
    assert result.exit_code == 0
    text = " ".join(result.output.split())
    assert "this food tier audit tier article per 100 g 87 mg 1 87 mg 1 1 per 100 kcal 378 mg 1 378 mg 1" in text
    assert "iodine missing" in text
    full = answer("show", "spinach")
    (article,) = full["article"]
    assert (article["tier"], article["match"], article["audit"]["ndb"]) == (1, "nearest", "11458")
    assert [x["tier"] for x in article["audit"]["magnesium"].values()] == [1, 1, 1]
    assert full["per_100g"]["iodine"] == {"value": None, "unit": "ug"}
    assert full["per_100g"]["magnesium"] == {"value": 87, "unit": "mg"}
    assert full["cautions"] == ["oxalate may lower what is absorbed"]


@pytest.mark.parametrize(
    ("name", "food"),
    [("breast milk", "breast-milk"), ("Bananas, raw", "bananas-raw"), ("bananas-raw", "bananas-raw"), ("boiled egg", "egg-whole-cooked-hard-boiled")],
)  # fmt: skip
def test_show_takes_names_as_people_write_them(name: str, food: str) -> None:
    assert answer("show", *name.split())["id"] == food


def test_every_food_of_the_article_can_be_shown_by_its_name() -> None:
    from neomag.feeding.article_foods import article_foods

    for food in article_foods():
        assert food.food in [x["food"] for x in answer("show", food.food)["article"]]


def test_an_unknown_food_gives_the_nearest_names_and_2() -> None:
    result = run("show", "brocoli")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no food `brocoli`; the nearest are `broccoli-raw` (Broccoli, raw)" in result.stderr
    assert result.stderr.count("\n") == 1


def test_rank_is_of_the_candidates_and_by_portion() -> None:
    found = answer("rank")
    assert (found["by"], found["of"], len(found["foods"])) == ("portion", "candidate foods", 10)
    amounts = [x["magnesium"]["portion"]["mg"] for x in found["foods"]]
    assert amounts == sorted(amounts, reverse=True)
    assert all(x["short"] for x in found["foods"])
    text = run("rank", "--limit", "3").output
    assert text.startswith(f"Magnesium per infant portion: 3 of {found['ranked']} candidate foods\n")
    assert found["foods"][0]["short"][:40] in text


def test_rank_of_the_whole_table_counts_what_it_leaves_out() -> None:
    found = answer("rank", "--all", "--by", "100g", "--limit", "2")
    assert [x["name"] for x in found["foods"]] == ["Rice bran, crude", "Seaweed, agar, dried"]
    assert found["not_ranked"]["magnesium not known"] > 100
    assert (
        f"Not ranked: {found['not_ranked']['magnesium not known']} (magnesium not known)."
        in run("rank", "--all", "--by", "100g").output
    )


def test_rank_of_a_group() -> None:
    names = [x["name"] for x in answer("rank", "--by", "100kcal", "--group", "legumes", "--all", "--limit", "5")["foods"]]
    assert len(names) == 5
    for args, said in (
        (("--group", "legums"), "the nearest is `legumes`"),
        (("--by", "kcal"), "write one of 100g, 100kcal, portion"),
    ):
        result = run("rank", *args)
        assert result.exit_code == 2
        assert said in result.stderr


@pytest.mark.usefixtures("no_candidates")
def test_without_candidates_the_whole_table_is_ranked() -> None:
    found = answer("rank")
    assert found["of"] == "foods"
    assert found["ranked"] > 2_000
    result = run("rank", "--candidates")
    assert result.exit_code == 2
    assert "rank the whole table with --all" in result.stderr
    assert run("show", "banana").exit_code == 0


def test_a_sites_own_table(site: Path) -> None:
    assert answer("search", "ugali", "--foods", site)["foods"][0]["id"] == "ugali"
    assert answer("show", "Ugali", "--foods", site)["magnesium"]["portion"]["mg"] == 17.6
    ranking = answer("rank", "--foods", site)
    assert [x["name"] for x in ranking["foods"]] == ["Matoke", "Ugali"]
    assert ranking["not_ranked"] == {"magnesium not known": 1}
    assert run("show", "ugali").exit_code == 2


def test_a_faulty_site_table_names_each_fault_and_loads_nothing(site: Path) -> None:
    site.write_text(SITE + "Sukuma,29,lots,\nMaziwa ya mama (human milk),70,32,\n", "utf-8")
    result = run("search", "ugali", "--foods", site)
    assert (result.exit_code, result.stdout) == (2, "")
    first, second = result.stderr.splitlines()
    assert first == f"neomag: {site} line 5, column magnesium: `lots` is no number; leave the cell blank when it is not known"
    assert second.startswith(f"neomag: {site} line 6, column magnesium: human milk with 32 mg of magnesium in 100 g")
    assert run("rank", "--foods", site.with_name("none.csv")).exit_code == 2


def test_the_table_of_the_documentation_is_loaded(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "foods.md").read_text("utf-8")
    path = tmp_path / "docs.csv"
    path.write_text(page.partition("```csv\n")[2].partition("```")[0], "utf-8")
    ranking = answer("rank", "--by", "100g", "--foods", path)
    assert [(x["id"], x["magnesium"]["100g"]["mg"]) for x in ranking["foods"]] == [("omena", 110), ("ugali", 22)]
    assert ranking["not_ranked"] == {"magnesium not known": 1}
    ugali = answer("show", "ugali", "--foods", path)
    assert ugali["portions"] == [
        {"measure": "cup", "grams": 240, "source": "site"},
        {"measure": "tbsp", "grams": 16, "source": "site"},
    ]
    assert round(ugali["per_100g"]["energy"]["value"]) == 110


def test_colour_is_only_where_it_is_asked_for() -> None:
    assert "\x1b[" not in run("search", "banana").output
    assert "\x1b[1m" in run("search", "banana", "--color", "always").output


def test_help_says_what_there_is() -> None:
    text = run("--help").output
    assert all(x in text for x in ("search", "show", "rank"))
    assert "food" in CliRunner().invoke(main, ["--help"]).output
