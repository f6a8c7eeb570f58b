"""Cards: of which infants, how many and how urgent; what they hold; and that nothing in them is markup of an order's making."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fhirkit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from tests import strategies
from tests.cds_help import (
    DISCHARGE,
    HOOKS,
    IV,
    SIGN,
    VIEW,
    Clock,
    ask,
    call,
    codes,
    magnesium_ordered,
    order,
    over,
    serving,
    valid,
)
from tests.fhir_cases import EXAMPLES, published

from neomag import ages
from neomag.knowledge import load
from neomag.knowledge.cds_checks import check_cds
from neomag.service.cds.markdown import escaped, one_line, shortened

NOW = "20 d"
SEIZURE = {"at": "19 d", "sign": "seizure"}


def level(value: float, at: str = NOW, **more: Any) -> dict[str, Any]:
    return {"at": at, "lab": "magnesium", "value": value, "unit": "mmol/L", **more}


def case(*events: dict[str, Any], now: str = NOW) -> dict[str, Any]:
    return {"case": "made-up", "now": now, "infant": {"weight": "3000 g"}, "events": list(events)}


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def client(clock: Clock) -> Iterator[TestClient[Litestar]]:
    with serving(clock) as found:
        yield found


@pytest.fixture(autouse=True)
def at_now(clock: Clock) -> None:
    clock.at(NOW)


def test_discovery(client: TestClient[Litestar]) -> None:
    answer = client.get("/cds-services")
    services = valid("discovery", answer.json())["services"]
    assert {service["id"]: service["hook"] for service in services} == HOOKS
    for service in services:
        assert "{{context.patientId}}" in service["prefetch"]["patient"]
        assert "http://loinc.org|2601-3" in service["prefetch"]["observations"]
        assert "{{codes}}" not in json.dumps(service)
    assert client.get("/cds-services", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


SPOILS = [
    ("cards", 'summary = "Magnesium is dangerously high: give none."', f'summary = "{"x" * 140}"', "at most 139"),
    ("cards", '"magnesium-dangerous", "level', '"no-such-rule", "level', "no rule no-such-rule"),
    ("cards", 'advised = "give-magnesium"', 'advised = "give-gold"', "no action give-gold"),
    ("cards", 'indicator = "critical"', 'indicator = "alarm"', "indicator is one of"),
    ("cards", 'order = "calcium"', 'order = "gold"', "no group of orders gold"),
    ("cards", 'sources = ["FAO"]', 'sources = ["NOBODY"]', "NOBODY is not in sources.toml"),
    ("cards", 'policy = "Ground rule 6 of the design."', "", "needs sources, or policy"),
    ("cards", "deletes = true", "removes = true", "removes is not known"),
    ("services", '"order-sign"', '"order-select"', "two services of one hook"),
    ("services", '"specimens"', '"tubes"', "needs tubes"),
    ("suggestions", 'ecg = "Order an ECG"', "", "no label of ecg"),
    ("orders", '"calcium-oral"', '"calcium-nasal"', "no drug calcium-nasal"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "was", "becomes", "says"), SPOILS)
def test_the_check_finds_what_does_not_hold_together(tmp_path: Path, table: str, was: str, becomes: str, says: str) -> None:
    known = load()
    assert check_cds(known) == []
    shutil.copytree(Path(known.directory) / "cds", tmp_path / "cds")
    file = tmp_path / "cds" / f"{table}.toml"
    text = file.read_text("utf-8")
    assert was in text
    file.write_text(text.replace(was, becomes), "utf-8")
    assert any(says in line for line in check_cds(replace(known, directory=str(tmp_path))))


@pytest.mark.parametrize(
    ("events", "code", "indicator"),
    [
        ([], None, ""),
        ([level(0.85)], None, ""),
        ([SEIZURE], "magnesium-unmeasured-event", "warning"),
        ([SEIZURE, level(0.45)], "magnesium-treat", "critical"),
        ([level(0.56)], "magnesium-deficient", "warning"),
        ([level(0.65)], "magnesium-grey", "info"),
        ([SEIZURE, level(0.65)], "magnesium-grey", "warning"),
        ([level(2.4)], "magnesium-dangerous", "critical"),
        ([level(0.45, specimen=["edta"])], "magnesium-uninterpretable", "warning"),
        ([{"at": "19 d", "lab": "potassium", "value": 2.4, "unit": "mmol/L"}], "magnesium-unmeasured", "warning"),
        ([{"at": "1 d", "condition": "diarrhoea", "for": "18 d"}], "magnesium-unmeasured", "info"),
    ],
)  # fmt: skip
def test_the_standing_of_an_infant_is_one_card(
    client: TestClient[Litestar], events: list[dict[str, Any]], code: str | None, indicator: str
) -> None:
    cards = ask(client, VIEW, call(VIEW, case(*events)))
    assert codes(cards) == ([code] if code else [])
    assert [card["indicator"] for card in cards] == ([indicator] if code else [])


def test_a_well_newborn_is_repeated_and_not_treated(client: TestClient[Litestar], clock: Clock) -> None:
    clock.at("30 h")
    (card,) = ask(client, VIEW, call(VIEW, case(level(0.62, "29 h"), now="30 h")))
    assert codes([card]) == ["magnesium-newborn-repeat"]
    assert [s["label"] for s in card["suggestions"]] == ["Order magnesium at 72 hours of life"]


def test_a_test_that_is_ordered_is_not_asked_for_again(client: TestClient[Litestar]) -> None:
    diarrhoea = {"at": "1 d", "condition": "diarrhoea", "for": "16 d"}
    (card,) = ask(client, VIEW, call(VIEW, case(diarrhoea)))
    assert codes([card]) == ["magnesium-unmeasured"]
    assert ask(client, VIEW, call(VIEW, case(diarrhoea), also=[magnesium_ordered()])) == []


def test_an_emergency_has_its_card_while_the_level_that_was_ordered_is_awaited(client: TestClient[Litestar]) -> None:
    (card,) = ask(client, VIEW, call(VIEW, case(SEIZURE), also=[magnesium_ordered()]))
    assert (codes([card]), card["indicator"]) == (["emergency-level-awaited"], "warning")
    assert "magnesium" not in " ".join(s["label"] for s in card["suggestions"])
    # One card all the same, and the one that says what to do about the level goes before it.
    assert codes(ask(client, VIEW, call(VIEW, case(SEIZURE)))) == ["magnesium-unmeasured-event"]
    assert ask(client, VIEW, call(VIEW, case(SEIZURE, level(0.85)), also=[magnesium_ordered()])) == []


@pytest.mark.parametrize(
    ("events", "also", "expected"),
    [
        ([level(0.55)], [], ["discharge-low"]),
        ([level(0.55)], [magnesium_ordered()], []),
        ([level(0.85)], [], []),
        ([level(0.5, "10 d"), level(0.85)], [], ["discharge-out-of-date"]),
        ([SEIZURE], [], ["discharge-unexplained"]),
        ([SEIZURE, level(0.85, "2 d")], [], []),
        ([SEIZURE, level(0.45)], [], ["discharge-low"]),
        ([], [], []),
    ],
)  # fmt: skip
def test_before_discharge(
    client: TestClient[Litestar], events: list[dict[str, Any]], also: list[dict[str, Any]], expected: list[str]
) -> None:
    assert codes(ask(client, DISCHARGE, call(DISCHARGE, case(*events), also=also))) == expected


@pytest.mark.parametrize("service", HOOKS)
def test_only_living_infants_are_spoken_of(client: TestClient[Litestar], clock: Clock, service: str) -> None:
    drafts = [order("m", "Magnesium sulfate 50 %", "1500 mg", **IV)]
    body = call(service, case(SEIZURE, level(0.3)), drafts)
    assert ask(client, service, body)
    for patient in (
        {"birthDate": "1961"}, {"birthDate": "1961-05-03"}, {"birthDate": "2024-01-01", "_birthDate": None},
        {"deceasedBoolean": True}, {"deceasedDateTime": "2026-01-05"},
    ):  # fmt: skip
        other = {**body, "prefetch": {"patient": body["prefetch"]["patient"] | patient}}
        assert ask(client, service, other) == []
    clock.at("24 mo")
    clock.now = clock.now.replace(year=clock.now.year + 1)
    assert ask(client, service, body) == []


def test_what_a_card_holds(client: TestClient[Litestar]) -> None:
    (card,) = ask(client, VIEW, call(VIEW, case(SEIZURE, level(0.45))))
    assert card["source"]["label"].startswith("neomag ")
    assert card["source"]["url"].startswith("http")
    assert len(card["overrideReasons"]) >= 4
    assert all(reason["system"] == "urn:neomag:code:override-reason" for reason in card["overrideReasons"])
    assert "Not a substitute for a clinician" in card["detail"]
    assert card["links"]
    sources = {source.link for source in load().sources.values()}
    assert {link["url"] for link in card["links"]} <= sources
    resources = [a["resource"] for s in card["suggestions"] for a in s["actions"]]
    assert resources
    for resource in resources:
        assert resource["resourceType"] == "ServiceRequest"
        assert (resource["status"], resource["intent"]) == ("draft", "proposal")
        assert "id" not in resource
        assert "urn:uuid" not in json.dumps(resource)
        assert not list(fhirkit.validate(resource))


def test_an_encounter_is_named_in_what_is_suggested(client: TestClient[Litestar]) -> None:
    (card,) = ask(client, DISCHARGE, call(DISCHARGE, case(level(0.55))))
    (action,) = card["suggestions"][0]["actions"]
    assert action["resource"]["encounter"] == {"reference": "Encounter/e1"}


@given(st.data())
def test_any_infant_and_any_orders_have_valid_cards_one_critical_at_most(
    client: TestClient[Litestar], clock: Clock, data: st.DataObject
) -> None:
    infant = data.draw(strategies.cases())
    service = data.draw(st.sampled_from(sorted(HOOKS)))
    clock.now = clock.now.fromtimestamp(_born() + ages.seconds(infant["now"]), clock.now.tzinfo)
    orders = st.builds(
        order,
        st.uuids().map(str),
        st.sampled_from(
            ["Magnesium sulfate 50 %", "Magnesium", "MgSO4", "Calcium gluconate 10 %", "Potassium chloride", "Ceftriaxone"]
        ),
        st.one_of(
            st.none(),
            st.builds(
                "{} {}".format,
                st.sampled_from([0.2, 0.5, 3, 40, 150, 2000]),
                st.sampled_from(["mg", "mmol", "mL", "meq", "g", "mg/kg"]),
            ),
        ),
    ).map(
        lambda one: _with(
            one,
            data.draw(st.sampled_from([{}, IV, {**IV, **over(60)}, {**IV, **over(5, frequency=1, period=6, periodUnit="h")}])),
        )
    )
    drafts = data.draw(st.lists(orders, max_size=5))
    body = call(service, infant, drafts, also=data.draw(st.sampled_from([[], [magnesium_ordered()]])))
    answer = client.post(f"/cds-services/{service}", json=body)
    # A record that contradicts itself is refused as a whole.
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 200:
        cards = valid("response", answer.json())["cards"]
        assert sum(card["indicator"] == "critical" for card in cards) <= 1
        assert "critical" not in [card["indicator"] for card in cards[1:]]
        assert len({card["uuid"] for card in cards}) == len(cards)
        assert len(cards) <= {VIEW: 1, DISCHARGE: 2}.get(service, 10)


def _born() -> int:
    from tests.fhir_cases import BORN

    return int(BORN.timestamp())


def _with(one: dict[str, Any], dosage: dict[str, Any]) -> dict[str, Any]:
    said = {**one.get("dosageInstruction", [{}])[0], **dosage}
    return one | ({"dosageInstruction": [said]} if said else {})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_published_cases_have_the_card_that_their_answer_asks_for(
    client: TestClient[Litestar], clock: Clock, path: Any
) -> None:
    from neomag import Case, assess

    given_case = published(path)
    clock.at(given_case["now"])
    cards = ask(client, VIEW, call(VIEW, given_case))
    answer = assess(Case.from_dict(given_case))
    asks = {"measure-magnesium", "give-magnesium"} & {action.code for action in answer.actions}
    if ages.seconds(given_case["now"]) <= ages.seconds("24 mo"):
        assert bool(cards) >= bool(asks)
        if "give-magnesium" in {action.code for action in answer.actions}:
            assert cards[0]["indicator"] == "critical"
    else:
        assert cards == []


HOSTILE = "[click](http://evil.example) <script>alert(1)</script> www.evil.example *bold* `code` a@evil.example |x| ~~no~~ &lt;\n# head"


def test_an_order_cannot_write_markup_into_a_card(client: TestClient[Litestar]) -> None:
    draft = order("m", "Magnesium sulfate", **IV, text=HOSTILE)
    (card,) = ask(client, SIGN, call(SIGN, case(level(0.45)), [draft]))
    assert codes([card]) == ["dose-unread"]
    lines = card["detail"].split("\n")
    assert not any(line.lstrip().startswith("#") for line in lines)
    own = re.sub(r"\\[!-/:-@\[-`{-~]|\*\*", "", card["detail"])
    assert not re.search(r"[<>`*|~]|\]\(http://evil|https?://evil|www\.|@evil", own)


@given(st.text())
def test_escaped_text_has_no_marks_and_one_line(text: str) -> None:
    said = escaped(text)
    assert "\n" not in said
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`<>\[\]|~#]", said)


@given(st.text(), st.integers(10, 139))
def test_shortened_text_is_short_and_begins_as_it_did(text: str, most: int) -> None:
    said, whole = shortened(text, most), one_line(text)
    assert len(said) <= most
    assert said == whole or (said.endswith("…") and whole.startswith(said[:-1]))
