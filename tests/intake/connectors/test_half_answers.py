"""An answer that says of itself that it is not all is read page by page, or fails; it never closes a call."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from loopback.reading import Fetched, Reader, calls_source
from loopback.server import Reply, Request, serving

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.forms.extent import FAILED, NOT_ALL, extent_of, limit_of_address

pytestmark = pytest.mark.anyio

FIELDS: dict[str, Any] = {
    "received_at": {"from": "received", "convert": "iso"},
    "source_type": "type",
    "agency": {"default": "fire"},
    "address": "place",
}


def source(url: str, connector: str, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting
    return calls_source(url, connector, **{"fields": FIELDS, **changes})


def calls(first: int, last: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"C{number}",
            "received": "2026-03-01T12:00:00Z",
            "type": "ALARM",
            "place": f"{number}00 ELM ST",
        }
        for number in range(first, last + 1)
    ]


async def read(
    answer: Callable[[Request], Reply],
    connector: str = "json",
    query: str = "",
    **changes: Any,  # noqa: ANN401 - see above
) -> Fetched:
    with serving(answer) as running:
        async with Reader(source(f"{running.url}/calls{query}", connector, **changes)) as reader:
            return await reader.fetch()


async def read_json(document: object, headers: Mapping[str, str] | None = None, **changes: Any) -> Fetched:  # noqa: ANN401 - see above
    body = json.dumps(document).encode()
    return await read(lambda _: Reply(200, (body,), dict(headers or {})), **changes)


def ids(fetched: Fetched) -> list[str]:
    assert fetched.error is None
    assert fetched.complete[-1]
    return [row["id"] for row in fetched.rows]


HALF = [
    {"total_count": 5312},
    {"count": "12"},
    {"total": 30, "limit": 2},
    {"recordsTotal": 9, "recordsFiltered": 9},
    {"hasMore": True},
    {"exceededTransferLimit": True},
    {"nextPageToken": "abc"},
    {"meta": {"pagination": {"total": 40}}},
    {"page": 1, "totalPages": 3},
    {"page": {"size": 2, "totalElements": 5}},
    {"page": "1", "total": 2, "records": "3"},
    {"limit": 2},
]


@pytest.mark.parametrize("said", HALF)
async def test_a_document_that_says_that_it_is_not_all_fails(said: dict[str, Any]) -> None:
    found = await read_json({**said, "calls": calls(1, 2)}, records="calls")
    assert isinstance(found.error, SourceChanged)
    assert (str(found.error), found.batches) == (NOT_ALL, [])


WHOLE = [
    {"total_count": 2},
    {"recordsTotal": 90, "recordsFiltered": 2},
    {"next": None, "count": 2},
    {"hasMore": False, "limit": 2},
    {"page": "1", "total": 1, "records": "2"},
    {"total": 2, "limit": 2},
    {"count": 1},
    {"counts": {"fire": 90}, "status": "ok"},
]


@pytest.mark.parametrize("said", WHOLE)
async def test_a_document_that_holds_what_it_says_is_whole(said: dict[str, Any]) -> None:
    assert ids(await read_json({**said, "calls": calls(1, 2)}, records="calls")) == ["C1", "C2"]


async def test_a_full_page_of_an_address_with_a_limit_may_be_one_of_several() -> None:
    found = await read_json(calls(1, 2), query="?limit=2")
    assert str(found.error) == NOT_ALL
    assert ids(await read_json(calls(1, 2), query="?limit=100")) == ["C1", "C2"]
    assert limit_of_address("https://x.example/a.csv?$limit=5&per_page=3") == 5
    assert limit_of_address("https://x.example/a.csv?page=3") is None


async def test_headers_say_as_much_as_members() -> None:
    for headers in ({"x-total-count": "7"}, {"content-range": "items 0-1/7"}):
        assert str((await read_json(calls(1, 2), headers)).error) == NOT_ALL


async def test_an_operator_may_know_better() -> None:
    document = {"total": 9, "calls": calls(1, 2)}
    assert ids(await read_json(document, records="calls", extent="whole")) == ["C1", "C2"]
    part = await read_json(document, records="calls", extent="part", closes="never")
    assert (part.error, len(part.rows), part.complete) == (None, 2, [False])
    with pytest.raises(ValueError, match="what is not in a part is not over"):
        source("https://x.example/", "json", extent="part")


async def test_a_link_to_the_next_page_is_followed_on_the_same_server_alone() -> None:
    def answer(request: Request) -> Reply:
        page = int(request.params.get("page", 1))
        more = f"/calls?page={page + 1}" if page < 3 else None
        return Reply.json({"count": 5, "next": more, "calls": calls(2 * page - 1, min(5, 2 * page))})

    assert ids(await read(answer, records="calls")) == ["C1", "C2", "C3", "C4", "C5"]
    away = {"next": "https://elsewhere.example/calls?page=2", "calls": calls(1, 2)}
    assert str((await read_json(away, records="calls")).error) == "the next page is on another server"
    same = {"next": "?page=2", "calls": calls(1, 2)}
    assert str((await read_json(same, records="calls")).error) == "the next page is the same page again"


PAGES = {"parameter": "page", "size": "page_size"}


@pytest.mark.parametrize("cap", [4, 1000])
async def test_pages_are_counted_until_one_is_empty(cap: int) -> None:
    def answer(request: Request) -> Reply:
        page, size = int(request.params["page"]), min(cap, int(request.params["page_size"]))
        return Reply.json(calls(1, 10)[(page - 1) * size : page * size])

    found = ids(await read(answer, pages=PAGES, page_size=5))
    assert found == [f"C{number}" for number in range(1, 11)]


@pytest.mark.parametrize("totals", [True, False])
async def test_rows_are_counted_also_where_a_page_is_shorter_than_was_asked_for(*, totals: bool) -> None:
    def answer(request: Request) -> Reply:
        start = int(request.params["offset"])
        rows = calls(1, 10)[start : start + 4]
        return Reply.json({"results": rows} | ({"total_count": 10} if totals else {}))

    pages = {"parameter": "offset", "counts": "rows", "size": "limit"}
    found = ids(await read(answer, pages=pages, records="results"))
    assert found == [f"C{number}" for number in range(1, 11)]


async def test_rows_that_move_between_pages_are_noticed() -> None:
    def answer(request: Request) -> Reply:
        start = int(request.params["offset"])
        rows = calls(1, 10) if not start else calls(2, 10)
        return Reply.json(rows[start : start + 4])

    pages = {"parameter": "offset", "counts": "rows"}
    found = await read(answer, pages=pages)
    assert isinstance(found.error, SourceUnavailable)
    assert str(found.error) == "rows moved while they were read"


async def test_a_source_that_does_not_heed_the_page_is_no_circle() -> None:
    found = await read(lambda _: Reply.json(calls(1, 3)), pages=PAGES)
    assert str(found.error) == "the next page is the same page again"


async def test_a_form_is_posted_page_by_page() -> None:
    asked: list[Mapping[str, str]] = []

    def answer(request: Request) -> Reply:
        if request.method != "POST":
            return Reply(405)
        asked.append(request.params)
        page = int(request.params["page"])
        return Reply.json(
            {"page": page, "total": 2, "records": 3, "rows": calls(1, 3)[2 * page - 2 : 2 * page]}
        )

    changes: dict[str, Any] = {
        "form": {"kind": "css", "since": "{from}"},
        "records": "rows",
        "date_format": "%m/%d/%Y",
    }
    pages = {"parameter": "page", "size": "rows"}
    assert ids(await read(answer, pages=pages, page_size=2, **changes)) == ["C1", "C2", "C3"]
    assert [dict(one) for one in asked] == [
        {"kind": "css", "since": "03/10/2024", "page": str(page), "rows": "2"} for page in (1, 2)
    ]
    refused = await read(answer)
    assert refused.error is not None
    assert refused.error.explained == "HTTP 405: it does not accept GET: see `form` and `body`"


async def test_a_body_of_json_is_posted() -> None:
    def answer(request: Request) -> Reply:
        if request.headers.get("content-type") != "application/json":
            return Reply(415)
        return Reply.json({"calls": calls(1, 2)})

    assert ids(await read(answer, body='{"active": true}', records="calls")) == ["C1", "C2"]
    with pytest.raises(ValueError, match="body: not a JSON object"):
        source("https://x.example/", "json", body="active")
    with pytest.raises(ValueError, match="exclude each other"):
        source("https://x.example/", "json", body="{}", form={})


async def test_a_table_file_that_is_not_all_fails() -> None:
    feature = {"type": "Feature", "geometry": None, "properties": calls(1, 1)[0]}
    collection = {"type": "FeatureCollection", "features": [feature], "exceededTransferLimit": True}
    assert str((await read_json(collection, connector="files")).error) == NOT_ALL
    assert ids(await read_json(collection, connector="files", extent="whole")) == ["C1"]
    csv = b"id,received,type,place\n1,2026-03-01T12:00:00Z,ALARM,1 ELM ST\n"
    limited = await read(lambda _: Reply(200, (csv,)), "files", "?$limit=1")
    assert str(limited.error) == NOT_ALL


ENTRY = "<entry><id>{}</id></entry>"
OPENSEARCH = 'xmlns:os="http://a9.com/-/spec/opensearch/1.1/"'


async def test_a_feed_in_several_pages_is_followed_or_fails() -> None:
    fields = FIELDS | {"received_at": {"from": "updated", "convert": "iso"}}

    def answer(request: Request) -> Reply:
        page = int(request.params.get("p", 1))
        link = f'<link rel="next" href="?p={page + 1}"/>' if page < 3 else ""
        return Reply(200, (f"<feed>{link}{ENTRY.format(f'C{page}')}</feed>".encode(),))

    assert ids(await read(answer, "feed", fields=fields)) == ["C1", "C2", "C3"]
    said = "<os:totalResults>9</os:totalResults>"
    half = f"<rss {OPENSEARCH}><channel>{said}<item><id>1</id></item></channel></rss>"
    assert str((await read(lambda _: Reply(200, (half.encode(),)), "feed", fields=fields)).error) == NOT_ALL


def test_counts_beside_several_lists_say_nothing_of_one() -> None:
    document = {"count": 9, "fire": {"calls": [1]}, "police": {"calls": [2]}}
    assert not extent_of(document, "*.calls").lacks_some(2)
    assert extent_of({"total": 9, "result": {"total": 2, "calls": [1, 2]}}, "result.calls").total == 2


async def test_pages_that_are_together_larger_than_a_few_answers_fail() -> None:
    def answer(request: Request) -> Reply:
        number = int(request.params.get("page", "1"))
        filler = calls(number, number)[0] | {"note": "x" * 30_000}
        link = {"Link": f'<{request.path}?page={number + 1}>; rel="next"'}
        return Reply(200, (json.dumps([filler]).encode(),), link)

    found = await read(answer, max_bytes=50_000)
    assert str(found.error) == "all pages together are larger than max_bytes allows"


async def test_a_hostile_link_header_is_read_in_no_time() -> None:
    begun = time.monotonic()
    assert ids(await read_json(calls(1, 2), {"Link": "<" * 60_000})) == ["C1", "C2"]
    assert time.monotonic() - begun < 5


async def test_what_is_posted_is_not_sent_on_to_another_server() -> None:
    with serving(lambda _: Reply.json(calls(1, 2))) as other:
        found = await read(
            lambda _: Reply(307, (b"",), {"Location": f"http://localhost:{other.port}/calls"}),
            form={"token": "a secret"},
        )
        assert str(found.error) == "a POST was redirected to another server"


@pytest.mark.parametrize(
    "said",
    [
        {"success": False},
        {"ok": "false"},
        {"error": "database down"},
        {"errors": [{"message": "timed out"}]},
        {"Error": {"code": 5}},
        {"status": "error"},
        {"Result": "FAILED"},
    ],
)
@pytest.mark.parametrize("last", [0, 2])
async def test_an_answer_that_says_that_it_failed_closes_no_call(said: dict[str, Any], last: int) -> None:
    error = (await read_json({**said, "calls": calls(1, last)}, records="calls")).error
    assert isinstance(error, SourceUnavailable)
    assert str(error) == FAILED
    error = (await read_json({**said, "calls": calls(1, last)}, connector="files", records="calls")).error
    assert str(error) == FAILED


@pytest.mark.parametrize(
    "said",
    [
        {"success": True},
        {"error": None},
        {"error": ""},
        {"errors": []},
        {"error": "none"},
        {"errorMessage": "No error"},
        {"status": "ok"},
        {"status": "200"},
        {"result": 0},
    ],
)
async def test_an_answer_that_says_that_it_is_well_may_be_empty(said: dict[str, Any]) -> None:
    assert ids(await read_json({**said, "calls": []}, records="calls")) == []
