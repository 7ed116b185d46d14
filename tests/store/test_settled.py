"""What the store remembers of a feed's last batch changes what it costs, and nothing else."""

import gc
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from blocklight.model.outcomes import Held, Outcome, Withheld
from blocklight.model.vocabulary import Status
from blocklight.store import Applied, Pause, Store
from blocklight.store.schema import tables
from blocklight.store.write.application import Application
from blocklight.store.write.batch import collect
from blocklight.store.write.holding import Holding
from blocklight.store.write.settled import Known
from store.databases import Database
from store.making import HILL, START, call, closed, minutes, withheld

# The same objects again and again, as a feed hands over what reads as it did before.
_POOL: tuple[Outcome, ...] = (
    *(call(number) for number in range(3)),
    *(call(number, units=2, place=HILL) for number in range(3)),
    *(closed(number, minutes(40)) for number in range(3)),
    withheld(0),
    withheld(1, sensitive=False),
    Held(call(2), release_at=minutes(2)),
)

_Step = str | tuple[str, list[Outcome]]

_batches = st.tuples(
    st.sampled_from(["mine", "theirs", "joined", "other"]), st.lists(st.sampled_from(_POOL), max_size=4)
)
_steps = st.lists(st.one_of(_batches, _batches, st.sampled_from(["pause", "resume", "release"])), max_size=12)


def _told(database: Database) -> list[object]:
    told = [table for table in tables.metadata.sorted_tables if table is not tables.log]
    return [tuple(row) for table in told for row in database.rows(table)]


def _run(database: Database, steps: list[_Step], *, fresh: bool) -> tuple[list[object], list[object]]:
    """Take the steps with the same objects all the time, or with *fresh* ones; another store takes a part."""
    database.empty()
    mine, theirs = database.open(), database.open()
    found: list[object] = []
    try:
        for number, step in enumerate(steps):
            if fresh and not isinstance(step, str):
                step = (step[0], [replace(outcome) for outcome in step[1]])  # noqa: PLW2901 - the same, told anew
            found.append(
                _take(theirs if step[0] == "theirs" else mine, step, START + timedelta(minutes=number))
            )
    finally:
        mine.close()
        theirs.close()
    return found, _told(database)


def _take(store: Store, step: _Step, at: datetime) -> Applied | bool | None:
    match step:
        case "pause":
            return store.pause(Pause("city", "", "a test", at))
        case "resume":
            return store.resume("city", "", at)
        case "release":
            return store.release(at)
        case (who, batch):
            present = {outcome.id for outcome in batch} if batch and who != "joined" else None
            source = "other" if who == "other" else "dispatch"  # it tells of the same incidents
            return store.apply(source, batch, at=at, present=present, join_rows=who == "joined")
    raise AssertionError(step)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps)
def test_a_store_that_remembers_does_what_one_that_forgets_does(
    database: Database, steps: list[_Step]
) -> None:
    assert _run(database, steps, fresh=False) == _run(database, steps, fresh=True)


def test_what_is_settled_is_set_aside_unless_its_id_is_told_otherwise_too() -> None:
    one, two, other = call(1), call(2), call(1, status=Status.CLOSED)
    settled = {one.id: Known(one, None), two.id: Known(two, None)}
    batch = collect([one, two], join_rows=False, settled=settled)
    assert (batch.settled, batch.pending) == (settled, {})
    for told in ([one, other], [other, one]):
        batch = collect(told, join_rows=False, settled=settled)
        assert (batch.settled, batch.pending, batch.duplicates) == ({}, {one.id: told[-1]}, 1)
    mark = Withheld(one.id, "dispatch", withheld(1).reason, sensitive=True)
    assert collect([mark, one], join_rows=False, settled=settled).pending == {one.id: mark}
    assert collect([one, mark], join_rows=False, settled=settled).pending == {one.id: mark}
    assert collect([call(1), two], join_rows=False, settled=settled).settled == {two.id: settled[two.id]}


def test_what_is_told_twice_comes_at_its_last_place_whether_it_was_settled_or_not() -> None:
    one, two, changed = call(1), call(2), call(1, units=2)
    for settled in ({}, {one.id: Known(one, None)}):
        batch = collect([one, two, changed], join_rows=False, settled=settled)
        assert list(batch.pending) == [two.id, one.id]


def test_a_version_that_another_of_its_batch_replaced_is_not_taken_for_stored(store: Store) -> None:
    over, due = closed(1, minutes(40)), Held(call(1), release_at=minutes(2))
    store.apply("dispatch", [over, due], at=minutes(41))
    assert store.incident(over.id)[0].incident.status is Status.OPEN
    assert store.apply("dispatch", [over], at=minutes(42)).updated == 1
    assert store.incident(over.id)[0].incident.status is Status.CLOSED


def test_what_a_release_published_is_known_to_the_next_batch(store: Store) -> None:
    store.apply("dispatch", [Held(call(1, delayed=True), release_at=minutes(5))], at=START)
    assert store.release(minutes(6)) is not None
    assert store.apply("dispatch", [], at=minutes(6)).head == 1
    assert store.held() == 0


def test_a_transaction_leaves_nothing_that_only_a_search_for_cycles_would_free(store: Store) -> None:
    store.apply("dispatch", [call(1), Held(call(2), release_at=minutes(9))], at=START)
    gc.collect()
    gc.disable()
    try:
        for number in range(3, 6):
            store.apply("dispatch", [call(number)], at=minutes(number))
        left = [one for one in gc.get_objects() if isinstance(one, Application | Holding)]
    finally:
        gc.enable()
    assert left == []


def test_a_row_that_was_listed_anew_is_remembered_as_it_is_listed_now(database: Database) -> None:
    """A policy that cuts times moves a call in the list; later versions are measured from where it is."""
    at = START + timedelta(minutes=7)
    versions = [
        call(1, received_at=at),
        call(1, received_at=START, time_step_min=60),
        call(1, received_at=START + timedelta(hours=1), time_step_min=60),
    ]
    told = []
    for forgets in (False, True):
        database.empty()
        store = database.open()
        for number, version in enumerate(versions):
            if forgets:
                store.close()
                store = database.open()
            store.apply("dispatch", [version], at=minutes(10 + number))
        store.close()
        (row,) = database.rows(tables.log)
        (stored,) = database.rows(tables.incident)
        told.append((row.drift_ms, stored.received_at - stored.listed_at))
    assert told == [(3_600_000, 3_600_000)] * 2
