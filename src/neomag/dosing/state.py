"""What is known of the infant that bears on a dose: from the flags of a command, or from a case."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from neomag import units
from neomag.dosing.amounts import AmbiguousUnitError, DoseInputError, parse_amount
from neomag.dosing.products import default_product
from neomag.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class State:
    """The infant before a dose. `weight_kg` is exact, `level` in mmol/L, `age` in seconds, `given_24h_mmol` in mmol.

    `level_stale` says why the last level does not stand for now: `old`, or `before-dose`. `given_unclear` is what was given as
    it was written, where its unit does not say how much. `hypotension` is low blood pressure or a slow heart. `blocked`
    holds the ids of rules of an assessment that block magnesium, `blocked_im` those that block the muscle; `interactions`
    the ids of interactions.toml that apply. What is not said is not known, and None where that matters.
    """

    weight_kg: Fraction
    age: int | None = None
    sex: str | None = None
    level: Fraction | None = None
    level_flag: str | None = None
    level_stale: str | None = None
    fresh_level: bool = False
    emergency: bool = False
    kidney_injury: bool = False
    creatinine_high: bool = False
    anuria: bool = False
    heart_block: bool = False
    hypotension: bool = False
    dehydrated: bool = False
    pulseless_torsades: bool = False
    severe_malnutrition_day_1: bool = False
    antenatal_magnesium: bool = False
    preterm: bool = False
    given_24h_mmol: Fraction = Fraction(0)
    given_unknown: bool = False
    given_unclear: str | None = None
    interactions: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    blocked_im: tuple[str, ...] = ()
    case: str | None = None

    @property
    def level_known(self) -> bool:
        """Whether there is a number or a flag that stands for now."""
        return (self.level is not None or self.level_flag is not None) and self.level_stale is None

    def level_low(self, limit: Fraction) -> bool:
        """Whether the level is known now and below `limit` mmol/L, or flagged low."""
        return self.level_known and (self.level < limit if self.level is not None else self.level_flag == "low")


def parse_given(text: str, weight_kg: Fraction, knowledge: Knowledge) -> tuple[Fraction, str | None]:
    """What was given in 24 hours, in mmol; or nothing, and `text` again where it does not say how much.

    Milligrams of salt are those of magnesium sulfate heptahydrate, whatever is given now. A volume is not clear: the
    ampoule it came from is not the one that is drawn now. Raises DoseInputError for what is no amount.
    """
    try:
        amount = parse_amount(text, knowledge, nothing=True)
    except AmbiguousUnitError as error:
        return Fraction(0), error.written
    if amount.kind == "ml":
        return Fraction(0), amount.written
    return amount.mmol(weight_kg, default_product("iv", knowledge), knowledge), None


def parse_weight(text: str, knowledge: Knowledge) -> Fraction:
    """A weight such as `3.0kg` or `850 g`, in kg. Raises DoseInputError; how much is plausible is a ceiling's matter."""
    try:
        value, unit = units.quantity(text)
        kg = units.convert(value, unit, "kg", knowledge)
    except units.UnitError as error:
        raise DoseInputError(f"weight `{text[:40]}`: {error}; write it such as `3.0kg` or `850g`") from None
    if not kg:
        raise DoseInputError(f"weight `{text[:40]}`: must be more than nothing")
    return kg


def parse_level(text: str, knowledge: Knowledge) -> Fraction:
    """A magnesium level such as `0.45mmol/L` or `1.1 mg/dL`, in mmol/L.

    Raises DoseInputError for a number without unit, a unit magnesium cannot have, and a number outside the plausible band.
    """
    analyte = knowledge.analytes["magnesium"]
    try:
        value, unit = units.quantity(text)
    except units.UnitError:
        raise DoseInputError(f"level `{text[:40]}`: write a number and its unit, such as `0.45mmol/L`") from None
    try:
        reading = units.read(analyte, value, unit, knowledge)
        exact = units.convert(value, units.accepted_unit(analyte, unit, knowledge), analyte.canonical, knowledge, analyte)
    except units.UnitError as error:
        raise DoseInputError(f"level `{text[:40]}`: {error}") from None
    if not reading.plausible:
        raise DoseInputError(f"level `{text[:40]}`: no infant has such a level; is the unit right?")
    return exact


def parse_percent(text: str) -> Fraction:
    """A concentration such as `10%`, grams of the salt in 100 mL. Raises DoseInputError."""
    try:
        value, unit = units.quantity(text)
    except units.UnitError as error:
        raise DoseInputError(f"concentration `{text[:40]}`: {error}; write it such as `10%`") from None
    if unit != "%" or not value or value > 100:
        raise DoseInputError(f"concentration `{text[:40]}`: write it such as `10%` (grams of the salt in 100 mL)")
    return Fraction(value)
