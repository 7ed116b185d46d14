"""Small incidents to store, and hypothesis strategies for any."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from blocklight.model import (
    Category,
    Disposition,
    Kind,
    Origin,
    Place,
    PlaceKind,
    PublicIncident,
    Reason,
    Status,
    Withheld,
)

START = datetime(2026, 1, 31, 8, tzinfo=UTC)
HARBOUR = Place(-122.28, 37.79, PlaceKind.GRID, 200, "Harbour Row")
HILL = Place(-122.2, 37.85, PlaceKind.GRID, 200, "Hill Peña Street")


def minutes(number: float) -> datetime:
    return START + timedelta(minutes=number)


def call(number: int, **fields: Any) -> PublicIncident:  # noqa: ANN401 - any field of the incident
    given: dict[str, Any] = {
        "id": f"call{number:012}",
        "source": "dispatch",
        "kind": Kind.CALL,
        "agency": "police",
        "category": Category.TRAFFIC,
        "status": Status.OPEN,
        "received_at": minutes(number),
        "place": HARBOUR,
        "areas": {"beat": "04X"},
    }
    return PublicIncident(**(given | fields))


def closed(number: int, at: datetime | None = None, **fields: Any) -> PublicIncident:  # noqa: ANN401 - the same
    return call(number, status=Status.CLOSED, closed_at=at or minutes(number + 30), **fields)


def withheld(number: int, *, sensitive: bool = True) -> Withheld:
    reason = Reason.SENSITIVE if sensitive else Reason.UNMAPPED
    return Withheld(call(number).id, "dispatch", reason, sensitive)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
times = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without the zone that stands below
    datetime(2100, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
places = st.builds(
    Place,
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    kind=st.sampled_from(PlaceKind),
    radius_m=st.integers(0, 10_000),
    label=st.none() | texts,
)


def incidents(ids: st.SearchStrategy[str]) -> st.SearchStrategy[PublicIncident]:
    return st.builds(
        PublicIncident,
        id=ids,
        source=st.just("dispatch"),
        kind=st.sampled_from(Kind),
        agency=texts,
        category=st.sampled_from(Category),
        status=st.sampled_from(Status),
        received_at=times,
        place=st.none() | places,
        areas=st.dictionaries(st.sampled_from(["beat", "council"]), texts, max_size=2),
        source_type=st.none() | texts,
        priority=st.none() | st.integers(1, 9),
        origin=st.none() | st.sampled_from(Origin),
        units=st.none() | st.integers(0, 300),
        disposition=st.none() | st.sampled_from(Disposition),
        dispatched_at=st.none() | times,
        en_route_at=st.none() | times,
        on_scene_at=st.none() | times,
        closed_at=st.none() | times,
    )
