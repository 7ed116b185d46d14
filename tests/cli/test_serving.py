"""The process that serves: it lives as a whole or not at all."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from blocklight.cli.serving import Options, _listen, _serve, open_town, wall_clock
from blocklight.errors import StoreError
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

pytestmark = pytest.mark.anyio


async def _served(folder: Path) -> None:
    with _listen("127.0.0.1", 0) as listener:
        town = open_town(Options("houston", data=folder), reading=False)
        await _serve(town, listener, now=wall_clock, intake=False)


@pytest.mark.parametrize("part", ["run", "_follow", "_watch_pauses", "_watch_health"])
async def test_a_part_that_dies_of_a_mistake_ends_the_process(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(_: Publisher) -> None:
        await asyncio.sleep(0.05)
        raise LookupError("a mistake of ours")

    monkeypatch.setattr(Publisher, part, dies)
    async with asyncio.timeout(60):
        with pytest.RaisesGroup(LookupError, flatten_subgroups=True):
            await _served(tmp_path)


async def test_a_database_that_cannot_answer_for_a_while_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = asyncio.create_task(_served(tmp_path))
    await asyncio.sleep(1)
    for name in ("changes", "sources", "pauses", "head"):
        monkeypatch.setattr(Store, name, _unwell)
    await asyncio.sleep(2)
    assert not serving.done()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _unwell(*_: object, **__: object) -> None:
    raise StoreError("the database failed: OperationalError")
