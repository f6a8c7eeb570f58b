"""MIMIC-III and MIMIC-IV, by the table layouts that PhysioNet publishes (also hospitals' copies of them, in any file format).

Birth: MIMIC-III gives its day; MIMIC-IV gives only years, so that birth is known for infants born in the hospital alone. The
admission that pertains to the birth (type NEWBORN, or service NB or NBB) gives its hour. Times are shifted per patient by whole
days, into a time to come, and carry no zone: events are given by their age. Over 89 years MIMIC-III shifts ages to about 300,
which is out of scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neomag.cohort.readers import Options
from neomag.cohort.readers import mimic_rows as of
from neomag.cohort.readers.postgres import masked
from neomag.cohort.readers.stager import Stager
from neomag.cohort.readers.staging import SourceError
from neomag.cohort.readers.table_codes import load_codes
from neomag.cohort.readers.tables import Tables, open_tables
from neomag.cohort.readers.values import whole_day

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def detects(where: str) -> bool:
    """Whether the tables are those of MIMIC."""
    return _version(open_tables(where)) is not None


def source(where: str, options: Options) -> MimicSource:
    """The MIMIC tables at `where`. Raises SourceError when they are not there."""
    tables = open_tables(where)
    version = _version(tables)
    if version is None:
        raise SourceError(
            f"{masked(where)}: no MIMIC tables; wanted are patients (with dob or anchor_age) and admissions, as CSV or Parquet"
        )
    return MimicSource(masked(where), options, tables, version)


def _version(tables: Tables) -> int | None:
    patients = tables.columns.get("patients", ())
    if "subject_id" not in patients or "subject_id" not in tables.columns.get("admissions", ()):
        return None
    return 3 if "dob" in patients else 4 if "anchor_age" in patients else None


@dataclass(slots=True)
class MimicSource:
    """MIMIC-III (`version` 3) or MIMIC-IV (4)."""

    where: str
    options: Options
    tables: Tables
    version: int
    layout: str = "mimic"

    def stage(self, con: DuckDBPyConnection, workdir: Path, buckets: int) -> None:
        """Write infants, results, drugs, diagnoses and weights by bucket of infants."""
        codes = load_codes("mimic_items.csv", self.options)
        with Stager(con, workdir, buckets, self.tables, self.where, codes) as stager:
            stager.dated = False
            self._people(stager)
            stager.rows("labevents", of.results(stager))
            for table in ("inputevents_mv", "inputevents_cv", "inputevents"):
                stager.rows(table, of.inputs(stager, table))
            stager.rows("emar", of.administered(stager))
            stager.rows("prescriptions", of.orders(stager))
            stager.rows("diagnoses_icd", of.diagnoses(stager, self.version))
            stager.traits("chartevents", of.weights(stager))

    def _people(self, stager: Stager) -> None:
        admissions = stager.take(
            "admissions", ["subject_id", "hadm_id", "admittime", "admission_type"], needed=["subject_id", "admittime"]
        )
        services = stager.take("services", ["hadm_id", "curr_service"])
        patients = stager.take("patients", ["subject_id", "gender", "dob", "anchor_age", "anchor_year"], needed=["subject_id"])
        types, wards = (stager.codes.table(system, ["newborn"]) for system in ("MIMIC-admission", "MIMIC-service"))
        births = f"SELECT hadm_id FROM {services} WHERE lower(curr_service) IN (SELECT item FROM {wards})"
        stager.con.execute(
            f"""CREATE OR REPLACE TEMP TABLE people AS
            WITH stays AS (
                SELECT subject_id, TRY_CAST(admittime AS TIMESTAMP) AS admitted,
                    lower(admission_type) IN (SELECT item FROM {types}) OR hadm_id IN ({births}) AS birth
                FROM {admissions}),
            first AS (
                SELECT subject_id, min(admitted) AS admitted, min(admitted) FILTER (WHERE birth) AS birth
                FROM stays GROUP BY subject_id),
            known AS (
                SELECT p.*, TRY_CAST(p.dob AS TIMESTAMP) AS given, f.admitted, f.birth,
                    TRY_CAST(p.anchor_age AS INTEGER) + year(f.admitted) - TRY_CAST(p.anchor_year AS INTEGER) AS years
                FROM {patients} AS p LEFT JOIN first AS f USING (subject_id)),
            aged AS (SELECT *, {self._born()} AS born FROM known)
            SELECT subject_id AS infant, born, coalesce(born = given AND ({whole_day("dob")}), FALSE) AS born_day,
                CASE gender WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' END AS sex, CAST(NULL AS BIGINT) AS start,
                {self._scope(stager)} AS scope
            FROM aged QUALIFY row_number() OVER (PARTITION BY subject_id ORDER BY n) = 1"""
        )
        stager.infants(
            f"""SELECT p.infant, t.n AS read_seq, CAST(NULL AS TIMESTAMP) AS born, p.born_day, p.sex, 'hospital' AS setting
            FROM {patients} AS t JOIN people AS p ON p.infant = t.subject_id WHERE p.scope = 'in'"""
        )

    def _born(self) -> str:
        if self.version == 3:
            return "CASE WHEN CAST(birth AS DATE) = CAST(given AS DATE) THEN birth ELSE given END"
        # `years` is the age in the year of the first admission: 0 for a birth, or a contradiction.
        return "CASE WHEN years = 0 AND birth = admitted THEN birth END"

    def _scope(self, stager: Stager) -> str:
        if self.version == 3:
            return f"""CASE WHEN born IS NULL OR admitted IS NULL THEN 'no-birth'
                WHEN date_diff('second', born, admitted) > {stager.scope} THEN 'out-of-scope' ELSE 'in' END"""
        # Aged 3 or more in that year, the patient was past the second birthday at the admission, whenever in the year it fell.
        return "CASE WHEN born IS NOT NULL THEN 'in' WHEN years >= 3 THEN 'out-of-scope' ELSE 'no-birth' END"
