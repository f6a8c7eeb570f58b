"""Brings the tables of a database to what this neomag knows; safe when several processes start at once."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from neomag.service.store.errors import StoreError

VERSIONS = "neomag_revision"
# Any number that no other program uses as a lock in this database.
_LOCK = 0x6E656F6D6167
# Alembic's environment is one for the process.
_one_at_a_time = threading.Lock()


def migrate(connection: Connection, *, new: bool = True) -> None:
    """Run what has not been run, in the transaction that `connection` is in.

    Raises StoreError for a database of a newer neomag, and unless `new` for one that has no tables of neomag.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    with _one_at_a_time:
        if connection.dialect.name == "postgresql":
            # SQLite's writer holds the only lock there is; here another process may be migrating.
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        known = ScriptDirectory.from_config(config)
        there = MigrationContext.configure(connection, opts={"version_table": VERSIONS}).get_current_revision()
        if there == known.get_current_head():
            return
        if there is None and not new:
            raise StoreError("there is no store of neomag in this database")
        if there is not None and there not in {script.revision for script in known.walk_revisions()}:
            raise StoreError(
                f"the store was written by a newer neomag (its tables are {there[:40]}, this one knows"
                f" {known.get_current_head()}): use that one"
            )
        command.upgrade(config, "head")
