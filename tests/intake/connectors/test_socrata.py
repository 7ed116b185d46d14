import csv
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from loopback.feeds import feed, numbers
from loopback.reading import Reader
from loopback.server import Reply, serving, with_etag, with_faults
from loopback.soda import Dataset, soda_rows
from loopback.table import Row, Table

from blocklight.config.city import load_city
from blocklight.errors import SourceChanged
from blocklight.intake.forms.answers import Answered, judge_answer

pytestmark = pytest.mark.anyio


async def test_every_question_has_a_total_order() -> None:
    with feed("socrata", 25) as one:
        async with Reader(one.source()) as reader:
            await reader.fetch()
        async with Reader(one.source(cursor_column="edited", rows="unit")) as reader:
            await reader.fetch()
        orders = {request.params["$order"] for request in one.server.asked}
    assert orders == {":id", "edited,number,:id"}


async def test_offsets_do_not_grow_where_there_is_a_cursor_column() -> None:
    with feed("socrata", 500) as one:
        async with Reader(one.source(cursor_column="edited")) as reader:
            assert len((await reader.fetch()).rows) == 500
        assert max(int(request.params["$offset"]) for request in one.server.asked) < 10


async def test_the_time_of_a_rows_last_change_can_be_the_cursor() -> None:
    with feed("socrata", 0) as one:
        rows = [{"number": str(n), "type": "CAR FIRE", "received": "2024-03-04T06:00:00.000"} for n in (1, 2)]
        one.table.insert(soda_rows(rows[:1], "2024-03-04T06:00:00.000Z"))
        source = one.source(cursor_column=":updated_at", overlap_s=60)
        async with Reader(source) as reader:
            first = await reader.fetch()
            assert first.cursor == "2024-03-04T06:00:00.000Z"
            one.table.insert(soda_rows(rows, "2024-03-04T07:00:00.000Z")[1:])
            second = await reader.fetch(first.cursor)
            third = await reader.fetch(second.cursor)
        assert ":updated_at >= '2024-03-04T05:59:00.000Z'" in one.server.asked[-2].params["$where"]
    assert (numbers(second.rows), numbers(third.rows)) == ([1, 2], [2])


async def test_rows_without_a_value_in_the_cursor_column_are_not_read() -> None:
    with feed("socrata", 25) as one:
        one.table.update("number = '7'", edited=None)
        async with Reader(one.source(cursor_column="edited")) as reader:
            fetched = await reader.fetch()
    assert sorted(numbers(fetched.rows)) == [n for n in range(1, 26) if n != 7]


async def test_a_quote_in_a_cursor_stays_a_value() -> None:
    with feed("socrata", 3) as one:
        source = one.source(cursor_column="edited")
        async with Reader(source) as reader:
            fetched = await reader.fetch("x' or '1'='1")
    assert fetched.error is None
    assert fetched.rows == []


async def test_the_application_token_is_sent_and_a_wrong_one_is_a_changed_source() -> None:
    with feed("socrata", 5) as one:
        assert isinstance(one.app, Dataset)
        one.app.token = "right"  # noqa: S105 - a word that only this server knows
        for token, expected in (
            ("right", None),
            ("wrong", "HTTP 403: permission_denied"),
            (None, "HTTP 403"),
        ):
            async with Reader(one.source(), token=token) as reader:
                error = (await reader.fetch()).error
            assert error is None if expected is None else str(error).startswith(expected)


async def test_of_two_columns_for_one_field_either_may_be_missing() -> None:
    with feed("socrata", 25) as one:
        fields = {
            "received_at": {"from": ["received_datetime", "received"], "convert": "local"},
            "source_type": ["type", "call_type"],
            "agency": {"default": "fire"},
            "lon": "lon",
            "lat": "lat",
        }
        fields["source_type"] = {"from": ["type", "call_type"]}
        async with Reader(one.source(fields=fields)) as reader:
            assert len((await reader.fetch()).rows) == 25
            asked = len(one.server.asked)
            assert len((await reader.fetch()).rows) == 25
        assert len(one.server.asked) - asked == 3


@pytest.mark.parametrize("column", ["key", "cursor_column"])
async def test_a_missing_key_or_cursor_column_is_named(column: str) -> None:
    with feed("socrata", 5) as one:
        value = ["number", "gone"] if column == "key" else "gone"
        async with Reader(one.source(**{column: value})) as reader:
            assert str((await reader.fetch()).error) == "column 'gone' is gone"


@pytest.mark.parametrize(
    "body",
    [
        {"error": True, "message": "secret 1200 Main St"},
        {"errorCode": "query.soql.no-such-column", "data": {"column": "1200 Main St; drop"}},
        {"code": "1200 Main St"},
    ],
)
@pytest.mark.parametrize("status", [200, 400])
async def test_an_error_documents_message_is_not_repeated(body: object, status: int) -> None:
    with feed("socrata", 5, wrap=lambda app: with_faults(app, [Reply.json(body, status)])) as one:
        async with Reader(one.source()) as reader:
            error = (await reader.fetch()).error
    assert isinstance(error, SourceChanged)
    assert "Main" not in str(error)


