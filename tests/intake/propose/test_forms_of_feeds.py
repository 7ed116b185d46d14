"""Feeds of more than twenty forms, all with the same calls, are described with at most two things to fill in.

Every sample is written here by hand and served on the loopback interface.
"""

import csv
import io
import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from loopback.server import Reply, Request, serving
from pyproj import Transformer

from blocklight.app.bodies import download
from blocklight.intake.propose.asking import fetch_sample
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.sample import read_sample
from blocklight.intake.propose.toml_text import confidence_word

Fields = dict[str, tuple[tuple[str, ...], str]]
ZONE = ZoneInfo("America/Los_Angeles")
TYPES = ("ALARM", "TRAFFIC STOP", "NOISE COMPLAINT", "TRAFFIC COLLISION")
LAYER = "/rest/services/CAD/Calls/FeatureServer/0"
_ROWS = 48


class Call(NamedTuple):
    number: str
    when: datetime
    kind: str
    address: str
    lon: float
    lat: float

    @property
    def local(self) -> datetime:
        return self.when.astimezone(ZONE)

    @property
    def ms(self) -> int:
        return round(self.when.timestamp() * 1000)

    @property
    def wall_ms(self) -> int:
        return round(self.local.replace(tzinfo=UTC).timestamp() * 1000)


def calls() -> list[Call]:
    start = datetime(2026, 9, 14, 15, 7, 31, tzinfo=UTC)
    return [
        Call(
            f"26-{n:05}",
            start + timedelta(minutes=37 * n),
            TYPES[n % 4],
            f"{100 * (n % 9 + 1)} BLOCK OAK ST",
            round(-122.67 + n / 900, 5),
            round(45.51 + n / 1100, 5),
        )
        for n in range(_ROWS)
    ]


def csv_of(columns: dict[str, Callable[[Call], object]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    table = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    table.writerow(columns)
    table.writerows([value(call) for value in columns.values()] for call in calls())
    return text.getvalue().encode()


def rows_of(columns: dict[str, Callable[[Call], object]]) -> list[dict[str, Any]]:
    return [{name: value(call) for name, value in columns.items()} for call in calls()]


TO_PLANE = Transformer.from_crs("EPSG:4326", "EPSG:2269", always_xy=True)


def plane(call: Call) -> tuple[int, int]:
    x, y = TO_PLANE.transform(call.lon, call.lat)
    return round(x), round(y)


def layer(
    columns: dict[str, tuple[str, Callable[[Call], object]]], **told: object
) -> Callable[[Request], Reply]:
    fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}]
    fields += [{"name": name, "type": f"esriFieldType{kind}"} for name, (kind, _) in columns.items()]
    features = [
        {
            "attributes": {"OBJECTID": n} | {name: value(call) for name, (_, value) in columns.items()},
            "geometry": {"x": call.lon, "y": call.lat},
        }
        for n, call in enumerate(calls())
    ]

    def served(request: Request) -> Reply:
        if request.params.get("returnCountOnly"):
            return Reply.json({"count": _ROWS})
        if request.path.endswith("/query"):
            return Reply.json({"features": features, "fields": fields, "spatialReference": {"wkid": 4326}})
        return Reply.json({"fields": fields, "objectIdField": "OBJECTID", "type": "Feature Layer", **told})

    return served


def portal(request: Request) -> Reply:
    """A CKAN portal with one table."""
    rows = rows_of(PLAIN)
    if request.path.endswith("package_show"):
        resource = {"id": "r1", "datastore_active": True, "last_modified": "2026-09-01T00:00:00"}
        return Reply.json({"success": True, "result": {"resources": [resource]}})
    fields = [{"id": name} for name in rows[0]]
    numbered = [{"_id": n} | row for n, row in enumerate(rows)]
    return Reply.json(
        {"success": True, "result": {"records": numbered, "fields": fields, "total": len(rows)}}
    )


