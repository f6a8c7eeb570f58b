"""A worksheet to print, text or PDF: the dose, how it is made, what to watch, and a line for the second person."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from neomag.dosing.amounts import DoseInputError
from neomag.dosing.dose import Dose
from neomag.dosing.lines import number
from neomag.dosing.monitoring import PARTS
from neomag.dosing.said import infant_lines, order_lines
from neomag.dosing.show import NOTICE, antidote_line, how, rate_line

_LINE = "_" * 24
_CHECKS = ("weight", "dose", "ampoule and strength", "volume drawn", "dilution", "rate and time", "antidote at hand")


def sections(dose: Dose) -> list[tuple[str, list[str]]]:
    """The worksheet as titles and lines. A refused dose has its order and its refusals, and no way to make it."""
    found = [("Infant", [f"Name {_LINE}   Date and time {_LINE}", *infant_lines(dose.state)])]
    order = order_lines(dose)
    if dose.refused:
        found.append(("REFUSED: do not give", [f"{line.code}: {line.says}" for line in dose.refused]))
        order += [] if dose.rate is None else [rate_line(dose.rate)]
        found += [("Order, NOT to be given", order)] if order else []
    else:
        found += [("Order", order), ("One dose", _one_dose(dose)), ("How", how(dose))]
    if dose.warnings:
        found.append(("Warnings", [f"{line.code}: {line.says}" for line in dose.warnings]))
    if dose.given and dose.plan is not None:
        for part, title in PARTS.items():
            lines = [watch.says for watch in dose.plan.part(part)]
            found.append((title, [*lines, antidote_line(dose)] if part == "antidote" else lines))
        found.append(("Second person: work it out anew, then sign", _blanks()))
        found.append(("Signed", [f"First person {_LINE}   time ________", f"Second person {_LINE}   time ________"]))
    return found


def _blanks() -> list[str]:
    """A place beside each check for what the second person finds, two to a line."""
    widest = max(len(check) for check in _CHECKS)
    cells = [f"[  ] {check:<{widest}} {_LINE[:16]}" for check in _CHECKS]
    return ["   ".join(cells[at : at + 2]) for at in range(0, len(cells), 2)]


def _one_dose(dose: Dose) -> list[str]:
    five, order, echoed = dose.dose, dose.order, dose.echo
    if five is None or order is None or echoed is None:
        return []
    return [
        f"{number(five.mg_salt)} mg salt = {number(five.mg_elemental)} mg elemental = {number(five.mmol)} mmol = "
        f"{number(five.meq)} mEq",
        f"{number(five.ml)} mL of {order.product.says}",
        f"Echo: {number(echoed.ml_per_kg)} mL/kg; by the label {number(echoed.by_label_ml_per_kg, 3)} mL/kg",
    ]


def text(dose: Dose) -> str:
    """The worksheet as plain text."""
    lines = [f"MAGNESIUM WORKSHEET   knowledge {dose.knowledge}", ""]
    for title, rows in sections(dose):
        lines += [title.upper(), *(f"  {row}" for row in rows), ""]
    return "\n".join([*lines, NOTICE, ""])


def _typst(dose: Dose) -> str:
    def quoted(said: str) -> str:
        return '"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"'

    body = ['#set page(paper: "a4", margin: 1.1cm)', "#set text(size: 8.3pt)", "#set par(spacing: 0.5em)"]
    version = quoted(f"knowledge {dose.knowledge}")
    body.append(f'#text(size: 14pt, weight: "bold", {quoted("Magnesium worksheet")}) #h(1fr) #text({version})')
    for title, rows in sections(dose):
        # A section stays on one page: a check is not parted from its signature.
        body.append("#block(above: 0.9em, below: 0em, breakable: false)[")
        body.append(f'#block(below: 0.45em, text(weight: "bold", {quoted(title)}))')
        body += [f"#block(above: 0.45em, below: 0.45em, text({quoted(row)}))" for row in rows]
        body.append("]")
    body.append(f"#v(1em) #text(size: 8pt, {quoted(NOTICE)})")
    return "\n".join(body)


def pdf(dose: Dose) -> bytes:
    """The worksheet as PDF bytes. Raises DoseInputError without the extra `report` (typst), or when typst refuses the page."""
    try:
        import typst
    except ImportError:
        raise DoseInputError("a PDF needs the extra `report`: pip install 'neomag[report]'") from None
    try:
        return typst.compile(_typst(dose).encode())
    except typst.TypstError as error:
        raise DoseInputError(f"the PDF could not be made: {str(error).splitlines()[0]}; write a .txt instead") from None


def write(dose: Dose, path: Path) -> None:
    """Write the worksheet to `path`, PDF or text by its suffix: whole, or not at all.

    Raises DoseInputError for another suffix, a page that cannot be made or a failed write.
    """
    if path.suffix not in (".pdf", ".txt"):
        raise DoseInputError(f"{path.name}: a worksheet is .pdf or .txt")
    made = pdf(dose) if path.suffix == ".pdf" else text(dose).encode()
    # Beside it, so that the last step is a rename on one file system.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(made)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise DoseInputError(f"{path}: {error.strerror}") from None
