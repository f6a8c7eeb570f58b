"""Reads what a request gives: its JSON body, strictly, and the parameters of its query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from neomag.asking.form import faults
from neomag.asking.values import read_value
from neomag.case.documents import DocumentError
from neomag.nearest import hint
from neomag.service.limits import Workers
from neomag.service.openapi import JSON, Parameter, Schema
from neomag.service.problems import Fault, ProblemError

if TYPE_CHECKING:
    from litestar import Request

_CHARSET = re.compile(r'charset\s*=\s*"?([^";\s]+)', re.IGNORECASE)
_MOST_PARAMETERS = 50
_MOST_FAULTS = 100
# The bytes of a body that is read where it arrives; a larger one is read in a thread, so that no other request waits for it.
SMALL = 16 * 1024
# A record of FHIR of so many bytes is answered in a thread: the same says much more in FHIR than in a case.
LARGE = 100_000
_TRUTHS = {"true": True, "false": False}


async def read_json(request: Request[Any, Any, Any]) -> Any:
    """The body as plain values; numbers with a point are Decimal.

    Raises ProblemError: 415 for another type, 400 for a byte order mark, text that is not UTF-8, what is not JSON, a key that
    stands twice, NaN and Infinity, numbers out of all bounds, half a surrogate pair, nesting that is too deep.
    """
    said = request.headers.get("content-type", "")
    media, _, more = said.partition(";")
    media = media.strip().lower()
    charset = _CHARSET.search(more)
    if media != JSON and not (media.startswith("application/") and media.endswith("+json")):
        raise _unsupported("Content-Type", f"`{said[:60]}` is not read; send {JSON}" if said else f"missing; send {JSON}")
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise _unsupported("Content-Type", f"charset `{charset[1][:30]}` is not read; send UTF-8")
    if (coding := request.headers.get("content-encoding", "identity").lower()) != "identity":
        raise _unsupported("Content-Encoding", f"`{coding[:30]}` is not read; send the body as it is")
    body = await request.body()
    if len(body) <= SMALL:
        return parsed(body)
    workers: Workers = request.app.state.workers
    return await workers.run(parsed, body)


def parsed(data: bytes) -> Any:
    """The one JSON value in `data`. Raises ProblemError, as `read_json` does."""
    try:
        return read_value(data)
    except DocumentError as error:
        raise _unreadable(str(error)) from None


def _unreadable(says: str) -> ProblemError:
    return ProblemError.of("unreadable-json", says, [Fault("", says)])


def _unsupported(header: str, says: str) -> ProblemError:
    return ProblemError.of("unsupported-media-type", f"{header}: {says}", [Fault(header, says)], Accept=JSON)


def read_query(request: Request[Any, Any, Any], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The parameters of the query, as their schemas have them; one that is not given takes its default.

    Raises ProblemError with every fault: a name that is not known or stands twice, a value that its schema does not accept.
    """
    known = {parameter.name: parameter for parameter in parameters if parameter.place == "query"}
    text = request.scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except (UnicodeDecodeError, ValueError):
        raise ProblemError.of("bad-request", "the query cannot be read; write name=value pairs in UTF-8, at most 50") from None
    given: dict[str, Any] = {}
    found: list[Fault] = []
    for name, value in pairs:
        where = f"?{name[:60]}"
        if name not in known:
            found.append(Fault(where, f"there is no such parameter{hint(name, known)}; accepted: {', '.join(known) or 'none'}"))
        elif name in given:
            found.append(Fault(where, "stands twice"))
        else:
            given[name] = _typed(value, known[name].schema)
            found += faults(given[name], known[name].schema, where)
    found += [Fault(f"?{name}", "missing") for name, of in known.items() if of.required and name not in given]
    if found:
        raise ProblemError.not_valid(found)
    return {name: given.get(name, parameter.schema.get("default")) for name, parameter in known.items()}


def _typed(text: str, schema: Schema) -> Any:
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    if schema.get("type") == "boolean":
        return _TRUTHS.get(text, text)
    return text
