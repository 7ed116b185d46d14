"""A direct reading of days of answers, with nothing of Blocklight in it, against their replays.

The answers are invented, and recorded ones where they are beside the checkout.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import h3
import httpx2
import pytest
import zstandard
from houston_days import NO_ANSWERS, write_recording
from loopback.server import Reply, Request, serving
from whole_record import all_changes, tables

from blocklight.app.city_runtime import open_city
from blocklight.app.opening import Options
from blocklight.cli.recording import replay_source
from blocklight.config.city import shipped_cities
from blocklight.intake.connectors import connector
from blocklight.intake.connectors.recording import replay_lines
from blocklight.intake.run import Feed, Runner
from blocklight.store import Store

KEY = ("Agency", "Address", "CrossStreet", "CALL_TIME", "LONGITUDE", "LATITUDE")
AGENCY = {"F": "fire", "P": "police"}

# What each type of the recording is shown as, decided by reading it.
MEANING = {
    "medical": """EMS EVENT|EMS EVENT THRU FESY|EMS EVENT FROM HPD|CHECK PATIENT*|EMERGENCY BLS RESPONSE|
        NON EMERGENCY RESPONSE|ALS EMERGENCY RESPONSE|STAND-BY EMS""",
    "traffic_collision": """CRASH/MINOR|CRASH/MAJOR/NON FATAL|CRASH/MINOR/FSGI|CRASH/MINOR/DISTURBANCE|
        CRASH/MAJOR/FSRA|CRASH/MAJOR/CITY VEH|CRASH/UNK MAJOR/MINOR|CRASH/MAJOR/FATALITY|PEDESTRIAN|
        MOTOR VEHICLE INCIDENT|MOTOR VEHICLE ACCIDENT|MOTORCYCLE|MOTORCYCLE INCIDENT""",
    "traffic": "TRAFFIC HAZARD/URGENT|TRAFFIC HAZARD/NON URGENT",
    "fire": """FIRE EVENT|CAR FIRE|TRASH FIRE|APARTMENT FIRE|GRASS FIRE|HOUSE ON FIRE|BUILDING FIRE|
        DUMPSTER ON FIRE|TREE ON FIRE|CHECK FOR FIRE|WOODS ON FIRE|TRASH ON FIRE|HIGHRISE ON FIRE|TRUCK FIRE|
        BUS FIRE|LIGHT WIRES ON FIRE- FLAMES SHOWING|GARAGE ON FIRE|CONSTRUCTION EQUP ON FIRE""",
    "alarm": "AUTOMATIC ALARM|SMOKE DETECTOR|CHECK WATER FLOW ALARM",
    "hazard": """GAS LEAK|GAS LEAKING|GAS METER|GAS PUMP SPILL|FUEL SPILL|LIGHT WIRE DOWN|LIGHT WIRES ARCING|
        CK. OUTLET, PLUG OR SOCKET|ELECTRICAL POLE DOWN|TRANSFORMER|ALERT 1|ALERT II|
        CRBN MONOXIDE LK SCK RESD""",
    "rescue": "RESCUE EVENT|ELEVATOR RESCUE|WATER RESCUE",
    "service": "SPECIAL EVENTS STAND BY|SPECIAL EVENTS STAND BY RECORD",
    "other": "UNKNOWN EVENT A LEVEL RESPONSE",
}
# Where the department helps the police; a call that was one of these once is never shown.
WITHHELD = frozenset({"ASST HPD FORCE ENTRY", "ASSIST POLICE"})

CATEGORY = {name.strip(): category for category, names in MEANING.items() for name in names.split("|")}

# Status, closed_at, category, units (none of a patient's call), and the point shown.
State = tuple[str, datetime | None, str, int | None, float, float]


@dataclass
class Reading:
    """What a person would conclude who read the answers one after the other."""

    file: Path
    answers: int = 0
    errors: int = 0
    records: int = 0
    unreadable: int = 0
    lives: dict[tuple[Any, ...], list[tuple[datetime, State]]] = field(default_factory=dict)
    open: set[tuple[Any, ...]] = field(default_factory=set)
    medical_once: set[tuple[Any, ...]] = field(default_factory=set)
    """Calls that were medical at some time: they are shown no finer from then on."""
    taken_back: set[tuple[Any, ...]] = field(default_factory=set)
    """Calls that became medical: what was told of them before is told no more."""
    withheld: set[tuple[Any, ...]] = field(default_factory=set)
    moves: Counter[str] = field(default_factory=Counter)

    def take(self, at: datetime, features: list[dict[str, Any]]) -> None:
        now = {}
        for row in (feature["attributes"] for feature in features):
            if not _is_readable(row, at):
                self.unreadable += 1
                continue
            key = tuple(row[column] for column in KEY)
            if self._is_withheld(key, row["IncidentType"]):
                continue
            if CATEGORY[row["IncidentType"]] == "medical":
                self.medical_once.add(key)
            now[key] = _shown(row, coarse=key in self.medical_once)
        self.records += len(features)
        self._note(at, now)

    def _note(self, at: datetime, now: dict[tuple[Any, ...], State]) -> None:
        for key, state in now.items():
            life = self.lives.setdefault(key, [])
            if not life:
                self.moves["new"] += 1
            elif key not in self.open:
                self.moves["reopened"] += 1
            elif life[-1][1] != state:
                self.moves["changed"] += 1
            if life and state[2] == "medical" != life[-1][1][2]:
                self.taken_back.add(key)
                life.clear()
            if not life or life[-1][1] != state:
                life.append((at, state))
        for key in self.open - now.keys():
            self.moves["closed"] += 1
            _, _, *rest = self.lives[key][-1][1]
            self.lives[key].append((at, ("closed", at, *rest)))  # type: ignore[arg-type]  # the rest of a State
        self.open = set(now)

    def _is_withheld(self, key: tuple[Any, ...], source_type: str) -> bool:
        if source_type in WITHHELD:
            assert key not in self.lives, "none of this recording was shown before"
            self.withheld.add(key)
        return key in self.withheld


def _is_readable(row: dict[str, Any], at: datetime) -> bool:
    """Whether it says when it was received, and that was not years after it was read."""
    return row["CALL_TIME"] is not None and row["CALL_TIME"] / 1000 < at.timestamp() + 365 * 86_400


def _shown(row: dict[str, Any], *, coarse: bool) -> State:
    category = CATEGORY[row["IncidentType"]]
    cell = h3.latlng_to_cell(row["LATITUDE"], row["LONGITUDE"], 9)
    lat, lon = h3.cell_to_latlng(h3.cell_to_parent(cell, 8) if coarse else cell)
    return ("open", None, category, None if coarse else row["NO_UNITS"], round(lon, 6), round(lat, 6))


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with (
        file.open("rb") as packed,
        zstandard.ZstdDecompressor(max_window_size=2**31).stream_reader(packed) as r,
    ):
        yield from map(json.loads, TextIOWrapper(r, "utf-8"))


@pytest.fixture(scope="module", params=["invented", "recorded"])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "invented":
        return write_recording(tmp_path_factory.mktemp("invented") / "days.jsonl.zst")
    shared: Path = request.getfixturevalue("shared_data")
    return shared / "cad" / "houston" / "houston_raw_arcgis_2025-10-06_7d.jsonl.zst"


@pytest.fixture(scope="module")
def reading(recording: Path) -> Reading:
    reading = Reading(recording)
    for line in _lines(recording):
        reading.answers += 1
        if isinstance(line["body"], dict) and line["body"].get("features"):
            reading.take(datetime.fromtimestamp(line["fetched_at"], UTC), line["body"]["features"])
        else:
            reading.errors += 1
    return reading


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The city file, without what a direct reading does not know: neighbours of calls, and steps of times."""
    file = tmp_path_factory.mktemp("city") / "houston.toml"
    reason = 'reason = "For a direct reading, which knows nothing of it"\n'
    shown = f'[policy.companions]\nshow = true\n{reason}[policy.medical]\nshow = ["times"]\n{reason}'
    file.write_text(f"{shipped_cities()['houston'].read_text('utf-8')}\n{shown}", "utf-8")
    return str(file)


