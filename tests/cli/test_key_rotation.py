"""Changing the key of the public ids: nothing comes back, nothing is told twice, no id tells another."""

import asyncio
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from town import FILE, NOW, Row, Town, a_row

from blocklight.app.id_keys import belong_together
from blocklight.app.opening import Options
from blocklight.cli.keeping_keys import print_rotation
from blocklight.config.city import City, parse_city
from blocklight.errors import BlocklightError, StoreError
from blocklight.intake import keys as id_keys
from blocklight.intake.keys import PublicIds, load_id_key, renewed_id
from blocklight.store import IncidentQuery, Store

RULES = """
[[policy.rules]]
name = "thefts-later"
match = "THEFT"
action = "hold"
for_min = 600
"""


class Place:
    """A town in a folder whose key is the folder's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "anytown.toml"
        self.file.write_text(FILE + RULES)
        self.city: City = parse_city(tomllib.loads(FILE + RULES), file="anytown.toml", folder=folder)

    def store(self) -> Store:
        return Store.open(f"sqlite:///{self.folder}/blocklight.sqlite3", "anytown")

    def fetch(self, *rows: Row, minutes: int = 0) -> None:
        at = NOW + timedelta(minutes=minutes)
        with self.store() as store:
            keys = load_id_key(self.folder)
            belong_together(store, keys, at)
            asyncio.run(Town(self.city, store).fetch(*rows, key=keys, at=at))

    def rotate(self) -> None:
        print_rotation(Options(str(self.file), data=self.folder))

    def shown(self) -> dict[str, str]:
        with self.store() as store:
            items = store.query(IncidentQuery(limit=100)).items
            return {item.incident.id: str(item.incident.category) for item in items}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("BLOCKLIGHT_ID_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path)


CALLS = (a_row(1), a_row(2, what="NOISE"), a_row(3, what="THEFT"), a_row(4), a_row(5, opened="never"))


def test_nothing_comes_back_and_nothing_is_published_twice(place: Place) -> None:
    place.fetch(*CALLS)
    place.fetch(*CALLS[:3], a_row(4, what="STALKING"), CALLS[4], minutes=1)  # number 4 is taken back for ever
    before = place.shown()
    with place.store() as store:
        counted = {(row.outcome, row.reason): row.n for row in store.ledger(NOW.date(), NOW.date())}
        held = store.held()
    place.rotate()
    after = place.shown()
    assert sorted(after.values()) == sorted(before.values()) == ["burglary", "noise"]
    assert not after.keys() & before.keys()
    place.fetch(*CALLS, minutes=2)  # number 4 is a burglary again
    assert place.shown() == after
    with place.store() as store:
        assert {(row.outcome, row.reason): row.n for row in store.ledger(NOW.date(), NOW.date())} == counted
        assert store.held() == held == 1
        assert not store.changes(0)
        assert store.verify_audit().broken is None
    with place.store() as store:
        store.release(NOW + timedelta(minutes=700))
    assert sorted(place.shown().values()) == ["burglary", "noise", "theft"]


def test_followers_begin_anew_and_meet_no_old_id(place: Place) -> None:
    place.fetch(*CALLS)
    old = place.shown()
    with place.store() as store:
        head = store.head()
    place.rotate()
    place.rotate()
    with place.store() as store:
        assert store.tail() > head
    found = b"".join(path.read_bytes() for path in place.folder.glob("blocklight.sqlite3*"))
    assert len(old) == 3
    assert not [id_ for id_ in old if id_.encode() in found]


def test_old_ids_do_not_tell_new_ones_without_the_new_key() -> None:
    first, second, other = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
    old = PublicIds(first).of("anytown\x1fcalls\x1f117")
    new = PublicIds(first + second).of("anytown\x1fcalls\x1f117")
    assert new == renewed_id(old, first + second)
    assert new != renewed_id(old, first + other)
    assert len({old, new, PublicIds(second).of("anytown\x1fcalls\x1f117")}) == 3


def test_the_file_holds_both_keys_and_only_its_owner_may_read_it(place: Place) -> None:
    place.fetch(*CALLS)
    first = load_id_key(place.folder)
    place.rotate()
    both = load_id_key(place.folder)
    assert (len(both), both[:32]) == (64, first)
    assert (place.folder / "id.key").stat().st_mode & 0o777 == 0o600
    assert not (place.folder / "id.key.next").exists()


def test_a_database_refuses_to_be_filled_with_another_key(place: Place) -> None:
    place.fetch(*CALLS)
    kept = (place.folder / "id.key").read_text()
    (place.folder / "id.key").unlink()
    with pytest.raises(StoreError, match="another id key"):
        place.fetch(*CALLS)
    with pytest.raises(BlocklightError, match="another id key"):
        place.rotate()
    assert not (place.folder / "id.key.next").exists()
    (place.folder / "id.key").write_text(kept)
    place.fetch(*CALLS)


def _before_renaming(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the power is gone")

    monkeypatch.setattr(Store, "rename", fail)


def _before_adopting(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise StoreError("the power is gone")

    monkeypatch.setattr("blocklight.app.key_rotation.adopt", fail)


@pytest.mark.parametrize("break_off", [_before_renaming, _before_adopting])
def test_an_interrupted_change_goes_on(
    place: Place, monkeypatch: pytest.MonkeyPatch, break_off: Callable[[pytest.MonkeyPatch], None]
) -> None:
    place.fetch(*CALLS)
    with monkeypatch.context() as broken:
        break_off(broken)
        with pytest.raises(StoreError, match="power"):
            place.rotate()
    place.rotate()
    after = place.shown()
    assert len(load_id_key(place.folder)) == 64
    assert not (place.folder / id_keys._NEXT).exists()  # noqa: SLF001 - what an interruption leaves
    place.fetch(*CALLS, minutes=1)
    assert place.shown() == after


def test_a_key_of_the_environment_is_changed_in_a_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOCKLIGHT_ID_KEY", "ab" * 32)
    with pytest.raises(BlocklightError, match=r"put the key of BLOCKLIGHT_ID_KEY into .*id.key"):
        place.rotate()
    assert load_id_key(place.folder, "ab" * 32 + "," + "cd" * 32) == b"\xab" * 32 + b"\xcd" * 32


def test_a_database_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    old.touch(0o644)
    for name in ("old", "new"):
        with Store.open(f"sqlite:///{tmp_path}/{name}.sqlite3", "anytown") as store:
            store.head()
            files = list(tmp_path.glob(f"{name}.sqlite3*"))
            assert len(files) >= 2
            assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
