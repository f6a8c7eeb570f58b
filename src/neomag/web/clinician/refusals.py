"""What is said of files, records and doses that are refused, beside what `neomag.web.engine.messages` says of cases.

In English the words of the readers themselves, `{holes}` where they put something in: so a refusal is known by its text.
"""

from __future__ import annotations

from neomag.web.engine.messages import MESSAGES
from neomag.web.languages import N_

FILES = (
    N_("a key must be plain text"),
    N_("anchors and aliases are not accepted"),
    N_("tags such as {tag} are not accepted"),
    N_("not YAML: line {line} column {column}"),
    N_("not YAML"),
)
RECORDS = (
    N_("a FHIR R4 resource, Parameters or Bundle, is expected"),
    N_("`{kind}` is not read here; send Parameters or a Bundle of FHIR R4"),
    N_("more than {most} resources"),
    N_("parameter `{name}` is not known; accepted: {accepted}"),
    N_("parameter `{name}` is not known; the nearest is `{near}`; accepted: {accepted}"),
    N_("a bundle of type `{kind}` is not read; accepted: {accepted}"),
    N_("a Patient resource with birthDate is needed: ages are counted from birth"),
    N_("the patient named is not among the resources; send its Patient resource"),
    N_("a second Patient; send the resources of one infant"),
    N_("a resource of another patient; send the resources of one infant"),
    N_("birth is after the moment asked about (`now`)"),
    N_("birthDate and birthTime are days apart; correct one of them"),
    N_("the day of birth is needed, such as 2026-01-03: ages count from it"),
    N_("the patient has died; ask about a moment before, with deceasedDateTime given"),
    N_("not a date; {why}"),
    N_("not a date"),
    N_("not a moment; write {form}"),
    N_("a date and time such as 2026-01-03T04:10:00+00:00"),
    N_("a resource is expected"),
    N_("a Bundle is expected"),
    N_("a Patient is expected"),
    N_("the type of the resource is expected"),
    N_("a part `analyte` with a code, and `low`, `high` or both is expected"),
    N_("the same unit as the other limit, `{unit}`, is expected"),
    N_("an object is expected"),
    N_("a list is expected"),
    N_("a list of objects is expected"),
    N_("a text that is not empty is expected"),
    N_("a number, without quotes is expected"),
    N_("true or false is expected"),
    N_("valueCode or valueString is expected"),
)
DOSES = (
    N_("give an amount or a regimen, not both"),
    N_("{regimen} is given {routes}, not {route}"),
    N_("{product} is not given {route}; it is given {routes}"),
    N_("a time goes only with the route iv"),
    N_("time, interval and number of doses must be more than nothing"),
    N_("the default regimen is {routes}; for {route} give a regimen or an amount"),
    N_("`{amount}` is no amount; write {form}"),
    N_("an amount such as `0.2mmol/kg`, `0.8mEq`, `50mg-salt/kg`, `5mg-elemental/kg` or `0.1mL/kg`"),
    N_("`{amount}`: the amount must be more than nothing"),
    N_("over `{span}`: write a time with its unit, such as `60min` or `12h`"),
    N_("the case has no current weight (or one that is not plausible); give the weight"),
)
# How a reader words what is said otherwise here: {english} is what a library said, which nobody translates.
ALSO = {
    "not UTF-8 text (byte {place})": MESSAGES["file-not-utf-8"],
    "not JSON: {english}, line {line} column {column}": MESSAGES["file-not-json"],
    "not YAML: {english}, line {line} column {column}": FILES[3],
    "not YAML: {english}": FILES[4],
    "not a date; {english}": "not a date",
}
