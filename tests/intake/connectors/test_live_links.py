import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from loopback.reading import Fetched, Reader
from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection, serve

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.net import outbound

pytestmark = pytest.mark.anyio

SECRET = "s3cret"  # noqa: S105 - what must reach the server alone
Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
OPENED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def live_source(url: str, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting of a source
    plain = {
        "id": "cad",
        "label": "Calls",
        "connector": "websocket" if url.startswith("ws") else "events",
        "url": url,
        "key": ["number"],
        "closes": "never",
        "timeout_s": 5,
        "fields": {
            "received_at": {"from": "received", "convert": "iso"},
            "source_type": "type",
            "agency": {"default": "police"},
            "lon": {"from": "lon", "convert": "float"},
            "lat": {"from": "lat", "convert": "float"},
        },
    }
    return SourceSpec.model_validate(plain | changes)


def call(number: int, **more: object) -> str:
    row: dict[str, object] = {"number": str(number), "type": "CAR FIRE"}
    row["received"] = "2024-03-11T05:00:00Z"
    return json.dumps({**row, "lon": -95.3, "lat": 29.7, "caller": "J. Doe", **more})


@asynccontextmanager
async def socket_of(*connections: list[str]) -> AsyncIterator[tuple[str, list[ServerConnection]]]:
    """Serve a WebSocket that sends each list over a connection of its own; the last one stays open."""
    opened: list[ServerConnection] = []
    left = list(connections)

    async def handle(connection: ServerConnection) -> None:
        opened.append(connection)
        for text in left.pop(0) if left else []:
            await connection.send(text)
        if not left:
            await connection.wait_closed()

    async with serve(handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/calls", opened


@asynccontextmanager
async def events_of(answer: Answer) -> AsyncIterator[str]:
    """Serve HTTP that answers each request by *answer*, which gets its head."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(await reader.readuntil(b"\r\n\r\n"), writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/events"


async def until(reader: Reader, count: int) -> Fetched:
    whole = Fetched()
    for _ in range(300):
        fetched = await reader.fetch()
        whole.batches += fetched.batches
        whole.error = fetched.error
        seen = len(whole.rows) + sum(len(batch.unreadable) for batch in whole.batches)
        if fetched.error is not None or seen >= count:
            break
        await asyncio.sleep(0.01)
    return whole


def reasons(fetched: Fetched) -> list[str]:
    return [one.reason for batch in fetched.batches for one in batch.unreadable]


def numbers(fetched: Fetched) -> list[str]:
    return [row["number"] for row in fetched.rows]


async def test_messages_of_a_websocket_become_rows() -> None:
    async with socket_of([call(1), "{half", call(2)]) as (url, opened), Reader(live_source(url)) as reader:
        fetched = await until(reader, 3)
        assert (numbers(fetched), reasons(fetched)) == (["1", "2"], ["not_json"])
        assert "caller" not in fetched.rows[0]
        assert len(opened) == 1


async def test_features_of_a_stream_service_become_rows() -> None:
    attributes = {"call_number": "7", "received": 1710133200000, "nature": "CAR FIRE", "caller": "J. Doe"}
    feature = {"attributes": attributes, "geometry": {"x": -95.3, "y": 29.7}}
    fields = {
        "received_at": {"from": "attributes.received", "convert": "epoch_ms"},
        "source_type": "attributes.nature",
        "agency": {"default": "police"},
        "lon": {"from": "geometry.x", "convert": "float"},
        "lat": {"from": "geometry.y", "convert": "float"},
    }
    async with socket_of([json.dumps(feature)]) as (url, _):
        source = live_source(
            f"{url}/StreamServer/subscribe?outSR=4326", fields=fields, key=["attributes.call_number"]
        )
        async with Reader(source) as reader:
            [row] = (await until(reader, 1)).rows
    assert row == {
        "attributes.call_number": "7",
        "attributes.received": 1710133200000,
        "attributes.nature": "CAR FIRE",
        "geometry.x": -95.3,
        "geometry.y": 29.7,
    }


async def test_a_websocket_that_ends_is_opened_again() -> None:
    async with socket_of([call(1)], [call(2)]) as (url, opened), Reader(live_source(url)) as reader:
        assert numbers(await until(reader, 2)) == ["1", "2"]
        assert len(opened) == 2


async def test_a_message_of_a_websocket_that_is_too_large_is_counted() -> None:
    sockets = socket_of([call(1, padding="x" * 9_000)], [call(2)])
    async with sockets as (url, _), Reader(live_source(url, max_bytes=4_000)) as reader:
        fetched = await until(reader, 2)
    assert (numbers(fetched), reasons(fetched)) == (["2"], ["too_large"])


async def test_the_secret_goes_to_the_server_of_the_city_file_and_no_further() -> None:
    async with socket_of([call(1)]) as (url, opened), Reader(live_source(url), token=SECRET) as reader:
        await until(reader, 1)
        assert opened[0].request is not None
        assert opened[0].request.headers["authorization"] == f"Bearer {SECRET}"


async def test_a_websocket_is_not_led_elsewhere() -> None:
    async def away(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: ws://127.0.0.2:9/\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()

    async with events_of(away) as url, Reader(live_source(url.replace("http", "ws"))) as reader:
        fetched = await until(reader, 1)
    assert isinstance(fetched.error, SourceChanged)
    assert str(fetched.error) == "HTTP 302"


async def test_nobody_at_the_address_is_unavailable() -> None:
    for url in ("ws://127.0.0.1:9/", "http://127.0.0.1:9/"):
        async with Reader(live_source(url)) as reader:
            fetched = await until(reader, 1)
        assert isinstance(fetched.error, SourceUnavailable)
        assert str(fetched.error) == "cannot be reached"


async def test_events_become_rows_and_the_server_learns_how_far_they_are_stored() -> None:
    heads: list[bytes] = []

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head.lower())
        number = 10 * len(heads)
        writer.write(OPENED)
        first, second = call(number).split(",", 1)
        event = f": hello\r\n\r\nid: e{number}\r\nevent: call\r\ndata: {first},\r\ndata:{second}\r\n\r\n"
        for at in range(0, len(event), 7):  # in pieces, as a network delivers them
            writer.write(event.encode()[at : at + 7])
            await writer.drain()

    async with events_of(answer) as url, Reader(live_source(url), token=SECRET) as reader:
        assert numbers(await until(reader, 2))[:2] == ["10", "20"]
    assert b"last-event-id" not in heads[0]
    assert b"last-event-id: e10" in heads[1]
    assert f"authorization: bearer {SECRET}".encode() in heads[0]


async def test_an_event_that_is_too_large_is_counted_and_the_next_one_read() -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OPENED + b"data: " + b"x" * 50_000 + b"\n\n")
        writer.write(b"data: 1\n" * 5_000 + b"\n")
        writer.write(f"data: {call(2)}\n\n".encode())
        await writer.drain()
        await asyncio.sleep(60)

    async with events_of(answer) as url, Reader(live_source(url, max_bytes=4_000)) as reader:
        fetched = await until(reader, 3)
    assert (numbers(fetched), reasons(fetched)) == (["2"], ["too_large", "too_large"])


@pytest.mark.parametrize(
    ("head", "error", "reason"),
    [
        (b"503 No", SourceUnavailable, "HTTP 503"),
        (b"404 No", SourceChanged, "HTTP 404"),
        (b"204 No", SourceChanged, "HTTP 204"),
        (b"302 No\r\nlocation: http://127.0.0.2/", SourceChanged, "HTTP 302"),
        (b"200 OK\r\ncontent-type: text/html", SourceChanged, "no stream of events at this address"),
        (b"", SourceUnavailable, "cannot be reached"),
    ],
)
async def test_what_is_no_stream_of_events_is_an_error(head: bytes, error: type, reason: str) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        if head:
            writer.write(b"HTTP/1.1 " + head + b"\r\nconnection: close\r\n\r\n")
            await writer.drain()

    way = outbound({"127.0.0.1"})
    async with events_of(answer) as url, Reader(live_source(url), transport=way) as reader:
        fetched = await until(reader, 1)
    assert type(fetched.error) is error
    assert str(fetched.error) == reason


async def test_what_is_not_stored_is_held_and_no_more_is_taken_than_is_allowed() -> None:
    sockets = socket_of([call(number) for number in range(900)])
    async with sockets as (url, _), Reader(live_source(url, page_size=50)) as reader:
        fetched = await until(reader, 900)
    assert numbers(fetched) == [str(number) for number in range(900)]
    assert max(len(batch.records) for batch in fetched.batches) <= 50


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ws://user:secret@127.0.0.1/", "BLOCKLIGHT_SOURCE_PASSWORDS"),
        ("wss://127.0.0.1/?token=secret", "BLOCKLIGHT_SOURCE_PASSWORDS"),
    ],
)
def test_no_password_stands_in_the_address(url: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        live_source(url)
