"""How long whoever asks the database waits for it: for a connection, for a lock, for an answer."""

import math
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

# Of SQLite's virtual machine, a millisecond or so, between two looks at the clock.
_STEPS = 20_000

_DEADLINE = "deadline"
# A transaction that does nothing for so long belongs to a process that hangs, and keeps rows from being
# cleaned up.
_IDLE_S = 300.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until a wait ends in an error, and how many may ask at a time; 0 is without end."""

    lock_s: float
    statement_s: float
    connections: int = 8

    def options(self) -> str:
        """PostgreSQL's settings for a session."""
        # A session whose client is gone or hangs in the middle must not hold what it has locked.
        ms = {
            "lock_timeout": self.lock_s,
            "statement_timeout": self.statement_s,
            "idle_in_transaction_session_timeout": _IDLE_S,
        }
        return " ".join(f"-c {name}={round(seconds * 1000)}" for name, seconds in ms.items())


# Commands, and what is read once at the start.
READING = Patience(30.0, 0.0)
# People wait for it: a late answer is none, and a waiting one keeps others from being worked out.
ANSWERING = Patience(1.5, 5.0)
# The live feed waits for it, and for nobody else's connection.
FOLLOWING = Patience(1.5, 10.0, connections=3)
# A source waits for its answer: it keeps what was not stored, and sends it again.
PUSHING = Patience(1.2, 5.0, connections=2)
# Nobody waits for it but the source; what it waits for is mostly another writer.
WRITING = Patience(30.0, 300.0)


def end_late_statements(engine: sa.Engine, patience: Patience) -> None:
    """Have SQLite end what a transaction of *engine* computes for too long; it has no setting for that."""
    if not patience.statement_s:
        return

    @event.listens_for(engine, "connect")
    def _watch(connection: Any, record: Any) -> None:  # noqa: ANN401 - the driver's and the pool's own
        info = record.info
        connection.set_progress_handler(lambda: time.monotonic() > info.get(_DEADLINE, math.inf), _STEPS)

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.info[_DEADLINE] = time.monotonic() + patience.statement_s


def without_end(connection: sa.Connection) -> None:
    """Let the statements of this transaction take as long as they do: a sweep, an upgrade, a decision."""
    connection.info[_DEADLINE] = math.inf
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
