"""A real `blocklight serve` of an invented city: started, fed, watched from outside, killed and restarted."""

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PUSHED = """
[[sources]]
id = "cad"
label = "Calls for service"
connector = "push"
late_after_s = 60
key = ["number"]
closes = "status"
"""

POLLED = """
[[sources]]
id = "cad"
label = "Calls for service"
connector = "arcgis"
url = "http://127.0.0.1:{port}/arcgis/rest/services/Calls/FeatureServer/0"
poll_s = 1
late_after_s = 10
timeout_s = 5
page_size = 2000
key = ["number"]
closes = "{closes}"
"""

_CITY = """
[city]
id = "campaign"
name = "Campaign Town"
time_zone = "America/Chicago"
bounds = {{ west = -97.60, south = 37.55, east = -97.10, north = 37.85 }}

[call_types.exact]
"NOISE COMPLAINT" = "noise"
{source}
[sources.fields]
received_at = {{ from = "received", convert = "{clock}" }}
{status}source_type = "nature"
agency = {{ default = "police" }}
units = {{ from = "version", convert = "int" }}
lon = {{ from = "lon", convert = "float" }}
lat = {{ from = "lat", convert = "float" }}
"""

_STATUS = 'status = { from = "state", map = { open = "open", closed = "closed" } }\n'


def city_file(folder: Path, source: str = PUSHED, *, clock: str = "iso") -> Path:
    """Write the city file; *clock* is the converter of `received`."""
    path = folder / "campaign.toml"
    vanishes = 'closes = "vanish"' in source
    path.write_text(_CITY.format(source=source, clock=clock, status="" if vanishes else _STATUS), "utf-8")
    return path


