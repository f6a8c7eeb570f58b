"""A FHIR R4 server for tests: Medplum's router and memory repository, run by node (tests/data/fhir_server.mjs).

    from tests.fhir_server import FhirServer, fhir_server, running   # `fhir_server` is a fixture

`fhir_server` is one server for a whole module, without a token. `running(token=…)` starts one of your own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

SCRIPT = Path(__file__).parent / "data" / "fhir_server.mjs"
needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (SCRIPT.parents[2] / "node_modules").exists(), reason="node with its modules"
)


@dataclass(frozen=True, slots=True)
class FhirServer:
    """A running server: its base address (http://127.0.0.1:…/fhir/R4) and the token it wants, if any."""

    base: str
    token: str | None = None

    def load(self, resources: Sequence[dict[str, Any]]) -> None:
        """Put resources there under their own ids. Raises httpx.HTTPStatusError for one that the server finds invalid."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with httpx.Client(headers=headers) as client:
            for resource in resources:
                client.put(f"{self.base}/{resource['resourceType']}/{resource['id']}", json=resource).raise_for_status()


@contextmanager
def running(token: str | None = None) -> Iterator[FhirServer]:
    """A server for the length of a `with`; every request needs `token` when one is given."""
    command = ["node", str(SCRIPT), *(["--token", token] if token else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield FhirServer(json.loads(process.stdout.readline())["base"], token)
    finally:
        process.communicate()  # closes its standard input, at which it ends
        assert process.returncode == 0


@pytest.fixture(scope="module")
def fhir_server() -> Iterator[FhirServer]:
    """One server without a token, for a module."""
    with running() as server:
        yield server
