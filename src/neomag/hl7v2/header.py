"""The header of a message (MSH): from whom, of what kind, and how it wants to be acknowledged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from neomag.hl7v2 import faults
from neomag.hl7v2.message import Segment

KINDS = {"ORU": ("R01",), "ORM": ("O01",), "OML": ("O21",)}
_VERSION = re.compile(r"2\.[1-9](\.[1-9])?")


@dataclass(frozen=True, slots=True)
class Header:
    """What MSH says. `accept` and `application` are MSH-15 and MSH-16: AL, NE, ER, SU, or '' (original mode)."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    time: str
    kind: str
    event: str
    control: str
    processing: str
    version: str
    accept: str
    application: str


def told(msh: Segment) -> Header:
    """What a header says, whether or not it can be used."""
    return Header(
        (msh.value(3), msh.value(4)), (msh.value(5), msh.value(6)), msh.value(7), msh.value(9), msh.value(9, 2), msh.value(10),
        msh.value(11), msh.value(12), msh.value(15), msh.value(16),
    )  # fmt: skip


def header(msh: Segment, processing: Sequence[str]) -> Header:
    """The header of a message that is read here. Raises MessageError for other kinds, versions and processing ids."""
    head = told(msh)
    if head.kind not in KINDS:
        raise faults.rejected(faults.TYPE, "this type is not read; accepted: ORU^R01, ORM^O01, OML^O21", "MSH", 9)
    if head.event not in KINDS[head.kind]:
        accepted = ", ".join(f"{head.kind}^{event}" for event in KINDS[head.kind])
        raise faults.rejected(faults.EVENT, f"this event is not read; accepted: {accepted}", "MSH", 9)
    if not head.control:
        raise faults.rejected(faults.MISSING, "the message control id is missing", "MSH", 10)
    if head.processing not in processing:
        raise faults.rejected(
            faults.PROCESSING, f"this processing id is not read; accepted: {', '.join(processing)}", "MSH", 11
        )
    if not _VERSION.fullmatch(head.version):
        raise faults.rejected(faults.VERSION, "this version is not read; accepted: 2.1 to 2.9", "MSH", 12)
    return head
