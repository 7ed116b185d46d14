import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from listening import Event, Listener
from living_city import START, until
from loopback.server import Loopback, serving
from loopback.soda import Dataset
from loopback.table import Table

from blocklight.city import shipped_cities
from blocklight.cli import main

_COLUMNS = (":id", ":updated_at", "id", "received", "type", "status", "lon", "lat")
_CITY = """
[city]
id = "smallville"
name = "Smallville"
time_zone = "America/Los_Angeles"
bounds = { west = -122.4, south = 37.6, east = -122.0, north = 37.9 }

[[sources]]
id = "calls"
label = "The calls"
connector = "socrata"
url = "http://127.0.0.1:9/calls.json"
key = ["id"]
closes = "status"
poll_s = 0.2

[sources.fields]
received_at = { from = "received", convert = "iso" }
source_type = "type"
agency = { default = "police" }
status = { from = "status", map = { open = "open", closed = "closed" } }
lon = { from = "lon", convert = "float" }
lat = { from = "lat", convert = "float" }

[call_types.exact]
"NOISE" = "noise"
"FIRE" = "fire"
"""


def _row(number: int, **changes: object) -> dict[str, Any]:
    plain = {
        ":id": f"row-{number}",
        ":updated_at": START.isoformat(),
        "id": f"C{number}",
        "received": START.isoformat(),
        "type": "NOISE",
        "status": "open",
        "lon": "-122.25",
        "lat": "37.75",
    }
    return plain | changes


@dataclass
class Workplace:
    """A folder with a city file, and the command to run in it."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "blocklight", *arguments]

    def environment(self, **more: str) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BLOCKLIGHT")}
        return {name: value for name, value in kept.items() if name != "COLUMNS"} | more

    def run(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """Run a command to its end and return all that it said, which is never a traceback."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stdout, done.stdout
        assert done.returncode == code, done.stdout
        return done.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator["Running"]:
        """Start a command that runs until it is told to stop."""
        log = self.folder / f"log-{arguments[0]}-{time.monotonic_ns()}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env=self.environment(),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            try:
                yield Running(process, log, time.monotonic())
            finally:
                process.kill()
                process.wait()


@dataclass
class Running:
    """A command that is still going."""

    process: subprocess.Popen[bytes]
    log: Path
    began: float
    start_s: float = 0

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def address(self) -> str:
        """Return where it is live, once it says so."""

        def announced() -> re.Match[str] | None:
            assert self.process.poll() is None, self.said()
            return re.search(r"live at (http://\S+)", self.said())

        found = until(announced, within_s=60)
        assert found is not None
        self.start_s = time.monotonic() - self.began
        return found[1]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, which it does at once and cleanly; a slow machine may take as long as to start."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        assert time.monotonic() - began < max(3, self.start_s)
        assert self.process.returncode == 0
        assert "Traceback" not in self.said()
        assert "ERROR" not in self.said(), "it had to cut off somebody"


Inside = Callable[..., str]


@pytest.fixture
def inside(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Inside:
    """Run a command in this process, which saves the seconds of starting another; return what it said."""
    for name in [name for name in os.environ if name.startswith("BLOCKLIGHT")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(workplace.folder)

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["blocklight", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code or 0) == code
        return "".join(capsys.readouterr())

    return run


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    (tmp_path / "smallville.toml").write_text(_CITY)
    return Workplace(tmp_path)


@contextmanager
def _portal(*rows: dict[str, Any]) -> Iterator[tuple[Table, Loopback]]:
    """Serve rows as a Socrata dataset on loopback."""
    table = Table(_COLUMNS, rows)
    with serving(Dataset(table)) as server:
        yield table, server
    table.close()


def _from(server: Loopback) -> tuple[str, str]:
    return "--source-url", f"calls={server.url}/calls.json"


def _incidents(address: str) -> dict[str, str]:
    features = httpx.get(f"{address}/api/v1/incidents", trust_env=False).json()["features"]
    return {feature["id"]: feature["properties"]["status"] for feature in features}


def test_the_help_of_every_command_says_what_it_does_and_shows_it(inside: Inside) -> None:
    page = inside("--help")
    names = re.findall(r"^│ (\w[\w-]*) ", page, re.MULTILINE)
    commands = [name for name in names if name.islower()]
    groups = {"areas", "audit", "basemap", "key", "places", "policy"}
    assert set(commands) == groups | set(
        "catalogue check cities demo import intake new-city pause record replay resume serve".split()
    )
    for name in set(commands) - groups:
        told = inside(name, "--help")
        assert f"Usage: blocklight {name}" in told
        assert name == "cities" or told.count("blocklight ") >= 2, f"{name} has no example"
        assert "--help" in told


def test_the_shipped_cities_are_listed_with_their_sources_even_in_a_narrow_window(
    workplace: Workplace,
) -> None:
    told = workplace.run("cities", COLUMNS="80")
    for name in shipped_cities():
        assert name in told
    assert "…" not in told
    assert max(map(len, told.splitlines()[:-1])) <= 80


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["serve", "atlantis"], 2, ["atlantis", "houston", "demo"]),
        (["check", "smallville.toml", "--source", "nope"], 2, ["nope", "this city has: calls"]),
        (["serve", "smallville.toml", "--source-url", "calls"], 2, ["--source-url", "ID=URL"]),
        (["serve", "smallville.toml", "--source-url", "calls=http://"], 2, ["--source-url", "ID=URL"]),
        (["serve", "smallville.toml", "--source-url", "calls=ftp://x/"], 2, ["--source-url", "ID=URL"]),
        (["serve", "smallville.toml", "--source-url", "x=http://h/"], 2, ["no source 'x'", "calls"]),
        (["serve", "smallville.toml", "--port", "70000"], 2, ["--port", "65535"]),
        (["serve", "smallville.toml", "--database", "nonsense", "--port", "0"], 1, ["database URL"]),
        (["serve", "smallville.toml", "--data", "smallville.toml", "--port", "0"], 1, ["smallville.toml"]),
        (["record", "smallville.toml", "calls", "-o", "no/such/folder.zst"], 1, ["no/such/folder.zst"]),
        (["record", "smallville.toml", "calls", "-o", "smallville.toml"], 1, ["exists already"]),
        (["replay", "smallville.toml", "calls", "absent.zst"], 1, ["absent.zst", "no such file"]),
        (["replay", "smallville.toml", "calls", "smallville.toml"], 1, ["not zstd"]),
        (["replay", "smallville.toml", "calls", "smallville.toml", "--speed", "-1"], 2, ["--speed", "max"]),
    ],
)
def test_a_mistake_is_one_clear_message(
    inside: Inside, arguments: list[str], code: int, words: list[str]
) -> None:
    told = " ".join(inside(*arguments, code=code).replace("│", " ").split())
    for word in words:
        assert word in told


