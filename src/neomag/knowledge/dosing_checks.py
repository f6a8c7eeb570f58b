"""Checks that the knowledge of dosing holds together: references, units, and each regimen's figure against its second entry."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from neomag.knowledge.dosing import Product, Regimen
from neomag.knowledge.model import Knowledge

ROUTES = ("iv", "im", "oral")
SULFATE = "magnesium-sulfate-heptahydrate"
# The dossier prints mg/kg and mmol/kg with two or three digits; a figure that is off by more is another figure.
_PRINTED = Fraction(3, 100)
_NEEDED = (
    "dose-iv", "dose-iv-absolute", "dose-im", "dose-im-malnutrition", "dose-im-absolute", "dose-oral", "total-24h",
    "total-24h-with-level", "rate", "duration", "concentration", "concentration-im", "level", "weight",
)  # fmt: skip


def check_dosing(knowledge: Knowledge) -> Iterator[str]:
    """Everything wrong with the dosing knowledge, a line each."""
    known = knowledge.dosing
    for name in _NEEDED:
        if name not in known.ceilings:
            yield f"dosing/ceilings.toml: {name} is missing"
    for ceiling in known.ceilings.values():
        if ceiling.code not in known.refusals:
            yield f"dosing/ceilings.toml [{ceiling.id}]: code {ceiling.code} is not in refusals.toml"
        for warn, refuse in ((ceiling.warn_above, ceiling.refuse_above), (ceiling.refuse_below, ceiling.warn_below)):
            if warn is not None and refuse is not None and not warn < refuse:
                yield f"dosing/ceilings.toml [{ceiling.id}]: a warning must come before the refusal"
    for product in known.products.values():
        yield from _product(product, knowledge)
    for regimen in known.regimens.values():
        yield from regimen_problems(regimen, knowledge)
    if known.defaults.get("regimen", {}).get("id") not in known.regimens:
        yield "dosing/defaults.toml [regimen]: id is not in regimens.toml"
    for block in known.blocks.values():
        if block.id not in knowledge.rules or block.code not in known.refusals:
            yield f"dosing/blocks.toml [{block.id}]: names a rule or code that is not there"
    for rule in knowledge.rules.values():
        if "give-magnesium" in rule.blocks and rule.id not in known.blocks:
            yield f"dosing/blocks.toml: rule {rule.id} blocks give-magnesium and has no class here"
    for item in known.interactions.values():
        for kind, codes in (("drug", item.drug), ("condition", item.condition)):
            for code in codes:
                if code not in knowledge.vocabulary.get(kind, {}):
                    yield f"dosing/interactions.toml [{item.id}]: {kind} {code} is not in vocabulary.csv"
    for band in known.weights:
        if not band.low < band.high or band.source not in knowledge.sources:
            yield f"dosing/weights.csv {band.sex} {band.months}: empty band or unknown source"


def _product(product: Product, knowledge: Knowledge) -> Iterator[str]:
    where = f"dosing/products.toml [{product.id}]"
    salt = knowledge.dosing.salts.get(product.salt)
    if salt is None:
        yield f"{where}: salt {product.salt} is not in salts.toml"
        return
    mmol_per_ml = product.g_per_100ml * 10 / salt.g_per_mol
    tolerance = Fraction(str(knowledge.dosing.defaults["agreement"]["label"]))
    if abs(mmol_per_ml - product.label_mmol_per_ml) > tolerance * mmol_per_ml:
        yield f"{where}: {float(mmol_per_ml):.4g} mmol/mL by weight, {float(product.label_mmol_per_ml):.4g} on the label"
    if unknown := set(product.routes) - set(ROUTES):
        yield f"{where}: route {sorted(unknown)[0]} is not one of {', '.join(ROUTES)}"


def regimen_problems(regimen: Regimen, knowledge: Knowledge) -> Iterator[str]:
    """What is wrong with one regimen: references, and its amount against mg/kg and mmol/kg as entered beside it."""
    known = knowledge.dosing
    where = f"dosing/regimens.toml [{regimen.id}]"
    if not regimen.routes or set(regimen.routes) - set(ROUTES):
        yield f"{where}: routes must be of {', '.join(ROUTES)}"
    if regimen.product is not None and regimen.product not in known.products:
        yield f"{where}: product {regimen.product} is not in products.toml"
        return
    if not regimen.usable and not regimen.why:
        yield f"{where}: say why it is not usable"
    if regimen.usable and not regimen.amount:
        yield f"{where}: a usable regimen needs its amount"
    unit, *per = regimen.unit.split("/")
    if unit not in known.amounts or known.amounts[unit].kind == "ambiguous" or per[:1] != ["kg"]:
        yield f"{where}: unit {regimen.unit} is not an amount by kg that is clear"
        return
    if regimen.amount and not (len(regimen.amount) == len(regimen.mg_per_kg) == len(regimen.mmol_per_kg) == 2):
        yield f"{where}: amount, mg_per_kg and mmol_per_kg need low and high"
        return
    g_per_mol = known.salts[SULFATE].g_per_mol
    for amount, mg, mmol in zip(regimen.amount, regimen.mg_per_kg, regimen.mmol_per_kg, strict=True):
        found = _mmol(unit, amount, regimen, knowledge)
        for figure, printed in ((found * g_per_mol, mg), (found, mmol)):
            if abs(figure - printed) > _PRINTED * printed + Fraction(2, 1000):
                yield f"{where}: {float(amount):.4g} {regimen.unit} is {float(figure):.4g}, entered as {float(printed):.4g}"


def _mmol(unit: str, amount: Fraction, regimen: Regimen, knowledge: Knowledge) -> Fraction:
    known = knowledge.dosing
    kind, value = known.amounts[unit].kind, amount * known.amounts[unit].factor
    if kind == "ml":
        product = known.products[regimen.product or known.defaults["product"][regimen.routes[0]]]
        return value * product.g_per_100ml * 10 / known.salts[product.salt].g_per_mol
    magnesium = knowledge.analytes["magnesium"]
    molar, valence = magnesium.molar_mass or Fraction(0), magnesium.valence or 0
    divisor = {"salt": known.salts[SULFATE].g_per_mol, "elemental": molar, "mmol": Fraction(1), "meq": Fraction(valence)}[kind]
    return value / divisor
