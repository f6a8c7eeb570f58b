"""Findings: what is true of an infant at `now`, made of the case's events. One file a family of kinds."""

from neomag.findings.catalogue import catalogue, check, describe
from neomag.findings.plan import Plan

__all__ = ["Plan", "catalogue", "check", "describe"]
