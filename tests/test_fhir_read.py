"""FHIR R4 to a case: what is read, what is named and not used, and what is refused, each at its place."""

from __future__ import annotations

import json
import tomllib
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fhir_cases import HL7, LOINC, SNOMED, UCUM, patient

from neomag import assess
from neomag.fhir import FhirInputError, Reading, read_case, to_bundle
from neomag.fhir import refused as refused_as_outcome
from neomag.knowledge.loader import DATA

NOW = "2026-01-10T00:00:00Z"
DAY = 86_400
FLAG = f"{HL7}/v3-ObservationInterpretation"
KNOWN = {
    code
    for folder in ("cohort", "fhir")
    for code, entry in tomllib.loads((DATA / folder / "problems.toml").read_text("utf-8")).items()
    if "says" in entry
}


def concept(system: str, code: str, text: str | None = None, display: str | None = None) -> dict[str, Any]:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def quantity(value: Any, unit: str | None = "mmol/L", code: str | None = None, **more: Any) -> dict[str, Any]:
    return {"value": value} | ({} if unit is None else {"unit": unit, "system": UCUM, "code": code or unit}) | more


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in names}


def level(value: Any = 0.41, unit: str | None = "mmol/L", *, loinc: str = "2601-3", **more: Any) -> dict[str, Any]:
    found = {
        "resourceType": "Observation", "status": "final", "code": concept(LOINC, loinc), "subject": {"reference": "Patient/infant"},
        "effectiveDateTime": "2026-01-03T00:00:00Z", "valueQuantity": quantity(value, unit),
    } | more  # fmt: skip
    return {key: value for key, value in found.items() if value is not None}


def condition(code: str, system: str = SNOMED, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition", "subject": {"reference": "Patient/infant"}, "code": concept(system, code),
        "onsetDateTime": "2026-01-02T00:00:00Z",
    } | more  # fmt: skip


def dose(text: str | None = "Calcium gluconate 10 %", **more: Any) -> dict[str, Any]:
    found = {
        "resourceType": "MedicationAdministration", "status": "completed", "medicationCodeableConcept": {"text": text},
        "subject": {"reference": "Patient/infant"}, "effectiveDateTime": "2026-01-02T06:00:00Z",
        "dosage": {"route": {"text": "Intravenous"}, "dose": quantity(2, "mL/kg")},
    } | more  # fmt: skip
    return {key: value for key, value in found.items() if value is not None}


