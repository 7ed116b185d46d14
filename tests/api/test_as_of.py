"""What was public at an earlier moment, compared with copies that a robot took at those moments."""

import csv
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from archived import build_all
from living_city import START, an_incident, incident_id
from msgspec.structs import replace
from public_side import NOW, PublicSide, public_side, some_incidents

from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.times import iso
from blocklight.model.vocabulary import Category, Reason, Status

ZONE = ZoneInfo("America/Los_Angeles")
MINUTE = timedelta(minutes=1)
# When the robot's city begins to publish: every incident of it was received before.
FIRST = START + timedelta(hours=29)

OF_PUBLICATION = ("seq", "updated_at", "known_at", "superseded_at", "released_at")
COARSENED = ("lon", "lat", "place_kind", "place_radius_m", "place_label", "area_beat")
# What an incident that was medical once publishes no more.
NOT_OF_PATIENTS = ("source_type", "priority")

Rows = dict[str, dict[str, str]]


def downloaded(side: PublicSide, *, versions: bool = False) -> list[dict[str, str]]:
    """Every row that can be downloaded: of the months, or of their versions."""
    rows: list[dict[str, str]] = []
    for month in side.get("archive").json()["months"]:
        file = month["revisions"] if versions else month
        if file is not None:
            rows += csv.DictReader(side.client.get(file["csv"]).text.splitlines())
    return rows


@dataclass
class Robot:
    """Lives through an hour of a city, and copies all that is public after each change."""

    side: PublicSide
    chance: random.Random = field(default_factory=lambda: random.Random(11))  # noqa: S311 - makes examples
    public: dict[str, PublicIncident] = field(default_factory=dict)
    coarser: dict[str, datetime] = field(default_factory=dict)
    no_more_medical: dict[str, datetime] = field(default_factory=dict)
    copies: dict[datetime, Rows] = field(default_factory=dict)

    def put(self, at: datetime, *incidents: PublicIncident) -> None:
        self.side.store.apply("dispatch", incidents, at=at)
        self.public |= {incident.id: incident for incident in incidents}

    def change(self, at: datetime) -> None:
        for id_ in self.chance.sample(sorted(self.public), 9):
            now = self.public[id_]
            match self.chance.randrange(5):
                case 0:
                    if now.category is Category.MEDICAL:
                        self.no_more_medical[id_] = at
                    self.put(at, replace(now, category=Category.PARKING, subcategory=None))
                case 1 if now.status is Status.OPEN:
                    self.put(at, replace(now, status=Status.CLOSED, closed_at=at))
                case 2:
                    self.put(at, replace(now, received_at=now.received_at - timedelta(hours=5)))
                case 3:
                    self.side.store.apply("dispatch", [Withheld(id_, "dispatch", Reason.POLICY)], at=at)
                    del self.public[id_]
                case 4 if now.place is not None:
                    self.put(at, replace(now, place=None, areas={}))
                    self.coarser[id_] = at

    def copy(self, at: datetime) -> None:
        build_all(self.side.archive)
        self.copies[at] = {row["id"]: row for row in downloaded(self.side)}

    def may_be_told(self, at: datetime) -> Rows:
        """What was copied then, less what was taken back or made coarser since."""
        today = {row["id"]: row for row in downloaded(self.side)}
        rows = {id_: dict(row) for id_, row in self.copies[at].items() if id_ in today}
        for id_, row in rows.items():
            if self.coarser.get(id_, at) > at:
                row |= {name: today[id_][name] for name in COARSENED}
            if self.no_more_medical.get(id_, at) > at:
                row |= {name: today[id_][name] for name in NOT_OF_PATIENTS}
        return rows


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        robot = Robot(side)
        waiting = some_incidents(240)
        for number in range(6):
            at = FIRST + number * 10 * MINUTE
            robot.put(at, *waiting[number * 40 : (number + 1) * 40])
            robot.change(at + MINUTE)
            robot.copy(at + 2 * MINUTE)
        yield robot


def values(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name not in OF_PUBLICATION}


