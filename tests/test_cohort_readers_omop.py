"""OMOP CDM 5.4: concepts, units, times, and the same rows from CSV, Parquet, a DuckDB file and a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from tests.cohort_tables import DATA, accounted, events, lines, problems, rows, staged
from tests.postgres_server import server

from neomag.cli import main
from neomag.cohort.normalise import normalise
from neomag.cohort.readers import Options, SourceError, open_source
from neomag.cohort.readers.postgres import masked

OMOP = DATA / "omop"


@pytest.fixture(scope="module")
def omop(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return staged(OMOP, tmp_path_factory.mktemp("omop"))


def changed(tmp_path: Path, table: str, old: str, new: str) -> Path:
    """The sample with one text of one table replaced."""
    shutil.copytree(OMOP, tmp_path / "omop")
    path = tmp_path / "omop" / table
    said = path.read_text("utf-8")
    assert old in said
    path.write_text(said.replace(old, new), "utf-8")
    return tmp_path / "omop"


def test_people_with_a_day_of_birth_who_were_watched_in_infancy(omop: duckdb.DuckDBPyConnection):
    assert rows(omop, "SELECT infant, born::VARCHAR, born_day, sex, site FROM infants ORDER BY infant") == [
        ("1", "2023-03-01 08:30:00", False, "female", "7"),
        ("2", "2022-01-10 00:00:00", True, "male", "7"),
    ]
    said = problems(omop)
    assert ("out-of-scope", "patients", None, 1) in said  # born 1950, watched from 2010
    assert ("no-birth", "patients", None, 2) in said  # a year alone, and the 30th of February


def test_without_observation_periods_every_birth_counts_and_late_rows_do_not(tmp_path: Path):
    shutil.copytree(OMOP, tmp_path / "omop")
    (tmp_path / "omop" / "observation_period.csv").unlink()
    con = staged(tmp_path / "omop", tmp_path / "work")
    assert rows(con, "SELECT infant FROM infants ORDER BY infant") == [("1",), ("2",), ("3",)]
    assert not rows(con, "SELECT * FROM raw_events WHERE infant = '3'")
    assert ("out-of-scope", "measurement", None, 2) in problems(con)


def test_results_with_units_from_concepts_and_from_text(omop: duckdb.DuckDBPyConnection):
    found = dict(rows(omop, "SELECT seq, (code, value, unit, comparator, flag, source_code) FROM raw_events WHERE seq < 100"))
    assert found[1] == ("magnesium", 1.2, "mg/dL", None, None, "LOINC 19123-9")
    assert found[2] == ("magnesium", 1.9, "mg/dL", None, None, "LOINC 2601-3")
    assert found[3] == ("magnesium", 0.2, "mmol/L", "<", None, "LOINC 19123-9")  # the operator's concept
    assert found[4] == ("magnesium", 0.8, "mmol/L", None, None, "LOINC 19123-9")  # the unit's text
    assert found[6] == ("magnesium", None, None, None, "low", "LOINC 19123-9")
    assert found[14] == ("potassium", 4.1, "mmol/L", None, None, "LOINC 2823-3")  # the source concept alone is known
    assert found[5] == ("magnesium", 0.8, "mg/dL | mmol/L", None, None, "LOINC 19123-9")  # neither unit can be trusted
    assert 8 not in found


def test_dirt_is_said(omop: duckdb.DuckDBPyConnection):
    said = set(rows(omop, "SELECT seq, problem, detail FROM problems WHERE infant = '1' AND seq < 100"))
    assert (2, "code-unit-conflict", "moles mg/dL") in said
    assert (3, "date-only", None) in said
    assert (4, "date-only", None) in said  # midnight stands for an hour that is not known
    assert (7, "not-a-number", None) in said
    assert (8, "not-measured", None) in said
    assert (13, "code-conflict", None) in said  # calcium by one concept, magnesium by the other
    assert ("excluded-code", "measurement", "LOINC 2532-0", 1) in problems(omop)
    assert ("weight-suspect", "measurement_weights", None, 1) in problems(omop)  # pounds


def test_the_concept_table_tells_what_the_shipped_concepts_do_not(omop: duckdb.DuckDBPyConnection):
    found = events(omop, "kind, code, source_code")
    assert ("sign", "seizure", "SNOMED 91175000") in found
    assert ("condition", "diarrhoea", "SNOMED 62315008") in found
    assert ("given", "antiseizure", "name phenobarbital") in found
    # A diagnosis of low magnesium is no level, by whichever concept.
    assert ("excluded-code", "condition_occurrence", "SNOMED 190855004", 1) in problems(omop)


def test_without_a_concept_table_the_shipped_concepts_do(tmp_path: Path, omop: duckdb.DuckDBPyConnection):
    shutil.copytree(OMOP, tmp_path / "omop")
    (tmp_path / "omop" / "CONCEPT.csv").unlink()
    con = staged(tmp_path / "omop", tmp_path / "work")
    labs = "SELECT infant, time, code, value, unit FROM raw_events WHERE kind = 'lab' ORDER BY ALL"
    assert rows(con, labs) == rows(omop, labs)
    assert not rows(con, "SELECT * FROM raw_events WHERE kind IN ('sign', 'condition')")


def test_without_observations_and_specimens_the_rest_is_read(tmp_path: Path):
    shutil.copytree(OMOP, tmp_path / "omop")
    for table in ("observation", "specimen"):
        (tmp_path / "omop" / f"{table}.csv").unlink()
    con = staged(tmp_path / "omop", tmp_path / "work")
    assert ("sign", "seizure", "SNOMED 91175000") in events(con, "kind, code, source_code")
    assert rows(con, "SELECT DISTINCT coalesce(specimen, []) FROM raw_events WHERE kind = 'lab'") == [([],)]
    assert not rows(con, "SELECT * FROM problems WHERE problem = 'specimen-unlinked'")


def test_the_concept_table_is_believed_before_the_shipped_concepts(tmp_path: Path):
    folder = changed(tmp_path, "CONCEPT.csv", "900004\tDiarrhea\tCondition\tSNOMED", "3001420\tPotassium\tMeasurement\tLOINC")
    concept = folder / "CONCEPT.csv"
    concept.write_text(concept.read_text("utf-8").replace("62315008", "2823-3"), "utf-8")
    con = staged(folder, tmp_path / "work")
    assert ("potassium", 1.2) in events(con, "code, value")


def test_a_site_binds_its_own_concepts_over_all(tmp_path: Path):
    own = tmp_path / "own.csv"
    own.write_text(
        "system,code,kind,vocabulary\nOMOP,3001420,lab,magnesium-ionised\nOMOP,40762499,excluded,\nOMOP,900006,given,calcium-oral\n",
        "utf-8",
    )
    con = staged(OMOP, tmp_path / "work", options=Options(codes=(own,)))
    found = events(con, "code, value, source_code")
    assert ("magnesium-ionised", 1.2, "OMOP 3001420") in found
    assert ("calcium-oral", None, "OMOP 900006") in found
    assert ("excluded-code", "measurement", "OMOP 40762499", 1) in problems(con)


def test_drugs_have_a_dose_only_with_its_unit(omop: duckdb.DuckDBPyConnection):
    assert [row for row in events(omop, "kind, code, dose, dose_unit, route, time::VARCHAR") if row[0] == "given"] == [
        ("given", "calcium-gluconate-10", 100.0, "mg", "iv", "2023-03-02 09:00:00"),
        ("given", "magnesium-sulfate", None, None, "iv", "2023-03-02 10:00:00"),
        ("given", "antiseizure", 20.0, "mg", "oral", "2023-03-02 11:00:00"),
    ]


def test_signs_and_conditions_that_were_observed(omop: duckdb.DuckDBPyConnection):
    base = 4 << 40
    found = rows(
        omop,
        f"SELECT seq - {base}, code, absent FROM raw_events WHERE seq > {base} AND kind IN ('sign', 'condition') ORDER BY 1",
    )
    assert found == [
        (1, "seizure", False),  # stated without a value
        (2, "seizure", True),
        (3, "seizure", False),
        (4, "seizure", True),
        (8, "seizure", True),  # yes, but the qualifier says no
        (18, "diarrhoea", True),
    ]
    said = set(rows(omop, f"SELECT seq - {base}, problem FROM problems WHERE seq > {base} AND seq < {base} + 100"))
    assert {(5, "not-understood"), (6, "not-understood"), (7, "not-understood"), (17, "wrong-type")} <= said


def test_a_seizure_in_the_family_is_not_one_of_the_infant(omop: duckdb.DuckDBPyConnection):
    assert not rows(omop, "SELECT * FROM raw_events WHERE time = '2023-03-02 15:00:00'")
    assert ("unbound-code", None, "OMOP 900015", 1) in problems(omop)
    assert ("excluded-code", "observation", "SNOMED 190855004", 1) in problems(omop)


def test_what_the_site_binds_of_the_family_and_of_feeding_counts(tmp_path: Path):
    own = tmp_path / "own.csv"
    own.write_text("system,code,kind,vocabulary\nOMOP,900015,condition,family-seizures\nOMOP,900017,answer,present\n", "utf-8")
    con = staged(OMOP, tmp_path / "work", options=Options(codes=(own,)))
    found = rows(con, "SELECT code, absent FROM raw_events WHERE time = '2023-03-02 13:00:00'")
    assert found == [("seizure", False)]  # mild is present
    # Of what was in the family the value would be known, but whether it is an answer is not.
    assert (9 + (4 << 40), "not-understood") in set(rows(con, "SELECT seq, problem FROM problems"))


def test_facts_of_the_infant_that_were_observed(omop: duckdb.DuckDBPyConnection):
    assert rows(omop, "SELECT infant, gestation, birth_weight FROM infants ORDER BY infant") == [
        ("1", 38.0, 2900.0),
        ("2", 39.0, None),
    ]
    assert rows(omop, "SELECT grams FROM weights WHERE infant = '1' ORDER BY time") == [(3400.0,), (3500.0,)]
    assert ("trait-unit", "observation_traits", None, 1) in problems(omop)
    assert ("magnesium", 0.8, "mmol/L") in rows(omop, f"SELECT code, value, unit FROM raw_events WHERE seq = {16 + (4 << 40)}")


def test_a_result_is_of_the_specimen_it_names_or_of_the_one_of_its_time(omop: duckdb.DuckDBPyConnection):
    found = dict(rows(omop, "SELECT seq, coalesce(specimen, []) FROM raw_events WHERE seq < 100 AND kind = 'lab'"))
    assert found[5] == ["haemolysed"]
    assert found[21] == []  # two tubes that are not alike
    assert found[22] == []  # the serum, and not the EDTA beside it
    assert found[23] == ["edta"]  # named, though taken at another time
    assert found[24] == []  # the hours of the day are not known
    assert found[25] == ["haemolysed"]  # both tubes are
    assert found[26] == ["cord"]
    assert found[27] == []  # a tube of another infant
    assert found[28] == []  # a number without what it refers to
    assert {seq for seq, tags in found.items() if tags} == {5, 23, 25, 26}
    # Those of 20 March, 22 March (cord), 11 February, and the one that another infant's result names.
    assert ("specimen-unlinked", "specimen", None, 4) in problems(omop)


@pytest.mark.parametrize(
    ("said", "zone", "utc"),
    [
        ("2023-03-02 08:30:00", "UTC", "2023-03-02 08:30:00"),
        ("2023-03-02 08:30:00", "Europe/Berlin", "2023-03-02 07:30:00"),
        ("2023-03-02 08:30:00+02:00", "Europe/Berlin", "2023-03-02 06:30:00"),
        ("2023-03-02T08:30:00Z", "Europe/Berlin", "2023-03-02 08:30:00"),
        ("2023-03-02 08:30:00-0500", "UTC", "2023-03-02 13:30:00"),
        ("2023-07-02 08:30:00", "Europe/Berlin", "2023-07-02 06:30:00"),
    ],
)
def test_times_carry_their_zone_or_have_that_of_the_run(said: str, zone: str, utc: str, tmp_path: Path):
    folder = changed(tmp_path, "measurement.csv", "2023-03-02 08:30:00", said)
    con = staged(folder, tmp_path / "work", options=Options(zone=zone))
    assert rows(con, "SELECT time::VARCHAR FROM raw_events WHERE seq = 1 AND infant = '1'") == [(utc,)]


def test_a_day_of_birth_is_a_day_of_the_zone(tmp_path: Path):
    con = staged(OMOP, tmp_path, options=Options(zone="Asia/Tokyo"))
    assert rows(con, "SELECT born::VARCHAR, born_day FROM infants WHERE infant = '2'") == [("2022-01-09 15:00:00", True)]


def test_a_time_that_is_none_gives_no_event(tmp_path: Path):
    con = staged(changed(tmp_path, "measurement.csv", "2023-03-02 08:30:00", "2023-02-30 08:30:00"), tmp_path / "work")
    assert rows(con, "SELECT problem FROM problems WHERE infant = '1' AND seq = 1") == [("bad-time",)]
    assert not rows(con, "SELECT * FROM raw_events WHERE infant = '1' AND seq = 1")


def test_a_person_who_is_there_twice_is_one_infant_and_a_problem(tmp_path: Path):
    folder = changed(tmp_path, "person.csv", "2,8507,2022", "1,8507,2021,1,1,,0,0,,,7,x,M,0,,0,,0\n2,8507,2022")
    con = staged(folder, tmp_path / "work")
    assert rows(con, "SELECT infant, sex FROM infants ORDER BY infant") == [("1", "female"), ("2", "male")]
    assert ("duplicate-id", None, None, 1) in problems(con, "1")
    assert len(rows(con, "SELECT DISTINCT seq FROM raw_events WHERE infant = '1'")) == len(
        rows(con, "SELECT seq FROM raw_events WHERE infant = '1'")
    )


def test_every_row_about_a_bound_concept_is_accounted_for(omop: duckdb.DuckDBPyConnection):
    bound = {
        str(row[0])
        for row in rows(
            omop, "SELECT id FROM concepts WHERE kind IN ('lab', 'sign', 'condition', 'given', 'infant', 'excluded')"
        )
    }
    for place, (table, what) in {
        0: ("measurement", "measurement"),
        2: ("condition_occurrence", "condition"),
        3: ("drug_exposure", "drug"),
        4: ("observation", "observation"),
    }.items():
        said = lines(OMOP / f"{table}.csv")
        columns = (
            f"{what}_concept_id",
            f"{what}_source_concept_id",
            *(["value_as_concept_id"] if table == "observation" else []),
        )
        about = sum(any(row[column] in bound for column in columns) for row in said)
        assert about > 0
        if table in {"measurement", "observation"}:
            name, facts = {"measurement": ("measurement_weights", 2), "observation": ("observation_traits", 5)}[table]
            assert accounted(omop, name, place + 1) == facts
            about -= facts
        assert accounted(omop, table, place) == about


def test_normalised_to_events(tmp_path: Path):
    con = staged(OMOP, tmp_path)
    normalise(con)
    found = dict(rows(con, "SELECT seq, (value, flag, \"at\") FROM events WHERE infant = '1' AND key = 'lab:magnesium'"))
    assert found[1] == (pytest.approx(1.2 / 2.4305, rel=1e-12), None, 86_400)
    assert found[3][:2] == (None, "low")
    assert found[5][:2] == (None, None)
    assert found[9][:2] == (None, None)
    assert "negative" in {row[0] for row in problems(con, "1")}


def test_a_folder_without_tables_is_refused(tmp_path: Path):
    with pytest.raises(SourceError, match=r"no OMOP tables; wanted is person"):
        open_source(tmp_path, "omop")


def test_a_table_without_its_concept_is_refused(tmp_path: Path):
    folder = changed(tmp_path, "measurement.csv", "measurement_concept_id", "concept")
    with pytest.raises(SourceError, match=r"the table `measurement` has no column `measurement_concept_id`"):
        staged(folder, tmp_path / "work")


def test_a_database_that_is_none_is_refused(tmp_path: Path):
    (tmp_path / "x.duckdb").write_bytes(b"12345678DUCK and nothing more")
    with pytest.raises(SourceError, match=r"x\.duckdb: cannot be opened as a DuckDB file"):
        open_source(tmp_path / "x.duckdb")


# --- the same rows from every kind of store

KINDS = {
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "number": "NUMERIC",
    "quantity": "NUMERIC",
    "id": "INTEGER",
    "birth": "INTEGER",
}


def kind_of(column: str) -> str:
    """The types of the CDM's own DDL, by the last word of a column's name."""
    return KINDS.get(column.rpartition("_")[2], "VARCHAR")


def tables() -> Iterator[tuple[str, list[str], list[dict[str, str]]]]:
    for path in sorted(OMOP.glob("*.csv")):
        if path.name == "CONCEPT.csv":
            heading, *said = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
            yield "concept", heading, [dict(zip(heading, line, strict=True)) for line in said]
        else:
            said = lines(path)
            yield path.stem, list(said[0]), said


def created(name: str, columns: list[str], *, text: tuple[str, ...] = ()) -> str:
    kinds = ", ".join(f"{column} {'VARCHAR' if column in text else kind_of(column)}" for column in columns)
    return f"CREATE TABLE {name} ({kinds})"


# Columns whose last word misleads: dates of validity written 19700101, vocabularies called _id.
TEXT = ("vocabulary_id", "domain_id", "concept_class_id", "valid_start_date", "valid_end_date", "specimen_source_id")


def filled(con: Any, mark: str) -> None:
    for name, columns, said in tables():
        con.execute(created(name, columns, text=TEXT))
        places = ", ".join([mark] * len(columns))
        for row in said:
            con.execute(f"INSERT INTO {name} VALUES ({places})", [row[column] or None for column in columns])


def told(con: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    return (
        rows(con, "SELECT * FROM infants ORDER BY infant"),
        rows(con, "SELECT * FROM raw_events ORDER BY infant, seq"),
        rows(con, "SELECT * FROM problems ORDER BY ALL"),
    )


def test_a_duckdb_file_says_the_same(tmp_path: Path, omop: duckdb.DuckDBPyConnection):
    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as con:
        con.execute("CREATE SCHEMA cdm")
        con.execute("USE cdm")
        filled(con, "?")
    assert told(staged(tmp_path / "cdm.duckdb", tmp_path / "work")) == told(omop)


def test_parquet_says_the_same_in_parts_too(tmp_path: Path, omop: duckdb.DuckDBPyConnection):
    folder = tmp_path / "cdm"
    folder.mkdir()
    with duckdb.connect() as con:
        filled(con, "?")
        for name, _, _ in tables():
            con.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet)")
        (folder / "measurement.parquet").unlink()
        (folder / "measurement").mkdir()
        for part, half in enumerate(("<= 10", "> 10")):
            to = folder / "measurement" / f"part-{part}.parquet"
            con.execute(f"COPY (SELECT * FROM measurement WHERE measurement_id {half}) TO '{to}' (FORMAT parquet)")
    assert told(staged(folder, tmp_path / "work")) == told(omop)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of the test's own, on loopback, removed afterwards."""
    with server() as address:
        yield f"{address}postgres?options=-csearch_path%3Dcdm"


