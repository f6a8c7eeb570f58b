"""FHIR R4 NDJSON to the cohort's tables: what counts, what does not, and that every line ends somewhere."""

from __future__ import annotations

import gzip
import json
import tomllib
from pathlib import Path
from typing import Any

import duckdb
import pytest

from neomag.cohort.normalise import normalise
from neomag.cohort.readers import Options, SourceError, Staged, open_source
from neomag.knowledge.loader import DATA

LOINC, UCUM, SNOMED = "http://loinc.org", "http://unitsofmeasure.org", "http://snomed.info/sct"
KNOWN = tomllib.loads((DATA / "cohort" / "problems.toml").read_text("utf-8"))
BORN = "2026-01-01T00:00:00Z"
BIRTH_TIME = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": BORN}]}
PATIENT = {"resourceType": "Patient", "id": "a", "gender": "female", "birthDate": "2026-01-01", "_birthDate": BIRTH_TIME}


def concept(system: str, code: str, text: str | None = None, display: str | None = None) -> dict[str, Any]:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def quantity(value: Any, unit: str | None = "mmol/L", code: str | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"value": value}
    if unit is not None:
        found |= {"unit": unit, "system": UCUM, "code": code or unit}
    return found | more


def level(value: Any = 0.41, unit: str | None = "mmol/L", *, loinc: str = "2601-3", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "code": concept(LOINC, loinc), "subject": {"reference": "Patient/a"},
        "effectiveDateTime": "2026-01-03T00:00:00Z", "valueQuantity": quantity(value, unit),
    } | more  # fmt: skip


def condition(code: str, system: str = SNOMED, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition", "subject": {"reference": "Patient/a"}, "code": concept(system, code),
        "onsetDateTime": "2026-01-02T00:00:00Z",
    } | more  # fmt: skip


def dose(text: str = "Calcium gluconate 10 %", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration", "status": "completed", "medicationCodeableConcept": {"text": text},
        "subject": {"reference": "Patient/a"}, "effectiveDateTime": "2026-01-02T06:00:00Z",
        "dosage": {"route": {"text": "Intravenous"}, "dose": {"value": 2, "unit": "mL/kg"}},
    } | more  # fmt: skip


def staged(folder: Path, files: dict[str, list[Any]], buckets: int = 1, **options: Any) -> duckdb.DuckDBPyConnection:
    """The files written, staged, loaded (the first bucket) and normalised."""
    source = folder / "source"
    source.mkdir(exist_ok=True, parents=True)
    for name, lines in files.items():
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        path = source / (name if "." in name else f"{name}.ndjson")
        if path.suffix == ".gz":
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text)
    con = duckdb.connect()
    open_source(source, "fhir", Options(**options)).stage(con, folder / "work", buckets)
    Staged(folder / "work", buckets).load(con, 0)
    normalise(con)
    return con


def observed(folder: Path, *observations: Any, **more: Any) -> duckdb.DuckDBPyConnection:
    return staged(folder, {"Patient": [PATIENT], "Observation": list(observations)}, **more)


def events(con: duckdb.DuckDBPyConnection, columns: str = "code, value") -> list[tuple[Any, ...]]:
    return con.execute(f"SELECT {columns} FROM events ORDER BY ord").fetchall()


def problems(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    found = dict(con.execute("SELECT problem, sum(rows)::INT FROM problems GROUP BY problem").fetchall())
    assert set(found) <= set(KNOWN)
    return found


def test_a_level_is_read_with_its_time_unit_and_code(tmp_path: Path) -> None:
    con = observed(tmp_path, level(1.0, "mg/dL", loinc="19123-9"))
    assert events(con, 'kind, code, key, "at", value, unit, reported, reported_unit, suspect, flag, absent, specimen') == [
        ("lab", "magnesium", "lab:magnesium", 172800, 10 / 24.305, "mmol/L", 1.0, "mg/dL", False, None, False, [])
    ]
    assert problems(con) == {}
    assert con.execute("SELECT infant, born, sex, born_day FROM infants").fetchone()[0::3] == ("a", False)  # type: ignore[index]


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/a",
        "https://ehr.example/fhir/Patient/a",
        "https://ehr.example/fhir/Patient/a/_history/2",
        "Patient/a/_history/1",
        "urn:uuid:a",
    ],
)
def test_every_form_of_reference_finds_the_infant(tmp_path: Path, reference: str) -> None:
    assert len(events(observed(tmp_path, level(subject={"reference": reference})))) == 1


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-01-03T02:00:00+02:00", 172800),
        ("2026-01-02T19:00:00-05:00", 172800),
        ("2026-01-03T00:00:00.400Z", 172800),
        ("2026-01-03", 172800),
        ("2026-01", 31 * 86400 - 1),
        ("2026", 365 * 86400 - 1),
    ],
)
def test_times(tmp_path: Path, said: str, at: int) -> None:
    con = observed(tmp_path, level(effectiveDateTime=said))
    assert events(con, '"at"') == [(at,)]
    assert problems(con) == ({} if "T" in said else {"date-only": 1} if len(said) == 10 else {"imprecise-time": 1})


