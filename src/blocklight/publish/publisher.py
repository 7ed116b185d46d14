"""Follows the change log by seq and keeps the window, the live feed and the pulse in step with it."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from blocklight.config.city import City
from blocklight.errors import StoreError
from blocklight.jobs import FOLLOWING, PAUSES, SOURCES, Job, Jobs
from blocklight.model.changes import Change
from blocklight.model.record import PublicIncident
from blocklight.model.times import iso
from blocklight.publish.answers import PublicPause, Pulse, SourcePulse, SourceState
from blocklight.publish.columns import CannotBeShown, Columns
from blocklight.publish.live import Live
from blocklight.publish.store_watch import StoreWatch
from blocklight.publish.window import Window
from blocklight.store import Pause, ReadStore, SourceHealth

T = TypeVar("T")

_log = logging.getLogger(__name__)

_POLL_S = 0.1
# Who was away for longer is better served with a new window than with as many changes.
_REPLAYED_CHANGES = 5_000

_BATCH = 1_000
# What several sources store at about the same moment becomes one frame.
_TOGETHER_S = 0.05

_HEALTH_S = 2.0
# A pause is for danger: nobody may see a paused call for longer than a moment.
_PAUSES_S = 0.5

_FORGET_S = 600.0
_RETRY_S = 1.0
# A loop that has not come round for so long does not follow, whatever it says of itself.
_LATE_S = 5.0

_CLOSE_S = 1.0
_UNREAD_S = 15.0
# Only a restart helps then: the service manager is told by `/healthz`.
_STUCK_S = 60.0

UNSTORED = "its new records cannot be stored at the moment"
SHORT = "many incidents are missing from its last answer; none has been closed yet"


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The window as of *seq*, and the changes after *start* for clients that resume."""

    columns: Columns
    epoch: str
    start: int
    newest: list[Change]
    seq: int


