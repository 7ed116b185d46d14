"""Has Excel and Parquet files decoded in a process of its own, with limits of memory and time."""

import io
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import IO, Any

from blocklight.errors import SourceChanged, SourceError, SourceUnavailable

PARQUET = b"PAR1"
# The values of one row, as the library that reads the file has them.
Cells = list[Any]
# Takes the names of the columns that are wanted and gives their rows in blocks.
Rows = Callable[[Sequence[str]], Iterator[Cells]]

_LONGEST_S = 300.0
_FRAME = 4
_LARGEST_FRAME = 200_000_000
_ERRORS: dict[str, type[SourceError]] = {
    error.__name__: error for error in (SourceChanged, SourceUnavailable)
}
# What a cell may be beside what pickle knows by itself.
_VALUES = frozenset(
    {("datetime", name) for name in ("datetime", "date", "time", "timedelta", "timezone")}
    | {("decimal", "Decimal"), ("uuid", "UUID")}
)


class _Values(pickle.Unpickler):
    """Reads plain values alone: whoever took over the child must not run anything here."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class
        if (module, name) not in _VALUES:
            raise pickle.UnpicklingError("no value of a cell")
        return super().find_class(module, name)


def write_frame(out: IO[bytes], value: object) -> None:
    """Write one value behind its length."""
    body = pickle.dumps(value, protocol=5)
    out.write(len(body).to_bytes(_FRAME, "big") + body)
    out.flush()


def read_frame(source: IO[bytes]) -> Any:  # noqa: ANN401 - any value of a cell, or several
    """Read one value; raises ``EOFError`` where the other side has ended."""
    length = int.from_bytes(head := source.read(_FRAME), "big")
    if len(head) < _FRAME or length > _LARGEST_FRAME or len(body := source.read(length)) < length:
        raise EOFError
    return _Values(io.BytesIO(body)).load()


def excel_sheets(file: IO[bytes]) -> Generator[Iterator[Cells], None, None]:
    """Yield each sheet of an Excel file as its rows; a sheet's rows end where the next sheet is asked for.

    Raises ``SourceUnavailable`` for a broken file and one that takes too much memory or time to read.
    """
    with _decoder_of(file) as (frames, _):
        frame = next(frames, None)
        while frame is not None:
            ahead: Cells = []
            yield _rows_of_sheet(frames, ahead)
            # What its reader left of a sheet is passed over.
            frame = (
                ahead[0] if ahead else next((candidate for candidate in frames if candidate == "sheet"), None)
            )


def _rows_of_sheet(frames: Iterator[Any], ahead: Cells) -> Iterator[Cells]:
    for frame in frames:
        if frame == "sheet":
            ahead.append(frame)
            return
        yield from frame


@contextmanager
def parquet_columns(file: IO[bytes]) -> Iterator[tuple[list[str], Rows]]:
    """Yield the names of a Parquet file's columns, and what gives the rows of those wanted."""
    with _decoder_of(file) as (frames, ask):
        names = next(frames, None)
        if names is None:
            raise SourceUnavailable("damaged Parquet file")

        def rows(names: Sequence[str]) -> Iterator[Cells]:
            write_frame(ask, list(names))
            return frames

        yield names, rows


@contextmanager
def _decoder_of(file: IO[bytes]) -> Iterator[tuple[Iterator[Any], IO[bytes]]]:
    """Start a decoder on *file*; yield its frames and where it takes what it is to read."""
    with _with_descriptor(file) as real:
        descriptor = real.fileno()
        process = subprocess.Popen(  # noqa: S603 - this very program, of our own interpreter
            [sys.executable, "-P", "-m", "blocklight.intake.forms.decoder", str(descriptor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a library says as it gives up may quote a cell
            pass_fds=(descriptor,),
        )
        deadline = Timer(_LONGEST_S, process.kill)
        deadline.daemon = True
        deadline.start()
        try:
            assert process.stdin is not None  # noqa: S101 - asked for above
            yield _frames(process), process.stdin
        finally:
            deadline.cancel()
            process.kill()
            process.communicate()


def _frames(process: "subprocess.Popen[bytes]") -> Iterator[Any]:
    assert process.stdout is not None  # noqa: S101 - asked for by `_decoder_of`
    while True:
        try:
            frame = read_frame(process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise SourceUnavailable("a file that takes too much memory or time to read") from None
        if frame is None:
            return
        if isinstance(frame, tuple):
            kind, reason = frame
            raise _ERRORS.get(kind, SourceUnavailable)(reason)
        yield frame


@contextmanager
def _with_descriptor(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield a file of the system, which a child process can read, with the content of *file*."""
    try:
        file.fileno()
    except OSError:
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(file, copy)
            copy.seek(0)
            yield copy
    else:
        yield file
