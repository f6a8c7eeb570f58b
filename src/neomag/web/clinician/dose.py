"""The dose panel: what the calculator says of the magnesium that the answer leads to, or that the form asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neomag.answer import Answer
from neomag.case import Case
from neomag.dosing import Dose, DoseInputError, with_site_regimens
from neomag.dosing.after import Next, after
from neomag.dosing.asked import AskedError, dose_asked
from neomag.dosing.order import default_regimen
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import ROUTES, Product, Regimen
from neomag.web.clinician import typed
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.to_case import Fault

_NAMES = ("regimen", "amount", "product", "route", "over")


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel shows: the regimen the answer names and what stands against it, the dose, or why there is none."""

    advised: Next | None
    dose: Dose | None
    missing: str | None
    faults: tuple[Fault, ...]


def panel(fields: Fields, case: Case, answer: Answer) -> Panel | None:
    """The dose for the infant; None where the answer does not lead to magnesium and nothing is asked."""
    asked: dict[str, Any] = {name: said for name in _NAMES if (said := typed.plain(fields.get(f"dose.{name}")))}
    advised = after(case, answer)
    if not asked and advised is None:
        return None
    if asked.get("over", "").replace(".", "").isdecimal():
        asked["over"] = f"{asked['over']} min"
    try:
        return Panel(advised, dose_asked(asked, case, _known(answer.rulebook.knowledge), str), None, ())
    except AskedError as error:
        faults = tuple(Fault(f"dose.{name}" if name else "weight", says) for name, says in error.faults)
        return Panel(advised, None, None if all(name for name, _ in error.faults) else error.faults[0][1], faults)
    except DoseInputError as error:
        return Panel(advised, None, " ".join(error.problems), ())


def choices(knowledge: Knowledge) -> tuple[list[Regimen], list[Product], tuple[str, ...], str]:
    """What may be asked for: the regimens that can be dosed, the products, the routes, and the regimen taken by default."""
    known = _known(knowledge)
    usable = [regimen for regimen in known.dosing.regimens.values() if regimen.usable]
    return usable, list(known.dosing.products.values()), ROUTES, default_regimen(knowledge)["id"]


def _known(knowledge: Knowledge) -> Knowledge:
    """With the site's own regimens, where their file can be read; `after` says when it cannot."""
    try:
        return with_site_regimens(knowledge)
    except DoseInputError:
        return knowledge
