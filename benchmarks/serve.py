"""How many requests the service answers with 50 clients at once, beside a route of the same application that does nothing.

The load runs on the same machine, and takes its share of it from both alike.
"""

from __future__ import annotations

import asyncio
import json

from tests.cds_help import VIEW, call
from tests.fhir_cases import published

from benchmarks.load import Load, load, post
from benchmarks.serving import server
from neomag.cli.assess import EXAMPLES

CLIENTS, SECONDS, ROUNDS = 50, 4.0, 3
AIMS = {"assess": "   (aim: 0.50)", "cds patient-view": "   (aim: p99 below 50 ms)"}
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
    files = sorted(EXAMPLES.glob("*.json"))
    bodies = [path.read_bytes() for path in files]
    hooks = [json.dumps(call(VIEW, published(path))).encode() for path in files]
    routes = {
        "an empty route": [post("/bench/empty", body) for body in bodies],
        "assess": [post("/v1/assess", body) for body in bodies],
        "cds patient-view": [post(f"/cds-services/{VIEW}", body) for body in hooks],
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
            f"{name:<18} {found.rate:8,.0f} requests/s   p50 {found.quantile(0.5):6.1f} ms   p99 {found.quantile(0.99):6.1f} ms"
            f"   {share:5.2f} of the empty route" + AIMS.get(name, "")
        )


if __name__ == "__main__":
    main()
