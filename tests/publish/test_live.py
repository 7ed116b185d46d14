import asyncio
import logging
import random
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sized
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from listening import EPOCH, PULSE, Broadcast, Event, Listener, broadcasting
from living_city import a_put, a_retraction, an_incident, incident_id, served, until

from blocklight.publish.live import Live, pause_after


@pytest.fixture
def quick() -> Iterator[Broadcast]:
    """Frames every 20 ms instead of every half second."""
    with broadcasting(interval_s=0.02) as broadcast:
        yield broadcast


def _seqs(events: list[Event]) -> list[int]:
    return [event.seq for event in events if event.seq is not None]


def test_a_client_is_greeted_with_a_pulse_and_how_soon_to_come_back(quick: Broadcast) -> None:
    with quick.listener() as listener:
        (pulse,) = listener.read(until_seen="pulse")
        assert (pulse.id, pulse.data) == (None, PULSE)
        assert b"text/event-stream" in listener.head
        assert b"cache-control: no-store" in listener.head


def test_a_change_is_sent_whole_with_its_seq(quick: Broadcast) -> None:
    with quick.listener() as listener:
        listener.read(until_seen="pulse")
        quick.put(1)
        (event,) = listener.read(until_seen="incident")
        assert (event.name, event.id) == ("incident", f"1-{EPOCH}")
        assert event.data["id"] == incident_id(1)


@pytest.mark.parametrize("by", ["header", "query", "both"])
def test_a_client_resumes_exactly_after_the_seq_it_has_seen(quick: Broadcast, by: str) -> None:
    quick.put(1, 2, 3, 4)
    until(lambda: quick.live.frames_sent == 1)
    target = {"header": "/", "query": f"/?last_event_id=2-{EPOCH}", "both": f"/?last_event_id=0-{EPOCH}"}[by]
    headers = "" if by == "query" else f"Last-Event-ID: 2-{EPOCH}\r\n"
    with Listener(quick.port, target, headers) as listener:
        events = listener.read(until_seen="pulse")
        assert [event.name for event in events] == ["incident", "incident", "pulse"]
        assert _seqs(events) == [3, 4]


def test_a_client_that_has_seen_everything_hears_nothing_old(quick: Broadcast) -> None:
    quick.put(1, 2)
    until(lambda: quick.live.frames_sent == 1)
    with quick.listener(after=2) as listener:
        assert [event.name for event in listener.read(until_seen="pulse")] == ["pulse"]


def test_a_seq_that_cannot_be_resumed_from_is_answered_with_a_reset(quick: Broadcast) -> None:
    quick.server.call(quick.live.replay.begin, 10, EPOCH)
    quick.publish(a_put(11, an_incident(1)))
    until(lambda: quick.live.replay.head == 11)
    impossible = [
        "9",
        "12",
        "-1",
        "x",
        "1.5",
        "\xd9\xa3",
        "0x1",
        "9" * 18,
        "9" * 5000,
        "1;drop",
        "%00",
        "+11",
    ]
    impossible = [*(f"{seq}-{EPOCH}" for seq in impossible), "11", "11-", "11-0badc0de", f"{EPOCH}-11"]
    for seen in impossible:
        with Listener(quick.port, "/", f"Last-Event-ID: {seen}\r\n") as listener:
            assert listener.read(until_seen="pulse")[0].name == "reset", seen


def test_nothing_is_lost_and_nothing_comes_out_of_order_when_connecting_amid_changes(
    quick: Broadcast,
) -> None:
    stop = threading.Event()

    def publish() -> None:
        while not stop.is_set():
            quick.put(quick.seq + 1)
            time.sleep(0.002)

    publishing = threading.Thread(target=publish)
    publishing.start()
    chance = random.Random(5)  # noqa: S311 - picks where to resume
    try:
        for _ in range(25):
            head = quick.live.replay.head
            after = chance.randint(max(0, head - 200), head)  # more than some hundred are a reset
            with Listener(quick.port, f"/?last_event_id={after}-{EPOCH}") as listener:
                events: list[Event] = []
                target = quick.live.replay.head + 20
                while max(_seqs(events), default=0) < target:
                    events += listener.read(events=1)
            seqs = _seqs(events)
            # A client that has seen what only now goes out to the others hears it again, still in order.
            assert seqs == sorted(set(seqs))
            assert [seq for seq in seqs if seq > after] == list(range(after + 1, seqs[-1] + 1))
    finally:
        stop.set()
        publishing.join()