PLAIN: dict[str, Callable[[Call], object]] = {
    "call_number": lambda call: call.number,
    "received": lambda call: call.when.isoformat(),
    "call_type": lambda call: call.kind,
    "address": lambda call: call.address,
    "lon": lambda call: call.lon,
    "lat": lambda call: call.lat,
}


def plain(**other: Callable[[Call], object]) -> dict[str, Callable[[Call], object]]:
    return PLAIN | other


def html(*, headings: bool, points: bool) -> bytes:
    columns: dict[str, Callable[[Call], object]] = {
        "Call #": PLAIN["call_number"],
        "Received": lambda call: f"{call.local:%m/%d/%Y %H:%M}",
    }
    columns |= {"Nature": PLAIN["call_type"], "Location": PLAIN["address"]}
    columns |= {"Latitude": PLAIN["lat"], "Longitude": PLAIN["lon"]} if points else {}
    head = f"<tr>{''.join(f'<th>{name}</th>' for name in columns)}</tr>" if headings else ""
    body = "".join(
        f"<tr>{''.join(f'<td>{value(call)}</td>' for value in columns.values())}</tr>" for call in calls()
    )
    return f"<html><body><table>{head}{body}</table></body></html>".encode()


def xml(item: str, *, root: str = "calls") -> bytes:
    return (
        f"<{root}>{''.join(item.format(call=call, local=call.local) for call in calls())}</{root}>".encode()
    )


RSS = (
    "<item><guid>{call.number}</guid><category>{call.kind}</category><title>{call.address}</title>"
    "<pubDate>{call.when:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
    "<point>{call.lat} {call.lon}</point></item>"
)
ATOM = (
    "<entry><id>{call.number}</id><published>{call.when:%Y-%m-%dT%H:%M:%SZ}</published>"
    '<category term="{call.kind}"/><point>{call.lat} {call.lon}</point></entry>'
)
XML = (
    "<CALL><NUMBER>{call.number}</NUMBER><RECEIVED>{local:%m/%d/%Y %H:%M}</RECEIVED>"
    "<NATURE>{call.kind}</NATURE>"
    "<ADDRESS>{call.address}</ADDRESS><X>{call.lon}</X><Y>{call.lat}</Y></CALL>"
)
OPEN311 = (
    "<request><service_request_id>{call.number}</service_request_id><status>open</status>"
    "<service_name>{call.kind}</service_name><requested_datetime>{call.when:%Y-%m-%dT%H:%M:%SZ}"
    "</requested_datetime><lat>{call.lat}</lat><long>{call.lon}</long></request>"
)


@dataclass(frozen=True)
class Form:
    """One form: what is served at which address, and what of the proposed file has to be what."""

    served: bytes | object | Callable[[Request], Reply]
    path: str
    key: tuple[str, ...]
    fields: Fields
    source: dict[str, object] | None = None
    blanks: int = 0
    """How many things nothing can be known of, such as the bounds of a list without coordinates."""


def usual(**changes: tuple[tuple[str, ...], str]) -> Fields:
    return {
        "received_at": (("received",), "iso"),
        "source_type": (("call_type",), "text"),
        "address": (("address",), "text"),
        "lon": (("lon",), "float"),
        "lat": (("lat",), "float"),
    } | changes


def without(fields: Fields, *names: str) -> Fields:
    return {name: spec for name, spec in fields.items() if name not in names}


def at_layer(received: tuple[str, ...], convert: str) -> Fields:
    return {
        "received_at": (received, convert),
        "source_type": (("CallType",), "text"),
        "lon": (("__lon",), "float"),
        "lat": (("__lat",), "float"),
    }


OF_LAYER: dict[str, tuple[str, Callable[[Call], object]]] = {
    "CallNumber": ("String", lambda call: call.number),
    "CallType": ("String", lambda call: call.kind),
}
NAMELESS = without(usual(), "lon", "lat")

