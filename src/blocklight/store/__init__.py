"""The database: the only package that speaks SQL."""

from blocklight.store.applied import Applied
from blocklight.store.auditing import AuditEntry, AuditVerdict
from blocklight.store.intake_lock import IntakeLock
from blocklight.store.ledger import AreaLedgerRow, Counts, LedgerRow
from blocklight.store.local_time import LocalTimes
from blocklight.store.patience import ANSWERING, FOLLOWING, Patience
from blocklight.store.pausing import Pause
from blocklight.store.query import IncidentQuery, Page
from blocklight.store.reading import LogPart, WindowRows
from blocklight.store.received import Beginning, Received, Span
from blocklight.store.snapshot import Snapshot, restore, take
from blocklight.store.sources import Delays, FetchReport, Gap, SourceHealth
from blocklight.store.store import Store
from blocklight.store.tombstones import Position, Tombstones

__all__ = [
    "ANSWERING",
    "FOLLOWING",
    "Applied",
    "AreaLedgerRow",
    "AuditEntry",
    "AuditVerdict",
    "Beginning",
    "Counts",
    "Delays",
    "FetchReport",
    "Gap",
    "IncidentQuery",
    "IntakeLock",
    "LedgerRow",
    "LocalTimes",
    "LogPart",
    "Page",
    "Patience",
    "Pause",
    "Position",
    "Received",
    "Snapshot",
    "SourceHealth",
    "Span",
    "Store",
    "Tombstones",
    "WindowRows",
    "restore",
    "take",
]
