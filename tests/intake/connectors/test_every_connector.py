import gc
import itertools
import logging
import time
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from held_things import reachable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback import server
from loopback.feeds import BY_HTTP, ONE_QUESTION, SHAPES, Feed, feed, numbers
from loopback.reading import Reader
from loopback.server import App, Reply

from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.forms.answers import Answered, judge_answer
from blocklight.net import outbound

pytestmark = pytest.mark.anyio

TOKEN = "s3cret"  # noqa: S105 - what must not leak
BY_POSITION = ["arcgis by offset", "ckan"]
PAGED = [shape for shape in SHAPES if shape not in (*BY_POSITION, *ONE_QUESTION)]
WITH_CONDITION = [shape for shape in PAGED if shape != "sql"]  # a query has its conditions in itself
PLATFORMS = ["arcgis in ranges", "socrata", "ckan", "open311", *ONE_QUESTION]
# The others ask for their table before its rows, or for many spans of time.
CONDITIONAL = [shape for shape in PLATFORMS if shape not in ("ckan", "open311")]
BAD_AND_PASSING = {
    "html": server.HTML,
    "broken json": server.BROKEN_JSON,
    "nothing": server.EMPTY,
    "a server error": server.SERVER_ERROR,
    "a bad gateway": server.BAD_GATEWAY,
    "a body cut off": server.CUT_OFF,
    "too many requests": server.too_many_requests("1"),
}
BAD_AND_LASTING = {
    "text instead of rows": server.WRONG_TYPE,
    "a number instead of rows": server.NUMBER,
    "an object without rows": Reply.json({"hello": []}),
    "not found": Reply.json({"code": "not_found"}, 404),
    "forbidden": Reply(403, (b"<html>no</html>",)),
    "too large": server.oversized(100_000),
    "far too large when unpacked": server.bomb(50_000_000),
    "a redirect that goes nowhere": server.redirect("ftp://example.org/"),
}
# What speaks no JSON takes it for the words of something that stands before the server.
NO_JSON = {
    "text instead of rows": server.EMPTY,
    "a number instead of rows": server.EMPTY,
    "an object without rows": Reply(200, (b"<table><tr><td>hello</td></tr></table>",)),
}
EVERY_FAULT = [
    (shape, fault, good_answers)
    for shape in PLATFORMS
    for fault in BAD_AND_PASSING | BAD_AND_LASTING
    for good_answers in ((0,) if shape in ONE_QUESTION else (0, 2))
    if not (shape in ("feed", "html") and fault in ("text instead of rows", "a number instead of rows"))
]


def fault_of(shape: str, fault: str) -> Reply:
    """Return what a server says in a fault, in the tongue of its platform."""
    if shape in ("feed", "html") and fault in NO_JSON:
        return NO_JSON[fault]
    return (BAD_AND_PASSING | BAD_AND_LASTING)[fault]


@pytest.fixture(params=SHAPES)
def running(request: pytest.FixtureRequest) -> Iterator[Feed]:
    with feed(request.param, 25) as one:
        yield one


@pytest.fixture(params=PAGED)
def paged(request: pytest.FixtureRequest) -> Iterator[Feed]:
    with feed(request.param, 25) as one:
        yield one


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25, 101])
@pytest.mark.parametrize("shape", SHAPES)
async def test_a_whole_read_yields_every_row_once(shape: str, count: int) -> None:
    with feed(shape, count) as one:
        async with Reader(one.source()) as reader:
            for _ in range(2):
                fetched = await reader.fetch()
                assert fetched.error is None
                assert sorted(numbers(fetched.rows)) == list(range(1, count + 1))
                assert fetched.complete == [False] * (len(fetched.batches) - 1) + [True]


async def test_only_the_columns_of_the_city_file_are_asked_for(running: Feed) -> None:
    async with Reader(running.source()) as reader:
        row = (await reader.fetch()).rows[0]
    assert set(row) <= {"number", "received", "type", "lon", "lat", "OBJECTID", ":id"}


async def test_rows_edited_while_they_are_read_are_neither_lost_nor_repeated(running: Feed) -> None:
    def keep_editing(query: int) -> None:
        running.edit(3, 1000 + query)
        running.edit(17, 1000 + query)

    running.on_query(keep_editing)
    async with Reader(running.source()) as reader:
        fetched = await reader.fetch()
    assert fetched.error is None
    assert sorted(numbers(fetched.rows)) == list(range(1, 26))


