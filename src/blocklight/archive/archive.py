"""Keeps one city's month files in step with the change log, and withdraws at once what was taken back."""

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from blocklight.archive.folder import (
    VERIFY,
    files_of_one_only,
    holds_any,
    own_folder,
    remove,
    take_request,
)
from blocklight.archive.manifest import (
    Manifest,
    MonthFile,
    is_intact,
    is_sound,
    read_manifest,
    write_manifest,
)
from blocklight.archive.month_files import month_tables, write_files
from blocklight.archive.month_table import LAYOUT
from blocklight.archive.months import month_bounds, month_of, months_between, months_near
from blocklight.errors import BadQuery, StoreBusy
from blocklight.model.changes import Change
from blocklight.model.times import iso
from blocklight.store import LogPart, ReadStore

_BATCH = 1000
# How long a month's file is kept at least before newer changes of that month are written into it.
_PAUSE_S = 120.0

_FRESH_S = 0.5
# Disks lose bits: also a file that nobody asks for is compared with its checksum.
_CHECKED_EVERY_S = 86_400.0

# A month takes seconds to build: whoever needs more is told to come back, and holds no place meanwhile.
_MOST_BUILT_FOR_A_READER = 2


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files as of *seq*; *missing* are months of which no file may be read before it is built anew."""

    seq: int
    months: tuple[MonthFile, ...]
    missing: frozenset[str]
    exact_before: datetime
    """What was published before this moment is in the files."""
    moment: datetime | None = None
    """The moment of the past that is asked about, ``None`` for what is public now."""

    @property
    def as_of(self) -> datetime | None:
        """When what the newest file holds was published, or the *moment*; ``None`` where there is no file."""
        if self.moment is not None:
            return self.moment
        return max((month.built_at for month in self.months), default=None)

    def at(self, moment: datetime) -> "Snapshot":
        """The same files, read as of an earlier moment; raises ``BadQuery`` for one too late for them."""
        if moment >= self.exact_before:
            raise BadQuery(f"the archive is complete up to {iso(self.exact_before)}", parameter="as_of")
        return replace(self, moment=moment)

    def files(self, since: datetime | None, until: datetime | None) -> tuple[str, ...]:
        """Name the files with anything received from *since* to before *until*.

        With a *moment* these are files of versions.
        """
        files = (month if self.moment is None else month.revisions for month in self.months)
        return tuple(
            file.file
            for file in files
            if file is not None
            and (since is None or file.last_at >= since)
            and (until is None or file.first_at < until)
        )


class _Pending(NamedTuple):
    """Changes that a month's file lacks: when the first was published, if known, and the newest seq."""

    since: datetime | None
    seq: int