def bundle(*resources: dict[str, Any], kind: str = "collection", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": r} for r in resources]} | more


def read(*resources: dict[str, Any], **more: Any) -> Reading:
    reading = read_case(bundle(patient("female"), *resources), now=NOW, **more)
    assert {problem.code for problem in reading.problems} <= KNOWN
    return reading


def codes(reading: Reading) -> dict[str, int]:
    return {problem.code: problem.count for problem in reading.problems}


def refused(resource: Any, now: str | None = NOW) -> list[tuple[str, str]]:
    with pytest.raises(FhirInputError) as caught:
        read_case(resource, now=now)
    assert all(issue.severity == "error" for issue in caught.value.issues)
    return [(", ".join(issue.expression), issue.says) for issue in caught.value.issues]


def test_a_level_is_read_with_its_time_unit_and_code() -> None:
    reading = read(level(1.0, "mg/dL", loinc="19123-9", id="o1"))
    event = reading.case.events[0]
    assert (event.key, event.at, event.value, event.unit) == ("lab:magnesium", 2 * DAY, 10 / 24.305, "mmol/L")
    assert codes(reading) == {}
    assert (reading.patient, reading.now, reading.case.infant.sex) == ("Patient/infant", NOW, "female")
    assert (reading.places[0].expression, reading.places[0].reference) == ("Bundle.entry[1].resource", "Observation/o1")


@pytest.mark.parametrize(
    ("observation", "problem", "at"),
    [
        (level(status="entered-in-error"), "entered-in-error", "status"),
        (level(status="cancelled"), "not-final", "status"),
        (level(status="registered"), "not-final", "status"),
        (level(subject={"reference": "Group/1"}), "no-subject", "subject"),
        (level(subject=None), "no-subject", "subject"),
        (level(loinc="2597-3"), "excluded-code", "code"),
        (level(loinc="718-7"), "unbound-code", "code"),
        (level(loinc="2601-4"), "loinc-check-digit", "code"),
        (level(code=concept(LOINC, "2532-0", "Magnesium")), "excluded-code", "code"),
        (level(code=concept(LOINC, "MG", "Magnesium")), "loinc-check-digit", "code"),
        (level(code=concept(LOINC, "17861-6", "Kalsium ionisert")), "name-code-conflict", "code"),
        (level(code=concept(LOINC, "2601-3", display="Calcium [Moles/volume] in Serum")), "name-code-conflict", "code"),
        (level(code=concept(LOINC, "2601-3", "Magnesium in red blood cells")), "name-code-conflict", "code"),
        (level(code=concept(LOINC, "2601-3", "Magnesium, urine")), "name-code-conflict", "code"),
        (level(code={"coding": [{"system": LOINC, "code": "2601-3"}, {"system": LOINC, "code": "2000-8"}]}), "code-conflict", "code"),
        (level(effectiveDateTime="yesterday"), "bad-time", "effective"),
        (level(effectiveDateTime="2026-02-30T00:00:00Z"), "bad-time", "effective"),
        (level(effectiveDateTime="2025-12-30T00:00:00Z"), "before-birth", "effective"),
        (level(effectiveDateTime="2026-01-10T00:00:01Z"), "after-now", "effective"),
        (level(valueQuantity=None, dataAbsentReason={"text": "not performed"}), "not-measured", "dataAbsentReason"),
        (level(valueQuantity=None, hasMember=[{"reference": "Observation/1"}]), "panel", ""),
        (level(code=concept(SNOMED, "1290882004"), valueQuantity=None), "excluded-code", "code"),
        (level(code=concept(SNOMED, "91175000"), valueQuantity=None, valueString="maybe"), "not-understood", "value"),
        (level(code=concept(SNOMED, "91175000"), valueQuantity=None, dataAbsentReason={"text": "not asked"}), "not-measured", "dataAbsentReason"),
        (level(code=concept(SNOMED, "91175000"), valueQuantity=None, interpretation=[concept("x", "NEG")]), "not-understood", "value"),
        (level(code=concept(SNOMED, "91175000"), valueQuantity=None, valueDateTime="2025-01-01"), "not-understood", "value"),
        (level(code=concept(LOINC, "2601-3", "RBC magnesium")), "name-code-conflict", "code"),
        (level(code=concept(LOINC, "2601-3", "Magnesium, CSF")), "name-code-conflict", "code"),
        (level(code=concept(LOINC, "2601-3", "Magnesium (mother)")), "name-code-conflict", "code"),
        (level(code=concept(LOINC, "2601-3", display="Maternal serum magnesium")), "name-code-conflict", "code"),
        (level(focus=[{"reference": "Patient/mother"}]), "other-focus", "focus"),
        (level(modifierExtension=[{"url": "http://x/not", "valueBoolean": True}]), "modifier", "modifierExtension"),
        (level(implicitRules="http://x/rules"), "modifier", "implicitRules"),
        (condition("1290882004"), "excluded-code", "code"),
        (condition("73430006"), "excluded-code", "code"),
        (condition("P71.2", "http://hl7.org/fhir/sid/icd-10"), "excluded-code", "code"),
        (condition("91175000", verificationStatus=concept("x", "entered-in-error")), "entered-in-error", "verificationStatus"),
        (condition("91175000", verificationStatus=concept("x", "provisional")), "unconfirmed", "verificationStatus"),
        (without(condition("62315008", clinicalStatus=concept("x", "resolved")), "onsetDateTime"), "ended-unknown", "clinicalStatus"),
        (dose(status="not-done"), "not-given", "status"),
        (dose("Paracetamol"), "unbound-code", "medication"),
        (dose(None, medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"}), "unresolved", "medication"),
        (dose() | {"resourceType": "MedicationRequest", "status": "active"}, "ordered-not-given", "medication"),
        ({"resourceType": "Practitioner", "id": "x"}, "unread-type", None),
    ],
)  # fmt: skip
def test_what_gives_no_event_is_named_at_its_place(observation: dict[str, Any], problem: str, at: str | None) -> None:
    reading = read(observation, level())
    assert [event.key for event in reading.case.events] == ["lab:magnesium"]
    found = next(p for p in reading.problems if p.code == problem)
    expected = () if at is None else (f"Bundle.entry[1].resource.{at}".rstrip("."),)
    assert found.expression == expected


@pytest.mark.parametrize(
    ("observation", "value", "flag", "problem"),
    [
        (level(status="preliminary"), 0.41, None, None),
        (level(1.0, "mg/dL", loinc="2601-3"), 10 / 24.305, None, "code-unit-conflict"),
        (level(loinc="19123-9"), 0.41, None, "code-unit-conflict"),
        (level(0.41, None), None, None, "no-unit"),
        (level(1.8, "mg/L", loinc="19123-9"), None, None, "unknown-unit"),
        (level(valueQuantity=quantity(0.41, "mg/dL", "mmol/L")), None, None, "unit-text-conflict"),
        (level(valueQuantity=quantity(0.41, "MMOL/L", "mmol/L")), 0.41, None, None),
        (level(valueQuantity=quantity(0.41, "mmol/L", "mmoll")), 0.41, None, "unknown-ucum"),
        (level(valueQuantity={"value": 0.41, "system": UCUM, "code": "furlong"}), None, None, "unknown-unit"),
        (level(valueQuantity=quantity(0.41) | {"system": SNOMED, "code": "258813002"}), 0.41, None, "unit-system"),
        (level(valueQuantity={"value": 0.41, "code": "mmol/L"}), None, None, "unit-system"),
        (level(-1), None, None, "negative"),
        (level(999), None, None, None),
        (level(valueQuantity=quantity(0.2, comparator="<")), None, "low", "comparator"),
        (level(valueQuantity=quantity(9, comparator=">")), None, "high", "comparator"),
        (level(valueQuantity=quantity(9, comparator="<")), None, None, "comparator"),
        (level(valueQuantity=quantity(9, comparator="<"), interpretation=[concept(FLAG, "L")]), None, "low", "comparator"),
        (level(valueQuantity=None, interpretation=[concept(FLAG, "LL")]), None, "low", None),
        (level(valueQuantity=None, interpretation=[concept(FLAG, "L"), concept(FLAG, "H")]), None, None, "no-value"),
        (level(interpretation=[concept(FLAG, "H")]), 0.41, None, None),
        (level(valueQuantity=None, valueString="haemolysed, repeat"), None, None, "not-a-number"),
    ],
)  # fmt: skip
def test_what_stays_with_an_unknown_value(
    observation: dict[str, Any], value: float | None, flag: str | None, problem: str | None
) -> None:
    reading = read(observation)
    assert [(e.code, e.value, e.flag) for e in reading.case.events] == [("magnesium", value, flag)]
    assert problem is None or problem in codes(reading)
    if value is None and flag is None:
        assert assess(reading.case).magnesium.status == "uninterpretable"


def test_hl7_s_own_magnesium_example_is_read_by_its_unit_text_and_issued() -> None:
    """The guide of potential drug-drug interactions: a unit of SNOMED CT, bare numbers as range, only `issued`, no category."""
    example = {
        "resourceType": "Observation", "id": "example-magnesium", "status": "final", "code": concept(LOINC, "2601-3"),
        "subject": {"reference": "Patient/infant"}, "issued": "2026-01-05T15:30:10+01:00",
        "valueQuantity": {"value": 0.5, "unit": "mmol/L", "system": SNOMED, "code": "258813002"},
        "referenceRange": [{"low": {"value": 0.7}, "high": {"value": 1.0}}],
    }  # fmt: skip
    reading = read(example)
    assert [(e.at, e.value) for e in reading.case.events] == [(4 * DAY + 14 * 3600 + 30 * 60 + 10, 0.5)]
    at = "Bundle.entry[1].resource"
    assert [(p.code, p.expression) for p in reading.problems] == [
        ("unit-system", (f"{at}.value.system",)), ("interval-refused", (f"{at}.referenceRange",)),
    ]  # fmt: skip
    assert reading.case.intervals == {}


def normal(low: Any, high: Any, unit: str | None = "mmol/L", **more: Any) -> dict[str, Any]:
    limits = {"low": low, "high": high}
    return {side: quantity(value, unit) for side, value in limits.items() if value is not None} | more


MEANING = f"{HL7}/referencerange-meaning"


@pytest.mark.parametrize(
    ("ranges", "limits"),
    [
        ([normal(0.65, 1.05)], (0.65, 1.05)),
        ([normal(0.65, None)], (0.65, None)),
        ([normal(1.7, 2.5, "mg/dL")], (17 / 24.305, 25 / 24.305)),  # each by its own unit, whatever that of the result
        ([normal(0.65, 1.05, type=concept(MEANING, "normal"))], (0.65, 1.05)),
        ([normal(0.65, 1.05), normal(1.8, 3.0, type=concept(MEANING, "treatment"))], (0.65, 1.05)),
        ([normal(1.8, 3.0, type=concept(MEANING, "treatment"))], None),
        ([normal(0.65, 1.05), normal(0.7, 1.1)], None),
        ([normal(0.65, 1.05, age={"high": quantity(3, "mo")})], None),
        ([normal(0.65, 1.05, appliesTo=[concept(SNOMED, "248153007")])], None),
        ([normal(0.65, 1.05, None)], None),
        ([normal(1.7, 2.5)], None),  # mg/dL called mmol/L
        ([{"low": quantity(0.65), "high": quantity(2.5, "mg/dL")}], None),
        ([normal(1.05, 0.65)], None),
        ([{"text": "0.65-1.05"}], None),
    ],
)
def test_the_range_beside_a_result_is_the_laboratory_s_own(
    ranges: list[dict[str, Any]], limits: tuple[float | None, float | None] | None
) -> None:
    reading = read(level(0.68, referenceRange=ranges))
    assert reading.case.intervals == ({} if limits is None else {"magnesium": pytest.approx(limits)})
    assert ("interval-refused" in codes(reading)) == (limits is None)
    answer = assess(reading.case)
    # 0.68 is grey by default, and not where the laboratory says that its normal begins at 0.65.
    assert answer.magnesium.status == ("normal" if limits and limits[0] == 0.65 else "grey")


def test_the_latest_range_counts_and_the_parameter_before_it() -> None:
    early = level(0.68, referenceRange=[normal(0.75, 1.05)])
    late = level(0.68, effectiveDateTime="2026-01-04T00:00:00Z", referenceRange=[normal(0.65, 1.05)])
    bare = level(0.68, effectiveDateTime="2026-01-05T00:00:00Z")
    for order in ([early, late, bare], [bare, late, early]):
        assert read(*order).case.intervals["magnesium"] == pytest.approx((0.65, 1.05))
    said = parameters(
        {"name": "bundle", "resource": bundle(patient(), late)},
        interval("magnesium", quantity(0.6, "mmol/L"), quantity(1.1, "mmol/L")),
    )
    assert read_case(said, now=NOW).case.intervals["magnesium"] == pytest.approx((0.6, 1.1))


def test_a_component_is_a_result_of_its_own() -> None:
    parts = [
        {"code": concept(LOINC, "2601-3"), "valueQuantity": quantity(0.41)},
        {"code": concept(LOINC, "2000-8"), "valueQuantity": quantity(1.7)},
        {"code": concept(LOINC, "2597-3"), "valueQuantity": quantity(2.5)},
    ]
    reading = read(level(code={"text": "minerals"}, valueQuantity=None, component=parts))
    assert [(e.code, e.value, e.at) for e in reading.case.events] == [("magnesium", 0.41, 2 * DAY), ("calcium", 1.7, 2 * DAY)]
    assert [(p.code, p.expression) for p in reading.problems] == [
        ("excluded-code", ("Bundle.entry[1].resource.component[2].code",))
    ]


def test_facts_of_the_infant() -> None:
    reading = read(
        level(loinc="8339-4", valueQuantity=quantity(2.9, "kg")),
        level(loinc="29463-7", valueQuantity=quantity(3100, "g"), effectiveDateTime="2026-01-09T00:00:00Z"),
        level(loinc="29463-7", valueQuantity=quantity(2.8, "kg")),
        level(loinc="29463-7", valueQuantity=quantity(8, "kg"), effectiveDateTime="2026-02-09T00:00:00Z"),
        level(loinc="76516-4", valueQuantity=quantity(251, "d")),
        level(loinc="8339-4", valueQuantity=quantity(6, "[lb_av]")),
    )
    infant = reading.case.infant
    assert (infant.birth_weight, infant.weight, infant.gestation) == (2900, 3100, 251 / 7)
    assert codes(reading) == {"trait-unit": 1, "after-now": 1}


def test_conditions_begin_end_and_are_refuted() -> None:
    refuted = {"verificationStatus": concept("x", "refuted")}
    reading = read(
        condition("91175000", abatementDateTime="2026-01-02T00:05:00Z"),
        condition("62315008", abatementDateTime="2026-01-08T00:00:00Z", severity={"text": "Severe"}),
        condition("36976004") | refuted,
        condition("249497008", id="1"),
        condition("249497008", id="1"),
        condition("367494004", id="1"),
    )
    assert [(e.key, e.at, e.absent, e.lasting, e.grade) for e in reading.case.events] == [
        ("sign:seizure", DAY, False, None, None),
        ("condition:diarrhoea", DAY, False, 6 * DAY, "severe"),
        ("condition:hypoparathyroidism", DAY, True, None, None),
        ("sign:vomiting", DAY, False, None, None),
        ("sign:seizure", DAY + 300, True, None, None),
    ]
    # Repeated word for word is no problem; another resource under the same id is.
    assert codes(reading) == {"duplicate-id": 1}


def test_drugs_given_by_name_by_reference_and_contained() -> None:
    contained = {"resourceType": "Medication", "id": "m", "code": {"text": "Magnesium sulfate 50 %"}}
    reading = read(
        dose(),
        {"resourceType": "Medication", "id": "g", "code": {"text": "Gentamicin"}},
        dose(None, medicationCodeableConcept=None, medicationReference={"reference": "Medication/g"}, dosage=None),
        dose(
            None, medicationCodeableConcept=None, medicationReference={"reference": "#m"}, contained=[contained],
            dosage={"route": concept(SNOMED, "78421000"), "dose": quantity(50, "mg/kg")}, effectiveDateTime=None,
            effectivePeriod={"start": "2026-01-03T00:00:00Z", "end": "2026-01-03T00:20:00Z"},
        ),
    )  # fmt: skip
    given = [(e.code, e.at, e.dose, e.dose_unit, e.route, e.concentration, e.over) for e in reading.case.events]
    assert given == [
        ("calcium-gluconate-10", 108_000, 2, "mL/kg", "iv", 10, None),
        ("aminoglycoside", 108_000, None, None, None, None, None),
        ("magnesium-sulfate", 172_800, 50, "mg/kg", "im", 50, 1200),
    ]
    assert codes(reading) == {}


@pytest.mark.parametrize(
    "amount",
    [quantity(1, "spoon"), {"value": 1}, quantity(2, "mL", "mg"), {"value": 2, "code": "mL"}],
)
def test_a_dose_of_no_known_unit_was_given_its_amount_unknown(amount: dict[str, Any]) -> None:
    reading = read(dose(dosage={"dose": amount}))
    assert [(e.code, e.dose) for e in reading.case.events] == [("calcium-gluconate-10", None)]
    assert "dose-unit" in codes(reading)


def test_specimens_tag_every_result_of_their_moment() -> None:
    haemolysed = {"resourceType": "Specimen", "id": "h", "condition": [concept(f"{HL7}/v2-0493", "HEM")]}
    edta = {"resourceType": "Specimen", "id": "e", "container": [{"additiveCodeableConcept": {"text": "K2-EDTA"}}]}
    cord = {"resourceType": "Specimen", "id": "c", "type": {"text": "Cord blood"}}
    reading = read(
        haemolysed,
        edta,
        level(specimen={"reference": "Specimen/h"}),
        level(5.5, loinc="2823-3"),
        level(2.1, loinc="2000-8", specimen={"reference": "https://x/Specimen/e"}, effectiveDateTime="2026-01-04T00:00:00Z"),
        level(0.7, specimen={"reference": "#c"}, contained=[cord], effectiveDateTime="2026-01-05T00:00:00Z"),
    )
    assert [(e.code, e.value, sorted(e.specimen)) for e in reading.case.events] == [
        ("magnesium", 0.41, ["haemolysed"]),
        ("potassium", 5.5, ["haemolysed"]),
        ("calcium", None, ["edta"]),
        ("magnesium", 0.7, ["cord"]),
    ]


URINE = concept(SNOMED, "122575003")


@pytest.mark.parametrize(
    "specimen",
    [
        {"reference": "#s", "kind": {"text": "Urine, 24 h"}},
        {"reference": "#s", "kind": URINE},
        {"reference": "#s", "kind": concept(f"{HL7}/v2-0487", "CSF")},
        {"reference": "#s", "kind": {"text": "Red blood cells"}},
        {"reference": "Specimen/elsewhere", "display": "Urine"},
        {"display": "Cerebrospinal fluid"},
    ],
)
def test_a_specimen_that_is_no_blood_contradicts_a_code_of_serum(specimen: dict[str, Any]) -> None:
    kind = specimen.pop("kind", None)
    reading = read(level(specimen=specimen, contained=[{"resourceType": "Specimen", "id": "s", "type": kind}] if kind else []))
    assert reading.case.events == ()
    assert "specimen-conflict" in codes(reading)


def test_urine_magnesium_of_urine_and_blood_drawn_during_something_are_used() -> None:
    urine = {"resourceType": "Specimen", "id": "u", "type": URINE}
    blood = {"resourceType": "Specimen", "id": "b", "type": {"text": "Blood drawn during dialysis"}}
    reading = read(
        urine,
        blood,
        level(3.0, loinc="2598-1", specimen={"reference": "Specimen/u"}),
        level(0.8, specimen={"reference": "Specimen/b"}),
    )
    assert [event.key for event in reading.case.events] == ["lab:urine-magnesium", "lab:magnesium"]


@pytest.mark.parametrize(
    ("more", "tags"),
    [
        ({"note": [{"text": "Specimen grossly hemolyzed"}]}, {"haemolysed"}),
        ({"note": [{"text": "No haemolysis seen"}, {"text": "not hemolysed"}]}, set()),
        ({"specimen": {"display": "Cord blood"}}, {"cord"}),
        ({"code": concept(LOINC, "2601-3", "Magnesium, cord blood")}, {"cord"}),
    ],
)
def test_notes_and_names_tell_what_is_wrong_with_a_sample(more: dict[str, Any], tags: set[str]) -> None:
    (event,) = read(level(0.8, **more)).case.events
    assert event.specimen == tags


def version(value: float, updated: str | None, status: str = "final") -> dict[str, Any]:
    meta: dict[str, Any] = {"meta": {"lastUpdated": updated}} if updated else {}
    return level(value, id="one", status=status, **meta)


@pytest.mark.parametrize(
    ("versions", "values"),
    [
        ([version(0.9, "2026-01-04T07:00:00Z"), version(0.3, "2026-01-04T09:00:00+01:00", "corrected")], [0.3]),
        ([version(0.3, "2026-01-04T08:00:00Z", "corrected"), version(0.9, "2026-01-04T07:00:00Z")], [0.3]),
        ([version(0.9, "2026-01-04T07:00:00Z"), version(0.9, "2026-01-04T08:00:00Z", "entered-in-error")], []),
        ([version(0.9, None), version(0.9, None, "entered-in-error")], []),
        ([version(0.9, None, "entered-in-error"), version(0.9, None)], []),
        ([version(0.9, None), version(0.3, None)], [0.9]),
    ],
)
def test_of_two_versions_of_a_result_the_later_one_counts(versions: list[dict[str, Any]], values: list[float]) -> None:
    reading = read(*versions)
    assert [event.value for event in reading.case.events] == values
    assert codes(reading)["duplicate-id"] == 1


def encounter(code: str, status: str = "finished") -> dict[str, Any]:
    klass = {"system": f"{HL7}/v3-ActCode", "code": code}
    return {"resourceType": "Encounter", "status": status, "class": klass, "subject": {"reference": "Patient/infant"}}


def test_the_setting_is_that_of_the_encounter_under_way_else_of_all_or_unknown() -> None:
    assert read(encounter("IMP"), encounter("EMER")).case.setting == "hospital"
    mixed = read(encounter("IMP"), encounter("AMB"))
    assert (mixed.case.setting, codes(mixed)) == (None, {"setting-differs": 1})
    assert read(encounter("AMB"), encounter("EMER", "in-progress")).case.setting == "hospital"
    assert read(encounter("AMB"), setting="home").case.setting == "home"
    assert read(encounter("IMP", "cancelled")).case.setting is None


def test_an_encounter_holds_by_its_period_at_the_moment_asked_about() -> None:
    stay = encounter("IMP") | {"id": "stay", "period": {"start": "2026-01-09T00:00:00Z", "end": "2026-01-12T00:00:00Z"}}
    visit = encounter("AMB") | {"id": "visit", "period": {"start": "2026-01-05T00:00:00Z", "end": "2026-01-05T01:00:00Z"}}
    later = encounter("AMB", "arrived") | {"id": "later", "period": {"start": "2026-01-20T00:00:00Z"}}
    reading = read(stay, visit, later)
    assert (reading.case.setting, reading.encounter) == ("hospital", "Encounter/stay")
    assert read(visit).encounter is None


def test_one_patient_sent_twice_is_one_and_a_second_is_refused() -> None:
    again = read_case(bundle(patient("female"), patient("female") | {"meta": {"versionId": "2"}}, level()), now=NOW)
    assert (len(again.case.events), codes(again)) == (1, {"duplicate-id": 1})
    entries = [
        {"fullUrl": f"https://{host}.example/Patient/infant", "resource": patient() | {"language": host}}
        for host in ("en", "de")
    ]
    assert "a second Patient" in refused({"resourceType": "Bundle", "type": "collection", "entry": entries})[0][1]


def test_a_name_without_end_is_read_in_no_time() -> None:
    reading = read(dose("calcium gluconate " + "1" * 200_000), level(code=concept(LOINC, "2601-3", "1" * 200_000)))
    assert [event.key for event in reading.case.events] == ["given:calcium-gluconate-10", "lab:magnesium"]


def test_hardly_anyone_reads_a_thousand_reasons() -> None:
    assert len(refused(bundle(patient(), *[level(status=3, id=f"o{n}") for n in range(1_000)]))) == 100


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("Patient/infant", True),
        ("https://ehr.example/fhir/Patient/infant", True),
        ("https://ehr.example/fhir/Patient/infant/_history/2", True),
        ("urn:uuid:infant", True),
    ],
)
def test_every_form_of_reference_finds_the_infant(reference: str, found: bool) -> None:
    assert bool(read(level(subject={"reference": reference})).case.events) is found


def test_an_address_tells_two_patients_of_one_id_apart() -> None:
    entry = {"fullUrl": "https://a.example/fhir/Patient/infant", "resource": patient()}
    sent = bundle(level(subject={"reference": "https://a.example/fhir/Patient/infant"}))
    sent["entry"].insert(0, entry)
    assert len(read_case(sent, now=NOW).case.events) == 1
    sent["entry"][1]["resource"]["subject"]["reference"] = "https://b.example/fhir/Patient/infant"
    assert "another patient" in refused(sent)[0][1]


def test_a_bundle_that_names_its_resources_by_uuid() -> None:
    entries = [
        {"fullUrl": "urn:uuid:11111111-1111-4111-8111-111111111111", "resource": without(patient(), "id")},
        {"fullUrl": "urn:uuid:2", "resource": level(subject={"reference": "urn:uuid:11111111-1111-4111-8111-111111111111"})},
    ]
    reading = read_case({"resourceType": "Bundle", "type": "transaction", "entry": entries}, now=NOW)
    assert len(reading.case.events) == 1


@pytest.mark.parametrize(
    ("resource", "where", "says"),
    [
        (None, "", "Parameters or Bundle"),
        ([], "", "Parameters or Bundle"),
        ({"resourceType": "Patient"}, "resourceType", "`Patient` is not read here"),
        (bundle(patient(), kind="history"), "Bundle.type", "a bundle of type `history` is not read"),
        (bundle(level()), "Patient", "a Patient resource with birthDate is needed"),
        (bundle(without(patient(), "birthDate", "_birthDate")), "Bundle.entry[0].resource.birthDate", "the day of birth is needed"),
        (bundle(without(patient(), "_birthDate") | {"birthDate": "2026-01"}), "Bundle.entry[0].resource.birthDate", "the day of birth"),
        (bundle(patient() | {"birthDate": "2025-12-01"}), "Bundle.entry[0].resource.birthDate", "days apart"),
        (bundle(without(patient(), "_birthDate") | {"birthDate": "2027-01-01"}), "Bundle.entry[0].resource.birthDate", "birth is after"),
        (bundle(patient() | {"deceasedBoolean": True}), "Bundle.entry[0].resource.deceased", "has died"),
        (bundle(patient() | {"deceasedDateTime": "2026-01-05"}), "Bundle.entry[0].resource.deceased", "has died"),
        (bundle(patient(), patient(key="other")), "Bundle.entry[1].resource", "a second Patient"),
        (bundle(patient(), level(subject={"reference": "Patient/b"})), "Bundle.entry[1].resource.subject", "another patient"),
        (bundle(patient(), condition("91175000", subject={"reference": "urn:uuid:b"})), "Bundle.entry[1].resource.subject", "another patient"),
        (bundle(patient(), level(valueQuantity={"value": "0.41", "unit": "mmol/L"})), "Bundle.entry[1].resource.value.value", "a number, without quotes"),
        (bundle(patient(), level(valueQuantity=[])), "Bundle.entry[1].resource.value", "an object is expected"),
        (bundle(patient(), level(code={"coding": {}})), "Bundle.entry[1].resource.code.coding", "a list is expected"),
        (bundle(patient(), level(status=3)), "Bundle.entry[1].resource.status", "a text"),
        ({"resourceType": "Bundle", "type": "collection", "entry": {}}, "Bundle.entry", "a list is expected"),
        (bundle({"id": "x"}, patient()), "Bundle.entry[0].resource.resourceType", "the type of the resource"),
        ({"resourceType": "Parameters", "parameter": [{"name": "settng", "valueCode": "home"}]}, "Parameters.parameter[0].name", "the nearest is `setting`"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_soundly_is_refused(resource: Any, where: str, says: str) -> None:
    found = refused(resource)
    assert any(place == where and says in said for place, said in found), found


def test_every_reason_is_told_at_once() -> None:
    sent = bundle(
        patient(),
        level(valueQuantity={"value": "0.41"}),
        level(subject={"reference": "Patient/b"}),
        level(valueQuantity=quantity(True)),
    )
    assert len(refused(sent)) == 3


def parameters(*more: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": [{"name": "patient", "resource": patient()}, *more]}


def interval(analyte: str, low: Any, high: Any) -> dict[str, Any]:
    parts = [
        {"name": "analyte", "valueCode": analyte},
        {"name": "low", "valueQuantity": low},
        {"name": "high", "valueQuantity": high},
    ]
    return {"name": "interval", "part": parts}


def test_parameters_of_the_operation() -> None:
    reading = read_case(
        parameters(
            {"name": "now", "valueDateTime": "2026-01-05T00:00:00Z"},
            {"name": "setting", "valueCode": "clinic"},
            {"name": "resource", "resource": level(0.66)},
            {"name": "bundle", "resource": bundle(condition("91175000"))},
            interval("magnesium", quantity(1.7, "mg/dL"), quantity(2.6, "mg/dL")),
        )
    )
    assert (reading.now, reading.case.now, reading.case.setting) == ("2026-01-05T00:00:00Z", 4 * DAY, "clinic")
    assert [event.key for event in reading.case.events] == ["sign:seizure", "lab:magnesium"]
    assert reading.case.intervals["magnesium"] == (pytest.approx(17 / 24.305), pytest.approx(26 / 24.305))
    assert assess(reading.case).magnesium.status == "grey"


@pytest.mark.parametrize(
    ("parameter", "where", "says"),
    [
        ({"name": "now", "valueDateTime": "tomorrow"}, "Parameters.parameter[1].value", "not a moment"),
        ({"name": "now", "valueDateTime": "2026-01-05"}, "Parameters.parameter[1].value", "not a moment"),
        ({"name": "now", "valueInteger": 5}, "Parameters.parameter[1].value", "valueDateTime"),
        ({"name": "setting", "valueCode": "hospitl"}, "Parameters.parameter.where(name = 'setting')", "nearest: `hospital`"),
        (interval("magnesum", quantity(0.7), quantity(1)), "Parameters.parameter.where(name = 'interval')", "the nearest is `magnesium`"),
        (interval("magnesium", quantity(1.7), quantity(2.6)), "Parameters.parameter.where(name = 'interval')", "check the unit"),
        (interval("magnesium", quantity(0.7), quantity(2.6, "mg/dL")), "Parameters.parameter[1].part[2].value.unit", "the same unit"),
        ({"name": "bundle", "resource": level()}, "Parameters.parameter[1].resource.resourceType", "a Bundle is expected"),
        ({"name": "resource"}, "Parameters.parameter[1].resource", "a resource is expected"),
    ],
)  # fmt: skip
def test_parameters_that_are_refused(parameter: dict[str, Any], where: str, says: str) -> None:
    found = refused(parameters(parameter), now=None)
    assert any(place == where and says in said for place, said in found), found


def test_without_a_moment_it_is_now() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    reading = read_case(bundle(patient()))
    assert before <= datetime.fromisoformat(reading.now) <= datetime.now(UTC)


def test_an_age_of_three_hundred_years_is_out_of_scope_and_no_crash() -> None:
    old = without(patient(), "_birthDate") | {"birthDate": "1726-01-01"}
    reading = read_case(bundle(old, level(1.0, "mg/dL", loinc="19123-9", effectiveDateTime="2026-01-05T00:00:00Z")), now=NOW)
    answer = assess(reading.case)
    assert (answer.suspicion, [p["code"] for p in answer.problems]) == ("not-assessable", ["out-of-scope"])
    assert to_bundle(answer, reading)["entry"][0]["resource"]["status"] == "success"


def test_a_day_of_birth_alone_counts_from_its_first_minute_in_the_zone() -> None:
    born = without(patient(), "_birthDate")
    reading = read_case(bundle(born, level(effectiveDateTime="2026-01-01T00:30:00+01:00")), now=NOW, zone="Europe/Berlin")
    assert [event.at for event in reading.case.events] == [1800]
    assert codes(reading) == {"birth-day-only": 1}


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-01-03T02:00:00+02:00", 2 * DAY),
        ("2026-01-02T19:00:00-05:00", 2 * DAY),
        ("2026-01-03T00:00:00.400Z", 2 * DAY),
        ("2026-01-03T00:00:00.1234567Z", 2 * DAY),
        ("2026-01-03", 2 * DAY),
    ],
)
def test_times(said: str, at: int) -> None:
    assert [event.at for event in read(level(effectiveDateTime=said)).case.events] == [at]


def test_a_month_has_certainly_happened_only_at_its_end() -> None:
    reading = read(level(effectiveDateTime="2026-01"))
    assert (reading.case.events, codes(reading)) == ((), {"imprecise-time": 1, "after-now": 1})


def test_one_page_of_a_search_and_warnings_of_its_server_are_named() -> None:
    warning = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete"}]}
    sent = bundle(patient(), warning, kind="searchset", link=[{"relation": "next", "url": "https://x/2"}])
    assert codes(read_case(sent, now=NOW)) == {"partial": 1, "search-warning": 1}


def test_types_that_are_not_read_are_counted_and_listed() -> None:
    reading = read({"resourceType": "Practitioner"}, {"resourceType": "Practitioner"}, {"resourceType": "Immunization"})
    assert reading.unread == {"Practitioner": 2, "Immunization": 1}
    assert [(p.code, p.count) for p in reading.problems] == [("unread-type", 1), ("unread-type", 2)]


def test_what_is_bound_to_nothing_is_told_once_a_code_and_magnesium_as_a_warning() -> None:
    reading = read(*[level(loinc="718-7")] * 30, level(code=concept("http://lab.example", "MG", "Magnesium")))
    assert [(p.count, len(p.expression), p.severity) for p in reading.problems] == [(30, 10, "information"), (1, 1, "warning")]


def test_a_site_binds_its_own_codes(tmp_path: Path) -> None:
    table = tmp_path / "site.csv"
    table.write_text("system,code,kind,vocabulary,property\nhttp://lab.example,MG,lab,magnesium,moles\n")
    reading = read(level(code=concept("http://lab.example", "MG")), codes=[table])
    assert [event.value for event in reading.case.events] == [0.41]


def test_no_problem_repeats_what_the_record_says_of_a_person() -> None:
    named = patient() | {"name": [{"family": "Secretname"}], "identifier": [{"value": "Secretname"}]}
    sent = bundle(
        named,
        level(code=concept("http://x", "y", "Secretname"), note=[{"text": "Secretname"}]),
        level(subject={"display": "Secretname"}),
    )
    assert "Secretname" not in repr(read_case(sent, now=NOW).problems)
    assert "Secretname" not in str(
        refused(
            bundle(named, level(status="Secretname", subject={"reference": "Patient/Secretname"}), patient(key="Secretname"))
        )
    )


# --- whatever is sent

WHOLE = bundle(
    patient("female"), level(specimen={"reference": "Specimen/h"}), condition("91175000"), dose(), encounter("IMP"),
    {"resourceType": "Specimen", "id": "h", "condition": [concept(f"{HL7}/v2-0493", "HEM")]},
    level(code={"text": "panel"}, valueQuantity=None, component=[{"code": concept(LOINC, "2601-3"), "valueQuantity": quantity(0.5)}]),
)  # fmt: skip
JUNK = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=6), st.just("2026-13-45")
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["coding", "code", "value", "x"]), inner)
    ),
    max_leaves=5,
)


def places(value: Any) -> list[list[Any]]:
    """The path of every element."""
    found: list[list[Any]] = [[]]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += [[key, *path] for path in places(inner)]
    return found


PLACES = places(WHOLE)


@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=3))
def test_whatever_stands_anywhere_is_read_or_refused_and_never_a_crash(changes: list[tuple[list[Any], Any]]) -> None:
    sent = deepcopy(WHOLE)
    for path, junk in changes:
        at: Any = sent
        try:
            for key in path[:-1]:
                at = at[key]
            if path:
                at[path[-1]] = junk
            else:
                sent = junk
        except (KeyError, IndexError, TypeError):
            continue
    try:
        reading = read_case(sent, now=NOW)
    except FhirInputError as error:
        said = refused_as_outcome(error)
        assert all(issue["diagnostics"] for issue in said["issue"])
    else:
        json.dumps(to_bundle(assess(reading.case), reading))


def test_a_well_formed_whole_is_read() -> None:
    reading = read_case(WHOLE, now=NOW)
    assert len(reading.case.events) == 4
    assert codes(reading) == {}


def test_nesting_without_end_is_refused() -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"extension": [deep]}
    assert "nested" in refused(bundle(patient() | deep))[0][1]
