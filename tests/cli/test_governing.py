"""Pausing, resuming, explaining and auditing from the command line, while another process serves the city."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
import sqlalchemy as sa
from listening import Listener
from living_city import an_incident, until
from typer.testing import CliRunner

from blocklight.cli import app
from blocklight.model.outcomes import Held
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Status
from blocklight.store import Store, Tombstones

_CITY = """
[city]
id = "smallville"
name = "Smallville"
time_zone = "America/Los_Angeles"
bounds = { west = -122.4, south = 37.6, east = -122.0, north = 37.9 }

[[sources]]
id = "dispatch"
label = "The calls"
connector = "socrata"
url = "http://127.0.0.1:9/calls.json"
key = ["id"]
closes = "status"
poll_s = 60

[sources.fields]
received_at = { from = "received", convert = "iso" }
source_type = "type"
agency = { default = "police" }
status = { from = "status", map = { open = "open", closed = "closed" } }
lon = { from = "lon", convert = "float" }
lat = { from = "lat", convert = "float" }

[[policy.rules]]
name = "fires-later"
action = "hold"
category = "fire"
until_closed = true
for_min = 30

[[policy.allow]]
group = "juvenile"
types = ["RUNAWAY"]
reason = "The family board of Smallville asked for it"

[call_types.exact]
"NOISE" = "noise"
"FIRE" = "fire"
"RUNAWAY" = "welfare"
"""
_NOW = datetime.now(UTC).replace(microsecond=0)
_ROW = {
    "id": "C1",
    "received": "2026-01-31T08:00:00+00:00",
    "type": "NOISE",
    "status": "open",
    "lon": "-122.25",
    "lat": "37.75",
}


def a_call(number: int, **changes: Any) -> PublicIncident:  # noqa: ANN401 - any field
    return msgspec.structs.replace(an_incident(number), received_at=_NOW, **changes)


@dataclass
class Workplace:
    """A folder with a city file and its database, and the command to run in it."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/data/blocklight.sqlite3"

    def make_database(self) -> None:
        Store.open(self.url, "smallville").close()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "blocklight", *arguments]

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run a command in this process, in the folder; return what it said, or why it failed."""
        done = CliRunner().invoke(app, arguments)
        if fails:
            assert done.exit_code
            return f"{done.output} {done.exception}"
        assert done.exit_code == 0, done.output
        return done.output

    def run_apart(self, *arguments: str) -> str:
        """Run a command in a process of its own."""
        done = subprocess.run(
            self.command(*arguments), cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve the city in a process of its own; yield its address."""
        command = self.command("serve", "smallville.toml", "--port", "0", "--data", "data")
        log = self.folder / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(command, cwd=self.folder, stdout=file, stderr=subprocess.STDOUT)
        try:
            until(lambda: re.search(r" live at (http://127\.0\.0\.1:\d+)", log.read_text()) is not None, 60)
            found = re.search(r" live at (http://127\.0\.0\.1:\d+)", log.read_text())
            assert found is not None
            yield found[1]
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BLOCKLIGHT_DATABASE_URL", raising=False)
    (tmp_path / "smallville.toml").write_text(_CITY)
    (tmp_path / "data").mkdir()
    return Workplace(tmp_path)


def test_a_pause_by_one_process_empties_the_map_of_another_and_says_so(workplace: Workplace) -> None:
    calls = [a_call(1), a_call(2), a_call(3, status=Status.CLOSED, closed_at=_NOW)]
    with Store.open(workplace.url, "smallville") as store:
        store.apply("dispatch", calls, at=_NOW)
    with workplace.serving() as address, httpx2.Client(base_url=f"{address}/api/v1", timeout=20) as client:

        def listed() -> set[str]:
            return {feature["id"] for feature in client.get("incidents").json()["features"]}

        assert listed() == {call.id for call in calls}
        port = int(address.rpartition(":")[2])
        with Listener(port, "/api/v1/live?last_event_id=0") as listener:
            listener.read(until_seen="pulse")
            said = workplace.run_apart(
                "pause", "smallville.toml", "--data", "data", "--reason", "An officer is in danger"
            )
            asked = time.monotonic()
            assert "2 open incidents are off the map" in said
            events = listener.read(until_seen="pulse")
            while not any(event.name == "pulse" and event.data["paused"] for event in events):
                events += listener.read(events=1)
            assert {event.data["id"] for event in events if event.name == "retract"} <= {
                call.id for call in calls[:2]
            }
            pulse = next(event.data for event in events if event.name == "pulse" and event.data["paused"])
            assert time.monotonic() - asked < 3
            assert pulse["paused"][0]["reason"] == "An officer is in danger"
            assert pulse["sources"][0]["state"] == "paused"
        assert listed() == {calls[2].id}
        assert client.get(f"incidents/{calls[0].id}").status_code == httpx2.codes.NOT_FOUND
        with Store.open(workplace.url, "smallville") as store:
            store.apply("dispatch", [a_call(4)], at=_NOW)
        time.sleep(1.2)
        assert listed() == {calls[2].id}
        assert client.get("sources").json()["sources"][0]["state"] == "paused"
        workplace.run("pause", "smallville.toml", "--data", "data", "--category", "noise", "--reason", "Loud")
        workplace.run("resume", "smallville.toml", "--data", "data")
        log = workplace.folder / "log"
        until(lambda: "no longer paused: the whole city" in log.read_text("utf-8"))
        workplace.run("resume", "smallville.toml", "--data", "data", "--category", "noise")
        until(lambda: len(listed()) == 4, 20)
    said = log.read_text("utf-8")
    assert "paused: the whole city: An officer is in danger" in said
    assert "paused: category noise: Loud" in said


