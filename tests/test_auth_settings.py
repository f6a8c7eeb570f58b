"""Settings: file, environment and options, and each bad value refused naming its key and what is accepted."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.service.settings import Settings, SettingsError, read


def toml(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "neomag.toml"
    file.write_text(text, "utf-8")
    return file


def problems(tmp_path: Path, text: str = "", environment: dict[str, str] | None = None, **given: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(toml(tmp_path, text), environment or {}, **given)
    return [problem.removeprefix(f"{tmp_path / 'neomag.toml'}: ") for problem in caught.value.problems]


def test_without_anything_the_service_is_on_this_machine_only():
    found = read(None, {})
    assert found == Settings()
    assert (found.host, found.auth, found.insecure_public, found.mllp_port) == ("127.0.0.1", "auto", False, None)


def test_the_environment_wins_over_the_file_and_options_over_both(tmp_path: Path):
    file = toml(
        tmp_path, 'port = 1111\nhost = "::1"\nburst = 7\n[cds_clients]\n"https://ehr.test" = "https://ehr.test/jwks/"\n'
    )
    found = read(file, {"NEOMAG_PORT": "2222", "NEOMAG_HOST": "localhost", "PATH": "/bin"}, port=3333, host=None)
    assert (found.port, found.host, found.burst) == (3333, "localhost", 7)
    assert found.cds_clients == {"https://ehr.test": "https://ehr.test/jwks"}


def test_the_environment_may_name_the_file(tmp_path: Path):
    assert read(None, {"NEOMAG_SETTINGS": str(toml(tmp_path, "port = 1111"))}).port == 1111


def test_every_kind_of_value_can_stand_in_the_environment():
    found = read(
        None,
        {
            "NEOMAG_INSECURE_PUBLIC": "true", "NEOMAG_RATE": "2.5", "NEOMAG_RETENTION_DAYS": "30",
            "NEOMAG_CORS_ORIGINS": "https://a.test, https://b.test:8443", "NEOMAG_STORE": "postgresql://me:pw@h/d",
            "NEOMAG_CDS_CLIENTS": '{"https://ehr.test": "https://ehr.test/jwks"}', "NEOMAG_LOG_LEVEL": "WARNING",
            "NEOMAG_OIDC_ISSUER": "https://id.test/realm/", "NEOMAG_OIDC_AUDIENCE": "neomag",
        },
    )  # fmt: skip
    assert found.insecure_public is True
    assert (found.rate, found.retention_days, found.log_level) == (2.5, 30, "warning")
    assert found.cors_origins == ("https://a.test", "https://b.test:8443")
    assert found.cds_clients == {"https://ehr.test": "https://ehr.test/jwks"}
    assert found.oidc_issuer == "https://id.test/realm"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prot = 1", "no setting `prot`; the nearest is `port`"),
        ("port = 70000", "port `70000`: write a whole number from 0 to 65535"),
        ("port = true", "port `True`: write a whole number"),
        ("port = 1.5", "port `1.5`: write a whole number"),
        ('rate = "nan"', "rate `nan`: write a number from 0.01"),
        ("rate = inf", "rate `inf`: write a number"),
        ('auth = "maybe"', "auth `maybe`: write one of auto, required, off"),
        ('insecure_public = "perhaps"', "insecure_public `perhaps`: write true or false"),
        ('host = ""', "host ``: write a text"),
        ('store = "mysql://h/d"', "store: write sqlite:///FILE or postgresql://"),
        ('store = "sqlite://"', "store: write sqlite:///FILE"),
        ('cors_origins = "*"', "cors_origins `*`: write an address"),
        ('cors_origins = ["https://a.test/path"]', "without a path"),
        ("cors_origins = 7", "cors_origins `7`: write a list"),
        ('webhook = "http://elsewhere.test/x"', "webhook `http://elsewhere.test/x`: write an address such as https://"),
        ('webhook = "https://me:pw@h/x"', "webhook"),
        ('webhook = "https://h:99999/x"', "webhook"),
        ('webhook = "file:///etc/passwd"', "webhook"),
        ("cds_clients = 7", "cds_clients `7`: write a table"),
        ('cds_clients = {"https://e" = "http://e/jwks"}', "cds_clients"),
        ('oidc_issuer = "https://id.test"', "oidc_issuer and oidc_audience are set together"),
        ('webhook_token = "hush-hush"', "webhook_token is of no use without webhook"),
        ('webhook = "https://h.test"', "mllp_forward and webhook are of no use without mllp_port"),
        ('smart_client_secret = "hush-hush"', "smart_client_secret is of no use"),
        ('zone = "Oslo"', "zone `Oslo`: write the name of a time zone such as UTC or Europe/Oslo"),
        ("site_codes = 7", "site_codes `7`: write a list"),
        ("port = ,", "not TOML (line 1"),
        ("port =", "not TOML (at its end"),
    ],
)
def test_a_bad_setting_is_refused_naming_the_key_and_what_is_accepted(tmp_path: Path, text: str, says: str):
    (found,) = problems(tmp_path, text)
    assert says in found
    assert "hush-hush" not in found


def test_every_problem_is_named_at_once(tmp_path: Path):
    found = problems(tmp_path, "port = -1\nburst = 0", {"NEOMAG_RATE": "fast", "NEOMAG_PROT": "1"}, timeout="long")
    assert [line.split(":")[0].split(" `")[0] for line in found] == ["port", "burst", "NEOMAG_RATE", "no setting", "timeout"]
    assert "NEOMAG_PROT" in found[3]


@pytest.mark.parametrize("key", [f.name for f in fields(Settings) if f.metadata["secret"]])
def test_a_secret_stands_in_no_representation_and_no_message(tmp_path: Path, key: str):
    companions: dict[str, Any] = {"webhook": "https://h.test", "mllp_port": 2575, "smart_client_id": "app"}
    good = "postgresql://me:hush-hush@h/d" if key == "store" else "hush-hush"
    told: dict[str, Any] = companions | {key: good}
    assert "hush-hush" not in repr(Settings(**told))
    (found,) = problems(
        tmp_path, f'{key} = ["hush-hush"]\nwebhook = "https://h.test"\nmllp_port = 2575\nsmart_client_id = "app"'
    )
    assert found.startswith(f"{key}: write")
    (broken,) = problems(tmp_path, f'{key} = "hush-hush')
    assert "hush-hush" not in broken


def test_a_file_that_cannot_be_read(tmp_path: Path):
    for file, says in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(SettingsError, match=says):
            read(file, {})
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read(tmp_path / "b.toml", {})


_values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3)
)


@given(st.sampled_from([f.name for f in fields(Settings)]), _values)
def test_whatever_a_setting_is_given_it_is_read_or_refused(key: str, value: Any):
    try:
        found = read(None, {}, **{key: value})
    except SettingsError as error:
        said = error.problems
    else:
        assert value is None or getattr(found, key) is not None
        return
    assert any(key in problem for problem in said)


def test_what_each_setting_is_for_is_said():
    assert all(f.metadata["says"] for f in fields(Settings))
