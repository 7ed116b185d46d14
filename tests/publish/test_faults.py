import asyncio
import logging

import pytest

from blocklight.publish.faults import Faults

pytestmark = pytest.mark.anyio


async def test_a_turn_that_fails_is_tried_again_counted_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="blocklight")
    faults = Faults(pause_s=0)
    turns = 0
    failing_after: list[bool] = []

    async def turn() -> None:
        nonlocal turns
        turns += 1
        failing_after.append("counting" in faults.failing)
        await asyncio.sleep(0)
        if turns < 4:
            raise LookupError("12 ELM ST")
        if turns == 6:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await faults.repeat("counting", turn)
    assert faults.counts["counting"] == faults.counts.total() == 3
    assert failing_after == [False, True, True, True, False, False]
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "counting failed unexpectedly (LookupError) and is tried again",
        "counting works again",
    ]