def test_where_nothing_can_be_written_a_pause_says_so_and_what_always_works(workplace: Workplace) -> None:
    with Store.open(workplace.url, "smallville", tombstones=Tombstones(Path("data/tombstones"))) as store:
        store.apply("dispatch", [a_call(1)], at=_NOW)
    Path("data/tombstones").mkdir()
    said = workplace.run("pause", "smallville.toml", "--data", "data", "--reason", "Danger", fails=True)
    assert "the tombstone journal cannot be written: Is a directory" in said
    assert "Nothing is paused. To take the whole site down: systemctl stop 'blocklight*'" in said
    with Store.open(workplace.url, "smallville") as store:
        assert not store.pauses()


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + b"\xa5" * 9_000, b"no database" * 900])
def test_a_damaged_database_is_said_to_be_damaged_and_what_to_do(
    workplace: Workplace, content: bytes
) -> None:
    workplace.make_database()
    Path("data/blocklight.sqlite3").write_bytes(content)
    for command in ("integrity", "backup", "pause"):
        arguments = {"backup": ["copy.tar.zst", "--no-key"], "pause": ["--reason", "Danger"]}.get(command, [])
        said = workplace.run(command, "smallville.toml", *arguments, "--data", "data", fails=True)
        assert "its file is damaged: restore a backup" in said


def test_what_was_not_paused_cannot_be_resumed(workplace: Workplace) -> None:
    workplace.make_database()
    said = workplace.run("resume", "smallville.toml", "--data", "data", "--source", "dispatch", fails=True)
    assert "source dispatch was not paused" in said


def test_a_person_confirms_an_unusually_short_answer_and_the_audit_log_has_it(workplace: Workplace) -> None:
    many = [a_call(number) for number in range(60)]
    ids = [call.id for call in many]
    confirm = ("source", "confirm", "smallville.toml", "dispatch", "--data", "data")
    with Store.open(workplace.url, "smallville") as store:
        store.apply("dispatch", many, at=_NOW)
        assert "no closing waits" in workplace.run(*confirm, fails=True)
        assert store.apply("dispatch", many[:30], at=_NOW, present=set(ids[:30])).unconfirmed == 30
        assert "closed at its next fetch" in workplace.run(*confirm)
        assert store.apply("dispatch", many[:30], at=_NOW, present=set(ids[:30])).vanished == 30
        assert [entry.action for entry in store.audit()] == ["confirm"]
    assert "confirm" in workplace.run("audit", "verify", "smallville.toml", "--data", "data")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--source", "other"), "no source 'other'"),
        (("--category", "crime"), "crime"),
        (("--area", "beat:1"), "no such area"),
        (("--area", "beat:zzz"), "beat:zzz: no such area"),
        (
            ("--source", "dispatch", "--category", "noise"),
            "--source, --category, --area: use only one of them: a pause covers one thing",
        ),
    ],
)
def test_a_pause_of_nothing_that_exists_is_refused(
    workplace: Workplace, arguments: tuple[str, ...], words: str
) -> None:
    said = workplace.run(
        "pause", "smallville.toml", "--data", "data", "--reason", "Why not", *arguments, fails=True
    )
    assert words in said


@pytest.mark.parametrize(
    ("command", "more"),
    [
        (("pause",), ("--reason", "A test")),
        (("resume",), ()),
        (("source", "confirm"), ("dispatch",)),
        (("audit", "verify"), ()),
        (("key", "rotate"), ()),
    ],
)
def test_nothing_is_decided_where_there_is_no_database(
    workplace: Workplace, command: tuple[str, ...], more: tuple[str, ...]
) -> None:
    said = workplace.run(*command, "smallville.toml", *more, "--data", "mistyped", fails=True)
    assert "no database there" in said
    assert "--data" in said
    assert not (workplace.folder / "mistyped").exists()


