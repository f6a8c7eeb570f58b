"""Responses of servers: their JSON, what an error says of itself, and how long to wait."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx

from neomag.fhir.client import FhirServerError

_LARGEST = 50_000_000


def read(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a response. Raises FhirServerError."""
    body = bytearray()
    try:
        for part in response.iter_bytes():
            body += part
            if len(body) > _LARGEST:
                raise FhirServerError("too-much", f"more than {_LARGEST} bytes")
        found: Any = json.loads(body)
    except (ValueError, RecursionError, httpx.HTTPError):
        found = None
    if not isinstance(found, dict):
        raise FhirServerError("not-fhir", "what the server gave is not JSON", status=response.status_code)
    return cast("dict[str, Any]", found)


def codes_of(response: httpx.Response) -> list[str]:
    """The issue types of an OperationOutcome; its texts, which may name patients, are not repeated."""
    try:
        said = read(response)
    except FhirServerError:
        return []
    issues: Any = said.get("issue")
    listed = cast("list[Any]", issues) if isinstance(issues, list) else []
    codes = [cast("dict[str, Any]", issue).get("code") for issue in listed if isinstance(issue, dict)]
    return [code for code in codes if isinstance(code, str) and code.replace("-", "").isalpha()]


def refused(what: str, response: httpx.Response, codes: Sequence[str] | None = None) -> FhirServerError:
    """The error that a response is; `codes` are its issue types, where they were read already."""
    status = response.status_code
    says = {401: "the server does not accept the token", 403: "the token does not allow it", 404: "not there"}
    codes = codes_of(response) if codes is None else codes
    return FhirServerError(
        "refused", f"{what}: {says.get(status, 'the server refused it')}, HTTP {status}", status=status, codes=codes
    )


def retry_after(response: httpx.Response) -> float | None:
    """Seconds of Retry-After, a number or a date; None where there is none that makes sense."""
    said = response.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def plain(text: str) -> str:
    """The beginning of a text of a server, fit to be shown."""
    return "".join(sign for sign in text if sign.isprintable())[:80]
