"""A PostgreSQL of the tests' own, on loopback, removed afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "data" / "cohort" / "postgres.sh"


@contextmanager
def server() -> Iterator[str]:
    """The start of its addresses, `postgresql://reader:secret@127.0.0.1:PORT/`; the database `postgres` is there."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'psycopg[binary]'")
    found = subprocess.run([SCRIPT], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"postgres.sh: {found.stderr.strip()[-200:]}")
    programs = Path(found.stdout.strip())
    # PostgreSQL will not run as root; Debian's package brings the user postgres.
    other = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    home = Path(tempfile.mkdtemp(prefix="neomag-postgres-"))
    if other:
        shutil.chown(home, "postgres")

    def run(*command: object) -> None:
        subprocess.run([*other, *map(str, command)], check=True, capture_output=True, cwd=home)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
    try:
        run(programs / "initdb", "-D", home / "data", "-U", "reader", "--auth=trust", "-E", "UTF8", "--locale=C")
        run(programs / "pg_ctl", "-D", home / "data", "-l", home / "log", "-w", "-o", options, "start")
        try:
            yield f"postgresql://reader:secret@127.0.0.1:{port}/"
        finally:
            run(programs / "pg_ctl", "-D", home / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
