"""How much magnesium a newborn holds and where, by weight, with the article's figures beside the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from neomag.body.data import Figure, figures, words
from neomag.body.errors import BodyInputError
from neomag.body.span import Span
from neomag.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Store:
    """One compartment: `mmol` of magnesium, its `share` of the body in percent, and what the article says (in `unit`)."""

    id: str
    says: str
    mmol: Span
    share: Span | None
    article: float | None
    unit: str
    sources: tuple[str, ...]
    policy: str


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of a newborn of `weight_kg` and `gestation` (weeks; None: taken as term), and remarks to be read with them."""

    weight_kg: float
    gestation: Fraction | None
    preterm: bool
    stores: tuple[Store, ...]
    remarks: tuple[tuple[str, tuple[str, ...]], ...]


def mg_per_mmol(knowledge: Knowledge) -> float:
    """Milligrams of elemental magnesium in one mmol."""
    return float(knowledge.analytes["magnesium"].molar_mass or 0)


def check_weight(weight_kg: float, knowledge: Knowledge) -> None:
    """Raises BodyInputError for a weight that the figures, which are of newborns, do not cover."""
    band = figures("stores", knowledge)["weight"]
    low, high = band.span.low or 0.0, band.span.high or 0.0
    if not low <= weight_kg <= high:
        raise BodyInputError(f"weight: {weight_kg:g} kg is refused; from {low:g} to {high:g} kg is accepted. {band.says}")


def body_stores(weight_kg: float, gestation: Fraction | None, knowledge: Knowledge) -> Stores:
    """The stores at birth, in mmol. Raises BodyInputError for a weight or gestation (weeks) that the figures do not cover."""
    check_weight(weight_kg, knowledge)
    between = knowledge.settings["gestation_possible_weeks"]["between"]
    if gestation is not None and not between[0] <= gestation <= between[1]:
        raise BodyInputError(f"gestation: from {between[0]} to {between[1]} weeks is accepted")
    given = figures("stores", knowledge)
    preterm = gestation is not None and gestation < given["preterm"].centre
    shares = cast("dict[str, dict[str, Any]]", knowledge.tables["body"]["stores"])
    whole = given["content"].ranged * weight_kg
    if preterm:
        # Only an upper bound: see `preterm` in the data.
        whole = Span(None, None, whole.high)
    made = [_whole(whole, shares["amount-at-birth"], given["content"])]
    for code, row in shares.items():
        if code != "amount-at-birth":
            share = Span(None, row["low"], row["high"])
            held = Span(None, _of(whole.low, row["low"]), _of(whole.high, row["high"]))
            made.append(Store(code, row["says"], held, share, row["article"], "%", tuple(row["sources"]), row["policy"]))
    made.append(_fluid(weight_kg, given["fluid-preterm" if preterm else "fluid-term"], given, words(knowledge)))
    made.append(_pool(weight_kg, given["pool"]))
    told = figures("words", knowledge)
    remarks = [(r.says, r.sources) for r in (told["stores-tip"], told["stores-article"], given["bone-exchangeable"])]
    if preterm:
        remarks.insert(0, (given["preterm"].says, given["preterm"].sources))
        build = given["accretion"]
        remarks.append((f"{build.says}: {build.span.low:g} to {build.span.high:g} mg/kg a day", build.sources))
    return Stores(weight_kg, gestation, preterm, tuple(made), tuple(remarks))


def _of(whole: float | None, percent: float) -> float | None:
    return None if whole is None else whole * percent / 100


def _whole(whole: Span, row: dict[str, Any], content: Figure) -> Store:
    sources = tuple(dict.fromkeys((*content.sources, *row["sources"])))
    return Store("body", content.says, whole, None, row["article"], "mg", sources, f"{content.policy} {row['policy']}")


def _fluid(weight_kg: float, fluid: Figure, given: Mapping[str, Figure], says: Mapping[str, str]) -> Store:
    serum = given["serum"]
    litres = fluid.ranged * (weight_kg / 1000)
    sources = tuple(dict.fromkeys((*fluid.sources, *serum.sources, *given["ultrafilterable"].sources)))
    # All fluid at the level of serum is the most there can be; all at the ultrafilterable level the least.
    most = serum.ranged * litres
    share = (given["ultrafilterable"].centre) / 100
    held = Span(None, _of(most.low, share * 100), most.high)
    return Store("serum-and-fluid", f"{fluid.says}, at the level of serum", held, None, None, "", sources, says["stores-fluid"])


def _pool(weight_kg: float, pool: Figure) -> Store:
    held = Span(None, pool.span.low, pool.span.high) * Span(None, weight_kg, weight_kg)
    return Store("exchangeable", pool.says, held, None, None, "", pool.sources, pool.policy)
