"""A connection that asks for nothing, or for ever, is ended; one that asks is answered."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from living_city import served

from blocklight.app import connections
from blocklight.app.city_runtime import open_city
from blocklight.app.listeners import listen
from blocklight.app.opening import Options, wall_clock
from blocklight.app.serving import run_server

pytestmark = pytest.mark.anyio

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
_BOMBS = {
    "one header": b"X: " + b"a" * 3_000_000,
    "many headers": b"".join(b"X%d: a\r\n" % number for number in range(100_000)),
}


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[int]:
    with listen("127.0.0.1", 0) as listener:
        town = open_city(Options("houston", data=folder), reading=False)
        serving = asyncio.create_task(run_server(town, listener, now=wall_clock, intake=False))
        port = listener.getsockname()[1]
        assert b"200 OK" in await _said(port, ASK + b"Connection: close\r\n\r\n")  # it waits in the backlog
        try:
            yield port
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


async def _said(port: int, *parts: bytes, pause_s: float = 0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, family=socket.AF_INET)
    try:
        async with asyncio.timeout(30):
            with suppress(ConnectionError):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(pause_s)
            with suppress(ConnectionError):
                return await reader.read()
            return b""
    finally:
        writer.close()


@pytest.mark.parametrize("bomb", _BOMBS.values(), ids=_BOMBS)
async def test_headers_without_an_end_are_refused(tmp_path: Path, bomb: bytes) -> None:
    async with _server(tmp_path) as port:
        said = await _said(port, ASK, bomb, b"\r\n\r\n")
        assert b"200 OK" not in said
        assert said.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400")) or said == b""


async def test_who_does_not_finish_asking_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LONGEST_S", 0.5)
    async with _server(tmp_path) as port:
        for parts in ((), (ASK,), (b"GET / HT",), (ASK + b"\r\n", b"GET /again HTT")):
            said = await _said(port, *parts)
            assert said.count(b"HTTP/1.1 ") == (1 if len(parts) > 1 else 0)
        slow = [ASK, *(b"X-%d: slow\r\n" % number for number in range(10))]
        assert b"200" not in await _said(port, *slow, pause_s=0.1)


async def test_who_asks_is_answered_however_long_that_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LONGEST_S", 0.5)
    async with _server(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(30):
            await reader.readuntil(b"event: pulse")
            await asyncio.sleep(1.5)
            await reader.readuntil(b"event: pulse")
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + b"a" * 200_000)
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 405")
        writer.close()
        two = ASK + b"\r\n" + ASK + b"Connection: close\r\n\r\n"
        assert (await _said(port, two)).count(b"200 OK") == 2


async def test_malformed_requests_leave_no_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with _server(tmp_path) as port:
        for junk in (b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"):
            assert (await _said(port, junk)).startswith(b"HTTP/1.1 400")
        upgrade = b"Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"
        await _said(port, ASK + upgrade + b"\r\n")
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


async def test_two_requests_in_one_packet_and_then_a_farewell_leave_the_server_alive(tmp_path: Path) -> None:
    live = b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\n\r\n"
    async with _server(tmp_path) as port:
        for follow_up in (ASK + b"\r\n", live, live * 3, (ASK + b"\r\n") * 50, b"\x00junk\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(live + follow_up)
            async with asyncio.timeout(30):
                head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert b"\r\nconnection: close\r\n" in head
            writer.transport.abort()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(live)
        async with asyncio.timeout(30):  # two pulses: frames go out after all of them have left
            await reader.readuntil(b"event: pulse")
            await reader.readuntil(b"event: pulse")
        writer.close()
        figures = await _said(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b'\nblocklight_refused_total{limit="pipelined"} 4.0\n' in figures
        assert b"\nblocklight_live_opened_total 6.0\n" in figures
        assert b"\nblocklight_connections_opened_total 8.0\n" in figures
        assert b"\nblocklight_live_clients 0.0\n" in figures or b"\nblocklight_live_clients 1.0\n" in figures


async def test_nothing_is_read_or_answered_while_a_live_stream_is_open(tmp_path: Path) -> None:
    async with _server(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\n\r\n" + ASK + b"\r\n")
        async with asyncio.timeout(30):
            stream = await reader.readuntil(b"event: pulse")
            for more in (ASK + b"\r\n", b"\x00\x00", b"GET / HTTP/1.1\r\n", b"X: " + b"a" * 200_000):
                writer.write(more)
                await writer.drain()
            stream += await reader.readuntil(b"event: pulse")
        writer.close()
        assert stream.count(b"HTTP/1.1 ") == 1
        figures = await _said(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b'\nblocklight_refused_total{limit="pipelined"} 1.0\n' in figures


_SMUGGLED = b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
_MISREAD = {
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": ASK + b"Host: y\r\n\r\n",
    "the same host twice": ASK + b"Host: x\r\n\r\n",
    "a host with a path": b"GET /healthz HTTP/1.1\r\nHost: x/evil\r\n\r\n",
    "a length and a coding": ASK + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n" + _SMUGGLED,
    "a coding and a length": ASK + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n" + _SMUGGLED,
    "two lengths": ASK + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\nAAAAA",
    "a coding nobody knows": ASK + b"Transfer-Encoding: xchunked\r\n\r\n" + _SMUGGLED,
    "two codings": ASK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + _SMUGGLED,
    "a coding twice": ASK + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + _SMUGGLED,
    "a coding before its time": b"GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + _SMUGGLED,
    "a space before the colon": ASK + b"Transfer-Encoding : chunked\r\n\r\n" + _SMUGGLED,
    "a folded header": ASK + b"X: a\r\n b\r\n\r\n",
    "bare line feeds": b"GET /healthz HTTP/1.1\nHost: x\n\n",
    "a negative length": ASK + b"Content-Length: -1\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("request_", _MISREAD.values(), ids=_MISREAD)
async def test_what_two_servers_could_read_differently_is_refused(tmp_path: Path, request_: bytes) -> None:
    async with _server(tmp_path) as port:
        said = await _said(port, request_)
        assert said.startswith(b"HTTP/1.1 400 ")
        assert said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "plain",
    [
        b"GET /healthz HTTP/1.0\r\n\r\n",
        b"GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: [::1]:8000\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: map.example.org:8443\r\nConnection: close\r\n\r\n",
    ],
)
async def test_plain_requests_of_any_age_are_answered(tmp_path: Path, plain: bytes) -> None:
    async with _server(tmp_path) as port:
        assert (await _said(port, plain)).startswith(b"HTTP/1.1 200 ")


_TOO_MUCH = {
    "one header in one packet": ASK + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
    "many headers in one packet": ASK + b"a: b\r\n" * 200 + b"\r\n",
    "an address in one packet": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize("request_", _TOO_MUCH.values(), ids=_TOO_MUCH)
async def test_limits_hold_however_headers_are_sent(tmp_path: Path, request_: bytes, pieces: int) -> None:
    size = -(-len(request_) // pieces)
    parts = [request_[start : start + size] for start in range(0, len(request_), size)]
    assert len(parts) == pieces
    async with _server(tmp_path) as port:
        said = await _said(port, *parts, pause_s=0.05)
        assert said.startswith(b"HTTP/1.1 431 ")


async def test_a_body_without_end_is_closed_whether_it_is_wanted_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BODY_S", 0.6)
    async with _server(tmp_path) as port:
        for method, path in (("GET", "/healthz"), ("POST", "/api/v1/incidents"), ("POST", "/api/v1/push/x")):
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n".encode()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head)
            reading = asyncio.create_task(reader.read())
            async with asyncio.timeout(30):
                while not reading.done():
                    writer.write(b"a")
                    await asyncio.sleep(0.05)
            assert reading.result().count(b"HTTP/1.1 ") == 1
            writer.close()


async def test_who_sends_empty_lines_between_requests_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LONGEST_S", 0.5)
    async with _server(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASK + b"\r\n")
        async with asyncio.timeout(30):
            await reader.readuntil(b"ok")
            with suppress(ConnectionError):
                for _ in range(100):
                    writer.write(b"\r\n")
                    await asyncio.sleep(0.05)
                    if reader.at_eof():
                        break
            assert reader.at_eof()
        writer.close()


async def test_however_many_requests_come_at_once_a_few_are_answered_in_turn(tmp_path: Path) -> None:
    async with _server(tmp_path) as port:
        said = await _said(port, (ASK + b"\r\n") * 1_000)
        assert said.count(b"HTTP/1.1 200 OK") == said.count(b"HTTP/1.1 ") == 1 + connections.MOST_WAITING
        said = await _said(port, (ASK + b"\r\n") * 3 + b"\x00\r\n\r\n")
        assert said.count(b"HTTP/1.1 200 OK") == said.count(b"HTTP/1.1 ") == 3


async def test_an_answer_under_way_is_finished_before_junk_behind_it_ends_the_connection(
    tmp_path: Path,
) -> None:
    async with _server(tmp_path) as port:
        said = await _said(port, b"GET /api/v1/city HTTP/1.1\r\nHost: x\r\n\r\n\x00\x00\r\n\r\n")
        assert said.count(b"HTTP/1.1 ") == 1
        head, _, body = said.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert f"content-length: {len(body)}".encode() in head


async def test_a_refusal_of_a_body_that_is_not_read_arrives_while_the_body_is_still_sent() -> None:
    async def refuse(_: object, __: object, send: Callable[[object], Awaitable[None]]) -> None:
        headers = [(b"content-length", b"5"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": b"large"})

    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n"
    with served(refuse, lifespan="off") as server:
        for _ in range(5):
            said = await _said(server.port, head, *(b"a" * 100_000 for _ in range(40)), pause_s=0.002)
            assert said.startswith(b"HTTP/1.1 413")
            assert said.endswith(b"large")
