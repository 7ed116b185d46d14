"""Every published version is in the archive, with when it was public, and nothing that was taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from archived import build_all
from living_city import an_incident, incident_id
from msgspec.structs import replace

from blocklight.archive.archive import Archive
from blocklight.archive.exports import csv_lines, geojson_lines
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Disposition, Reason, Status
from blocklight.store import Store

START = datetime(2026, 1, 31, 8, 0, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Kept:
    store: Store
    archive: Archive

    def put(self, at: datetime, *incidents: PublicIncident, is_history: bool = False) -> None:
        self.store.apply("dispatch", incidents, at=at, is_history=is_history)

    def versions(self, id_: str | None = None) -> list[dict[str, Any]]:
        build_all(self.archive)
        files = [month.revisions for month in self.archive.complete().months]
        rows = [
            row
            for file in files
            if file is not None
            for row in pq.read_table(self.archive.folder / file.file).to_pylist()
        ]
        return [row for row in rows if id_ is None or row["id"] == id_]

    def rows(self) -> list[dict[str, Any]]:
        build_all(self.archive)
        files = [month.file for month in self.archive.complete().months]
        return [row for file in files for row in pq.read_table(self.archive.folder / file).to_pylist()]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallville") as store:
        folder = tmp_path / "archive"
        archive = Archive(store, folder, city="smallville", area_kinds=["beat"], now=lambda: START)
        yield Kept(store, archive)
        archive.close()


def test_each_published_version_has_a_row_with_the_span_in_which_it_was_public(kept: Kept) -> None:
    opened = an_incident(1, place=None, areas={})
    sent = replace(opened, dispatched_at=START + MINUTE, units=2)
    located = replace(sent, place=an_incident(1).place, areas={"beat": "01X"})
    closed = replace(
        located, status=Status.CLOSED, closed_at=START + 5 * MINUTE, disposition=Disposition.ADVISED
    )
    for minute, version in enumerate((opened, sent, located, located, closed)):
        kept.put(START + minute * MINUTE, version)
    rows = kept.versions()
    known_at = [START + minute * MINUTE for minute in (0, 1, 2, 4)]
    assert [row["known_at"] for row in rows] == known_at
    assert [row["superseded_at"] for row in rows] == [*known_at[1:], None]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert [row["first_seq"] for row in rows] == [1] * 4
    assert [row["status"] for row in rows] == ["open", "open", "open", "closed"]
    assert [row["units"] for row in rows] == [None, 2, 2, 2]
    assert [row["area_beat"] for row in rows] == [None, None, "01X", "01X"]
    assert [row["lon"] for row in rows] == [None, None, -122.25, -122.25]
    assert [row["dispatched_at"] for row in rows] == [None, *[START + MINUTE] * 3]
    assert [row["known_at"] for row in kept.rows()] == [START]


def test_the_newest_version_of_each_incident_is_its_row_in_the_month_file(kept: Kept) -> None:
    kept.put(START, *(an_incident(number) for number in range(8)))
    kept.put(START + MINUTE, *(an_incident(number, units=number, priority=1) for number in range(4)))
    newest = {row["id"]: row for row in kept.versions() if row["superseded_at"] is None}
    rows = kept.rows()
    assert len(newest) == len(rows) == 8
    own = {"known_at", "released_at", "updated_at", "bbox", "geometry"}
    for row in rows:
        version = newest[row["id"]]
        assert {name: version[name] for name in row if name not in own} == {
            name: value for name, value in row.items() if name not in own
        }


def test_what_a_coarser_version_took_back_is_in_no_version(kept: Kept) -> None:
    finer = an_incident(1, source_type="CANARY", priority=2)
    kept.put(START, finer)
    kept.put(START + MINUTE, replace(finer, priority=1))
    kept.put(START + 2 * MINUTE, replace(finer, source_type=None, priority=1, place=None, areas={}))
    rows = kept.versions()
    assert [(row["priority"], row["known_at"]) for row in rows] == [(2, START), (1, START + MINUTE)]
    assert {row["source_type"] for row in rows} == {row["lon"] for row in rows} == {None}
    assert {row["area_beat"] for row in rows} == {row["place_label"] for row in rows} == {None}


def test_a_call_that_becomes_medical_was_never_anything_else_in_the_archive(kept: Kept) -> None:
    kept.put(START, an_incident(1))
    kept.put(START + MINUTE, an_incident(1, category=Category.MEDICAL, place=None, areas={}))
    assert {row["category"] for row in kept.versions()} == {"medical"}
    assert {row["place_radius_m"] for row in kept.versions()} == {None}


def test_no_version_is_left_of_what_was_taken_back(kept: Kept) -> None:
    kept.put(START, an_incident(1), an_incident(2))
    kept.put(START + MINUTE, an_incident(1, units=3), an_incident(2, units=3))
    kept.versions()
    kept.store.apply("dispatch", [Withheld(incident_id(1), "dispatch", Reason.POLICY)], at=START + 2 * MINUTE)
    kept.archive.current()
    assert list(kept.archive.folder.glob("*.parquet")) == []
    assert {row["id"] for row in kept.versions()} == {incident_id(2)}


def test_since_when_imported_history_was_public_is_not_claimed(kept: Kept) -> None:
    kept.put(START, an_incident(1), an_incident(2), is_history=True)
    kept.put(START, an_incident(3))
    kept.put(START + MINUTE, an_incident(2, units=1))
    versions = [(row["id"], row["known_at"], row["units"]) for row in kept.versions()]
    assert versions == [(incident_id(2), START + MINUTE, 1), (incident_id(3), START, None)]
    assert [row["known_at"] for row in kept.rows()] == [None, START + MINUTE, START]


def test_a_month_that_was_only_imported_has_no_versions(kept: Kept) -> None:
    kept.put(START, an_incident(1), is_history=True)
    assert kept.versions() == []
    assert [month.revisions for month in kept.archive.current().months] == [None]


def test_once_times_are_cut_to_steps_so_are_the_moments_of_earlier_versions(kept: Kept) -> None:
    opened = an_incident(1)
    kept.put(START, opened)
    kept.put(START + 7 * MINUTE, replace(opened, units=2))
    later = START + 11 * MINUTE
    kept.put(later, replace(opened, units=2).with_times_cut(5))
    on_steps = [datetime(2026, 1, 31, 8, minute, tzinfo=UTC) for minute in (5, 10)]
    assert [row["known_at"] for row in kept.versions()] == [*on_steps, later]
    (stored,) = kept.rows()
    assert stored["released_at"] == stored["known_at"] == on_steps[0]
    _, life = kept.store.incident(opened.id)
    assert [event.changed_at for event in life] == [*on_steps, later]


def test_no_moment_on_a_step_lies_ahead_of_the_change_that_put_it_there(kept: Kept) -> None:
    kept.put(START, an_incident(1))
    kept.put(START + MINUTE, an_incident(1).with_times_cut(60))
    assert [row["known_at"] for row in kept.versions()] == [START + MINUTE] * 2


def test_versions_are_downloaded_as_texts_too(kept: Kept) -> None:
    kept.put(START, an_incident(1))
    kept.put(START + MINUTE, an_incident(1, units=2))
    kept.versions()
    file = kept.archive.current().months[0].revisions
    assert file is not None
    path = kept.archive.folder / file.file
    header, *lines = b"".join(csv_lines(path)).decode().splitlines()
    assert header.startswith("first_seq,seq,known_at,superseded_at,id,")
    assert len(lines) == len(b"".join(geojson_lines(path)).splitlines()) == file.rows == 2
