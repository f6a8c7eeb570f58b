"""What a day should hold by an authority's figures: targets, and the limits it should not pass.

Values are in the unit and under the nutrient id of the composition table. Nothing is borrowed: what an authority does not give
is no target, unless another is asked to fill it in, and then the target carries that one's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from neomag.feeding.errors import FeedingInputError
from neomag.knowledge.intakes import Figure, Intakes, load_intakes, load_milk_volumes
from neomag.nearest import hint

YOUNGEST, OLDEST = 0, 24
# Completed months; PAHO/WHO print 12-23 months, and the day a child is 24 months old still counts with it.
_LAST_BAND = 23
_SIX_MONTHS = 6
_KCAL_PER_MJ = Fraction(1_000_000, 4184)


@dataclass(frozen=True, slots=True)
class Target:
    """What a day should hold of `nutrient`: `value` in the composition's `unit`; `authority` is whose figure it is.

    `status` is verified or unverified. When `undercounts`, the table's figure is a lower bound of what the target counts:
    less than the target is then not yet short.
    """

    nutrient: str
    value: float
    unit: str
    kind: str
    authority: str
    year: int
    source: str
    status: str
    note: str
    undercounts: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """What a day should not pass. `counts` is `all`, `retinol` (preformed vitamin A only), or `supplement`.

    A limit that counts `supplement` is of supplements and added forms and is never applied to food.
    """

    nutrient: str
    value: float
    unit: str
    counts: str
    authority: str
    year: int
    source: str
    status: str
    note: str


def authorities() -> tuple[str, ...]:
    """The authorities that can be chosen, the default one first."""
    return tuple(load_intakes().authorities)


def targets(
    age_months: int,
    authority: str | None = None,
    *,
    iron: str = "10%",
    zinc: str = "moderate",
    formula_fed: bool = False,
    weight_kg: float | None = None,
    fill: str | None = None,
) -> Mapping[str, Target]:
    """The targets of a child of `age_months` completed months, by nutrient, in the order of the composition table.

    `iron` and `zinc` say how well they are absorbed, where the authority asks; `formula_fed` changes FAO/WHO's figures below
    six months; `weight_kg` is needed for figures per kg; `fill` is an authority that fills the gaps of the first. Energy is
    PAHO/WHO's under every authority. Raises FeedingInputError for an age, authority or choice that there is not.
    """
    intakes = load_intakes()
    chosen = {"iron": _choice("iron", iron), "zinc": _choice("zinc", zinc), "feeding": "formula" if formula_fed else "breast"}
    if age_months < _SIX_MONTHS and zinc == intakes.choices["zinc"].default and not formula_fed:
        chosen["zinc"] = "high"  # printed for breast milk
    found: dict[str, Target] = {}
    for name in (_named(authority), *([_named(fill)] if fill else [])):
        for figure in _figures(intakes, age_months, name, "target", chosen):
            if figure.nutrient in found and found[figure.nutrient].authority != name:
                continue
            target = _target(figure, age_months, weight_kg, intakes)
            if target is not None:
                filled = name != _named(authority)
                found[figure.nutrient] = (
                    replace(target, note=_joined(f"filled in from {name}", target.note)) if filled else target
                )
    if (energy := _energy(age_months)) is not None:
        found["energy"] = energy
    return {n: found[n] for n in intakes.unit_of if n in found}


def limits(age_months: int, authority: str | None = None) -> Mapping[str, Limit]:
    """The upper limits at an age, by nutrient, in the order of the composition table; none where the authority gives none."""
    intakes = load_intakes()
    found: dict[str, Limit] = {}
    for figure in _figures(intakes, age_months, _named(authority), "limit", {}):
        value, note = _converted(figure, age_months, None, intakes)
        if value is not None:
            of = intakes.counts[figure.counts].note if figure.counts else ""
            found[figure.nutrient] = Limit(
                figure.nutrient, value, intakes.unit_of[figure.nutrient], figure.counts or "all", figure.authority,
                figure.year, figure.source, figure.status, _joined(note, of, figure.note),
            )  # fmt: skip
    return {n: found[n] for n in intakes.unit_of if n in found}


def _named(authority: str | None) -> str:
    intakes = load_intakes()
    if authority is None:
        return intakes.default
    if authority not in intakes.authorities:
        near = hint(authority, intakes.authorities)
        raise FeedingInputError(f"no authority `{authority[:40]}`{near}; write one of {', '.join(intakes.authorities)}")
    return authority


def _choice(name: str, value: str) -> str:
    accepted = load_intakes().choices[name].accepted
    if value not in accepted:
        raise FeedingInputError(f"{name} `{value[:40]}`: write one of {', '.join(accepted)}")
    return value


def _months(age_months: int) -> int:
    if not YOUNGEST <= age_months <= OLDEST:
        raise FeedingInputError(f"age {age_months} months: feeding is for {YOUNGEST} to {OLDEST} months")
    return min(age_months, _LAST_BAND)


def _figures(intakes: Intakes, age_months: int, authority: str, role: str, chosen: Mapping[str, str]) -> Iterator[Figure]:
    """The figures of a role in force, those of a choice after the plain ones, so that they take their place."""
    age = _months(age_months)
    for plain in (True, False):
        for figure in intakes.figures:
            of, _, value = figure.choice.partition(":")
            if (
                figure.authority == authority
                and figure.from_months <= age <= figure.to_months
                and intakes.kinds[figure.kind].role == role
                and (not of) == plain
                and (plain or chosen.get(of) == value)
            ):
                yield figure


def _target(figure: Figure, age_months: int, weight_kg: float | None, intakes: Intakes) -> Target | None:
    value, note = _converted(figure, age_months, weight_kg, intakes)
    if value is None:
        return None
    counts = intakes.counts.get(figure.counts)
    of, _, chosen = figure.choice.partition(":")
    choice = f"{intakes.choices[of].says} {chosen}" if of in intakes.choices else ""
    return Target(
        figure.nutrient, value, intakes.unit_of[figure.nutrient], figure.kind, figure.authority, figure.year,
        figure.source, figure.status,
        _joined(note, choice, counts.note if counts else "", figure.note),
        undercounts=counts is not None and counts.bound == "lower",
    )  # fmt: skip


def _converted(figure: Figure, age_months: int, weight_kg: float | None, intakes: Intakes) -> tuple[float | None, str]:
    """The figure in the composition's unit, and how it came about where that is not plain; None when something is missing."""
    unit = intakes.unit_of[figure.nutrient]
    if figure.unit == unit:
        return figure.value, ""
    conversion = intakes.units[f"{figure.unit}-{unit}"]
    energy = load_milk_volumes().at(_months(age_months)).need
    times = {
        "": Fraction(1),
        "energy_kcal": Fraction(str(energy)) if energy else None,
        "energy_mj": Fraction(str(energy)) / _KCAL_PER_MJ if energy else None,
        "weight_kg": Fraction(str(weight_kg)) if weight_kg else None,
    }[conversion.by]
    if times is None:
        return None, ""
    over = Fraction((conversion.over or {}).get(figure.nutrient, "1"))
    value = Fraction(str(figure.value)) * Fraction(conversion.factor) * times / over
    said = {"value": f"{figure.value:g}", "energy": f"{energy:g}" if energy else "", "weight": f"{weight_kg or 0:g}"}
    return float(value), conversion.note.format(**said)


def _energy(age_months: int) -> Target | None:
    """PAHO/WHO's average need, for every authority; None below six months, where milk is on demand."""
    intakes, age = load_intakes(), _months(age_months)
    for figure in intakes.figures:
        if (
            figure.nutrient == "energy"
            and intakes.kinds[figure.kind].role == "average"
            and figure.from_months <= age <= figure.to_months
        ):
            note = f"{intakes.energy.says}, average need"
            return Target(
                "energy", figure.value, "kcal", figure.kind, "paho-who", figure.year, figure.source, figure.status, note
            )
    return None


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
