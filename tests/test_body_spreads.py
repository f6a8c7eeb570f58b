"""Spreads between infants: how a published one is judged."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.body import spreads as room
from neomag.body.spreads import Spread, judge_spread, spreads
from neomag.body.uncertainty import quantile
from neomag.body.validate import Result
from neomag.knowledge import Knowledge, load

values = st.lists(st.floats(-5, 5), min_size=3, max_size=40)


def one(code: str) -> Spread:
    return next(s for s in spreads(load()) if s.target.id == code)


@given(values=values, end=st.floats(0, 1))
def test_a_quantile_lies_between_the_ends_and_rises(values: list[float], end: float) -> None:
    assert min(values) <= quantile(values, end) <= max(values)
    assert quantile(values, end / 2) <= quantile(values, end)
    assert (quantile(values, 0), quantile(values, 1)) == (min(values), max(values))


@given(values=values, by=st.floats(0.1, 10), more=st.floats(-3, 3))
def test_a_spread_knows_no_place_and_grows_with_its_scale(values: list[float], by: float, more: float) -> None:
    for code in ("first-3-days", "week-1", "noone"):
        spread = one(code)
        assert spread.of([by * x + more for x in values]) == pytest.approx(by * spread.of(values), rel=1e-6, abs=1e-6)
    assert one("noone").of(values) >= one("week-1").of(values) >= 0


def test_a_share_counts_infants_below_the_limit() -> None:
    assert one("mehta-1").of([1.0, 1.59, 1.6, 2.0]) == 50


@pytest.mark.parametrize(
    ("sd", "infants", "met"), [(0.18, 34, True), (0.3, 34, False), (0.05, 34, False), (0.23, 6, True), (0.19, None, True),
                               (0.22, None, False)]
)  # fmt: skip
def test_the_fewer_infants_were_studied_the_more_is_met(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, sd: float, infants: int | None, met: bool
) -> None:
    """Simulated infants of a known spread, 0.18, in place of the model."""
    random = Random(3)
    monkeypatch.setattr(room, "judge", lambda target, knowledge: Result(target, random.gauss(0.9, 0.18)))
    spread = replace(one("first-3-days"), size=sd, infants=infants)
    found = judge_spread(spread, 800, 1, knowledge)
    assert found.simulated == pytest.approx(0.18, rel=0.12)
    assert found.passed is met
    assert found.infants == 800


def test_the_same_seed_gives_the_same_answer(knowledge: Knowledge) -> None:
    spread = one("mehta-1")
    assert judge_spread(spread, 20, 5, knowledge) == judge_spread(spread, 20, 5, knowledge)


def test_infants_that_cannot_be_described_are_counted_out(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    found: Any = iter([Result(one("daily-24").target, value) for value in (1.0, None, 1.2, None, 1.1)])
    monkeypatch.setattr(room, "judge", lambda target, knowledge: next(found))
    assert judge_spread(one("daily-24"), 5, 1, knowledge).infants == 3
