"""What the clinician's page says where there is no network and the rules run in the browser (`static/clinician/away.js`)."""

from __future__ import annotations

from typing import Any

from neomag.findings.catalogue import entries
from neomag.knowledge import Knowledge
from neomag.web.clinician import words
from neomag.web.clinician.shown import words as finding_words
from neomag.web.languages import Language


def away_words(knowledge: Knowledge, language: Language) -> dict[str, Any]:
    """Names of the codes of an answer, of findings, and of the form's faults, by the keys that the scripts use."""
    _ = language.gettext
    low, high = knowledge.settings["gestation_possible_weeks"]["between"]
    return {
        "language": language.code,
        "commas": language.commas,
        "clause_mark": language.clause_mark,
        "part_mark": language.part_mark,
        "colon": language.colon,
        "weights": {place: _(says) for place, says in words.WEIGHTS.items()},
        "urgency": {code: [_(word), _(meaning)] for code, (word, meaning) in words.URGENCY.items()},
        "status": {code: _(says) for code, says in words.STATUS.items()},
        "grade": {code: _(says) for code, says in words.GRADE.items()},
        "suspicion": {code: _(says) for code, says in words.SUSPICION.items()},
        "why": _("Why"),
        "test": _("Test:"),
        "findings": {name: finding_words(name, knowledge, language) for name in entries(knowledge)},
        "faults": {
            "rows": _("The form has more rows than are read."),
            "age": _("Give the age: everything is judged by it."),
            "gestation": _("Write completed weeks and days from %(low)s to %(high)s weeks, such as 38 or 38+2.")
            % {"low": low, "high": high},
            "unit": _("Choose the unit of the report: none is guessed."),
            "dose-unit": _("Choose the unit of the dose: none is guessed."),
            "interval-twice": _("This analyte has an interval already."),
            "interval-order": _("The lower limit must be below the upper one."),
            "code": _("This is not known here: choose again."),
            "before-birth": _("That is before birth."),
            "two-ways": _("This can be read in two ways: write it without three digits after the sign."),
            "number": _("Write a plain number, such as 0.45, without < or >."),
            "span": _("Write a number, or a time such as 90 min, 36 h, 14 d, 8 wk or 5 mo."),
        },
    }
