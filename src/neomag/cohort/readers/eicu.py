"""eICU-CRD: times are minutes from the admission to the unit (negative before it), and ages are mostly full years.

A stay of a unit is one infant, as stays of one patient have no common time. Only an age in months or smaller tells how old the
infant was; an age in full years below two does not, and is a problem. An age in months is taken at the start of that month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neomag import ages
from neomag.cohort.readers import Options
from neomag.cohort.readers.postgres import masked
from neomag.cohort.readers.stager import Stager
from neomag.cohort.readers.staging import SourceError
from neomag.cohort.readers.table_codes import grams, load_codes
from neomag.cohort.readers.tables import Tables, open_tables
from neomag.cohort.readers.values import comparator, listed, no_number, number, pair_join, unit_pairs

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_YEARS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:y|yr|years?)?")
_DIAGNOSES_A_ROW = 64


def detects(where: str) -> bool:
    """Whether the tables are those of eICU-CRD."""
    return "patientunitstayid" in open_tables(where).columns.get("patient", ())


def source(where: str, options: Options) -> EicuSource:
    """The eICU tables at `where`. Raises SourceError when they are not there."""
    tables = open_tables(where)
    if "patientunitstayid" not in tables.columns.get("patient", ()):
        raise SourceError(f"{masked(where)}: no eICU tables; wanted is patient (with patientunitstayid), as CSV or Parquet")
    return EicuSource(masked(where), options, tables)


@dataclass(slots=True)
class EicuSource:
    """eICU-CRD, or a table layout like it."""

    where: str
    options: Options
    tables: Tables
    layout: str = "eicu"

    def stage(self, con: DuckDBPyConnection, workdir: Path, buckets: int) -> None:
        """Write infants, results, drugs and diagnoses by bucket of infants."""
        codes = load_codes("eicu_labels.csv", self.options)
        with Stager(con, workdir, buckets, self.tables, self.where, codes) as stager:
            _people(stager)
            stager.rows("lab", _results(stager))
            stager.rows("medication", _orders(stager))
            stager.rows("diagnosis", _diagnoses(stager))
            # Weighed at the admission, from which the times count.
            stager.traits(
                "patient", "SELECT infant, n, 0 AS offset_s, 'weight' AS trait, weight AS number FROM people WHERE weight > 0"
            )


def _people(stager: Stager) -> None:
    columns = ["patientunitstayid", "gender", "age", "hospitalid", "admissionweight"]
    patients = stager.take("patient", columns, needed=["patientunitstayid", "age"])
    con = stager.con
    said = [row[0] for row in con.execute(f"SELECT DISTINCT age FROM {patients}").fetchall()]
    con.execute("CREATE OR REPLACE TEMP TABLE ages_said (age VARCHAR, start BIGINT, scope VARCHAR)")
    if said:
        con.executemany("INSERT INTO ages_said VALUES (?, ?, ?)", [(text, *_age(text, stager.scope)) for text in said])
    weight = number("p.admissionweight")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE people AS
        SELECT p.patientunitstayid AS infant, p.n, CAST(NULL AS TIMESTAMP) AS born, a.start, a.scope, p.hospitalid AS site,
            CASE lower(p.gender) WHEN 'female' THEN 'female' WHEN 'male' THEN 'male' END AS sex,
            round({weight} * {grams()["kg"]}, 6) AS weight
        FROM {patients} AS p LEFT JOIN ages_said AS a ON a.age IS NOT DISTINCT FROM p.age
        QUALIFY row_number() OVER (PARTITION BY p.patientunitstayid ORDER BY p.n) = 1"""
    )
    stager.infants(
        f"""SELECT p.infant, t.n AS read_seq, p.born, p.sex, p.site, 'hospital' AS setting
        FROM {patients} AS t JOIN people AS p ON p.infant = t.patientunitstayid WHERE p.scope = 'in'"""
    )


def _results(stager: Stager) -> str:
    names = ("labname", [code.code for code in stager.codes.values("eICU-lab")])
    units = ["labmeasurenamesystem", "labmeasurenameinterface"]
    columns = ["patientunitstayid", "labname", "labresultoffset", "labresult", "labresulttext", *units]
    taken = stager.take("lab", columns, [names], needed=["patientunitstayid", "labname", "labresultoffset"])
    spelt = stager.codes.table("eICU-unit", ["unit"])
    rows = f"""
        SELECT e.patientunitstayid AS infant, e.n, {_offset("e.labresultoffset")} AS offset_s, e.labresultoffset AS given,
            c.kind,
            c.code, c.source_code, e.labresult, e.labresulttext AS text, {number("e.labresult", "e.labresulttext")} AS value,
            {comparator("e.labresulttext")} AS comparator, coalesce(s.code, e.{units[0]}) AS first,
            coalesce(i.code, e.{units[1]}) AS second
        FROM {taken} AS e JOIN {stager.codes.table("eICU-lab")} AS c ON lower(e.labname) = c.item
        LEFT JOIN {spelt} AS s ON lower(e.{units[0]}) = s.item LEFT JOIN {spelt} AS i ON lower(e.{units[1]}) = i.item"""
    pairs = unit_pairs(stager.con, "eicu_units", f"SELECT code, first, second FROM ({rows}) WHERE kind = 'lab'")
    troubles = listed(_bad_time("given", "offset_s"), no_number("value", "labresult", "text"))
    return f"""
        SELECT infant, n, offset_s, kind, r.code, source_code, value, {pairs}.unit, comparator, {troubles} AS trouble
        FROM ({rows}) AS r {pair_join(pairs, "r")}"""


