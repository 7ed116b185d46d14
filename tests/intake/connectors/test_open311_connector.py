"""The Open311 connector against servers as they are: capped, paged, without updates, in XML, unwell."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from loopback import server
from loopback.reading import NOW, Reader, calls_source
from loopback.server import Reply, Request, serving

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable

pytestmark = pytest.mark.anyio

Row = dict[str, Any]
FIELDS = {
    "received_at": {"from": "requested_datetime", "convert": "iso"},
    "status": "status",
    "source_type": "service_name",
    "agency": {"default": "public_works"},
    "lon": {"from": "long", "convert": "float"},
    "lat": {"from": "lat", "convert": "float"},
}


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _request(number: int, **changes: object) -> Row:
    requested = NOW - timedelta(minutes=7 * number)
    row: Row = {
        "service_request_id": str(number),
        "status": "open",
        "service_code": "006",
        "service_name": "Pothole",
        "requested_datetime": _iso(requested),
        "updated_datetime": _iso(requested),
        "lat": 29.7,
        "long": -95.3,
    }
    return {**row, **changes}


@dataclass
class Open311Server:
    """Gives its newest requests, *cap* at most; *by* are the parameters that it knows."""

    rows: list[Row]
    cap: int = 100
    by: tuple[str, ...] = ("start_date", "end_date", "updated_after", "updated_before", "page")
    whole_days: bool = False
    is_xml: bool = False

    def __call__(self, request: Request) -> Reply:
        if "/services." in request.path:
            return self._reply("services", "service", [{"service_code": "006", "service_name": "Pothole"}])
        rows = [row for row in self.rows if self._is_asked_for(row, request)]
        rows.sort(key=lambda row: str(row["requested_datetime"]), reverse=True)
        size = min(int(request.params.get("page_size", self.cap)), self.cap)
        first = (
            (int(request.params["page"]) - 1) * size if "page" in self.by and "page" in request.params else 0
        )
        return self._reply("service_requests", "request", rows[first : first + size])

    def _is_asked_for(self, row: Row, request: Request) -> bool:
        for name, column, sign in (
            ("start_date", "requested_datetime", 1), ("end_date", "requested_datetime", -1),
            ("updated_after", "updated_datetime", 1), ("updated_before", "updated_datetime", -1),
        ):  # fmt: skip
            if name in self.by and name in request.params:
                length = 10 if self.whole_days else 20
                value, bound = row[column][:length], request.params[name][:length]
                if (value > bound) - (value < bound) == -sign:
                    return False
        return True

    def _reply(self, root: str, item: str, rows: list[Row]) -> Reply:
        if not self.is_xml:
            return Reply.json(rows)
        written = "".join(
            f"<{item}>" + "".join(f"<{k}>{html.escape(str(v))}</{k}>" for k, v in row.items()) + f"</{item}>"
            for row in rows
        )
        body = f'<?xml version="1.0" encoding="utf-8"?><{root}>{written}</{root}>'
        return Reply(200, (body.encode(),), {"content-type": "text/xml"})


def _source(url: str, path: str = "/open311/v2", **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting
    plain = {"closes": "status", "key": ["service_request_id"], "kind": "request", "fields": FIELDS}
    return calls_source(f"{url}{path}", "open311", **{**plain, **changes})


async def _ids(app: Callable[[Request], Reply], path: str = "/open311/v2") -> list[str]:
    with serving(app) as running:
        async with Reader(_source(running.url, path)) as reader:
            fetched = await reader.fetch()
    assert fetched.error is None, fetched.error
    assert fetched.complete == [False]
    return sorted((row["service_request_id"] for row in fetched.rows), key=int)


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 99, 100, 101, 730])
@pytest.mark.parametrize("cap", [50, 100, 1000])
async def test_every_request_is_read_once_whatever_a_server_gives_at_once(count: int, cap: int) -> None:
    app = Open311Server([_request(number) for number in range(count)], cap)
    assert await _ids(app) == _numbers(count)


@pytest.mark.parametrize(
    "path", ["/open311/v2/", "/open311/v2/requests.json", "/requests.json?jurisdiction_id=x"]
)
async def test_the_address_is_that_of_the_server_or_of_its_requests(path: str) -> None:
    app = Open311Server([_request(1)])
    with serving(app) as running:
        async with Reader(_source(running.url, path)) as reader:
            assert len((await reader.fetch()).rows) == 1
        assert all(request.path.endswith("/requests.json") for request in running.asked)
        assert all(("jurisdiction_id" in request.params) == ("?" in path) for request in running.asked)


async def test_xml_is_read_as_json_is() -> None:
    app = Open311Server([_request(number) for number in range(120)], 50, is_xml=True)
    assert await _ids(app, path="/requests.xml") == _numbers(120)


async def test_a_server_that_knows_whole_days_alone_is_read_page_by_page() -> None:
    app = Open311Server([_request(number) for number in range(230)], 50, whole_days=True)
    assert await _ids(app) == _numbers(230)


async def test_many_requests_of_one_second_are_read_page_by_page() -> None:
    app = Open311Server([_request(number, requested_datetime=_iso(NOW)) for number in range(130)], 50)
    assert await _ids(app) == _numbers(130)


async def test_requests_that_come_and_go_between_answers_take_no_others_with_them() -> None:
    app = Open311Server([_request(number) for number in range(300)], 50)

    def moving(request: Request) -> Reply:
        app.rows.append(_request(1000 + len(app.rows), requested_datetime=_iso(NOW)))
        app.rows = [row for row in app.rows if row["service_request_id"] != str(len(app.rows) % 7)]
        return app(request)

    assert set(await _ids(moving)) >= {str(number) for number in range(7, 300)}


async def test_later_fetches_ask_for_what_changed() -> None:
    old = _request(1, requested_datetime=_iso(NOW - timedelta(days=400)), updated_datetime=_iso(NOW))
    app = Open311Server([_request(number) for number in range(300, 320)])
    with serving(app) as running:
        async with Reader(_source(running.url, cursor_column="updated_datetime", overlap_s=600)) as reader:
            first = await reader.fetch()
            assert len(first.rows) == 20
            assert first.cursor is not None
            asked = len(running.asked)
            app.rows.append({**old, "updated_datetime": _iso(datetime.now(UTC))})
            second = await reader.fetch("2024-03-11T05:50:00Z")
            changed = Open311Server([old])
            app.rows = changed.rows
            third = await reader.fetch("2024-03-11T05:50:00Z")
        assert second.error is None
        assert [row["service_request_id"] for row in third.rows] == ["1"]
        assert all("updated_after" in request.params for request in running.asked[asked:])
        assert running.asked[asked].params["updated_after"] == "2024-03-11T05:40:00Z"


async def test_a_server_that_knows_no_updates_is_read_by_the_time_of_requests() -> None:
    rows = [_request(number) for number in range(0, 20_000, 1000)]
    app = Open311Server(rows, by=("start_date", "end_date", "page"))
    with serving(app) as running:
        async with Reader(_source(running.url, cursor_column="updated_datetime")) as reader:
            fetched = await reader.fetch("2024-03-11T05:50:00Z")
    assert fetched.error is None
    assert len(fetched.rows) == len([row for row in rows if row["requested_datetime"] > "2023-12-12T06"])


async def test_a_server_that_knows_no_times_is_said_to_be_one_for_another_connector() -> None:
    rows = [_request(number) for number in range(0, 20_000, 1000)]
    with serving(Open311Server(rows, by=())) as running:
        async with Reader(_source(running.url)) as reader:
            fetched = await reader.fetch()
    assert isinstance(fetched.error, SourceChanged)
    assert "connector" in fetched.error.explained


async def test_a_request_without_the_name_of_its_service_gets_it_from_the_list_of_services() -> None:
    app = Open311Server([_request(1, service_name=None), _request(2)])
    with serving(app) as running:
        async with Reader(_source(running.url)) as reader:
            rows = (await reader.fetch()).rows
    assert [row["service_name"] for row in rows] == ["Pothole", "Pothole"]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (server.HTML, SourceUnavailable),
        (server.BROKEN_JSON, SourceUnavailable),
        (server.EMPTY, SourceUnavailable),
        (server.SERVER_ERROR, SourceUnavailable),
        (server.CUT_OFF, SourceUnavailable),
        (server.NUMBER, SourceChanged),
        (Reply.json({"hello": []}), SourceChanged),
        (Reply.json([1, 2]), SourceChanged),
        (Reply.json([{"code": 404, "description": "jurisdiction_id was not found"}], 404), SourceChanged),
        (server.oversized(100_000), SourceChanged),
    ],
)
async def test_what_is_no_list_of_requests_fails_as_a_whole(reply: Reply, error: type[Exception]) -> None:
    with serving(lambda _: reply) as running:
        async with Reader(_source(running.url, max_bytes=50_000)) as reader:
            fetched = await reader.fetch()
    assert isinstance(fetched.error, error)
    assert fetched.batches == []


async def test_more_requests_than_may_be_read_fail_as_a_whole() -> None:
    with serving(Open311Server([_request(number) for number in range(20)])) as running:
        async with Reader(_source(running.url, max_rows=10)) as reader:
            fetched = await reader.fetch()
    assert isinstance(fetched.error, SourceChanged)
    assert fetched.batches == []


def test_what_is_missing_from_an_answer_never_closes_a_request() -> None:
    with pytest.raises(ValueError, match="vanishing"):
        _source("http://127.0.0.1:9", closes="vanish")
