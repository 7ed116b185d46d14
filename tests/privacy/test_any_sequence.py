"""Any sequence of what can happen to calls, on every surface at once, beside a model of a few lines."""

import asyncio
import json
import re
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from grid_town import EAST, LINES, NORTH, SOUTH, STEP, WEST, build_places, write_layers
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from town import FILE, FIRES_LATER_NO_NOISE, KEY, NOW, Row, Town, a_row, a_town

from blocklight.geo.exact import SourceKey
from blocklight.intake.geomask import mask_point
from blocklight.intake.redact import Rules
from blocklight.model.record import PublicIncident
from blocklight.store import IncidentQuery, Pause

POLICY = f"""
[policy.medical]
show = ["times"]
reason = "What waits for the end of a step has tests of its own"
[[policy.rules]]
name = "thefts-when-closed"
match = "THEFT"
action = "hold"
until_closed = true
for_min = 5
{FIRES_LATER_NO_NOISE}"""
FIELDS = 'closed_at = { from = "closed", convert = "iso" }\nlat = '
TYPES = [
    "BURGLARY",
    "THEFT",
    "FIRE",
    "FIRE",
    "SICK PERSON",
    "SICK PERSON",
    "LOUD MUSIC",
    "STALKING",
    "WIZARDRY",
]
CATEGORIES = {"BURGLARY": "burglary", "THEFT": "theft", "FIRE": "fire", "SICK PERSON": "medical"}
DELAYED = {"fire", "theft"}
CALLS = 3
OPEN, DONE = "open", "closed"
HERE = -122.2711, 37.8123
# A category and a status.
Shown = tuple[str, str]


@dataclass
class Model:
    """What the public should see: the rules of privacy, said in the simplest way."""

    shown: dict[int, Shown] = field(default_factory=dict)
    waiting: dict[int, tuple[datetime | None, Shown]] = field(default_factory=dict)
    sensitive: set[int] = field(default_factory=set)
    paused: bool = False
    patients: set[int] = field(default_factory=set)
    """Those that were ever shown as medical."""

    since: dict[int, datetime] = field(default_factory=dict)
    """When what is shown was published."""
    seen: dict[int, datetime] = field(default_factory=dict)
    """When what is not shown was first seen; the beginning of time where it has waited already."""
    seen_closed: dict[int, datetime] = field(default_factory=dict)
    """When what is not withheld was first seen closed."""

    def fetch(self, number: int, what: str, now: datetime, opened: datetime, closed: datetime | None) -> None:
        if what == "STALKING":
            self.sensitive.add(number)
        if number in self.sensitive or what not in CATEGORIES:
            was_known = self.shown.pop(number, None) or self.waiting.pop(number, None)
            self.seen[number] = now if was_known else self.seen.get(number, now)
            self.seen_closed.pop(number, None)
            return
        told = CATEGORIES[what], OPEN if closed is None else DONE
        first_seen = self.first_seen(number, now)
        if closed is None:
            self.seen_closed.pop(number, None)
        else:
            closed = max(closed, self.seen_closed.setdefault(number, now))
        due: datetime | None = now
        if what == "FIRE":
            due = max(opened, first_seen) + timedelta(minutes=30)
        elif what == "THEFT":
            due = None if closed is None else closed + timedelta(minutes=5)
        self.waiting.pop(number, None)
        if self.shown.get(number) == told:
            return
        if due is not None and due <= now and not self.paused:
            self.publish(number, told, now)
            return
        self.waiting[number] = due, told
        self.seen[number] = first_seen
        before = self.shown.get(number, ("", ""))
        # What is coarser from now on is not left as fine as it was, also while nothing new is published.
        coarser = told[0] == "medical" != before[0]
        frozen = self.paused and before[1] == DONE and not coarser
        if not frozen:
            self.shown.pop(number, None)

    def first_seen(self, number: int, now: datetime) -> datetime:
        if number in self.shown and number not in self.waiting:
            is_delayed = self.shown[number][0] in DELAYED
            return datetime.min.replace(tzinfo=UTC) if is_delayed else self.since[number]
        return self.seen.get(number, now)

    def publish(self, number: int, told: Shown, now: datetime) -> None:
        if number not in self.shown:
            self.since[number] = now
        self.shown[number] = told
        self.seen.pop(number, None)

    def release(self, now: datetime) -> None:
        for number, (due, told) in list(self.waiting.items()):
            if due is not None and due <= now and not self.paused:
                self.publish(number, told, now)
                del self.waiting[number]

    def pause(self, now: datetime) -> None:
        self.paused = True
        for number, told in list(self.shown.items()):
            if told[1] == OPEN:
                if number not in self.waiting:
                    self.seen[number] = self.first_seen(number, now)
                    self.waiting[number] = now, told
                del self.shown[number]