def test_the_sample_time_is_the_period_s_start_and_issued_only_stands_in(tmp_path: Path) -> None:
    period = {"start": "2026-01-02T00:00:00Z", "end": "2026-01-03T00:00:00Z"}
    issued = {k: v for k, v in level(issued="2026-01-04T00:00:00Z").items() if k != "effectiveDateTime"}
    con = observed(tmp_path, issued | {"effectivePeriod": period}, issued)
    assert events(con, '"at"') == [(86400,), (3 * 86400,)]


def test_a_zone_is_that_of_times_without_one(tmp_path: Path) -> None:
    patient = PATIENT | {"_birthDate": None}
    con = staged(
        tmp_path,
        {"Patient": [patient], "Observation": [level(effectiveDateTime="2026-01-01T00:30:00+01:00")]},
        zone="Europe/Berlin",
    )
    assert events(con, '"at"') == [(1800,)]
    assert problems(con) == {"birth-day-only": 1}


@pytest.mark.parametrize(
    ("observation", "problem"),
    [
        (level(status="entered-in-error"), "entered-in-error"),
        (level(status="cancelled"), "not-final"),
        (level(status="registered"), "not-final"),
        (level(subject={"reference": "Group/1"}), "no-subject"),
        (level(subject={"reference": "Patient/b"}), "unknown-infant"),
        (level(loinc="2597-3"), "excluded-code"),
        (level(loinc="718-7"), "unbound-code"),
        (level(code=concept(LOINC, "2532-0", "Magnesium")), "excluded-code"),
        (level(code=concept(LOINC, "17861-6", "Kalsium ionisert")), "name-code-conflict"),
        (level(code=concept(LOINC, "2601-3", display="Calcium [Moles/volume] in Serum")), "name-code-conflict"),
        (level(code=concept(LOINC, "2601-3", "Magnesium in red blood cells")), "name-code-conflict"),
        (level(code=concept(LOINC, "2601-3", "Magnesium, urine")), "name-code-conflict"),
        (level(code={"coding": [{"system": LOINC, "code": "2601-3"}, {"system": LOINC, "code": "2000-8"}]}), "code-conflict"),
        (level(effectiveDateTime="yesterday"), "bad-time"),
        (level(effectiveDateTime="2025-12-30T00:00:00Z"), "before-birth"),
        (level(valueQuantity=None, dataAbsentReason={"text": "not performed"}), "not-measured"),
        (level(valueQuantity=None, hasMember=[{"reference": "Observation/1"}]), "panel"),
        (level(valueQuantity=None, component=[{"code": {"text": "Mg"}}]), "component-not-read"),
        ("{broken", "unreadable-line"),
        ({"resourceType": "Procedure", "id": "x"}, "wrong-type"),
        (level(code=concept(SNOMED, "1290882004"), valueQuantity=None), "excluded-code"),
    ],
)  # fmt: skip
def test_what_gives_no_event_is_counted(tmp_path: Path, observation: Any, problem: str) -> None:
    con = observed(tmp_path, observation, level())
    assert len(events(con)) == 1
    assert problems(con) == {problem: 1}


