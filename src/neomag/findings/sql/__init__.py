"""Findings as SQL over infants, events and moments: the meanings of `neomag.findings`, for a whole cohort at once.

The same file names as there; each kind says the same thing of the same parameters. Written once, in DuckDB's SQL.
"""

from neomag.findings.sql.plan import findings_query

__all__ = ["findings_query"]
