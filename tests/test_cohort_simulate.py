"""The made-up infants: the same by seed, about as many events as asked, levels as the sources have them, every kind of dirt."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from neomag.ages import MONTH
from neomag.cli.cohort_simulate import simulate as command
from neomag.cohort.simulate import SimulateError, simulate
from neomag.cohort.simulate_data import drawn
from neomag.knowledge import Knowledge, load

INFANTS = 6_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "flat"
    simulate(folder, INFANTS, seed=3)
    return folder


def ask(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        for table in ("infants", "events", "truth"):
            path = folder / f"{table}.parquet"
            if path.exists():
                con.execute(f"CREATE VIEW {table} AS SELECT * FROM '{path}'")
        return con.execute(query).fetchall()


def test_every_entry_has_a_source_or_a_policy(knowledge: Knowledge) -> None:
    said = dict(drawn().said)
    known = set(knowledge.sources)
    lists = [(f"{name}[{n}]", of) for name in ("site", "level") for n, of in enumerate(said.pop(name))]
    single = [(name, of) for name, of in said.items() if name not in {"analyte", "story"}]
    nested = [(f"{name}.{code}", of) for name in ("analyte", "story") for code, of in said[name].items()]
    for name, of in lists + single + nested:
        assert of.get("policy") or of.get("sources"), name
        assert set(of.get("sources", ())) <= known, name


def test_every_code_is_in_the_vocabulary(knowledge: Knowledge) -> None:
    kinds: dict[str, str] = {"given": "drug"}
    for story, of in drawn().said["story"].items():
        assert set(of.get("levels", {})) <= set(drawn().said["analyte"]), story
        for event in of["events"]:
            kind = kinds[event["kind"]] if event["kind"] in kinds else event["kind"]
            assert event["code"] in knowledge.vocabulary[kind], (story, event["code"])


@pytest.mark.parametrize("of", ["story", "site"])
def test_shares_add_up(of: str) -> None:
    table = drawn().said[of]
    assert sum(one["share"] for one in (table.values() if of == "story" else table)) == pytest.approx(1)


def test_the_levels_are_those_of_the_dossier() -> None:
    """Read from section b.1 a second time: mean and SD at an age, as printed."""
    levels = {
        (of["group"], of.get("at_h"), of.get("at_d"), of.get("at_mo"), of["mean"], of["sd"]) for of in drawn().said["level"]
    }
    rigo = [
        ("any", 0, 0.76, (0.99 - 0.52) / 3.92),
        ("any", 72, 0.91, (1.26 - 0.55) / 3.92),
        ("antenatal", 0, 1.29, (2.08 - 0.50) / 3.92),
    ]
    for group, hours, mean, sd in rigo:
        (found,) = (of for of in levels if of[:2] == (group, hours))
        assert found[4] == mean
        assert found[5] == pytest.approx(sd, abs=0.005)
    assert {("any", None, None, 1, 0.76, 0.08), ("any", None, None, 12, 0.70, 0.06)} <= levels
    noone = {12: (0.85, 0.14), 36: (0.96, 0.18), 60: (1.05, 0.13), 84: (1.09, 0.10), 156: (0.98, 0.10)}
    assert {of[1]: of[4:] for of in levels if of[0] == "elbw" and of[1] is not None} == noone


def test_a_seed_gives_the_same_infants_on_any_number_of_threads(tmp_path: Path) -> None:
    def rows(name: str, seed: int, threads: int) -> list[tuple[Any, ...]]:
        simulate(tmp_path / name, 400, seed=seed, threads=threads)
        return ask(tmp_path / name, "SELECT * FROM events ORDER BY infant, seq")

    one = rows("one", 5, 1)
    assert str(rows("two", 5, 2)) == str(one)  # NaN is not equal to itself
    assert str(rows("other", 6, 1)) != str(one)


def test_an_infant_does_not_depend_on_how_many_there_are(tmp_path: Path, made: Path) -> None:
    simulate(tmp_path / "few", 50, seed=3)
    few = ask(tmp_path / "few", "SELECT * FROM events ORDER BY infant, seq")
    assert str(few) == str(ask(made, "SELECT * FROM events WHERE infant <= 'SIM-000000050' ORDER BY infant, seq"))


@pytest.mark.parametrize("asked", [10, 30, 60])
def test_about_as_many_events_as_asked(asked: int, tmp_path: Path) -> None:
    note = simulate(tmp_path / "made", 2_000, seed=1, events_per_infant=asked)
    assert note.events / 2_000 == pytest.approx(asked, rel=0.15)


def test_the_note_says_that_it_is_made_up(made: Path) -> None:
    note = json.loads((made / "simulated.json").read_text("utf-8"))
    assert "Made-up" in note["made_up"]
    assert (note["infants"], note["events"], note["knowledge"]) == (
        INFANTS,
        ask(made, "SELECT count(*) FROM events")[0][0],
        load().version,
    )
    assert {path.name for path in made.iterdir()} == {"infants.parquet", "events.parquet", "truth.parquet", "simulated.json"}
    assert ask(made, "SELECT count(*) FROM infants WHERE infant NOT LIKE 'SIM-%'") == [(0,)]


def test_the_well_have_the_level_of_their_age(made: Path) -> None:
    mean, sd = ask(made, f"""SELECT avg(magnesium), stddev(magnesium) FROM truth WHERE story = 'well' AND "at" BETWEEN {MONTH} AND {12 * MONTH - 1}
        AND "group" = 'any'""")[0]  # fmt: skip
    assert mean == pytest.approx(0.76, abs=0.01)
    assert sd == pytest.approx(0.08, abs=0.005)


def test_the_truth_says_who_lacks_magnesium(made: Path) -> None:
    low, others = ask(made, "SELECT avg(magnesium) FROM truth GROUP BY deficient ORDER BY deficient DESC")
    assert low[0] < 0.55 < 0.75 < others[0]
    deficient = ask(made, "SELECT DISTINCT story FROM truth WHERE deficient ORDER BY 1")
    assert [story for (story,) in deficient] == sorted(n for n, of in drawn().said["story"].items() if of.get("deficient"))


def test_haemolysis_raises_magnesium_and_potassium(made: Path) -> None:
    rows = ask(made, """SELECT code, avg(value) FILTER (list_contains(specimen, 'haemolysed')) - avg(value) FILTER (len(specimen) = 0)
        FROM events WHERE unit IN ('mmol/L', 'mEq/L') AND code IN ('potassium', 'sodium') AND NOT isnan(value) AND value BETWEEN 1 AND 200 GROUP BY code""")  # fmt: skip
    rises = dict(rows)
    assert rises["potassium"] > 0.5
    assert abs(rises["sodium"]) < 0.3


def test_every_kind_of_dirt_is_there(made: Path) -> None:
    found = ask(made, """SELECT count(*) FILTER (unit IS NULL AND value IS NOT NULL), count(*) FILTER (unit = 'mg/L'), count(*) FILTER (flag IS NOT NULL),
        count(*) FILTER (value IN (-1, 999, 9999)), count(*) FILTER (isnan(value)), count(*) FILTER (comparator = '<'),
        count(*) FILTER (code IS NULL AND source_code LIKE 'LOCAL%'), count(*) FILTER (time IS NULL AND "at" IS NULL),
        count(*) FILTER (source_code = 'LOINC 2601-3' AND unit = 'mg/dL'), count(*) FILTER (list_contains(specimen, 'edta')), count(*) FILTER ("at" IS NOT NULL)
        FROM events WHERE kind = 'lab'""")[0]  # fmt: skip
    assert all(found), found
    assert ask(made, "SELECT count(*) FROM events JOIN infants USING (infant) WHERE time < born")[0][0]
    twice = "SELECT count(*) FROM (SELECT infant, time, code, value FROM events WHERE kind = 'lab' AND time IS NOT NULL GROUP BY ALL HAVING count(*) > 1)"
    assert ask(made, twice)[0][0]


def test_magnesium_comes_in_three_units_a_site_one(made: Path) -> None:
    units = ask(made, """SELECT site, list(DISTINCT unit ORDER BY unit) FROM events JOIN infants USING (infant)
        WHERE code = 'magnesium' AND unit IS NOT NULL AND unit <> 'mg/L' GROUP BY site ORDER BY site""")  # fmt: skip
    assert [unit for _, unit in units] == [["mmol/L"], ["mg/dL"], ["mg/dL"], ["mEq/L"], ["mmol/L"]]


def test_seq_counts_from_one_without_gaps(made: Path) -> None:
    assert ask(
        made,
        "SELECT count(*) FROM (SELECT infant, max(seq) m, count(*) n, count(DISTINCT seq) d FROM events GROUP BY infant) WHERE m <> n OR n <> d",
    ) == [(0,)]


@pytest.mark.parametrize("gzipped", [False, True])
def test_fhir_holds_what_the_flat_form_holds(gzipped: bool, tmp_path: Path) -> None:
    simulate(tmp_path / "flat", 300, seed=4)
    simulate(tmp_path / "fhir", 300, seed=4, form="fhir", gzipped=gzipped)
    found: dict[str, list[dict[str, Any]]] = {}
    for path in (tmp_path / "fhir").glob("*.ndjson*"):
        text = gzip.decompress(path.read_bytes()).decode() if gzipped else path.read_text("utf-8")
        found[path.name.split(".")[0]] = [json.loads(line) for line in text.splitlines()]
    counts = dict(ask(tmp_path / "flat", "SELECT kind, count(*) FROM events GROUP BY kind"))
    labs = [o for o in found["Observation"] if o["id"].split("-")[-1].isdigit()]
    assert len(labs) == counts["lab"]
    assert len(found["Condition"]) == counts["sign"] + counts["condition"]
    assert len(found["MedicationAdministration"]) == counts["given"]
    assert len(found["Patient"]) == 300
    for kind, resources in found.items():
        assert len({resource["id"] for resource in resources}) == len(resources), kind
        assert {resource["resourceType"] for resource in resources} == {kind}
    flat = ask(tmp_path / "flat", "SELECT infant || '-' || seq, value, unit FROM events WHERE kind = 'lab'")
    values = {o["id"]: o.get("valueQuantity", {}) for o in labs}
    for name, value, unit in flat:
        if value is not None and value == value:
            assert values[name]["value"] == value
            assert values[name].get("unit") == unit
    spoilt = ask(tmp_path / "flat", "SELECT infant || '-' || seq FROM events WHERE len(specimen) > 0")
    assert {name for (name,) in spoilt} == {o["id"] for o in labs if "specimen" in o}
    named = {o["specimen"]["reference"].split("/")[1] for o in labs if "specimen" in o}
    assert named == {specimen["id"] for specimen in found["Specimen"]}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"infants": 0}, "write 1 to"),
        ({"seed": -1}, "write 0 to"),
        ({"events_per_infant": 2}, "events per infant: 2: write"),
        ({"events_per_infant": 9999}, "write"),
    ],
)
def test_what_cannot_be_made(more: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match=says):
        simulate(tmp_path / "made", more.pop("infants", 10), **more)
    assert not (tmp_path / "made").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    done = CliRunner().invoke(command, ["--infants", "5", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "not empty" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_the_command_makes_them(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--infants", "20", "--out", str(tmp_path / "new"), "--seed", "9"])
    assert done.exit_code == 0, done.output
    assert "20 made-up infants" in done.output
    assert CliRunner().invoke(command, ["--infants", "20", "--out", str(tmp_path / "z"), "--gzip"]).exit_code == 2
