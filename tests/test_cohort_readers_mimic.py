"""MIMIC-III, MIMIC-IV and eICU tables: ages, results, drugs, dirt, and that every row about a bound item is accounted for."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import duckdb
import pytest
from tests.cohort_tables import DATA, accounted, events, lines, problems, rows, staged

from neomag.cohort.normalise import normalise
from neomag.cohort.readers import Options, SourceError, open_source
from neomag.cohort.readers.table_codes import load_codes
from neomag.cohort.readers.values import LOST
from neomag.knowledge import load
from neomag.knowledge.loader import directory
from neomag.terminology import load_bindings

HOUR, DAY, MONTH = 3600, 86_400, 2_629_800


@pytest.fixture(scope="module")
def mimic3(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return staged(DATA / "mimic3", tmp_path_factory.mktemp("mimic3"))


@pytest.fixture(scope="module")
def mimic4(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return staged(DATA / "mimic4", tmp_path_factory.mktemp("mimic4"))


@pytest.fixture(scope="module")
def eicu(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return staged(DATA / "eicu", tmp_path_factory.mktemp("eicu"))


def items(file: str, system: str) -> set[str]:
    return {code.code.lower() for code in load_codes(file, Options()).values(system)}


@pytest.mark.parametrize(("folder", "layout"), [("mimic3", "mimic"), ("mimic4", "mimic"), ("eicu", "eicu"), ("omop", "omop")])
def test_layouts_are_told_by_their_tables(folder: str, layout: str):
    assert open_source(DATA / folder).layout == layout


# --- MIMIC-III


def test_a_birth_admission_gives_the_hour_of_birth_and_other_infants_the_day(mimic3: duckdb.DuckDBPyConnection):
    assert rows(mimic3, "SELECT infant, sex, born_day, setting FROM infants ORDER BY infant") == [
        ("101", "female", False, "hospital"),
        ("102", "male", True, "hospital"),
        # Admitted at the midnight that the date of birth is: whether that is the hour cannot be told.
        ("104", "male", True, "hospital"),
    ]
    # 06:00 on the day after a birth at 08:30.
    assert rows(mimic3, "SELECT \"at\" FROM raw_events WHERE seq = 1 AND infant = '101'") == [(21 * HOUR + HOUR // 2,)]


def test_shifted_dates_do_not_pass_for_real_ones(mimic3: duckdb.DuckDBPyConnection):
    assert rows(mimic3, "SELECT DISTINCT born FROM infants") == [(None,)]
    assert rows(mimic3, "SELECT DISTINCT time FROM raw_events") == [(None,)]
    normalise(mimic3)
    assert "future-born" not in {row[0] for row in rows(mimic3, "SELECT problem FROM problems")}


def test_ages_of_300_years_and_later_admissions_are_out_of_scope_and_counted(mimic3: duckdb.DuckDBPyConnection):
    said = problems(mimic3)
    assert ("out-of-scope", "patients", None, 1) in said
    assert ("no-birth", "patients", None, 1) in said
    assert ("out-of-scope", "labevents", None, 2) in said  # the patient of 300 years, and an infant's result six years on
    assert ("unknown-infant", "labevents", None, 1) in said


def test_results_keep_what_the_source_says(mimic3: duckdb.DuckDBPyConnection):
    found = events(mimic3, "seq, code, value, unit, comparator, source_code")
    assert (1, "magnesium", 1.2, "mg/dL", None, "LOINC 2601-3") in found
    assert (3, "calcium-ionised", 1.02, "mmol/L", None, "LOINC 1994-3") in found
    assert (4, "magnesium", 0.2, "mg/dL", "<", "LOINC 2601-3") in found
    assert (10, "potassium", 10.0, "mEq/L", ">", "LOINC 2823-3") in found
    assert (14, "vitamin-d-25oh", 21.0, "ng/mL", None, "MIMIC 50853") in found
    # A sentinel goes through as it is: what is negative or not plausible is judged with the knowledge.
    assert (5, "magnesium", -1.0, "mg/dL", None, "LOINC 2601-3") in found


def test_moles_with_mg_per_dl_is_flagged_and_the_unit_believed(mimic3: duckdb.DuckDBPyConnection):
    assert ("code-unit-conflict", "moles mg/dL", "LOINC 2601-3", 1) in problems(mimic3, "101")


def test_normalising_judges_sentinels_comparators_and_missing_units(tmp_path: Path):
    con = staged(DATA / "mimic3", tmp_path)
    normalise(con)
    found = dict(rows(con, "SELECT seq, (value, suspect, flag) FROM events WHERE key = 'lab:magnesium' AND infant = '101'"))
    assert found[1][0] == pytest.approx(1.2 / 2.4305, rel=1e-12)
    assert found[4] == (None, False, "low")
    assert found[5] == (None, False, None)
    assert found[6] == (None, True, None)
    assert 13 not in found  # before birth
    said = {row[0] for row in problems(con, "101")} | {row[0] for row in problems(con, "102")}
    assert {"negative", "implausible", "no-unit", "before-birth", "birth-day-only"} <= said


@pytest.mark.parametrize(
    ("seq", "problem"),
    [(7, "not-a-number"), (8, "not-measured"), (11, "name-code-conflict"), (12, "bad-time")],
)
def test_dirt_is_said_with_its_row(mimic3: duckdb.DuckDBPyConnection, seq: int, problem: str):
    assert rows(mimic3, f"SELECT count(*) FROM problems WHERE infant = '101' AND seq = {seq} AND problem = '{problem}'") == [
        (1,)
    ]
    lost = rows(mimic3, f"SELECT lost FROM staged_raw_events WHERE infant = '101' AND seq = {seq}")
    assert lost == [(problem != "not-a-number",)]


def test_body_fluid_is_not_serum(mimic3: duckdb.DuckDBPyConnection):
    assert ("excluded-code", "labevents", "LOINC 29365-4", 1) in problems(mimic3)


def test_a_line_that_broke_off_is_counted(mimic3: duckdb.DuckDBPyConnection):
    assert ("unreadable-line", "labevents", None, 1) in problems(mimic3)


def test_what_was_put_in(mimic3: duckdb.DuckDBPyConnection):
    found = events(mimic3, "code, dose, dose_unit, route, over, kind")
    assert ("calcium-gluconate-10", 0.5, "g", "iv", 1800, "given") in found
    # `dose` counts doses; how much one is is not known.
    assert ("ceftriaxone", None, None, "iv", 60, "given") in found
    assert not [row for row in found if row[0] == "magnesium-sulfate"]
    assert {("not-given", None, "MIMIC 221456", 1), ("not-given", None, "MIMIC 222011", 1)} <= problems(mimic3, "102")


def test_an_order_is_not_a_dose(mimic3: duckdb.DuckDBPyConnection):
    assert ("ordered-not-given", None, "name phenobarbital", 1) in problems(mimic3, "101")
    assert not rows(mimic3, "SELECT * FROM raw_events WHERE code = 'antiseizure'")


def test_unless_the_site_says_that_its_orders_are_doses(tmp_path: Path):
    own = tmp_path / "own.csv"
    own.write_text("system,code,kind,vocabulary\nMIMIC-drug,Phenobarbital,given,antiseizure\n", "utf-8")
    con = staged(DATA / "mimic3", tmp_path / "work", options=Options(codes=(own,)))
    found = events(con, "code, dose, dose_unit, route, day")
    assert ("antiseizure", 20.0, "mg", "iv", True) in found


def test_weights_are_grams_and_errors_do_not_count(mimic3: duckdb.DuckDBPyConnection):
    assert rows(mimic3, "SELECT birth_weight, weight FROM infants WHERE infant = '101'") == [(3100.0, None)]
    # At its age: the shifted dates of the source are not real ones.
    ((at, time, grams),) = rows(mimic3, "SELECT \"at\", time, grams FROM weights WHERE infant = '101'")
    assert (at > DAY, time, grams) == (True, None, 3000.0)
    assert ("weight-suspect", "chartevents", None, 1) in problems(mimic3)


def test_diagnoses_that_are_bound_are_undated(tmp_path: Path):
    own = tmp_path / "own.csv"
    own.write_text("system,code,kind,vocabulary\nICD-9,275.2,condition,malabsorption\n", "utf-8")
    con = staged(DATA / "mimic3", tmp_path / "work", options=Options(codes=(own,)))
    assert rows(con, "SELECT infant, source_code, \"at\", time FROM raw_events WHERE kind = 'condition'") == [
        ("102", "ICD-9 275.2", None, None)
    ]


# folder, table, its place among the pieces (as mimic.py stages them), the system of its codes, and the column with the code.
BOUND = [
    ("mimic3", "LABEVENTS", 0, "MIMIC-lab", "ITEMID"),
    ("mimic3", "INPUTEVENTS_MV", 1, "MIMIC-input", "ITEMID"),
    ("mimic3", "PRESCRIPTIONS", 5, "name", "DRUG"),
    ("mimic3", "CHARTEVENTS", 7, "MIMIC-chart", "ITEMID"),
    ("mimic4", "hosp/labevents", 0, "MIMIC-lab", "itemid"),
    ("mimic4", "icu/inputevents", 3, "MIMIC-input", "itemid"),
    ("mimic4", "hosp/emar", 4, "name", "medication"),
]


@pytest.mark.parametrize(("folder", "table", "place", "system", "column"), BOUND)
def test_every_row_about_a_bound_item_is_accounted_for(
    folder: str, table: str, place: int, system: str, column: str, request: pytest.FixtureRequest
):
    wanted = items("mimic_items.csv", system)
    about = sum((row[column] or "").lower() in wanted for row in lines(DATA / folder / f"{table}.csv"))
    assert about > 0
    name = table.rpartition("/")[2].lower()
    # The line that broke off tells its item, and is counted as unreadable, apart.
    broken = rows(
        request.getfixturevalue(folder), f"SELECT rows FROM problems WHERE problem = 'unreadable-line' AND detail = '{name}'"
    )
    assert accounted(request.getfixturevalue(folder), name, place) == about
    assert broken == ([(1,)] if table == "LABEVENTS" else [])


# --- MIMIC-IV


def test_only_a_birth_in_the_hospital_is_known_in_mimic_iv(mimic4: duckdb.DuckDBPyConnection):
    assert rows(mimic4, "SELECT infant FROM infants") == [("201",)]
    assert rows(mimic4, "SELECT code, value, \"at\" FROM raw_events WHERE kind = 'lab' ORDER BY seq") == [
        ("magnesium", 1.4, DAY),
        ("magnesium", None, 2 * DAY),
    ]
    # Aged 0 without a birth admission, and aged 2: how old they were in days is not written.
    assert ("no-birth", "patients", None, 2) in problems(mimic4)
    assert ("out-of-scope", "patients", None, 1) in problems(mimic4)


def test_a_woman_on_the_newborn_service_is_not_newborn(tmp_path: Path):
    shutil.copytree(DATA / "mimic4", tmp_path / "mimic4")
    services = tmp_path / "mimic4" / "hosp" / "services.csv"
    services.write_text(services.read_text("utf-8").replace("MED", "NB"), "utf-8")
    con = staged(tmp_path / "mimic4", tmp_path / "work")
    assert rows(con, "SELECT infant FROM infants") == [("201",)]


def test_the_chart_of_what_nurses_gave(mimic4: duckdb.DuckDBPyConnection):
    assert rows(mimic4, "SELECT code, \"at\", dose FROM raw_events WHERE kind = 'given'") == [
        ("calcium-gluconate-10", 25 * HOUR + 3 * HOUR // 4, None)
    ]
    assert ("not-given", None, "name calcium gluconate", 1) in problems(mimic4, "201")


def test_versions_of_icd_are_kept_apart(mimic4: duckdb.DuckDBPyConnection):
    said = problems(mimic4)
    assert ("excluded-code", "diagnoses_icd", "ICD-10 P71.2", 1) in said
    assert ("excluded-code", "diagnoses_icd", "ICD-9 275.2", 1) in said


@pytest.mark.parametrize("suffix", [".csv.gz", ".parquet"])
def test_files_may_be_packed(suffix: str, tmp_path: Path, mimic4: duckdb.DuckDBPyConnection):
    for path in (DATA / "mimic4").rglob("*.csv"):
        to = tmp_path / "packed" / path.relative_to(DATA / "mimic4").with_suffix(suffix)
        to.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".csv.gz":
            to.write_bytes(gzip.compress(path.read_bytes()))
        else:
            # Types guessed: numbers and times are not text, as in real Parquet.
            duckdb.execute(f"COPY (SELECT * FROM read_csv('{path}')) TO '{to}' (FORMAT parquet)")
    con = staged(tmp_path / "packed", tmp_path / "work")
    same = 'infant, seq, "at", kind, code, source_code, value, unit'
    assert events(con, same) == events(mimic4, same)
    assert problems(con) == problems(mimic4)


# --- eICU


def test_only_ages_in_months_or_smaller_tell_how_old_an_infant_was(eicu: duckdb.DuckDBPyConnection):
    assert rows(eicu, "SELECT infant, born, site FROM infants ORDER BY infant") == [("304", None, "61"), ("305", None, "61")]
    assert rows(eicu, 'SELECT infant, "at", grams FROM weights') == [("304", 12 * DAY, 3600.0)]  # at the admission
    said = problems(eicu)
    assert ("no-birth", "patients", None, 2) in said  # `0` years, and no age
    assert ("out-of-scope", "patients", None, 2) in said  # `72` and `> 89`


def test_minutes_before_and_after_the_admission(eicu: duckdb.DuckDBPyConnection):
    found = dict(rows(eicu, "SELECT seq, \"at\" FROM raw_events WHERE infant = '304' AND kind = 'lab'"))
    assert found[2] == 12 * DAY - 2 * HOUR
    assert found[3] == 12 * DAY + HOUR // 2
    assert found[15] < 0  # before birth; normalising says so
    assert rows(eicu, "SELECT \"at\" FROM raw_events WHERE infant = '305'") == [(5 * MONTH,)]


def test_two_units_that_mean_two_things_are_not_used(tmp_path: Path):
    eicu = staged(DATA / "eicu", tmp_path)
    assert ("magnesium", 0.6, "mg/dL | mmol/L") in events(eicu, "code, value, unit")
    # mmol/L and mEq/L of potassium are the same; so are U/L and IU/L here only by name, and neither is doubted.
    found = events(eicu, "code, value, unit, comparator")
    assert ("potassium", 4.1, "mmol/L", None) in found
    assert ("alp", 300.0, "U/L", None) in found
    assert ("magnesium", 0.5, "mg/dL", "<") in found
    # Magnesium was measured; how much of it there was is not known.
    normalise(eicu)
    assert rows(eicu, "SELECT value, flag FROM events WHERE infant = '304' AND seq = 5") == [(None, None)]
    assert rows(eicu, "SELECT problem FROM problems WHERE infant = '304' AND seq = 5") == [("unit-text-conflict",)]


def test_mixed_units_under_one_label_are_caught_by_plausibility(tmp_path: Path):
    con = staged(DATA / "eicu", tmp_path)
    normalise(con)
    assert rows(con, "SELECT reported, value IS NULL, suspect FROM events WHERE key = 'lab:calcium-ionised' ORDER BY seq") == [
        (1.02, True, True),
        (4.4, False, False),
    ]


def test_orders_of_eicu_are_not_doses(eicu: duckdb.DuckDBPyConnection):
    said = problems(eicu, "304")
    assert ("ordered-not-given", None, "name calcium gluconate", 1) in said
    assert ("not-given", None, "name magnesium sulfate", 1) in said
    assert not rows(eicu, "SELECT * FROM raw_events WHERE kind = 'given'")


def test_orders_of_eicu_that_the_site_binds(tmp_path: Path):
    own = tmp_path / "own.csv"
    own.write_text("system,code,kind,vocabulary\neICU-drug,calcium gluconate,given,calcium-gluconate-10\n", "utf-8")
    con = staged(DATA / "eicu", tmp_path / "work", options=Options(codes=(own,)))
    assert events(con, "kind, code, dose, dose_unit, route").count(("given", "calcium-gluconate-10", 100.0, "mg", "iv")) == 1


def test_every_row_of_eicu_about_a_bound_item_is_accounted_for(eicu: duckdb.DuckDBPyConnection):
    names = items("eicu_labels.csv", "eICU-lab")
    about = sum(row["labname"].lower() in names for row in lines(DATA / "eicu" / "lab.csv"))
    assert accounted(eicu, "lab", 0) == about == 17
    drugs = items("eicu_labels.csv", "name")
    assert (
        accounted(eicu, "medication", 1)
        == sum(r["drugname"].lower() in drugs for r in lines(DATA / "eicu" / "medication.csv"))
        == 2
    )
    # One row with two codes is two.
    assert accounted(eicu, "diagnosis", 2) == 2


# --- bindings and sources


def test_what_stops_an_event_is_what_the_table_of_problems_says():
    import tomllib

    table = tomllib.loads((directory() / "cohort" / "problems.toml").read_text("utf-8"))
    assert all(table[name]["lost"] for name in LOST)
    assert not any(table[name]["lost"] for name in ("not-a-number", "code-unit-conflict", "date-only"))


@pytest.mark.parametrize("file", ["mimic_items.csv", "eicu_labels.csv", "omop_concepts.csv"])
def test_shipped_codes_name_a_source_and_words_there_are(file: str):
    import tomllib

    folder = directory() / "cohort"
    sources = tomllib.loads((folder / "table_sources.toml").read_text("utf-8"))
    said = lines(folder / file)
    assert said
    assert not [row for row in said if row["source"] not in sources]
    assert len({(row["system"], row["code"].lower()) for row in said}) == len(said)
    load_codes(file, Options())  # refuses a word that the vocabulary does not have


def test_loinc_codes_of_shipped_concepts_say_the_same_as_codes_csv():
    shared = {code.code: code for code in load_codes("omop_concepts.csv", Options()).values("LOINC")}
    stated = 0
    for code in load_codes("omop_concepts.csv", Options()).values("OMOP", ["lab"]):
        twin = shared.get(code.standard.removeprefix("LOINC "))
        if twin is not None:
            stated += 1
            assert (twin.vocabulary, twin.prop) == (code.vocabulary, code.prop)
    assert stated > 5


def test_shared_codes_load_for_every_layout():
    assert load_bindings(knowledge=load()).by_code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("system,code,kind\nMIMIC-lab,1,lab\n", "column vocabulary is missing"),
        (
            "system,code,kind,vocabulary\nMIMIC-lab,1,lab,magnesum\n",
            "line 2: vocabulary `magnesum` is not accepted; the nearest is `magnesium`",
        ),
        ("system,code,kind,vocabulary\nMIMIC-lab,1,labs,magnesium\n", "kind `labs` is not accepted; the nearest is `lab`"),
        ("system,code,kind,vocabulary\nMIMIC-lab,,lab,magnesium\n", "line 2: system and code are needed"),
    ],
)
def test_a_site_table_that_is_wrong_is_refused(text: str, said: str, tmp_path: Path):
    own = tmp_path / "own.csv"
    own.write_text(text, "utf-8")
    with pytest.raises(SourceError, match=said.replace(".", r"\.")):
        staged(DATA / "mimic3", tmp_path / "work", options=Options(codes=(own,)))


def test_a_table_without_a_needed_column_is_refused(tmp_path: Path):
    shutil.copytree(DATA / "mimic3", tmp_path / "mimic3")
    labs = tmp_path / "mimic3" / "LABEVENTS.csv"
    labs.write_text(labs.read_text("utf-8").replace("VALUEUOM", "UNITS"), "utf-8")
    with pytest.raises(SourceError, match=r"`labevents` has no column `valueuom`; it has row_id, subject_id"):
        staged(tmp_path / "mimic3", tmp_path / "work")


def test_a_table_that_lies_there_twice_is_refused(tmp_path: Path):
    shutil.copytree(DATA / "mimic4", tmp_path / "mimic4")
    shutil.copy(tmp_path / "mimic4" / "hosp" / "patients.csv", tmp_path / "mimic4" / "icu" / "patients.csv")
    with pytest.raises(SourceError, match=r"`patients` lies there twice, as hosp/patients\.csv and icu/patients\.csv"):
        staged(tmp_path / "mimic4", tmp_path / "work")


def test_an_archive_beside_what_was_unpacked_from_it_is_read_once(tmp_path: Path, mimic4: duckdb.DuckDBPyConnection):
    shutil.copytree(DATA / "mimic4", tmp_path / "mimic4")
    labs = tmp_path / "mimic4" / "hosp" / "labevents.csv"
    labs.with_suffix(".csv.gz").write_bytes(gzip.compress(labs.read_bytes()))
    assert events(staged(tmp_path / "mimic4", tmp_path / "work")) == events(mimic4)


def test_a_download_that_broke_off_is_refused_without_its_contents(tmp_path: Path):
    shutil.copytree(DATA / "mimic4", tmp_path / "mimic4")
    labs = tmp_path / "mimic4" / "hosp" / "labevents.csv"
    packed = gzip.compress(b"\n".join([labs.read_bytes()] * 500), compresslevel=1)
    labs.with_suffix(".csv.gz").write_bytes(packed[: len(packed) // 2])
    labs.unlink()
    with pytest.raises(SourceError, match=r"the table `labevents` cannot be read to its end") as caught:
        staged(tmp_path / "mimic4", tmp_path / "work")
    assert "201" not in str(caught.value).split("mimic4", 1)[1]


def test_a_run_that_goes_on_keeps_what_is_whole(tmp_path: Path):
    staged(DATA / "mimic3", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    con = staged(DATA / "mimic3", tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == before
    assert len(events(con)) == 14


def test_a_table_that_changed_is_staged_anew(tmp_path: Path):
    shutil.copytree(DATA / "mimic3", tmp_path / "mimic3")
    before = len(events(staged(tmp_path / "mimic3", tmp_path / "work")))
    with (tmp_path / "mimic3" / "LABEVENTS.csv").open("a", encoding="utf-8") as file:
        file.write("\n23,101,1001,50960,2101-03-06 10:00:00,1.5,1.5,mg/dL,\n")
    assert len(events(staged(tmp_path / "mimic3", tmp_path / "work"))) == before + 1
