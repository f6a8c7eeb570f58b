"""neomag audit and neomag key, as they are typed."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.store_help import save, tamper

from neomag.cli import main
from neomag.service.auth.api_key import ApiKeys
from neomag.service.store import Anchor, Store


def neomag(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def url(store_url: str) -> str:
    with Store.open(store_url) as store:
        for number in range(4):
            save(store, number)
    return store_url


def test_a_whole_trail(url: str):
    ran = neomag("audit", "verify", "--store", url)
    assert ran.exit_code == 0
    assert ran.stdout.startswith("The audit trail is whole: 4 entries, head 4:")
    said = json.loads(neomag("audit", "verify", "--store", url, "--format", "json").stdout)
    assert (said["whole"], said["entries"], said["breaks"]) == (True, 4, [])
    assert neomag("audit", "verify", "--store", url, "--anchor", said["head"]).exit_code == 0


def test_a_broken_trail_names_the_break_and_exits_with_1(url: str):
    anchor = neomag("audit", "head", "--store", url).stdout.strip()
    assert Anchor.parse(anchor).sequence == 4
    tamper(url, "UPDATE audit SET actor = 'nobody' WHERE sequence = 3")
    ran = neomag("audit", "verify", "--store", url)
    assert (ran.exit_code, ran.stdout) == (1, "changed: entry 3 was changed\n")
    tamper(url, "DELETE FROM audit WHERE sequence > 1")
    ran = neomag("audit", "verify", "--store", url, "--format", "json")
    assert ran.exit_code == 1
    first = json.loads(ran.stdout)["breaks"][0]
    assert (first["kind"], first["sequence"]) == ("truncated", 2)


def test_an_anchor_that_is_none(url: str):
    ran = neomag("audit", "verify", "--store", url, "--anchor", "12")
    assert ran.exit_code == 2
    assert "as `neomag audit head` prints it" in ran.stderr


def test_entries_are_shown(url: str):
    lines = neomag("audit", "show", "--store", url, "--after", "1", "--most", "2").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "3"]
    assert all("ward  assessment.save" in line for line in lines)
    (line,) = neomag("audit", "show", "--store", url, "--subject", lines[0].split()[-1], "--format", "json").stdout.splitlines()
    assert json.loads(line)["sequence"] == 2


def test_pruning(url: str):
    ran = neomag("audit", "prune", "--store", url)
    assert (ran.exit_code, ran.stdout) == (0, "reply 0, token 0\n")
    assert "set retention_days" in ran.stderr
    assert neomag("audit", "prune", "--store", url, "--days", "1").stdout == "assessment 0, feedback 0, reply 0, token 0\n"
    with Store.open(url) as store:
        store.prune(timedelta(days=1), datetime.now(UTC) + timedelta(days=3))
    ran = neomag("audit", "verify", "--store", url)
    assert ran.exit_code == 0, ran.stdout


def test_the_retention_time_of_the_settings(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "n.toml"
    file.write_text(f"store = {url!r}\nretention_days = 3\n")
    assert neomag("audit", "prune", "--settings", str(file)).exit_code == 0
    monkeypatch.setenv("NEOMAG_STORE", url)
    monkeypatch.setenv("NEOMAG_RETENTION_DAYS", "none")
    ran = neomag("audit", "prune")
    assert (ran.exit_code, ran.stderr) == (
        2, "neomag: NEOMAG_RETENTION_DAYS `none`: write a whole number from 1 to 36500\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    "command", [("audit", "verify"), ("audit", "head"), ("audit", "show"), ("key", "list"), ("key", "revoke", "x")]
)
def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, command: tuple[str, ...]):
    """A mistyped file must not be found whole."""
    ran = neomag(*command, "--store", f"sqlite:///{tmp_path / 'none.db'}")
    assert ran.exit_code == 2
    assert "No such file" in ran.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.db").touch()
    ran = neomag(*command, "--store", f"sqlite:///{tmp_path / 'empty.db'}")
    assert (ran.exit_code, ran.stderr) == (2, "neomag: there is no store of neomag in this database\n")


def test_an_address_that_is_none():
    ran = neomag("audit", "verify", "--store", "oracle://me:hush@h/d")
    assert (ran.exit_code, ran.stderr) == (2, "neomag: store: write sqlite:///FILE or postgresql://USER@HOST/DATABASE\n")


def test_a_key_is_made_listed_and_revoked(store_url: str):
    ran = neomag(
        "key", "add", "--store", store_url, "--client", "ward 3", "--scope", "assess", "--scope", "dose", "--days", "9"
    )
    assert ran.exit_code == 0
    made = ran.stdout.strip()
    assert "cannot be shown again" in ran.stderr
    with Store.open(store_url) as store:
        assert ApiKeys(store).identity(made).scopes == {"assess", "dose"}
    id_ = made.split("_")[1]
    listed = neomag("key", "list", "--store", store_url).stdout
    today, ends = datetime.now(UTC).date(), datetime.now(UTC).date() + timedelta(days=9)
    assert listed == f"{id_}  ward 3  assess dose  until {ends}  last used {today}\n"
    assert made.split("_", 2)[2] not in listed
    assert json.loads(neomag("key", "list", "--store", store_url, "--format", "json").stdout)["client"] == "ward 3"
    ran = neomag("key", "revoke", "--store", store_url, f"{id_[:-1]}x")
    assert (ran.exit_code, ran.stderr) == (
        2, f"neomag: no key that is valid `{id_[:-1]}x`; the nearest is `{id_}`\n",
    )  # fmt: skip
    assert neomag("key", "revoke", "--store", store_url, id_).stdout == f"revoked {id_}\n"
    assert "revoked" in neomag("key", "list", "--store", store_url).stdout
    assert neomag("key", "revoke", "--store", store_url, id_).exit_code == 2


def test_a_key_for_a_scope_that_there_is_not(tmp_path: Path):
    ran = neomag("key", "add", "--store", f"sqlite:///{tmp_path / 'a.db'}", "--client", "w", "--scope", "all")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "scopes: write one or more of assess, dose, feed, read, audit, cds" in ran.stderr


def test_help_needs_no_database():
    """The groups are listed, and their help shown, without importing what only their commands need."""
    code = (
        "import sys; from click.testing import CliRunner; from neomag.cli import main; "
        "[CliRunner().invoke(main, [group, '--help']) for group in ('audit', 'key')]; "
        "print([name for name in ('sqlalchemy', 'alembic', 'litestar', 'httpx', 'jwt') if name in sys.modules])"
    )
    import subprocess

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_key_that_cannot_be_made_leaves_no_store(tmp_path: Path):
    ran = neomag("key", "add", "--client", "ward", "--scope", "asses", "--store", f"sqlite:///{tmp_path / 'n.db'}")
    assert ran.exit_code == 2
    assert "scopes: write one or more of assess, dose" in ran.stderr
    assert list(tmp_path.iterdir()) == []
