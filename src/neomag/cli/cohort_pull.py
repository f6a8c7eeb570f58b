"""neomag cohort pull: the patients of a FHIR server, into a folder that `cohort run` reads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from neomag.cli.common import fail

STOPPED = 130


@click.command()
@click.option("--server", required=True, metavar="URL", help="The base address of the FHIR server, https.")
@click.option("--client-id", required=True, metavar="ID", help="Under which this program is registered there.")
@click.option(
    "--key", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Its private key: PEM or JWK, RSA of at least 2048 bits (RS384) or P-384 (ES384).",
)  # fmt: skip
@click.option("--kid", metavar="ID", help="The id of the key at the server; by default that of the JWK.")
@click.option("--token-url", metavar="URL", help="Where tokens are to be had; by default as the server says.")
@click.option("--scope", default="system/*.read", show_default=True, help="What to ask to read; SMART 2: system/*.rs")
@click.option("--group", metavar="ID", help="Only the patients of this Group.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only these resource types; may be repeated.")
@click.option("--since", metavar="TIME", help="Only what changed since, such as 2026-01-01T00:00:00Z.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write; a new or empty one.")
@click.option(
    "--max-wait", type=click.FloatRange(0, min_open=True), default=1_440, show_default=True, metavar="MINUTES",
    help="For the server to make the export.",
)  # fmt: skip
@click.option("--restart", is_flag=True, help="Start over: delete what an earlier pull fetched.")
def pull(**given: Any) -> None:
    """Export the patients of a FHIR server (SMART backend services, Bulk Data) into the folder --out.

    Until it is whole the folder is named DIR.partial. Ctrl-C stops; the same command goes on without fetching whole files
    again. Exit status 2 when the server does not give it or it cannot be written, 130 when stopped.
    """
    try:
        import httpx

        from neomag.fhir.backend import Backend, KeyFileError, read_key, safe
        from neomag.fhir.bulk import Bulk
        from neomag.fhir.client import FhirServerError
        from neomag.fhir.pull import TYPES, Asked, PullError
        from neomag.fhir.pull import pull as fetch
    except ImportError as error:
        fail(f"pulling needs the extra `serve`: pip install 'neomag[serve]' ({error.name} is not there)")
    for name in ("server", "token_url"):
        if given[name] is not None and not safe(given[name]):
            fail(f"--{name.replace('_', '-')}: write an address such as https://ehr.example/fhir (http on this machine only)")
    asked = Asked(given["server"].rstrip("/"), _types(given["types"], TYPES), _since(given["since"]), _group(given["group"]))

    def told(line: str) -> None:
        click.echo(f"neomag: {line}", err=True)

    try:
        key = read_key(given["key"], given["kid"])
        with httpx.Client(timeout=60, follow_redirects=False) as http:
            backend = Backend(asked.server, given["client_id"], key, http, given["scope"], given["token_url"])
            bulk = Bulk(backend, told, given["max_wait"] * 60)
            manifest = fetch(bulk, asked, given["out"], restart=given["restart"], told=told)
    except KeyboardInterrupt:
        click.echo("\nneomag: stopped. Run the same command to go on.", err=True)
        sys.exit(STOPPED)
    except (FhirServerError, KeyFileError, PullError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{given['out']}: {error.strerror or type(error).__name__}")
    total = sum(file.count or 0 for file in manifest.output)
    click.echo(
        f"{len(manifest.output):,} files{f', {total:,} resources' if total else ''}, as of {manifest.time}; in {given['out']}"
    )
    if manifest.errors:
        told(f"the server could not export everything: see {given['out'] / 'errors'}")


def _types(given: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    from neomag.nearest import hint

    for kind in given:
        if kind not in known:
            fail(f"--type `{kind[:40]}`: a cohort does not read it{hint(kind, known)}; accepted: {', '.join(known)}")
    if given and "Patient" not in given:
        fail("--type: Patient is needed; infants and their births are read from it")
    return tuple(dict.fromkeys(given)) or known


def _since(said: str | None) -> str | None:
    from datetime import datetime

    if said is None:
        return None
    try:
        zoned = datetime.fromisoformat(said).tzinfo is not None
    except ValueError:
        zoned = False
    if not zoned:
        fail(f"--since `{said[:40]}`: write a moment with its zone, such as 2026-01-01T00:00:00Z")
    return said


def _group(said: str | None) -> str | None:
    import re

    if said is not None and not re.fullmatch(r"[A-Za-z0-9.-]{1,64}", said):
        fail("--group: the id of a Group has letters, digits, `-` and `.`, at most 64")
    return said
