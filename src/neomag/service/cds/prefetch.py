"""What came with a call, key by key: had, none, or to be fetched. What is absent never counts as `there is nothing`.

absent             not sent: fetched, else 412
null               fetched, else 412; with `cds_null_is_empty` there is nothing, as CDS Hooks 2.0 means it
an empty Bundle    there is nothing
OperationOutcome   the client failed to read it: fetched, else 412
a Bundle of which more pages follow, that counts more (`total`) than it holds, or holds an error: fetched whole, else 412
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from neomag.service.cds.entries import Template
from neomag.service.problems import Fault, ProblemError

Json = Mapping[str, Any]
_TROUBLES = {
    "absent": "not sent",
    "null": "null, which does not say that there is nothing",
    "outcome": "an OperationOutcome: the client could not read it",
    "partial": "one page of several, fewer entries than its total, or with an error among them",
}


@dataclass(frozen=True, slots=True)
class Had:
    """What there is of one key: `resource`, or why not (`trouble`: absent, null, outcome, partial)."""

    template: Template
    resource: Json | None
    trouble: str | None = None

    @property
    def says(self) -> str:
        """Why it cannot be used."""
        return _TROUBLES[self.trouble or "absent"]


def had(template: Template, prefetch: Json, *, null_is_empty: bool) -> Had:
    """What came for a template. Raises ProblemError (422) for what is no FHIR resource of the kind asked for."""
    key = template.key
    if key not in prefetch:
        return Had(template, None, "absent")
    value: object = prefetch[key]
    if value is None:
        nothing = null_is_empty and "?" in template.query
        return Had(template, {"resourceType": "Bundle", "type": "searchset"}) if nothing else Had(template, None, "null")
    kind: object = cast("Json", value).get("resourceType") if isinstance(value, dict) else None
    resource = cast("Json", value)
    if kind == "OperationOutcome":
        return Had(template, None, "outcome")
    wanted = "Bundle" if "?" in template.query else template.query.partition("/")[0]
    if kind != wanted:
        raise ProblemError.not_valid([Fault(f"/prefetch/{key}", f"null, a {wanted} or an OperationOutcome is expected")])
    if kind == "Bundle" and (_links_on(resource) or _counts_more(resource) or _has_error(resource)):
        return Had(template, None, "partial")
    return Had(template, resource)


def missing(found: Sequence[Had], detail: str) -> ProblemError:
    """The refusal (412) to answer without what is needed."""
    faults = [Fault(f"/prefetch/{one.template.key}", one.says) for one in found]
    keys = ", ".join(one.template.key for one in found)
    return ProblemError.of("data-missing", f"{keys}: needed, and not to be had. {detail}", faults)


def _dicts(value: object) -> list[Json]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Json", item) for item in items if isinstance(item, dict)]


def _links_on(bundle: Json) -> bool:
    return any(link.get("relation") == "next" for link in _dicts(bundle.get("link")))


def _counts_more(bundle: Json) -> bool:
    """Whether the total of a search is more than what came: such as of a count alone."""
    total: object = bundle.get("total")
    matches = [e for e in _dicts(bundle.get("entry")) if _mode(e) not in {"include", "outcome"}]
    return isinstance(total, int) and total > len(matches)


def _mode(entry: Json) -> object:
    search: object = entry.get("search")
    return cast("Json", search).get("mode") if isinstance(search, dict) else None


def _has_error(bundle: Json) -> bool:
    for entry in _dicts(bundle.get("entry")):
        resource: object = entry.get("resource")
        if isinstance(resource, dict) and cast("Json", resource).get("resourceType") == "OperationOutcome":
            issues = _dicts(cast("Json", resource).get("issue"))
            if any(issue.get("severity") in {"fatal", "error"} for issue in issues):
                return True
    return False
