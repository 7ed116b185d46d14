"""Answers selections of published incidents from memory, and from the database where that cannot be.

It follows the change log as the window does: nothing is answered from memory that is behind what the
publisher has read, and nothing at all while the publisher itself does not follow.
"""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

import numpy as np

from blocklight.errors import StoreError
from blocklight.publish.feature_table import NOWHERE, FeatureTable
from blocklight.publish.publisher import Publisher
from blocklight.query.columns import Numbers, as_number, ordered
from blocklight.query.encoded import EncodedRows, FlatRow, Form
from blocklight.query.fields import OBJECT_ID, Fields
from blocklight.query.selection import Selection, Slice
from blocklight.query.statistics import Grouping
from blocklight.store.read.feature_rows import FeatureRows, own_fields
from blocklight.store.read.features import MOST_NUMBERS, Extent, FeatureReader

_log = logging.getLogger(__name__)

# Incidents in memory, at some 250 bytes each beside what is encoded of them; of more, the newest days.
MOST_ROWS = 250_000

_MOST_CHANGES = 20_000
# Where all do not fit into memory, only the newest days are held: a month, a week and a day more, or two
# days.
_DAYS = (31, 8, 2)

_PATIENCE_S = 0.3
# How much more than that it may become before it is read anew.
_GROWTH = 1.25

