"""The first page for parents, danger signs before anything else, and the page of what was kept on the device."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from neomag.knowledge import Source
from neomag.knowledge.caregiver import Caregiver, Number, load_caregiver
from neomag.knowledge.tables import caregiver_file, read_toml
from neomag.rules import rulebook
from neomag.web.page import language_of, page


@get("/parents", include_in_schema=False)
async def parents(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Danger signs, the number to call, and what else there is."""
    known, code = load_caregiver(), language_of(request).code
    cited = cited_in("danger", "numbers")
    return page(request, "parents/start.html", keep=True, known=known, numbers=numbers(known, code), cited=cited)


@get("/parents/kept", include_in_schema=False)
async def kept(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What the parent kept on this device: a script shows it, nothing of it is here."""
    return page(request, "parents/kept.html", keep=True, known=load_caregiver())


def numbers(known: Caregiver, code: str) -> tuple[Number, ...]:
    """The emergency numbers, those of the language's countries first."""
    return tuple(sorted(known.numbers, key=lambda number: code not in number.tongues))


def cited_in(*names: str) -> tuple[Source, ...]:
    """The sources that files of the words for parents name, in the order of the bibliography."""
    sources = rulebook().knowledge.sources
    keys = {key for name in names for key in _keys(read_toml(caregiver_file(f"{name}.toml")))}
    return tuple(source for key, source in sources.items() if key in keys)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        inner: list[Any] = list(value.values())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return set(value.get("sources", ())) | {key for one in inner for key in _keys(one)}  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType, reportUnknownVariableType]
    return set()
