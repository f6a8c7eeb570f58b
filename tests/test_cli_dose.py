"""neomag dose on the command line: the contract of its JSON, exit statuses, the order check, the worksheet, and assess's link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from neomag import Case, assess
from neomag.cli import main
from neomag.dosing.after import after


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["dose", *arguments])


def data(*arguments: str, status: int = 0) -> dict[str, Any]:
    done = run(*arguments, "--format", "json")
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


BASE = ("--weight", "3.0kg", "--serum-mg", "0.45mmol/L")


def test_json_is_the_contract() -> None:
    found = data(
        *BASE, "--amount", "0.2mmol/kg", "--product", "mgso4-50", "--route", "iv", "--over", "60min", "--concentration", "10%"
    )
    assert found["dose"] == pytest.approx({"mg_salt": 147.882, "mg_elemental": 14.583, "mmol": 0.6, "meq": 1.2, "ml": 0.295764})
    assert found["rate"] == pytest.approx({"mg_per_kg_per_min": 0.82157, "ml_per_h": 1.47882}, rel=1e-4)
    assert found["refused"] == []
    assert set(found["monitoring"]) >= {"watch", "level", "stop", "too-much", "antidote", "course", "next_level_h"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--amount", "200mg-salt/kg", "--over", "30min"], "dose-too-high"),
        (["--amount", "100mg-salt/kg", "--over", "5min"], "rate-too-high"),
        (["--concentration", "25%"], "concentration-too-high"),
        (["--amount", "50mg/kg"], "ambiguous-unit"),
        (["--given-24h", "450mg"], "ambiguous-unit"),
        (["--given-24h", "480mg-salt"], "dose-too-high"),
        (["--serum-mg", "1.2mmol/L"], "level-not-low"),
        (["--anuria"], "renal"),
        (["--heart-block"], "heart-block"),
        (["--weight", "30kg"], "weight-implausible"),
        (["--with", "neuromuscular"], "interaction"),
        (["--same-line"], "interaction"),
        (["--route", "im", "--amount", "0.3mL/kg"], "dose-too-high"),
    ],
)
def test_refusals_exit_with_3(more: list[str], code: str) -> None:
    found = data(*BASE, *more, status=3)
    assert code in [line["code"] for line in found["refused"]]
    assert all(set(line) >= {"code", "says", "sources"} for line in found["refused"])
    said = run(*BASE, *more)
    assert said.exit_code == 3
    assert "REFUSED" in said.output.splitlines()[1]


def test_without_a_level() -> None:
    assert [line["code"] for line in data("--weight", "3kg", status=3)["refused"]] == ["level-missing"]
    assert data("--weight", "3kg", "--emergency")["refused"] == []
    found = data("--weight", "3kg", "--emergency", "--kidney-injury", status=3)
    assert [line["code"] for line in found["refused"]] == ["renal"]
    found = data(*BASE, "--kidney-injury")
    assert "renal" in [line["code"] for line in found["warnings"]]
    assert data("--weight", "4kg", "--severe-malnutrition-day-1", "--regimen", "malnutrition-im")["dose"][
        "ml"
    ] == pytest.approx(1.2)


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("--weight", "3"), ("--weight", "3kg", "--serum-mg", "0.45"), (*BASE, "--amount", "0.2"), (*BASE, "--product", "x"),
        (*BASE, "--over", "soon"), (*BASE, "--concentration", "10"), (*BASE, "--regimen", "nobody"), (*BASE, "--age", "old"),
        (*BASE, "--with", "tea"), (*BASE, "--case", "nowhere.json"), (*BASE, "--route", "nasal"), (*BASE, "--worksheet", "x.doc"),
        ("--weight", "3kg", "--fresh-level"), (*BASE, "--regimens", "nowhere.toml"), ("check", "give some", "--weight", "3kg"),
        (*BASE, "--amount", "1mmol", "--regimen", "perth"), ("compare", "--weight", "three"), (*BASE, "--doses", "0"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_exits_with_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert done.stderr
    assert "Traceback" not in done.output


def test_compare() -> None:
    done = run("compare", "--weight", "3kg")
    assert done.exit_code == 0
    assert "8-fold" in done.output
    found = data("compare", "--weight", "3kg")
    assert found["fold"] == 8
    assert len(found["regimens"]) == 28
    assert all(row["sources"] or row["policy"] for row in found["regimens"])


@pytest.mark.parametrize(
    ("order", "verdict"),
    [
        ("MgSO4 0.2 mL of 50% IV over 30 min", "accepted"),
        ("magnesium sulphate 0.2 mmol/kg iv q12h x 2 doses over 1 h", "accepted"),
        ("0.3 mL MgSO4 50% IM once", "accepted"),
        ("0.6 mmol magnesium IV over 60 min", "accepted"),
        ("MgSO4 50mg-salt/kg/dose IV over 1 hour every 12 h", "accepted"),
        ("MgSO4 50 mg/kg/dose IV over 30 min", "unusual"),
        ("MgSO4 5 mg-salt/kg IV over 60 min", "unusual"),
        ("MgSO4 0.2 mmol/kg over 60 min", "unusual"),
        ("MgSO4 0.3 mL of 50% IV over 20 min", "unusual"),
        ("MgSO4 0.8 mL of 50% IV", "refused"),
        ("MgSO4 0.8 mEq (0.8 mL of 50%) IM", "refused"),
        ("magnesium 50 mg/kg IV over 30 min", "refused"),
        ("MgSO4 0.3 mL IV over 30 min", "refused"),
        ("MgSO4 300 mg-salt IV at 150 mg/min", "refused"),
        ("MgSO4 0.2 mmol/kg IV over 5 min", "refused"),
        ("MgSO4 0.2 mmol/kg IV q2h over 60 min", "refused"),
    ],
)
def test_orders_as_written(order: str, verdict: str) -> None:
    found = data("check", order, "--weight", "3kg", status=3 if verdict == "refused" else 0)
    assert found["verdict"] == verdict
    assert run("check", order, "--weight", "3kg").output.startswith(f" {verdict.upper()}")


@pytest.mark.parametrize("order", ["MgSO4 0.3 mL of 50% IV and 2 tablets", "MgSO4 0.3 mL of 37% IV", "MgSO4 IV", "KCl 1 mmol IV", "MgSO4 0.2 mmol/kg IV IM", "x" * 300])  # fmt: skip
def test_orders_not_understood(order: str) -> None:
    assert run("check", order, "--weight", "3kg").exit_code == 2


def test_the_state_counts_in_an_order_check() -> None:
    for more in (["--anuria"], ["--serum-mg", "1.2mmol/L"], ["--antenatal-magnesium"]):
        assert run("check", "MgSO4 0.2 mL of 50% IV over 30 min", "--weight", "3kg", *more).exit_code == 3


def test_worksheets(tmp_path: Path) -> None:
    text = tmp_path / "w.txt"
    assert run(*BASE, "--worksheet", str(text)).exit_code == 0
    said = text.read_text("utf-8")
    assert "Second person" in said
    assert "147.9 mg salt = 14.58 mg elemental = 0.6 mmol = 1.2 mEq" in said
    refused = tmp_path / "r.txt"
    assert run(*BASE, "--anuria", "--worksheet", str(refused)).exit_code == 3
    assert "REFUSED: DO NOT GIVE" in refused.read_text("utf-8")
    assert "Draw" not in refused.read_text("utf-8")


def test_a_worksheet_as_pdf(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    page = tmp_path / "w.pdf"
    assert run(*BASE, "--worksheet", str(page)).exit_code == 0
    assert page.read_bytes().startswith(b"%PDF")


def named(file: Path) -> dict[str, Any]:
    """What the answer to the case in `file` says of the regimen."""
    found = after(Case.read(file), assess(Case.read(file)))
    assert found is not None
    return found.to_dict()


def advice(file: Path) -> dict[str, Any]:
    """The line `give-magnesium` of the answer to the case in `file`, as JSON lines has it."""
    answer = json.loads(CliRunner().invoke(main, ["assess", str(file), "--format", "jsonl"]).stdout)
    return next(action for action in answer["actions"] if action["code"] == "give-magnesium")


def test_assess_names_the_regimen_and_what_stands_against_it(tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    events = [{"at": "59 d", "lab": "magnesium", "value": 0.4, "unit": "mmol/L"}, {"at": "60 d", "sign": "seizure"}]
    given = {"case": "x", "now": "60 d", "infant": {"weight": "4 kg"}, "events": events}
    file.write_text(json.dumps(given))
    found = named(file)
    assert (found["regimen"], found["refused"], found["missing"]) == ("neomag-iv", [], None)
    assert "neomag-iv" in CliRunner().invoke(main, ["assess", str(file)]).output
    # the answer's JSON is the contract's, and holds nothing beside it: the line that advises magnesium names the regimen
    answer = json.loads(CliRunner().invoke(main, ["assess", str(file), "--format", "json"]).stdout)
    contract = {"case", "knowledge", "urgency", "magnesium", "suspicion", "causes", "consider", "actions", "blocked"}
    assert set(answer) == contract | {"rules", "problems"}
    advised = advice(file)
    assert set(advised) == {"code", "says", "because", "sources"}
    assert "Regimen neomag-iv" in advised["says"]
    assert "Refused" not in advised["says"]
    assert {"BNFC11", "MAG98", "PMH"} <= set(advised["sources"])
    # 1.6 mmol/kg, and a low level after it: with this dose the total of 24 hours passes even the ceiling with a fresh level
    dose = {"at": "58 d 12 h", "given": "magnesium-sulfate", "dose": 1.6, "unit": "mmol/kg", "route": "iv"}
    given["events"] = [dose, {"at": "58 d 20 h", "lab": "magnesium", "value": 0.4, "unit": "mmol/L"}, events[1]]
    given["now"] = "59 d"
    events[1]["at"] = "59 d"
    file.write_text(json.dumps(given))
    assert "Refused as things stand (dose-too-high)" in advice(file)["says"]
    given["infant"], given["events"], given["now"] = {}, events, "60 d"
    file.write_text(json.dumps(given))
    found = named(file)
    assert "weight" in found["missing"]
    given["events"] = [{"at": "60 d", "sign": "apnoea"}]
    file.write_text(json.dumps(given))
    assert after(Case.read(file), assess(Case.read(file))) is None
