"""The settings of the service: a TOML file, over it `NEOMAG_*` of the environment, over both what the command line says."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from neomag.nearest import hint
from neomag.service import setting_kinds as kind

PREFIX = "NEOMAG_"
# Not settings of the service: where the settings are, and what other parts of neomag read from the environment.
_OTHER = {"NEOMAG_SETTINGS", "NEOMAG_TEST_PROFILE"}


class SettingsError(ValueError):
    """Settings that cannot be used. `problems` holds a line each, naming the key and what is accepted."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _setting(read: kind.Read, default: Any, says: str, *, secret: bool = False) -> Any:
    meta = {"read": read, "says": says, "secret": secret}
    if default is kind.NONE:  # cannot be hashed before Python 3.12, so dataclasses take it for mutable
        return field(default_factory=lambda: kind.NONE, metadata=meta)
    return field(default=default, repr=not secret, metadata=meta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. The name of a field is its key in the file and, in capitals, in the environment.

    Secrets (passwords, tokens, the address of the store) stand in no representation.
    """

    host: str = _setting(kind.text, "127.0.0.1", "the address to listen on")
    port: int = _setting(kind.whole(0, 65535), 8080, "the port of HTTP")
    public_url: str | None = _setting(kind.url, None, "the address that clients call, when a proxy stands in front")
    auth: str = _setting(
        kind.one_of("auto", "required", "off"),
        "auto",
        "whether a request needs a key or token; auto: yes, except on loopback",
    )
    insecure_public: bool = _setting(kind.yes_no, False, "listen beyond loopback without authentication")

    store: str = _setting(kind.store, "sqlite:///neomag.db", "the address of the database", secret=True)
    save: bool = _setting(kind.yes_no, True, "keep what was assessed")
    retention_days: int | None = _setting(
        kind.whole(1, 36_500), None, "how long assessments and feedback are kept; unset: always"
    )
    idempotency_hours: int = _setting(kind.whole(1, 8_760), 24, "how long the answer to an idempotency key is kept")

    site_codes: tuple[Path, ...] = _setting(
        kind.files, (), "the site's own tables of codes (CSV), as `cohort run --site-codes` takes them"
    )
    zone: str | None = _setting(
        kind.zone, None, "the time zone of days and times that carry none; unset: that of MSH-7 in HL7 v2, else UTC"
    )

    oidc_issuer: str | None = _setting(kind.url, None, "the issuer of bearer tokens; its discovery document is read")
    oidc_audience: str | None = _setting(kind.text, None, "the audience that bearer tokens must name")
    cds_clients: Mapping[str, str] = _setting(
        kind.pairs, kind.NONE, "CDS Hooks clients that are trusted: issuer = address of its key set (jku)"
    )
    cds_null_is_empty: bool = _setting(
        kind.yes_no, False, "take null for a prefetch key as `there is none` (CDS Hooks 2.0), not as `not read`"
    )
    smart_servers: tuple[str, ...] = _setting(
        kind.urls, (), "FHIR servers that are trusted: SMART may launch from them, CDS Hooks may read from them"
    )
    smart_client_id: str | None = _setting(kind.text, None, "the id of this app at the authorization server")
    smart_client_secret: str | None = _setting(kind.text, None, "its secret, for a confidential app", secret=True)
    cors_origins: tuple[str, ...] = _setting(kind.origins, (), "origins of browsers that may call")

    max_body: int = _setting(kind.whole(1_024, 1_000_000_000), 5_000_000, "the most bytes of a request")
    max_cases: int = _setting(kind.whole(1, 100_000), 100, "the most cases in one request")
    max_requests: int = _setting(kind.whole(1, 100_000), 200, "the most requests at once")
    workers: int = _setting(kind.whole(1, 1_000), 2, "threads that answer")
    timeout: float = _setting(kind.number(0.1, 600), 30.0, "the most seconds for one request")
    body_timeout: float = _setting(kind.number(0.1, 600), 10.0, "the most seconds for the body of a request to arrive")
    rate: float = _setting(kind.number(0.01, 1_000_000), 50.0, "requests a second for one client, in the long run")
    burst: int = _setting(kind.whole(1, 1_000_000), 200, "requests at once for one client")
    failed_attempts: int = _setting(kind.whole(1, 100_000), 10, "failed authentications a minute for one address")

    mllp_host: str = _setting(kind.text, "127.0.0.1", "the address of the HL7 v2 listener")
    mllp_port: int | None = _setting(kind.whole(0, 65535), None, "its port; unset: no listener")
    mllp_forward: tuple[str, int] | None = _setting(kind.address, None, "HOST:PORT to which interpretations are sent over MLLP")
    mllp_queue: str = _setting(kind.text, "neomag-hl7.sqlite", "the file where interpretations wait until they are taken")
    webhook: str | None = _setting(kind.url, None, "where cards are posted that nobody asked for")
    webhook_token: str | None = _setting(kind.text, None, "the bearer token to post them with", secret=True)

    log_level: str = _setting(kind.one_of("debug", "info", "warning", "error"), "info", "the least that is logged")

    def __post_init__(self) -> None:
        if problems := list(_together(self)):
            raise SettingsError(problems)


def _together(settings: Settings) -> Iterator[str]:
    """What does not fit together."""
    if (settings.oidc_issuer is None) != (settings.oidc_audience is None):
        yield "oidc_issuer and oidc_audience are set together: a token for another audience would be accepted"
    if settings.mllp_port is not None and not (settings.mllp_forward or settings.webhook):
        yield "mllp_port needs mllp_forward or webhook: an interpretation would go nowhere"
    if settings.mllp_port is None and (settings.mllp_forward or settings.webhook):
        yield "mllp_forward and webhook are of no use without mllp_port: only the HL7 v2 listener sends to them"
    if settings.webhook_token and not settings.webhook:
        yield "webhook_token is of no use without webhook"
    if settings.smart_client_secret and not settings.smart_client_id:
        yield "smart_client_secret is of no use without smart_client_id"


def read(file: Path | None = None, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of a TOML file, the environment and the options given, the later ones winning; None is not given.

    Without `file`, NEOMAG_SETTINGS may name one. Raises SettingsError with every problem found.
    """
    found = os.environ if environment is None else environment
    name = found.get("NEOMAG_SETTINGS")
    file = file or (Path(name) if name else None)
    problems: list[str] = []
    values: dict[str, Any] = {}
    for where, source in ((f"{file}: ", _of_file(file)), ("", _of_environment(found))):
        values |= _checked(source, where, problems)
    values |= _checked({key: value for key, value in given.items() if value is not None}, "", problems)
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def _of_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError([f"{file}: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise SettingsError([f"{file}: not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        # The message of the error may quote a secret that stands on the line.
        raise SettingsError([f"{file}: not TOML ({kind.place(error)})"]) from None


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    return {name: text for name, text in environment.items() if name.startswith(PREFIX) and name not in _OTHER}


def _checked(source: Mapping[str, Any], where: str, problems: list[str]) -> dict[str, Any]:
    """The values of a source by field, each read; what cannot be read goes to `problems`."""
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for written, value in source.items():
        name = written.removeprefix(PREFIX).lower() if written.startswith(PREFIX) else written
        if name not in known:
            problems.append(f"{where}no setting `{written[:60]}`{hint(name, known)}")
            continue
        try:
            values[name] = known[name].metadata["read"](value)
        except kind.Refused as error:
            shown = "" if known[name].metadata["secret"] else f" `{str(value)[:60]}`"
            problems.append(f"{where}{written}{shown}: {error}")
    return values
