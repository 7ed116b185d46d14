"""Encodes the public window as Arrow IPC, compressed once and kept ready as bytes for everybody."""

import gzip
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import brotli
import numpy as np
import pyarrow as pa
import zstandard
from numpy.typing import NDArray

from blocklight.model.described import meanings
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Stage
from blocklight.publish.columns import NOT_REACHED, SMALL_NUMBERS, TEXTS, Columns

# A column of the window, or all of its rows: numpy says no more of a structured array.
Column = NDArray[Any]

# So building takes a tenth of the time at most, and a large window is a little older.
_REBUILD_SHARE = 10

# The live feed brings what a window of a second ago lacks.
_MIN_AGE_S = 1.0

_KEPT = 10
_STILL_OF_USE_S = 60.0
DEFAULT_HOURS = 24
# Hours that are built; the ones that the page offers (see ``web/src/state/filter.ts``).
_LENGTHS = (1, DEFAULT_HOURS, 168, 720)

_FIELDS = {name: meta.description or "" for name, meta in meanings(PublicIncident).items()}
# The columns of the window and what they mean, in their order.
COLUMNS = {
    "first_seq_delta": "Difference to the row before; the running sum is `first_seq`",
    "received_at_delta": "Difference to the row before; the running sum is seconds since 1970, UTC",
    "stage": "The furthest stage reached: `closed` means closed, everything else is open",
    "closed_min": "Minutes from received to closed, rounded up",
    **{name: _FIELDS[name] for name in (*TEXTS, *SMALL_NUMBERS)},
    "place": "Struct of `lon`, `lat`, `label`, `kind`, `radius_m`, and `areas`: a text for each area kind",
}

ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda raw: zstandard.ZstdCompressor(level=9).compress(raw),
    "br": lambda raw: brotli.compress(raw, quality=5, lgwin=22),
    # gzip writes the time into its header unless told not to: the same rows are the same bytes.
    "gzip": lambda raw: gzip.compress(raw, compresslevel=6, mtime=0),
    "identity": lambda raw: raw,
}


@dataclass(frozen=True)
class Snapshot:
    """One encoded answer and what identifies it: the same rows always give the same *etag*."""

    body: bytes
    encoding: str
    etag: str
    seq: int


@dataclass
class _Built:
    raw: bytes
    seq: int
    etag: str
    built_at: float
    cost_s: float
    encoded: dict[str, bytes]
    before: "_Built | None" = None
    """The one that this replaces: it may have been packed in ways in which this one is not packed yet."""