@pytest.mark.parametrize(
    ("observation", "value", "flag", "problem"),
    [
        (level(status="preliminary"), 0.41, None, None),
        (level(loinc="2601-3", valueQuantity=quantity(1.0, "mg/dL")), 10 / 24.305, None, "code-unit-conflict"),
        (level(loinc="19123-9"), 0.41, None, "code-unit-conflict"),
        (level(valueQuantity=quantity(0.41, None)), None, None, "no-unit"),
        (level(loinc="19123-9", valueQuantity=quantity(1.8, "mg/L")), None, None, "unknown-unit"),
        (level(valueQuantity=quantity(0.41, "mg/dL", "mmol/L")), None, None, "unit-text-conflict"),
        (level(valueQuantity=quantity(0.41, "MMOL/L", "mmol/L")), 0.41, None, None),
        (level(valueQuantity=quantity(0.41) | {"system": SNOMED, "code": "258813002"}), 0.41, None, None),
        (level(-1), None, None, "negative"),
        (level(999), None, None, "implausible"),
        (level("n/a"), None, None, "not-a-number"),
        (level(0.2, valueQuantity=quantity(0.2, comparator="<")), None, "low", "comparator"),
        (level(9, valueQuantity=quantity(9, comparator=">")), None, "high", "comparator"),
        (level(9, valueQuantity=quantity(9, comparator="<")), None, None, "comparator"),
        (level(valueQuantity=None, interpretation=[concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "LL")]), None, "low", None),
        (level(interpretation=[concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H")]), 0.41, None, None),
        (level(valueQuantity=None, valueString="haemolysed, repeat"), None, None, "not-a-number"),
    ],
)  # fmt: skip
def test_what_stays_with_an_unknown_value(
    tmp_path: Path, observation: Any, value: float | None, flag: str | None, problem: str | None
) -> None:
    con = observed(tmp_path, observation)
    assert events(con, "code, value, flag") == [("magnesium", value, flag)]
    assert problems(con) == ({} if problem is None else {problem: 1})


def test_weights_and_gestation_belong_to_the_infant(tmp_path: Path) -> None:
    con = observed(
        tmp_path,
        level(loinc="8339-4", valueQuantity=quantity(2.9, "kg")),
        level(loinc="29463-7", valueQuantity=quantity(4100, "g"), effectiveDateTime="2026-02-01T00:00:00Z"),
        level(loinc="29463-7", valueQuantity=quantity(3.3, "kg")),
        level(loinc="76516-4", valueQuantity=quantity(268, "d")),
        level(loinc="8339-4", valueQuantity=quantity(6, "[lb_av]")),
    )
    assert con.execute("SELECT gestation, birth_weight FROM infants").fetchall() == [(268 / 7, 2900.0)]
    assert con.execute("SELECT list_transform(weights, lambda w: w.grams) FROM infants").fetchone() == ([3300.0, 4100.0],)
    assert events(con) == []
    assert problems(con) == {"trait-unit": 1}


def test_signs_and_conditions(tmp_path: Path) -> None:
    refuted = {"verificationStatus": concept("x", "refuted")}
    con = staged(
        tmp_path,
        {
            "Patient": [PATIENT],
            "Condition": [
                condition("91175000", abatementDateTime="2026-01-02T00:05:00Z"),
                condition("62315008", abatementDateTime="2026-01-18T00:00:00Z", severity={"text": "Severe"}),
                condition("36976004") | refuted,
                condition("367494004", verificationStatus=concept("x", "provisional")),
                condition("1290882004"),
                condition("73430006"),
                condition("P71.2", "http://hl7.org/fhir/sid/icd-10"),
                condition("249497008", id="1"),
                condition("249497008", id="1"),
            ],
        },
    )
    assert events(con, 'key, "at", absent, lasting, grade') == [
        ("sign:seizure", 86400, False, None, None),
        ("condition:diarrhoea", 86400, False, None, "severe"),
        ("condition:hypoparathyroidism", 86400, True, None, None),
        ("sign:vomiting", 86400, False, None, None),
        ("sign:seizure", 86700, True, None, None),
        ("condition:diarrhoea", 17 * 86400, False, 16 * 86400, "severe"),
    ]
    assert problems(con) == {"unconfirmed": 1, "excluded-code": 3, "duplicate-id": 1}


def test_a_sign_as_an_observation(tmp_path: Path) -> None:
    sign = {k: v for k, v in level(code=concept(SNOMED, "91175000")).items() if k != "valueQuantity"}
    con = observed(
        tmp_path,
        sign,
        sign | {"valueBoolean": False, "effectiveDateTime": "2026-01-04T00:00:00Z"},
        sign | {"valueString": "maybe"},
    )
    assert events(con, "key, absent") == [("sign:seizure", False), ("sign:seizure", True)]
    assert problems(con) == {"not-understood": 1}


def test_only_what_was_given_is_given(tmp_path: Path) -> None:
    order = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": {"text": "Calcium gluconate"},
        "subject": {"reference": "Patient/a"},
    }
    con = staged(
        tmp_path,
        {
            "Patient": [PATIENT],
            "MedicationAdministration": [
                dose(id="1"),
                dose(id="1"),
                dose(status="not-done"),
                dose("Phenobarbital", dosage=None, effectiveDateTime=None, effectivePeriod={"start": "2026-01-03T00:00:00Z", "end": "2026-01-03T00:20:00Z"}),
                dose("Calcium gluconate", dosage={"route": concept(SNOMED, "26643006"), "dose": {"value": 1, "unit": "spoon"}}),
                dose("Paracetamol"),
            ],
            "MedicationRequest": [order, order | {"medicationCodeableConcept": {"text": "Paracetamol"}}],
        },
    )  # fmt: skip
    assert events(con, 'code, "at", dose, dose_unit, route, concentration, "over"') == [
        ("calcium-gluconate-10", 108000, 2.0, "mL/kg", "iv", 10.0, None),
        ("calcium-gluconate-10", 108000, None, None, "oral", None, None),
        ("antiseizure", 172800, None, None, None, None, 1200),
    ]
    assert problems(con) == {"duplicate-id": 1, "not-given": 1, "dose-unit": 1, "unbound-code": 2, "ordered-not-given": 1}


def referring(reference: str | None, **more: Any) -> dict[str, Any]:
    """A dose whose drug is a reference, with words beside it."""
    said = dose(
        medicationReference={"display": "Calcium gluconate 10 %"} | ({"reference": reference} if reference else {}), **more
    )
    del said["medicationCodeableConcept"]
    return said


def medication(id_: str, text: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Medication", "id": id_, "code": {"text": text}} | more


def test_a_drug_that_is_a_reference_is_looked_up(tmp_path: Path) -> None:
    held = [medication("inside", "Magnesium sulfate 50 %"), {"resourceType": "Organization", "id": "b"}]
    con = staged(
        tmp_path,
        {
            "Patient": [PATIENT],
            "Medication.0.ndjson.gz": [medication("a", "Calcium gluconate 10 %"), medication("b", "Paracetamol")],
            "Medication.1.ndjson": [medication("a", "Phenobarbital"), medication("c", "Phenobarbital"), medication("c", "twice"), "{"],
            "MedicationAdministration": [
                referring("Medication/a", id="1"),
                referring("https://x/fhir/Medication/c/_history/2", id="2"),
                referring("urn:uuid:c", id="3"),
                referring("#inside", id="4", contained=held),
                referring("Medication/b", id="5"),
                referring("Medication/gone", id="6"),
                referring("#gone", id="7", contained=held),
                referring("#b", id="8", contained=held),
                referring(None, id="9"),
            ],
        },
    )  # fmt: skip
    assert events(con, "code, concentration, dose") == [
        ("calcium-gluconate-10", 10.0, 2.0),
        ("antiseizure", None, 2.0),
        ("antiseizure", None, 2.0),
        ("magnesium-sulfate", 50.0, 2.0),
    ]
    assert problems(con) == {"unbound-code": 1, "unresolved-reference": 4, "duplicate-id": 1, "unreadable-line": 1}


def test_an_order_that_refers_to_a_medication_is_looked_up(tmp_path: Path) -> None:
    order = {"resourceType": "MedicationRequest", "status": "active", "subject": {"reference": "Patient/a"}}
    orders = [order | {"medicationReference": {"reference": f"Medication/{name}"}} for name in ("a", "gone")]
    drugs = [medication("a", "Calcium gluconate")]
    con = staged(tmp_path, {"Patient": [PATIENT], "Medication": drugs, "MedicationRequest": orders})
    assert events(con) == []
    assert problems(con) == {"ordered-not-given": 1, "unresolved-reference": 1}
    said = con.execute("SELECT source_code FROM problems WHERE problem = 'ordered-not-given'").fetchone()
    assert said == ("name calcium-gluconate-10",)


def test_a_medication_that_changes_is_read_anew(tmp_path: Path) -> None:
    files = {"Patient": [PATIENT], "Medication": [medication("a", "Phenobarbital")]}
    con = staged(tmp_path, files | {"MedicationAdministration": [referring("Medication/a")]})
    assert events(con, "code") == [("antiseizure",)]
    con = staged(tmp_path, {"Medication": [medication("a", "Calcium gluconate 10 %")]})
    assert events(con, "code") == [("calcium-gluconate-10",)]


def test_specimens_tag_every_result_of_their_moment(tmp_path: Path) -> None:
    haemolysed = {
        "resourceType": "Specimen",
        "id": "h",
        "condition": [concept("http://terminology.hl7.org/CodeSystem/v2-0493", "HEM")],
    }
    edta = {"resourceType": "Specimen", "id": "e", "container": [{"additiveCodeableConcept": {"text": "K2-EDTA"}}]}
    con = staged(
        tmp_path,
        {
            "Patient": [PATIENT],
            "Specimen": [haemolysed, haemolysed | {"condition": []}, edta, {"resourceType": "Specimen", "id": "x", "type": {"text": "Serum"}},
                         {"resourceType": "Specimen", "id": "c", "type": concept(SNOMED, "122556008")}],
            "Observation": [
                level(specimen={"reference": "Specimen/h"}),
                level(5.5, loinc="2823-3"),
                level(
                    2.1,
                    loinc="2000-8",
                    specimen={"reference": "https://x/Specimen/e"},
                    effectiveDateTime="2026-01-04T00:00:00Z",
                ),
                level(0.7, specimen={"reference": "Specimen/x"}, effectiveDateTime="2026-01-05T00:00:00Z"),
                level(0.8, specimen={"reference": "Specimen/c"}, effectiveDateTime="2026-01-06T00:00:00Z"),
            ],
        },
    )  # fmt: skip
    assert events(con, "code, value, specimen") == [
        ("magnesium", 0.41, ["haemolysed"]),
        ("potassium", 5.5, ["haemolysed"]),
        ("calcium", None, ["edta"]),
        ("magnesium", 0.7, []),
        ("magnesium", 0.8, ["cord"]),
    ]
    assert problems(con) == {"specimen-spoilt": 1, "duplicate-id": 1}


def encounter(code: str) -> dict[str, Any]:
    klass = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code}
    return {"resourceType": "Encounter", "status": "finished", "class": klass, "subject": {"reference": "Patient/a"}}


def test_the_setting_is_that_of_all_encounters_or_unknown(tmp_path: Path) -> None:
    same = staged(tmp_path / "1", {"Patient": [PATIENT], "Encounter": [encounter("IMP"), encounter("EMER"), encounter("VR")]})
    assert same.execute("SELECT setting FROM infants").fetchall() == [("hospital",)]
    assert problems(same) == {"unbound-code": 1}
    mixed = staged(tmp_path / "2", {"Patient": [PATIENT], "Encounter": [encounter("IMP"), encounter("AMB")]})
    assert mixed.execute("SELECT setting FROM infants").fetchall() == [(None,)]


def test_infants(tmp_path: Path) -> None:
    con = staged(
        tmp_path,
        {
            "Patient": [
                PATIENT | {"deceasedDateTime": "2026-01-02T00:00:00Z"},
                PATIENT | {"gender": "male"},
                {"resourceType": "Patient", "id": "later", "birthDate": "2999-01-01"},
                {"resourceType": "Patient", "id": "unborn"},
                {"resourceType": "Patient"},
            ],
            "Observation": [level(), level(subject={"reference": "Patient/unborn"})],
            "Practitioner": [{"resourceType": "Practitioner", "id": "x"}],
        },
    )
    assert con.execute("SELECT infant, sex FROM infants ORDER BY infant").fetchall() == [
        ("a", "female"),
        ("later", None),
        ("unborn", None),
    ]
    assert problems(con) == {
        "duplicate-id": 1, "future-born": 1, "birth-day-only": 1, "no-id": 1, "after-death": 1, "no-birth": 1, "unread-file": 1,
    }  # fmt: skip


def test_what_bears_only_the_day_of_birth_stands_at_birth(tmp_path: Path) -> None:
    born = {"extension": [{"url": BIRTH_TIME["extension"][0]["url"], "valueDateTime": "2026-01-01T14:00:00Z"}]}
    con = staged(
        tmp_path,
        {"Patient": [PATIENT | {"_birthDate": born}], "Condition": [condition("367494004", onsetDateTime="2026-01-01")]},
    )
    assert events(con, 'code, "at"') == [("preterm", 0)]


def test_files_plain_and_gzip_in_parts(tmp_path: Path) -> None:
    con = staged(
        tmp_path,
        {
            "Patient.ndjson.gz": [PATIENT],
            "Observation.000.ndjson": [level(0.5)],
            "Observation.001.ndjson.gz": [level(0.6)],
            "x.ndjson": [level(0.7)],
        },
    )
    assert events(con) == [("magnesium", 0.5), ("magnesium", 0.6), ("magnesium", 0.7)]
    assert problems(con) == {"results-conflict": 1}


def test_a_site_binds_its_own_codes(tmp_path: Path) -> None:
    table = tmp_path / "site.csv"
    table.write_text(
        "system,code,kind,vocabulary,property\nhttp://lab.example,MG,lab,magnesium,moles\nLOINC,21377-7,lab,magnesium,mass\n"
    )
    con = observed(
        tmp_path, level(code=concept("http://lab.example", "MG")), level(1.0, "mg/dL", loinc="21377-7"), codes=(table,)
    )
    assert events(con) == [("magnesium", 0.41), ("magnesium", 10 / 24.305)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("LOINC,2601-4,lab,magnesium", "check digit"),
        ("LOINC,2601-3,lab,magnesum", "is it `magnesium`"),
        ("LOINC,2601-3,labs,magnesium", "is it `lab`"),
        (",2601-3,lab,magnesium", "system and code"),
    ],
)
def test_a_site_s_table_with_an_error_is_refused_by_line(tmp_path: Path, row: str, message: str) -> None:
    table = tmp_path / "site.csv"
    table.write_text(f"system,code,kind,vocabulary\n{row}\n")
    with pytest.raises(SourceError, match=f"site.csv line 2: .*{message}"):
        observed(tmp_path, level(), codes=(table,))


