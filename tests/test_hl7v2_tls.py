"""MLLP over TLS: whom the listener lets in, and whom it forwards to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.hl7v2_made_up import lab

from neomag.hl7v2 import tls
from neomag.hl7v2.ack import ACCEPTED, Outcome, acknowledge
from neomag.hl7v2.message import head_of
from neomag.hl7v2.mllp import Limits, SendError, send, serve


def certificate(path: Path, password: bytes | None = None) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, path.stem)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    return path


async def answered(raw: bytes) -> Sequence[bytes]:
    return acknowledge(head_of(raw), Outcome(ACCEPTED))


def test_a_known_client_is_let_in_and_others_are_not(tmp_path: Path) -> None:
    ours, known, stranger = (certificate(tmp_path / f"{name}.pem") for name in ("ours", "known", "stranger"))

    async def run() -> None:
        server = await serve("127.0.0.1", 0, answered, Limits(receive=2), tls=tls.server(ours, None, known))
        try:
            assert (await send("127.0.0.1", server.port, lab(), tls=tls.client(ours, known))).good
            for context in (None, tls.client(ours), tls.client(ours, stranger), tls.client(stranger, known)):
                with pytest.raises(SendError):
                    await send("127.0.0.1", server.port, lab(), tls=context, timeout=5)
            big = lab() + b"OBX|9|ED|PDF^Report^L||" + b"A" * 5_000_000
            assert (await send("127.0.0.1", server.port, big, tls=tls.client(ours, known))).good
        finally:
            await server.stop()

    asyncio.run(run())


def test_files_that_are_no_certificates(tmp_path: Path) -> None:
    text = tmp_path / "text.pem"
    text.write_text("no certificate", "utf-8")
    locked = certificate(tmp_path / "locked.pem", b"password")
    for wrong in (text, locked, tmp_path / "missing.pem"):
        with pytest.raises(tls.TlsError, match=wrong.name):
            tls.server(wrong, None, None)
    with pytest.raises(tls.TlsError, match=r"text\.pem"):
        tls.client(text)
