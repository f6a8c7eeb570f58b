"""Text of JSON, JSON Lines or YAML to plain values, strictly and in bounded memory.

Numbers stay exact (Decimal). Refused, with line and reason: text that is not UTF-8, files over the size limit, deep
nesting, duplicate keys, YAML anchors, aliases and tags (a few lines of them can unfold to gigabytes), NaN and Infinity.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 20


class DocumentError(ValueError):
    """A text that cannot be read; the message is one line that says where and why."""


def parse(data: bytes, *, name: str = "") -> list[Any]:
    """The documents in `data`: one for JSON, one a line for JSON Lines, one a `---` section for YAML.

    `name` is the file's name; its suffix decides the format, else the text does. A line of JSON Lines that cannot be
    read stands in the list as its DocumentError, so that the others are not lost with it. Raises DocumentError when
    nothing can be read.
    """
    suffix = name.rpartition(".")[2].lower()
    lines = suffix in {"jsonl", "ndjson"} or (suffix not in {"json", "yaml", "yml"} and _looks_like_lines(data))
    most = MAX_LINES_BYTES if lines else MAX_BYTES
    if len(data) > most:
        raise DocumentError(f"larger than {most // 1024 // 1024} MiB; give one file a case, or JSON Lines")
    text = decoded(data)
    if lines:
        return _lines(text)
    if suffix == "json":
        return [_json(text)]
    if suffix in {"yaml", "yml"} or text.lstrip()[:1] not in {"{", "["}:
        return _yaml(text)
    try:
        return [_json(text)]
    except DocumentError as error:
        try:
            return _yaml(text)  # YAML's own {flow: style}
        except DocumentError:
            raise error from None


def decoded(data: bytes, *, when_empty: str = "empty") -> str:
    """The text of a file. Raises DocumentError when it is not UTF-8, holds a NUL, or is empty (saying `when_empty`)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"not UTF-8 text (byte {error.start})") from None
    if "\0" in text:
        raise DocumentError("holds a NUL character; it is not a text file")
    if not text.strip():
        raise DocumentError(when_empty)
    return text


def _looks_like_lines(data: bytes) -> bool:
    """Whether data without a telling name is JSON Lines: its first line is a whole JSON object, and more follows."""
    first, _, rest = data.strip().partition(b"\n")
    return first.startswith(b"{") and first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise DocumentError(f"the key `{twice[:40]}` stands twice")
    return found


def _constant(text: str) -> Any:
    raise DocumentError(f"{text} is not a number JSON knows")


def _integer(text: str) -> Any:
    # Python refuses to parse integers of thousands of digits; a Decimal of them is refused later, cheaply.
    return int(text) if len(text) < 20 else Decimal(text)


def _json(text: str) -> Any:
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise DocumentError(f"not JSON: {error.msg}, line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise DocumentError(f"nested more than {MAX_DEPTH} deep") from None
    except ArithmeticError:
        raise DocumentError("a number is out of all bounds") from None
    if deeper(value, MAX_DEPTH):
        raise DocumentError(f"nested more than {MAX_DEPTH} deep")
    return value


def _lines(text: str) -> list[Any]:
    found: list[Any] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(_json(line))
            except DocumentError as error:
                found.append(DocumentError(f"line {number}: {error}"))
    return found


def deeper(value: object, most: int) -> bool:
    """Whether plain values of JSON are nested more than `most` deep, found without recursion."""
    level: list[dict[str, Any] | list[Any]] = [cast("Any", value)] if isinstance(value, dict | list) else []
    for _ in range(most):
        # Told by their type itself, which is fastest, as all that is read goes through here: parsers make no other kinds.
        level = [
            one
            for outer in level
            for one in (outer.values() if isinstance(outer, dict) else outer)
            if type(one) is dict or type(one) is list
        ]
        if not level:
            return False
    return bool(level)


# The scalars of YAML 1.2's core schema, and no others: `no`, `18:30` and dates stay text.
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


def _scalar(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if len(text) <= 400 and _NUMBER.fullmatch(text):
        try:
            return int(text) if len(text) < 20 and text.lstrip("+-").isdecimal() else Decimal(text)
        except ArithmeticError:
            raise DocumentError("a number is out of all bounds") from None
    return text


def _yaml(text: str) -> list[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _compose(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1} column {mark.column + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise DocumentError(f"not YAML: {reason}{where}") from None
    except RecursionError:
        raise DocumentError(f"nested more than {MAX_DEPTH} deep") from None


def _compose(events: Iterator[Any]) -> list[Any]:
    """Plain values from a stream of YAML events, without recursion and without anything that could unfold."""
    import yaml

    documents: list[Any] = []
    # Each open collection, with the key that waits for its value (None: none waits).
    stack: list[tuple[dict[str, Any] | list[Any], str | None]] = []

    def place(value: Any, line: int) -> None:
        if not stack:
            documents.append(value)
            return
        container, key = stack[-1]
        if isinstance(container, list):
            container.append(value)
        elif key is None:
            if isinstance(value, dict | list):
                raise DocumentError(f"line {line}: a key must be plain text")
            name = value if isinstance(value, str) else str(value)
            if name in container:
                raise DocumentError(f"line {line}: the key `{name[:40]}` stands twice")
            stack[-1] = (container, name)
        else:
            container[key] = value
            stack[-1] = (container, None)

    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DocumentError(f"line {line}: anchors and aliases are not accepted")
        if isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent) and event.tag and event.tag != "!":
            raise DocumentError(f"line {line}: tags such as {event.tag[:40]} are not accepted")
        if isinstance(event, yaml.ScalarEvent):
            place(_scalar(event.value) if event.implicit[0] else event.value, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(stack) >= MAX_DEPTH:
                raise DocumentError(f"line {line}: nested more than {MAX_DEPTH} deep")
            fresh: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
            place(fresh, line)
            stack.append((fresh, None))
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
    if not documents:
        raise DocumentError("empty")
    return documents
