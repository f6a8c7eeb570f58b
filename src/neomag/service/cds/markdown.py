"""Text as GitHub Flavored Markdown that shows it and does nothing else: what an order says must not become a link or markup."""

from __future__ import annotations

import re
from functools import lru_cache

from neomag.knowledge import Knowledge

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&@])")
_LINK = re.compile(r"(?<=[A-Za-z0-9])(://|:(?=\S)|\.(?=[A-Za-z]))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str) -> str:
    """Text without line ends, control characters and marks that change the direction of writing."""
    return " ".join(_CONTROL.sub(" ", text).split())


def escaped(text: str) -> str:
    """Text in which nothing is markup, and no address becomes a link by itself."""
    return _LINK.sub(lambda found: "\\" + found[0], _MARKS.sub(r"\\\1", one_line(text)))


@lru_cache(maxsize=2_000)
def cited(says: str, sources: tuple[str, ...], knowledge: Knowledge) -> str:
    """A sentence with links to its sources; a source without an address is named."""
    found: list[str] = []
    for key in dict.fromkeys(sources):
        source = knowledge.sources.get(key)
        if source is not None:
            found.append(f"[{escaped(key)}](<{source.link}>)" if source.link else escaped(key))
    return escaped(says) + (f" ({', '.join(found)})" if found else "")


def shortened(text: str, most: int) -> str:
    """Text of at most `most` characters, cut between words."""
    plain = one_line(text)
    if len(plain) <= most:
        return plain
    cut = plain[: most - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.") + "…"
