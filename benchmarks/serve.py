"""How many requests the service answers with 50 clients at once, beside a route of the same application that does nothing.

The load runs on the same machine, and takes its share of it from both alike.
"""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass

from tests.cds_help import VIEW, call
from tests.fhir_cases import published
from tools.soak import varied

from benchmarks.load import Load, load, post, steady
from benchmarks.serving import cpu_seconds, server
from neomag.cli.assess import EXAMPLES

CLIENTS, SECONDS, ROUNDS, VARIANTS = 50, 4.0, 3, 10
# A steady load far below the most that is answered: what one caller waits when it is not one of fifty that wait for each other.
STEADY, STEADY_SECONDS = 100, 10.0
AIMS = {"assess": "   (aim: 0.50)", "cds patient-view": "   (aim: p99 below 50 ms)"}
DOSE = {
    "weight": "3.0kg",
    "serum_mg": "0.45mmol/L",
    "amount": "0.2mmol/kg",
    "product": "mgso4-50",
    "route": "iv",
    "over": "60min",
}


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found, and the milliseconds of a processor that the service used for each request."""

    load: Load
    cpu: float


def measured(port: int, process: int, requests: list[bytes], rate: float | None = None) -> Round:
    """One round: each client sends its next request when the last one is answered; or all together so many a second."""
    before = cpu_seconds(process)
    if rate is None:
        found = asyncio.run(load(port, requests, clients=CLIENTS, seconds=SECONDS))
    else:
        found = asyncio.run(steady(port, requests, clients=CLIENTS, rate=rate, seconds=STEADY_SECONDS))
    assert set(found.statuses) == {200}, found.statuses
    return Round(found, 1000 * (cpu_seconds(process) - before) / len(found.times))


def line(name: str, found: Round) -> str:
    """The figures of a round."""
    load = found.load
    return (
        f"{name:<18} {load.rate:8,.0f} requests/s   p50 {load.quantile(0.5):6.1f} ms   p99 {load.quantile(0.99):6.1f} ms"
        f"   {found.cpu:5.2f} ms of a processor"
    )


def bodies() -> list[bytes]:
    """Cases to assess: the examples, each in many variants, so that hardly one is like another."""
    rng = random.Random(1)
    cases = [json.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]
    return [json.dumps(varied(rng, case)).encode() for case in cases for _ in range(VARIANTS)]


def main() -> None:
    """Print the figures: of each route the best of three rounds, one after the other."""
    cases = bodies()
    hooks = [json.dumps(call(VIEW, published(path))).encode() for path in sorted(EXAMPLES.glob("*.json"))]
    routes = {
        "an empty route": [post("/bench/empty", body) for body in cases],
        "assess": [post("/v1/assess", body) for body in cases],
        "cds patient-view": [post(f"/cds-services/{VIEW}", body) for body in hooks],
        "dose": [post("/v1/dose", json.dumps(DOSE).encode())],
    }
    best: dict[str, Round] = {}
    with server() as (port, process):
        for requests in routes.values():
            asyncio.run(load(port, requests, clients=4, seconds=1.0))
        for _ in range(ROUNDS):
            for name, requests in routes.items():
                found = measured(port, process, requests)
                if name not in best or found.load.rate > best[name].load.rate:
                    best[name] = found
        paced = measured(port, process, routes["cds patient-view"], STEADY)
    empty = best["an empty route"]
    print(f"{CLIENTS} clients at once, each with its next request when the last one is answered, one process of the service:")
    for name, found in best.items():
        share = f"   {found.load.rate / empty.load.rate:5.2f} of the empty route, {empty.cpu / found.cpu:.2f} by processor"
        print(line(name, found) + share + AIMS.get(name, ""))
    print(f"{STEADY} hooks a second, whether the ones before were answered or not:")
    print(line("cds patient-view", paced))


if __name__ == "__main__":
    main()
