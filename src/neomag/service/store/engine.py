"""The connection to the database: SQLite that keeps what it acknowledged, or PostgreSQL."""

from __future__ import annotations

import os
import re
import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from neomag.service.store.errors import StoreError

# How long a writer waits for another, in seconds.
PATIENCE = 15
WRITES = "neomag_writes"


def masked(url: str) -> str:
    """The address without its password."""
    return re.sub(r"(password=)[^&]*", r"\1…", re.sub(r"(//[^:/@]*):.*@", r"\1:…@", url))


def make_engine(url: str, *, new: bool = True) -> Engine:
    """An engine for the database at `url`: sqlite:///FILE, made when it is not there unless not `new`, or postgresql://….

    Raises StoreError.
    """
    try:
        parts = make_url(re.sub(r"^postgres(ql)?(\+psycopg)?:", "postgresql+psycopg:", url))
    except ArgumentError:
        raise StoreError(
            "the address of the store is not one: write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
        ) from None
    if parts.drivername == "postgresql+psycopg":
        return _postgresql(parts)
    if parts.drivername != "sqlite" or parts.database in {None, "", ":memory:"} or parts.query:
        raise StoreError("the store is a file, sqlite:///FILE, or postgresql://USER@HOST/DATABASE")
    return _sqlite(Path(str(parts.database)), new)


def _postgresql(parts: Any) -> Engine:
    try:
        import_module("psycopg")
    except ImportError:
        raise StoreError("a store in PostgreSQL needs psycopg: pip install 'neomag[postgres]'") from None
    waiting = {"connect_timeout": 10, "application_name": "neomag"}
    # hide_parameters: no value of a record stands in the text of an error.
    engine = create_engine(parts, connect_args=waiting, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def patient(connection: Any, record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        del record
        connection.execute(f"SET lock_timeout = '{PATIENCE}s'")
        connection.execute("SET synchronous_commit = on")
        connection.commit()

    return engine


def _sqlite(file: Path, new: bool) -> Engine:
    try:
        # Born readable by its owner only; SQLite gives the files beside it the same mode.
        os.close(os.open(file, os.O_RDWR | (os.O_CREAT if new else 0), 0o600))
    except OSError as error:
        raise StoreError(f"sqlite:///{file}: {error.strerror}") from None
    waiting = {"timeout": PATIENCE, "check_same_thread": False}
    engine = create_engine(f"sqlite:///{file}", connect_args=waiting, pool_size=10, max_overflow=20, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def durable(connection: sqlite3.Connection, record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        del record
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        # A writer takes its lock before it reads: two that read first could not both go on to write.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
