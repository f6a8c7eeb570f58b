"""The central 95 % of the well among the well and the ill: a mixture on a power (Box-Cox) scale, with its bootstrap.

Works on counts by bin, for the results and all their resamples at once. Needs numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Fit:
    """Limits in the unit of the results, each with its confidence interval.

    `power` is the Box-Cox power (1: normal, 0: log-normal); `low_share` and `high_share` are the parts of the results that were
    taken for ill.
    """

    low: float
    high: float
    low_between: tuple[float, float]
    high_between: tuple[float, float]
    power: float
    low_share: float
    high_share: float
    resamples: int


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What one power gives, an entry a sample: limits on the unit's own scale, log-likelihood, shares of the components."""

    low: Array
    high: Array
    likelihood: Array
    shares: Array


def fit(values: Mapping[float, int], said: Mapping[str, Any], seed: int = 1, resamples: int | None = None) -> Fit:
    """Fit counts by result. `said` is intervals.toml. Raises ValueError when the results have no spread."""
    import numpy as np

    times = said["interval"]["resamples"] if resamples is None else resamples
    at, counts = _binned(values, said["fit"]["bins"])
    total = counts.sum()
    draws = np.random.default_rng(seed).multinomial(int(total), counts / total, size=times)
    samples = np.vstack([counts[None, :], draws]).astype(float)
    powers = np.array(said["power"]["grid"], dtype=float)
    each = [_power(at, samples, power, said) for power in powers]
    low, high, best, shares = _best(powers, each)
    confidence = said["interval"]["confidence"]
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]

    def between(limits: Array) -> tuple[float, float]:
        if times == 0:
            return float(limits[0]), float(limits[0])
        found = np.quantile(limits[1:], tails)
        return float(found[0]), float(found[1])

    return Fit(
        low=float(low[0]), high=float(high[0]), low_between=between(low), high_between=between(high), power=float(best[0]),
        low_share=float(shares[0, 1]), high_share=float(shares[0, 2]), resamples=times,
    )  # fmt: skip


def _binned(values: Mapping[float, int], bins: int) -> tuple[Array, Array]:
    """Results and their counts; put into `bins` equal bins where there are more different results than that."""
    import numpy as np

    at = np.array(sorted(value for value in values if value > 0), dtype=float)
    counts = np.array([values[value] for value in at], dtype=float)
    if len(at) < 5:
        raise ValueError("fewer than five different results")
    if len(at) <= bins:
        return at, counts
    low, high = (float(x) for x in np.quantile(np.repeat(at, counts.astype(int)), [0.0005, 0.9995]))
    edges: Array = np.linspace(low, high, bins + 1)
    inside = (at >= low) & (at <= high)
    held, _ = np.histogram(at[inside], edges, weights=counts[inside])
    middle: Array = (edges[:-1] + edges[1:]) / 2
    return middle[held > 0], held[held > 0]


def _power(at: Array, samples: Array, power: float, said: Mapping[str, Any]) -> _Fitted:
    """The mixture on the scale of one power, for every sample: with no, one or two side components, whichever is worth it."""
    import numpy as np

    y = np.log(at) if power == 0 else (at**power - 1) / power
    jacobian = samples @ ((power - 1) * np.log(at))
    tried = [(sides, _em(y, samples, sides, said)) for sides in ((), (1,), (2,), (1, 2))]
    # Three more parameters a side component.
    gain = said["components"]["gain"] * np.log(samples.sum(axis=1))
    score = np.array([2 * of[3] - gain * len(sides) for sides, of in tried])
    chosen = score.argmax(axis=0)
    rows = np.arange(len(samples))
    mean = np.array([of[0][:, 0] for _, of in tried])[chosen, rows]
    sd = np.array([of[1][:, 0] for _, of in tried])[chosen, rows]
    share = np.array([of[2] for _, of in tried])[chosen, rows]
    likelihood = score[chosen, rows] / 2 + jacobian
    z = NormalDist().inv_cdf((1 + said["interval"]["share"]) / 2)
    return _Fitted(_back(mean - z * sd, power), _back(mean + z * sd, power), likelihood, share)


def _back(y: Array, power: float) -> Array:
    import numpy as np

    return np.exp(y) if power == 0 else np.maximum(power * y + 1, 1e-9) ** (1 / power)


