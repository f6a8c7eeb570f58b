"""Reads one mapping as a case, and says clearly what cannot be read.

Every problem is collected before the case is refused; what is only doubtful becomes a problem of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from neomag import ages, units
from neomag.case.doubts import doubts
from neomag.case.events import read_event
from neomag.case.form import Form, listed, shown
from neomag.case.model import SETTINGS, SEXES, CaseError, Event, Infant, Problem
from neomag.knowledge import Knowledge

_CASE_KEYS = ("case", "source", "age_assumed", "times_assumed", "infant", "setting", "now", "intervals", "events")
_INFANT_KEYS = ("sex", "gestation", "birth_weight", "weight", "born")
MOST_EVENTS = 10_000


class Reader(Form):
    """Reads one mapping as the fields of a Case."""

    def __init__(self, given: object, knowledge: Knowledge, *, numberless: bool = False):
        super().__init__(knowledge)
        self.numberless = numberless
        if not isinstance(given, Mapping):
            raise CaseError(["a case is a mapping with the keys " + listed(_CASE_KEYS)])
        self.given = cast(Mapping[str, Any], given)

    def fields(self) -> dict[str, Any]:
        """The arguments of Case. Raises CaseError."""
        given = self.given
        self.keys("", given, _CASE_KEYS)
        infant = self.infant(self.mapping("infant"))
        now = self.time("now", given.get("now"), needed=True)
        events = self.events(now)
        intervals = self.intervals()
        name = given.get("case", "case")
        if isinstance(name, bool) or not isinstance(name, str | int):
            self.refuse("case", "write any name")
        if not self.refused:
            self.doubts.extend(doubts(infant, events, self.knowledge))
        fields = {
            "name": str(name),
            "now": now,
            "infant": infant,
            "events": events,
            "setting": self.choice("setting", given.get("setting"), SETTINGS),
            "intervals": intervals,
            "age_assumed": self.truth("age_assumed", given.get("age_assumed")),
            "times_assumed": self.truth("times_assumed", given.get("times_assumed")),
            "problems": tuple(self.doubts),
        }
        if self.refused:
            raise CaseError(self.refused)
        return fields

    def mapping(self, key: str) -> Mapping[str, Any]:
        """The mapping under `key`, empty when there is none."""
        value = self.given.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.refuse(key, "write a mapping")
            return {}
        return cast(Mapping[str, Any], value)

    def weight(self, where: str, value: object) -> float | None:
        """A weight in grams; None, with a doubt, when no infant weighs that."""
        if value is None:
            return None
        try:
            if not isinstance(value, str):
                raise units.UnitError("a weight needs its unit")
            amount, unit = units.quantity(value)
            grams = float(units.convert(amount, unit, "g", self.knowledge))
        except units.UnitError as error:
            self.refuse(where, f"{error}; write a weight such as `2900 g` or `4.1 kg`")
            return None
        low, high = self.knowledge.settings["weight_plausible_g"]["between"]
        if low <= grams <= high:
            return grams
        self.doubts.append(Problem("weight-suspect", None, f"{where} {value}"))
        return None

    def infant(self, given: Mapping[str, Any]) -> Infant:
        """The infant; its birth date is kept for the date-times of the events."""
        self.keys("infant", given, _INFANT_KEYS)
        born = given.get("born")
        if born is not None:
            self.born = self.moment("infant.born", born)
        weeks = None
        if (written := given.get("gestation")) is not None:
            try:
                if isinstance(written, bool) or not isinstance(written, str | int):
                    raise ValueError(f"write {ages.GESTATION_FORM}")
                weeks = float(ages.gestation(str(written)))
                low, high = self.knowledge.settings["gestation_possible_weeks"]["between"]
                if not low <= weeks <= high:
                    raise ValueError(f"no newborn lived at that gestation; write {low} to {high} weeks")
            except ValueError as error:
                self.refuse("infant.gestation", f"{shown(written)}: {error}")
        return Infant(
            sex=self.choice("infant.sex", given.get("sex"), SEXES),
            gestation=weeks,
            birth_weight=self.weight("infant.birth_weight", given.get("birth_weight")),
            weight=self.weight("infant.weight", given.get("weight")),
        )

    def intervals(self) -> dict[str, tuple[float | None, float | None]]:
        """The local laboratory's limits by analyte, in canonical units."""
        found: dict[str, tuple[float | None, float | None]] = {}
        for code, value in self.mapping("intervals").items():
            where = f"intervals.{code}"
            analyte = self.knowledge.analytes.get(code)
            if analyte is None:
                self.unknown_code("intervals", "lab", code)
                continue
            if not isinstance(value, Mapping):
                self.refuse(where, "write a mapping with low, high and unit")
                continue
            value = cast(Mapping[str, Any], value)
            self.keys(where, value, ("low", "high", "unit"))
            limits: list[float | None] = []
            for side in ("low", "high"):
                try:
                    if value.get(side) is None:
                        limits.append(None)
                        continue
                    reading = units.read(analyte, value[side], value.get("unit"), self.knowledge)
                    if not reading.plausible:
                        raise units.UnitError(f"{reading.reported} is implausible; check the unit")
                    limits.append(reading.value)
                except units.UnitError as error:
                    self.refuse(f"{where}.{side}", str(error))
            if len(limits) < 2:
                continue
            low, high = limits
            if low is None and high is None:
                self.refuse(where, "give low, high or both")
            elif low is not None and high is not None and low >= high:
                self.refuse(where, "low must be below high")
            else:
                self.check_local(where, code, low, high)
                found[code] = (low, high)
        return found

    def check_local(self, where: str, code: str, low: float | None, high: float | None) -> None:
        """Refuse a local interval that only another unit would explain: it would turn every answer wrong at once."""
        bounds = self.knowledge.settings["local_interval_plausible"].get(code)
        if bounds is None:
            return
        for side, limit in (("low", low), ("high", high)):
            lowest, highest = bounds[side]
            if limit is not None and not lowest <= limit <= highest:
                self.refuse(
                    f"{where}.{side}",
                    f"no laboratory's limit lies there ({lowest} to {highest} expected); check the unit",
                )

    def events(self, now: int) -> tuple[Event, ...]:
        """The events in order of time, unknown times first, ties in the order of the file."""
        given = self.given.get("events")
        if given is None:
            return ()
        if not isinstance(given, list | tuple):
            self.refuse("events", "write a list of events")
            return ()
        rows = cast(Sequence[object], given)
        if len(rows) > MOST_EVENTS:
            self.refuse("events", f"more than {MOST_EVENTS} events; give each infant a case of its own")
            return ()
        events = [event for seq, row in enumerate(rows) if (event := read_event(self, seq, row, now)) is not None]
        return tuple(sorted(self.tagged(events), key=lambda e: (-1 if e.at is None else e.at, e.seq)))

    def tagged(self, events: Sequence[Event]) -> Iterator[Event]:
        """The events with each specimen tag on every result of its moment, and without the results that the tube spoils."""
        tags: dict[int, frozenset[str]] = {}
        for event in events:
            if event.at is not None and event.specimen:
                tags[event.at] = tags.get(event.at, frozenset()) | event.specimen
        spoils = self.knowledge.settings["specimen_spoils"]
        for event in events:
            specimen = event.specimen if event.at is None or event.kind != "lab" else tags.get(event.at, event.specimen)
            if any(event.code in spoils.get(tag, ()) for tag in specimen):
                self.doubts.append(Problem("specimen-spoilt", event.seq, event.code))
                yield replace(event, specimen=specimen, value=None, flag=None)
            else:
                yield event if specimen == event.specimen else replace(event, specimen=specimen)
