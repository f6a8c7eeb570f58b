"""Helpers for the tests of the store: made-up records, and a way past the store into its database."""

from __future__ import annotations

from typing import Any

from neomag.service.store import Saved, Store
from neomag.service.store.engine import make_engine


def save(store: Store, number: int = 0, client: str = "ward", **more: Any) -> Saved:
    """Keep a made-up assessment."""
    return store.save_assessment(
        client=client,
        case={"case": f"made-up {number}", "infant": {}, "now": "60 d"},
        answer={"urgency": "routine", "number": number},
        knowledge="2026.12.0",
        knowledge_digest="a" * 64,
        **more,
    )


def tamper(url: str, *statements: str, triggers: bool = False) -> None:
    """Run statements in the database behind the store's back; without its triggers, unless told."""
    engine = make_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    try:
        with engine.begin() as connection:
            if not triggers and sqlite:
                for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            elif not triggers:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
