"""Says of an unexpected error what it is and where it was, never what it says: that may quote a record."""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(logging.Formatter):
    """Formats log lines; of an exception the places it came through, and its type."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's own name
        """A line without its exception."""
        if record.name == "asyncio":  # it writes arguments and exceptions out behind what happened
            record.message = record.message.partition("\n")[0].partition("(")[0].rstrip()
        return super().formatMessage(record)

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - the standard library's own name
        """Where an exception came from."""
        return "" if ei[1] is None else places_of_error(ei[1])


def places_of_error(error: BaseException) -> str:
    """The places that an error came through and the types of it and of what led to it."""
    return "\n".join(_traceback_lines(error, set())).rstrip()


def _traceback_lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _traceback_lines(before, seen)
        yield ""
    yield from (line.rstrip("\n") for line in traceback.format_tb(error.__traceback__))
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        if id(inner) not in seen:
            yield from _traceback_lines(inner, seen)