class Window:
    """Answers window requests from memory; rebuilds lazily, and at once after a retraction.

    An answer may lag the log by a moment: a client catches up by its ``seq`` over the live feed.
    """

    def __init__(self, columns: Columns, *, city_id: str, now: Callable[[], datetime]) -> None:
        self._columns = columns
        self._city_id = city_id
        self._now = now
        self._built: dict[tuple[str, int], _Built] = {}
        self._lock = Lock()
        self._stale_below = 0
        self.seq = 0
        self.epoch = ""

    def begin(self, columns: Columns, seq: int, epoch: str) -> None:
        """Answer from other *columns*, of a history of the log called *epoch*, and forget every answer."""
        # Without the lock, which whoever builds holds for long: this runs in the event loop.
        self._columns = columns
        self.epoch = epoch
        self.seq = self._stale_below = seq
        self._built = {}

    def advance(self, seq: int, *, retracted: bool) -> None:
        """Note that the columns are now exact as of *seq*."""
        self.seq = seq
        if retracted:
            self._stale_below = seq

    def get(self, hours: int, encoding: str, content: str = "window") -> Snapshot:
        """The last *hours* (``what`` = ``window`` or ``ids``) in one content encoding; thread-safe."""
        with self._lock:
            built = self._built.get((content, hours))
            if built is None or self._is_stale(built):
                built = self._build(content, hours)
            if encoding not in built.encoded:
                built.encoded[encoding] = ENCODINGS[encoding](built.raw)
            return Snapshot(built.encoded[encoding], encoding, f'"{built.etag}-{encoding}"', built.seq)

    def ready(self, hours: int, encoding: str, content: str = "window") -> Snapshot | None:
        """An answer that needs no work, or ``None``; cheap enough for the event loop."""
        built = self._built.get((content, hours))
        return None if built is None or self._is_stale(built) else _encoded_build(built, encoding)

    def older(self, hours: int, encoding: str, content: str = "window") -> Snapshot | None:
        """An answer that is late, but of which nothing was taken back since, or ``None``."""
        built = self._built.get((content, hours))
        for candidate in (built, None if built is None else built.before):
            if candidate is None or candidate.seq < self._stale_below:
                continue
            if time.monotonic() - candidate.built_at < _STILL_OF_USE_S and (
                snapshot := _encoded_build(candidate, encoding)
            ):
                return snapshot
        return None

    def may_tell(self, snapshot: Snapshot) -> bool:
        """Whether nothing was taken back since an answer was begun."""
        return snapshot.seq >= self._stale_below

    def default_bytes(self) -> int:
        """What the window costs that most ask for, as it was last sent; 0 before that."""
        built = self._built.get(("window", DEFAULT_HOURS))
        return 0 if built is None else min(map(len, list(built.encoded.values())), default=0)

    def _is_stale(self, built: _Built) -> bool:
        if built.seq < self._stale_below:
            return True
        age = time.monotonic() - built.built_at
        fresh_for = max(_MIN_AGE_S, _REBUILD_SHARE * built.cost_s)
        return age > fresh_for and (built.seq != self.seq or age > 60 * fresh_for)

    def _about(self, seq: int, hours: int) -> dict[str, str]:
        """The schema's metadata; the epoch in it makes the ETag another one after a restore."""
        return {"city": self._city_id, "seq": str(seq), "epoch": self.epoch, "hours": str(hours)}

    def _build(self, content: str, hours: int) -> _Built:
        start = time.monotonic()
        seq, columns, builds = self.seq, self._columns, self._built
        rows = columns.since(self._now() - timedelta(hours=hours))
        batch = _ids(rows) if content == "ids" else window_batch(rows, columns)
        raw = to_ipc(batch, self._about(seq, hours))
        etag = hashlib.blake2b(raw, digest_size=9).hexdigest()
        now = time.monotonic()
        before = builds.get((content, hours))
        if before is not None:
            before.before = None
            before = before if before.seq >= self._stale_below else None
        built = _Built(raw, seq, etag, now, now - start, {}, before)
        builds[(content, hours)] = built
        while len(builds) > _KEPT:
            del builds[next(iter(builds))]
        return built


def lengths(longest: int) -> tuple[int, ...]:
    """The few hours that windows are built for, up to the *longest* that a city publishes."""
    return (*(hours for hours in _LENGTHS if hours < longest), longest)


def _encoded_build(built: _Built, encoding: str) -> Snapshot | None:
    body = built.raw if encoding == "identity" else built.encoded.get(encoding)
    return None if body is None else Snapshot(body, encoding, f'"{built.etag}-{encoding}"', built.seq)


