"""What one address may take of a whole served city, and what is left for everybody else."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from blocklight.app import file_limit
from blocklight.app.city_runtime import open_city
from blocklight.app.listeners import listen
from blocklight.app.opening import Options, wall_clock
from blocklight.app.serving import run_server

pytestmark = pytest.mark.anyio

_ASK = "GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n"
_CLOSE = "Connection: close\r\n"


@asynccontextmanager
async def _city(folder: Path) -> AsyncIterator[int]:
    with listen("127.0.0.1", 0) as listener:
        town = open_city(Options("houston", data=folder), reading=False)
        serving = asyncio.create_task(run_server(town, listener, now=wall_clock, intake=False))
        port = listener.getsockname()[1]
        assert (await _answer(port, "127.0.0.9", "/healthz")).startswith(b"HTTP/1.1 200")
        try:
            yield port
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


async def _open(
    port: int, address: str, path: str, headers: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    writer.write(_ASK.format(path, headers).encode())
    return reader, writer


async def _answer(port: int, address: str, path: str, headers: str = "") -> bytes:
    reader, writer = await _open(port, address, path, headers + _CLOSE)
    async with asyncio.timeout(30):
        with suppress(ConnectionError):
            answer = await reader.read()
            writer.close()
            return answer
    return b""


async def _figure(port: int, name: str) -> float:
    text = (await _answer(port, "127.0.0.9", "/metrics")).decode()
    return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0.0)


async def test_one_address_takes_its_share_of_live_readers_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOCKLIGHT_MAX_LIVE", "8")
    monkeypatch.setenv("BLOCKLIGHT_MAX_LIVE_PER_ADDRESS", "5")
    async with _city(tmp_path) as port:
        opened = [await _open(port, "127.0.0.3", "/api/v1/live") for _ in range(7)]
        heads = [await reader.readuntil(b"\r\n\r\n") for reader, _ in opened]
        assert [head[9:12] for head in heads] == [b"200"] * 5 + [b"429"] * 2
        assert b"\r\nretry-after: 30\r\n" in heads[-1]
        others = [await _open(port, f"127.0.0.{number}", "/api/v1/live") for number in (4, 5, 6, 7)]
        heads = [await reader.readuntil(b"\r\n\r\n") for reader, _ in others]
        assert [head[9:12] for head in heads] == [b"200"] * 3 + [b"503"]
        assert await _figure(port, 'blocklight_refused_total{limit="live_address"}') == 2
        assert await _figure(port, 'blocklight_refused_total{limit="live_total"}') == 1
        for _, writer in opened[:3]:
            writer.transport.abort()
        for _ in range(200):
            if await _figure(port, "blocklight_live_clients") == 5:
                break
            await asyncio.sleep(0.05)
        opened.append(await _open(port, "127.0.0.3", "/api/v1/live"))
        assert (await opened[-1][0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        for _, writer in [*opened, *others]:
            writer.close()


async def test_connections_beyond_an_address_s_share_are_refused_before_they_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOCKLIGHT_MAX_CONNECTIONS_PER_ADDRESS", "5")
    async with _city(tmp_path) as port:
        silent = [
            await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.3", 0)) for _ in range(9)
        ]
        async with asyncio.timeout(30):
            refused = [await reader.read() for reader, _ in silent[5:]]
        assert [answer[9:12] for answer in refused] == [b"429"] * 4
        assert all(b"\r\nretry-after: 10\r\n" in answer for answer in refused)
        assert (await _answer(port, "127.0.0.4", "/healthz")).startswith(b"HTTP/1.1 200")
        assert await _figure(port, 'blocklight_refused_total{limit="connections_address"}') == 4
        for _, writer in silent:
            writer.close()


async def test_requests_beyond_an_address_s_share_are_refused_and_others_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOCKLIGHT_REQUESTS_PER_ADDRESS", "0.2")  # ten at once
    async with _city(tmp_path) as port:
        answers = [await _answer(port, "127.0.0.3", "/api/v1/window") for _ in range(14)]
        statuses = [answer[9:12] for answer in answers]
        assert statuses[:10] == [b"200"] * 10
        assert statuses[-1] == b"429"
        assert b"\r\nretry-after: " in answers[-1]
        assert b"\r\nconnection: close\r\n" in answers[-1]
        assert (await _answer(port, "127.0.0.4", "/api/v1/window")).startswith(b"HTTP/1.1 200")


async def test_readers_behind_a_trusted_proxy_are_told_apart_and_nobody_else_can_pretend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOCKLIGHT_REQUESTS_PER_ADDRESS", "0.04")  # two at once
    monkeypatch.setenv("BLOCKLIGHT_TRUSTED_PROXIES", "127.0.0.3, 127.0.7.0/24")

    async def statuses(peer: str) -> list[bytes]:
        answers = [
            await _answer(port, peer, "/api/v1/policy", f"X-Forwarded-For: 192.0.2.{number}\r\n")
            for number in range(4)
        ]
        return [answer[9:12] for answer in answers]

    async with _city(tmp_path) as port:
        assert await statuses("127.0.0.3") == [b"200"] * 4
        assert await statuses("127.0.0.4") == [b"200"] * 2 + [b"429"] * 2
        page = await _answer(port, "127.0.7.7", "/data", "X-Forwarded-Proto: https\r\nHost: x\r\n")
        assert page.startswith(b"HTTP/1.1 400"), "two hosts"
        page = await _answer(
            port, "127.0.7.7", "/data", "X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.77\r\n"
        )
        assert b"https://x/" in page


async def test_as_many_connections_as_files_allow_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    assert file_limit.raise_file_limit(2_000) == 2_512
    assert file_limit.raise_file_limit(16_000) == 4_096
    assert asked == [(2_512, 4_096), (4_096, 4_096)]
    assert file_limit.connections_for(4_096, 16_000) == 3_584
    assert file_limit.connections_for(100_000, 16_000) == 16_000
    assert file_limit.connections_for(256, 16_000) == 128
