"""Counts of what was received in areas during several spans of time."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Kind, Origin, PlaceKind
from blocklight.store import Beginning, Received, Span, Store
from store.databases import Database
from store.making import HARBOUR, HILL, START, call, minutes, withheld

DAY = timedelta(days=1)
SPANS = [Span(START + n * DAY, START + n * DAY + timedelta(hours=2)) for n in (0, -7, -14)]


def on_day(number: int, day: int, **fields: object) -> PublicIncident:
    return call(number, received_at=minutes(number) + day * DAY, **fields)


@pytest.mark.parametrize("others", [1, 20])
def test_incidents_are_counted_by_span_category_and_origin(store: Store, others: int) -> None:
    elsewhere = [
        call(
            500 + n,
            place=Place(-122.2 - n / 1000, 37.85, PlaceKind.GRID, 200),
            areas={"beat": "09X"},
            received_at=START - 30 * DAY,
        )
        for n in range(others)
    ]
    store.apply(
        "dispatch",
        [
            on_day(1, 0),
            on_day(2, 0, origin=Origin.OFFICER),
            on_day(3, -7, category=Category.NOISE),
            on_day(4, -7, category=Category.NOISE),
            on_day(5, -7, kind=Kind.REQUEST),
            on_day(6, 0, areas={"beat": "05X"}, place=HILL),
            on_day(7, -3),
            *elsewhere,
        ],
        at=START,
    )
    assert sorted(store.received(Kind.CALL, "beat", "04X", SPANS), key=repr) == sorted(
        [
            Received(0, "04X", Category.TRAFFIC, None, 1),
            Received(0, "04X", Category.TRAFFIC, Origin.OFFICER, 1),
            Received(1, "04X", Category.NOISE, None, 2),
        ],
        key=repr,
    )
    everywhere = store.received(Kind.CALL, "beat", None, SPANS)
    assert sum(row.n for row in everywhere) == 5
    assert {row.area for row in everywhere} == {"04X", "05X"}


def test_a_span_begins_with_its_start_and_ends_before_its_end(store: Store) -> None:
    start, end, _ = SPANS[0]
    edge = timedelta(milliseconds=1)
    times = [start - edge, start, end - edge, end]
    store.apply("dispatch", [call(n, received_at=at) for n, at in enumerate(times)], at=START + DAY)
    (row,) = store.received(Kind.CALL, "beat", "04X", SPANS[:1])
    assert row.n == 2


def test_of_a_span_that_was_seen_at_a_time_nothing_counts_that_became_public_later(store: Store) -> None:
    seen = SPANS[0].end + timedelta(hours=1)
    store.apply("dispatch", [call(1)], at=seen)
    store.apply("dispatch", [call(2)], at=seen + timedelta(milliseconds=1))
    known = [SPANS[0], SPANS[0]._replace(seen=seen)]
    assert [row.n for row in store.received(Kind.CALL, "beat", "04X", known)] == [2, 1]


def test_what_is_taken_back_is_not_counted(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2)], at=START)
    store.apply("dispatch", [withheld(1)], at=START)
    assert [row.n for row in store.received(Kind.CALL, "beat", "04X", SPANS)] == [1]


def test_a_call_whose_time_was_moved_counts_where_it_is_now(store: Store) -> None:
    store.apply("dispatch", [call(1)], at=START)
    store.apply("dispatch", [on_day(1, -7)], at=START)
    assert [row.span for row in store.received(Kind.CALL, "beat", "04X", SPANS)] == [1]


def test_sources_begin_with_the_earliest_that_they_tell_since_a_time(store: Store) -> None:
    store.apply("dispatch", [on_day(1, -50), on_day(2, -9), on_day(3, 0)], at=START)
    store.apply("requests", [on_day(4, -1, source="requests")], at=minutes(5))
    told = store.beginnings(["dispatch", "requests", "silent"], START - 20 * DAY)
    assert told == {
        "dispatch": Beginning(minutes(2) - 9 * DAY, START),
        "requests": Beginning(minutes(4) - DAY, minutes(5)),
    }


@given(
    st.lists(st.tuples(st.integers(-20, 200), st.sampled_from([0, -7, -14]), st.sampled_from(["04X", "05X"])))
)
def test_counts_are_those_of_looking_at_every_incident(
    database: Database, given_: list[tuple[int, int, str]]
) -> None:
    with database.emptied() as store:
        made = [
            call(n, received_at=minutes(minute) + day * DAY, areas={"beat": beat}, place=HARBOUR)
            for n, (minute, day, beat) in enumerate(given_)
        ]
        store.apply("dispatch", made, at=START)
        found = store.received(Kind.CALL, "beat", None, SPANS)
    expected = {
        (number, beat): n
        for number, span in enumerate(SPANS)
        for beat in ("04X", "05X")
        if (n := sum(span.start <= one.received_at < span.end and one.areas["beat"] == beat for one in made))
    }
    assert {(row.span, row.area): row.n for row in found} == expected
