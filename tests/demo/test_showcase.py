"""What can be watched within two minutes of opening the demo, and the days that it has behind it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from blocklight.app.city_runtime import CityRuntime, open_city
from blocklight.app.demo_past import PastClock, client_of, live_through, moments
from blocklight.app.opening import Options
from blocklight.demo.dispatch import Dispatch
from blocklight.demo.feeds import dispatch_centre
from blocklight.demo.showcase import SCENE_S, Showcase
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


async def watched(town: CityRuntime, opened: datetime, since_s: int, for_s: int = 130) -> list[Change]:
    """Return what the live feed tells, in some seconds after the demo was opened, to a page that follows."""
    clock, found = PastClock(opened), []
    showcase = Showcase(SEED, int(opened.timestamp()))
    centre = dispatch_centre(seed=SEED, now=clock, history_days=1, showcase=showcase)
    async with client_of(town.city, centre) as client:
        feed = town.feeds(client, clock)[0]
        feed.cursor, feed.cursor_known = str(int((opened.timestamp() - 600) * 1000)), True
        head = 0
        for second in range(0, since_s + for_s, 2):
            clock.at = opened + timedelta(seconds=second)
            await run_once(feed, town.store)
            town.store.release(clock.at)
            found += town.store.changes(head) if second >= since_s else []
            head = town.store.head()
    return found


@pytest.mark.parametrize("since_s", [0, 47, 700])
async def test_within_two_minutes_a_call_comes_is_reclassified_is_taken_back_and_closes(
    town: CityRuntime, since_s: int
) -> None:
    last: dict[str, PublicIncident] = {}
    seen = set()
    for change in await watched(town, OPENED, since_s):
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


def test_scenes_are_played_after_opening_and_seldom_later_and_never_without_a_showcase() -> None:
    opened = int(OPENED.timestamp())
    showcase = Showcase(SEED, opened)
    starts = [at for at in range(opened - 7200, opened + 86_400) if at % SCENE_S == 0 and showcase.plays(at)]
    soon = [at for at in starts if at <= opened + 1200]
    assert all(at > opened - SCENE_S for at in starts)
    assert 10 <= len(soon) <= 11
    assert len(starts) - len(soon) == 71  # three an hour
    hour = opened // 3600
    plain, more = Dispatch(SEED), Dispatch(SEED, showcase.hour)
    assert set(plain.hour(hour)) < set(more.hour(hour))
    assert len({call.object_id for call in more.hour(hour)}) == len(more.hour(hour))
    assert len({call.number for call in more.hour(hour)}) == len(more.hour(hour))
    assert plain.hour(hour - 1) == more.hour(hour - 1)


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
