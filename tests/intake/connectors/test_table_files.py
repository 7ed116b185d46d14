"""Table files: what is read from each kind, and a drop folder in which each file is taken exactly once."""

import json
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback.reading import Fetched, Reader
from loopback.server import Reply, serving
from small_city import ROW, rules_of, small_city
from workbooks import far_corner

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.table_files import unlike
from blocklight.intake.run import Feed, run_once
from blocklight.store import Store

pytestmark = pytest.mark.anyio

HEADING = "id,received,type,lon,lat"
FIELDS = {
    "received_at": {"from": "received", "convert": "iso"},
    "source_type": "type",
    "agency": {"default": "fire"},
    "lon": {"from": "lon", "convert": "float"},
    "lat": {"from": "lat", "convert": "float"},
}


def source(path: Path | str, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting of a source
    url = path.as_uri() if isinstance(path, Path) else path
    plain = {
        "id": "calls",
        "label": "Calls",
        "connector": "files",
        "url": url,
        "closes": "never",
        "key": ["id"],
    }
    return SourceSpec.model_validate({**plain, "fields": FIELDS, "settle_s": 30} | changes)


def csv_of(*numbers: int) -> bytes:
    lines = (f"{n},2024-03-04T06:00:00Z,CAR FIRE,-95.3,29.7" for n in numbers)
    return "\r\n".join([HEADING, *lines, ""]).encode()


def put(path: Path, content: bytes, *, age_s: float = 60) -> Path:
    """Write a file that was last written to some time ago."""
    path.write_bytes(content)
    when = time.time() - age_s
    os.utime(path, (when, when))
    return path


def ids(one: Fetched) -> list[str]:
    return [str(row["id"]) for row in one.rows]


def reasons(one: Fetched) -> list[str]:
    return [row.reason for batch in one.batches for row in batch.unreadable]


async def read(path: Path, cursor: str | None = None, **changes: Any) -> Fetched:  # noqa: ANN401 - any setting
    async with Reader(source(path, **changes)) as reader:
        return await reader.fetch(cursor)


ROWS: Sequence[dict[str, Any]] = [
    {"id": "1", "received": "2024-03-04T06:00:00Z", "type": "CAR FIRE", "lon": -95.3, "lat": 29.7},
    {"id": "2", "received": "2024-03-04T07:00:00Z", "type": "Müll", "lon": None, "lat": None},
]


def test_there_are_rows_to_write() -> None:
    assert len(ROWS) == 2


def as_parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([{**row, "secret": "x"} for row in ROWS]), sink)
    return bytes(sink.getvalue())


