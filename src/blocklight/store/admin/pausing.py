"""What the city has paused, and since when; the writing of pauses, sealed in the audit log."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from blocklight.model.vocabulary import PauseScope
from blocklight.store.schema import tables
from blocklight.store.schema.rows import from_ms, to_ms
from blocklight.store.write import auditing


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause: of the whole city (*value* is empty), a source, a category, or an area (``kind:id``)."""

    scope: PauseScope
    value: str
    reason: str
    since: datetime

    @property
    def what(self) -> str:
        """What is paused, in words for the operator."""
        return "the whole city" if self.scope == "city" else f"{self.scope} {self.value}"

    @property
    def public_value(self) -> str:
        """What the public reads of *value*: of an area nothing, as it would say where officers are now."""
        return "" if self.scope == "area" else self.value


def pauses(connection: sa.Connection) -> list[Pause]:
    """What is paused, longest first."""
    rows = connection.execute(sa.select(tables.pause).order_by(tables.pause.c.since, tables.pause.c.scope))
    return [Pause(row.scope, row.value, row.reason, from_ms(row.since)) for row in rows]


def begin(connection: sa.Connection, pause: Pause, by: str | None) -> None:
    """Note a pause, or its new reason."""
    table = tables.pause
    connection.execute(table.delete().where(table.c.scope == pause.scope, table.c.value == pause.value))
    connection.execute(
        table.insert().values(
            scope=pause.scope, value=pause.value, reason=pause.reason, since=to_ms(pause.since)
        )
    )
    detail = {"scope": pause.scope, "value": pause.value, "reason": pause.reason}
    auditing.append(connection, pause.since, "pause", detail | _author(by))


def end(connection: sa.Connection, scope: str, value: str, at: datetime, by: str | None) -> bool:
    """Take a pause back; return whether there was one."""
    table = tables.pause
    gone = connection.execute(table.delete().where(table.c.scope == scope, table.c.value == value))
    if not gone.rowcount:
        return False
    auditing.append(connection, at, "resume", {"scope": scope, "value": value} | _author(by))
    return True


def _author(by: str | None) -> dict[str, str]:
    return {} if by is None else {"by": by}
