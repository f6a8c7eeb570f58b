"""The tables of MIMIC as rows of events, in SQL: results, what was put in, what was given, orders, diagnoses, weights."""

from __future__ import annotations

from neomag.cohort.readers.stager import Stager
from neomag.cohort.readers.values import code_unit, comparator, listed, no_number, number, pair_join, unit_pairs, whole_day
from neomag.sql import literal


def results(stager: Stager) -> str:
    """labevents. The code of a result is the LOINC code that the dictionary at hand gives its item, else the item."""
    items = ("itemid", [code.code for code in stager.codes.values("MIMIC-lab")])
    columns = ["subject_id", "itemid", "charttime", "value", "valuenum", "valueuom"]
    taken = stager.take("labevents", columns, [items], needed=["subject_id", "itemid", "valueuom"])
    labels = _labels(stager.take("d_labitems", ["itemid", "label", "loinc_code"], [items]))
    rows = f"""
        SELECT e.subject_id AS infant, e.n, TRY_CAST(e.charttime AS TIMESTAMP) AS time, e.charttime, c.kind, c.code, c.name,
            d.label, e.valuenum, e.value AS text, e.valueuom AS first, CAST(NULL AS VARCHAR) AS second,
            {number("e.valuenum", "e.value")} AS value, {comparator("e.value")} AS comparator,
            CASE WHEN regexp_full_match(d.loinc_code, '\\d+-\\d') THEN 'LOINC ' || d.loinc_code ELSE c.source_code END
            AS source_code,             l.property
        FROM {taken} AS e JOIN {stager.codes.table("MIMIC-lab")} AS c ON {_item("e.itemid")} = c.item
        LEFT JOIN {labels} AS d ON {_item("d.itemid")} = c.item
        LEFT JOIN {stager.codes.table("LOINC")} AS l ON l.item = d.loinc_code"""
    pairs = unit_pairs(stager.con, "mimic_units", f"SELECT code, first, second FROM ({rows}) WHERE kind = 'lab'")
    troubles = listed(
        _bad_time("charttime", "time"),
        _misnamed("label", "name"),
        no_number("value", "valuenum", "text"),
        code_unit(pairs, "r.property"),
    )
    return f"""
        SELECT infant, n, time, kind, r.code, source_code, value, {pairs}.unit, comparator, {troubles} AS trouble
        FROM ({rows}) AS r {pair_join(pairs, "r")}"""


def inputs(stager: Stager, table: str) -> str:
    """inputevents (MIMIC-IV), inputevents_mv and inputevents_cv (MIMIC-III): what went in, with amounts."""
    items = ("itemid", [code.code for code in stager.codes.values("MIMIC-input")])
    columns = [
        "subject_id",
        "itemid",
        "starttime",
        "charttime",
        "endtime",
        "amount",
        "amountuom",
        "statusdescription",
        "cancelreason",
    ]
    taken = stager.take(table, columns, [items], needed=["subject_id", "itemid"])
    labels = _labels(stager.take("d_items", ["itemid", "label"], [items]))
    # A rewritten entry stands again under another row; a cancelled one, or one of nothing, was not given.
    not_given = """CASE WHEN lower(status) = 'rewritten' OR TRY_CAST(cancelled AS DOUBLE) <> 0
        OR TRY_CAST(amount AS DOUBLE) <= 0 THEN 'not-given' END"""
    return f"""
        SELECT infant, n, time, kind, code, source_code, route, dose, dose_unit,
            CASE WHEN ended > time THEN date_diff('second', time, ended) END AS over,
            {listed(_bad_time("began", "time"), _misnamed("label", "name"), not_given)} AS trouble
        FROM (
            SELECT e.subject_id AS infant, e.n, coalesce(e.starttime, e.charttime) AS began,
                TRY_CAST(began AS TIMESTAMP) AS time,
                TRY_CAST(e.endtime AS TIMESTAMP) AS ended, c.kind, c.code, c.name, d.label, c.source_code,
                nullif(c.route, '') AS route, {_dose("e.amount", "e.amountuom", "u")},
                e.amount, e.statusdescription AS status, e.cancelreason AS cancelled
            FROM {taken} AS e JOIN {stager.codes.table("MIMIC-input")} AS c ON {_item("e.itemid")} = c.item
            LEFT JOIN {labels} AS d ON {_item("d.itemid")} = c.item
            LEFT JOIN {stager.codes.table("MIMIC-unit")} AS u ON lower(e.amountuom) = u.item)"""


def administered(stager: Stager) -> str:
    """emar (MIMIC-IV): the chart of what nurses gave, by name; amounts stand in another table and are not read."""
    names = [code.code for code in stager.codes.values("name", ["given"])]
    taken = stager.take("emar", ["subject_id", "charttime", "medication", "event_txt"], [("medication", names)])
    not_given = "CASE WHEN lower(said) <> 'administered' OR said IS NULL THEN 'not-given' END"
    return f"""
        SELECT infant, n, time, kind, code, source_code, {listed(_bad_time("charttime", "time"), not_given)} AS trouble
        FROM (
            SELECT e.subject_id AS infant, e.n, TRY_CAST(e.charttime AS TIMESTAMP) AS time, e.charttime, e.event_txt AS said,
                c.kind, c.code, c.source_code
            FROM {taken} AS e JOIN {stager.codes.table("name", ["given"])} AS c ON lower(e.medication) = c.item)"""