async def test_rows_that_go_while_others_are_read_take_no_others_with_them(paged: Feed) -> None:
    gone = iter(range(1, 10))

    def remove_one(query: int) -> None:
        if query > 1:
            paged.remove(next(gone, 0))

    paged.on_query(remove_one)
    async with Reader(paged.source()) as reader:
        fetched = await reader.fetch()
    assert fetched.error is None
    read = numbers(fetched.rows)
    assert len(read) == len(set(read))
    assert set(range(10, 26)) <= set(read)


@pytest.mark.parametrize("shape", BY_POSITION)
async def test_a_feed_read_by_position_says_when_rows_moved_instead_of_losing_some(shape: str) -> None:
    with feed(shape, 25) as one:
        gone = iter(["1", "10"])
        one.on_query(lambda query: one.remove(int(next(gone, "0"))) if query > 1 else None)
        async with Reader(one.source()) as reader:
            fetched = await reader.fetch()
    assert str(fetched.error) == "rows moved while they were read"
    assert not any(fetched.complete)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.sampled_from(PAGED),
    count=st.integers(1, 60),
    page=st.integers(2, 13),
    events=st.lists(st.tuples(st.sampled_from(["edit", "remove", "add"]), st.integers(1, 60)), max_size=12),
)
async def test_whatever_happens_between_pages_rows_that_stay_are_read(
    shape: str, count: int, page: int, events: list[tuple[str, int]]
) -> None:
    with feed(shape, count) as one:
        left, removed, fresh = list(events), set(), itertools.count(1000)

        def disturb(query: int) -> None:
            if query == 1 or not left:
                return
            event, number = left.pop()
            if event == "edit":
                one.edit(number, 2000 + query)
            elif event == "add":
                one.add(next(fresh))
            else:
                removed.add(number)
                one.remove(number)

        one.on_query(disturb)
        source = one.source(page_size=page, cursor_column="edited", overlap_s=0)
        async with Reader(source) as reader:
            fetched = await reader.fetch()
            again = await reader.fetch(fetched.cursor)
        assert fetched.error is None
        assert again.error is None
        seen = set(numbers(fetched.rows)) | set(numbers(again.rows))
        assert seen >= set(range(1, count + 1)) - removed


async def test_the_next_fetch_reads_what_changed_and_a_margin_before_it(paged: Feed) -> None:
    async with Reader(paged.source(cursor_column="edited", overlap_s=300)) as reader:
        first = await reader.fetch()
        assert sorted(numbers(first.rows)) == list(range(1, 26))
        assert first.cursor
        paged.edit(2, 40)
        paged.add(41)
        second = await reader.fetch(first.cursor)
        assert set(numbers(second.rows)) == {20, 21, 22, 23, 24, 25, 2, 41}
        assert not any(second.complete)
        third = await reader.fetch(second.cursor)
        assert set(numbers(third.rows)) == {2, 41}


async def test_a_quiet_feed_keeps_its_cursor(paged: Feed) -> None:
    async with Reader(paged.source(cursor_column="edited", overlap_s=0)) as reader:
        cursor = (await reader.fetch()).cursor
        for _ in range(3):
            fetched = await reader.fetch(cursor)
            assert fetched.error is None
            cursor = fetched.cursor or cursor
        paged.add(26)
        assert 26 in numbers((await reader.fetch(cursor)).rows)


@pytest.mark.parametrize("same_minute", [False, True])
async def test_past_the_row_limit_the_next_fetch_goes_on(paged: Feed, *, same_minute: bool) -> None:
    if same_minute:
        for number in range(1, 26):
            paged.edit(number, 30)
    source = paged.source(cursor_column="edited", overlap_s=3600, max_rows=5, page_size=5)
    seen: set[int] = set()
    cursor, fetches = None, 0
    async with Reader(source) as reader:
        while len(seen) < 25 and fetches < 12:
            fetched = await reader.fetch(cursor)
            assert fetched.error is None
            assert len(fetched.rows) <= 10
            cursor, fetches = fetched.cursor or cursor, fetches + 1
            seen |= set(numbers(fetched.rows))
    assert seen == set(range(1, 26))


