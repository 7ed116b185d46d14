"""Real brokers on free ports of loopback while a test needs them: Mosquitto, and NATS with JetStream."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_UNAVAILABLE = 3


@dataclass
class Broker:
    """A broker that can be stopped and started again on the same port, with what it keeps in a folder."""

    command: list[str]
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        libraries = str(ROOT / ".build/servers/usr/lib/x86_64-linux-gnu")
        self._process = subprocess.Popen(
            self.command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LD_LIBRARY_PATH": libraries},
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        pytest.fail(f"{self.command[0]} did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None


def program(name: str) -> str:
    """Where a server's program is; its absence is said, and is a failure where CI is set."""
    found = subprocess.run(
        [ROOT / "scripts/servers", "find", name], capture_output=True, text=True, check=False
    )
    if found.returncode == _UNAVAILABLE and os.environ.get("CI") != "true":
        pytest.skip(f"NOT TESTED WITH {name}: {found.stderr.strip()}")
    if found.returncode:
        pytest.fail(found.stderr.strip())
    return found.stdout.strip()


@contextmanager
def mosquitto(folder: Path, *, anybody: bool = True) -> Iterator[Broker]:
    """Serve MQTT, to anybody or to nobody."""
    port = _free_port()
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous {str(anybody).lower()}\npersistence true\n"
        f"persistence_location {folder}/\nautosave_interval 1\nuser root\n"
    )
    broker = Broker([program("mosquitto"), "-c", str(config)], port)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def nats_server(folder: Path, *options: str) -> Iterator[Broker]:
    """Serve NATS with JetStream."""
    port = _free_port()
    broker = Broker(
        [program("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder), *options],
        port,
    )
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
