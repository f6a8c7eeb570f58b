"""Properties that hold for every infant there could be. `make test` draws thousands for each."""

from __future__ import annotations

import copy
from typing import Any

import duckdb
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.strategies import CODES, EVENTS, KNOWN, a_tenth, cases

from neomag import Answer, Case, CaseError, ages, assess, units
from neomag.ages import DAY, written
from neomag.knowledge import URGENCIES, load
from neomag.rules import duckdb as to_duckdb
from neomag.rules import rulebook

BOOK = rulebook()


def said(case: dict[str, Any]) -> Answer:
    return assess(Case.from_dict(case))


def gist(answer: Answer) -> dict[str, Any]:
    """The answer without what merely repeats how the case was written (reported text, places of events)."""
    whole = answer.to_dict()
    if whole["magnesium"]["value"]:
        whole["magnesium"]["value"].pop("reported")
    whole["problems"] = sorted(p["code"] for p in whole["problems"])
    return whole


@given(cases())
def test_every_case_is_answered_by_the_contract(case: dict[str, Any]) -> None:
    answer = said(case)
    whole = answer.to_dict()
    assert set(whole) == {
        "case", "knowledge", "urgency", "magnesium", "suspicion", "causes", "consider", "actions", "blocked", "rules", "problems",
    }  # fmt: skip
    assert whole["urgency"] in URGENCIES
    assert whole["magnesium"]["status"] in {"deficient", "grey", "normal", "high", "uninterpretable", "unknown"}
    assert whole["magnesium"]["grade"] in {"borderline", "low", "severe", "critical", None}
    assert whole["suspicion"] in {"confirmed", "strong", "possible", "unlikely", "not-assessable"}
    advised, blocked = ({line["code"] for line in whole[key]} for key in ("actions", "blocked"))
    assert not advised & blocked
    if whole["urgency"] == "emergency" and case.get("setting") != "hospital":
        assert "call-emergency" in advised
    if whole["urgency"] == "emergency":
        assert "feeding-advice" not in advised
    true = {rule["id"] for rule in whole["rules"] if rule["value"] is True}
    for key in ("causes", "consider", "actions", "blocked"):
        for line in whole[key]:
            assert line["because"]
            assert set(line["because"]) <= true
            assert line["says"]
    for rule in whole["rules"]:
        assert (rule["value"] is None) >= bool(rule["missing"])
        assert None not in rule["findings"].values()


@given(cases())
def test_every_unknown_rule_names_what_would_settle_it(case: dict[str, Any]) -> None:
    answer = said(case)
    for rule in answer.rules:
        if rule.value is None:
            assert rule.missing, rule.id


@given(cases())
def test_the_plain_reading_and_the_compiled_rules_agree(case: dict[str, Any]) -> None:
    answer = said(case)
    for entry, value in zip(BOOK.entries, answer.values, strict=True):
        assert answer.explainer.value(BOOK.trees[entry.name]) is value, entry.id


@given(cases(), st.data())
def test_unit_equivalent_cases_answer_alike(case: dict[str, Any], data: st.DataObject) -> None:
    other = copy.deepcopy(case)
    for event in other["events"]:
        if "value" in event:
            analyte = KNOWN.analytes[event["lab"]]
            unit = data.draw(st.sampled_from(analyte.units))
            exact = units.convert(units.number(event["value"]), event["unit"], unit, KNOWN, analyte)
            written_out = units.number(f"{float(exact):.12g}")
            back = float(units.convert(written_out, unit, event["unit"], KNOWN, analyte))
            # only numbers that can be written exactly in the other unit, inside both units' bands
            if back == event["value"] and all(
                units.read(analyte, v, u, KNOWN).plausible for v, u in ((event["value"], event["unit"]), (written_out, unit))
            ):
                event |= {"value": float(written_out), "unit": unit}
    assert gist(said(other)) == gist(said(case))


DANGER = [
    "seizure",
    "apnoea",
    "cyanosis",
    "gaze-deviation",
    "unresponsive",
    "bilious-vomiting",
    "lethargy",
    "limb-twitch",
    "hypotonia",
    "stridor",
]


