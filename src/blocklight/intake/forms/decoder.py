"""The child process that decodes Excel and Parquet files: what they unpack to may be more than there is.

Run as ``python -m blocklight.intake.decoder DESCRIPTOR``. It writes what it reads to its standard output, in
frames of ``decoding``, and knows nothing of the city. Two cells of a sheet, or a page of Parquet, may ask for
more memory than a machine has, and a library then ends the process that it runs in: this one.
"""

import itertools
import os
import resource
import sys
from collections.abc import Iterator
from datetime import UTC
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.forms.decoding import PARQUET, read_frame, write_frame
from blocklight.intake.forms.excel import sheets

# The process that reads the file ends beyond this, and the one that serves goes on.
_MOST_MEMORY = 2 * 1024**3

# A small file may be made so that reading it takes hours.
_MOST_CPU_S = 120

_ROWS_AT_ONCE = 1_000


def decode_file() -> None:
    """Decode the file whose descriptor is the argument; ends with the reason where it cannot be read."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with os.fdopen(int(sys.argv[1]), "rb") as file, out:
        _limit_resources()
        try:
            frames = _parquet_frames(file) if file.read(len(PARQUET)) == PARQUET else _excel_frames(file)
            for frame in frames:
                write_frame(out, frame)
        except (SourceChanged, SourceUnavailable) as error:
            write_frame(out, (type(error).__name__, str(error)))
        except (
            pa.ArrowException,
            OSError,
            ValueError,
        ):  # what is damaged in a file is reported in all three ways
            write_frame(out, (SourceUnavailable.__name__, "damaged Parquet file"))
        else:
            write_frame(out, None)


def _limit_resources() -> None:
    """Have the system refuse memory and time beyond what any real file needs."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_S, _MOST_CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _excel_frames(file: IO[bytes]) -> Iterator[Any]:
    """Yield the rows of each sheet in lists, and ``"sheet"`` before each."""
    file.seek(0)
    for rows in sheets(file):
        yield "sheet"
        while chunk := list(itertools.islice(rows, _ROWS_AT_ONCE)):
            yield chunk


def _parquet_frames(file: IO[bytes]) -> Iterator[Any]:
    """Yield the names of the columns, read from standard input which of them are wanted, yield their rows."""
    file.seek(0)
    table = pq.ParquetFile(file)
    yield table.schema_arrow.names
    names = read_frame(sys.stdin.buffer)
    for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, columns=names):
        # By column and then across: three times faster than asking Arrow for rows.
        yield list(zip(*(_values(column) for column in batch.columns), strict=True))


def _values(column: pa.Array) -> list[Any]:
    """The values of a column; of nanoseconds, which Spark writes, the microseconds, of zones UTC."""
    if not pa.types.is_timestamp(column.type):
        values: list[Any] = column.to_pylist()
        return values
    zone = None if column.type.tz is None else UTC
    unit = "us" if column.type.unit == "ns" else column.type.unit
    column = column.cast(pa.timestamp(unit, zone and "UTC"), safe=False)
    return [None if time is None else time.replace(tzinfo=zone) for time in column.to_pylist()]


if __name__ == "__main__":
    decode_file()