FORMS: dict[str, Form] = {
    "json, a list": Form(rows_of(PLAIN), "/calls.json", ("call_number",), usual()),
    "json, below a path": Form({"d": {"rows": rows_of(PLAIN)}}, "/calls.json", ("call_number",), usual()),
    "json, by id": Form(
        {c.number: r for c, r in zip(calls(), rows_of(PLAIN), strict=True)},
        "/calls.json",
        ("call_number",),
        usual(),
    ),
    "json, a list for each agency": Form(
        {"police": {"calls": rows_of(PLAIN)[:24]}, "fire": {"calls": rows_of(PLAIN)[24:]}},
        "/calls.json",
        ("call_number",),
        usual(agency=(("__group",), "text")),
        {"records": "*.calls"},
    ),
    "json, /Date()/": Form(
        rows_of(plain(received=lambda call: f"/Date({call.ms})/")),
        "/c.json",
        ("call_number",),
        usual(received_at=(("received",), "epoch_ms")),
    ),
    "json, seconds": Form(
        rows_of(plain(received=lambda call: call.ms // 1000)),
        "/c.json",
        ("call_number",),
        usual(received_at=(("received",), "epoch_s")),
    ),
    "json, the word UTC": Form(
        rows_of(plain(received=lambda call: f"{call.when:%Y-%m-%d %H:%M:%S} UTC")),
        "/c.json",
        ("call_number",),
        usual(),
    ),
    "json, Z in US order": Form(
        rows_of(plain(received=lambda call: f"{call.when:%m/%d/%Y %H:%M:%S}Z")),
        "/c.json",
        ("call_number",),
        usual(received_at=(("received",), "local")),
    ),
    "csv, US times": Form(
        csv_of(plain(received=lambda call: f"{call.local:%m/%d/%Y %I:%M:%S %p}")),
        "/c.csv",
        ("call_number",),
        usual(received_at=(("received",), "local")),
    ),
    "csv, semicolons and decimal commas": Form(
        csv_of(
            plain(
                lon=lambda call: str(call.lon).replace(".", ","),
                lat=lambda call: str(call.lat).replace(".", ","),
            ),
            ";",
        ),
        "/c.csv",
        ("call_number",),
        usual(),
    ),
    "csv, a day and hours in one number": Form(
        csv_of(
            {
                "call_number": PLAIN["call_number"],
                "OccDate": lambda call: f"{call.local:%m/%d/%Y}",
                "OccHour": lambda call: int(f"{call.local:%H%M}"),
            }
            | plain()
            | {"received": lambda _: ""}
        ),
        "/c.csv",
        ("call_number",),
        usual(received_at=(("OccDate", "OccHour"), "local")),
    ),
    "csv, a day and clocks": Form(
        csv_of(
            plain(
                date=lambda call: f"{call.local:%m/%d/%y}",
                received=lambda call: f"{call.local:%H:%M}",
                dispatched=lambda call: f"{call.local + timedelta(minutes=3):%H:%M}",
            )
        ),
        "/c.csv",
        ("call_number",),
        usual(received_at=(("date", "received"), "local"), dispatched_at=(("dispatched",), "time_of_day")),
    ),
    "csv, a state plane": Form(
        csv_of(
            plain(
                address=lambda call: f"{call.address}, PORTLAND, OR 97201",
                lon=lambda _: "",
                lat=lambda _: "",
                x_coordinate=lambda call: plane(call)[0],
                y_coordinate=lambda call: plane(call)[1],
            )
        ),
        "/c.csv",
        ("call_number",),
        without(usual(point=(("x_coordinate", "y_coordinate"), "xy")), "lon", "lat"),
    ),
    "csv, 311 of New York": Form(
        csv_of(
            {
                "Unique Key": PLAIN["call_number"],
                "Created Date": lambda call: f"{call.local:%m/%d/%Y %I:%M:%S %p}",
                "Closed Date": lambda _: "",
                "Agency": lambda call: ("NYPD", "DOT")[call.kind == "ALARM"],
                "Complaint Type": PLAIN["call_type"],
                "Status": lambda _: "Closed",
                "Latitude": PLAIN["lat"],
                "Longitude": PLAIN["lon"],
            }
        ),
        "/c.csv",
        ("Unique Key",),
        {
            "received_at": (("Created Date",), "local"),
            "source_type": (("Complaint Type",), "text"),
            "agency": (("Agency",), "text"),
            "lon": (("Longitude",), "float"),
            "lat": (("Latitude",), "float"),
        },
        {"kind": "request"},
    ),
    "open311, json": Form(
        rows_of(
            {
                "service_request_id": PLAIN["call_number"],
                "status": lambda _: "open",
                "service_name": PLAIN["call_type"],
                "requested_datetime": PLAIN["received"],
                "lat": PLAIN["lat"],
                "long": PLAIN["lon"],
            }
        ),
        "/open311/v2/requests.json",
        ("service_request_id",),
        {
            "received_at": (("requested_datetime",), "iso"),
            "source_type": (("service_name",), "text"),
            "lon": (("long",), "float"),
            "lat": (("lat",), "float"),
        },
        {"kind": "request", "pages": {"parameter": "page", "size": "page_size"}},
    ),
    "open311, xml": Form(
        xml(OPEN311, root="service_requests"),
        "/open311/v2/requests.xml",
        ("service_request_id",),
        {
            "received_at": (("requested_datetime",), "iso"),
            "source_type": (("service_name",), "text"),
            "lon": (("long",), "float"),
            "lat": (("lat",), "float"),
        },
        {"kind": "request", "records": "service_requests.request"},
    ),
    "xml, a plain list": Form(
        xml(XML),
        "/activecalls.xml",
        ("NUMBER",),
        {
            "received_at": (("RECEIVED",), "local"),
            "source_type": (("NATURE",), "text"),
            "address": (("ADDRESS",), "text"),
            "lon": (("X",), "float"),
            "lat": (("Y",), "float"),
        },
    ),
    "rss": Form(
        b"<rss><channel>" + xml(RSS)[7:-8] + b"</channel></rss>",
        "/feed",
        ("guid",),
        {
            "received_at": (("pubDate",), "iso"),
            "source_type": (("category",), "text"),
            "address": (("title",), "text"),
            "point": (("point",), "lat_lon"),
        },
    ),
    "atom": Form(
        b'<feed xmlns="http://www.w3.org/2005/Atom">' + xml(ATOM)[7:-8] + b"</feed>",
        "/feed",
        ("id",),
        {
            "received_at": (("published",), "iso"),
            "source_type": (("category@term",), "text"),
            "point": (("point",), "lat_lon"),
        },
    ),
    "html, a table": Form(
        html(headings=True, points=True),
        "/calls",
        ("Call #",),
        {
            "received_at": (("Received",), "local"),
            "source_type": (("Nature",), "text"),
            "address": (("Location",), "text"),
            "lon": (("Longitude",), "float"),
            "lat": (("Latitude",), "float"),
        },
    ),
    "html, without coordinates": Form(
        html(headings=True, points=False),
        "/calls",
        ("Call #",),
        {
            "received_at": (("Received",), "local"),
            "source_type": (("Nature",), "text"),
            "address": (("Location",), "text"),
        },
        blanks=2,
    ),
    "html, without headings": Form(
        html(headings=False, points=False),
        "/calls",
        ("column_1",),
        {
            "received_at": (("column_2",), "local"),
            "source_type": (("column_3",), "text"),
            "address": (("column_4",), "text"),
        },
        {"columns": ["column_1", "column_2", "column_3", "column_4"]},
        blanks=2,
    ),
    "arcgis": Form(
        layer(OF_LAYER | {"Received": ("Date", lambda call: call.ms)}),
        LAYER,
        ("CallNumber",),
        at_layer(("Received",), "epoch_ms"),
    ),
    "arcgis, wall clocks": Form(
        layer(OF_LAYER | {"Received": ("Date", lambda call: call.wall_ms)}, datesInUnknownTimezone=True),
        LAYER,
        ("CallNumber",),
        at_layer(("Received",), "local"),
    ),
    "arcgis, a date and a clock": Form(
        layer(
            OF_LAYER
            | {
                "CallDate": ("DateOnly", lambda call: f"{call.local:%Y-%m-%d}"),
                "CallTime": ("TimeOnly", lambda call: f"{call.local:%H:%M:%S}"),
            }
        ),
        LAYER,
        ("CallNumber",),
        at_layer(("CallDate", "CallTime"), "local"),
    ),
    "arcgis, times with an offset": Form(
        layer(OF_LAYER | {"Received": ("TimestampOffset", lambda call: call.local.isoformat())}),
        LAYER,
        ("CallNumber",),
        at_layer(("Received",), "iso"),
    ),
    "socrata": Form(
        rows_of(plain(received=lambda call: f"{call.local:%Y-%m-%dT%H:%M:%S}.000")),
        "/resource/abcd-1234.json",
        ("call_number",),
        usual(received_at=(("received",), "local")),
    ),
    "ckan": Form(portal, "/dataset/calls", ("call_number",), usual()),
    "geojson": Form(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {k: v for k, v in row.items() if k not in ("lon", "lat")},
                    "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
                }
                for row in rows_of(PLAIN)
            ],
        },
        "/calls.geojson",
        ("call_number",),
        usual(lon=(("__lon",), "float"), lat=(("__lat",), "float")),
    ),
    "json lines": Form(
        b"\n".join(json.dumps(row).encode() for row in rows_of(PLAIN)),
        "/calls.jsonl",
        ("call_number",),
        usual(),
    ),
}


