"""Sends the change log to browsers as Server-Sent Events; every frame is encoded once for all of them.

The endpoint is bare ASGI. Its task only waits for the client to leave; the sending is done by one loop
over all clients, which steps each ``send`` by hand. A ``send`` that does not finish at once means that this
client's socket is full: it gets a task and a bounded queue of its own, and nobody else waits for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import orjson

from blocklight.model import Change
from blocklight.publish.feature import change_feature

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]

FRAME_INTERVAL_S = 0.5
_HEARTBEAT_S = 15.0
_PULSE_S = 5.0
_QUEUE_BYTES = 1_000_000
_QUEUE_FRAMES = 64
_STALLED_S = 60.0
_CLIENTS_PER_STEP = 500
_RESET = b"event: reset\ndata: {}\n\n"
_HELLO = b": connected\nretry: 2000\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class ReplayLog:
    """The newest changes as event text, for clients that resume; a retraction empties what it takes back."""

    def __init__(self, capacity: int = 20_000) -> None:
        self._capacity = capacity
        self._events: deque[tuple[int, str, bytes]] = deque()
        self._live: dict[str, int] = {}
        self.tail = 0
        self.head = 0

    def begin(self, seq: int) -> None:
        """Start after *seq*: whatever came before cannot be replayed from here."""
        self._events.clear()
        self._live.clear()
        self.tail = self.head = seq

    def add(self, change: Change) -> bytes:
        """Append one change and return its event text."""
        event = encode_change(change)
        if change.incident is None and self._live.pop(change.id, 0):
            self._events = deque((s, i, b"" if i == change.id else e) for s, i, e in self._events)
        elif change.incident is not None:
            self._live[change.id] = change.seq
        self._events.append((change.seq, change.id, event))
        self.head = change.seq
        while len(self._events) > self._capacity:
            seq, old, _ = self._events.popleft()
            self.tail = seq
            if self._live.get(old) == seq:
                del self._live[old]
        return event

    def since(self, seq: int) -> bytes | None:
        """Return the events after *seq*, or ``None`` when some of them are no longer held."""
        if not self.tail <= seq <= self.head:
            return None
        newer: list[bytes] = []
        for at, _, event in reversed(self._events):
            if at <= seq:
                break
            newer.append(event)
        return b"".join(reversed(newer))


def encode_change(change: Change) -> bytes:
    """Return one change as an SSE event whose id is its seq."""
    if change.incident is None:
        return b"id: %d\nevent: retract\ndata: %s\n\n" % (change.seq, orjson.dumps({"id": change.id}))
    data = orjson.dumps(change_feature(change, change.incident))
    return b"id: %d\nevent: incident\ndata: %s\n\n" % (change.seq, data)


class _Client:
    """One open connection: *queue* is ``None`` while its socket takes everything at once."""

    __slots__ = ("queue", "queued_bytes", "send", "task")

    def __init__(self, send: Send) -> None:
        self.send = send
        self.queue: deque[bytes] | None = deque()
        self.queued_bytes = 0
        self.task: asyncio.Task[None] | None = None


class Live:
    """The SSE endpoint and the loop that feeds it."""

    def __init__(self, *, pulse: Callable[[], dict[str, Any]], interval_s: float = FRAME_INTERVAL_S) -> None:
        self.replay = ReplayLog()
        self.frames_sent = 0
        self.resets = 0
        self._clients: dict[_Client, None] = {}
        self._pulse = pulse
        self._interval_s = interval_s
        self._pending: list[bytes] = []
        self._wake = asyncio.Event()

    @property
    def clients(self) -> int:
        """How many connections are open."""
        return len(self._clients)

    def publish(self, changes: list[Change]) -> None:
        """Queue changes for the next frame; call from the event loop, in order of seq."""
        self._pending.extend(self.replay.add(change) for change in changes)
        self._wake.set()

    def reset_all(self) -> None:
        """Tell every client to load the window anew."""
        self._pending.append(_RESET)
        self._wake.set()

    async def run(self) -> None:
        """Send frames for ever: at once after a pause, else at most one each interval."""
        loop = asyncio.get_running_loop()
        next_pulse = loop.time() + _PULSE_S
        next_heartbeat = loop.time() + _HEARTBEAT_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(next_pulse, next_heartbeat)):
                    await self._wake.wait()
            self._wake.clear()
            frame, self._pending = b"".join(self._pending), []
            now = loop.time()
            if now >= next_heartbeat:
                frame += b": alive\n\n"
                next_heartbeat = now + _HEARTBEAT_S
            if now >= next_pulse:
                frame += b"event: pulse\ndata: %s\n\n" % orjson.dumps(self._pulse())
                next_pulse = now + _PULSE_S
            if frame:
                await self._broadcast(frame)
                await asyncio.sleep(self._interval_s)

    async def close(self) -> None:
        """End every response, so that the server can stop at once."""
        for client in list(self._clients):
            if client.task is not None:
                client.task.cancel()
            _step(client.send({"type": "http.response.body", "body": b"", "more_body": False}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client until it leaves."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        client = _Client(send)
        self._clients[client] = None  # from here on frames queue up behind the replay: no gap, no repeat
        try:
            self._enqueue(client, _HELLO + self._greeting(scope))
            client.task = asyncio.create_task(self._drain(client))
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._clients.pop(client, None)
            if client.task is not None:
                client.task.cancel()

    def _greeting(self, scope: Scope) -> bytes:
        """Return what a client missed since the seq it names, or a reset when that cannot be told."""
        position = last_event_id(scope)
        missed = b"" if position is None else self.replay.since(position)
        # What is pending is in the replay already, but goes out with the next frame as well: a client
        # applies a change twice without harm, and would not forgive a lost one.
        pulse = b"event: pulse\ndata: %s\n\n" % orjson.dumps(self._pulse())
        return (_RESET if missed is None else missed) + pulse

    async def _broadcast(self, frame: bytes) -> None:
        message = {"type": "http.response.body", "body": frame, "more_body": True}
        self.frames_sent += 1
        for count, client in enumerate(list(self._clients), 1):
            if client.queue is not None:
                self._enqueue(client, frame)
            elif not _step(client.send(message)):
                client.queue = deque()
                self._enqueue(client, frame)
                client.task = asyncio.create_task(self._drain(client))
            if count % _CLIENTS_PER_STEP == 0:
                await asyncio.sleep(0)

    def _enqueue(self, client: _Client, frame: bytes) -> None:
        if client.queue is None:
            client.queue = deque()
        full = client.queued_bytes + len(frame) > _QUEUE_BYTES or len(client.queue) >= _QUEUE_FRAMES
        if full and client.queue:
            client.queue.clear()
            client.queue.append(_RESET)
            client.queued_bytes = len(_RESET)
            self.resets += 1
            return
        client.queue.append(frame)
        client.queued_bytes += len(frame)

    async def _drain(self, client: _Client) -> None:
        """Send what a client's full socket has kept waiting; give the client up when nothing moves."""
        try:
            while client.queue:
                frame = client.queue.popleft()
                client.queued_bytes -= len(frame)
                async with asyncio.timeout(_STALLED_S):
                    await client.send(
                        {"type": "http.response.body", "body": frame, "more_body": frame != _RESET}
                    )
                if frame == _RESET:  # it loads the window and comes back with a new seq
                    self._clients.pop(client, None)
                    return
            client.queue = None
            client.task = None
        except TimeoutError:
            self._clients.pop(client, None)


def _step(sending: Any) -> bool:  # noqa: ANN401 - a coroutine of the ASGI server
    """Run a ``send`` as far as it goes without waiting; return whether it finished.

    uvicorn waits before it writes anything, so an unfinished one has written nothing and may be dropped.
    """
    try:
        sending.send(None)
    except StopIteration:
        return True
    sending.close()
    return False


def last_event_id(scope: Scope) -> int | None:
    """Return the seq that a client has seen, from its header or its query, or ``None``."""
    headers = dict(scope.get("headers", ()))
    text = headers.get(b"last-event-id", b"").decode("latin-1")
    if not text:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        text = query.get("last_event_id", [""])[-1]
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1  # noqa: PLR2004 - int64
