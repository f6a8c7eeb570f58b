"""A worksheet to print, text or PDF: the dose, how it is made, what to watch, and a line for the second person."""

from __future__ import annotations

from pathlib import Path

from neomag.dosing.amounts import DoseInputError
from neomag.dosing.dose import Dose
from neomag.dosing.lines import number
from neomag.dosing.monitoring import PARTS
from neomag.dosing.show import NOTICE, antidote_line, how

_LINE = "_" * 24
_CHECKS = ("weight", "dose", "ampoule and strength", "volume drawn", "dilution", "rate and time", "antidote at hand")


def sections(dose: Dose) -> list[tuple[str, list[str]]]:
    """The worksheet as titles and lines. A refused dose has its refusals and no way to make it."""
    found = [("Infant", [f"Name {_LINE}   Date and time {_LINE}", f"Weight {number(dose.state.weight_kg)} kg"])]
    if dose.refused:
        found.append(("REFUSED: do not give", [f"{line.code}: {line.says}" for line in dose.refused]))
    elif dose.dose is not None and dose.order is not None and dose.echo is not None:
        five = dose.dose
        found.append((
            "One dose",
            [
                f"{number(five.mg_salt)} mg salt = {number(five.mg_elemental)} mg elemental = {number(five.mmol)} mmol = "
                f"{number(five.meq)} mEq",
                f"{number(five.ml)} mL of {dose.order.product.says}",
                f"Echo: {number(dose.echo.ml_per_kg)} mL/kg; by the label {number(dose.echo.by_label_ml_per_kg, 3)} mL/kg",
            ],
        ))  # fmt: skip
        found.append(("How", how(dose)))
    if dose.warnings:
        found.append(("Warnings", [f"{line.code}: {line.says}" for line in dose.warnings]))
    if dose.given and dose.plan is not None:
        for part, title in PARTS.items():
            lines = [watch.says for watch in dose.plan.part(part)]
            found.append((title, [*lines, antidote_line(dose)] if part == "antidote" else lines))
        found.append(("Second person: work it out anew, then sign", [f"[  ] {check}" for check in _CHECKS]))
        found.append(("Signed", [f"First person {_LINE}   time ________", f"Second person {_LINE}   time ________"]))
    return found


def text(dose: Dose) -> str:
    """The worksheet as plain text."""
    lines = [f"MAGNESIUM WORKSHEET   knowledge {dose.knowledge}", ""]
    for title, rows in sections(dose):
        lines += [title.upper(), *(f"  {row}" for row in rows), ""]
    return "\n".join([*lines, NOTICE, ""])


def _typst(dose: Dose) -> str:
    def quoted(said: str) -> str:
        return '"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"'

    body = ['#set page(paper: "a4", margin: 1.6cm)', "#set text(size: 9pt)", "#set par(spacing: 0.6em)"]
    version = quoted(f"knowledge {dose.knowledge}")
    body.append(f'#text(size: 14pt, weight: "bold", {quoted("Magnesium worksheet")}) #h(1fr) #text({version})')
    for title, rows in sections(dose):
        body.append(f'#block(above: 1.1em, below: 0.5em, text(weight: "bold", {quoted(title)}))')
        body += [f"#block(above: 0.45em, below: 0.45em, text({quoted(row)}))" for row in rows]
    body.append(f"#v(1em) #text(size: 8pt, {quoted(NOTICE)})")
    return "\n".join(body)


def pdf(dose: Dose) -> bytes:
    """The worksheet as PDF bytes. Raises DoseInputError when the extra `report` (typst) is not installed."""
    try:
        import typst
    except ImportError:
        raise DoseInputError("a PDF needs the extra `report`: pip install 'neomag[report]'") from None
    return typst.compile(_typst(dose).encode())


def write(dose: Dose, path: Path) -> None:
    """Write the worksheet to `path`, PDF or text by its suffix. Raises DoseInputError for another suffix or a failed write."""
    if path.suffix not in (".pdf", ".txt"):
        raise DoseInputError(f"{path.name}: a worksheet is .pdf or .txt")
    try:
        path.write_bytes(pdf(dose) if path.suffix == ".pdf" else text(dose).encode())
    except OSError as error:
        raise DoseInputError(f"{path}: {error.strerror}") from None