def as_geojson() -> bytes:
    features = [
        {
            "type": "Feature",
            "id": row["id"],
            "properties": {k: row[k] for k in ("received", "type", "lon", "lat")},
        }
        for row in ROWS
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


KINDS = {
    "csv": (
        HEADING + "\n" + "".join(",".join(str(v or "") for v in row.values()) + "\n" for row in ROWS)
    ).encode(),
    "semicolons": b'\xef\xbb\xbf"id";"received";"type";"lon";"lat"\n'
    b'1;2024-03-04T06:00:00Z;"CAR FIRE";-95.3;29.7\n' + "2;2024-03-04T07:00:00Z;Müll;;\n".encode(),
    "utf-16": (
        HEADING + "\n" + "1,2024-03-04T06:00:00Z,CAR FIRE,-95.3,29.7\n2,2024-03-04T07:00:00Z,Müll,,\n"
    ).encode("utf-16"),
    "json": json.dumps(ROWS).encode(),
    "json lines": b"\n".join(json.dumps(row).encode() for row in ROWS),
    "geojson": as_geojson(),
    "parquet": as_parquet(),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_table_is_read_whatever_its_kind(kind: str, tmp_path: Path) -> None:
    found = await read(put(tmp_path / "calls", KINDS[kind]))
    assert found.error is None
    assert [{k: str(v) for k, v in row.items() if v not in ("", None)} for row in found.rows] == [
        {k: str(v) for k, v in row.items() if v is not None} for row in ROWS
    ]
    assert found.complete == [True]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_table_at_an_address_is_read_whatever_its_kind(kind: str) -> None:
    with serving(lambda _: Reply(200, (KINDS[kind],))) as running:
        async with Reader(source(running.url + "/export")) as reader:
            found = await reader.fetch()
    assert found.error is None
    assert ids(found) == ["1", "2"]


async def test_nanoseconds_of_a_parquet_file_are_cut_off(tmp_path: Path) -> None:
    received = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", "UTC"))
    sink = pa.BufferOutputStream()
    table = {"id": ["1"], "received": received, "type": ["CAR FIRE"], "lon": [-95.3], "lat": [29.7]}
    pq.write_table(pa.table(table), sink)
    [row] = (await read(put(tmp_path / "calls.parquet", bytes(sink.getvalue())))).rows
    assert str(row["received"]) == "2023-11-14 22:13:20.123456+00:00"


async def test_a_damaged_row_is_rejected_alone_with_its_reason(tmp_path: Path) -> None:
    lines = [
        HEADING.encode(),
        b"1,2024-03-04T06:00:00Z,CAR FIRE,-95.3,29.7",
        b"2,2024-03-04T06:00:00Z,CAR, FIRE,-95.3,29.7",
        b"3,2024-03-04T06:00:00Z",
        b"",
        b"4,2024-03-04T06:00:00Z,M\xfcll,-95.3,29.7",
        b"5,2024-03-04T06:00:00Z,CAR FIRE,-95.3,29.7,,",
        b'6,2024-03-04T06:00:00Z,"two\nlines",-95.3,29.7',
        b'7,2024-03-04T06:00:00Z,"never ends,-95.3,' + b"x" * 1_100_000,
    ]
    found = await read(put(tmp_path / "calls.csv", b"\n".join(lines)))
    assert ids(found) == ["1", "5", "6"]
    assert reasons(found) == ["ragged_row", "ragged_row", "bad_encoding", "bad_row"]


async def test_a_declared_encoding_is_used(tmp_path: Path) -> None:
    path = put(
        tmp_path / "calls.csv", f"{HEADING}\n1,2024-03-04T06:00:00Z,Müll,-95.3,29.7\n".encode("cp1252")
    )
    found = await read(path, encoding="cp1252")
    assert found.rows[0]["type"] == "Müll"
    assert reasons(await read(path)) == ["bad_encoding"]


async def test_headings_may_differ_in_case_and_gaps(tmp_path: Path) -> None:
    content = b"ID,Received,TYPE,Lon,lat\n1,2024-03-04T06:00:00Z,CAR FIRE,-95.3,29.7\n"
    found = await read(put(tmp_path / "calls.csv", content))
    assert set(found.rows[0]) == {"id", "received", "type", "lon", "lat"}


async def test_a_title_above_the_headings_is_passed_over(tmp_path: Path) -> None:
    found = await read(
        put(tmp_path / "calls.csv", b'"Calls, all of them"\r\nPrinted;Monday\r\n\r\n' + csv_of(1, 2))
    )
    assert ids(found) == ["1", "2"]


async def test_of_a_table_without_one_of_our_columns_the_headings_are_told(tmp_path: Path) -> None:
    content = b"Calls\n" + csv_of(1, 2).replace(b"type", b"kind")
    error = (await read(put(tmp_path / "calls.csv", content))).error
    assert isinstance(error, SourceChanged)
    assert (str(error), "kind" in error.heading) == ("column 'type' is gone", True)


async def test_half_a_character_at_the_end_is_a_changed_source(tmp_path: Path) -> None:
    path = put(tmp_path / "calls.csv", KINDS["utf-16"][:-1])
    assert isinstance((await read(path)).error, SourceChanged)


@pytest.mark.parametrize("content", [b"kind,id\n1,2\n", b"id\n", b"hello", b"\x00\x00", KINDS["csv"][3:]])
async def test_a_table_without_our_columns_says_which(content: bytes, tmp_path: Path) -> None:
    error = (await read(put(tmp_path / "calls.csv", content))).error
    assert isinstance(error, SourceChanged)
    assert "is gone" in str(error)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"PAR1 broken", KINDS["parquet"][:-30], b'{"a": [', b"[1, 2", b"\x1f\x8b\x08packed"],
    ids=lambda c: str(c[:12]),
)
async def test_what_is_no_table_is_refused_as_a_file_and_counted_in_a_folder(
    content: bytes, tmp_path: Path
) -> None:
    put(tmp_path / "bad", content)
    put(tmp_path / "good.csv", csv_of(1), age_s=40)
    assert isinstance((await read(tmp_path / "bad")).error, SourceUnavailable)
    found = await read(tmp_path)
    assert reasons(found) == ["bad_file"]
    assert ids(found) == ["1"]
    assert ids(await read(tmp_path, found.cursor)) == []
    with serving(lambda _: Reply(200, (content,))) as running:
        async with Reader(source(running.url)) as reader:
            assert isinstance((await reader.fetch()).error, SourceUnavailable)


