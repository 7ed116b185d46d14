"""Object ids: one for each publication, never two alike, and another one for what comes back."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from blocklight.query.fields import incident_fields
from blocklight.query.selection import Selection
from blocklight.store import replace_database, take
from blocklight.store.schema.object_ids import ObjectIds, new_key, object_id
from blocklight.store.schema.tables import incident, log
from store.databases import CITY, Database
from store.making import START, call, closed, minutes, withheld


def _object_ids(database: Database) -> dict[str, int]:
    return {row.id: row.object_id for row in database.rows(incident)}


@given(st.sets(st.integers(0, 2**31 - 1), min_size=2, max_size=200), st.text(max_size=40))
def test_different_publications_have_different_ids_under_any_key(numbers: set[int], key: str) -> None:
    given_ids = [object_id(number, key) for number in numbers]
    assert len(set(given_ids)) == len(numbers)
    assert all(given_id is None or 0 < given_id < 2**31 for given_id in given_ids)


def test_ten_thousand_ids_in_a_row_are_apart_and_in_no_order() -> None:
    ids = ObjectIds(0, "any")
    given_ids = [ids.give() for _ in range(10_000)]
    assert len(set(given_ids)) == 10_000
    rising = sum(first < second for first, second in pairwise(given_ids))
    assert 4_500 < rising < 5_500
    assert 0.4 < sum(given_ids) / len(given_ids) / 2**31 < 0.6


def test_without_the_key_no_id_tells_how_many_publications_there_were() -> None:
    numbers = range(1_000)
    of_one, of_another = ([object_id(number, key) for number in numbers] for key in ("one", "another"))
    assert sum(one == another for one, another in zip(of_one, of_another, strict=True)) < 3
    assert not set(of_one) <= set(of_another)


def test_each_database_has_a_key_of_its_own() -> None:
    assert new_key() != new_key()


def test_an_update_keeps_the_object_id(database: Database) -> None:
    with database.emptied() as store:
        store.apply("dispatch", [call(1), call(2)], at=START)
        before = _object_ids(database)
        store.apply("dispatch", [closed(1)], at=minutes(40))
    assert len(set(before.values())) == 2
    assert _object_ids(database) == before


def test_no_object_id_is_given_twice_whatever_is_taken_back(database: Database) -> None:
    given_ids: list[int] = []
    with database.emptied() as store:
        for turn in range(20):
            store.apply("dispatch", [call(number) for number in range(9)], at=minutes(turn))
            given_ids += _object_ids(database).values()
            gone = [withheld(number, sensitive=False) for number in range(9)]
            store.apply("dispatch", gone, at=minutes(turn))
            assert not _object_ids(database)
    assert len(given_ids) == len(set(given_ids)) == 180


def test_other_public_ids_come_with_other_object_ids(database: Database) -> None:
    with database.emptied() as store:
        store.apply("dispatch", [call(1), call(2)], at=START)
        before = set(_object_ids(database).values())
        store.rename(lambda id_: f"x{id_[1:]}", START, "rotate", {})
        after = set(_object_ids(database).values())
        store.apply("dispatch", [call(3)], at=START)
        later = set(_object_ids(database).values()) - after
    assert len(before | after | later) == 5


def test_the_next_number_is_kept_with_the_log(database: Database) -> None:
    with database.emptied() as store:
        start = database.rows(log)[0].next_object
        store.apply("dispatch", [call(1), call(2)], at=START)
        assert database.rows(log)[0].next_object - start >= 2


def test_what_is_taken_back_is_in_no_answer_about_its_number(database: Database) -> None:
    fields = incident_fields()
    with database.emptied() as store:
        store.apply("dispatch", [call(1), call(2)], at=START)
        gone = _object_ids(database)[call(1).id]
        store.apply("dispatch", [withheld(1)], at=START)
        assert store.features().count(Selection(object_ids=(gone,)), fields) == 0
        assert store.features().extent(Selection(), fields).count == 1


def test_after_a_restore_no_number_that_was_given_since_the_backup_comes_again(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/city.sqlite3")
    folder = tmp_path / "backup"
    folder.mkdir()
    with database.open() as store:
        store.apply("dispatch", [call(1)], at=START)
        snapshot = take(store, CITY, folder, START)
        store.apply("dispatch", [call(number) for number in range(2, 60)], at=START)
        before = set(_object_ids(database).values())
    database.close()
    replace_database(database.url, snapshot, folder, [], minutes(5))
    restored = Database(database.url)
    with restored.open() as store:
        store.apply("dispatch", [call(number) for number in range(100, 160)], at=minutes(6))
        after = {id_: given_id for id_, given_id in _object_ids(restored).items() if id_ != call(1).id}
    restored.close()
    assert len(before) == 59
    assert len(after) == 60
    assert not before & set(after.values())
