"""The database: the only package that speaks SQL."""

from blocklight.store.admin.intake_lock import IntakeLock
from blocklight.store.admin.pausing import Pause
from blocklight.store.read.ledger import AreaLedgerRow, Counts, LedgerRow
from blocklight.store.read.local_time import LocalTimes
from blocklight.store.read.public_ledger import SMALL, total
from blocklight.store.read.query import IncidentQuery, Page
from blocklight.store.read.reading import LogPart, WindowRows
from blocklight.store.read.received import Beginning, Received, Span
from blocklight.store.read.revisions import Revision, revisions
from blocklight.store.read_store import ReadStore
from blocklight.store.schema.patience import ANSWERING, FOLLOWING, PUSHING, Patience
from blocklight.store.schema.rows import STORED
from blocklight.store.snapshot import Snapshot, replace_database, take
from blocklight.store.store import Store
from blocklight.store.write.applied import Applied
from blocklight.store.write.auditing import AuditEntry, AuditVerdict
from blocklight.store.write.sources import Delays, FetchReport, Gap, SourceHealth, WithheldUsual
from blocklight.store.write.tombstones import Position, Tombstones
from blocklight.store.write_store import WriteStore

__all__ = [
    "ANSWERING",
    "FOLLOWING",
    "PUSHING",
    "SMALL",
    "STORED",
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
    "ReadStore",
    "Received",
    "Revision",
    "Snapshot",
    "SourceHealth",
    "Span",
    "Store",
    "Tombstones",
    "WindowRows",
    "WithheldUsual",
    "WriteStore",
    "replace_database",
    "revisions",
    "take",
    "total",
]
