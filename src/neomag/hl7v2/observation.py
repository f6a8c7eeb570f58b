"""One result of a message (OBX with its notes, order and specimen) as an event of a case, or why it gives none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neomag import ages
from neomag.hl7v2.clock import Clock
from neomag.hl7v2.groups import Order
from neomag.hl7v2.message import Segment
from neomag.hl7v2.problem import Problem, at
from neomag.hl7v2.terms import Terms, coded, concept
from neomag.hl7v2.values import interval, said
from neomag.terminology import Binding, Concept, Meaning, meaning, read_result
from neomag.terminology.concepts import bound, word_in
from neomag.terminology.results import the_unit
from neomag.terminology.specimens import noted_haemolysis, other_specimen, tags_in


@dataclass(frozen=True, slots=True)
class Observed:
    """What one OBX says. `binding` is None where its code cannot be used; `event` where it gives none.

    `number` (order, code, sub-id) is what a correction refers to; `status` is OBX-11; `interval` the laboratory's own range.
    """

    obx: Segment
    binding: Binding | None
    status: str
    number: tuple[str, str, str] = ("", "", "")
    time: str = ""
    event: Mapping[str, Any] | None = None
    interval: Mapping[str, Any] | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def lab(self) -> str:
        """The analyte; '' when it is no laboratory result that neomag reads."""
        return self.binding.vocabulary if self.binding and self.binding.kind == "lab" else ""


def observe(obx: Segment, order: Order, terms: Terms) -> Observed | None:
    """What an OBX is, without its value; None when it is nothing neomag reads and is not called like it either."""
    called = concept(obx, 3)
    found = meaning(called, terms.bindings)
    status = obx.value(11) or (order.obr.value(25) if order.obr else "")
    if found.binding is None:
        return _not_used(obx, status, called, found, terms)
    if found.binding.kind not in {"lab", "infant"}:
        return None
    time = obx.value(14) or (order.obr.value(7) if order.obr else "") or _collected(order)
    number = (order.number, f"{found.binding.kind} {found.binding.vocabulary}", obx.value(4))
    if _other_specimen(found.binding, order, terms):
        return Observed(obx, None, status, number, time, problems=(_problem(obx, "specimen-conflict", terms, 3),))
    return Observed(obx, found.binding, status, number, time)


def _not_used(obx: Segment, status: str, called: Concept, found: Meaning, terms: Terms) -> Observed | None:
    """A result whose code cannot be used; None where neither code nor name is of anything neomag reads."""
    element = word_in(called.called, terms.bindings.words("element"))
    stands_for = {binding.vocabulary for binding in bound(called, terms.bindings)}
    if element is None and stands_for.isdisjoint(terms.knowledge.analytes):
        return None
    trouble = found.trouble or ""
    if trouble == "excluded-code" and element and not any(element in word for word in stands_for):
        trouble = "name-code-conflict"  # such as 2532-0, lactate dehydrogenase, called magnesium
    return Observed(obx, None, status, problems=(_problem(obx, trouble, terms, 3, found.detail),))


def valued(one: Observed, notes: Sequence[str], order: Order, clock: Clock, terms: Terms) -> Observed:
    """A laboratory result with its event: time, number and unit or flag, specimen."""
    obx, binding = one.obx, one.binding
    age, doubt = clock.read(one.time)
    problems: list[Problem] = [_problem(obx, doubt, terms, 14)] if doubt else []
    if doubt in {"bad-time", "before-birth"}:
        return Observed(obx, binding, one.status, one.number, one.time, problems=tuple(problems))
    given = said(obx, terms)
    result = read_result(one.lab, given, terms.bindings, terms.knowledge, stated=binding.property if binding else "")
    problems += [_problem(obx, t.code, terms, _FIELDS.get(t.code, 5), t.detail) for t in result.troubles]
    if "value" not in result.event and "flag" not in result.event and not result.troubles:
        problems.append(_problem(obx, "no-value", terms, 5))
    event = dict(result.event)
    if age is not None:
        event["at"] = ages.written(age)
    if tags := list(dict.fromkeys(_tags(obx, order, notes, terms))):
        event["specimen"] = tags
    unit, conflict = the_unit(given, terms.bindings, terms.knowledge)
    limits, refused = interval(obx, one.lab, None if conflict else unit, terms.knowledge)
    if refused:
        problems.append(_problem(obx, "interval-refused", terms, 7))
    return Observed(obx, binding, one.status, one.number, one.time, event, limits, tuple(problems))


_FIELDS = {"no-unit": 6, "unknown-unit": 6, "unit-text-conflict": 6, "code-unit-conflict": 6}


def _problem(obx: Segment, code: str, terms: Terms, field: int, detail: str = "") -> Problem:
    return at(obx, code, terms.says(code), field, detail)


def _collected(order: Order) -> str:
    return next((time for spm in order.specimens if (time := spm.value(17))), "")


def _specimen_words(order: Order, fields: Sequence[int]) -> str:
    """What the specimens of an order are called, in lower case: OBR-15, and the given fields of SPM."""
    obr = [order.obr.unescaped(order.obr.raw(15))] if order.obr else []
    return " ".join([*obr, *(spm.unescaped(spm.raw(field)) for spm in order.specimens for field in fields)]).lower()


def _other_specimen(binding: Binding, order: Order, terms: Terms) -> bool:
    """Whether the specimen is urine, red cells or the like and the code is not."""
    if binding.kind != "lab":
        return False
    codings = tuple(coding for spm in order.specimens for told in coded(spm, 4) for coding in told.codings)
    return other_specimen(binding.vocabulary, Concept(codings, _specimen_words(order, (4,))), terms.bindings)


def _tags(obx: Segment, order: Order, notes: Sequence[str], terms: Terms) -> Iterator[str]:
    """What is wrong with the sample: type, additive, condition and container of the specimen, or the name of the result;
    haemolysis also from notes.
    """
    for specimen in order.specimens:
        for field in (4, 6, 24, 27):
            for told in coded(specimen, field):
                yield from (b.vocabulary for b in bound(told, terms.bindings, ("specimen",)))
    yield from tags_in(f"{_specimen_words(order, (4, 6, 24, 27))} {concept(obx, 3).called}", terms.bindings)
    if any(noted_haemolysis(note, terms.bindings) for note in (*notes, *order.notes)):
        yield "haemolysed"
