"""Honest readers of the page and of the live stream, over a proxy or not.

    python visitors.py PORT SECONDS [AUTHORITY]

Prints one line of JSON at the end: how late changes came, what was lost, how long pages took, and why
some were not answered.
"""

import http.client
import json
import re
import ssl
import sys
import threading
import time
from collections import Counter
from datetime import datetime

import numpy as np

READERS = 20
VISITORS = 5
_HEADERS = {"Host": "map.example.gov", "Accept-Encoding": "identity"}
_VISIT = ("/", "/api/v1/city", "/api/v1/window", "/list", "/api/v1/incidents?limit=50")
_BETWEEN_S = 3.0
_PATIENCE_S = 20.0

counts: Counter[str] = Counter()
delays: list[float] = []
# Why pages were not answered: status, path and what the answer said.
unanswered: Counter[str] = Counter()

visits: dict[str, list[float]] = {}


class Honest(threading.Thread):
    """Somebody who means no harm, from an address of their own."""

    def __init__(self, number: int, port: int, until: float, tls: ssl.SSLContext | None) -> None:
        super().__init__(daemon=True)
        self._source = (f"127.5.0.{number + 1}", 0)
        self._port = port
        self.until = until
        self._tls = tls

    def connection(self) -> http.client.HTTPConnection:
        """Make a connection that is not open yet."""
        if self._tls is None:
            return http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=_PATIENCE_S, source_address=self._source
            )
        return http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=_PATIENCE_S, source_address=self._source, context=self._tls
        )


class Reader(Honest):
    """Follows the live stream, over every break."""

    _last = ""

    def run(self) -> None:
        """Read until the time is over."""
        while time.monotonic() < self.until:
            connection = self.connection()
            try:
                position = {"Last-Event-ID": self._last} if self._last else {}
                connection.request("GET", "/api/v1/live", headers={**_HEADERS, **position})
                answer = connection.getresponse()
                counts["connected" if answer.status == http.client.OK else "refused"] += 1
                while time.monotonic() < self.until and (line := answer.readline()):
                    self._take(line)
            except (OSError, http.client.HTTPException):
                counts["broken"] += 1
            finally:
                connection.close()
            time.sleep(0.5)

    def _take(self, line: bytes) -> None:
        if line.startswith(b"event: reset"):
            counts["resets"] += 1
            self._last = ""
        elif line.startswith(b"id: "):
            position = line[4:].decode().strip()
            number = int(position.partition("-")[0])
            before = int(self._last.partition("-")[0]) if self._last else number - 1
            counts["doubled"] += number <= before
            counts["lost"] += max(0, number - before - 1)
            self._last = position
        elif updated := re.search(rb'"updated_at":"([^"]+)"', line):
            counts["events"] += 1
            delays.append(time.time() - datetime.fromisoformat(updated[1].decode()).timestamp())


class Visitor(Honest):
    """Opens the map and looks around, again and again."""

    def run(self) -> None:
        """Visit until the time is over."""
        while time.monotonic() < self.until:
            for path in _VISIT:
                begun = time.monotonic()
                connection = self.connection()
                try:
                    connection.request("GET", path, headers=_HEADERS)
                    answer = connection.getresponse()
                    body = answer.read()
                    counts[f"pages {answer.status}"] += 1
                    if answer.status >= http.client.BAD_REQUEST:
                        unanswered[f"{answer.status} {path} {_title(body)}"] += 1
                    visits.setdefault(path, []).append(time.monotonic() - begun)
                except (OSError, http.client.HTTPException) as error:
                    counts["pages broken"] += 1
                    unanswered[f"{type(error).__name__} {path}"] += 1
                finally:
                    connection.close()
            time.sleep(_BETWEEN_S)


def _title(body: bytes) -> str:
    """Return the title of a problem, or how a page begins that is none."""
    try:
        return str(json.loads(body)["title"])
    except (ValueError, KeyError, TypeError):
        return body[:60].decode("latin-1")


def main(port: int, seconds: float, authority: str | None) -> None:
    """Read and visit for a while, and report."""
    tls = ssl.create_default_context(cafile=authority) if authority else None
    until = time.monotonic() + seconds
    people: list[Honest] = [Reader(number, port, until, tls) for number in range(READERS)]
    people += [Visitor(READERS + number, port, until, tls) for number in range(VISITORS)]
    for person in people:
        person.start()
    for person in people:
        person.join(seconds + 2 * _PATIENCE_S)
    late = np.array(delays or [float("inf")])
    took = np.array([one for times in visits.values() for one in times] or [float("inf")])
    report = {
        **counts,
        "p50": float(np.percentile(late, 50)),
        "p99": float(np.percentile(late, 99)),
        "longest": float(late.max()),
        "page_p50": float(np.percentile(took, 50)),
        "page_p99": float(np.percentile(took, 99)),
        "unanswered": unanswered,
        "visited": {path: len(times) for path, times in visits.items()},
        "page_longest": {path: max(times) for path, times in visits.items()},
    }
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