@pytest.fixture(scope="module")
def replayed(recording: Path, city: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replayed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BLOCKLIGHT_ID_KEY", "5a" * 32)
        replay_source(city, "active", recording, speed="max", data=folder, database=None)
    return folder / "blocklight.sqlite3"


@pytest.fixture
def store(replayed: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{replayed}", "houston") as store:
        yield store


def test_the_answers_hold_what_their_description_says(
    reading: Reading, request: pytest.FixtureRequest
) -> None:
    if "invented" in request.node.name:
        assert (reading.answers, reading.errors) == (260, len(NO_ANSWERS))
        assert len(reading.lives) > 900
        assert len(reading.withheld) > 10
        assert len(reading.taken_back) > 10
        assert reading.unreadable > 20
        assert all(reading.moves[move] > 30 for move in ("changed", "closed", "reopened"))
        return
    assert (reading.answers, reading.errors, reading.records) == (619, 1, 42_533)
    assert len(reading.lives) == 12_341
    assert len(reading.withheld) == 14
    assert len(reading.open) == 78
    assert (len(reading.medical_once), len(reading.taken_back)) == (8_809, 13)
    assert reading.moves == {"new": 12_341, "changed": 1_259, "closed": 12_324, "reopened": 61}


def test_a_replay_publishes_exactly_the_calls_updates_and_closures_of_a_direct_reading(
    reading: Reading, store: Store
) -> None:
    told: dict[str, list[tuple[datetime, State]]] = {}
    fixed: dict[str, tuple[datetime, str]] = {}
    for change in all_changes(store):
        incident = change.incident
        if incident is None:  # it became medical: what was shown before is taken back
            told.pop(change.id, None)
            continue
        assert incident.place is not None
        fixed.setdefault(change.id, (incident.received_at, incident.agency))
        assert fixed[change.id] == (incident.received_at, incident.agency)
        state = (
            incident.status.value,
            incident.closed_at,
            incident.category.value,
            incident.units,
            incident.place.lon,
            incident.place.lat,
        )
        told.setdefault(change.id, []).append((change.changed_at, state))
    published = Counter((*fixed[id_], tuple(life)) for id_, life in told.items())
    expected = Counter(
        (datetime.fromtimestamp(key[3] / 1000, UTC), AGENCY[key[0]], tuple(life))
        for key, life in reading.lives.items()
    )
    assert published.total() == len(reading.lives) == reading.moves["new"]
    assert published == expected


def test_the_ledger_of_a_replay_adds_up_to_the_distinct_calls(reading: Reading, store: Store) -> None:
    ledger: Counter[tuple[str, str]] = Counter()
    for row in store.ledger(
        datetime(2025, 10, 1, tzinfo=UTC).date(), datetime(2025, 11, 30, tzinfo=UTC).date()
    ):
        ledger[row.outcome, row.reason] += row.n
    rejected = sum(ledger.pop(key) for key in list(ledger) if key[0] == "rejected")
    assert rejected == reading.unreadable
    moves = reading.moves
    assert ledger == {
        ("published", ""): len(reading.lives),
        ("withheld", "sensitive"): len(reading.withheld),
        ("updated", ""): moves["changed"] + moves["closed"] + moves["reopened"],
    }
    assert len(store.open_ids("active")) == len(reading.open)


def test_an_incident_tells_its_whole_life_as_the_change_log_had_it(reading: Reading, store: Store) -> None:
    logged: dict[str, list[tuple[int, datetime]]] = {}
    for change in all_changes(store):
        logged.setdefault(change.id, []).append((change.seq, change.changed_at))
    longest = sorted(logged, key=lambda id_: len(logged[id_]))[-200:]
    assert len(logged[longest[0]]) >= 4
    cut = 0
    for id_ in longest:
        stored, life = store.incident(id_)
        told = [(event.seq, event.changed_at) for event in life]
        begin, *rest = logged[id_]
        if begin[0] == stored.first_seq:
            assert told == logged[id_]
            continue
        cut += 1  # it became medical, where its log begins; its life tells of before what is no secret
        assert set(rest) <= set(told)
        assert {event for event in told if event >= begin} <= {begin, *rest}
    assert cut <= len(reading.taken_back)


def test_replaying_a_recording_again_passes_over_all_of_it(
    reading: Reading,
    city: str,
    replayed: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = tables(replayed)
    monkeypatch.setenv("BLOCKLIGHT_ID_KEY", "5a" * 32)
    replay_source(city, "active", reading.file, speed="max", data=replayed.parent, database=None)
    assert f"{reading.answers} answers passed over" in capsys.readouterr().out
    assert tables(replayed) == before


@pytest.mark.anyio
async def test_the_connector_over_http_publishes_what_the_replay_of_the_file_does(
    reading: Reading,
    city: str,
    replayed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BLOCKLIGHT_ID_KEY", "5a" * 32)
    at, body = datetime.now(UTC), b""

    def feed(_: Request) -> Reply:
        return Reply(200, (body,), {"content-type": "application/json"})

    async def at_once(_: float) -> None:
        """Do not wait before a retry: the recorded answer stays the same."""

    with serving(feed) as server:
        town = open_city(
            Options(city, data=tmp_path, source_urls=[f"active={server.url}/rest/services/x/MapServer/0"])
        )
        source = town.city.source("active")
        async with httpx2.AsyncClient() as client:
            reader = connector(source, client=client, now=lambda: at, sleep=at_once)
            runner = Runner(
                Feed(source, town.city, reader, town.rules), town.store, now=lambda: at, stored=lambda: None
            )
            for at, body in replay_lines(reading.file):  # noqa: B007 - the server and the clock read them
                await runner.poll()
        town.store.close()
        assert len(server.asked) >= reading.answers
    assert tables(tmp_path / "blocklight.sqlite3") == tables(replayed)
