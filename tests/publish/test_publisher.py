import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from living_city import START, a_city, an_incident, incident_id, incidents, until

from blocklight.model.outcomes import Outcome, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason, Status
from blocklight.publish.publisher import Publisher, source_state
from blocklight.publish.store_watch import StoreWatch
from blocklight.store import FetchReport, LogPart, Pause, SourceHealth, Store

NOW = START + timedelta(hours=12)
_STEPS = st.lists(
    st.tuples(st.booleans(), st.lists(incidents(st.integers(0, 8)), min_size=1, max_size=4)), max_size=8
)


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'blocklight.sqlite3'}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(_url(tmp_path), "smallville") as store:
        yield store


def _publisher(store: Store, folder: Path) -> Publisher:
    publisher = Publisher(a_city(folder), store, now=lambda: NOW)
    publisher.load()
    return publisher


def _following(store: Store, folder: Path) -> AbstractContextManager[Publisher]:
    return _running(_publisher(store, folder))


@contextmanager
def _running(publisher: Publisher) -> Iterator[Publisher]:
    """Run a publisher in a thread of its own, as a web process does."""
    loop = uvloop.new_event_loop()
    task: list[asyncio.Task[None]] = []

    async def run() -> None:
        task.append(asyncio.create_task(publisher.run()))
        with contextlib.suppress(asyncio.CancelledError):
            await task[0]

    def serve() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(run())

    thread = threading.Thread(target=serve)
    thread.start()
    until(lambda: publisher.following)
    try:
        yield publisher
    finally:
        loop.call_soon_threadsafe(task[0].cancel)
        thread.join(20)


def test_whoever_remembers_counts_learns_of_a_retraction(store: Store, tmp_path: Path) -> None:
    store.apply("dispatch", [an_incident(1), an_incident(2)], at=NOW)
    with _following(store, tmp_path) as publisher:
        before = publisher.retractions
        gone = Withheld(an_incident(1).id, "dispatch", Reason.SENSITIVE, sensitive=True)
        store.apply("dispatch", [gone], at=NOW)
        publisher.wake()
        until(lambda: publisher.window.seq == store.head())
        assert publisher.retractions == before + 1


def _held(publisher: Publisher) -> dict[str, str]:
    """Return what the window says: ids with their categories."""
    table = pa.ipc.open_stream(publisher.window.get(720, "identity", "ids").body).read_all()
    rows = pa.ipc.open_stream(publisher.window.get(720, "identity").body).read_all()
    return dict(zip(table["id"].to_pylist(), rows["category"].to_pylist(), strict=True))


def _withheld(incident: PublicIncident) -> Withheld:
    return Withheld(incident.id, incident.source, Reason.POLICY)


def test_what_is_committed_is_published(store: Store, tmp_path: Path) -> None:
    store.apply("dispatch", [an_incident(1)], at=NOW)
    with _following(store, tmp_path) as publisher:
        assert len(publisher.columns) == 1
        store.apply("dispatch", [an_incident(2)], at=NOW)
        publisher.wake()
        until(lambda: publisher.window.seq == 2)
        assert publisher.live.replay.head == 2
        assert len(publisher.columns) == 2


def test_a_lost_wake_costs_a_moment_and_no_change(store: Store, tmp_path: Path) -> None:
    with _following(store, tmp_path) as publisher:
        store.apply("dispatch", [an_incident(1)], at=NOW)
        until(lambda: publisher.window.seq == 1)


