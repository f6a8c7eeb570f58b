"""neomag serve: the HTTP service, and what is asked of it beside."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import fail
from neomag.cli.lazy import LazyGroup
from neomag.interrupt import ending_quietly

if TYPE_CHECKING:
    from litestar import Litestar

    from neomag.service.settings import Settings
    from neomag.service.store import Store

_COMMANDS: Mapping[str, str] = {"feedback-report": "neomag.cli.serve_feedback:feedback_report"}


@click.group(cls=LazyGroup, commands_in=_COMMANDS, invoke_without_command=True)
@click.option("--settings", "file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="A TOML file.")
@click.option("--host", metavar="ADDRESS", help="The address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [default: 8080]")
@click.option("--store", metavar="URL", help="The database.  [default: sqlite:///neomag.db]")
@click.option("--save/--no-save", default=None, help="Keep what was assessed.  [default: save]")
@click.option("--cors-origin", "cors_origins", multiple=True, metavar="ORIGIN", help="Whose web pages may call; repeatable.")
@click.option("--timeout", type=click.FloatRange(0.1, 600), help="Most seconds an answer.  [default: 30]")
@click.option("--insecure-public", is_flag=True, default=None, help="Listen beyond this machine and ask nobody who they are.")
@click.option("--quiet", is_flag=True, help="Write no line for each request.")
@click.pass_context
def serve(context: click.Context, file: Path | None, quiet: bool, **given: Any) -> None:
    """Serve the web pages, REST, FHIR, CDS Hooks, SMART and HL7 v2 in one process; /docs lists the routes of programs.

    Listens on this machine alone unless told otherwise; beyond it, callers need a key (neomag key add) or a token. Everything
    that can be set is in docs/store.md: in a file of settings, or as NEOMAG_* in the environment; options win. Ctrl-C (or a
    TERM signal) lets the requests at hand be answered, then stops.
    """
    if context.invoked_subcommand is not None:
        return
    with ending_quietly():
        app, settings, store = _made(file, quiet, given)
    with store:
        started = _run(app, settings)
    sys.exit(0 if started else 2)


def _made(file: Path | None, quiet: bool, given: dict[str, Any]) -> tuple[Litestar, Settings, Store]:
    """The application, its settings, and the store it writes to. Exits with 2, saying why, when there can be none."""
    try:
        from neomag.service import logs
        from neomag.service.loopback import may_listen
        from neomag.service.settings import SettingsError, read
        from neomag.service.store import Store, StoreError
        from neomag.service.whole import make_service
        from neomag.web import launched
        from neomag.web import router as pages
    except ImportError as error:
        fail(f"serving needs the extra `serve`: pip install 'neomag[serve]' ({error.name} is not there)")
    from neomag.knowledge import KnowledgeError
    from neomag.terminology import SourceError

    given["cors_origins"] = list(given["cors_origins"]) or None
    try:
        settings = read(file, **given)
    except SettingsError as error:
        fail(*error.problems)
    if refused := may_listen(settings):
        fail(refused)
    logs.configure("warning" if quiet else settings.log_level)
    try:
        store = Store.open(settings.store)
    except StoreError as error:
        fail(str(error))
    try:
        app = make_service(
            settings, store, routers=[pages()], show=launched,
            listening=lambda port: _say(f"{settings.mllp_host} port {port} for HL7 v2"),
        )  # fmt: skip
    except KnowledgeError as error:
        store.close()
        fail(*error.problems)
    except SourceError as error:
        store.close()
        fail(*str(error).splitlines())
    return app, settings, store


def _say(where: str) -> None:
    click.echo(f"neomag listens on {where}", err=True)


def _run(app: Any, settings: Settings) -> bool:
    """Answer requests until told to stop. Whether it began."""
    import uvicorn

    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, access_log=False, log_config=None, server_header=False,
        timeout_graceful_shutdown=int(settings.timeout) + 1, timeout_keep_alive=15, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            # Said once a caller is answered, and not when the address is taken.
            if self.started and sockets:
                host, port = sockets[0].getsockname()[:2]
                _say(f"http://{f'[{host}]' if ':' in host else host}:{port} (pages; /docs for programs)")

    server = Server(config)

    def stop(*_: Any) -> None:
        server.should_exit = True

    # uvicorn raises the signal once more when it has stopped; to stop when told to is no failure.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        listening = config.bind_socket()
    except SystemExit:
        # uvicorn logs why and exits by itself; here it is said as every command says it.
        fail(f"cannot listen on {settings.host} port {settings.port}: is something else listening there?")
    try:
        server.run(sockets=[listening])
    except SystemExit:
        if "refused" not in app.state:
            raise
    if "refused" in app.state:
        fail(app.state.refused)
    return server.started
