"""Fits the parameters of the body model to the targets marked `fitted`, and to nothing else. `python -m tools.body_fit`.

Needs scipy, which also follows the longer runs here, for speed; `neomag body validate` then holds what was found against the
reference integrator. Takes minutes; `--write` puts the values found, with their log-scale spreads, into parameters.toml. The best of
`--starts` starts counts, the first from the priors' centres, the others drawn about them with `--seed`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any, cast

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

from neomag.body import run as running
from neomag.body.data import grounds, table
from neomag.body.errors import BodyModelError
from neomag.body.integrate import Rates, State, integrate
from neomag.body.parameters import parameters
from neomag.body.targets import Target, targets
from neomag.body.validate import judge
from neomag.knowledge import Knowledge, KnowledgeError, load
from neomag.knowledge.tables import body_file

_STEP = 0.02  # of a logarithm, for slopes by differences; runs are exact to 1e-6
_LONG = 6.0  # hours from which LSODA is the faster
_WORST = 5.0  # a target that the model does not come to at all counts as this many doubts


@dataclass(frozen=True, slots=True)
class Prior:
    """A parameter that is fitted: its name in `Parameters`, and where the fit believes it before it looks."""

    name: str
    value: float
    log_sd: float


@dataclass(frozen=True, slots=True)
class Task:
    """What is fitted to what. `doubts` by target, on a log scale."""

    priors: tuple[Prior, ...]
    targets: tuple[Target, ...]
    doubts: Mapping[str, float]


def task(knowledge: Knowledge) -> Task:
    """The task of fit.toml. Raises KnowledgeError when it is not well founded, or names what is not there."""
    raw = table(body_file("fit.toml"))
    fitted = tuple(t for t in targets(knowledge) if t.group == "fitted")
    known = {t.id for t in fitted}
    problems = [p for kind in ("prior", "doubt-of") for code, row in raw[kind].items()
                for p in grounds(f"body/fit.toml [{kind}.{code}]", row, knowledge)]  # fmt: skip
    problems += [f"body/fit.toml [doubt-of.{code}]: is no fitted target" for code in raw["doubt-of"].keys() - known]
    names = set(parameters(knowledge).__dataclass_fields__)
    problems += [f"body/fit.toml [prior.{code}]: is no parameter" for code in raw["prior"]
                 if code.replace("-", "_") not in names]  # fmt: skip
    if problems:
        raise KnowledgeError(problems)
    priors = tuple(Prior(code.replace("-", "_"), row["value"], row["log_sd"]) for code, row in raw["prior"].items())
    usual = raw["doubt"]["value"]
    return Task(priors, fitted, {t.id: raw["doubt-of"].get(t.id, {"value": usual})["value"] for t in fitted})


def residuals(x: Sequence[float], given: Task, knowledge: Knowledge) -> list[float]:
    """Doubts by which every target and every prior is missed, at logarithms `x` of the parameters over their priors."""
    base = parameters(knowledge)
    # A scenario may have changed a parameter for itself, so that it is scaled and not set.
    scale = {prior.name: prior.value * exp(by) / getattr(base, prior.name) for prior, by in zip(given.priors, x, strict=True)}
    missed: list[float] = []
    for target in given.targets:
        p = target.scenario.infant.p
        changed = replace(p, **{name: getattr(p, name) * by for name, by in scale.items()})
        infant = replace(target.scenario.infant, p=changed)
        found = judge(replace(target, scenario=replace(target.scenario, infant=infant)), knowledge).simulated
        published = target.published.value
        if published is None:
            raise BodyModelError(f"{target.id}: only a figure with a value can be fitted to")
        off = _WORST if found is None or found <= 0 else log(found / published) / given.doubts[target.id]
        missed.append(max(-_WORST, min(_WORST, off)))
    return missed + [by / prior.log_sd for prior, by in zip(given.priors, x, strict=True)]


def by_lsoda(
    rates: Rates, start: float, end: float, state: Sequence[float], *, check: Callable[[float, State], None], relative: float
) -> State:
    """As neomag's `integrate`, but stiff stretches are followed implicitly."""
    if end - start < _LONG:
        return integrate(rates, start, end, state, check=check, relative=relative)
    solved = solve_ivp(lambda t, y: rates(t, list(y)), (start, end), state, method="LSODA", rtol=relative, atol=1e-9)
    if not solved.success:
        raise BodyModelError("the run could not be followed to its end")
    found = [float(value) for value in solved.y[:, -1]]
    check(end, found)
    return found


def _begin() -> None:
    running.integrate = by_lsoda


def _residuals(x: Sequence[float]) -> list[float]:
    knowledge = load()
    return residuals(x, task(knowledge), knowledge)


def fit(starts: int, seed: int, workers: int) -> tuple[dict[str, float], dict[str, float], float]:
    """Values and log-scale spreads of the fitted parameters by name, and the sum of squares."""
    given = task(load())
    random = np.random.default_rng(seed)
    sds = np.array([prior.log_sd for prior in given.priors])
    best = None
    with ProcessPoolExecutor(workers, initializer=_begin) as pool:

        def slopes(x: np.ndarray) -> np.ndarray:
            found = np.array(list(pool.map(_residuals, [list(map(float, at)) for at in (x, *(x + _STEP * np.eye(len(x))))])))
            return ((found[1:] - found[0]) / _STEP).T

        for start in range(starts):
            first = np.zeros(len(sds)) if start == 0 else random.normal(0, sds / 2)
            found = least_squares(
                lambda x: np.array(pool.submit(_residuals, list(map(float, x))).result()),
                first,
                jac=cast("Any", slopes),
                xtol=1e-3,
                ftol=1e-4,
            )
            print(f"start {start + 1}: sum of squares {2 * found.cost:.2f} after {found.nfev} steps", flush=True)
            best = found if best is None or found.cost < best.cost else best
        assert best is not None
    # The priors are among the residuals, so this is the spread of prior and data together.
    spread = np.sqrt(np.diag(np.linalg.inv(best.jac.T @ best.jac)))
    values = {p.name: p.value * exp(float(by)) for p, by in zip(given.priors, best.x, strict=True)}
    return values, {p.name: float(sd) for p, sd in zip(given.priors, spread, strict=True)}, 2 * float(best.cost)


def write(values: Mapping[str, float], spreads: Mapping[str, float]) -> None:
    """Puts what was found into parameters.toml."""
    path = body_file("parameters.toml")
    text = path.read_text("utf-8")
    for name, value in values.items():
        head = f"[{name.replace('_', '-')}]\n"
        before, _, rest = text.partition(head)
        entry, gap, after = rest.partition("\n\n")
        entry = re.sub(r"^value = .*$", f"value = {value:.3g}", entry, flags=re.M)
        entry = re.sub(r"^log_sd = .*$", f"log_sd = {spreads[name]:.2g}", entry, flags=re.M)
        text = before + head + entry + gap + after
    path.write_text(text, "utf-8")


def main() -> None:
    """Fit, print, and write when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    values, spreads, cost = fit(asked.starts, asked.seed, asked.workers)
    print(f"sum of squares {cost:.2f}")
    for name, value in values.items():
        print(f"{name:26} {value:8.4g}  log-sd {spreads[name]:.2g}")
    if asked.write:
        write(values, spreads)


if __name__ == "__main__":
    main()
