"""neomag hl7 listen: results in over MLLP, interpretations out."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from neomag.cli.common import fail, loaded
from neomag.cli.hl7_read import CHARSET, SITE_CODES, ZONE, charset_of, terms_of, zone_of
from neomag.service.loopback import is_loopback

if TYPE_CHECKING:
    from ssl import SSLContext

    from neomag.hl7v2.listener import Listener
    from neomag.hl7v2.queue import Queue
    from neomag.hl7v2.run import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_IN_THE_CLEAR = "patient data would cross the network in the clear; to allow that, add --allow-remote"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=2575, show_default=True, help="The port; 0 takes a free one.")
@click.option(
    "--allow-remote", is_flag=True,
    help="Let patient data cross the network in the clear: listen, forward, or post to http://, beyond this machine.",
)  # fmt: skip
@click.option("--tls-cert", type=_FILE, help="Listen over TLS with this certificate (PEM).")
@click.option("--tls-key", type=_FILE, help="Its key, where the certificate's file does not hold it.")
@click.option("--tls-client-ca", type=_FILE, help="Let only clients connect whose certificate this authority signed.")
@click.option("--forward-ca", type=_FILE, help="Forward over TLS, to a receiver whose certificate this authority signed.")
@click.option("--forward", metavar="HOST:PORT", help="Send the interpretation as ORU^R01 over MLLP.")
@click.option("--webhook", metavar="URL", help="Post the interpretation as a card (JSON).")
@click.option("--webhook-token-file", type=_FILE, help="A file with a bearer token.")
@click.option(
    "--queue", type=click.Path(dir_okay=False, path_type=Path), default="neomag-hl7.sqlite", show_default=True,
    help="The file where interpretations wait until they are taken. It holds patient data.",
)  # fmt: skip
@click.option(
    "--most-waiting", type=click.IntRange(1), default=10_000, show_default=True, help="Beyond these, results are rejected."
)
@click.option(
    "--every", is_flag=True, help="Send the interpretation of every result, not only of magnesium and what is urgent."
)
@click.option(
    "--processing-id", type=click.Choice(["P", "T", "D"]), multiple=True, default=("P",), show_default=True,
    help="MSH-11 that is accepted: production, training, debugging. May be repeated.",
)  # fmt: skip
@SITE_CODES
@ZONE
@CHARSET
@click.option(
    "--max-message", type=click.IntRange(1), default=16, show_default=True, metavar="MIB", help="The largest message."
)
@click.option(
    "--max-connections", type=click.IntRange(1), default=64, show_default=True, help="The most connections at a time."
)
@click.option(
    "--receive-timeout", type=click.FloatRange(0, min_open=True), default=30, show_default=True, metavar="SECONDS",
    help="For a message to arrive whole from its first byte, and for an answer to be taken.",
)  # fmt: skip
@click.option(
    "--idle-timeout", type=click.FloatRange(0, min_open=True), default=3_600, show_default=True, metavar="SECONDS",
    help="For a connection without messages.",
)  # fmt: skip
def listen(**given: Any) -> None:
    """Listen for results and orders (ORU^R01, ORM^O01, OML^O21) over MLLP, assess them, and send the interpretation on.

    A message is acknowledged (AA) once what goes out is on the disk. Ctrl-C, or SIGTERM, finishes the message at hand and
    stops. Exit status 2 when the address or the queue cannot be had.
    """
    from neomag.hl7v2.listener import Listener
    from neomag.hl7v2.queue import QueueError
    from neomag.hl7v2.run import run

    loaded()
    settings = _settings(given)
    terms, zone, undeclared = terms_of(given["site_codes"]), zone_of(given["zone"]), charset_of(given["charset"])
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)

    def make(queue: Queue, targets: Sequence[str]) -> Listener:
        return Listener(
            queue,
            targets,
            terms=terms,
            zone=zone,
            undeclared=undeclared,
            processing=given["processing_id"],
            every=given["every"],
        )

    def ready(port: int) -> None:
        click.echo(f"neomag: listening at {given['host']} port {port}; Ctrl-C stops", err=True)

    async def until_told() -> None:
        stop = asyncio.Event()
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, stop.set)
        await run(settings, make, stop, ready)

    try:
        asyncio.run(until_told())
    except QueueError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{given['host']} port {given['port']} cannot be listened at: {error.strerror or type(error).__name__}")


def _settings(given: dict[str, Any]) -> Settings:
    from neomag.hl7v2.mllp import Limits
    from neomag.hl7v2.run import Settings

    forward, webhook = _address(given["forward"]), given["webhook"]
    if forward is None and webhook is None:
        fail("an interpretation would go nowhere; name --forward HOST:PORT, --webhook URL, or both")
    if webhook is not None:
        _checked(webhook, given["allow_remote"])
    if not given["allow_remote"]:
        if not is_loopback(given["host"]) and not (given["tls_cert"] and given["tls_client_ca"]):
            wanted = "name --tls-cert and --tls-client-ca"
            fail(f"--host {given['host']} is beyond this machine; {wanted}, or know that {_IN_THE_CLEAR}")
        if forward and not is_loopback(forward[0]) and not given["forward_ca"]:
            fail(f"--forward {forward[0]} is beyond this machine; name --forward-ca, or know that {_IN_THE_CLEAR}")
    listening, forwarding = _tls(given)
    token = given["webhook_token_file"]
    limits = Limits(
        message=given["max_message"] * 1024 * 1024, connections=given["max_connections"], receive=given["receive_timeout"],
        idle=given["idle_timeout"], send=given["receive_timeout"],
    )  # fmt: skip
    return Settings(
        host=given["host"], port=given["port"], tls=listening, forward=forward, forward_tls=forwarding, webhook=webhook,
        queue=given["queue"], limits=limits, most_waiting=given["most_waiting"],
        token=token.read_text("utf-8").strip() if token else None,
    )  # fmt: skip


def _tls(given: dict[str, Any]) -> tuple[SSLContext | None, SSLContext | None]:
    """The contexts to listen and to forward with; None where there is no TLS."""
    certificate, key, clients, authority = (given[name] for name in ("tls_cert", "tls_key", "tls_client_ca", "forward_ca"))
    if certificate is None and (key or clients):
        fail("--tls-key and --tls-client-ca need --tls-cert")
    from neomag.hl7v2 import tls

    try:
        listening = tls.server(certificate, key, clients) if certificate else None
        return listening, tls.client(authority, certificate, key) if authority else None
    except tls.TlsError as error:
        fail(str(error))


def _address(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        fail(f"--forward {text[:60]} is no address; write HOST:PORT")
    return host.strip("[]"), int(port)


def _checked(url: str, allow_remote: bool) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host, parts = None, None
    if not parts or not host or parts.scheme not in {"http", "https"}:
        fail("--webhook is no address; write https://…")
    if parts.username or parts.password:
        fail("--webhook holds a password; give a token in --webhook-token-file")
    if parts.scheme == "http" and not allow_remote and not is_loopback(host):
        fail(f"--webhook is http:// beyond this machine; write https://, or know that {_IN_THE_CLEAR}")
