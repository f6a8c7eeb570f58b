"""The dose panel: what the calculator says of the magnesium that the answer leads to, or that the form asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from neomag.web.clinician.refused import Told, told
from neomag.web.clinician.to_case import Fault
from neomag.web.languages import Language

_NAMES = ("regimen", "amount", "product", "route", "over")


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel shows: the regimen the answer names, what the site adds, and the dose, or why there is none."""

    advised: Next | None
    site: Told | None = None
    dose: Dose | None = None
    missing: tuple[Told, ...] = ()
    faults: tuple[Fault, ...] = ()


def panel(fields: Fields, case: Case, answer: Answer, language: Language) -> Panel | None:
    """The dose for the infant; None where the answer does not lead to magnesium and nothing is asked."""
    knowledge = answer.rulebook.knowledge
    asked, faults = _asked(fields, language)
    advised = after(case, answer)
    if not asked and not faults and advised is None:
        return None
    found = Panel(advised, _site(advised, language, knowledge), faults=faults)
    if faults:
        return found
    if asked.get("over", "").replace(".", "").isdecimal():
        asked["over"] = f"{asked['over']} min"
    try:
        return replace(found, dose=dose_asked(asked, case, _known(knowledge), str))
    except AskedError as error:
        refused = [(name, told(says, language, knowledge)) for name, says in error.faults]
        faults = tuple(Fault(f"dose.{name}" if name else "weight", one.says, one.english) for name, one in refused)
        return replace(found, missing=tuple(one for name, one in refused if not name), faults=faults)
    except DoseInputError as error:
        return replace(found, missing=tuple(told(says, language, knowledge) for says in error.problems))


def _asked(fields: Fields, language: Language) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """What the form asks of the calculator, and what of it can be read in two ways."""
    asked: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in _NAMES:
        try:
            if said := typed.pointed(fields.get(f"dose.{name}"), language):
                asked[name] = said
        except typed.TypedError as error:
            faults.append(Fault(f"dose.{name}", str(error)))
    return asked, tuple(faults)


def _site(advised: Next | None, language: Language, knowledge: Knowledge) -> Told | None:
    """What is said of the site's own regimens."""
    if advised is None or advised.site is None:
        return None
    return Told(language.say(advised.site)) if language.knows(advised.site) else told(advised.site, language, knowledge)


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
