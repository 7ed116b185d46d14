"""Counts what becomes of incidents in one transaction, for the ledgers of days and of areas."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy.engine.interfaces import DBAPICursor

from blocklight.store.read.ledger import of_all_sources
from blocklight.store.write.statements import Statements, run_many

_NOWHERE: Mapping[str, str] = MappingProxyType({})


class LedgerCounts:
    """The outcomes of one transaction on a *day* (``2026-01-31``, UTC), also by areas of one kind."""

    def __init__(self, day: str, area_kind: str | None) -> None:
        self._day = day
        self._area_kind = area_kind
        # By source, outcome and reason.
        self.events: Counter[tuple[str, str, str]] = Counter()
        self._in_areas: Counter[tuple[str, str, str]] = Counter()

    def count(self, outcome: str, source: str, reason: str = "", areas: Mapping[str, str] = _NOWHERE) -> None:
        """Count one incident, and in its area of the ledger's kind if *areas* has one."""
        self.events[source, outcome, reason] += 1
        if self._area_kind is not None and self._area_kind in areas:
            self._in_areas[areas[self._area_kind], outcome, reason] += 1

    def write(self, cursor: DBAPICursor, sql: Statements) -> None:
        """Add the counts to what is stored."""
        rows = [(self._day, *event, n) for event, n in sorted(self.events.items())]
        run_many(cursor, sql.add_to_ledger, rows)
        run_many(cursor, sql.add_to_city_ledger, of_all_sources(self._day, self.events))
        month = self._day[:7], self._area_kind
        in_areas = [(*month, *event, n) for event, n in sorted(self._in_areas.items())]
        run_many(cursor, sql.add_to_area_ledger, in_areas)
