"""The form as its templates see it: the value, fault and doubt of each field, and what may be chosen in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from neomag import units
from neomag.case import FLAGS, SETTINGS, SEXES
from neomag.case.events import GRADES, ROUTES, SPECIMENS
from neomag.dosing.lines import number as figure
from neomag.knowledge import Analyte, Knowledge
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.layout import Layout, layout
from neomag.web.clinician.to_case import ABSENT, PENDING, Fault
from neomag.web.languages import Language


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that an analyte may have, and the band outside which a number in it is taken for a slip (None: not known)."""

    name: str
    low: str | None
    high: str | None


@dataclass(slots=True)
class View:
    """A form for its templates."""

    fields: Fields
    language: Language
    knowledge: Knowledge
    faults: Sequence[Fault] = ()
    cautions: dict[str, str] = field(default_factory=dict[str, str])
    # The row that was just added, whose first field gets the focus.
    fresh: str = ""
    # Groups, questions and short names.
    layout: Layout = field(init=False)

    sexes = SEXES
    settings = SETTINGS
    flags = (*FLAGS, PENDING)
    specimens = SPECIMENS
    grades = GRADES
    routes = ROUTES
    absent = ABSENT

    def __post_init__(self) -> None:
        self.layout = layout(self.knowledge)

    def id(self, name: str) -> str:
        """The id of a field in the page."""
        return f"f-{name.replace('.', '-')}"

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.fields.get(name)

    def has(self, name: str, value: str) -> bool:
        """Whether a box or choice is set."""
        return self.fields.has(name, value)

    def rows(self, name: str) -> list[str]:
        """The names of the rows of a list."""
        return [f"{name}.{place}" for place in self.fields.rows(name)]

    def results(self, sample: str) -> list[str]:
        """The names of the rows of a sample, those of the first sample's analytes first and in their order."""
        order = {code: place for place, code in enumerate(self.layout.first_sample)}
        rows = self.rows(f"{sample}.results")
        return sorted(rows, key=lambda row: order.get(self.value(f"{row}.lab"), len(order)))

    def fault(self, name: str) -> str:
        """What is wrong with a field."""
        return next((fault.says for fault in self.faults if fault.field == name), "")

    def caution(self, name: str) -> str:
        """What is doubtful about a field."""
        return self.cautions.get(name, "")

    def tapped(self, kind: str, codes: Sequence[str]) -> int:
        """How many of these codes are tapped, either way."""
        return sum(self.has(kind, code) or self.has(kind, f"-{code}") for code in codes)

    def short(self, kind: str, code: str) -> str:
        """The short name of a code."""
        return self.language.say(self.layout.short.get(kind, {}).get(code, code))

    def more(self, kind: str, group: str = "") -> Iterator[tuple[str, str]]:
        """The codes of a kind that a row can be added for, with their short names."""
        found = self.layout
        only = {chip.code for one in found.groups if one.id == group for chip in one.chips}
        return ((code, self.language.say(short)) for code, short in found.short[kind].items() if not group or code in only)

    def units(self, lab: str) -> list[Unit]:
        """The units that an analyte may have."""
        analyte = self.knowledge.analytes.get(lab)
        return [] if analyte is None else [Unit(unit, *_band(analyte, unit, self.knowledge)) for unit in analyte.units]

    def dose_units(self, now: str) -> list[str]:
        """The units that a dose is charted in, and the one that stands there now."""
        usual = self.layout.dose_units
        return [*usual, *([now] if now and now not in usual else [])]

    def amount(self, value: Fraction | Decimal | float, digits: int = 4) -> str:
        """A figure of a dose, as exact as doses are shown everywhere, in the signs of the language."""
        return self.language.number(float(figure(Fraction(value), digits)))


def _band(analyte: Analyte, unit: str, knowledge: Knowledge) -> tuple[str | None, str | None]:
    """The plausible band in a unit, as `units.read` judges it."""
    if unit in analyte.plausible:
        low, high = analyte.plausible[unit]
        return repr(low), repr(high)
    try:
        low, high = (
            float(units.convert(Fraction(str(limit)), analyte.canonical, unit, knowledge, analyte))
            for limit in analyte.plausible[analyte.canonical]
        )
    except units.UnitError:
        return None, None
    return repr(low), repr(high)
