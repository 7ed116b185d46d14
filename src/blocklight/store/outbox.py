"""What waits to be sent to webhooks: ids and attempts in a file of its own, never what is published."""

import os
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from blocklight.errors import StoreError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS followed (
  webhook TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
  webhook TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, since REAL NOT NULL, due REAL NOT NULL,
  attempts INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (webhook, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_due ON entry (webhook, dead, due);
CREATE TABLE IF NOT EXISTS sent (
  webhook TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (webhook, id)
) WITHOUT ROWID;
"""
# SQLite takes a bounded number of parameters in one statement.
_AT_ONCE = 500

_BUSY_S = 5.0


class Entry(msgspec.Struct, frozen=True):
    """An incident whose present state is to be sent: *seq* is its latest change, times are Unix seconds."""

    id: str
    seq: int
    since: float
    attempts: int


class Waiting(msgspec.Struct, frozen=True):
    """How many entries of a webhook wait, and how many are given up."""

    pending: int = 0
    dead: int = 0


class Outbox:
    """The entries of all webhooks of a city; safe to use from several threads and processes.

    There is at most one entry for a webhook and an incident: a further change of it moves *seq*. So what is
    sent late is the present state, and a receiver never gets an older one behind a newer one.
    """

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        # Before SQLite makes the files beside it, which take this one's mode.
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        with _as_store_error():
            self._connection = sqlite3.connect(
                file, timeout=_BUSY_S, check_same_thread=False, isolation_level=None
            )
            self._connection.executescript(
                f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; {_SCHEMA}"
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def followed(self, webhook: str) -> tuple[str, int] | None:
        """The epoch and the seq up to which a webhook has followed the change log; ``None`` for a new one."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT epoch, seq FROM followed WHERE webhook = ?", (webhook,)
            ).fetchone()
            return None if row is None else (str(row[0]), int(row[1]))

    def take(
        self,
        webhook: str,
        epoch: str,
        seq: int,
        ids: dict[str, int],
        now: float,
        *,
        at_once: Collection[str] = (),
    ) -> None:
        """Add *ids* with the seqs of their latest changes, and follow on from *seq*: both or neither.

        Those of *at_once* are due now, even where an earlier attempt put them off.
        """
        entries = [(webhook, id_, of_id, now, now) for id_, of_id in ids.items()]
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO entry (webhook, id, seq, since, due, attempts) VALUES (?, ?, ?, ?, ?, 0) "
                "ON CONFLICT (webhook, id) DO UPDATE SET seq = excluded.seq, "
                "since = CASE dead WHEN 1 THEN excluded.since ELSE since END, "
                "due = CASE dead WHEN 1 THEN excluded.due ELSE due END, "
                "attempts = CASE dead WHEN 1 THEN 0 ELSE attempts END, dead = 0",
                entries,
            )
            connection.executemany(
                "UPDATE entry SET due = ? WHERE webhook = ? AND id = ?",
                [(now, webhook, id_) for id_ in at_once],
            )
            connection.execute(
                "INSERT INTO followed VALUES (?, ?, ?) "
                "ON CONFLICT (webhook) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq",
                (webhook, epoch, seq),
            )

    def due(self, webhook: str, now: float, limit: int) -> list[Entry]:
        """The entries that are to be sent now, those that wait longest first."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT id, seq, since, attempts FROM entry WHERE webhook = ? AND dead = 0 AND due <= ? "
                "ORDER BY due, seq LIMIT ?",
                (webhook, now, limit),
            ).fetchall()
            return [Entry(*row) for row in rows]

    def sent_of(self, webhook: str, ids: Sequence[str]) -> set[str]:
        """Those of *ids* of which the receiver may have got something that it has to drop when they go."""
        sent: set[str] = set()
        with self._transaction() as connection:
            for start in range(0, len(ids), _AT_ONCE):
                part = ids[start : start + _AT_ONCE]
                marks = ",".join("?" * len(part))
                statement = f"SELECT id FROM sent WHERE webhook = ? AND id IN ({marks})"  # noqa: S608 - marks
                rows = connection.execute(statement, (webhook, *part))
                sent.update(row[0] for row in rows)
        return sent

    def every_sent(self, webhook: str) -> list[str]:
        """Every id of which the receiver may hold something."""
        with self._transaction() as connection:
            return [row[0] for row in connection.execute("SELECT id FROM sent WHERE webhook = ?", (webhook,))]

    def note_sending(self, webhook: str, ids: Collection[str]) -> None:
        """Note that something of *ids* leaves now: from here on the receiver may have it."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO sent VALUES (?, ?)", [(webhook, id_) for id_ in ids]
            )

    def delivered(self, webhook: str, entries: Collection[Entry], removed: Collection[str]) -> None:
        """Drop entries that the receiver has taken, unless they changed meanwhile; it dropped *removed*."""
        with self._transaction() as connection:
            connection.executemany(
                "DELETE FROM entry WHERE webhook = ? AND id = ? AND seq = ?",
                [(webhook, entry.id, entry.seq) for entry in entries],
            )
            connection.executemany(
                "DELETE FROM sent WHERE webhook = ? AND id = ?", [(webhook, id_) for id_ in removed]
            )

    def failed(self, webhook: str, entry: Entry, due: float | None) -> None:
        """Try an entry again at *due*, or not any more."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE entry SET attempts = attempts + 1, due = coalesce(?, due), dead = ? "
                "WHERE webhook = ? AND id = ? AND seq = ?",
                (due, due is None, webhook, entry.id, entry.seq),
            )

    def retry(self, webhook: str, now: float) -> int:
        """Send now what was given up and what waits for another attempt; how many that is."""
        with self._transaction() as connection:
            return connection.execute(
                "UPDATE entry SET dead = 0, due = ?, since = ?, attempts = 0 "
                "WHERE webhook = ? AND (dead = 1 OR attempts > 0)",
                (now, now, webhook),
            ).rowcount

    def waiting(self, webhook: str) -> Waiting:
        """How many entries of a webhook wait, and how many are given up."""
        with self._transaction() as connection:
            counts = dict(
                connection.execute(
                    "SELECT dead, count(*) FROM entry WHERE webhook = ? GROUP BY dead", (webhook,)
                )
            )
        return Waiting(counts.get(0, 0), counts.get(1, 0))

    def keep_only(self, webhooks: Collection[str]) -> None:
        """Forget everything of webhooks that are no more."""
        with self._transaction() as connection:
            gone = {row[0] for row in connection.execute("SELECT webhook FROM followed")} - set(webhooks)
            for webhook in gone:
                for table in ("entry", "sent", "followed"):
                    connection.execute(f"DELETE FROM {table} WHERE webhook = ?", (webhook,))  # noqa: S608 - three names

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _as_store_error():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


@contextmanager
def _as_store_error() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the outbox of the webhooks cannot be used ({type(error).__name__})") from None