def test_the_first_change_after_a_pause_goes_out_at_once() -> None:
    with broadcasting(interval_s=60) as broadcast, broadcast.listener() as listener:
        listener.read(until_seen="pulse")
        broadcast.put(1)
        assert _seqs(listener.read(until_seen="incident")) == [1]


def test_a_change_never_waits_because_a_pulse_went_out_before_it() -> None:
    with broadcasting(interval_s=60, pulse_s=0.05) as broadcast, broadcast.listener() as listener:
        listener.read(until_seen="pulse")
        until(lambda: broadcast.live.frames_sent >= 3)
        broadcast.put(1)
        assert _seqs(listener.read(until_seen="incident"))[-1:] == [1]


def test_however_many_changes_there_are_at_most_four_frames_go_out_in_a_second() -> None:
    with broadcasting() as broadcast, broadcast.listener() as listener:
        began = time.monotonic()
        while time.monotonic() < began + 1.2 or broadcast.live.frames_sent < 3:
            broadcast.put(broadcast.seq)
            time.sleep(0.01)
        events: list[Event] = []
        while max(_seqs(events), default=0) < broadcast.seq:
            events += listener.read(events=1)
        took = time.monotonic() - began
        assert [seq for seq in _seqs(events) if seq > 0] == list(range(1, broadcast.seq + 1))
        assert 3 <= broadcast.live.frames_sent <= took / 0.25 + 1


@pytest.mark.parametrize(
    ("sending_s", "pause_s"), [(0.0, 0.25), (0.1, 0.25), (0.15, 0.3), (0.2, 0.4), (0.25, 0.35), (3.0, 0.25)]
)
def test_frames_that_take_long_to_send_come_less_often_but_never_leave_a_change_waiting(
    sending_s: float, pause_s: float
) -> None:
    assert pause_after(sending_s) == pytest.approx(pause_s)


@pytest.mark.parametrize("sending_s", [0.0, 0.05, 0.1, 0.16])
def test_the_last_of_thousands_has_a_change_within_half_a_second(sending_s: float) -> None:
    assert pause_after(sending_s) + sending_s < 0.5


def test_changes_within_an_interval_share_one_frame() -> None:
    with broadcasting(interval_s=1) as broadcast, broadcast.listener() as listener:
        chunks = listener.chunks()
        next(chunks)

        async def publish() -> None:
            # In the server's own loop, so that no pause of this thread comes between two of them.
            for seq in range(1, 12):
                broadcast.live.publish([a_put(seq, an_incident(seq))])
                await asyncio.sleep(0)
                await asyncio.sleep(0)

        broadcast.server.run(publish())
        assert [next(chunks).count(b"event: incident") for _ in range(2)] == [1, 10]


def test_pulses_and_heartbeats_come_without_any_change() -> None:
    with (
        broadcasting(interval_s=0.02, pulse_s=0.1, heartbeat_s=0.15) as broadcast,
        broadcast.listener() as listener,
    ):
        while len(listener.events) < 4 or listener.comments < 3:
            listener.read(events=1)
        assert {event.name for event in listener.events} == {"pulse"}


def test_a_frame_is_the_same_bytes_for_every_client(quick: Broadcast) -> None:
    with ExitStack() as stack:
        listeners = [stack.enter_context(quick.listener()) for _ in range(20)]
        for listener in listeners:
            next(listener.chunks())
        quick.put(1)
        assert len({next(listener.chunks()) for listener in listeners}) == 1


