"""The OGC API over HTTP: what clients rely on, compared by counts and values."""

import json
import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from living_city import START, an_incident
from ogc_api import ITEMS, OgcClient
from public_side import PublicSide, public_side, some_incidents

from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Reason

COUNT = 300
INCIDENTS = some_incidents(COUNT)
IsMet = Callable[[PublicIncident], object]


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        side.follow()
        yield side


@pytest.fixture(scope="module")
def client(side: PublicSide) -> OgcClient:
    return OgcClient(side.client)


def _ids(is_met: IsMet) -> set[str]:
    return {incident.id for incident in INCIDENTS if is_met(incident)}


def _in_box(incident: PublicIncident) -> bool:
    return incident.place is not None and incident.place.lon < -122.2 and incident.place.lat < 37.76


def test_a_client_finds_its_way_from_the_landing_page(client: OgcClient) -> None:
    rels = {link["rel"]: link["href"] for link in client.get("/ogc")["links"]}
    assert {"self", "alternate", "service-desc", "conformance", "data"} <= set(rels)
    classes = client.get(rels["conformance"])["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes
    found = client.get(rels["data"])["collections"]
    assert [one["id"] for one in found] == ["incidents", "areas-beat"]
    for collection in found:
        (items,) = [link["href"] for link in collection["links"] if link["type"] == "application/geo+json"]
        assert client.get(items)["numberReturned"] > 0


def test_all_incidents_come_once_over_the_pages(client: OgcClient) -> None:
    assert client.ids(limit=37) == _ids(lambda _: True)
    assert client.matched() == COUNT


def test_pages_neither_skip_nor_repeat_while_calls_arrive(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        side.follow()
        page = side.client.get(ITEMS, params={"limit": 100}).json()
        seen = [feature["id"] for feature in page["features"]]
        new = [an_incident(number) for number in range(9_000, 9_010)]
        gone = [Withheld(one.id, one.source, Reason.SENSITIVE, sensitive=True) for one in INCIDENTS[:50]]
        side.store.apply("dispatch", [*new, *gone], at=START + timedelta(hours=1))
        side.follow()
        while onwards := [link["href"] for link in page["links"] if link["rel"] == "next"]:
            page = side.client.get(onwards[0]).json()
            seen += [feature["id"] for feature in page["features"]]
        assert len(seen) == len(set(seen))
        assert set(seen) == _ids(lambda _: True) | {one.id for one in new}
        assert OgcClient(side.client).ids() == {one.id for one in [*INCIDENTS[50:], *new]}


def test_a_feature_has_the_record_to_the_second(client: OgcClient) -> None:
    features = {one["id"]: one for one in client.get(ITEMS, limit=10_000)["features"]}
    assert len(features) == COUNT
    for incident in INCIDENTS:
        feature = features[incident.id]
        assert feature["properties"]["category"] == incident.category
        assert datetime.fromisoformat(feature["properties"]["received_at"]) == incident.received_at
        if incident.place is None:
            assert feature["geometry"] is None
        else:
            assert feature["geometry"]["coordinates"] == [incident.place.lon, incident.place.lat]


def test_one_item_by_its_id(client: OgcClient, side: PublicSide) -> None:
    feature = client.get(f"{ITEMS}/{INCIDENTS[7].id}")
    assert feature["id"] == INCIDENTS[7].id
    assert {"self", "alternate", "collection"} == {link["rel"] for link in feature["links"]}
    assert side.client.get(f"{ITEMS}/aaaaaaaaaaaaaaaa").status_code == 404
    assert client.get("/ogc/collections/areas-beat/items/01X")["properties"]["name"] == "Beat 01X"


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("category = 'fire'", lambda i: i.category == "fire"),
        ("'fire' = category", lambda i: i.category == "fire"),
        ("NOT category = 'fire'", lambda i: i.category != "fire"),
        ("category IN ('fire', 'noise')", lambda i: i.category in ("fire", "noise")),
        ("category NOT IN ('fire', 'noise')", lambda i: i.category not in ("fire", "noise")),
        ("priority IS NULL", lambda i: i.priority is None),
        ("priority IS NOT NULL AND priority > 1", lambda i: (i.priority or 0) > 1),
        ("priority BETWEEN 1 AND 2", lambda i: i.priority in (1, 2)),
        ("priority NOT BETWEEN 1 AND 2", lambda i: i.priority == 3),
        ("CASEI(source_type) LIKE casei('LOUD%')", lambda i: i.source_type == "LOUD PARTY"),
        ("source_type LIKE 'fire\\_%'", lambda i: i.source_type == "fire_alarm"),
        ("place_label = '100% Main_St'", lambda i: i.place and i.place.label == "100% Main_St"),
        ('"category" = \'fire\' OR status = \'open\'', lambda i: i.category == "fire" or i.status == "open"),
        ("(TRUE AND category = 'fire')", lambda i: i.category == "fire"),
        ("geometry IS NULL", lambda i: i.place is None),
        ("S_INTERSECTS(geometry, BBOX(-122.3,37.7,-122.2,37.76))", _in_box),
        ("S_INTERSECTS(BBOX(-122.3,37.7,-122.2,37.76), geometry)", _in_box),
        ("S_WITHIN(geometry,POLYGON((-122.3 37.7,-122.2 37.7,-122.2 37.76,-122.3 37.76,-122.3 37.7)))",
         _in_box),
        ("S_DISJOINT(geometry, BBOX(-122.3,37.7,-122.2,37.76))", lambda i: i.place and not _in_box(i)),
        ("category = 'fire' OR S_INTERSECTS(geometry, BBOX(-122.3,37.7,-122.2,37.76))",
         lambda i: i.category == "fire" or _in_box(i)),
        ("S_CROSSES(geometry, LINESTRING(-123 37, -122 38))", lambda _: False),
        ("S_EQUALS(geometry, POINT(-122.29 37.71))",
         lambda i: i.place and (i.place.lon, i.place.lat) == (-122.29, 37.71)),
        ("received_at >= TIMESTAMP('2026-01-31T20:00:00Z')",
         lambda i: i.received_at.isoformat() >= "2026-01-31T20"),
        ("T_BEFORE(received_at, DATE('2026-02-01'))", lambda i: i.received_at.isoformat() < "2026-02-01"),
        ("T_AFTER(received_at, DATE('2026-01-31'))", lambda i: i.received_at.isoformat() >= "2026-02-01"),
        ("T_INTERSECTS(received_at, INTERVAL('2026-01-31T20:00:00Z', '..'))",
         lambda i: i.received_at.isoformat() >= "2026-01-31T20"),
        ("T_DURING(INTERVAL(received_at, closed_at), INTERVAL('2026-01-31', '2026-02-01'))",
         lambda i: i.closed_at and i.closed_at.isoformat() < "2026-02-01"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("answers", ["memory", "database"])
def test_a_filter_chooses_exactly_what_it_says(
    client: OgcClient, text: str, is_met: IsMet, answers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if answers == "database":  # as where a city has more than memory holds
        monkeypatch.setattr("blocklight.publish.held_features._Held.covers", lambda *_: False)
    expected = _ids(is_met)
    assert client.ids(filter=text) == expected
    assert client.matched(filter=text) == len(expected)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("category = 'fire'", {"op": "=", "args": [{"property": "category"}, "fire"]}),
        ("category IN ('fire','noise')",
         {"op": "in", "args": [{"property": "category"}, ["fire", "noise"]]}),
        ("NOT priority IS NULL",
         {"op": "not", "args": [{"op": "isNull", "args": [{"property": "priority"}]}]}),
        ("priority BETWEEN 1 AND 2", {"op": "between", "args": [{"property": "priority"}, 1, 2]}),
        ("CASEI(source_type) LIKE 'loud%'",
         {"op": "like", "args": [{"op": "casei", "args": [{"property": "source_type"}]}, "loud%"]}),
        ("category = 'fire' AND (status = 'open' OR priority > 1)",
         {"op": "and", "args": [{"op": "=", "args": [{"property": "category"}, "fire"]},
          {"op": "or", "args": [{"op": "=", "args": [{"property": "status"}, "open"]},
                                {"op": ">", "args": [{"property": "priority"}, 1]}]}]}),
        ("S_INTERSECTS(geometry, BBOX(-122.3,37.7,-122.2,37.76))",
         {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [-122.3, 37.7, -122.2, 37.76]}]}),
        ("S_WITHIN(geometry,POLYGON((-122.3 37.7,-122.2 37.7,-122.2 37.76,-122.3 37.7)))",
         {"op": "s_within", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates":
          [[[-122.3, 37.7], [-122.2, 37.7], [-122.2, 37.76], [-122.3, 37.7]]]}]}),
        ("T_AFTER(received_at, TIMESTAMP('2026-01-31T20:00:00Z'))",
         {"op": "t_after", "args": [{"property": "received_at"}, {"timestamp": "2026-01-31T20:00:00Z"}]}),
        ("T_DURING(received_at, INTERVAL('2026-01-31','2026-02-01'))",
         {"op": "t_during", "args": [{"property": "received_at"},
          {"interval": ["2026-01-31", "2026-02-01"]}]}),
    ],
)  # fmt: skip
def test_both_forms_of_the_language_say_the_same(client: OgcClient, text: str, told: object) -> None:
    found = client.ids(filter=text)
    assert found == client.ids(**{"filter": json.dumps(told), "filter-lang": "cql2-json"})
    assert 0 < len(found) < COUNT


