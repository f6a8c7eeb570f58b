"""The routes of the pages: files under /static, and each page once a language, under /en, /zh and /es."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from neomag.web.assets import PATH, Asset, assets, release
from neomag.web.clinician.routes import HANDLERS as CLINICIAN
from neomag.web.entrance import about, entrance
from neomag.web.errors import ErrorPages, error_page
from neomag.web.for_parents import PAGES as FOR_PARENTS
from neomag.web.languages import LANGUAGES, preferred
from neomag.web.offline import manifest, offline, worker
from neomag.web.own_site import of_own_site
from neomag.web.panel import level
from neomag.web.sign_in import sign_in, sign_in_form, sign_out

_YEAR = "public, max-age=31536000, immutable"


@get("/", include_in_schema=False)
async def choose(request: Request[Any, Any, Any]) -> Response[bytes]:
    """To the entrance, in the language the browser asks for."""
    language = preferred(request.headers.get("accept-language", ""))
    headers = {"Location": f"/{language.code}", "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return Response(b"", status_code=303, headers=headers)


@get("/{digest:str}/{name:path}", include_in_schema=False)
async def file(request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[Path]) -> Response[bytes]:
    """A file of the pages. One of another release is not answered: a page must not mix the scripts of two."""
    found = assets().get(name.as_posix().lstrip("/"))
    if found is None or digest != release():
        raise NotFoundException
    return sent(request, found, _YEAR)


@get("/sw.js", include_in_schema=False)
async def service_worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The service worker, at the root so that all pages are its own."""
    # A worker has a policy of its own: it must fetch what it keeps.
    return sent(request, worker(), "no-cache", **{"Content-Security-Policy": "default-src 'none'; connect-src 'self'"})


def sent(request: Request[Any, Any, Any], found: Asset, keep: str, **more: str) -> Response[bytes]:
    """A file as a response, in gzip where the browser takes it."""
    headers = {"Cache-Control": keep, "ETag": f'"{found.digest}"', "X-Content-Type-Options": "nosniff", **more}
    body = found.body
    if found.packed is not None:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"], body = "gzip", found.packed
    return Response(body, media_type=found.media_type, headers=headers)


@get("/{rest:path}")
async def nothing(request: Request[Any, Any, Any], rest: FromPath[Path]) -> Response[bytes]:
    """A page that there is not."""
    raise NotFoundException


def _clinician() -> Router:
    """The pages of clinicians, and the way in to them. What is posted there must come from a page of ours."""
    return Router("/", route_handlers=[*CLINICIAN, sign_in_form, sign_in, sign_out], before_request=of_own_site)


def router() -> Router:
    """All pages. Those of clinicians name a scope; the others are open to everybody."""
    pages = [entrance, about, level, manifest, offline, *FOR_PARENTS]
    return Router(
        "/",
        route_handlers=[
            choose,
            service_worker,
            Router(PATH, route_handlers=[file]),
            *(
                Router(
                    f"/{language.code}",
                    route_handlers=[*pages, nothing, _clinician()],
                    exception_handlers={Exception: error_page},
                )
                for language in LANGUAGES.values()
            ),
        ],
        include_in_schema=False,
        opt={"problems": ErrorPages},
    )
