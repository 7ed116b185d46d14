"""Followers of the change log, several writers, and the log's two ends."""

import multiprocessing
import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from blocklight.errors import StoreError
from blocklight.model.changes import Change
from blocklight.store import Store
from store.databases import Database
from store.making import HILL, START, call, closed, minutes, withheld
from store.writers import BATCH, BATCHES, write, write_until_killed

_spawn = multiprocessing.get_context("forkserver")
_spawn.set_forkserver_preload(["blocklight.store"])


def _follow(store: Store, total: int, writing: Callable[[], bool]) -> list[Change]:
    """Read the log by seq until *total* changes have come or nobody writes any more."""
    seen: list[Change] = []
    while len(seen) < total:
        last = not writing()
        changes = store.changes(seen[-1].seq if seen else 0, limit=50)
        seen += changes
        if last and not changes:
            break
        if not changes:
            time.sleep(0.02)
    return seen


_CHANGES_EACH = BATCHES * BATCH + (BATCHES - 1) * BATCH


def _check(store: Store, seen: list[Change], writers: int) -> None:
    total = writers * _CHANGES_EACH
    assert [change.seq for change in seen] == list(range(1, total + 1))
    assert store.head() == total
    for writer in range(writers):
        source = f"dispatch{writer}"
        assert store.cursor(source) == str(BATCHES - 1)
        assert len(store.open_ids(source)) == BATCHES * BATCH


def test_a_follower_misses_nothing_of_several_threads_each_with_a_store(
    store: Store, database: Database
) -> None:
    threads = [threading.Thread(target=write, args=(database.url, writer)) for writer in range(3)]
    for thread in threads:
        thread.start()
    seen = _follow(store, 3 * _CHANGES_EACH, lambda: any(thread.is_alive() for thread in threads))
    for thread in threads:
        thread.join()
    _check(store, seen, 3)


def test_a_follower_misses_nothing_of_several_processes(store: Store, database: Database) -> None:
    processes = [_spawn.Process(target=write, args=(database.url, writer)) for writer in range(2)]
    for process in processes:
        process.start()
    seen = _follow(store, 2 * _CHANGES_EACH, lambda: any(process.is_alive() for process in processes))
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    _check(store, seen, 2)


def test_one_store_serves_many_threads_at_once(store: Store) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(8):
                mine = call(number * 100 + turn)
                store.apply("dispatch", [mine], at=START)
                assert store.incident(mine.id)[0].incident == mine
                assert sum(map(len, store.window(START))) >= turn + 1
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [change.seq for change in store.changes(0)] == list(range(1, 97))


def test_a_batch_that_fails_leaves_no_gap_and_no_trace(store: Store, database: Database) -> None:
    store.apply("dispatch", [call(1)], at=START, cursor="a")
    before = database.texts()
    broken = call(3, priority="urgent" * 2, units=object())
    with pytest.raises((TypeError, StoreError)):
        store.apply("dispatch", [call(2), withheld(1), broken], at=START, cursor="b")
    assert database.texts() == before
    assert store.apply("dispatch", [call(2)], at=START).head == 2


def test_a_place_of_a_batch_that_failed_is_stored_with_the_next_one(store: Store) -> None:
    with pytest.raises(TypeError):
        store.apply("dispatch", [call(1, place=HILL, units=object())], at=START)
    store.apply("dispatch", [call(2, place=HILL)], at=START)
    assert store.incident(call(2).id)[0].incident.place == HILL


def test_a_failure_of_the_database_is_told_without_its_rows(store: Store, database: Database) -> None:
    canary = call(2, agency="CANARY", units=2**70)
    with pytest.raises((StoreError, OverflowError)) as caught:
        store.apply("dispatch", [call(1), canary], at=START)
    assert "CANARY" not in str(caught.value)
    assert store.head() == 0
    assert "CANARY" not in database.texts()