async def test_a_row_from_the_future_does_not_move_the_cursor_there(paged: Feed) -> None:
    paged.add(26, edited=60 * 24 * 365 * 500)
    async with Reader(paged.source(cursor_column="edited", overlap_s=0)) as reader:
        cursor = (await reader.fetch()).cursor
        paged.add(27, edited=60 * 24 * 7)
        assert 27 in numbers((await reader.fetch(cursor)).rows)


async def test_a_first_fetch_may_begin_some_days_ago(paged: Feed) -> None:
    paged.edit(7, 60 * 24 * 6)
    source = paged.source(cursor_column="edited", overlap_s=0, first_days=3)
    async with Reader(source) as reader:
        fetched = await reader.fetch()
    assert numbers(fetched.rows) == [7]
    assert not any(fetched.complete)


async def test_a_feed_that_closes_calls_by_dropping_them_is_always_read_whole(paged: Feed) -> None:
    source = paged.source(cursor_column="edited", closes="vanish")
    async with Reader(source) as reader:
        for _ in range(2):
            fetched = await reader.fetch("anything")
            assert len(fetched.rows) == 25
            assert fetched.complete[-1]


async def test_a_cursor_of_another_kind_is_an_error(paged: Feed) -> None:
    cursor = "[not, ours]"
    async with Reader(paged.source(cursor_column="edited")) as reader:
        assert isinstance((await reader.fetch(cursor)).error, SourceChanged)


@pytest.mark.parametrize("shape", WITH_CONDITION)
async def test_the_sources_own_condition_holds_in_every_question(shape: str) -> None:
    with feed(shape, 25) as one:
        source = one.source(where="type = 'CAR FIRE' or 1=1", cursor_column="edited", overlap_s=60)
        async with Reader(source) as reader:
            first = await reader.fetch()
            second = await reader.fetch(first.cursor)
    assert len(first.rows) == 25
    assert set(numbers(second.rows)) == {24, 25}


async def test_more_rows_than_allowed_are_an_error_for_a_whole_read(running: Feed) -> None:
    async with Reader(running.source(max_rows=15)) as reader:
        fetched = await reader.fetch()
    assert str(fetched.error) == "more rows than max_rows"
    assert not any(fetched.complete)


@pytest.mark.parametrize("fault", BAD_AND_PASSING)
@pytest.mark.parametrize("shape", PLATFORMS)
async def test_a_passing_fault_is_tried_again(shape: str, fault: str) -> None:
    reply = BAD_AND_PASSING[fault]
    with feed(shape, 25, wrap=lambda app: server.with_faults(app, [reply, reply])) as one:
        async with Reader(one.source()) as reader:
            fetched = await reader.fetch()
        assert fetched.error is None
        assert len(fetched.rows) == 25
        assert len(reader.slept) == 2


@pytest.mark.parametrize(("shape", "fault", "good_answers"), EVERY_FAULT)
async def test_a_lasting_fault_ends_the_fetch_and_nothing_follows(
    shape: str, fault: str, good_answers: int
) -> None:
    reply = fault_of(shape, fault)
    expected = SourceUnavailable if fault in BAD_AND_PASSING else SourceChanged

    def wrap(app: App) -> App:
        return server.with_faults(app, [*[None] * good_answers, *[reply] * 20])

    with feed(shape, 45, wrap=wrap) as one:
        async with Reader(one.source(max_bytes=50_000)) as reader:
            fetched = await reader.fetch()
            assert type(fetched.error) is expected
            assert len(fetched.rows) < 45
            assert not any(fetched.complete)
            assert len(reader.slept) == (3 if expected is SourceUnavailable else 0)
            assert sum(reader.slept) < 30


