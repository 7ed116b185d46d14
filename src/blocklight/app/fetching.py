"""Runs a city's intake: every source polled, what waits released, and one process at a time doing it."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from blocklight.app.city_runtime import CityRuntime
from blocklight.app.policy_change import apply_policy
from blocklight.app.webhooks import delivery_of
from blocklight.errors import StoreError
from blocklight.intake.clock_watch import ClockWatch
from blocklight.intake.run import Feed, Runner
from blocklight.intake.threads import UPKEEP, in_thread
from blocklight.jobs import CLOCK, DROPPING, LOCK, POLLING, RELEASING, Job, Jobs
from blocklight.publish.store_watch import StoreWatch

_log = logging.getLogger(__name__)

# How often a process that waits tries to take over, and the one that fetches looks whether it still may.
TURN_EVERY_S = 2.0

# Until a jump of the clock is noticed, every time that is stored may be wrong by it.
_CLOCK_EVERY_S = 5.0

# Seldom, as each time all writers wait for a moment.
_COMPACT_EVERY_S = 3600.0

# A call that is held until a time should appear at that time.
_RELEASE_EVERY_S = 0.5

# Who follows the log may be away over night, or for a day, and goes on from where it was.
_KEEP_CHANGES = timedelta(hours=48)

# In a small town two days are a hundred changes: there the log reaches back much longer, at no cost.
_KEEP_AT_LEAST = 20_000

Clock = Callable[[], datetime]


class _TurnLost(Exception):
    """The database no longer knows of our lock."""


class Intake:
    """All that writes for one city. While another process holds the city's lock, it waits to take over."""

    def __init__(
        self,
        runtime: CityRuntime,
        feeds: list[Feed],
        *,
        now: Clock,
        stored: Callable[[], None],
        jobs_run: Jobs,
        store_watch: StoreWatch,
    ) -> None:
        self._runtime = runtime
        self._store = runtime.store
        self._feeds = feeds
        self._now = now
        self._stored = stored
        self._jobs_run = jobs_run
        self._lock = runtime.store.intake_lock()
        self._store_watch = store_watch
        self._runners = [
            Runner(feed, runtime.store, now=now, stored=stored, store_fails=self._store_fails)
            for feed in feeds
        ]
        self.fetching = False
        self.delivery = delivery_of(runtime, now)

    async def begin(self) -> bool:
        """Take the city's turn if it is free, and let the policy act on the past; return whether it was."""
        if not await in_thread(UPKEEP, self._lock.acquire):
            return False
        await in_thread(
            UPKEEP, apply_policy, self._runtime.city, self._runtime.rules, self._store, self._now()
        )
        for feed in self._feeds:
            feed.cursor_known = False  # whoever fetched before has moved it
        self.fetching = True
        return True

    async def run(self) -> None:
        """Fetch, and deliver to webhooks, until cancelled, whenever it is this process's turn."""
        try:
            await self._take_turns()
        finally:
            await self.delivery.close()

    async def _take_turns(self) -> None:
        while True:
            if not self.fetching:
                await self._wait()
            try:
                await self._jobs_run.run(self.jobs())
            except* _TurnLost:
                _log.error(
                    "the intake lock is lost, perhaps to another process; fetching stops until it is free"
                )
            self.fetching = False

    async def _store_fails(self) -> bool:
        await self._store_watch.look()
        return self._store_watch.failure is not None

    def close(self) -> None:
        """Let another process take over at once."""
        self._lock.release()

    def poll_now(self) -> None:
        """Look at every source at once, whatever it waits for."""
        for runner in self._runners:
            runner.poll_now()

    def jobs(self) -> list[Job]:
        """List what is done while it is this process's turn."""
        watch = ClockWatch()
        return [
            *(Job(POLLING, runner.turn) for runner in self._runners),
            Job(RELEASING, self._release, every_s=_RELEASE_EVERY_S),
            Job(DROPPING, self._compact, every_s=_COMPACT_EVERY_S, waits_first=True),
            Job(CLOCK, partial(self._watch_clock, watch), every_s=_CLOCK_EVERY_S, waits_first=True),
            self.delivery.job(),
            Job(LOCK, self._watch_turn, every_s=TURN_EVERY_S, waits_first=True, ends_with=(_TurnLost,)),
        ]

    async def _wait(self) -> None:
        """Wait for one's turn; says so once, and once more when it has come."""
        _log.info("another process fetches for %s; waiting to take over", self._runtime.city.city.id)
        while True:
            await asyncio.sleep(TURN_EVERY_S)
            with suppress(StoreError):  # whoever reads from it says what is wrong
                if await self.begin():
                    _log.info("fetching for %s: the other process is gone", self._runtime.city.city.id)
                    return

    async def _watch_turn(self) -> None:
        if not await in_thread(UPKEEP, self._lock.held):
            raise _TurnLost

    async def _watch_clock(self, watch: ClockWatch) -> None:
        if jump_s := watch.jump_s():
            await self.clock_was_set(jump_s)

    async def clock_was_set(self, jump_s: float) -> None:
        """Repair what a wrong clock made of times, as far as it can be known, and read every source again."""
        direction = "forward" if jump_s > 0 else "back"
        _log.warning("the clock was set %s by %.0f s; reading the sources again", direction, abs(jump_s))
        if jump_s < 0:
            with suppress(StoreError):  # said by whoever fetches; a later fetch closes them again
                await in_thread(UPKEEP, self._store.close_no_later, self._now())
                self._stored()
        for runner in self._runners:
            runner.clock_was_set()

    async def _release(self) -> None:
        """Publish what was held back as soon as its time has come."""
        with suppress(StoreError):  # it stays held, and whoever fetches says what is wrong
            if await in_thread(UPKEEP, self._store.release, self._now()) is not None:
                self._stored()

    async def _compact(self) -> None:
        """Drop old changes now and then; a live client that is further behind loads the window anew."""
        since = self._now() - _KEEP_CHANGES
        with suppress(StoreError):  # nothing is lost by keeping more until the next time
            await in_thread(
                UPKEEP, partial(self._store.compact, keep_since=since, keep_at_least=_KEEP_AT_LEAST)
            )
