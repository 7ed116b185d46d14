from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from living_city import START, an_incident
from public_side import PublicSide, public_side, some_incidents

from blocklight.model.record import PublicIncident
from blocklight.model.times import iso

_ZONE = ZoneInfo("America/Los_Angeles")
_INCIDENTS = some_incidents(120)
_WORDS = ["main", "MAIN st", "été", "100%", "n_s", "fire", "loud", "block main", "zzz", "%", "_", "a", "é &"]
_TIMES = st.integers(-10, 100_010).map(lambda s: iso(START + timedelta(seconds=s)))
_BOXES = st.tuples(
    st.sampled_from([-122.3, -122.25, -122.2]),
    st.sampled_from([37.7, 37.71, 37.76]),
    st.sampled_from([-122.15, -122.1]),
    st.sampled_from([37.77, 37.78, 37.8]),
)
_QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "bbox": _BOXES.map(lambda box: ",".join(map(str, box))),
        "since": _TIMES,
        "until": _TIMES,
        "status": st.sampled_from(["open", "closed"]),
        "kind": st.sampled_from(["call", "request"]),
        "category": st.lists(st.sampled_from(["noise", "fire", "traffic", "other"]), min_size=1, max_size=3),
        "agency": st.sampled_from(["police", "fire", "ems"]),
        "priority": st.sampled_from(["0", "1", "2", "3"]),
        "origin": st.sampled_from(["community", "officer"]),
        "section": st.sampled_from(["calls", "requests", "officer"]),
        "hours": st.sampled_from(["0-11", "18-23.0-1", "5", "0-23"]),
        "weekdays": st.sampled_from(["0-4", "5-6", "3", "0.2"]),
        "area": st.sampled_from(["beat:01X", "beat:02Y", "beat:none", "district:01X"]),
        "q": st.sampled_from(_WORDS),
    },
)


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        for start in range(0, len(_INCIDENTS), 30):
            side.store.apply("dispatch", _INCIDENTS[start : start + 30], at=START)
        yield side


def _numbers(text: str) -> set[int]:
    ends = [part.split("-") for part in text.split(".")]
    return {number for first, *last in ends for number in range(int(first), int((last or [first])[0]) + 1)}


def _section(incident: PublicIncident) -> str:
    if incident.kind == "request":
        return "requests"
    is_officers = incident.origin == "officer" or incident.category == "officer_activity"
    return "officer" if is_officers else "calls"


def _matches(incident: PublicIncident, query: dict[str, Any]) -> bool:
    place = incident.place
    received_at = iso(incident.received_at) or ""
    local = incident.received_at.astimezone(_ZONE)
    named = (incident.subcategory or "", incident.source_type or "")
    texts = [(place.label if place else None) or "", incident.category, *named]

    def in_box(text: str) -> bool:
        west, south, east, north = map(float, text.split(","))
        return place is not None and west <= place.lon <= east and south <= place.lat <= north

    def says(text: str) -> bool:
        return all(
            incident.id.startswith(word) or any(word in text.casefold() for text in texts)
            for word in text.casefold().split()
        )

    checks = {
        "bbox": in_box,
        "since": lambda value: received_at >= value,
        "until": lambda value: received_at < value,
        "status": lambda value: incident.status == value,
        "kind": lambda value: incident.kind == value,
        "category": lambda values: incident.category in values,
        "agency": lambda value: incident.agency == value,
        "priority": lambda value: str(incident.priority) == value,
        "origin": lambda value: incident.origin == value,
        "section": lambda value: _section(incident) == value,
        "hours": lambda value: local.hour in _numbers(value),
        "weekdays": lambda value: local.weekday() in _numbers(value),
        "area": lambda value: incident.areas.get(value.partition(":")[0]) == value.partition(":")[2],
        "q": says,
    }
    return all(checks[name](value) for name, value in query.items())


def _pages(side: PublicSide, query: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """Follow `next` to the end and return every feature in order."""
    answer = side.get("incidents", params=query | {"limit": limit})
    features: list[dict[str, Any]] = []
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        features += body["features"]
        assert len(body["features"]) <= limit
        if body["next"] is None:
            return features
        assert body["next"].startswith("/api/v1/incidents?")
        answer = side.client.get(body["next"])


@settings(max_examples=80)
@given(query=_QUERIES, limit=st.sampled_from([7, 40, 1000]))
def test_every_filter_and_any_of_them_together_agree_with_a_plain_search(
    side: PublicSide, query: dict[str, Any], limit: int
) -> None:
    expected = [
        (incident.received_at, first_seq, incident.id)
        for first_seq, incident in enumerate(_INCIDENTS, 1)
        if _matches(incident, query)
    ]
    expected.sort(reverse=True)
    assert [feature["id"] for feature in _pages(side, query, limit)] == [id_ for *_, id_ in expected]


def test_each_filter_alone_finds_some_and_leaves_some_out(side: PublicSide) -> None:
    middle = iso(START + timedelta(seconds=50_000))
    alone = {
        "bbox": "-122.26,37.7,-122.2,37.76",
        "since": middle,
        "until": middle,
        "status": "open",
        "kind": "call",
        "category": "fire",
        "agency": "fire",
        "priority": "1",
        "origin": "officer",
        "section": "officer",
        "hours": "18-23.0-1",
        "weekdays": "0.6",
        "area": "beat:01X",
        "q": "main",
    }
    for name, value in alone.items():
        found = _pages(side, {name: value}, 1000)
        assert 0 < len(found) < len(_INCIDENTS), name


def test_a_time_with_another_offset_means_the_same_moment(side: PublicSide) -> None:
    here = _pages(side, {"since": "2026-01-31T12:00:00Z"}, 1000)
    there = _pages(side, {"since": "2026-01-31T04:00:00-08:00"}, 1000)
    assert here == there != []


def test_an_incident_is_found_by_its_id(side: PublicSide) -> None:
    wanted = _INCIDENTS[17].id
    assert [feature["id"] for feature in _pages(side, {"q": wanted}, 10)] == [wanted]


def test_pages_neither_repeat_nor_skip_while_calls_arrive(tmp_path_factory: pytest.TempPathFactory) -> None:
    with public_side(tmp_path_factory.mktemp("busy"), follow=False) as side:
        side.store.apply("dispatch", [an_incident(n) for n in range(50)], at=START)
        body = side.get("incidents", params={"limit": 10}).json()
        seen = [feature["id"] for feature in body["features"]]
        arrived = 1_000
        while body["next"] is not None:
            newer = [an_incident(arrived), an_incident(25, received_at=START + timedelta(seconds=arrived))]
            side.store.apply("dispatch", newer, at=START)
            arrived += 1
            body = side.client.get(body["next"]).json()
            seen += [feature["id"] for feature in body["features"]]
        assert seen == [an_incident(n).id for n in reversed(range(50))]


def test_a_cursor_of_another_query_is_refused(side: PublicSide) -> None:
    following = side.get("incidents", params={"limit": 5, "status": "open"}).json()["next"]
    cursor = httpx2.URL(following).params["cursor"]
    answer = side.get("incidents", params={"limit": 5, "status": "closed", "cursor": cursor})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "cursor")
