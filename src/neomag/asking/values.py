"""JSON text to the one plain value in it, strictly."""

from __future__ import annotations

import json
import re
from typing import Any

from neomag.case.documents import DocumentError, parse

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_value(data: bytes) -> Any:
    """The value in `data`; numbers with a point are Decimal.

    Raises DocumentError for text that is not UTF-8, what is not JSON, a key that stands twice, NaN and Infinity, numbers out of
    all bounds, half a surrogate pair, nesting that is too deep, and too much of it.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        raise DocumentError("the body begins with a byte order mark; JSON has none")
    found = parse(data, name="body.json")[0]
    if isinstance(found, DocumentError):
        raise found
    # A pair of escapes is one sign; half a pair is none, and no answer could quote it.
    if _SURROGATE.search(data) and not _writable(found):
        raise DocumentError("a text holds half a surrogate pair, which is no character")
    return found


def _writable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True