def test_the_robot_saw_every_sort_of_change(robot: Robot) -> None:
    sizes = [len(rows) for rows in robot.copies.values()]
    assert len(sizes) == 6
    assert sizes[-1] > sizes[0]
    first, last = next(iter(robot.copies.values())), list(robot.copies.values())[-1]
    assert robot.coarser
    assert first.keys() - last.keys()  # taken back
    assert any(values(first[id_]) != values(last[id_]) for id_ in first.keys() & last.keys())


def test_the_downloaded_versions_give_every_row_that_was_copied_then(robot: Robot) -> None:
    versions = downloaded(robot.side, versions=True)
    assert len(versions) == 250
    for at, copy in robot.copies.items():
        moment = iso(at)
        public = [
            row
            for row in versions
            if row["known_at"] <= moment and (not row["superseded_at"] or row["superseded_at"] > moment)
        ]
        rows = {row["id"]: values(row) for row in public}
        assert len(rows) == len(public)
        assert rows == {id_: values(row) for id_, row in robot.may_be_told(at).items()}
        assert len(rows) <= len(copy)


@pytest.mark.parametrize("group", ["category", "status", "hour", "day", "area:beat", "section", "agency"])
def test_counts_as_of_a_moment_are_those_of_its_copy(robot: Robot, group: str) -> None:
    for at in robot.copies:
        answer = robot.side.get("stats", params={"by": group, "as_of": iso(at)}).json()
        expected = Counter(value_of(row, group) for row in robot.may_be_told(at).values())
        assert {str(row[group] or ""): row["n"] for row in answer["rows"]} == dict(expected)
        assert (answer["as_of"], answer["imported"]) == (iso(at), 0)
        assert "taken back since" in answer["definition"]


def value_of(row: dict[str, str], group: str) -> str:
    local = datetime.fromisoformat(row["received_at"]).astimezone(ZONE)
    match group:
        case "hour":
            return str(local.hour) if local.hour else ""
        case "day":
            return f"{local:%Y-%m-%d}"
        case "area:beat":
            return row["area_beat"]
        case "section":
            return section_of(row)
        case _:
            return row[group]


def section_of(row: dict[str, str]) -> str:
    if row["kind"] == "request":
        return "requests"
    is_activity = row["origin"] == "officer" or row["category"] == "officer_activity"
    return "officer" if is_activity else "calls"


@pytest.mark.parametrize("area", [None, "01X", "02Y"])
def test_a_summary_as_of_a_moment_is_that_of_its_copy(robot: Robot, area: str | None) -> None:
    path = "city/summary" if area is None else f"areas/beat/{area}/summary"
    for at in robot.copies:
        answer = robot.side.get(path, params={"as_of": iso(at)}).json()
        rows = [row for row in robot.may_be_told(at).values() if area in (None, row["area_beat"])]
        received = [(datetime.fromisoformat(row["received_at"]), row) for row in rows]
        for span in answer["spans"]:
            since = at - timedelta(hours=span["hours"])
            counts = Counter(section_of(row) for moment, row in received if since <= moment < at)
            assert {name: span[name] for name in ("calls", "officer", "requests")} == {
                name: counts[name] for name in ("calls", "officer", "requests")
            }
        calls = [(moment, row) for moment, row in received if section_of(row) == "calls"]
        since = at - timedelta(days=28)
        assert answer["categories"] == dict(
            Counter(row["category"] for moment, row in calls if since <= moment < at)
        )
        year = [moment.astimezone(ZONE) for moment, _ in calls if at - timedelta(weeks=52) <= moment < at]
        hours = Counter((moment.weekday(), moment.hour) for moment in year)
        assert answer["week_hours"] == [[hours[day, hour] for hour in range(24)] for day in range(7)]


@pytest.mark.parametrize("area", [None, "01X"])
def test_a_series_as_of_a_moment_is_that_of_its_copy(robot: Robot, area: str | None) -> None:
    path = "city/series" if area is None else f"areas/beat/{area}/series"
    for at in robot.copies:
        answer = robot.side.get(path, params={"as_of": iso(at), "period": "day"}).json()
        told = robot.may_be_told(at).values()
        rows = [row for row in told if area in (None, row["area_beat"])]
        days = Counter(value_of(row, "day") for row in rows)
        assert {point["start"]: point["n"] for point in answer["points"] if point["n"]} == dict(days)
        assert answer["points"][0]["start"] == min(value_of(row, "day") for row in told)
        assert not answer["points"][-1]["complete"]


