"""What a scenario is about, so that the published figures nearest to it can be named."""

from __future__ import annotations

from neomag.body.scenario import Scenario

_PRETERM_WEEKS = 37


def topics(scenario: Scenario) -> frozenset[str]:
    """The matters that a scenario turns on; plain feeding only when there is nothing else."""
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
            ("preterm", not scenario.infant.settled and scenario.infant.gestation < _PRETERM_WEEKS),
        )
        if there
    }
    return frozenset(found or {"feeding" if "feed" in kinds else "nothing"})
