"""What the commands share that open the store of the service."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import fail

if TYPE_CHECKING:
    from neomag.service.settings import Settings
    from neomag.service.store import Store


_STORE = click.option("--store", "url", metavar="URL", help="sqlite:///FILE or postgresql://…; else as the service is set.")
_FILE = click.option("--settings", "file", type=click.Path(path_type=Path), help="The settings of the service (TOML).")


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which store: `--store`, `--settings`."""
    return _FILE(_STORE(command))


def settings_of(url: str | None, file: Path | None) -> Settings:
    """The settings in force; exits naming what is wrong with them, or that the service is not installed."""
    if missing := [name for name in ("sqlalchemy", "alembic", "litestar", "jwt") if find_spec(name) is None]:
        fail(f"the service needs the extra `serve`: pip install 'neomag[serve]' ({', '.join(missing)})")
    from neomag.service.settings import SettingsError, read

    try:
        return read(file, store=url)
    except SettingsError as error:
        fail(*error.problems)


@contextmanager
def opened(settings: Settings, *, new: bool = False) -> Generator[Store]:
    """The store of these settings, made only when `new`; exits naming why it cannot be used."""
    from neomag.service.store import Store, StoreError

    try:
        with Store.open(settings.store, new=new) as store:
            yield store
    except StoreError as error:
        fail(str(error))


def actor() -> str:
    """Who runs this, for the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a user id without a name, as in a container
        return "cli:unknown"
