"""Feeds as people reported them: the proposed file needs at most two blanks, and what it calls sure is right.

Reads the handed cases beside the recorded feeds, and is skipped where they are missing; ``test_forms_of_feeds``
holds feeds of the same forms that are written by hand. Prints a line for each feed.
"""

# ruff: noqa: E501 - a table reads best in lines
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from recordings import recording

from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.sample import read_sample
from blocklight.intake.propose.toml_text import confidence_word

NEAR = "-97.33,37.68"
LAYER = "rest/services/CAD/Active/FeatureServer/0"
DEGREES = {"lon": ("__lon",), "lat": ("__lat",)}
MOST_BLANKS = 2


class Handed(NamedTuple):
    """What must stand in the file that is proposed for one handed feed; *near* where no coordinate tells."""

    file: str
    key: str
    received: str
    convert: str
    type: str
    place: Mapping[str, tuple[str, ...]]
    blanks: int = 0


def plain(*columns: str) -> dict[str, tuple[str, ...]]:
    return {name: (column,) for name, column in zip(("lon", "lat"), columns, strict=True)}


FEEDS = [
    Handed("01-arcgis-wallclock-epoch/arcgis.json", "CallNo", "Received", "local", "Nature", DEGREES),
    Handed("02-military-time-integers/calls.csv", "CaseNo", "OccDate OccHour", "local", "Offense", plain("Lon", "Lat")),
    Handed("02-military-time-integers/rows.json", "no", "day hour", "local", "offense", plain("lon", "lat")),
    Handed("03-plain-xml-active-calls/activecalls.xml", "CALL@incident", "RECEIVED", "local", "NATURE", plain("X", "Y")),
    Handed("04-html-several-tables/page.html", "Call #", "Time", "local", "Nature", {"address": ("Location",)}, 1),
    Handed("05-html-pager/acl.html", "Call #", "Time", "local", "Nature", {"address": ("Location",)}, 1),
    Handed("06-html-hhmm-no-id/events.html", "Street Cross Streets Time", "Time", "time_of_day", "Description", {"address": ("Street",)}, 1),
    Handed("07-json-active-and-recent/arrays.json", "0", "1", "local", "2", plain("4", "3")),
    Handed("07-json-active-and-recent/by-group.json", "ID", "CallReceivedDateTime", "iso", "CallType", plain("Longitude", "Latitude")),
    Handed("07-json-active-and-recent/by-id.json", "__key", "CallReceivedDateTime", "iso", "CallType", plain("Longitude", "Latitude")),
    Handed("07-json-active-and-recent/giba.json", "ID", "CallReceivedDateTime", "iso", "CallType", plain("Longitude", "Latitude")),
    Handed("08-json-post-only/snapshot.json", "id", "starttime", "local", "nature", plain("geox", "geoy")),
    Handed("09-feed-geo-namespace/p.xml", "guid", "pubDate", "iso", "category", plain("long", "lat")),
    Handed("09-feed-geo-namespace/rss-cst.xml", "guid", "pubDate", "iso", "category", {"point": ("point",)}),
    Handed("10-geojson-geometry-kinds/incidents.geojson", "id", "pubDate", "iso", "category", DEGREES),
    Handed("12-arcgis-coded-domain/arcgis.json", "CALLNO", "RECEIVED", "epoch_ms", "CALLTYPE", DEGREES),
    Handed("13-socrata-location-human-address/abcd-1234.json", "incident_number", "datetime", "local", "type", plain("report_location.longitude", "report_location.latitude")),
    Handed("14-open311-missing-times/requests.json", "service_request_id", "requested_datetime", "local", "service_name", plain("long", "lat")),
    Handed("14-open311-missing-times/requests.xml", "service_request_id", "requested_datetime", "iso", "service_name", plain("long", "lat")),
    Handed("15-json-ms-dates/calls.json", "Id", "Opened", "epoch_ms", "Nature", plain("Lng", "Lat")),
    Handed("21-csv-dialects/cp1252-semicolon.csv", "Call", "Opened", "local", "Nature", plain("Lon", "Lat")),
    Handed("21-csv-dialects/decimal-comma.csv", "Call", "Opened", "local", "Nature", plain("Lon", "Lat")),
    Handed("21-csv-dialects/excel-serials.csv", "Call", "Opened", "excel", "Nature", plain("Lon", "Lat")),
    Handed("21-csv-dialects/trailing-total.csv", "Call", "Opened", "local", "Nature", plain("Lon", "Lat")),
    Handed("22-times-in-utc-without-offset/utc-word.json", "id", "opened", "iso", "nature", plain("lon", "lat")),
    Handed("22-times-in-utc-without-offset/us-z.json", "id", "opened", "local", "nature", plain("lon", "lat")),
    Handed("24-one-odd-date-among-200/na.csv", "call_number", "received", "local", "nature", plain("lon", "lat")),
    Handed("25-json-that-pages/records.json", "id", "received", "iso", "nature", plain("lon", "lat")),
    Handed("26-geojson-member-type/Problem.geojson", "IncidentNumber", "CallDateTime", "iso", "Problem", DEGREES),
    Handed("27-arcgis-date-only-and-offset/arcgis.json", "IncidentNumber", "CallDate CallTime", "local", "CallType", DEGREES),
    Handed("28-arcgis-timestamp-offset/arcgis.json", "IncidentNumber", "CallReceived", "iso", "CallType", DEGREES),
]  # fmt: skip


