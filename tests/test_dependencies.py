"""What neomag depends on is pinned, licensed, used; and what could not be checked is never passed as clean."""

from __future__ import annotations

import json
import threading
import tomllib
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from tools import audit_dependencies as audit
from tools.advisories import NotCheckedError, Package, advisories

HASH = "--hash=sha256:" + "0" * 64
LOCK = (audit.ROOT / "requirements.lock").read_text("utf-8")
NODE = json.loads((audit.ROOT / "package-lock.json").read_text("utf-8"))
PACKAGES = [Package("PyPI", "click", "8.1.0"), Package("npm", "fhir", "4.12.0")]


def test_nothing_is_wrong_with_what_neomag_depends_on() -> None:
    assert audit.offline_faults() == []


def test_both_lock_files_are_read_whole() -> None:
    python = audit.python_packages(LOCK)
    assert len(python) == LOCK.count("==") - LOCK.count(" == '") - LOCK.count(' == "')
    assert len(audit.node_packages(json.dumps(NODE))) == len(NODE["packages"]) - 1
    assert {"click", "litestar", "mcp"} <= {package.name for package in python}


# Pins


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        (f"click>=8 \\\n    {HASH}", "not pinned"),
        (f"click==8.* \\\n    {HASH}", "not pinned"),
        (f"click \\\n    {HASH}", "not pinned"),
        ("click==8.1.0", "no hash"),
        ("click==8.1.0 \\\n    --hash=md5:0123", "no hash"),
        (f"click==8.1.0 \\\n    {HASH}\nrich==13.0", "`rich==13.0` has no hash"),
        (f"--index-url https://example.org/simple\nclick==8.1.0 \\\n    {HASH}", "an address"),
        (f"click @ https://example.org/click.whl \\\n    {HASH}", "an address"),
        (f"-e .\nclick==8.1.0 \\\n    {HASH}", "an option"),
    ],
)
def test_a_requirement_without_pin_or_hash_is_found(lock: str, says: str) -> None:
    assert any(says in fault for fault in audit.python_lock_faults(lock))


def test_a_lock_that_is_whole_has_no_fault() -> None:
    lock = f"# made by a tool\nclick==8.1.0 \\\n    {HASH} \\\n    {HASH}\n    # via neomag\npywin32==3 ; sys_platform == 'win32' \\\n    {HASH}\n"
    assert list(audit.python_lock_faults(lock)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"integrity": None}, "no sha512"),
        ({"integrity": "sha1-abc"}, "no sha512"),
        ({"resolved": "https://example.org/x.tgz"}, "names the address"),
    ],
)
def test_a_node_package_without_hash_or_with_an_address_is_found(change: dict[str, Any], says: str) -> None:
    name = "node_modules/pyright"
    spoilt = {"packages": {**NODE["packages"], name: {**NODE["packages"][name], **change}}}
    (fault,) = audit.node_lock_faults(json.dumps(spoilt))
    assert says in fault


# Licences


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("(WTFPL OR ISC)", True),
        ("MIT AND Zlib", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("none stated", False),
        ("", False),
    ],
)
def test_licences_that_may_be_linked(expression: str, may: bool) -> None:
    assert audit.allowed(expression) is may


def stated(*fields: tuple[str, str]) -> Any:
    message = Message()
    for name, value in fields:
        message[name] = value
    return message


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ([("License-Expression", "MIT"), ("License", "GPL")], "MIT"),
        ([("License", "Apache 2.0")], "Apache 2.0"),
        ([("License", "MIT License\n\nCopyright …")], "MIT License"),
        ([("License", "Copyright …\nall of it"), ("Classifier", "License :: OSI Approved :: BSD License")], "BSD License"),
        ([("License", "UNKNOWN"), ("Classifier", "License :: OSI Approved :: MIT License")], "MIT License"),
        ([("Classifier", "License :: A :: X"), ("Classifier", "License :: A :: Y")], "X AND Y"),
        ([("Classifier", "Topic :: Software Development")], "none stated"),
        ([], "none stated"),
    ],
)
def test_a_licence_is_read_where_it_is_stated(fields: list[tuple[str, str]], says: str) -> None:
    assert audit.licence(stated(*fields)) == says


