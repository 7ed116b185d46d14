"""Remembers where each incident was shown, so that no later place reveals more together with it.

It outlives a retraction, so places are not stored: only digests under a key that is not in the
database. They show whether another place is the same, lies inside it or contains it.
"""

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.geo.hexagons import (
    COARSEST,
    FINEST,
    around_both,
    cell_of,
    coarsened,
    known_resolution,
    parent,
    place_of,
    resolution_of,
    stands_for_blocks,
)
from blocklight.model.record import Bound, Place, PublicIncident
from blocklight.model.vocabulary import PlaceKind
from blocklight.store.write.statements import Statements, fetch, run_many

_FINER_THAN_CELLS = (PlaceKind.PUBLISHER, PlaceKind.INTERSECTION, PlaceKind.BLOCK)
_WITH_THEIR_REACH = (PlaceKind.GRID, PlaceKind.INTERSECTION, PlaceKind.BLOCK)
_DIGEST_BYTES = 12
_SALT_BYTES = 8


class Mark(msgspec.Struct, frozen=True):
    """Where an incident was shown: the finest cell and those that contain it, or other kinds of places.

    *cells* are digests of cells from the coarsest to the finest, *others* those of places that are not cells.
    After a *fixed* one nothing finer is shown.
    """

    salt: str
    cells: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    fixed: bool = False


_encode, _mark_of = msgspec.json.encode, msgspec.json.Decoder(Mark).decode