def test_a_mistake_in_a_real_process_ends_with_its_message_and_its_code(workplace: Workplace) -> None:
    assert workplace.run("serve", "atlantis", code=2).startswith("City file: atlantis: no such file")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('label = "The calls"', 'labell = "The calls"', ["sources.calls", "label"]),
        ("poll_s = 0.2", "poll_s = 0.2\npollster = 1", ["sources.calls.pollster", "unknown key"]),
        ('convert = "iso"', 'convert = "roman"', ["sources.calls.fields.received_at", "convert"]),
        ('"America/Los_Angeles"', '"America/Gotham"', ["city.time_zone", "America/Gotham"]),
        ("[city]", "[city", ["not TOML"]),
        ('url = "', 'url = "/srv/cad" # ', ["sources.calls.url", "https://", "file:///"]),
        ('"NOISE" = "noise"', '"NOISE" = "crime"', ["call_types.exact"]),
    ],
)
def test_a_mistake_in_a_city_file_names_the_file_and_the_key(
    workplace: Workplace, inside: Inside, old: str, new: str, words: list[str]
) -> None:
    assert old in _CITY
    file = workplace.folder / "smallville.toml"
    file.write_text(_CITY.replace(old, new, 1))
    told = inside("check", "smallville.toml", code=2)
    assert told.startswith("City file: smallville.toml: ")
    assert told.count("\n") == 1, "one line, never broken"
    for word in words:
        assert word in told


def test_a_taken_port_is_said_before_anything_else_is_done(workplace: Workplace, inside: Inside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = inside("serve", "smallville.toml", "--port", port, code=1)
    assert f"127.0.0.1:{port}: address already in use; choose another with --port" in told
    assert not (workplace.folder / "data").exists()


def test_check_says_what_becomes_of_a_sample(workplace: Workplace, inside: Inside) -> None:
    rows = [
        _row(1),
        _row(2, type="FIRE", status="closed"),
        _row(3, type="[bold]ODD[/red] TYPE"),
        _row(4, type="SUICIDE ATTEMPT"),
        _row(5, lon="-100"),
        _row(6, received="yesterday"),
        _row(7, lon=None, lat=None),
    ]
    sample = workplace.folder / "sample.json"
    sample.write_text(json.dumps(rows))
    told = inside("check", "smallville.toml", "--sample", "sample.json")
    assert "7 records: 2 published" in told
    for words in ("1 unmapped", "1 sensitive", "1 outside_city", "1 no_place", "rejected: 1 bad_time"):
        assert words in told
    assert "[bold]ODD[/red] TYPE" in told
    assert "received_at" in told


def test_check_counts_the_damaged_lines_of_a_file(workplace: Workplace, inside: Inside) -> None:
    city = _CITY.replace('connector = "socrata"', 'connector = "files"')
    assert city != _CITY
    (workplace.folder / "smallville.toml").write_text(city)
    columns = list(_row(1))
    lines = [columns, list(_row(1).values()), [*_row(2).values(), "more"], ["alone"]]
    sample = workplace.folder / "calls.csv"
    sample.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    told = inside("check", "smallville.toml", "--sample", "calls.csv")
    assert "3 records: 1 published" in told
    assert "rejected: 2 ragged_row" in told
    sample.write_text("id,received,kind,status,lon,lat\n")
    told = inside("check", "smallville.toml", "--sample", "calls.csv", code=1)
    assert "column 'type' is gone" in told
    assert "It has these columns: id, kind, lat, lon, received, status" in told


def test_check_of_a_drop_folder_looks_at_its_newest_file(workplace: Workplace, inside: Inside) -> None:
    folder = workplace.folder / "a folder"
    folder.mkdir()
    city = _CITY.replace('connector = "socrata"', 'connector = "files"\nsettle_s = 0')
    city = city.replace("http://127.0.0.1:9/calls.json", folder.as_uri())
    (workplace.folder / "smallville.toml").write_text(city)
    assert "no records" in inside("check", "smallville.toml")
    heading, row = (",".join(map(str, part)) for part in (_row(1), _row(1).values()))
    for day, text in enumerate((f"{heading}\n{row}\n{row}\n", f"{heading}\n{row}\n", "a,b\n1,2\n")):
        file = folder / f"{'zyx'[day]}.csv"
        file.write_text(text)
        os.utime(file, (1_700_000_000 + day, 1_700_000_000 + day))
        told = inside("check", "smallville.toml", code=1 if day == 2 else 0)
        assert ("2 records", "1 records", "It has these columns: a, b")[day] in told
    os.utime(file, (1_600_000_000, 1_600_000_000))
    told = inside("check", "smallville.toml")
    assert "1 records" in told
    assert f"{file.name} makes the source fail for as long as it lies there: column" in told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"a":', "broken JSON"),
        ("<html>", "cannot be read"),
        ("[]", "no records"),
        ("[1, 2]", "cannot be read"),
    ],
)
def test_check_says_what_is_wrong_with_a_broken_sample(
    workplace: Workplace, inside: Inside, body: str, words: str
) -> None:
    (workplace.folder / "sample.json").write_text(body)
    code = 0 if body == "[]" else 1
    assert words in inside("check", "smallville.toml", "--sample", "sample.json", code=code)


