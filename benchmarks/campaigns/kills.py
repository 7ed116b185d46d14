"""`kill -9` at random moments while changes are pushed: what was acknowledged is there, once."""

import random
import re
import socket
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from served_city import Calls, Pusher, ServedCity, city_file
from table import Table

READERS = 5


class _Feeder(threading.Thread):
    """Pushes 20 changes a second; repeats what was not answered only sometimes: both cases occur."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self.sent: dict[str, dict[str, Any]] = {}
        self.acknowledged: dict[str, int] = {}
        self.answers: Counter[int] = Counter()
        self._pusher = Pusher(port, key)
        self._calls = Calls()

    def run(self) -> None:
        begun, count = time.monotonic(), 0
        chance = random.Random(5)  # noqa: S311 - makes load, guards nothing
        while not self.stopped.is_set():
            count += 1
            time.sleep(max(0.0, begun + count / 20 - time.monotonic()))
            record = self._calls.next()
            self.sent[record["received"]] = record
            while not self.stopped.is_set():
                status = self._pusher.send(record)
                self.answers[status] += 1
                if status == 202:
                    self.acknowledged[record["received"]] = record["version"]
                if status or chance.random() < 0.5:
                    break
                time.sleep(0.05)


class _Reader(threading.Thread):
    """Follows the live stream from where it was, over every break."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.stopped = threading.Event()
        self.last = ""
        self.faults: Counter[str] = Counter()

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as stream:
                    self._follow(stream)
            except OSError:
                pass
            time.sleep(random.uniform(0.02, 0.3))  # noqa: S311 - spreads load

    def _follow(self, stream: socket.socket) -> None:
        line = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
        stream.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: campaign\r\n{line}\r\n".encode())
        buffer = b""
        while not self.stopped.is_set():
            data = stream.recv(65_536)
            if not data:
                return
            *events, buffer = (buffer + data).split(b"\n\n")
            for event in events:
                self._take(event)

    def _take(self, event: bytes) -> None:
        if b"event: reset" in event:
            self.faults["resets"] += 1
            self.last = ""
            return
        name = re.search(rb"^id: (\d+)(\S*)\r?$", event, re.MULTILINE)
        if name is None:
            return
        number = int(name[1])
        before = int(self.last.partition("-")[0]) if self.last else number - 1
        self.faults["doubled"] += number <= before
        self.faults["lost"] += max(0, number - before - 1)
        self.last = (name[1] + name[2]).decode()


def run(kills: int, *options: str) -> dict[str, Any]:
    """Kill a served city *kills* times; return what is lost, doubled or older than what was acknowledged."""
    chance = random.Random(9)  # noqa: S311 - makes load, guards nothing
    with tempfile.TemporaryDirectory() as name:
        server = ServedCity(Path(name), city_file(Path(name)), *options)
        key = server.push_key()
        server.start()
        feeder = _Feeder(server.port, key)
        readers = [_Reader(server.port) for _ in range(READERS)]
        for thread in (feeder, *readers):
            thread.start()
        restarts = []
        try:
            for _ in range(kills):
                time.sleep(chance.uniform(0.2, 2))
                server.kill()
                time.sleep(chance.uniform(0, 0.3))
                restarts.append(server.start())
            time.sleep(3)
            feeder.stopped.set()
            feeder.join(20)
            time.sleep(2)
            listed = server.incidents()
        finally:
            for stopped in (feeder.stopped, *(reader.stopped for reader in readers)):
                stopped.set()
            server.stop()
    times = Counter(feature["properties"]["received_at"] for feature in listed)
    units = {feature["properties"]["received_at"]: feature["properties"]["units"] for feature in listed}
    faults: Counter[str] = Counter()
    for reader in readers:
        faults.update(reader.faults)
    return {
        "acknowledged": len(feeder.acknowledged),
        "unanswered": feeder.answers[0],
        "lost": sum(received not in times for received in feeder.acknowledged),
        "older": sum(
            units.get(at, 0) < version for at, version in feeder.acknowledged.items() if at in units
        ),
        "doubled": sum(count > 1 for count in times.values()),
        "invented": len(set(times) - set(feeder.sent)),
        "restart_s": max(restarts),
        **{f"stream_{fault}": faults[fault] for fault in ("lost", "doubled", "resets")},
    }


def measure(table: Table, kills: int, engine: str, *options: str) -> None:
    """Add the row of one engine."""
    end = run(kills, *options)
    table.add(
        f"{kills} kills at random moments with 20 changes/s, {engine}",
        f"{end['lost']} lost, {end['older']} older than acknowledged, {end['doubled']} doubled, "
        f"{end['invented']} invented; streams: {end['stream_lost']} lost, {end['stream_doubled']} doubled, "
        f"{end['stream_resets']} resets; ready again after at most {end['restart_s']:.1f} s",
        f"{end['acknowledged']:,} calls acknowledged, {end['unanswered']} pushes without an answer",
        "",
        "nothing lost, older, doubled or invented",
        met=end["acknowledged"] > kills
        and not any(end[name] for name in ("lost", "older", "doubled", "invented"))
        and not any(end[f"stream_{name}"] for name in ("lost", "doubled")),
    )
