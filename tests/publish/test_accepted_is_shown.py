"""Whatever intake accepts, every answer can show: no row of a feed takes the map from everybody."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from living_city import START, a_city, an_incident, incident_id

from blocklight.config.city import City, parse_city
from blocklight.intake.connectors.push import Push
from blocklight.intake.record import Batch
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Tally, store_batch
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import PlaceKind
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

NOW = datetime(2026, 1, 31, 5, 0, tzinfo=UTC)
CITY = """
[city]
id = "anytown"
name = "Anytown"
time_zone = "America/Los_Angeles"
bounds = { west = -122.3, south = 37.7, east = -122.1, north = 37.9 }
[[sources]]
id = "calls"
label = "Calls"
connector = "push"
key = ["number"]
closes = "time"
rows = "ROWS"
max_rejected_share = 1.0
[sources.fields]
received_at = { from = "opened", convert = "iso" }
dispatched_at = { from = "sent", convert = "iso" }
closed_at = { from = "done", convert = "iso" }
source_type = "what"
agency = { from = "who", map = { police = "police", fire = "fire" }, default = "ems" }
priority = { from = "rank", convert = "int" }
units = { from = "units", convert = "int" }
address = "where"
cross_street = "cross"
lon = { from = "lon", convert = "float" }
lat = { from = "lat", convert = "float" }
[policy]
source_types = true
labels = "hundred_block"
"""
_HUGE = [0, -1, 1, 99, 100, 255, 500, 2**15, 2**16, 2**31, 2**32, 2**63, 2**64, 10**40, 1e300, float("inf")]
_NUMBERS = st.sampled_from(_HUGE) | st.sampled_from(["", "1e9", "0x10", "nan", "9" * 400, "٣"]) | st.none()
_YEARS = st.integers(1, 9999).map(lambda year: f"{year:04}-06-01T00:00:00+00:00")
_NEAR = st.integers(-(10**9), 10**5).map(lambda s: (NOW + timedelta(seconds=s)).isoformat())
_TIMES = _NEAR | _YEARS | st.sampled_from(["", "never", "0001-01-01T00:00:00+14:00"])
# What the city file says is public word for word, as strange as a centre may write it.
TYPES = (
    "NOISE",
    "X" * 200,
    "\U0001f692 bell",
    "ÉTÉ \u202eabc",
    '"quoted", \\',
    "'; drop table",
    "]]>",
    "\u2028",
    "event: x",
)

_TYPES = st.sampled_from([*TYPES, "NOISE\x00", " NOISE\n", "", "ASSAULT", "X" * 201]) | st.text(max_size=30)
_TEXTS = st.sampled_from(["1400 MAIN ST", "MAIN ST / 2ND AVE", "9" * 5000 + " MAIN ST"]) | st.text(
    max_size=40
)
_ROWS = st.fixed_dictionaries(
    {
        "number": st.integers(0, 12) | st.text(max_size=3),
        "opened": _TIMES,
        "sent": _TIMES,
        "done": _TIMES,
        "what": _TYPES,
        "who": st.sampled_from(["police", "", "消防", "\x07"]),
        "rank": _NUMBERS,
        "units": _NUMBERS,
        "where": _TEXTS,
        "cross": _TEXTS,
        "lon": st.floats(-122.31, -122.09) | _NUMBERS,
        "lat": st.floats(37.69, 37.91) | _NUMBERS,
    }
)


def _city(rows: str, types: Sequence[str] = TYPES) -> City:
    table = tomllib.loads(CITY.replace("ROWS", rows)) | {
        "call_types": {"exact": dict.fromkeys(types, "noise")}
    }
    return parse_city(table, file="anytown.toml", folder=Path())


def _publish(
    folder: Path, rows: str, records: Iterable[dict[str, Any]], types: Sequence[str] = TYPES
) -> Publisher:
    """Take *records* in as a push would, and return a publisher that has followed them."""
    city = _city(rows, types)
    source = city.source("calls")
    feed = Feed(source, city, Push(source, lambda: NOW), Rules.of(city, bytes(range(32))))
    store = Store.open(f"sqlite:///{folder / 'blocklight.sqlite3'}", "anytown")
    publisher = Publisher(city, store, now=lambda: NOW)
    publisher.load()
    store_batch(feed, store, Batch(list(records), NOW), Tally(), alone=True)
    while changes := store.changes(publisher.window.seq):
        publisher.live.publish(publisher._take(changes, replay=False))  # noqa: SLF001 - one turn of its loop
    return publisher


def _shown(publisher: Publisher) -> list[dict[str, Any]]:
    """Return the whole window with its ids, decoded by nobody's code of ours."""
    hours = 24 * 366 * 40
    ids = pa.ipc.open_stream(publisher.window.get(hours, "identity", "ids").body).read_all()
    rows = pa.ipc.open_stream(publisher.window.get(hours, "identity").body).read_all()
    return [row | {"id": id_} for id_, row in zip(ids["id"].to_pylist(), rows.to_pylist(), strict=True)]


def _stored(publisher: Publisher) -> dict[str, PublicIncident]:
    blocks = publisher.store.window(datetime(1, 1, 1, tzinfo=UTC))
    return {stored.incident.id: stored.incident for block in blocks for stored in block}


