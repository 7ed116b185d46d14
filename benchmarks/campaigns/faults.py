"""Every fault of a feed for some minutes: what interface and log say, and how fast the city recovers."""

import html
import http.client
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from faulty_layer import DATA, KINDS
from served_city import POLLED, ServedCity, city_file, free_port, metric

HERE = Path(__file__).parent
AT_ONCE = 6
# Faults that leave every published record right: the source stays healthy.
HARMLESS = frozenset({"every row twice", "a number too large"})

# Faults that ask to be left alone for an hour, which is obeyed until somebody says `systemctl reload`.
PATIENT = frozenset({"429"})


@dataclass(frozen=True)
class Seen:
    """What was seen of one fault."""

    kind: str
    states: tuple[str, ...]
    reason: str
    page: str
    """What the page /data says of the source's state."""
    metrics: str
    """What the figures of the operator say: those that stood out while the fault lasted."""
    failures: int
    ready: int
    published: tuple[int, int]
    open_calls: tuple[int, int]
    log_lines: int
    last_line: str
    most_mb: float
    recovered_s: float | None
    alive: bool

    @property
    def right(self) -> bool:
        """Whether the city stayed up, said what was wrong in few lines, and came back within a minute."""
        told = "failing" in self.states or "late" in self.states or self.kind in DATA or self.kind in HARMLESS
        quiet = self.log_lines <= 6
        shown = self.states[-1] == "ok" or ("source_ok 0" in self.metrics and self.page != "Live")
        back = self.recovered_s is not None and self.recovered_s <= 60
        return self.alive and told and quiet and shown and back


def observe(kind: str, seconds: float, closes: str = "status") -> Seen:
    """Let a served city live through one fault."""
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        layer = subprocess.Popen([sys.executable, str(HERE / "faulty_layer.py"), str(port), "10"])
        source = POLLED.format(port=port, closes=closes)
        server = ServedCity(Path(name), city_file(Path(name), source, clock="epoch_ms"))
        try:
            time.sleep(8)  # some calls to begin with
            server.start()
            _until_healthy(server, 90)
            before = _numbers(server)
            lines = server.log_lines()
            before_metrics = server.operator_metrics()
            _fault(port, kind)
            states: list[str] = []
            most, begun = 0.0, time.monotonic()
            while time.monotonic() - begun < seconds and server.alive():
                time.sleep(2)
                source_now = server.json("/api/v1/sources")["sources"][0]
                most = max(most, server.figures().resident_mb)
                if not states or states[-1] != source_now["state"]:
                    states.append(source_now["state"])
            ready = server.get("/readyz")[0]
            page = _state_on_page(server)
            told = _told_to_operator(before_metrics, server.operator_metrics())
            after = _numbers(server)
            logged = server.log_lines() - lines
            last = server.log.read_text("utf-8").splitlines()[-1] if logged else ""
            _fault(port, "none")
            if kind in PATIENT:
                server.poll_now()
            recovered = _until_healthy(server, 120)
            return Seen(
                kind, tuple(states), source_now.get("reason") or "", page, told, source_now["failures"],
                ready,
                (before[0], after[0]), (before[1], after[1]), logged, last, most, recovered, server.alive(),
            )  # fmt: skip
        finally:
            server.stop()
            layer.terminate()
            layer.wait()


def _fault(port: int, kind: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"/fault?kind={kind.replace(' ', '+')}")
    connection.getresponse().read()
    connection.close()


def _state_on_page(server: ServedCity) -> str:
    """Read the words beside the source's name on the page of data, as a reader sees them."""
    found = re.search(r'<span class="state [^"]*"><i[^>]*></i>([^<]*)', server.get("/data")[1].decode())
    return html.unescape(found[1]).strip() if found else "nothing"


def _told_to_operator(before: str, after: str) -> str:
    """Name the figures that show the fault, as ``name value`` or ``name +growth``."""
    told = [f"source_ok {metric(after, 'blocklight_source_ok'):.0f}"]
    for outcome in ("stored", "refused", "failed"):
        labels = f'outcome="{outcome}"[^}}]*|[^}}]*outcome="{outcome}"'
        grown = metric(after, "blocklight_batches_total", labels) - metric(
            before, "blocklight_batches_total", labels
        )
        told.append(f"batches {outcome} +{grown:.0f}")
    if metric(after, "blocklight_source_withheld_unusual"):
        told.append("source_withheld_unusual 1")
    return ", ".join(told)


def _numbers(server: ServedCity) -> tuple[int, int]:
    """How many incidents are published, and how many of them are open."""
    features = server.incidents()
    return len(features), sum(feature["properties"]["status"] == "open" for feature in features)


def _until_healthy(server: ServedCity, most_s: float) -> float | None:
    begun = time.monotonic()
    while time.monotonic() - begun < most_s:
        source = server.json("/api/v1/sources")["sources"][0]
        if source["state"] == "ok" and not source["failures"]:
            return time.monotonic() - begun
        time.sleep(0.5)
    return None


def measure(minutes: float) -> list[Seen]:
    """Observe every fault, some at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda kind: observe(kind, 60 * minutes), KINDS))


def table(rows: list[Seen], minutes: float) -> str:
    """Write the rows in Markdown."""
    columns = (
        "fault", "source state", "public reason", "on the page", "operator's figures", "ready",
        "incidents before, after", "open before, after",
        "log lines", "last line", "memory", "healthy again after", "right",
    )  # fmt: skip
    lines = [
        f"\n## Every fault of a feed, {minutes:g} minutes each\n",
        "Right: the city stays up; its source fails or is late, unless the answer is a healthy one; the log",
        "has a few lines and not one for each poll; within a minute after the fault the source is healthy",
        "(where it asked to be left alone for an hour: within a minute after `systemctl reload`).\n",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
    ]
    for row in rows:
        cells = (
            row.kind, ", ".join(row.states), row.reason, row.page, row.metrics, row.ready,
            *(f"{before}, {after}" for before, after in (row.published, row.open_calls)), row.log_lines,
            row.last_line[:160].replace("|", "/"), f"{row.most_mb:.0f} MB",
            "not" if row.recovered_s is None else f"{row.recovered_s:.0f} s",
            "yes" if row.right else "**no**",
        )  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"
