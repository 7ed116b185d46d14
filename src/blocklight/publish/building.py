"""Builds windows beside the live feed: one at a time, each once for all who wait for it."""

import asyncio
import heapq
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from blocklight.publish.window import Snapshot, Window

# How long somebody waits for a newer answer where there is an older one of use.
_PATIENCE_S = 0.5

_LONGEST_S = 10.0
# Of a processor, for building: a thread that computes takes turns with the one that sends frames.
_SHARE = 0.5

# Of one processor: the rest is for requests, and for the operating system.
_FOR_BOTH = 0.75

# However busy sending is, windows are built in the end: who has none sees nothing.
_LEAST_SHARE = 0.1

# Sending that takes no more than this is not disturbed by building.
_LITTLE = 0.1

_LONGEST_REST_S = 0.5


class _Job(NamedTuple):
    """A window to build; the short and much wanted ones sort first."""

    hours: int
    what: str
    encoding: str


class WindowBuilds:
    """Answers for windows; never more work than one thread does, and less than all of a processor's time."""

    def __init__(
        self, window: Callable[[], Window], sending_share: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._window = window
        self._sending_share = sending_share
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="window")
        self._waiting: dict[_Job, asyncio.Future[Snapshot]] = {}
        self._next: list[_Job] = []
        self._working: asyncio.Task[None] | None = None

    async def get(self, hours: int, encoding: str, content: str) -> Snapshot | None:
        """An answer, a little late where building takes long; ``None`` when it takes too long."""
        snapshot = self._window().ready(hours, encoding, content)
        if snapshot is not None:
            return snapshot
        job = _Job(hours, content, encoding)
        has_older = self._window().older(hours, encoding, content) is not None
        for longest_s in (_PATIENCE_S, _LONGEST_S) if has_older else (_LONGEST_S,):
            with suppress(TimeoutError):
                async with asyncio.timeout(longest_s):
                    return await self._newest(job)
            older = self._window().older(hours, encoding, content)  # anew: something may have been taken back
            if older is not None:
                return older
        return None

    async def _newest(self, job: _Job) -> Snapshot:
        while True:
            snapshot = await asyncio.shield(self._order(job))
            if self._window().may_tell(snapshot):
                return snapshot

    def _order(self, job: _Job) -> "asyncio.Future[Snapshot]":
        """Have *job* done soon, once for all who want it."""
        building = self._waiting.get(job)
        if building is None:
            building = self._waiting[job] = asyncio.get_running_loop().create_future()
            building.add_done_callback(_retrieved)
            heapq.heappush(self._next, job)
            if self._working is None or self._working.done():
                self._working = asyncio.create_task(self._work())
        return building

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._next:
            job = heapq.heappop(self._next)
            started_at = loop.time()
            build = loop.run_in_executor(self._thread, self._window().get, job.hours, job.encoding, job.what)
            try:
                snapshot = await build
            except Exception as error:  # noqa: BLE001 - it belongs to those who wait for it
                self._waiting.pop(job).set_exception(error)
            else:
                self._waiting.pop(job).set_result(snapshot)
            took = loop.time() - started_at
            await asyncio.sleep(rest_after(took, self._sending_share(), max_share=_SHARE))


def rest_after(took_s: float, sending_share: float, *, max_share: float, workers: int = 1) -> float:
    """Tell how long one of *workers* threads rests after work that took *took_s*.

    All of them take at most the share *max_share* of a processor, and less where sending frames takes much
    of it: a thread that computes holds the interpreter for milliseconds, again and again, and thousands wait.
    """
    allowed = (
        max_share if sending_share < _LITTLE else min(max_share, max(_LEAST_SHARE, _FOR_BOTH - sending_share))
    )
    return min(_LONGEST_REST_S, took_s * max(0.0, workers / allowed - 1))


def _retrieved(building: "asyncio.Future[Snapshot]") -> None:
    """Look at an error that nobody waits for any more, so that asyncio does not write it out."""
    if not building.cancelled():
        building.exception()
