from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_city import ROW, rules_of
from town_streets import town

from blocklight.config.city import Bounds
from blocklight.geo.exact import ExactPoint
from blocklight.intake.connectors.push import Push
from blocklight.intake.geocode.addresses import Reading
from blocklight.intake.geocode.geocoder import Geocoder
from blocklight.intake.geocode.place import NotNow
from blocklight.intake.record import Batch, RawRecord
from blocklight.intake.run import Feed, Tally, store_batch
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason
from blocklight.store import Store

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
NOWHERE = {"lon": None, "lat": None, "cross": None}


class Told:
    """A locator that says what it was told to."""

    def __init__(self, *points: tuple[float, float] | None) -> None:
        self.points = list(points)
        self.asked: list[Reading] = []

    def find(self, asked: Reading, deadline: float) -> ExactPoint | None:
        assert deadline > 0
        self.asked.append(asked)
        if not self.points:
            raise NotNow
        point = self.points.pop(0)
        return None if point is None else ExactPoint(*point)


def feed_of(folder: Path, *locators: Told) -> Feed:
    city = town(folder)
    source = city.sources[0]
    geocoder = Geocoder.of(city)
    if locators:
        geocoder = Geocoder(locators, city.city.bounds, patience_s=5)
    return Feed(source, city, Push(source, lambda: NOW), rules_of(city), geocoder=geocoder)


def row(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - a row may hold anything
    return ROW | NOWHERE | changes


def test_an_incident_without_coordinates_is_published_where_its_address_is(tmp_path: Path) -> None:
    tally = Tally()
    [found] = feed_of(tmp_path).outcomes([row(address="MAIN ST & 2ND AVE")], NOW, tally)
    assert isinstance(found, PublicIncident)
    assert found.place is not None
    assert (found.place.lon, found.place.lat) == pytest.approx((-95.5, 29.5), abs=0.003)
    assert tally.noticed == {"places_sought": 1, "places_found": 1}


@pytest.mark.parametrize("address", ["9900 MAIN ST", "NOWHERE ST & MAIN ST", "UNKNOWN", None])
def test_a_failed_match_is_withheld_and_never_put_anywhere(tmp_path: Path, address: str | None) -> None:
    tally = Tally()
    [found] = feed_of(tmp_path).outcomes([row(address=address)], NOW, tally)
    assert isinstance(found, Withheld)
    assert found.reason is Reason.NO_PLACE
    assert tally.noticed["places_found"] == 0
    assert tally.noticed["places_sought"] == (address is not None)


def test_a_match_outside_the_bounds_is_none_and_the_next_is_asked(tmp_path: Path) -> None:
    outside, inside = Told((0.0, 0.0)), Told((-95.5, 29.5))
    [found] = feed_of(tmp_path, outside, inside).outcomes([row(address="1 A ST")], NOW, Tally())
    assert isinstance(found, PublicIncident)
    [found] = feed_of(tmp_path, Told((0.0, 0.0))).outcomes([row(address="1 A ST")], NOW, Tally())
    assert isinstance(found, Withheld)
    assert found.reason is Reason.NO_PLACE


def test_what_was_found_or_not_is_remembered_and_a_block_is_asked_for_once(tmp_path: Path) -> None:
    told = Told((-95.5, 29.5), None)
    feed = feed_of(tmp_path, told)
    rows = [row(number=str(n), address=f"100 {'A' if n % 2 else 'B'} ST") for n in range(10)]
    feed.outcomes(rows, NOW, Tally())
    assert len(told.asked) == 2


def test_an_address_that_could_not_be_asked_for_is_asked_for_again(tmp_path: Path) -> None:
    told = Told()
    feed, tally = feed_of(tmp_path, told), Tally()
    [found] = feed.outcomes([row(address="100 A ST")], NOW, tally)
    assert isinstance(found, Withheld)
    assert not tally.noticed.total()
    told.points.append((-95.5, 29.5))
    [found] = feed.outcomes([row(address="100 A ST")], NOW, tally)
    assert isinstance(found, PublicIncident)
    assert tally.noticed == {"places_sought": 1, "places_found": 1}


def test_an_incident_is_counted_once_however_often_it_changes(tmp_path: Path) -> None:
    feed, tally = feed_of(tmp_path), Tally()
    for priority in range(3):
        feed.outcomes([row(address="100 MAIN ST", priority=priority)], NOW, tally)
    assert tally.noticed == {"places_sought": 1, "places_found": 1}


def test_what_is_withheld_for_another_reason_is_not_counted(tmp_path: Path) -> None:
    tally = Tally()
    feed_of(tmp_path).outcomes([row(type="HUSH", address="100 MAIN ST")], NOW, tally)
    assert not tally.noticed.total()


def test_coordinates_of_the_feeds_own_are_never_replaced(tmp_path: Path) -> None:
    told = Told((-95.9, 29.9))
    city = town(tmp_path)
    geocoder = Geocoder([told], Bounds(west=-96, south=29, east=-95, north=30), patience_s=1)
    source = city.sources[0]
    feed = Feed(source, city, Push(source, lambda: NOW), rules_of(city), geocoder=geocoder)
    feed.outcomes([ROW], NOW, Tally())
    assert told.asked == []


def test_the_hit_rate_reaches_the_sources_health_and_days_are_kept_apart(tmp_path: Path) -> None:
    feed = feed_of(tmp_path)
    with Store.open(f"sqlite:///{tmp_path / 'city.sqlite3'}", "smallton") as store:
        for day, address in ((1, "MAIN ST & 2ND AVE"), (1, "UNKNOWN"), (2, "100 MAIN ST")):
            at = NOW.replace(day=day)
            records: list[RawRecord] = [row(number=f"{day}{address}", address=address)]
            store_batch(feed, store, Batch(records, at, complete=True), Tally())
        [health] = store.sources()
        assert health.noticed.total() == {"places_sought": 3, "places_found": 2}
        assert health.noticed.before == {"places_sought": 2, "places_found": 1}
        assert health.noticed.whole_days("2026-03-02") == health.noticed.whole_days("2026-03-03") == {}
