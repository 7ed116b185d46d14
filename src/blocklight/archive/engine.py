"""Answers questions in SQL over month files with DuckDB: one at a time, in bounded memory and time."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from blocklight.archive.archive import Archive
from blocklight.errors import StoreBusy

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# Less than the twelve seconds after which any answer is given up.
_LONGEST_S = 10.0

_MEMORY = "256MB"
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": _MEMORY,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_STATEMENTS = (
    "SET temp_directory = ''",
    "SET enable_external_file_cache = false",  # what was taken back is to be in no memory either
    "SET python_enable_replacements = false",
    "SET parquet_metadata_cache = true",
    "SET allowed_directories = ['{folder}/']",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_PUBLIC_AT = " WHERE known_at <= $as_of AND (superseded_at IS NULL OR superseded_at > $as_of)"
# What a question calls the rows of all month files.
INCIDENTS = "incidents"


class Engine:
    """The one reader of an archive's rows. Its thread is its own: a long question delays no other work."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._waiting = threading.Semaphore(8)
        self._connection: duckdb.DuckDBPyConnection | None = None

    def close(self) -> None:
        """End the thread and forget what it has read."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._connection is not None:
            self._connection.close()

    def table(
        self,
        question: str,
        parameters: Mapping[str, object] = {},
        files: Sequence[str] = (),
        as_of: datetime | None = None,
    ) -> "pa.Table":
        """What a question in SQL over ``incidents`` selects; raises ``StoreBusy`` for a late answer.

        *files* are the names of the files to read, as a snapshot of the archive has them. With *as_of* they
        are files of versions, and the rows those that were public at that moment.
        """
        if not self._waiting.acquire(blocking=False):
            raise StoreBusy("too many queries are waiting for the archive")
        try:
            if as_of is not None:
                parameters = {**parameters, "as_of": as_of}
            answering = self._thread.submit(self._answer, question, dict(parameters), files)
            try:
                return answering.result(_LONGEST_S)
            except Late:
                if not answering.cancel() and self._connection is not None:
                    self._connection.interrupt()
                raise StoreBusy("the archive takes too long to answer") from None
        finally:
            self._waiting.release()

    def _answer(self, question: str, parameters: dict[str, object], files: Sequence[str]) -> "pa.Table":
        import duckdb  # noqa: PLC0415 - a city that nobody asks of the past need not load it

        if self._connection is None:
            self._connection = duckdb.connect(config=_SETTINGS)
            folder = str(self.archive.folder.resolve()).replace("'", "''")
            for statement in _STATEMENTS:
                self._connection.execute(statement.format(folder=folder))
        paths = [str(Path(self.archive.folder.resolve(), name)) for name in files]
        rows = f"SELECT * FROM read_parquet($files){_PUBLIC_AT if 'as_of' in parameters else ''}"  # noqa: S608 - only our own words
        whole = f"WITH {INCIDENTS} AS ({rows}) {question}"
        try:
            return self._connection.sql(whole, params=parameters | {"files": paths}).to_arrow_table()
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.InterruptException) as error:
            # A file was replaced under the question, is damaged, or it was given up.
            self.archive.damaged()
            raise StoreBusy("the archive cannot answer at the moment") from error
