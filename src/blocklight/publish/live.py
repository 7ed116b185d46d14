"""Sends the change log to browsers as Server-Sent Events; every frame is encoded and packed once for all.

The endpoint is bare ASGI. Its task only waits for the client to leave; the sending is done by one loop
over all clients, which steps each ``send`` by hand. A ``send`` that does not finish at once means that this
client's socket is full: it gets a task and a bounded queue of its own, and nobody else waits for it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

import orjson

from blocklight.jobs import PULSE, SENDING, Job, Jobs
from blocklight.model.changes import Change
from blocklight.publish.packing import HEADER, accepts_gzip, packed, stored
from blocklight.publish.replay import MOST_BYTES, ReplayLog
from blocklight.publish.sending import Sent, send_without_waiting

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Message], Any]

# A change is on the page before anybody could say when it happened, and a frame carries all of a burst.
FRAME_INTERVAL_S = 0.25

# Up to here a page still seems to be live.
_LONGEST_INTERVAL_S = 0.5

# So that sending takes a third of a core at most, however many listen.
_PAUSES_FOR_A_SENDING = 2.0

# With sending itself, a change is on every page within a second.
_LONGEST_WAIT_S = 0.85

_SHARE_OVER_S = 3.0
# Proxies close a connection that says nothing for a minute, some for thirty seconds.
_HEARTBEAT_S = 15.0

# As often as freshness is shown anew: clients that miss three pulses connect again.
_PULSE_S = 5.0

# What one slow reader may hold in memory; who is farther behind loads the window anew.
_QUEUE_BYTES = 1_000_000

_QUEUE_FRAMES = 64
# A greeting up to this is one piece: shared pieces pay only where they are large.
_SMALL_BYTES = 16_000
# Some hundred changes, which are always replayed: loading the window anew interrupts a reader.
LEAST_REPLAY_BYTES = 256_000

_STALLED_S = 60.0
# Who leaves so soon was no reader: a page that was closed while it loaded, or a check.
_EARLY_S = 2.0

# After so many the event loop takes its turn with requests, which would wait for all of them otherwise.
_CLIENTS_PER_STEP = 500

_RESET = b"event: reset\ndata: {}\n\n"
_RESETS = _RESET, packed(_RESET)
# `retry` is what a browser waits before it connects again.
_HELLO = b": connected\nretry: 2000\n\n"
_END = {"type": "http.response.body", "body": b"", "more_body": False}
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would otherwise collect frames in its buffer.
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),
    (b"vary", b"accept-encoding"),
    # A second request on the same connection would wait for the end of a stream that has none: the server
    # reads none, and the connection ends with the stream (RFC 9112, 9.6).
    (b"connection", b"close"),
]


class _Client:
    """One open connection: *queue* is ``None`` while its socket takes everything at once.

    *ending* says that nothing more is sent than the reset that waits, *packs* that its stream is packed,
    *begun* that the first piece of it is written.
    """

    __slots__ = ("begun", "ending", "gone", "packs", "queue", "queued_bytes", "send", "serving", "task")

    def __init__(self, send: Send, *, packs: bool = False) -> None:
        self.send = send
        self.packs = packs
        self.begun = False
        self.serving = asyncio.current_task()
        self.ending = False
        self.gone = False
        self.queue: deque[bytes] | None = deque()
        self.queued_bytes = 0
        self.task: asyncio.Task[None] | None = None


class Live:
    """The SSE endpoint and the loop that feeds it."""

    def __init__(
        self,
        *,
        pulse: Callable[[], Mapping[str, object]],
        interval_s: float = FRAME_INTERVAL_S,
        pulse_s: float = _PULSE_S,
        heartbeat_s: float = _HEARTBEAT_S,
        stalled_s: float = _STALLED_S,
        jobs_run: Jobs | None = None,
        window_bytes: Callable[[], int] = lambda: 0,
    ) -> None:
        self.replay = ReplayLog()
        self.jobs_run = Jobs() if jobs_run is None else jobs_run
        self.frames_sent = 0
        self.resets = 0
        # Streams ``opened``, of those ``left_early`` and ``stalled`` ones that took nothing for long,
        # ``replayed_bytes`` to who came back, and how many were too far ``behind``.
        self.readers: Counter[str] = Counter()
        # How much of the last seconds went into sending frames: what is left is for everything else.
        self.sending_share = 0.0
        # Connections that could not be written to and were given up.
        self.broken = 0
        self._window_bytes = window_bytes
        self._clients: dict[_Client, None] = {}
        self._pulse = pulse
        self._interval_s = interval_s
        self._pulse_s = pulse_s
        self._heartbeat_s = heartbeat_s
        self._stalled_s = stalled_s
        self._pulsed: tuple[float, bytes] = (float("-inf"), b"")
        self._pending: list[tuple[int, str, bytes]] = []
        self._wake = asyncio.Event()
        self._next_pulse = self._next_heartbeat = self._sent_at = 0.0
        self._closed = False

    @property
    def clients(self) -> int:
        """How many connections are open."""
        return len(self._clients)

    @property
    def slow(self) -> int:
        """How many connections take frames more slowly than they come, or not at all."""
        return sum(client.queue is not None for client in self._clients)

    def publish(self, changes: list[Change]) -> None:
        """Queue changes for the next frame; call from the event loop, in order of seq."""
        for change in changes:
            if change.incident is None:
                self._take_back(change.id)
            event = self.replay.add(change)
            self._pending.append((change.seq, change.id, event))
        self._wake.set()

    def _take_back(self, incident_id: str) -> None:
        """Keep what is taken back of an incident out of all that is still to be sent."""
        self._pending = [entry for entry in self._pending if entry[1] != incident_id]
        for client in self._clients:
            if client.queue is not None:  # its frames are shared bytes that may hold the incident
                self._start_anew(client)

    def pulse_now(self) -> None:
        """Send a pulse with the next frame, for what cannot wait; call from the event loop."""
        self._pulsed = (float("-inf"), b"")
        self._pending.append((self.replay.head + 1, "", self._pulse_event()))
        self._wake.set()

    def reset_all(self) -> None:
        """Tell every client to load the window anew."""
        self._pending.append((self.replay.head + 1, "", _RESET))
        self._wake.set()

    async def run(self) -> None:
        """Send frames until cancelled."""
        await self.jobs_run.repeat(self.job())

    def job(self) -> Job:
        """Describe the sending of frames: changes at once after a pause, else one frame each interval.

        A pulse that is only due does not begin an interval, so no change ever waits for one.
        """
        loop = asyncio.get_running_loop()
        self._next_pulse = loop.time() + self._pulse_s
        self._next_heartbeat = loop.time() + self._heartbeat_s
        return Job(SENDING, self._turn)

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(self._next_pulse, self._next_heartbeat)):
                await self._wake.wait()
        self._wake.clear()
        changed, self._pending = self._pending, []
        frame = b"".join(event for *_, event in changed)
        now = loop.time()
        if now >= self._next_heartbeat:
            frame += b": alive\n\n"
            self._next_heartbeat = now + self._heartbeat_s
        if now >= self._next_pulse:
            self._next_pulse = now + self._pulse_s
            frame += self._pulse_event()
        try:
            if frame:
                await self._broadcast(frame)
        except Exception:
            self.reset_all()  # nobody knows who has the frame and who has not
            raise
        took = loop.time() - now
        self._note_sending(took, loop.time())
        if changed:
            await asyncio.sleep(pause_after(took, self._interval_s))

    def _note_sending(self, took_s: float, now: float) -> None:
        since, self._sent_at = now - self._sent_at, now
        weight = min(1.0, since / _SHARE_OVER_S)
        self.sending_share += weight * (took_s / max(since, took_s, 1e-6) - self.sending_share)

    async def close(self) -> None:
        """End every response, and any that is asked for from now on, so that the server can stop at once."""
        self._closed = True
        clients, self._clients = self._clients, {}
        for client in clients:
            if client.task is not None:
                client.task.cancel()
            send_without_waiting(client.send(_END))

    def _give_up(self, client: _Client) -> None:
        """Forget a client whose connection cannot be used any more, and let the server close it."""
        self._clients.pop(client, None)
        client.gone = True
        if client.task is not None and client.task is not asyncio.current_task():
            client.task.cancel()
        if client.serving is not None:
            client.serving.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client until it leaves."""
        packs = accepts_gzip(scope.get("headers", ()))
        headers = [*_HEADERS, (b"content-encoding", b"gzip")] if packs else _HEADERS
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if self._closed or scope["method"] == "HEAD":
            await send(_END)
            return
        client = _Client(send, packs=packs)
        began = asyncio.get_running_loop().time()
        self.readers["opened"] += 1
        self._clients[client] = None  # from here on frames queue up behind the replay: no gap, no repeat
        try:
            for piece in self._greeting(scope, packs=packs):
                self._enqueue(client, piece)
            client.task = asyncio.create_task(self._drain(client))
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not client.gone:
                raise
        finally:
            self._clients.pop(client, None)
            self.readers["left_early"] += asyncio.get_running_loop().time() - began < _EARLY_S
            if client.task is not None:
                client.task.cancel()

    @property
    def most_bytes(self) -> int:
        """How many bytes of changes a client is sent at once: more would cost more than a new window."""
        return min(MOST_BYTES, max(LEAST_REPLAY_BYTES, self._window_bytes()))

    def _greeting(self, scope: Scope, *, packs: bool) -> list[bytes]:
        """Give what a client missed since the seq it names, or a reset when that cannot be told."""
        position = last_seq(scope, self.replay.epoch)
        # What is pending goes to this client with the next frame; were it replayed as well, older changes
        # would follow newer ones.
        before = self._pending[0][0] if self._pending else None
        missed = [] if position is None else self.replay.since(position, before, packs=packs)
        if missed is None or sum(map(len, missed)) > self.most_bytes:
            missed = [_RESETS[packs]]
            self.readers["behind"] += 1
        self.readers["replayed_bytes"] += sum(map(len, missed))
        hello, pulse = _HELLO, self._pulse_event()
        if packs:
            hello, pulse = HEADER + stored(hello), stored(pulse)
        greeting = [hello, *missed, pulse]
        return [b"".join(greeting)] if sum(map(len, greeting)) <= _SMALL_BYTES else greeting

    def _pulse_event(self) -> bytes:
        """The pulse, worked out once for all who connect in the same moment.

        Nothing when it cannot be worked out: changes must not wait for it.
        """
        now = asyncio.get_running_loop().time()
        if now - self._pulsed[0] > self._interval_s:
            try:
                self._pulsed = now, b"event: pulse\ndata: %s\n\n" % orjson.dumps(self._pulse())
                self.jobs_run.end(PULSE)
            except Exception as error:  # noqa: BLE001 - a mistake of ours, counted and said
                self._pulsed = now, b""
                self.jobs_run.note(PULSE, error)
        return self._pulsed[1]

    async def _broadcast(self, frame: bytes) -> None:
        if len(frame) > self.most_bytes:
            frame = _RESET + self._pulse_event()
        messages: list[Message] = [
            {"type": "http.response.body", "body": body, "more_body": True} for body in (frame, packed(frame))
        ]
        self.frames_sent += 1
        for count, client in enumerate(list(self._clients), 1):
            message = messages[client.packs]
            if client.queue is not None:
                self._enqueue(client, message["body"])
            else:
                self._send_now(client, message)
            if count % _CLIENTS_PER_STEP == 0:
                await asyncio.sleep(0)

    def _send_now(self, client: _Client, message: Message) -> None:
        match send_without_waiting(client.send(message)):
            case Sent.NOTHING:
                client.queue = deque()
                self._enqueue(client, message["body"])
                client.task = asyncio.create_task(self._drain(client))
            case Sent.BROKEN:
                self.broken += 1
                self._give_up(client)
            case Sent.WHOLE:
                pass

    def _enqueue(self, client: _Client, frame: bytes) -> None:
        if client.ending:
            return
        if client.queue is None:
            client.queue = deque()
        full = client.queued_bytes + len(frame) > _QUEUE_BYTES or len(client.queue) >= _QUEUE_FRAMES
        if full and client.queue:
            self._start_anew(client)
            return
        client.queue.append(frame)
        client.queued_bytes += len(frame)

    def _start_anew(self, client: _Client) -> None:
        """Put a reset in the place of all that waits for a client, and end with it."""
        if client.ending:
            return
        self.resets += 1
        client.ending = True
        begin = HEADER if client.packs and not client.begun else b""
        client.queue = deque([begin + _RESETS[client.packs]])
        if client.task is not None:  # also of what waits for its socket: nothing of that is written yet
            client.task.cancel()
            client.task = asyncio.create_task(self._drain(client))

    async def _drain(self, client: _Client) -> None:
        """Send what a client's full socket has kept waiting; give the client up when nothing moves."""
        try:
            while client.queue:
                frame = client.queue.popleft()
                client.queued_bytes -= len(frame)
                async with asyncio.timeout(self._stalled_s):
                    await client.send(
                        {"type": "http.response.body", "body": frame, "more_body": not client.ending}
                    )
                client.begun = True
                if client.ending:  # it loads the window and comes back with a new seq
                    self._clients.pop(client, None)
                    return
            client.queue = None
            client.task = None
        except TimeoutError:
            self.readers["stalled"] += 1
            self._give_up(client)  # the server closes what its application leaves
        except Exception:  # noqa: BLE001 - whatever is wrong with one connection concerns nobody else
            self.broken += 1
            self._give_up(client)


