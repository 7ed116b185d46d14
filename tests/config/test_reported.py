"""What a source reports follows from the fields that the city file maps."""

import pytest
from small_city import FIELDS, small_city

from blocklight.config.city import load_city, shipped_cities
from blocklight.config.reported import EVERYTHING, Reported, reported
from blocklight.config.source import SourceSpec
from blocklight.model.vocabulary import Stage

LATER = ("dispatched_at", "en_route_at", "on_scene_at")


def a_source(*leave_out: str, **changes: object) -> SourceSpec:
    (source,) = small_city().sources
    table = {**source.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True), **changes}
    table["fields"] = {name: field for name, field in FIELDS.items() if name not in leave_out}
    return SourceSpec.model_validate(table)


def test_a_source_with_every_field_reports_everything() -> None:
    assert reported(a_source()) == EVERYTHING


def test_a_source_without_later_stages_reports_two() -> None:
    assert reported(a_source(*LATER)) == Reported((Stage.RECEIVED, Stage.CLOSED), units=True)


def test_a_source_that_never_closes_reports_no_end_also_where_it_maps_a_time_of_it() -> None:
    assert reported(a_source(*LATER, "units", closes="never")) == Reported((Stage.RECEIVED,), units=False)


@pytest.mark.parametrize(
    ("left_out", "bars"),
    [
        ((), (Stage.RECEIVED, Stage.DISPATCHED, Stage.ON_SCENE, Stage.CLOSED)),
        (("dispatched_at",), (Stage.RECEIVED, Stage.DISPATCHED, Stage.ON_SCENE, Stage.CLOSED)),
        (("dispatched_at", "en_route_at"), (Stage.RECEIVED, Stage.ON_SCENE, Stage.CLOSED)),
        (LATER, (Stage.RECEIVED, Stage.CLOSED)),
    ],
)
def test_what_is_drawn_has_no_stage_that_nobody_reports(
    left_out: tuple[str, ...], bars: tuple[Stage, ...]
) -> None:
    assert reported(a_source(*left_out)).bars == bars


def test_what_is_joined_from_another_source_is_reported_too() -> None:
    first = a_source(*LATER, "units", id="first")
    other = a_source("units", id="other", same_as="first", both="join")
    apart = a_source(id="other", same_as="first", both="other")
    assert reported(first, (first, other)).stages == tuple(Stage)
    assert reported(other, (first, other)).units is False
    assert reported(first, (first, apart)).stages == (Stage.RECEIVED, Stage.CLOSED)


def test_houston_tells_two_stages_and_how_many_units() -> None:
    (source,) = load_city("houston").sources
    assert reported(source) == Reported((Stage.RECEIVED, Stage.CLOSED), units=True)


def test_every_shipped_city_reports_that_something_was_received() -> None:
    assert len(shipped_cities()) > 10
    for name in shipped_cities():
        city = load_city(name)
        for source in city.sources:
            assert reported(source, city.sources).stages[0] is Stage.RECEIVED
