"""How fast one infant is assessed, beside a peer on the same machine in the same run.

Peer: rcpchgrowth, the growth-chart engine of the Royal College of Paediatrics and Child Health, one calculation of weight for age.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from neomag import Case, assess
from neomag.cli.assess import EXAMPLES

SECONDS = 3.0


def rate(work: Callable[[Any], Any], items: Sequence[Any], seconds: float = SECONDS) -> float:
    """Items worked on per second of CPU, after one warm round."""
    for item in items:
        work(item)
    start, done = time.process_time(), 0
    while time.process_time() - start < seconds:
        for item in items:
            work(item)
        done += len(items)
    return done / (time.process_time() - start)


def growth(age_days: int) -> object:
    """One rcpchgrowth measurement of a boy's weight."""
    from rcpchgrowth import Measurement  # pyright: ignore[reportMissingTypeStubs]

    born = date(2026, 1, 1)
    return Measurement(
        sex="male", birth_date=born, observation_date=born + timedelta(days=age_days), measurement_method="weight",
        observation_value=3.5 + 0.02 * age_days, gestation_weeks=40, gestation_days=0, reference="uk-who",
    ).measurement  # fmt: skip


def browser(paths: Sequence[Path], seconds: float = SECONDS) -> float:
    """Case files read, assessed and explained per second of CPU by the engine of the pages, in node."""
    from neomag.web.engine import knowledge_json, rules_module

    with TemporaryDirectory() as folder:
        rules, words = Path(folder, "rules.mjs"), Path(folder, "words.json")
        rules.write_text(rules_module(), "utf-8")
        words.write_text(knowledge_json("en"), "utf-8")
        command = ["node", Path(__file__).with_name("browser.mjs"), rules, words, str(seconds), *paths]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def process(*command: str) -> float:
    """CPU seconds (user and system) of one run of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the figures."""
    paths = sorted(EXAMPLES.glob("*.json"))
    cases = [Case.read(path) for path in paths]
    rules = len(assess(cases[0]).values)
    ours = rate(assess, cases)
    whole = rate(lambda case: assess(case).to_dict(), cases)
    reading = rate(Case.read, paths)
    every = rate(lambda path: assess(Case.read(path)).to_dict(), paths)
    offline = browser(paths)
    peer = rate(growth, [10, 40, 90, 200, 400, 700])
    print(f"assess, {rules} rules, {len(cases)} published cases:     {ours:10,.0f} cases/s on one core   (aim: 7,500)")
    print(f"  with every rule explained, as JSON data:      {whole:10,.0f} cases/s")
    print(f"  reading and checking a case file:             {reading:10,.0f} files/s")
    print(f"  all three, Python:                            {every:10,.0f} files/s")
    print(f"  all three, the pages' JavaScript in node:     {offline:10,.0f} files/s")
    print(f"rcpchgrowth, one weight for age:                {peer:10,.0f} calculations/s")
    print(f"ratio, assess to rcpchgrowth:                   {ours / peer:10,.0f} times")
    bare = min(process(sys.executable, "-c", "pass") for _ in range(5))
    one = str(EXAMPLES / "P-014.json")
    for form in ("text", "json"):
        cpu = min(process(sys.executable, "-m", "neomag", "assess", one, "--format", form) for _ in range(5))
        print(f"neomag assess one.json --format {form:<4}:           {cpu:10.2f} s CPU, bare Python {bare:.2f} s   (aim: 0.40)")


if __name__ == "__main__":
    main()
