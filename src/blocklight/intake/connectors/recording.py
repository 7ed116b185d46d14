"""Keeps what a source answered in a file, and lets the file answer in the source's place."""

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx2
import msgspec
import orjson
import zstandard

from blocklight.errors import SourceChanged
from blocklight.intake.connectors.http import ASIDE

log = logging.getLogger(__name__)

_LARGEST_WINDOW = 2**31
_LARGEST_LINE = 512_000_000
_READ_SIZE = 1 << 17
_LARGEST_BODY = 64_000_000


class _Line(msgspec.Struct):
    fetched_at: float
    body: msgspec.Raw


def replay_lines(path: Path) -> Iterator[tuple[datetime, bytes]]:
    """Yield each recorded answer with its time, in the order of the file and never more than one in memory.

    An answer that was no JSON when it was recorded comes back as it was. A last line that was cut
    off is left out. Raises ``SourceChanged`` naming the line that is not part of a recording.
    """
    for number, line in enumerate(_whole_lines(path), 1):
        try:
            record = msgspec.json.decode(line, type=_Line)
            fetched_at = datetime.fromtimestamp(record.fetched_at, UTC)
            body = bytes(record.body)
            if body.startswith(b'"'):
                body = msgspec.json.decode(body, type=str).encode()
        except (msgspec.DecodeError, OverflowError, ValueError, OSError):
            raise SourceChanged(f"line {number} of the recording is not fetched_at and body") from None
        yield fetched_at, body


def _whole_lines(path: Path) -> Iterator[bytes]:
    unpack = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
    rest = b""
    with path.open("rb") as file, unpack.stream_reader(file, read_across_frames=True) as reader:
        try:
            while chunk := reader.read(_READ_SIZE):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from filter(None, map(bytes.strip, whole))
                if len(rest) > _LARGEST_LINE:
                    raise SourceChanged(f"a line of the recording is longer than {_LARGEST_LINE:,} bytes")
        except zstandard.ZstdError:
            raise SourceChanged("the recording is not compressed with zstd, or is damaged") from None
    if rest.endswith(b"}"):
        yield rest


class ReplayTransport(httpx2.AsyncBaseTransport):
    """A transport on which every request is answered with *body*, the recorded answer whose turn it is.

    A recording holds whole answers and not the questions, so it can stand in for a source that is
    read with a single question.
    """

    def __init__(self, body: bytes = b"") -> None:
        self.body = body

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer any request."""
        return httpx2.Response(
            httpx2.codes.OK,
            headers={"content-type": "application/json"},
            content=self.body,
            request=request,
        )


class RecordingTransport(httpx2.AsyncBaseTransport):
    """A transport that passes everything through to *inner* and appends each whole answer to a new file.

    Bodies are streamed to the caller as they arrive; one body at a time is kept until it is written.
    Redirects, 304, answers without rows and bodies above *largest* bytes are not recorded. Each line reaches
    the disk's cache when its answer is complete, so that a recording that is killed loses at most its last
    line.
    """

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        path: Path,
        *,
        now: Callable[[], datetime],
        largest: int = _LARGEST_BODY,
    ) -> None:
        self._inner = inner
        self._now = now
        self.largest = largest
        self.recorded = 0
        # Exact places are in it, so it is its owner's from the first byte on.
        self._file: IO[bytes] = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._packer = zstandard.ZstdCompressor(level=10).stream_writer(self._file)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass *request* on and listen in on the answer."""
        response = await self._inner.handle_async_request(request)
        if (
            request.extensions.get(ASIDE)
            or response.is_redirect
            or response.status_code == httpx2.codes.NOT_MODIFIED
        ):
            return response
        response.stream = _Overheard(response, self)
        return response

    def write(self, body: bytes) -> None:
        """Append one answer."""
        try:
            orjson.loads(body)
            value = body.replace(b"\n", b" ").replace(b"\r", b" ")
        except orjson.JSONDecodeError:
            value = orjson.dumps(body.decode(errors="replace"))
        self._packer.write(b'{"fetched_at":%d,"body":%b}\n' % (self._now().timestamp(), value))
        self._packer.flush(zstandard.FLUSH_BLOCK)
        self._file.flush()
        self.recorded += 1

    async def aclose(self) -> None:
        """Close the inner transport and finish the file."""
        await self._inner.aclose()
        self._packer.flush(zstandard.FLUSH_FRAME)
        self._file.close()


class _Overheard(httpx2.AsyncByteStream):
    """An answer's bytes on their way to the caller, kept until they are whole."""

    def __init__(self, response: httpx2.Response, recording: RecordingTransport) -> None:
        self._stream = response.stream
        self._encoding = response.headers.get("content-encoding", "")
        self._recording = recording

    async def __aiter__(self) -> AsyncIterator[bytes]:
        recorded: bytearray | None = bytearray()
        assert isinstance(self._stream, httpx2.AsyncByteStream)  # noqa: S101 - an async transport's promise
        async for chunk in self._stream:
            if recorded is not None:
                recorded += chunk
                recorded = recorded if len(recorded) <= self._recording.largest else None
            yield chunk
        if recorded is not None:
            self._recording.write(self._unpacked(bytes(recorded)))

    def _unpacked(self, body: bytes) -> bytes:
        headers = {"content-encoding": self._encoding} if self._encoding else {}
        try:
            return httpx2.Response(httpx2.codes.OK, headers=headers, content=body).content
        except httpx2.DecodingError:
            return body

    async def aclose(self) -> None:
        assert isinstance(self._stream, httpx2.AsyncByteStream)  # noqa: S101 - an async transport's promise
        await self._stream.aclose()
