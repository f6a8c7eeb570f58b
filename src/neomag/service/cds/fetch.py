"""Reads from the client's FHIR server what a call did not bring, with the token that came with it.

Only servers that are named in the settings are called: an address in a request must not make this service call any host.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from neomag.fhir.client import FhirClient, FhirServerError, Limits
from neomag.fhir.infant import medications_of
from neomag.service.cds.asked import Asked
from neomag.service.cds.prefetch import Had, Json, missing
from neomag.service.settings import Settings

# The rest of the time of a request is for the answer.
_SHARE = 0.7
_PAGE = 200


def trusted(asked: Asked, settings: Settings) -> str | None:
    """Why nothing can be fetched for this call; None when it can."""
    if asked.server is None:
        return "fhirServer was not sent"
    if asked.server.rstrip("/") not in settings.smart_servers:
        return "fhirServer is not among the servers that are trusted here (setting smart_servers)"
    return None


def fetched(
    asked: Asked, wanted: Sequence[Had], settings: Settings, transport: httpx.BaseTransport | None = None
) -> tuple[dict[str, Json], list[str]]:
    """The resources of the templates `wanted`, by key, and the keys of those that were not needed and could not be had.

    Raises ProblemError (412) when a required one cannot be had.
    """
    why = trusted(asked, settings)
    required = [one for one in wanted if one.template.required]
    if why is not None:
        if required:
            raise missing(required, why)
        return {}, [one.template.key for one in wanted]
    total = settings.timeout * _SHARE
    found: dict[str, Json] = {}
    unread: list[str] = []
    try:
        client = FhirClient(
            asked.server or "", token=asked.token, limits=Limits(request_s=total / 2, total_s=total), transport=transport
        )
    except FhirServerError as error:
        raise missing(required or wanted, str(error)) from None
    with client:
        for one in wanted:
            try:
                found[one.template.key] = _one(client, one.template.of(asked.patient))
            except FhirServerError as error:
                if one.template.required:
                    raise missing([one], str(error)) from None
                unread.append(one.template.key)
        medications = _medications(client, found)
    if medications:
        found["medications"] = {"resourceType": "Bundle", "type": "collection", "entry": medications}
    return found, unread


def _one(client: FhirClient, query: str) -> Json:
    kind, _, search = query.partition("?")
    if not search:
        return client.read(kind)
    pairs = [*parse_qsl(search), ("_count", str(_PAGE))]
    entries = client.search(f"{kind}?{urlencode(pairs)}")
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def _medications(client: FhirClient, found: dict[str, Json]) -> list[dict[str, Any]]:
    """The medications that drugs given or ordered refer to; those that cannot be read stay unresolved."""
    entries = [entry for key in ("given", "orders") for entry in found.get(key, {}).get("entry", ())]
    try:
        return medications_of(client, entries)
    except FhirServerError:
        return []