async def test_each_file_of_a_folder_is_taken_once_in_the_order_of_writing(tmp_path: Path) -> None:
    put(tmp_path / "b.csv", csv_of(1, 2), age_s=300)
    put(tmp_path / "a.csv", csv_of(3), age_s=200)
    first = await read(tmp_path)
    assert ids(first) == ["1", "2", "3"]
    assert not any(first.complete)
    again = await read(tmp_path, first.cursor)
    assert [batch.unchanged for batch in again.batches] == [True]
    put(tmp_path / "c.csv", csv_of(4))
    third = await read(tmp_path, first.cursor)
    assert ids(third) == ["4"]
    put(tmp_path / "a.csv", csv_of(5, 6))
    (tmp_path / "b.csv").unlink()
    assert ids(await read(tmp_path, third.cursor)) == ["5", "6"]


async def test_a_file_without_our_columns_fails_loudly_and_holds_up_no_other(tmp_path: Path) -> None:
    put(tmp_path / "1.csv", csv_of(1), age_s=300)
    put(tmp_path / "2.csv", b"number,when\n2,now\n", age_s=200)
    put(tmp_path / "3.csv", csv_of(3), age_s=100)
    first = await read(tmp_path)
    assert ids(first) == ["1", "3"]
    assert str(first.error) == "column 'id' is gone"
    second = await read(tmp_path, first.batches[-1].cursor)
    assert (ids(second), str(second.error)) == ([], "column 'id' is gone")
    put(tmp_path / "2.csv", csv_of(2))
    third = await read(tmp_path, first.batches[-1].cursor)
    assert (ids(third), third.error) == (["2"], None)


async def test_a_file_that_is_still_written_to_is_waited_for(tmp_path: Path) -> None:
    put(tmp_path / "calls.csv", csv_of(1)[:-10], age_s=1)
    assert ids(await read(tmp_path)) == []
    put(tmp_path / "calls.csv", csv_of(1, 2), age_s=31)
    assert ids(await read(tmp_path)) == ["1", "2"]


@pytest.mark.parametrize("name", [".calls.csv", "calls.csv.part", "calls.csv.tmp", "~calls.csv"])
async def test_a_file_named_as_unfinished_is_not_taken(name: str, tmp_path: Path) -> None:
    put(tmp_path / name, csv_of(1))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert ids(await read(tmp_path)) == []


async def test_a_file_dated_in_the_future_is_taken_once_it_rests(tmp_path: Path) -> None:
    put(tmp_path / "calls.csv", csv_of(1), age_s=-3600)
    async with Reader(source(tmp_path, settle_s=0.2)) as reader:
        assert ids(await reader.fetch()) == []
        time.sleep(0.25)  # noqa: ASYNC251 - the file system's own clock is what is tested
        assert ids(await reader.fetch()) == ["1"]


