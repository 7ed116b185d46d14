import asyncio

import pytest

from blocklight.api.queueing import Full, Turns

pytestmark = pytest.mark.anyio


async def test_one_address_never_keeps_another_from_working() -> None:
    turns = Turns()
    order: list[str] = []

    async def ask(address: str) -> None:
        await turns.enter(address)
        order.append(address)
        await asyncio.sleep(0.01)
        turns.leave(address)

    greedy = [asyncio.create_task(ask("greedy")) for _ in range(30)]
    await asyncio.sleep(0)
    assert order == ["greedy", "greedy"]
    await ask("modest")
    assert order.index("modest") == 2, "the last place is for others"
    await asyncio.gather(*greedy)
    assert turns.waiting == 0


async def test_waiting_addresses_take_turns() -> None:
    turns = Turns()
    for address in ("a", "b", "c"):
        await turns.enter(address)
    order: list[str] = []

    async def ask(address: str) -> None:
        await turns.enter(address)
        order.append(address)

    waiting = [asyncio.create_task(ask(address)) for address in ("x", "x", "x", "y", "z")]
    await asyncio.sleep(0)
    assert order == []
    for address in ("a", "b", "c", "x", "y"):
        turns.leave(address)
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert order[:3] == ["x", "y", "z"]
    assert len(order) == 5
    await asyncio.gather(*waiting)


async def test_who_had_least_of_late_comes_first() -> None:
    turns = Turns()
    for address in ("a", "b", "c"):
        await turns.enter(address)
    for _ in range(3):
        turns.leave("b", 0.5)
        await turns.enter("b")
    order: list[str] = []

    async def ask(address: str) -> None:
        await turns.enter(address)
        order.append(address)

    waiting = [asyncio.create_task(ask(address)) for address in ("b", "x")]
    await asyncio.sleep(0)
    turns.leave("a")
    turns.leave("c")
    await asyncio.gather(*waiting)
    assert order == ["x", "b"]


async def test_places_rest_after_work_while_sending_frames_takes_much_of_the_processor() -> None:
    sending_share = 0.0
    turns = Turns(longest_wait_s=0.2, sending_share=lambda: sending_share)
    for address in ("a", "b", "c"):
        await turns.enter(address)
    turns.leave("a", 0.01)
    await turns.enter("d")  # nothing is sent: nobody rests
    sending_share = 0.6
    for address in ("b", "c", "d"):
        turns.leave(address, 0.01)
    begun = asyncio.get_running_loop().time()
    await turns.enter("e")
    assert 0.1 < asyncio.get_running_loop().time() - begun < 1


async def test_who_waits_too_long_or_behind_too_many_is_told_to_go() -> None:
    turns = Turns(longest_wait_s=0.05)
    for address in ("a", "b", "c"):
        await turns.enter(address)
    with pytest.raises(Full):
        await turns.enter("late")
    assert turns.waiting == 0
    waiting = [asyncio.create_task(turns.enter(f"n{number // 32}")) for number in range(128)]
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await turns.enter("one more")
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [Full] * 128
    for address in ("a", "b", "c"):
        turns.leave(address)
    await turns.enter("a")
    turns.leave("a")


async def test_a_full_queue_makes_room_for_who_waits_with_less() -> None:
    turns = Turns(longest_wait_s=0.2)
    for address in ("a", "b", "c"):
        await turns.enter(address)
    greedy = [asyncio.create_task(turns.enter(f"greedy {number // 32}")) for number in range(128)]
    await asyncio.sleep(0)
    modest = asyncio.create_task(turns.enter("modest"))
    await asyncio.sleep(0)
    assert turns.waiting == 128
    for address in ("a", "b", "c"):
        turns.leave(address, 0.1)
    for address in ("greedy 0", "greedy 1"):
        turns.leave(address, 0.1)
    await modest
    results = await asyncio.gather(*greedy, return_exceptions=True)
    assert [type(result) for result in results].count(Full) >= 1


