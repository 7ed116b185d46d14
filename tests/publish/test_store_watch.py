"""A database that cannot be written to is noticed within seconds, also while nothing is sent to the city."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from living_city import START, an_incident

from blocklight.publish.store_watch import StoreWatch
from blocklight.store import Store
from blocklight.store.admin import checking

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "blocklight.sqlite3"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{file}", "smallville") as store:
        store.apply("dispatch", [an_incident(n) for n in range(500)], at=START)
        yield store


def _as_one_that_may_only_be_read(store: Store, *, only_read: bool) -> None:
    with store._engines.write.connect() as connection:  # noqa: SLF001 - root may write to any file
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA query_only = {int(only_read)}")


async def test_one_line_when_nothing_can_be_stored_and_one_when_it_can_again(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="blocklight")
    watch = StoreWatch(store)
    await watch.look()
    assert watch.failure is None
    _as_one_that_may_only_be_read(store, only_read=True)
    for _ in range(3):
        await watch.look()
    assert watch.failure == "the database failed: it may only be read"
    _as_one_that_may_only_be_read(store, only_read=False)
    for _ in range(3):
        await watch.look()
    assert watch.failure is None
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_disk_that_is_almost_full_is_noticed_though_the_log_has_room(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_LEAST_FREE", 2**60)
    watch = StoreWatch(store)
    await watch.look()
    assert watch.failure == "the database failed: the disk is almost full"


async def test_a_database_that_somebody_writes_to_has_not_failed(store: Store, file: Path) -> None:
    watch = StoreWatch(store)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with store._engines.write.connect() as connection:  # noqa: SLF001 - so that it waits less long
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA busy_timeout = 50")
        await watch.look()
        other.execute("ROLLBACK")
    assert watch.failure is None


def test_probing_publishes_nothing(store: Store) -> None:
    before = (store.head(), store.epoch())
    store.probe()
    assert (store.head(), store.epoch()) == before


def test_a_damaged_file_is_recognised_before_it_is_served_from(store: Store, file: Path) -> None:
    assert store.damage() is None
    store.compact(keep_since=START, keep_at_least=0)  # brings everything into the one file
    store.close()
    content = bytearray(file.read_bytes())
    start = len(content) // 4 * 3
    content[start:] = b"\xa5" * (len(content) - start)
    file.write_bytes(content)
    with Store.open(f"sqlite:///{file}", "smallville") as damaged:
        assert damaged.damage() == "its file is damaged"
