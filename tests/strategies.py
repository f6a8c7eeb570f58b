"""Random infants: any codes at any times, dated or not, with units, flags, tags, doses and contradictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from neomag.ages import DAY, written
from neomag.case.events import ROUTES, SPECIMENS
from neomag.knowledge import load

KNOWN = load()
CODES = {kind: sorted(terms) for kind, terms in KNOWN.vocabulary.items()}
DOSE_UNITS = ["mL/kg", "mL", "mg/kg", "mmol/kg", "mEq/kg", "g", "mmol/kg/d", "IU/d"]
# Numbers near every threshold of the rules, in each analyte's canonical unit, are likelier than others.
NEAR = {
    "magnesium": [
        0.05,
        0.39,
        0.4,
        0.45,
        0.5,
        0.55,
        0.59,
        0.6,
        0.65,
        0.69,
        0.7,
        0.85,
        1.0,
        1.1,
        1.3,
        1.4,
        1.9,
        2.0,
        2.5,
        4.0,
        9,
        26,
    ],
    "calcium": [0.4, 1.2, 1.74, 1.76, 1.99, 2.0, 2.24, 2.25, 2.5, 2.8, 6],
    "calcium-ionised": [0.7, 0.99, 1.09, 1.1, 1.3, 1.6],
    "glucose": [1.5, 1.99, 2.0, 2.5, 2.6, 5],
    "potassium": [2, 3.1, 3.6, 5, 6.2, 7.5],
    "femg": [1, 1.99, 2, 3, 4, 4.1, 8],
    "temperature": [36, 36.5, 36.6, 37.9, 38, 39],
}


def a_tenth(test: Callable[..., None]) -> Callable[..., None]:
    """The property with a tenth of the examples of the profile: for those of which every one takes a page or a document."""
    return settings(max_examples=max(20, settings().max_examples // 10))(test)


def ages_up_to(now: int) -> st.SearchStrategy[int]:
    return st.one_of(st.just(now), st.integers(0, now), st.sampled_from([0, DAY, 3 * DAY, 28 * DAY]).map(lambda t: min(t, now)))


@st.composite
def labs(draw: st.DrawFn) -> dict[str, Any]:
    code = draw(st.one_of(st.sampled_from(sorted(NEAR)), st.sampled_from(CODES["lab"])))
    analyte = KNOWN.analytes[code]
    event: dict[str, Any] = {"lab": code}
    if draw(st.integers(0, 3)) == 0:
        event["flag"] = draw(st.sampled_from(["low", "normal", "high"]))
    else:
        low, high = analyte.plausible[analyte.canonical]
        numbers = st.floats(low, high * 1.2, allow_nan=False).map(lambda x: round(x, 3))
        event |= {"value": draw(st.one_of(st.sampled_from(NEAR.get(code, [1.0])), numbers)), "unit": analyte.canonical}
    if draw(st.integers(0, 4)) == 0:
        event["specimen"] = draw(st.lists(st.sampled_from(SPECIMENS), min_size=1, max_size=2))
    return event


@st.composite
def drugs(draw: st.DrawFn) -> dict[str, Any]:
    calcium = st.sampled_from(["calcium-gluconate-10", "calcium", "calcium-chloride"])
    event: dict[str, Any] = {"given": draw(st.one_of(calcium, st.sampled_from(CODES["drug"])))}
    if draw(st.booleans()):
        event |= {"dose": draw(st.sampled_from([0.2, 0.22, 0.5, 1, 2, 8, 50, 100])), "unit": draw(st.sampled_from(DOSE_UNITS))}
    if draw(st.booleans()):
        event["route"] = draw(st.one_of(st.just("iv"), st.sampled_from(ROUTES)))
    return event


@st.composite
def signs(draw: st.DrawFn) -> dict[str, Any]:
    common = st.sampled_from(["seizure", "jitteriness", "apnoea", "limb-twitch", "hypotonia", "tetany"])
    event: dict[str, Any] = {"sign": draw(st.one_of(common, st.sampled_from(CODES["sign"])))}
    if draw(st.integers(0, 4)) == 0:
        event["absent"] = True
    return event


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    event: dict[str, Any] = {
        "condition": draw(st.one_of(st.sampled_from(["diarrhoea", "malnutrition"]), st.sampled_from(CODES["condition"])))
    }
    if draw(st.integers(0, 5)) == 0:
        event["absent"] = True
    if draw(st.booleans()):
        event["for"] = draw(st.sampled_from(["3 d", "13 d", "14 d", "40 d"]))
    if draw(st.integers(0, 3)) == 0:
        event["grade"] = draw(st.sampled_from(["mild", "severe"]))
    return event


EVENTS = st.one_of(signs(), signs(), labs(), labs(), drugs(), conditions())


@st.composite
def cases(draw: st.DrawFn, *, most: int = 12) -> dict[str, Any]:
    """A case as a mapping that the format accepts."""
    now = draw(st.one_of(st.integers(0, 4 * DAY), st.integers(0, 740 * DAY)))
    events: list[dict[str, Any]] = []
    for event in draw(st.lists(EVENTS, max_size=most)):
        at = draw(st.one_of(st.none(), ages_up_to(now), ages_up_to(now)))
        events.append(event | ({} if at is None else {"at": written(at)}))
    infant: dict[str, Any] = {}
    if draw(st.booleans()):
        infant["gestation"] = draw(st.sampled_from([24, 36, 37, 40]))
    if draw(st.booleans()):
        infant["birth_weight"] = draw(st.sampled_from(["900 g", "1400 g", "3 kg"]))
    if draw(st.booleans()):
        infant["weight"] = draw(st.sampled_from(["3 kg", "8 kg"]))
    case: dict[str, Any] = {"case": "made up", "infant": infant, "now": written(now), "events": events}
    if draw(st.integers(0, 3)) == 0:
        low = draw(st.sampled_from([0.5, 0.62, 0.75]))
        case["intervals"] = {"magnesium": {"low": low, "high": 1.05, "unit": "mmol/L"}}
    if setting := draw(st.sampled_from([None, "home", "clinic", "hospital"])):
        case["setting"] = setting
    return case
