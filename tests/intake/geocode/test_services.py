"""Bodies are in the shape of the services' documented answers, with invented places."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from loopback.server import Reply, Request, serving
from small_city import small_city

from blocklight.config.city import Bounds, GeocoderSpec
from blocklight.errors import CityFileError
from blocklight.geo.exact import degrees
from blocklight.intake.geocode.addresses import Block, Crossing
from blocklight.intake.geocode.place import NotNow
from blocklight.intake.geocode.services import Service

BOUNDS = Bounds(west=-96, south=29, east=-95, north=30)
BLOCK = Block(3900, "BOWEN ST", 3942)


def census(*points: tuple[float, float]) -> Reply:
    matches = [
        {"matchedAddress": "3950 BOWEN ST, SMALLTON, TX, 77000", "coordinates": {"x": x, "y": y}}
        for x, y in points
    ]
    return Reply.json({"result": {"input": {}, "addressMatches": matches}})


def nominatim(**address: str) -> Reply:
    return Reply.json([{"lat": "29.51", "lon": "-95.52", "address": address, "type": "house"}])


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def asking(
    answer: Callable[[Request], Reply],
    time: Time,
    **spec: Any,  # noqa: ANN401 - keys of the table
) -> Iterator[tuple[Service, list[Request]]]:
    with serving(answer) as running, httpx2.Client(trust_env=False) as client:
        whole = GeocoderSpec.model_validate(
            {"service": "census", "locality": "Smallton, TX", "url": running.url + "/ask"} | spec
        )
        yield Service(whole, BOUNDS, client, clock=lambda: time.now, sleep=time.sleep), running.asked


def test_the_census_is_asked_for_the_block_and_never_for_the_house() -> None:
    time = Time()
    with asking(lambda _: census((-95.5, 29.5)), time) as (service, asked):
        point = service.find(BLOCK, time.now + 10)
    assert point is not None
    assert degrees(point) == (-95.5, 29.5)
    assert [one.params["address"] for one in asked] == ["3950 BOWEN ST, Smallton, TX"]
    assert "3942" not in repr([(one.path, one.params) for one in asked])


def test_a_city_may_say_that_the_whole_address_is_sent() -> None:
    time = Time()
    with asking(lambda _: census((-95.5, 29.5)), time, send="address") as (service, asked):
        service.find(BLOCK, time.now + 10)
    assert asked[0].params["address"].startswith("3942 BOWEN ST")


@pytest.mark.parametrize("answer", [census(), census((-95.5, 29.5), (-95.4, 29.6))])
def test_no_match_and_several_are_no_place(answer: Reply) -> None:
    time = Time()
    with asking(lambda _: answer, time) as (service, _):
        assert service.find(BLOCK, time.now + 10) is None


def test_nominatims_house_is_a_place_and_its_street_or_town_is_none() -> None:
    time = Time()
    answers = [
        nominatim(house_number="3950", road="Bowen Street"),
        nominatim(road="Bowen Street"),
        Reply.json([]),
    ]
    with asking(lambda _: answers.pop(0), time, service="nominatim") as (service, asked):
        found = [service.find(BLOCK, time.now + 10) for _ in range(3)]
    assert [point and degrees(point) for point in found] == [(-95.52, 29.51), None, None]
    assert asked[0].params["viewbox"] == "-96.0,29.0,-95.0,30.0"


def test_questions_keep_their_distance_and_stop_when_time_is_up() -> None:
    time = Time()
    begun = time.now
    with asking(lambda _: census((-95.5, 29.5)), time, per_second=0.5) as (service, asked):
        for _ in range(3):
            service.find(BLOCK, begun + 5)
        assert time.now - begun == 4
        with pytest.raises(NotNow):
            service.find(BLOCK, begun + 5)
    assert len(asked) == 3


@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=500),
        Reply(status=302, headers={"location": "http://127.0.0.1:9/"}),
        Reply(chunks=(b"<html>",)),
        Reply.json({"result": "other"}),
        Reply(chunks=(b" " * 300_000,)),
        Reply.json([3]),
    ],
)
def test_a_service_that_fails_says_nothing_about_the_address_and_is_left_alone(answer: Reply) -> None:
    time = Time()
    with asking(lambda _: answer, time) as (service, asked):
        with pytest.raises(NotNow):
            service.find(BLOCK, time.now + 10)
        with pytest.raises(NotNow):
            service.find(BLOCK, time.now + 10)
    assert len(asked) == 1


def test_a_service_is_not_asked_for_crossings() -> None:
    time = Time()
    with asking(lambda _: census((-95.5, 29.5)), time) as (service, asked):
        assert service.find(Crossing("A ST", "B ST"), time.now + 10) is None
    assert asked == []


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "needs `streets` or `service`"),
        ({"service": "census"}, "needs `locality`"),
        ({"service": "google", "locality": "x"}, "geocoder.service"),
        ({"streets": {"file": "none.geojson"}}, "no such file"),
        ({"streets": {"file": "s", "ranges": ["a"]}}, "names two properties"),
    ],
)
def test_a_geocoder_that_cannot_work_is_refused(table: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(CityFileError, match=reason):
        small_city(tmp_path, top={"geocoder": table})
