"""After an assessment: where it advises magnesium, the regimen and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neomag.answer import Answer
from neomag.case import Case
from neomag.dosing.amounts import DoseInputError
from neomag.dosing.dose import Dose, calculate
from neomag.dosing.from_case import state_of_case
from neomag.dosing.order import default_regimen
from neomag.dosing.regimens import with_site_regimens
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Regimen


@dataclass(frozen=True, slots=True)
class Next:
    """The default regimen, and its dose for this infant; `dose` is None, with `missing` saying why, without a weight.

    `site` says what regimens the site has added.
    """

    regimen: Regimen
    dose: Dose | None
    missing: str | None
    site: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: the regimen, the refusals and warnings that apply, and what is missing."""
        return {
            "regimen": self.regimen.id,
            "says": self.regimen.says,
            "sources": list(self.regimen.sources),
            "refused": [line.to_dict() for line in self.dose.refused] if self.dose else [],
            "warnings": [line.to_dict() for line in self.dose.warnings] if self.dose else [],
            "missing": self.missing,
            "site": self.site,
        }


def answered(case: Case, answer: Answer, *, rules: Any = None) -> dict[str, Any]:
    """The answer as the contract writes it, its line `give-magnesium` naming the regimen and the refusals that apply.

    `rules`, when given, stands in place of the list of rules.
    """
    said = answer.to_dict(rules=rules)
    found = after(case, answer)
    if found is None:
        return said
    wording = answer.rulebook.knowledge.dosing.defaults["after"]
    parts = [wording["regimen"].format(id=found.regimen.id, says=found.regimen.says)]
    refused = found.dose.refused if found.dose else ()
    parts += [wording["refused"].format(code=line.code, says=line.says) for line in refused]
    parts += [wording["missing"].format(says=found.missing)] if found.missing else []
    parts += [found.site] if found.site else []
    for action in said["actions"]:
        if action["code"] == "give-magnesium":
            action["says"] = " ".join([action["says"], *parts])
            of = [*action["sources"], *found.regimen.sources, *(key for line in refused for key in line.sources)]
            action["sources"] = list(dict.fromkeys(of))
    return said


def after(case: Case, answer: Answer) -> Next | None:
    """The regimen and refusals that go with `answer` where it advises magnesium; None where it does not.

    A site's own regimens (the file named by NEOMAG_REGIMENS) are named with it; a file that cannot be read is said in `site`
    and holds back nothing.
    """
    if not any(action.code == "give-magnesium" for action in answer.actions):
        return None
    knowledge = answer.rulebook.knowledge
    regimen = knowledge.dosing.regimens[default_regimen(knowledge)["id"]]
    site = _site(knowledge)
    try:
        return Next(regimen, calculate(state_of_case(case, knowledge=knowledge), knowledge), None, site)
    except DoseInputError as error:
        return Next(regimen, None, str(error), site)


def _site(knowledge: Knowledge) -> str | None:
    """What is said of the site's own regimens for deficiency; None where there are none."""
    try:
        regimens = with_site_regimens(knowledge).dosing.regimens
    except DoseInputError as error:
        return str(error)
    own = [r.id for r in regimens.values() if r.id not in knowledge.dosing.regimens and r.usable]
    return knowledge.dosing.defaults["after"]["site"].format(ids=", ".join(own)) if own else None
