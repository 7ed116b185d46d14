"""Ten thousand live readers, alone and beside those who mean harm."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from served_city import Calls, Processors, Pusher, ServedCity, city_file, metric
from table import Table

HERE = Path(__file__).parent
# Changes a second.
RATE = 20.0

SLOW, NEVER, HAMMERING, LORIS, FLOOD = 500, 500, 200, 100, 10_000


class Feeder(threading.Thread):
    """Pushes changes at a steady rate until it is stopped."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self.pushed: Counter[int] = Counter()
        self.stopped = threading.Event()
        self._pusher = Pusher(port, key)
        self._calls = Calls()

    def run(self) -> None:
        """Push until told to stop."""
        begun, number = time.monotonic(), 0
        while not self.stopped.is_set():
            number += 1
            time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
            self.pushed[self._pusher.send(self._calls.next())] += 1


def _script(name: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(HERE / name), *map(str, arguments)],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def _report(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate()
    return dict(json.loads(out.strip().splitlines()[-1]))


def run(clients: int, seconds: float, *, abused: bool) -> dict[str, Any]:
    """Serve *clients* honest readers for *seconds*; return what they saw and what the server used."""
    with tempfile.TemporaryDirectory() as name:
        server = ServedCity(Path(name), city_file(Path(name)))
        key = server.push_key()
        server.start()
        idle = server.figures()
        feeder = Feeder(server.port, key)
        helpers = []
        try:
            honest = _script("swarm.py", server.port, clients, seconds, "honest")
            assert honest.stdout  # noqa: S101 - asked for above
            honest.stdout.readline()  # all are connected
            feeder.start()
            held = server.figures()
            processors = Processors({"server": server.pid, "readers": honest.pid})
            if abused:
                helpers = [
                    _script("swarm.py", server.port, SLOW, seconds, "slow"),
                    _script("swarm.py", server.port, NEVER, seconds, "never"),
                    _script("abusers.py", server.port, "hammer", HAMMERING, seconds - 5),
                    _script("abusers.py", server.port, "loris", LORIS, seconds - 5),
                ]
                processors.add({f"abusers {number}": helper.pid for number, helper in enumerate(helpers)})
            most = 0.0
            while honest.poll() is None:
                time.sleep(1)
                most = max(most, server.figures().resident_mb)
                processors.look()
            seen = _report(honest)
            feeder.stopped.set()
            feeder.join(20)
            head = server.json("/api/v1/city")["head"]
            metrics = server.get("/metrics")[1].decode()
        finally:
            feeder.stopped.set()
            for helper in helpers:
                helper.terminate()
            alive = server.alive()
            server.stop()
    return {
        **seen,
        "head": head,
        "pushed": dict(feeder.pushed),
        "alive": alive,
        "most_mb": most,
        "kb_each": (held.resident_mb - idle.resident_mb) * 1_000 / clients,
        "refused": metric(metrics, "blocklight_refused_total"),
        "processors": processors.used(),
    }


def _used(processors: dict[str, float]) -> str:
    """Say how much of a processor each side took: all are on one machine."""
    abusers = sum(share for name, share in processors.items() if name.startswith("abusers"))
    texts = [f"server {processors['server']:.2f}", f"readers {processors['readers']:.2f}"]
    return "processors: " + ", ".join([*texts, f"abusers {abusers:.2f}"] if abusers else texts)


def _whole(seen: dict[str, Any]) -> bool:
    """Whether nothing was lost or doubled, and nobody was sent away."""
    return (
        seen["alive"]
        and not (seen["lost"] or seen["doubled"] or seen["resets"] or seen["closed"] or seen["failed"])
        and seen["last_least"] >= seen["head"] - 2 * RATE
    )


def measure(table: Table, minutes: float, clients: int = 10_000) -> None:
    """Add the rows of both campaigns."""
    alone = run(clients, 60 * minutes, abused=False)
    table.add(
        f"{clients:,} live readers, 20 changes/s, {minutes:g} min",
        f"p50 {alone['p50']:.2f} s, p99 {alone['p99']:.2f} s, longest {alone['longest']:.2f} s; "
        f"{alone['lost']} lost, {alone['doubled']} doubled; {alone['kb_each']:.1f} kB each",
        f"{alone['events']:,} events received; {_used(alone['processors'])}",
        "",
        "nothing lost or doubled, p99 at most 1 s, at most 16 kB each",
        met=_whole(alone) and alone["p99"] <= 1 and alone["kb_each"] <= 16,
    )
    beside = run(clients, 60 * minutes, abused=True)
    table.add(
        f"The same with {SLOW} slow, {NEVER} never reading, {HAMMERING} hammering and {LORIS} slow-loris",
        f"honest readers' p50 {beside['p50']:.2f} s, p99 {beside['p99']:.2f} s; {beside['lost']} lost, "
        f"{beside['doubled']} doubled; memory at most {beside['most_mb']:.0f} MB",
        f"{beside['refused']:,.0f} requests refused and counted; {_used(beside['processors'])}",
        "",
        "p99 at most 1.5 s, memory at most 600 MB",
        met=_whole(beside) and beside["p99"] <= 1.5 and beside["most_mb"] <= 600,
    )


def flood(table: Table, seconds: float = 60) -> None:
    """Add the row of one address that opens every connection it can."""
    with tempfile.TemporaryDirectory() as name:
        server = ServedCity(Path(name), city_file(Path(name)))
        key = server.push_key()
        server.start()
        feeder = Feeder(server.port, key)
        attack = _script("abusers.py", server.port, "flood", FLOOD, seconds)
        try:
            feeder.start()
            time.sleep(10)
            honest = _script("swarm.py", server.port, 50, seconds - 20, "honest")
            seen = _report(honest)
            figures = server.get("/metrics")[1].decode()
        finally:
            feeder.stopped.set()
            attack.terminate()
            alive = server.alive()
            server.stop()
    table.add(
        f"{FLOOD:,} connections from one address, 50 readers from others",
        f"readers' p99 {seen['p99']:.2f} s; {seen['connected']} of 50 connected",
        f"{metric(figures, 'blocklight_connections'):,.0f} connections open at the end, "
        f"{metric(figures, 'blocklight_refused_total'):,.0f} refused and counted",
        "",
        "readers elsewhere see changes within 1 s",
        met=alive and seen["connected"] == 50 and seen["p99"] <= 1,
    )
