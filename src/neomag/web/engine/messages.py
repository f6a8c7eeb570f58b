"""What the engine in the browser says of a case that it refuses, by code; in English what `neomag.case` and `neomag.units` say.

`{holes}` are filled by the engine; `of` puts what was written before what is wrong with it.
"""

from __future__ import annotations

from neomag.web.languages import N_

MESSAGES = {
    "of": N_("{shown}: {why}"),
    # the case
    "case-form": N_("a case is a mapping with the keys {accepted}"),
    "case-name": N_("write any name"),
    "mapping-form": N_("write a mapping"),
    "list-form": N_("write a list of {accepted}"),
    "key-unknown": N_("unknown key {shown} Accepted: {accepted}"),
    "key-unknown-near": N_("unknown key {shown}; is it `{near}`? Accepted: {accepted}"),
    "choice": N_("{shown} is not accepted; write one of {accepted}"),
    "choice-near": N_("{shown} is not accepted (nearest: `{near}`); write one of {accepted}"),
    "truth-form": N_("write true or false"),
    "code-unknown": N_("unknown {kind} {shown}"),
    "code-unknown-list": N_("unknown {kind} {shown}; see vocabulary.csv, kind {kind}"),
    "code-unknown-near": N_("unknown {kind} {shown}; the nearest is `{near}`"),
    # times
    "form-age": N_("an age such as `36 h`, `14 d`, `60 d 2 h 10 min`, `8 wk`, `5 mo` or `birth`"),
    "age-form": N_("write {form}"),
    "age-missing": N_("missing; write {form}"),
    "age-not-text": N_("not an age; write {form}"),
    "age-too-long": N_("no age or span is that long; write {form}"),
    "age-before-birth": N_("is before birth"),
    "age-beyond": N_("is too long after birth"),
    "age-needs-born": N_("{why} (date-times need `infant.born`)"),
    "zone-mixed": N_("give `born` and every date-time a zone (+00:00), or none of them"),
    "moment-form": N_("{shown} is not a date and time; write a date and time such as `2026-01-03T04:10+00:00`"),
    "span-form": N_("write a span with its unit, such as `16 d` or `10 min`"),
    "after-now": N_("{shown} is after `now`; only the past counts"),
    # the infant
    "form-gestation": N_("completed weeks and days such as `38w2d`, or plain weeks such as 38"),
    "gestation-form": N_("write {form}"),
    "gestation-impossible": N_("no newborn lived at that gestation; write {low} to {high} weeks"),
    "weight": N_("{why}; write a weight such as `2900 g` or `4.1 kg`"),
    "weight-unit": N_("a weight needs its unit"),
    # events
    "events-form": N_("write a list of events"),
    "events-many": N_("more than {most} events; give each infant a case of its own"),
    "event-form": N_("an event is a mapping with one of {kinds}"),
    "event-kinds": N_("an event has exactly one of {kinds}"),
    "result": N_("{code} {shown}: {why}"),
    "result-empty": N_("a result needs a value with its unit, or a flag ({flags})"),
    "value-quoted": N_("write the value as a plain number, without quotes, comparator or unit"),
    "dose-quoted": N_("write the dose as a plain number, and its unit in `unit`"),
    "dose-unit-missing": N_("a dose needs its unit, such as mL/kg, mg/kg or mmol"),
    "dose-unit-unknown": N_(
        "dose unit {shown} is not known; write an amount ({amounts}), then what it is per ({per}), such as mL/kg or mg/kg/h"
    ),
    "concentration-form": N_("write a concentration such as `10 %` (grams of the salt in 100 mL)"),
    # numbers and units
    "number-wanted": N_("write a number"),
    "number-not-plain": N_("write a plain number (no comparator, no comma)"),
    "number-not-finite": N_("the number must be finite"),
    "number-negative": N_("the number must not be negative"),
    "number-size": N_("no measurement has a number of that size"),
    "quantity-form": N_("write a number and its unit, such as `4.1 kg`"),
    "unit-unknown": N_("unit `{unit}` is not known"),
    "unit-unknown-near": N_("unit `{unit}` is not known; is it `{near}`?"),
    "unit-not-convertible": N_("{dimension} does not convert"),
    "unit-missing": N_("a value needs its unit; {analyte} may have {units}"),
    "unit-not-text": N_("the unit must be text; {analyte} may have {units}"),
    "unit-refused": N_("{analyte} in {unit} is refused: {reason}; it may have {units}"),
    "unit-not-of": N_("{analyte} cannot have unit `{unit}`; it may have {units}"),
    # intervals
    "interval-form": N_("write a mapping with low, high and unit"),
    "interval-empty": N_("give low, high or both"),
    "interval-order": N_("low must be below high"),
    "interval-local": N_("the local laboratory's own"),
    "interval-local-in-part": N_("the local laboratory's own; default for the other limit"),
    "interval-local-source": N_("local laboratory"),
    "limit-implausible": N_("{reported} is implausible; check the unit"),
    "limit-elsewhere": N_("no laboratory's limit lies there ({lowest} to {highest} expected); check the unit"),
    # files
    "file-too-large": N_("larger than {most} MiB; give one file a case, or JSON Lines"),
    "file-not-utf-8": N_("not UTF-8 text"),
    "file-not-text": N_("holds a NUL character; it is not a text file"),
    "file-empty": N_("empty"),
    "file-line": N_("line {line}: {why}"),
    "file-not-json": N_("not JSON: line {line} column {column}"),
    "file-too-deep": N_("nested more than {most} deep"),
    "file-key-twice": N_("the key `{key}` stands twice"),
    "file-no-number": N_("{number} is not a number JSON knows"),
    "file-number-size": N_("a number is out of all bounds"),
}
