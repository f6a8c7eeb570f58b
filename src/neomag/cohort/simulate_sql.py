"""The SQL of the generator: infants, their bloods, results, and signs, drawn for a chunk of infants at a time.

Chance is a hash of seed, infant and a number for what is drawn, so that a run depends on its seed and not on threads or
chunks. A hash of 64 bits gives two uniform numbers of 32.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from neomag.ages import DAY, MONTH
from neomag.cohort.simulate_data import HOUR, Drawn, knots

OLDEST = 24 * MONTH

MACROS = """
CREATE OR REPLACE MACRO sim_h(i, what) AS hash(i, what, getvariable('sim_seed'));
CREATE OR REPLACE MACRO sim_hi(h) AS ((h >> 32)::DOUBLE + 0.5e0) / 4294967296e0;
CREATE OR REPLACE MACRO sim_lo(h) AS ((h & 4294967295)::DOUBLE + 0.5e0) / 4294967296e0;
CREATE OR REPLACE MACRO sim_u(i, what) AS sim_hi(sim_h(i, what));
CREATE OR REPLACE MACRO sim_normal(h) AS sqrt(-2 * ln(sim_hi(h))) * cos(2 * pi() * sim_lo(h));
CREATE OR REPLACE MACRO sim_clip(x, low, high) AS greatest(low, least(high, x));
"""

TABLES = {
    "sim_story": """story VARCHAR, above DOUBLE, below DOUBLE, start_low DOUBLE, start_high DOUBLE, early_low DOUBLE,
        early_high DOUBLE, early DOUBLE, gap DOUBLE, deficient BOOLEAN, grp VARCHAR, never DOUBLE, delay DOUBLE,
        keeps DOUBLE""",
    "sim_item": """item INT, story VARCHAR, kind VARCHAR, code VARCHAR, share DOUBLE, birth BOOLEAN, low DOUBLE, high DOUBLE,
        again DOUBLE, absent BOOLEAN, lasting BIGINT, grade VARCHAR, dose DOUBLE, dose_unit VARCHAR, route VARCHAR,
        concentration DOUBLE, over BIGINT""",
    "sim_site": "site VARCHAR, above DOUBLE, below DOUBLE",
    "sim_written": "site VARCHAR, a INT, unit VARCHAR, factor DOUBLE, decimals INT, source_code VARCHAR",
    "sim_healthy": "class INT, a INT, measured DOUBLE, mean DOUBLE, sd DOUBLE, low DOUBLE, high DOUBLE",
    "sim_level": "story VARCHAR, a INT, mean DOUBLE, sd DOUBLE",
    "sim_analyte": "a INT, code VARCHAR",
    "sim_copies": "twice BOOLEAN, copy INT",
}

# The columns of an event in the flat layout, in its order.
EVENT_COLUMNS = (
    "infant", "seq", "time", "at", "kind", "code", "source_code", "absent", "value", "unit", "comparator", "flag", "specimen",
    "lasting", "grade", "dose", "dose_unit", "route", "concentration", "over",
)  # fmt: skip
INFANT_COLUMNS = ("infant", "born", "sex", "gestation", "birth_weight", "weight", "setting", "site")


def _curve(points: list[tuple[int, float, float]], column: int) -> str:
    """Straight lines through the knots of one group, flat before the first and after the last, as a CASE over `age`."""
    parts = [f"WHEN age < {points[0][0]} THEN {points[0][column]}"]
    for left, right in pairwise(points):
        if right[0] > left[0]:
            slope = (right[column] - left[column]) / (right[0] - left[0])
            parts.append(f"WHEN age < {right[0]} THEN {left[column]} + ({slope!r}) * (age - {left[0]})")
    return f"CASE {' '.join(parts)} ELSE {points[-1][column]} END"


def _by_group(said: Any, column: int) -> str:
    groups = knots(said)
    cases = " ".join(f"WHEN '{name}' THEN {_curve(points, column)}" for name, points in groups.items() if name != "any")
    return f"CASE grp {cases} ELSE {_curve(groups['any'], column)} END"


def infants_sql(data: Drawn, first: int, last: int, mean_more: float) -> str:
    """The table sim_infants of the infants numbered `first` to below `last`; `mean_more` bloods follow the first on average."""
    who = data.said["infants"]
    weight, grows, term, preterm = who["birth_weight"], who["growth"], who["term_weeks"], who["preterm_weeks"]
    settings = " ".join(
        f"WHEN u_setting < {sum(list(who['settings'].values())[: k + 1])} THEN '{name}'"
        for k, name in enumerate(who["settings"])
    )
    more = f"floor(-ln(sim_u(i, 8)) / ln(1 + 1 / {mean_more!r}))::INT" if mean_more > 0 else "0"
    return f"""
