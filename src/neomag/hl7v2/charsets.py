"""The bytes of a message as text, in the character set that MSH-18 declares (HL7 table 0211)."""

from __future__ import annotations

import re

from neomag.hl7v2 import faults

_ISO = re.compile(r"(?:ISO[ _-]?)?8859[/-](\d{1,2})")
ACCEPTED = "ASCII, 8859/1 to 8859/15, UNICODE UTF-8"
UTF_8 = "UNICODE UTF-8"


def codec(declared: str) -> str | None:
    """Python's codec for a name of MSH-18; None when the set is not read here."""
    name = declared.strip().upper().replace("_", " ")
    if name in {"ASCII", "US-ASCII"}:
        return "ascii"
    if name in {UTF_8, "UNICODE", "UTF-8", "UTF8"}:
        return "utf-8"
    # 12 was never made.
    if (iso := _ISO.fullmatch(name)) and 1 <= int(iso[1]) <= 15 and iso[1] != "12":
        return f"iso8859-{int(iso[1])}"
    return None


def decoded(raw: bytes, declared: str, undeclared: str = UTF_8) -> tuple[str, str]:
    """The text of a message and the codec it was read with; `undeclared` is the set when MSH-18 is empty.

    Nothing is replaced or dropped: a name or a unit that was read wrong is worse than none. Raises MessageError.
    """
    name = codec(declared or undeclared)
    if name is None:
        raise faults.MessageError(
            [faults.Fault(faults.NOT_IN_TABLE, f"this character set is not read; accepted: {ACCEPTED}", "MSH", 1, 18)]
        )
    try:
        return raw.decode(name), name
    except UnicodeDecodeError as error:
        said = f"is not {declared.strip().upper()[:20]}, as declared" if declared else f"is not {undeclared}; declare another"
        raise faults.MessageError(
            [faults.Fault(faults.DATA_TYPE, f"the message (byte {error.start}) {said}; accepted: {ACCEPTED}", "MSH", 1, 18)]
        ) from None
