"""The parameters of the model as plain numbers, in the units of parameters.toml."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from neomag.body.data import figures
from neomag.knowledge import Knowledge, KnowledgeError


@dataclass(frozen=True, slots=True)
class Parameters:
    """One number for each entry of parameters.toml, named alike; what each is, its unit and its grounds stand there."""

    level: float
    fluid: float
    fluid_per_week: float
    plasma: float
    water_loss: float
    water_loss_per_week: float
    water_loss_days: float
    gain: float
    gain_per_kg: float
    ultrafilterable: float
    ultrafilterable_deficit: float
    ultrafilterable_per_week: float
    ultrafilterable_days: float
    fast: float
    muscle: float
    bone: float
    deep: float
    fast_rate: float
    muscle_rate: float
    bone_rate: float
    fast_exponent: float
    muscle_exponent: float
    bone_exponent: float
    density: float
    threshold: float
    slope: float
    slope_deficit: float
    slope_days: float
    width: float
    floor: float
    filtration_birth: float
    filtration_day_5: float
    filtration_week_4: float
    filtration_month_12: float
    filtration_per_week: float
    filtration_catch_up: float
    filtration_youngest: float
    surface_slope: float
    surface_offset: float
    surface_base: float
    transit: float
    paracellular: float
    transporter: float
    half_saturation: float
    available_human: float
    available_formula: float
    available_dose: float
    gut_loss: float
    depot_rate: float
    release: float
    release_rate: float
    placenta_rate: float
    placenta_ratio: float


@cache
def parameters(knowledge: Knowledge) -> Parameters:
    """The parameters of the knowledge in force. Raises KnowledgeError when one is missing or not known."""
    given = figures("parameters", knowledge)
    names = {field.name: field.name.replace("_", "-") for field in fields(Parameters)}
    problems = [f"body/parameters.toml [{code}]: is missing" for code in names.values() if code not in given]
    problems += [f"body/parameters.toml [{code}]: is no parameter" for code in given.keys() - set(names.values())]
    if problems:
        raise KnowledgeError(problems)
    return Parameters(**{name: given[code].centre for name, code in names.items()})
