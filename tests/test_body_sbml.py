"""A scenario as SBML: libSBML finds nothing wrong with it, and another simulator comes to the same course."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import libsbml
import pytest
from click.testing import CliRunner
from tests.test_body_model import scenario

from neomag.body.model import PLACES
from neomag.body.run import run
from neomag.body.sbml import SERUM, sbml
from neomag.body.scenario import Scenario, names, shipped
from neomag.body.timeline import begin
from neomag.cli import main
from neomag.knowledge import Knowledge

AGREES = 1e-6
SMALL = 1e-8  # mmol; what is left in a depot after days is compared as an amount
SBML = "{http://www.sbml.org/sbml/level3/version2/core}"


def complaints(text: str) -> list[str]:
    """Every error and warning of libSBML, its unit and practice checks too."""
    document = libsbml.readSBMLFromString(text)
    for kind in range(libsbml.LIBSBML_CAT_SBML, libsbml.LIBSBML_CAT_MODELING_PRACTICE + 1):
        document.setConsistencyChecks(kind, True)
    document.checkConsistency()
    return [document.getError(i).getMessage() for i in range(document.getNumErrors())]


OWN: dict[str, dict[str, Any]] = {
    "everything": {
        "infant": {"weight": "1.4 kg", "gestation": "30w"}, "lasts": "4 d", "level": "0.6 mmol/L", "depletion": "10 %",
        "mother": {"level": "2 mmol/L", "for": "30 h"},
        "feeds": [{"milk": "formula", "volume": "60 mL/kg/d", "from": "6 h"}, {"magnesium": "0.1 mmol/kg/d", "dissolves": "dose", "to": "2 d"}],
        "doses": [
            {"route": "iv", "amount": "0.1 mmol/kg", "at": "0 h", "over": "30 min"},
            {"route": "im", "amount": "0.1 mmol/kg", "at": "24 h"},
            {"route": "oral", "amount": "0.2 mmol/kg", "at": "0 h", "every": "12 h", "times": 8},
        ],
        "losses": [{"magnesium": "0.05 mmol/kg/d", "from": "1 d", "to": "2 d"}],
    },
    "no-growth": {"set": {"gain": 0}, "lasts": "3 d"},
    "nothing": {"infant": {"weight": "9 kg", "age": "18 mo"}, "set": {"gain": 0, "gut-loss": 0, "floor": 0, "slope": 0}},
    "across-a-year": {"infant": {"weight": "9 kg", "age": "360 d"}, "lasts": "10 d"},
}  # fmt: skip


def given_by(name: str, knowledge: Knowledge) -> Scenario:
    return scenario(knowledge, **OWN[name]) if name in OWN else shipped(name, knowledge)


@pytest.mark.parametrize("name", [*names(), *OWN])
def test_libsbml_finds_nothing(knowledge: Knowledge, name: str) -> None:
    found = complaints(sbml(given_by(name, knowledge), knowledge))
    # An infant that never grows regains its weight never: infinity has no unit.
    assert [line for line in found if "INF" not in line or name != "no-growth"] == []


def test_libsbml_finds_what_is_wrong(knowledge: Knowledge) -> None:
    """The check can fail, on a unit too."""
    text = sbml(shipped("iv-dose", knowledge), knowledge)
    assert complaints(re.sub(r'(<species id="fluid"[^>]*)constant="false"', r'\1constant="true"', text))
    assert complaints(text.replace('id="p_fast_rate" units="one_per_h"', 'id="p_fast_rate" units="kg"'))


@pytest.mark.parametrize("name", [*names(), *OWN])
def test_roadrunner_comes_to_the_same_course(knowledge: Knowledge, name: str) -> None:
    roadrunner = pytest.importorskip("roadrunner")
    given = given_by(name, knowledge)
    runner = roadrunner.RoadRunner(sbml(given, knowledge))
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-13
    runner.timeCourseSelections = ["age", SERUM, *PLACES]
    native = run(given, knowledge, even=60)
    # The native point at a dose is before it, roadrunner's after it: those moments are left away.
    dosed = {b.at for b in given.boluses}
    points = [p for p in native.points if not any(abs(p.t - t) < 1e-6 for t in dosed)]
    points = points if points[0].t == begin(given) else [native.points[0], *points]
    course = runner.simulate(times=[p.t - begin(given) for p in points])
    for row, point in list(zip(course, points, strict=True))[1 if dosed & {begin(given)} else 0 :]:
        assert row[0] == pytest.approx(point.t, abs=1e-9)
        assert row[1] == pytest.approx(point.level, rel=AGREES)
        assert list(row[2:]) == pytest.approx(point.state, rel=AGREES, abs=SMALL)


def test_every_parameter_says_what_it_is_and_in_which_unit(knowledge: Knowledge) -> None:
    root = ET.fromstring(sbml(shipped("breast-feeding", knowledge), knowledge))
    given = {p.attrib["id"]: p.attrib for p in root.iter(f"{SBML}parameter")}
    assert all("units" in p for p in given.values())
    assert given["p_threshold"]["name"] == "ultrafilterable level above which the kidney spills"
    assert given["p_threshold"]["units"] == "mmol_per_L"
    assert given[SERUM]["units"] == "mmol_per_L"
    numbers = list(root.iter("{http://www.w3.org/1998/Math/MathML}cn"))
    assert numbers
    assert all(f"{SBML}units" in n.attrib for n in numbers)
    assert {s.attrib["id"] for s in root.iter(f"{SBML}species")} == set(PLACES)


def test_the_command_writes_it(knowledge: Knowledge) -> None:
    result = CliRunner().invoke(main, ["body", "simulate", "im-dose", "--format", "sbml"])
    assert result.exit_code == 0
    assert result.stdout == sbml(shipped("im-dose", knowledge), knowledge)
    assert "For teaching and research. Not for predicting or dosing an infant." in result.stdout
    refused = CliRunner().invoke(main, ["body", "simulate", "im-dose", "--format", "sbml", "--draws", "5"])
    assert refused.exit_code == 2
    assert "--draws is for" in refused.stderr


def test_what_a_scenario_says_is_written_as_text(knowledge: Knowledge) -> None:
    text = sbml(scenario(knowledge, says="5 < 6 & <b>bold</b>", policy="]]> \"'"), knowledge)
    assert complaints(text) == []
    assert "5 &lt; 6 &amp; &lt;b&gt;" in text
