import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from archived import build_all
from living_city import an_incident, incident_id
from msgspec.structs import replace
from pyogrio.raw import read

from blocklight.archive.archive import Archive
from blocklight.archive.engine import Engine
from blocklight.archive.exports import Withdrawn, csv_lines, flatgeobuf, geojson_lines
from blocklight.archive.manifest import MonthFile
from blocklight.archive.months import month_bounds, months_between, months_near
from blocklight.errors import StoreBusy
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason
from blocklight.store import Store

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PAUSE_S = 121


@dataclass
class Clock:
    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Kept:
    store: Store
    archive: Archive
    clock: Clock
    folder: Path
    extra: list[Archive] = field(default_factory=list)

    def files(self) -> set[str]:
        return {path.name for path in self.folder.glob("*.parquet")}

    def ids(self) -> list[str]:
        found = self.archive.complete().months
        return [id_ for one in found for id_ in pq.read_table(self.folder / one.file)["id"].to_pylist()]

    def months(self) -> list[str]:
        return [one.month for one in self.archive.current().months]


def opened(store: Store, folder: Path, clock: Clock) -> Archive:
    return Archive(store, folder, city="smallville", area_kinds=["beat"], now=lambda: NOW, clock=clock)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    folder = tmp_path / "archive"
    clock = Clock()
    with Store.open(f"sqlite:///{tmp_path}/city.sqlite3", "smallville") as store:
        found = Kept(store, opened(store, folder, clock), clock, folder)
        yield found
        for one in (found.archive, *found.extra):
            one.close()


def in_month(number: int, month: int, **changes: object) -> PublicIncident:
    at = datetime(2026, month, 5, number % 24, tzinfo=UTC)
    return replace(an_incident(number), received_at=at, **changes)


def put(kept: Kept, *incidents: PublicIncident) -> None:
    kept.store.apply("dispatch", incidents, at=NOW)


def take_back(kept: Kept, number: int) -> None:
    kept.store.apply("dispatch", [Withheld(incident_id(number), "dispatch", Reason.POLICY)], at=NOW)


def test_each_month_has_one_file_with_every_field_of_its_incidents(kept: Kept) -> None:
    put(kept, in_month(1, 1), in_month(2, 1), in_month(3, 3, place=None, areas={}))
    build_all(kept.archive)
    assert kept.months() == ["2026-01", "2026-03"]
    january = kept.archive.current().months[0]
    rows = pq.read_table(kept.folder / january.file).to_pylist()
    assert january.rows == len(rows) == 2
    first = rows[0]
    assert first["id"] == incident_id(1)
    assert first["received_at"] == datetime(2026, 1, 5, 1, tzinfo=UTC)
    assert (first["lon"], first["lat"], first["area_beat"]) == (-122.25, 37.75, "01X")
    assert first["bbox"] == {"xmin": -122.25, "ymin": 37.75, "xmax": -122.25, "ymax": 37.75}
    names = set(PublicIncident.__struct_fields__) - {"place", "areas"}
    assert names <= set(first)
    march = pq.read_table(kept.folder / kept.archive.current().months[1].file).to_pylist()[0]
    assert march["lon"] is march["geometry"] is march["bbox"] is march["area_beat"] is None


def test_which_month_lost_a_call_is_not_told_by_when_its_file_was_built(kept: Kept) -> None:
    put(kept, in_month(1, 1), in_month(2, 2), in_month(3, 3), in_month(4, 2))
    build_all(kept.archive)
    before = {month.month: month.sha256 for month in kept.archive.current().months}
    take_back(kept, 4)
    build_all(kept.archive)
    months = kept.archive.current().months
    assert [month.month for month in months if month.sha256 != before[month.month]] == ["2026-02"]
    assert {(month.seq, month.built_at) for month in months} == {(kept.store.head(), NOW)}


