"""From a case to the form that holds it, so that an example, a file or a record can be looked at and changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from neomag import ages
from neomag.case import Case, Event
from neomag.knowledge import Knowledge
from neomag.web.clinician import typed
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.layout import Chip, Layout, layout
from neomag.web.clinician.to_case import ABSENT, PENDING
from neomag.web.languages import Language


def fill(case: Case, language: Language, knowledge: Knowledge, said: Mapping[str, Any] | None = None) -> Fields:
    """The form of `case`; read again it is the same case. `said` is the infant as it was written, for weights not believed."""
    return _Filler(case, language, knowledge, said or {}).fields


def empty(knowledge: Knowledge) -> Fields:
    """A form with nothing in it but its first sample."""
    fields = Fields([("age-unit", "d")])
    complete(fields, knowledge)
    return fields


def complete(fields: Fields, knowledge: Knowledge) -> None:
    """Give the form the rows that every form has: those of the first sample, and the interval of magnesium."""
    have = [fields.get(f"samples.0.results.{row}.lab") for row in fields.rows("samples.0.results")]
    for code in layout(knowledge).first_sample:
        if code not in have:
            fields.add(f"samples.0.results.{fields.next('samples.0.results')}.lab", code)
    if not fields.rows("intervals"):
        fields.add("intervals.0.lab", "magnesium")


class _Filler:
    """Fills one form."""

    def __init__(self, case: Case, language: Language, knowledge: Knowledge, said: Mapping[str, Any]) -> None:
        self.case = case
        self.language = language
        self.knowledge = knowledge
        self.layout: Layout = layout(knowledge)
        self.fields = Fields()
        self.infant(said)
        self.intervals()
        events = sorted(case.events, key=lambda event: event.seq)
        self.signs([event for event in events if event.kind == "sign"])
        self.timeless("condition", [event for event in events if event.kind == "condition"])
        self.timeless("drug", [event for event in events if event.kind == "given"])
        self.samples([event for event in events if event.kind == "lab"])
        complete(self.fields, knowledge)

    def put(self, name: str, value: object) -> None:
        """Put a value into a field, unless there is none."""
        if value is not None and value != "":
            self.fields.add(name, str(value))

    def number(self, name: str, value: Decimal | None) -> None:
        """Put a number into a field, as the language writes it."""
        if value is not None:
            self.put(name, typed.shown(f"{value:f}", self.language))

    def infant(self, said: Mapping[str, Any]) -> None:
        """Who the infant is, and where."""
        case, infant = self.case, self.case.infant
        self.put("name", "" if case.name == "case" else case.name)
        self.put("age", "0" if case.now == 0 else ages.written(case.now))
        self.put("age-unit", "d")
        self.put("sex", infant.sex)
        self.put("setting", case.setting)
        if infant.gestation is not None:
            # Completed days; a gestation in decimals of a week is a hair below its day.
            weeks, days = divmod(int(infant.gestation * 7 + 0.05), 7)
            self.put("gestation", f"{weeks}w{days}d")
        for name, key in (("weight", "weight"), ("birth-weight", "birth_weight")):
            grams = getattr(infant, key)
            written = said.get(key) if grams is None else None
            amount, unit = (f"{Decimal(str(grams)):f}", "g") if grams is not None else _parts(written)
            if amount:
                self.put(name, typed.shown(_short(amount), self.language))
                self.put(f"{name}-unit", unit)
        self.put("age-assumed", "yes" if case.age_assumed else "")
        self.put("times-assumed", "yes" if case.times_assumed else "")

    def intervals(self) -> None:
        """The local laboratory's limits, in the unit that the rules see."""
        for row, (code, (low, high)) in enumerate(self.case.intervals.items()):
            self.put(f"intervals.{row}.lab", code)
            for side, limit in (("low", low), ("high", high)):
                self.number(f"intervals.{row}.{side}", None if limit is None else Decimal(repr(limit)))
            self.put(f"intervals.{row}.unit", self.knowledge.analytes[code].canonical)

    def before(self, at: int | None) -> str:
        """A moment as the form has it: a time before now."""
        if at is None:
            return ""
        return "birth" if at == 0 else "0" if at == self.case.now else ages.written(self.case.now - at)

    def signs(self, events: list[Event]) -> None:
        """The moment with most signs goes to chips and questions, the others to rows."""
        counted = Counter(event.at for event in events)
        most = max(counted, key=lambda at: (counted[at], -1 if at is None else at), default=None)
        self.put("signs-at", self.before(most) if events else "")
        seen: set[str] = set()
        asked: set[str] = set()
        for event in events:
            value = f"-{event.code}" if event.absent else event.code
            ask = self.layout.ask_of(value)
            first = event.at == most and event.code not in seen
            if event.at == most:
                seen.add(event.code)
            if first and ask is not None and ask.id not in asked:
                asked.add(ask.id)
                self.put(f"sign.{ask.id}", value)
            elif first and event.code in self.layout.chips("sign"):
                self.put("sign", value)
            else:
                self.row("signs", event)

    def timeless(self, kind: str, events: list[Event]) -> None:
        """What has no time and no details goes to chips, the rest to rows."""
        chips, seen = self.layout.chips(kind), set[str]()
        for event in events:
            chip = chips.get(event.code)
            held = chip is not None and event.at is None and event.code not in seen and _fits(chip, event)
            if event.at is None:
                seen.add(event.code)
            if held:
                self.put(kind, f"-{event.code}" if event.absent else event.code)
                self.put(f"for.{event.code}", None if event.lasting is None else ages.written(event.lasting))
                self.put(f"grade.{event.code}", event.grade)
            else:
                self.row({"drug": "given"}.get(kind, "conditions"), event)

    def row(self, name: str, event: Event) -> None:
        """A row of its own."""
        row = f"{name}.{self.fields.next(name)}"
        self.put(f"{row}.{event.kind}", event.code)
        self.put(f"{row}.state", ABSENT if event.absent else "")
        self.put(f"{row}.at", self.before(event.at))
        self.put(f"{row}.for", None if event.lasting is None else ages.written(event.lasting))
        self.put(f"{row}.grade", event.grade)
        self.number(f"{row}.dose", _decimal(event.dose))
        self.put(f"{row}.unit", event.dose_unit)
        self.put(f"{row}.route", event.route)
        self.number(f"{row}.concentration", _decimal(event.concentration))
        self.put(f"{row}.over", None if event.over is None else ages.written(event.over))

    def samples(self, events: list[Event]) -> None:
        """Results of one moment and tube stand in one sample; of two of one analyte at one moment the later stays the later."""
        samples: dict[tuple[int | None, frozenset[str]], int] = {}
        latest: dict[tuple[int | None, str], int] = {}
        begun = 0
        for event in events:
            key, place = (event.at, event.specimen), samples.get((event.at, event.specimen))
            if place is None or place < latest.get((event.at, event.code), 0):
                # A sample before that of the last such result would put this one before it.
                samples[key] = place = begun
                begun += 1
                self.put(f"samples.{place}.at", self.before(event.at))
                for tag in sorted(event.specimen):
                    self.put(f"samples.{place}.specimen", tag)
            latest[event.at, event.code] = place
            row = f"samples.{place}.results.{self.fields.next(f'samples.{place}.results')}"
            self.put(f"{row}.lab", event.code)
            value, unit = _parts(event.reported)
            if value:
                self.put(f"{row}.value", typed.shown(value, self.language))
                self.put(f"{row}.unit", unit)
            else:
                self.put(f"{row}.flag", event.flag or PENDING)


def _fits(chip: Chip, event: Event) -> bool:
    """Whether a chip holds all that an event says."""
    if (event.dose, event.route, event.concentration, event.over) != (None, None, None, None):
        return False
    lasting = event.lasting is None or (chip.asks_for and not event.absent)
    return lasting and (event.grade is None or (chip.asks_grade and not event.absent))


def _parts(written: object) -> tuple[str, str]:
    """The number and unit of `0.13 mmol/L`."""
    value, _, unit = written.strip().partition(" ") if isinstance(written, str) else ("", "", "")
    return value, unit.strip()


def _short(amount: str) -> str:
    return amount.rstrip("0").rstrip(".") if "." in amount else amount


def _decimal(value: Fraction | None) -> Decimal | None:
    if value is None:
        return None
    with localcontext() as context:
        context.prec = 40
        return Decimal(value.numerator) / Decimal(value.denominator)
