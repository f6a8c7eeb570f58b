"""Orders: calcium again, potassium, and magnesium by the dose rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.cds_help import (
    INSTANCE,
    IV,
    SELECT,
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
)

SEIZURE = {"at": "19 d", "sign": "seizure"}
CALCIUM = {"at": "19 d", "given": "calcium-gluconate-10", "route": "iv", "dose": 2, "unit": "mL/kg"}
LOW = {"at": "20 d", "lab": "magnesium", "value": 0.45, "unit": "mmol/L"}
NORMAL = {"at": "20 d", "lab": "magnesium", "value": 0.85, "unit": "mmol/L"}
LOW_POTASSIUM = {"at": "20 d", "lab": "potassium", "value": 2.4, "unit": "mmol/L"}
CALCIUM_ORDER = order("o1", "Calcium gluconate 10 % injection", "6 mL", **IV)
SULFATE = "Magnesium sulfate 50 % injection"


@pytest.fixture(scope="module")
def clock() -> Clock:
    found = Clock()
    found.at("20 d")
    return found


@pytest.fixture(scope="module")
def client(clock: Clock) -> Iterator[TestClient[Litestar]]:
    with serving(clock) as found:
        yield found


def case(*events: dict[str, Any], weight: str | None = "3000 g") -> dict[str, Any]:
    return {"case": "made-up", "now": "20 d", "infant": {"weight": weight} if weight else {}, "events": list(events)}


@pytest.mark.parametrize("service", [SELECT, SIGN])
def test_calcium_again_while_magnesium_is_unmeasured(client: TestClient[Litestar], service: str) -> None:
    cards = ask(client, service, call(service, case(CALCIUM), [CALCIUM_ORDER]))
    assert codes(cards) == ["calcium-again"]
    (card,) = cards
    assert card["indicator"] == "warning"
    test, *_ = card["suggestions"]
    (action,) = test["actions"]
    assert action["resource"]["resourceType"] == "ServiceRequest"
    assert {"system": "http://loinc.org", "code": "2601-3"} in action["resource"]["code"]["coding"]
    assert action["resource"]["subject"]["reference"] == "Patient/infant"


def test_calcium_after_calcium_that_did_not_help_is_critical_and_can_be_removed(client: TestClient[Litestar]) -> None:
    later = {**SEIZURE, "at": "20 d"}
    cards = ask(client, SIGN, call(SIGN, case(SEIZURE, CALCIUM, later), [CALCIUM_ORDER]))
    assert codes(cards) == ["calcium-failed-again"]
    assert cards[0]["indicator"] == "critical"
    deletes = [a for s in cards[0]["suggestions"] for a in s["actions"] if a["type"] == "delete"]
    assert [action["resourceId"] for action in deletes] == ["MedicationRequest/o1"]


def test_an_earlier_order_counts_as_before(client: TestClient[Litestar]) -> None:
    earlier = CALCIUM_ORDER | {"id": "before", "status": "active"}
    assert codes(ask(client, SIGN, call(SIGN, case(), [CALCIUM_ORDER], also=[earlier]))) == ["calcium-again"]
    refuted = {**earlier, "doNotPerform": True}
    assert ask(client, SIGN, call(SIGN, case(), [CALCIUM_ORDER], also=[refuted])) == []
    # The draft itself may be listed among the orders of the record.
    assert ask(client, SIGN, call(SIGN, case(), [CALCIUM_ORDER], also=[CALCIUM_ORDER | {"status": "active"}])) == []


def test_the_first_calcium_of_an_infant_that_seizes(client: TestClient[Litestar]) -> None:
    assert codes(ask(client, SIGN, call(SIGN, case(SEIZURE), [CALCIUM_ORDER]))) == ["calcium-first"]


@pytest.mark.parametrize("events", [[CALCIUM, NORMAL], [CALCIUM, SEIZURE, LOW]])
def test_nothing_is_said_of_calcium_once_magnesium_is_known(client: TestClient[Litestar], events: list[dict[str, Any]]) -> None:
    assert ask(client, SIGN, call(SIGN, case(*events), [CALCIUM_ORDER])) == []


def test_nothing_is_said_when_magnesium_is_ordered_already_or_with_it(client: TestClient[Litestar]) -> None:
    assert ask(client, SIGN, call(SIGN, case(CALCIUM), [CALCIUM_ORDER], also=[magnesium_ordered()])) == []
    assert ask(client, SIGN, call(SIGN, case(CALCIUM), [CALCIUM_ORDER, magnesium_ordered("draft")])) == []
    cancelled = magnesium_ordered("revoked")
    assert codes(ask(client, SIGN, call(SIGN, case(CALCIUM), [CALCIUM_ORDER], also=[cancelled]))) == ["calcium-again"]


@pytest.mark.parametrize("name", ["Calcium folinate 15 mg", "Paracetamol", "Calcium channel blocker", "Heparin calcium"])
def test_other_drugs_are_not_calcium(client: TestClient[Litestar], name: str) -> None:
    assert ask(client, SIGN, call(SIGN, case(CALCIUM), [order("o", name, "1 mL")])) == []


def test_order_select_speaks_only_of_what_was_just_chosen(client: TestClient[Litestar]) -> None:
    drafts = [CALCIUM_ORDER, order("o2", "Paracetamol")]
    assert ask(client, SELECT, call(SELECT, case(CALCIUM), drafts, selections=["MedicationRequest/o2"])) == []
    assert codes(ask(client, SELECT, call(SELECT, case(CALCIUM), drafts, selections=["MedicationRequest/o1"]))) == [
        "calcium-again"
    ]


def test_calcium_that_is_blocked(client: TestClient[Litestar]) -> None:
    ceftriaxone = {"at": "19 d", "given": "ceftriaxone", "route": "iv"}
    cards = ask(client, SIGN, call(SIGN, case(ceftriaxone, NORMAL), [CALCIUM_ORDER]))
    assert codes(cards) == ["calcium-blocked"]
    assert cards[0]["indicator"] == "critical"
    assert "ceftriaxone" in cards[0]["detail"]


def test_potassium(client: TestClient[Litestar]) -> None:
    potassium = order("o1", "Potassium chloride 15 % concentrate", "3 mmol", **IV)
    (low,) = ask(client, SIGN, call(SIGN, case(LOW_POTASSIUM), [potassium]))
    assert (codes([low]), low["indicator"]) == (["potassium-low"], "warning")
    (other,) = ask(client, SIGN, call(SIGN, case(), [potassium]))
    assert (codes([other]), other["indicator"]) == (["potassium-unmeasured"], "info")
    assert ask(client, SELECT, call(SELECT, case(), [potassium])) == []
    assert ask(client, SIGN, call(SIGN, case(LOW_POTASSIUM, NORMAL), [potassium])) == []
    assert ask(client, SIGN, call(SIGN, case(), [order("o", "Benzylpenicillin potassium", "50 mg")])) == []


def test_one_card_asks_for_magnesium_whichever_orders_ask_for_it(client: TestClient[Litestar]) -> None:
    potassium = order("o2", "Potassium chloride", "3 mmol", **IV)
    cards = ask(
        client, SIGN, call(SIGN, case(CALCIUM, LOW_POTASSIUM), [potassium, CALCIUM_ORDER, CALCIUM_ORDER | {"id": "o3"}])
    )
    assert len(cards) == 1


# Of an infant of 3 kg and 0.45 mmol/L: the order, the card, and a word of it.
DOSES: list[tuple[dict[str, Any], str | None, str]] = [
    (order("m", SULFATE, "150 mg", **IV, **over(60)), "dose-unusual", "magnesium sulfate 50 % 150 mg over 60 min iv"),
    (order("m", "Magnesium sulfate heptahydrate", "0.6 mmol", **IV, **over(60)), "dose-noted", "0.6 mmol"),
    (order("m", SULFATE, "1500 mg", **IV, **over(60)), "dose-refused", "above"),
    (order("m", SULFATE, "1.5 g", **IV, **over(60)), "dose-refused", "above"),
    (order("m", SULFATE, "150 mg", **IV, **over(1)), "dose-refused", "passes"),
    (order("m", SULFATE, "150 mg", **IV, method={"text": "IV push"}), "dose-refused", "push"),
    (order("m", "Magnesium 10 mL vial", "50 mg", **IV, **over(60)), "dose-refused", "does not say of what"),
    (order("m", "Magnesium sulfate", "0.3 mL", **IV, **over(60)), "dose-refused", "strength"),
    (order("m", "Magnesium sulfate 500 mg/mL", "0.3 mL", **IV, **over(60)), None, ""),
    (order("m", SULFATE, "0.3 mL", **IV, **over(60)), None, ""),
    (order("m", SULFATE, "150 mg", **IV, **over(60, frequency=4, period=1, periodUnit="d")), "dose-unusual", "every 6 h"),
    (order("m", SULFATE, "150 mg", **IV, **over(60, frequency=1, period=2, periodUnit="h")), "dose-refused", "24 hours"),
    (order("m", "Magnesium sulfate in glucose 10 %", "5 mL", **IV, **over(60)), "dose-unread", "mixture"),
    (order("m", SULFATE, **IV, text="0.6 mmol IV over 60 min " + "and " * 50 + "then 40 mmol"), "dose-unread", "too long"),
    (order("m", SULFATE, "150 mg" + "g" * 40, **IV), "dose-unread", "not"),
    (order("m", SULFATE), "dose-unread", "no dosage"),
    (order("m", SULFATE, **IV), "dose-unread", "amount"),
    (order("m", SULFATE, "150 furlong", **IV), "dose-unread", "not known"),
    (order("m", SULFATE, "150 mg", route={"text": "intrathecal"}), "dose-unread", "route"),
    (order("m", "Magnesium oxide 400 mg tablet", "40 mg"), "dose-unread", "oxide"),
    (order("m", SULFATE, "150 mg", **IV, **over(60, when=["MORN"], period=1, periodUnit="d")), "dose-unread", "when"),
    (order("m", SULFATE, **IV, text="0.6 mmol IV over 60 min"), "dose-noted", "0.6 mmol"),
    (order("m", SULFATE, route={"text": "IM"}, text="0.6 mmol IV over 60 min"), "dose-unread", "which is meant"),
    (order("m", SULFATE, **IV, text="20 mmol", **over(60)), "dose-refused", "above"),
    (order("m", SULFATE, **IV, text="as the ward does"), "dose-unread", "not understood"),
    (order("m", SULFATE, doseAndRate=[{"doseRange": {"low": {"value": 1}}}]), "dose-unread", "range"),
    (order("m", SULFATE, "150 mg", **IV, timing={"code": {"text": "Q6H"}}), "dose-unusual", "24 hours"),
    (order("m", SULFATE, "150 mg", **IV, timing={"code": {"text": "now and then"}}), "dose-unread", "not understood"),
    (order("m", "Esomeprazole magnesium", "2 mg"), None, ""),
    (order("m", SULFATE, "1500 mg", **IV) | {"status": "entered-in-error"}, None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("draft", "code", "says"), DOSES)
def test_magnesium_is_checked_by_the_dose_rules(
    client: TestClient[Litestar], draft: dict[str, Any], code: str | None, says: str
) -> None:
    cards = ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), [draft]))
    assert codes(cards) == ([] if code is None else [code])
    if code:
        assert says in cards[0]["detail"].replace("\\", "") + cards[0]["summary"]
        assert (
            cards[0]["indicator"]
            == {"dose-refused": "critical", "dose-unread": "warning", "dose-unusual": "warning", "dose-noted": "info"}[code]
        )
        creates = [a for s in cards[0].get("suggestions", []) for a in s["actions"] if a["type"] == "create"]
        assert not creates


def test_a_rate_and_a_ratio_are_read(client: TestClient[Litestar]) -> None:
    quantity = {"value": 150, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    ratio = {
        "numerator": quantity,
        "denominator": {"value": 1, "unit": "h", "system": "http://unitsofmeasure.org", "code": "h"},
    }
    draft = order("m", SULFATE, **IV, doseAndRate=[{"doseQuantity": quantity, "rateRatio": ratio}])
    (card,) = ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), [draft]))
    assert codes([card]) == ["dose-unusual"]
    assert "2.5 mg/min" in card["detail"]
    rates = {"doseQuantity": quantity}
    fast = {**ratio, "denominator": {**ratio["denominator"], "unit": "min", "code": "min"}}
    draft = order("m", SULFATE, **IV, doseAndRate=[rates | {"rateRatio": fast}])
    (card,) = ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), [draft]))
    assert codes([card]) == ["dose-refused"]
    mixture = {"value": 20, "unit": "mL/h", "system": "http://unitsofmeasure.org", "code": "mL/h"}
    draft = order("m", SULFATE, **IV, doseAndRate=[rates | {"rateQuantity": mixture}])
    (card,) = ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), [draft]))
    assert codes([card]) == ["dose-unread"]


def test_an_order_that_is_still_being_written_is_not_faulted(client: TestClient[Litestar]) -> None:
    assert ask(client, SELECT, call(SELECT, case(LOW, SEIZURE), [order("m", SULFATE)])) == []
    assert ask(client, SELECT, call(SELECT, case(LOW, weight=None), [order("m", SULFATE, "150 mg", **IV)])) == []
    refused = order("m", SULFATE, "1500 mg", **IV)
    assert codes(ask(client, SELECT, call(SELECT, case(LOW, SEIZURE), [refused]))) == ["dose-refused"]


def test_without_a_weight_nothing_is_checked_and_that_is_said(client: TestClient[Litestar]) -> None:
    (card,) = ask(client, SIGN, call(SIGN, case(LOW, weight=None), [order("m", SULFATE, "150 mg", **IV, **over(60))]))
    assert codes([card]) == ["dose-unread"]
    assert "weight" in card["summary"]


def test_magnesium_that_is_high_or_unknown_is_refused(client: TestClient[Litestar]) -> None:
    draft = order("m", SULFATE, "150 mg", **IV, **over(60))
    high = {**LOW, "value": 2.4}
    (card,) = ask(client, SIGN, call(SIGN, case(high), [draft]))
    assert (codes([card]), card["indicator"]) == (["dose-refused"], "critical")
    (card,) = ask(client, SIGN, call(SIGN, case(), [draft]))
    assert codes([card]) == ["dose-refused"]
    assert "level" in card["summary"]
    # Blocked, and so badly written that no dose can be read: still blocked.
    assert codes(ask(client, SIGN, call(SIGN, case(high), [order("m", SULFATE)]))) == ["magnesium-blocked"]


def test_a_medication_that_is_only_referred_to(client: TestClient[Litestar]) -> None:
    draft = order("m", "", "1500 mg", **IV)
    del draft["medicationCodeableConcept"]
    contained = {"resourceType": "Medication", "id": "c", "code": {"text": SULFATE}}
    for extra in (
        {"contained": [contained], "medicationReference": {"reference": "#c"}},
        {"medicationReference": {"reference": "Medication/elsewhere", "display": SULFATE}},
    ):
        assert codes(ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), [draft | extra]))) == ["dose-refused"]
    among = [draft | {"medicationReference": {"reference": "Medication/c"}}, contained]
    assert codes(ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), among))) == ["dose-refused"]


def test_of_several_alarms_one_is_critical(client: TestClient[Litestar]) -> None:
    ceftriaxone = {"at": "19 d", "given": "ceftriaxone", "route": "iv"}
    drafts = [
        CALCIUM_ORDER, order("m1", SULFATE, "1500 mg", **IV), order("m2", "Magnesium", "50 mg", **IV),
        order("p", "Potassium chloride", "3 mmol"),
    ]  # fmt: skip
    cards = ask(client, SIGN, call(SIGN, case(ceftriaxone, CALCIUM, SEIZURE), drafts))
    assert [card["indicator"] for card in cards][:2] == ["critical", "warning"]
    assert codes(cards).count("dose-refused") == 2
    assert len({card["uuid"] for card in cards}) == len(cards)


def test_the_same_call_has_the_same_cards_and_another_has_others(client: TestClient[Litestar]) -> None:
    body = call(SIGN, case(CALCIUM), [CALCIUM_ORDER])
    once, again = ask(client, SIGN, body), ask(client, SIGN, body)
    assert once == again
    other = ask(client, SIGN, {**body, "hookInstance": INSTANCE[:-1] + "3"})
    assert other[0]["uuid"] != once[0]["uuid"]


MG_NOT_G = {"doseQuantity": {"value": 150, "unit": "g", "system": "http://unitsofmeasure.org", "code": "mg"}}
SAME_UNIT = {"doseQuantity": {"value": 150, "unit": "mg ", "system": "http://unitsofmeasure.org", "code": "mg"}}
FINE = order("m", SULFATE, "0.3 mL", **IV, **over(60))


@pytest.mark.parametrize(
    ("draft", "code", "says"),
    [
        (FINE, None, ""),
        (order("m", SULFATE, **IV, **over(60), doseAndRate=[MG_NOT_G]), "dose-unread", "two ways"),
        (order("m", SULFATE, **IV, **over(60), doseAndRate=[SAME_UNIT]), "dose-unusual", "150 mg"),
        (FINE | {"modifierExtension": [{"url": "http://x/prohibited", "valueBoolean": True}]}, "dose-unread", "modifierExtension"),
        (FINE | {"dosageInstruction": FINE["dosageInstruction"] * 2}, "dose-unread", "together"),
        (order("m", SULFATE, "0.3 mL", **IV, timing={"repeat": {"frequency": 4}}), "dose-unread", "period"),
        (
            order("m", SULFATE, "150 mg", **IV, timing={"code": {"text": "Q6H"}, "repeat": {"duration": 60, "durationUnit": "min"}}),
            "dose-unusual", "24 hours",
        ),
    ],
)  # fmt: skip
def test_what_changes_a_dose_is_never_passed_over(
    client: TestClient[Litestar], draft: dict[str, Any], code: str | None, says: str
) -> None:
    cards = ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), [draft]))
    assert codes(cards) == ([] if code is None else [code])
    assert not code or says in cards[0]["detail"].replace("\\", "") + cards[0]["summary"]


def test_two_orders_that_are_fine_alone_are_not_called_fine_together(client: TestClient[Litestar]) -> None:
    cards = ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), [FINE, FINE | {"id": "n"}]))
    assert codes(cards) == ["dose-unread", "dose-unread"]
    assert "together" in cards[0]["detail"]


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({"authoredOn": "2026-01-20T12:00:00Z"}, False),  # the sample of 20 d was taken after it
        ({"authoredOn": "2026-01-21T00:00:01Z"}, True),
        ({"authoredOn": "2026-01-20"}, True),  # the hour is not known
        ({"intent": "proposal", "authoredOn": "2026-01-21T00:00:01Z"}, False),
        ({"intent": "plan"}, True),
    ],
)
def test_a_test_that_was_done_or_only_proposed_does_not_silence_a_card(
    client: TestClient[Litestar], change: dict[str, Any], asked: bool
) -> None:
    spoilt = {"at": "20 d", "lab": "magnesium", "value": 0.8, "unit": "mmol/L", "specimen": ["haemolysed"]}
    cards = ask(client, VIEW, call(VIEW, case(spoilt), also=[magnesium_ordered() | change]))
    assert codes(cards) == ([] if asked else ["magnesium-uninterpretable"])


@pytest.mark.parametrize("name", ["Inj. Magnesium 50 %", "IV Magnesium 50 %", "Epsom salts"])
def test_magnesium_under_other_names_is_never_passed_over(client: TestClient[Litestar], name: str) -> None:
    assert codes(ask(client, SIGN, call(SIGN, case(LOW, SEIZURE), [order("m", name, "3 mL", **IV)]))) in (
        ["dose-refused"], ["dose-unread"],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Ca gluconate 10 %", "Inj. Calcium 10 %"])
def test_calcium_under_other_names(client: TestClient[Litestar], name: str) -> None:
    assert codes(ask(client, SIGN, call(SIGN, case(CALCIUM), [order("o", name, "6 mL", **IV)]))) == ["calcium-again"]
