"""The service with FHIR and SMART mounted, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from litestar import Litestar, Router
from litestar.testing import TestClient
from tests.service import Client

from neomag.service import fhir_routes
from neomag.service.app import make_app
from neomag.service.fhir_form import Outcomes
from neomag.service.settings import Settings


def make(settings: Settings | None = None, *more: Router) -> Litestar:
    """The application with the routes of FHIR, and those given."""
    app = make_app(settings, routers=[fhir_routes.router(), *more])
    app.asgi_handler = Outcomes(app.asgi_handler)
    return app


@contextmanager
def served(settings: Settings | None = None, *more: Router) -> Iterator[Client]:
    """A client of it."""
    with TestClient(make(settings, *more), raise_server_exceptions=False) as found:
        yield found