def test_a_client_that_leaves_is_forgotten(quick: Broadcast) -> None:
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(quick.listener())
        assert quick.live.clients == 30
    until(lambda: quick.live.clients == 0)
    quick.put(1)
    until(lambda: quick.live.frames_sent == 1)


def _flood(broadcast: Broadcast, stop: Callable[[], object], heard: Sized | None = None) -> None:
    """Publish large changes until *stop* is true, each when the one before was *heard*."""
    text = "x" * 100_000
    for sent in range(1, 2_000):
        broadcast.put(sent % 7, source_type=text)
        if heard is None:
            until(partial(_has_sent, broadcast.live, broadcast.live.frames_sent + 1))
        else:
            until(partial(_holds, heard, sent))
        if stop():
            return
    pytest.fail("the slow client was never noticed")


def _has_sent(live: Live, frames: int) -> bool:
    return live.frames_sent >= frames


def _holds(heard: Sized, count: int) -> bool:
    return len(heard) >= count


def test_a_client_that_does_not_read_is_reset_and_delays_nobody(quick: Broadcast) -> None:
    with quick.listener(receive_buffer=4096) as slow, quick.listener() as eager:
        heard: list[Event] = []
        stop = threading.Event()

        def read() -> None:
            eager.read(until_seen="pulse")
            while not stop.is_set():
                heard.extend(eager.read(events=1))

        reading = threading.Thread(target=read)
        reading.start()
        _flood(quick, lambda: quick.live.resets > 0, heard)
        stop.set()
        quick.put(1)
        reading.join()
        assert slow.read()[-1].name == "reset", "it is told to load the window, and the response ends"
        assert quick.live.resets == 1


def test_a_client_that_never_reads_again_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.CRITICAL),
        broadcasting(interval_s=0.02, stalled_s=0.2) as broadcast,
        broadcast.listener(receive_buffer=4096) as slow,
    ):
        was_slow: list[int] = []

        def is_given_up() -> bool:
            was_slow.append(broadcast.live.slow)
            return broadcast.live.clients == 0

        _flood(broadcast, is_given_up)
        assert max(was_slow) == 1
        assert broadcast.live.readers["stalled"] == 1
        assert slow.read()[-1].name in {"incident", "pulse"}, (
            "what was written arrives, then the socket closes"
        )


def test_who_leaves_at_once_is_counted() -> None:
    with broadcasting() as broadcast:
        for _ in range(3):
            with broadcast.listener() as listener:
                listener.read(until_seen="pulse")
            until(lambda: broadcast.live.clients == 0)
        until(lambda: broadcast.live.readers["left_early"] == 3)


def test_a_retraction_empties_what_was_not_sent_yet() -> None:
    with broadcasting(interval_s=1) as broadcast, broadcast.listener() as listener:
        listener.read(until_seen="pulse")
        broadcast.put(1)
        listener.read(until_seen="incident")
        told = [a_put(2, an_incident(2, source_type="CANARY"))]

        def publish() -> None:
            broadcast.live.publish(told)
            broadcast.live.publish([a_retraction(3, incident_id(2))])

        broadcast.server.call(publish)
        events = listener.read(until_seen="retract")
        assert [(event.name, event.seq, event.data) for event in events] == [
            ("retract", 3, {"id": incident_id(2)})
        ]


def test_a_retraction_is_not_hidden_behind_old_frames_of_a_slow_client(quick: Broadcast) -> None:
    with quick.listener(receive_buffer=4096) as slow:
        chunks = slow.chunks()
        next(chunks)
        queued = lambda: any(client.queue for client in quick.live._clients)  # noqa: E731, SLF001 - no public trace
        _flood(quick, queued)
        quick.put(20, source_type="CANARY")
        until(lambda: quick.live.replay.head == quick.seq)
        time.sleep(0.05)
        quick.publish(a_retraction(quick.seq + 1, incident_id(20)))
        events = slow.read()
        assert events[-1].name == "reset"
        assert "CANARY" not in {event.data.get("properties", {}).get("source_type") for event in events}


