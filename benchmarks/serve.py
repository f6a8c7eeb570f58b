"""How many requests the service answers with 50 clients at once, beside a route of the same application that does nothing.

The load runs on the same machine, and takes its share of it from both alike.
"""

from __future__ import annotations

import asyncio
import json

from benchmarks.load import Load, load, post
from benchmarks.serving import server
from neomag.cli.assess import EXAMPLES

CLIENTS, SECONDS, ROUNDS = 50, 4.0, 3
DOSE = {
    "weight": "3.0kg",
    "serum_mg": "0.45mmol/L",
    "amount": "0.2mmol/kg",
    "product": "mgso4-50",
    "route": "iv",
    "over": "60min",
}


def measured(port: int, requests: list[bytes]) -> Load:
    """One round."""
    found = asyncio.run(load(port, requests, clients=CLIENTS, seconds=SECONDS))
    assert set(found.statuses) == {200}, found.statuses
    return found


def main() -> None:
    """Print the figures: of each route the best of three rounds, one after the other."""
    bodies = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.json"))]
    routes = {
        "an empty route": [post("/bench/empty", body) for body in bodies],
        "assess": [post("/v1/assess", body) for body in bodies],
        "dose": [post("/v1/dose", json.dumps(DOSE).encode())],
    }
    best: dict[str, Load] = {}
    with server() as (port, _):
        for requests in routes.values():
            asyncio.run(load(port, requests, clients=4, seconds=1.0))
        for _ in range(ROUNDS):
            for name, requests in routes.items():
                found = measured(port, requests)
                if name not in best or found.rate > best[name].rate:
                    best[name] = found
    empty = best["an empty route"]
    print(f"{CLIENTS} clients at once, one process of the service:")
    for name, found in best.items():
        share = found.rate / empty.rate
        print(
            f"{name:<16} {found.rate:8,.0f} requests/s   p50 {found.quantile(0.5):6.1f} ms   p99 {found.quantile(0.99):6.1f} ms"
            f"   {share:5.2f} of the empty route" + ("   (aim: 0.50)" if name == "assess" else "")
        )


if __name__ == "__main__":
    main()
