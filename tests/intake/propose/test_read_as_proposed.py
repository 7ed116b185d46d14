"""Feeds of many forms are read by their own proposal: every call has its time, type and place.

Nothing of a proposal is edited. The calls are in Boise, whose clock is not the one of its longitude.
"""

import csv
import io
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from exact_calls import lon_lat
from loopback.server import Reply, Request, serving

from blocklight.app.bodies import download
from blocklight.app.sampling import reader_of
from blocklight.config.city import City, parse_city
from blocklight.geo.exact import key_text
from blocklight.intake.normalise import Normaliser
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.paging import with_pages
from blocklight.intake.propose.sample import read_sample

pytestmark = pytest.mark.anyio

ZONE = ZoneInfo("America/Boise")
KINDS = ("BURGLARY ALARM", "TRAFFIC STOP", "NOISE COMPLAINT", "TRAFFIC COLLISION")
URL = "https://cad.smallville.example/calls"
ROWS = 50


class Call(NamedTuple):
    n: int
    number: str
    when: datetime
    kind: str
    lon: float
    lat: float

    @property
    def local(self) -> datetime:
        return self.when.astimezone(ZONE)


def calls() -> list[Call]:
    start = datetime(2026, 9, 14, 15, 7, 31, tzinfo=UTC)
    return [
        Call(
            n,
            f"26-{n + 731:05}",
            start + timedelta(minutes=43 * n),
            KINDS[n % 4],
            round(-116.2 + n / 1100, 5),
            round(43.6 + n * 7 % ROWS / 1300, 5),
        )
        for n in range(ROWS)
    ]


Columns = Mapping[str, Callable[[Call], object]]
PLAIN: Columns = {
    "id": lambda call: call.number,
    "opened": lambda call: call.when.isoformat(),
    "nature": lambda call: call.kind,
    "lon": lambda call: call.lon,
    "lat": lambda call: call.lat,
}


def rows(columns: Columns) -> list[dict[str, Any]]:
    return [{name: value(call) for name, value in columns.items()} for call in calls()]


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def as_csv(columns: Columns, *, headings: bool = True) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    if headings:
        table.writerow(columns)
    table.writerows(row.values() for row in rows(columns))
    return text.getvalue().encode()


def wall(form: str) -> Callable[[Call], object]:
    return lambda call: call.local.strftime(form)


def opened(**columns: Callable[[Call], object]) -> Columns:
    """The plain columns with others in place of the time."""
    return {name: value for name, value in PLAIN.items() if name != "opened"} | columns


def elements(item: str, root: str) -> bytes:
    inside = "".join(item.format(call=call, local=call.local) for call in calls())
    return f'<?xml version="1.0"?><{root}>{inside}</{root}>'.encode()


def of_seconds(call: Call) -> float:
    clock = call.local
    return round((clock.hour * 3600 + clock.minute * 60 + clock.second) / 86_400, 8)


CARDS = "".join(
    f'<div class="call box"><h3 class="nature">{call.kind}</h3><dl><dt>Number</dt><dd>{call.number}</dd><dt>'
    f"Received</dt><dd>{call.local:%m/%d/%Y %H:%M:%S}</dd><dt>Lat</dt><dd>{call.lat}</dd><dt>Lon</dt>"
    f"<dd>{call.lon}</dd></dl></div>"
    for call in calls()
)

