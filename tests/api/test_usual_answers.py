"""Is this usual here, over HTTP: what is told, what is refused, and that it is not kept for long."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from living_city import an_incident
from public_side import NOW, PublicSide, public_side

from blocklight.api.state import web_root
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Kind, Origin
from blocklight.store import FetchReport, Pause

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_numbers = count(1)


def a_day(weeks_ago: int, n: int, **fields: Any) -> list[PublicIncident]:  # noqa: ANN401 - any field
    start = NOW - weeks_ago * _WEEK - _DAY + timedelta(hours=1)
    return [an_incident(next(_numbers), received_at=start + timedelta(minutes=k), **fields) for k in range(n)]


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    folder = tmp_path_factory.mktemp("usual")
    (folder / "web").symlink_to(web_root())
    with public_side(folder, follow=False) as side:
        calls = [call for back in range(7) for call in a_day(back, 10, origin=Origin.COMMUNITY)]
        officer = [call for back in range(7) for call in a_day(back, 3, origin=Origin.OFFICER)]
        elsewhere = [
            *a_day(0, 10, origin=Origin.COMMUNITY, areas={"beat": "02Y"}),
            *a_day(0, 5, origin=Origin.COMMUNITY, areas={}),
        ]
        requests = a_day(0, 4, kind=Kind.REQUEST, source="requests", category=Category.ANIMAL)
        side.store.apply(
            "dispatch", [*calls, *officer, *a_day(0, 30, origin=Origin.COMMUNITY), *elsewhere], at=NOW
        )
        side.store.apply("requests", requests, at=NOW)
        for source in ("dispatch", "requests"):
            side.store.record_fetch(FetchReport(source, NOW, late_after_s=30))
        yield side


def usual(side: PublicSide, **parameters: object) -> dict[str, dict[str, Any]]:
    answer = side.get("usual", params=parameters)
    assert answer.status_code == 200, answer.text
    return {entry["kind"]: entry for entry in answer.json()["kinds"]}


def test_an_area_is_told_by_kind_and_by_who_opened_it(side: PublicSide) -> None:
    found = usual(side, area="beat:01X")
    assert set(found) == {"call", "request"}
    parts = {part["origin"]: part for part in found["call"]["parts"]}
    assert set(parts) == {"community", "officer"}
    assert (parts["community"]["now"], parts["community"]["mean"]) == (40, 10.0)
    assert (parts["community"]["verdict"], parts["officer"]["verdict"]) == ("more", "usual")
    # A month of requests was never told, so nothing is said of what is usual.
    assert found["request"]["parts"][0]["verdict"] == "too_few_weeks"
    assert found["request"]["parts"][0]["now"] == 4


def test_a_week_has_its_count_or_why_there_is_none(side: PublicSide) -> None:
    (community, _) = usual(side, area="beat:01X", kind="call")["call"]["parts"]
    assert [week["count"] for week in community["past"]][:6] == [10] * 5 + [None]
    assert {week["missing"] for week in community["past"][5:]} == {"not_covered"}
    assert len(community["past"]) == 12


def test_it_narrows_by_category(side: PublicSide) -> None:
    found = usual(side, area="beat:01X", category=["animal", "fire"])
    assert [part["now"] for part in found["request"]["parts"]] == [4]
    assert [part["now"] for part in found["call"]["parts"]] == [0]


def test_without_an_area_it_is_the_whole_city(side: PublicSide) -> None:
    told = side.get("usual").json()
    assert (told["area"], told["name"]) == (None, side.get("city").json()["name"])
    parts = {part["origin"]: part for part in usual(side)["call"]["parts"]}
    # Ten of the community's calls of the last 24 hours lie in another beat, and five in none.
    assert (parts["community"]["now"], parts["community"]["mean"]) == (55, 10.0)
    assert parts["officer"] == usual(side, area="beat:01X")["call"]["parts"][1]


def test_it_is_kept_for_a_second_as_every_count_and_not_sent_twice(side: PublicSide) -> None:
    answer = side.get("usual?area=beat:01X")
    assert answer.headers["cache-control"] == "public, max-age=1"
    again = side.get("usual?area=beat:01X", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"area": "beat"}, "area"),
        ({"area": "beat:99Z"}, "area"),
        ({"area": "district:01X"}, "area"),
        ({"area": "beat:01X", "kind": "crime"}, "kind"),
        ({"area": "beat:01X", "category": "crime"}, "category"),
        ({"area": "beat:01X", "group": "harm"}, "group"),
    ],
)
def test_what_cannot_be_answered_is_a_bad_query(
    side: PublicSide, parameters: dict[str, str], parameter: str
) -> None:
    answer = side.get("usual", params=parameters)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter


@pytest.mark.parametrize(
    ("language", "title", "verdict", "mean"),
    [
        ("en", "Is this usual here?", "More than usual", "10 on average"),
        ("es", "¿Es habitual aquí?", "Más de lo habitual", "10 en promedio"),
        ("zh", "这里平常也这样吗？", "比平常多", "平均 10"),
        ("vi", "Ở đây có thường như vậy không?", "Nhiều hơn thường lệ", "trung bình 10"),
    ],
)
def test_the_page_of_an_incident_says_it_without_scripts(
    side: PublicSide, language: str, title: str, verdict: str, mean: str
) -> None:
    (newest, *_) = side.get("incidents?origin=community&limit=1").json()["features"]
    page = side.client.get(f"/list/{newest['id']}?lang={language}").text
    assert title in page
    assert verdict in page
    assert mean in page


def test_the_page_of_an_incident_says_when_there_is_not_enough_past(side: PublicSide) -> None:
    (request, *_) = side.get("incidents?kind=request&limit=1").json()["features"]
    assert "Not enough history" in side.client.get(f"/list/{request['id']}").text


@pytest.mark.parametrize(("language", "verdict"), [("en", "More than usual."), ("zh", "比平常多")])
def test_the_list_without_scripts_says_it_of_the_whole_city(
    side: PublicSide, language: str, verdict: str
) -> None:
    told = side.client.get(f"/list?lang={language}&status=closed").text.partition('class="city-usual"')[2]
    assert verdict in told.partition("</summary>")[0]
    assert f"{side.get('city').json()['name']}." in told
    assert "55" in told


def test_nothing_is_said_of_the_city_while_something_is_paused(side: PublicSide) -> None:
    side.publisher.pauses = [Pause("category", "noise", "a drill", NOW)]
    try:
        assert "city-usual" not in side.client.get("/list").text
    finally:
        side.publisher.pauses = []
