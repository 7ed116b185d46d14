"""The how-tos for each kind of feed, followed to the letter: their shell blocks are run as they stand."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
from border_town import Census
from brokers import mosquitto
from loopback.server import Reply, Request, serving
from loopback.soda import Dataset
from loopback.table import Table
from pages import ROOT, blocks
from websockets.sync.server import ServerConnection, serve

HOW_TO = ROOT / "docs" / "how-to"


@dataclass
class Walk:
    """A how-to being followed in a folder, with the addresses of this test in place of the page's."""

    page: str
    folder: Path
    replaced: dict[str, str] = field(default_factory=dict)
    said: str = ""
    port: int = 0

    def scripts(self) -> list[str]:
        found = []
        for block in blocks(HOW_TO / self.page, "sh"):
            text = block.body
            for ours, theirs in self.replaced.items():
                text = text.replace(ours, theirs)
            found.append(text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}"))
        return found

    def run(self, script: str) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.said += done.stdout
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"

    @contextmanager
    def serving(self, script: str) -> Iterator[None]:
        command = script.strip().split()
        server = subprocess.Popen(
            [*command, "--port", str(self.port)],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.until(lambda: httpx2.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200)
            yield
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)

    def until(self, true: object) -> None:
        end = time.monotonic() + 300
        while time.monotonic() < end:
            try:
                if callable(true) and true():
                    return
            except httpx2.HTTPError:
                pass
            time.sleep(0.2)
        raise AssertionError("it never came true")

    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "COLUMNS": "200", "NO_COLOR": "1"}

    def categories(self) -> list[str]:
        answer = httpx2.get(f"http://127.0.0.1:{self.port}/api/v1/incidents").json()
        return sorted(feature["properties"]["category"] for feature in answer["features"])

    def follow(self, expected: list[str]) -> None:
        """Run every block in order; once served, the map must come to show what is expected."""
        scripts = self.scripts()
        at = next(i for i, script in enumerate(scripts) if script.startswith("blocklight serve"))
        for script in scripts[:at]:
            self.run(script)
        with self.serving(scripts[at]):
            for script in scripts[at + 1 :]:
                self.run(script)
            self.until(lambda: self.categories() == expected)


@pytest.fixture
def walk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Walk]:
    with socket.socket() as held:
        # Bound to the end, as on a busy machine somebody else soon takes a free port; only a server listens.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield Walk(request.param, tmp_path, port=held.getsockname()[1])


@pytest.mark.parametrize("walk", ["cad-writes-csv.md"], indirect=True)
def test_our_cad_writes_csv_every_five_minutes(walk: Walk) -> None:
    walk.replaced = {"/srv/cad": str(walk.folder / "cad")}
    walk.follow(["noise", "traffic_collision"])
    assert "3 records: 2 published" in walk.said
    assert "withheld: 1 sensitive" in walk.said
    assert "3 rows: 2 publishable" in walk.said


@pytest.mark.parametrize("walk", ["cad-can-post.md"], indirect=True)
def test_our_cad_can_post(walk: Walk) -> None:
    walk.follow(["noise"])
    [shown] = blocks(HOW_TO / walk.page, "json")
    assert re.sub(r"\s", "", shown.body) in re.sub(r"\s", "", walk.said)


@pytest.mark.parametrize("walk", ["cad-database.md"], indirect=True)
def test_we_may_read_our_cads_database(walk: Walk) -> None:
    walk.follow(["noise"])
    assert "2 records: 1 published" in walk.said


@pytest.mark.parametrize("walk", ["cad-sends-messages.md"], indirect=True)
def test_our_cad_sends_messages(walk: Walk) -> None:
    with mosquitto(walk.folder) as broker:
        walk.replaced = {"1883": str(broker.port)}
        walk.follow(["noise"])


