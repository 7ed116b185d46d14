"""Nobody waits for the database for longer than they said; what may take long, may."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from blocklight.errors import StoreError
from blocklight.store import IncidentQuery, Patience, Store
from store.databases import Database
from store.making import START, call

_SLOW = {
    True: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n LIMIT 1",
    False: "SELECT pg_sleep(60)",
}
_HURRIED = Patience(0.3, 0.3, connections=2)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


def test_a_statement_that_takes_too_long_is_ended(database: Database, store: Store) -> None:
    hurried = store.patient(_HURRIED)
    with (
        _within(10),
        pytest.raises(StoreError, match=r"^the database failed: it took too long to answer$"),
        hurried._read() as connection,  # noqa: SLF001 - no statement of ours takes as long
    ):
        connection.exec_driver_sql(_SLOW[database.is_sqlite])
    assert hurried.head() == 0, "the next one is answered"


def test_a_connection_is_waited_for_only_so_long(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    hurried = store.patient(_HURRIED)
    with hurried.window_rows(START), hurried.window_rows(START), _within(10), pytest.raises(StoreError):
        hurried.head()
    assert store.head() == hurried.head() == 1


def test_whoever_follows_has_connections_that_answers_do_not_take(store: Store) -> None:
    answering, following = store.patient(_HURRIED), store.patient(_HURRIED)
    with answering.window_rows(START), answering.window_rows(START):
        assert following.head() == 0


def test_a_sweep_may_take_as_long_as_it_does(store: Store) -> None:
    store.apply("dispatch", [call(number) for number in range(300)], at=START)
    hurried = store.patient(Patience(0.3, 0.05))
    found = 0
    for block in hurried.window(START - timedelta(days=30)):
        time.sleep(0.2)
        found += len(block)
    assert found == 300


def test_a_lock_that_somebody_holds_ends_a_read_soon(database: Database, store: Store) -> None:
    hurried = store.patient(Patience(0.3, 20.0))
    with database.connection() as somebody:  # it may write
        if database.is_sqlite:  # nobody locks readers out there
            assert hurried.query(IncidentQuery()).items == []
            return
        somebody.execute(sa.text("LOCK TABLE incident, log IN ACCESS EXCLUSIVE MODE"))
        with _within(10), pytest.raises(StoreError, match=r"another process is writing to it$"):
            hurried.query(IncidentQuery())
        with _within(10), pytest.raises(StoreError):
            hurried.follow(0)
    assert hurried.query(IncidentQuery()).items == []