def window_batch(rows: Column, columns: Columns) -> pa.RecordBatch:
    """Rows, oldest first, as the window's columns.

    ``first_seq`` and ``received_at`` (epoch seconds) are written as differences to the row before, the first
    row's to zero: sorted columns of absolute values would be half of the answer. The exact times of the
    stages belong to the incident itself; here ``stage`` says how far it came and ``closed_min`` after how
    many minutes, rounded up, it was closed.
    """
    arrays: dict[str, pa.Array] = {
        "first_seq_delta": _delta(rows["first_seq"]),
        "received_at_delta": _delta(rows["received_at"]),
        "stage": _dictionary(_stage_codes(rows), pa.array([str(stage) for stage in Stage], pa.utf8())),
    }
    closed_s = rows["closed_at"]
    minutes = -(-closed_s.clip(0) // 60)
    arrays["closed_min"] = pa.array(_narrowest(minutes), mask=closed_s == NOT_REACHED)
    for name, words in columns.words.items():
        arrays[name] = _word_dictionary(rows[name], words.values)
    for name in SMALL_NUMBERS:
        numbers = rows[name]
        arrays[name] = pa.array(numbers.clip(0, 255).astype(np.uint8), mask=numbers == NOT_REACHED)
    arrays["place"] = _place_dictionary(rows["place"], columns.places.values)
    return pa.RecordBatch.from_pydict(arrays)


def _delta(values: Column) -> pa.Array:
    """Differences to the row before: int32, or int64 where one needs it, as a time after 2038."""
    differences = np.diff(values.astype(np.int64), prepend=0)
    fits = np.abs(differences).max(initial=0) <= np.iinfo(np.int32).max
    return pa.array(differences.astype(np.int32) if fits else differences)


def _narrowest(values: Column) -> Column:
    """Whole numbers in the smallest unsigned type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def _stage_codes(rows: Column) -> Column:
    """The furthest stage of each row as its index in ``Stage``."""
    codes = np.zeros(len(rows), dtype=np.int16)
    for code, name in enumerate(("dispatched_at", "en_route_at", "on_scene_at"), 1):
        codes[rows[name] != NOT_REACHED] = code
    codes[~rows["open"]] = len(Stage) - 1
    return codes


def to_ipc(batch: pa.RecordBatch, metadata: dict[str, str]) -> bytes:
    """A record batch as an Arrow IPC stream with schema metadata."""
    batch = batch.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _ids(rows: Column) -> pa.RecordBatch:
    ids = pa.array(rows["id"].astype("U16").tolist(), pa.utf8())
    return pa.RecordBatch.from_pydict({"first_seq": pa.array(rows["first_seq"]), "id": ids})


def _dictionary(codes: Column, values: pa.Array) -> pa.DictionaryArray:
    indices = pa.array(_narrowest(codes.clip(0)), mask=codes == NOT_REACHED)
    return pa.DictionaryArray.from_arrays(indices, values)


def _word_dictionary(codes: Column, words: list[str]) -> pa.DictionaryArray:
    """Encode only the words these rows use, sorted: nothing tells of what was retracted, or of our past."""
    times = np.bincount(codes[codes != NOT_REACHED], minlength=len(words))
    used = sorted(np.flatnonzero(times).tolist(), key=words.__getitem__)
    rank = np.full(len(words) + 1, NOT_REACHED, dtype=np.int32)  # its last entry is for code -1
    rank[used] = np.arange(len(used))
    return _dictionary(rank[codes], pa.array([words[code] for code in used], pa.utf8()))


def _place_dictionary(codes: Column, places: list[Any]) -> pa.DictionaryArray:
    """Encode only the places these rows use, in order of first use, so that codes stay small."""
    used, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(used), dtype=np.int32)
    rank[order] = np.arange(len(used))
    chosen = [places[code] if code >= 0 else None for code in used[order].tolist()]
    kinds = sorted({kind for entry in chosen if entry for kind, _ in entry[1]})
    fields = {
        "lon": pa.array([entry and entry[0].lon for entry in chosen], pa.float64()),
        "lat": pa.array([entry and entry[0].lat for entry in chosen], pa.float64()),
        "label": pa.array([entry and entry[0].label for entry in chosen], pa.utf8()),
        "kind": pa.array([entry and str(entry[0].kind) for entry in chosen], pa.utf8()),
        "radius_m": _radii([entry and entry[0].radius_m for entry in chosen]),
        "areas": _area_structs(chosen, kinds),
    }
    values = pa.StructArray.from_arrays(list(fields.values()), names=list(fields))
    indices = pa.array(_narrowest(rank[inverse]), mask=codes == NOT_REACHED)
    return pa.DictionaryArray.from_arrays(indices, values)


def _radii(metres: list[int | None]) -> pa.Array:
    widest = max((radius for radius in metres if radius is not None), default=0)
    return pa.array(metres, pa.uint16() if widest <= np.iinfo(np.uint16).max else pa.uint32())


def _area_structs(chosen: list[Any], kinds: list[str]) -> pa.Array:
    """A struct with one text field for each area kind (an Arrow struct needs at least one field)."""
    columns = [
        pa.array([dict(entry[1]).get(kind) if entry else None for entry in chosen], pa.utf8())
        for kind in kinds
    ]
    if not columns:
        return pa.nulls(len(chosen))
    return pa.StructArray.from_arrays(columns, names=kinds)