CREATE OR REPLACE TEMP TABLE sim_infants AS
WITH placed AS (
    SELECT i, format('SIM-{{:09d}}', i) AS infant, s.*, t.site,
        least({data.said["panels"]["most"]}, 1 + {more}) AS panels,
        CASE WHEN sim_u(i, 3) < {who["preterm"]} THEN
            {preterm["low"]} + ({preterm["high"]} - {preterm["low"]}) * sqrt(sim_u(i, 4))
            ELSE sim_clip({term["mean"]} + {term["sd"]} * sim_normal(sim_h(i, 4)), {term["low"]}, {term["high"]}) END AS weeks,
        sim_u(i, 9) AS u_setting
    FROM range({first}, {last}) r(i)
    JOIN sim_story s ON sim_u(i, 1) >= s.above AND sim_u(i, 1) < s.below
    JOIN sim_site t ON sim_u(i, 2) >= t.above AND sim_u(i, 2) < t.below
), sized AS (
    SELECT *,
        round(sim_clip(({weight["mean"]} + {weight["per_week"]} * (weeks - {weight["at_weeks"]}))
            * (1 + {weight["sd_share"]} * sim_normal(sim_h(i, 5))), {weight["low"]}, {weight["high"]}) / 5) * 5 AS grams,
        60 * round(CASE WHEN sim_u(i, 6) < early THEN early_low + (early_high - early_low) * sim_u(i, 7)
            ELSE start_low + (start_high - start_low) * sim_u(i, 7) END / 60)::BIGINT AS start
    FROM placed
)
SELECT i, infant, story, deficient, site, panels, start, gap, keeps, grams, weeks,
    CASE WHEN grp <> 'any' THEN grp WHEN grams < 1000 THEN 'elbw' ELSE 'any' END AS grp,
    sim_normal(sim_h(i, 10)) AS z,
    CASE WHEN sim_u(i, 11) < never THEN NULL ELSE start - delay * ln(sim_u(i, 12)) END AS magnesium_from,
    TIMESTAMP '{who["born_from"]}' + to_minutes(floor(sim_u(i, 13) * {who["born_days"]} * 1440)::BIGINT) AS born_truly,
    CASE WHEN sim_u(i, 14) >= {who["born_unknown"]} THEN born_truly END AS born,
    CASE WHEN sim_u(i, 15) < {who["sex_unknown"]} THEN NULL
        WHEN sim_u(i, 16) < {who["female"]} THEN 'female' ELSE 'male' END AS sex,
    CASE WHEN sim_u(i, 17) >= {who["gestation_unknown"]} THEN round(weeks * 7) / 7 END AS gestation,
    CASE WHEN sim_u(i, 18) >= {who["birth_weight_unknown"]} THEN grams END AS birth_weight,
    CASE WHEN sim_u(i, 19) >= {who["weight_unknown"]} THEN round(sim_clip(grams
        + least(start / {DAY}, {grows["first_days"]}) * {grows["first_g_per_day"]}
        + greatest(0, start / {DAY} - {grows["first_days"]}) * {grows["then_g_per_day"]}, {grows["low"]}, {grows["high"]}))
        END AS weight,
    CASE {settings} END AS setting
FROM sized
"""


def panels_sql(data: Drawn) -> str:
    """The table sim_panels: every blood of an infant with its age, what spoilt it, and the true magnesium then."""
    said = data.said
    spoils, edta, within = said["haemolysis"], said["edta"], said["within"]["share_of_sd"]
    magnesium = data.analytes.index("magnesium")
    classes = " ".join(f"WHEN age >= {start} THEN {number}" for number, start in reversed(list(enumerate(data.classes))))
    return f"""