@pytest.mark.slow
def test_a_file_larger_than_the_memory_is_read(tmp_path: Path) -> None:
    """150,000 results, of which each took 2 to 3 kB of memory when DuckDB kept them all to look up the codes."""
    lines = "".join(f"{json.dumps(level(subject={'reference': f'Patient/{n % 9}'}))}\n" for n in range(150_000))
    (tmp_path / "Observation.ndjson").write_text(lines, "utf-8")
    (tmp_path / "Patient.ndjson").write_text('{"resourceType": "Patient", "id": "1", "birthDate": "2026-01-01"}\n', "utf-8")
    with duckdb.connect(config={"memory_limit": "220MB", "threads": 1}) as con:
        open_source(str(tmp_path), "fhir", Options()).stage(con, tmp_path / "work", 1)
    assert list((tmp_path / "work").glob("staged/raw_events/*.done"))


@pytest.mark.slow
def test_as_many_medications_as_doses_are_looked_up_in_little_memory(tmp_path: Path) -> None:
    count = 150_000
    (tmp_path / "Patient.ndjson").write_text('{"resourceType": "Patient", "id": "a", "birthDate": "2026-01-01"}\n', "utf-8")
    with (tmp_path / "Medication.ndjson").open("w") as drugs, (tmp_path / "MedicationAdministration.ndjson").open("w") as doses:
        for n in range(count):
            drugs.write(json.dumps(medication(f"{n:040}", "Calcium gluconate 10 %")) + "\n")
            doses.write(json.dumps(referring(f"Medication/{n:040}", id=str(n))) + "\n")
    config = {"memory_limit": "220MB", "threads": 1, "temp_directory": str(tmp_path / "spill")}
    with duckdb.connect(config=config) as con:
        open_source(str(tmp_path), "fhir", Options()).stage(con, tmp_path / "work", 1)
        Staged(tmp_path / "work", 1).load(con, 0)
        assert con.execute("SELECT count(*) FROM raw_events WHERE code = 'calcium-gluconate-10'").fetchone() == (count,)


