import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import brotli
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from living_city import START, an_incident, incident_id, incidents

from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import PlaceKind, Status
from blocklight.publish.columns import Columns
from blocklight.publish.window import Window

_TEXT = ("kind", "source", "agency", "category", "origin", "disposition", "source_type", "subcategory")
_MANY = st.lists(incidents(st.integers(0, 1_000)), max_size=12, unique_by=lambda incident: incident.id)
_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "identity": lambda body: body,
}


def _columns(*found: PublicIncident) -> Columns:
    columns = Columns()
    for first_seq, incident in enumerate(found, 1):
        columns.put_row(incident, first_seq)
    return columns


def _window(columns: Columns, now: datetime = START) -> Window:
    return Window(columns, city_id="smallville", now=lambda: now)


def _table(body: bytes) -> pa.Table:
    return pa.ipc.open_stream(body).read_all()


def _decoded(body: bytes) -> list[dict[str, Any]]:
    """Read a window as a client does: sums of the differences, dictionaries resolved."""
    table = _table(body)
    first_seq = received_at = 0
    rows = []
    for row in table.to_pylist():
        first_seq += row.pop("first_seq_delta")
        received_at += row.pop("received_at_delta")
        rows.append(row | {"first_seq": first_seq, "received_at": received_at})
    return rows


