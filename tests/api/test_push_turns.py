"""Whoever sends whole batches as fast as they can, as with a stolen key, keeps nobody from pushing."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field

import pytest

from blocklight.api.push_turns import (
    MOST_OF_KEY,
    MOST_OF_SENDER,
    MOST_OF_SOURCE,
    NothingStored,
    PushTurns,
    Sender,
    TooMuch,
)

pytestmark = pytest.mark.anyio

THIEF = Sender("calls", "stolen", "203.0.113.9")
# The one from whom the key was stolen.
HONEST = Sender("calls", "stolen", "192.0.2.1")

COLLEAGUE = Sender("calls", "other", "192.0.2.2")
FIRE = Sender("fire", "third", "192.0.2.3")


@dataclass
class Desk:
    """Turns with a clock of their own; each batch takes a second to store, when it is told to end."""

    storing_each: float = 0.0
    now: float = 0.0
    refused: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    begun: list[Sender] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.turns = PushTurns(self.refused, self.storing_each, clock=lambda: self.now)

    async def push(self, sender: Sender) -> None:
        async with self.turns.turn(sender):
            self.begun.append(sender)
            await self.ended.wait()
            self.now += 1

    def begin(self, *senders: Sender) -> "list[asyncio.Task[None]]":
        return [asyncio.ensure_future(self.push(sender)) for sender in senders]

    async def end_one(self) -> None:
        count = len(self.begun)
        self.ended.set()
        await asyncio.sleep(0)
        self.ended.clear()
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(self.begun) <= count + 1


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def finish(desk: Desk, tasks: "list[asyncio.Task[None]]") -> Counter[type]:
    desk.ended.set()
    return Counter(type(end) for end in await asyncio.gather(*tasks, return_exceptions=True))


async def test_the_honest_sender_waits_for_the_batch_that_is_stored_and_no_longer() -> None:
    desk = Desk()
    tasks = desk.begin(THIEF, THIEF, THIEF, THIEF)
    await settle()
    await desk.end_one()
    tasks += desk.begin(THIEF, HONEST)
    await settle()
    await desk.end_one()
    assert desk.begun == [THIEF, THIEF, HONEST]
    assert await finish(desk, tasks) == {type(None): 6}


async def test_a_key_of_ones_own_comes_before_a_stolen_one_from_however_many_addresses() -> None:
    desk = Desk()
    first = desk.begin(THIEF)
    await settle()
    await finish(desk, first)
    desk.ended.clear()
    thieves = [THIEF._replace(address=f"203.0.113.{number}") for number in range(MOST_OF_KEY)]
    tasks = desk.begin(*thieves, COLLEAGUE)
    await settle()
    await desk.end_one()
    assert desk.begun[1:] == [thieves[0], COLLEAGUE]
    assert await finish(desk, tasks) == {type(None): MOST_OF_KEY + 1}


async def test_sources_do_not_wait_for_each_other() -> None:
    desk = Desk()
    tasks = desk.begin(THIEF, THIEF, FIRE)
    await settle()
    assert desk.begun == [THIEF, FIRE]
    await finish(desk, tasks)


async def test_what_one_sender_has_waiting_is_bounded_and_refusals_are_counted() -> None:
    desk = Desk()
    tasks = desk.begin(*[THIEF] * 20)
    await settle()
    assert desk.refused == {("calls", "stolen", "waiting"): 20 - MOST_OF_SENDER}
    with pytest.raises(TooMuch):
        desk.turns.check(THIEF)
    desk.turns.check(HONEST)
    assert await finish(desk, tasks) == {type(None): MOST_OF_SENDER, TooMuch: 20 - MOST_OF_SENDER}


async def test_who_holds_more_makes_room_where_a_key_or_a_source_has_too_many() -> None:
    desk = Desk()
    accomplice = THIEF._replace(address="203.0.113.10")
    tasks = desk.begin(*[THIEF] * 4, *[accomplice] * 2)
    await settle()
    assert len(tasks) == MOST_OF_KEY
    tasks += desk.begin(HONEST)
    await settle()
    assert [task.done() for task in tasks] == [False, False, False, True, False, False, False]
    others = [COLLEAGUE._replace(key_id=f"{number}") for number in range(MOST_OF_SOURCE)]
    tasks += desk.begin(*others)
    await settle()
    assert len([task for task in tasks if not task.done()]) == MOST_OF_SOURCE
    assert len([task for task in tasks[:6] if not task.done()]) == 2
    assert (await finish(desk, tasks))[type(None)] == MOST_OF_SOURCE


async def test_storing_for_one_sender_takes_a_share_of_the_time_and_a_burst() -> None:
    desk = Desk(storing_each=0.5)
    ends = [await finish(desk, desk.begin(THIEF)) for _ in range(800)]
    assert 595 <= ends.index(Counter[type]({TooMuch: 1})) <= 605
    with pytest.raises(TooMuch) as refusal:
        desk.turns.check(THIEF)
    assert refusal.value.wait_s >= 1
    desk.turns.check(HONEST)
    desk.now += refusal.value.wait_s
    desk.turns.check(THIEF)


async def test_where_nothing_can_be_stored_nobody_waits_to_hear_it() -> None:
    desk = Desk()
    tasks = desk.begin(THIEF, HONEST, COLLEAGUE)
    await settle()
    desk.turns.give_up("calls")
    assert await finish(desk, tasks) == {type(None): 1, NothingStored: 2}
    assert await finish(desk, desk.begin(HONEST)) == {type(None): 1}


@pytest.mark.parametrize("steps", range(6))
async def test_a_sender_that_leaves_takes_no_turn(steps: int) -> None:
    desk = Desk()
    tasks = desk.begin(THIEF, HONEST, COLLEAGUE)
    await settle()
    desk.ended.set()  # the first one ends, and somewhere between that and its own turn the second one leaves
    for _ in range(steps):
        await asyncio.sleep(0)
    tasks[1].cancel()
    ends = await finish(desk, tasks)
    assert ends in ({type(None): 2, asyncio.CancelledError: 1}, {type(None): 3})
    assert await finish(desk, desk.begin(HONEST)) == {type(None): 1}


async def test_a_key_that_sends_too_much_is_named_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    tasks = desk.begin(*[THIEF] * 20)
    await settle()
    await finish(desk, tasks)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "source calls: key stolen sends more than its share" in record.getMessage()
    assert THIEF.address not in record.getMessage()
    desk.now += 3_600
    desk.ended.clear()
    tasks = desk.begin(*[THIEF] * 20)
    await settle()
    await finish(desk, tasks)
    assert len(caplog.records) == 2