class Archive:
    """The month files of one city in a folder that no other process writes to.

    Whoever reads asks `current` first: it follows the change log up to this moment, and a file with anything
    that was taken back is gone before the answer is made. Safe to use from several threads.
    """

    def __init__(
        self,
        store: ReadStore,
        folder: Path,
        *,
        city: str,
        area_kinds: Sequence[str],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._city = city
        self._area_kinds = list(area_kinds)
        self._now = now
        self._clock = clock
        self._lock = threading.RLock()
        self._building = threading.Lock()
        self._lock_file, self.folder = own_folder(folder)
        self._built_at: dict[str, float] = {}
        # What was taken back while a file is being built, which may hold it.
        self._taken_back: list[tuple[int, str]] = []
        self._caught_up_at = -_PAUSE_S
        # How often everything was withdrawn: what was being built then is of another log.
        self._beginnings = 0
        self._checked_at: dict[str, float] = {}
        self._epoch, self._seq = "", -1
        self._months: dict[str, MonthFile] = {}
        self._dirty: dict[str, _Pending] = {}
        self._adopt(read_manifest(self.folder))

    def close(self) -> None:
        """Let another process write to the folder."""
        os.close(self._lock_file)

    def current(self) -> Snapshot:
        """The files that may be served at this moment."""
        with self._lock:
            self._catch_up()
            self._withdraw(
                [name for name, month_file in self._months.items() if not is_intact(self.folder, month_file)]
            )
            missing = frozenset(month for month in self._dirty if month not in self._months)
            return Snapshot(self._seq, self._as_of_now(), missing, self._exact_before())

    def _as_of_now(self) -> tuple[MonthFile, ...]:
        """The files in order; those that lack nothing are exact as of this moment, whenever they were built.

        Which of them was built last would tell in which month a call was received that was taken back.
        """
        newest = max((month.built_at for month in self._months.values()), default=None)
        return tuple(
            month
            if name in self._dirty or newest is None
            else msgspec.structs.replace(month, seq=self._seq, built_at=newest)
            for name, month in sorted(self._months.items())
        )

    def complete(self) -> Snapshot:
        """The files with none missing, building one or two at once; raises ``StoreBusy`` for more."""
        snapshot = self.current()
        if len(snapshot.missing) > _MOST_BUILT_FOR_A_READER:
            raise StoreBusy("the archive is being built")
        for month in snapshot.missing:
            self.build(month)
        return self.current() if snapshot.missing else snapshot

    def settled(self) -> Snapshot:
        """The files, with one or two that are missing built at once; more are built in their turn."""
        try:
            return self.complete()
        except StoreBusy:
            return self.current()

    def serves(self, file: str) -> bool:
        """Whether a file may still be sent, as of less than a second ago; cheap enough for every chunk."""
        with self._lock:
            if self._clock() - self._caught_up_at > _FRESH_S:
                self._catch_up()
            return any(file in month.files for month in self._months.values())

    def turn(self) -> bool:
        """Build the file that needs it most, and say whether there was one."""
        work = take_request(self.folder)
        if work == VERIFY:
            self.damaged()
        elif work is not None:
            self.mark_all()
        self.current()
        month = self._most_urgent()
        if month is None:
            self._check_one()
            return False
        self.build(month)
        return True

    def damaged(self) -> list[str]:
        """Withdraw every file that is not what was written, by its checksum, and name their months."""
        with self._lock:
            files = list(self._months.values())
        return [month_file.month for month_file in files if not self._is_sound(month_file)]

    def _check_one(self) -> None:
        """Compare one file a turn with its checksum, each about once a day."""
        due = self._clock() - _CHECKED_EVERY_S
        with self._lock:
            month_file = next(
                (
                    month_file
                    for month_file in self._months.values()
                    if self._checked_at.get(month_file.file, -1e9) < due
                ),
                None,
            )
        if month_file is not None:
            self._is_sound(month_file)

    def _is_sound(self, month_file: MonthFile) -> bool:
        sound = is_sound(self.folder, month_file)
        with self._lock:
            self._checked_at[month_file.file] = self._clock()
            if not sound and self._months.get(month_file.month) == month_file:
                self._withdraw([month_file.month])
        return sound

    def mark_all(self) -> None:
        """Have every month built anew; files are served until theirs is."""
        bounds = self._store.received_bounds()
        with self._lock:
            self._mark([*(months_between(*bounds) if bounds else ()), *self._months], None)
            self._built_at.clear()
            self._write()

    def build(self, month: str) -> None:
        """Build a month's file from the store and put it in the place of the one before."""
        with self._building:
            with self._lock:
                self._taken_back.clear()
                beginnings, seq = self._beginnings, self._seq
            built = self._built(month)
            with self._lock:
                self._catch_up()
                later = {id_ for seq, id_ in self._taken_back if built is not None and seq > built.seq}
                is_stale = built is not None and later and holds_any(self.folder / built.file, later)
                if beginnings != self._beginnings or is_stale:
                    if built is not None and built != self._months.get(month):
                        remove(self.folder, files_of_one_only(built, self._months.get(month)))
                    return  # it stays dirty, and is built again in the next turn
                self._install(month, built, seq if built is None else built.seq)

    def _install(self, month: str, built: MonthFile | None, seq: int) -> None:
        """Put a file that is exact as of *seq* in the place of the one before."""
        before = self._months.pop(month, None)
        if built is not None:
            self._months[month] = built
        pending = self._dirty.pop(month, None)
        if pending is not None and pending.seq > seq:
            self._dirty[month] = _Pending(None, pending.seq)
        self._built_at[month] = self._clock()
        if built is not None:
            self._checked_at[built.file] = self._clock()
        self._write()
        if before is not None:
            remove(self.folder, files_of_one_only(before, built))

    def _built(self, month: str) -> MonthFile | None:
        """Write a month's files; ``None`` where nothing is published of it."""
        built_at = self._now().replace(microsecond=0)
        with self._store.rows_between(*month_bounds(month)) as month_rows:
            tables = month_tables(month_rows, self._area_kinds)
            seq = month_rows.seq
        return write_files(self.folder, month, tables, seq, built_at, in_use=self._file_names())

    def _most_urgent(self) -> str | None:
        """The newest month without a file, else the newest whose file has had its time."""
        with self._lock:
            for month in sorted(self._dirty, reverse=True):
                if month not in self._months:
                    return month
            due = self._clock() - _PAUSE_S
            ready = (month for month in self._dirty if self._built_at.get(month, due) <= due)
            return max(ready, default=None)

    def _catch_up(self) -> None:
        while True:
            part = self._store.follow(max(self._seq, 0), _BATCH)
            if part.epoch != self._epoch or not part.tail <= self._seq <= part.head:
                self._start_over(part)
                return
            if not part.changes:
                self._caught_up_at = self._clock()
                return
            self._note(part.changes)
            self._seq = part.changes[-1].seq

    def _note(self, changes: Sequence[Change]) -> None:
        taken_back = [(change.seq, change.id) for change in changes if change.incident is None]
        if taken_back:
            self._taken_back += taken_back
            self._withdraw(self._holding({id_ for _, id_ in taken_back}))
        drift = self._store.drift() if any(change.seq != change.first_seq for change in changes) else None
        for change in changes:
            if change.incident is None:
                continue
            received_at = change.incident.received_at
            if drift and change.seq != change.first_seq:
                near = [month for month in months_near(received_at, drift) if month in self._months]
                self._mark(near, change.changed_at, change.seq)
            self._mark([month_of(received_at)], change.changed_at, change.seq)

    def _mark(self, months: Iterable[str], since: datetime | None, seq: int = 0) -> None:
        """Note that files lack changes up to *seq*, the first of them published at *since*, if known."""
        for month in months:
            before = self._dirty.get(month)
            if before is not None:
                known = before.since is not None and since is not None
                since_all = min(before.since, since) if known else None  # type: ignore[type-var]  # neither is None
                self._dirty[month] = _Pending(since_all, max(before.seq, seq))
            else:
                self._dirty[month] = _Pending(since, seq)

    def _exact_before(self) -> datetime:
        """The moment before which every change is in the files, as far as it was committed."""
        ends = [self._now()]
        for month, pending in self._dirty.items():
            if month in self._months:
                ends.append(pending.since or self._months[month].built_at)
        return min(ends)

    def _start_over(self, part: LogPart) -> None:
        """Withdraw everything: the log is not the one that was followed, or part of it was never read."""
        self._epoch, self._seq = part.epoch, part.head
        bounds = self._store.received_bounds()
        self._dirty = {}
        self._mark(months_between(*bounds) if bounds else (), None)
        self._withdraw(list(self._months))
        self._beginnings += 1

    def _holding(self, ids: Collection[str]) -> list[str]:
        return [name for name, month in self._months.items() if holds_any(self.folder / month.file, ids)]

    def _withdraw(self, months: Iterable[str]) -> None:
        withdrawn = [self._months.pop(month) for month in months]
        if withdrawn:
            self._mark((month_file.month for month_file in withdrawn), None)
            self._write()
            remove(self.folder, [file for month_file in withdrawn for file in month_file.files])

    def _adopt(self, manifest: Manifest | None) -> None:
        """Go on with what is on disk, if that is of this city and in today's columns."""
        if (
            manifest is not None
            and (manifest.city, manifest.layout) == (self._city, LAYOUT)
            and manifest.area_kinds == self._area_kinds
        ):
            self._epoch, self._seq = manifest.epoch, manifest.seq
            self._mark(manifest.dirty, None, manifest.seq)
            for name, month in manifest.months.items():
                if is_intact(self.folder, month):
                    self._months[name] = month
                else:
                    self._mark([name], None)
        file_names = self._file_names()
        on_disk = [path.name for path in self.folder.glob("*.parquet")]
        remove(self.folder, [name for name in on_disk if name not in file_names])

    def _file_names(self) -> set[str]:
        return {file for month in self._months.values() for file in month.files}

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        manifest = Manifest(
            self._city, LAYOUT, self._area_kinds, self._epoch, self._seq, self._months, list(self._dirty)
        )
        write_manifest(self.folder, manifest)
