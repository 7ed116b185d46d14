"""What a store should hold, said in the simplest way: dictionaries, one outcome after the other."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from blocklight.model.outcomes import Outcome, Rejected, Withheld
from blocklight.model.record import Bound, PublicIncident
from blocklight.model.vocabulary import Category
from blocklight.store.schema.rows import storable
from blocklight.store.write.coarsening import taken_back
from blocklight.store.write.joining import joined
from blocklight.store.write.place_marks import PlaceMarks
from blocklight.store.write_store import UNKEPT


@dataclass
class Published:
    """One incident as it stands, and every version that was published of it."""

    first_seq: int
    released_at: datetime
    listed_at: datetime
    vanished: bool = False
    versions: list[tuple[int, datetime, PublicIncident]] = field(default_factory=list)

    @property
    def now(self) -> PublicIncident:
        return self.versions[-1][2]


class MarksInMemory(PlaceMarks):
    """Where incidents were shown, kept in a dictionary."""

    def __init__(self) -> None:
        super().__init__(None, None, UNKEPT)  # type: ignore[arg-type]  # it has no database

    def load(self, ids: Iterable[str]) -> None:
        self._marks |= {id_: None for id_ in ids if id_ not in self._marks}


@dataclass
class Reference:
    """The whole public record."""

    head: int = 0
    tail: int = 0
    cursor: str | None = None
    published: dict[str, Published] = field(default_factory=dict)
    log: dict[int, tuple[str, int, datetime, PublicIncident | None]] = field(default_factory=dict)
    marks: dict[str, Withheld] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    patients: set[str] = field(default_factory=set)
    """Ids that were told as medical and taken back: told again, they are told without a place."""
    ledger: Counter[tuple[str, str]] = field(default_factory=Counter)
    place_marks: MarksInMemory = field(default_factory=MarksInMemory)

    def apply(
        self,
        outcomes: Sequence[Outcome],
        at: datetime,
        cursor: str | None,
        present: set[str] | None,
        *,
        join_rows: bool,
    ) -> None:
        last = self._last_of_each(outcomes, join_rows=join_rows)
        for one in last.values():
            if isinstance(one, Withheld):
                self._withhold(one, at)
            else:
                self._put(storable(one), at, join_rows=join_rows)
        if present is not None:
            for id_ in [id_ for id_, p in self.published.items() if p.now.status == "open"]:
                if id_ not in present:
                    self._set(self.published[id_], self.published[id_].now.closed_by_vanishing(at), at)
                    self.published[id_].vanished = True
        self.cursor = cursor if cursor is not None else self.cursor

    def _last_of_each(
        self, outcomes: Sequence[Outcome], *, join_rows: bool
    ) -> dict[str, PublicIncident | Withheld]:
        last: dict[str, PublicIncident | Withheld] = {}
        for outcome in outcomes:
            if isinstance(outcome, Rejected):
                if outcome.id not in self.rejected:
                    self.rejected.add(outcome.id)
                    self.ledger["rejected", outcome.reason] += 1
                continue
            before = last.pop(outcome.id, None)  # what is there twice comes behind all that came before it
            if isinstance(before, Withheld) and before.sensitive:
                last[outcome.id] = before
                continue
            if join_rows and isinstance(before, PublicIncident) and isinstance(outcome, PublicIncident):
                last[outcome.id] = joined(before, outcome)
            elif isinstance(outcome, PublicIncident | Withheld):
                last[outcome.id] = outcome
        return last

    def compact(self, keep_since: datetime, keep_at_least: int) -> None:
        for seq in range(self.tail + 1, self.head - keep_at_least + 1):
            if seq in self.log and self.log[seq][2] >= keep_since:
                break
            self.log.pop(seq, None)
            self.tail = seq

    def _withhold(self, new: Withheld, at: datetime) -> None:
        old = self.marks.get(new.id)
        if old is None or not old.sensitive:
            self.marks[new.id] = new
        gone = self.published.pop(new.id, None)
        if gone is not None:
            if any(version.category is Category.MEDICAL for *_, version in gone.versions):
                self.patients.add(new.id)
            if self.marks[new.id].sensitive:
                self.place_marks.drop(new.id)
            else:
                self.place_marks.keep(new.id, gone.now.place)
            for seq, _, _ in gone.versions:
                self.log.pop(seq, None)
            self.head += 1
            self.log[self.head] = (new.id, gone.first_seq, at, None)
            self.ledger["retracted", str(self.marks[new.id].reason)] += 1
        elif old is None:
            self.ledger["withheld", str(new.reason)] += 1

    def _put(self, new: PublicIncident, at: datetime, *, join_rows: bool) -> None:
        mark = self.marks.get(new.id)
        if mark is not None and mark.sensitive:
            return
        self.marks.pop(new.id, None)
        old = self.published.get(new.id)
        self.place_marks.load([new.id])
        if old is None:
            new = self.place_marks.follow(new, None)
            if new.id in self.patients:
                new = new.no_finer_than(Bound())
            self.published[new.id] = Published(self.head + 1, at, new.received_at)
            self._set(self.published[new.id], new, at, event="published" if mark is None else "released")
            return
        if join_rows:
            known = msgspec.structs.replace(old.now, closed_at=None) if old.vanished else old.now
            new = joined(known, new)
        new = self.place_marks.follow(new, old.now.bound)
        medical = [one for *_, one in old.versions if one.category is Category.MEDICAL]
        if medical or new.id in self.patients:
            new = new.no_finer_than(old.now.bound)
        if new != old.now:
            if new.place != old.now.place:
                self.place_marks.keep(new.id, old.now.place)
                self.place_marks.keep(new.id, new.place)
            self._take_back(old, new, at)
            self._set(old, new, at)
            old.vanished = False

    def _take_back(self, old: Published, new: PublicIncident, now: datetime) -> None:
        """Forget what earlier versions told beyond the new one, and what the log said of them."""
        untold = taken_back(old.now, new)
        if not untold:
            return
        self.head += 1
        self.log[self.head] = (new.id, old.first_seq, now, None)
        for number, (seq, at, version) in enumerate(old.versions):
            self.log.pop(seq, None)
            kept = msgspec.structs.replace(version, **{name: getattr(new, name) for name in untold})
            old.versions[number] = seq, at, kept

    def _set(self, to: Published, new: PublicIncident, at: datetime, event: str = "updated") -> None:
        self.head += 1
        to.versions.append((self.head, at, new))
        self.log[self.head] = (new.id, to.first_seq, at, new)
        self.ledger[event, ""] += 1
