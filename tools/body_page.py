"""Writes the generated part of docs/body.md anew: every published figure and spread, simulated. `python -m tools.body_page`."""

from __future__ import annotations

from pathlib import Path

from neomag.body.show_validate import markdown
from neomag.body.spreads import validate_spreads
from neomag.body.validate import validate
from neomag.knowledge import load

PAGE = Path(__file__).parent.parent / "docs" / "body.md"
INFANTS, SEED = 200, 1  # to each spread
BEGIN, END = "<!-- begin: made by tools/body_page.py; not for editing -->\n", "<!-- end -->\n"


def generated(text: str) -> str:
    """The generated part of the page `text`."""
    return text.partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Write the part anew."""
    text, knowledge = PAGE.read_text("utf-8"), load()
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    tables = markdown(validate(knowledge), validate_spreads(INFANTS, SEED, knowledge), knowledge)
    PAGE.write_text(before + BEGIN + "\n" + tables + "\n" + END + after, "utf-8")


if __name__ == "__main__":
    main()