def test_postgresql_says_the_same(postgres: str, tmp_path: Path, omop: duckdb.DuckDBPyConnection):
    with import_module("psycopg").connect(postgres) as con:
        con.execute("DROP SCHEMA IF EXISTS cdm CASCADE")
        con.execute("CREATE SCHEMA cdm")
        filled(con, "%s")
    source = open_source(postgres)
    assert source.layout == "omop"
    assert "secret" not in source.where
    assert told(staged(postgres, tmp_path)) == told(omop)
    # Nothing of the stream is left, and no password stands in what is kept.
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in kept if path.name.endswith(".part")]
    assert not [path for path in kept if b"secret" in path.read_bytes()]


@pytest.mark.slow
def test_a_run_over_postgresql_keeps_its_password_to_itself(postgres: str, tmp_path: Path):
    with import_module("psycopg").connect(postgres) as con:
        con.execute("DROP SCHEMA IF EXISTS cdm CASCADE")
        con.execute("CREATE SCHEMA cdm")
        filled(con, "%s")
    ran = CliRunner().invoke(main, ["cohort", "run", postgres, "--out", str(tmp_path / "out")])
    assert ran.exit_code == 0, ran.output
    assert "secret" not in ran.output
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"secret" in path.read_bytes()]
    found = duckdb.execute(f"SELECT count(DISTINCT infant) FROM '{tmp_path}/out/answers.parquet/*.parquet'").fetchone()
    assert found == (2,)


def test_a_postgresql_that_is_not_there_is_named_without_its_password(postgres: str):
    gone = postgres.replace("/postgres?", "/nowhere?")
    with pytest.raises(SourceError, match="the database cannot be reached") as caught:
        open_source(gone)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:p%40ss@host:5432/cdm", "postgresql://me:…@host:5432/cdm"),
        ("postgresql://host/cdm?user=me&password=pass&x=1", "postgresql://host/cdm?user=me&password=…&x=1"),
        ("postgresql://me@host/cdm", "postgresql://me@host/cdm"),
    ],
)
def test_passwords_are_masked(url: str, shown: str):
    assert masked(url) == shown
