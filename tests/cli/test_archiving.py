"""The job that keeps a served city's archive."""

from pathlib import Path

import pytest

from blocklight.app.archiving import Archiving
from blocklight.app.city_runtime import open_city
from blocklight.app.opening import Options, wall_clock
from blocklight.errors import StoreBusy

pytestmark = pytest.mark.anyio


async def test_a_database_that_fails_is_no_fault_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = open_city(Options("houston", data=tmp_path), reading=False)
    archiving = Archiving(town, town.store, wall_clock)
    turns = []

    def fail() -> None:
        turns.append("failed")
        raise StoreBusy("the database failed: another process is writing to it")

    monkeypatch.setattr(archiving.archive, "turn", fail)
    await archiving.job().turn()
    monkeypatch.undo()
    await archiving.job().turn()
    assert turns == ["failed"]
    archiving.close()
    town.store.close()