def test_the_audit_log_is_listed_and_a_change_to_it_is_found_out(workplace: Workplace) -> None:
    workplace.make_database()
    there = ("smallville.toml", "--data", "data")
    workplace.run("pause", *there, "--category", "noise", "--reason", "A test of the switch")
    workplace.run("resume", *there, "--category", "noise")
    said = workplace.run("audit", "verify", *there)
    assert "2 entries, all intact" in said
    assert "A test of the switch" in " ".join(said.split())
    engine = sa.create_engine(workplace.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET detail = '{}' WHERE number = 1")
    engine.dispose()
    assert "hash chain broken at entry 1" in workplace.run("audit", "verify", *there, fails=True)


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit",
        "UPDATE audit SET number = 9 WHERE number = 1",
        "UPDATE audit SET detail = 'no JSON' WHERE number = 2",
        "UPDATE audit SET at = 9223372036854775807 WHERE number = 2",
    ],
)
def test_an_audit_log_that_was_cut_reordered_or_spoilt_is_found_out_with_a_kept_digest(
    workplace: Workplace, tampering: str
) -> None:
    workplace.make_database()
    there = ("smallville.toml", "--data", "data")
    workplace.run("pause", *there, "--category", "noise", "--reason", "A test of the switch")
    workplace.run("resume", *there, "--category", "noise")
    kept = re.search(r"Newest digest: ([0-9a-f]{64})", workplace.run("audit", "verify", *there))
    assert kept
    assert "all intact" in workplace.run("audit", "verify", *there, "--expect", kept[1])
    engine = sa.create_engine(workplace.url)
    with engine.begin() as connection:
        connection.exec_driver_sql(tampering)
    engine.dispose()
    said = workplace.run("audit", "verify", *there, "--expect", kept[1], fails=True)
    assert "hash chain broken at entry" in said or "the digest that you kept is gone" in said


def test_a_pause_needs_a_reason_that_can_be_read(workplace: Workplace) -> None:
    workplace.make_database()
    said = workplace.run("pause", "smallville.toml", "--data", "data", "--reason", "  ", fails=True)
    assert "required: the reason, which the public reads" in said


def test_a_policy_is_tried_on_what_is_published_and_changes_nothing(workplace: Workplace) -> None:
    calls = [a_call(1), a_call(2), a_call(3, category=Category.THEFT)]
    with Store.open(workplace.url, "smallville") as store:
        waits = [Held(a_call(number), release_at=_NOW + timedelta(hours=1)) for number in (4, 5)]
        # The alarm has a label, which the new policy does not show: coarser.
        waits.append(Held(a_call(6, category=Category.ALARM), release_at=_NOW + timedelta(hours=1)))
        store.apply("dispatch", [*calls, *waits], at=_NOW)
    stricter = _CITY.replace('category = "fire"', 'category = ["fire", "theft"]')
    stricter += '[[policy.rules]]\nname = "quiet"\naction = "withhold"\ncategory = "noise"\n'
    (workplace.folder / "stricter.toml").write_text(stricter)
    said = workplace.run("policy", "diff", "smallville.toml", "stricter.toml", "--data", "data")
    assert "Of 3 published incidents: 2 vanish, 0 may vanish, 1 delayed, 0 coarser." in said
    assert "Of 3 waiting incidents: 2 vanish, 0 may vanish, 0 delayed, 1 coarser." in said
    with Store.open(workplace.url, "smallville") as store:
        assert (store.head(), store.held(), store.audit()) == (3, 3, [])
    (workplace.folder / "other.toml").write_text(_CITY.replace('"smallville"', '"elsewhere"'))
    assert "files of different cities" in workplace.run(
        "policy", "diff", "smallville.toml", "other.toml", fails=True
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, ["is noise, by its exact line", "none of the city's rules is met", "published at 37.7"]),
        (
            {"type": "FIRE"},
            ["rule: fires-later (1 of 1): hold", "held until it is closed and 30 minutes more"],
        ),
        ({"type": "RUNAWAY"}, ["sensitive groups: juvenile", "because: The family board", "published at"]),
        ({"type": "STALKING"}, ["sensitive groups: stalking", "withheld as sensitive, permanently"]),
        ({"type": "WIZARDRY"}, ["is unmapped", "withheld as unmapped"]),
        ({"lon": "0"}, ["withheld as outside_city"]),
        ({"received": "yesterday"}, ["rejected: bad_time"]),
    ],
)
def test_a_record_is_explained(workplace: Workplace, row: dict[str, str], words: list[str]) -> None:
    (workplace.folder / "row.json").write_text(json.dumps(_ROW | row))
    said = workplace.run("policy", "explain", "smallville.toml", "--record", "row.json")
    for word in words:
        assert word in said, said
    (workplace.folder / "rows.json").write_text(json.dumps([_ROW, _ROW | row]))
    assert words[-1] in workplace.run("policy", "explain", "smallville.toml", "--record", "rows.json")
