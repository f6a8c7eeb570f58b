"""REST answers what the commands answer: their JSON, and as a header the status they exit with."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from tests.service import Client, command, problem, where
from tests.strategies import a_tenth, cases

from neomag.cli.assess import EXAMPLES
from neomag.feeding.choices import shipped
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods

ALL = sorted(EXAMPLES.glob("*.json"))
INFANT = {"weight": "3.0kg", "serum_mg": "0.45mmol/L"}
FLAGS = ("--weight", "3.0kg", "--serum-mg", "0.45mmol/L")


def exits(answer: Any, status: int) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["neomag-exit-status"] == str(status)
    return answer.json()


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.stem)
def test_a_case_is_answered_as_the_command_answers_it(client: Client, path: Path) -> None:
    answer = client.post("/v1/assess", content=path.read_bytes(), headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert answer.json() == command("assess", str(path))


@a_tenth
@given(made=cases())
def test_any_case_is_answered_as_the_library_answers_it(client: Client, made: dict[str, Any]) -> None:
    from neomag import Case, assess
    from neomag.dosing.after import answered

    case = Case.from_dict(made)
    assert client.post("/v1/assess", json=made).json() == json.loads(json.dumps(answered(case, assess(case))))


def test_several_cases_are_answered_in_their_order(client: Client) -> None:
    several = [json.loads(path.read_text("utf-8")) for path in ALL]
    answer = client.post("/v1/assess", json=several)
    assert answer.status_code == 200
    assert answer.json() == command("assess", *map(str, ALL))
    assert client.post("/v1/assess", json=several[:1]).json() == answer.json()[:1]


def test_a_case_of_many_events_is_answered_too(client: Client) -> None:
    events = [{"at": "1 d", "sign": "jitteriness"}] * 1_000
    said = client.post("/v1/assess", json={"now": "2 d", "events": events}).json()
    assert said == client.post("/v1/assess", json={"now": "2 d", "events": events[:1]}).json()


def test_every_fault_of_every_case_is_named_at_its_place(client: Client) -> None:
    good = {"now": "3 d"}
    bad = {
        "now": "soon",
        "infant": {"weight": "3"},
        "colour": 1,
        "events": [{"sign": "seizur"}, {"at": "9 d", "lab": "magnesium"}],
    }
    said = problem(client.post("/v1/assess", json=bad), 422, "not-valid")
    assert set(where(said)) == {"", "/now", "/infant/weight", "/events/0", "/events/1"}
    assert any("seizure" in fault["says"] for fault in said["errors"])
    said = problem(client.post("/v1/assess", json=[good, bad, good, {}]), 422, "not-valid")
    assert set(where(said)) == {"/1", "/1/now", "/1/infant/weight", "/1/events/0", "/1/events/1", "/3/now"}


@pytest.mark.parametrize(
    ("body", "arguments", "status"),
    [
        ({**INFANT, "amount": "0.2mmol/kg", "route": "iv", "over": "60min"}, (*FLAGS, "--amount", "0.2mmol/kg", "--route", "iv", "--over", "60min"), 0),
        (INFANT, FLAGS, 0),
        ({**INFANT, "amount": "50mg/kg"}, (*FLAGS, "--amount", "50mg/kg"), 3),
        ({**INFANT, "anuria": True}, (*FLAGS, "--anuria"), 3),
        ({**INFANT, "with": ["digoxin"], "doses": 2, "every": "12h"}, (*FLAGS, "--with", "digoxin", "--doses", "2", "--every", "12h"), 0),
        ({"weight": "3kg"}, ("--weight", "3kg"), 3),
    ],
)  # fmt: skip
def test_a_dose(client: Client, body: dict[str, Any], arguments: tuple[str, ...], status: int) -> None:
    said = exits(client.post("/v1/dose", json=body), status)
    assert said == command("dose", *arguments, status=status)
    assert bool(said["refused"]) is (status == 3)


def test_a_dose_for_a_case(client: Client, tmp_path: Path) -> None:
    case = {
        "now": "60 d",
        "infant": {"weight": "4 kg"},
        "events": [{"at": "60 d", "lab": "magnesium", "value": 0.4, "unit": "mmol/L"}],
    }
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case))
    assert exits(client.post("/v1/dose", json={"case": case}), 0) == command("dose", "--case", str(file))
    said = problem(client.post("/v1/dose", json={"case": case, "serum_mg": "0.4mmol/L"}), 422, "not-valid")
    assert where(said) == ["/serum_mg"]
    assert where(problem(client.post("/v1/dose", json={"case": {"now": "x"}}), 422, "not-valid")) == ["/case/now"]


@pytest.mark.parametrize(
    ("order", "status"), [("MgSO4 0.3 mL of 50% IV over 60 min", 0), ("MgSO4 0.8 mL of 50% IV over 3 min", 3)]
)
def test_an_order(client: Client, order: str, status: int) -> None:
    said = exits(client.post("/v1/dose/check", json={"order": order, "weight": "3kg"}), status)
    assert said == command("dose", "check", order, "--weight", "3kg", status=status)


def test_every_fault_of_a_dose_is_named_at_once(client: Client) -> None:
    body = {"weight": "3", "serum_mg": "0.45", "age": "old", "with": ["tea"]}
    assert set(where(problem(client.post("/v1/dose", json=body), 422, "not-valid"))) == {
        "/weight",
        "/serum_mg",
        "/age",
        "/with",
    }
    body = {"weight": 3, "doses": 0, "route": "nasal", "wieght": "3kg", "emergency": "yes", "with": [1]}
    said = problem(client.post("/v1/dose", json=body), 422, "not-valid")
    assert set(where(said)) == {"/weight", "/doses", "/route", "/wieght", "/emergency", "/with/0"}
    assert any("weight" in fault["says"] for fault in said["errors"] if fault["where"] == "/wieght")
    assert where(problem(client.post("/v1/dose", json={}), 422, "not-valid")) == [""]
    assert where(problem(client.post("/v1/dose/check", json={"weight": "3kg"}), 422, "not-valid")) == ["/order"]


MARKET = (
    "rolled oats, dry",
    "lentils, cooked",
    "egg, boiled",
    "spinach, cooked",
    "minced beef, cooked",
    "tofu, soft",
    "cod, cooked",
)
DIARY = "age: 8 mo\nbreast: 5 feeds\n60 g banana\nmeals: 3\n"


def test_an_intake(client: Client) -> None:
    expected = command("feed", "intake", "-", text=DIARY)
    assert client.post("/v1/feed/intake", json={"diary": DIARY}).json() == expected
    mapping = {"age": "8 mo", "milk": [{"breast": "5 feeds"}], "foods": [{"food": "banana", "amount": "60 g"}], "meals": 3}
    assert client.post("/v1/feed/intake", json={"diary": mapping}).json()["nutrients"] == expected["nutrients"]
    other = client.post("/v1/feed/intake", json={"diary": DIARY, "authority": "efsa"}).json()
    assert other == command("feed", "intake", "-", "--authority", "efsa", text=DIARY)


def test_a_diary_that_cannot_be_read(client: Client) -> None:
    said = problem(client.post("/v1/feed/intake", json={"diary": "60 g granite\n2 spoons of moon"}), 422, "not-valid")
    assert where(said) == ["/diary"] * len(said["errors"])
    assert len(said["errors"]) >= 3
    assert where(problem(client.post("/v1/feed/intake", json={"diary": DIARY, "authority": "nobody"}), 422, "not-valid")) == [
        ""
    ]


def test_a_plan(client: Client) -> None:
    said = exits(client.post("/v1/feed/plan", json={"age": "8mo", "exclude": ["egg", "fish"], "diet": "vegetarian"}), 0)
    assert said == command("feed", "plan", "--age", "8mo", "--exclude", "egg,fish", "--diet", "vegetarian")
    milk = exits(client.post("/v1/feed/plan", json={"age": "3mo", "weight": "6 kg"}), 0)
    assert milk == command("feed", "plan", "--age", "3mo", "--weight", "6 kg")


def test_a_plan_of_the_foods_at_hand(client: Client, tmp_path: Path) -> None:
    names = [candidate.short for candidate, _ in shipped(load_feeding(), load_foods())]
    for few, status in ((names, 0), (names[:3], 3)):
        table = "food,price_per_100g\n" + "".join(f'"{name}",0.{n % 9 + 1}\n' for n, name in enumerate(few))
        file = tmp_path / f"{status}.csv"
        file.write_text(table)
        said = exits(
            client.post("/v1/feed/plan", json={"age": "8mo", "foods": table, "budget": 5, "without_target": ["iron"]}), status
        )
        flags = ("--foods", str(file), "--budget", "5", "--without-target", "iron")
        assert said == command("feed", "plan", "--age", "8mo", *flags, status=status)


def test_a_plan_near_a_habit(client: Client, tmp_path: Path) -> None:
    day = tmp_path / "day.txt"
    day.write_text(DIARY)
    said = exits(client.post("/v1/feed/plan", json={"age": "8mo", "habit": DIARY + "5 g honey\n"}), 0)
    assert any("honey" in json.dumps(warning).lower() for warning in said.pop("habit_warnings"))
    said = exits(client.post("/v1/feed/plan", json={"age": "8mo", "habit": DIARY}), 0)
    assert said.pop("habit_warnings") == []
    assert said == command("feed", "plan", "--age", "8mo", "--habit", str(day))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("foods", "food,price_per_100g\ngranite,1\nmoon,2"), ("foods", ""), ("foods", "a\n" * 4_000), ("foods", "food,food\n"),
        ("habit", "age: 8 mo\n60 g granite"), ("habit", "age: 20 mo\n60 g banana"), ("habit", "\n" * 400), ("habit", {"age": "8 mo"}),
        ("habit", {"foods": ["granite"] * 400}), ("budget", 0), ("budget", "5"),
    ],
)  # fmt: skip
def test_foods_and_habits_that_cannot_be_read(client: Client, field: str, value: Any) -> None:
    said = problem(client.post("/v1/feed/plan", json={"age": "8mo", field: value}), 422, "not-valid")
    assert set(where(said)) == {f"/{field}"}


def test_nothing_but_mistakes_is_refused_in_a_moment(client: Client) -> None:
    start = time.monotonic()
    body = [{"now": "3 d", "events": [{"sign": f"seizur{n}"} for n in range(2_000)]}] * 50
    assert len(problem(client.post("/v1/assess", json=body), 422, "not-valid")["errors"]) == 100
    body = {"now": "3 d", "intervals": {f"magnesiun{n}": 1 for n in range(20_000)}, **{f"event{n}": 1 for n in range(20_000)}}
    problem(client.post("/v1/assess", json=body), 422, "not-valid")
    problem(client.post("/v1/dose", json={f"wieght{n}": 1 for n in range(50_000)}), 422, "not-valid")
    problem(client.post("/v1/feed/intake", json={"diary": "age: 8 mo\n" + "60 g granite\n" * 50_000}), 422, "not-valid")
    assert time.monotonic() - start < 20


def test_faults_of_a_plan(client: Client) -> None:
    said = problem(client.post("/v1/feed/plan", json={"age": "old", "weight": "x", "days": 3}), 422, "not-valid")
    assert where(said) == ["/days"]
    said = problem(client.post("/v1/feed/plan", json={"age": "old", "weight": "8 spoons"}), 422, "not-valid")
    assert where(said) == ["/age", "/weight"]
    assert problem(client.post("/v1/feed/plan", json={"age": "8mo", "exclude": ["granite"]}), 422, "not-valid")


def test_foods_are_found_and_ranked(client: Client) -> None:
    assert client.get("/v1/foods", params={"q": "pumpkin  seeds", "limit": 5}).json() == command(
        "food", "search", "pumpkin", "seeds", "--limit", "5"
    )
    assert client.get("/v1/foods").json() == command("food", "rank")
    ranked = client.get("/v1/foods", params={"by": "100g", "group": "legumes", "candidates": "false"}).json()
    assert ranked == command("food", "rank", "--by", "100g", "--group", "legumes", "--all")
    assert client.get("/v1/foods/spinach").json() == command("food", "show", "spinach")


def test_pages_of_foods_follow_each_other(client: Client) -> None:
    whole = client.get("/v1/foods", params={"limit": 25}).json()["foods"]
    found: list[Any] = []
    address = "/v1/foods?limit=10"
    while address and len(found) < 25:
        answer = client.get(address)
        found += answer.json()["foods"]
        address = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert found[:25] == whole
    last = client.get("/v1/foods", params={"q": "spinach", "limit": 1000})
    assert "link" not in last.headers


def test_foods_that_are_not_there(client: Client) -> None:
    assert "spinach" in problem(client.get("/v1/foods/spinnach"), 404, "not-found")["detail"].lower()
    assert where(problem(client.get("/v1/foods", params={"q": "xqzv"}), 404, "not-found")) == ["?q"]
    said = problem(client.get("/v1/foods?limit=0&by=kilo&colour=red&offset=1&offset=2"), 422, "not-valid")
    assert set(where(said)) == {"?limit", "?by", "?colour", "?offset"}
    assert where(problem(client.get("/v1/foods?group=moon"), 422, "not-valid")) == ["?group"]
    assert where(problem(client.get("/v1/foods?q=egg&by=100g"), 422, "not-valid")) == ["?by"]


def test_the_knowledge(client: Client) -> None:
    whole = client.get("/v1/knowledge").json()
    assert whole["counts"]["rules"] == len(client.get("/v1/rules").json()["rules"])
    only = client.get("/v1/knowledge?list=causes").json()
    assert only["entries"] == [entry for entry in whole["entries"] if entry["list"] == "causes"]
    entry = client.get("/v1/knowledge/calcium-failed").json()
    rule = next(rule for rule in client.get("/v1/rules").json()["rules"] if rule["id"] == "calcium-failed")
    assert entry["when"] == rule["when"]
    assert [source["key"] for source in entry["sources"]] == rule["sources"]
    assert "calcium-failed" in problem(client.get("/v1/knowledge/calcium-fail"), 404, "not-found")["detail"]
    keys = {source["key"] for source in client.get("/v1/sources").json()["sources"]}
    assert set(rule["sources"]) <= keys
    assert client.get("/v1/article").json() == command("article")


def test_the_same_question_has_the_same_answer(client: Client) -> None:
    body = ALL[0].read_bytes()
    asked = [client.post("/v1/assess", content=body, headers={"content-type": "application/json"}).content for _ in range(3)]
    assert len(set(asked)) == 1
