"""The audit trail: a chain that does not fork, that nobody changes unseen, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from tests.store_help import save, tamper

from neomag.service.store import Anchor, Store, StoreError, records
from neomag.service.store.audit import GENESIS, hash_of
from neomag.service.store.canonical import digest
from neomag.service.store.tables import Entry


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


def test_each_entry_holds_the_hash_of_the_one_before(store: Store):
    saved = save(store)
    store.record("assessment.read", "dr", str(saved.id))
    first, second = store.entries()
    assert (first.sequence, first.previous) == (1, GENESIS)
    assert (second.sequence, second.previous) == (2, first.hash)
    assert first.subject == second.subject == saved.id
    assert (first.actor, first.action, second.actor, second.action) == ("ward", "assessment.save", "dr", "assessment.read")
    # The hash can be recomputed by anyone from what is written here.
    columns = ("sequence", "at", "actor", "action", "subject", "record", "detail", "previous")
    assert second.hash == digest({name: getattr(second, name) for name in columns}) == hash_of(second)
    assert store.head() == Anchor(2, second.hash)
    assert store.verify() == []


def test_an_empty_trail_is_whole(store: Store):
    assert store.verify() == []
    assert store.head() == Anchor(0, GENESIS)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 3",
        "DELETE FROM audit",
        "UPDATE assessment SET answer = '{}'",
        "UPDATE feedback SET outcome = 'accepted'",
        "INSERT INTO audit SELECT 9, at, actor, action, subject, record, detail, previous, hash FROM audit WHERE sequence = 3",
        "INSERT INTO audit SELECT 4, at, actor, action, subject, record, detail, previous, hash FROM audit WHERE sequence = 3",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_written(store: Store, store_url: str, statement: str):
    for number in range(3):
        save(store, number)
    store.save_feedback(client="ehr", service="s", card="c", outcome="overridden")
    with pytest.raises(DBAPIError, match=r"refused|does not follow"):
        tamper(store_url, statement, triggers=True)
    assert store.verify() == []


def test_replacing_an_entry_is_refused(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with Store.open(url) as store:
        save(store)
        with pytest.raises(DBAPIError, match="does not follow"):
            tamper(url, "REPLACE INTO audit SELECT * FROM audit WHERE sequence = 1", triggers=True)
        assert store.verify() == []


def test_truncating_the_trail_is_refused(postgres_address: str, store_url: str):
    if store_url.startswith("sqlite"):
        pytest.skip("SQLite has no TRUNCATE")
    with Store.open(store_url) as store:
        save(store)
        with pytest.raises(DBAPIError, match="TRUNCATE is refused"):
            tamper(store_url, "TRUNCATE audit", triggers=True)


_SWAP = "UPDATE audit SET sequence = {} WHERE sequence = {}"


@pytest.mark.parametrize(
    ("statements", "kind", "sequence"),
    [
        (["UPDATE audit SET actor = 'nobody' WHERE sequence = 4"], "changed", 4),
        (["UPDATE audit SET at = '2020-01-01T00:00:00.000000Z' WHERE sequence = 1"], "changed", 1),
        (["UPDATE audit SET record = NULL WHERE sequence = 4"], "changed", 4),
        (["DELETE FROM audit WHERE sequence = 3"], "missing", 3),
        (["DELETE FROM audit WHERE sequence IN (3, 4)"], "missing", 3),
        (["DELETE FROM audit WHERE sequence = 1"], "missing", 1),
        (["DELETE FROM audit WHERE sequence > 5"], "truncated", 6),
        (["DELETE FROM audit"], "truncated", 1),
        ([_SWAP.format(99, 3), _SWAP.format(3, 4), _SWAP.format(4, 99)], "reordered", 3),
        ([_SWAP.format(99, 2), _SWAP.format(2, 6), _SWAP.format(6, 99)], "reordered", 2),
        (["UPDATE audit_head SET sequence = 5"], "changed", 7),
        (
            ["UPDATE assessment SET answer = '{}' WHERE id = (SELECT subject FROM audit WHERE sequence = 4)"],
            "record changed",
            4,
        ),
        (["DELETE FROM assessment WHERE id = (SELECT subject FROM audit WHERE sequence = 2)"], "record missing", 2),
        (["DELETE FROM feedback"], "record missing", 7),
    ],
)
def test_the_first_break_and_its_kind_are_named(store: Store, store_url: str, statements: list[str], kind: str, sequence: int):
    for number in range(6):
        save(store, number)
    store.save_feedback(client="ehr", service="s", card="c", outcome="overridden")
    assert store.verify() == []
    tamper(store_url, *statements)
    first, *_ = store.verify()
    assert (first.kind, first.sequence) == (kind, sequence), first.says


def test_a_record_that_nobody_audited_is_named(store: Store, store_url: str):
    saved = save(store)
    tamper(
        store_url,
        "INSERT INTO assessment SELECT 'f' || substr(id, 2, 30) || '-', at, client, \"case\", answer, knowledge,"
        " knowledge_digest, salt FROM assessment",
    )
    (found,) = store.verify()
    assert found.kind == "record not audited"
    assert str(saved.id) not in found.says


@pytest.mark.parametrize("detail", ["", "{", "[]", '{"before": 7}', '{"before": null}', "[" * 300, '{"records": 1}'])
def test_an_entry_of_pruning_that_was_spoilt_hides_nothing(store: Store, store_url: str, detail: str):
    save(store)
    store.prune(timedelta(days=1), datetime.now(UTC) + timedelta(days=2))
    assert store.verify() == []
    tamper(store_url, f"UPDATE audit SET detail = '{detail}' WHERE action = 'assessment.prune'")
    assert [(found.kind, found.sequence) for found in store.verify()] == [("changed", 2), ("record missing", 1)]


def test_a_trail_that_is_broken_everywhere_is_told_in_reasonable_time(store: Store, store_url: str):
    """Only the first break is looked into; of records, so many are named."""
    for number in range(150):
        save(store, number)
    tamper(store_url, "UPDATE audit SET actor = 'nobody'", "DELETE FROM assessment")
    found = store.verify()
    assert len(found) == 101
    assert (found[0].kind, found[0].sequence) == ("changed", 1)
    assert {other.kind for other in found[1:]} == {"record missing"}


def test_two_entries_for_one_record_are_told(store: Store, store_url: str):
    saved = save(store)
    store.record("assessment.save", "nobody", str(saved.id))
    found = store.verify()
    assert [(one.kind, one.sequence) for one in found] == [("record changed", 2)]


def test_many_prunes_each_cover_what_came_before_them(store: Store):
    """Each record is pruned by one of several, the times of which do not follow each other."""
    day, now = timedelta(days=1), datetime.now(UTC)
    for days in (9, 3, 30, 5):
        save(store)
        store.prune(day, now + days * day)
    save(store)
    assert store.verify() == []
    assert [entry.action for entry in store.entries()] == ["assessment.save", "assessment.prune"] * 4 + ["assessment.save"]


def rewrite(store: Store, url: str, change: Callable[[Entry], None], start: int) -> None:
    """What someone with every right in the database can do: change an entry and recompute every hash after it."""
    statements: list[str] = []
    previous = GENESIS
    for entry in store.entries(most=1_000):
        if entry.sequence == start:
            change(entry)
        entry.previous = previous
        entry.hash = previous = hash_of(entry)
        statements.append(
            f"UPDATE audit SET actor = '{entry.actor}', previous = '{entry.previous}', hash = '{entry.hash}'"
            f" WHERE sequence = {entry.sequence}"
        )
    tamper(url, *statements, f"UPDATE audit_head SET hash = '{previous}'")


def test_an_anchor_kept_outside_shows_a_trail_that_was_rewritten_whole(store: Store, store_url: str):
    for number in range(5):
        save(store, number)
    anchor = Anchor.parse(str(store.head()))
    save(store, 5)
    assert store.verify(anchor) == []
    rewrite(store, store_url, lambda entry: setattr(entry, "actor", "nobody"), 3)
    assert store.verify() == []  # nothing inside can tell
    (found,) = store.verify(anchor)
    assert (found.kind, found.sequence) == ("changed", 5)


def test_an_anchor_shows_a_tail_that_was_cut_off_with_its_head(store: Store, store_url: str):
    for number in range(5):
        save(store, number)
    anchor = store.head()
    third = store.entries()[2]
    tamper(
        store_url,
        "DELETE FROM assessment WHERE id IN (SELECT subject FROM audit WHERE sequence > 3)",
        "DELETE FROM audit WHERE sequence > 3",
        f"UPDATE audit_head SET sequence = 3, hash = '{third.hash}'",
    )
    assert store.verify() == []
    (found,) = store.verify(anchor)
    assert (found.kind, found.sequence) == ("truncated", 4)


@pytest.mark.parametrize("text", ["", "5", "5:abc", f"x:{GENESIS}", f"-1:{GENESIS}", f"1:{'G' * 64}", f"²:{GENESIS}"])
def test_an_anchor_that_is_none_is_refused(text: str):
    with pytest.raises(ValueError, match="write an anchor"):
        Anchor.parse(text)


def test_many_writers_do_not_fork_the_chain(store_url: str):
    # Each with a store of its own, as processes have.
    stores = [Store.open(store_url) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        saved = list(pool.map(lambda number: save(stores[number % 4], number).id, range(200)))
    assert len(set(saved)) == 200
    assert [entry.sequence for entry in stores[0].entries(most=1_000)] == list(range(1, 201))
    assert stores[1].verify() == []
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    ("action", "actor", "subject"),
    [
        ("read it", "dr", "a1"),
        ("read", "", "a1"),
        ("read", "dr\n", "a1"),
        ("read", "d" * 201, "a1"),
        ("read", "dr", "Baby Smith"),
        ("read", "dr", ""),
        ("read", "dr", "a" * 129),
        ("read", "dr", "Zoë"),
    ],
)
def test_a_subject_is_an_id_and_not_a_name(store: Store, action: str, actor: str, subject: str):
    with pytest.raises(ValueError, match="write"):
        store.record(action, actor, subject)
    assert store.entries() == []


def test_what_fails_leaves_neither_record_nor_entry(store: Store, store_url: str):
    save(store, 1)

    def half(session: Session) -> None:
        records.save_assessment(session, client="ward", case={}, answer={}, knowledge="1", knowledge_digest="a")
        raise RuntimeError("power fails here")

    with pytest.raises(RuntimeError, match="power"):
        store.write(half)
    save(store, 2)
    assert [entry.sequence for entry in store.entries()] == [1, 2]
    assert store.verify() == []


def test_one_failure_in_a_batch_is_its_own(store: Store):
    def one(number: int) -> str:
        if number % 3:
            return str(save(store, number).id)
        with pytest.raises(ValueError, match="client"):
            save(store, number, client="\n")
        return ""

    with ThreadPoolExecutor(16) as pool:
        ids = [found for found in pool.map(one, range(60)) if found]
    assert len(ids) == 40
    assert all(store.assessment(found) is not None for found in ids)
    assert store.verify() == []


def test_a_closed_store_says_so(store: Store):
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        save(store)


def test_numbers_that_json_cannot_hold_are_refused(store: Store):
    with pytest.raises(ValueError, match="JSON"):
        store.save_assessment(client="w", case={"x": float("nan")}, answer={}, knowledge="1", knowledge_digest="a")
    assert store.head().sequence == 0


def test_sqlite_is_the_versions_that_keep_what_they_acknowledge(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'a.db'}") as store, store.reading() as session:
        connection = session.connection()
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert sqlite3.sqlite_version_info >= (3, 35)
