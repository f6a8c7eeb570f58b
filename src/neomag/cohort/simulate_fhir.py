"""Made-up infants as FHIR R4 bulk NDJSON: Patient, Observation, Specimen, Condition, MedicationAdministration.

Codes are those of codes.csv where one is confirmed. The rest stands in a code system of the generator's own, with a table
beside it (site_codes.csv) that binds it: what a hospital does with the codes of its own.
"""

from __future__ import annotations

import csv
import gzip
import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from neomag.knowledge import load
from neomag.knowledge.tables import terminology_file
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OWN = "urn:neomag:made-up"
CODES = "site_codes.csv"
_SYSTEMS = {"LOINC": "http://loinc.org", "SNOMED": "http://snomed.info/sct"}
_UCUM = {"mEq/L": "meq/L"}
KINDS = ("Patient", "Observation", "Specimen", "Condition", "MedicationAdministration")

_HL7 = "http://terminology.hl7.org/CodeSystem"


def _columns() -> list[str]:
    with terminology_file("codes.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


@cache
def _shipped() -> dict[tuple[str, str], tuple[str, str]]:
    """The first confirmed SNOMED code or name of each word of the vocabulary, by (kind, word)."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    with terminology_file("codes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["system"] in {"SNOMED", "name"}:
                found.setdefault((row["kind"], row["vocabulary"]), (row["system"], row["code"]))
    return found


def _concept(kind: str, code: str) -> str:
    """The CodeableConcept of a word of the vocabulary, as JSON."""
    system, own = _shipped().get((kind, code), ("", ""))
    if system == "name":
        return f'{{"text":"{own}"}}'
    return f'{{"coding":[{{"system":"{_SYSTEMS.get(system, OWN)}","code":"{own or f"{kind}-{code}"}"}}]}}'


def _concepts(con: DuckDBPyConnection) -> None:
    words = [(kind, code) for kind, terms in load().vocabulary.items() for code in terms]
    words = [("given" if kind == "drug" else kind, code) for kind, code in words]
    con.execute("CREATE OR REPLACE TEMP TABLE sim_concept (kind VARCHAR, code VARCHAR, concept VARCHAR)")
    con.executemany("INSERT INTO sim_concept VALUES (?, ?, ?)", [(kind, code, _concept(kind, code)) for kind, code in words])
    routes = [(route, _concept("route", route)) for route in ("iv", "im", "oral")]
    con.execute("CREATE OR REPLACE TEMP TABLE sim_route (route VARCHAR, concept VARCHAR)")
    con.executemany("INSERT INTO sim_route VALUES (?, ?)", routes)


def _filled(template: str) -> str:
    """A template of JSON as an SQL expression: `<<x>>` puts the SQL value x in, `[? … ?]` goes where a value in it is NULL."""
    parts: list[str] = []
    for n, piece in enumerate(re.split(r"\[\?(.*?)\?\]", template, flags=re.DOTALL)):
        texts = re.split(r"<<(.*?)>>", piece, flags=re.DOTALL)
        filled = " || ".join(f"({part})" if k % 2 else literal(part) for k, part in enumerate(texts) if part)
        if filled:
            parts.append(f"coalesce({filled}, '')" if n % 2 else filled)
    return " || ".join(parts)


def _time(age: str) -> str:
    return f"strftime(f.born_truly + to_seconds({age}), '%Y-%m-%dT%H:%M:%SZ')"


def _quantity(value: str, unit: str) -> str:
    """The Quantity of an SQL value and unit, as SQL; without a unit it has none."""
    ucum = " ".join(f"WHEN '{ours}' THEN '{code}'" for ours, code in _UCUM.items())
    coded = f"CASE {unit} {ucum} ELSE {unit} END"
    return _filled(f'{{"value":<<{value}>>[?,"unit":"<<{unit}>>","system":"http://unitsofmeasure.org","code":"<<{coded}>>"?]}}')


_SUBJECT = '"subject":{"reference":"Patient/<<f.infant>>"}'
_PATIENT = f"""{{"resourceType":"Patient","id":"<<f.infant>>","meta":{{"security":[{{"system":\
"{_HL7}/v3-ActReason","code":"HTEST"}}]}}\
[?,"gender":"<<f.sex>>"?][?,"birthDate":"<<strftime(f.born, '%Y-%m-%d')>>","_birthDate":{{"extension":[{{"url":\
"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"<<strftime(f.born, '%Y-%m-%dT%H:%M:%SZ')>>"}}]}}?]\
,"managingOrganization":{{"display":"<<f.site>>"}}}}"""
_OBSERVATION = f"""{{"resourceType":"Observation","id":"<<f.infant>>-<<e.seq>>","status":"final","code":{{"coding":[{{"system":\
"<<CASE WHEN e.source_code LIKE 'LOINC %' THEN 'http://loinc.org' ELSE '{OWN}' END>>","code":"\
<<CASE WHEN e.source_code LIKE 'LOINC %'
THEN substr(e.source_code, 7) ELSE coalesce('lab-' || e.code, lower(replace(e.source_code, ' ', '-'))) END>>"}}]}},{_SUBJECT}\
[?,"effectiveDateTime":"<<{_time("e.age")}>>"?][?,"valueQuantity":<<CASE WHEN NOT isnan(e.value) THEN
CASE WHEN e.comparator IS NULL THEN {_quantity("e.value", "e.unit")} ELSE
'{{"comparator":"' || e.comparator || '",' || substr({_quantity("e.value", "e.unit")}, 2) END END>>?]\
[?,"dataAbsentReason":{{"coding":[{{"system":"{_HL7}/data-absent-reason","code":"\
<<CASE WHEN isnan(e.value) THEN 'not-a-number' END>>"}}]}}?]\
[?,"interpretation":[{{"coding":[{{"system":"{_HL7}/v3-ObservationInterpretation","code":"<<upper(e.flag[1])>>"}}]}}]?]\
[?,"specimen":{{"reference":"Specimen/<<CASE WHEN len(e.specimen) > 0 THEN f.infant || '-' || e.came END>>"}}?]}}"""
_SPECIMEN = f"""{{"resourceType":"Specimen","id":"<<f.infant>>-<<e.came>>",{_SUBJECT}\
[?,"condition":[{{"coding":[{{"system":"{_HL7}/v2-0493","code":"\
<<CASE WHEN list_contains(e.specimen, 'haemolysed') THEN 'HEM' END>>"}}]}}]?]\
[?,"container":[{{"additiveCodeableConcept":{{"text":"\
<<CASE WHEN list_contains(e.specimen, 'edta') THEN 'EDTA' END>>"}}}}]?]}}"""
_CONDITION = f"""{{"resourceType":"Condition","id":"<<f.infant>>-<<e.seq>>"\
[?,"verificationStatus":{{"coding":[{{"system":"{_HL7}/condition-ver-status","code":"\
<<CASE WHEN e.absent THEN 'refuted' END>>"}}]}}?]\
,"code":<<c.concept>>,{_SUBJECT}[?,"severity":{{"text":"<<e.grade>>"}}?][?,"onsetDateTime":"<<{_time("e.age")}>>"?]\
[?,"abatementDateTime":"<<{_time("e.age + e.lasting")}>>"?]}}"""
# A solution's strength stands in its name.
_NAMED = """CASE WHEN e.concentration IS NULL OR c.concept NOT LIKE '{"text"%' THEN c.concept
    ELSE replace(c.concept, '"}', ' ' || e.concentration::INT || ' %"}') END"""
_GIVEN = f"""{{"resourceType":"MedicationAdministration","id":"<<f.infant>>-<<e.seq>>","status":"completed",\
"medicationCodeableConcept":<<{_NAMED}>>,{_SUBJECT}[?,"effectiveDateTime":"\
<<CASE WHEN e.over IS NULL THEN {_time("e.age")} END>>"?]\
[?,"effectivePeriod":{{"start":"<<CASE WHEN e.over IS NOT NULL THEN {_time("e.age")} END>>","end":"\
<<{_time("e.age + e.over")}>>"}}?]\
[?,"dosage":<<CASE WHEN e.dose IS NOT NULL AND r.concept IS NOT NULL
    THEN '{{"route":' || r.concept || ',"dose":' || {_quantity("e.dose", "e.dose_unit")} || '}}'
    WHEN r.concept IS NOT NULL THEN '{{"route":' || r.concept || '}}' END>>?]}}"""
_TRAITS = (("gestation", "11884-4", "wk", "0"), ("birth_weight", "8339-4", "g", "0"), ("weight", "29463-7", "g", "f.start"))


def _trait(name: str, loinc: str, unit: str, age: str) -> str:
    filled = _filled(
        f'{{"resourceType":"Observation","id":"<<f.infant>>-{name.replace("_", "-")}","status":"final",'
        f'"code":{{"coding":[{{"system":'
        f'"http://loinc.org","code":"{loinc}"}}]}},{_SUBJECT},"effectiveDateTime":"<<{_time(age)}>>","valueQuantity":<<'
        + _quantity(f"f.{name}", f"'{unit}'")
        + ">>}"
    )
    return f"SELECT {filled} AS line FROM sim_infants f WHERE f.{name} IS NOT NULL"


def queries() -> dict[str, str]:
    """A SELECT of one column of JSON text for each kind of resource, over sim_infants and sim_events."""

    def of_events(template: str, more: str) -> str:
        return f"SELECT {_filled(template)} AS line FROM sim_events e JOIN sim_infants f USING (i) {more}"

    named, ordered = "JOIN sim_concept c USING (kind, code)", "ORDER BY e.i, e.seq"
    specimens = of_events(_SPECIMEN, "WHERE len(e.specimen) > 0")
    return {
        "Patient": f"SELECT {_filled(_PATIENT)} AS line FROM sim_infants f ORDER BY f.i",
        "Observation": " UNION ALL ".join(
            (of_events(_OBSERVATION, "WHERE e.kind = 'lab'"), *(_trait(*trait) for trait in _TRAITS))
        ),
        "Specimen": f"SELECT DISTINCT line FROM ({specimens}) ORDER BY line",
        "Condition": of_events(_CONDITION, f"{named} WHERE e.kind IN ('sign', 'condition') {ordered}"),
        "MedicationAdministration": of_events(
            _GIVEN, f"{named} LEFT JOIN sim_route r USING (route) WHERE e.kind = 'given' {ordered}"
        ),
    }


def write_fhir(con: DuckDBPyConnection, events: str, parts: Path, number: int) -> int:
    """Write the resources of a chunk, a file a kind; the number of events among them."""
    _concepts(con)
    con.execute(f"CREATE OR REPLACE TEMP TABLE sim_events AS {events}")
    for kind, query in queries().items():
        to = literal(parts / f"{kind}-{number:05d}.ndjson")
        con.execute(f"COPY ({query}) TO {to} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')")
    found = con.execute("SELECT count(*) FROM sim_events").fetchone()
    return int(found[0]) if found else 0


def join_fhir(parts: Path, folder: Path, gzipped: bool) -> None:
    """One file a kind, plain or gzip, and the table of the generator's own codes."""
    for kind in KINDS:
        to = folder / f"{kind}.ndjson{'.gz' if gzipped else ''}"
        # An empty name and no time: the same infants give the same bytes.
        with to.open("wb") as raw, gzip.GzipFile("", "wb", 5, raw, 0) if gzipped else raw as file:
            for part in sorted(parts.glob(f"{kind}-*.ndjson")):
                with part.open("rb") as source:
                    shutil.copyfileobj(source, file, 1 << 20)
    with (folder / CODES).open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, _columns(), lineterminator="\n")
        rows.writeheader()
        for kind, terms in load().vocabulary.items():
            for code in terms:
                named = "given" if kind == "drug" else kind
                if named == "lab" or (named, code) not in _shipped():
                    row = {"system": OWN, "code": f"{named}-{code}", "kind": named, "vocabulary": code}
                    rows.writerow(row | {"note": "made up", "source": "interop"})