def test_before_anything_was_published_nothing_was(robot: Robot) -> None:
    early = {"as_of": iso(FIRST - MINUTE)}
    assert robot.side.get("stats", params=early).json()["rows"] == [{"n": 0}]
    assert robot.side.get("city/series", params=early).json()["points"] == []
    summary = robot.side.get("city/summary", params=early).json()
    assert {span["calls"] for span in summary["spans"]} == {0}


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (iso(NOW + MINUTE), "the archive is complete up to"),
        ("2026-01-31T08:00:00", "needs an offset"),
        ("yesterday", "as_of"),
    ],
)
@pytest.mark.parametrize("path", ["stats", "city/summary", "areas/beat/01X/series", "response-times"])
def test_a_moment_that_cannot_be_answered_is_refused_in_words(
    robot: Robot, path: str, moment: str, reason: str
) -> None:
    answer = robot.side.get(path, params={"as_of": moment})
    assert answer.status_code == 400
    assert reason in answer.text
    assert "as_of" in answer.text


def test_as_of_a_moment_response_times_are_those_of_then(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        early = START + timedelta(hours=1)
        calls = [an_incident(number, on_scene_at=START + 10 * MINUTE) for number in range(9)]
        side.store.apply("dispatch", calls, at=early)
        closed = [replace(call, status=Status.CLOSED, closed_at=early) for call in calls]
        side.store.apply("dispatch", closed, at=early + MINUTE)
        build_all(side.archive)

        def fates(**parameters: str) -> tuple[int, int]:
            answer = side.get("response-times", params=parameters | {"stage": "on_scene"}).json()
            return answer["rows"][0]["served"], answer["rows"][0]["waiting"]

        assert fates(as_of=iso(early)) == (0, 9)
        assert fates(as_of=iso(early + MINUTE)) == fates() == (9, 0)


def test_imported_history_is_left_out_and_counted(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        imported = [an_incident(number) for number in (1, 2, 3)]
        side.store.apply("dispatch", imported, at=FIRST, is_history=True)
        side.store.apply("dispatch", [an_incident(4), an_incident(1, units=2)], at=FIRST + 2 * MINUTE)
        build_all(side.archive)

        def counts(at: datetime) -> tuple[Any, Any]:
            answer = side.get("stats", params={"as_of": iso(at)}).json()
            return answer["rows"][0]["n"], answer["imported"]

        assert counts(FIRST + MINUTE) == (0, 3)
        assert counts(FIRST + 3 * MINUTE) == (2, 2)
        assert side.get("stats").json()["rows"] == [{"n": 4}]
        assert side.get("stats").json()["imported"] is None


def test_a_moment_that_newer_changes_may_precede_is_refused_until_they_are_written(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", [an_incident(1)], at=FIRST)
        build_all(side.archive)
        side.store.apply("dispatch", [an_incident(2)], at=FIRST + MINUTE)
        assert side.get("stats", params={"as_of": iso(FIRST)}).json()["rows"] == [{"n": 1}]
        assert side.get("stats", params={"as_of": iso(FIRST + MINUTE)}).status_code == 400
        build_all(side.archive)
        assert side.get("stats", params={"as_of": iso(FIRST + MINUTE)}).json()["rows"] == [{"n": 2}]


def test_what_is_taken_back_leaves_every_past_moment_at_once(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", [an_incident(1), an_incident(2)], at=FIRST)
        side.store.apply("dispatch", [an_incident(1, units=2)], at=FIRST + MINUTE)
        build_all(side.archive)
        moment = {"as_of": iso(FIRST)}
        assert side.get("stats", params=moment).json()["rows"] == [{"n": 2}]
        taken_back = Withheld(incident_id(1), "dispatch", Reason.POLICY)
        side.store.apply("dispatch", [taken_back], at=FIRST + 2 * MINUTE)
        assert side.get("stats", params=moment).json()["rows"] == [{"n": 1}]
        assert {row["id"] for row in downloaded(side, versions=True)} == {incident_id(2)}