CREATE OR REPLACE TEMP TABLE sim_panels AS
WITH taken AS (
    SELECT *, i * 4096 + k AS p,
        60 * round((start + gap * (k + CASE WHEN k = 0 THEN 0.05 ELSE 0.7 END * sim_u(i * 4096 + k, 30))) / 60)::BIGINT AS age
    FROM (SELECT *, unnest(range(panels)) AS k FROM sim_infants)
), usual AS (
    SELECT *, CASE {classes} ELSE 0 END AS class, pow(keeps, k) AS ill,
        {_by_group(said, 1)} AS mean, {_by_group(said, 2)} AS sd,
        sqrt({1 - within**2!r}) * z + {within!r} * sim_normal(sim_h(p, 31)) AS drawn,
        sim_u(p, 32) < CASE WHEN age < {spoils["newborn_until_d"] * DAY}
            THEN {spoils["newborn"]} ELSE {spoils["later"]} END AS haemolysed,
        sim_u(p, 33) < {edta["share"]} AS edta
    FROM taken WHERE age <= {OLDEST}
)
SELECT u.* EXCLUDE (mean, sd, drawn), greatest({said["low"]["floor"]}, u.mean + u.sd * drawn) AS healthy,
    greatest({said["low"]["floor"]}, CASE WHEN l.a IS NULL THEN u.mean + u.sd * drawn
        ELSE ill * (l.mean + l.sd * drawn) + (1 - ill) * (u.mean + u.sd * drawn) END) AS magnesium,
    CASE WHEN haemolysed THEN -ln(sim_u(p, 34)) ELSE 0 END AS burst,
    list_filter([CASE WHEN haemolysed AND sim_u(p, 35) >= {spoils["unflagged"]} THEN 'haemolysed' END,
        CASE WHEN u.edta AND sim_u(p, 36) < {edta["flagged"]} THEN 'edta' END], lambda x: x IS NOT NULL) AS specimen
FROM usual u LEFT JOIN sim_level l ON l.story = u.story AND l.a = {magnesium}
"""


def _spoilt(data: Drawn) -> str:
    """The value `x` of an analyte in a sample that is haemolysed or from an EDTA tube."""
    rise, edta, at = data.said["haemolysis"], data.said["edta"], data.analytes.index
    return f"""CASE a
        WHEN {at("magnesium")} THEN (x + {rise["magnesium"]} * burst) * CASE WHEN edta THEN {edta["magnesium_times"]} ELSE 1 END
        WHEN {at("potassium")} THEN x + {rise["potassium"]} * burst + CASE WHEN edta THEN {edta["potassium_plus"]} ELSE 0 END
        WHEN {at("phosphate")} THEN x + {rise["phosphate"]} * burst
        WHEN {at("calcium")} THEN x * CASE WHEN edta THEN {edta["calcium_times"]} ELSE 1 END
        WHEN {at("alp")} THEN x * CASE WHEN edta THEN {edta["alp_times"]} ELSE 1 END ELSE x END"""


def labs_sql(data: Drawn) -> str:
    """The table sim_labs: the results of the bloods, as a laboratory and its record write them."""
    dirt, within = data.said["dirt"], data.said["within"]["share_of_sd"]
    magnesium = data.analytes.index("magnesium")
    kinds = (
        "no_unit",
        "unknown_unit",
        "flag_only",
        "sentinel",
        "not_a_number",
        "comparator",
        "unbound",
        "no_time",
        "before_birth",
    )
    edges = {kind: (sum(dirt[k] for k in kinds[:n]), sum(dirt[k] for k in kinds[: n + 1])) for n, kind in enumerate(kinds)}
    q = {kind: f"(q >= {low!r} AND q < {high!r})" for kind, (low, high) in edges.items()}
    sentinels = ", ".join(map(str, dirt["sentinels"]))
    repeats = 1 - dirt["repeated"]
    return f"""
CREATE OR REPLACE TEMP TABLE sim_labs AS
WITH asked AS (
    SELECT p.i, p.p, p.age, p.born_truly, p.site, p.story, p.class, p.ill, p.magnesium, p.burst, p.edta, p.specimen,
        h.a, h.mean, h.sd, h.low, h.high,
        sim_h(p.p, 64 + h.a) AS chance
    FROM sim_panels p JOIN sim_healthy h USING (class)
    WHERE sim_hi(sim_h(p.p, 64 + h.a)) < h.measured AND (h.a <> {magnesium} OR p.age >= p.magnesium_from)
), drawn AS (
    SELECT k.*, sim_lo(chance) AS q, CASE WHEN a = {magnesium} THEN magnesium ELSE greatest(0.02,
        ill * coalesce(l.mean, k.mean) + (1 - ill) * k.mean + (ill * coalesce(l.sd, k.sd) + (1 - ill) * k.sd)
        * (sqrt({1 - within**2!r}) * sim_normal(sim_h(i, 128 + a)) + {within!r} * sim_normal(sim_h(p, 128 + a)))) END AS x
    FROM asked k LEFT JOIN sim_level l USING (story, a)
), spoilt AS (SELECT *, {_spoilt(data)} AS y FROM drawn)
SELECT i, CASE WHEN {q["no_time"]} THEN NULL WHEN {q["before_birth"]} THEN -3600 ELSE age END AS age, age AS came,
    'lab' AS kind, CASE WHEN a = {magnesium} AND {q["unbound"]} THEN NULL ELSE n.code END AS code,
    CASE WHEN a = {magnesium} AND {q["unbound"]} THEN '{dirt["unbound_code"]}' ELSE w.source_code END AS source_code,
    CASE WHEN {q["flag_only"]} THEN NULL WHEN {q["not_a_number"]} THEN 'NaN'::DOUBLE
        WHEN {q["sentinel"]} THEN [{sentinels}][1 + ((chance & 1048575) % {len(dirt["sentinels"])})::BIGINT]::DOUBLE
        ELSE round(y * w.factor, w.decimals) END AS value,
    CASE WHEN {q["flag_only"]} OR {q["no_unit"]} THEN NULL
        WHEN {q["unknown_unit"]} THEN '{dirt["unknown_unit_text"]}' ELSE w.unit END AS unit,
    CASE WHEN {q["comparator"]} THEN '<' END AS comparator,
    CASE WHEN {q["flag_only"]} THEN CASE WHEN y < low THEN 'low' WHEN y > high THEN 'high' ELSE 'normal' END END AS flag,
    specimen, sim_h(p, 192 + a) AS tie, r.copy
