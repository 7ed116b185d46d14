import subprocess
import sys
import time

import sqlalchemy as sa
from living_city import until

from blocklight.store import Store
from store.databases import CITY, Database

_HOLDER = """
import sys, time
from blocklight.store import Store
lock = Store.open(sys.argv[1], sys.argv[2]).intake_lock()
assert lock.acquire()
print("held", flush=True)
time.sleep(600)
"""


def test_one_process_at_a_time_holds_the_lock(store: Store) -> None:
    first, second = store.intake_lock(), store.intake_lock()
    assert not first.held()
    assert first.acquire()
    assert first.acquire(), "whoever holds it may take it again"
    assert first.held()
    assert not second.acquire()
    assert not second.held()
    first.release()
    assert not first.held()
    assert second.acquire()
    second.release()


def test_the_lock_of_a_process_that_was_killed_is_free_at_once(store: Store, database: Database) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, database.url, CITY], stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            lock = store.intake_lock()
            assert not lock.acquire()
        finally:
            holder.kill()
            holder.wait()
        began = time.monotonic()
        until(lock.acquire)
        assert time.monotonic() - began < 10
        lock.release()


def test_a_session_that_was_ended_has_lost_the_lock(store: Store, database: Database) -> None:
    lock, other = store.intake_lock(), store.intake_lock()
    assert lock.acquire()
    if database.is_sqlite:  # which has no sessions: its lock ends only with the process
        assert lock.held()
        lock.release()
        return
    with database.connection() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'blocklight intake'"
            )
        )
    assert not lock.held()
    assert other.acquire()
    assert not lock.acquire()
    other.release()