def _expected(incident: PublicIncident, first_seq: int, area_kinds: set[str]) -> dict[str, Any]:
    place = incident.place
    closed_min = None
    if incident.closed_at is not None:
        closed_s = int((incident.closed_at - incident.received_at).total_seconds())
        closed_min = -(-closed_s // 60)
    return {
        "first_seq": first_seq,
        "received_at": int(incident.received_at.timestamp()),
        "stage": incident.stage,
        "closed_min": closed_min,
        "priority": incident.priority,
        "place": None
        if place is None
        else {
            "lon": place.lon,
            "lat": place.lat,
            "label": place.label,
            "kind": place.kind,
            "radius_m": place.radius_m,
            "areas": {kind: incident.areas.get(kind) for kind in area_kinds} if area_kinds else None,
        },
        **{name: getattr(incident, name) for name in _TEXT},
    }


@settings(max_examples=60)
@given(_MANY)
def test_arrow_reads_back_exactly_what_was_put(found: list[PublicIncident]) -> None:
    body = _window(_columns(*found)).get(24, "identity").body
    kinds = {kind for incident in found if incident.place for kind in incident.areas}
    expected = [_expected(incident, seq, kinds) for seq, incident in enumerate(found, 1)]
    expected.sort(key=lambda row: (row["received_at"], row["first_seq"]))
    assert _decoded(body) == expected


@settings(max_examples=20)
@given(_MANY)
def test_the_ids_answer_has_the_same_rows_in_the_same_order(found: list[PublicIncident]) -> None:
    window = _window(_columns(*found))
    first_seqs = [row["first_seq"] for row in _decoded(window.get(24, "identity").body)]
    ids = _table(window.get(24, "identity", "ids").body).to_pylist()
    assert [row["first_seq"] for row in ids] == first_seqs
    assert [row["id"] for row in ids] == [found[seq - 1].id for seq in first_seqs]


def test_the_window_holds_the_hours_asked_for_and_whatever_is_still_open() -> None:
    now = START + timedelta(hours=48)
    closed = {"status": Status.CLOSED, "closed_at": START + timedelta(hours=47)}
    columns = _columns(
        an_incident(1),
        an_incident(2, **closed),
        an_incident(3, received_at=now - timedelta(hours=24), **closed),
        an_incident(4, received_at=now - timedelta(hours=24, seconds=1), **closed),
    )
    rows = _decoded(_window(columns, now).get(24, "identity").body)
    assert [row["first_seq"] for row in rows] == [1, 3]


def test_one_place_is_written_once_however_many_incidents_are_there() -> None:
    table = _table(_window(_columns(*map(an_incident, range(300)))).get(24, "identity").body)
    place = table.column("place").combine_chunks()
    assert len(place.dictionary) == 1
    assert place.indices.type == pa.uint8()


def test_the_schema_says_city_seq_and_hours() -> None:
    window = _window(_columns(an_incident(1)))
    window.advance(17, retracted=False)
    metadata = _table(window.get(6, "identity").body).schema.metadata
    assert metadata == {b"city": b"smallville", b"seq": b"17", b"epoch": b"", b"hours": b"6"}


@pytest.mark.parametrize("encoding", sorted(_UNPACK))
@pytest.mark.parametrize("what", ["window", "ids"])
def test_every_encoding_unpacks_to_the_same_bytes(encoding: str, what: str) -> None:
    window = _window(_columns(*map(an_incident, range(50))))
    snapshot = window.get(24, encoding, what)
    assert _UNPACK[encoding](snapshot.body) == window.get(24, "identity", what).body
    assert snapshot.etag.strip('"').endswith(f"-{encoding}")


def test_equal_content_has_an_equal_etag_in_another_process() -> None:
    found = [an_incident(number) for number in range(5)]
    assert _window(_columns(*found)).get(24, "br").etag == _window(_columns(*found)).get(24, "br").etag


def test_different_content_has_a_different_etag() -> None:
    one, two = _columns(an_incident(1)), _columns(an_incident(2))
    assert _window(one).get(24, "br").etag != _window(two).get(24, "br").etag


def test_what_was_retracted_leaves_no_trace_in_the_bytes_of_the_window() -> None:
    marked = {
        "source_type": "CANARY TYPE",
        "agency": "canary_agency",
        "place": Place(-122.111, 37.666, PlaceKind.GRID, 201, "canary street"),
        "areas": {"canary_kind": "canary_area"},
    }
    columns = _columns(an_incident(1), an_incident(2, **marked), an_incident(3))
    columns.remove(incident_id(2))
    never = Columns()
    never.put_row(an_incident(1), 1)
    never.put_row(an_incident(3), 3)
    body = _window(columns).get(24, "identity").body
    assert b"canary" not in body.lower()
    assert body == _window(never).get(24, "identity").body


def test_an_answer_is_kept_while_nothing_changes() -> None:
    window = _window(_columns(an_incident(1)))
    assert window.ready(24, "br") is None
    first = window.get(24, "br")
    assert window.ready(24, "br") == first
    assert window.get(24, "br").body is first.body


def test_a_retraction_is_visible_to_the_very_next_request() -> None:
    columns = _columns(an_incident(1), an_incident(2))
    window = _window(columns)
    window.advance(2, retracted=False)
    assert len(_decoded(window.get(24, "identity").body)) == 2
    columns.remove(incident_id(1))
    window.advance(3, retracted=True)
    assert window.ready(24, "identity") is None
    snapshot = window.get(24, "identity")
    assert [row["first_seq"] for row in _decoded(snapshot.body)] == [2]
    assert snapshot.seq == 3


def test_an_ordinary_change_may_be_a_moment_late_and_says_so_by_its_seq() -> None:
    columns = _columns(an_incident(1))
    window = _window(columns)
    window.advance(1, retracted=False)
    window.get(24, "identity")
    columns.put_row(an_incident(2), 2)
    window.advance(2, retracted=False)
    late = window.get(24, "identity")
    assert late.seq in (1, 2)
    assert len(_decoded(late.body)) == late.seq


def test_only_a_few_lengths_of_window_are_kept_in_memory() -> None:
    window = _window(_columns(an_incident(1)))
    for hours in range(1, 40):
        window.get(hours, "identity")
    assert sum(window.ready(hours, "identity") is not None for hours in range(1, 40)) < 12


def test_an_empty_window_is_a_valid_answer() -> None:
    assert _decoded(_window(Columns()).get(24, "identity").body) == []
