"""A city is backed up while it is served, loses its disk and comes back without what was taken back since."""

import contextlib
import re
import shutil

import pytest
from living_city import until
from workplace import CITY_FILE, Inside, Workplace, a_row, read_from, serving_rows, statuses

from blocklight.app.backup_archive import unpack
from blocklight.errors import BlocklightError


@pytest.fixture
def place(database_url: str) -> tuple[str, ...]:
    """Where the city is kept: a folder of its own, and beside it the database."""
    folder = ("--data", "kept")
    return folder if database_url.startswith("sqlite") else (*folder, "--database", database_url)


def digest_in(words: str) -> str:
    found = re.search(r"Public digest(?: of the backup)?: ([0-9a-f]{64})", words)
    assert found, words
    return found[1]


def test_a_restored_city_shows_what_it_showed_and_nothing_that_was_taken_back_since(
    workplace: Workplace, inside: Inside, place: tuple[str, ...]
) -> None:
    city = "smallville.toml"
    kept, journal = workplace.folder / "kept", workplace.folder / "kept" / "tombstones"
    with (
        serving_rows(*map(a_row, range(1, 6))) as (table, feed),
        workplace.running("serve", city, "--port", "0", *place, *read_from(feed)) as server,
    ):
        address = server.address()
        until(lambda: len(statuses(address)) == 5)
        told = inside("backup", city, "city.tar.zst", *place)
        table.update("id = 'C2'", type="SUICIDE ATTEMPT")
        table.update("id = 'C4'", status="closed")
        until(lambda: len(statuses(address)) == 4)
        taken_back = set(journal.read_text().split())
        assert len(taken_back) == 1
        assert taken_back.isdisjoint(statuses(address))
        assert "stop it first" in inside("restore", "city.tar.zst", *place, code=1)
    assert (workplace.folder / "city.tar.zst").stat().st_mode & 0o077 == 0
    assert "exists already" in inside("backup", city, "city.tar.zst", *place, code=1)

    (workplace.folder / "copied-off-the-host").write_bytes(journal.read_bytes())
    shutil.rmtree(kept)
    said = inside("restore", "city.tar.zst", *place, code=1)
    assert "Nothing was restored" in said
    assert "--tombstones" in said
    said = inside("restore", "city.tar.zst", *place, "--tombstones", "copied-off-the-host")
    assert "less 1 published incidents" in said
    assert digest_in(said) == digest_in(told)
    assert (kept / "id.key").stat().st_mode & 0o077 == 0
    assert (kept / "city" / "smallville.toml").read_text() == CITY_FILE
    assert "is whole" in inside("database", "verify", "kept/city/smallville.toml", *place)
    with workplace.running(
        "serve", "kept/city/smallville.toml", "--no-intake", "--port", "0", *place
    ) as server:
        shown = statuses(server.address())
        assert len(shown) == 4
        assert taken_back.isdisjoint(shown)

    (workplace.folder / "copied-off-the-host").unlink()
    said = inside("restore", "city.tar.zst", *place)  # once more, with the journal of the restored city
    assert "less 1 published incidents" in said


def test_a_restored_city_goes_on_with_all_that_any_journal_knew(workplace: Workplace, inside: Inside) -> None:
    city = "smallville.toml"
    with (
        serving_rows(*map(a_row, range(1, 6))) as (_, feed),
        workplace.running("serve", city, "--port", "0", *read_from(feed)) as server,
    ):
        address = server.address()
        until(lambda: len(statuses(address)) == 5)
        inside("backup", city, "city.tar.zst")
        first, second, *_ = sorted(statuses(address))
    own, older = workplace.folder / "data" / "smallville" / "tombstones", workplace.folder / "older"
    older.write_text(f"{first}\n")
    own.write_text(f"{first}\n{second}\n")
    assert "less 2 published incidents" in inside("restore", "city.tar.zst", "--tombstones", "older")
    assert own.read_text() == f"{first}\n{second}\n"
    own.write_text(f"{second}\n")
    assert "less 2 published incidents" in inside("restore", "city.tar.zst", "--tombstones", "older")
    assert own.read_text() == f"{second}\n{first}\n"
    own.unlink()
    assert "less 1 published incidents" in inside("restore", "city.tar.zst", "--tombstones", "older")
    assert own.read_bytes() == older.read_bytes()
    assert own.stat().st_mode & 0o077 == 0


def test_without_its_journal_a_city_is_restored_only_when_the_operator_says_so(
    workplace: Workplace, inside: Inside
) -> None:
    city = "smallville.toml"
    with (
        serving_rows(*map(a_row, range(1, 4))) as (_, feed),
        workplace.running("serve", city, "--port", "0", *read_from(feed)) as server,
    ):
        until(lambda: len(statuses(server.address())) == 3)
        told = inside("backup", city, "city.tar.zst", "--no-key")
    folder = workplace.folder / "data" / "smallville"
    (folder / "tombstones").write_text("somebody-elses\n" * 99)
    before = inside("database", "verify", city)
    inside("pause", city, "--reason", "until it is restored")
    (folder / "tombstones").write_text("")
    backed_up = digest_in(told)
    assert digest_in(before) == backed_up
    said = inside("restore", "city.tar.zst", "--without-tombstones")
    assert digest_in(said) == backed_up
    assert digest_in(inside("database", "verify", city)) == backed_up
    assert "restore" in inside("audit", "verify", city)
    (folder / "id.key").unlink()
    assert "holds no id key" in inside("restore", "city.tar.zst", "--without-tombstones", code=1)


def test_a_backup_that_is_cut_off_or_changed_is_refused(workplace: Workplace, inside: Inside) -> None:
    with (
        serving_rows(a_row(1)) as (_, feed),
        workplace.running("serve", "smallville.toml", "--port", "0", *read_from(feed)) as server,
    ):
        until(lambda: statuses(server.address()))
    inside("backup", "smallville.toml", "city.tar.zst")
    whole = (workplace.folder / "city.tar.zst").read_bytes()
    changed = whole[:200] + bytes(byte ^ 255 for byte in whole[200:240]) + whole[240:]
    for content in (whole[: len(whole) // 2], whole[:-9], b"", b"nonsense", changed):
        (workplace.folder / "bad.tar.zst").write_bytes(content)
        said = inside("restore", "bad.tar.zst", code=1)
        assert said.startswith("error: bad.tar.zst: "), said
    assert "no such file" in inside("restore", "none.tar.zst", code=2)
    manifest = unpack(workplace.folder / "city.tar.zst", workplace.folder / "whole")
    for position in range(0, len(whole), len(whole) // 60):
        changed = whole[:position] + bytes([whole[position] ^ 1 << position % 8]) + whole[position + 1 :]
        (workplace.folder / "bad.tar.zst").write_bytes(changed)
        with contextlib.suppress(BlocklightError):  # few bits mean nothing: then all is as it was
            assert unpack(workplace.folder / "bad.tar.zst", workplace.folder / "unpacked") == manifest
