"""How log lines look: on a terminal, in a file, and in the journal, which wants each line's priority."""

import logging
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.logging import RichHandler

from blocklight.cli.unexpected import Formatter

_NOISY = ("httpx2", "httpcore2", "alembic", "uvicorn.access", "asyncio")
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class LineFormatter(Formatter):
    """Writes one record as one line, whatever is in it: no message can pretend to be another line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's own name
        """A line without characters that a terminal or a log reader would obey."""
        record.message = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", record.message)
        return super().formatMessage(record)


class JournalFormatter(LineFormatter):
    """Begins each line with its priority, as sd-daemon(3) has it; the journal notes the time itself."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a record."""
        priority = next((number for level, number in _PRIORITIES if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())


class OncePerFault(logging.Filter):
    """Logs an exception from one place in the code once in *every_s* seconds, with the number left out.

    Otherwise anybody who finds a request that fails could fill the disk with tracebacks.
    """

    def __init__(self, every_s: float = 600, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._every_s = every_s
        self._clock = clock
        self._written: dict[tuple[str, str, int], float] = {}
        self._left_out: Counter[tuple[str, str, int]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is to be written."""
        if not record.exc_info or record.exc_info[0] is None:
            return True
        kind, _, traceback = record.exc_info
        place = (kind.__name__, *_raised_at(traceback))
        now = self._clock()
        if now - self._written.get(place, -self._every_s) < self._every_s:
            self._left_out[place] += 1
            return False
        self._written[place] = now
        if left_out := self._left_out.pop(place, 0):
            record.msg, record.args = f"{record.getMessage()} (and {left_out} times since the last line)", ()
        return True


def _raised_at(traceback: TracebackType | None) -> tuple[str, int]:
    """The file and line of the code that raised."""
    if traceback is None:
        return "", 0
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename, traceback.tb_lineno


def set_up(console: Console, *, verbose: bool) -> None:
    """Send log lines where this process's errors go."""
    handler: logging.Handler = logging.StreamHandler()
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False, markup=False, rich_tracebacks=False)
        handler.setFormatter(LineFormatter("%(message)s"))
    elif goes_to_journal():
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(OncePerFault())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def goes_to_journal() -> bool:
    """Whether standard error is the journal's own stream: systemd names its device and inode."""
    stream = os.environ.get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return stream == f"{status.st_dev}:{status.st_ino}"