def test_changes_come_in_pages(store: Store) -> None:
    store.apply("dispatch", [call(number) for number in range(10)], at=START)
    assert [change.seq for change in store.changes(3, limit=4)] == [4, 5, 6, 7]
    assert store.changes(10) == []


def test_changes_come_with_the_ends_and_the_epoch_of_their_log(store: Store) -> None:
    store.apply("dispatch", [call(number) for number in range(10)], at=START)
    store.compact(keep_since=minutes(60), keep_at_least=4)
    part = store.follow(7, 2)
    assert (part.epoch, part.head, part.tail) == (store.epoch(), 10, 6)
    assert part.changes == store.changes(7, 2)
    assert store.follow(10).changes == []
    assert store.follow(11).changes == []


# Epochs


def test_an_epoch_is_of_its_database_and_stays_until_it_is_renewed(store: Store, database: Database) -> None:
    epoch = store.epoch()
    assert re.fullmatch("[0-9a-f]{8}", epoch)
    store.apply("dispatch", [call(1)], at=START)
    with database.open() as again:
        assert again.epoch() == epoch
    renewed = store.renew_epoch()
    assert renewed != epoch
    with database.open() as again:
        assert (again.epoch(), again.head()) == (renewed, 1)


def test_other_public_ids_begin_another_epoch(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    epoch = store.epoch()
    store.rename(lambda id_: id_[::-1], START, "ids renewed", {})
    assert store.epoch() != epoch


# Compacting


def test_compacting_keeps_what_is_young_and_what_is_among_the_newest(store: Store) -> None:
    for number in range(10):
        store.apply("dispatch", [call(number)], at=minutes(number))
    assert store.compact(keep_since=minutes(6), keep_at_least=2) == 6
    assert (store.tail(), [change.seq for change in store.changes(0)]) == (6, [7, 8, 9, 10])
    assert store.compact(keep_since=minutes(60), keep_at_least=3) == 1
    assert store.tail() == 7
    assert store.compact(keep_since=START, keep_at_least=0) == 0
    assert store.compact(keep_since=minutes(60), keep_at_least=0) == 3
    assert (store.tail(), store.head(), store.changes(store.tail())) == (10, 10, [])


def test_lives_and_listings_survive_compacting(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2)], at=START)
    store.apply("dispatch", [closed(1)], at=minutes(1))
    before = store.incident(call(1).id)
    store.compact(keep_since=START + timedelta(days=9), keep_at_least=0)
    assert store.incident(call(1).id) == before
    assert store.apply("dispatch", [withheld(1)], at=minutes(2)).head == 4


def test_an_empty_log_is_compacted_to_nothing(store: Store) -> None:
    assert store.compact(keep_since=START, keep_at_least=0) == 0


# Killing


@pytest.mark.usefixtures("store")
def test_killed_at_any_moment_nothing_acknowledged_is_lost(database: Database) -> None:
    kills = 20 if database.is_sqlite else 3
    acknowledged = (0, 0)
    for kill in range(kills):
        ours, theirs = _spawn.Pipe(duplex=False)
        process = _spawn.Process(target=write_until_killed, args=(database.url, theirs))
        process.start()
        theirs.close()
        if ours.poll(30):
            acknowledged = ours.recv()
        time.sleep(0.003 * (kill % 7))
        process.kill()
        process.join()
        try:
            while True:
                acknowledged = ours.recv()
        except (EOFError, ConnectionResetError):
            ours.close()
        _check_after_kill(database, acknowledged)
    assert acknowledged[0] >= kills


def _check_after_kill(database: Database, acknowledged: tuple[int, int]) -> None:
    with database.open() as store:
        head, batch = store.head(), int(store.cursor("dispatch") or 0)
        assert batch >= acknowledged[0]
        assert head >= acknowledged[1]
        assert head == batch * 20 - 1
        assert len(store.open_ids("dispatch")) == 10
        assert sum(map(len, store.window(START - timedelta(days=1)))) == batch * 9 + 10
        assert store.changes(head - 1)[0].seq == head
