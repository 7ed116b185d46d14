"""The audit log: what people decided about publishing, appended only, each entry sealed by its digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from blocklight.store.schema import tables
from blocklight.store.schema.rows import from_ms, to_ms

_BEGINNING = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One decision: *detail* is JSON, *digest* covers the entry and the digest before it."""

    number: int
    at: datetime
    action: str
    detail: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the log is whole: the first entry that is *broken*, or ``None``, and the newest digest."""

    entries: int
    broken: int | None
    head: str


def append(connection: sa.Connection, at: datetime, action: str, detail: Mapping[str, object]) -> None:
    """Append an entry; call with the log's row locked, so that no two take the same number."""
    audit = tables.audit
    last = connection.execute(
        sa.select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
    ).one_or_none()
    number, before = (1, _BEGINNING) if last is None else (last.number + 1, last.digest)
    detail_text = orjson.dumps(dict(detail), option=orjson.OPT_SORT_KEYS).decode()
    sealed = _seal_of(before, number, to_ms(at), action, detail_text)
    row = {"number": number, "at": to_ms(at), "action": action, "detail": detail_text, "digest": sealed}
    connection.execute(audit.insert().values(row))


def audit_entries(connection: sa.Connection) -> list[AuditEntry]:
    """The whole log, oldest first."""
    rows = connection.execute(sa.select(tables.audit).order_by(tables.audit.c.number))
    return [
        AuditEntry(row.number, from_ms(row.at), row.action, orjson.loads(row.detail), row.digest)
        for row in rows
    ]


def verdict(connection: sa.Connection) -> AuditVerdict:
    """Work every digest out again."""
    before, count = _BEGINNING, 0
    for row in connection.execute(sa.select(tables.audit).order_by(tables.audit.c.number)):
        count += 1
        if row.number != count or row.digest != _seal_of(before, row.number, row.at, row.action, row.detail):
            return AuditVerdict(count, row.number, before)
        before = row.digest
    return AuditVerdict(count, None, before)


def _seal_of(before: str, number: int, at: int, action: str, detail: str) -> str:
    return hashlib.sha256(orjson.dumps([before, number, at, action, detail])).hexdigest()
