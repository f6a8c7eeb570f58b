"""The model compiled by numba for many infants at once: Dormand and Prince's pair of orders 5 and 4, each infant its own steps.

The equations come from `equations`; here is only how they are followed in time. numba is imported when an engine is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from neomag.body.equations import AGE, DEPLETION, FLOWS, INPUTS, LEVEL, MOTHER, equations
from neomag.body.integrate import APART, NODES, WEIGHTS
from neomag.body.model import GIVEN, PLACES
from neomag.body.model import MOTHER as FROM_MOTHER
from neomag.body.printed import Printed, function, numbered, parted

FINE, NOT_DESCRIBED, NOT_FOLLOWED = 0, 1, 2
_MOST_STEPS = 200_000


def source(settled: bool) -> tuple[str, int, int]:
    """The Python text of what numba compiles, how many numbers are fixed for an infant, and how many kinks there are."""
    eq = equations(settled)
    fixed = frozenset(INPUTS)
    rates = {"born": [*eq.born, *eq.guards], "unborn": [*eq.unborn, *eq.guards], "level": [eq.level]}
    kept = list(dict.fromkeys(e for roots in rates.values() for e in parted(roots, fixed)))
    of_infant = numbered(INPUTS, "x")
    first = Printed(of_infant)
    written = first.add(kept)
    texts = [function("prepare", "x, k", first.lines, "k", written)]
    kinks = Printed(of_infant)
    written = kinks.add(eq.kinks)
    texts.append(function("kinks", "x, out", kinks.lines, "out", written))
    for name, roots in (("at_rest", eq.at_rest), ("depleted", eq.depleted)):
        start = Printed({**of_infant, LEVEL: "level", DEPLETION: "depletion"})
        written = start.add(roots)
        texts.append(function(name, "x, level, depletion, out", start.lines, "out", written))
    moving = {**numbered(PLACES, "y"), **numbered([*FLOWS, MOTHER], "u"), AGE: "age"}
    ready = {e: f"k[{i}]" for i, e in enumerate(kept)}
    for name, roots in rates.items():
        lines = Printed(moving, ready)
        if name == "level":
            (word,) = lines.add(roots)
            texts.append(function(name, "age, y, k", lines.lines, "", [], word))
        else:
            # The guards first: past one, what follows has no meaning.
            guards = " or ".join(lines.add(eq.guards)) or "False"
            lines.lines += [f"if {guards}:", "    return False"]
            written = lines.add(eq.born if name == "born" else eq.unborn)
            texts.append(function(name, "age, y, k, u, out", lines.lines, "out", written, "True"))
    return "\n\n".join(texts), len(kept), len(eq.kinks)


@dataclass(frozen=True, slots=True)
class Functions:
    """The compiled equations: each writes into its last argument, but `level`. `fixed` numbers are prepared for an infant."""

    prepare: Any
    kinks: Any
    at_rest: Any
    depleted: Any
    born: Any
    unborn: Any
    level: Any
    fixed: int
    bends: int


@cache
def functions(settled: bool) -> Functions:
    """The equations of newborns, or of settled infants, compiled when first called. Raises ImportError without numba."""
    import numba  # pyright: ignore[reportMissingTypeStubs]

    text, fixed, bends = source(settled)
    names: dict[str, Any] = {"exp": math.exp, "log": math.log, "log1p": math.log1p, "sqrt": math.sqrt, "inf": math.inf}
    exec(compile(text, "<the model's equations>", "exec"), names)
    jit: Any = numba.njit(error_model="numpy")
    parts = ("prepare", "kinks", "at_rest", "depleted", "born", "unborn", "level")
    return Functions(**{part: jit(names[part]) for part in parts}, fixed=fixed, bends=bends)


@cache
def engine(settled: bool) -> Callable[..., Any]:
    """The compiled engine of newborns, or of settled infants; `follow` below says what it takes. Raises ImportError."""
    import numba  # pyright: ignore[reportMissingTypeStubs]
    import numpy as np

    eq = functions(settled)
    prepare, kinks, at_rest, depleted, born, unborn, level = (
        eq.prepare, eq.kinks, eq.at_rest, eq.depleted, eq.born, eq.unborn, eq.level
    )  # fmt: skip
    fixed, bends = eq.fixed, eq.bends
    jit: Any = numba.njit(error_model="numpy")
    places, given, mother = len(PLACES), GIVEN, FROM_MOTHER
    nodes, apart = np.array(NODES), np.array(APART)
    weights = np.array([[*row, *[0.0] * (7 - len(row))] for row in WEIGHTS])

    @jit
    def rates(age: float, y: Any, k: Any, u: Any, out: Any) -> bool:
        return born(age, y, k, u, out) if math.isnan(u[4]) else unborn(age, y, k, u, out)

    @jit
    def total(y: Any) -> float:
        whole = 0.0
        for i in range(places):
            whole += y[i]
        return whole - 2 * (y[given] + y[mother])

    @jit
    def advance(
        t: float, end: float, step: float, y: Any, k: Any, u: Any, s: Any, whole: float, relative: float, absolute: float
    ) -> Any:
        """y from t to end; gives the state of things, the step to go on with, and the worst imbalance."""
        slopes, at = s[:7], s[7]
        worst = 0.0
        if not rates(t, y, k, u, slopes[0]):
            return NOT_DESCRIBED, step, worst
        for _ in range(_MOST_STEPS):
            if t >= end:
                return FINE, step, worst
            last = t + step >= end - 1e-12 * max(1.0, abs(end))
            h = end - t if last else step
            good = True
            # One call in a loop: written out, the compiler would copy the whole model seven times.
            for stage in range(1, 7):
                for i in range(places):
                    change = 0.0
                    for j in range(stage):
                        change += weights[stage, j] * slopes[j, i]
                    at[i] = y[i] + h * change
                good = good and rates(t + nodes[stage] * h, at, k, u, slopes[stage])
            if not good:
                # A trial too long can leave what the model describes although the course does not.
                if h < 1e-9:
                    return NOT_DESCRIBED, step, worst
                step = h / 4
                continue
            error = 0.0
            for i in range(places):
                wrong = 0.0
                for j in range(7):
                    wrong += h * apart[j] * slopes[j, i]
                error = max(error, abs(wrong) / (absolute + relative * max(abs(y[i]), abs(at[i]))))
            if not error <= 1e300:
                return NOT_FOLLOWED, step, worst
            if error <= 1:
                t = end if last else t + h
                size = 0.0
                for i in range(places):
                    y[i], slopes[0, i] = at[i], slopes[6, i]
                    size += abs(at[i])
                worst = max(worst, abs(total(y) - whole) / size)
            # A step cut short by the end says nothing of the next one unless it was too long.
            longer = h * min(4.0, max(0.2, 0.9 * max(error, 1e-10) ** -0.2))
            step = max(step, longer) if last and error <= 1 else longer
            if step < 1e-10:
                return NOT_FOLLOWED, step, worst
        return NOT_FOLLOWED, step, worst

    @numba.njit(error_model="numpy", nogil=True)
    def follow(
        x: Any, start: Any, depletion: Any, mother: Any, scale: Any, edges: Any, flow: Any, bolus: Any, keep: Any,
        relative: float, absolute: float, levels: Any, held: Any, state: Any, imbalance: Any,
    ) -> None:  # fmt: skip
        """Every infant from the first edge to the last.

        Of infants: `x` their INPUTS, `start` serum in mmol/L, `depletion` (nan: tissues at rest), `mother` her level in mmol/L,
        `scale` what amounts are multiplied by. Between edges `flow` has FLOWS in mmol/h and 1 before birth; at an edge `bolus`
        is added to the places, after the moment is written to row `keep` (-1: not) of `levels` and `held`. `state` and
        `imbalance` say how it went.
        """
        for n in range(x.shape[0]):
            k, bent, u, y = np.empty(fixed), np.empty(bends), np.empty(5), np.empty(places)
            s = np.empty((8, places))
            prepare(x[n], k)
            kinks(x[n], bent)
            bent.sort()
            if math.isnan(depletion[n]):
                at_rest(x[n], start[n], 0.0, y)
            else:
                depleted(x[n], start[n], depletion[n], y)
            whole, step, worst, how = total(y), 0.5, 0.0, FINE
            for e in range(edges.shape[0]):
                if keep[e] >= 0:
                    levels[n, keep[e]] = level(edges[e], y, k)
                    for i in range(places):
                        held[n, keep[e], i] = y[i]
                for i in range(places):
                    y[i] += bolus[e, i] * scale[n]
                if e == edges.shape[0] - 1:
                    break
                for i in range(4):
                    u[i] = flow[e, i] * scale[n]
                u[4] = mother[n] if flow[e, 4] > 0 else math.nan
                step = min(step, 0.5)
                t = edges[e]
                for b in range(bends + 1):
                    stop = edges[e + 1] if b == bends else min(bent[b], edges[e + 1])
                    if stop - t > 1e-7 or (b == bends and stop > t):
                        how, step, wrong = advance(t, stop, step, y, k, u, s, whole, relative, absolute)
                        worst = max(worst, wrong)
                        t = stop
                        if how != FINE:
                            break
                if how != FINE:
                    break
            state[n], imbalance[n] = how, worst

    return follow
