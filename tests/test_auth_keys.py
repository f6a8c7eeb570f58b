"""API keys: shown once, kept as a hash, with scopes, an end, and a way to take them back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.service.auth.api_key import ApiKeys, make_key
from neomag.service.auth.refused import Refused
from neomag.service.store import Store
from neomag.service.store.keys import find_key, list_keys, revoke_key
from neomag.service.store.tables import ApiKey


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def kept(store: Store, key: str) -> ApiKey:
    with store.reading() as session:
        found = find_key(session, key.split("_")[1])
    assert found is not None
    return found


def reason(store: Store, key: str) -> str:
    with pytest.raises(Refused) as caught:
        ApiKeys(store).identity(key)
    assert key not in caught.value.says
    return caught.value.reason


def test_a_key_says_whose_it_is(store: Store):
    key = make_key(store, "admin", "ward 3", ["assess", "read"])
    who = ApiKeys(store).identity(key)
    assert (who.client, who.scopes, who.how, who.actor) == ("ward 3", {"assess", "read"}, "key", "ward 3")


def test_a_key_has_256_random_bits_and_only_its_hash_is_kept(store: Store):
    keys = [make_key(store, "admin", "ward", ["assess"]) for _ in range(20)]
    assert all(re.fullmatch(r"nmg_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", key) for key in keys)
    assert len({key.split("_", 2)[2] for key in keys}) == 20
    row = kept(store, keys[0])
    secret = keys[0].split("_", 2)[2]
    assert secret not in "|".join(str(value) for value in vars(row).values())
    assert len(row.hash) == 64
    assert not [entry for entry in store.entries() if secret in f"{entry.detail}{entry.subject}{entry.record}"]


def test_keys_that_are_not_let_in(store: Store):
    key = make_key(store, "admin", "ward", ["assess"])
    other = make_key(store, "admin", "ward", ["assess"])
    id_, secret = key.split("_", 2)[1:]
    assert reason(store, f"nmg_{id_}_{other.split('_', 2)[2]}") == "unknown"
    assert reason(store, f"nmg_{'0' * 12}_{secret}") == "unknown"
    assert reason(store, key[:-1]) == "malformed"
    assert reason(store, key + "\n") == "malformed"
    assert reason(store, key.upper()) == "malformed"


@given(st.text(max_size=100))
def test_any_text_is_no_key(text: str):
    with pytest.raises(Refused):
        ApiKeys(None).identity(f"nmg_{text}")  # type: ignore[arg-type] - it is refused before the store is asked


def test_a_key_that_has_expired(store: Store):
    now = datetime.now(UTC)
    assert reason(store, make_key(store, "admin", "w", ["assess"], now - timedelta(seconds=1))) == "expired"
    assert ApiKeys(store).identity(make_key(store, "admin", "w", ["assess"], now + timedelta(hours=1))).client == "w"


def test_a_key_that_was_revoked_stops_within_seconds(store: Store):
    key, clock = make_key(store, "admin", "w", ["assess"]), Clock()
    keys = ApiKeys(store, clock)
    keys.identity(key)
    id_ = key.split("_")[1]
    assert store.write(lambda session: revoke_key(session, "admin", id_))
    assert not store.write(lambda session: revoke_key(session, "admin", id_))
    clock.now += 6
    with pytest.raises(Refused, match="revoked"):
        keys.identity(key)
    assert reason(store, key) == "revoked"
    assert [(e.actor, e.action, e.subject) for e in store.entries()] == [
        ("admin", "key.add", id_),
        ("admin", "key.revoke", id_),
    ]
    assert store.verify() == []


def test_the_last_use_is_kept_and_costs_one_write_a_minute(store: Store):
    key = make_key(store, "admin", "w", ["assess"])
    assert kept(store, key).used is None
    keys = ApiKeys(store)
    keys.identity(key)
    first = kept(store, key).used
    assert first is not None
    for _ in range(5):
        keys.identity(key)
    assert kept(store, key).used == first


def test_a_key_at_hand_is_let_in_without_the_database(store: Store):
    key, clock = make_key(store, "admin", "w", ["assess"]), Clock()
    keys = ApiKeys(store, clock)
    assert not keys.at_hand(key)
    keys.identity(key)
    assert keys.at_hand(key)
    store.close()
    assert keys.identity(key).client == "w"
    clock.now += 6
    assert not keys.at_hand(key)
    assert not keys.at_hand("nmg_")


@pytest.mark.parametrize(("client", "scopes"), [("w", []), ("w", ["everything"]), ("", ["assess"]), ("a\nb", ["assess"])])
def test_a_key_for_nothing_or_nobody_is_not_made(store: Store, client: str, scopes: list[str]):
    with pytest.raises(ValueError, match="write"):
        make_key(store, "admin", client, scopes)
    with store.reading() as session:
        assert list_keys(session) == []
