"""Many infants under one scenario, each with numbers of its own, by an engine that numba compiles (extra `population`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from math import nan
from typing import TYPE_CHECKING, Any

from neomag.body.between import infants
from neomag.body.compiled import FINE, engine
from neomag.body.equations import INPUTS, inputs
from neomag.body.errors import BodyInputError, BodyModelError
from neomag.body.model import BODY, PLACES
from neomag.body.run import BALANCE
from neomag.body.scenario import Scenario
from neomag.body.stores import mg_per_mmol
from neomag.body.timeline import begin, inflow, marks, put
from neomag.knowledge import Knowledge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MOST = 100_000
POINTS = 120
_CHUNK = 64
# With these a serum level agrees with the native run to AGREES of itself.
_RELATIVE, _ABSOLUTE = 1e-8, 1e-10
AGREES = 1e-6
# What may differ beside the inputs of the equations: serum at the start and the level of a mother given magnesium, mmol/L.
START, FROM = "start", "mother"


class EngineMissingError(RuntimeError):
    """numba is not installed; the text says how to install it."""


@dataclass(frozen=True, slots=True)
class Population:
    """The course of many infants: n hours `t`, `serum` in mmol/L (infants x n), `places` in mmol (infants x n x places).

    Infants that the model could not describe are left out and counted. `imbalance` is the worst relative fault of the
    mass balance at any step of any infant.
    """

    scenario: Scenario
    infants: int
    left_out: int
    t: Numbers
    serum: Numbers
    places: Numbers
    imbalance: float

    def percentiles(self, ends: Sequence[float], *, of_start: bool = False) -> dict[str, Numbers]:
        """Serum (mmol/L), the whole body and every place in it (mmol) at the percentiles `ends` (0 to 100).

        Each is an array, percentiles x times. `of_start`: every infant's amounts in percent of its own at the start; a
        place that is empty then is left away.
        """
        import numpy as np

        amounts = {"serum": self.serum, "body": self.places[:, :, list(BODY)].sum(axis=2)}
        amounts |= {PLACES[place]: self.places[:, :, place] for place in BODY}
        if of_start:
            amounts = {name: 100 * held / held[:, :1] for name, held in amounts.items() if (held[:, 0] > 0).all()}
        return {name: np.percentile(held, ends, axis=0) for name, held in amounts.items()}


def draw(scenario: Scenario, count: int, seed: int, knowledge: Knowledge) -> dict[str, Numbers]:
    """Numbers for `count` infants who differ as `between.toml` says; of everything that differs an array, for `simulate`.

    The same seed gives the same infants. Raises BodyInputError for a number of infants that is refused.
    """
    if not 1 <= count <= MOST:
        raise BodyInputError(f"infants: from 1 to {MOST} is accepted")
    return gathered(scenario, islice(infants(scenario, seed, knowledge), count), knowledge)


def gathered(scenario: Scenario, each: Iterable[Scenario], knowledge: Knowledge) -> dict[str, Numbers]:
    """What differs between `scenario` and each of those made from it by other infants or levels, as arrays."""
    np = _numpy()
    mass = mg_per_mmol(knowledge)
    rows = [_row(one, mass) for one in each]
    own = _row(scenario, mass)
    columns = {name: np.array([row[name] for row in rows]) for name in own}
    return {name: column for name, column in columns.items() if name == START or (column != own[name]).any()}


def _row(scenario: Scenario, mass: float) -> dict[str, float]:
    mother = {FROM: scenario.mother[0]} if scenario.mother else {}
    return {**inputs(scenario, mass), START: scenario.level, **mother}


def simulate(
    scenario: Scenario,
    drawn: Mapping[str, Sequence[float] | Numbers],
    knowledge: Knowledge,
    times: Sequence[float] = (),
    *,
    relative: float = _RELATIVE,
    absolute: float = _ABSOLUTE,
    threads: int | None = None,
    done: Callable[[int], None] | None = None,
) -> Population:
    """The scenario for every infant of `drawn`: arrays of one length, by the names of `equations.INPUTS`, `start` or `mother`.

    `start` and `mother` are the level at the start and a treated mother's, mmol/L; what is not drawn is the scenario's own.
    Amounts go with the weight when `birth_kg` is drawn. `times` are the hours to keep (POINTS + 1 even ones by default).
    `done` is called with how many more infants are done; what it raises stops the run. `threads`: by default every core.
    Errors of each step are held below `absolute` + `relative` times each amount. Raises BodyInputError, BodyModelError when
    no infant can be described or magnesium is not conserved, EngineMissingError without numba.
    """
    np = _numpy()
    known = (*INPUTS, START, *([FROM] if scenario.mother else []))
    if lost := [name for name in drawn if name not in known]:
        raise BodyInputError(f"drawn: `{lost[0]}` is not known; there are {', '.join(known)}")
    arrays = {name: np.asarray(given, dtype=float) for name, given in drawn.items()}
    sizes = {a.shape for a in arrays.values()}
    if len(sizes) != 1 or len(next(iter(sizes))) != 1 or not 1 <= next(iter(sizes))[0] <= MOST:
        raise BodyInputError(f"drawn: give arrays of one length, from 1 to {MOST}")
    count = next(iter(sizes))[0]
    own = inputs(scenario, mg_per_mmol(knowledge))
    x = np.empty((count, len(INPUTS)))
    for i, name in enumerate(INPUTS):
        x[:, i] = arrays.get(name, own[name])
    if not np.isfinite(x).all() or (x < 0).any():
        raise BodyInputError("drawn: every number must be finite and not negative")
    line = _line(scenario, times)
    start = np.broadcast_to(arrays.get(START, scenario.level), (count,)).astype(float)
    if not (np.isfinite(start) & (start > 0)).all():
        raise BodyInputError(f"drawn: `{START}` must be above 0")
    depletion = np.full(count, nan if scenario.depletion is None else scenario.depletion)
    mother = np.broadcast_to(arrays.get(FROM, scenario.mother[0] if scenario.mother else nan), (count,)).astype(float)
    scale = x[:, INPUTS.index("birth_kg")] / own["birth_kg"]
    kept = len(line.kept)
    serum, held = np.full((count, kept), nan), np.full((count, kept, len(PLACES)), nan)
    state, imbalance = np.zeros(count, dtype=np.int64), np.zeros(count)
    follow = prepare(scenario)

    def some(at: int) -> int:
        s = slice(at, min(at + _CHUNK, count))
        of_infant = (x[s], start[s], depletion[s], mother[s], scale[s])
        follow(*of_infant, line.edges, line.flow, line.bolus, line.keep, relative, absolute,
               serum[s], held[s], state[s], imbalance[s])  # fmt: skip
        return s.stop - s.start

    # The engine lets go of Python's lock, so that threads share the work and a run can be stopped between chunks.
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        try:
            for more in pool.map(some, range(0, count, _CHUNK)):
                if done:
                    done(more)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    good = state == FINE
    if not good.any():
        raise BodyModelError("no infant could be described by the model")
    worst = float(imbalance.max())
    if not worst <= BALANCE:
        raise BodyModelError(f"magnesium is not conserved: {worst:.1e} of the whole")
    if not good.all():
        serum, held = serum[good], held[good]
    return Population(scenario, count, int((~good).sum()), np.array(line.kept), serum, held, worst)


def prepare(scenario: Scenario) -> Callable[..., Any]:
    """Compile the engine that the scenario needs, once in a process; it takes seconds. Raises EngineMissingError."""
    np = _numpy()
    follow, line = engine(scenario.infant.settled), _line(scenario, ())
    none, kept = np.empty(0), len(line.kept)
    follow(np.empty((0, len(INPUTS))), none, none, none, none, line.edges, line.flow, line.bolus, line.keep, 1.0, 1.0,
           np.empty((0, kept)), np.empty((0, kept, len(PLACES))), np.empty(0, dtype=np.int64), none)  # fmt: skip
    return follow


@dataclass(frozen=True, slots=True)
class _Line:
    """The scenario as arrays over its edges; see `compiled.engine`."""

    edges: Any
    flow: Any
    bolus: Any
    keep: Any
    kept: tuple[float, ...]


def _line(scenario: Scenario, times: Sequence[float]) -> _Line:
    np = _numpy()
    first, last = begin(scenario), scenario.lasts
    wanted = sorted(set(times)) or [first + (last - first) * i / POINTS for i in range(POINTS + 1)]
    if not first <= wanted[0] <= wanted[-1] <= last:
        raise BodyInputError(f"times: from {first:g} to {last:g} h is accepted")
    edges = marks(scenario, wanted)
    flow, bolus, keep = np.zeros((len(edges), 5)), np.zeros((len(edges), len(PLACES))), np.full(len(edges), -1)
    for i, edge in enumerate(edges):
        if (given := put(scenario, edge)) is not None:
            bolus[i] = given
        if i + 1 < len(edges):
            between = inflow(scenario, (edge + edges[i + 1]) / 2)
            unborn = 0.0 if between.mother is None else 1.0
            flow[i] = (between.fed, between.undissolved, between.vein, between.lost, unborn)
    places = np.searchsorted(np.array(edges), np.array(wanted) - 1e-6)
    keep[places] = np.arange(len(wanted))
    return _Line(np.array(edges), flow, bolus, keep, tuple(wanted))


def _numpy() -> Any:
    try:
        import numba  # pyright: ignore[reportMissingTypeStubs]
        import numpy
    except ImportError as error:
        raise EngineMissingError(
            f"populations need the extra `population`: pip install 'neomag[population]' ({error.name})"
        ) from None
    del numba
    return numpy