def test_wakes_from_many_threads_are_only_hints(store: Store, tmp_path: Path) -> None:
    with _following(store, tmp_path) as publisher:

        def write(first: int) -> None:
            for number in range(first, first + 10):
                store.apply("dispatch", [an_incident(number)], at=NOW)
                publisher.wake()
                publisher.wake()

        threads = [threading.Thread(target=write, args=(first,)) for first in (0, 100, 200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: publisher.window.seq == 30)
        assert len(publisher.columns) == 30
        missed = publisher.live.replay.since(0)
        assert missed is not None
        assert b"".join(missed).count(b"event: incident") == 30


class CountingStore(Store):
    """A store that counts how often its log is read."""

    reads = 0

    def follow(self, after: int, limit: int = 1000) -> LogPart:
        self.reads += 1
        return super().follow(after, limit)


def test_many_small_commits_are_read_together(tmp_path: Path) -> None:
    with CountingStore.open(_url(tmp_path), "smallville") as store, _following(store, tmp_path) as publisher:
        begun, before = time.monotonic(), store.reads
        for number in range(200):
            store.apply("dispatch", [an_incident(number)], at=NOW)
            publisher.wake()
        until(lambda: publisher.window.seq == 200)
        assert store.reads - before <= 5 + 2 * (time.monotonic() - begun) / 0.05


def _epoch(publisher: Publisher) -> str:
    body = publisher.window.get(720, "identity").body
    return str(pa.ipc.open_stream(body).schema.metadata[b"epoch"].decode())


def test_after_a_restore_the_running_process_serves_the_restored_record_and_resets_its_pages(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.apply("dispatch", [an_incident(1), an_incident(2)], at=NOW)
    with _following(store, tmp_path) as publisher:
        backup = tmp_path / "backup.sqlite3"
        with contextlib.closing(sqlite3.connect(tmp_path / "blocklight.sqlite3")) as database:
            database.execute(f"vacuum into '{backup}'")
            store.apply("dispatch", [an_incident(3), an_incident(4)], at=NOW)
            until(lambda: publisher.window.seq == 4)
            before, etag = store.epoch(), publisher.window.get(720, "identity").etag
            with contextlib.closing(sqlite3.connect(backup)) as kept:
                kept.backup(database)  # as a person does who restores beneath a running server
        store.renew_epoch()
        until(lambda: publisher.window.epoch == store.epoch())
        assert store.epoch() != before
        assert set(_held(publisher)) == {incident_id(1), incident_id(2)}
        assert _epoch(publisher) == store.epoch()
        assert publisher.live.replay.epoch == store.epoch()
        assert publisher.window.get(720, "identity").etag != etag
        store.apply("dispatch", [an_incident(5)], at=NOW)
        until(lambda: len(publisher.columns) == 3)
    assert "every page loads its window anew" in caplog.text


def test_an_equal_record_in_another_epoch_is_another_answer(store: Store, tmp_path: Path) -> None:
    store.apply("dispatch", [an_incident(1)], at=NOW)
    before = _publisher(store, tmp_path).window.get(24, "identity")
    store.renew_epoch()
    after = _publisher(store, tmp_path).window.get(24, "identity")
    assert before.seq == after.seq
    assert before.etag != after.etag


def test_who_falls_behind_what_is_kept_of_the_log_begins_anew(store: Store, tmp_path: Path) -> None:
    publisher = _publisher(store, tmp_path)
    store.apply("dispatch", [an_incident(n) for n in range(9)], at=START)
    store.apply("dispatch", [_withheld(an_incident(3))], at=START)
    store.compact(keep_since=NOW, keep_at_least=1)  # as if the process had slept for two days
    assert publisher.window.seq < store.tail()
    with _running(publisher):
        until(lambda: publisher.window.seq == store.head())
        assert set(_held(publisher)) == {incident_id(n) for n in range(9) if n != 3}


def test_a_wake_before_and_after_following_is_harmless(store: Store, tmp_path: Path) -> None:
    publisher = _publisher(store, tmp_path)
    publisher.wake()
    with _following(store, tmp_path) as followed:
        pass
    followed.wake()


def test_another_process_s_commits_are_followed(store: Store, tmp_path: Path) -> None:
    with _following(store, tmp_path) as publisher, Store.open(_url(tmp_path), "smallville") as other:
        other.apply("dispatch", [an_incident(1), an_incident(2)], at=NOW)
        until(lambda: publisher.window.seq == 2)
        other.apply("dispatch", [_withheld(an_incident(1))], at=NOW)
        until(lambda: publisher.window.seq == 3)
        assert set(_held(publisher)) == {incident_id(2)}


def test_a_store_that_fails_is_asked_again_and_said_once(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="blocklight")
    with _following(store, tmp_path) as publisher:
        with contextlib.closing(sqlite3.connect(tmp_path / "blocklight.sqlite3", timeout=20)) as database:
            database.execute("alter table log rename to elsewhere")
            database.commit()
            until(lambda: not publisher.following)
            database.execute("alter table elsewhere rename to log")
            database.commit()
        until(lambda: publisher.following)
        store.apply("dispatch", [an_incident(1)], at=NOW)
        until(lambda: publisher.window.seq == 1)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(said) == 1
    assert said[0].startswith("cannot follow the change log")


def test_a_restarted_process_can_replay_what_it_did_not_see_itself(store: Store, tmp_path: Path) -> None:
    store.apply("dispatch", [an_incident(n) for n in range(5)], at=NOW)
    store.apply("dispatch", [_withheld(an_incident(3))], at=NOW)
    publisher = _publisher(store, tmp_path)
    missed = publisher.live.replay.since(2)
    assert missed is not None
    ids = [line for line in b"".join(missed).splitlines() if line.startswith(b"id")]
    assert ids == [f"id: {seq}-{store.epoch()}".encode() for seq in (3, 5, 6)]
    assert (publisher.live.replay.head, publisher.window.seq) == (6, 6)


def test_after_compaction_older_clients_are_told_to_start_anew(store: Store, tmp_path: Path) -> None:
    for number in range(20):
        store.apply("dispatch", [an_incident(number)], at=START + timedelta(minutes=number))
    store.compact(keep_since=NOW, keep_at_least=5)
    publisher = _publisher(store, tmp_path)
    assert publisher.live.replay.since(store.tail() - 1) is None
    assert publisher.live.replay.since(store.tail()) is not None
    assert publisher.live.replay.since(20) == []
    assert len(publisher.columns) == 20


def test_an_empty_store_is_published_as_an_empty_window(store: Store, tmp_path: Path) -> None:
    publisher = _publisher(store, tmp_path)
    assert _held(publisher) == {}
    assert publisher.live.replay.since(0) == []


@settings(max_examples=15)
@given(steps=_STEPS, loaded_after=st.integers(0, 8))
def test_loading_and_following_come_to_the_same_window(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[bool, list[PublicIncident]]],
    loaded_after: int,
) -> None:
    folder = tmp_path_factory.mktemp("city")
    with Store.open(_url(folder), "smallville") as store:
        follower = _publisher(store, folder)
        for number, (publish, found) in enumerate(steps):
            if number == loaded_after:
                follower = _publisher(store, folder)
            outcomes: list[Outcome] = [i if publish else _withheld(i) for i in found]
            store.apply("dispatch", outcomes, at=NOW)
        changes = store.changes(follower.window.seq)
        follower._take(changes)  # noqa: SLF001 - one turn of the loop, without its waiting
        fresh = _publisher(store, folder)
        published = {item.incident.id: str(item.incident.category) for b in store.window(START) for item in b}
        assert _held(follower) == _held(fresh) == published
        if changes:
            assert follower.window.seq == fresh.window.seq == store.head()


def test_the_pulse_counts_what_is_open_and_what_was_closed_since_local_midnight(
    store: Store, tmp_path: Path
) -> None:
    closed: dict[str, Any] = {"status": Status.CLOSED}
    outcomes = [
        an_incident(1),
        an_incident(2, closed_at=NOW - timedelta(hours=1), **closed),
        an_incident(
            3, received_at=START - timedelta(hours=9), closed_at=START - timedelta(hours=1), **closed
        ),
        an_incident(4, received_at=START - timedelta(hours=9), closed_at=START, **closed),
    ]
    store.apply("dispatch", outcomes, at=NOW)
    store.record_fetch(FetchReport("dispatch", NOW - timedelta(seconds=4), late_after_s=30))
    pulse = _publisher(store, tmp_path).pulse()
    assert (pulse["now"], pulse["clock_rate"], pulse["seq"]) == ("2026-01-31T20:00:00Z", 1.0, 4)
    assert (pulse["open"], pulse["closed_today"]) == (1, 2)
    states = {source["id"]: source["state"] for source in pulse["sources"]}
    assert states == {"dispatch": "ok", "requests": "waiting"}


def test_a_server_that_has_just_begun_to_fetch_calls_no_source_late(store: Store, tmp_path: Path) -> None:
    store.record_fetch(FetchReport("dispatch", NOW - timedelta(minutes=13), late_after_s=30))
    publisher = _publisher(store, tmp_path)
    assert publisher.pulse()["sources"][0]["state"] == "late"
    publisher.awaits_first_answers_until = time.monotonic() + 60
    told = publisher.pulse()["sources"][0]
    assert (told["state"], told["last_success_at"], told["late_s"]) == ("ok", "2026-01-31T19:47:00Z", 780)
    publisher.awaits_first_answers_until = time.monotonic()
    assert publisher.pulse()["sources"][0]["state"] == "late"


def test_while_nothing_can_be_stored_every_source_says_so(store: Store, tmp_path: Path) -> None:
    store.record_fetch(FetchReport("dispatch", NOW, late_after_s=30))
    publisher = _publisher(store, tmp_path)
    publisher.store_watch = StoreWatch(store)
    publisher.store_watch.failure = "the disk is full"
    told = publisher.pulse()["sources"]
    assert {(one["state"], one["reason"]) for one in told} == {
        ("unstored", "its new records cannot be stored at the moment")
    }
    publisher.store_watch.failure = None
    assert publisher.pulse()["sources"][0]["state"] == "ok"


def _health(**fields: Any) -> SourceHealth:  # noqa: ANN401 - of SourceHealth
    nothing: dict[str, Any] = dict.fromkeys(
        ("last_attempt_at", "last_success_at", "last_failure_at", "reason", "delays")
    )
    counts = {"failures": 0, "gaps": ()}
    return SourceHealth(**{"source": "dispatch"} | nothing | counts | fields)


@pytest.mark.parametrize(
    ("health", "state"),
    [
        (None, "waiting"),
        (_health(), "waiting"),
        (_health(reason="time-out"), "failing"),
        (_health(last_success_at=NOW), "ok"),
        (_health(last_success_at=NOW + timedelta(minutes=5)), "ok"),
        (_health(last_success_at=NOW - timedelta(seconds=31)), "late"),
        (_health(last_success_at=NOW - timedelta(seconds=31), reason="time-out"), "failing"),
        (_health(last_success_at=NOW - timedelta(seconds=3), reason="time-out"), "ok"),
        (_health(last_success_at=NOW, short_at=NOW), "short"),
        (_health(last_success_at=NOW - timedelta(seconds=31), short_at=NOW), "late"),
    ],
)
def test_a_source_s_state_says_the_worst_plainly(health: SourceHealth | None, state: str) -> None:
    told = source_state(health, "dispatch", 30, NOW)
    assert told["state"] == state
    assert told.get("late_s", 0) >= 0
    assert (told["reason"] is not None) is (state in ("failing", "short"))


def test_a_process_whose_look_at_the_log_hangs_is_not_ready_and_after_a_minute_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_answer = threading.Event()
    may_answer.set()

    class Hanging(Store):
        def follow(self, after: int, limit: int = 1000) -> LogPart:
            may_answer.wait(20)
            return super().follow(after, limit)

    with Hanging.open(_url(tmp_path), "smallville") as store, _following(store, tmp_path) as publisher:
        until(lambda: publisher.ready)
        assert not publisher.stuck
        monkeypatch.setattr("blocklight.publish.publisher._LATE_S", 0.3)
        monkeypatch.setattr("blocklight.publish.publisher._STUCK_S", 1.0)
        may_answer.clear()
        until(lambda: not publisher.ready)
        until(lambda: publisher.stuck)
        assert publisher.following, "it neither failed nor succeeded"
        may_answer.set()
        monkeypatch.setattr("blocklight.publish.publisher._LATE_S", 5.0)
        until(lambda: publisher.ready and not publisher.stuck)


def test_a_pause_of_an_area_is_published_without_the_area(store: Store, tmp_path: Path) -> None:
    store.pause(Pause("area", "beat:02Y", "officers at work", START))
    store.pause(Pause("category", "noise", "a drill", START))
    paused = _publisher(store, tmp_path).pulse()["paused"]
    assert {(one["scope"], one["value"]) for one in paused} == {("area", ""), ("category", "noise")}
    assert "02Y" not in str(paused)
    assert all(one["reason"] and one["since"] for one in paused)
