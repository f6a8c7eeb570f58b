"""Units: the dossier's vectors (sections k and a.2), refusals, and agreement with an independent UCUM implementation."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag import units
from neomag.knowledge import Knowledge
from neomag.units import UnitError

ROOT = Path(__file__).parent.parent


def converted(value: str, unit: str, to: str, knowledge: Knowledge, code: str = "magnesium") -> float:
    return float(units.convert(Decimal(value), unit, to, knowledge, knowledge.analytes[code]))


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        ("1.5", "mg/dL", "mmol/L", 0.617),
        ("1.5", "mg/dL", "mEq/L", 1.234),
        ("0.6", "mmol/L", "mg/dL", 1.46),
        ("1.48", "mEq/L", "mmol/L", 0.74),
        ("1.48", "mEq/L", "mg/dL", 1.80),
        ("2.0", "mg/dL", "mmol/L", 0.823),
        ("1.2", "mg/dL", "mmol/L", 0.49),
        ("45", "mg/dL", "mmol/L", 18.51),
    ],
)
def test_magnesium_vectors(value: str, unit: str, to: str, expected: float, knowledge: Knowledge) -> None:
    assert converted(value, unit, to, knowledge) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("code", "value", "unit", "expected"),
    [
        ("calcium", "8", "mg/dL", 1.996),
        ("calcium", "4", "mEq/L", 2.0),
        ("glucose", "47", "mg/dL", 2.609),
        ("phosphate", "6.2", "mg/dL", 2.002),
        ("creatinine", "0.5", "mg/dL", 44.2),
        ("vitamin-d-25oh", "10", "ng/mL", 24.96),
        ("potassium", "7.5", "mEq/L", 7.5),
        ("albumin", "3.5", "g/dL", 35.0),
        ("qtc", "0.46", "s", 460.0),
        ("urine-magnesium-creatinine", "1", "mmol/mol", 0.001),
    ],
)
def test_other_analytes(code: str, value: str, unit: str, expected: float, knowledge: Knowledge) -> None:
    reading = units.read(knowledge.analytes[code], Decimal(value), unit, knowledge)
    assert reading.value == pytest.approx(expected, rel=0.002)


def test_a_mass_ratio_is_turned_molar(knowledge: Knowledge) -> None:
    reading = units.read(knowledge.analytes["urine-magnesium-creatinine"], 1, "mg/mg", knowledge)
    assert reading.value == pytest.approx(113.12 / 24.305)


def test_equal_amounts_are_the_same_float(knowledge: Knowledge) -> None:
    magnesium = knowledge.analytes["magnesium"]
    same = {
        units.read(magnesium, Decimal(value), unit, knowledge).value
        for value, unit in (("0.6", "mmol/L"), ("1.2", "mEq/L"), ("1.4583", "mg/dL"))
    }
    assert same == {0.6}


@pytest.mark.parametrize("unit", ["mmol/l", "MMOL/L", " mmol / L ", "mEq/L", "meq/l", "MG/DL"])
def test_spellings(unit: str, knowledge: Knowledge) -> None:
    assert units.read(knowledge.analytes["magnesium"], 1, unit, knowledge).value > 0


def test_every_factor_is_what_its_prefix_says(knowledge: Knowledge) -> None:
    """Double entry of the unit table: each unit as a power of ten of the first of its dimension."""
    tens = {
        "substance-concentration": {"mmol/L": 0, "mol/L": 3, "umol/L": -3, "nmol/L": -6, "pmol/L": -9, "mmol/mL": 3},
        "mass-concentration": {
            "g/L": 0, "g/dL": 1, "mg/dL": -2, "mg/L": -3, "mg/mL": 0, "ug/dL": -5, "mcg/dL": -5, "ug/L": -6, "mcg/L": -6,
            "ng/mL": -6, "ng/L": -9, "pg/mL": -9,
        },
        "charge-concentration": {"mEq/L": 0}, "catalytic-concentration": {"U/L": 0, "IU/L": 0},
        "substance-ratio": {"mol/mol": 0, "mmol/mmol": 0, "mmol/mol": -3}, "mass-ratio": {"mg/mg": 0, "g/g": 0, "mg/g": -3},
        "percentage": {"%": 0}, "acidity": {"pH": 0}, "temperature": {"Cel": 0, "°C": 0, "C": 0}, "time": {"ms": 0, "s": 3},
        "mass": {"g": 0, "kg": 3, "mg": -3},
    }  # fmt: skip
    assert {d: {u: Fraction(10) ** ten for u, ten in units.items()} for d, units in tens.items()} == knowledge.units


def test_micro_signs(knowledge: Knowledge) -> None:
    creatinine = knowledge.analytes["creatinine"]
    values = {units.read(creatinine, 40, unit, knowledge).value for unit in ("umol/L", "µmol/L", "μmol/L")}
    assert values == {40.0}


@pytest.mark.parametrize(
    ("value", "unit", "says"),
    [
        (1.5, None, "needs its unit"),
        (1.5, "mg/L", "tenfold"),
        (1.5, "umol/L", "cannot have"),
        (1.5, "kg", "cannot have"),
        (1.5, "", "cannot have"),
        (1.5, 7, "must be text"),
        (float("nan"), "mmol/L", "finite"),
        (float("inf"), "mmol/L", "finite"),
        (-0.5, "mmol/L", "negative"),
        (True, "mmol/L", "number"),
        ("<0.2", "mmol/L", "plain number"),
        ("1,5", "mmol/L", "plain number"),
        (Decimal("1e999999"), "mmol/L", "size"),
        (Decimal("1e-400"), "mmol/L", "size"),
        (Decimal("0e-999999"), "mmol/L", "size"),
        ([], "mmol/L", "number"),
    ],
)
def test_refused(value: object, unit: object, says: str, knowledge: Knowledge) -> None:
    with pytest.raises(UnitError, match=says):
        units.read(knowledge.analytes["magnesium"], value, unit, knowledge)


@pytest.mark.parametrize(
    ("code", "value", "unit"),
    [
        ("magnesium", 0.008, "mmol/L"),
        ("magnesium", 80, "mmol/L"),
        ("magnesium", 85, "mg/dL"),
        ("calcium", 8.5, "mmol/L"),
        ("calcium", 2.2, "mg/dL"),
        ("calcium-ionised", 4.8, "mmol/L"),
        ("calcium-ionised", 1.04, "mg/dL"),
        ("phosphate", 5.5, "mmol/L"),
        ("glucose", 80, "mmol/L"),
        ("glucose", 3.2, "mg/dL"),
        ("creatinine", 40, "mg/dL"),
        ("potassium", 45, "mmol/L"),
        ("sodium", 14, "mmol/L"),
        ("albumin", 4, "g/L"),
        ("albumin", 38, "g/dL"),
        ("temperature", 98.6, "Cel"),
        ("qtc", 460, "s"),
        ("ph", 40, "pH"),
    ],
)
def test_implausible(code: str, value: float, unit: str, knowledge: Knowledge) -> None:
    assert not units.read(knowledge.analytes[code], value, unit, knowledge).plausible


def test_every_published_extreme_is_plausible(knowledge: Knowledge) -> None:
    for value, unit in ((0.08, "mmol/L"), (22.5, "mmol/L"), (45, "mg/dL"), (0.69, "mg/dL"), (43.1, "mEq/L")):
        assert units.read(knowledge.analytes["magnesium"], value, unit, knowledge).plausible


@given(st.decimals(min_value="0.01", max_value="99", places=3, allow_nan=False, allow_infinity=False))
def test_there_and_back_is_exact(value: Decimal) -> None:
    from neomag.knowledge import load

    known = load()
    magnesium = known.analytes["magnesium"]
    for unit in magnesium.units:
        there = units.convert(value, unit, "mmol/L", known, magnesium)
        assert units.convert(there, "mmol/L", unit, known, magnesium) == value


@given(st.text(max_size=12))
def test_no_text_is_taken_for_a_unit_it_is_not(text: str) -> None:
    from neomag.knowledge import load

    known = load()
    accepted = {"".join(u.split()).casefold() for u in known.analytes["magnesium"].units}
    try:
        units.accepted_unit(known.analytes["magnesium"], text, known)
    except UnitError:
        return
    assert "".join(text.split()).casefold() in accepted


def test_agrees_with_ucum_lhc(knowledge: Knowledge) -> None:
    """@lhncbc/ucum-lhc (National Library of Medicine) converts every unit of every analyte that it can as we do."""
    questions = [
        {
            "from": unit,
            "to": analyte.canonical,
            "molarMass": float(analyte.molar_mass) if analyte.molar_mass else None,
            "charge": analyte.valence,
            "code": analyte.code,
        }
        for analyte in knowledge.analytes.values()
        for unit in analyte.units
        if not {unit, analyte.canonical}
        & {"pH", "IU/L", "%", "C", "°C", "mol/mol", "mmol/mmol", "mmol/mol", "mg/mg", "mg/g", "g/g"}
    ]
    oracle = subprocess.run(
        ["node", str(ROOT / "tests" / "oracle" / "ucum.mjs")],
        input=json.dumps(questions), capture_output=True, text=True, check=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    answers = json.loads(oracle.stdout)
    assert len(answers) == len(questions) >= 45
    for question, answer in zip(questions, answers, strict=True):
        ours = converted("1.5", question["from"], question["to"], knowledge, question["code"])
        assert answer == pytest.approx(ours, rel=1e-6), question