def test_staging_goes_on_where_it_stopped_and_notices_new_files(tmp_path: Path) -> None:
    observed(tmp_path, level())
    (marker,) = (tmp_path / "work" / "staged" / "raw_events").glob("*.done")
    written = marker.stat().st_mtime_ns
    assert len(events(observed(tmp_path, level()))) == 1
    assert marker.stat().st_mtime_ns >= written
    part = next((tmp_path / "work" / "staged" / "raw_events").rglob("*.parquet"))
    marker.unlink()
    part.write_bytes(b"half")
    con = duckdb.connect()
    source = open_source(tmp_path / "source")
    source.stage(con, tmp_path / "work", 1)
    Staged(tmp_path / "work", 1).load(con, 0)
    assert con.execute("SELECT count(*) FROM raw_events").fetchone() == (1,)
    again = next((tmp_path / "work" / "staged" / "raw_events").rglob("*.parquet")).stat().st_mtime_ns
    source.stage(con, tmp_path / "work", 1)
    assert next((tmp_path / "work" / "staged" / "raw_events").rglob("*.parquet")).stat().st_mtime_ns == again


@pytest.mark.parametrize("buckets", [1, 4])
def test_every_line_is_an_event_a_trait_or_a_problem(tmp_path: Path, buckets: int) -> None:
    patients = [PATIENT | {"id": f"p{i}"} for i in range(20)]
    kinds = [
        level(), level(status="cancelled"), level(loinc="718-7"), level(loinc="2597-3"), level(-1), level(0.4, "mg/L"), "{", level(loinc="8339-4", valueQuantity=quantity(3, "kg")),
        level(effectiveDateTime="2025-01-01T00:00:00Z"), level(valueQuantity=None), level(subject=None), level(subject={"reference": "Patient/who"}),
        {"resourceType": "Patient", "id": "z"}, level(code=None), {}, "null", "[]", '"x"',
    ]  # fmt: skip
    lines = [
        kind | {"subject": {"reference": f"Patient/p{i}"}}
        if isinstance(kind, dict) and kind.get("subject") == {"reference": "Patient/a"}
        else kind
        for i in range(20)
        for kind in kinds
    ]
    con = staged(tmp_path, {"Patient": patients, "Observation": lines}, buckets)
    lost = {code for code, entry in KNOWN.items() if entry["lost"]}
    found = {"events": 0, "lost": 0, "traits": 0}
    for bucket in range(buckets):
        Staged(tmp_path / "work", buckets).load(con, bucket)
        normalise(con)
        found["events"] += con.execute("SELECT count(*) FROM events").fetchone()[0]  # type: ignore[index]
        found["lost"] += sum(n for problem, n in problems(con).items() if problem in lost)
        found["traits"] += con.execute("SELECT count(*) FROM staged_raw_events WHERE kind = 'infant'").fetchone()[0]  # type: ignore[index]
    assert sum(found.values()) == len(lines)
    assert found == {"events": 20 * 4, "lost": 20 * 13, "traits": 20}


def test_a_file_that_is_gone_is_forgotten_and_a_new_table_of_codes_is_heeded(tmp_path: Path) -> None:
    staged(tmp_path, {"Patient": [PATIENT], "Observation.0.ndjson": [level(0.5)], "Observation.1.ndjson": [level(0.6)]})
    for part in ("1", "0"):
        (tmp_path / "source" / f"Observation.{part}.ndjson").unlink()
        left = staged(tmp_path, {"Patient": [PATIENT], "Condition": []})
        assert events(left) == ([("magnesium", 0.5)] if part == "1" else [])
    assert events(observed(tmp_path, level(code=concept("x", "MG")))) == []
    table = tmp_path / "site.csv"
    table.write_text("system,code,kind,vocabulary\nx,MG,lab,magnesium\n")
    assert events(observed(tmp_path, level(code=concept("x", "MG")), codes=(table,))) == [("magnesium", 0.41)]


def test_a_folder_without_patients_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Observation.ndjson").write_text(json.dumps(level()))
    with pytest.raises(SourceError, match="no file of Patient"):
        open_source(tmp_path).stage(duckdb.connect(), tmp_path / "work", 1)
