"""The same infant gives the same answer through FHIR as through a case file, and as through a cohort of the same FHIR."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from tests import strategies
from tests.fhir_cases import EXAMPLES, published, to_parameters

from neomag import Answer, Case, ages, assess
from neomag.cohort import case_of
from neomag.cohort.normalise import normalise
from neomag.cohort.readers import Options, Staged, open_source
from neomag.cohort.simulate import simulate
from neomag.fhir import read_case

INFANTS = 400


def told(answer: Answer) -> dict[str, Any]:
    """Everything an answer says but names of the case, numbers of events, and how numbers were written."""
    said = answer.to_dict()
    magnesium = said["magnesium"]
    value = magnesium["value"] and (magnesium["value"]["value"], magnesium["value"]["at"])
    return said | {
        "case": None,
        "magnesium": magnesium | {"value": value},
        "problems": sorted({problem["code"] for problem in said["problems"]}),
    }


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_published_case_gives_the_same_answer_as_fhir(path: Path) -> None:
    case = published(path)
    assert told(assess(read_case(to_parameters(case)).case)) == told(assess(Case.from_dict(case)))


@given(strategies.cases())
def test_a_made_up_case_gives_the_same_answer_as_fhir(made: dict[str, Any]) -> None:
    # How long a condition lasted is told in FHIR by its onset and its end, and an end after the moment asked about is none yet.
    now = ages.seconds(made["now"])
    for event in made["events"]:
        if "for" in event and ("at" not in event or ages.seconds(event["at"]) + ages.seconds(event["for"]) > now):
            del event["for"]
    reading = read_case(to_parameters(made))
    straight = assess(Case.from_dict(made))
    assert told(assess(reading.case)) == told(straight)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, duckdb.DuckDBPyConnection]:
    """Made-up infants as FHIR, and the tables that the cohort reader makes of them."""
    folder = tmp_path_factory.mktemp("fhir")
    simulate(folder / "made", INFANTS, seed=11, form="fhir")
    con = duckdb.connect()
    options = Options(codes=(folder / "made" / "site_codes.csv",))
    open_source(folder / "made", "fhir", options).stage(con, folder / "work", 1)
    Staged(folder / "work", 1).load(con, 0)
    normalise(con)
    return folder / "made", con


def resources(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All resources by the infant they are about."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.ndjson*")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            for line in file:
                resource = json.loads(line)
                owner = (
                    resource["id"] if resource["resourceType"] == "Patient" else resource["subject"]["reference"].split("/")[1]
                )
                found.setdefault(owner, []).append(resource)
    return found


@pytest.mark.slow
def test_a_cohort_of_the_same_fhir_gives_the_same_findings_and_answers(cohort: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    folder, con = cohort
    lasts = con.execute(
        'SELECT infant, born, max("at") FROM infants JOIN events USING (infant) WHERE born IS NOT NULL GROUP BY ALL ORDER BY infant'
    ).fetchall()
    sent = resources(folder)
    assert len(lasts) > INFANTS / 2
    different: list[object] = []
    for place, (infant, born, last) in enumerate(lasts):
        if last is None:
            continue
        assert isinstance(born, datetime)
        now = (born + timedelta(seconds=last)).strftime("%Y-%m-%dT%H:%M:%SZ")
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in sent[infant]]}
        mine = assess(read_case(bundle, now=now, codes=[folder / "site_codes.csv"]).case)
        theirs = assess(case_of.cases(con, infant, last))
        # The findings decide every rule; what an answer says of them takes longer to write than to work out.
        if mine.row != theirs.row or (place % 10 == 0 and told(mine) != told(theirs)):
            rows = zip(mine.rulebook.findings, mine.row, theirs.row, strict=True)
            different.append((infant, last, [row for row in rows if row[1] != row[2]]))
    assert different == []
