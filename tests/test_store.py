"""The store: what is kept comes back, what may happen once happens once, what is too old goes, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.store_help import save, tamper

from neomag.service.store import ConflictError, Reply, RequestKey, Store, StoreError
from neomag.service.store.canonical import canonical, digest
from neomag.service.store.engine import make_engine, masked
from neomag.service.store.migrate import VERSIONS
from neomag.service.store.tables import Base, written

DAY = timedelta(days=1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


def test_what_is_kept_comes_back(store: Store, store_url: str):
    case = {"case": "Zoë\x00\ud800", "events": [{"at": "1 d", "lab": "magnesium", "value": 0.1 + 0.2, "unit": "mmol/L"}]}
    saved = store.save_assessment(
        client="ward", case=case, answer={"urgency": "soon"}, knowledge="2026.12.0", knowledge_digest="b" * 64
    )
    store.close()
    with Store.open(store_url) as again:
        found = again.assessment(str(saved.id))
        assert found is not None
        assert (json.loads(found.case), json.loads(found.answer)) == (case, {"urgency": "soon"})
        assert (found.client, found.knowledge, found.knowledge_digest) == ("ward", "2026.12.0", "b" * 64)
        assert abs(datetime.fromisoformat(found.at) - datetime.now(UTC)) < timedelta(minutes=5)
        assert again.verify() == []


def test_a_client_sees_its_own_assessments_only(store: Store):
    saved = str(save(store, client="ward").id)
    assert store.assessment(saved, "ward") is not None
    assert store.assessment(saved, "another") is None
    assert store.assessment("f" * 32) is None


# Once only


def keep(store: Store, key: RequestKey, number: int) -> Any:
    return save(store, number, key=key, reply=lambda id_: Reply(201, json.dumps({"id": id_})))


def test_the_same_request_gets_the_stored_answer(store: Store):
    key = RequestKey.of("ward", "k1", "/assess", {"case": 1})
    assert store.recall(key) is None
    first, second = keep(store, key, 1), keep(store, key, 2)
    assert (first.repeated, second.repeated) == (False, True)
    assert second.reply == first.reply == store.recall(key) == Reply(201, json.dumps({"id": first.id}))
    assert store.head().sequence == 1


def test_the_same_key_with_another_body_is_a_conflict(store: Store):
    keep(store, RequestKey.of("ward", "k1", "/assess", {"case": 1}), 1)
    for other in (RequestKey.of("ward", "k1", "/assess", {"case": 2}), RequestKey.of("ward", "k1", "/dose", {"case": 1})):
        with pytest.raises(ConflictError, match="another request"):
            store.recall(other)
        with pytest.raises(ConflictError):
            keep(store, other, 2)
        with pytest.raises(ConflictError):
            store.remember(other, Reply(200, ""))
    assert store.head().sequence == 1


def test_keys_of_two_clients_have_nothing_to_do_with_each_other(store: Store):
    first = keep(store, RequestKey.of("ward", "k1", "/assess", {"case": 1}), 1)
    second = keep(store, RequestKey.of("other", "k1", "/assess", {"case": 2}), 2)
    assert first.id != second.id
    assert not second.repeated


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_the_order_of_keys_is_not_another_body(body: dict[str, Any]):
    turned = dict(reversed(body.items()))
    assert RequestKey.of("c", "k", "/r", body) == RequestKey.of("c", "k", "/r", turned)
    assert canonical(body) == canonical(turned)
    assert digest(body) == digest(json.loads(canonical(body)))


def test_of_many_at_once_with_one_key_one_is_kept(store_url: str):
    stores = [Store.open(store_url) for _ in range(3)]
    key = RequestKey.of("ward", "k1", "/assess", {"case": 1})
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda number: keep(stores[number % 3], key, number), range(36)))
    assert sum(not saved.repeated for saved in found) == 1
    assert len({saved.reply for saved in found}) == 1
    assert stores[0].head().sequence == 1
    for store in stores:
        store.close()


@pytest.mark.parametrize("key", ["", "k" * 256, "k\n"])
def test_an_idempotency_key_that_is_none_is_refused(key: str):
    with pytest.raises(ValueError, match="Idempotency-Key"):
        RequestKey.of("ward", key, "/assess", {})


def test_a_reply_without_a_record_is_kept_once(store: Store):
    key = RequestKey.of("ward", "k1", "/dose", {"weight": "3 kg"})
    assert store.remember(key, Reply(200, "first")) == Reply(200, "first")
    assert store.remember(key, Reply(200, "second")) == Reply(200, "first")


def test_a_jti_is_used_once_by_one_of_many(store_url: str):
    stores = [Store.open(store_url) for _ in range(3)]
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda n: stores[n % 3].use_token("https://ehr", "j1", 2_000, 1_000), range(36)))
    assert found.count(True) == 1
    assert stores[0].use_token("https://other", "j1", 2_000, 1_000)
    # It is forgotten only when its token has expired.
    assert not stores[0].use_token("https://ehr", "j1", 2_000, 2_000)
    assert stores[0].use_token("https://ehr", "j1", 3_000, 2_001)
    for store in stores:
        store.close()


# Feedback


def test_feedback_is_reported_by_service(store: Store):
    def say(card: str, outcome: str, **more: Any) -> None:
        store.save_feedback(client="ehr", service="patient-view", card=card, outcome=outcome, **more)

    say("c1", "overridden", reason="not-relevant", reason_system="urn:x", comment="the \x00 mother was given it \ud800")
    say("c2", "overridden")
    say("c3", "accepted", suggestions=["s1", "s2"], outcome_at="2026-11-26T10:00:00Z")
    say("c3", "accepted")  # sent twice: one card
    say("c4", "accepted")
    say("c4", "overridden", reason="not-relevant")  # the last word counts
    store.save_feedback(client="ehr", service="order-sign", card="c1", outcome="accepted")
    orders, views = store.feedback_report()
    assert (orders.service, orders.accepted, orders.overridden, orders.overridden_share) == ("order-sign", 1, 0, 0)
    assert (views.service, views.accepted, views.overridden, views.commented) == ("patient-view", 1, 3, 1)
    assert views.reasons == {"not-relevant": 2, None: 1}
    assert views.overridden_share == 0.75
    assert store.feedback_report(since=datetime.now(UTC) + DAY) == []
    assert store.feedback_report(until=datetime.now(UTC) - DAY) == []
    assert len(store.feedback_report(datetime.now(UTC) - DAY, datetime.now(UTC) + DAY)) == 2
    assert store.verify() == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"outcome": "ignored"}, "outcome: write accepted or overridden"),
        ({"service": "a b"}, "service: write an id"),
        ({"card": "c" * 101}, "card: write an id"),
        ({"reason": ""}, "reason: write 1 to 200"),
        ({"suggestions": ["a b"]}, "suggestion: write an id"),
        ({"outcome_at": "x" * 41}, "outcomeTimestamp"),
    ],
)
def test_feedback_that_is_none_is_refused(store: Store, wrong: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        store.save_feedback(**({"client": "ehr", "service": "s", "card": "c", "outcome": "accepted"} | wrong))
    assert store.feedback_report() == []


# Retention


def test_what_is_too_old_goes_and_the_trail_says_so(store: Store):
    old = [str(save(store, number).id) for number in range(3)]
    store.save_feedback(client="ehr", service="s", card="c", outcome="accepted")
    key = RequestKey.of("ward", "k1", "/assess", {})
    keep(store, key, 3)
    store.use_token("https://ehr", "j", 2_000_000_000, 1_000)
    later = datetime.now(UTC) + 10 * DAY
    assert store.prune(30 * DAY, later, replies=30 * DAY) == {"assessment": 0, "feedback": 0, "reply": 0, "token": 0}
    assert store.head().sequence == 5  # nothing went, nothing is said
    assert store.prune(5 * DAY, later) == {"assessment": 4, "feedback": 1, "reply": 1, "token": 0}
    assert [store.assessment(id_) for id_ in old] == [None] * 3
    assert store.recall(key) is None
    said = [(e.action, json.loads(e.detail)) for e in store.entries(after=5)]
    before = written(later - 5 * DAY)
    assert said == [
        ("assessment.prune", {"before": before, "records": 4}),
        ("feedback.prune", {"before": before, "records": 1}),
    ]
    assert store.verify() == []
    save(store, 9)
    assert store.verify() == []


def test_without_a_retention_time_records_stay(store: Store):
    saved = str(save(store).id)
    assert store.prune(None, datetime.now(UTC) + 10_000 * DAY)["token"] == 0
    assert store.assessment(saved) is not None


def test_a_record_newer_than_the_last_prune_is_missed(store: Store, store_url: str):
    save(store, 1)
    store.prune(5 * DAY, datetime.now(UTC) + 10 * DAY)
    newer = save(store, 2)
    tamper(store_url, "DELETE FROM assessment")
    (found,) = store.verify()
    assert found.kind == "record missing"
    assert str(newer.id) in found.says


def test_the_digest_of_a_pruned_record_tells_nothing_of_it(store: Store):
    """Two records of the same content have unlike digests, and what made them unlike goes with the record."""
    first, second = (store.assessment(str(save(store, 1).id)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.case, first.answer) == (second.case, second.answer)
    assert len(first.salt) == 32
    assert first.salt != second.salt
    one, other = store.entries()
    assert one.record != other.record


# Opening


def test_a_store_of_the_first_tables_is_brought_up_and_keeps_what_it_holds(store_url: str):
    with Store.open(store_url) as store:
        kept = str(save(store).id)
    tamper(
        store_url,
        "CREATE TABLE seen_message (sender VARCHAR(200), control_id VARCHAR(199), request VARCHAR(64), reply TEXT, at VARCHAR(27))",
        f"UPDATE {VERSIONS} SET version_num = '0001'",
    )
    with Store.open(store_url) as store:
        assert store.assessment(kept) is not None
        assert store.verify() == []
        with pytest.raises(StoreError), store.reading() as session:
            session.execute(text("SELECT * FROM seen_message"))


def test_the_migrations_make_the_tables_of_the_code(store_url: str):
    Store.open(store_url).close()
    engine = make_engine(store_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSIONS, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_several_may_open_an_empty_database_at_once(store_url: str):
    code = f"from neomag.service.store import Store; Store.open({store_url!r}).close()"
    processes = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for opened in pool.map(lambda _: Store.open(store_url), range(4)):
            opened.close()
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 4


def test_a_newer_database_is_refused(store_url: str):
    Store.open(store_url).close()
    tamper(store_url, f"UPDATE {VERSIONS} SET version_num = '9999'", triggers=True)
    with pytest.raises(StoreError, match="newer neomag"):
        Store.open(store_url)


def test_a_file_is_readable_by_its_owner_only(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'a.db'}") as store:
        save(store)
        files = list(tmp_path.iterdir())
        assert len(files) > 1  # the file beside it that SQLite writes first
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://h/d", "sqlite:///FILE, or postgresql"),
        ("sqlite://", "the store is a file"),
        ("sqlite:///:memory:", "the store is a file"),
        ("sqlite:////no/such/folder/a.db", "No such file or directory"),
        ("postgresql://me:secret@127.0.0.1:1/none", "cannot be opened"),
        ("what", "write sqlite"),
    ],
)
def test_what_cannot_be_opened_is_refused_without_the_password(url: str, says: str):
    with pytest.raises(StoreError, match=says) as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("these are notes, not a database; " * 200)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(f"sqlite:///{file}")
    assert file.read_text().startswith("these are notes")


def test_the_store_goes_on_when_the_database_comes_back(store_url: str):
    if store_url.startswith("sqlite"):
        pytest.skip("SQLite has no server to go away")
    with Store.open(store_url) as store:
        saved = save(store, 1)
        with make_engine(store_url).connect() as connection:
            ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> {}"
            connection.exec_driver_sql(ends.format("pg_backend_pid()"))
            connection.invalidate()
        save(store, 2)
        assert store.assessment(str(saved.id)) is not None
        assert store.verify() == []
        assert store.head().sequence == 2


def test_a_write_inside_a_write_is_refused_and_does_not_hang(store: Store):
    with pytest.raises(RuntimeError, match="inside a write"):
        store.write(lambda session: save(store))
    save(store)
    assert store.head().sequence == 1


def test_passwords_are_masked():
    assert masked("postgresql://me:pw@h/d?password=pw&x=1") == "postgresql://me:…@h/d?password=…&x=1"
    assert masked("postgresql://me:p@s:s@h/d") == "postgresql://me:…@h/d"


def test_an_error_of_the_database_does_not_say_what_was_written(store: Store, store_url: str):
    tamper(store_url, "DROP TABLE assessment", triggers=True)
    with pytest.raises(StoreError) as caught:
        store.save_assessment(client="w", case={"name": "telltale"}, answer={}, knowledge="1", knowledge_digest="a")
    assert "telltale" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    with pytest.raises(StoreError):
        store.assessment("a")
    store.record("still.there", "me", "x")  # the writer goes on
