"""What can be watched within two minutes of opening the demo, and the days that it has behind it."""

from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path

import pytest

from blocklight.app.city_runtime import CityRuntime, open_city
from blocklight.app.demo_past import PastClock, client_of, live_through, moments
from blocklight.app.opening import Options
from blocklight.demo.dispatch import LONGEST_LIFE_HOURS, ZONE, Dispatch
from blocklight.demo.feeds import dispatch_centre
from blocklight.demo.showcase import Showcase
from blocklight.intake.run import run_once
from blocklight.model.changes import Change
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Status
from blocklight.store import Store

pytestmark = pytest.mark.anyio

OPENED = datetime(2026, 11, 28, 20, 0, 30, tzinfo=UTC)
SEED = 7


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CityRuntime:
    for name in ("BLOCKLIGHT_DATABASE_URL", "BLOCKLIGHT_ID_KEY"):
        monkeypatch.delenv(name, raising=False)
    return open_city(Options("demo", data=tmp_path / "demo"))


SPEED = 12


async def watched(town: CityRuntime, opened: datetime, since_s: int, for_s: int = 130) -> list[list[Change]]:
    """What the live feed sends, two seconds at a time, in some of the viewer's seconds after the opening."""
    clock, steps = PastClock(opened), []
    showcase = Showcase(SEED, int(opened.timestamp()), speed=SPEED)
    centre = dispatch_centre(seed=SEED, now=clock, history_days=1, hiccups=False, showcase=showcase)
    async with client_of(town.city, centre) as client:
        feed = town.feeds(client, clock)[0]
        feed.cursor, feed.cursor_known = str(int((opened.timestamp() - 600) * 1000)), True
        head = 0
        for second in range(0, since_s + for_s, 2):
            clock.at = opened + timedelta(seconds=second * SPEED)
            await run_once(feed, town.store)
            town.store.release(clock.at)
            if second >= since_s:
                steps.append(list(town.store.changes(head)))
            head = town.store.head()
    return steps


@pytest.mark.parametrize("hour", [1, 4, 9, 14, 22])
async def test_something_happens_within_five_seconds_and_every_few_seconds_at_any_hour(
    town: CityRuntime, hour: int
) -> None:
    opened = datetime(2026, 11, 25, hour, 17, 43, tzinfo=ZONE)
    steps = await watched(town, opened, since_s=2)
    town.store.close()
    happens = [2 * step for step, changes in enumerate(steps) if changes]
    assert len(happens) > 20
    assert happens[0] <= 4
    assert max(after - before for before, after in pairwise(happens)) <= 6


@pytest.mark.parametrize("since_s", [0, 47, 700])
async def test_within_two_minutes_a_call_comes_is_reclassified_is_taken_back_and_closes(
    town: CityRuntime, since_s: int
) -> None:
    last: dict[str, PublicIncident] = {}
    seen = set()
    for change in chain.from_iterable(await watched(town, OPENED, since_s)):
        new, old = change.incident, last.get(change.id)
        if new is None:
            seen.add("is taken back")
            continue
        last[change.id] = new
        seen.add("comes" if change.seq == change.first_seq else "is updated")
        if new.status is Status.CLOSED:
            seen.add("closes")
        if old is not None and new.category is not old.category:
            seen.add("is reclassified")
    town.store.close()
    assert {"comes", "is reclassified", "is taken back", "closes"} <= seen


@pytest.mark.parametrize("speed", [0.5, 1, 7, 12, 60, 600])
def test_scenes_are_played_after_opening_and_seldom_later_and_never_without_a_showcase(speed: float) -> None:
    opened = int(OPENED.timestamp())
    showcase = Showcase(SEED, opened, speed=speed)
    shown_s = 1200 * min(max(int(speed), 1), 60)
    starts = [at for at in range(opened - 8 * 3600, opened + 3 * shown_s) if showcase.plays(at)]
    soon = [at for at in starts if at <= opened + shown_s]
    assert all(at > opened - showcase.scene_s for at in starts)
    assert 43 <= len(soon) <= 45  # two a minute, and those that were being played
    assert len(starts) - len(soon) == 2  # three an hour of the viewer's
    hour = opened // 3600
    plain, more = Dispatch(SEED), Dispatch(SEED, showcase.hour)
    made = more.hour(hour) + more.hour(hour + 1)
    assert {call.received_at // 3600 for call in more.hour(hour)} == {hour}
    assert set(plain.hour(hour)) < set(more.hour(hour))
    assert all(a.received_at <= b.received_at for a, b in pairwise(more.hour(hour)))
    assert len({call.object_id for call in made}) == len({call.number for call in made}) == len(made)
    assert max(call.closed_at - call.received_at for call in made) < LONGEST_LIFE_HOURS * 3600
    assert plain.hour(hour - 9) == more.hour(hour - 9)


def test_the_scene_in_which_a_demo_was_interrupted_is_played_to_its_end_after_it_is_opened_again() -> None:
    opened = int(OPENED.timestamp())
    before = Showcase(SEED, opened)
    seen = opened + 200
    again = Showcase(SEED, opened + 86_400, last_seen_at=seen)
    open_then = {
        call for call in Dispatch(SEED, before.hour).open_at(seen) if call not in Dispatch(SEED).open_at(seen)
    }
    assert open_then
    assert open_then <= set(Dispatch(SEED, again.hour).calls_between(opened, seen + 1))


def test_the_past_is_read_from_the_beginning_of_yesterday() -> None:
    times = list(moments(OPENED))
    assert times[0] == datetime(2026, 11, 26, 23, 45, tzinfo=UTC)
    assert OPENED - timedelta(minutes=15) <= times[-1] < OPENED
    assert len(times) == 1 + 4 * (24 + 20) + 1


def counts(store: Store, day: date) -> dict[tuple[str, str], int]:
    return {(row.outcome, row.reason): row.n for row in store.ledger(day, day)}


async def test_at_its_first_start_the_demo_has_a_ledger_of_yesterday_with_counts(town: CityRuntime) -> None:
    clock = PastClock(OPENED)
    centre = dispatch_centre(seed=SEED, now=clock, history_days=4, hiccups=False)
    async with client_of(town.city, centre) as client:
        await live_through(town.feeds(client, clock), town.store, clock)
    yesterday = counts(town.store, OPENED.date() - timedelta(days=1))
    assert 300 < yesterday["published", ""] < 700  # of the days before, none is counted on it
    assert yesterday["withheld", "sensitive"] >= 5
    assert sum(n for (outcome, _), n in yesterday.items() if outcome == "retracted") >= 1
    assert yesterday["updated", ""] > 200
    assert counts(town.store, OPENED.date())["published", ""] > 200
    for (
        health
    ) in town.store.sources():  # nobody was waiting: no gap, no delay, and no success to be late since
        assert (health.gaps, health.delays, health.last_success_at) == ((), None, None)
    town.store.close()