def _orders(stager: Stager) -> str:
    """Orders, which `are not necessarily delivered`: no event, unless the site binds the drug to `eICU-drug`."""
    names = [code.code for system in ("name", "eICU-drug") for code in stager.codes.values(system, ["given"])]
    columns = ["patientunitstayid", "drugname", "drugstartoffset", "dosage", "routeadmin", "drugordercancelled"]
    needed = ["patientunitstayid", "drugname", "drugstartoffset"]
    taken = stager.take("medication", columns, [("drugname", names)], needed=needed)
    # `2 g`: a number, a unit, nothing more; `1 mcg/kg/min` is a rate, not a dose.
    amount, unit = (f"regexp_extract(e.dosage, '^([\\d.]+)\\s*(mg|g|ml|meq|mmol|mcg)$', {group}, 'i')" for group in (1, 2))
    not_given = "CASE WHEN lower(cancelled) IN ('yes', 'true') THEN 'not-given' WHEN NOT counts THEN 'ordered-not-given' END"
    return f"""
        SELECT infant, n, offset_s, kind, code, source_code, route, dose,
            CASE WHEN dose IS NOT NULL THEN dose_unit END AS dose_unit,
            {listed(_bad_time("given", "offset_s"), not_given)} AS trouble
        FROM (
            SELECT e.patientunitstayid AS infant, e.n, {_offset("e.drugstartoffset")} AS offset_s, e.drugstartoffset AS given,
                'given' AS kind, coalesce(g.code, c.code) AS code, coalesce(g.source_code, c.source_code) AS source_code,
                g.item IS NOT NULL AS counts, coalesce(r.code, r2.code) AS route, {number(amount)} AS dose,
                CASE lower({unit}) WHEN 'ml' THEN 'mL' WHEN 'meq' THEN 'mEq' ELSE lower({unit}) END AS dose_unit,
                e.drugordercancelled AS cancelled
            FROM {taken} AS e LEFT JOIN {stager.codes.table("name", ["given"])} AS c ON lower(e.drugname) = c.item
            LEFT JOIN {stager.codes.table("eICU-drug", ["given"])} AS g ON lower(e.drugname) = g.item
            LEFT JOIN {stager.codes.table("eICU-route", ["route"])} AS r ON lower(e.routeadmin) = r.item
            LEFT JOIN {stager.codes.table("name", ["route"])} AS r2 ON lower(e.routeadmin) = r2.item)"""


def _diagnoses(stager: Stager) -> str:
    """Diagnoses at the time they were entered. One row may hold several codes (`275.2, E83.42`); each is an event."""
    taken = stager.take("diagnosis", ["patientunitstayid", "diagnosisoffset", "icd9code"])
    codes = " UNION ALL ".join(f"SELECT * FROM {stager.codes.table(system)}" for system in ("ICD-9", "ICD-10"))
    said = "list_distinct(list_transform(string_split(lower(icd9code), ','), lambda one: trim(one)))"
    return f"""
        SELECT infant, n, offset_s, kind, code, source_code, {listed(_bad_time("given", "offset_s"))} AS trouble
        FROM (
            SELECT e.infant, e.n * {_DIAGNOSES_A_ROW} + e.place % {_DIAGNOSES_A_ROW} AS n, {_offset("e.given")} AS offset_s,
                e.given,                 c.kind, c.code, c.source_code
            FROM (
                SELECT patientunitstayid AS infant, n, diagnosisoffset AS given, unnest(list_sort({said})) AS one,
                    generate_subscripts(list_sort({said}), 1) AS place
                FROM {taken} WHERE icd9code IS NOT NULL) AS e
            JOIN ({codes}) AS c ON e.one = c.item)"""


def _age(text: str | None, scope: int) -> tuple[int | None, str]:
    """Age in seconds at the admission to the unit, and whether it puts the stay in scope, out of it, or tells too little."""
    plain = (text or "").strip().lower()
    if plain.startswith(">"):
        return None, "out-of-scope"
    years = _YEARS.fullmatch(plain)
    if years:
        return None, "no-birth" if float(years[1]) * ages.SECONDS["y"] < scope else "out-of-scope"
    try:
        start = ages.seconds(plain)
    except ValueError:
        return None, "no-birth"
    return start, "in" if start <= scope else "out-of-scope"


def _offset(column: str) -> str:
    return f"TRY_CAST({column} AS BIGINT) * 60"


def _bad_time(text: str, offset: str) -> str:
    return f"CASE WHEN {text} IS NOT NULL AND {offset} IS NULL THEN 'bad-time' END"
