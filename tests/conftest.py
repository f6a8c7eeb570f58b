"""Shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from tests.postgres_server import server

from neomag import Case
from neomag.knowledge import Knowledge, load
from neomag.rules import Rulebook, rulebook

if TYPE_CHECKING:
    from tests.service import Client

# `quick` for make check, `full` (thousands of cases a property) for make test.
settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
# `full` draws the same cases each time, so that a test run says something of the change and not of the day; `explore` goes looking.
settings.register_profile("full", max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
settings.register_profile("explore", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("NEOMAG_TEST_PROFILE", "quick"))

CASES = Path(__file__).parent / "cases"
# Files of tests that start servers, databases, engines, solvers or commands.
OUTLETS = (
    "auth_", "body", "cds", "cli", "cohort", "dependencies", "docs", "engines", "cql", "feed_", "fhir_bulk", "fhir_client", "fhir_http",
    "fhir_out", "fhir_same", "fuzz", "hl7v2_cli", "hl7v2_fuzz", "hl7v2_listener", "hl7v2_mllp", "javascript", "mcp", "service", "smart", "store", "web",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of outlets, so that `make check` can leave them to `make test`."""
    for item in items:
        if item.path.stem.removeprefix("test_").startswith(OUTLETS):
            item.add_marker("outlet")


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load()


@pytest.fixture(scope="session")
def book() -> Rulebook:
    return rulebook()


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The start of the addresses of a PostgreSQL of the tests' own; skips when there is none."""
    with server() as address:
        yield address


_databases = count()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database, of each kind that the store can use."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    import psycopg

    address, name = request.getfixturevalue("postgres_address"), f"store{next(_databases)}"
    with psycopg.connect(f"{address}postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{address}{name}"


def case(*events: dict[str, object], now: str = "60 d", **more: object) -> Case:
    """A made-up case of a few events."""
    return Case.from_dict({"case": "made up", "infant": {}, "now": now, "events": list(events), **more})


def lab(code: str, value: float | None = None, unit: str | None = None, at: str = "60 d", **more: object) -> dict[str, object]:
    """A laboratory event."""
    return {"at": at, "lab": code} | ({} if value is None else {"value": value, "unit": unit}) | more


def sign(code: str, at: str = "60 d", **more: object) -> dict[str, object]:
    """A sign."""
    return {"at": at, "sign": code, **more}


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """A client of the service; whoever has not the extra `serve` skips its tests."""
    pytest.importorskip("litestar")
    from litestar.testing import TestClient

    from neomag.service.app import make_app

    with TestClient(make_app(), raise_server_exceptions=False) as found:
        yield found