def test_a_retracted_incident_is_not_replayed(quick: Broadcast) -> None:
    quick.put(1, 2, source_type="CANARY")
    quick.publish(a_retraction(3, incident_id(1)))
    until(lambda: quick.live.replay.head == 3)
    with quick.listener(after=0) as listener:
        events = [event for event in listener.read(until_seen="retract") if event.name != "pulse"]
        assert [(event.name, event.seq) for event in events] == [("incident", 2), ("retract", 3)]


def test_packed_and_plain_readers_get_the_same_events_in_replay_frames_and_reset() -> None:
    with broadcasting(interval_s=0.01) as broadcast:
        broadcast.put(1, 2)
        plain = broadcast.listener(after=0)
        packed = broadcast.listener(after=0, headers="Accept-Encoding: gzip\r\n")
        with plain, packed:
            broadcast.put(3, 4, 5)
            broadcast.server.call(broadcast.live.reset_all)
            seen = [
                [(event.name, event.id, event.data) for event in listener.read(until_seen="reset")]
                for listener in (plain, packed)
            ]
            assert seen[0] == seen[1]
            assert len([event for event in seen[0] if event[0] == "incident"]) == 5
            assert b"content-encoding" not in plain.head
            assert b"vary: accept-encoding" in plain.head


def test_a_connection_that_breaks_harms_nobody_else() -> None:
    def broken_after(count: int) -> tuple[list[bytes], Callable[[Any], Any]]:
        """Return what arrives over a server's ``send``, and the ``send``, which fails as uvloop does."""
        arrived: list[bytes] = []

        async def send(message: dict[str, Any]) -> None:
            if len(arrived) == count:
                raise RuntimeError("unable to perform operation on <TCPTransport closed=True>")
            arrived.append(message.get("body", b""))

        return arrived, send

    async def stays() -> dict[str, str]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def serve() -> None:
        live = Live(pulse=lambda: PULSE, interval_s=0.01)
        sending = asyncio.create_task(live.run())
        scope = {"type": "http", "method": "GET", "headers": [], "query_string": b""}
        sockets = [broken_after(count) for count in (2, 3, 1_000)]
        serving = [asyncio.create_task(live(scope, stays, send)) for _, send in sockets]
        await asyncio.sleep(0.1)
        assert live.clients == 3
        for seq in range(1, 11):
            live.publish([a_put(seq, an_incident(seq))])
            await asyncio.sleep(0.03)
        assert (live.clients, live.broken) == (1, 2)
        assert [task.done() for task in serving] == [True, True, False]
        assert b"".join(sockets[2][0]).count(b"event: incident") == 10
        assert not sending.done()
        for task in (sending, serving[2]):
            task.cancel()

    asyncio.run(serve())


def test_a_reset_before_the_first_byte_is_a_whole_packed_stream() -> None:
    """What is taken back while a full socket keeps the greeting waiting is replaced by a reset."""

    async def serve() -> bytes:
        live = Live(pulse=lambda: PULSE, interval_s=0.01)
        live.replay.begin(0, EPOCH)
        live.publish([a_put(1, an_incident(1))])
        arrived: list[bytes] = []
        writable = asyncio.Event()

        async def send(message: dict[str, Any]) -> None:
            if "body" in message:
                await writable.wait()
                arrived.append(message["body"])

        async def stays() -> dict[str, str]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        headers = [(b"accept-encoding", b"gzip"), (b"last-event-id", b"0")]
        scope = {"type": "http", "method": "GET", "headers": headers, "query_string": b""}
        serving = asyncio.create_task(live(scope, stays, send))
        await asyncio.sleep(0.05)
        live.publish([a_retraction(2, an_incident(1).id)])
        writable.set()
        await asyncio.sleep(0.05)
        serving.cancel()
        return b"".join(arrived)

    assert zlib.decompressobj(wbits=31).decompress(asyncio.run(serve())) == b"event: reset\ndata: {}\n\n"