@pytest.mark.parametrize("walk", ["live-streams.md"], indirect=True)
def test_our_system_streams_over_a_websocket(walk: Walk) -> None:
    received = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    call = {"number": "1", "received": received, "nature": "NOISE COMPLAINT", "lon": -97.335, "lat": 37.691}

    def send(connection: ServerConnection) -> None:
        connection.send(json.dumps(call))
        for _ in connection:  # until the other side is gone
            pass

    with serve(send, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        walk.replaced = {"wss://cad.example.gov": f"ws://127.0.0.1:{server.socket.getsockname()[1]}"}
        walk.follow(["noise"])
        server.shutdown()
    assert "1 records: 1 published" in walk.said


@pytest.mark.parametrize("walk", ["standard-messages.md"], indirect=True)
def test_our_cad_speaks_a_standard(walk: Walk) -> None:
    for script in walk.scripts():
        walk.run(script)
    assert "1 records: 1 published" in walk.said
    assert "Doe" not in walk.said


@pytest.mark.parametrize("walk", ["open-data-portal.md"], indirect=True)
def test_we_have_an_open_data_portal(walk: Walk) -> None:
    columns = (
        ":id",
        ":updated_at",
        "case_number",
        "occurred_at",
        "call_type",
        "offence",
        "x",
        "y",
        "updated_at",
    )
    when = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.000")
    plain = {"occurred_at": when, "updated_at": when, "x": "-10834000", "y": "4534000"}
    rows = [
        {":id": "row-1", "case_number": "1", "call_type": "PRTY NOISE", **plain, "x": "-10835000"},
        {":id": "row-2", "case_number": "2", "call_type": "ASSAULT", "offence": "BATTERY", **plain},
        {":id": "row-3", "case_number": "2", "offence": "CHILD ABUSE", **plain},
    ]
    table = Table(columns, rows)
    with serving(Dataset(table)) as portal:
        walk.replaced = {"https://data.example.gov": portal.url}
        walk.follow(["noise", "noise"])
    table.close()
    assert "2 rows: 1 publishable" in walk.said


@pytest.mark.parametrize("walk", ["place-addresses.md"], indirect=True)
def test_our_feed_has_addresses_and_no_coordinates(walk: Walk) -> None:
    for script in walk.scripts():
        walk.run(script)
    assert "3 records: 2 published" in walk.said
    assert "withheld: 1 no_place" in walk.said
    assert "Of 3 addresses that may be shown 2 were found." in walk.said


@pytest.mark.parametrize("walk", ["ground.md"], indirect=True)
def test_our_city_has_no_ground(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Census()) as bureau:
        monkeypatch.setenv("BLOCKLIGHT_TIGER_URL", f"{bureau.url}/tiger")
        monkeypatch.setenv("BLOCKLIGHT_TIGERWEB_URL", f"{bureau.url}/web")
        for script in walk.scripts():
            walk.run(script)
    assert "Written into border.toml: map, areas, geocoder, places" in walk.said
    assert "2 records: 2 published" in walk.said
    assert "Of 2 addresses that may be shown 2 were found." in walk.said


@pytest.mark.parametrize("walk", ["web-page.md"], indirect=True)
def test_we_only_have_a_web_page(walk: Walk) -> None:
    now = datetime.now(ZoneInfo("America/Los_Angeles")) - timedelta(minutes=20)
    page = (
        "<table><tr><th>Time</th><th>Number</th><th>Type</th><th>Where</th><th>Units</th></tr>"
        f"<tr><td>{now:%I:%M:%S %p}</td><td>1</td><td>Structure fire</td>"
        '<td><a href="https://maps.example/?q=37.4988,-122.2508">A ST</a></td><td>>E21 ?T3</td></tr>'
        f"<tr><td>{now:%I:%M:%S %p}</td><td>2</td><td>Fire alarm</td><td>B ST</td><td></td></tr></table>"
    )
    with serving(lambda _: Reply(200, (page.encode(),), {"content-type": "text/html"})) as site:
        walk.replaced = {"https://dispatch.example.gov": site.url}
        walk.follow(["fire"])
    assert "2 records: 1 published" in walk.said
    assert "withheld: 1 no_place" in walk.said


@pytest.mark.parametrize("walk", ["311-requests.md"], indirect=True)
def test_we_have_311_requests(walk: Walk) -> None:
    when = (datetime.now(UTC) - timedelta(hours=30)).isoformat(timespec="seconds")
    kinds = ("Pothole", "Graffiti", "Muni Feedback", "Child Abuse") * 30
    requests = [
        {
            "service_request_id": f"SR-{number}",
            "status": "open" if number % 2 else "closed",
            "service_name": kind,
            "requested_datetime": when,
            "lat": 37.68 + number / 1_000,
            "long": -97.33,
        }
        for number, kind in enumerate(kinds)
    ]

    def served(request: Request) -> Reply:
        page, size = (
            int(request.params.get(name, usual)) for name, usual in (("page", 1), ("page_size", 50))
        )
        size = min(size, 50)
        return Reply.json(requests[(page - 1) * size : page * size])

    with serving(served) as server:
        walk.replaced = {"https://311.example.gov": server.url}
        walk.follow(["graffiti_and_dumping"] * 30 + ["service"] * 30 + ["street_and_lights"] * 30)
    assert "120 records: 60 published" in walk.said
    assert "1 types are signed off in our-city.toml" in walk.said


@pytest.mark.parametrize("walk", ["reports-without-an-end.md"], indirect=True)
def test_our_feed_never_says_when_a_call_is_over(walk: Walk) -> None:
    walk.follow(["burglary", "property_damage"])
    assert "4 records: 2 published" in walk.said
