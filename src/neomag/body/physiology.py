"""How an infant's size, kidneys and proteins change with age: what the model's rates are scaled by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp

from neomag.body.parameters import Parameters, parameters
from neomag.knowledge import Knowledge

HOURS = 24.0
_WEEK = 7 * HOURS
_YEAR = 365.25 * HOURS
_TERM_WEEKS = 40.0  # the origin of the published curves
SURFACE = 1.73  # m2, of the unit mL/min/1.73 m2
_LITRES_AN_HOUR = 60 / 1000  # from mL/min
_WATER = 1.0  # kg in a litre


def body_surface(weight_kg: float, knowledge: Knowledge) -> float:
    """Body surface in m2 from weight alone."""
    return surface(weight_kg, parameters(knowledge))


def surface(weight_kg: float, p: Parameters) -> float:
    """Body surface in m2 from weight alone."""
    return (p.surface_slope * weight_kg + p.surface_offset) / (weight_kg + p.surface_base)


@dataclass(frozen=True, slots=True)
class Physiology:
    """One infant: `birth_kg`, `gestation` in weeks, the parameters, and `offset`, the age in hours at which the run starts.

    Methods take hours since the start of the run (before birth: negative, when nothing changes). An infant with an
    offset is past what only newborns have: loss of water, low filtration of the preterm, less ultrafilterable
    magnesium. Its `birth_kg` is then the weight at the start.
    """

    birth_kg: float
    gestation: float
    p: Parameters
    offset: float = 0.0

    @property
    def settled(self) -> bool:
        """Whether the infant is past the newborn time."""
        return self.offset > 0

    @property
    def gain_kg(self) -> float:
        """Weight gained in an hour once growing."""
        return min(self.p.gain / 1000, self.p.gain_per_kg * self.birth_kg) / HOURS

    @property
    def water_loss(self) -> float:
        """The share of birth weight that is lost as extracellular water: more before term."""
        return self.p.water_loss + self.p.water_loss_per_week * self._early

    @property
    def lightest(self) -> float:
        """The age in hours at which the last of that water is lost; from then on weight gained is tissue."""
        return 0.0 if self.settled else self.p.water_loss_days * HOURS

    @property
    def _early(self) -> float:
        """Weeks born before 40."""
        return 0.0 if self.settled else max(0.0, _TERM_WEEKS - self.gestation)

    def kinks(self) -> tuple[float, ...]:
        """Ages at which a rate changes its course; a step must not cross them."""
        if self.settled:
            return (_YEAR - self.offset,)
        return (0.0, 5 * HOURS, 28 * HOURS, self.lightest, self._term, _YEAR)

    @property
    def _term(self) -> float:
        """The age in hours at which 40 weeks after conception are over; birth, for those born later."""
        return self._early * _WEEK

    def tissue_kg(self, age: float) -> float:
        """Weight of tissue, the water that a newborn loses counted in: the birth weight, and what is gained once growing."""
        return self.birth_kg + max(0.0, age - self.lightest) * self.gain_kg

    def weight_kg(self, age: float) -> float:
        """What the scales show."""
        return self.tissue_kg(age) - (0.0 if self.settled else self._lost(age) * self.birth_kg)

    def growth_kg(self, age: float) -> float:
        """Tissue gained in an hour at this age."""
        return self.gain_kg if age >= self.lightest and age >= 0 else 0.0

    def fluid_l(self, age: float) -> float:
        """Extracellular fluid in litres. What is lost in the first days is not held again."""
        return (self.p.fluid + self.p.fluid_per_week * self._early - self._lost(age) / _WATER) * self.tissue_kg(age)

    def _lost(self, age: float) -> float:
        return self.water_loss * (_part(age, self.lightest) if self.lightest else 1.0)

    def ultrafilterable(self, age: float) -> float:
        """The ultrafilterable share of serum magnesium: it rises with the time since conception, wherever that is spent."""
        if self.settled:
            return self.p.ultrafilterable
        since = max(0.0, age)
        before = max(0.0, self._early - since / _WEEK)
        after = max(0.0, since - self._term)
        early = 1 + self.p.ultrafilterable_per_week * before
        return self.p.ultrafilterable - self.p.ultrafilterable_deficit * early * exp(
            -after / (self.p.ultrafilterable_days * HOURS)
        )

    def spilling(self, age: float) -> float:
        """The share of what is filtered above the threshold that is spilt: a newborn answers a load with less."""
        missing = self.p.slope_deficit * exp(-(self.offset + max(0.0, age)) / (self.p.slope_days * HOURS))
        return self.p.slope * max(0.0, 1 - missing)

    def filtration_l(self, age: float) -> float:
        """Glomerular filtration in litres an hour."""
        p = self.p
        curve = ((0.0, p.filtration_birth), (5 * HOURS, p.filtration_day_5), (28 * HOURS, p.filtration_week_4),
                 (_YEAR, p.filtration_month_12))  # fmt: skip
        per_surface = _along(curve, self.offset + age)
        behind = max(
            0.0, _TERM_WEEKS - max(self.gestation, p.filtration_youngest) - p.filtration_catch_up * max(0.0, age) / _WEEK
        )
        ripe = 1.0 if self.settled else 1 - p.filtration_per_week * behind
        return per_surface / SURFACE * surface(self.tissue_kg(age), p) * ripe * _LITRES_AN_HOUR


def _along(curve: tuple[tuple[float, float], ...], age: float) -> float:
    """The value at `age` on straight lines between points, held before the first and after the last."""
    if age <= curve[0][0]:
        return curve[0][1]
    for (start, low), (end, high) in pairwise(curve):
        if age < end:
            return low + (high - low) * (age - start) / (end - start)
    return curve[-1][1]


def _part(age: float, of: float) -> float:
    return min(max(age / of, 0.0), 1.0)
