"""From the posted form to a case of the contract, with every fault and doubt at the field where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from neomag import ages, units
from neomag.case import FLAGS, SETTINGS, SEXES, Case, CaseError
from neomag.case.events import GRADES, ROUTES, SPECIMENS, dose_unit
from neomag.knowledge import Knowledge
from neomag.web.clinician import typed
from neomag.web.clinician.fields import MOST, Fields
from neomag.web.clinician.form_reader import ABSENT, Fault, FormReader
from neomag.web.languages import Language

__all__ = ["ABSENT", "PENDING", "Fault", "Read", "read"]

# Stands for a result that is not there yet: measured, and no more is known.
PENDING = "pending"
_AGE_UNITS = ("h", "d", "wk", "mo")
_WEIGHT_UNITS = ("kg", "g")


@dataclass(slots=True)
class Read:
    """A form that was read: the mapping of the contract, the case when there is no fault, and doubts (`cautions`) by field."""

    given: dict[str, Any]
    case: Case | None = None
    faults: list[Fault] = field(default_factory=list[Fault])
    cautions: dict[str, str] = field(default_factory=dict[str, str])

    def document(self) -> dict[str, Any]:
        """The case as a file of its own. A result that is not there yet has no place in one."""
        events = [e for e in self.given["events"] if "lab" not in e or "value" in e or "flag" in e]
        return {**self.given, "events": events}


def read(fields: Fields, language: Language, knowledge: Knowledge) -> Read:
    """The case that the form holds, or its faults."""
    return _Reader(fields, language, knowledge).read()


class _Reader(FormReader):
    """Reads one form."""

    def read(self) -> Read:
        _ = self.language.gettext
        if len(self.fields.pairs()) > MOST:
            return Read({}, faults=[Fault("age", _("The form has more rows than are read."))])
        self.now = self.span("age", self.choice("age-unit", _AGE_UNITS) or "d")
        if self.now is None and not self.faults:
            self.fault("age", _("Give the age: everything is judged by it."))
        infant = self.infant()
        self.chips("condition")
        self.conditions()
        self.chips("drug")
        self.signs()
        self.samples()
        self.given()
        given: dict[str, Any] = {
            "case": typed.plain(self.fields.get("name")) or "case",
            **{key: True for key in ("age_assumed", "times_assumed") if self.fields.get(key.replace("_", "-"))},
            "infant": infant,
            "now": ages.written(self.now or 0),
            **({"setting": setting} if (setting := self.choice("setting", SETTINGS)) else {}),
            **({"intervals": intervals} if (intervals := self.intervals()) else {}),
            "events": self.events,
        }
        found = Read(given, faults=self.faults, cautions=self.cautions)
        if not self.faults:
            try:
                found.case = Case.from_dict(given, knowledge=self.knowledge, numberless=True)
            except CaseError as error:
                pairs = zip(error.problems, error.places, strict=True)
                for says, place in pairs:
                    self.refused(self.at(place), says.removeprefix(f"{place}: "))
        return found

    def infant(self) -> dict[str, Any]:
        """Sex, gestation and weights."""
        _ = self.language.gettext
        infant: dict[str, Any] = {"sex": sex} if (sex := self.choice("sex", SEXES)) else {}
        if gestation := typed.plain(self.fields.get("gestation")):
            low, high = self.knowledge.settings["gestation_possible_weeks"]["between"]
            try:
                if not low <= ages.gestation(gestation) <= high:
                    raise ValueError
                infant["gestation"] = gestation
            except ValueError:
                said = _("Write completed weeks and days from %(low)s to %(high)s weeks, such as 38 or 38+2.")
                self.fault("gestation", said % {"low": low, "high": high})
        for name, key in (("weight", "weight"), ("birth-weight", "birth_weight")):
            if (value := self.number(name)) is not None:
                unit = self.choice(f"{name}-unit", _WEIGHT_UNITS) or "kg"
                infant[key] = f"{value} {unit}"
                least, most = self.knowledge.settings["weight_plausible_g"]["between"]
                if not least <= float(value) * (1000 if unit == "kg" else 1) <= most:
                    self.cautions[name] = _("No infant weighs that: the weight is not used. Is the unit right?")
        return infant

    def chips(self, kind: str) -> None:
        """What was tapped, of a kind that has no time of its own."""
        key = {"drug": "given"}.get(kind, kind)
        for name, value in self.fields.under(kind):
            code, absent = value.removeprefix("-"), value.startswith("-")
            if self.code(name, kind, code):
                event: dict[str, Any] = {key: code, **({"absent": True} if absent else {})}
                if kind == "condition" and not absent:
                    lasting = self.span(f"for.{code}", "d")
                    grade = self.choice(f"grade.{code}", GRADES)
                    event |= {} if lasting is None else {"for": ages.written(lasting)}
                    event |= {"grade": grade} if grade else {}
                self.put(event, f"{kind}-{code}")

    def signs(self) -> None:
        """The signs of the main moment, and those of others."""
        at = self.moment("signs-at")
        for name, value in self.fields.under("sign"):
            if value and self.code(name, "sign", value.removeprefix("-")):
                absent = {"absent": True} if value.startswith("-") else {}
                self.put({**at, "sign": value.removeprefix("-"), **absent}, "signs-at")
        for row in self.rows("signs"):
            if self.code(f"{row}.sign", "sign", code := self.fields.get(f"{row}.sign")):
                self.put({**self.moment(f"{row}.at"), "sign": code, **self.absent(row)}, row)

    def conditions(self) -> None:
        """Conditions with a time, a length or a grade."""
        for row in self.rows("conditions"):
            if self.code(f"{row}.condition", "condition", code := self.fields.get(f"{row}.condition")):
                event = {**self.moment(f"{row}.at"), "condition": code, **self.absent(row)}
                if (lasting := self.span(f"{row}.for", "d")) is not None:
                    event["for"] = ages.written(lasting)
                if grade := self.choice(f"{row}.grade", GRADES):
                    event["grade"] = grade
                self.put(event, row)

    def samples(self) -> None:
        """The results of each sample: its time and what is said of its tube hold for all of them."""
        for sample in self.rows("samples"):
            at = self.moment(f"{sample}.at")
            tags = [tag for tag in SPECIMENS if self.fields.has(f"{sample}.specimen", tag)]
            for row in self.rows(f"{sample}.results"):
                if event := self.result(row):
                    self.put({**at, **event, **({"specimen": tags} if tags else {})}, row)

    def result(self, row: str) -> dict[str, Any]:
        """One result; nothing where the row is empty."""
        _ = self.language.gettext
        code, flag = self.fields.get(f"{row}.lab"), self.choice(f"{row}.flag", (*FLAGS, PENDING))
        value = self.number(f"{row}.value")
        if not self.code(f"{row}.lab", "lab", code) or (value is None and flag is None):
            return {}
        if value is None:
            return {"lab": code} if flag == PENDING else {"lab": code, "flag": flag}
        analyte = self.knowledge.analytes[code]
        event: dict[str, Any] = {"lab": code, "value": Decimal(value)}
        unit = self.fields.get(f"{row}.unit") or None
        try:
            reading = units.read(analyte, event["value"], unit, self.knowledge)
        except units.UnitError as error:
            if unit is None and not analyte.unitless:
                self.fault(f"{row}.unit", _("Choose the unit of the report: none is guessed."))
            else:
                self.refused(f"{row}.unit", str(error))
            return {}
        if not reading.plausible:
            self.cautions[f"{row}.value"] = _("No infant has such a value in this unit, so it is not used. Is the unit right?")
        return event | ({} if unit is None else {"unit": unit}) | ({"flag": flag} if flag in FLAGS else {})

    def given(self) -> None:
        """Drugs with their times and doses."""
        _ = self.language.gettext
        for row in self.rows("given"):
            if not self.code(f"{row}.given", "drug", code := self.fields.get(f"{row}.given")):
                continue
            event: dict[str, Any] = {**self.moment(f"{row}.at"), "given": code, **self.absent(row)}
            dose, unit = self.number(f"{row}.dose"), typed.plain(self.fields.get(f"{row}.unit"))
            if dose is not None:
                try:
                    event |= {"dose": Decimal(dose), "unit": dose_unit(unit or None)}
                except units.UnitError:
                    self.fault(f"{row}.unit", _("Choose the unit of the dose: none is guessed."))
            if route := self.choice(f"{row}.route", ROUTES):
                event["route"] = route
            if (percent := self.number(f"{row}.concentration")) is not None:
                event["concentration"] = f"{percent} %"
            if (over := self.span(f"{row}.over", "min")) is not None:
                event["over"] = ages.written(over)
            self.put(event, row)

    def intervals(self) -> dict[str, dict[str, Any]]:
        """The local laboratory's own limits, by analyte."""
        _ = self.language.gettext
        found: dict[str, dict[str, Any]] = {}
        for row in self.rows("intervals"):
            code = self.fields.get(f"{row}.lab")
            limits = {side: self.number(f"{row}.{side}") for side in ("low", "high")}
            if not any(limits.values()) or not self.code(f"{row}.lab", "lab", code):
                continue
            if code in found:
                self.fault(f"{row}.low", _("This analyte has an interval already."))
            elif all(limits.values()) and Decimal(limits["low"] or 0) >= Decimal(limits["high"] or 0):
                self.fault(f"{row}.low", _("The lower limit must be below the upper one."))
            found[code] = {side: Decimal(limit) for side, limit in limits.items() if limit is not None}
            if unit := self.fields.get(f"{row}.unit"):
                found[code]["unit"] = unit
            elif not self.knowledge.analytes[code].unitless:
                self.fault(f"{row}.unit", _("Choose the unit of the report: none is guessed."))
        return found