FORMS: dict[str, bytes] = {
    "wall clocks": as_json(rows(opened(opened=wall("%Y-%m-%d %H:%M:%S")))),
    "a column called after UTC": as_json(
        rows(opened(**{"Received (UTC)": lambda call: f"{call.when:%Y-%m-%d %H:%M:%S}"}))
    ),
    "a day and hours, minutes and seconds in one number": as_csv(
        opened(CALLDATE=wall("%Y%m%d"), CALLTIME=lambda call: int(call.local.strftime("%H%M%S")))
    ),
    "a day and a part of the day": as_csv(opened(call_date=wall("%Y-%m-%d"), call_time=of_seconds)),
    "a column for each part of a time": as_csv(
        opened(
            YEAR=lambda call: call.local.year,
            MONTH=lambda call: call.local.month,
            DAY=lambda call: call.local.day,
            HOUR=lambda call: call.local.hour,
            MINUTE=lambda call: call.local.minute,
            SECOND=lambda call: call.local.second,
        )
    ),
    "what JavaScript prints": as_json(
        rows(opened(opened=wall("%a %b %d %Y %H:%M:%S GMT-0600 (Mountain Daylight Time)")))
    ),
    "a zone in words": as_json(rows(opened(opened=wall("%Y-%m-%d %H:%M:%S Mountain Daylight Time")))),
    "microseconds": as_json(rows(opened(opened=lambda call: round(call.when.timestamp() * 1_000_000)))),
    "a clock of twelve hours with dots": as_json(
        rows(
            opened(
                opened=lambda call: (
                    call.local.strftime("%B %d, %Y %I:%M:%S ") + ("a.m." if call.local.hour < 12 else "p.m.")
                )
            )
        )
    ),
    "attributes alone": elements(
        '<inc id="{call.number}" dt="{local:%Y-%m-%d %H:%M:%S}" type="{call.kind}" lat="{call.lat}" '
        'lon="{call.lon}"/>',
        "calls",
    ),
    "elements called Table": elements(
        "<Table><INC_NUM>{call.number}</INC_NUM><INC_DATE>{call.when:%Y-%m-%dT%H:%M:%SZ}</INC_DATE>"
        "<INC_TYPE>{call.kind}</INC_TYPE><LAT>{call.lat}</LAT><LONG>{call.lon}</LONG></Table>",
        "NewDataSet",
    ),
    "known by a link": elements(
        "<item><title>{call.kind}</title><link>https://cad.example/{call.number}</link>"
        "<date>{call.when:%Y-%m-%dT%H:%M:%SZ}</date><point>{call.lat} {call.lon}</point></item>",
        "rss",
    ),
    "a text of JSON in XML": b'<?xml version="1.0"?><string xmlns="http://tempuri.org/">'
    + as_json(rows(PLAIN))
    + b"</string>",
    "a call for a script": b"callback(" + as_json(rows(PLAIN)) + b");",
    "a guard against scripts": b")]}',\n" + as_json(rows(PLAIN)),
    "members in members": as_json(
        [
            {
                "incidentId": call.number,
                "openedAt": call.when.isoformat(),
                "classification": {"description": call.kind},
                "location": {"coordinates": {"latitude": call.lat, "longitude": call.lon}},
            }
            for call in calls()
        ]
    ),
    "a type that is that of the document": as_json(
        {
            "data": [
                {
                    "type": "incidents",
                    "id": call.number,
                    "attributes": {
                        "received": call.when.isoformat(),
                        "nature": call.kind,
                        "latitude": call.lat,
                        "longitude": call.lon,
                    },
                }
                for call in calls()
            ]
        }
    ),
    "a shape with a name of its own": as_json(
        [
            {
                "incidentId": call.number,
                "openedAt": call.when.isoformat(),
                "natureOfCall": call.kind,
                "geo": {"type": "Point", "coordinates": [call.lon, call.lat]},
            }
            for call in calls()
        ]
    ),
    "the half of the earth in letters": as_csv(
        {**PLAIN, "lon": lambda call: f"{-call.lon} W", "lat": lambda call: f"{call.lat} N"}
    ),
    "millionths of degrees": as_csv(
        {
            **PLAIN,
            "lon": lambda call: round(call.lon * 1_000_000),
            "lat": lambda call: round(call.lat * 1_000_000),
        }
    ),
    "longitude and latitude under each other's names": as_csv(
        {**PLAIN, "lon": lambda call: call.lat, "lat": lambda call: call.lon}
    ),
    "a table without headings": as_csv(opened(opened=wall("%m/%d/%Y %H:%M:%S")), headings=False),
    "cards on a page": f"<html><body>{CARDS}</body></html>".encode(),
}


def parsed(found: Proposal) -> City:
    return parse_city(tomllib.loads(found.toml), file="the proposal", folder=Path())


async def understood(city: City, body: bytes | None) -> list[tuple[str, datetime, str, float, float]]:
    """What the proposed file makes of the answer, by time."""
    source, values = city.sources[0], []
    async with reader_of(source, city, body) as reader:
        async for batch in reader.fetch(None):
            assert not batch.unreadable
            for row in batch.records:
                incident = Normaliser.of(source, city)(row, datetime.now(UTC))
                lon, lat = lon_lat(incident) or (0.0, 0.0)
                key = key_text(incident.source_key)
                values.append((key, incident.received_at, incident.source_type, round(lon, 5), round(lat, 5)))
    return sorted(values, key=lambda value: value[1])


def expected() -> Iterator[tuple[datetime, str, float, float]]:
    return ((call.when, call.kind, call.lon, call.lat) for call in calls())


@pytest.mark.parametrize("name", FORMS)
async def test_a_feed_is_read_by_its_own_proposal_as_it_is(name: str) -> None:
    found = propose(read_sample(URL, FORMS[name]), "smallville", Path())
    assert '"FILL_IN"' not in found.toml
    city = parsed(found)
    assert city.city.time_zone == "America/Boise"
    read = await understood(city, FORMS[name])
    assert [value[1:] for value in read] == list(expected())
    assert len({value[0] for value in read}) == ROWS


