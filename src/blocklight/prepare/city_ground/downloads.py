"""Fetches files once and keeps them: resumed where they broke off, bounded, and checked before use."""

import hashlib
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

from blocklight import net
from blocklight.errors import NotFound, SourceError, SourceUnavailable

_TIMEOUT_S = 60.0
# A state's file over a slow line takes that long; what is longer stands still.
_LONGEST_S = 1800.0

_REDIRECTS = 3
_ATTEMPTS = 4
_PAUSE_S = 2.0
_PARTIAL = 206
_NOT_FOUND = 404
_RANGE_REFUSED = 416
_RECORD = "downloads.json"
_MAX_ANSWER_BYTES = 16_000_000


@dataclass(frozen=True)
class Download:
    """Where a kept file came from, and what it was when it came."""

    url: str
    sha256: str
    bytes: int
    downloaded_at: str
    last_modified: str = ""


class Downloads:
    """A folder of files that were fetched; a file that a person put there is taken as it is.

    *named* are the hosts that a person named, wherever they are; *say* is told what is being fetched.
    """

    def __init__(
        self,
        folder: Path,
        *,
        named: frozenset[str],
        now: Callable[[], datetime],
        say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.folder = folder
        self.now = now
        self._named = named
        self._say = say
        self._sleep = sleep
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = self._read_record()

    def origin(self, name: str) -> Download | None:
        """Give where a kept file came from, ``None`` for one that a person put there."""
        return self._kept.get(name)

    def has(self, name: str) -> bool:
        """Whether a file is there and is still what it was when it came."""
        path = self.folder / name
        entry = self._kept.get(name)
        return path.is_file() and (entry is None or entry.sha256 == _sha256_of(path))

    def get(self, url: str, name: str, max_bytes: int, *, form: Mapping[str, str] | None = None) -> Path:
        """Give the file of this *name*, fetched from *url* if it is not there, of at most *max_bytes* bytes.

        With *form*, that is posted. Raises ``NotFound`` where nothing is at the address, ``SourceError``
        where it cannot be fetched whole.
        """
        path = self.folder / name
        if self.has(name):
            return path
        part = path.with_name(f".{name}.part")
        self._say(f"Fetching {url}")
        modified = self._fetch(url, part, max_bytes, form)
        _expect_whole_archive(part, name, url)
        part.replace(path)
        self._remember(name, url, modified)
        return path

    def json(self, url: str) -> object:
        """Give a JSON answer, which is not kept; raises ``SourceError``."""
        body = b""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                body = b"".join(self._short(url))
                break
            except SourceUnavailable:
                if attempt == _ATTEMPTS:
                    raise
                self._sleep(_PAUSE_S * attempt)
        try:
            return orjson.loads(body)
        except ValueError:
            raise SourceUnavailable(f"{url}: not a JSON document") from None

    def forget(self) -> None:
        """Remove what was fetched; what a person put there stays."""
        for name in self._kept:
            (self.folder / name).unlink(missing_ok=True)
        self._kept = {}
        (self.folder / _RECORD).unlink(missing_ok=True)

    def keep(self, name: str, url: str, text: str) -> Path:
        """Write what was read from *url* in pages as one file."""
        path = self.folder / name
        draft = path.with_name(f".{name}.part")
        draft.write_text(text, "utf-8")
        draft.replace(path)
        self._remember(name, url, "")
        return path

    def _fetch(self, url: str, part: Path, max_bytes: int, form: Mapping[str, str] | None) -> str:
        deadline = time.monotonic() + _LONGEST_S
        part.unlink(missing_ok=True) if form is not None else None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._stream(url, part, max_bytes, form, deadline)
            except SourceUnavailable as error:
                if attempt == _ATTEMPTS:
                    raise SourceUnavailable(f"{error}; run the command again to go on from there") from None
                self._sleep(_PAUSE_S * attempt)
        raise AssertionError  # the last attempt raises

    def _stream(
        self, url: str, part: Path, max_bytes: int, form: Mapping[str, str] | None, deadline: float
    ) -> str:
        """Write an answer behind what is there of it already; give when the far side last changed it."""
        seal = part.with_suffix(".seal")
        present_bytes = part.stat().st_size if part.is_file() and seal.is_file() else 0
        headers = {"accept-encoding": "identity"}
        if present_bytes:
            headers |= {"range": f"bytes={present_bytes}-", "if-range": seal.read_text("utf-8")}
        with self._client() as client:
            try:
                method = "GET" if form is None else "POST"
                with client.stream(method, url, headers=headers, data=form) as response:
                    if response.status_code == _RANGE_REFUSED:
                        seal.unlink(missing_ok=True)
                    _expect_success(url, response.status_code)
                    goes_on = response.status_code == _PARTIAL
                    validator = _validator(response.headers)
                    seal.unlink(missing_ok=True) if validator is None else seal.write_text(validator, "utf-8")
                    size = present_bytes if goes_on else 0
                    with part.open("ab" if goes_on else "wb") as file:
                        for chunk in response.iter_bytes():
                            size += len(chunk)
                            _expect_bounds(url, size, max_bytes, deadline)
                            file.write(chunk)
                    seal.unlink(missing_ok=True)
                    return str(response.headers.get("last-modified", ""))
            except net.HTTPError as error:
                raise SourceUnavailable(f"{url}: {net.describe(error)}") from None

    def _short(self, url: str) -> Iterator[bytes]:
        size = 0
        with self._client() as client:
            try:
                with client.stream("GET", url) as response:
                    _expect_success(url, response.status_code)
                    for chunk in response.iter_bytes():
                        size += len(chunk)
                        _expect_bounds(url, size, _MAX_ANSWER_BYTES, time.monotonic() + _TIMEOUT_S)
                        yield chunk
            except net.HTTPError as error:
                raise SourceUnavailable(f"{url}: {net.describe(error)}") from None

    def _client(self) -> net.SyncClient:
        return net.sync_client(self._named, redirects=_REDIRECTS, timeout_s=_TIMEOUT_S)

    def _remember(self, name: str, url: str, modified: str) -> None:
        path = self.folder / name
        at = self.now().isoformat(timespec="seconds")
        self._kept[name] = Download(url, _sha256_of(path), path.stat().st_size, at, modified)
        rows = {name: asdict(entry) for name, entry in sorted(self._kept.items())}
        draft = self.folder / f".{_RECORD}.part"
        draft.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
        draft.replace(self.folder / _RECORD)

    def _read_record(self) -> dict[str, Download]:
        path = self.folder / _RECORD
        if not path.is_file():
            return {}
        try:
            return {name: Download(**row) for name, row in json.loads(path.read_text("utf-8")).items()}
        except (ValueError, TypeError, AttributeError):
            return {}  # files are then taken as if a person had put them there


def _expect_success(url: str, status: int) -> None:
    if status == _NOT_FOUND:
        raise NotFound(f"{url}: HTTP 404, nothing is at this address")
    if not 200 <= status < 300:  # noqa: PLR2004 - the range of success
        raise SourceUnavailable(f"{url}: HTTP {status}")


def _expect_bounds(url: str, size: int, max_bytes: int, deadline: float) -> None:
    if size > max_bytes:
        raise SourceError(f"{url}: larger than {max_bytes:,} bytes")
    if time.monotonic() > deadline:
        raise SourceError(f"{url}: took longer than {_LONGEST_S / 60:.0f} minutes")


def _expect_whole_archive(part: Path, name: str, url: str) -> None:
    """Raise ``SourceUnavailable`` for an archive that is broken: every member carries a check sum."""
    if not name.endswith(".zip"):
        return
    try:
        with zipfile.ZipFile(part) as archive:
            broken = archive.testzip()
    except (OSError, zipfile.BadZipFile, RuntimeError):
        broken = name
    if broken is not None:
        part.unlink()
        raise SourceUnavailable(f"{url}: not a whole zip archive; run the command again")


def _validator(headers: Mapping[str, str]) -> str | None:
    """Give what tells one version of a file from another (RFC 9110, 13.1.5: a strong one)."""
    tag = headers.get("etag", "")
    return (tag if tag and not tag.startswith("W/") else headers.get("last-modified")) or None


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
