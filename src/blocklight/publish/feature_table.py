"""Published incidents as columns in memory, in the order of publication, for those who query them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocklight.publish.fragments import Fragments
from blocklight.query.columns import (
    NOTHING,
    Codes,
    Column,
    Mask,
    NumberColumn,
    Numbers,
    PlaceColumn,
    PointColumn,
    TextColumn,
    Words,
    as_number,
    rows_meeting,
)
from blocklight.query.fields import GEOMETRY, OBJECT_ID, Field, Fields, FieldType
from blocklight.query.region import points_within
from blocklight.query.selection import Selection
from blocklight.store.read.feature_rows import PlaceRow, own_fields

_FIRST_ROWS = 4_096
_FIRST_PLACES = 1_024
# Rows that were taken back leave gaps; writing the columns anew costs more than a few thousand of them.
_ALLOWED_GAPS = 10_000
# The place of an incident without one.
NOWHERE = 0

# The values of one field, one for each row, of the type that keeps them.
Slots = NDArray[Any]


class FeatureTable:
    """One row for each incident; what was taken back leaves an empty row that nothing finds.

    A row belongs to one publication: an incident that comes back has a new one at the end. Whoever uses it
    keeps others from changing it meanwhile.
    """

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._own = own_fields(fields)
        self._words = {name: Words() for name, field in fields.items() if field.type is FieldType.TEXT}
        self._of_rows = {name: _empty_column(fields[name], _FIRST_ROWS) for name in self._own}
        self._places: Codes = np.zeros(_FIRST_ROWS, dtype=np.int32)
        self._alive: Mask = np.zeros(_FIRST_ROWS, dtype=np.bool_)
        self._of_places = {
            name: _empty_column(field, _FIRST_PLACES)
            for name, field in fields.items()
            if name not in self._own
        }
        self._points = np.full((_FIRST_PLACES, 2), np.nan)
        self._place_numbers: dict[int | None, int] = {None: NOWHERE}
        self._rows: dict[str, int] = {}
        self._end = 0
        self.fragments = Fragments()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def is_sparse(self) -> bool:
        """Whether so many rows are empty that it is better read anew."""
        return self._end > 2 * len(self._rows) + _ALLOWED_GAPS

    @property
    def known_places(self) -> Collection[int | None]:
        """The numbers of the places that it knows."""
        return self._place_numbers.keys()

    @property
    def points(self) -> NDArray[np.float64]:
        """Longitude and latitude of each place."""
        return self._points

    def add_places(self, places: Mapping[int, PlaceRow]) -> None:
        """Add places that it does not know."""
        for number, place in places.items():
            at = self._place_numbers[number] = len(self._place_numbers)
            if at == len(self._points):
                self._points = _doubled(self._points)
                self._of_places = {name: _doubled(values) for name, values in self._of_places.items()}
            self._points[at] = place.lon, place.lat
            for name, values in self._of_places.items():
                values[at] = self._as_stored(self.fields[name], _of_place(place, self.fields[name]))

    def put(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add or replace incidents, which come in the order of publication, with known places."""
        if not rows:
            return
        columns = dict(zip((*self._own, "place"), zip(*rows, strict=True), strict=True))
        slots = self._slots(columns["id"], columns["first_seq"])
        for name in self._own:
            self._of_rows[name][slots] = self._stored(name, columns[name])
        self._places[slots] = [self._place_numbers[number] for number in columns["place"]]
        self._alive[slots] = True
        self.fragments.forget(slots)

    def _slots(self, ids: Sequence[str], first_seqs: Sequence[int]) -> list[int]:
        slots = []
        held = self._of_rows["first_seq"]
        for id_, first_seq in zip(ids, first_seqs, strict=True):
            slot = self._rows.get(id_)
            if slot is not None and held[slot] != first_seq:  # taken back, and published again
                self.remove(id_)
                slot = None
            if slot is None:
                slot = self._rows[id_] = self._end
                self._end += 1
            slots.append(slot)
        while self._end > len(self._alive):
            self._alive, self._places = _doubled(self._alive), _doubled(self._places)
            self._of_rows = {name: _doubled(values) for name, values in self._of_rows.items()}
        return slots

    def _stored(self, name: str, values: Iterable[Any]) -> list[int]:
        if name in self._words:
            return list(map(self._words[name].code, values))
        return [NOTHING if value is None else value for value in values]

    def _as_stored(self, field: Field, value: Any) -> int:  # noqa: ANN401 - of any field
        (stored,) = self._stored(field.name, [value])
        return stored

    def remove(self, incident_id: str) -> None:
        """Forget an incident, with all that was encoded of it."""
        slot = self._rows.pop(incident_id, None)
        if slot is None:
            return
        self._alive[slot] = False
        self._places[slot] = NOWHERE
        for name, values in self._of_rows.items():
            values[slot] = 0 if name in self._words else NOTHING
        self.fragments.forget([slot])

    def columns(self) -> Mapping[str, Column]:
        """The column of each field."""
        end, of_all = (
            self._end,
            {name: self._column(name, values) for name, values in self._of_places.items()},
        )
        places = self._places[:end]
        columns: dict[str, Column] = {name: PlaceColumn(column, places) for name, column in of_all.items()}
        columns |= {name: self._column(name, values[:end]) for name, values in self._of_rows.items()}
        columns[GEOMETRY] = PointColumn(self._points, places)
        return columns

    def _column(self, name: str, values: Slots) -> Column:
        if name in self._words:
            return TextColumn(self._words[name], values)
        return NumberColumn(values)

    def mask(self, selection: Selection, columns: Mapping[str, Column]) -> Mask:
        """Which rows are selected."""
        end = self._end
        chosen = self._alive[:end].copy()
        received_at = self._of_rows["received_at"][:end]
        if selection.since is not None:
            chosen &= received_at >= as_number(selection.since)
        if selection.until is not None:
            chosen &= received_at <= as_number(selection.until)
        if selection.object_ids is not None:
            chosen &= np.isin(self._of_rows[OBJECT_ID][:end], selection.object_ids)
        if selection.region is not None:
            chosen &= points_within(selection.region, self._points)[self._places[:end]]
        if selection.where is not None:
            chosen &= rows_meeting(selection.where, columns, end)
        return chosen

    def places_of(self, rows: Numbers) -> Codes:
        """The place of each row."""
        return self._places[rows]


def _of_place(place: PlaceRow, field: Field) -> str | int | None:
    if field.area_kind is not None:
        return place.areas.get(field.area_kind)
    value: str | int | None = getattr(place, field.name.removeprefix("place_"))
    return value


def _empty_column(field: Field, count: int) -> Slots:
    if field.type is FieldType.TEXT:
        return np.zeros(count, dtype=np.int32)
    return np.full(count, NOTHING)


def _doubled(values: Slots) -> Slots:
    """An array of twice the length, with nothing in what is new."""
    empty = {"i": NOTHING if values.dtype.itemsize == 8 else 0, "f": np.nan, "b": False}[values.dtype.kind]  # noqa: PLR2004 - bytes of an int64
    return np.concatenate((values, np.full_like(values, empty)))