def pause_after(sending_s: float, interval_s: float = FRAME_INTERVAL_S) -> float:
    """Tell how long to gather changes after a frame that took *sending_s* to send.

    Longer with many clients, so that sending leaves two thirds of a core to everything else, and never so
    long that a change waits for more than half a second while a sixth of a second is enough to reach all.
    Shorter again where sending takes a fifth of a second and more: at worst a change waits for the rest of
    one sending, for the pause and for the next sending, and this should stay under a second.
    """
    patience_s = _LONGEST_WAIT_S - 2 * sending_s
    return max(interval_s, min(_LONGEST_INTERVAL_S, _PAUSES_FOR_A_SENDING * sending_s, patience_s))


def last_seq(scope: Scope, epoch: str) -> int | None:
    """The seq that a client has seen, from its header or its query, or ``None``.

    -1, from which nobody can go on, for a position in another *epoch* or in none: after a restore its seq
    stands for another change. Who has seen nothing, 0, may begin in any.
    """
    headers = dict(scope.get("headers", ()))
    text = headers.get(b"last-event-id", b"").decode("latin-1")
    if not text:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        text = query.get("last_event_id", [""])[-1]
    if not text or text == "0":
        return 0 if text else None
    seq, _, seen_epoch = text.partition("-")
    whole = seq.isascii() and seq.isdigit() and len(seq) < 19  # noqa: PLR2004 - int64
    return int(seq) if whole and seen_epoch == epoch else -1
