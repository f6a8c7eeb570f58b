"""The rules: a small three-valued language over findings, its parser, its compilers (one file a target), and why."""

from neomag.rules.rulebook import Rulebook, rulebook

__all__ = ["Rulebook", "rulebook"]