def app_of(form: Form) -> Callable[[Request], Reply]:
    if callable(form.served):
        return form.served
    body = form.served if isinstance(form.served, bytes) else json.dumps(form.served).encode()
    return lambda _: Reply(200, (body,), {"content-type": "application/octet-stream"})


def proposed(form: Form) -> Proposal:
    with serving(app_of(form)) as running:
        url = running.url + form.path
        body = fetch_sample(url, lambda at, how: download(at, 4_000_000, instead="", typed=url, params=how))
        return propose(read_sample(url, body), "smallville", Path())


def wrong_in(form: Form, found: Proposal) -> Iterator[str]:
    """Name what of a proposed file is not what it has to be, but for what stands there to be filled in."""
    source = tomllib.loads(found.toml)["sources"][0]
    if tuple(source["key"]) != form.key:
        yield "key"
    for name, expected in (form.source or {}).items():
        if source.get(name) != expected:
            yield name
    for name, (columns, convert) in form.fields.items():
        guess = found.table.found.get(name)
        if guess is None or (guess.columns, guess.spec.get("convert", "text")) != (columns, convert):
            yield name
    yield from (
        name for name in found.table.found if name not in form.fields and name not in {"agency", "status"}
    )


def sure(found: Proposal) -> set[str]:
    named = {name for name, guess in found.table.found.items() if confidence_word(guess.confidence) == "sure"}
    return named | {
        name for name, confidence in found.confidence.items() if confidence_word(confidence) == "sure"
    }


@pytest.mark.parametrize("name", FORMS)
def test_a_feed_of_this_form_needs_at_most_two_blanks_filled_in(name: str) -> None:
    form = FORMS[name]
    found = proposed(form)
    wrong, blanks = set(wrong_in(form, found)), found.toml.count('"FILL_IN"')
    assert wrong == set()
    assert blanks == form.blanks <= 2
    assert found.city is not None
    if not form.blanks:
        assert found.city.city.time_zone == "America/Los_Angeles"
        assert all(found.city.city.bounds.contains(call.lon, call.lat) for call in calls())


def test_there_are_more_than_twenty_forms() -> None:
    assert len(FORMS) > 20


@pytest.mark.parametrize("name", ["csv, US times", "html, a table", "arcgis, wall clocks", "socrata"])
def test_a_time_without_a_zone_is_never_called_sure(name: str) -> None:
    assert "received_at" not in sure(proposed(FORMS[name]))
