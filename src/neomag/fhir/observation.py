"""Observation: a laboratory result, a sign, or a weight or gestation of the infant; each component of it is one too."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from neomag.fhir.node import Node
from neomag.fhir.record import Record
from neomag.fhir.reference_range import note_range
from neomag.fhir.specimen import tags_of
from neomag.terminology import Meaning, Said, meaning, plain, read_result
from neomag.terminology.bindings import entries

_KEPT = {"final", "amended", "corrected", "preliminary", "appended"}
_TIMES = ("effectiveDateTime", "effectiveInstant", "effectivePeriod.start", "effectivePeriod.end", "issued")
_VALUES = (
    "valueQuantity", "valueString", "valueInteger", "valueCodeableConcept", "valueBoolean", "valueRange", "valueRatio",
    "valueSampledData", "valueTime", "valueDateTime", "valuePeriod",
)  # fmt: skip


def read_observation(node: Node, record: Record) -> None:
    """Add the events of an Observation and of its components."""
    status = node.text("status")
    if status == "entered-in-error":
        record.note("entered-in-error", node.where("status"))
        return
    if status not in _KEPT:
        record.note("not-final", node.where("status"))
        return
    if not record.about(node):
        return
    if node.has("focus"):
        record.note("other-focus", node.where("focus"))
        return
    components = list(node.children("component"))
    if _says_something(node) or not (components or node.has("hasMember")):
        _read(node, node, record)
    elif node.has("hasMember"):
        record.note("panel", node.at)
    for component in components:
        if record.understood(component):
            _read(component, node, record)


def _says_something(node: Node) -> bool:
    return any(node.has(name) for name in (*_VALUES, "interpretation", "dataAbsentReason"))


def _read(part: Node, whole: Node, record: Record) -> None:
    """One observation, or one component (`part`) of it; subject, time and specimen are those of the `whole`."""
    concept = record.concept(part.child("code"))
    means = meaning(concept, record.bindings)
    if means.binding is None:
        _unused(part, means, record)
        return
    kind, word = means.binding.kind, means.binding.vocabulary
    if kind not in {"lab", "sign", "condition", "infant"}:
        record.note("unbound-code", part.where("code"), means.source_code)
        return
    said = _said(part, record) if kind in {"lab", "infant"} else None
    if kind == "lab" and said and said.value is None and not said.flag and part.has("dataAbsentReason"):
        record.note("not-measured", part.where("dataAbsentReason"), word)
        return
    truth = part.truth("valueBoolean")
    if kind in {"sign", "condition"} and truth is None and _says_something(part):
        # Without any of these an observation of a sign says that it was seen.
        missing = part.has("dataAbsentReason")
        where = part.where("dataAbsentReason" if missing else "value")
        record.note("not-measured" if missing else "not-understood", where, means.source_code)
        return
    counts, age = record.age(whole, *_TIMES)
    if not counts:
        return
    if kind == "infant" and said:
        _trait(word, said, age, part, record)
    elif kind == "lab" and said:
        tags = tags_of(concept, whole, word, record)
        if tags is None:
            record.note("specimen-conflict", whole.where("specimen"), means.source_code)
            return
        result = read_result(word, said, record.bindings, record.knowledge, stated=means.binding.property)
        for trouble in result.troubles:
            record.note(trouble.code, part.where("value"), trouble.detail)
        if said.value is None and not said.flag:
            record.note("no-value", part.at, word)
        note_range(part, word, age, record)
        record.add(whole, {**result.event, **({"specimen": tags} if tags else {})}, age)
    else:
        record.add(whole, {kind: word} | ({"absent": True} if truth is False else {}), age)


def _unused(part: Node, means: Meaning, record: Record) -> None:
    detail = ", ".join(filter(None, (means.source_code, means.detail)))
    record.note(means.trouble or "unbound-code", part.where("code"), detail)


def _said(part: Node, record: Record) -> Said:
    """The value as it is written; what is not a Quantity is text, and text is no number."""
    flags = {word for concept in part.children("interpretation") if (word := _flag(concept, record))}
    flag = flags.pop() if len(flags) == 1 else None
    quantity = part.child("valueQuantity")
    if quantity is None or quantity.number("value") is None:
        texts = any(part.has(name) for name in _VALUES if name not in {"valueQuantity", "valueBoolean"})
        return Said("text" if texts else None, flag=flag)
    code, unit = record.unit(quantity)
    return Said(quantity.number("value"), quantity.text("comparator"), unit, code, flag)


def _flag(concept: Node, record: Record) -> str | None:
    return record.word(concept, "flag", "v3-ObservationInterpretation")


def _trait(trait: str, said: Said, age: int | None, part: Node, record: Record) -> None:
    """A weight in g or a gestation in weeks, by the factors of records.toml; what is out of band the case reader judges."""
    table = entries(record.bindings.records["ages" if trait == "gestation" else "weights"])
    factors = {plain(unit): Fraction(factor) for unit, factor in table.items()}
    factor = factors.get(plain(said.code or said.unit or ""))
    usable = isinstance(said.value, int | float | Decimal) and said.value > 0
    if factor is None or said.comparator or not usable:
        record.note("trait-unit", part.where("value"), trait)
        return
    amount = float(Fraction(Decimal(str(said.value))) * factor)
    # Six decimals where nothing is divided, as a cohort has it: 4.1 kg are 4100 g and not a little more.
    record.traits.add(trait, age, round(amount, 6) if factor.denominator == 1 else amount)