def test_a_file_says_that_it_is_geoparquet_with_a_covering_box(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    file = pq.ParquetFile(kept.folder / kept.archive.current().months[0].file)
    geo = json.loads(file.schema_arrow.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmax"] == ["bbox", "xmax"]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    wkb = file.read().to_pylist()[0]["geometry"]
    assert len(wkb) == 21


def test_no_file_is_served_or_kept_on_disk_once_anything_in_it_is_taken_back(kept: Kept) -> None:
    put(kept, in_month(1, 1), in_month(2, 1), in_month(3, 2))
    build_all(kept.archive)
    january, february = kept.archive.current().months
    take_back(kept, 1)
    snapshot = kept.archive.current()
    assert snapshot.missing == {"2026-01"}
    assert [one.file for one in snapshot.months] == [february.file]
    assert kept.files() == set(february.files)
    assert not kept.archive.serves(january.file)
    assert kept.ids() == [incident_id(2), incident_id(3)]


def test_what_is_being_sent_ends_within_half_a_second_of_a_retraction(kept: Kept) -> None:
    put(kept, in_month(1, 1), in_month(2, 2))
    build_all(kept.archive)
    january, february = kept.archive.current().months
    take_back(kept, 1)
    kept.clock.at += 0.6  # nobody else asks: whoever sends has to look by itself
    assert not kept.archive.serves(january.file)
    assert kept.archive.serves(february.file)
    assert kept.files() == set(february.files)


def test_a_file_that_cannot_be_read_may_hold_what_was_taken_back(kept: Kept) -> None:
    put(kept, in_month(1, 1), in_month(2, 2))
    build_all(kept.archive)
    for month in kept.archive.current().months:  # of the right size, so that only reading tells
        path = kept.folder / month.file
        path.write_bytes(bytes(path.stat().st_size))
    take_back(kept, 1)
    kept.archive.current()
    assert kept.files() == set()


def test_no_file_of_another_history_of_the_log_is_served(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    with kept.store._engines.write.begin() as connection:  # noqa: SLF001 - as when a backup is restored
        connection.exec_driver_sql("UPDATE log SET epoch = 'another'")
    snapshot = kept.archive.current()
    assert not snapshot.months
    assert snapshot.missing == {"2026-01"}
    assert kept.files() == set()


def test_a_file_that_nobody_knows_of_does_not_outlive_a_restart(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    (month,) = kept.archive.current().months
    kept.archive.close()
    (kept.folder / "2026-01-0123456789ab.parquet").write_bytes(b"left by a process that was killed")
    kept.archive = opened(kept.store, kept.folder, kept.clock)
    assert kept.files() == set(month.files)


def test_the_time_of_a_file_is_that_of_the_city_and_not_of_the_machine(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    (month,) = kept.archive.current().months
    times = {(kept.folder / file).stat().st_mtime for file in month.files}
    assert times == {month.built_at.timestamp()} == {NOW.timestamp()}


def test_a_coarser_version_clears_the_file_that_held_the_finer_one(kept: Kept) -> None:
    finer = in_month(1, 1)
    put(kept, finer, in_month(3, 2))
    build_all(kept.archive)
    before = kept.archive.current().months[0]
    put(kept, replace(finer, place=None, areas={}))
    assert kept.archive.current().missing == {"2026-01"}
    assert before.file not in kept.files()
    assert pq.read_table(kept.folder / kept.archive.complete().months[0].file)["lon"].to_pylist() == [None]


def test_a_file_that_was_being_built_while_something_in_it_was_taken_back_is_not_used(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(kept, in_month(1, 1), in_month(2, 1))
    kept.archive.current()
    begun, go_on = threading.Event(), threading.Event()
    written = Archive._built  # noqa: SLF001 - to stop between reading and installing

    def slowly(self: Archive, month: str) -> MonthFile | None:
        built = written(self, month)
        begun.set()
        assert go_on.wait(60)
        return built

    monkeypatch.setattr(Archive, "_built", slowly)
    building = threading.Thread(target=kept.archive.build, args=("2026-01",))
    building.start()
    assert begun.wait(60)
    take_back(kept, 1)
    kept.archive.current()
    go_on.set()
    building.join()
    assert kept.files() == set()
    assert kept.ids() == [incident_id(2)]


def test_changes_are_written_into_a_month_after_its_pause_and_no_sooner(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    put(kept, in_month(2, 1))
    assert not kept.archive.turn()
    assert kept.ids() == [incident_id(1)]
    kept.clock.at += PAUSE_S
    assert kept.archive.turn()
    assert kept.ids() == [incident_id(1), incident_id(2)]


def test_an_incident_whose_time_moves_to_another_month_is_in_one_file(kept: Kept) -> None:
    put(kept, in_month(1, 1), in_month(2, 1))
    build_all(kept.archive)
    put(kept, replace(in_month(1, 1), received_at=datetime(2026, 2, 1, tzinfo=UTC)))
    kept.clock.at += PAUSE_S
    while kept.archive.turn():
        pass
    assert sorted(kept.ids()) == [incident_id(1), incident_id(2)]
    assert kept.months() == ["2026-01", "2026-02"]


def test_what_is_on_disk_is_served_after_a_restart_and_brought_up_to_date(kept: Kept) -> None:
    put(kept, in_month(1, 1), in_month(2, 2))
    build_all(kept.archive)
    before = kept.files()
    kept.archive.close()
    take_back(kept, 2)
    kept.archive = opened(kept.store, kept.folder, kept.clock)
    assert kept.archive.folder == kept.folder
    assert kept.months() == ["2026-01"]
    assert kept.files() < before


def test_another_process_keeps_files_of_its_own(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    other = opened(kept.store, kept.folder, kept.clock)
    kept.extra.append(other)
    assert other.folder == kept.folder.with_name("archive-2")
    assert len(other.complete().months) == 1
    assert kept.files() == set()


def test_a_damaged_file_is_found_by_its_checksum_and_built_anew(kept: Kept) -> None:
    put(kept, in_month(1, 1), in_month(2, 2))
    build_all(kept.archive)
    path = kept.folder / kept.archive.current().months[0].file
    whole = path.read_bytes()
    path.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
    assert kept.archive.damaged() == ["2026-01"]
    assert kept.archive.complete().months[0].rows == 1
    assert path.read_bytes() == whole


def test_a_question_over_a_damaged_file_is_refused_and_answered_after_it_was_built_anew(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    engine = Engine(kept.archive)
    path = kept.folder / kept.archive.current().months[0].file
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(StoreBusy):
        engine.table("SELECT count(*) AS n FROM incidents", files=[path.name])
    files = [one.file for one in kept.archive.complete().months]
    assert engine.table("SELECT count(*) AS n FROM incidents", files=files)["n"].to_pylist() == [1]
    engine.close()


def test_a_folder_that_is_deleted_is_filled_again(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    for path in kept.folder.iterdir():
        path.unlink()
    os.rmdir(kept.folder)  # noqa: PTH106 - as a person would
    assert kept.ids() == [incident_id(1)]


def test_a_disk_that_is_full_leaves_the_old_file(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    before = kept.files()
    put(kept, in_month(2, 1))
    kept.clock.at += PAUSE_S

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("blocklight.archive.month_files.write_month", full)
        with pytest.raises(OSError, match="No space"):
            kept.archive.turn()
    assert kept.files() == before
    assert kept.months() == ["2026-01"]
    assert list(kept.folder.glob("*.new")) == []
    assert kept.archive.turn()
    assert len(kept.ids()) == 2


def test_many_missing_months_are_not_built_for_one_reader(kept: Kept) -> None:
    put(kept, *(in_month(month, month) for month in (1, 2, 3)))
    with pytest.raises(StoreBusy):
        kept.archive.complete()
    assert kept.archive.settled().months == ()
    while kept.archive.turn():
        pass
    assert len(kept.archive.complete().months) == 3


def test_the_engine_reads_nothing_outside_of_the_archive(kept: Kept, tmp_path: Path) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    engine = Engine(kept.archive)
    file = kept.archive.current().months[0].file
    (tmp_path / "other.csv").write_text("a\n1\n")
    with pytest.raises(Exception, match="disabled by configuration"):
        engine.table(f"SELECT * FROM read_csv('{tmp_path}/other.csv')", files=[file])  # noqa: S608 - a test
    with pytest.raises(Exception, match="split your query"):
        engine.table("SELECT 1; SET threads = 4", files=[file])
    engine.close()


def test_texts_that_a_spreadsheet_would_run_are_marked_in_csv(kept: Kept) -> None:
    put(kept, in_month(1, 1, source_type='=HYPERLINK("x")'), in_month(2, 1, source_type="NOISE, LOUD"))
    build_all(kept.archive)
    path = kept.folder / kept.archive.current().months[0].file
    text = b"".join(csv_lines(path)).decode()
    assert "\"'=HYPERLINK" in text
    assert '"NOISE, LOUD"' in text
    assert text.count("2026-01-05T01:00:00Z") == 1


def test_lines_of_geojson_are_features(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    path = kept.folder / kept.archive.current().months[0].file
    (line,) = b"".join(geojson_lines(path)).splitlines()
    feature = json.loads(line)
    assert feature["id"] == incident_id(1)
    assert feature["geometry"] == {"type": "Point", "coordinates": [-122.25, 37.75]}
    assert feature["properties"]["area_beat"] == "01X"


def test_a_text_download_fails_once_its_file_is_withdrawn(kept: Kept) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    path = kept.folder / kept.archive.current().months[0].file
    with pytest.raises(Withdrawn):
        list(csv_lines(path, lambda: False))


def test_months_are_those_of_utc() -> None:
    assert month_bounds("2024-02") == (datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC))
    december = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    assert months_between(december, december + timedelta(minutes=1)) == ["2025-12", "2026-01"]
    assert months_near(datetime(2026, 1, 2, tzinfo=UTC), timedelta(days=3)) == ["2025-12", "2026-01"]


def test_a_change_published_while_its_file_is_built_is_written_into_the_next_one(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(kept, in_month(1, 1))
    build_all(kept.archive)
    written = Archive._built  # noqa: SLF001 - to publish between reading and installing

    def while_others_publish(self: Archive, month: str) -> MonthFile | None:
        built = written(self, month)
        put(kept, in_month(2, 1))
        return built

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "_built", while_others_publish)
        kept.archive.build("2026-01")
    assert kept.ids() == [incident_id(1)]
    kept.clock.at += PAUSE_S
    assert kept.archive.turn()
    assert kept.ids() == [incident_id(1), incident_id(2)]


def test_a_month_is_downloaded_as_flatgeobuf(kept: Kept, tmp_path: Path) -> None:
    put(kept, in_month(1, 1, units=2), in_month(2, 1, place=None, areas={}))
    build_all(kept.archive)
    path = kept.folder / kept.archive.current().months[0].file
    file = tmp_path / "month.fgb"
    file.write_bytes(b"".join(flatgeobuf(path)))
    about, _, points, values = read(file)
    rows = [dict(zip(about["fields"], row, strict=True)) for row in zip(*values, strict=True)]
    assert [row["id"] for row in rows] == [incident_id(1), incident_id(2)]
    assert (rows[0]["units"], rows[0]["area_beat"]) == (2, "01X")
    assert [point is None for point in points] == [False, True]
    with pytest.raises(Withdrawn):
        list(flatgeobuf(path, lambda: False))
