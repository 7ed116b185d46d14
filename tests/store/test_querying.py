"""Filters, and paging while calls arrive."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklight.errors import BadQuery
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Kind, PlaceKind, Status
from blocklight.store import IncidentQuery, Store
from blocklight.store.read import query as query_module
from store.databases import Database
from store.making import HARBOUR, HILL, START, call, closed, minutes, withheld


def _pages(store: Store, query: IncidentQuery) -> Iterator[list[PublicIncident]]:
    cursor: str | None = None
    while True:
        page = store.query(_with(query, cursor))
        yield [item.incident for item in page.items]
        cursor = page.next
        if cursor is None:
            return


def _with(query: IncidentQuery, cursor: str | None) -> IncidentQuery:
    names = IncidentQuery.__dataclass_fields__
    return IncidentQuery(**{name: getattr(query, name) for name in names} | {"cursor": cursor})


def _found(store: Store, **filters: object) -> list[int]:
    page = store.query(IncidentQuery(**filters))  # type: ignore[arg-type]  # each test names its own filter
    return [int(item.incident.id.removeprefix("call")) for item in page.items]


@pytest.fixture
def filled(store: Store) -> Store:
    request = {"kind": Kind.REQUEST, "agency": "public_works", "category": Category.NOISE}
    batch = [
        call(1, priority=1, source_type="TRAFFIC STOP"),
        closed(2, place=HILL, areas={"beat": "07X", "council": "2"}),
        call(3, category=Category.MEDICAL, place=None, areas={}),
        call(4, **request, place=HILL, areas={"beat": "07X", "council": "3"}),
        call(5, agency="fire", source_type="100%_Ñandú"),
    ]
    store.apply("dispatch", batch, at=START)
    return store


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"limit": 2}, [5, 4]),
        ({"since": minutes(3)}, [5, 4, 3]),
        ({"until": minutes(3)}, [2, 1]),
        ({"since": minutes(2), "until": minutes(4)}, [3, 2]),
        ({"status": Status.CLOSED}, [2]),
        ({"status": Status.OPEN}, [5, 4, 3, 1]),
        ({"kind": Kind.REQUEST}, [4]),
        ({"category": frozenset({Category.NOISE, Category.MEDICAL})}, [4, 3]),
        ({"agency": "fire"}, [5]),
        ({"priority": 1}, [1]),
        ({"area": ("beat", "07X")}, [4, 2]),
        ({"area": ("council", "3")}, [4]),
        ({"area": ("beat", "nowhere")}, []),
        ({"bbox": (-122.21, 37.84, -122.19, 37.86)}, [4, 2]),
        ({"bbox": (-122.28, 37.79, -122.28, 37.79)}, [5, 1]),
        ({"bbox": (-180, -90, 180, 90)}, [5, 4, 2, 1]),
        ({"bbox": (0, 0, 1, 1)}, []),
        ({"bbox": (-123, 37, -122, 38), "area": ("council", "2")}, [2]),
        ({"q": "harbour"}, [5, 1]),
        ({"q": "PEÑA hill"}, [4, 2]),
        ({"q": "medical"}, [3]),
        ({"q": "stop"}, [1]),
        ({"q": "ñandú"}, [5]),
        ({"q": "100%_"}, [5]),
        ({"q": "%"}, [5]),
        ({"q": "_"}, [5]),
        ({"q": "call000000000003"}, [3]),
        ({"q": "harbour stop"}, [1]),
        ({"q": "harbour nowhere"}, []),
        ({"q": "  "}, [5, 4, 3, 2, 1]),
        ({"q": "' OR 1=1 --"}, []),
    ],
)
def test_a_filter_finds_what_it_names(filled: Store, filters: dict[str, object], expected: list[int]) -> None:
    assert _found(filled, **filters) == expected


def test_a_word_is_found_however_many_source_types_there_are(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"stop": [1], "ñandú": [5], "traffic": [5, 2, 1], "harbour": [5, 1], "nowhere": []}
    for most in (2, 1):
        monkeypatch.setattr(query_module, "_MOST_TYPES", most)
        assert {word: _found(filled, q=word) for word in words} == words


def test_a_word_of_nowhere_reads_no_incident(database: Database) -> None:
    many = [call(n, source_type=f"TYPE {n % 20}") for n in range(5_000)]
    with database.emptied(), database.open() as store:
        store.apply("dispatch", many, at=START)
        with database.connection() as connection:
            connection.exec_driver_sql("ANALYZE")
        asked: list[tuple[str, Any]] = []
        sa.event.listen(
            store._engines.read,  # noqa: SLF001 - what is asked of the database is what this is about
            "before_cursor_execute",
            lambda _c, _cur, statement, values, _ctx, _many: asked.append((statement, values)),
        )
        assert _found(store, q="zzz") == []
        queries = [one for one in asked if "incident" in one[0]]
        with store._engines.read.connect() as connection:  # noqa: SLF001 - see above
            prefix = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
            plans = [str(connection.exec_driver_sql(prefix + s, v).all()) for s, v in queries]
    types, begun, listing = plans
    assert "incident_said" in types
    assert "SCAN incident" not in types + begun
    assert "Seq Scan on incident" not in types + begun
    # No incident meets a condition that is false for all: neither engine reads one.
    assert "WHERE 0 = 1" in queries[-1][0] if database.is_sqlite else "One-Time Filter: false" in listing


@pytest.mark.parametrize(
    ("filters", "parameter"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 10_001}, "limit"),
        ({"bbox": (1, 0, 0, 1)}, "bbox"),
        ({"bbox": (0, 1, 1, 0)}, "bbox"),
        ({"bbox": (0, 0, float("nan"), 1)}, "bbox"),
        ({"bbox": (0, 0, float("inf"), 1)}, "bbox"),
        ({"q": "a b c d e f g h i"}, "q"),
        ({"q": "nul\x00"}, "q"),
        ({"q": "half a letter \ud800"}, "q"),
        ({"agency": "\x00"}, "agency"),
        ({"area": ("beat", "\x00")}, "area"),
        ({"priority": 10**30}, "priority"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "ümläut"}, "cursor"),
        ({"cursor": "AAAA"}, "cursor"),
        ({"cursor": "A" * 1000}, "cursor"),
    ],
)
def test_an_impossible_question_is_refused_by_name(
    filled: Store, filters: dict[str, object], parameter: str
) -> None:
    with pytest.raises(BadQuery) as caught:
        _found(filled, **filters)
    assert caught.value.parameter == parameter


def test_a_cursor_serves_only_its_own_question(filled: Store) -> None:
    following = filled.query(IncidentQuery(limit=1)).next
    assert following is not None
    assert _found(filled, cursor=following, limit=3) == [4, 3, 2]
    with pytest.raises(BadQuery, match="another query"):
        _found(filled, cursor=following, agency="fire")


@settings(max_examples=100)
@given(cursor=st.text(max_size=60) | st.binary(max_size=40).map(lambda b: b.hex()))
def test_no_made_up_cursor_does_more_than_fail(database: Database, cursor: str) -> None:
    with database.shared() as store, pytest.raises(BadQuery):
        store.query(IncidentQuery(cursor=cursor))


def test_the_last_page_has_no_next(filled: Store) -> None:
    assert filled.query(IncidentQuery(limit=5)).next is None
    assert filled.query(IncidentQuery(limit=4)).next is not None


@settings(max_examples=12)
@given(seed=st.integers(), limit=st.integers(1, 7))
def test_pages_neither_repeat_nor_skip_while_calls_arrive_change_and_go(
    database: Database, seed: int, limit: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - guards nothing
    with database.emptied() as store:
        first = {number: call(number, received_at=minutes(chance.randrange(8))) for number in range(30)}
        store.apply("dispatch", list(first.values()), at=START)
        retracted: set[str] = set()
        shown: list[str] = []
        for page in _pages(store, IncidentQuery(limit=limit)):
            shown += [incident.id for incident in page]
            number = chance.randrange(30)
            later = call(100 + len(shown), received_at=minutes(chance.randrange(-5, 12)))
            moved = call(number, received_at=minutes(chance.randrange(-9, 20)), units=len(shown))
            gone = withheld(chance.randrange(30))
            retracted.add(gone.id)
            store.apply("dispatch", [later, moved, gone], at=minutes(1))
    assert len(shown) == len(set(shown))
    before = {incident.id for incident in first.values()}
    assert set(shown) <= before
    assert before - retracted <= set(shown)


@settings(max_examples=25)
@given(
    numbers=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 30)), min_size=1, max_size=60
    ),
    box=st.tuples(*[st.integers(0, 5)] * 4),
    since=st.integers(0, 30),
)
def test_a_box_and_a_span_find_what_lies_inside_them(
    database: Database, numbers: list[tuple[int, int, int]], box: tuple[int, int, int, int], since: int
) -> None:
    west, east = sorted((box[0] / 100, box[1] / 100))
    south, north = sorted((box[2] / 100, box[3] / 100))
    calls = [
        call(
            n,
            place=Place(x / 100, y / 100, PlaceKind.GRID, 200),
            received_at=minutes(at),
            areas={"column": str(x)},
        )
        for n, (x, y, at) in enumerate(numbers)
    ]
    moved = [call(0, place=HARBOUR, received_at=minutes(15))]
    with database.emptied() as store:
        store.apply("dispatch", calls, at=START)
        store.apply("dispatch", moved, at=START)
        query = IncidentQuery(bbox=(west, south, east, north), since=minutes(since), limit=7)
        found = {incident.id for page in _pages(store, query) for incident in page}
        column = IncidentQuery(area=("column", "3"), until=minutes(since), limit=7)
        standing = {incident.id for page in _pages(store, column) for incident in page}
    now = [*moved, *calls[1:]]
    assert found == {
        c.id
        for c in now
        if c.place
        and west <= c.place.lon <= east
        and south <= c.place.lat <= north
        and c.received_at >= minutes(since)
    }
    assert standing == {c.id for c in now if c.areas.get("column") == "3" and c.received_at < minutes(since)}


def test_a_call_whose_time_is_corrected_is_found_at_its_new_time(store: Store) -> None:
    store.apply("dispatch", [call(1), call(2), call(3)], at=START)
    store.apply("dispatch", [call(2, received_at=minutes(-90))], at=START)
    assert _found(store, until=START) == [2]
    assert _found(store, since=START) == [3, 1]
    store.apply("dispatch", [call(2, received_at=minutes(90))], at=START)
    assert _found(store, since=minutes(60)) == [2]
    assert _found(store, until=minutes(60)) == [3, 1]