async def test_a_file_that_grows_while_it_is_read_is_not_called_taken(tmp_path: Path) -> None:
    path = put(tmp_path / "calls.csv", csv_of(*range(50)))
    async with Reader(source(tmp_path, page_size=10)) as reader:
        batches = reader.connector.fetch(None)
        seen = [await anext(batches)]
        put(path, csv_of(*range(60)))
        with pytest.raises(SourceUnavailable, match="while it was read"):
            seen += [batch async for batch in batches]
    assert not any(batch.cursor for batch in seen)


async def test_where_calls_close_by_vanishing_the_newest_file_is_what_is_open(tmp_path: Path) -> None:
    put(tmp_path / "1.csv", csv_of(1, 2), age_s=300)
    put(tmp_path / "2.csv", csv_of(2, 3), age_s=200)
    found = await read(tmp_path, closes="vanish")
    assert ids(found) == ["2", "3"]
    assert found.complete == [True]
    assert ids(await read(tmp_path, found.cursor, closes="vanish")) == []


@pytest.mark.parametrize(
    ("name", "error"), [("none.csv", SourceUnavailable), ("large.csv", SourceUnavailable)]
)
async def test_a_file_that_is_missing_or_too_large_is_unavailable(
    name: str, error: type[Exception], tmp_path: Path
) -> None:
    put(tmp_path / "large.csv", csv_of(*range(100)))
    assert isinstance((await read(tmp_path / name, max_bytes=500)).error, error)


async def test_more_rows_than_allowed_are_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "calls.csv", csv_of(*range(100)))
    assert str((await read(path, max_rows=50, page_size=30)).error) == "more rows than max_rows"


async def test_a_cursor_of_another_kind_is_an_error(tmp_path: Path) -> None:
    for cursor in ("2024-01-01", "{}"):
        assert isinstance((await read(tmp_path, cursor)).error, SourceChanged)


async def test_a_file_that_takes_too_much_is_left_out_of_its_folder_once_and_for_good(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path / "a.xlsx", far_corner(), age_s=60)
    put(tmp_path / "b.csv", csv_of(1, 2), age_s=40)
    found = await read(tmp_path)
    assert reasons(found) == ["bad_file"]
    assert ids(found) == ["1", "2"]
    assert "left out a file" in caplog.text
    again = await read(tmp_path, found.cursor)
    assert (ids(again), reasons(again)) == ([], [])
    assert [(name, type(error)) for name, error in unlike(source(tmp_path))] == [
        ("a.xlsx", SourceUnavailable)
    ]


async def test_a_drop_folder_comes_through_to_the_store_exactly_once(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    city = small_city(
        connector="files",
        url=drop.as_uri(),
        closes="time",
        settle_s=0,
        fields={"units": {"from": "units", "convert": "units"}},
    )

    def rows(*numbers: int) -> bytes:
        lines = (",".join([str(number), *(f'"{ROW[name]}"' for name in names[1:])]) for number in numbers)
        return "\n".join([",".join(names), *lines, ""]).encode()

    names = list(ROW)
    put(drop / "1.csv", rows(1, 2) + b"damaged\n")
    store = Store.open(f"sqlite:///{tmp_path / 'calls.sqlite3'}", "smallton")
    async with Reader(city.sources[0], now=lambda: datetime(2026, 3, 1, 18, tzinfo=UTC)) as reader:
        feed = Feed(city.sources[0], city, reader.connector, rules_of(city))
        first = await run_once(feed, store)
        second = await run_once(feed, store)
        put(drop / "2.csv", rows(3))
        third = await run_once(feed, store)
    assert (first.records, first.published, dict(first.rejected)) == (3, 2, {"ragged_row": 1})
    assert (second.records, second.unchanged) == (0, True)
    assert (third.records, third.published) == (1, 1)
    assert len(store.open_ids("calls")) == 3
    store.close()


@settings(max_examples=60)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: f"{HEADING}\n{text}".encode()))
async def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    with serving(lambda _: Reply(200, (content,))) as running:
        async with Reader(source(running.url)) as reader:
            found = await reader.fetch()
    assert found.error is None or isinstance(found.error, SourceChanged | SourceUnavailable)
