"""Checks of one regimen, neomag's or a site's: its figures can be, agree with each other, and name what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from neomag.knowledge.amount import Amount, unit_of
from neomag.knowledge.dosing import ROUTES, SULFATE, Regimen
from neomag.knowledge.model import Knowledge

# The dossier prints mg/kg and mmol/kg with two or three digits; a figure that is off by more is another figure.
_PRINTED = Fraction(3, 100)
_MAXIMUM = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([^\d\s/][^/]*?)\s*(?:/\s*kg)?")


def regimen_problems(regimen: Regimen, knowledge: Knowledge, where: str | None = None) -> Iterator[str]:
    """What is wrong with one regimen: references, figures that cannot be, its amount against mg/kg and mmol/kg beside it."""
    known = knowledge.dosing
    where = where or f"dosing/regimens.toml [{regimen.id}]"
    numbers = list(_numbers(regimen, where))
    yield from numbers
    if not regimen.routes or set(regimen.routes) - set(ROUTES):
        yield f"{where}: routes must be of {', '.join(ROUTES)}"
        return
    product = known.products.get(known.defaults["product"][regimen.routes[0]] if regimen.product is None else regimen.product)
    if product is None:
        yield f"{where}: product `{regimen.product}` is not in products.toml"
        return
    if regimen.usable and (unfit := set(regimen.routes) - set(product.routes)):
        yield f"{where}: {product.id} is not given {sorted(unfit)[0]}"
    if not regimen.usable and not regimen.why:
        yield f"{where}: say why it is not usable"
    if regimen.usable and not regimen.amount:
        yield f"{where}: a usable regimen needs its amount"
    yield from _maximum(regimen, knowledge, where)
    unit, *per = regimen.unit.split("/")
    spelling = known.amounts.get(unit)
    if spelling is None or spelling.kind == "ambiguous" or per not in (["kg"], ["kg", "h"]):
        yield f"{where}: unit {regimen.unit} is not an amount by kg that is clear"
        return
    if regimen.usable and per != ["kg"]:
        yield f"{where}: unit {regimen.unit} is no single dose; write one by kg, or usable = false"
    if spelling.kind == "ml" and regimen.product is None:
        yield f"{where}: an amount in mL needs its product"
    if numbers:
        return
    counts_in = product if spelling.kind == "ml" else known.products[known.defaults["product"]["iv"]]
    for amount, mg, mmol in zip(regimen.amount, regimen.mg_per_kg, regimen.mmol_per_kg, strict=True):
        found = Amount(amount * spelling.factor, spelling.kind, True, "").mmol(Fraction(1), counts_in, knowledge)
        for figure, printed in ((found * known.salts[SULFATE].g_per_mol, mg), (found, mmol)):
            if abs(figure - printed) > _PRINTED * printed + Fraction(2, 1000):
                yield f"{where}: {float(amount):.4g} {regimen.unit} is {float(figure):.4g}, entered as {float(printed):.4g}"


def _numbers(regimen: Regimen, where: str) -> Iterator[str]:
    """Figures that no regimen can have: nothing, less than nothing, a low end above the high one, one end alone."""
    pairs: dict[str, tuple[Fraction | int, ...]] = {
        "amount": regimen.amount, "mg_per_kg": regimen.mg_per_kg, "mmol_per_kg": regimen.mmol_per_kg, "over": regimen.over,
    }  # fmt: skip
    for name, pair in pairs.items():
        if len(pair) not in (0, 2) or any(x <= 0 for x in pair) or list(pair) != sorted(pair):
            yield f"{where}: {name} needs two figures above nothing, the low one first"
    if len({len(regimen.amount), len(regimen.mg_per_kg), len(regimen.mmol_per_kg)}) > 1:
        yield f"{where}: amount, mg_per_kg and mmol_per_kg need low and high"
    for name, one in (("every", regimen.every), ("doses", regimen.doses), ("percent", regimen.percent)):
        if one is not None and one <= 0:
            yield f"{where}: {name} must be more than nothing"
    if regimen.percent is not None and regimen.percent > 100:
        yield f"{where}: percent must be at most 100"
    if regimen.start is not None and regimen.end is not None and regimen.start >= regimen.end:
        yield f"{where}: from must be before to"


def _maximum(regimen: Regimen, knowledge: Knowledge, where: str) -> Iterator[str]:
    if regimen.max is None:
        return
    match = _MAXIMUM.fullmatch(regimen.max.strip())
    unit = unit_of(match[2], knowledge) if match else None
    if match is None or unit is None or unit.kind == "ambiguous" or not Fraction(match[1]):
        yield f"{where}: max {regimen.max[:40]} is no clear amount; write it such as `2 mL`, `20 mmol` or `2000 mg-salt`"
    elif unit.kind == "ml" and regimen.product is None:
        yield f"{where}: a maximum in mL needs its product"