def test_a_longitude_without_its_sign_gets_it_where_the_city_is_known_to_be() -> None:
    body = as_csv({**PLAIN, "lon": lambda call: -call.lon})
    found = propose(read_sample(URL, body), "smallville", Path(), near="-116.2,43.6")
    assert found.table.found["lon"].spec["scale"] == -1
    assert parsed(found).city.bounds.contains(-116.2, 43.6)


def test_bounds_leave_out_what_lies_far_from_the_other_places() -> None:
    listed = rows(PLAIN)
    for row, lon, lat in zip(
        listed[::10], (-122.4, -77.0, -81.7, 0.0, 35.1), (37.7, 38.9, 30.3, 0.0, 31.7), strict=True
    ):
        row |= {"lon": lon, "lat": lat}
    bounds = parsed(propose(read_sample(URL, as_json(listed)), "smallville", Path())).city.bounds
    assert (bounds.west, bounds.east) == pytest.approx((-116.2, -116.15), abs=0.05)
    assert (bounds.south, bounds.north) == pytest.approx((43.6, 43.64), abs=0.05)


def test_the_number_of_a_beat_or_a_year_is_no_clock() -> None:
    columns = {**PLAIN, "beat": lambda call: f"{1200 + call.n}", "year": lambda _: "2026"}
    times = propose(read_sample(URL, as_csv(columns)), "smallville", Path()).table.times
    assert set(times) == {"opened"}


PAGERS: dict[str, tuple[Callable[[list[Any], int], object], str, int]] = {
    "pages from 1": (lambda part, at: {"data": part, "has_more": at + 25 < ROWS}, "page", 1),
    "pages from 0": (lambda part, at: {"content": part, "totalPages": 2, "number": at // 25}, "page", 0),
    "rows": (
        lambda part, at: {"meta": {"total": ROWS, "offset": at, "limit": 25}, "items": part},
        "offset",
        0,
    ),
    "a round number of rows": (lambda part, _: part, "page", 1),
}


@pytest.mark.parametrize("name", PAGERS)
async def test_a_server_is_asked_how_it_pages(name: str) -> None:
    envelope, parameter, first = PAGERS[name]

    def served(request: Request) -> Reply:
        value = int(request.params.get(parameter, first))
        at = value if parameter == "offset" else (value - first) * 25
        return Reply.json(envelope(rows(PLAIN)[at : at + 25], at))

    with serving(served) as running:
        url = running.url + "/calls"

        def ask(query: Mapping[str, str]) -> bytes:
            return download(url, 4_000_000, instead="", params=query)

        body = ask({})
        sample = with_pages(read_sample(url, body), url, body, ask)
        assert sample.settings["pages"]["parameter"] == parameter
        city = parsed(propose(sample, "smallville", Path()))
        assert [value[1:] for value in await understood(city, None)] == list(expected())


@pytest.mark.parametrize(("heeds", "connector"), [(True, "open311"), (False, "json")])
def test_an_open311_server_that_chooses_by_time_gets_its_connector(*, heeds: bool, connector: str) -> None:
    url = "https://311.smallville.example/open311/v2/requests.json"
    body = as_json(
        [
            {
                "service_request_id": call.number,
                "status": "open",
                "service_name": "Pothole",
                "requested_datetime": call.when.isoformat(),
                "updated_datetime": call.when.isoformat(),
                "lat": call.lat,
                "long": call.lon,
            }
            for call in calls()
        ]
    )
    sample = with_pages(read_sample(url, body), url, body, lambda _: b"[]" if heeds else body)
    source = tomllib.loads(propose(sample, "smallville", Path()).toml)["sources"][0]
    assert (source["connector"], source["kind"], source["closes"]) == (connector, "request", "status")
    assert source.get("cursor_column") == ("updated_datetime" if heeds else None)
    assert ("pages" in source) is not heeds


def test_a_server_that_does_not_page_is_left_as_it_is() -> None:
    body = as_json(rows(PLAIN))
    sample = read_sample(URL, body)
    assert with_pages(sample, URL, body, lambda _: body) is sample


def test_a_page_of_which_there_are_more_is_said_to_be_one() -> None:
    table = "".join(f"<tr><td>{call.number}</td><td>{call.kind}</td></tr>" for call in calls())
    page = f"<html><table><tr><th>No</th><th>Type</th></tr>{table}</table>Showing 1 to 50 of 240</html>"
    assert read_sample(URL, page.encode()).not_all
