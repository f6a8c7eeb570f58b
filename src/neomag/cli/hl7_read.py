"""neomag hl7 read: what neomag reads in a message."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from neomag.cli.common import COLOR, console, fail, loaded

if TYPE_CHECKING:
    from neomag.hl7v2.patient import Patient
    from neomag.hl7v2.reading import Reading
    from neomag.hl7v2.terms import Terms

SITE_CODES = click.option(
    "--site-codes", type=click.Path(path_type=Path), multiple=True, help="The site's own codes (CSV). May be repeated."
)
ZONE = click.option("--zone", help="Of times without an offset, such as Europe/Oslo; by default that of MSH-7, else UTC.")
CHARSET = click.option(
    "--charset", default="UNICODE UTF-8", show_default=True, help="Of messages that declare none in MSH-18, such as 8859/1."
)


def zone_of(name: str | None) -> tzinfo | None:
    """The zone of a name such as Europe/Oslo, None for none; exits when there is no such zone."""
    from neomag import zones

    if name is None:
        return None
    try:
        return zones.zone_of(name)
    except ValueError as error:
        fail(f"--zone {name[:60]} is no zone; {error}")


def charset_of(name: str) -> str:
    """A character set that can be read; exits when it is none."""
    from neomag.hl7v2.charsets import ACCEPTED, codec

    if codec(name) is None:
        fail(f"--charset {name[:60]} is not read; accepted: {ACCEPTED}")
    return name


def terms_of(codes: Sequence[Path]) -> Terms:
    """The terms with a site's own codes; exits when they cannot be read."""
    from neomag.hl7v2.terms import terms
    from neomag.terminology import SourceError

    try:
        return terms(codes)
    except SourceError as error:
        fail(*str(error).splitlines())


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="json: one line a patient.")
@click.option("--assess", "answer", is_flag=True, help="Print the answer too.")
@SITE_CODES
@ZONE
@CHARSET
@COLOR
def read(
    files: tuple[str, ...], form: str, answer: bool, site_codes: tuple[Path, ...], zone: str, charset: str, color: str
) -> None:
    """Print the case that each patient of the messages in FILE becomes, and what in them is doubtful or not used.

    FILE holds one message or many, with or without MLLP's block characters; - is standard input. Exit status 2 when a
    message cannot be used; the others are read all the same.
    """
    from neomag.hl7v2.faults import MessageError
    from neomag.hl7v2.reading import read_message

    loaded()
    known, here, undeclared = terms_of(site_codes), zone_of(zone), charset_of(charset)
    failed = False
    for where, raw in _messages(files):
        try:
            if isinstance(raw, str):
                raise OSError(raw)
            reading = read_message(raw, terms=known, zone=here, undeclared=undeclared)
        except (MessageError, OSError) as error:
            failed = True
            lines = (
                [f"{f.where}: {f.says}" if f.where else f.says for f in error.faults]
                if isinstance(error, MessageError)
                else [str(error)]
            )
            for line in lines:
                click.echo(f"neomag: {where}: {line}", err=True)
            continue
        _print(where, reading, form, answer=answer, color=color)
    sys.exit(2 if failed else 0)


def _messages(files: Sequence[str]) -> Iterator[tuple[str, bytes | str]]:
    """Each message with its place, or the reason why there is none."""
    from neomag.hl7v2.message import split

    for name in files:
        where = "standard input" if name == "-" else name
        try:
            data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            yield where, error.strerror or type(error).__name__
            continue
        found = split(data)
        if not found:
            yield where, "holds no message; one begins with the segment MSH"
        for place, raw in enumerate(found, start=1):
            yield f"{where} message {place}" if len(found) > 1 else where, raw


def _print(where: str, reading: Reading, form: str, *, answer: bool, color: str) -> None:
    for place, patient in enumerate(reading.patients, start=1):
        if form == "json":
            click.echo(json.dumps(_said(patient, answer=answer), ensure_ascii=False))
        else:
            _show(f"{where}, patient {place}", patient, answer=answer, color=color)


def _said(patient: Patient, *, answer: bool) -> dict[str, Any]:
    from neomag.assess import assess

    said: dict[str, Any] = {
        "case": _plain(patient.given) if patient.case else None,
        "withdrawn": sorted(patient.withdrawn),
        "ordered": [{"lab": one.lab, "control": one.control} for one in patient.ordered],
        "problems": [{"code": p.code, "says": p.says, "where": p.where, "detail": p.detail} for p in patient.problems],
    }
    if answer:
        said["answer"] = assess(patient.case).to_dict() if patient.case else None
    return said


def _show(where: str, patient: Patient, *, answer: bool, color: str) -> None:
    import yaml

    from neomag.assess import assess

    click.echo(f"# {where}")
    if patient.case is None:
        click.echo("# no result that neomag reads")
    else:
        click.echo(yaml.safe_dump(_plain(patient.given), sort_keys=False, allow_unicode=True).rstrip())
    for one in patient.ordered:
        click.echo(f"# ordered: {one.lab or 'a test that neomag does not read'} ({one.control})")
    for problem in patient.problems:
        click.echo(f"# {problem}")
    if answer and patient.case is not None:
        from neomag import terminal

        terminal.show(assess(patient.case), console(color))
    click.echo()


def _plain(value: object) -> Any:
    """A case as JSON and YAML write it: exact numbers as the shortest that read back the same."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in cast("Sequence[object]", value)]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
