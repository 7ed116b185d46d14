"""The published versions of a stored incident, each with the span of time in which it was the public one."""

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from blocklight.model.record import TIMES, Place
from blocklight.store.read.lives import life_entries
from blocklight.store.schema.rows import STORED, Row, Where, to_ms

_FIRST_SEQ = STORED.index("first_seq")
_RELEASED_AT, _PLACE_ID = STORED.index("released_at"), STORED.index("place_id")
_AT = {name: position for position, name in enumerate(STORED)}


class Revision(NamedTuple):
    """One version: from which seq and moment (ms) it was public, until which, and its values.

    *superseded_at* is ``None`` for the version that is public now. *values* are in the order of ``STORED``,
    where the columns of the change log are those of the whole incident.
    """

    seq: int
    known_at: int
    superseded_at: int | None
    values: list[Any]


def revisions(row: Row, places: MutableMapping[int, Where]) -> list[Revision]:
    """The versions of a row of `ReadStore.rows_between`, oldest first.

    What was taken back by a coarser version is as it is now in all of them. The first version of an imported
    incident is left out: history is published as it ended, so since when it was public says nothing. Places
    of earlier versions are added to *places*, under numbers below zero.
    """
    life, imported = row[len(STORED) : len(STORED) + 2]
    values = list(row[: len(STORED)])
    if life is None:
        return [] if imported else [Revision(row[_FIRST_SEQ], row[_RELEASED_AT], None, values)]
    versions: list[Revision] = []
    superseded_at = None
    for seq, at, was in reversed(life_entries(life)):
        if not was:  # it changed nothing that may be told
            continue
        versions.append(Revision(seq, at, superseded_at, values))
        superseded_at, values = at, _values_before(values, was, places)
    if not imported:
        versions.append(Revision(row[_FIRST_SEQ], row[_RELEASED_AT], superseded_at, values))
    return versions[::-1]


def _values_before(values: list[Any], was: dict[str, Any], places: MutableMapping[int, Where]) -> list[Any]:
    """The values of the version before the one with *values*: *was* has what differs, in JSON's types."""
    earlier = list(values)
    for name, value in was.items():
        if name in _AT and name != "place_id":
            earlier[_AT[name]] = _ms(value) if name in TIMES and value is not None else value
    if "place" in was or "areas" in was:
        place, areas = (None, {}) if values[_PLACE_ID] is None else places[values[_PLACE_ID]]
        if "place" in was:
            place = None if was["place"] is None else msgspec.convert(was["place"], Place)
        areas = was.get("areas", areas)
        number = None if place is None else -1 - len(places)
        if number is not None and place is not None:
            places[number] = (place, areas)
        earlier[_PLACE_ID] = number
    return earlier


def _ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))
