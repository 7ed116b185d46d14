"""A database that cannot be written to is noticed within seconds, also while nothing is sent to the city."""

import asyncio
import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from living_city import START, an_incident

from blocklight.errors import StoreError
from blocklight.publish import store_watch
from blocklight.publish.store_watch import StoreWatch
from blocklight.store import PUSHING, Store
from blocklight.store.admin import checking

pytestmark = pytest.mark.anyio

_WRITE_ON = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
print("writing", flush=True)
while True:
    connection.execute("BEGIN IMMEDIATE")
    time.sleep(0.2)
    connection.execute("COMMIT")
    time.sleep(0.005)
"""


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


class _LocksButCannotWrite:
    """A database on a disk that fails: its locks can be taken, and what is written is refused."""

    def __init__(self) -> None:
        self.is_broken = True

    def probe(self, *, by_writing: bool = True) -> None:
        if by_writing and self.is_broken:
            raise StoreError("the database failed: the disk can be neither written nor read")


async def test_what_failed_by_writing_has_not_ended_because_a_lock_can_be_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="blocklight")
    database = _LocksButCannotWrite()
    watch = StoreWatch(database)
    turn = watch.job().turn
    for _ in range(4):
        await turn()
        assert watch.failure == "the database failed: the disk can be neither written nor read"
    database.is_broken = False
    await turn()
    assert watch.failure is None
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_disk_that_is_almost_full_is_noticed_though_the_log_has_room(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_LEAST_FREE", 2**60)
    watch = StoreWatch(store)
    await watch.look()
    assert watch.failure == "the database failed: the disk is almost full"


async def test_what_another_process_writes_for_a_moment_is_waited_for(store: Store, file: Path) -> None:
    watch = StoreWatch(store, longest_s=60)
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.2, other.execute, ("ROLLBACK",)).start()
        await watch.look()
    assert watch.failure is None


@pytest.fixture
def busy_writer(store: Store, file: Path) -> Iterator[None]:
    """Another process that writes all the time, with short pauses."""
    assert store.head()
    command = [sys.executable, "-c", _WRITE_ON, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        yield
        writer.kill()


@pytest.mark.usefixtures("busy_writer")
async def test_a_busy_writer_leaves_moments_to_write_in(store: Store) -> None:
    watch, pushed = StoreWatch(store, longest_s=60), store.patient(PUSHING)
    for number in range(10):
        await watch.look(by_writing=number % 2 == 0)
        assert watch.failure is None
        await asyncio.to_thread(pushed.apply, "dispatch", [an_incident(1000 + number)], at=START)


@pytest.mark.parametrize("by_writing", [True, False])
async def test_a_database_that_another_process_keeps_to_itself_has_failed(
    store: Store, file: Path, *, by_writing: bool
) -> None:
    watch = StoreWatch(store, longest_s=60)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await watch.look(by_writing=by_writing)
        assert watch.failure == "the database failed: another process is writing to it"
        assert watch.failing.is_set()
        other.execute("ROLLBACK")
    await watch.look(by_writing=by_writing)
    assert watch.failure is None
    assert not watch.failing.is_set()


async def test_what_this_process_writes_for_long_has_not_failed(store: Store) -> None:
    watch = StoreWatch(store, longest_s=60)
    with store._applying():  # noqa: SLF001 - no batch takes as long
        await watch.look()
    assert watch.failure is None


async def test_a_writer_of_this_process_that_is_slow_to_begin_has_not_failed(store: Store) -> None:
    # On a busy machine the more, the more often it writes: also for records that are withheld.
    watch = StoreWatch(store, longest_s=60)
    with store._turn.taken():  # noqa: SLF001 - and does not ask the database yet
        await watch.look()
    assert watch.failure is None


async def test_a_writer_of_this_process_that_begins_meanwhile_has_not_failed(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = StoreWatch(store, longest_s=60)
    waited = iter((1.0, 0.0))
    monkeypatch.setattr(store._turn, "waited_s", lambda: next(waited))  # noqa: SLF001 - it has begun since
    with closing(sqlite3.connect(file, isolation_level=None)) as writer, store._turn.taken():  # noqa: SLF001
        writer.execute("BEGIN IMMEDIATE")
        await watch.look()
        writer.execute("ROLLBACK")
    assert watch.failure is None


def test_probing_leaves_to_others_what_was_written_before(store: Store, file: Path) -> None:
    # How long that takes depends on how much it is, withheld records included.
    _checkpoint_after(store, pages=0)
    _store_one_more(store)
    before = file.read_bytes()
    _checkpoint_after(store, pages=1)
    store.probe()
    assert file.read_bytes() == before
    store.apply("dispatch", [an_incident(1001)], at=START)
    assert file.read_bytes() != before


def _checkpoint_after(store: Store, *, pages: int) -> None:
    with store._engines.write.connect() as connection:  # noqa: SLF001 - nobody else sets it
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA wal_autocheckpoint = {pages}")


async def test_a_writer_of_this_process_that_waits_for_another_process_has_failed(
    store: Store, file: Path
) -> None:
    watch = StoreWatch(store, longest_s=60)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        storing = asyncio.create_task(asyncio.to_thread(_store_one_more, store))
        while not store._turn.waited_s():  # noqa: ASYNC110, SLF001 - it has its turn, and waits
            await asyncio.sleep(0.01)
        await watch.look()
        assert watch.failure == "the database failed: another process is writing to it"
        other.execute("ROLLBACK")
    await storing
    await watch.look()
    assert watch.failure is None


def _store_one_more(store: Store) -> None:
    store.apply("dispatch", [an_incident(1000)], at=START)


async def test_a_database_that_hangs_has_failed_until_it_answers(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(store, "probe", lambda **_: answers.wait())
    watch = StoreWatch(store, longest_s=0.05)
    for _ in range(3):
        await watch.look()
    assert watch.failure == "the database failed: it does not answer"
    answers.set()
    await watch.look()
    assert watch.failure is None


async def test_a_process_that_does_not_get_the_processor_says_nothing_of_the_database(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What takes it may be rows that are withheld.
    answers = threading.Event()
    monkeypatch.setattr(store, "probe", lambda **_: answers.wait())
    monkeypatch.setattr(store_watch, "_PUNCTUAL_S", -60.0)  # nothing comes in time
    threading.Timer(1.3, answers.set).start()
    watch = StoreWatch(store, longest_s=1.0)
    await watch.look()
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
