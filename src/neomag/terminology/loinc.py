"""LOINC codes: their form and check digit."""

from __future__ import annotations


def loinc_sound(code: str) -> bool:
    """Whether the text has the form of a LOINC code and its check digit (modulus 10, as LOINC computes it) is right."""
    body, dash, check = code.partition("-")
    if not dash or len(check) != 1 or not (body.isascii() and body.isdecimal() and check.isdecimal()) or len(body) > 7:
        return False
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    return (10 - sum(d - 9 if d > 9 else d for d in doubled) % 10) % 10 == int(check)
