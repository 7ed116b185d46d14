"""Reads a file of history in a process of its own, which hands over redacted outcomes and nothing else."""

import gc
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import IO, Any

from blocklight.config.city import City, SourceSpec
from blocklight.errors import BlocklightError, SourceChanged, SourceUnavailable
from blocklight.intake.companions import Companions
from blocklight.intake.connectors.push import Push
from blocklight.intake.equal_rows import EqualRows
from blocklight.intake.forms.tables import Block, Reading, read_table
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.redact import Rules
from blocklight.intake.run import Feed, Tally, internal
from blocklight.model.outcomes import Outcome

_ROWS_AT_ONCE = 5000
# How many blocks may wait to be stored: enough that neither side waits long, and memory stays flat.
_BLOCKS_AHEAD = 4
# Bytes of a file: half a second of reading, which is about what a process takes to start.
_WORTH_A_PROCESS = 1_000_000

_ERRORS: dict[str, type[BlocklightError]] = {
    error.__name__: error for error in (SourceChanged, SourceUnavailable)
}


@dataclass(frozen=True)
class History:
    """A file of one source's history, and all that is needed to understand it from row *done* on.

    With *shows_past*, nothing is paused, so that old calls are public as soon as they are stored.
    """

    file: Path
    city: City
    source: SourceSpec
    keys: bytes = field(repr=False)
    now: Callable[[], datetime]
    done: int = 0
    shows_past: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """A block of rows that were normalised and redacted at *at*; *position* is how far the file was read."""

    rows: int
    at: datetime
    outcomes: list[Outcome]
    tally: Tally
    position: int


@contextmanager
def understood(history: History) -> Iterator[Iterator[Understood]]:
    """Yield the blocks of a file, worked out in another process while earlier ones are used in this one.

    Reading costs about as much as storing, and Python does one thing at a time in a process. The exact
    places stay over there. A small file is read here, in less time than a process takes to start.
    Raises what reading the file raises, and ``BlocklightError`` where that process is ended from outside.
    """
    with _without_cycles():
        if history.file.stat().st_size < _WORTH_A_PROCESS:
            yield _in_our_words(history)
            return
        context = get_context("spawn")  # a fork would share the open database
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_understand_over_there, args=(sender, history), daemon=True)
        process.start()
        sender.close()
        taker = _Taker(receiver)
        try:
            yield taker.blocks()
        finally:
            process.terminate()
            process.join()
            taker.end()
            receiver.close()


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Look for cycles of garbage no more while rows go by, which make none: it costs a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Taker:
    """Takes blocks out of a pipe ahead of time: it holds much less than one, so its far side would wait."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._taken: SimpleQueue[bytes | None] = SimpleQueue()
        self._room = Semaphore(_BLOCKS_AHEAD)
        self._thread = Thread(target=self._take, daemon=True)
        self._thread.start()

    def blocks(self) -> Iterator[Understood]:
        """Yield what comes through."""
        while (body := self._taken.get()) is not None:
            message = pickle.loads(body)  # noqa: S301 - written by this program, in a process of its own
            if message is None:
                return
            if isinstance(message, tuple):
                kind, reason, heading = message
                error = _ERRORS.get(kind, BlocklightError)(reason)
                if isinstance(error, SourceChanged):
                    error.heading = heading
                raise error
            yield message
            self._room.release()
        raise BlocklightError(
            "the process that reads the file was ended, perhaps for lack of memory; "
            "run the same command again to continue"
        )

    def end(self) -> None:
        """Wait for the thread, once nothing is at the far side any more."""
        self._room.release(_BLOCKS_AHEAD)
        self._thread.join()

    def _take(self) -> None:
        with suppress(EOFError, OSError):
            while self._room.acquire():
                self._taken.put(self._pipe.recv_bytes())
        self._taken.put(None)


def _understand_over_there(pipe: Connection, history: History) -> None:
    """Send each block, then ``None``; where reading fails, what kind of error it was and its reason."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that stores decides when to stop
    with suppress(BrokenPipeError), _without_cycles():
        try:
            for block in _in_our_words(history):
                pipe.send_bytes(pickle.dumps(block, pickle.HIGHEST_PROTOCOL))
            closing_message: Any = None
        except BlocklightError as error:
            closing_message = type(error).__name__, str(error), getattr(error, "heading", ())
        pipe.send_bytes(pickle.dumps(closing_message))


def _in_our_words(history: History) -> Iterator[Understood]:
    """Yield the blocks of a file; of an unexpected error say where it was, as its text may quote a record."""
    try:
        yield from understand(history)
    except BlocklightError:
        raise
    except Exception as error:  # noqa: BLE001 - this process's standard error may be a log
        raise BlocklightError(internal(error)) from None


def understand(history: History) -> Iterator[Understood]:
    """Yield the blocks of a file in this process."""
    source, city = history.source, history.city
    rules = Rules.of(city, history.keys)
    feed = Feed(
        source,
        city,
        Push(source, history.now),
        rules,
        geocoder=Geocoder.of(city),
        companions=Companions.of(city),
        reads_once=True,
        shows_past=history.shows_past,
    )
    reading, equal_rows = Reading.of(source, _ROWS_AT_ONCE), EqualRows(source)

    def blocks(handle: IO[bytes]) -> Iterator[Block]:
        for block in read_table(handle, reading):  # also those that are passed over: they are counted
            yield Block(list(equal_rows.numbered(block.records)), block.unreadable)

    with history.file.open("rb") as handle:
        for block in _left_over(blocks(handle), history.done):
            tally, at = Tally(), history.now()
            outcomes = feed.outcomes(block.records, at, tally, block.unreadable)
            yield Understood(len(block), at, outcomes, tally, handle.tell())


def _left_over(blocks: Iterable[Block], done: int) -> Iterator[Block]:
    """Pass over the blocks whose rows are done; blocks are cut alike each time."""
    for block in blocks:
        if done >= len(block) > 0:
            done -= len(block)
        else:
            yield block
