"""What a scenario is about, so that the published figures nearest to it can be named."""

from __future__ import annotations

from neomag.body.data import figures
from neomag.body.scenario import Scenario
from neomag.knowledge import Knowledge


def topics(scenario: Scenario, knowledge: Knowledge) -> frozenset[str]:
    """The matters that a scenario turns on; plain feeding only when there is nothing else."""
    term = figures("stores", knowledge)["preterm"].centre
    kinds = {s.kind for s in scenario.stretches}
    places = {b.place for b in scenario.boluses}
    found = {
        name
        for name, there in (
            ("exposed", scenario.mother is not None),
            ("vein", "vein" in kinds),
            ("muscle", "depot" in places),
            ("oral", "gut" in places),
            ("losses", "lost" in kinds),
            ("no-transporter", scenario.infant.p.transporter == 0),
            ("preterm", not scenario.infant.settled and scenario.infant.gestation < term),
        )
        if there
    }
    return frozenset(found or {"feeding" if "feed" in kinds else "nothing"})


def doses(scenario: Scenario) -> bool:
    """Whether magnesium is given as a dose."""
    return bool(scenario.boluses) or any(s.kind == "vein" for s in scenario.stretches)
