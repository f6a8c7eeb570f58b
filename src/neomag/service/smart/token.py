"""The code of a login exchanged for an access token. The token is held for one request, and written nowhere."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote_plus

import httpx

from neomag.service.settings import Settings
from neomag.service.smart.launches import Launch
from neomag.service.smart.refusal import Refusal, error_code
from neomag.service.smart.scopes import NEEDED, lacking

_LARGEST = 100_000
_PATIENCE = 10.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Token:
    """What a login gave: the access token, the infant of the launch, and the types that may not be read."""

    access: str = field(repr=False)
    patient: str
    missing: tuple[str, ...]


def exchange(launch: Launch, code: str, settings: Settings) -> Token:
    """The token for a code. Raises Refusal: 502 when none is given or it is unfit, 403 when it opens too little, 422 without
    an infant."""
    said = _asked(launch, code, settings)
    access, kind = said.get("access_token"), said.get("token_type")
    if not isinstance(access, str) or not _TOKEN.fullmatch(access):
        raise Refusal(502, "The login gave no access token.")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise Refusal(502, "The login gave a token of a kind that is not known; `Bearer` is accepted.")
    granted = said.get("scope")
    if not isinstance(granted, str):
        raise Refusal(502, "The login does not say what may be read (scope).", "Tell whoever runs that server.")
    missing = lacking(granted)
    if needed := [name for name in NEEDED if name in missing]:
        raise Refusal(403, f"The login does not allow to read {', '.join(needed)}. An answer without them would be a guess.")
    patient = said.get("patient")
    if not isinstance(patient, str) or not _ID.fullmatch(patient):
        raise Refusal(
            422,
            "The login named no patient.",
            "Open the record of the infant first, then launch neomag from it. Some launchers choose no patient by themselves "
            "(AUTO), or need an encounter too: choose them.",
        )
    return Token(access, patient, tuple(missing))


def _asked(launch: Launch, code: str, settings: Settings) -> dict[str, Any]:
    """What the token endpoint says to the code. Raises Refusal (502, 504)."""
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": launch.redirect, "code_verifier": launch.verifier,
    }  # fmt: skip
    client, secret = settings.smart_client_id or "", settings.smart_client_secret
    basic = None
    if secret is None:
        form["client_id"] = client
    else:
        basic = httpx.BasicAuth(quote_plus(client), quote_plus(secret))  # as RFC 6749, 2.3.1, writes them
    headers = {"Accept": "application/json"}
    body = bytearray()
    try:
        with (
            httpx.Client(timeout=_PATIENCE, follow_redirects=False, auth=basic) as http,
            http.stream("POST", launch.configuration.token, data=form, headers=headers) as response,
        ):
            for part in response.iter_bytes():
                body += part
                if len(body) > _LARGEST:
                    raise Refusal(502, "The login gave more than a token.")
            status = response.status_code
    except httpx.TimeoutException:
        raise Refusal(504, "The login did not answer in time.") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise Refusal(502, "The login cannot be reached.") from None
    try:
        read: Any = json.loads(body)
    except (ValueError, RecursionError):
        read = None
    said = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    if status != 200:
        raise Refusal(502, f"The login gave no token{error_code(said.get('error'))}.")
    return said
