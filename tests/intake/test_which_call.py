"""Which rows are one call where ids start anew each day, or where there are no ids at all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_city import FIELDS, TABLE, rules_of
from store.databases import Database

from blocklight.config.city import City, parse_city
from blocklight.errors import CityFileError
from blocklight.intake.connectors.push import Push
from blocklight.intake.propose.city_file import propose
from blocklight.intake.propose.sample import read_sample
from blocklight.intake.record import Batch
from blocklight.intake.run import Feed, Tally, store_batch
from blocklight.model.record import PublicIncident
from blocklight.store import Store

NOON = datetime(2026, 3, 1, 18, tzinfo=UTC)  # in Chicago


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, "smallton")
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with database.emptied() as store:
        yield store


def city_of(folder: Path, **changes: Any) -> City:  # noqa: ANN401 - the keys of a source
    return parse_city(TABLE | {"sources": [TABLE["sources"][0] | changes]}, file="s.toml", folder=folder)


def clocks(folder: Path, **changes: Any) -> City:  # noqa: ANN401 - the keys of a source
    fields = {name: FIELDS[name] for name in ("source_type", "lon", "lat")} | {
        "received_at": {"from": "time", "convert": "time_of_day", "format": "%I:%M %p"},
        "agency": {"default": "police"},
    }
    return city_of(folder, fields=fields, **changes)


def row(number: str, clock: str, kind: str = "NOISE") -> dict[str, Any]:
    return {"number": number, "time": clock, "type": kind, "lon": "-95.37", "lat": "29.76"}


def shown(store: Store) -> list[PublicIncident]:
    return [one.incident for block in store.window(datetime(2020, 1, 1, tzinfo=UTC)) for one in block]


def tell(feed: Feed, store: Store, at: datetime, *rows: dict[str, Any], complete: bool = True) -> None:
    store_batch(feed, store, Batch(list(rows), at, complete=complete), Tally())


def feed_of(city: City) -> Feed:
    [source] = city.sources
    return Feed(source, city, Push(source, lambda: NOON), rules_of(city))


def test_an_id_that_comes_again_on_another_day_is_another_call(tmp_path: Path, store: Store) -> None:
    feed, day = feed_of(clocks(tmp_path)), timedelta(days=1)
    tell(feed, store, NOON, row("0804", "11:46 AM"), row("0801", "11:45 AM"))
    tell(feed, store, NOON + timedelta(minutes=30), row("0801", "11:45 AM"))
    tell(feed, store, NOON + day, row("0804", "11:39 AM", "ALARM"))
    tell(feed, store, NOON + day + timedelta(hours=1), row("0900", "12:39 PM"))
    assert len(shown(store)) == 4


def test_ids_that_are_never_used_again_need_no_day(tmp_path: Path, store: Store) -> None:
    feed = feed_of(clocks(tmp_path, key_per_day=False))
    for days in range(2):
        tell(feed, store, NOON + timedelta(days=days), row("0804", "11:46 AM"))
    assert len(shown(store)) == 1


def test_a_call_of_last_night_stays_one_call_after_midnight(tmp_path: Path, store: Store) -> None:
    feed = feed_of(clocks(tmp_path))
    before, after = (datetime(2026, 3, 2, hour, 30, tzinfo=UTC) for hour in (5, 7))  # 23:30 and 01:30
    for at in (before, after):
        tell(feed, store, at, row("0804", "11:10 PM"))
    [one] = shown(store)
    assert one.received_at == datetime(2026, 3, 2, 5, 10, tzinfo=UTC)


def same_place(folder: Path, **changes: Any) -> City:  # noqa: ANN401 - the keys of a source
    fields = {name: FIELDS[name] for name in ("source_type", "lon", "lat")}
    fields |= {"received_at": {"from": "day", "convert": "day"}, "agency": {"default": "police"}}
    return city_of(folder, key=["day", "lon", "lat"], fields=fields, **changes)


def of_day(kind: str = "NOISE") -> dict[str, Any]:
    return {"day": "2026-03-01", "type": kind, "lon": "-95.37", "lat": "29.76"}


@pytest.mark.parametrize(("equal_rows", "calls"), [("same", 1), ("apart", 3)])
def test_equal_rows_are_the_same_call_or_one_each(
    tmp_path: Path, store: Store, equal_rows: str, calls: int
) -> None:
    feed = feed_of(same_place(tmp_path, equal_rows=equal_rows, closes="never"))
    for _ in range(2):
        tell(feed, store, NOON, of_day(), of_day(), of_day())
    assert len(shown(store)) == calls


def test_a_history_loses_none_of_its_equal_rows(tmp_path: Path, store: Store) -> None:
    feed = feed_of(same_place(tmp_path, equal_rows="apart", closes="never"))
    places = [of_day() | {"lat": f"29.{number:03}"} for number in range(700, 800)]
    rows = [*places, *(places[number % 60] for number in range(443))]
    tell(feed, store, NOON, *rows)
    assert len(shown(store)) == len(rows) == 543


def test_if_one_of_two_equal_rows_is_gone_one_of_two_calls_is_over(tmp_path: Path, store: Store) -> None:
    feed = feed_of(same_place(tmp_path, equal_rows="apart"))
    other = of_day("ALARM") | {"lat": "29.80"}
    tell(feed, store, NOON, of_day(), of_day(), other)
    for minute in (1, 2):
        tell(feed, store, NOON + timedelta(minutes=minute), of_day(), other)
    assert sorted(str(one.status) for one in shown(store)) == ["closed", "open", "open"]


def test_equal_rows_cannot_be_told_apart_over_several_answers(tmp_path: Path) -> None:
    with pytest.raises(CityFileError, match="read whole"):
        same_place(tmp_path, equal_rows="apart", closes="never", cursor_column="edited")


def test_a_feed_without_days_is_proposed_with_the_day_in_its_key() -> None:
    rows = [row(f"{n:04}", f"1:{n:02} PM", "ALARM") for n in range(20)]
    body = str(rows).replace("'", '"').encode()
    found = propose(read_sample("https://calls.example/active.json", body), "smallville", Path())
    assert found.city is not None
    assert found.city.sources[0].key_per_day
    assert "key_per_day = true  # likely" in found.toml
