"""Published spreads between infants, held against those of simulated infants: targets of their own kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from random import Random
from statistics import median, stdev
from typing import Any, cast

from neomag.body.between import infants
from neomag.body.data import grounds, table
from neomag.body.errors import BodyInputError
from neomag.body.targets import Target, faults, target
from neomag.body.uncertainty import quantile
from neomag.body.validate import judge
from neomag.knowledge import Knowledge, KnowledgeError
from neomag.knowledge.tables import body_file

STATISTICS = ("sd", "width", "range", "share")
MOST = 1000
USUAL = 100  # infants to a spread; more make the answer steadier and take longer
_SAMPLES = 1000
_MIDDLE = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Spread:
    """A published spread of what `target` reads off one infant: `size` in the target's unit (a share in %).

    `ends` are what was published of a width or a range; `infants` studied, None: not known; `tolerance` as a share.
    """

    target: Target
    statistic: str
    size: float
    ends: tuple[float, float] | None
    below: float | None
    infants: int | None
    tolerance: float

    def of(self, values: Sequence[float]) -> float:
        """The size of the spread of `values`."""
        if self.statistic == "share":
            return 100 * sum(value < cast("float", self.below) for value in values) / len(values)
        if self.statistic == "sd":
            return stdev(values)
        low, high = self.ends_of(values)
        return high - low

    def ends_of(self, values: Sequence[float]) -> tuple[float, float]:
        """The ends of the range of `values`, or for any other statistic of their middle 95 %."""
        if self.statistic == "range":
            return min(values), max(values)
        return quantile(values, _MIDDLE[0]), quantile(values, _MIDDLE[1])


@dataclass(frozen=True, slots=True)
class SpreadResult:
    """What simulated infants give: the spread's size, its ends, and the sizes that would be met. `infants` were described."""

    spread: Spread
    infants: int
    simulated: float
    ends: tuple[float, float]
    accepted: tuple[float, float]

    @property
    def passed(self) -> bool:
        """Whether the published size is one that such infants give."""
        return self.accepted[0] <= self.spread.size <= self.accepted[1]


@cache
def spreads(knowledge: Knowledge) -> tuple[Spread, ...]:
    """The spreads in the order of spreads.toml. Raises KnowledgeError with a line for each fault."""
    raw = table(body_file("spreads.toml"))
    problems = [*grounds("body/spreads.toml [criterion]", raw["criterion"], knowledge)]
    made: list[Spread] = []
    for code, fields in cast("Mapping[str, Mapping[str, Any]]", raw["spread"]).items():
        where = f"body/spreads.toml [{code}]"
        wrong = [*grounds(where, fields, knowledge), *faults(where, fields), *_faults(where, fields)]
        if not wrong:
            try:
                made.append(_spread(code, fields, float(raw["criterion"]["value"]), knowledge))
            except BodyInputError as error:
                wrong = [f"{where}: {line}" for line in str(error).split("\n")]
        problems += wrong
    if problems:
        raise KnowledgeError(problems)
    return tuple(made)


def judge_spread(spread: Spread, draws: int, seed: int, knowledge: Knowledge) -> SpreadResult:
    """The spread of `draws` simulated infants against the published one."""
    drawn = islice(infants(spread.target.scenario, seed, knowledge), draws)
    found = (judge(replace(spread.target, scenario=scenario), knowledge).simulated for scenario in drawn)
    values = [value for value in found if value is not None]
    if len(values) < 2:
        raise KnowledgeError([f"body/spreads.toml [{spread.target.id}]: the model comes to no spread"])
    random, size = Random(seed), spread.infants or len(values)
    sizes = [spread.of(random.choices(values, k=size)) for _ in range(_SAMPLES)]
    # The range of few infants is narrower than that of many: the middle of the samples is what such a study would see.
    simulated = median(sizes) if spread.infants else spread.of(values)
    low, high = (quantile(sizes, end) for end in _MIDDLE) if spread.infants else (simulated, simulated)
    near = spread.tolerance * simulated
    return SpreadResult(
        spread, len(values), simulated, spread.ends_of(values), (min(low, simulated - near), max(high, simulated + near))
    )


def validate_spreads(draws: int, seed: int, knowledge: Knowledge) -> tuple[SpreadResult, ...]:
    """Every spread, simulated with `draws` infants each. Raises BodyInputError for a number of infants that is refused."""
    if not 20 <= draws <= MOST:
        raise BodyInputError(f"infants: from 20 to {MOST} is accepted")
    return tuple(judge_spread(spread, draws, seed, knowledge) for spread in spreads(knowledge))


def spreads_to_list(results: Sequence[SpreadResult]) -> list[dict[str, Any]]:
    """The spreads as plain data. `published.value` and `simulated` are of the statistic; `expected` is what would be met."""
    return [
        {
            "name": r.spread.target.name,
            "statistic": r.spread.statistic,
            "published": {
                "value": r.spread.size,
                "low": r.spread.ends[0] if r.spread.ends else None,
                "high": r.spread.ends[1] if r.spread.ends else None,
                "unit": r.spread.target.unit,
                "infants": r.spread.infants,
            },
            "simulated": round(r.simulated, 4),
            "simulated_low": round(r.ends[0], 4),
            "simulated_high": round(r.ends[1], 4),
            "simulated_infants": r.infants,
            "expected": [round(end, 4) for end in r.accepted],
            "pass": r.passed,
            "fitted": r.spread.target.group == "fitted",
            "sources": list(r.spread.target.sources),
        }
        for r in results
    ]


def spreads_met(results: Sequence[SpreadResult], fitted: bool) -> str:
    """How many spreads that were fitted to, or were not, are met, as `2 of 6`."""
    inside = [r for r in results if (r.spread.target.group == "fitted") is fitted]
    return f"{sum(r.passed for r in inside)} of {len(inside)}"


def _faults(where: str, fields: Mapping[str, Any]) -> Iterator[str]:
    if fields.get("statistic") not in STATISTICS:
        yield f"{where}: statistic must be one of {', '.join(STATISTICS)}"
    elif fields["statistic"] in {"sd", "share"} and "value" not in fields:
        yield f"{where}: value is missing"
    elif fields["statistic"] in {"width", "range"} and not {"low", "high"} <= fields.keys():
        yield f"{where}: low and high are needed"
    if fields.get("statistic") == "share" and "below" not in fields:
        yield f"{where}: below is missing"
    if not isinstance(fields.get("fitted"), bool):
        yield f"{where}: fitted must be true or false"


def _spread(code: str, fields: Mapping[str, Any], tolerance: float, knowledge: Knowledge) -> Spread:
    read = target(code, fields, "fitted" if fields["fitted"] else "not fitted", tolerance, knowledge)
    ends = (float(fields["low"]), float(fields["high"])) if "low" in fields else None
    size = float(fields["value"]) if ends is None else ends[1] - ends[0]
    return Spread(read, fields["statistic"], size, ends, fields.get("below"), fields.get("infants"), tolerance)
