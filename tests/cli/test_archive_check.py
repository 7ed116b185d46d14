"""An archive is built anew or found damaged by a command, also while its city is served."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from archived import build_all
from living_city import an_incident
from workplace import CITY_FILE

from blocklight.app.archive_check import rebuild_archive, verify_archive
from blocklight.app.opening import Options
from blocklight.archive.archive import Archive
from blocklight.archive.manifest import read_manifest
from blocklight.cli.archive_reports import print_rebuild, print_verification
from blocklight.errors import ArchiveError, BlocklightError
from blocklight.store import Store

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def options(tmp_path: Path) -> Options:
    """A city with two months of calls in its database."""
    (tmp_path / "smallville.toml").write_text(CITY_FILE)
    data = tmp_path / "kept"
    data.mkdir()
    with Store.open(f"sqlite:///{data}/blocklight.sqlite3", "smallville") as store:
        calls = [an_incident(number, areas={}) for number in range(0, 90_000, 30_000)]
        store.apply("calls", calls, at=NOW)
    return Options(str(tmp_path / "smallville.toml"), data=data)


@pytest.fixture
def folder(options: Options) -> Path:
    assert options.data is not None
    return options.data / "archive"


@pytest.fixture
def served(options: Options, folder: Path) -> Iterator[Archive]:
    """The archive as a server keeps it."""
    with Store.open(f"sqlite:///{options.data}/blocklight.sqlite3", "smallville") as store:
        archive = Archive(store, folder, city="smallville", area_kinds=[], now=lambda: NOW)
        build_all(archive)
        yield archive
        archive.close()


def damage(folder: Path) -> str:
    """Change one byte of a month's file, and return the month."""
    path = min(folder.glob("*.parquet"))
    whole = bytearray(path.read_bytes())
    whole[60] ^= 1
    path.write_bytes(whole)
    return path.name[:7]


def test_an_archive_is_built_from_the_database(options: Options, folder: Path) -> None:
    report = rebuild_archive(options)
    assert (report.city, report.months, report.rows, report.served_from) == ("Smallville", 3, 3, ())
    assert len(list(folder.glob("*.parquet"))) == 6
    verified = verify_archive(options)
    assert (verified.months, verified.rows, verified.damaged) == (3, 3, ())


def test_a_damaged_month_is_found_and_built_anew(
    options: Options, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rebuild_archive(options)
    month = damage(folder)
    with pytest.raises(typer.Exit) as exited:
        print_verification(options)
    assert exited.value.exit_code == 1
    assert f"{month}: damaged, built anew" in capsys.readouterr().out
    print_verification(options)
    assert "3 months with 3 incidents, 0 damaged" in capsys.readouterr().out


def test_a_month_that_was_cut_short_or_deleted_is_found_too(options: Options, folder: Path) -> None:
    rebuild_archive(options)
    first, *_, last = sorted(folder.glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:-1])
    last.unlink()
    assert verify_archive(options).damaged == (first.name[:7], last.name[:7])
    assert verify_archive(options).damaged == ()


def test_what_a_server_keeps_is_built_anew_by_the_server(
    options: Options, folder: Path, served: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    built = [month.file for month in served.current().months]
    (folder / built[0]).unlink()
    print_rebuild(options)
    assert f"{folder}: Smallville is served from here" in capsys.readouterr().out
    assert not folder.with_name("archive-2").exists()
    while served.turn():
        pass
    assert [month.file for month in served.current().months] == built
    assert (folder / built[0]).is_file()


def test_what_is_damaged_under_a_server_is_found_here_and_built_anew_there(
    options: Options, folder: Path, served: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_archive(options).served_from == (folder,)
    month = damage(folder)
    with pytest.raises(typer.Exit):
        print_verification(options)
    assert f"{month}: damaged, the server builds it anew" in capsys.readouterr().out
    while served.turn():
        pass
    assert verify_archive(options).damaged == ()


def test_a_folder_deleted_under_a_server_is_filled_again(
    options: Options, folder: Path, served: Archive
) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert rebuild_archive(options).months == 3
    assert [month.rows for month in served.complete().months] == [1, 1, 1]


def test_a_disk_that_fills_during_a_rebuild_leaves_the_old_files(
    options: Options, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild_archive(options)
    before = {path: path.read_bytes() for path in folder.glob("*.parquet")}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("blocklight.archive.month_files.write_month", full)
        with pytest.raises(ArchiveError, match="no space left on device; months that were built"):
            rebuild_archive(options)
    assert {path: path.read_bytes() for path in folder.glob("*.parquet")} == before
    assert list(folder.glob("*.new")) == []
    assert len(before) == 6
    manifest = read_manifest(folder)
    assert manifest is not None
    assert len(manifest.months) == 3
    assert rebuild_archive(options).months == 3


def test_where_there_is_no_archive_the_command_that_makes_one_is_named(options: Options) -> None:
    with pytest.raises(ArchiveError, match="no archive there; `blocklight archive rebuild` makes one"):
        verify_archive(options)


def test_where_there_is_no_database_nothing_is_built(options: Options, tmp_path: Path) -> None:
    elsewhere = Options(options.city, data=tmp_path / "elsewhere")
    with pytest.raises(BlocklightError, match="no database there"):
        rebuild_archive(elsewhere)
    assert not (tmp_path / "elsewhere" / "archive").exists()


def test_changes_since_the_last_build_are_in_a_rebuilt_archive(options: Options) -> None:
    rebuild_archive(options)
    with Store.open(f"sqlite:///{options.data}/blocklight.sqlite3", "smallville") as store:
        store.apply("calls", [an_incident(1, areas={})], at=NOW + timedelta(minutes=1))
    assert rebuild_archive(options).rows == 4