@pytest.mark.parametrize("shape", PLATFORMS)
async def test_a_stalling_server_times_out(shape: str) -> None:
    with feed(shape, 5, wrap=lambda app: server.with_faults(app, [server.STALL] * 9)) as one:
        async with Reader(one.source(timeout_s=0.1)) as reader:
            began = time.monotonic()
            fetched = await reader.fetch()
        assert str(fetched.error) == "timed out"
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("shape", PLATFORMS)
async def test_a_dripping_server_times_out(shape: str) -> None:
    with feed(shape, 5, wrap=lambda app: server.with_faults(app, [server.DRIP] * 9)) as one:
        async with Reader(one.source(timeout_s=0.15)) as reader:
            fetched = await reader.fetch()
    assert str(fetched.error) == "timed out"


@pytest.mark.parametrize("shape", BY_HTTP)
async def test_a_server_that_is_not_there_is_unavailable(shape: str) -> None:
    url = "http://127.0.0.1:9/dataset/nobody"
    with feed(shape, 0) as one:
        async with Reader(one.source(url=url)) as reader:
            fetched = await reader.fetch()
    assert isinstance(fetched.error, SourceUnavailable)
    assert str(fetched.error) == "cannot be reached"
    assert fetched.error.explained == "cannot be reached: connection refused"
    assert len(reader.slept) == 3


@pytest.mark.parametrize("shape", PLATFORMS)
async def test_the_pause_that_a_server_asks_for_is_kept(shape: str) -> None:
    faults = [server.too_many_requests("7"), server.too_many_requests("Mon, 11 Mar 2024 06:00:12 GMT")]
    with feed(shape, 5, wrap=lambda app: server.with_faults(app, faults)) as one:
        async with Reader(one.source()) as reader:
            assert len((await reader.fetch()).rows) == 5
            assert reader.slept == [7.0, 12.0]


@pytest.mark.parametrize("shape", PLATFORMS)
async def test_a_longer_pause_is_left_to_the_runner(shape: str) -> None:
    with feed(shape, 5, wrap=lambda app: server.with_faults(app, [server.too_many_requests("3600")])) as one:
        async with Reader(one.source()) as reader:
            fetched = await reader.fetch()
            assert isinstance(fetched.error, SourceUnavailable)
            assert fetched.error.retry_after_s == 3600
            assert reader.slept == []
            assert len((await reader.fetch()).rows) == 5


@pytest.mark.parametrize("pause", ["-5", "soon", "", "1e9", "99999999999999999999"])
async def test_an_unreadable_pause_is_no_pause_and_an_endless_one_is_not_waited_for(pause: str) -> None:
    faults = [server.too_many_requests(pause)]
    with feed("socrata", 5, wrap=lambda app: server.with_faults(app, faults)) as one:
        async with Reader(one.source()) as reader:
            await reader.fetch()
            assert sum(reader.slept) < 2


@pytest.mark.parametrize("shape", CONDITIONAL)
async def test_an_unchanged_answer_is_not_sent_again(shape: str) -> None:
    with feed(shape, 1, wrap=server.with_etag) as one:
        async with Reader(one.source(page_size=50)) as reader:
            first = await reader.fetch()
            second = await reader.fetch()
            one.add(9)
            third = await reader.fetch()
    assert first.rows
    assert not first.batches[0].unchanged
    assert [batch.unchanged for batch in second.batches] == [True]
    assert not second.complete[0]
    assert 9 in numbers(third.rows)


@pytest.mark.parametrize("shape", CONDITIONAL)
async def test_an_answer_that_was_not_stored_is_asked_for_in_full_again(shape: str) -> None:
    with feed(shape, 1, wrap=server.with_etag) as one:
        async with Reader(one.source()) as reader:
            async with aclosing(reader.connector.fetch(None)) as batches:  # type: ignore[type-var] # a generator it is
                async for _ in batches:
                    break
            again = await reader.fetch()
    assert len(again.rows) == 1


@pytest.mark.parametrize("shape", CONDITIONAL)
async def test_a_redirect_is_followed(shape: str) -> None:
    with feed(shape, 5) as home:
        query = "/query?where=1=1&outFields=*&outSR=4326"
        targets = [home.source().url + more for more in (("", query) if home.is_arcgis else ("",))]
        with feed(
            shape, 0, wrap=lambda app: server.with_faults(app, list(map(server.redirect, targets)))
        ) as old:
            async with Reader(old.source()) as reader:
                fetched = await reader.fetch()
    assert fetched.error is None
    assert len(fetched.rows) == 5


