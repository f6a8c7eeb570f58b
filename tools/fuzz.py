"""Fuzzing of the case reader: malformed bytes, JSON and YAML must be refused in a line, in bounded memory, never with a traceback.

`python -m tools.fuzz 100000` refuses that many inputs and prints what they were; it stops at the first that misbehaves.
"""

from __future__ import annotations

import json
import random
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from neomag import Case, CaseError, assess
from neomag.cli.assess import EXAMPLES

MEMORY = 600 * 1024 * 1024
SEEDS = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.json"))]
JUNK: list[Any] = [
    None, True, -1, 0, 1e308, -0.0, "", " ", "NaN", "birth", "é", "\u202e", "9" * 400, [], {}, [[]], {"at": "1 d"}, "mg/L", "<0.2",
    10**30, 1e-300, "1e999999999", "60 d", ["seizure"], {"sign": "seizure"}, "x" * 3000,
]  # fmt: skip


def _bytes(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(1, 400))


def _flipped(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randrange(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def _cut(rng: random.Random) -> bytes:
    data = rng.choice(SEEDS)
    start, end = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[:start] + data[end:] if rng.random() < 0.5 else data[:end]


def _spliced(rng: random.Random) -> bytes:
    one, two = rng.choice(SEEDS), rng.choice(SEEDS)
    return one[: rng.randrange(len(one))] + two[rng.randrange(len(two)) :]


def _nested(rng: random.Random) -> bytes:
    depth = rng.choice([21, 100, 1_000, 20_000, 200_000])
    opening, closing = rng.choice([(b"[", b"]"), (b'{"a":', b"}"), (b"- ", b""), (b"{a: ", b"}"), (b"a:\n ", b"")])
    return opening * depth + (closing * depth if rng.random() < 0.5 else b"")


def _bomb(rng: random.Random) -> bytes:
    width, levels = rng.randrange(2, 12), rng.randrange(2, 12)
    lines = [b"a0: &a0 [x, x]"]
    lines += [b"a%d: &a%d [%s]" % (i, i, b", ".join([b"*a%d" % (i - 1)] * width)) for i in range(1, levels)]
    return b"\n".join(lines) if rng.random() < 0.8 else b"a: &a\n  <<: *a\n"


def _huge(rng: random.Random) -> bytes:
    number = rng.choice(
        ["9" * 10_000, "1e999999999", "-1e999999999", "0." + "0" * 5_000 + "1", "1e-999999", "NaN", "Infinity", ".inf"]
    )
    case = json.loads(rng.choice(SEEDS))
    place = rng.choice(
        [{"lab": "magnesium", "unit": "mmol/L", "value": "@"}, {"given": "calcium", "unit": "mL", "dose": "@"}, {"sign": "@"}]
    )
    case["events"].append(place)
    return json.dumps(case).replace('"@"', number).encode()


def _mistyped(rng: random.Random) -> bytes:
    """A well-formed document with something wrong somewhere in it."""
    case = json.loads(rng.choice(SEEDS))
    nodes: list[tuple[Any, Any]] = []
    stack: list[Any] = [case]
    while stack:
        node = stack.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            nodes.append((node, key))
            if isinstance(node[key], dict | list):
                stack.append(node[key])
    for _ in range(rng.randrange(1, 4)):
        node, key = rng.choice(nodes)
        choice = rng.random()
        if isinstance(node, dict) and choice < 0.3:
            node[rng.choice(["colour", "at ", "Sign", "", "événement"])] = rng.choice(JUNK)
        elif isinstance(node, dict) and choice < 0.4:
            node.pop(key, None)
        elif isinstance(node, dict) or key < len(node):
            node[key] = rng.choice(JUNK)
    if rng.random() < 0.5:
        return json.dumps(case).encode()
    import yaml

    return yaml.safe_dump(case, allow_unicode=True).encode()


MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    "bytes": _bytes, "flipped": _flipped, "cut": _cut, "spliced": _spliced, "bomb": _bomb, "huge": _huge, "mistyped": _mistyped,
    "nested": _nested,
}  # fmt: skip


def inputs(seed: int) -> Iterator[tuple[str, bytes, str]]:
    """Endless (kind, bytes, file name); the same for the same seed."""
    rng = random.Random(seed)
    kinds = list(MAKERS)
    weights = [4, 6, 6, 6, 3, 4, 10, 0.2]
    while True:
        kind = rng.choices(kinds, weights)[0]
        yield kind, MAKERS[kind](rng), rng.choice(["x.json", "x.yaml", "x.jsonl", ""])


def refuse(count: int, seed: int = 1) -> Counter[str]:
    """Feed inputs until `count` were refused; the counts by kind, `answered` for those that happened to be readable.

    Raises AssertionError, naming the input, for a refusal that is not one plain line; anything else that goes wrong raises itself.
    """
    tally: Counter[str] = Counter()
    refused = 0
    for kind, data, name in inputs(seed):
        try:
            for case in Case.parse(data, name=name):
                assess(case)
            tally["answered"] += 1
        except CaseError as error:
            for problem in error.problems:
                assert problem, (kind, data[:200])
                assert "\n" not in problem, (kind, data[:200])
                assert len(problem) < 600, (kind, data[:200])
            tally[kind] += 1
            refused += 1
        if refused == count:
            break
    return tally


def main() -> None:
    """Refuse as many inputs as the first argument says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    tally = refuse(count)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for kind, number in tally.most_common():
        print(f"{kind:>10} {number:>8}")
    print(f"{count} malformed inputs refused, each in a line; peak memory {peak} MB of {MEMORY // 1024 // 1024} MB allowed")


if __name__ == "__main__":
    main()