FROM spoilt s JOIN sim_written w USING (site, a) JOIN sim_analyte n USING (a)
    JOIN sim_copies r ON r.twice = (sim_lo(sim_h(p, 192 + a)) >= {repeats!r})
"""


def others_sql() -> str:
    """The table sim_others: signs, conditions and drugs of the stories."""
    return f"""
CREATE OR REPLACE TEMP TABLE sim_others AS
SELECT i, CASE WHEN birth THEN 0 ELSE greatest(0, 60 * round((start + low + (high - low) * sim_u(f.i, 512 + 4 * item)
        + copy * {6 * HOUR} * (1 + sim_u(f.i, 513 + 4 * item))) / 60)::BIGINT) END AS age,
    kind, code, t.absent, lasting, grade, dose, dose_unit, route, concentration, over, sim_h(f.i, 514 + 4 * item) AS tie, copy
FROM sim_infants f JOIN sim_item t USING (story)
    JOIN sim_copies r ON r.twice = (sim_lo(sim_h(f.i, 515 + 4 * item)) < again)
WHERE sim_hi(sim_h(f.i, 515 + 4 * item)) < share
"""


def events_sql(data: Drawn, columns: tuple[str, ...] = ("i", "age", "came", *EVENT_COLUMNS)) -> str:
    """A SELECT of all events of the chunk, in order of infant and arrival."""
    late = data.said["dirt"]["late_arrival"]
    return f"""
WITH every AS (
    SELECT i, age, came, kind, code, source_code, NULL::BOOLEAN AS absent, value, unit, comparator, flag, specimen,
        NULL::BIGINT AS lasting, NULL::VARCHAR AS grade, NULL::DOUBLE AS dose, NULL::VARCHAR AS dose_unit,
        NULL::VARCHAR AS route, NULL::DOUBLE AS concentration,
        NULL::BIGINT AS over, tie, copy FROM sim_labs
    UNION ALL BY NAME
    SELECT i, age, age AS came, kind, code, absent, lasting, grade, dose, dose_unit, route, concentration, over, tie,
        copy FROM sim_others
), told AS (
SELECT f.i, f.infant, row_number() OVER (PARTITION BY f.i ORDER BY came
        + CASE WHEN sim_hi(tie) < {late} THEN {DAY} * sim_lo(tie) ELSE 0 END, tie, copy)::BIGINT AS seq,
    CASE WHEN f.born IS NOT NULL THEN f.born + to_seconds(e.age) END AS time,
    CASE WHEN f.born IS NULL THEN e.age END AS "at", e.age, e.came,
    e.kind, e.code, e.source_code, e.absent, e.value, e.unit, e.comparator, e.flag, coalesce(e.specimen, []) AS specimen,
    e.lasting, e.grade, e.dose, e.dose_unit, e.route, e.concentration, e.over
FROM every e JOIN sim_infants f USING (i)
WHERE e.age IS NULL OR e.age <= {OLDEST}
)
SELECT {", ".join(f'"{column}"' for column in columns)} FROM told ORDER BY i, seq
"""


TRUTH = """
SELECT f.infant, f.story, f.deficient, f.grp AS "group", p.age AS "at", round(p.healthy, 4) AS healthy,
    round(p.magnesium, 4) AS magnesium,
    f.site, f.weeks AS gestation, f.grams AS birth_weight
FROM sim_infants f LEFT JOIN sim_panels p ON p.i = f.i AND p.k = 0 ORDER BY f.i
"""