def _em(y: Array, samples: Array, sides: tuple[int, ...], said: Mapping[str, Any]) -> tuple[Array, Array, Array, Array]:
    """Mean, SD and share of the well (0), the low (1) and the high (2), and the log-likelihood, for every sample."""
    import numpy as np

    of = said["components"]
    size = len(samples)
    total = samples.sum(axis=1)
    # Squares are summed, so the scale is made that of the results first.
    centre, scale = (float(x[0]) for x in _start(y, samples[:1]))
    y = (y - centre) / scale
    middle, spread = _start(y, samples)
    mean = np.stack([middle, middle - 3 * spread, middle + 3 * spread], axis=1)
    sd = np.stack([spread, spread, spread], axis=1)
    share = np.zeros((size, 3))
    share[:, 0] = 1 - 0.05 * len(sides)
    for side in sides:
        share[:, side] = 0.05
    used = (0, *sides)
    likelihood = np.full(size, -np.inf)
    moments = np.stack([np.ones_like(y), y, y * y], axis=1)
    for _ in range(said["fit"]["iterations"] if sides else 2):
        density = [_density(y, mean[:, k], sd[:, k], share[:, k]) for k in used]
        whole = np.sum(density, axis=0) + 1e-300
        before, likelihood = likelihood, (samples * np.log(whole)).sum(axis=1)
        if (likelihood - before < said["fit"]["enough"]).all():
            break
        weight = samples / whole
        for k, dense in zip(used, density, strict=True):
            n, first, second = ((dense * weight) @ moments).T
            n += 1e-9
            share[:, k] = n / total
            mean[:, k] = first / n
            sd[:, k] = np.sqrt(np.maximum(second / n - mean[:, k] ** 2, 1e-8))
        for side in sides:
            away = mean[:, 0] + (-1 if side == 1 else 1) * of["apart_sd"] * sd[:, 0]
            mean[:, side] = np.minimum(mean[:, side], away) if side == 1 else np.maximum(mean[:, side], away)
            sd[:, side] = np.clip(sd[:, side], of["least_sd_share"] * sd[:, 0], of["most_sd_share"] * sd[:, 0])
            share[:, side] = np.minimum(share[:, side], of["largest_share"])
        share[:, 0] = 1 - share[:, 1] - share[:, 2]
    return mean * scale + centre, sd * scale, share, likelihood - total * np.log(scale)


def _density(y: Array, mean: Array, sd: Array, share: Array) -> Array:
    import numpy as np

    z = (y[None, :] - mean[:, None]) / sd[:, None]
    return (share / sd)[:, None] * np.exp(-0.5 * z * z)


def _start(y: Array, samples: Array) -> tuple[Array, Array]:
    """Median and a robust SD (from the quartiles) of every sample."""
    import numpy as np

    part = np.cumsum(samples, axis=1) / samples.sum(axis=1, keepdims=True)

    def quantile(at: float) -> Array:
        return y[np.minimum((part < at).sum(axis=1), len(y) - 1)]

    spread = (quantile(0.75) - quantile(0.25)) / (NormalDist().inv_cdf(0.75) * 2)
    return quantile(0.5), np.maximum(spread, (y[-1] - y[0]) / 1000 + 1e-9)


def _best(powers: Array, each: list[_Fitted]) -> tuple[Array, Array, Array, Array]:
    """The limits at the most likely power of every sample: by a parabola through the best of the grid and its neighbours."""
    import numpy as np

    likelihood: Array = np.array([of.likelihood for of in each])
    rows: Array = np.arange(len(likelihood[0]))
    top = np.clip(likelihood.argmax(axis=0), 1, len(powers) - 2)
    step = powers[1] - powers[0]
    before, at, after = (likelihood[top + k, rows] for k in (-1, 0, 1))
    bend = before - 2 * at + after
    shift = np.clip(np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, -1.0), 0.0), -1.0, 1.0)

    def read(column: str) -> Array:
        values = np.array([getattr(of, column) for of in each])
        a, b, c = (values[top + k, rows] for k in (-1, 0, 1))
        return b + shift * (c - a) / 2 + shift**2 * (a - 2 * b + c) / 2

    nearest = np.clip(np.rint(top + shift).astype(int), 0, len(powers) - 1)
    shares = np.array([of.shares for of in each])[nearest, rows]
    return read("low"), read("high"), powers[top] + shift * step, shares