def test_what_was_recorded_can_be_replayed_and_then_served(workplace: Workplace, inside: Inside) -> None:
    with _portal(_row(1), _row(2, type="FIRE", status="closed"), _row(3, type="UNKNOWN")) as (_, server):
        record = ("record", "smallville.toml", "calls", "-o", "calls.jsonl.zst", "--polls", "2")
        told = inside(*record, *_from(server))
    assert "2 answers in calls.jsonl.zst" in told
    told = inside("replay", "smallville.toml", "calls", "calls.jsonl.zst", "--data", "replayed")
    assert "2 fetches (0 failed)" in told
    assert "2 incidents published" in told
    arguments = ("serve", "smallville.toml", "--no-intake", "--data", "replayed", "--port", "0")
    with workplace.running(*arguments) as serving_it:
        assert sorted(_incidents(serving_it.address()).values()) == ["closed", "open"]
        serving_it.stop()


def test_intake_and_a_server_without_intake_share_one_database(workplace: Workplace) -> None:
    with (
        _portal(_row(1)) as (table, portal),
        workplace.running("intake", "smallville.toml", *_from(portal)) as intake,
        workplace.running("serve", "smallville.toml", "--no-intake", "--port", "0") as server,
    ):
        address = server.address()
        until(lambda: len(_incidents(address)) == 1)
        known = _incidents(address)
        with Listener(httpx.URL(address).port or 0, "/api/v1/live") as listener:
            listener.read(until_seen="pulse")
            table.insert([_row(2, **{":updated_at": "2026-02-01T00:00:00Z"})])
            # The list reads the database; the first call may be followed, and told of, a moment later.
            fresh: list[Event] = []
            while not fresh:
                told = [event for event in listener.read(until_seen="incident") if event.name == "incident"]
                fresh = [event for event in told if event.data["id"] not in known]
            assert [event.data["properties"]["category"] for event in fresh] == ["noise"]
        intake.start_s = server.start_s
        intake.stop()
        assert "Stopped; everything stored is kept." in intake.said()
        server.stop()


def test_a_server_ends_quickly_and_cleanly_with_live_clients_and_goes_on_after_a_restart(
    workplace: Workplace,
) -> None:
    with _portal(_row(1), _row(2)) as (table, portal), ExitStack() as stack:
        arguments = ("serve", "smallville.toml", "--port", "0", *_from(portal))
        first = stack.enter_context(workplace.running(*arguments))
        address = first.address()
        before = _incidents(address)
        assert len(before) == 2
        port = httpx.URL(address).port or 0
        listeners = [stack.enter_context(Listener(port, "/api/v1/live")) for _ in range(20)]
        for listener in listeners:
            listener.read(until_seen="pulse")
        idle = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        stack.callback(idle.close)
        idle.request("GET", "/healthz")
        assert idle.getresponse().read() == b"ok"
        first.stop(signal.SIGTERM)
        for listener in listeners:
            assert {event.name for event in listener.read()} <= {"pulse"}, "the response ends as it should"
        table.insert([_row(3, **{":updated_at": "2026-02-01T00:00:00Z"})])
        second = stack.enter_context(workplace.running(*arguments))
        address = second.address()
        until(lambda: len(_incidents(address)) == 3)
        assert before.items() <= _incidents(address).items(), "the same ids, still there"
        second.stop(signal.SIGINT)
