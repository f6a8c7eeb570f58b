"""MLLP over TLS: contexts for the server and for the client, from files."""

from __future__ import annotations

import ssl
from pathlib import Path


class TlsError(Exception):
    """A certificate, key or authority that cannot be used; the text names the file."""


def server(certificate: Path, key: Path | None, clients: Path | None) -> ssl.SSLContext:
    """For a server that shows `certificate`. With `clients`, only those who show one signed by that authority may connect.

    `key` is None where the certificate's file holds it. Raises TlsError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _shows(context, certificate, key)
    if clients is not None:
        _trusts(context, clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client(authority: Path, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """For a client that trusts servers signed by `authority`, and shows `certificate` where there is one. Raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _trusts(context, authority)
    if certificate is not None:
        _shows(context, certificate, key)
    return context


def _shows(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        # A key that is locked with a password is refused; else OpenSSL would ask for it at the terminal.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError):
        raise TlsError(f"{certificate}{f' with {key}' if key else ''}: no certificate with its key, unlocked, in PEM") from None


def _trusts(context: ssl.SSLContext, authority: Path) -> None:
    try:
        context.load_verify_locations(authority)
    except (OSError, ValueError):
        raise TlsError(f"{authority}: no certificates in PEM") from None