def test_a_package_with_another_licence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "metadata", lambda name: stated(("License-Expression", "AGPL-3.0-or-later")))
    node = json.dumps({"packages": {"": {}, "node_modules/a": {"license": "GPL-2.0"}, "node_modules/b": {}}})
    found = list(audit.licence_faults([Package("PyPI", "click", "8"), Package("PyPI", "rcpchgrowth", "4")], node))
    assert [fault.partition(":")[0] for fault in found] == ["click", "a", "b"]


def test_what_is_kept_apart_is_no_part_of_what_a_user_installs() -> None:
    extras = tomllib.loads((audit.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert [name for name, given in extras.items() if set(given) & set(audit.APART)] == ["bench"]


# Use


def test_a_package_that_nothing_uses_is_found() -> None:
    assert list(audit.unused_faults(["click", "ruff"], {"click"})) == []
    assert list(audit.unused_faults(["click", "scipy"], {"click"})) == ["pyproject.toml: scipy is used nowhere"]


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import os.path\ndef f():\n    from yaml.nodes import Node\n    return Node\nfrom . import b\n'import rich'\n"
    )
    assert audit.imported(".", root=tmp_path) == {"os", "yaml"}


def test_an_import_that_nothing_asks_for_is_found() -> None:
    assert list(audit.undeclared_faults(["click", "litestar"], {"click", "json", "neomag", "msgspec"})) == []
    (fault,) = audit.undeclared_faults(["click"], {"click", "msgspec"})
    assert "msgspec" in fault
    (fault,) = audit.undeclared_faults(["rcpchgrowth"], {"rcpchgrowth"})
    assert "keeps it apart" in fault


# Vulnerabilities

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


@pytest.fixture
def database() -> Iterator[Callable[[Answer], str]]:
    """Starts an advisory database on this machine that answers as it is told, and gives its address."""
    started: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, body = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - so it is called in the library
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        started.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/v1/querybatch"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def results(*each: dict[str, Any]) -> Answer:
    return lambda _: (200, json.dumps({"results": each}).encode())


def test_every_package_is_asked_about_by_its_name_and_version(database: Callable[[Answer], str]) -> None:
    heard: list[dict[str, Any]] = []

    def answer(asked: dict[str, Any]) -> tuple[int, bytes]:
        heard.extend(asked["queries"])
        return 200, json.dumps({"results": [{}, {"vulns": [{"id": "GHSA-x"}, {"id": "GHSA-y"}]}]}).encode()

    assert advisories(PACKAGES, database(answer)) == ["fhir 4.12.0: GHSA-x", "fhir 4.12.0: GHSA-y"]
    assert heard == [
        {"package": {"ecosystem": "PyPI", "name": "click"}, "version": "8.1.0"},
        {"package": {"ecosystem": "npm", "name": "fhir"}, "version": "4.12.0"},
    ]


@pytest.mark.parametrize(
    "answer",
    [
        results({}),
        results({}, {"next_page_token": "more"}),
        lambda _: (503, b""),
        lambda _: (200, b"<html>a proxy</html>"),
        lambda _: (200, b"[]"),
        lambda _: (200, b'{"results":[1,2]}'),
        lambda _: (200, b'{"results":[{"vulns":[{}]},{}]}'),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_whole_says_nothing(database: Callable[[Answer], str], answer: Answer) -> None:
    with pytest.raises(NotCheckedError):
        advisories(PACKAGES, database(answer))


def test_a_database_that_is_not_there_is_not_a_clean_one(capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = "http://127.0.0.1:9/v1/querybatch"
    assert audit.main([], nowhere) == 2
    assert audit.main(["--allow-unchecked"], nowhere) == 0
    said = capsys.readouterr().out
    assert said.count("NOT CHECKED") == 2
    assert "none" not in said


def test_what_the_audit_exits_with(
    database: Callable[[Answer], str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = database(lambda asked: (200, json.dumps({"results": [{}] * len(asked["queries"])}).encode()))
    known = database(
        lambda asked: (200, json.dumps({"results": [{"vulns": [{"id": "CVE-1"}]}] * len(asked["queries"])}).encode())
    )
    assert audit.main([], clean) == 0
    assert "Known vulnerabilities of" in capsys.readouterr().out
    assert audit.main(["--allow-unchecked"], known) == 1
    assert "CVE-1" in capsys.readouterr().out
    monkeypatch.setattr(audit, "offline_faults", lambda: ["something"])
    assert audit.main([], clean) == 1
    assert audit.main(["--allow-unchecked"], "http://127.0.0.1:9/") == 1
