"""The process that serves: it lives as a whole or not at all."""

import asyncio
import contextlib
import socket
from contextlib import nullcontext
from pathlib import Path

import httpx2
import pytest

from blocklight.app.city_runtime import open_city
from blocklight.app.listeners import listen
from blocklight.app.opening import Options, wall_clock
from blocklight.app.serving import run_server
from blocklight.errors import StoreError
from blocklight.intake.tally import Tally
from blocklight.jobs import FOLLOWING, PAUSES, SENDING, SOURCES, Job, Jobs
from blocklight.model.outcomes import Withheld
from blocklight.store import Store

pytestmark = pytest.mark.anyio


async def _served(folder: Path, listener: socket.socket | None = None) -> None:
    with nullcontext(listener) if listener else listen("127.0.0.1", 0) as open_listener:
        town = open_city(Options("houston", data=folder), reading=False)
        await run_server(town, open_listener, now=wall_clock, intake=False)


@pytest.mark.parametrize("part", [FOLLOWING, SENDING, PAUSES, SOURCES])
async def test_a_part_that_dies_of_a_mistake_ends_the_process(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeat = Jobs.repeat

    async def dies(jobs: Jobs, job: Job) -> None:
        if job.name != part:
            return await repeat(jobs, job)
        await asyncio.sleep(0.05)
        raise LookupError("a mistake of ours")

    monkeypatch.setattr(Jobs, "repeat", dies)
    async with asyncio.timeout(60):
        with pytest.RaisesGroup(LookupError, flatten_subgroups=True):
            await _served(tmp_path)


async def test_a_database_that_cannot_answer_for_a_while_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(_served(tmp_path, listener))
        await _answers(listener.getsockname()[1])
        await _lives_without_its_database(serving, monkeypatch)


async def _answers(port: int) -> None:
    async with asyncio.timeout(60), httpx2.AsyncClient() as client:
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                if (await client.get(f"http://127.0.0.1:{port}/api/v1/city")).is_success:
                    return
            await asyncio.sleep(0.05)


async def _lives_without_its_database(serving: asyncio.Task[None], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("changes", "sources", "pauses", "head"):
        monkeypatch.setattr(Store, name, _unwell)
    await asyncio.sleep(2)
    assert not serving.done()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _unwell(*_: object, **__: object) -> None:
    raise StoreError("the database failed: OperationalError")


_TWO_SOURCES = """
[city]
id = "smallville"
name = "Smallville"
time_zone = "UTC"
bounds = { west = -122.4, south = 37.6, east = -122.0, north = 37.9 }
"""
_PUSHING = """
[[sources]]
id = "{id}"
label = "The {id}"
connector = "push"
key = ["number"]
closes = "never"
[sources.fields]
received_at = {{ from = "received", convert = "iso" }}
source_type = "what"
agency = {{ default = "police" }}
lon = {{ from = "lon", convert = "float" }}
lat = {{ from = "lat", convert = "float" }}
"""


async def test_all_sources_of_a_served_city_share_one_memory_of_sensitive_calls(tmp_path: Path) -> None:
    file = tmp_path / "smallville.toml"
    file.write_text(_TWO_SOURCES + _PUSHING.format(id="police") + _PUSHING.format(id="fire"), "utf-8")
    town = open_city(Options(str(file), data=tmp_path / "data"))
    now = wall_clock()
    row = {"number": "1", "received": now.isoformat(), "what": "STALKING", "lon": -122.2, "lat": 37.8}
    async with httpx2.AsyncClient() as client:
        police, fire = town.feeds(client, lambda: now)
    (hidden,) = police.outcomes([row], now, Tally())
    (beside,) = fire.outcomes([{**row, "number": "2", "what": "BURGLARY"}], now, Tally())
    town.store.close()
    assert isinstance(hidden, Withheld)
    assert isinstance(beside, Withheld)
    assert (hidden.companion, beside.companion) == (False, True)