@dataclass
class Calls:
    """Calls that open, change and close; every change alters something public."""

    seed: int = 1
    name: str = "C"
    versions: dict[str, int] = field(default_factory=dict)
    open_calls: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - makes load, guards nothing
        self._begin = time.time() - 6 * 3600

    def next(self) -> dict[str, Any]:
        """Open a call, or change or close one that is open."""
        chance = self._random.random()
        if chance < 0.4 or len(self.open_calls) < 5:
            return dict(self._open())
        number = self._random.choice(list(self.open_calls))
        call = self.open_calls[number]
        call["version"] += 1
        if chance > 0.7:
            call["state"] = "closed"
            del self.open_calls[number]
        return dict(call)

    def _open(self) -> dict[str, Any]:
        count = self.versions[""] = self.versions.get("", 0) + 1
        number = f"{self.name}{self.seed}-{count}"
        call = self.open_calls[number] = {
            "number": number,
            # One second each, so that a call is known again by its public time.
            "received": datetime.fromtimestamp(self._begin + count, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "nature": "NOISE COMPLAINT",
            "state": "open",
            "version": 1,
            "lon": round(self._random.uniform(-97.55, -97.15), 5),
            "lat": round(self._random.uniform(37.58, 37.82), 5),
        }
        return call


@dataclass(frozen=True, slots=True)
class Figures:
    """What a process uses, as the system counts it."""

    resident_mb: float
    descriptors: int
    threads: int


class ServedCity:
    """One `blocklight serve` process and what a campaign does to it."""

    def __init__(
        self, folder: Path, city: Path | str, *options: str, command: Sequence[str] = ("serve",)
    ) -> None:
        self.folder = folder
        self.city = str(city)
        self.log = folder / "serve.log"
        self.port = 0
        self.operator_port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._data = ["--data", str(folder / "data")]
        self._options = [*options, *self._data]
        self._command = list(command)

    def start(self, ready_s: float = 120) -> float:
        """Start the process; return the seconds until it said that it is ready."""
        begun = time.monotonic()
        port = str(self.port or free_port())
        place: list[str] = []
        if self._command == ["serve"]:
            self.operator_port = self.operator_port or free_port()
            place = [self.city, "--operator-port", str(self.operator_port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "blocklight", *self._command, *place, "--port", port, *self._options],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.port = int(port)
        while time.monotonic() - begun < ready_s:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}; see {self.log}")
            try:
                if self.get("/readyz", 5)[0] == http.client.OK:
                    return time.monotonic() - begun
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        raise RuntimeError(f"not ready after {ready_s} s; see {self.log}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._signal(signal.SIGTERM)

    def poll_now(self) -> None:
        """Ask it to look at its sources at once, as `systemctl reload` does."""
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGHUP)

    @property
    def pid(self) -> int:
        """The process's number; raises ``RuntimeError`` before it was started."""
        if self.process is None:
            raise RuntimeError("not started")
        return self.process.pid

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process is not None and self.process.poll() is None

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait(90)

    def get(self, path: str, timeout: float = 30) -> tuple[int, bytes]:
        """One request from the address of an honest reader."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=timeout, source_address=("127.0.9.1", 0)
        )
        try:
            connection.request("GET", path, headers={"accept-encoding": "identity"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def operator_metrics(self) -> str:
        """Read the figures that only the operator sees, in the Prometheus text format."""
        connection = http.client.HTTPConnection("127.0.0.1", self.operator_port, timeout=30)
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def json(self, path: str) -> Any:  # noqa: ANN401 - whatever the interface answers
        """Read a JSON answer; raises ``RuntimeError`` for any other status than 200."""
        status, body = self.get(path)
        if status != http.client.OK:
            raise RuntimeError(f"{path}: HTTP {status}")
        return json.loads(body)

    def push_key(self, source: str = "cad") -> str:
        """Create a key with which *source* may be pushed to."""
        made = subprocess.run(
            [sys.executable, "-m", "blocklight", "key", "create", self.city, source, *self._data],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return made.stdout.split()[-1]

    def figures(self) -> Figures:
        """Memory, descriptors and threads of the process and its children."""
        if self.process is None:
            raise RuntimeError("not started")
        statuses = [
            (pid, Path(f"/proc/{pid}/status").read_text("ascii")) for pid in _family(self.process.pid)
        ]
        return Figures(
            sum(_number(text, "VmRSS") for _, text in statuses) / 1_000,
            sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid, _ in statuses),
            sum(_number(text, "Threads") for _, text in statuses),
        )

    def incidents(self) -> list[dict[str, Any]]:
        """Every incident that the public interface lists, page by page."""
        listed: list[dict[str, Any]] = []
        path: str | None = "/api/v1/incidents?limit=1000"
        while path:
            page = self.json(path)
            listed.extend(page["features"])
            path = page["next"]
        return listed

    def log_lines(self) -> int:
        """How many lines the process has logged so far."""
        return len(self.log.read_bytes().splitlines()) if self.log.exists() else 0


class Processors:
    """How much of a processor each of some processes has used, with their children."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids: dict[str, int] = {}
        self._begun: dict[str, tuple[float, float]] = {}
        self._shares: dict[str, float] = {}
        self.add(pids)

    def add(self, pids: dict[str, int]) -> None:
        """Watch these too, from now on."""
        for name, pid in pids.items():
            self._pids[name] = pid
            self._begun[name] = time.monotonic(), _processor_s(pid) or 0.0

    def look(self) -> None:
        """Take the figures while the processes run: they are gone with them."""
        for name, pid in self._pids.items():
            used = _processor_s(pid)
            at, before = self._begun[name]
            if used is not None and time.monotonic() > at:
                self._shares[name] = (used - before) / (time.monotonic() - at)

    def used(self) -> dict[str, float]:
        """Processors used by each until the last look."""
        return dict(self._shares)


class Pusher:
    """Sends one record after the other over a connection that is kept open."""

    def __init__(self, port: int, key: str, source: str = "cad") -> None:
        self.port = port
        self._path = f"/api/v1/push/{source}"
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def send(self, *records: dict[str, Any]) -> int:
        """Push a batch; return the status, 0 where no answer came."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=15, source_address=("127.0.9.2", 0)
                )
            self._connection.request("POST", self._path, json.dumps(records), self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection = None
            return 0
        return answer.status


def _family(pid: int) -> list[int]:
    """List a process and all that it has started, as Linux counts them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _processor_s(pid: int) -> float | None:
    """Seconds of processor that a process and its children have used, ``None`` once it has ended."""
    ticks = 0
    try:
        for member in _family(pid):
            fields = Path(f"/proc/{member}/stat").read_text("ascii").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    except (FileNotFoundError, ProcessLookupError):
        return None
    return ticks / os.sysconf("SC_CLK_TCK") or None


def _number(status: str, name: str) -> int:
    line = re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)
    return int(line[1]) if line else 0


def free_port() -> int:
    """Pick a port that nobody listens on at this moment."""
    import socket  # noqa: PLC0415 - only here

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def metric(text: str, name: str, labels: str = "[^}]*") -> float:
    """Add up a metric's samples in the Prometheus text format; *labels* is a pattern of its labels."""
    values = re.findall(rf"^{name}(?:{{(?:{labels})}})? ([0-9.e+-]+)$", text, re.MULTILINE)
    return sum(float(value) for value in values)
