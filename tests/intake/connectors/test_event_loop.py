"""The thread of the event loop, which answers the public, does no work for each row of an answer."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from loopback.feeds import ONE_QUESTION, SHAPES, feed
from loopback.reading import NOW, Reader, calls_source
from loopback.server import App, Request
from own_thread import Ran, own_thread
from town import a_row, a_town

from blocklight.intake.connectors.http import Conversation

# Rows on two pages of ten, each of which begins with the last row of the one before.
FEW, MORE = 12, 18


class InProcess(httpx2.AsyncBaseTransport):
    """Answers with an application, each answer in one piece."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        asked = Request(request.method, request.url.path, dict(request.url.params), request.headers)
        reply = await asyncio.to_thread(self._app, asked)
        return httpx2.Response(reply.status, headers=dict(reply.headers), content=b"".join(reply.chunks))


def ran_by_the_loop(shape: str, count: int, **settings: Any) -> Ran:  # noqa: ANN401 - of a source
    """Return what the loop's thread runs while *count* rows are fetched."""
    with feed(shape, count) as one:

        async def fetch() -> Ran:
            source = one.source(page_size=10, **settings)
            async with Reader(source, transport=InProcess(one.app)) as reader:
                with own_thread() as ran:
                    fetched = await reader.fetch()
            assert fetched.error is None
            assert len(fetched.rows) == count
            return ran

        return asyncio.run(fetch())


@pytest.mark.parametrize(
    ("shape", "settings"),
    [(shape, {}) for shape in SHAPES]
    + [(shape, {"cursor_column": "edited"}) for shape in SHAPES if shape not in ONE_QUESTION],
)
def test_the_loops_thread_runs_the_same_however_many_rows_an_answer_has(
    shape: str, settings: dict[str, str]
) -> None:
    few, more = (ran_by_the_loop(shape, count, **settings) for count in (FEW, MORE))
    assert few.lines
    assert more.more_than(few) == {}


@pytest.mark.parametrize("shape", SHAPES)
def test_no_answer_is_parsed_in_the_loops_thread(shape: str) -> None:
    assert orjson.loads not in ran_by_the_loop(shape, FEW).built_in


def test_nor_does_the_thread_judge_or_store_rows(tmp_path: Path) -> None:
    async def poll(count: int) -> Ran:
        rows = [a_row(number, what="STALKING") for number in range(count)]
        with a_town(tmp_path / str(count)) as town:
            with own_thread() as ran:
                await town.fetch(*rows)
            assert town.ledgered("withheld") == count
        return ran

    few, more = (asyncio.run(poll(count)) for count in (FEW, MORE))
    assert few.lines
    assert more.more_than(few) == {}


def test_a_small_answer_is_decoded_in_another_thread_too() -> None:
    threads: list[int] = []

    def decode(body: bytes) -> bytes:
        threads.append(threading.get_ident())
        return body

    async def ask() -> bytes:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=b"short"))
        fields = {"received_at": "a", "source_type": "b", "address": "c", "agency": {"default": "fire"}}
        source = calls_source("http://calls.example/", "json", records="", fields=fields)
        async with httpx2.AsyncClient(transport=transport) as client:
            http = Conversation(source, client, now=lambda: NOW, decode=decode)
            answer = await http.ask(source.url, {})
        value: bytes = answer.value
        return value

    assert asyncio.run(ask()) == b"short"
    assert threads
    assert threading.get_ident() not in threads
