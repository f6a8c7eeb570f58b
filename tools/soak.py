"""Many requests to one process of the service, and how much memory it holds: `python -m tools.soak 1000000`.

Sound and malformed requests to every route, 20 clients at once. Fails when memory still grows after the first tenth.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks.load import post, some
from benchmarks.serving import server

from neomag.cli.assess import EXAMPLES
from tools.fuzz_http import SOUND, requests

CLIENTS, STEPS = 20, 20
# A plan takes a thousand times as long as the others; one in so many requests.
_PLANS = 20_000
# What memory may still grow by from the first tenth to the end: caches fill, the heap breaks up a little.
_MOST_GROWTH_MB = 30.0
_FOODS = (b"/v1/foods?limit=3", b"/v1/foods/spinach", b"/v1/knowledge/calcium-failed", b"/health/ready", b"/metrics")


def resident(process: int) -> float:
    """The memory of a process, in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


def mixed(seed: int) -> Iterator[bytes]:
    """Endless requests, sound ones and others; the same for the same seed."""
    rng = random.Random(seed)
    cases = [json.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]
    spoilt = requests(seed)
    while True:
        kind = rng.random()
        if kind < 1 / _PLANS:
            yield post("/v1/feed/plan", b'{"age": "8mo"}')
        elif kind < 0.6:
            yield post("/v1/assess", json.dumps(varied(rng, rng.choice(cases))).encode())
        elif kind < 0.75:
            yield post(path := rng.choice(["/v1/dose", "/v1/dose/check"]), json.dumps(SOUND[path]).encode())
        elif kind < 0.8:
            yield _get(rng.choice(_FOODS))
        else:
            asked = next(spoilt)
            # Those whose head is sound: the others end the connection.
            if asked.kind.startswith("body") and len(asked.body) < 50_000 and asked.path != "/v1/feed/plan":
                yield post(asked.path, asked.body)


def _get(path: bytes) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"


def varied(rng: random.Random, case: dict[str, object]) -> dict[str, object]:
    """The case with another name, other values, and some of its events: hardly one case is like another."""
    events: list[dict[str, object]] = [dict(event) for event in case.get("events", ()) if rng.random() < 0.9]  # type: ignore[attr-defined]
    for event in events:
        if isinstance(value := event.get("value"), int | float):
            event["value"] = round(value * rng.uniform(0.8, 1.25), 3)
    return {**case, "case": f"case {rng.randrange(10**9)}", "events": events}


def main() -> None:
    """Send as many requests as the first argument says, and print the memory as it goes."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    found = Counter[int]()
    sizes: list[float] = []
    asked = mixed(seed=1)
    # What is loaded on first use is loaded once: the food table, the solver, the description of the routes.
    first = [post("/v1/feed/plan", b'{"age": "8mo"}'), *map(_get, (*_FOODS, b"/openapi.json"))]
    with server() as (port, process):
        asyncio.run(some(port, iter(first), clients=1))
        print(f"{0:>10} requests   {resident(process):7.1f} MB")
        for step in range(1, STEPS + 1):
            found.update(asyncio.run(some(port, islice(asked, count // STEPS), clients=CLIENTS)))
            sizes.append(resident(process))
            print(f"{step * (count // STEPS):>10} requests   {sizes[-1]:7.1f} MB", flush=True)
    print("answers by status: " + ", ".join(f"{status}: {number}" for status, number in sorted(found.items())))
    # Of the rest the median: a plan that is being worked on is no leak.
    early, late = sizes[STEPS // 10 - 1], sorted(sizes[STEPS // 2 :])[STEPS // 4]
    grown = late - early
    print(
        f"memory from the first tenth to the end: {early:.1f} to {late:.1f} MB ({grown:+.1f}; at most +{_MOST_GROWTH_MB:.0f})"
    )
    if any(status >= 500 and status != 503 for status in found) or grown > _MOST_GROWTH_MB:
        sys.exit("the soak failed")


if __name__ == "__main__":
    main()
