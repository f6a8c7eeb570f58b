"""The reference integrator: Dormand and Prince's pair of orders 5 and 4, its step set by the error. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from neomag.body.errors import BodyModelError

State = list[float]
Rates = Callable[[float, State], State]

# The pair's tableau; the last row of WEIGHTS gives the step itself.
NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
WEIGHTS = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
# The difference of the two orders' weights: what the step is judged by.
APART = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
_MOST_STEPS = 200_000
_FIRST = 0.5  # hours; a step that is too long is taken back


def integrate(
    rates: Rates,
    start: float,
    end: float,
    state: Sequence[float],
    *,
    check: Callable[[float, State], None],
    relative: float = 1e-8,
    absolute: float = 1e-10,
) -> State:
    """The state at `end`, from `state` at `start`; `check` is called with every accepted step.

    Errors are held below `absolute` + `relative` times each value. Raises BodyModelError when that cannot be done.
    """
    now, at = start, list(state)
    step = min(_FIRST, end - start)
    slope = rates(now, at)
    for _ in range(_MOST_STEPS):
        if now >= end:
            return at
        last = now + step >= end - 1e-12 * max(1.0, abs(end))
        step = end - now if last else step
        try:
            new, slopes = _stages(rates, now, at, slope, step)
            error = _error(at, new, slopes, step, relative, absolute)
        except BodyModelError:
            # A trial too long can leave what the model describes although the course does not.
            if step < 1e-9:
                raise
            step /= 4
            continue
        if error <= 1:
            now = end if last else now + step
            at, slope = new, slopes[6]
            check(now, at)
        step *= min(4.0, max(0.2, 0.9 * max(error, 1e-10) ** -0.2))
        if step < 1e-10:
            break
    raise BodyModelError("the run could not be followed to its end")


def _stages(rates: Rates, now: float, at: State, slope: State, step: float) -> tuple[State, list[State]]:
    slopes, new = [slope], at
    for c, row in zip(NODES[1:], WEIGHTS[1:], strict=True):
        pairs = [(step * a, k) for a, k in zip(row, slopes, strict=True) if a]
        new = [y + sum(a * k[i] for a, k in pairs) for i, y in enumerate(at)]
        slopes.append(rates(now + c * step, new))
    return new, slopes


def _error(at: State, new: State, slopes: list[State], step: float, relative: float, absolute: float) -> float:
    worst = 0.0
    for i, (old, value) in enumerate(zip(at, new, strict=True)):
        wrong = abs(step * sum(e * k[i] for e, k in zip(APART, slopes, strict=True)))
        worst = max(worst, wrong / (absolute + relative * max(abs(old), abs(value))))
    return worst