async def test_a_place_is_kept_for_who_had_little_of_late() -> None:
    turns = Turns()
    greedy = [f"greedy {number}" for number in range(5)]
    for address in greedy:
        await turns.enter(address)
        turns.leave(address, 30.0)
    working = [asyncio.create_task(turns.enter(address)) for address in greedy]
    await asyncio.sleep(0.01)
    assert [task.done() for task in working] == [True, True, False, False, False]
    async with asyncio.timeout(5):
        await turns.enter("modest")
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)


async def test_who_had_little_of_late_waits_longer_before_being_told_to_go() -> None:
    turns = Turns(longest_wait_s=0.1)
    for address in ("a", "b", "c", "greedy"):
        if address == "greedy":
            turns.leave("c")
        await turns.enter(address)
    turns.leave("greedy", 30.0)
    await turns.enter("c")
    modest = asyncio.create_task(turns.enter("modest"))
    with pytest.raises(Full):
        await turns.enter("greedy")
    assert not modest.done()
    turns.leave("a", 0.1)
    await modest


async def test_who_had_much_but_asks_for_one_thing_at_a_time_waits_longer_too() -> None:
    turns = Turns(longest_wait_s=0.1)
    for address in ("reader", "a", "b"):
        await turns.enter(address)
        turns.leave(address, 30.0)
    for address in ("a", "b"):
        await turns.enter(address)
    greedy = [asyncio.create_task(turns.enter("a")) for _ in range(2)]
    page = asyncio.create_task(turns.enter("reader"))
    assert await asyncio.gather(*greedy, return_exceptions=True)
    await asyncio.sleep(0.1)
    assert [type(task.exception()) for task in greedy] == [Full, Full]
    assert not page.done()
    turns.leave("b", 0.1)
    await page


async def test_who_waits_long_comes_before_others_who_had_less() -> None:
    turns = Turns(longest_wait_s=0.1)
    for address, had_s in (("reader", 30.0), ("a", 20.0), ("b", 20.0), ("c", 20.0)):
        await turns.enter(address)
        turns.leave(address, had_s)
    for address in ("a", "b"):
        await turns.enter(address)
    page = asyncio.create_task(turns.enter("reader"))
    await asyncio.sleep(0.3)  # of the half second that it waits at most
    other = asyncio.create_task(turns.enter("c"))
    await asyncio.sleep(0)
    turns.leave("a", 0.1)
    await page
    assert not other.done()
    other.cancel()


async def test_a_queue_full_of_many_addresses_makes_room_for_who_had_less() -> None:
    turns = Turns()
    greedy = [f"greedy {number}" for number in range(131)]
    for address in greedy:
        await turns.enter(address)
        turns.leave(address, 30.0)
    waiting = [asyncio.create_task(turns.enter(address)) for address in greedy[:130]]
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await turns.enter(greedy[130])
    await turns.enter("x")
    modest = asyncio.create_task(turns.enter("modest"))
    await asyncio.sleep(0.01)
    results = [task for task in waiting if task.done() and task.exception()]
    assert len(results) == 1, "one of those who had most is told to go"
    turns.leave("x", 0.1)
    await modest
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_one_address_may_not_fill_the_queue() -> None:
    turns = Turns()
    waiting = [asyncio.create_task(turns.enter("greedy")) for _ in range(34)]
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await turns.enter("greedy")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_who_leaves_while_waiting_or_in_its_very_turn_keeps_no_place() -> None:
    turns = Turns()
    for address in ("a", "b", "c"):
        await turns.enter(address)
    early, late = (asyncio.create_task(turns.enter(address)) for address in ("early", "late"))
    await asyncio.sleep(0)
    early.cancel()
    turns.leave("a")  # it is the turn of the first that waits, in the moment in which it is cancelled
    await asyncio.gather(early, return_exceptions=True)
    await late
    for address in ("b", "c", "late"):
        turns.leave(address)
    for address in ("x", "y", "z"):
        await turns.enter(address)
