"""What makes the pages work without a network: the manifest, the service worker and what it keeps, the page that says so."""

from __future__ import annotations

import json
from typing import Any

from litestar import Request, Response, get

from neomag.web.assets import Asset, address, asset, assets, release
from neomag.web.languages import LANGUAGES
from neomag.web.page import language_of, page

# The pages a device keeps: of parents all that can be used alone, of clinicians the form (the rules run in the browser too).
KEPT = ("", "/parents", "/parents/film", "/parents/sheet", "/parents/kept", "/clinician", "/offline")
_NOT_KEPT = ("charts/", "worker.js")


@get("/manifest.webmanifest", include_in_schema=False)
async def manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What a device needs to install the pages."""
    language = language_of(request)
    said = {
        "id": "/",
        "name": "neomag: " + language.gettext("magnesium deficiency in infants"),
        "short_name": "neomag",
        "lang": language.tag,
        "start_url": f"/{language.code}",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbfaf7",
        "theme_color": "#0b5c6b",
        "icons": [
            {"src": address("icon.svg"), "type": "image/svg+xml", "sizes": "any"},
            {"src": address("icon-192.png"), "type": "image/png", "sizes": "192x192"},
            {"src": address("icon-512.png"), "type": "image/png", "sizes": "512x512", "purpose": "any maskable"},
        ],
    }
    body = json.dumps(said, ensure_ascii=False).encode()
    return Response(body, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@get("/offline", include_in_schema=False)
async def offline(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Stands in for a page that the device does not keep."""
    return page(request, "offline.html", keep=True)


def worker() -> Asset:
    """The service worker with what it keeps. It changes whenever a file does, so that browsers fetch the new ones."""
    kept = {
        "release": release(),
        "pages": [f"/{code}{path}" for code in LANGUAGES for path in KEPT],
        "files": [address(name) for name in assets() if not name.startswith(_NOT_KEPT)],
        "offline": {code: f"/{code}/offline" for code in LANGUAGES},
    }
    return asset("sw.js", f"const KEPT = {json.dumps(kept)};\n".encode() + assets()["worker.js"].body)
