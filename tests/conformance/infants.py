"""Made-up infants that sit on every edge: window ends to the second, equal times, undated events, contradictions, odd doses."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from tests.strategies import CODES, NEAR

from neomag import Case, ages
from neomag.case.events import GRADES, ROUTES, SPECIMENS
from neomag.knowledge import load

KNOWN = load()
SIGNS = ("seizure", "jitteriness", "apnoea", "limb-twitch", "hypotonia", "tetany", "hyporeflexia", "respiratory-depression")
CONDITIONS = ("diarrhoea", "malnutrition")
LABS = (
    "magnesium",
    "calcium",
    "calcium-ionised",
    "potassium",
    "alp",
    "creatinine",
    "urine-magnesium",
    "urine-creatinine",
    "femg",
)
DRUGS = (
    "calcium-gluconate-10",
    "calcium",
    "calcium-chloride",
    "calcium-oral",
    "magnesium-sulfate",
    "ceftriaxone",
    "antiseizure",
)
DOSE_UNITS = ("mL/kg", "mL", "mg/kg", "mg", "g/kg", "g", "mmol/kg", "mmol", "mEq/kg", "mEq", "mmol/kg/d", "IU/d", "drops")
DOSES = (0.0089, 0.009, 0.1, 0.22, 0.219999, 0.3, 0.44, 0.66, 0.88, 0.99, 1, 1.5, 3, 8.99, 9, 27, 50, 99.9, 100, 300)
# Spans that a finding or an interval turns on.
EDGES = sorted(
    {ages.seconds(t) for t in ("10 min", "24 h", "48 h", "72 h", "4 d", "14 d", "2 wk", "8 wk", "28 d", "24 mo")}
    | {edge for i in KNOWN.intervals if i.authority == "neomag" for edge in (i.start, i.end)}
)  # fmt: skip


def near(rng: random.Random, span: int) -> int:
    """The span, or a second before or after it."""
    return max(0, span + rng.choice((0, 0, 1, -1)))


def lab(rng: random.Random) -> dict[str, Any]:
    code = rng.choice(LABS) if rng.random() < 0.8 else rng.choice(CODES["lab"])
    event: dict[str, Any] = {"lab": code}
    analyte = KNOWN.analytes[code]
    if rng.random() < 0.2:
        event["flag"] = rng.choice(("low", "normal", "high"))
    else:
        low, high = analyte.plausible[analyte.canonical]
        limits = [
            limit for i in KNOWN.intervals if i.analyte == code and i.unit == analyte.canonical for limit in (i.low, i.high) if limit
        ]  # fmt: skip
        value = rng.choice([*NEAR.get(code, [low]), *limits, round(rng.uniform(low, high * 1.1), 3), 0])
        event |= {"value": value, "unit": analyte.canonical}
        if rng.random() < 0.1:
            event["flag"] = rng.choice(("low", "normal", "high"))
    if rng.random() < 0.12:
        event["specimen"] = rng.sample(SPECIMENS, rng.choice((1, 2)))
    return event


def drug(rng: random.Random) -> dict[str, Any]:
    event: dict[str, Any] = {"given": rng.choice(DRUGS) if rng.random() < 0.85 else rng.choice(CODES["drug"])}
    if rng.random() < 0.85:
        event |= {"dose": rng.choice(DOSES), "unit": rng.choice(DOSE_UNITS)}
    if rng.random() < 0.8:
        event["route"] = rng.choice(("iv", "iv", "io", rng.choice(ROUTES)))
    if rng.random() < 0.2:
        event["concentration"] = rng.choice(("10 %", "9 %", "5.5 %"))
    if rng.random() < 0.05:
        event["absent"] = True
    return event


def sign(rng: random.Random) -> dict[str, Any]:
    event: dict[str, Any] = {"sign": rng.choice(SIGNS) if rng.random() < 0.7 else rng.choice(CODES["sign"])}
    return event | ({"absent": True} if rng.random() < 0.35 else {})


def condition(rng: random.Random) -> dict[str, Any]:
    event: dict[str, Any] = {"condition": rng.choice(CONDITIONS) if rng.random() < 0.5 else rng.choice(CODES["condition"])}
    if rng.random() < 0.3:
        event["for"] = ages.written(near(rng, ages.seconds("14 d")))
    if rng.random() < 0.3:
        event["grade"] = rng.choice(GRADES)
    return event | ({"absent": True} if rng.random() < 0.2 else {})


def times(rng: random.Random, now: int) -> list[int]:
    """A few moments up to `now` that events share: edges from birth, from `now` and from each other."""
    found = [now]
    for _ in range(rng.randint(1, 6)):
        start = rng.choice((0, now, rng.choice(found), rng.randint(0, now)))
        found.append(start + rng.choice((1, -1, 0)) * near(rng, rng.choice(EDGES)))
    return [t for t in found if 0 <= t <= now]


def course(rng: random.Random, now: int) -> Iterator[dict[str, Any]]:
    """Two or three doses of calcium about ten minutes apart, most of them enough, and what was seen and measured after."""
    ten = ages.seconds("10 min")
    at = max(0, now - rng.choice((2, 3, 6, 100)) * ten)
    for _ in range(rng.choice((2, 2, 3))):
        dose, unit = rng.choice(((1, "mL/kg"), (1, "mL/kg"), (0.22, "mmol/kg"), (100, "mg/kg"), (9, "mg/kg"), (0.9, "mL/kg")))
        when = {} if rng.random() < 0.05 else {"at": ages.written(min(at, now))}
        route = {} if rng.random() < 0.1 else {"route": "iv"}
        yield (
            {"given": rng.choice(("calcium-gluconate-10", "calcium-gluconate-10", "calcium")), "dose": dose, "unit": unit}
            | when
            | route
        )
        at += near(rng, ten)
    for kind in rng.choices((sign, lab), k=3):
        event = kind(rng)
        if kind is lab:
            value = rng.choice((1.5, 1.99, 2.24, 2.25, 2.4))
            event = (
                {"lab": "calcium", "value": value, "unit": "mmol/L"}
                if rng.random() < 0.9
                else {"lab": "calcium", "flag": "low"}
            )
        yield event | {"at": ages.written(min(now, max(0, at + rng.choice((-ten, 0, near(rng, ten))))))}


def tube(rng: random.Random, now: int) -> Iterator[dict[str, Any]]:
    """Results of one moment, as EDTA makes them or nearly, some of them twice and not the same."""
    at = {"at": ages.written(rng.choice((now, rng.randint(0, now))))} if rng.random() < 0.85 else {}
    values = {"magnesium": (0.5, 0.6), "potassium": (7, 7.5, 4), "calcium": (1.2, 1.4, 2.4), "alp": (21, 30, 200)}
    for code in (*values, *rng.sample(sorted(values), 2)):
        if rng.random() < 0.9:
            number = {"value": rng.choice(values[code]), "unit": KNOWN.analytes[code].canonical}
            yield {"lab": code} | (number if rng.random() < 0.8 else {"flag": rng.choice(("low", "high"))}) | at


def urine(rng: random.Random, now: int) -> Iterator[dict[str, Any]]:
    """Spot urine and blood about a day apart, enough for a fractional excretion or a ratio."""
    start, day = rng.randint(0, now), ages.seconds("24 h")
    for code in ("urine-magnesium", "urine-creatinine", "creatinine", "magnesium", "urine-calcium", "magnesium-ionised"):
        value = {"urine-magnesium": 3.1, "urine-creatinine": 2.7, "creatinine": 41, "magnesium": 0.7}.get(code, 0.45)
        at = {} if rng.random() < 0.1 else {"at": ages.written(min(now, start + rng.choice((0, 0, near(rng, day)))))}
        if rng.random() < 0.85:
            yield {"lab": code, "value": rng.choice((value, value, 0)), "unit": KNOWN.analytes[code].canonical} | at


def infant(rng: random.Random, name: str) -> dict[str, Any]:
    """One infant as a case at the last moment it is asked about."""
    now = near(rng, rng.choice([*EDGES, *EDGES, rng.randint(0, 750 * ages.DAY)]))
    shared = times(rng, now)
    kinds = rng.choices((lab, sign, drug, condition), (5, 4, 3, 1), k=rng.choice((0, 1, 3, 6, 10, 16)))
    events = [kind(rng) | ({} if rng.random() < 0.1 else {"at": ages.written(rng.choice(shared))}) for kind in kinds]
    for several in (course, tube, urine):
        if rng.random() < 0.25:
            events += several(rng, now)
    rng.shuffle(events)
    about: dict[str, Any] = {}
    if rng.random() < 0.6:
        about["gestation"] = rng.choice(("24w3d", "36w6d", "37", "40w1d"))
    if rng.random() < 0.6:
        about["birth_weight"] = rng.choice(("900 g", "1000 g", "999 g", "1499 g", "1.5 kg", "3.3 kg"))
    if rng.random() < 0.6:
        about["weight"] = rng.choice(("900 g", "3 kg", "3.3 kg", "8 kg"))
    if rng.random() < 0.7:
        about["sex"] = rng.choice(("female", "male"))
    case: dict[str, Any] = {"case": name, "infant": about, "now": ages.written(now), "events": events}
    if rng.random() < 0.8:
        case["setting"] = rng.choice(("home", "clinic", "hospital"))
    return case


def written(count: int, seed: int) -> list[dict[str, Any]]:
    """`count` infants as cases, the same for the same seed."""
    rng = random.Random(seed)
    return [infant(rng, f"{seed}-{n}") for n in range(count)]


def infants(count: int, seed: int) -> list[Case]:
    """`count` infants, the same for the same seed."""
    return [Case.from_dict(case) for case in written(count, seed)]


def moments(case: Case, rng: random.Random, most: int = 6) -> Iterator[int]:
    """Moments to ask about: the last, and some at, a second before and a span after an event, none later than the last."""
    dated = [e.at for e in case.events if e.at is not None]
    spans = [ages.seconds(t) for t in ("10 min", "24 h", "48 h", "14 d", "28 d")]
    others = [t + d for t in dated for d in (0, 0, -1, 1, near(rng, rng.choice(spans)))]
    possible = sorted({t for t in (*others, near(rng, rng.choice(EDGES))) if 0 <= t <= case.now} - {case.now})
    yield case.now
    yield from rng.sample(possible, min(most - 1, len(possible)))


def weights(case: Case) -> tuple[float | None, list[dict[str, Any]] | None]:
    """The weight of an unknown time, and those of known ones: as the case has it at its end, others before it and after.

    The same for the same case. Times are those of events, so that moments fall on them; some are equal, and arrive in any order.
    """
    rng = random.Random(case.name)
    truth, times = case.infant.weight, sorted({e.at for e in case.events if e.at is not None} | {0, case.now})
    after = [{"at": case.now + rng.choice((1, 600)), "seq": 1, "grams": 12_000.0}] if rng.random() < 0.5 else []
    if truth is None or rng.random() < 0.3:
        return truth, rng.choice((after, after or None))
    before = [
        {"at": rng.choice(times), "seq": seq, "grams": rng.choice((800.0, 1000.0, 3300.0, 8000.0))}
        for seq in rng.sample(range(10, 90), rng.choice((0, 1, 3, 5)))
    ]
    last = max((w["at"] for w in before), default=rng.choice(times))
    found = [*before, {"at": last, "seq": 90, "grams": truth}, *after]
    rng.shuffle(found)
    return rng.choice((None, 2000.0)), found


def rows(cases: Sequence[Case]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows of infants and of events for these cases."""
    infants: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    for case in cases:
        who = case.infant
        weight, weighed = weights(case)
        infants.append((case.name, who.sex, who.gestation, who.birth_weight, weight, case.setting, weighed))
        for order, e in enumerate(case.events, start=1):
            dose, strength = (None if x is None else float(x) for x in (e.dose, e.concentration))
            events.append((
                case.name, e.seq, order, e.at, e.kind, e.code, e.key, e.absent, e.value, e.unit, e.suspect, e.flag,
                sorted(e.specimen), e.lasting, e.grade, dose, e.dose_unit, e.route, strength, e.over,
            ))  # fmt: skip
    return infants, events
