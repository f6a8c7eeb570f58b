"""How near local intervals come to limits that are known, by number of results and share of the ill."""

from __future__ import annotations

import math
import random
import statistics
import sys
from collections import Counter

from neomag.cohort.intervals import said
from neomag.cohort.intervals_fit import Fit, fit

MEAN, SD = 0.76, 0.08
Z = 1.959963984540054


def laboratory(rng: random.Random, results: int, low: float, high: float, shape: str) -> Counter[float]:
    """Results of the well (normal or log-normal), and shares `low` and `high` of the ill, as a laboratory rounds them."""
    found: Counter[float] = Counter()
    for _ in range(results):
        kind = rng.random()
        if kind < low:
            value = rng.gauss(0.52, 0.09)
        elif kind > 1 - high:
            value = rng.gauss(1.25, 0.25)
        elif shape == "normal":
            value = rng.gauss(MEAN, SD)
        else:
            value = rng.lognormvariate(math.log(MEAN), SD / MEAN)
        found[round(max(value, 0.06), 2)] += 1
    return found


def truth(shape: str) -> tuple[float, float]:
    """The central 95 % of the well."""
    if shape == "normal":
        return MEAN - Z * SD, MEAN + Z * SD
    return MEAN * math.exp(-Z * SD / MEAN), MEAN * math.exp(Z * SD / MEAN)


def trials(repeats: int, results: int, low: float, high: float, shape: str, resamples: int | None = None) -> list[Fit]:
    """Fits of as many laboratories."""
    rng = random.Random(f"{results} {low} {high} {shape}")
    return [fit(laboratory(rng, results, low, high, shape), said(), seed, resamples) for seed in range(repeats)]


def covered(fits: list[Fit], shape: str) -> tuple[float, float]:
    """The shares of fits whose confidence intervals hold the true limits, low and high."""
    low, high = truth(shape)
    return (
        statistics.mean(f.low_between[0] <= low <= f.low_between[1] for f in fits),
        statistics.mean(f.high_between[0] <= high <= f.high_between[1] for f in fits),
    )


def accuracy(repeats: int) -> None:
    """Print bias, spread and coverage."""
    nominal = said()["interval"]["confidence"]
    print(f"  limits in mmol/L; confidence intervals of {nominal:.0%}")
    print(
        f"  {'the well':<10} {'results':>7} {'ill':>11} | low: {'bias':>7} {'SD':>6} {'held':>5} | high: {'bias':>7} {'SD':>6} {'held':>5}"
    )
    for shape in ("normal", "log-normal"):
        low, high = truth(shape)
        for results in (1_000, 3_000):
            for few, many in ((0.0, 0.0), (0.05, 0.03), (0.1, 0.05), (0.2, 0.05)):
                fits = trials(repeats, results, few, many, shape)
                held = covered(fits, shape)
                bias = [statistics.mean(f.low for f in fits) - low, statistics.mean(f.high for f in fits) - high]
                spread = [statistics.stdev(f.low for f in fits), statistics.stdev(f.high for f in fits)]
                print(
                    f"  {shape:<10} {results:>7,} {few:>4.0%} + {many:>3.0%} |      {bias[0]:+7.4f} {spread[0]:6.4f} {held[0]:5.0%} |       "
                    f"{bias[1]:+7.4f} {spread[1]:6.4f} {held[1]:5.0%}",
                    flush=True,
                )


if __name__ == "__main__":
    accuracy(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
