"""A trace of labelled magnesium put into a vein: it moves with the same one-way fluxes, and changes nothing itself."""

from __future__ import annotations

from itertools import pairwise

from neomag.body.model import FLUID, Body
from neomag.body.run import Point, Run

# Labelled: fluid, fast tissue, muscle, bone, deep bone, and what has left the body.
_STEPS = 20  # to a stretch between points; the trace is linear, so a plain step of second order is enough


def exchangeable(run: Run, at: float) -> float:
    """mmol/kg with which a trace given at the start has mixed by `at` hours: what is left of it over its share in serum.

    The run must have points close together from the start to `at`.
    """
    points = run.between(0.0, at)
    labelled = [1.0, 0.0, 0.0, 0.0, 0.0]
    for a, b in pairwise(points):
        step = (b.t - a.t) / _STEPS
        for i in range(_STEPS):
            slopes = _rates(run.body, _mixed(a, b, i / _STEPS), labelled)
            middle = [x + step / 2 * k for x, k in zip(labelled, slopes, strict=True)]
            slopes = _rates(run.body, _mixed(a, b, (i + 0.5) / _STEPS), middle)
            labelled = [x + step * k for x, k in zip(labelled, slopes, strict=True)]
    end = points[-1]
    share = labelled[0] / end.state[FLUID]
    return sum(labelled) / share / run.scenario.infant.tissue_kg(end.t)


def _mixed(a: Point, b: Point, part: float) -> tuple[float, list[float]]:
    return a.t + (b.t - a.t) * part, [x + (y - x) * part for x, y in zip(a.state, b.state, strict=True)]


def _rates(body: Body, moment: tuple[float, list[float]], labelled: list[float]) -> list[float]:
    t, state = moment
    infant, p = body.infant, body.infant.p
    kg, level = infant.tissue_kg(t), body.level(state, t)
    ratio = level / p.level
    share = labelled[0] / state[FLUID]
    leaving = [
        rate * full for rate, full in zip((p.fast_rate, p.muscle_rate, p.bone_rate), body.set_points(ratio, kg), strict=True)
    ]
    back = [rate * x for rate, x in zip((p.fast_rate, p.muscle_rate, p.bone_rate), labelled[1:4], strict=True)]
    laid = ratio * (p.deep + p.density) * infant.growth_kg(t)
    lost = body.spilt(level, t) + body.gut_loss * kg * ratio
    fluid = sum(back) - share * (sum(leaving) + laid + lost)
    return [fluid, *(share * out - home for out, home in zip(leaving, back, strict=True)), share * laid]
