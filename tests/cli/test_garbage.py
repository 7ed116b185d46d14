"""What requests leave behind is gone at once: to look for garbage among all objects holds up every reader."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from blocklight.app.city_runtime import open_city
from blocklight.app.connections import BoundedProtocol
from blocklight.app.garbage import collect_seldom
from blocklight.app.listeners import listen
from blocklight.app.opening import Options, wall_clock
from blocklight.app.serving import run_server

pytestmark = pytest.mark.anyio

_ASK = "GET {} HTTP/1.1\r\nHost: x\r\n\r\n"


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[int]:
    with listen("127.0.0.1", 0) as listener:
        town = open_city(Options("houston", data=folder), reading=False)
        serving = asyncio.create_task(run_server(town, listener, now=wall_clock, intake=False))
        try:
            yield listener.getsockname()[1]
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


async def _visit(port: int, *sent: str) -> None:
    """Send requests one after the other, read the beginning of each answer, and leave."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(60):
        for text in sent:
            writer.write(text.encode())
            await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


def _left() -> int:
    """Count what there is of connections and requests."""
    kinds = BoundedProtocol, RequestResponseCycle
    return sum(isinstance(thing, kinds) for thing in gc.get_objects())


@pytest.mark.parametrize(
    "sent",
    [
        (_ASK.format("/healthz"),),
        (_ASK.format("/api/v1/city"), _ASK.format("/list"), _ASK.format("/api/v1/window")),
        (_ASK.format("/api/v1/live"),),
        (_ASK.format("/api/v1/live") * 2,),
        (_ASK.format("/api/v1/incidents?limit=x"),),
        ("no request at all\r\n\r\n",),
    ],
)
async def test_a_connection_leaves_nothing_that_must_be_collected(
    sent: tuple[str, ...], tmp_path: Path
) -> None:
    async with _server(tmp_path) as port:
        await _visit(port, *sent)
        gc.collect()
        gc.disable()
        try:
            for _ in range(5):
                await _visit(port, *sent)
            async with asyncio.timeout(30):
                while _left():  # noqa: ASYNC110 - the server notices in its own time that they have left
                    await asyncio.sleep(0.05)
        finally:
            gc.enable()


async def test_collecting_is_as_before_once_a_city_is_not_served_any_more() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    collecting = asyncio.create_task(collect_seldom())
    await asyncio.sleep(0)
    assert gc.get_freeze_count() > before[1]
    assert gc.get_threshold() > before[0]
    collecting.cancel()
    with suppress(asyncio.CancelledError):
        await collecting
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before[0], 0)
