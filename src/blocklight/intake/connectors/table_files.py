"""Reads table files: at an address, at a path, or in a drop folder, where each is taken exactly once."""

import logging
import stat
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote, urlsplit

import orjson

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceError, SourceUnavailable
from blocklight.geo.exact import SourceKey
from blocklight.intake.connectors.http import Conversation
from blocklight.intake.connectors.pages import Pages
from blocklight.intake.forms.extent import NOT_ALL, limit_of_address
from blocklight.intake.forms.tables import Block, Reading, read_body, read_file
from blocklight.intake.record import TOO_MANY_ROWS, Batch, Unreadable
from blocklight.intake.threads import POLLING, in_thread

_log = logging.getLogger(__name__)

ACCEPT = "text/csv, application/json, application/geo+json, application/vnd.apache.parquet, */*;q=0.5"
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp")
_MOST_FILES = 100_000


@dataclass(frozen=True, slots=True)
class _File:
    """One version of a file: writing it anew makes another."""

    path: Path
    size: int
    changed_ns: int

    @property
    def mark(self) -> str:
        text = f"{self.path.name}\x1f{self.size}\x1f{self.changed_ns}"
        return blake2b(text.encode(errors="surrogateescape"), digest_size=8).hexdigest()

    @classmethod
    def at(cls, path: Path) -> "_File | None":
        try:
            status = path.stat()
        except OSError:
            return None
        return cls(path, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


class TableFiles:
    """Reads a table at a web address whole, or the files of this machine that have not been taken yet.

    A file of this machine is taken once nobody has written to it for a while. The cursor holds a mark of each
    version of a file that was taken and is still there, so nothing is moved or deleted. A file without our
    columns fails each fetch for as long as it is there, but only after the others, which are taken. Where
    calls close by vanishing, a folder's newest file alone is read, as what is open now.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._http = http
        self._pages = Pages(source, http)
        self._reading = Reading.of(source, source.page_size, whole=True)
        self._seen: dict[_File, float] = {}

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:
        """Yield the rows of what is new."""
        local = self._source.url.startswith("file:")
        async for batch in self._new_files(_marks_of(cursor)) if local else self._address():
            yield batch

    async def _address(self) -> AsyncIterator[Batch]:
        answer = await self._pages.ask()
        if answer.unchanged:
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        blocks, before, count = self._capped(read_body(answer.value, self._reading)), Block(), 0
        while (block := await in_thread(POLLING, _next_block, blocks)) is not None:
            if count:
                yield Batch(before.records, answer.fetched_at, unreadable=before.unreadable, more=True)
            before, count = block, count + len(block)
        limit = limit_of_address(self._source.url) if self._source.extent == "said" else None
        if limit is not None and 0 < limit <= count:
            raise SourceChanged(
                NOT_ALL,
                detail="it has exactly as many rows as the limit in its address allows, so there may be more",
            )
        yield Batch(
            before.records,
            answer.fetched_at,
            complete=self._pages.complete,
            unreadable=before.unreadable,
        )
        # Reached only when the batches were stored: a fetch that failed later must be asked in full again.
        self._pages.stored(answer)

    async def _new_files(self, read_marks: set[str]) -> AsyncIterator[Batch]:
        path = _path(self._source.url)
        folder, files = await in_thread(POLLING, _finished_files, path)
        whole = not folder or self._source.closes == "vanish"
        present = {file.mark for file in files}
        new = [file for file in files if file.mark not in read_marks and self._settled(file)]
        self._seen = {file: since for file, since in self._seen.items() if file.mark in present - read_marks}
        read_marks = read_marks & present
        if whole:
            read_marks |= {file.mark for file in new[:-1]}
            new = new[-1:]
        if not new:
            yield Batch([], self._http.now(), unchanged=True)
        changed: SourceChanged | None = None
        for file in new:
            with_it = read_marks | {file.mark}
            try:
                async for batch in self._one(file, orjson.dumps(sorted(with_it)).decode(), whole=whole):
                    yield batch
            except SourceChanged as error:
                changed = changed or error
            else:
                read_marks = with_it
        if changed is not None:
            raise changed

    def _settled(self, file: _File) -> bool:
        """Whether nobody has written to a file for a while, by its own time or by our watching it."""
        wait, clock = self._source.settle_s, time.monotonic()
        since = self._seen.setdefault(file, clock)
        return 0 <= wait <= time.time() - file.changed_ns / 1e9 or clock - since >= wait

    async def _one(self, file: _File, cursor: str, *, whole: bool) -> AsyncIterator[Batch]:
        """Yield a file's rows; the last batch says that it is taken. A folder's broken file is a bad row."""
        now = self._http.now()
        before: Block | None = None
        try:
            blocks = self._capped(self._read(file))
            while (block := await in_thread(POLLING, _next_block, blocks)) is not None:
                if before is not None:
                    yield Batch(before.records, now, unreadable=before.unreadable, more=True)
                before = block
        except SourceUnavailable:
            if whole:
                raise
            # Counted and never read again, so that one file costs its source neither time nor the others.
            _log.warning("source %s: left out a file of its folder: see `check`", self._source.id)
            bad = [Unreadable(SourceKey(file.mark), "bad_file")]
            last_block = before or Block()
            yield Batch(last_block.records, now, cursor=cursor, unreadable=[*last_block.unreadable, *bad])
            return
        if _File.at(file.path) != file:
            raise SourceUnavailable("a file was written to while it was read")
        last = before or Block()
        complete = whole and self._pages.complete
        yield Batch(last.records, now, cursor=cursor, complete=complete, unreadable=last.unreadable)

    def _read(self, file: _File) -> Iterator[Block]:
        if file.size > self._source.max_bytes:
            raise SourceUnavailable("a file is larger than max_bytes")
        yield from read_file(file.path, self._reading)

    def _capped(self, blocks: Iterable[Block]) -> Iterator[Block]:
        count = 0
        for block in blocks:
            count += len(block)
            if count > self._source.row_limit:
                raise SourceChanged(TOO_MANY_ROWS)
            yield block


def _next_block(blocks: Iterator[Block]) -> Block | None:
    try:
        return next(blocks, None)
    except OSError:
        raise SourceUnavailable("a file cannot be read") from None


def newest_in(source: SourceSpec) -> SourceSpec:
    """A source with a drop folder as one that reads its newest file alone; any other as it is."""
    if not source.url.startswith("file:"):
        return source
    folder, files = _finished_files(_path(source.url))
    if not folder or not files:
        return source
    return source.model_copy(update={"url": files[-1].path.absolute().as_uri()})


def unlike(source: SourceSpec) -> Iterator[tuple[str, SourceError]]:
    """Yield the files of a drop folder that cannot be read or lack our columns, each with what is wrong."""
    read = source.url.startswith("file:") and source.closes != "vanish"  # then only the newest counts
    folder, files = _finished_files(_path(source.url)) if read else (False, ())
    for file in files if folder else ():
        try:
            next(read_file(file.path, Reading.of(source, 1)), None)
        except SourceError as error:
            yield file.path.name, error
        except OSError:
            continue


def _path(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _finished_files(path: Path) -> tuple[bool, Sequence[_File]]:
    """Whether a path is a folder, and its finished files, the oldest first; of a file, itself."""
    folder = path.is_dir()
    try:
        paths = sorted(path.iterdir())[:_MOST_FILES] if folder else [path]
    except OSError:
        raise SourceUnavailable("the folder cannot be read") from None
    named = (p for p in paths if p == path or not _looks_unfinished(p.name))
    files = [file for p in named if (file := _File.at(p)) is not None]
    if not files and not folder:
        raise SourceUnavailable("no such file or folder")
    return folder, sorted(files, key=lambda file: (file.changed_ns, file.path.name))


def _looks_unfinished(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)


def _marks_of(cursor: str | None) -> set[str]:
    if cursor is None:
        return set()
    try:
        marks = orjson.loads(cursor)
    except orjson.JSONDecodeError:
        marks = None
    if not isinstance(marks, list):
        raise SourceChanged("the stored cursor belongs to another connector")
    return set(map(str, marks))
