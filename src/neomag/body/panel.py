"""The runs of the pages' panel "what a level does not tell": every place of every slider of `body/panel.toml`, worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod
from typing import Any, cast

from neomag.body.course import stretches
from neomag.body.data import grounds, table
from neomag.body.errors import BodyInputError
from neomag.body.limits import birth_kg, limits
from neomag.body.model import BONE, MUSCLE, body_of
from neomag.body.run import run
from neomag.body.scenario import Scenario, read
from neomag.body.stores import mg_per_mmol
from neomag.body.timeline import begin
from neomag.body.validate import near
from neomag.knowledge import Knowledge, KnowledgeError
from neomag.knowledge.tables import body_file

# Of the stores the two that hold nearly all that exchanges; serum is the third thing drawn.
STORES = ("muscle", "bone")


@dataclass(frozen=True, slots=True)
class Slider:
    """Fills the hole of its name with one of `values`, written by `form`; `also` fills others at the same place."""

    name: str
    says: str
    shown: str
    values: tuple[float, ...]
    form: str
    scale: float
    also: Mapping[str, Sequence[str]]
    start: int

    def filled(self, place: int) -> dict[str, str]:
        """What its holes are filled with when it stands at `place`."""
        value = f"{self.values[place] * self.scale:.6g}"
        return {self.name: self.form.format(value=value), **{hole: texts[place] for hole, texts in self.also.items()}}


@dataclass(frozen=True, slots=True)
class Topic:
    """A scenario with holes and the sliders that fill them; `every` is the hours between points."""

    name: str
    says: str
    tells: str
    every: float
    scenario: Mapping[str, Any]
    sliders: tuple[Slider, ...]
    sources: tuple[str, ...]
    policy: str

    @property
    def places(self) -> Iterator[tuple[int, ...]]:
        """Every combination of the sliders' places, the last slider fastest."""
        return product(*(range(len(s.values)) for s in self.sliders))

    @property
    def start(self) -> tuple[int, ...]:
        """The places shown at first."""
        return tuple(s.start for s in self.sliders)

    def number(self, places: Sequence[int]) -> int:
        """The number of a combination in the order of `places`."""
        sizes = [len(s.values) for s in self.sliders]
        return sum(place * prod(sizes[i + 1 :]) for i, place in enumerate(places))


def tip(knowledge: Knowledge) -> str:
    """What stands above every topic. Raises KnowledgeError when it stands on nothing."""
    given = table(body_file("panel.toml"))["tip"]
    if problems := list(grounds("body/panel.toml [tip]", given, knowledge)):
        raise KnowledgeError(problems)
    return given["says"]


@cache
def topics(knowledge: Knowledge) -> tuple[Topic, ...]:
    """The topics in the order of the file. Raises KnowledgeError with a line for each fault."""
    raw = cast("Mapping[str, Mapping[str, Any]]", table(body_file("panel.toml"))["topic"])
    problems: list[str] = []
    found: list[Topic] = []
    for name, given in raw.items():
        where = f"body/panel.toml [topic.{name}]"
        problems += grounds(where, given, knowledge)
        sliders = tuple(
            Slider(code, s["says"], s["shown"], tuple(map(float, s["values"])), s["form"], float(s.get("scale", 1)),
                   s.get("also", {}), s["start"])
            for code, s in given["slider"].items()
        )  # fmt: skip
        for s in sliders:
            if not 0 <= s.start < len(s.values) or any(len(texts) != len(s.values) for texts in s.also.values()):
                problems.append(f"{where}: slider {s.name}: start must be a place, and `also` as long as the values")
        found.append(Topic(name, given["says"], given["tells"], float(given["every"]), given["scenario"], sliders,
                           tuple(given["sources"]), given.get("policy", "")))  # fmt: skip
    if problems:
        raise KnowledgeError(problems)
    return tuple(found)


def scenario(topic: Topic, places: Sequence[int], knowledge: Knowledge) -> Scenario:
    """The scenario of a topic with its sliders at `places`. Raises KnowledgeError when it is none."""
    holes = {hole: text for s, place in zip(topic.sliders, places, strict=True) for hole, text in s.filled(place).items()}
    raw = {"says": topic.says, "sources": list(topic.sources), "policy": topic.policy, **_filled(topic.scenario, holes)}
    try:
        return read(raw, topic.name, knowledge, own=False)
    except BodyInputError as error:
        raise KnowledgeError([f"body/panel.toml [topic.{topic.name}]: {line}" for line in str(error).split("\n")]) from None


def one_run(topic: Topic, places: Sequence[int], knowledge: Knowledge) -> dict[str, Any]:
    """The course with the sliders at `places`: serum in µmol/L, each store in ‰ of what is usual at the weight of the day.

    `interval` has its limits in µmol/L by stretch of time, in hours: from, to, low, high.
    """
    given = scenario(topic, places, knowledge)
    times = _times(topic, given)
    found = run(given, knowledge, times)
    points = [found.at(t) for t in times]
    body = body_of(given.infant, mg_per_mmol(knowledge))
    usual = [body.set_points(1.0, given.infant.tissue_kg(t)) for t in times]
    known = birth_kg(given.infant.settled, given.infant.birth_kg)
    within = [limits(p.age, known, knowledge) for p in points]
    return {
        "serum": [round(1000 * p.level) for p in points],
        "muscle": [round(1000 * p.state[MUSCLE] / held[1]) for p, held in zip(points, usual, strict=True)],
        "bone": [round(1000 * p.state[BONE] / held[2]) for p, held in zip(points, usual, strict=True)],
        "interval": [
            [a, b, round(1000 * (low or 0)), round(1000 * (high or 0))] for a, b, (low, high) in stretches(times, within)
        ],
    }  # fmt: skip


def _times(topic: Topic, given: Scenario) -> list[float]:
    first = begin(given)
    return [first + topic.every * i for i in range(int((given.lasts - first) / topic.every + 1e-9) + 1)]


def topic_runs(topic: Topic, knowledge: Knowledge) -> dict[str, Any]:
    """A topic with every run, as plain data. `held` is how many published figures lie near, and how many are missed."""
    runs = [one_run(topic, places, knowledge) for places in topic.places]
    intervals: list[Any] = []
    for one in runs:
        if one["interval"] not in intervals:
            intervals.append(one["interval"])
        one["interval"] = intervals.index(one["interval"])
    judged = near(scenario(topic, topic.start, knowledge), knowledge) or ()
    return {
        "name": topic.name, "says": topic.says, "tells": topic.tells,
        "sources": list(topic.sources), "policy": topic.policy,
        "sliders": [
            {"name": s.name, "says": s.says, "shown": s.shown, "values": list(s.values), "start": s.start}
            for s in topic.sliders
        ],
        "t": _times(topic, scenario(topic, topic.start, knowledge)), "intervals": intervals, "runs": runs,
        "held": {"near": len(judged), "missed": sum(not r.passed for r in judged)},
    }  # fmt: skip


def _filled(value: Any, holes: Mapping[str, str]) -> Any:
    """The scenario's data with its holes filled; what is a number then is one."""
    if isinstance(value, Mapping):
        return {key: _filled(inner, holes) for key, inner in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_filled(inner, holes) for inner in cast("list[Any]", value)]
    if not isinstance(value, str) or "{" not in value:
        return value
    text = value.format(**holes)
    try:
        return float(text)
    except ValueError:
        return text