@dataclass
class World:
    """A town, its source's calls, and the model beside it."""

    town: Town
    now: datetime = NOW
    at: Row = field(default_factory=dict)
    calls: dict[int, Row] = field(default_factory=dict)
    model: Model = field(default_factory=Model)

    def __post_init__(self) -> None:
        rules = Rules.of(self.town.city, KEY)
        self.ids = [rules.public_id("calls", SourceKey(f"CANARY-{number}")) for number in range(CALLS)]

    def call(self, number: int, what: str, minutes: int) -> None:
        """Open a call so many minutes ago, or reclassify it."""
        opened = self.now - timedelta(minutes=minutes)
        row = self.calls.setdefault(number, a_row(number, opened=opened.isoformat(), closed=None, **self.at))
        row["what"] = what
        self.fetch()

    def close(self, number: int) -> None:
        """Close a call, or open it again."""
        row = self.calls.get(number)
        if row is not None:
            is_open = row["state"] == "OPEN"
            row["state"] = "DONE" if is_open else "OPEN"
            row["closed"] = self.now.isoformat() if is_open else None
            self.fetch()

    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)
        self.town.store.release(self.now)
        self.model.release(self.now)

    def pause(self) -> None:
        """Stop publishing."""
        self.town.store.pause(Pause("city", "", "for a test", self.now))
        self.model.pause(self.now)

    def resume(self) -> None:
        """Publish again."""
        self.town.store.resume("city", "", self.now)
        self.model.paused = False
        self.wait(0)

    def fetch(self) -> None:
        """Carry the source's whole answer through."""
        asyncio.run(self.town.fetch(*self.calls.values(), at=self.now))
        self.model.release(self.now)
        for number, row in self.calls.items():
            closed = None if row["closed"] is None else datetime.fromisoformat(row["closed"])
            self.model.fetch(number, row["what"], self.now, datetime.fromisoformat(row["opened"]), closed)

    @property
    def expected(self) -> dict[str, Shown]:
        """What the model says, by public id."""
        return {self.ids[number]: told for number, told in self.model.shown.items()}

    def check_store(self) -> None:
        """Compare what everything public is made of."""
        store = self.town.store
        self.model.patients |= {n for n, (category, _) in self.model.shown.items() if category == "medical"}
        patients = {self.ids[number] for number in self.model.patients}
        listed = [item.incident for item in store.query(IncidentQuery(limit=100)).items]
        window = [one.incident for block in store.window(NOW - timedelta(days=9)) for one in block]
        log = {change.id: change.incident for change in store.changes(0)}
        for incidents in (listed, window, [one for one in log.values() if one is not None]):
            assert {one.id: (str(one.category), str(one.status)) for one in incidents} == self.expected
            assert not [one for one in incidents if one.id in patients and not _is_coarse(one)]

    def check_surfaces(self) -> None:
        """Compare every byte that the public can ask for."""
        hidden = [number for number in range(CALLS) if number not in self.model.shown]
        found = asyncio.run(self.town.public(self.now, unknown=tuple(self.ids[n] for n in hidden)))
        assert _listed(found["/api/v1/incidents"]) == self.expected
        assert _live(found["live"]) == self.expected
        assert _window_ids(found["/api/v1/window/ids?hours=24"]) == set(self.expected)
        for number in hidden:
            for path, body in found.items():
                if path != "live":  # where a retraction may still name it
                    assert self.ids[number].encode() not in body, path
        assert (b'"scope":"city"' in found["pulse"]) is self.model.paused


numbers = st.integers(0, CALLS - 1)
steps = st.one_of(
    st.tuples(st.just("call"), numbers, st.sampled_from(TYPES), st.sampled_from([0, 25, 29])),
    st.tuples(st.just("call"), numbers, st.sampled_from(TYPES), st.sampled_from([0, 25, 29])),
    st.tuples(st.just("close"), numbers),
    st.tuples(st.just("wait"), st.sampled_from([1, 4, 5, 30])),
    st.tuples(st.sampled_from(["pause", "resume"])),
)


