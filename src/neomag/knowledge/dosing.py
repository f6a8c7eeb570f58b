"""What the knowledge says of dosing: one frozen type for each kind of entry of `dosing/`; `dosing_read` makes them.

Numbers are exact Fractions; spans of time are whole seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

ROUTES = ("iv", "im", "oral")
SULFATE = "magnesium-sulfate-heptahydrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """What every entry has: its id, and its sources, the reason of a policy, or both."""

    id: str
    sources: tuple[str, ...] = ()
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Salt(Grounded):
    """A salt of magnesium; `g_per_mol` grams of it hold one mole of magnesium."""

    says: str
    hydration: str
    g_per_mol: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Grounded):
    """An ampoule, bottle or solution: grams of `salt` in 100 mL, and the mmol/mL its label prints."""

    says: str
    salt: str
    g_per_100ml: Fraction
    label_mmol_per_ml: Fraction
    routes: tuple[str, ...]
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen(Grounded):
    """A regimen as printed: `amount` (low, high) in `unit`; then again in mg of heptahydrate and in mmol by kg."""

    says: str
    authority: str
    population: str
    indication: str
    unit: str
    routes: tuple[str, ...]
    amount: tuple[Fraction, ...] = ()
    mg_per_kg: tuple[Fraction, ...] = ()
    mmol_per_kg: tuple[Fraction, ...] = ()
    product: str | None = None
    start: int | None = None
    end: int | None = None
    over: tuple[int, ...] = ()
    percent: Fraction | None = None
    every: int | None = None
    doses: int | None = None
    max: str | None = None
    note: str | None = None
    quirk: str | None = None
    usable: bool = True
    why: str | None = None
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling(Grounded):
    """A limit that warns or refuses, above (`>`), from (`>=`) or below (`<`) a figure in `unit`.

    `code` is the refusal's, `warns` the warning's; a ceiling that only warns has no `code`.
    """

    says: str
    unit: str
    code: str | None = None
    warns: str | None = None
    warn_above: Fraction | None = None
    warn_from: Fraction | None = None
    warn_below: Fraction | None = None
    refuse_above: Fraction | None = None
    refuse_from: Fraction | None = None
    refuse_below: Fraction | None = None
    unless: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Syringe(Grounded):
    """A syringe: what it holds and the smallest step read on it, in mL."""

    holds_ml: Fraction
    step_ml: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Says(Grounded):
    """A refusal or warning: one sentence, with {…} for figures. Its code is its id, or `code` where several wordings share one.

    An order that passes a warning with `unusual` is not accepted as it stands.
    """

    says: str
    code: str | None = None
    unusual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction(Grounded):
    """A drug or condition beside magnesium. `within` is how long a drug counts, in seconds."""

    says: str
    drug: tuple[str, ...] = ()
    condition: tuple[str, ...] = ()
    within: int | None = None
    refuses: bool = False
    unusual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Grounded):
    """The class under which a dose is refused when a rule of the assessment blocks magnesium."""

    code: str
    when_level_known: str | None = None
    unless: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch(Grounded):
    """A line of the monitoring plan, for these routes; the antidote has figures of its own."""

    part: str
    says: str
    routes: tuple[str, ...] = ROUTES
    after: int | None = None
    until: int | None = None
    product: str | None = None
    ml_per_kg: Fraction | None = None
    ml_per_kg_most: Fraction | None = None
    max_ml: Fraction | None = None
    over: int | None = None
    over_least: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling(Grounded):
    """How a unit of amount is written, what it measures, and its factor."""

    kind: str
    factor: Fraction
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Grounded):
    """Words of an order, and what they do in it: their role."""

    role: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeightBand:
    """The 3rd and 97th centile of weight in kg at an age in months."""

    sex: str
    months: int
    low: Fraction
    high: Fraction
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Dosing:
    """Everything the knowledge says of dosing, by id, in the order of the files."""

    salts: Mapping[str, Salt]
    products: Mapping[str, Product]
    regimens: Mapping[str, Regimen]
    ceilings: Mapping[str, Ceiling]
    syringes: Mapping[str, Syringe]
    refusals: Mapping[str, Says]
    warnings: Mapping[str, Says]
    interactions: Mapping[str, Interaction]
    blocks: Mapping[str, Block]
    monitoring: Mapping[str, Watch]
    amounts: Mapping[str, Spelling]
    orders: Mapping[str, Words]
    weights: tuple[WeightBand, ...]
    defaults: Mapping[str, Any]
