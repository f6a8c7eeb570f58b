"""Made-up HL7 v2 messages: no patient, hospital or result in them exists."""

from __future__ import annotations

import hl7

MSH = "MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260305101500+0100||ORU^R01^ORU_R01|42|P|2.5.1||||||UNICODE UTF-8"
PID = "PID|1||123^^^HOSP^MR||Ødegård^Ærlig||202601030410|F"
OBR = "OBR|1|p1|f1|24323-8^Panel^LN|||202603051000"
MG = "2601-3^Magnesium^LN"
CA = "2000-8^Calcium^LN"
K = "2823-3^Potassium^LN"
NAMES = ("Ødegård", "Ærlig", "123", "202601030410")


def obx(code: str, value: str, unit: str = "mmol/L", *, kind: str = "NM", sub: str = "", **fields: str) -> str:
    """An OBX; `fields` by number, `f8="L"`. Status F unless `f11` says otherwise."""
    row = {"2": kind, "3": code, "4": sub, "5": value, "6": unit, "11": "F"}
    row |= {name[1:]: text for name, text in fields.items()}
    return "|".join(["OBX", *(row.get(str(number), "") for number in range(1, max(map(int, row)) + 1))])


def message(*segments: str, msh: str = MSH, pid: str = PID, obr: str = OBR) -> bytes:
    """A message of one patient and order, in UTF-8."""
    return "\r".join([msh, pid, *([obr] if obr else []), *segments, ""]).encode()


def lab(value: str = "0.41", unit: str = "mmol/L", **fields: str) -> bytes:
    """A message with one magnesium."""
    return message(obx(MG, value, unit, **fields))


def read_by_library(text: str) -> hl7.Message:
    """A message as the library `hl7` reads it: an independent check of what is written here."""
    found = hl7.parse(text)
    assert isinstance(found, hl7.Message)
    return found
