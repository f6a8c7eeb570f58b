"""What a day brings and takes: milk, food, growth, urine and stool, reckoned from group means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neomag.body.data import Figure, figures, words
from neomag.body.errors import BodyInputError
from neomag.body.physiology import SURFACE, body_surface
from neomag.body.span import Span
from neomag.body.stores import check_weight, mg_per_mmol
from neomag.knowledge import Knowledge

MILKS = ("human", "formula")
_LITRES_A_DAY = 60 * 24 / 1000  # from mL/min


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the day in mg of elemental magnesium. `way` is in, out, left (reckoned) or beside (to compare)."""

    id: str
    says: str
    way: str
    mg: Span
    sources: tuple[str, ...]
    policy: str


@dataclass(frozen=True, slots=True)
class Balance:
    """A day of an infant of `weight_kg` on `milk`, `ml` of it."""

    milk: str
    ml: Span
    items: tuple[Item, ...]
    remark: str


def balance(weight_kg: float, milk: str, ml: float | None, knowledge: Knowledge) -> Balance:
    """The day on `milk` (human or formula), `ml` of it (None: the usual volume). Raises BodyInputError for what is refused."""
    if milk not in MILKS:
        raise BodyInputError(f"milk: {' or '.join(MILKS)} is accepted")
    check_weight(weight_kg, knowledge)
    given, says = figures("stores", knowledge), words(knowledge)
    usual = given["volume"].ranged * weight_kg
    if ml is not None and not 0 <= ml <= 2 * (usual.high or 0):
        raise BodyInputError(f"milk volume: from 0 to {2 * (usual.high or 0):g} mL a day is accepted at this weight")
    volume = usual if ml is None else Span(ml, ml, ml)
    milk_in = volume * given[f"milk-{milk}"].ranged * 0.001
    stool = _stool(milk_in, weight_kg, milk, given)
    urine = _urine(weight_kg, given, knowledge)
    content, gain = given["content"], given["gain"]
    laid = content.ranged * (gain.centre / 1000 * mg_per_mmol(knowledge))
    kept = given[f"retention-{milk}"]
    rows = [
        _item("milk", given[f"milk-{milk}"].says, "in", milk_in, given[f"milk-{milk}"], given["volume"]),
        _item("food", given["food"].says, "in", given["food"].ranged, given["food"]),
        stool,
        urine,
        Item("left", says["balance-left"], "left", milk_in - stool.mg - urine.mg, (), ""),
        _item("growth", says["balance-growth"], "beside", laid, content, gain),
        _item("retained", kept.says, "beside", kept.span * weight_kg, kept),
    ]
    return Balance(milk, volume, tuple(rows), says["balance-day"])


def _stool(milk_in: Span, weight_kg: float, milk: str, given: Mapping[str, Figure]) -> Item:
    absorbed, own = given[f"absorbed-{milk}"], given["endogenous"]
    lost = milk_in * (absorbed.span * 0.01).rest()
    if milk == "human":
        # Net absorption, which is what formula has, counts the gut's own loss already.
        lost = lost + own.ranged * weight_kg
        return _item("stool", f"stool; {absorbed.says}", "out", lost, absorbed, own)
    return _item("stool", f"stool; {absorbed.says}", "out", lost, absorbed)


def _urine(weight_kg: float, given: Mapping[str, Figure], knowledge: Knowledge) -> Item:
    rate = given["filtration"].centre * body_surface(weight_kg, knowledge) / SURFACE * _LITRES_A_DAY
    lost = given["excretion"].ranged * (rate * given["filtered"].centre * mg_per_mmol(knowledge) / 100)
    return _item("urine", f"urine; {given['excretion'].says}", "out", lost, *(given[k] for k in ("excretion", "filtration")))


def _item(code: str, says: str, way: str, mg: Span, *rest: Figure) -> Item:
    sources = tuple(dict.fromkeys(key for figure in rest for key in figure.sources))
    return Item(code, says, way, mg, sources, " ".join(dict.fromkeys(f.policy for f in rest if f.policy)))
