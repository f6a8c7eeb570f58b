"""The quality page: what is counted there, and what must not stand there."""

from __future__ import annotations

from pathlib import Path

import duckdb

from neomag.cohort import quality


def test_units_codes_and_conflicts_are_counted_and_small_counts_and_infants_are_not_shown(tmp_path: Path) -> None:
    con = duckdb.connect()
    con.execute(f"""
        COPY (
            SELECT 'anna-' || i AS infant, i AS seq, 'unknown-unit' AS problem, 'magnesium furlong' AS detail, 'LOINC 2601-3' AS source_code,
                1 AS rows FROM range(7) t(i)
            UNION ALL SELECT 'anna-' || i, i, 'implausible', 'magnesium ' || (900 + i) || '.5 mmol/L', 'LOINC 2601-3', 1 FROM range(6) t(i)
            UNION ALL SELECT 'rare', 1, 'no-unit', 'calcium', 'LOCAL 1', 1
            UNION ALL SELECT NULL, NULL, 'unbound-code', NULL, 'http://loinc.org 2601-4', 1200
            UNION ALL SELECT NULL, NULL, 'unbound-code', NULL, 'http://loinc.org 718-7', 30
        ) TO '{tmp_path}/problems.parquet' (FORMAT parquet)""")
    quality.write(
        con, tmp_path / "problems.parquet", tmp_path / "q.html", source="<ward>", layout="fhir", infants=1234, events=9
    )
    page = (tmp_path / "q.html").read_text("utf-8")
    assert "magnesium furlong</td><td class=n>7<" in page
    assert "magnesium mmol/L</td><td class=n>6<" in page
    assert "903.5" not in page
    assert "anna" not in page
    assert "LOCAL 1" not in page
    assert "fewer than 5" in page
    assert "&lt;ward&gt;" in page
    wrong = page.split("check digit is wrong")[1]
    assert "2601-4</td><td class=n>1,200<" in wrong
    assert "718-7" not in wrong.split("</table>")[0]
