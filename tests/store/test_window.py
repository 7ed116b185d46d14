"""The recent past in one sweep."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from blocklight.store import Store
from blocklight.store.read.reading import BLOCK
from store.databases import Database
from store.making import HILL, START, call, closed, minutes


def _numbers(store: Store, minute: float) -> list[int]:
    return [
        int(stored.incident.id.removeprefix("call"))
        for block in store.window(minutes(minute))
        for stored in block
    ]


def test_the_window_holds_what_is_recent_or_still_open_by_received_at(store: Store) -> None:
    store.apply("dispatch", [call(5), closed(4), call(1), closed(2), call(3), closed(6)], at=START)
    assert _numbers(store, 4) == [1, 3, 4, 5, 6]


def test_the_window_follows_a_corrected_time(store: Store) -> None:
    store.apply("dispatch", [closed(1), closed(2), closed(3)], at=START)
    store.apply("dispatch", [closed(1, received_at=minutes(9)), closed(3, received_at=minutes(0))], at=START)
    assert _numbers(store, 1) == [2, 1]


@settings(max_examples=25)
@given(
    times=st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 9)), max_size=20),
    since=st.integers(0, 9),
)
def test_the_window_is_exactly_what_it_says(
    database: Database, times: list[tuple[int, bool, int]], since: int
) -> None:
    made = [
        (closed if over else call)(number, received_at=minutes(first))
        for number, (first, over, _) in enumerate(times)
    ]
    moved = [
        (closed if over else call)(number, received_at=minutes(then))
        for number, (_, over, then) in enumerate(times)
    ]
    with database.emptied() as store:
        store.apply("dispatch", made, at=START)
        store.apply("dispatch", moved, at=START)
        shown = [stored.incident for block in store.window(minutes(since)) for stored in block]
    assert sorted(i.id for i in shown) == [
        i.id for i in moved if i.received_at >= minutes(since) or i.closed_at is None
    ]
    assert [i.received_at for i in shown] == sorted(i.received_at for i in shown)


def test_plain_rows_hold_the_same_and_name_their_seq(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2, place=HILL), call(3, place=None, areas={})], at=START)
    with store.window_rows(START) as window:
        rows = [row for block in window.blocks for row in block]
        assert window.seq == 3
        assert sorted(window.places[row[11]][0].lon for row in rows if row[11]) == [-122.28, -122.2]
    assert [row[1] for row in rows] == [call(number).id for number in (1, 2, 3)]


def test_a_window_is_of_one_moment_though_calls_arrive_while_it_is_read(store: Store) -> None:
    store.apply("dispatch", [closed(number) for number in range(BLOCK + 10)], at=START)
    with store.window_rows(START - timedelta(days=1)) as window:
        first = next(window.blocks)
        store.apply("dispatch", [closed(number, units=2) for number in range(BLOCK + 20)], at=START)
        rest = [row for block in window.blocks for row in block]
    assert (len(first), len(rest), window.seq) == (BLOCK, 10, BLOCK + 10)
    assert {row[14] for row in rest} == {None}