class Publisher:
    """One city's public state in one web process.

    *now* is the city's clock (a demo's may run faster by *clock_rate*). ``wake`` is only a hint that
    something was committed: the log is read by seq, so a lost hint costs a tenth of a second.
    """

    def __init__(
        self, city: City, store: ReadStore, *, now: Callable[[], datetime], clock_rate: float = 1.0
    ) -> None:
        self.city = city
        self.store = store
        self.now = now
        self.clock_rate = clock_rate
        self.columns = Columns()
        self.window = Window(self.columns, city_id=city.city.id, now=now)
        self.jobs_run = Jobs()
        self.live = Live(pulse=self.pulse, jobs_run=self.jobs_run, window_bytes=self.window.default_bytes)
        self.health: list[SourceHealth] = []
        self.pauses: list[Pause] = []
        self.following = False
        # How many batches of changes took something back: whoever remembers counts drops them then.
        self.retractions = 0
        # How many changes since the start could not be shown, and were left out.
        self.left_out = 0
        # Of a process that writes: whether it can.
        self.store_watch: StoreWatch | None = None
        # Of a process that has just begun to fetch: until when (monotonic seconds) no source is called late.
        # While nothing ran nobody asked, and the answer is seconds away.
        self.awaits_first_answers_until = 0.0
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._forget_at = 0.0
        # Threads of their own: whatever else waits for the store, or computes, these never wait for a thread.
        self._follower = ThreadPoolExecutor(1, thread_name_prefix="follow")
        self._watcher = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._followed_at: float | None = None
        self._turned_at: float | None = None
        self._watched_at = 0.0

    @property
    def ready(self) -> bool:
        """Whether what this process shows is what the log said a few seconds ago."""
        now = time.monotonic()
        follows = self._followed_at is not None and now - self._followed_at < _LATE_S
        reads = now - self._watched_at < _UNREAD_S
        return follows and reads and self.following and FOLLOWING not in self.jobs_run.failing and self.stores

    @property
    def follows_closely(self) -> bool:
        """Whether what this process has read of the change log is what it said a second ago."""
        now = time.monotonic()
        return self.following and self._followed_at is not None and now - self._followed_at < _CLOSE_S

    @property
    def not_ready_because(self) -> str:
        """Why this process is not ready, where it is not."""
        return "the change log is not being followed" if self.stores else "nothing can be stored"

    @property
    def stores(self) -> bool:
        """Whether what comes in can be stored; of a process that stores nothing, always."""
        return self.store_watch is None or self.store_watch.failure is None

    @property
    def stuck(self) -> bool:
        """Whether a look at the log neither succeeds nor fails: only a new process helps."""
        return self._turned_at is not None and time.monotonic() - self._turned_at > _STUCK_S

    def load(self) -> None:
        """Read the window and the newest changes from the store; blocking, once, before serving."""
        self._adopt(self._read())
        self.health = self.store.sources()
        self.pauses = self.store.pauses()

    def _read(self) -> "_Loaded":
        """Read what the columns and the replay begin with; changes nothing that is being served."""
        log = self.store.follow(0, 0)
        columns = Columns()
        since = self.now() - timedelta(hours=self.city.publish.window_hours)
        for block in self.store.window(since):
            for stored in block:
                self._put(columns, stored.incident, stored.first_seq)
        start = seq = max(log.tail, log.head - _REPLAYED_CHANGES)
        newest: list[Change] = []
        while seq < log.head:
            part = self.store.follow(seq, _BATCH)
            newest += part.changes
            seq = part.changes[-1].seq if part.changes else log.head
        return _Loaded(columns, log.epoch, start, newest, seq)

    def _adopt(self, loaded: "_Loaded") -> None:
        """Serve what was read in the place of all that was served before."""
        self.columns = loaded.columns
        self.window.begin(loaded.columns, loaded.start, loaded.epoch)
        self.live.replay.begin(loaded.start, loaded.epoch)
        self._take(loaded.newest)
        self.window.advance(loaded.seq, retracted=False)

    async def _begin_anew(self) -> None:
        """Load everything again, and have every page do so: the log is not the one that was followed.

        A backup was restored, the public ids were renewed, or changes were dropped before they were read.
        """
        _log.warning("the change log was replaced or cut: every page loads its window anew")
        self._adopt(await self._in(self._follower, self._read))
        self.retractions += 1
        self.live.reset_all()

    def wake(self) -> None:
        """Say from any thread that something may have been committed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Do the publisher's jobs until cancelled."""
        await self.jobs_run.run(self.jobs())

    def jobs(self) -> list[Job]:
        """List what keeps the public side up to date, to be run in the loop that calls this.

        A store that cannot answer is asked again, and the log says so once.
        """
        self._loop = asyncio.get_running_loop()
        self._turned_at = self._watched_at = time.monotonic()
        self._forget_at = self._loop.time() + _FORGET_S
        return [
            self.live.job(),
            Job(FOLLOWING, self._follow),
            Job(SOURCES, self._watch_health, every_s=_HEALTH_S),
            Job(PAUSES, self._watch_pauses, every_s=_PAUSES_S),
        ]

    async def _in(self, thread: Executor, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(thread, work, *args)

    async def _follow(self) -> None:
        try:
            await self._follow_once()
        finally:
            self._turned_at = time.monotonic()

    async def _follow_once(self) -> None:
        try:
            log = await self._in(self._follower, self.store.follow, self.window.seq, _BATCH)
            if log.epoch != self.window.epoch or not log.tail <= self.window.seq <= log.head:
                await self._begin_anew()
                return
            self._said(following=True)
        except StoreError as error:
            self._said(following=False, reason=str(error))
            await asyncio.sleep(_RETRY_S)
            return
        if log.changes:
            self.live.publish(self._take(log.changes, replay=False))
            if len(log.changes) < _BATCH:  # many small commits are read together, not each by itself
                await asyncio.sleep(_TOGETHER_S)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_S):
                await self._wake.wait()
        self._wake.clear()

    def _take(self, changes: list[Change], *, replay: bool = True) -> list[Change]:
        """Bring the columns up to the last of *changes*."""
        retracted = in_window = False
        shown: list[Change] = []
        for change in changes:
            if change.incident is None:
                retracted = True  # the weeks that "usual" counts begin long before the window
                in_window = self.columns.remove(change.id) or in_window
            elif not self._put(self.columns, change.incident, change.first_seq):
                # To those who follow, a retraction: no version that they may hold is true any more.
                shown.append(msgspec.structs.replace(change, incident=None, released_at=None))
                retracted = in_window = True
                continue
            shown.append(change)
        if replay:
            for change in shown:
                self.live.replay.add(change)
        self.retractions += retracted
        if shown:
            self.window.advance(shown[-1].seq, retracted=in_window)
        return shown

    def _put(self, columns: Columns, incident: PublicIncident, first_seq: int) -> bool:
        """Put one incident into *columns*, or leave it out: one row must not take the map from everybody."""
        try:
            columns.put_row(incident, first_seq)
        except CannotBeShown as error:
            if not self.left_out:
                _log.error(
                    "incident %s cannot be shown (%s) and is left out, as others may be: "
                    "see blocklight_left_out_total",
                    incident.id,
                    error,
                )
            self.left_out += 1
            return False
        return True

    def _said(self, *, following: bool, reason: str = "") -> None:
        if following and not self.following:
            _log.info("following the change log from seq %d", self.window.seq)
        if self.following and not following:
            _log.error("cannot follow the change log: %s", reason)
        self.following = following
        if following:
            self._followed_at = time.monotonic()

    async def _watch_health(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(StoreError):
            self.health = await self._in(self._watcher, self.store.sources)
            self._watched_at = time.monotonic()
        if loop.time() >= self._forget_at:
            self._forget_at = loop.time() + _FORGET_S
            oldest = self.now() - timedelta(hours=self.city.publish.window_hours)
            self.columns.forget_before(oldest)

    async def _watch_pauses(self) -> None:
        """Say at once what the city has paused or resumed, by whichever process."""
        with suppress(StoreError):
            pauses = await self._in(self._watcher, self.store.pauses)
            if pauses != self.pauses:
                for pause in pauses:
                    if pause not in self.pauses:
                        _log.warning("paused: %s: %s", pause.what, pause.reason)
                for pause in self.pauses:
                    if pause not in pauses:
                        _log.warning("no longer paused: %s", pause.what)
                self.pauses = pauses
                self.live.pulse_now()

    def published_by_source(self) -> dict[str, int]:
        """Count the incidents in the public window by source."""
        return self.columns.by_source(self.now() - timedelta(hours=self.city.publish.window_hours))

    def pulse(self) -> Pulse:
        """What is always visible: the clock, how fresh each source is, open now and closed today."""
        now = self.now()
        midnight = now.astimezone(self.city.city.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            "now": iso(now.replace(microsecond=0)),
            "clock_rate": self.clock_rate,
            "seq": self.window.seq,
            "sources": self.sources_pulse(now),
            "open": self.columns.open,
            "closed_today": self.columns.closed_since(midnight),
            "paused": [_public_pause(pause) for pause in self.pauses],
        }

    def sources_pulse(self, now: datetime) -> list[SourcePulse]:
        """Each configured source's state, in the order of the city file."""
        healths = {health.source: health for health in self.health}
        return [
            self.source_state(healths.get(source.id), source.id, source.lateness_s * self.clock_rate, now)
            for source in self.city.sources
        ]

    def source_state(
        self, health: SourceHealth | None, source: str, lateness_s: float, now: datetime
    ) -> SourcePulse:
        """Like the function of this name; ``unstored`` overrides its state, and ``paused`` overrides both."""
        entry = source_state(health, source, lateness_s, now)
        if entry["state"] == "late" and time.monotonic() < self.awaits_first_answers_until:
            entry["state"] = "ok"
        if not self.stores:
            entry["state"], entry["reason"] = "unstored", UNSTORED
        if any(
            pause.scope == "city" or (pause.scope, pause.value) == ("source", source) for pause in self.pauses
        ):
            entry["state"] = "paused"
        return entry


def _public_pause(pause: Pause) -> PublicPause:
    return {
        "scope": pause.scope,
        "value": pause.public_value,
        "reason": pause.reason,
        "since": iso(pause.since),
    }


def source_state(health: SourceHealth | None, source: str, lateness_s: float, now: datetime) -> SourcePulse:
    """A source's ``state`` (ok, short, late, failing, waiting) with how long ago it last answered."""
    if health is None or health.last_success_at is None:
        failure = None if health is None else health.reason
        return {
            "id": source,
            "state": "failing" if failure else "waiting",
            "last_success_at": None,
            "reason": failure,
        }
    state, reason = _state_of(health, health.last_success_at, lateness_s, now)
    return {
        "id": source,
        "state": state,
        "last_success_at": iso(health.last_success_at),
        "late_s": round(_age_s(health.last_success_at, now)),
        "reason": reason,
    }


def _state_of(
    health: SourceHealth, last_success_at: datetime, lateness_s: float, now: datetime
) -> tuple[SourceState, str | None]:
    """The state of a source that has answered, and the reason that is public with it."""
    if _age_s(last_success_at, now) > lateness_s:
        return ("failing", health.reason) if health.reason else ("late", None)
    return ("ok", None) if health.short_at is None else ("short", SHORT)


def _age_s(last_success_at: datetime, now: datetime) -> float:
    return max(0.0, (now - last_success_at).total_seconds())