@pytest.fixture
def feeds(shared_data: Path) -> Path:
    return recording(shared_data.parent / "cases" / "feeds")


def answer_of(file: Path) -> tuple[str, bytes]:
    """Return the address and the first answer of a handed feed; a layer answers with what it says of itself."""
    url, body = f"https://cad.smallville.example/{file.parent.name}/{file.name}", file.read_bytes()
    if file.name != "arcgis.json":
        return url, body
    layer: dict[str, Any] = json.loads(body)
    reference = layer.get("sr", {"wkid": 4326})
    answer = {**layer["layer"], "features": layer["rows"], "spatialReference": reference}
    return f"https://gis.smallville.example/{LAYER}", json.dumps(answer).encode()


def wrong_in(handed: Handed, found: Proposal) -> Iterator[str]:
    """Name what a proposed file says otherwise than it is."""
    if found.key != (handed.key,) and " ".join(found.key) != handed.key:
        yield "key"
    received = found.table.found["received_at"]
    if (" ".join(received.columns), received.spec["convert"]) != (handed.received, handed.convert):
        yield "received_at"
    if found.table.found["source_type"].columns != (handed.type,):
        yield "source_type"
    yield from (
        name
        for name, columns in handed.place.items()
        if name not in found.table.found or found.table.found[name].columns != columns
    )


def is_sure(name: str, found: Proposal) -> bool:
    guess = found.table.found.get(name)
    return confidence_word(found.confidence.get(name, guess.confidence if guess else 0.0)) == "sure"


@pytest.mark.parametrize("handed", FEEDS, ids=lambda one: one.file)
def test_a_handed_feed_needs_at_most_two_blanks_and_nothing_sure_is_wrong(
    feeds: Path, handed: Handed
) -> None:
    url, body = answer_of(feeds / handed.file)
    found = propose(read_sample(url, body), "smallville", Path(), near=NEAR)
    wrong, blanks = sorted(wrong_in(handed, found)), found.toml.count('"FILL_IN"')
    sys.stdout.write(f"\n{handed.file:55} {blanks} blanks, wrong: {', '.join(wrong) or 'nothing'}")
    assert not [name for name in wrong if is_sure(name, found)]
    assert wrong == []
    assert blanks == handed.blanks <= MOST_BLANKS


def test_more_than_twenty_feeds_are_handed() -> None:
    assert len({one.file for one in FEEDS}) > 20
