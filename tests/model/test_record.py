from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocklight.model.changes import Change
from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Disposition, Kind, Operation, PlaceKind, Stage, Status
from blocklight.store.write.joining import joined, joined_by_another

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _incident(**changes: Any) -> PublicIncident:  # noqa: ANN401 - the fields of an incident
    incident = PublicIncident(
        id="a" * 16,
        source="calls",
        kind=Kind.CALL,
        agency="fire",
        category=Category.FIRE,
        status=Status.OPEN,
        received_at=RECEIVED,
    )
    return msgspec.structs.replace(incident, **changes)


times = st.none() | st.integers(0, 9000).map(lambda s: RECEIVED + timedelta(seconds=s))


@st.composite
def incidents(draw: st.DrawFn) -> PublicIncident:
    status = draw(st.sampled_from(Status))
    return _incident(
        received_at=RECEIVED + timedelta(seconds=draw(st.integers(0, 60))),
        dispatched_at=draw(times),
        en_route_at=draw(times),
        on_scene_at=draw(times),
        closed_at=draw(times) if status is Status.CLOSED else None,
        status=status,
        units=draw(st.none() | st.integers(1, 9)),
    )


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({}, Stage.RECEIVED),
        ({"dispatched_at": RECEIVED}, Stage.DISPATCHED),
        ({"dispatched_at": RECEIVED, "en_route_at": RECEIVED}, Stage.EN_ROUTE),
        ({"on_scene_at": RECEIVED}, Stage.ON_SCENE),
        ({"on_scene_at": RECEIVED, "status": Status.CLOSED}, Stage.CLOSED),
        ({"status": Status.CLOSED}, Stage.CLOSED),
    ],
)
def test_the_stage_is_the_furthest_that_was_reached(changes: dict[str, Any], stage: Stage) -> None:
    assert _incident(**changes).stage is stage


@given(incidents(), incidents())
def test_joining_keeps_the_first_of_every_stage_and_the_last_closing(
    one: PublicIncident, two: PublicIncident
) -> None:
    both = joined(one, two)
    assert both.received_at == min(one.received_at, two.received_at)
    for name in ("dispatched_at", "en_route_at", "on_scene_at"):
        known = [t for t in (getattr(one, name), getattr(two, name)) if t is not None]
        assert getattr(both, name) == min(known, default=None)
    assert both.status is two.status
    if both.status is Status.OPEN:
        assert both.closed_at is None


@given(incidents(), incidents())
def test_joining_the_same_row_twice_changes_nothing(one: PublicIncident, two: PublicIncident) -> None:
    both = joined(one, two)
    assert joined(both, two) == both
    assert joined(one, one) == one


@given(incidents(), incidents())
def test_a_row_joined_to_a_medical_one_tells_no_finer_place_and_nothing_that_medical_calls_leave_out(
    one: PublicIncident, two: PublicIncident
) -> None:
    around, house = Place(-122.28, 37.79, PlaceKind.GRID, 560), Place(-122.281, 37.791, PlaceKind.GRID, 200)
    patient = msgspec.structs.replace(one, category=Category.MEDICAL, place=around, areas={"beat": "1"})
    finer = {"place": house, "areas": {"beat": "2"}, "source_type": "NOISE", "priority": 1}
    other = msgspec.structs.replace(two, category=Category.NOISE, disposition=Disposition.HANDLED, **finer)
    both = joined(patient, other)
    assert both.place == patient.place
    assert both.areas == patient.areas
    assert (both.source_type, both.priority, both.disposition) == (None, None, None)


@given(incidents(), incidents())
def test_no_ending_is_told_of_an_incident_that_either_of_two_sources_calls_medical(
    one: PublicIncident, two: PublicIncident
) -> None:
    patient = msgspec.structs.replace(one, category=Category.MEDICAL, disposition=None)
    other = msgspec.structs.replace(two, category=Category.NOISE, disposition=Disposition.HANDLED)
    for both in (joined_by_another(patient, other), joined_by_another(other, patient)):
        assert both.disposition is None


def test_an_incident_that_vanished_is_closed_when_it_was_missed() -> None:
    at = RECEIVED + timedelta(hours=1)
    closed = _incident().closed_by_vanishing(at)
    assert (closed.status, closed.closed_at, closed.stage) == (Status.CLOSED, at, Stage.CLOSED)


def test_a_change_without_an_incident_takes_back() -> None:
    put = Change(seq=1, id="a", first_seq=1, changed_at=RECEIVED, incident=_incident())
    assert put.operation is Operation.PUT
    assert msgspec.structs.replace(put, incident=None).operation is Operation.RETRACT


def test_the_public_type_has_no_field_for_what_is_not_public() -> None:
    assert set(PublicIncident.__struct_fields__) == {
        "id", "source", "kind", "agency", "category", "status", "received_at", "place", "areas",
        "source_type", "priority", "origin", "units", "disposition", "dispatched_at", "en_route_at",
        "on_scene_at", "closed_at", "delayed", "time_step_min", "subcategory",
    }  # fmt: skip
    with pytest.raises(TypeError):
        _incident(lon=-95.0)


def test_no_disposition_tells_how_a_patient_fared() -> None:
    words = "transport patient medical hospital deceased treated ama aid".split()
    assert [d for d in Disposition if any(word in d for word in words)] == []
