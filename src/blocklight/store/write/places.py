"""Each public place once: numbers for places, and places for numbers."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.record import Place, PublicIncident
from blocklight.store.schema.rows import Where, fold, where_of_row
from blocklight.store.write.statements import Statements, fetch, run_many

_Key = tuple[Place, tuple[tuple[str, str], ...]]
_REMEMBERED = 100_000


class Places:
    """The writer's memory of the place table.

    It holds for one version of that table; a version ends when places are deleted, by whichever process.
    """

    def __init__(self, statements: Statements) -> None:
        self._sql = statements
        self._numbers: dict[_Key, int] = {}
        self._wheres: dict[int, Where] = {}
        self.next = 0
        self.version = -1

    def begin(self, next_number: int, version: int) -> None:
        """Start a transaction that found these in the log's row."""
        if version != self.version or len(self._numbers) > _REMEMBERED:
            self.forget()
        self.next, self.version = next_number, version

    def forget(self) -> None:
        """Drop what is remembered: needed after a rollback, harmless otherwise."""
        self._numbers.clear()
        self._wheres.clear()
        self.version = -1

    def numbers(self, cursor: DBAPICursor, incidents: Iterable[PublicIncident]) -> dict[str, int]:
        """The place number of each incident that has a place; new places are stored."""
        number_by_id: dict[str, int] = {}
        unknown: dict[_Key, list[str]] = {}
        number_of = self._numbers.get
        for incident in incidents:
            if incident.place is not None:
                key = (incident.place, tuple(incident.areas.items()))
                number = number_of(key)
                if number is None:
                    unknown.setdefault(key, []).append(incident.id)
                else:
                    number_by_id[incident.id] = number
        if unknown:
            self._find_or_store(cursor, unknown)
            number_by_id |= {id_: self._numbers[key] for key, ids in unknown.items() for id_ in ids}
        return number_by_id

    def wheres(self, cursor: DBAPICursor, numbers: Collection[int | None]) -> Mapping[int, Where]:
        """At least the places with these *numbers*."""
        unknown = {number for number in numbers if number is not None and number not in self._wheres}
        if unknown:
            for number, *row in fetch(cursor, self._sql.places_by_id, self._sql.keys(unknown)):
                self._wheres[number] = where_of_row(row)
        return self._wheres

    def drop_unused(self, cursor: DBAPICursor, abandoned: Collection[int]) -> None:
        """Delete those of the places that incidents have *abandoned* at which none stands any more."""
        if not abandoned:
            return
        unused = [number for (number,) in fetch(cursor, self._sql.unused_places, self._sql.keys(abandoned))]
        if unused:
            cursor.execute(self._sql.delete_place_areas, self._sql.keys(unused))
            cursor.execute(self._sql.delete_places, self._sql.keys(unused))
            following, version = self.next, self.version
            self.forget()
            self.next, self.version = following, version + 1

    def _find_or_store(self, cursor: DBAPICursor, unknown: Iterable[_Key]) -> None:
        digests: dict[str, list[_Key]] = {}
        for key in unknown:
            digests.setdefault(_place_digest(key), []).append(key)
        for digest, number, *row in fetch(cursor, self._sql.places, self._sql.keys(digests)):
            self._remember(digests.pop(digest), number, where_of_row(row))
        rows: list[tuple[Any, ...]] = []
        areas: list[tuple[Any, ...]] = []
        for number, (digest, keys) in enumerate(digests.items(), self.next):
            place, inside = keys[0]
            rows.append(_place_row(number, digest, place, dict(sorted(inside))))
            areas += [(kind, area, number) for kind, area in inside]
            self._remember(keys, number, (place, dict(sorted(inside))))
        run_many(cursor, self._sql.insert_place, rows)
        run_many(cursor, self._sql.insert_place_area, areas)
        self.next += len(rows)

    def _remember(self, keys: list[_Key], number: int, position: Where) -> None:
        """Note a place under every order of its areas that was met."""
        self._numbers.update(dict.fromkeys(keys, number))
        self._wheres[number] = position


def _place_row(number: int, digest: str, place: Place, areas: dict[str, str]) -> tuple[Any, ...]:
    return (
        number,
        digest,
        place.lon,
        place.lat,
        str(place.kind),
        place.radius_m,
        place.label,
        None if place.label is None else fold(place.label),
        orjson.dumps(areas).decode(),
    )


def _place_digest(key: _Key) -> str:
    place, areas = key
    description = orjson.dumps(
        [place.lon, place.lat, str(place.kind), place.radius_m, place.label, sorted(areas)]
    )
    return hashlib.blake2b(description, digest_size=16).hexdigest()