async def test_rows_in_which_a_needed_column_never_appears_are_a_changed_source() -> None:
    rows = [{"number": "1", "received": "2024-03-04T06:00:00"}, {"number": "2"}, 7]
    with feed("socrata", 0) as one, serving(lambda _: Reply.json(rows)) as server:
        async with Reader(one.source(url=f"{server.url}/resource/a")) as reader:
            found = (await reader.fetch()).rows
    columns = {name for row in found for name in row}
    assert (len(found), columns) == (3, {"number", "received"})
    with pytest.raises(SourceChanged, match="column 'type' is gone"):
        judge_answer(one.source(), Answered(0, 3, columns, whole=True))


async def test_a_server_that_gives_the_same_full_page_forever_is_no_circle() -> None:
    rows = [
        {"number": str(n), "received": "2024-03-04T06:00:00", "type": "X", "edited": "a"} for n in range(10)
    ]
    for column in (None, "edited"):
        with feed("socrata", 0) as one, serving(lambda _: Reply.json(rows)) as server:
            async with Reader(one.source(url=f"{server.url}/resource/a", cursor_column=column)) as reader:
                fetched = await reader.fetch()
            assert len(server.asked) < 50
        assert fetched.error is not None


async def test_a_quiet_dataset_with_a_cursor_answers_unchanged() -> None:
    with feed("socrata", 5, wrap=with_etag) as one:
        async with Reader(one.source(cursor_column="edited", page_size=50)) as reader:
            cursor = (await reader.fetch()).cursor
            assert not (await reader.fetch(cursor)).batches[0].unchanged
            assert (await reader.fetch(cursor)).batches[0].unchanged


def fire_rows(path: Path) -> list[Row]:
    """Read the portal's own export of the dataset as its API would give it."""

    def value(column: str, text: str) -> str:
        if column.endswith("_dttm"):
            return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").strftime("%Y-%m-%dT%H:%M:%S.000")  # noqa: DTZ007 - floating, as SODA has it
        if column == "location":
            lat, lon = map(float, text.strip("()").split(","))
            return orjson.dumps({"type": "Point", "coordinates": [lon, lat]}).decode()
        return text

    with path.open(encoding="utf-8-sig", newline="") as file:
        named = [
            {name.lower().replace(" ", "_"): text for name, text in row.items()}
            for row in csv.DictReader(file)
        ]
    return [{column: value(column, text) for column, text in row.items() if text} for row in named]


@pytest.mark.parametrize("page_size", [5000, 1000])
async def test_san_francisco_fire_is_read_whole_with_the_rows_of_a_call_together(
    shared_data: Path, page_size: int
) -> None:
    rows = fire_rows(shared_data / "cad/sf_fire/Fire_Department_Calls_for_Service_2020.csv")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = Table((":id", ":updated_at", *columns), soda_rows(list(rows)))
    source = load_city("san-francisco-fire").source("calls")
    after = datetime(2020, 4, 22, tzinfo=UTC)
    with serving(Dataset(table, nested=frozenset({"location"}))) as server:
        url = f"{server.url}/resource/nuek-vuh3.json"
        source = source.model_copy(update={"url": url, "page_size": page_size})
        async with Reader(source, now=lambda: after) as reader:
            fetched = await reader.fetch()
            again = await reader.fetch(fetched.cursor)
    table.close()
    assert fetched.error is None
    calls = [row["call_number"] for row in fetched.rows]
    assert (len(calls), len(set(calls))) == (10_410, 5_292)
    assert sum(one != two for one, two in pairwise(calls)) == 5_291
    assert not {"transport_dttm", "hospital_dttm", "unit_id"} & {name for row in fetched.rows for name in row}
    last = max(datetime.fromisoformat(row["received_dttm"]) for row in fetched.rows)
    since = [
        r for r in fetched.rows if datetime.fromisoformat(r["received_dttm"]) >= last - timedelta(days=2)
    ]
    assert len(again.rows) == len(since) > 500


async def test_a_dataset_is_only_ever_read_with_get() -> None:
    # Socrata takes a POST to a dataset for new rows.
    with feed("socrata", 5) as one:
        async with Reader(one.source(where=" or ".join(["type = 'CAR FIRE'"] * 200))) as reader:
            assert len((await reader.fetch()).rows) == 5
        assert {request.method for request in one.server.asked} == {"GET"}


@pytest.mark.parametrize("end", ["", "/", ".json", ".json?$$version=2.1", "?a=b"])
async def test_an_address_may_be_written_in_several_ways(end: str) -> None:
    with feed("socrata", 5) as one:
        url = f"{one.server.url}/resource/abcd-1234{end}"
        async with Reader(one.source(url=url)) as reader:
            assert len((await reader.fetch()).rows) == 5
        assert one.server.asked[0].path == "/resource/abcd-1234.json"
        assert ("?" in end) == bool(one.server.asked[0].params.keys() & {"$$version", "a"})
