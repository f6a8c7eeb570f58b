"""A page as a response: its template in a language, and the headers that let it load nothing but its own files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from markupsafe import Markup

from neomag import __version__
from neomag.web.assets import address
from neomag.web.languages import DEFAULT, LANGUAGES, Language

# No inline script or style, nothing from elsewhere, no frame around it.
POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
        "manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@cache
def _environment(code: str) -> Environment:
    """Templates in one language. What a page says stands in `_()`, the wording of the knowledge in `say()`."""
    language = LANGUAGES[code]
    environment = Environment(
        loader=PackageLoader("neomag.web", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )  # fmt: skip
    environment.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(  # type: ignore[reportUnknownMemberType]
        {
        "language": language, "languages": tuple(LANGUAGES.values()), "asset": address, "version": __version__,
        "say": language.say, "number": language.number, "age": language.age, "words": _words, "fill": _fill,
        }
    )  # fmt: skip
    return environment


def _fill(text: str, **values: str) -> str:
    """A wording of the knowledge, said already, with its holes filled: `fill(say(text), ml=number(590))`."""
    for hole, value in values.items():
        text = text.replace("{" + hole + "}", value)
    return text


def _words(block: str = "words", /, **said: Any) -> Markup:
    """What a script says, as a block of data that runs nothing: `words(stop=_("Stop"))`; `block` names one of several."""
    text = json.dumps(said, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(f'<script type="application/json" id="{block}">{text}</script>')


def rendered(template: str, language: Language, **values: Any) -> str:
    """A template as text."""
    return _environment(language.code).get_template(template).render(**values)


def page(
    request: Request[Any, Any, Any], template: str, *, status: int = 200, keep: bool = False, language: Language | None = None,
    here: str | None = None, **values: Any,
) -> Response[bytes]:  # fmt: skip
    """A page in the language of its address, or in `language`. `keep`: it is the same for everybody and may be kept by the
    browser. `here` is the path to which links to the other languages lead, where it is another than that of the address."""
    language = language or language_of(request)
    rest = request.url.path.removeprefix(f"/{language.code}") if here is None else here
    text = rendered(template, language, here=rest, **values)
    headers = {**HEADERS, "Content-Language": language.tag, "Cache-Control": "no-cache" if keep else "no-store"}
    return written(request, text, status, headers)


def written(request: Request[Any, Any, Any], text: str, status: int, headers: Mapping[str, str]) -> Response[bytes]:
    """HTML as a response, in gzip where the browser takes it. No page holds a secret that its size could tell."""
    body, more = text.encode("utf-8", "replace"), dict(headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 4, mtime=0)
        more |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, status_code=status, media_type="text/html", headers=more)


def language_of(request: Request[Any, Any, Any]) -> Language:
    """The language that the first part of the address names."""
    return LANGUAGES.get(request.url.path.strip("/").partition("/")[0], DEFAULT)


def local(request: Request[Any, Any, Any], path: str) -> str:
    """An address of the pages in the language of this request."""
    return f"/{language_of(request).code}{path}"
