"""What was sent: the Parameters of `$assess`, or a Bundle, taken apart into the patient, the resources and the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from neomag.case.documents import deeper
from neomag.fhir.node import MOST_DEPTH, Node
from neomag.fhir.own import UCUM_NAMES
from neomag.fhir.problems import FhirInputError, Problem, problem, refusal
from neomag.nearest import hint

PARAMETERS = ("patient", "now", "setting", "resource", "bundle", "interval")
_BUNDLES = ("collection", "searchset", "document", "message", "transaction", "batch")
MOST_RESOURCES = 20_000


@dataclass(slots=True)
class Contents:
    """The parts of what was sent. `resources` are in the order sent, each with the address it was given, if any."""

    resources: list[tuple[Node, str | None]] = field(default_factory=list["tuple[Node, str | None]"])
    patient: str | None = None
    now: tuple[str, str] | None = None
    setting: str | None = None
    intervals: dict[str, Any] = field(default_factory=dict[str, Any])
    faults: list[Problem] = field(default_factory=list[Problem])
    problems: list[Problem] = field(default_factory=list[Problem])


def contents(resource: object) -> Contents:
    """The contents of a Parameters or Bundle. Raises FhirInputError for what is neither, or is nested too deep.

    Other faults are collected in `faults`, so that all are told at once.
    """
    if not isinstance(resource, Mapping):
        raise FhirInputError([refusal("", "a FHIR R4 resource, Parameters or Bundle, is expected", "structure")])
    if deeper(cast("object", resource), MOST_DEPTH):
        raise FhirInputError([refusal("", f"nested more than {MOST_DEPTH} deep", "too-costly")])
    found = Contents()
    given = cast("Mapping[str, Any]", resource)
    kind = given.get("resourceType")
    top = Node(given, str(kind), found.faults)
    if kind == "Parameters":
        _parameters(top, found)
    elif kind == "Bundle":
        _bundle(top, found)
    else:
        said = f"`{str(kind)[:40]}` is not read here; send Parameters or a Bundle of FHIR R4"
        raise FhirInputError([refusal("resourceType", said, "not-supported")])
    if len(found.resources) > MOST_RESOURCES:
        raise FhirInputError([refusal(top.at, f"more than {MOST_RESOURCES} resources", "too-costly")])
    return found


def _parameters(top: Node, found: Contents) -> None:
    for parameter in top.children("parameter"):
        name = parameter.text("name") or ""
        if name == "now":
            if said := _one(parameter, "valueDateTime", "valueInstant"):
                found.now = said, parameter.where("valueDateTime")
        elif name == "setting":
            found.setting = _one(parameter, "valueCode", "valueString")
        elif name == "interval":
            _interval(parameter, found)
        elif name == "patient" and not parameter.has("resource"):
            reference = parameter.child("valueReference")
            found.patient = reference.text("reference") if reference else _one(parameter, "valueString", "valueId")
        elif name in {"patient", "resource", "bundle"}:
            _resource(name, parameter, found)
        else:
            said = f"parameter `{name[:40]}` is not known{hint(name, PARAMETERS)}; accepted: {', '.join(PARAMETERS)}"
            found.faults.append(refusal(parameter.where("name"), said, "not-supported"))


def _resource(name: str, parameter: Node, found: Contents) -> None:
    resource = parameter.child("resource")
    if resource is None:
        parameter.fault("resource", "a resource")
    elif resource.kind == "Bundle":
        _bundle(resource, found)
    elif name == "bundle":
        resource.fault("resourceType", "a Bundle")
    elif name == "patient" and resource.kind != "Patient":
        resource.fault("resourceType", "a Patient")
    else:
        if name == "patient":
            found.patient = resource.text("id")
        _add(resource, None, found)


def _bundle(bundle: Node, found: Contents) -> None:
    kind = bundle.text("type")
    if kind not in _BUNDLES:
        accepted = f"a bundle of type `{str(kind)[:40]}` is not read; accepted: {', '.join(_BUNDLES)}"
        found.faults.append(refusal(bundle.where("type"), accepted, "not-supported"))
        return
    if any(link.text("relation") == "next" for link in bundle.children("link")):
        found.problems.append(problem("partial", [bundle.where("link")]))
    for entry in bundle.children("entry"):
        resource = entry.child("resource")
        if resource is not None:
            _add(resource, entry.text("fullUrl"), found)


def _add(resource: Node, url: str | None, found: Contents) -> None:
    kind = resource.kind
    if kind == "OperationOutcome":
        if any(issue.text("severity") != "information" for issue in resource.children("issue")):
            found.problems.append(problem("search-warning", [resource.at]))
    elif kind == "Bundle":
        _bundle(resource, found)
    elif not kind:
        resource.fault("resourceType", "the type of the resource")
    else:
        found.resources.append((resource, url))


def _one(parameter: Node, *names: str) -> str | None:
    for name in names:
        if parameter.has(name):
            return parameter.text(name)
    parameter.fault("value", f"{' or '.join(names)}")
    return None


def _interval(parameter: Node, found: Contents) -> None:
    """The local laboratory's interval of one analyte: parts analyte, low, high."""
    parts = {part.text("name"): part for part in parameter.children("part")}
    analyte = _one(parts["analyte"], "valueCode", "valueString") if "analyte" in parts else None
    if analyte is None:
        parameter.fault("part", "a part `analyte` with a code, and `low`, `high` or both")
        return
    limits: dict[str, Any] = {}
    for side in ("low", "high"):
        if side in parts and (quantity := parts[side].child("valueQuantity")) is not None:
            limits[side] = quantity.number("value")
            unit = quantity.text("code") if quantity.text("system") in UCUM_NAMES else quantity.text("unit")
            if limits.setdefault("unit", unit) != unit:
                quantity.fault("unit", f"the same unit as the other limit, `{limits['unit']}`,")
    found.intervals[analyte] = limits


def each_kind(resources: list[tuple[Node, str | None]]) -> Iterator[tuple[str, list[Node]]]:
    """The resources by type, in the order in which each type first came."""
    kinds: dict[str, list[Node]] = {}
    for resource, _ in resources:
        kinds.setdefault(resource.kind, []).append(resource)
    yield from kinds.items()
