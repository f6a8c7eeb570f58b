"""The knowledge: figures against the evidence they were taken from, and the loader that refuses what does not hold together."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from neomag import units
from neomag.knowledge import DATA, Knowledge, KnowledgeError, load
from neomag.rules import rulebook

FIGURES = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (FIGURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_intervals_are_those_of_the_evidence(knowledge: Knowledge) -> None:
    """Each interval that names a fact has the fact's numbers, in the fact's unit or converted, unless its note says why not."""
    facts = {row["id"]: row for row in rows("facts.csv")}
    compared = 0
    for interval in knowledge.intervals:
        if not interval.fact:
            continue
        fact = facts[interval.fact]
        for ours, theirs in ((interval.low, fact["low"]), (interval.high, fact["high"])):
            if ours is not None and theirs and interval.unit == fact["unit"]:
                assert ours == pytest.approx(float(theirs), abs=0.005) or interval.note, interval.id
                compared += 1
    assert compared >= 60


def test_intervals_are_as_they_were_read(knowledge: Knowledge) -> None:
    """Double entry: every interval's numbers and ages stand a second time in the tests, so that a slip in one shows."""
    entered = {row["id"]: row for row in rows("intervals_read.csv")}
    assert entered.keys() == {i.id for i in knowledge.intervals}
    for interval in knowledge.intervals:
        row = entered[interval.id]
        found = (interval.start, interval.end, interval.low, interval.high, interval.unit)
        low, high = (float(row[side]) if row[side] else None for side in ("low", "high"))
        assert found == (int(row["from_s"]), int(row["to_s"]), low, high, row["unit"]), interval.id


def test_plausibility_bands_are_where_they_were_put(knowledge: Knowledge) -> None:
    """A number just inside each edge of each band is taken, one just outside is doubted."""
    seen: set[tuple[str, str]] = set()
    for row in rows("bands.csv"):
        reading = units.read(knowledge.analytes[row["analyte"]], row["value"], row["unit"], knowledge)
        assert reading.plausible is (row["plausible"] == "yes"), row
        seen.add((row["analyte"], row["unit"]))
    assert seen == {(a.code, unit) for a in knowledge.analytes.values() for unit in a.plausible}


def test_molar_masses(knowledge: Knowledge) -> None:
    """Double entry of the molar masses in g/mol and valences (CIAAW; PTH and 25-hydroxyvitamin D from their formulas)."""
    known = {
        "magnesium": ("24.305", 2), "magnesium-ionised": ("24.305", 2), "calcium": ("40.078", 2), "calcium-ionised": ("40.078", 2),
        "phosphate": ("30.974", None), "potassium": ("39.098", 1), "sodium": ("22.990", 1), "chloride": ("35.45", 1),
        "bicarbonate": (None, 1), "glucose": ("180.156", None), "creatinine": ("113.12", None), "pth": ("9425", None),
        "vitamin-d-25oh": ("400.64", None), "lactate": ("90.08", None), "urine-magnesium": ("24.305", 2),
        "urine-calcium": ("40.078", 2), "urine-creatinine": ("113.12", None),
    }  # fmt: skip
    for code, analyte in knowledge.analytes.items():
        mass, valence = known.get(code, (None, None))
        assert analyte.valence == valence, code
        assert (None if analyte.molar_mass is None else float(analyte.molar_mass)) == (mass and float(mass)), code


def test_the_default_intervals_cover_every_age(knowledge: Knowledge) -> None:
    from tests.conftest import case

    from neomag.intervals import chooser

    analytes = {i.analyte for i in knowledge.intervals if i.authority == "neomag"}
    assert {"magnesium", "magnesium-ionised", "calcium", "calcium-ionised", "glucose", "sodium", "potassium"} <= analytes
    for now in ("birth", "1 h", "3 d", "7 d", "28 d", "100 d", "24 mo"):
        for code in analytes:
            assert chooser(code, knowledge)(case(now=now), None) is not None, (code, now)


def test_several_authorities_stand_side_by_side(knowledge: Knowledge) -> None:
    lows = {
        i.low for i in knowledge.intervals if i.analyte == "magnesium" and i.start <= 14 * 86400 < i.end and i.group == "any"
    }
    assert min(x for x in lows if x) <= 0.55
    assert max(x for x in lows if x) >= 0.70