@settings(max_examples=40, deadline=None)
@given(rows=st.sampled_from(["incident", "unit", "part"]), records=st.lists(_ROWS, min_size=1, max_size=12))
def test_what_intake_accepts_is_shown_by_every_answer(
    tmp_path_factory: pytest.TempPathFactory, rows: str, records: list[dict[str, Any]]
) -> None:
    publisher = _publish(tmp_path_factory.mktemp("city"), rows, records)
    stored = _stored(publisher)
    shown = {row["id"]: row for row in _shown(publisher)}
    assert shown.keys() == stored.keys()
    for id_, incident in stored.items():
        assert shown[id_]["source_type"] == incident.source_type
        assert shown[id_]["priority"] == incident.priority
    replay = b"".join(publisher.live.replay.since(0) or ())
    features = [
        orjson.loads(line.removeprefix(b"data: "))
        for line in replay.splitlines()
        if line.startswith(b'data: {"type"')
    ]
    assert {feature["id"] for feature in features} >= stored.keys()
    assert publisher.left_out == 0
    publisher.store.close()


def _call(number: int, **changes: object) -> dict[str, Any]:
    opened = (NOW - timedelta(hours=1)).isoformat()
    plain = {"number": number, "opened": opened, "what": "NOISE", "who": "police", "lon": -122.2, "lat": 37.8}
    return plain | changes


def test_tens_of_thousands_of_unit_rows_of_one_call_are_one_call_of_as_many_units_as_are_told(
    tmp_path: Path,
) -> None:
    publisher = _publish(tmp_path, "unit", [_call(1) for _ in range(33_000)])
    (incident,) = _stored(publisher).values()
    assert incident.units == 500
    assert len(_shown(publisher)) == 1
    publisher.load()  # and after a restart
    assert (len(publisher.columns), publisher.left_out) == (1, 0)
    publisher.store.close()


def test_tens_of_thousands_of_source_types_are_all_shown(tmp_path: Path) -> None:
    types = [f"KIND {n}" for n in range(33_000)]
    publisher = _publish(tmp_path, "incident", [_call(n, what=text) for n, text in enumerate(types)], types)
    shown = {row["source_type"] for row in _shown(publisher)}
    sensitive = len(types) - len(shown)  # such as the code for a mental health call
    assert shown <= set(types)
    assert sensitive < 200
    publisher.store.close()


def _following(folder: Path) -> tuple[Store, Publisher]:
    store = Store.open(f"sqlite:///{folder / 'blocklight.sqlite3'}", "smallville")
    publisher = Publisher(a_city(folder), store, now=lambda: START + timedelta(hours=1))
    publisher.load()
    return store, publisher


def _spoilt() -> list[PublicIncident]:
    """Return versions that no intake of ours makes, each of which an answer made of columns cannot hold."""
    place = Place(-122.25, 37.75, PlaceKind.GRID, 201)
    return [
        an_incident(1, units=2**40),
        an_incident(2, priority=2**31),
        an_incident(3, received_at=datetime(9999, 1, 1, tzinfo=UTC), closed_at=START, dispatched_at=START),
        an_incident(4, place=msgspec.structs.replace(place, radius_m=2**40)),
        an_incident(5, closed_at=datetime(9000, 1, 1, tzinfo=UTC)),
    ]


def test_a_row_that_cannot_be_shown_is_left_out_counted_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, publisher = _following(tmp_path)
    with store:
        store.apply("dispatch", [an_incident(n) for n in range(1, 10)], at=START)
        spoilt = _spoilt()
        store.apply("dispatch", spoilt, at=START)
        for change in store.changes(0):
            publisher.live.publish(publisher._take([change], replay=False))  # noqa: SLF001 - one turn of its loop
        left_out = publisher.left_out
        assert left_out >= 3  # of a place that moves, the store keeps the one that was shown
        ids = {row["id"] for row in _shown(publisher)}
        assert ids >= {incident_id(n) for n in range(6, 10)}
        assert len(ids) == 9 - left_out
        assert sum("cannot be shown" in record.getMessage() for record in caplog.records) == 1
        replay = b"".join(publisher.live.replay.since(0) or ())
        retracted = re.findall(rb'event: retract\ndata: {"id":"(\w+)"', replay)
        gone = {incident_id(n) for n in range(1, 10)} - ids
        assert {id_.decode() for id_ in retracted} >= gone  # who follows forgets the version before
        publisher.load()  # as at the next start
        assert {row["id"] for row in _shown(publisher)} == ids


def test_a_row_that_nobody_can_read_takes_no_other_with_it(tmp_path: Path) -> None:
    store, publisher = _following(tmp_path)
    with store:
        store.apply("dispatch", [an_incident(n) for n in range(3)], at=START)
        with store._engines.write.begin() as connection:  # noqa: SLF001 - as damage would
            connection.exec_driver_sql("update incident set category = 'unheard of' where first_seq = 2")
            connection.exec_driver_sql("update change set body = '{\"id\":1}' where seq = 2")
        while changes := store.changes(publisher.window.seq):
            publisher._take(changes)  # noqa: SLF001 - one turn of its loop
        assert len(_shown(publisher)) == 2
        publisher.load()
        assert len(_shown(publisher)) == 2