PLACES = """
[[areas]]
kind = "beat"
label = "Beats"
file = "beats.geojson"
[places]
file = "places.geojson"
streets = "streets.geojson"
addresses = "addresses.geojson"
"""


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=4, max_size=10), st.floats(0, LINES - 1.01), st.floats(0, LINES - 3.01))
def test_after_any_sequence_every_public_point_is_an_approved_place(
    sequence: list[tuple[Any, ...]], east: float, north: float
) -> None:
    bounds = f"west = {WEST - 0.02}, south = {SOUTH - 0.02}, east = {EAST + 0.02}, north = {NORTH + 0.02} }}"
    file = re.sub("west = .*", bounds, FILE.replace("lat = ", FIELDS, 1), count=1)
    file = file.replace('labels = "hundred_block"', 'place = "nearest"') + POLICY + PLACES
    with tempfile.TemporaryDirectory() as folder:
        write_layers(Path(folder))
        with a_town(Path(folder), file) as town:
            build_places(town.city, Path(folder))
            approved = _points(json.loads((Path(folder) / "places.geojson").read_bytes()))
            world = World(town, at={"lon": WEST + east * STEP, "lat": SOUTH + north * STEP})
            for name, *arguments in sequence:
                getattr(world, name)(*arguments)
                world.check_store()
            world.check_surfaces()
            listed = asyncio.run(town.public(world.now))["/api/v1/incidents"]
            shown = _points(orjson.loads(listed[listed.index(b'{"type"') :]))
    assert len(approved) > 20
    assert len(shown) <= 2  # all stand at one address, and so at one place, but for patients
    assert bool(shown) or not world.model.shown or world.model.patients
    cell = mask_point(world.at["lon"], world.at["lat"], 8)
    assert shown <= approved | ({(cell.lon, cell.lat)} if world.model.patients else set())


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=6, max_size=16))
@example([("call", 0, "BURGLARY", 0), ("close", 0), ("pause",), ("close", 0), ("resume",)])
@example([("call", 0, "SICK PERSON", 0), ("call", 0, "FIRE", 25), ("call", 0, "BURGLARY", 0)])
@example([("call", 0, "SICK PERSON", 0), ("pause",), ("call", 0, "BURGLARY", 0), ("resume",)])
@example([("call", 0, "THEFT", 0), ("pause",), ("close", 0), ("wait", 5), ("resume",), ("close", 0)])
@example([("call", 0, "BURGLARY", 0), ("wait", 30), ("call", 0, "FIRE", 0)])
@example([("call", 0, "BURGLARY", 0), ("wait", 30), ("pause",), ("resume",), ("call", 0, "FIRE", 0)])
@example([("call", 0, "BURGLARY", 0), ("close", 0), ("pause",), ("call", 0, "SICK PERSON", 0), ("resume",)])
@example([("call", 0, "FIRE", 29), ("wait", 30), ("pause",), ("call", 0, "FIRE", 0), ("resume",)])
@example(
    [
        ("call", 0, "SICK PERSON", 25),
        ("close", 0),
        ("call", 0, "WIZARDRY", 29),
        ("wait", 5),
        ("call", 0, "THEFT", 29),
    ]
)
def test_after_any_sequence_every_surface_shows_what_the_rules_say(sequence: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = FILE.replace("lat = ", FIELDS, 1) + "source_types = true" + POLICY
        with a_town(Path(folder) / "town", file) as town:
            world = World(town)
            for name, *arguments in sequence:
                getattr(world, name)(*arguments)
                world.check_store()
            world.check_surfaces()


def _is_coarse(incident: PublicIncident) -> bool:
    """Whether no more is told of an incident than of a patient."""
    place = incident.place
    nowhere = place is None or (place.radius_m >= mask_point(*HERE, 8).radius_m and place.label is None)
    return nowhere and incident.source_type is None and incident.disposition is None


def _points(collection: Any) -> set[tuple[float, float]]:  # noqa: ANN401 - GeoJSON
    return {tuple(one["geometry"]["coordinates"]) for one in collection["features"]}


def _listed(answer: bytes) -> dict[str, Shown]:
    features: list[Any] = orjson.loads(answer[answer.index(b'{"type"') :])["features"]
    return {one["id"]: (one["properties"]["category"], one["properties"]["status"]) for one in features}


def _live(text: bytes) -> dict[str, Shown]:
    """Apply the replay of the live feed as a browser would."""
    shown: dict[str, Shown] = {}
    for event in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in event.splitlines())
        if fields.get("event") == "retract":
            shown.pop(orjson.loads(fields["data"])["id"], None)
        elif fields.get("event") == "incident":
            one = orjson.loads(fields["data"])
            shown[one["id"]] = one["properties"]["category"], one["properties"]["status"]
    return shown


def _window_ids(answer: bytes) -> set[str]:
    body = answer[answer.index(b")]") + 2 :]
    return set(pa.ipc.open_stream(body).read_all()["id"].to_pylist())
