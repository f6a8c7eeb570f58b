"""Checks that the knowledge of dosing holds together: references, ceilings, products; regimens have a file of their own."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from neomag.knowledge.dosing import ROUTES, Ceiling, Product
from neomag.knowledge.model import Knowledge
from neomag.knowledge.regimen_checks import regimen_problems

_NEEDED = (
    "dose-iv", "dose-iv-absolute", "dose-im", "dose-im-malnutrition", "dose-im-absolute", "dose-oral", "total-24h",
    "total-24h-with-level", "rate", "duration", "concentration", "concentration-im", "fluid-iv", "volume-im", "level", "weight",
)  # fmt: skip


def check_dosing(knowledge: Knowledge) -> Iterator[str]:
    """Everything wrong with the dosing knowledge, a line each."""
    known = knowledge.dosing
    for name in _NEEDED:
        if name not in known.ceilings:
            yield f"dosing/ceilings.toml: {name} is missing"
    for ceiling in known.ceilings.values():
        yield from _ceiling(ceiling, knowledge)
    for product in known.products.values():
        yield from _product(product, knowledge)
    for regimen in known.regimens.values():
        yield from regimen_problems(regimen, knowledge)
    for name in ("regimen", "regimen-pulseless-torsades"):
        if known.defaults.get(name, {}).get("id") not in known.regimens:
            yield f"dosing/defaults.toml [{name}]: id is not in regimens.toml"
    for block in known.blocks.values():
        if block.id not in knowledge.rules or block.code not in known.refusals:
            yield f"dosing/blocks.toml [{block.id}]: names a rule or code that is not there"
    for rule in knowledge.rules.values():
        if "give-magnesium" in rule.blocks and rule.id not in known.blocks:
            yield f"dosing/blocks.toml: rule {rule.id} blocks give-magnesium and has no class here"
    for watch in known.monitoring.values():
        if not watch.routes or set(watch.routes) - set(ROUTES):
            yield f"dosing/monitoring.toml [{watch.id}]: routes must be of {', '.join(ROUTES)}"
    for item in known.interactions.values():
        for kind, codes in (("drug", item.drug), ("condition", item.condition)):
            for code in codes:
                if code not in knowledge.vocabulary.get(kind, {}):
                    yield f"dosing/interactions.toml [{item.id}]: {kind} {code} is not in vocabulary.csv"
    for band in known.weights:
        if not band.low < band.high or band.source not in knowledge.sources:
            yield f"dosing/weights.csv {band.sex} {band.months}: empty band or unknown source"


def _ceiling(ceiling: Ceiling, knowledge: Knowledge) -> Iterator[str]:
    where = f"dosing/ceilings.toml [{ceiling.id}]"
    warns = [x for x in (ceiling.warn_above, ceiling.warn_from, ceiling.warn_below) if x is not None]
    refuses = [x for x in (ceiling.refuse_above, ceiling.refuse_from, ceiling.refuse_below) if x is not None]
    if refuses and ceiling.code not in knowledge.dosing.refusals:
        yield f"{where}: code {ceiling.code} is not in refusals.toml"
    if warns and ceiling.warns not in knowledge.dosing.warnings:
        yield f"{where}: warns {ceiling.warns} is not in warnings.toml"
    for warn, refuse in (
        (ceiling.warn_above, ceiling.refuse_above),
        (ceiling.warn_from, ceiling.refuse_from),
        (ceiling.refuse_below, ceiling.warn_below),
    ):
        if warn is not None and refuse is not None and not warn < refuse:
            yield f"{where}: a warning must come before the refusal"


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
