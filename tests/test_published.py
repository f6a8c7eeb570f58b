"""The published infants: every one is answered, and holds what its sidecar demands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neomag import Answer, Case, assess
from neomag.cli.assess import EXAMPLES

SIDECARS = Path(__file__).parent / "cases"
ORDER = ("unlikely", "possible", "strong", "confirmed")
NAMES = sorted(p.stem for p in EXAMPLES.glob("*.json"))


def test_there_are_46() -> None:
    assert len(NAMES) == 46
    assert sorted(p.stem for p in SIDECARS.glob("*.json")) == NAMES


def unmet(answer: Answer, must: dict[str, Any]) -> list[str]:
    """What `must` demands and the answer does not hold."""
    level = ORDER.index(answer.suspicion) if answer.suspicion in ORDER else -1
    checks = {
        "status": lambda v: answer.magnesium.status in v,
        "suspicion": lambda v: answer.suspicion in v,
        "suspicion_at_least": lambda v: level >= ORDER.index(v),
        "suspicion_not": lambda v: answer.suspicion not in v,
        "actions_include": lambda v: set(v) <= {a.code for a in answer.actions},
        "blocked_include": lambda v: set(v) <= {a.code for a in answer.blocked},
        "urgency": lambda v: answer.urgency in v,
    }
    return [name for name, wanted in must.items() if not checks[name](wanted)]


@pytest.mark.parametrize("name", NAMES)
def test_published_case(name: str) -> None:
    sidecar = json.loads((SIDECARS / f"{name}.json").read_text("utf-8"))
    case = Case.read(EXAMPLES / f"{name}.json")
    answer = assess(case)
    assert not unmet(answer, sidecar["must"]), sidecar["final_diagnosis"]
    truth = sidecar["presenting_mg_mmol_l"]
    assert (answer.magnesium.value is None) is (truth is None)
    if truth is not None:
        assert answer.magnesium.value == pytest.approx(truth, rel=1e-3)  # sidecars use 0.4114


@pytest.mark.parametrize("name", NAMES)
def test_the_source_is_never_used(name: str) -> None:
    given = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    with_source = assess(Case.from_dict(given)).to_dict()
    given.pop("source")
    assert assess(Case.from_dict(given)).to_dict() == with_source


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_both_advised_and_blocked(name: str) -> None:
    answer = assess(Case.read(EXAMPLES / f"{name}.json"))
    assert not {a.code for a in answer.actions} & {b.code for b in answer.blocked}


def test_in_a_hospital_nobody_is_told_to_call() -> None:
    case = Case.read(EXAMPLES / "P-002.json")
    assert "call-emergency" in {a.code for a in assess(case).actions}
    assert "call-emergency" not in {a.code for a in assess(replace(case, setting="hospital")).actions}
