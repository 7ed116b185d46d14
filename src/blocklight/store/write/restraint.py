"""What one source, or its rows so far, require for the whole of an incident; and the table of that."""

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.model.outcomes import Outcome
from blocklight.model.record import Bound, PublicIncident
from blocklight.model.vocabulary import Reason
from blocklight.store.write.statements import Statements, fetch, run_many

_FINEST = 9
_MASKS = ("", "cell", "area", "none")
Mask = Literal["", "cell", "area", "none"]


class Restraint(msgspec.Struct, frozen=True, omit_defaults=True):
    """What restricts an incident, whichever record of it is shown; never text of a record, or its place.

    *reason* withholds it. *place* requires another mask than the city's usual one: a cell no finer than
    *resolution*, the area of *bound*, or none. It waits until *release_at* and, with *until_closed*, for as
    long as its source reports it open (*is_open*); the rest is as in ``Held``. *ended* restricts nothing: of
    joined sources, it says which of them reports the incident closed.
    """

    reason: Reason | None = None
    medical: bool = False
    place: Mask = ""
    resolution: int = _FINEST
    bound: Bound | None = None
    unlabelled: bool = False
    release_at: datetime | None = None
    until_closed: bool = False
    is_open: bool = False
    after_close_s: int = 0
    after_seen_s: int = 0
    step_min: int | None = None
    ended: bool = False

    @property
    def delays(self) -> bool:
        """Whether anything is published later than usual."""
        return self.release_at is not None or self.until_closed or self.step_min is not None

    def with_other(self, addition: "Restraint") -> "Restraint":
        """A restraint as strict as both; the order does not matter."""
        if self == addition:
            return self
        place = max(self.place, addition.place, key=_MASKS.index)
        bounds = [restraint.bound for restraint in (self, addition) if restraint.place == "area"]
        if place == "area" and any(bound != bounds[0] for bound in bounds):
            place = "none"  # two areas overlap in part: one after the other would reveal where
        reasons = [restraint.reason for restraint in (self, addition) if restraint.reason is not None]
        times = [restraint.release_at for restraint in (self, addition) if restraint.release_at is not None]
        return Restraint(
            reason=max(reasons, default=None),
            medical=self.medical or addition.medical,
            place=place,
            resolution=min(self.resolution, addition.resolution),
            bound=bounds[0] if place == "area" else None,
            unlabelled=self.unlabelled or addition.unlabelled,
            release_at=max(times, default=None),
            until_closed=self.until_closed or addition.until_closed,
            is_open=self.is_open or addition.is_open,
            after_close_s=max(self.after_close_s, addition.after_close_s),
            after_seen_s=max(self.after_seen_s, addition.after_seen_s),
            step_min=max(self.step_min or 0, addition.step_min or 0) or None,
        )

    def closed(self, at: datetime) -> "Restraint":
        """The restraint of an incident whose closing was first seen at *at*."""
        due = at + timedelta(seconds=self.after_close_s)
        if self.release_at is not None:
            due = max(due, self.release_at)
        return msgspec.structs.replace(self, is_open=False, release_at=due)


NOTHING = Restraint()
BySource = Mapping[str, Restraint]


ReadStored = Callable[[AbstractSet[str]], Mapping[str, PublicIncident]]


class Earlier(NamedTuple):
    """What is known of a batch's incidents at *at*: restraints by id, and a reader of stored records."""

    restraints: Mapping[str, BySource]
    read: ReadStored
    at: datetime
    inferred: AbstractSet[str] = frozenset()
    """Those of the stored records whose closing no source stated: they vanished. Known once they are read."""


class Combined(NamedTuple):
    """The outcomes to store, and the changed restraints of the batch's source."""

    outcomes: list[Outcome]
    changed: dict[str, Restraint]


# Combines a batch with what else is known of its incidents; called inside the batch's transaction.
Binder = Callable[[Collection[Outcome], Earlier], Combined]


_encode, _decode = msgspec.json.encode, msgspec.json.Decoder(Restraint).decode


class Restraints:
    """The table of restraints, inside one transaction."""

    def __init__(self, cursor: DBAPICursor, sql: Statements) -> None:
        self._cursor = cursor
        self._sql = sql

    def of(self, ids: Collection[str]) -> dict[str, dict[str, Restraint]]:
        """The restraints of some incidents, each by its source."""
        by_id: dict[str, dict[str, Restraint]] = {}
        if ids:
            for id_, source, text in fetch(self._cursor, self._sql.restraints, self._sql.keys(ids)):
                by_id.setdefault(id_, {})[source] = _decode(text)
        return by_id

    def put(self, source: str, changed: Mapping[str, Restraint]) -> None:
        """Store the restraints of *source*; those that require nothing are deleted."""
        put = [
            (id_, source, _encode(restraint).decode())
            for id_, restraint in changed.items()
            if restraint != NOTHING
        ]
        gone = [(id_, source) for id_, restraint in changed.items() if restraint == NOTHING]
        run_many(self._cursor, self._sql.put_restraint, put)
        run_many(self._cursor, self._sql.delete_restraint, gone)

    def lacking(self, source: str, present: AbstractSet[str]) -> dict[str, Restraint]:
        """The holds until closed of incidents that are no longer in their source's feed."""
        rows = fetch(self._cursor, self._sql.open_restraints, (source,))
        return {id_: _decode(text) for id_, text in rows if id_ not in present}

    def close(self, source: str, restraints: Mapping[str, Restraint], at: datetime) -> None:
        """End holds until closed at *at*."""
        self.put(source, {id_: restraint.closed(at) for id_, restraint in restraints.items()})


def withheld_elsewhere(cursor: DBAPICursor, sql: Statements, ids: Collection[str], source: str) -> set[str]:
    """Which of *ids* another source than *source* withholds."""
    by_id = Restraints(cursor, sql).of(ids)
    return {
        id_
        for id_, by_source in by_id.items()
        if any(restraint.reason is not None for name, restraint in by_source.items() if name != source)
    }
