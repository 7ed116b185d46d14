"""What must be true of a database's file while it is open."""

import resource
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from blocklight.errors import StoreError
from blocklight.store import Store
from blocklight.store.schema.engines import connect
from store.making import START, call

_LOOK = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(*c.execute('SELECT a FROM t')); c.close()"
)


def test_opening_a_database_again_keeps_the_locks_that_this_process_has_on_it(tmp_path: Path) -> None:
    # A process that finds no lock takes itself for the last one, and deletes the log that we go on writing.
    path = tmp_path / "city.db"
    one = connect(f"sqlite:///{path}")
    with one.write.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
        connection.exec_driver_sql("INSERT INTO t VALUES (7)")
    connect(f"sqlite:///{path}").dispose()
    told = subprocess.run([sys.executable, "-c", _LOOK, path], capture_output=True, text=True, check=True)
    assert told.stdout == "(7,)\n"
    assert path.with_name("city.db-wal").exists()
    one.dispose()


@pytest.mark.parametrize("way", ["write", "read"])
def test_what_a_database_says_of_an_error_holds_no_value_of_a_record(database_url: str, way: str) -> None:
    engines = connect(database_url)
    engine = engines.write if way == "write" else engines.read
    statement = sa.text("INSERT INTO nowhere VALUES (:lon, :address)")
    values = {"lon": -122.27113, "address": "CANARY ST"}
    with pytest.raises(sa.exc.SQLAlchemyError) as error, engine.begin() as connection:
        connection.execute(statement, values)
    engines.dispose()
    lines = traceback.format_exception(error.value)
    assert "nowhere" in "".join(lines)
    for value in values.values():
        assert str(value) not in str(error.value)
        assert str(value) not in "".join(lines)


@contextmanager
def smaller_disk(_: Store) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def fewer_pages(store: Store) -> Iterator[None]:
    with store._engines.write.begin() as connection:  # noqa: SLF001 - a disk of its own size
        connection.exec_driver_sql("PRAGMA max_page_count = 50")
    yield


@pytest.mark.parametrize(
    ("disk", "said"),
    [(fewer_pages, "the disk is full"), (smaller_disk, "the disk can be neither written nor read")],
)
def test_a_disk_that_fails_is_said_to_and_nothing_of_the_batch_is_stored(
    tmp_path: Path, disk: Callable[[Store], AbstractContextManager[None]], said: str
) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'city.db'}", "testville") as store:
        with disk(store), pytest.raises(StoreError, match=f"^the database failed: {said}$"):
            store.apply("dispatch", [call(number) for number in range(5_000)], at=START)
        assert store.head() == 0
