"""A connection that asks for nothing, or for ever, is ended; one that asks is answered."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from blocklight.cli import connections
from blocklight.cli.serving import Options, _listen, _serve, open_town, wall_clock

pytestmark = pytest.mark.anyio

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
_BOMBS = {
    "one header": b"X: " + b"a" * 3_000_000,
    "many headers": b"".join(b"X%d: a\r\n" % number for number in range(100_000)),
}


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[int]:
    with _listen("127.0.0.1", 0) as listener:
        town = open_town(Options("houston", data=folder), reading=False)
        serving = asyncio.create_task(_serve(town, listener, now=wall_clock, intake=False))
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
