"""Draws docs/img/answer.svg: the answer to a published case, as the terminal shows it.

The picture stops after the differential; the whole answer is what `neomag assess` prints. Run it after a change of the
knowledge or of the text output: `python -m tools.docs_picture`.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from neomag import Case, assess
from neomag.cli.assess import EXAMPLES
from neomag.terminal import show

PICTURE = Path(__file__).parent.parent / "docs" / "img" / "answer.svg"
LAST = "Causes of low magnesium to look for"
THEME = TerminalTheme(
    (250, 250, 248), (32, 36, 42),
    [(32, 36, 42), (190, 30, 45), (22, 110, 60), (240, 190, 40), (20, 80, 170), (140, 50, 140), (0, 110, 130), (255, 255, 255)],
    [(90, 96, 104), (190, 30, 45), (22, 110, 60), (150, 100, 0), (20, 80, 170), (140, 50, 140), (0, 110, 130), (250, 250, 248)],
)  # fmt: skip
# System fonts only: the picture must not fetch anything.
FORMAT = """<svg class="{unique_id}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img"
 aria-label="The answer of neomag to the published case P-014">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
 line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
<rect width="{width}" height="{height}" rx="8" fill="#fafaf8" stroke="#c8ccd0"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def picture() -> str:
    """The SVG text."""
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True, highlight=False)
    show(assess(Case.read(EXAMPLES / "P-014.json")), console, sources=False)
    text = re.split(rf"\n[^\n]*{LAST}", console.export_text(styles=True, clear=True))[0].rstrip("\n")
    console.print("$ neomag assess P-014.json\n", Text.from_ansi(text), "\n…", sep="")
    drawn = console.export_svg(theme=THEME, code_format=FORMAT, unique_id="answer")
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), "utf-8")
