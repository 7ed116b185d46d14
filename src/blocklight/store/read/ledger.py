"""How many were published, withheld, rejected and retracted, and how many are open."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from blocklight.store.schema import tables
from blocklight.store.schema.rows import to_ms


class LedgerRow(NamedTuple):
    """*n* outcomes of a day (UTC), of all sources; *reason* is empty where the outcome has none."""

    day: date
    outcome: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class AreaLedgerRow:
    """*n* outcomes of a month (``2026-01``, UTC) and area."""

    month: str
    area: str
    outcome: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What is open now, and what was closed since the time asked for."""

    open: int
    closed: int


def of_all_sources(day: str, events: Mapping[tuple[str, str, str], int]) -> list[tuple[str, str, str, int]]:
    """Add up what happened on a *day*, by source, outcome and reason, to rows of the city's ledger."""
    sums: Counter[tuple[str, str]] = Counter()
    for (_, outcome, reason), n in events.items():
        sums[outcome, reason] += n
    return [(day, *event, n) for event, n in sorted(sums.items())]


def ledger_rows(connection: sa.Connection, since: date, until: date) -> list[LedgerRow]:
    """The ledger of some days, in order."""
    table = tables.city_ledger
    rows = connection.execute(
        sa.select(table.c.day, table.c.outcome, table.c.reason, table.c.n)
        .where(table.c.day >= since.isoformat(), table.c.day <= until.isoformat())
        .order_by(table.c.day, table.c.outcome, table.c.reason)
    )
    days = cache(date.fromisoformat)
    return [LedgerRow(days(day), outcome, reason, n) for day, outcome, reason, n in rows.all()]


def area_entries(connection: sa.Connection, kind: str, since: date, until: date) -> list[AreaLedgerRow]:
    """The ledger of all areas of a kind for the months that two days lie in."""
    table = tables.area_ledger
    first, last = since.isoformat()[:7], until.isoformat()[:7]
    rows = connection.execute(
        sa.select(table.c.month, table.c.area_id, table.c.outcome, table.c.reason, table.c.n)
        .where(table.c.area_kind == kind, table.c.month >= first, table.c.month <= last)
        .order_by(table.c.month, table.c.area_id)
    )
    return [AreaLedgerRow(*row) for row in rows]


def counts(connection: sa.Connection, closed_since: datetime) -> Counts:
    """Count open incidents, and those closed since a time."""
    table = tables.incident
    number = sa.select(sa.func.count()).select_from(table)
    still_open = connection.scalar(number.where(table.c.status == tables.OPEN)) or 0
    closed = connection.scalar(number.where(table.c.closed_at >= to_ms(closed_since))) or 0
    return Counts(still_open, closed)
