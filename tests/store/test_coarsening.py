from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from living_city import START, an_incident, incidents
from msgspec.structs import replace

from blocklight.model.record import TIMES, Place, PublicIncident
from blocklight.model.vocabulary import Category, Disposition, Origin, PlaceKind, Status, Subcategory
from blocklight.store.write.coarsening import taken_back

PLACE = Place(-122.25, 37.75, PlaceKind.GRID, 201, "1400 block of Main St")
FINE: dict[str, Any] = {
    "place": PLACE,
    "areas": {"beat": "01X", "district": "1"},
    "subcategory": Subcategory.LOUD_PARTY,
    "source_type": "LOUD PARTY",
    "priority": 2,
    "units": 3,
    "origin": Origin.COMMUNITY,
    "disposition": Disposition.HANDLED,
}
WHERE = {"place", "areas"}
# Fields that a later version never withdraws by being without them.
STAYS = {"id", "source", "kind", "agency", "category", "status", "delayed", "time_step_min", *TIMES}


def fine(**changes: Any) -> PublicIncident:  # noqa: ANN401 - any field
    return an_incident(1, **FINE | changes)


@pytest.mark.parametrize(
    ("later", "fields"),
    [
        ({"place": replace(PLACE, label=None)}, WHERE),
        ({"place": replace(PLACE, radius_m=530)}, WHERE),
        ({"place": replace(PLACE, radius_m=230, kind=PlaceKind.AREA)}, WHERE),
        ({"place": None, "areas": {}}, WHERE),
        ({"areas": {"beat": "01X"}}, WHERE),
        ({"subcategory": None}, {"subcategory"}),
        ({"source_type": None}, {"source_type"}),
        ({"priority": None}, {"priority"}),
        ({"units": None}, {"units"}),
        ({"origin": None}, {"origin"}),
        ({"disposition": None}, {"disposition"}),
        ({"time_step_min": 5}, set(TIMES)),
        (
            {"category": Category.MEDICAL},
            {"category", "subcategory", "source_type", "priority", "units", "disposition", *WHERE},
        ),
    ],
)
def test_every_way_to_say_less_takes_back_what_was_finer(later: dict[str, Any], fields: set[str]) -> None:
    assert taken_back(fine(), fine(**later)) == fields
    assert not taken_back(fine(**later), fine()) - {"category"}


def test_of_every_field_of_a_record_it_is_decided_whether_it_can_be_taken_back() -> None:
    assert set(PublicIncident.__struct_fields__) == set(FINE) | STAYS
    assert not set(FINE) & STAYS


def test_a_mask_takes_the_publishers_own_point_back_also_where_it_reaches_no_farther() -> None:
    own = replace(PLACE, kind=PlaceKind.PUBLISHER, label=None)
    assert taken_back(fine(place=own), fine(place=replace(PLACE, label=None))) == WHERE
    assert taken_back(fine(place=own), fine(place=own)) == frozenset()


@pytest.mark.parametrize(
    "later",
    [
        {"category": Category.FIRE, "subcategory": None, "priority": 1, "units": 2, "source_type": "FIRE"},
        {"place": replace(PLACE, lon=-122.2), "areas": {"beat": "02Y"}},
        {"place": replace(PLACE, radius_m=210)},
        {"status": Status.CLOSED, "units": None, "closed_at": START + timedelta(hours=1)},
        {"received_at": START, "dispatched_at": None},
    ],
)
def test_a_value_that_changes_takes_nothing_back(later: dict[str, Any]) -> None:
    assert taken_back(fine(), fine(**later)) == frozenset()


def test_a_call_that_is_reopened_has_no_disposition_and_takes_nothing_back() -> None:
    closed = fine(status=Status.CLOSED, closed_at=START)
    assert not taken_back(closed, fine(disposition=None, closed_at=None))


@given(incident=incidents(st.just(1)))
def test_the_same_again_takes_nothing_back(incident: PublicIncident) -> None:
    assert not taken_back(incident, incident)