# What could not be loaded a moment ago cannot be now, and trying takes time from readers.
_RETRY_S = 30.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A table as of *seq*, with all incidents, or those received since *floor*."""

    table: FeatureTable
    epoch: str
    floor: datetime | None
    seq: int

    def covers(self, selection: Selection) -> bool:
        """Whether nothing of a selection lies before what is held."""
        return self.floor is None or (selection.since is not None and selection.since >= self.floor)

    def after(self, changed: FeatureRows) -> "_Held":
        """The records as of the moment of what changed: that comes as it is now, or was taken back."""
        self.table.add_places(changed.places)
        rows = [row for block in changed.blocks for row in block]
        if self.floor is not None:
            at, floor = own_fields(self.table.fields).index("received_at"), as_number(self.floor)
            rows = [row for row in rows if row[at] >= floor]
        at = own_fields(self.table.fields).index("id")
        for gone in changed.ids - {row[at] for row in rows}:
            self.table.remove(gone)
        self.table.put(rows)
        return replace(self, seq=changed.seq)


class HeldFeatures:
    """Answers selections; each answer is of one moment."""

    def __init__(self, publisher: Publisher, fields: Fields, *, most_rows: int = MOST_ROWS) -> None:
        self._publisher = publisher
        self._fields = fields
        self._most = most_rows
        self._held: _Held | None = None
        self._lock = Lock()
        self._beginning = Lock()
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="features")
        self._loading: Future[None] | None = None
        self._not_before = 0.0

    @property
    def _stored(self) -> FeatureReader:
        return self._publisher.store.features()

    @property
    def is_held(self) -> bool:
        """Whether anything is answered from memory."""
        return self._held is not None

    def encoded(self, selection: Selection, part: Slice, form: Form, fields: Fields) -> EncodedRows:
        """A part of what was selected, each row in a form; raises ``BadQuery``."""
        with self._current(selection) as table:
            if table is not None:
                return _encoded_rows(table, selection, part, form)
        return self._stored.encoded(selection, part, form, fields)

    def count(self, selection: Selection, fields: Fields) -> int:
        """Count what was selected."""
        with self._current(selection) as table:
            if table is not None:
                return int(np.count_nonzero(table.mask(selection, table.columns())))
        return self._stored.count(selection, fields)

    def numbers(self, selection: Selection, part: Slice | None, fields: Fields) -> list[int]:
        """The object ids of what was selected; raises ``BadQuery`` for too many."""
        with self._current(selection) as table:
            if table is not None:
                slots, _ = _chosen_numbers(table, selection, part or Slice(limit=MOST_NUMBERS))
                return table.columns()[OBJECT_ID].values(slots)
        return self._stored.numbers(selection, part, fields)

    def extent(self, selection: Selection, fields: Fields) -> Extent:
        """The extent of what was selected."""
        with self._current(selection) as table:
            if table is not None:
                return _extent_of_rows(table, selection)
        return self._stored.extent(selection, fields)

    def groups(
        self, selection: Selection, grouping: Grouping, part: Slice, fields: Fields, shown: Fields
    ) -> tuple[list[FlatRow], bool]:
        """Figures by group, and whether there are more groups: by the database."""
        return self._stored.groups(selection, grouping, part, fields, shown)

    @contextmanager
    def _current(self, selection: Selection) -> Iterator[FeatureTable | None]:
        """Keep the table from being changed, brought up to what is published; ``None``: ask the database."""
        if not self._publisher.follows_closely:
            yield None
            return
        if self._held is None and (loading := self._begin_loading()) is not None:
            wait([loading], _PATIENCE_S)  # which is enough for a small city
        if not self._lock.acquire(timeout=_PATIENCE_S):
            yield None
            return
        try:
            held = self._held = self._advanced()
            yield None if held is None or not held.covers(selection) else held.table
        finally:
            self._lock.release()

    def _advanced(self) -> _Held | None:
        """What is held as of what is published, ``None`` where it has to be read anew."""
        held, window = self._held, self._publisher.window
        if held is None or held.epoch != window.epoch:
            return None
        if held.seq >= window.seq:
            return held
        known = held.table.known_places
        changed = self._stored.changed_rows(self._fields, held.seq, _MOST_CHANGES, known)
        if changed is None or changed.epoch != held.epoch:
            return None
        held = held.after(changed)
        is_full = len(held.table) > self._most * _GROWTH
        return None if is_full or held.table.is_sparse else held

    def _begin_loading(self) -> "Future[None] | None":
        """Read everything into memory in another thread; ``None`` where somebody else has it done."""
        with self._beginning:
            is_loading = self._loading is not None and not self._loading.done()
            if is_loading or self._held is not None or time.monotonic() < self._not_before:
                return None
            self._loading = self._loader.submit(self._try_to_load)
            return self._loading

    def _try_to_load(self) -> None:
        try:
            self.load()
        except StoreError as error:
            _log.warning("features are answered by the database, not from memory: %s", error)
        if self._held is None:
            self._not_before = time.monotonic() + _RETRY_S

    def load(self) -> None:
        """Read everything into memory, or as many of the newest days as there is room for."""
        now = self._publisher.now()
        for days in (None, *_DAYS):
            floor = None if days is None else now - timedelta(days=days)
            with self._stored.every_row(self._fields, self._most, floor) as rows:
                if rows is not None:
                    held = _loaded(rows, self._fields, floor)
                    with self._lock:
                        self._held = held
                    return


def _loaded(rows: FeatureRows, fields: Fields, floor: datetime | None) -> _Held:
    table = FeatureTable(fields)
    table.add_places(rows.places)
    for block in rows.blocks:
        table.put(block)
    return _Held(table, rows.epoch, floor, rows.seq)


def _chosen_numbers(table: FeatureTable, selection: Selection, part: Slice) -> tuple[Numbers, bool]:
    columns = table.columns()
    slots = ordered(np.flatnonzero(table.mask(selection, columns)), part.order, columns)
    end = part.offset + part.limit
    return slots[part.offset : end], len(slots) > end


def _encoded_rows(table: FeatureTable, selection: Selection, part: Slice, form: Form) -> EncodedRows:
    slots, has_more = _chosen_numbers(table, selection, part)

    def encode(missing: Numbers) -> list[bytes]:
        columns = table.columns()
        values = [columns[name].values(missing) for name in form.names]
        return form.encode(list(zip(*values, strict=True)), table.points[table.places_of(missing)])

    rows = table.fragments.of(form, slots, encode)
    return EncodedRows(rows, table.points[table.places_of(slots)], has_more)


def _extent_of_rows(table: FeatureTable, selection: Selection) -> Extent:
    slots = np.flatnonzero(table.mask(selection, table.columns()))
    places = np.unique(table.places_of(slots))
    points = table.points[places[places != NOWHERE]]
    if not len(points):
        return Extent(len(slots), None)
    (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Extent(len(slots), (west, south, east, north))