def orders(stager: Stager) -> str:
    """prescriptions: an order is not a dose and gives no event, unless the site says so by binding the drug to `MIMIC-drug`."""
    given = stager.codes.table("MIMIC-drug", ["given"])
    names = [code.code for system in ("name", "MIMIC-drug") for code in stager.codes.values(system, ["given"])]
    columns = ["subject_id", "startdate", "starttime", "drug", "dose_val_rx", "dose_unit_rx", "route"]
    taken = stager.take("prescriptions", columns, [("drug", names)], needed=["subject_id", "drug"])
    ordered = "CASE WHEN NOT counts THEN 'ordered-not-given' END"
    return f"""
        SELECT infant, n, time, coalesce({whole_day("began")}, FALSE) AS day, kind, code, source_code, route, dose, dose_unit,
            {listed(_bad_time("began", "time"), ordered)} AS trouble
        FROM (
            SELECT e.subject_id AS infant, e.n, coalesce(e.starttime, e.startdate) AS began,
                TRY_CAST(began AS TIMESTAMP) AS time,
                'given' AS kind, coalesce(g.code, c.code) AS code, coalesce(g.source_code, c.source_code) AS source_code,
                g.item IS NOT NULL AS counts, r.code AS route, {_dose("e.dose_val_rx", "e.dose_unit_rx", "u")}
            FROM {taken} AS e LEFT JOIN {stager.codes.table("name", ["given"])} AS c ON lower(e.drug) = c.item
            LEFT JOIN {given} AS g ON lower(e.drug) = g.item
            LEFT JOIN {stager.codes.table("name", ["route"])} AS r ON lower(e.route) = r.item
            LEFT JOIN {stager.codes.table("MIMIC-unit")} AS u ON lower(e.dose_unit_rx) = u.item)"""


def diagnoses(stager: Stager, version: int) -> str:
    """diagnoses_icd, as billed, without their dots. They are written at discharge and say no time: the events are undated."""
    systems = ("ICD-9", "ICD-10")
    bound = " UNION ALL ".join(
        f"SELECT '{system}' AS system, replace(item, '.', '') AS plain, kind, code, source_code"
        f" FROM {stager.codes.table(system)}"
        for system in systems
    )
    plain = [code.code.replace(".", "").lower() for system in systems for code in stager.codes.values(system)]
    column = "icd9_code" if version == 3 else "icd_code"
    taken = stager.take("diagnoses_icd", ["subject_id", column, "icd_version"], [(column, plain)], needed=["subject_id"])
    system = literal("ICD-9") if version == 3 else "CASE e.icd_version WHEN '9' THEN 'ICD-9' WHEN '10' THEN 'ICD-10' END"
    return f"""
        SELECT e.subject_id AS infant, e.n, c.kind, c.code, c.source_code FROM {taken} AS e
        JOIN ({bound}) AS c ON lower(replace(e.{column}, '.', '')) = c.plain AND c.system = {system}"""


def weights(stager: Stager) -> str:
    """chartevents: weights, in grams; entries marked as errors have none. Results charted there stand in labevents too."""
    items = ("itemid", [code.code for code in stager.codes.values("MIMIC-chart", ["infant"])])
    taken = stager.take("chartevents", ["subject_id", "itemid", "charttime", "valuenum", "error"], [items])
    sound = "coalesce(TRY_CAST(e.error AS DOUBLE), 0) = 0"
    # Rounded to a millionth, 4.1 kg are 4100 g and not a little more.
    grams = f"round({number('e.valuenum')} * CASE c.property WHEN 'kg' THEN 1000 ELSE 1 END, 6)"
    return f"""
        SELECT e.subject_id AS infant, e.n, TRY_CAST(e.charttime AS TIMESTAMP) AS time, c.code AS trait,
            CASE WHEN {sound} THEN {grams} END AS number
        FROM {taken} AS e JOIN {stager.codes.table("MIMIC-chart", ["infant"])} AS c ON {_item("e.itemid")} = c.item"""


def _item(column: str) -> str:
    return f"regexp_replace({column}, '\\.0+$', '')"


def _labels(dictionary: str) -> str:
    return f"(SELECT * FROM {dictionary} QUALIFY row_number() OVER (PARTITION BY itemid ORDER BY n) = 1)"


def _bad_time(text: str, time: str) -> str:
    return f"CASE WHEN {text} IS NOT NULL AND {time} IS NULL THEN 'bad-time' END"


def _misnamed(label: str, name: str) -> str:
    """The dictionary at hand calls the item by another name than the shipped one: neither can be believed."""
    spaced = [f"regexp_replace(lower({column}), '\\s+', ' ', 'g')" for column in (label, name)]
    return f"CASE WHEN {name} <> '' AND {spaced[0]} <> {spaced[1]} THEN 'name-code-conflict' END"


def _dose(amount: str, unit: str, units: str) -> str:
    """Dose and its unit; a unit that only counts doses leaves both unknown."""
    counts = f"coalesce({units}.kind = 'excluded', FALSE)"
    return f"""CASE WHEN NOT {counts} THEN {number(amount)} END AS dose,
                CASE WHEN dose IS NOT NULL THEN coalesce(nullif({units}.code, ''), {unit}) END AS dose_unit"""