class Digests:
    """Makes and compares the marks of one city; without a key it recognises no place."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    def mark(self, id_: str, place: Place | None, *, fixed: bool = False) -> Mark:
        """The mark of an incident that was shown only at *place*, or only without a place.

        The salt is made of its current id, and stays the same when the id changes.
        """
        mark = Mark(self._hash(id_, _SALT_BYTES), fixed=fixed or self._key is None)
        return mark if place is None or self._key is None else self.also(mark, place)

    def also(self, mark: Mark, place: Place) -> Mark:
        """The mark of an incident that is also shown at *place*."""
        if self._key is None or (mark.fixed and mark.cells):
            return mark
        cells = _cells(place)
        if cells is None:
            digest = self._of(mark, _place_text(place))
            return mark if digest in mark.others else replace(mark, others=(*mark.others, digest))
        if len(cells) <= len(mark.cells) or (mark.others and not mark.cells):
            return mark
        return replace(mark, cells=tuple(self._of(mark, cell) for cell in cells))

    def allows(self, mark: Mark, place: Place) -> bool:
        """Whether a place was shown before, contains all earlier places, or lies inside each one."""
        cells = _cells(place)
        if cells is None or (mark.others and not mark.cells):
            nowhere = not (mark.others or mark.cells or mark.fixed)
            return nowhere or self._of(mark, _place_text(place)) in mark.others
        if mark.fixed and len(cells) > len(mark.cells):
            return False
        return self._is_along(mark, cells)

    def held_by(self, mark: Mark, place: Place) -> Place | None:
        """The fixed cell that contains a finer one, ``None`` if there is none."""
        cells = _cells(place)
        if not mark.fixed or not mark.cells or cells is None or not self._is_along(mark, cells):
            return None
        return place_of(cells[len(mark.cells) - 1])

    def _is_along(self, mark: Mark, cells: tuple[str, ...]) -> bool:
        common = min(len(cells), len(mark.cells))
        return not common or self._of(mark, cells[common - 1]) == mark.cells[common - 1]

    def _of(self, mark: Mark, text: str) -> str:
        return self._hash(f"{mark.salt}\x1f{text}", _DIGEST_BYTES)

    def _hash(self, text: str, size: int) -> str:
        if self._key is None:
            return ""
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=size).hexdigest()


def _cells(place: Place) -> tuple[str, ...] | None:
    """The cells that contain a cell, the coarsest first and itself last; ``None`` for other places."""
    cell = cell_of(place)
    if cell is None or stands_for_blocks(place):
        return None
    return tuple(parent(cell, resolution) for resolution in range(COARSEST, resolution_of(cell) + 1))


def _place_text(place: Place) -> str:
    # An approved place that reaches elsewhere than before, or stands for another one, is another place.
    radius = place.radius_m if place.kind in _WITH_THEIR_REACH else ""
    return f"{place.kind}\x1f{place.lon}\x1f{place.lat}\x1f{radius}\x1f{place.label or ''}"


class PlaceMarks:
    """The marks of the incidents of one transaction."""

    def __init__(self, cursor: DBAPICursor, sql: Statements, key: bytes | None) -> None:
        self._cursor = cursor
        self._sql = sql
        self._digests = Digests(key)
        # Whether the database has any at all: in most, a look for those of a batch is saved.
        self.are_stored = True
        self._marks: dict[str, Mark | None] = {}
        self._changed: set[str] = set()

    def load(self, ids: Iterable[str]) -> None:
        """Read the marks of some incidents; most have none."""
        unread = [id_ for id_ in ids if id_ not in self._marks]
        if unread:
            self._marks |= dict.fromkeys(unread)
        if unread and self.are_stored:
            rows = fetch(self._cursor, self._sql.place_marks, self._sql.keys(unread))
            self._marks |= {id_: _mark_of(text) for id_, text in rows}

    def follow(self, new: PublicIncident, current: Bound | None) -> PublicIncident:
        """A version of an incident at a place that reveals no more together with the earlier ones.

        *current* is where it is shown now, ``None`` if it is not shown. The new place is used if it contains,
        or lies inside, all that were shown: then their overlap is never smaller than the smallest of them.
        Otherwise what is shown depends on the current place alone, so the new one reveals nothing.
        """
        place = new.place
        if place is None or (current is not None and current.place == place):
            return new
        mark = self._marks.get(new.id)
        if mark is None:
            if current is None or current.place is None:
                return new
            mark = self._digests.mark(new.id, current.place)
        if self._digests.allows(mark, place):
            self._note(new.id, self._digests.also(mark, place))
            return new
        if (held := self._digests.held_by(mark, place)) is not None:
            return _placed_at(new, held, current)
        if current is None or current.place is None:
            return _placed_at(new, None, current)
        return self._moved(new, place, current.place, current, mark)

    def _moved(
        self, new: PublicIncident, place: Place, first: Place, current: Bound, mark: Mark
    ) -> PublicIncident:
        if first.reaches(place):
            derived = _derived(current, new.bound)
            self._note(new.id, mark if derived is None else self._digests.also(mark, derived))
            return _placed_at(new, derived, current)
        around = around_both(first, place)  # it was corrected: a cell that contains both is true
        self._note(new.id, self._digests.mark(new.id, around, fixed=True))
        return _placed_at(new, around, current)

    def keep(self, id_: str, place: Place | None) -> None:
        """Remember the place of an incident that is retracted, or is shown elsewhere from now on."""
        self.load([id_])
        mark = self._marks[id_]
        if mark is None and place is not None:
            self._note(id_, self._digests.mark(id_, place))
        elif mark is not None and place is not None:
            self._note(id_, self._digests.also(mark, place))

    def drop(self, id_: str) -> None:
        """Forget about an incident that is never shown again."""
        self._marks[id_] = None
        self._changed.add(id_)

    def write(self) -> None:
        """Write what changed."""
        gone = [id_ for id_ in self._changed if self._marks[id_] is None]
        if gone:
            self._cursor.execute(self._sql.delete_place_marks, self._sql.keys(gone))
        rows = [(id_, _encode(mark).decode()) for id_ in self._changed if (mark := self._marks[id_])]
        run_many(self._cursor, self._sql.put_place_mark, rows)
        self._changed = set()

    def _note(self, id_: str, mark: Mark) -> None:
        if mark != self._marks.get(id_):
            self._marks[id_] = mark
            self._changed.add(id_)


def _derived(first: Bound, target: Bound) -> Place | None:
    """A place made from *first* alone, as coarse as *target*.

    It does not depend on where the wanted place is: neither on its area, nor on the size of that.
    """
    place, new = first.place, target.place
    if place is None or new is None:
        return None
    if new.kind is PlaceKind.AREA:
        same_kind = place.kind is PlaceKind.AREA and first.areas.keys() == target.areas.keys()
        return place if same_kind else None
    cell = cell_of(new)
    resolution = FINEST if cell is None else resolution_of(cell)
    masked = new.kind is PlaceKind.GRID and place.kind in _FINER_THAN_CELLS
    unlabelled = stands_for_blocks(place) and place.label is not None and new.label is None
    coarser = resolution < known_resolution(place)
    return coarsened(place, resolution) if masked or unlabelled or coarser else place


def _placed_at(new: PublicIncident, place: Place | None, current: Bound | None) -> PublicIncident:
    """An incident at a place, with areas only if it is the current one: others are unknown here."""
    is_same = current is not None and place is not None and current.place == place
    return replace(new, place=place, areas=current.areas if current is not None and is_same else {})