@given(cases(), st.sampled_from(DANGER))
def test_a_danger_sign_never_lowers_urgency(case: dict[str, Any], sign: str) -> None:
    worse = case | {"events": [*case["events"], {"at": case["now"], "sign": sign}]}
    assert URGENCIES.index(said(worse).urgency) >= URGENCIES.index(said(case).urgency)


def settle(name: str, now: str, data: st.DataObject) -> dict[str, Any] | None:
    """An event that settles the finding `name`, or None where no single event does."""
    for kind, codes in CODES.items():
        for code in codes:
            plain = code.replace("-", "_")
            if kind in {"sign", "condition"} and name in {plain, f"{plain}_now"}:
                return {"at": now, kind: code} | ({"absent": True} if data.draw(st.booleans()) else {})
            if kind == "lab" and name in {plain, f"{plain}_state"}:
                return (
                    {"at": now, "lab": code, "flag": data.draw(st.sampled_from(["low", "normal", "high"]))}
                    if name != plain
                    else None
                )
    return None


@given(cases(), st.data())
def test_learning_a_fact_keeps_every_known_rule_known(case: dict[str, Any], data: st.DataObject) -> None:
    before = said(case)
    missing = sorted({name for rule in before.rules for name in rule.missing})
    assume(missing)
    event = settle(data.draw(st.sampled_from(missing)), case["now"], data)
    assume(event is not None)
    after = said(case | {"events": [*case["events"], event]})
    lost = [
        e.id for e, was, now in zip(BOOK.entries, before.values, after.values, strict=True) if was is not None and now is None
    ]
    assert not lost, (event, lost)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(case: dict[str, Any], random: Any) -> None:
    # Ties of one analyte in time are broken by place in the file, so that those keep their order.
    seen: set[tuple[Any, Any]] = set()
    events = [e for e in case["events"] if "lab" not in e or ((k := (e["lab"], e.get("at"))) not in seen and not seen.add(k))]
    shuffled = events.copy()
    random.shuffle(shuffled)
    assert gist(said(case | {"events": shuffled})) == gist(said(case | {"events": events}))


@given(cases(), EVENTS, st.integers(1, 400 * DAY))
def test_nothing_after_now_matters(case: dict[str, Any], event: dict[str, Any], later: int) -> None:
    now = ages.seconds(case["now"])
    future = case | {"events": [*case["events"], event | {"at": written(now + later)}]}
    with pytest.raises(CaseError, match="after `now`"):
        Case.from_dict(future)


@given(cases())
def test_assessing_twice_says_the_same(case: dict[str, Any]) -> None:
    read = Case.from_dict(case)
    assert assess(read).to_dict() == assess(read).to_dict()


CONNECTION = duckdb.connect()
QUERY = to_duckdb.query(BOOK.trees, BOOK.order, "found")
CONNECTION.execute(f"create table found ({to_duckdb.columns(BOOK.findings)})")
INSERT = f"insert into found values ({', '.join('?' * len(BOOK.findings))})"


# One query for many infants: a tenth of the draws still makes thousands of infants.
@a_tenth
@given(st.lists(cases(), min_size=20, max_size=40))
def test_python_and_duckdb_agree_on_every_rule(drawn: list[dict[str, Any]]) -> None:
    rows = [BOOK.plan.row(Case.from_dict(case)) for case in drawn]
    CONNECTION.execute("delete from found")
    CONNECTION.executemany(INSERT, rows)
    answers = CONNECTION.execute(QUERY).fetchall()
    assert [tuple(answer) for answer in answers] == [BOOK.evaluate(row) for row in rows]


def test_the_build_and_the_sources_agree() -> None:
    """What is compiled at build time is what the parser makes of the files now."""
    from neomag.rules import python
    from neomag.rules.rulebook import parse_all

    trees, order = parse_all(load())
    assert trees == dict(BOOK.trees)
    evaluate = python.compile_source(python.source(list(BOOK.findings), trees, order, BOOK.counts))
    row = list(BOOK.plan.blank[: len(BOOK.findings)])
    assert evaluate(row) == BOOK.evaluate(row)
