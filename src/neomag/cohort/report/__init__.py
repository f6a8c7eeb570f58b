"""The report of a cohort run: whom did we miss? Questions ready made, each with its number, denominator, tables and charts."""

from neomag.cohort.report.errors import ReportInputError
from neomag.cohort.report.make import Report, make_report

__all__ = ["Report", "ReportInputError", "make_report"]
