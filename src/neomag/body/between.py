"""How infants differ: the scenario of one simulated infant after another, drawn about the scenario's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from math import exp, log1p, sqrt
from random import Random

from neomag.body.data import figures
from neomag.body.parameters import Parameters
from neomag.body.scenario import Scenario
from neomag.knowledge import Knowledge, KnowledgeError

# What varies as one, and the parameters it moves. `start` and `mother` are levels of the scenario and no parameters.
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "filtration": ("filtration_birth", "filtration_day_5", "filtration_week_4", "filtration_month_12"),
    "absorption": ("paracellular", "transporter"),
}
_LEVELS = ("start", "mother")


@cache
def log_sds(knowledge: Knowledge) -> Mapping[str, float]:
    """The SD of the logarithm of everything that varies, from between.toml's coefficients of variation.

    Raises KnowledgeError when something is named there that cannot vary.
    """
    given = figures("between", knowledge)
    known = {field.name for field in fields(Parameters)} | set(_TOGETHER) | set(_LEVELS)
    names = {code: code.replace("-", "_") for code in given}
    if problems := [f"body/between.toml [{code}]: is nothing that varies" for code, name in names.items() if name not in known]:
        raise KnowledgeError(problems)
    return {name: sqrt(log1p(given[code].centre ** 2)) for code, name in names.items()}


def infants(scenario: Scenario, seed: int, knowledge: Knowledge) -> Iterator[Scenario]:
    """Infants without end, each `scenario` with everything that varies drawn anew, log-normal, independent.

    The scenario's own figures are the medians. The same seed gives the same infants.
    """
    random = Random(seed)
    sds = log_sds(knowledge)
    while True:
        by = {name: exp(random.gauss(0.0, sd)) for name, sd in sds.items()}
        p = scenario.infant.p
        moved = {one: factor for name, factor in by.items() if name not in _LEVELS for one in _TOGETHER.get(name, (name,))}
        infant = replace(scenario.infant, p=replace(p, **{name: getattr(p, name) * factor for name, factor in moved.items()}))
        mother = scenario.mother and (scenario.mother[0] * by.get("mother", 1.0), scenario.mother[1])
        yield replace(scenario, infant=infant, level=scenario.level * by.get("start", 1.0), mother=mother)
