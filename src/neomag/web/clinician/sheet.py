"""The answer on one page of paper."""

from __future__ import annotations

from neomag.web.clinician.shown import Shown
from neomag.web.languages import Language


def cannot_set(language: Language) -> str:
    return ""


def sheet(shown: Shown, language: Language) -> bytes:
    return b""
