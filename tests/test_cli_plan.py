"""neomag feed plan on the command line: the contract of its JSON, the foods at hand, the page, exit statuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from neomag.cli import main


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(main, ["feed", "plan", *arguments])


def data(*arguments: str, status: int = 0) -> dict[str, Any]:
    done = run(*arguments, "--format", "json")
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


def test_json_is_the_contract() -> None:
    found = data("--age", "8mo", "--milk", "breast", "--exclude", "egg")
    assert set(found) >= {"age_months", "status", "foods", "nutrients", "binding", "rules"}
    assert (found["age_months"], found["status"], found["days"]) == (8, "optimal", 1)
    for food in found["foods"]:
        assert set(food) >= {"food", "grams", "portion", "says"}
        assert food["grams"] > 0
        assert "portion" in food["portion"]
        assert "egg" not in food["name"].split()
    magnesium = found["nutrients"]["magnesium"]
    assert set(magnesium) >= {"unit", "target", "amount", "least", "most"}
    assert (magnesium["unit"], magnesium["target"]) == ("mg", 75)
    assert magnesium["least"] <= magnesium["amount"] * 1.0001
    assert magnesium["amount"] <= magnesium["most"] * 1.0001
    assert {"honey", "juice", "mg_supplement"} <= {rule["id"] for rule in found["rules"]}
    assert all(rule["sources"] for rule in found["rules"])
    served = {f["food"]: 0.0 for f in found["foods"]}
    for meal in found["meals"]:
        for food in meal["foods"]:
            served[food["food"]] += food["grams"]
    assert served == pytest.approx({f["food"]: f["grams"] for f in found["foods"]})


def test_what_limits_a_nutrient_that_cannot_be_reached_is_named() -> None:
    found = data("--age", "7mo", "--no-fortified")
    iron = next(s for s in found["shortfalls"] if s["nutrient"] == "iron")
    assert iron["amount"] <= iron["reachable"] + 1e-6
    assert iron["reachable"] < iron["target"] == 11
    assert iron["limits"]
    assert {b["name"] for b in found["binding"]} >= set(iron["limits"])
    assert all(b["says"] for b in found["binding"])
    assert any("iron" in b["nutrients"] for b in found["binding"])
    assert len(iron["best"]) == 3
    assert found["nutrients"]["iron"]["met"] is False
    text = run("--age", "7mo", "--no-fortified").output
    assert "Iron stays short" in text


def test_before_six_months() -> None:
    found = data("--age", "4mo")
    assert (found["status"], found["foods"]) == ("milk-only", [])
    assert "solids_start" in {rule["id"] for rule in found["rules"]}
    assert any("180 days" in line for line in found["why"])
    text = run("--age", "4mo").output
    assert "needs milk and nothing else" in " ".join(text.split())


def test_a_week_is_laid_out_over_its_days() -> None:
    found = data("--age", "13mo", "--days", "7")
    assert {meal["day"] for meal in found["meals"]} == set(range(1, 8))
    energy = found["nutrients"]["energy"]
    assert 0.95 * 894 <= energy["amount"] <= 1.05 * 894  # a day, not the week


def test_a_list_of_foods_and_prices(tmp_path: Path) -> None:
    at_hand = tmp_path / "market.csv"
    rows = {
        "infant oat cereal, fortified, dry": 1.2, "lentils, cooked": 0.2, "banana": 0.25, "egg, boiled": 0.6, "olive oil": 0.8,
        "sweet potato, cooked": 0.2, "white rice, plain, cooked": 0.1, "spinach, cooked": 0.5, "chicken, cooked soft": 0.9,
    }  # fmt: skip
    at_hand.write_text("food,price_per_100g\n" + "".join(f'"{food}",{price}\n' for food, price in rows.items()))
    found = data("--age", "10mo", "--foods", str(at_hand), "--budget", "3")
    assert {food["name"] for food in found["foods"]} <= set(rows)
    cost = sum(rows[food["name"]] * food["grams"] / 100 for food in found["foods"])
    assert found["cost"] == pytest.approx(cost, abs=1e-3)
    assert cost <= 3
    poor = data("--age", "10mo", "--foods", str(at_hand), "--budget", "0.1", status=3)
    assert (poor["status"], [b["name"] for b in poor["binding"]]) == ("infeasible", ["budget"])
    assert poor["cost"] > 0.1
    assert any("The cheapest food" in line for line in poor["why"])


def test_a_sites_own_foods_keep_the_rules(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "name,category,portion_g,energy_kcal,magnesium_mg,sodium_mg,vitamin_a_rae_ug,protein_g,fat_g,carbohydrate_g,iron_mg\n"
        "Local millet mash,grains,200,110,40,5,0,3,1,22,1.2\n"
        "Bean paste with honey,pulses,60,120,45,5,0,7,2,18,2.0\n"
        "Pumpkin mash,vitamin-a,60,40,12,2,300,1,0.1,9,0.6\n"
        "Minced goat,flesh,30,150,22,70,0,24,6,0,3.0\n"
        "Palm oil,fat,5,884,0,0,0,0,100,0,0\n"
    )
    found = data("--age", "9mo", "--foods", str(own))
    names = {food["name"] for food in found["foods"]}
    assert names
    assert names <= {"Local millet mash", "Pumpkin mash", "Minced goat", "Palm oil"}
    honey = next(rule for rule in found["rules"] if rule["id"] == "honey")
    assert honey["left_out"] == ["Bean paste with honey"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("food,price_per_100g\nbananna,1\n", "line 2: no candidate food `bananna`; the nearest is `banana`"),
        ("food,price_per_100g\nbanana,free\n", "line 2, column price_per_100g: `free` is no price"),
        ("food,price_per_100g\nbanana,-1\n", "is no price"),
        ("food,cost\nbanana,1\n", "a list has the columns food and price_per_100g"),
        ("food,price_per_100g\n", "has no foods"),
        ("name,magnesium\nMash,10\n", "a plan needs a column `sodium`"),
        ("name,magnesium,energy,sodium\nMash,10,80,3\n", "a plan needs a portion"),
        ("name,magnesium,energy,sodium,portion_g\nMash,10,80,3,50\n", "a plan needs its food group"),
    ],
)
def test_foods_that_cannot_be_read_are_named_with_their_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "f.csv"
    file.write_text(text)
    done = run("--age", "8mo", "--foods", str(file))
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_the_least_change_from_a_habit(tmp_path: Path) -> None:
    diary = tmp_path / "day.txt"
    diary.write_text(
        "age: 14 mo\nbreast: 4 feeds\n40 g white rice, plain, cooked\n60 g banana\n40 g lentils, cooked\nmeals: 3\n"
    )
    kept = {f["name"]: f["grams"] for f in data("--age", "14mo", "--habit", str(diary))["foods"]}
    free = {f["name"] for f in data("--age", "14mo")["foods"]}
    habit = {"white rice, plain, cooked", "banana", "lentils, cooked"}
    assert habit <= set(kept)
    assert not habit <= free
    nothing = tmp_path / "none.txt"
    nothing.write_text("age: 14 mo\nformula: 500 mL\n")
    done = run("--age", "14mo", "--habit", str(nothing))
    assert (done.exit_code, "no food that a plan could choose" in done.stderr) == (2, True)


@pytest.mark.slow
def test_the_page(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    for arguments in (("--age", "8mo"), ("--age", "18mo", "--days", "7"), ("--age", "7mo", "--no-fortified"), ("--age", "3mo")):
        page = tmp_path / f"{arguments[1]}.pdf"
        assert run(*arguments, "--page", str(page)).exit_code == 0
        body = page.read_bytes()
        assert body.startswith(b"%PDF")
        assert re.search(rb"/Count 1\b", body), "one page"
    assert len(list(tmp_path.iterdir())) == 4  # nothing half written beside them
    wrong = run("--age", "8mo", "--page", str(tmp_path / "x.txt"))
    assert (wrong.exit_code, "a page is .pdf" in wrong.stderr) == (2, True)
    lost = run("--age", "8mo", "--page", str(tmp_path / "no" / "x.pdf"))
    assert lost.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--age", "30mo"), "0 to 23 months"),
        (("--age", "soon"), "--age"),
        (("--age", "8mo", "--exclude", "eggg"), "the nearest is `egg`"),
        (("--age", "8mo", "--weight", "heavy"), "heavy"),
        (("--age", "8mo", "--weight", "40kg"), "2 to 20 kg"),
        (("--age", "8mo", "--foods", "nowhere.csv"), "cannot be read"),
        (("--age", "8mo", "--habit", "nowhere.txt"), "cannot be read"),
        (("--age", "8mo", "--budget", "-3"), "more than nothing"),
        (("--age", "8mo", "--iron", "90%"), "write one of"),
        (("--age", "8mo", "--without-target", "gold"), "write one of magnesium"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_line(arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_no_supplement_dose_is_ever_planned() -> None:
    for arguments in (
        ("--age", "8mo", "--no-fortified"),
        ("--age", "12mo", "--diet", "vegan"),
        (
            "--age",
            "2mo",
        ),
    ):
        found = data(*arguments)
        assert not [f for f in found["foods"] if "supplement" in f["name"] or "powder" in f["name"]]
        assert any("supplement" in rule["says"] for rule in found["rules"])