def test_parameters_choose_by_property_box_and_time(client: OgcClient) -> None:
    assert client.ids(category="fire", status="open") == _ids(
        lambda i: i.category == "fire" and i.status == "open"
    )
    assert client.ids(priority=2) == _ids(lambda i: i.priority == 2)
    box = _ids(_in_box)
    assert client.ids(bbox="-122.3,37.7,-122.2,37.76") == box
    assert client.ids(bbox="-122.3,37.7,0,-122.2,37.76,9") == box
    turned = {"bbox": "37.7,-122.3,37.76,-122.2", "bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/4326"}
    assert client.ids(**turned) == box
    assert client.ids(datetime="2026-01-31T20:00:00Z/..") == _ids(
        lambda i: i.received_at.isoformat() >= "2026-01-31T20"
    )
    assert client.ids(datetime="2026-02-01") == _ids(lambda i: i.received_at.isoformat()[:10] == "2026-02-01")
    assert client.ids(datetime="../2026-01-31") == _ids(lambda i: i.received_at.isoformat() < "2026-02-01")
    assert client.get(ITEMS, limit=99_999)["numberReturned"] == COUNT
    assert client.get(ITEMS, offset=290, limit=50)["numberReturned"] == 10


def test_coordinates_come_in_the_system_that_is_asked_for(client: OgcClient, side: PublicSide) -> None:
    incident = next(one for one in INCIDENTS if one.place is not None)
    assert incident.place is not None
    lon, lat = incident.place.lon, incident.place.lat
    turned = "http://www.opengis.net/def/crs/EPSG/0/4326"
    assert client.get(f"{ITEMS}/{incident.id}", crs=turned)["geometry"]["coordinates"] == [lat, lon]
    mercator = "http://www.opengis.net/def/crs/EPSG/0/3857"
    east, north = client.get(f"{ITEMS}/{incident.id}", crs=mercator)["geometry"]["coordinates"]
    assert math.isclose(east, math.radians(lon) * 6_378_137, abs_tol=0.01)
    assert math.isclose(math.degrees(math.atan(math.sinh(north / 6_378_137))), lat, abs_tol=1e-6)
    answer = side.client.get(ITEMS, params={"crs": mercator, "limit": 1})
    assert answer.headers["content-crs"] == f"<{mercator}>"
    assert answer.headers["vary"] == "accept, accept-encoding"