@pytest.mark.parametrize("shape", PLATFORMS)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "[::1]", "169.254.169.254"])
async def test_a_redirect_into_a_network_that_the_city_file_does_not_name_is_refused(
    shape: str, host: str
) -> None:
    with feed(shape, 3) as inner:
        away = server.redirect(f"http://{host}:{inner.server.port}/calls")
        with feed(shape, 3, wrap=lambda app: server.with_faults(app, [away] * 9)) as outer:
            async with Reader(outer.source(), transport=outbound({"127.0.0.1"})) as reader:
                fetched = await reader.fetch()
        assert isinstance(fetched.error, SourceChanged)
        assert str(fetched.error) == "leads to an address that is not allowed"
        assert host not in fetched.error.explained
        assert (fetched.rows, inner.server.asked) == ([], [])


async def test_redirects_in_a_circle_end() -> None:
    circle = server.redirect("?again=1")
    with feed("socrata", 5, wrap=lambda app: server.with_faults(app, [circle] * 99)) as one:
        async with Reader(one.source()) as reader:
            fetched = await reader.fetch()
        assert str(fetched.error) == "redirected too often"
        assert len(one.server.asked) == 4


async def test_a_redirect_to_another_server_does_not_carry_the_token() -> None:
    with feed("socrata", 5) as other:
        away = server.redirect(other.source().url)
        with feed("socrata", 5, wrap=lambda app: server.with_faults(app, [away])) as one:
            async with Reader(one.source(), token=TOKEN) as reader:
                assert len((await reader.fetch()).rows) == 5
            assert one.server.asked[0].headers["x-app-token"] == TOKEN
        assert "x-app-token" not in other.server.asked[0].headers


@pytest.mark.parametrize("fault", BAD_AND_PASSING | BAD_AND_LASTING)
async def test_errors_and_logs_hold_no_payload_and_no_address(
    fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="blocklight")
    reply = (BAD_AND_PASSING | BAD_AND_LASTING)[fault]
    with feed("socrata", 5, wrap=lambda app: server.with_faults(app, [reply] * 9)) as one:
        async with Reader(one.source(max_bytes=50_000), token=TOKEN) as reader:
            error = (await reader.fetch()).error
    assert error is not None
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("blocklight")]
    for text in (str(error), repr(error), *ours):
        assert len(text) < 120
        assert not any(leak in text for leak in (TOKEN, "127.0.0.1", "http", "NullPointer", "DOCTYPE"))


async def test_a_missing_column_is_named(running: Feed) -> None:
    fields = {
        **running.source().fields.model_dump(exclude_none=True, exclude={"agency"}),
        "received_at": "received",
        "source_type": "nature",
        "lon": "lon",
        "lat": "lat",
        "agency": {"default": "fire"},
    }
    source = running.source(fields=fields)
    async with Reader(source) as reader:
        fetched = await reader.fetch()
    error = fetched.error
    if running.shape in ("json", "feed"):  # they declare no columns: it is seen by rows that cannot be read
        assert error is None
        with pytest.raises(SourceChanged) as raised:
            judge_answer(source, Answered(0, 25, {name for row in fetched.rows for name in row}, whole=True))
        error = raised.value
    assert isinstance(error, SourceChanged)
    assert str(error) == "column 'nature' is gone"


@pytest.mark.parametrize("closes", ["never", "vanish"])
async def test_an_empty_answer_is_a_whole_and_healthy_one(running: Feed, closes: str) -> None:
    running.table.delete("1=1")
    async with Reader(running.source(closes=closes)) as reader:
        fetched = await reader.fetch()
    assert (fetched.error, fetched.rows, fetched.complete) == (None, [], [True])
    assert not fetched.batches[0].unreadable


async def test_no_connector_holds_a_row_once_its_answer_is_read(running: Feed) -> None:
    async with Reader(running.source()) as reader:
        places = set()
        async for batch in reader.connector.fetch(None):
            places |= {str(row["lon"]) for row in batch.records}
        del batch
        gc.collect()
        texts = [thing for thing in reachable([reader.connector]) if isinstance(thing, str | bytes | float)]
    assert places == {"-95.3"}
    assert len(texts) > 50
    held = [text for text in texts if "-95.3" in str(text)]
    assert not held, held
