"""Findings of the infant itself: age, gestation, weights, sex, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag.case import SETTINGS, SEXES, Case
from neomag.findings.kinds import Builder, Kind, Row, truth
from neomag.knowledge import Knowledge, Signature

_SIGNATURES = {
    "age": Signature("quantity", unit="s"),
    "gestation": Signature("quantity", unit="wk"),
    "birth_weight": Signature("quantity", unit="g"),
    "weight": Signature("quantity", unit="g"),
    "sex": Signature("word", words=SEXES),
    "setting": Signature("word", words=SETTINGS),
}


def _signature(params: Mapping[str, Any], knowledge: Knowledge) -> Signature:
    del knowledge
    return _SIGNATURES[params["field"]]


def _field(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    name = params["field"]

    def age(row: Row, case: Case) -> None:
        row[index] = case.now

    def setting(row: Row, case: Case) -> None:
        row[index] = case.setting

    def other(row: Row, case: Case) -> None:
        row[index] = getattr(case.infant, name)

    builder.at_end.append({"age": age, "setting": setting}.get(name, other))


def _problem(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    code = params["code"]

    def settle(row: Row, case: Case) -> None:
        row[index] = any(problem.code == code for problem in case.problems)

    builder.at_end.append(settle)


KINDS = {"infant": Kind(_signature, _field), "reading-problem": Kind(truth, _problem)}