def test_areas_are_chosen_by_name_and_ground(client: OgcClient) -> None:
    beats = "/ogc/collections/areas-beat/items"
    assert client.get(beats, name="Beat 02Y")["numberMatched"] == 1
    (first,) = client.get(beats, id="01X")["features"]
    corner = first["geometry"]["coordinates"][0]
    while isinstance(corner[0], list):
        corner = corner[0]
    point = f"POINT({corner[0]} {corner[1]})"
    assert client.get(beats, filter=f"S_INTERSECTS(geometry, {point})")["numberMatched"] >= 1
    assert client.get(beats, filter="S_INTERSECTS(geometry, BBOX(0,0,1,1))")["numberMatched"] == 0
    assert client.get(beats, bbox="0,0,1,1")["numberMatched"] == 0
    page = client.get(beats, limit=1)
    assert page["numberMatched"] == 2
    assert [link["rel"] for link in page["links"]].count("next") == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"colour": "red"}, "colour: no such parameter"),
        ({"limit": "0"}, "limit: expected a whole number of at least 1"),
        ({"limit": "-5"}, "limit: "),
        ({"limit": "ten"}, "limit: "),
        ({"offset": "-1"}, "offset: "),
        ({"bbox": "1,2,3"}, "bbox: expected west"),
        ({"bbox": "nan,2,3,4"}, "bbox: expected west"),
        ({"bbox": "1,4,3,2"}, "bbox: its south"),
        ({"bbox-crs": "EPSG:27700", "bbox": "1,2,3,4"}, "bbox-crs: expected one of"),
        ({"crs": "EPSG:27700"}, "crs: expected one of"),
        ({"datetime": "yesterday"}, "datetime: expected a time"),
        ({"datetime": "2026-02-01/2026-01-01"}, "datetime: it ends before"),
        ({"datetime": "a/b/c"}, "datetime: expected a time"),
        ({"priority": "high"}, "priority: expected a number"),
        ({"received_at": "soon"}, "received_at: expected a time"),
        ({"filter-lang": "sql", "filter": "1=1"}, "filter-lang: expected one of"),
        ({"filter": ""}, "filter: unexpected end at position 1"),
        ({"filter": "category ="}, "filter: unexpected end at position 11"),
        ({"filter": "colour = 'red'"}, "filter: no property 'colour' at position 1"),
        ({"filter": "OBJECTID = 1"}, "filter: no property 'OBJECTID'"),
        ({"filter": "category = 3"},
         "filter: category is compared with a text in single quotes at position 12"),
        ({"filter": "category = status"}, "filter: compare a property with a value"),
        ({"filter": "priority LIKE 'a'"}, "filter: LIKE needs a property that is a text"),
        ({"filter": "category = 'a'; DROP TABLE incident"}, "filter: unexpected ';"),
        ({"filter": "S_DWITHIN(geometry, POINT(1 2))"}, "filter: no function S_DWITHIN"),
        ({"filter": "S_INTERSECTS(category, POINT(1 2))"}, "filter: expected geometry and a shape"),
        ({"filter": "S_INTERSECTS(geometry, POLYGON((1 2)))"}, "filter: not the coordinates of a polygon"),
        ({"filter": "S_INTERSECTS(geometry, POINT(1 2 3 4))"}, "filter: not the coordinates of a point"),
        ({"filter": "S_INTERSECTS(geometry, POINT(1e999 2))"}, "filter: expected finite numbers"),
        ({"filter": "T_AFTER(category, DATE('2026-01-01'))"}, "filter: category is no time"),
        ({"filter": "T_SOON(received_at, DATE('2026-01-01'))"}, "filter: no function t_soon"),
        ({"filter": "received_at > TIMESTAMP('soon')"}, "filter: expected a time such as"),
        ({"filter": "priority > 99999999999999999999999"}, "filter: a number too large"),
        ({"filter": "(" * 5_000}, "filter: more than 32 brackets within each other at position 33"),
        ({"filter": "NOT " * 2_000 + "x = 1"}, "filter: no property 'x'"),
        ({"filter": "a" * 30_000}, "filter: longer than 20,000 letters"),
        ({"filter": " OR ".join(["priority=1"] * 301)}, "filter: more than 300 conditions"),
        ({"filter": f"priority IN ({','.join(['1'] * 1_001)})"}, "filter: more than 1,000 values"),
        ({"filter": "category = 'a\x00b'"}, "filter: not a text"),
        ({"filter": "{", "filter-lang": "cql2-json"}, "filter: not JSON"),
        ({"filter": "{}", "filter-lang": "cql2-json"}, "filter: expected an object with op and args"),
        ({"filter": '{"op":"casei","args":[1]}', "filter-lang": "cql2-json"}, "filter: no operator 'casei'"),
        ({"filter": '{"op":"not","args":[' * 200 + "true" + "]}" * 200, "filter-lang": "cql2-json"},
         "filter: more than 32 operators within each other"),
        ({"filter": '{"op":"=","args":[{"property":"priority"}]}', "filter-lang": "cql2-json"},
         "filter: = needs 2 args"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_named_with_its_place(
    client: OgcClient, given: dict[str, str], said: str
) -> None:
    problem = client.mistake(**given)
    assert problem["status"] == 400
    assert problem["detail"].startswith(said), problem["detail"]


def test_a_parameter_given_twice_and_a_form_that_is_unknown_are_refused(side: PublicSide) -> None:
    assert "given twice" in side.client.get(f"{ITEMS}?limit=1&limit=2").text
    assert side.client.get("/ogc?f=xml").status_code == 400
    assert side.client.get("/ogc/conformance?x=1").status_code == 400
    for path in ("/ogc/collections/none", "/ogc/collections/none/items", "/ogc/nothing/at/all"):
        answer = side.client.get(path)
        assert answer.status_code == 404
        assert answer.json()["title"] == "Not found"


def test_a_browser_gets_pages_and_a_program_json(side: PublicSide) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path in ("/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/incidents", ITEMS,
                 f"{ITEMS}/{INCIDENTS[0].id}", "/ogc/collections/incidents/queryables",
                 "/ogc/collections/incidents/tiles", "/ogc/tileMatrixSets"):  # fmt: skip
        page = side.client.get(path, headers=browser)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<h1>" in page.text
        assert "<script" not in page.text
        assert side.client.get(path).headers["content-type"].endswith("json")
        assert side.client.get(path, params={"f": "json"}, headers=browser).json()
    assert INCIDENTS[0].id in side.client.get(ITEMS, headers=browser).text


def test_what_a_page_shows_is_escaped(side: PublicSide) -> None:
    page = side.client.get(ITEMS, params={"f": "html", "place_label": '"><script>alert(1)</script>'})
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "0 of 0" in page.text


def test_an_answer_that_did_not_change_keeps_its_tag(side: PublicSide) -> None:
    first = side.client.get(ITEMS, params={"limit": 5})
    again = side.client.get(ITEMS, params={"limit": 5}, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
