"""The kinds of value a setting can have. Each reads what a TOML file or the environment holds, or says what is accepted."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit

from neomag.service.loopback import is_loopback
from neomag.zones import zone_of

Read = Callable[[Any], Any]
NONE: Mapping[str, str] = MappingProxyType({})


class Refused(ValueError):  # noqa: N818 - it is what happens to the value
    """A value that a setting cannot have; the text says what is accepted."""


def place(error: Exception) -> str:
    """Where a TOML error is, without what stands there."""
    found = re.search(r"line \d+, column \d+", str(error))
    return found[0] if found else "at its end"


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise Refused("write a text that is not empty")
    return value.strip()


def zone(value: Any) -> str:
    """The name of a time zone."""
    try:
        return zone_of(text(value)).key
    except ValueError as error:
        raise Refused(str(error)) from None


def yes_no(value: Any) -> bool:
    """True or false."""
    said = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(str(value).lower())
    if said is None:
        raise Refused("write true or false")
    return said


def number(least: float, most: float) -> Read:
    """A number from `least` to `most`."""

    def read(value: Any) -> float:
        try:
            found = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            found = math.nan
        if not least <= found <= most:
            raise Refused(f"write a number from {least:g} to {most:g}")
        return found

    return read


def address(value: Any) -> tuple[str, int]:
    """A host and a port, written HOST:PORT."""
    host, _, port = text(value).rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise Refused("write HOST:PORT")
    return host.strip("[]"), int(port)


def whole(least: int, most: int) -> Read:
    """A whole number from `least` to `most`."""

    def read(value: Any) -> int:
        try:
            found = None if isinstance(value, bool | float) else int(value)
        except (TypeError, ValueError):
            found = None
        if found is None or not least <= found <= most:
            raise Refused(f"write a whole number from {least} to {most}")
        return found

    return read


def one_of(*words: str) -> Read:
    """One of some words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in words:
            raise Refused(f"write one of {', '.join(words)}")
        return value.lower()

    return read


def url(value: Any) -> str:
    """An address of the web without a trailing slash: https, or http on this machine."""
    written = text(value)
    try:
        parts = urlsplit(written)
        usable = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        usable = usable and bool(parts.hostname) and parts.username is None and not parts.fragment and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", written):
        raise Refused("write an address such as https://ehr.example/path (http on this machine only)")
    return written.rstrip("/")


def _several(value: Any) -> list[Any]:
    """A list, or the parts of a text between commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list | tuple):
        return list(cast(list[Any], value))
    raise Refused("write a list, or texts between commas")


def files(value: Any) -> tuple[Path, ...]:
    """Files; whether they can be read shows when they are."""
    return tuple(Path(text(part)) for part in _several(value))


def urls(value: Any) -> tuple[str, ...]:
    """Addresses of the web."""
    return tuple(url(part) for part in _several(value))


def origins(value: Any) -> tuple[str, ...]:
    """Origins of browsers: scheme, host and port. `*` is refused: answers hold the data of patients."""
    found = urls(value)
    if any(urlsplit(one).path or urlsplit(one).query for one in found):
        raise Refused("write origins such as https://ehr.example, without a path")
    return found


def pairs(value: Any) -> Mapping[str, str]:
    """Texts that name addresses: a table in TOML, a JSON object in the environment."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise Refused('write a table, or in the environment {"issuer": "https://…"}')
    return MappingProxyType({text(name): url(one) for name, one in cast(dict[str, Any], value).items()})


def store(value: Any) -> str:
    """The address of a database: SQLite in a file, or PostgreSQL."""
    written = text(value)
    if not re.match(r"sqlite:///[^?]|postgres(ql)?(\+psycopg)?://", written):
        raise Refused("write sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    return written