def test_a_pulse_that_cannot_be_worked_out_holds_no_change_back() -> None:
    def no_pulse() -> dict[str, Any]:
        raise LookupError("a mistake of ours")

    live = Live(pulse=no_pulse, interval_s=0.02, pulse_s=0.05)
    with served(live, beside=live.run, lifespan="off") as server:
        with Listener(server.port) as listener:
            until(lambda: live.clients == 1)
            until(lambda: live.jobs_run.failures["the pulse"] >= 2)
            server.call(live.publish, [a_put(1, an_incident(1))])
            assert _seqs(listener.read(until_seen="incident")) == [1]
        server.run(live.close())


def test_everybody_can_be_told_to_start_anew(quick: Broadcast) -> None:
    with quick.listener() as listener:
        listener.read(until_seen="pulse")
        quick.server.call(quick.live.reset_all)
        assert [event.name for event in listener.read(until_seen="reset")] == ["reset"]


def test_who_missed_more_than_a_window_costs_is_told_to_start_anew(quick: Broadcast) -> None:
    text = "x" * 1_000
    quick.put(*range(1, 400), source_type=text)
    until(lambda: quick.live.replay.head == 399)
    with quick.listener(after=0) as far, quick.listener(after=390) as near:
        assert far.read(until_seen="pulse")[0].name == "reset"
        assert _seqs(near.read(until_seen="pulse")) == list(range(391, 400))
    counted = quick.live.readers
    assert (counted["opened"], counted["behind"]) == (2, 1)
    assert 9_000 < counted["replayed_bytes"] < 20_000


def test_more_changes_at_once_than_a_window_costs_are_a_reset_for_everybody(quick: Broadcast) -> None:
    with quick.listener() as listener:
        listener.read(until_seen="pulse")
        quick.put(*range(1, 400), source_type="x" * 1_000)
        assert [event.name for event in listener.read(until_seen="pulse")] == ["reset", "pulse"]
        quick.put(1)
        assert _seqs(listener.read(until_seen="incident")) == [400]


def test_what_is_taken_back_while_it_waits_for_a_full_socket_is_not_sent(quick: Broadcast) -> None:
    canary = {"source_type": "CANARY" + "x" * 3_000}
    with quick.listener(receive_buffer=4096) as slow:
        next(slow.chunks())
        _flood(quick, lambda: any(client.queue is not None for client in quick.live._clients))  # noqa: SLF001 - no public trace
        quick.put(50, **canary)
        until(lambda: quick.live.replay.head == quick.seq)
        quick.publish(a_retraction(quick.seq + 1, incident_id(50)))
        events = slow.read()
        assert events[-1].name == "reset"
        assert not any("CANARY" in str(event.data) for event in events)


def test_closing_ends_every_response_and_those_that_come_later(quick: Broadcast) -> None:
    with quick.listener() as one, quick.listener() as two:
        quick.server.run(quick.live.close())
        assert [event.name for event in one.read()] == ["pulse"]
        assert [event.name for event in two.read()] == ["pulse"]
        with Listener(quick.port) as late:
            assert late.read() == []
        quick.put(1)
        until(lambda: quick.live.replay.head == 1)


def test_a_head_request_ends_at_once(quick: Broadcast) -> None:
    with socket.create_connection(("127.0.0.1", quick.port), timeout=20) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n")
    assert quick.live.clients == 0


def test_twenty_changes_a_second_reach_two_hundred_clients_without_loss() -> None:
    with broadcasting(interval_s=0.1) as broadcast, ExitStack() as stack:
        listeners = [stack.enter_context(broadcast.listener()) for _ in range(200)]
        for number in range(1, 41):
            broadcast.put(number)
            time.sleep(0.02)
        for listener in listeners:
            events: list[Event] = []
            while max(_seqs(events), default=0) < 40:
                events += listener.read(events=1)
            assert _seqs(events) == list(range(1, 41))
