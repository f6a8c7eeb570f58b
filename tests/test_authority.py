"""Reference intakes: the figures are those of the dossier, each authority stands alone, units and ages are right."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.feeding.authority import OLDEST, YOUNGEST, authorities, limits, targets
from neomag.feeding.errors import FeedingInputError
from neomag.knowledge import DATA
from neomag.knowledge.intakes import load_intakes, load_milk_volumes

FEEDING = DATA / "feeding"
MINE = ("intakes", "milk_volumes", "indicators", "diary")
Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The data


def test_every_figure_is_one_of_the_dossier() -> None:
    body = {
        "NASEM/IOM": "NASEM/IOM", "EFSA": "EFSA", "FAO/WHO": "FAO/WHO", "PAHO/WHO": "PAHO/WHO", "UK COMA/SACN": "UK COMA/SACN",
        "China (CNS DRIs)": "China", "NHMRC (Australia/NZ)": "NHMRC",
    }  # fmt: skip
    dossier = Counter(
        (body[r["authority"]], r["kind"], float(r["value"]), r["unit"].replace("mg NE/MJ", "mg/MJ"), r["year"], r["status"].lower(),
         f"{r['age_from_months']}-{r['age_to_months']} mo")
        for r in rows(Path(__file__).parent / "data" / "reference_intakes.csv") if r["authority"] in body
    )  # fmt: skip
    ours = Counter(
        (r["by"], r["kind"], float(r["value"]), r["unit"], r["year"], r["status"], r["printed"])
        for r in rows(FEEDING / "intakes.csv")
    )
    # The two limits on supplements that the dossier gives in its text, not in its table.
    added = {
        ("FAO/WHO", "UL", 65.0, "mg", "2001", "verified", "1-3 y"),
        ("NHMRC", "UL", 65.0, "mg", "2006", "unverified", "1-3 y"),
    }
    assert set((ours - dossier).elements()) == added
    assert sum(ours.values()) == 392


def test_what_was_recalled_is_marked_unverified() -> None:
    for row in rows(FEEDING / "intakes.csv"):
        if row["note"].startswith("recalled"):
            assert row["status"] == "unverified", row
    assert {row["status"] for row in rows(FEEDING / "intakes.csv")} == {"verified", "unverified"}


# Arithmetic of the dossier


@pytest.mark.parametrize(("age", "need", "milk", "gap"), [(7, 615, 413, 202), (10, 686, 379, 307), (18, 894, 346, 548)])
def test_the_energy_gap_is_what_milk_leaves(age: int, need: float, milk: float, gap: float) -> None:
    band = load_milk_volumes().at(age)
    assert (band.need, band.milk, band.gap) == (need, milk, gap)
    assert need - milk == gap
    assert targets(age)["energy"].value == need
    # The average volume is that energy at 0.7 kcal a mL.
    assert band.average * load_milk_volumes().kcal_per_ml == pytest.approx(milk, abs=1)


def test_how_the_iom_derived_magnesium() -> None:
    of = load_milk_volumes().derivations
    first, second, ear = of["ai-0-6"], of["ai-7-12"], of["ear-1-3y"]
    assert first["litres"] * first["mg_per_litre"] == pytest.approx(26.52)
    assert targets(3)["magnesium"].value == first["rounded"] == 30
    assert second["litres"] * second["mg_per_litre"] == pytest.approx(20.4)
    assert second["litres"] * second["mg_per_litre"] + second["food_mg"] == pytest.approx(75.4)
    assert targets(9)["magnesium"].value == second["rounded"] == 75
    assert ear["mg_per_kg"] * ear["kg"] == ear["rounded"] == 65
    average = next(
        f for f in load_intakes().figures if f.nutrient == "magnesium" and f.kind == "EAR" and f.authority == "nasem"
    )
    assert average.value == ear["rounded"]


def test_volumes_of_breast_milk_are_ordered_and_cover_every_age() -> None:
    for age in range(YOUNGEST, OLDEST + 1):
        band = load_milk_volumes().at(age)
        assert 0 < band.low < band.average < band.high
    feed = load_milk_volumes().feed
    assert 0 < feed.low < feed.average < feed.high
    magnesium = load_milk_volumes().composition["magnesium"]
    assert magnesium.widest[0] < magnesium.low < 34 < magnesium.high < magnesium.widest[1]


# Targets


MAGNESIUM = {
    # authority: at 3, 5, 6, 8, 10, 11, 12, 23 and 24 completed months
    "nasem": (30, 30, 75, 75, 75, 75, 80, 80, 80),
    "efsa": (None, None, 80, 80, 80, 80, 170, 170, 170),
    "fao-who": (26, 26, 54, 54, 54, 54, 60, 60, 60),
    "uk": (60, 60, 75, 75, 80, 80, 85, 85, 85),
    "china": (20, 20, 65, 65, 65, 65, 140, 140, 140),
    "nhmrc": (30, 30, 75, 75, 75, 75, 80, 80, 80),
}


@pytest.mark.parametrize("authority", MAGNESIUM)
def test_magnesium_by_authority_and_age(authority: str) -> None:
    ages = (3, 5, 6, 8, 10, 11, 12, 23, 24)
    found = [targets(age, authority).get("magnesium") for age in ages]
    assert tuple(None if of is None else of.value for of in found) == MAGNESIUM[authority]


def test_the_default_is_nasem_and_each_is_named() -> None:
    assert authorities() == ("nasem", "efsa", "fao-who", "uk", "china", "nhmrc")
    assert targets(8) == targets(8, "nasem")
    assert targets(8)["magnesium"].authority == "nasem"
    assert targets(8)["magnesium"].kind == "AI"


def test_magnesium_that_was_not_read_is_marked() -> None:
    assert {age: targets(age, "china")["magnesium"].status for age in (3, 8, 14)} == dict.fromkeys((3, 8, 14), "unverified")
    assert targets(7, "uk")["magnesium"].status == "unverified"
    assert targets(10, "uk")["magnesium"].status == "verified"
    for authority in ("nasem", "efsa", "fao-who", "nhmrc"):
        assert targets(8, authority)["magnesium"].status == "verified"


def test_energy_is_paho_s_for_everybody_and_none_below_six_months() -> None:
    for authority in authorities():
        assert "energy" not in targets(5, authority)
        energy = targets(6, authority)["energy"]
        assert (energy.value, energy.authority, energy.kind) == (615, "paho-who", "AR")


def test_the_day_of_24_months_still_counts_with_the_second_year() -> None:
    assert targets(24)["energy"].value == 894
    assert targets(24, "efsa")["fat"] == targets(23, "efsa")["fat"]


def test_nothing_is_borrowed() -> None:
    assert set(targets(8, "nhmrc")) == {"energy", "magnesium"}
    assert targets(3, "efsa") == {}
    assert "iron" not in targets(3, "fao-who")


def test_gaps_are_filled_only_when_asked_and_then_marked() -> None:
    plain, filled = targets(8, "nhmrc"), targets(8, "nhmrc", fill="nasem")
    assert filled["magnesium"] == plain["magnesium"]
    assert filled["iron"].value == targets(8)["iron"].value
    assert filled["iron"].authority == "nasem"
    assert filled["iron"].note.startswith("filled in from nasem")
    assert set(filled) == set(targets(8))
    # The first authority's own figure stays, whatever the other says.
    assert targets(14, "efsa", fill="fao-who")["magnesium"].value == 170


@pytest.mark.parametrize(
    ("share", "at_8", "at_14"), [("15%", 6.2, 3.9), ("12%", 7.7, 4.8), ("10%", 9.3, 5.8), ("5%", 18.6, 11.6)]
)
def test_iron_by_bioavailability(share: str, at_8: float, at_14: float) -> None:
    assert targets(8, "fao-who", iron=share)["iron"].value == at_8
    assert targets(14, "fao-who", iron=share)["iron"].value == at_14
    assert share in targets(8, "fao-who", iron=share)["iron"].note
    assert targets(8, iron=share)["iron"].value == 11  # NASEM gives one figure


def test_zinc_by_bioavailability_and_milk() -> None:
    assert [targets(8, "fao-who", zinc=z)["zinc"].value for z in ("high", "moderate", "low")] == [2.5, 4.1, 8.4]
    assert targets(8, "fao-who")["zinc"].value == 4.1
    assert targets(3, "fao-who")["zinc"].value == 1.1
    assert targets(3, "fao-who", formula_fed=True)["zinc"].value == 2.8
    assert targets(3, "fao-who", zinc="low")["zinc"].value == 6.6


def test_magnesium_of_a_formula_fed_infant() -> None:
    assert targets(3, "fao-who", formula_fed=True)["magnesium"].value == 36
    assert targets(8, "fao-who", formula_fed=True)["magnesium"].value == 54
    assert targets(3, formula_fed=True)["magnesium"].value == 30


def test_units_are_those_of_the_composition() -> None:
    assert targets(8)["copper"].value == pytest.approx(0.22)
    assert targets(8)["copper"].unit == "mg"
    assert targets(14, "efsa")["dha"].value == pytest.approx(0.1)
    assert targets(8, "efsa")["thiamin"].value == pytest.approx(0.1 * 615 * 4.184 / 1000)
    assert targets(8, "efsa")["niacin"].value == pytest.approx(1.6 * 615 * 4.184 / 1000)
    assert targets(8, "efsa")["fat"].value == pytest.approx(0.40 * 615 / 9)
    assert targets(14, "efsa")["ala"].value == pytest.approx(0.005 * 894 / 9)
    assert "615 kcal" in targets(8, "efsa")["thiamin"].note


def test_a_figure_per_kg_needs_the_weight() -> None:
    assert "protein" not in targets(14, "efsa")
    assert targets(14, "efsa", weight_kg=10)["protein"].value == pytest.approx(11.4)


def test_what_the_table_undercounts_is_said() -> None:
    found = targets(14)
    assert {n for n, of in found.items() if of.undercounts} == {"folate", "niacin"}
    assert {n for n, of in targets(14, "efsa").items() if of.undercounts} == {"folate", "niacin", "vitamin_a_rae"}
    assert not targets(3)["niacin"].undercounts  # preformed only, in the first months
    assert "lower bound" in found["folate"].note


# Limits


def test_the_magnesium_limit_is_of_supplements_and_from_a_year() -> None:
    for age in (0, 6, 11):
        assert "magnesium" not in limits(age)
    assert (limits(12)["magnesium"].value, limits(12)["magnesium"].counts) == (65, "supplement")
    assert "never applied to food" in limits(12)["magnesium"].note
    for authority in authorities():
        of = limits(14, authority).get("magnesium")
        assert of is None or of.counts == "supplement"


def test_limits_say_what_they_count() -> None:
    found = limits(14)
    assert {n for n, of in found.items() if of.counts == "supplement"} == {"magnesium", "niacin", "folate", "vitamin_e"}
    assert (found["vitamin_a_rae"].value, found["vitamin_a_rae"].counts) == (600, "retinol")
    assert (found["zinc"].value, found["zinc"].counts) == (7, "all")
    assert found["copper"].value == pytest.approx(1)
    assert limits(14, "nhmrc")["magnesium"].status == "unverified"
    assert limits(8, "uk")["sodium"].value == 400


# What cannot be


@pytest.mark.parametrize("age", [-1, 25, 1000])
def test_ages_outside(age: int) -> None:
    with pytest.raises(FeedingInputError, match="0 to 24 months"):
        targets(age)
    with pytest.raises(FeedingInputError, match="0 to 24 months"):
        limits(age)


def test_choices_that_there_are_not() -> None:
    with pytest.raises(FeedingInputError, match="the nearest is `efsa`"):
        targets(8, "eefsa")
    with pytest.raises(FeedingInputError, match="write one of 5%, 10%"):
        targets(8, iron="20%")
    with pytest.raises(FeedingInputError, match="write one of low, moderate"):
        targets(8, zinc="some")
    with pytest.raises(FeedingInputError, match="write one of nasem"):
        targets(8, fill="nobody")


@given(
    age=st.integers(YOUNGEST, OLDEST),
    authority=st.sampled_from(authorities()),
    fill=st.sampled_from((None, *authorities())),
    formula=st.booleans(),
    weight=st.none() | st.floats(2, 20),
)
def test_every_target_is_a_positive_amount_in_the_unit_of_the_table(
    age: int, authority: str, fill: str | None, formula: bool, weight: float | None
) -> None:
    units = load_intakes().unit_of
    found = targets(age, authority, fill=fill, formula_fed=formula, weight_kg=weight)
    for nutrient, of in found.items():
        assert of.nutrient == nutrient
        assert of.unit == units[nutrient]
        assert of.value > 0
        assert of.authority in {authority, fill, "paho-who"}
        most = limits(age, authority).get(nutrient)
        if most is not None and most.counts == "all" and of.authority == most.authority:
            assert of.value <= most.value, nutrient
