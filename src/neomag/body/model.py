"""The compartment model: where magnesium goes in an hour, in mmol. Whatever leaves one place arrives in another.

After the dossier of kinetics (KINETICS): tissues are buffers with a set point that follows serum by a power; the kidney
spills above a threshold; the gut absorbs by a saturable way and a plain one; growth lays magnesium down in deep bone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log1p

from neomag.body.errors import BodyModelError
from neomag.body.physiology import HOURS, Physiology

# The places magnesium can be. `given` and `mother` count what came in, so that all places together never change.
PLACES = ("gut", "depot", "fluid", "fast", "muscle", "bone", "deep", "labile", "urine", "stool", "given", "mother")
GUT, DEPOT, FLUID, FAST, MUSCLE, BONE, DEEP, LABILE, URINE, STOOL, GIVEN, MOTHER = range(len(PLACES))
BODY = (GUT, DEPOT, FLUID, FAST, MUSCLE, BONE, DEEP, LABILE)
SOURCES = (GIVEN, MOTHER)
State = list[float]


@dataclass(frozen=True, slots=True)
class Inflow:
    """What comes and goes from outside, constant over a stretch of time: mmol/h, but `mother` a level in mmol/L.

    `fed` reaches the gut and `undissolved` the stool; `vein` reaches the blood; `lost` leaves it for the stool.
    """

    fed: float = 0.0
    undissolved: float = 0.0
    vein: float = 0.0
    lost: float = 0.0
    mother: float | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The model of one infant. `gut_loss` is in mmol/kg/h."""

    infant: Physiology
    gut_loss: float

    def spread_l(self, age: float) -> float:
        """Litres of serum that would hold what all fluid holds: outside plasma only the ultrafilterable part is there."""
        kg, free = self.infant.tissue_kg(age), self.infant.ultrafilterable(age)
        plasma = self.infant.p.plasma * kg
        return plasma + (self.infant.fluid_l(age) - plasma) * free

    def level(self, state: State, age: float) -> float:
        """Total magnesium of serum in mmol/L."""
        return state[FLUID] / self.spread_l(age)

    def spilt(self, level: float, age: float) -> float:
        """Magnesium in urine, mmol/h, at a serum level in mmol/L; never more than is filtered."""
        p = self.infant.p
        free = self.infant.ultrafilterable(age) * level
        over = (free - p.threshold) / p.width
        # log(1 + e^x), which would overflow for large x.
        soft = over if over > 30 else log1p(exp(over))
        return self.infant.filtration_l(age) * min(free, p.floor * free + self.infant.spilling(age) * p.width * soft)

    def absorbed(self, held: float, age: float) -> float:
        """Magnesium absorbed from the gut, mmol/h, when it holds `held` mmol."""
        p, kg = self.infant.p, self.infant.tissue_kg(age)
        per_kg = held / kg
        return p.paracellular * held + p.transporter * kg * per_kg / (p.half_saturation + per_kg)

    def set_points(self, ratio: float, kg: float) -> tuple[float, float, float]:
        """What fast tissue, muscle and bone hold at rest, mmol, at a serum level of `ratio` times the usual one."""
        p = self.infant.p
        return (
            p.fast * kg * ratio**p.fast_exponent,
            p.muscle * kg * ratio**p.muscle_exponent,
            p.bone * kg * ratio**p.bone_exponent,
        )

    def start(self, level: float, age: float, depletion: float | None = None, released: bool = False) -> State:
        """The body at `level` (mmol/L) with tissues at rest, or `depletion` (a share) below their usual content.

        `released`: the newborn's release of magnesium is over.
        """
        p, kg = self.infant.p, self.infant.tissue_kg(age)
        state = [0.0] * len(PLACES)
        state[FLUID] = level * self.spread_l(age)
        ratio = level / p.level if depletion is None else 1.0
        held = self.set_points(ratio, kg)
        state[FAST], state[MUSCLE], state[BONE] = (amount * (1 - (depletion or 0.0)) for amount in held)
        state[DEEP] = p.deep * kg
        state[LABILE] = 0.0 if released or self.infant.settled else p.release * kg
        return state

    def rates(self, age: float, state: State, inflow: Inflow) -> State:
        """The change of every place in mmol/h. Raises BodyModelError when the fluid would hold less than nothing."""
        if state[FLUID] <= 0:
            raise BodyModelError("the loss is more than the body can give; the model does not describe that")
        infant, p = self.infant, self.infant.p
        kg, level = infant.tissue_kg(age), self.level(state, age)
        ratio = level / p.level
        fast, muscle, bone = self.set_points(ratio, kg)
        to_fast = p.fast_rate * (fast - state[FAST])
        to_muscle = p.muscle_rate * (muscle - state[MUSCLE])
        to_bone = p.bone_rate * (bone - state[BONE])
        absorbed, passed = self.absorbed(state[GUT], age), p.transit * state[GUT]
        injected = p.depot_rate * state[DEPOT]
        laid = ratio * (p.deep + p.density) * infant.growth_kg(age)
        lost = self.gut_loss * kg * ratio + inflow.lost
        released = urine = mother = 0.0
        if inflow.mother is None:
            urine = self.spilt(level, age)
            released = p.release_rate * state[LABILE]
        else:
            # The unborn swallows what it passes, so urine is no loss.
            mother = p.placenta_rate * (inflow.mother / p.placenta_ratio - level) * infant.fluid_l(age)
        tissues = to_fast + to_muscle + to_bone + laid
        fluid = inflow.vein + absorbed + injected + released + mother - tissues - urine - lost
        given = inflow.fed + inflow.undissolved + inflow.vein
        return [
            inflow.fed - absorbed - passed, -injected, fluid, to_fast, to_muscle, to_bone, laid, -released, urine,
            passed + lost + inflow.undissolved, given, mother,
        ]  # fmt: skip


def total(state: State) -> float:
    """Everything that is anywhere, less what came in, in mmol. It is the same at every moment of a run."""
    return sum(state) - 2 * (state[GIVEN] + state[MOTHER])


def held(state: State) -> float:
    """Magnesium in the body, gut and depot included, in mmol."""
    return sum(state[place] for place in BODY)


def body_of(infant: Physiology, mg_per_mmol: float) -> Body:
    """The model of `infant`."""
    return Body(infant, infant.p.gut_loss / mg_per_mmol / HOURS)
