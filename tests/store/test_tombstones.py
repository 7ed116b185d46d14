"""The journal of what was taken back, and backups that show nothing of it when they are restored."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from blocklight.errors import NotFound, StoreError
from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Category
from blocklight.store import (
    IncidentQuery,
    Pause,
    Position,
    Snapshot,
    Store,
    Tombstones,
    replace_database,
    take,
)
from store.databases import CITY, Database
from store.making import START, call, closed, minutes, withheld

_KILLED = """
import os, sys
from pathlib import Path
from blocklight.store import Store, Tombstones
from store.making import START, call, withheld
class Killed(Tombstones):
    def append(self, ids):
        super().append(ids)
        os.kill(os.getpid(), 9)
store = Store.open(sys.argv[1], sys.argv[2], tombstones=Killed(Path(sys.argv[3])))
store.apply("dispatch", [withheld(1, sensitive=True)], at=START)
"""


@pytest.fixture
def journal(tmp_path: Path) -> Tombstones:
    return Tombstones(tmp_path / "tombstones")


@contextmanager
def opened(database: Database, journal: Tombstones) -> Iterator[Store]:
    database.empty()
    with Store.open(database.url, CITY, tombstones=journal) as store:
        yield store


def ids_in(journal: Tombstones) -> list[str]:
    return journal.path.read_text().splitlines() if journal.path.exists() else []


def shown(store: Store) -> set[str]:
    return {item.incident.id for item in store.query(IncidentQuery(limit=1000)).items}


def back(database: Database, snapshot: Snapshot, folder: Path, ids: list[str]) -> int:
    return replace_database(database.url, snapshot, folder, ids, minutes(90))


def test_what_is_taken_back_is_noted_by_its_id_alone(database: Database, journal: Tombstones) -> None:
    with opened(database, journal) as store:
        store.apply("dispatch", [call(1), call(2), call(3)], at=START)
        assert ids_in(journal) == []
        store.apply("dispatch", [withheld(1)], at=minutes(1))
        store.apply("dispatch", [withheld(2, sensitive=True), withheld(9, sensitive=True)], at=minutes(2))
        assert ids_in(journal) == [call(1).id, call(2).id, call(9).id]
        store.apply("dispatch", [withheld(2, sensitive=True), withheld(9, sensitive=True)], at=minutes(3))
        assert len(ids_in(journal)) == 3, "noted once"
        store.apply("dispatch", [withheld(8, sensitive=False)], at=minutes(4))
        assert len(ids_in(journal)) == 3, "never shown, and it may be one day"
        store.pause(Pause("city", "", "why", minutes(5)))
        assert ids_in(journal)[3:] == [call(3).id]
    assert journal.path.stat().st_mode & 0o077 == 0


def test_a_form_that_tells_less_is_noted_too(database: Database, journal: Tombstones) -> None:
    with opened(database, journal) as store:
        store.apply("dispatch", [call(1)], at=START)
        store.apply("dispatch", [call(1, source_type=None, time_step_min=60)], at=minutes(1))
    assert call(1).id in ids_in(journal)


def test_nothing_is_committed_that_the_journal_could_not_note(database: Database, tmp_path: Path) -> None:
    with opened(database, Tombstones(tmp_path / "gone" / "tombstones")) as store:
        store.apply("dispatch", [call(1)], at=START)
        with pytest.raises(
            StoreError, match="the tombstone journal cannot be written: No such file or directory"
        ):
            store.apply("dispatch", [withheld(1)], at=minutes(1))
        assert shown(store) == {call(1).id}


def test_a_kill_before_the_commit_leaves_the_id_in_the_journal(
    database: Database, journal: Tombstones
) -> None:
    with opened(database, journal) as store:
        store.apply("dispatch", [call(1)], at=START)
        path = Path(__file__).parents[1]
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, database.url, CITY, journal.path],
            env={"PYTHONPATH": str(path), "PATH": "/usr/bin:/bin"},
            timeout=120,
            check=False,
        )
        assert done.returncode == -9
        assert ids_in(journal) == [call(1).id]
        assert shown(store) == {call(1).id}


def test_a_line_that_was_cut_off_does_not_spoil_the_next(journal: Tombstones) -> None:
    begin = journal.position()
    journal.append(["aaaa"])
    with journal.path.open("a") as file:
        file.write("bb")
    journal.append(["cccc"])
    assert journal.since(begin) == ["aaaa", "bb", "cccc"]


def test_a_journal_of_another_database_or_an_older_copy_is_refused(
    journal: Tombstones, tmp_path: Path
) -> None:
    journal.append(["aaaa", "bbbb"])
    position = journal.position()
    journal.append(["cccc"])
    assert journal.since(position) == ["cccc"]
    for content in ("aaaa\n", "aaaa\nXbbb\ncccc\n", ""):
        (tmp_path / "other").write_text(content)
        with pytest.raises(StoreError, match="not the tombstone journal"):
            Tombstones(tmp_path / "other").since(position)
    with pytest.raises(StoreError, match="no tombstone journal there"):
        Tombstones(tmp_path / "none").since(position)
    assert journal.since(Position(0, Tombstones(tmp_path / "none").position().sha256))[-1] == "cccc"


def test_a_journal_from_before_a_change_of_the_id_key_is_refused(
    database: Database, journal: Tombstones
) -> None:
    with opened(database, journal) as store:
        store.apply("dispatch", [call(1)], at=START)
        position = journal.position()
        store.rename(lambda id_: id_[::-1], minutes(1), "id key", {"check": "x"})
        with pytest.raises(StoreError, match="the id key was changed since the backup"):
            journal.since(position)


def test_a_restored_backup_shows_what_it_showed_less_what_was_taken_back(
    database: Database, journal: Tombstones, tmp_path: Path
) -> None:
    (folder := tmp_path / "copy").mkdir()
    with opened(database, journal) as store:
        store.apply("dispatch", [call(1), call(2), call(3), closed(4)], at=START)
        store.apply("dispatch", [withheld(3, sensitive=False)], at=minutes(1))
        epoch = store.epoch()
        snapshot = take(store, CITY, folder, minutes(2))
        assert snapshot.digest == store.public_digest()
        store.apply(
            "dispatch", [withheld(1, sensitive=True), withheld(7, sensitive=True), call(5)], at=minutes(3)
        )
        assert snapshot.tombstones is not None
        ids = journal.since(snapshot.tombstones)
        assert ids == [call(1).id, call(7).id]
        assert back(database, snapshot, folder, ids) == 1
    with Store.open(database.url, CITY, tombstones=journal) as store:
        assert shown(store) == {call(2).id, call(4).id}
        with pytest.raises(NotFound):
            store.incident(call(1).id)
        assert call(1).id not in {change.id for change in store.changes(0) if change.incident is not None}
        assert store.epoch() not in (epoch, "")
        assert store.audit()[-1].action == "restore"
        assert store.audit()[-1].detail["taken_back"] == 2
        assert store.verify_audit().broken is None
        store.check_integrity()
        applied = store.apply("dispatch", [call(1), call(3), call(7), call(8)], at=minutes(100))
        assert applied.published == 2, "what was sensitive since the backup stays withheld, shown or not"
        assert shown(store) == {call(number).id for number in (2, 3, 4, 8)}


def test_without_anything_taken_back_the_digest_is_that_of_the_backup(
    database: Database, journal: Tombstones, tmp_path: Path
) -> None:
    (folder := tmp_path / "copy").mkdir()
    with opened(database, journal) as store:
        store.apply("dispatch", [call(number) for number in range(1, 40)], at=START)
        store.apply("dispatch", [closed(2), withheld(3)], at=minutes(1))
        before = store.public_digest()
        snapshot = take(store, CITY, folder, minutes(2))
        store.apply("dispatch", [closed(5), call(41)], at=minutes(3))
        assert store.public_digest() != before
        back(database, snapshot, folder, [])
    with Store.open(database.url, CITY) as store:
        assert store.public_digest() == before == snapshot.digest


def test_a_backup_under_writes_is_one_moment_and_nothing_retracted_comes_back(
    database: Database, journal: Tombstones, tmp_path: Path
) -> None:
    (folder := tmp_path / "copy").mkdir()
    retracted: list[str] = []
    stopped = threading.Event()
    with opened(database, journal) as store:
        store.apply("dispatch", [call(number) for number in range(1, 300)], at=START)

        def write() -> None:
            number = 0
            while not stopped.is_set() or number < 40:
                number += 1
                store.apply(
                    "dispatch", [withheld(number, sensitive=True), call(1000 + number)], at=minutes(number)
                )
                retracted.append(call(number).id)
                if number >= 290:
                    return

        writer = threading.Thread(target=write)
        writer.start()
        try:
            snapshot = take(store, CITY, folder, minutes(2))
        finally:
            stopped.set()
            writer.join()
        assert len(retracted) >= 40
        assert snapshot.tombstones is not None
        ids = journal.since(snapshot.tombstones)
        back(database, snapshot, folder, ids)
    with Store.open(database.url, CITY) as store:
        visible = shown(store) | {change.id for change in store.changes(0, 100_000) if change.incident}
        assert visible
        assert not visible & set(retracted)
        store.check_integrity()


def test_a_copy_that_shows_something_else_is_refused_and_changes_nothing(
    database: Database, journal: Tombstones, tmp_path: Path
) -> None:
    (folder := tmp_path / "copy").mkdir()
    with opened(database, journal) as store:
        store.apply("dispatch", [call(1)], at=START)
        snapshot = take(store, CITY, folder, minutes(2))
        store.apply("dispatch", [call(2)], at=minutes(3))
        for changed in (
            {"digest": "0" * 64},
            {"city": "elsewhere"},
            {"engine": "oracle"},
            {"revision": "v999"},
        ):
            wrong = Snapshot(
                **{name: getattr(snapshot, name) for name in Snapshot.__struct_fields__} | changed
            )
            if database.is_sqlite and "revision" in changed:
                continue  # its own file says its revision
            with pytest.raises(StoreError):
                back(database, wrong, folder, [])
    with Store.open(database.url, CITY) as store:
        assert shown(store) == {call(1).id, call(2).id}


def test_a_role_that_owns_nothing_but_its_database_can_back_it_up_and_restore_it(
    postgres_url: str, journal: Tombstones, tmp_path: Path
) -> None:
    server = sa.make_url(postgres_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE mapper LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
        connection.exec_driver_sql("CREATE DATABASE mapped OWNER mapper")
    engine.dispose()
    url = server.set(database="mapped", username="mapper").render_as_string()
    (folder := tmp_path / "copy").mkdir()
    with Store.open(url, CITY, tombstones=journal) as store:
        store.apply("dispatch", [call(1), call(2)], at=START)
        snapshot = take(store, CITY, folder, minutes(1))
        store.apply("dispatch", [withheld(1, sensitive=True)], at=minutes(2))
        assert snapshot.tombstones is not None
        assert replace_database(url, snapshot, folder, journal.since(snapshot.tombstones), minutes(3)) == 1
    with Store.open(url, CITY) as store:
        assert shown(store) == {call(2).id}


def test_the_digest_tells_every_difference_that_the_public_can_see(database: Database) -> None:
    digests: set[str] = set()
    with database.emptied() as store:
        digests.add(store.public_digest())
        for outcome in (call(1), closed(1), call(2, category=Category.NOISE), withheld(2), call(3)):
            store.apply("dispatch", [outcome], at=START)
            digests.add(store.public_digest())
        store.pause(Pause("source", "dispatch", "why", minutes(5)))
        digests.add(store.public_digest())
        assert isinstance(withheld(2), Withheld)
    assert len(digests) == 7
