"""neomag feed intake on the command line: the contract of its JSON, its text at 80 columns, exit statuses, the worked example."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from neomag.cli.feed import feed

PAGE = Path(__file__).parent.parent / "docs" / "intake.md"
DIARY = "age: 8 mo\nbreast: 5 feeds\n60 g banana\n30 g lentils, cooked\nmeals: 2\n"


def run(*arguments: str, diary: str | bytes | None = None, **environment: str) -> Result:
    return CliRunner(env={"COLUMNS": "80", **environment}).invoke(feed, ["intake", *arguments], input=diary)


def data(*arguments: str, diary: str = DIARY) -> dict[str, Any]:
    done = run("-", *arguments, "--format", "json", diary=diary)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_json_is_the_contract() -> None:
    found = data()
    assert (found["age_months"], found["authority"]) == (8, "nasem")
    assert set(found) >= {"nutrients", "magnesium", "indicators", "warnings", "problems"}
    magnesium = found["nutrients"]["magnesium"]
    assert set(magnesium) >= {"unit", "target", "kind", "least", "most", "percent", "verdict", "missing"}
    # 275 to 800 mL of milk at 26 to 35 mg/L, 60 g of banana at 28 and 30 g of lentils at 36 mg in 100 g.
    assert magnesium["least"] == pytest.approx(0.275 * 26 + 16.8 + 10.8, rel=1e-3)
    assert magnesium["most"] == pytest.approx(0.8 * 35 + 16.8 + 10.8, rel=1e-3)
    assert magnesium["percent"] == [pytest.approx(magnesium[key] / 0.75, rel=1e-3) for key in ("least", "most")]
    assert (magnesium["unit"], magnesium["target"], magnesium["kind"], magnesium["verdict"]) == ("mg", 75, "AI", "short")
    assert found["magnesium"]["from_food"] == {"least": 27.6, "most": 27.6}
    assert found["magnesium"]["from_milk"]["most"] == pytest.approx(28)
    assert found["magnesium"]["absorbable"]["least"] == pytest.approx(7.15 + 16.8 + 10.8 * 0.4, rel=1e-3)
    assert found["nutrients"]["iodine"]["most"] is None
    assert found["indicators"]["minimum-meal-frequency"]["value"] is True
    assert found["indicators"]["minimum-dietary-diversity"]["groups"] == ["breast-milk", "pulses", "other-fruit-veg"]
    for said in (*found["warnings"], *found["notes"], *found["problems"]):
        assert {"code", "says", "sources"} <= set(said)
        assert said["sources"] or said["policy"]


def test_the_authority_and_what_fills_it() -> None:
    assert data("--authority", "efsa")["nutrients"]["magnesium"]["target"] == 80
    assert data("--authority", "nhmrc")["nutrients"]["iron"]["target"] is None
    filled = data("--authority", "nhmrc", "--fill", "nasem")["nutrients"]["iron"]
    assert (filled["target"], filled["authority"]) == (11, "nasem")
    assert data("--authority", "fao-who", "--iron", "5%")["nutrients"]["iron"]["target"] == 18.6
    assert data("--authority", "fao-who", "--zinc", "low")["nutrients"]["zinc"]["target"] == 8.4
    assert data("--age", "8mo", diary=DIARY.partition("\n")[2])["age_months"] == 8


def test_text_marks_what_was_not_verified_or_was_borrowed() -> None:
    china = run("-", "--authority", "china", diary=DIARY).output
    assert "65 mg AI†" in china
    assert "† not verified" in china
    assert "†" not in run("-", diary=DIARY).output
    assert "* filled in from another authority" in run("-", "--authority", "nhmrc", "--fill", "nasem", diary=DIARY).output


@pytest.mark.parametrize("authority", ["nasem", "efsa", "fao-who", "uk", "china", "nhmrc"])
@pytest.mark.parametrize("age", ["5 d", "4 mo", "8 mo", "14 mo"])
def test_text_fits_80_columns_and_says_what_a_reader_needs(authority: str, age: str) -> None:
    diary = f"age: {age}\nformula: 400 mL\n{DIARY.partition(chr(10))[2]}losses: diarrhoea\nnotes: gave milk of magnesia\n"
    done = run("-", "--authority", authority, "--absorbable", diary=diary)
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 80
    assert re.search(r"Magnesium +[\d.]+ to [\d.]+ mg", done.output)
    assert "from milk" in done.output
    assert "from adults" in " ".join(done.output.split())
    assert "clinician" in done.output
    assert done.output.index("milk of magnesia") < done.output.index("Magnesium ")


def test_a_warning_is_said_before_any_figure() -> None:
    lines = run("-", diary=f"{DIARY}50 g orange juice, 100 %\n").output.splitlines()
    assert lines[2].startswith(" ! orange juice")


def test_nobody_is_told_that_a_milk_fed_newborn_lacks_magnesium() -> None:
    for age in ("5 d", "3 mo"):
        text = run("-", diary=f"age: {age}\nbreast: 500 mL\n").output
        assert "Short of the target" not in text
        assert "no lack by itself" in text
        assert "milk is all a healthy term infant needs" in " ".join(text.split())
    assert "Short of the target" in run("-", diary="age: 3 mo\nbreast: 200 mL\n").output
    assert "ask a clinician today" in " ".join(run("-", diary="age: 3 mo\nbreast: 200 mL\n").output.split())


def test_a_file_and_its_three_forms(tmp_path: Path) -> None:
    plain, as_yaml, as_json = tmp_path / "a.txt", tmp_path / "a.yaml", tmp_path / "a.json"
    plain.write_text(DIARY, "utf-8")
    as_yaml.write_text(
        "age: 8 mo\nmilk: [{breast: 5 feeds}]\nfoods: [60 g banana, '30 g lentils, cooked']\nmeals: 2\n", "utf-8"
    )
    foods = [{"food": "banana", "amount": "60 g"}, {"food": "lentils, cooked", "amount": "30 g"}]
    as_json.write_text(json.dumps({"age": "8 mo", "milk": [{"breast": "5 feeds"}], "foods": foods, "meals": 2}), "utf-8")
    answers = [json.loads(run(str(path), "--format", "json").stdout) for path in (plain, as_yaml, as_json)]
    for answer in answers[1:]:
        assert {**answer, "counted": None} == {**answers[0], "counted": None}


def test_a_site_s_own_foods(tmp_path: Path) -> None:
    table = tmp_path / "foods.csv"
    table.write_text("id,name,category,energy,magnesium\nkoko,Koko porridge,cereals,70,33\n", "utf-8")
    done = run("-", "--foods", str(table), "--format", "json", diary="age: 8 mo\nbreast: 600 mL\n100 g koko\n")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["nutrients"]["magnesium"]["least"] == pytest.approx(15.6 + 33)
    assert found["nutrients"]["iron"]["missing"] == ["koko"]
    table.write_text("id,name,category,energy,magnesium\nkoko,Koko porridge,cereals,70,33000\n", "utf-8")
    assert run("-", "--foods", str(table), diary=DIARY).exit_code == 2


@pytest.mark.parametrize(
    ("diary", "says"),
    [
        ("", "empty"), ("age: 8 mo\n", "no milk and no food"), ("60 g banana\n", "age: missing"), ("age: 3 y\n60 g banana\n", "outside 0 to 24 months"),
        ("age: 8 mo\n60 g bananna\n", "line 2: no food `bananna`"), ("age: 8 mo\n-60 g banana\n", "negative"), ("age: 8 mo\n60 mg banana\n", "write g, mL"),
        ("age: 8 mo\n2000 g banana\n", "more than 1500 g"), ("age: 8 mo\nformula: 3500 mL\n", "more than 3000 mL"), ("age: 8 mo\nmels: 3\n60 g banana\n", "the nearest is `meals`"),
        ("age: 8 mo\nfoods: [{food: banana, amount: .nan g}]\n", "no amount"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_exits_with_2_and_a_line_each(diary: str, says: str) -> None:
    done = run("-", diary=diary)
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert done.stdout == ""
    assert all(line.startswith("neomag: -: ") for line in done.stderr.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [("nowhere.txt",), ("-", "--authority", "nobody"), ("-", "--fill", "x"), ("-", "--iron", "all"), ("-", "--zinc", "much"),
     ("-", "--age", "9mo"), ("-", "--foods", "nowhere.csv"), (".",)],
)  # fmt: skip
def test_options_that_do_not_fit_exit_with_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, diary=DIARY)
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("neomag: ")
    assert "Traceback" not in done.output


def test_bytes_and_size(tmp_path: Path) -> None:
    assert run("-", diary=b"\xff\xfe").exit_code == 2
    large = tmp_path / "large.txt"
    large.write_text("# a long day\n" * 30_000, "utf-8")
    done = run(str(large))
    assert (done.exit_code, "a diary is one day" in done.stderr) == (2, True)


def test_a_misspelt_subcommand_names_the_nearest() -> None:
    done = CliRunner().invoke(feed, ["intak"])
    assert done.exit_code == 2
    assert "the nearest is `intake`" in done.output


# The worked example of the page


def test_the_worked_example_is_what_the_command_prints() -> None:
    page = PAGE.read_text("utf-8")
    diary = re.search(r"<!-- the test runs this diary -->\n```text\n(.*?)```", page, re.DOTALL)
    answer = re.search(r"<!-- the test compares this answer -->\n```text\n(.*?)```", page, re.DOTALL)
    assert diary
    assert answer
    done = run("-", diary=diary[1])
    assert done.exit_code == 0, done.output
    assert [line.rstrip() for line in done.output.splitlines()] == answer[1].splitlines()


def test_the_table_of_the_page_is_the_data() -> None:
    from neomag.feeding.authority import authorities, targets

    page = PAGE.read_text("utf-8")
    for months, age in (("6 to 8", 7), ("9 to 11", 10), ("12 to 23", 18)):
        row = next(line for line in page.splitlines() if line.startswith(f"| {months} |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")][1:]
        for cell, name in zip(cells, authorities(), strict=True):
            of = targets(age, name)["magnesium"]
            assert cell == f"{of.value:g}" + (" †" if of.status == "unverified" else ""), (months, name)
