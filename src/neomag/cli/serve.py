"""neomag serve: the HTTP service."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

import click

from neomag.cli.common import fail


@click.command()
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="The port; 0 takes a free one.")
@click.option(
    "--cors-origin", "cors_origins", multiple=True, metavar="ORIGIN", help="Whose web pages may call; may be repeated."
)
@click.option("--timeout", type=click.FloatRange(0.1, 600), default=30.0, show_default=True, help="Most seconds an answer.")
@click.option("--insecure-public", is_flag=True, help="Listen beyond this machine although nobody is asked who they are.")
@click.option("--quiet", is_flag=True, help="Write no line for each request.")
def serve(**given: Any) -> None:
    """Serve assess, dose and feed over HTTP, as /docs of the service describes.

    Listens on this machine alone unless told otherwise. Ctrl-C (or a TERM signal) lets the requests at hand be answered,
    then stops.
    """
    try:
        import uvicorn

        from neomag.service.app import make_app
    except ImportError as error:
        fail(f"serving needs the extra `serve`: pip install 'neomag[serve]' ({error.name} is not there)")
    from neomag.knowledge import KnowledgeError
    from neomag.service.settings import Settings

    quiet, insecure = given.pop("quiet"), given.pop("insecure_public")
    settings = Settings(**given)
    if not insecure and not _loopback(settings.host):
        fail(
            f"{settings.host} can be reached from other machines, and nobody would be asked who they are: "
            "listen on 127.0.0.1 behind a proxy that asks, or say --insecure-public"
        )
    try:
        app = make_app(settings)
    except KnowledgeError as error:
        fail(*error.problems)
    _log(quiet)
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, access_log=False, log_config=None, server_header=False,
        timeout_graceful_shutdown=int(settings.timeout) + 1, timeout_keep_alive=15, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip
    server = uvicorn.Server(config)

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
    host, port = listening.getsockname()[:2]
    click.echo(f"neomag listens on http://{f'[{host}]' if ':' in host else host}:{port} (see /docs)", err=True)
    server.run(sockets=[listening])
    sys.exit(0 if server.started else 2)


def _loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _log(quiet: bool) -> None:
    """The access log and errors, a JSON object a line, on standard error; of uvicorn only warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name, level in (("neomag", logging.WARNING if quiet else logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