def test_the_age_range_is_one(knowledge: Knowledge) -> None:
    assert f"'{knowledge.settings['scope']['until']}'" in knowledge.rules["out-of-scope"].when


def test_nothing_unverified_is_cited(knowledge: Knowledge) -> None:
    unverified = {row["id"] for row in rows("facts.csv") if row["confidence"] == "UNVERIFIED"}
    assert unverified
    assert not [i.id for i in knowledge.intervals if i.fact in unverified]


def spoilt(tmp_path: Path, file: str, old: str, new: str) -> str:
    folder = tmp_path / "k"
    shutil.copytree(DATA, folder)
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(KnowledgeError) as refusal:
        rulebook(load(folder))
    return "\n".join(refusal.value.problems)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("actions.toml", 'sources = ["WHO11", "NZGLU"]', "", "actions.toml [check-glucose]: needs sources, or policy"),
        ("actions.toml", '"NZGLU"', '"NOBODY99"', "source NOBODY99 is not in sources.toml"),
        ("actions.toml", "says =", "sayz =", "sayz"),
        ("blocks.toml", 'policy = "Dossier h.6."', 'policy = "because"', "policy must give a reason"),
        ("sources.toml", 'read = "excerpt"', 'read = "glanced"', "read must be one of"),
        ("rules/urgency.toml", 'urgency = "emergency"', 'urgency = "now"', "urgency now is not one of"),
        ("rules/urgency.toml", '"check-glucose"', '"check-sugar"', "actions names check-sugar"),
        ("rules/urgency.toml", "seizure or focal_clonic", "seizure or focal_tonic", "unknown name `focal_tonic`"),
        ("rules/level.toml", "'0.50 mmol/L'", "'0.50 g'", "cannot have unit"),
        ("rules/level.toml", "'0.50 mmol/L'", "0.50", "write the number with its unit"),
        ("rules/level.toml", "[magnesium-known]", "[any-seizure]", "a rule of this id exists already"),
        ("rules/contexts.toml", 'context = "strong"', 'context = "firm"', "context firm is not one of"),
        ("findings.toml", 'kind = "lasting"', 'kind = "longing"', "kind longing"),
        ("findings.toml", 'at_least = "14 d"', 'at_leest = "14 d"', "findings.toml [diarrhoea_persistent]"),
        ("findings.toml", 'at_least = "14 d"', 'at_least = "14 mmol"', "findings.toml [diarrhoea_persistent]"),
        ("findings.toml", 'condition = "diarrhoea"', 'condition = "diarrhea"', "findings.toml [diarrhoea_persistent]"),
        (
            "intervals.csv",
            "mg-neomag-week-1,magnesium,neomag,any,24 h,",
            "mg-neomag-week-1,magnesium,neomag,any,26 h,",
            "has a gap from 1 d",
        ),
        (
            "intervals.csv",
            "mg-neomag-week-1,magnesium,neomag,any,24 h,",
            "mg-neomag-week-1,magnesium,neomag,any,20 h,",
            "overlap in age",
        ),
        ("intervals.csv", "mg-neomag-week-1,magnesium,", "mg-neomag-week-1,magnesia,", "analyte magnesia"),
        ("intervals.csv", "0.60,1.26,mmol/L", "1.60,1.26,mmol/L", "low must be below high"),
        ("intervals.csv", "0.60,1.26,mmol/L", "x,1.26,mmol/L", "intervals.csv line"),
        ("analytes.toml", 'units = ["mmol/L", "mg/dL", "mEq/L"]', 'units = ["mmol/L", "mg/dl/d"]', "is not in units.toml"),
        ("analytes.toml", "[chloride]", "[chlorid]", "is in only one of them"),
        ("claims.toml", 'verdict = "', 'verdict = "very ', "verdict must be one of"),
        ("vocabulary.csv", "lab,chloride", "lab,chlorid", "is in only one of them"),
        ("units.toml", '"mmol/L" = "1"', '"mmol/L" = "one"', "units"),
    ],
)
def test_what_does_not_hold_together_is_refused(tmp_path: Path, file: str, old: str, new: str, says: str) -> None:
    assert says in spoilt(tmp_path, file, old, new)
