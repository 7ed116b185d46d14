"""Hypothesis strategies for incidents of any content."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from blocklight.model.record import Place, PublicIncident
from blocklight.model.vocabulary import Category, Disposition, Kind, Origin, PlaceKind, Status

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
