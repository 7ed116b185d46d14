"""Keeps the newest changes as event text for clients that resume, in pieces that all of them share."""

from collections import deque

import orjson

from blocklight.model.changes import Change
from blocklight.publish.answers import Retraction
from blocklight.publish.feature import change_feature
from blocklight.publish.packing import stored

# Held at most: whoever missed more is better served with a new window.
MOST_BYTES = 1_000_000

# Clients share whole blocks: larger ones would be copied in part for each, smaller ones are many writes.
_BLOCK_BYTES = 16_000


class _Block:
    """Consecutive events; joined once for all who need every one of them."""

    __slots__ = ("_stored", "_whole", "events", "size")

    def __init__(self) -> None:
        self.events: deque[tuple[int, str, bytes]] = deque()
        self.size = 0
        self._whole: bytes | None = None
        self._stored: bytes | None = None

    def append(self, seq: int, id_: str, event: bytes) -> None:
        self.events.append((seq, id_, event))
        self.size += len(event)
        self._whole = self._stored = None

    def popleft(self) -> tuple[int, str, bytes]:
        entry = self.events.popleft()
        self.size -= len(entry[2])
        self._whole = self._stored = None
        return entry

    def empty(self, id_: str) -> int:
        """Empty the events of an incident; return how many bytes those had."""
        if all(entry[1] != id_ for entry in self.events):
            return 0
        self.events = deque((seq, i, b"" if i == id_ else event) for seq, i, event in self.events)
        before, self.size = self.size, sum(len(event) for *_, event in self.events)
        self._whole = self._stored = None
        return before - self.size

    def between(self, after: int, before: int | None, *, packs: bool) -> bytes:
        """Give the events after one seq and before another; where it *packs*, as a block of a gzip stream."""
        first, last = self.events[0][0], self.events[-1][0]
        if first > after and (before is None or last < before):
            if self._whole is None:
                self._whole = b"".join(event for *_, event in self.events)
            if packs and self._stored is None:
                self._stored = stored(self._whole)
            return self._stored if packs and self._stored is not None else self._whole
        part = b"".join(
            event for seq, _, event in self.events if seq > after and (before is None or seq < before)
        )
        return stored(part) if packs else part


class ReplayLog:
    """The newest changes, bounded in number and in bytes; what is taken back is emptied.

    The log has a retraction before a version that is coarser, too, so one rule clears both.
    """

    def __init__(self, capacity: int = 20_000, most_bytes: int = MOST_BYTES) -> None:
        self._capacity = capacity
        self._most_bytes = most_bytes
        self.epoch = ""
        self._blocks: deque[_Block] = deque()
        self._events = 0
        self._bytes = 0
        # The latest seq of each incident that has events here: for all others there is nothing to empty.
        self._live: dict[str, int] = {}
        self.tail = 0
        self.head = 0

    def begin(self, seq: int, epoch: str) -> None:
        """Start after *seq* of an *epoch*: whatever came before cannot be replayed from here."""
        self.epoch = epoch
        self._blocks.clear()
        self._events = self._bytes = 0
        self._live.clear()
        self.tail = self.head = seq

    def add(self, change: Change) -> bytes:
        """Append one change and return its event text."""
        event = encode_change(change, self.epoch)
        if change.incident is not None:
            self._live[change.id] = change.seq
        elif self._live.pop(change.id, None) is not None:
            self._bytes -= sum(block.empty(change.id) for block in self._blocks)
        if not self._blocks or self._blocks[-1].size >= _BLOCK_BYTES:
            self._blocks.append(_Block())
        self._blocks[-1].append(change.seq, change.id, event)
        self._events += 1
        self._bytes += len(event)
        self.head = change.seq
        self._forget()
        return event

    def _forget(self) -> None:
        while self._events > self._capacity or self._bytes > self._most_bytes:
            seq, id_, event = self._blocks[0].popleft()
            self.tail = seq
            self._events -= 1
            self._bytes -= len(event)
            if not self._blocks[0].events:
                self._blocks.popleft()
            if self._live.get(id_) == seq:
                del self._live[id_]

    def since(self, seq: int, before: int | None = None, *, packs: bool = False) -> list[bytes] | None:
        """The events after *seq*, and *before* another, or ``None`` when some are no longer held.

        Where it *packs*, as blocks of a gzip stream. In pieces of whole events that are the same bytes for
        everybody, but for the first and the last.
        """
        if not self.tail <= seq <= self.head:
            return None
        pieces: list[bytes] = []
        for block in reversed(self._blocks):
            if block.events[-1][0] <= seq:
                break
            pieces.append(block.between(seq, before, packs=packs))
        return [piece for piece in reversed(pieces) if piece]


def encode_change(change: Change, epoch: str) -> bytes:
    """One change as an SSE event whose id is its seq and its epoch, as ``4822-3f9a1c20``."""
    event_id = f"{change.seq}-{epoch}".encode()
    if change.incident is None:
        retraction: Retraction = {"id": change.id}
        return b"id: %s\nevent: retract\ndata: %s\n\n" % (event_id, orjson.dumps(retraction))
    data = orjson.dumps(change_feature(change, change.incident))
    return b"id: %s\nevent: incident\ndata: %s\n\n" % (event_id, data)
