"""Backend services and Bulk Data: the client shows who it is, waits, fetches whole files or none, and a cohort runs over them."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast

import httpx
import jwt
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm
from tests.auth_help import key, public
from tests.fake_bulk import CLIENT, Server, bulk_server, ndjson
from tests.fake_ehr import as_json
from tests.fhir_cases import quantity

from neomag.cli import main
from neomag.fhir.backend import Backend, KeyFileError, read_key
from neomag.fhir.bulk import Bulk
from neomag.fhir.client import FhirServerError
from neomag.fhir.pull import Asked, PullError, partial, pull


def written(path: Path, kid: str, kind: str = "RSA", password: bytes | None = None) -> Path:
    how = NoEncryption() if password is None else BestAvailableEncryption(password)
    path.write_bytes(key(kid, kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
    return path


def infants(count: int) -> dict[str, bytes]:
    """Files of so many infants, each with a low magnesium."""
    patients = [{"resourceType": "Patient", "id": f"p{n}", "birthDate": "2026-01-01", "gender": "female"} for n in range(count)]
    levels = [
        {
            "resourceType": "Observation", "id": f"o{n}", "status": "final", "subject": {"reference": f"Patient/p{n}"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}]}, "effectiveDateTime": "2026-01-20T00:00:00Z",
            "valueQuantity": quantity(0.4, "mmol/L"),
        }
        for n in range(count)
    ]  # fmt: skip
    half = count // 2
    return {
        "Patient.1": ndjson(*patients), "Observation.1": ndjson(*levels[:half]), "Observation.2": ndjson(*levels[half:]),
    }  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    with bulk_server(public("b1"), public("b2", "EC384")) as found:
        found.files = infants(20)
        yield found


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return written(tmp_path / "key.pem", "b1")


def bulk(server: Server, pem: Path, slept: list[float] | None = None, **more: Any) -> Bulk:
    given = {name: more.pop(name) for name in ("clock", "token_url") if name in more}
    backend = Backend(server.base, CLIENT, read_key(pem, "b1"), httpx.Client(timeout=5), **given)
    return Bulk(backend, sleep=(slept if slept is not None else []).append, **more)


def command(server: Server, pem: Path, out: Path, *more: str) -> Result:
    arguments = ["cohort", "pull", "--server", server.base, "--client-id", CLIENT, "--key", str(pem), "--out", str(out), *more]
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize(("kid", "kind", "algorithm"), [("b1", "RSA", "RS384"), ("b2", "EC384", "ES384")])
@pytest.mark.parametrize("packed", [False, True])
def test_a_cohort_is_pulled_and_run(server: Server, tmp_path: Path, kid: str, kind: str, algorithm: str, packed: bool) -> None:
    server.packed = packed
    out = tmp_path / "pulled"
    done = command(server, written(tmp_path / "k.pem", kid, kind), out, "--kid", kid)
    assert done.exit_code == 0, done.output
    assert "3 files, 40 resources, as of 2026-03-01T00:00:00Z" in done.output
    assertion = next(said["client_assertion"] for _, path, said, _ in server.asked if path == "/token")
    assert jwt.get_unverified_header(assertion)["alg"] == algorithm
    tail = ".gz" if packed else ""
    assert sorted(p.name for p in out.iterdir()) == [
        *(f"{name}.ndjson{tail}" for name in ("Observation.0001", "Observation.0002", "Patient.0000")), "manifest.json",
    ]  # fmt: skip
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert not partial(out).exists()
    # The server is told that its files are no longer needed.
    assert server.asked[-1][:2] == ("DELETE", "/status/1")
    if not packed:
        assert (out / "Patient.0000.ndjson").read_bytes() == server.files["Patient.1"]
    run = CliRunner().invoke(main, ["cohort", "run", str(out), "--out", str(tmp_path / "run"), "--format", "json"])
    assert run.exit_code == 0, run.output
    counts = json.loads(run.stdout)["counts"]
    assert (counts["infants"], counts["status"]["deficient"]) == (20, 20)


def test_what_is_asked_for_is_what_was_said(server: Server, pem: Path, tmp_path: Path) -> None:
    more = ["--kid", "b1", "--type", "Patient", "--type", "Observation", "--since", "2026-01-01T00:00:00Z", "--group", "nicu"]
    assert command(server, pem, tmp_path / "out", *more, "--scope", "system/*.rs").exit_code == 0
    (_, path, said, _) = next(asked for asked in server.asked if asked[1].endswith("$export"))
    assert path == "/fhir/Group/nicu/$export"
    assert (said["_type"], said["_since"], said["_outputFormat"]) == (
        "Patient,Observation", "2026-01-01T00:00:00Z", "application/fhir+ndjson",
    )  # fmt: skip
    assert next(s["scope"] for _, p, s, _ in server.asked if p == "/token") == "system/*.rs"


def test_the_token_is_kept_until_shortly_before_its_end_and_renewed_when_refused(server: Server, pem: Path) -> None:
    now = [1_000_000.0]
    server.life = 100
    with httpx.Client() as http:
        backend = Backend(server.base, CLIENT, read_key(pem, "b1"), http, clock=lambda: now[0])
        # The server checks times by its own clock.
        now[0] = datetime.now(UTC).timestamp() - 100
        start, tokens = now[0], set[str]()
        for now[0] in (start, start + 60, start + 69):
            tokens.add(backend.token())
        assert len(tokens) == 1
        now[0] = start + 71
        assert backend.token() not in tokens
        assert backend.token(anew=True) != backend.token(anew=True)
        assert backend.token() not in repr(backend)
        made = [said["client_assertion"] for _, path, said, _ in server.asked if path == "/token"]
        ids = {jwt.decode(one, options={"verify_signature": False})["jti"] for one in made}
        assert len(ids) == len(made) == 4
    asked = bulk(server, pem)
    with asked.backend.http:
        where = asked.begin(["Patient"])
        server.tokens.clear()
        assert asked.wait(where).time == "2026-03-01T00:00:00Z"


def test_waiting_keeps_to_what_the_server_says(server: Server, pem: Path) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    transient = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "transient"}]}
    server.waits = [
        (202, {"Retry-After": "7", "X-Progress": "10%\u00e4"}, b""), (202, {"Retry-After": soon}, b""), (202, {}, b""), (202, {}, b""),
        (429, {"Retry-After": "5"}, b""), (503, {}, b""), as_json(500, transient), (202, {"Retry-After": "soon"}, b""),
    ]  # fmt: skip
    slept, lines = list[float](), list[str]()
    asked = bulk(server, pem, slept, told=lines.append)
    with asked.backend.http:
        assert len(asked.wait(f"{server.url}/status/1").output) == 3
    assert slept[0] == 7
    assert 20 <= slept[1] <= 30
    assert slept[2] > slept[1]
    assert 5 in slept
    assert max(slept) <= 60
    assert [line.startswith("export: 10%") for line in lines] == [True]


def test_an_export_that_takes_too_long_or_fails(server: Server, pem: Path) -> None:
    server.waits = [(202, {"Retry-After": "20"}, b"")] * 50
    slow = bulk(server, pem, longest=10)
    with slow.backend.http, pytest.raises(FhirServerError, match="not done within 10 s"):
        slow.wait(f"{server.url}/status/1")
    failed = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "exception", "diagnostics": "Secretname"}],
    }
    server.waits = [as_json(500, failed)]
    asked = bulk(server, pem)
    with asked.backend.http:
        with pytest.raises(FhirServerError, match=r"HTTP 500 \(exception\)") as caught:
            asked.wait(f"{server.url}/status/1")
        assert "Secretname" not in str(caught.value)
        for said in (
            [],
            {"output": []},
            {"transactionTime": "x", "output": {}},
            {"transactionTime": "x", "output": [{"type": "../x", "url": "y"}]},
        ):
            server.waits = [as_json(200, said)]
            with pytest.raises(FhirServerError, match=r"not JSON|no manifest|without its type"):
                asked.wait(f"{server.url}/status/1")


def test_the_pages_of_a_manifest(server: Server, pem: Path) -> None:
    server.manifest = {"link": [{"relation": "next", "url": f"{server.url}/more"}]}
    more = {"output": [{"type": "Condition", "url": "/file/c"}], "link": [{"relation": "next", "url": "/more"}]}
    asked = bulk(server, pem)
    with asked.backend.http:
        server.answers["/more"] = [as_json(200, {"output": more["output"]})]
        output = asked.wait(f"{server.url}/status/1").output
        assert [(file.kind, file.url) for file in output[-1:]] == [("Condition", f"{server.url}/file/c")]
        server.answers["/more"] = [as_json(200, more)]
        with pytest.raises(FhirServerError, match="in a circle"):
            asked.wait(f"{server.url}/status/1")


@pytest.mark.parametrize("packed", [False, True])
def test_a_download_that_breaks_goes_on_where_it_was(server: Server, pem: Path, tmp_path: Path, packed: bool) -> None:
    server.packed = packed
    server.broken = {"Observation.1": [100, 50, 10]}
    slept = list[float]()
    asked = bulk(server, pem, slept)
    out = tmp_path / "out"
    with asked.backend.http:
        pull(asked, Asked(server.base), out)
    ranges = [headers.get("range") for headers in server.of("/file/Observation.1")]
    assert ranges == [None, "bytes=100-", "bytes=150-", "bytes=160-"]
    assert len(slept) == 3
    name = "Observation.0001.ndjson"
    found = (
        subprocess.run(["gzip", "-dc", out / f"{name}.gz"], capture_output=True, check=True).stdout
        if packed
        else (out / name).read_bytes()
    )
    assert found == server.files["Observation.1"]


def test_a_file_that_changed_is_fetched_from_its_beginning(server: Server, pem: Path, tmp_path: Path) -> None:
    for etags in (True, False):
        server.etags = etags
        server.broken = {"Observation.1": [100] * 6}
        asked = bulk(server, pem)
        out = tmp_path / f"out{etags}"
        with asked.backend.http:
            with pytest.raises(FhirServerError, match="broke off"):
                pull(asked, Asked(server.base), out)
            server.files["Observation.1"] += ndjson({"resourceType": "Observation", "id": "late"})
            server.broken = {}
            with pytest.raises(FhirServerError, match="the server told of"):
                # The manifest told of fewer: what is fetched anew is not what was exported.
                pull(asked, Asked(server.base), out)
            assert not out.exists()
            pull(asked, Asked(server.base), out, restart=True)
        # Without a tag nobody knows whether it is the same file: the rest of it is never asked for.
        assert any("range" in headers for headers in server.of("/file/Observation.1")) == etags
        server.asked.clear()
        assert (out / "Observation.0001.ndjson").read_bytes() == server.files["Observation.1"]


def test_what_is_partial_does_not_look_whole_and_is_gone_on_with(server: Server, pem: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    server.broken = {"Observation.2": [10] * 6}
    asked = bulk(server, pem)
    with asked.backend.http:
        with pytest.raises(FhirServerError, match="the same command goes on"):
            pull(asked, Asked(server.base), out)
        assert not out.exists()
        work = partial(out)
        assert {p.name for p in work.iterdir()} >= {"Observation.0002.ndjson.part", "pull.json"}
        assert "Observation.0002.ndjson" not in {p.name for p in work.iterdir()}
        # Neither a token nor a key is written.
        state = (work / "pull.json").read_text()
        assert not any(token in state for token in server.tokens)
        with pytest.raises(PullError, match="export of something else"):
            pull(asked, Asked(server.base, since="2026-01-01T00:00:00Z"), out)
        before = len(server.of("/fhir/Patient/$export"))
        server.broken = {}
        pull(asked, Asked(server.base), out)
    assert len(server.of("/fhir/Patient/$export")) == before == 1
    assert len(server.of("/file/Patient.1")) == 1
    assert not work.exists()
    with pytest.raises(PullError, match="not a new or empty folder"):
        pull(asked, Asked(server.base), out)


def test_two_do_not_pull_into_one_folder(server: Server, pem: Path, tmp_path: Path) -> None:
    said: list[str] = []

    def meanwhile(seconds: float) -> None:
        del seconds
        for more in ([], ["--restart"]):
            done = command(server, pem, tmp_path / "out", "--kid", "b1", *more)
            said.append(f"{done.exit_code} {done.output}")

    server.waits = [(202, {"Retry-After": "1"}, b"")]
    asked = bulk(server, pem)
    asked.sleep = meanwhile
    with asked.backend.http:
        pull(asked, Asked(server.base), tmp_path / "out")
    assert ["another pull is writing there" in text and text.startswith("2 ") for text in said] == [True, True]
    assert (tmp_path / "out" / "manifest.json").exists()


def test_an_export_that_the_server_has_forgotten_begins_anew(server: Server, pem: Path, tmp_path: Path) -> None:
    server.waits = [(404, {}, b"")]
    first, second = (command(server, pem, tmp_path / "out", "--kid", "b1") for _ in range(2))
    assert (first.exit_code, second.exit_code) == (2, 0)
    assert "no longer knows the export" in first.output
    assert len(server.of("/fhir/Patient/$export")) == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"resourceType":"Patient","id":"a"}\n{"resourceType":"Pat', "broken off"),
        (b'{"resourceType":"Observation","id":"a"}\n', "something else"),
        (b"<html>\n", "something else"),
        (b"\x1f\x8b\x08\x00garbage\n", "broken off"),
    ],
)
def test_a_file_that_is_not_what_was_told_is_not_kept(
    server: Server, pem: Path, tmp_path: Path, data: bytes, says: str
) -> None:
    server.files["Patient.1"] = data
    done = command(server, pem, tmp_path / "out", "--kid", "b1")
    assert done.exit_code == 2
    assert says in done.output
    assert done.output.count("\n") == 1
    assert [p.name for p in partial(tmp_path / "out").iterdir()] == ["pull.json"]


def test_what_could_not_be_exported_is_kept_beside(server: Server, pem: Path, tmp_path: Path) -> None:
    server.files["OperationOutcome.1"] = ndjson({"resourceType": "OperationOutcome", "issue": []})
    done = command(server, pem, tmp_path / "out", "--kid", "b1")
    assert done.exit_code == 0, done.output
    assert "could not export everything" in done.output
    assert [p.name for p in (tmp_path / "out" / "errors").iterdir()] == ["OperationOutcome.0000.ndjson"]


def test_the_token_goes_to_its_own_server_only(server: Server, pem: Path, tmp_path: Path) -> None:
    with bulk_server() as other:
        other.files = server.files
        output = [{"type": "Patient", "url": f"{other.url}/open/Patient.1"}]
        server.manifest = {"output": output, "requiresAccessToken": False}
        assert command(server, pem, tmp_path / "open", "--kid", "b1").exit_code == 0
        assert all("authorization" not in headers for _, _, _, headers in other.asked)
        for extra in ({"requiresAccessToken": True}, {"requiresAccessToken": None}):
            server.manifest = {"output": output, **extra}
            done = command(server, pem, tmp_path / "closed", "--kid", "b1", "--restart")
            assert (done.exit_code, "on another host" in done.output) == (2, True)
        assert len(other.asked) == 1
        for where in (f"{other.url}/status/1", "http://ehr.example/status", "file:///etc/passwd"):
            server.answers["/fhir/Patient/$export"] = [(202, {"Content-Location": where}, b"")]
            done = command(server, pem, tmp_path / "elsewhere", "--kid", "b1", "--restart")
            assert (done.exit_code, "another host" in done.output) == (2, True)
        server.manifest = {"output": [{"type": "Patient", "url": "http://ehr.example/p"}], "requiresAccessToken": False}
        done = command(server, pem, tmp_path / "plain", "--kid", "b1")
        assert (done.exit_code, "not https" in done.output) == (2, True)
        # Nor is a redirect followed.
        server.answers["/fhir/Patient/$export"] = [(307, {"Location": f"{other.url}/fhir/Patient/$export"}, b"")]
        assert "HTTP 307" in command(server, pem, tmp_path / "led", "--kid", "b1").output
        assert len(other.asked) == 1


def test_a_client_that_is_not_known(server: Server, pem: Path, tmp_path: Path) -> None:
    for more, says in (
        (["--kid", "b9"], "gave no token, HTTP 400 (invalid_client)"),
        ([], "gave no token, HTTP 400"),
        (["--kid", "b1", "--token-url", f"{server.url}/nothing"], "gave no token, HTTP 401"),
    ):
        done = command(server, pem, tmp_path / "out", *more)
        assert (done.exit_code, says in done.output, done.output.count("\n")) == (2, True, 1), done.output
        assert "Secretname" not in done.output
    for answer, says in (
        (as_json(200, {"token_type": "bearer"}), "no access token"),
        (as_json(200, {"access_token": "a\nb", "token_type": "bearer"}), "no access token"),
        (as_json(200, {"access_token": "a", "token_type": "mac"}), "of a kind that is not known"),
        ((200, {}, b"<html>"), "no access token"),
    ):
        server.answers["/token"] = [answer]
        done = command(server, pem, tmp_path / "out", "--kid", "b1")
        assert (done.exit_code, says in done.output) == (2, True), done.output


def test_keys_that_are_read_and_keys_that_are_not(tmp_path: Path) -> None:
    assert read_key(written(tmp_path / "a.pem", "b1")).algorithm == "RS384"
    private = cast("dict[str, Any]", ECAlgorithm.to_jwk(key("b2", "EC384"), as_dict=True)) | {"kid": "own", "alg": "ES384"}
    jwk = tmp_path / "a.json"
    for said in (private, {"keys": [private, public("b1")]}):
        jwk.write_text(json.dumps(said))
        found = read_key(jwk)
        assert (found.algorithm, found.kid, read_key(jwk, "given").kid) == ("ES384", "own", "given")
        assert private["d"] not in repr(found)
    for name, make in {
        "weak.pem": lambda path: written(path, "w", "RSA1024"),
        "curve.pem": lambda path: written(path, "c", "EC256"),
        "locked.pem": lambda path: written(path, "b1", password=b"x"),
        "public.json": lambda path: path.write_text(json.dumps(public("b1"))),
        "two.json": lambda path: path.write_text(json.dumps({"keys": [private, private]})),
        "text.pem": lambda path: path.write_text("Secretname"),
        "deep.json": lambda path: path.write_text('{"keys":' + "[" * 100_000),
        "list.json": lambda path: path.write_text('{"keys": 7}'),
    }.items():
        make(tmp_path / name)
        with pytest.raises(KeyFileError, match="is accepted") as caught:
            read_key(tmp_path / name)
        assert "Secretname" not in str(caught.value)
    with pytest.raises(KeyFileError, match="No such file"):
        read_key(tmp_path / "none.pem")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--server", "http://ehr.example/fhir"], "--server: write an address"),
        (["--token-url", "ftp://x"], "--token-url: write an address"),
        (["--type", "Patent"], "the nearest is `Patient`"),
        (["--type", "Observation"], "Patient is needed"),
        (["--since", "yesterday"], "a moment with its zone"),
        (["--since", "2026-01-01"], "a moment with its zone"),
        (["--group", "a/b"], "--group"),
        (["--key", "/nowhere.pem"], "No such file"),
    ],
)
def test_what_is_mistyped_is_said_in_a_line(server: Server, pem: Path, tmp_path: Path, more: list[str], says: str) -> None:
    done = command(server, pem, tmp_path / "out", *more)
    assert (done.exit_code, says.lower() in done.output.lower(), done.output.count("\n")) == (2, True, 1), done.output
    assert not server.asked
    assert not (tmp_path / "out").exists()


def test_one_who_stops_it_is_told_how_to_go_on(
    server: Server, pem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("neomag.fhir.bulk.Bulk.fetch", stopped)
        done = command(server, pem, tmp_path / "out", "--kid", "b1")
    assert (done.exit_code, "Run the same command to go on." in done.output) == (130, True)
    assert not (tmp_path / "out").exists()
    again = command(server, pem, tmp_path / "out", "--kid", "b1")
    assert (again.exit_code, "going on with the export" in again.output) == (0, True)
    assert len(server.of("/fhir/Patient/$export")) == 1


def test_neomag_alone_starts_without_the_libraries_of_pulling() -> None:
    code = "import neomag, neomag.cli.cohort_pull, sys; print({'httpx', 'jwt', 'cryptography'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
