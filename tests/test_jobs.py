import asyncio
import logging

import pytest

from blocklight.jobs import Job, Jobs

pytestmark = pytest.mark.anyio


async def test_a_turn_that_fails_is_tried_again_counted_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="blocklight")
    jobs = Jobs(pause_s=0)
    turns = 0
    failing_after: list[bool] = []

    async def turn() -> None:
        nonlocal turns
        turns += 1
        failing_after.append("counting" in jobs.failing)
        await asyncio.sleep(0)
        if turns < 4:
            raise LookupError("12 ELM ST")
        if turns == 6:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await jobs.repeat(Job("counting", turn))
    assert jobs.failures["counting"] == jobs.failures.total() == 3
    assert jobs.turns["counting"] == 5
    assert failing_after == [False, True, True, True, False, False]
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "counting failed unexpectedly (LookupError) and is tried again",
        "counting works again",
    ]


class _Over(Exception):
    """Ends a list of jobs."""


async def test_a_job_may_end_the_whole_list_and_no_other_failure_does() -> None:
    jobs = Jobs(pause_s=0)
    seen: list[str] = []

    async def ends() -> None:
        seen.append("ends")
        raise _Over

    async def fails() -> None:
        seen.append("fails")
        raise LookupError

    ending = Job("ending", ends, 0.01, waits_first=True, ends_with=(_Over,))
    with pytest.raises(ExceptionGroup) as raised:
        await jobs.run([Job("failing", fails), ending])
    assert [type(error) for error in raised.value.exceptions] == [_Over]
    assert seen.count("ends") == 1
    assert jobs.failures["failing"] == seen.count("fails") > 1
    assert "ending" not in jobs.failing


async def test_a_job_pauses_between_its_turns_and_where_it_says_so_before_the_first() -> None:
    jobs = Jobs()
    turns: list[str] = []

    async def turn(name: str) -> None:
        turns.append(name)

    now = Job("now", lambda: turn("now"), 3600)
    later = Job("later", lambda: turn("later"), 3600, waits_first=True)
    running = asyncio.create_task(jobs.run([now, later]))
    for _ in range(10):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert turns == ["now"]
    assert set(jobs.last_turn_at) == {"now"}
