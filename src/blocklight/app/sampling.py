"""Reads what a command looks at: a page of a source, a recorded answer, or a file whole; stores nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from blocklight import net
from blocklight.app import bodies
from blocklight.app.city_runtime import http_client
from blocklight.app.opening import wall_clock
from blocklight.config.city import City, SourceSpec
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, SourceChanged, UsageError
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.push import Push
from blocklight.intake.connectors.recording import ReplayTransport
from blocklight.intake.connectors.streams import Stream, rows_of
from blocklight.intake.connectors.table_files import newest_in
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.tables import Reading, json_value, read_file
from blocklight.intake.record import Batch, Connector, RawRecord

# As large as any answer may be that `serve` reads, unless the city file says otherwise.
_MAX_SAMPLE_BYTES = 64_000_000

_ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Given:
    """The file that stands in for a source: a recorded answer of it, or a table of it to be read whole."""

    sample: Path | None = None
    everything: Path | None = None

    @property
    def file(self) -> Path | None:
        """The file, ``None`` where the source itself is read."""
        return self.everything or self.sample


def read_through(source: SourceSpec, city: City, stand_in: Given, take: Callable[[Batch], None]) -> str:
    """Pass on what there is to look at, batch after batch; say in words what that was.

    Of a source on the network it is the first page, of a table file every row.
    Raises ``SourceError`` for what cannot be read, ``BlocklightError`` for a file that is none.
    """
    if stand_in.everything is None:
        return _sampled(source, city, stand_in.sample, take)
    if not stand_in.everything.is_file():
        raise BlocklightError(f"{stand_in.everything}: not a file")
    for block in read_file(stand_in.everything, Reading.of(source, _ROWS_AT_ONCE)):
        take(Batch(block.records, wall_clock(), unreadable=block.unreadable, more=True))
    return f"every row of {stand_in.everything}"


def _sampled(source: SourceSpec, city: City, sample: Path | None, take: Callable[[Batch], None]) -> str:
    if source.connector == "push" and sample is not None:
        take(Batch(Columns(source).records(_sent(sample_body(sample))), wall_clock()))
        return f"every record of {sample}"
    local = source.url.startswith("file:")
    if local:  # a person says that the file is finished
        source = source.model_copy(update={"settle_s": 0})
    if local and sample is not None:
        source = source.model_copy(update={"url": sample.resolve().as_uri()})
    elif sample is None:
        source = newest_in(source)
    body = sample_body(sample) if sample is not None and not local else None
    if source.sends_by_itself and sample is not None:
        return _of_messages(source, sample, take)
    whole = source.connector == "files" or source.sends_by_itself
    asyncio.run(_pass_on(source, city, body, take, whole=whole))
    if source.sends_by_itself:
        return f"what came within five seconds from {source.url}"
    return f"{'every row' if whole else 'the first page'} of {sample or source.url}"


def _of_messages(source: SourceSpec, sample: Path, take: Callable[[Batch], None]) -> str:
    """Pass on the records of a message, or of a list of them, in a file."""
    rows = rows_of(sample_body(sample), source.records)
    if rows is None:
        raise SourceChanged("no message of this source: expected JSON")
    take(Batch(Columns(source).records(rows), wall_clock()))
    return f"every record of {sample}"


async def _pass_on(
    source: SourceSpec, city: City, body: bytes | None, take: Callable[[Batch], None], *, whole: bool
) -> None:
    async with reader_of(source, city, body) as reader:
        async for batch in reader.fetch(None):
            take(batch)
            if not whole:  # a recorded answer has no second page, and of a source one is enough
                break


async def sample_of_query(url: str, query: str) -> list[RawRecord]:
    """Rows of a database with all of their columns; raises ``UsageError`` for what cannot be read so.

    The name of the source in ``BLOCKLIGHT_SOURCE_PASSWORDS`` is then ``calls``, as in the proposal.
    """
    plain = {"id": "calls", "label": "Calls", "connector": "sql", "url": url, "query": query, "key": ["x"]}
    fields = {"received_at": {"from": "x", "convert": "iso"}, "source_type": "y", "address": "z"}
    fields |= {"agency": {"default": "police"}}
    try:
        source = SourceSpec.model_validate({**plain, "closes": "never", "fields": fields})
    except ValidationError as error:
        raise UsageError("URL", error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    source = source.with_every_column()
    async with net.client(net.outbound(())) as client:
        reader = connector(source, client=client, secret=Settings().secret_of(source), now=wall_clock)
        return [row async for batch in reader.fetch(None) for row in batch.records]


def sample_body(sample: Path) -> bytes:
    """Read a recorded answer; raises ``BlocklightError`` for what cannot be one."""
    return bodies.read(sample, _MAX_SAMPLE_BYTES)


async def one_page(source: SourceSpec, city: City, sample: bytes | None) -> tuple[Connector, Batch]:
    """Read the first page of a source, or of *sample* in its place; of a drop folder, its newest file's."""
    if source.connector == "push" and sample is not None:
        return Push(source, wall_clock), Batch(Columns(source).records(_sent(sample)), wall_clock())
    async with reader_of(source, city, sample) as reader:
        async for batch in reader.fetch(None):
            return reader, batch
    return reader, Batch([], wall_clock())


@asynccontextmanager
async def reader_of(source: SourceSpec, city: City, sample: bytes | None) -> AsyncIterator[Connector]:
    """Yield the connector that reads a source, or *sample* in its place."""
    if sample is None:
        source = newest_in(source)
        client = http_client(city, wall_clock)
    else:
        client = net.client(ReplayTransport(sample))
    async with client:
        reader = connector(source, client=client, secret=Settings().secret_of(source), now=wall_clock)
        try:
            yield reader
        finally:
            if isinstance(reader, Stream):
                await reader.close()


def _sent(body: bytes) -> list[object]:
    """Give the records of a batch as it is pushed."""
    value = json_value(body)
    records = value.get("records") if isinstance(value, dict) else value
    if not isinstance(records, list):
        raise SourceChanged('expected a JSON list of records, or {"records": [...]}')
    return records
