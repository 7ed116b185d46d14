"""The FeatureServer over HTTP: what clients rely on, compared by counts and values."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from feature_server import ALL, FeatureServer, service_of
from living_city import START, an_incident
from public_side import NOW, PublicSide, public_side, some_incidents

from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Reason

IsMet = Callable[[PublicIncident], object]
COUNT = 300
INCIDENTS = some_incidents(COUNT)


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        side.follow()
        yield side


@pytest.fixture(scope="module")
def server(side: PublicSide) -> FeatureServer:
    return FeatureServer(side.client)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _in_last(hours: int) -> list[PublicIncident]:
    return [incident for incident in INCIDENTS if incident.received_at >= NOW - timedelta(hours=hours)]


def test_a_client_finds_the_service_and_its_layers(side: PublicSide, server: FeatureServer) -> None:
    info = side.client.get("/arcgis/rest/info?f=json").json()
    assert info["authInfo"] == {"isTokenBasedSecurity": False}
    assert "owningSystemUrl" not in info
    services = side.client.get("/arcgis/rest/services?f=pjson").json()["services"]
    assert services == [{"name": "smallville", "type": "FeatureServer"}]
    root = server.get()
    assert [(layer["id"], layer["name"]) for layer in root["layers"]] == [
        (0, "Last 24 hours"), (1, "Last 7 days"), (2, "Last 30 days"), (3, "All"), (10, "Police beats"),
    ]  # fmt: skip
    assert [(table["id"], table["name"]) for table in root["tables"]] == [(4, "Sources")]
    every = server.get("/layers")
    assert [layer["id"] for layer in every["layers"]] == [0, 1, 2, 3, 10]


def test_each_layer_describes_itself_whole(server: FeatureServer) -> None:
    for layer in (0, 1, 2, ALL, 10, 4):
        described = server.get(f"/{layer}")
        assert described["id"] == layer
        assert described["maxRecordCount"] == 10_000
        assert described["capabilities"] == "Query"
        assert described["objectIdField"] == "OBJECTID"
        assert described["advancedQueryCapabilities"]["supportsPagination"] is True
        assert described["dateFieldsTimeReference"]["timeZone"] == "UTC"
        assert described["fields"][0]["type"] == "esriFieldTypeOID"
        assert ("drawingInfo" in described) is (layer != 4)
        assert ("timeInfo" in described) is (layer <= ALL)
    fields = {field["name"]: field for field in server.get(f"/{ALL}")["fields"]}
    assert fields["received_at"]["type"] == "esriFieldTypeDate"
    assert {value["code"] for value in fields["category"]["domain"]["codedValues"]} == set(Category)
    beats = {value["code"]: value["name"] for value in fields["area_beat"]["domain"]["codedValues"]}
    assert beats == {"01X": "Beat 01X", "02Y": "Beat 02Y"}


def test_each_layer_has_exactly_the_incidents_of_its_time(server: FeatureServer) -> None:
    assert [server.count(layer) for layer in (0, 1, 2, ALL)] == [len(_in_last(24)), COUNT, COUNT, COUNT]
    assert 0 < len(_in_last(24)) < COUNT
    assert server.ids(0) == {incident.id for incident in _in_last(24)}


def test_a_feature_says_what_its_record_says(server: FeatureServer) -> None:
    by_id = {incident.id: incident for incident in INCIDENTS}
    features = server.query(where="1=1", outFields="*")["features"]
    assert len(features) == COUNT
    for feature in features:
        told = feature["attributes"]
        record = by_id[told["id"]]
        assert told["category"] == record.category
        assert told["received_at"] == _ms(record.received_at)
        assert told["closed_at"] == (None if record.closed_at is None else _ms(record.closed_at))
        assert told["stage"] == record.stage
        assert told["area_beat"] == record.areas.get("beat")
        assert told["place_label"] == (record.place.label if record.place else None)
        point = feature.get("geometry")
        assert point == (None if record.place is None else {"x": record.place.lon, "y": record.place.lat})


def test_pages_by_offset_are_all_records_once_and_say_when_there_are_more(server: FeatureServer) -> None:
    seen: list[int] = []
    for offset in range(0, COUNT + 70, 70):
        page = server.query(outFields="OBJECTID", resultOffset=offset, resultRecordCount=70)
        seen += [feature["attributes"]["OBJECTID"] for feature in page["features"]]
        assert page.get("exceededTransferLimit", False) is (offset + 70 < COUNT)
    assert len(seen) == len(set(seen)) == COUNT
    assert set(seen) == set(server.query(returnIdsOnly="true")["objectIds"])
    assert server.count(objectIds=",".join(map(str, seen[:50]))) == 50


def test_an_answer_never_stops_in_silence(server: FeatureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blocklight.standards.geoservices.query_request.MOST_RECORDS", 100)
    page = server.query(where="1=1", resultRecordCount=200)
    assert (len(page["features"]), page["exceededTransferLimit"]) == (100, True)
    assert len(server.query(maxRecordCountFactor=3)["features"]) == COUNT
    page = server.query(f="geojson")
    assert (len(page["features"]), page["properties"]["exceededTransferLimit"]) == (100, True)
    assert len(server.query(returnIdsOnly="true")["objectIds"]) == COUNT


def _in_box(incident: PublicIncident) -> bool:
    return incident.place is not None and incident.place.lon < -122.2 and incident.place.lat < 37.76


def _at_the_middle(incident: PublicIncident) -> bool:
    return incident.place is not None and (incident.place.lon, incident.place.lat) == (-122.25, 37.75)


def _west_of_the_middle(incident: PublicIncident) -> bool:
    return _in_box(incident) and incident.place is not None and incident.place.lon < -122.25


def _on_the_edge(incident: PublicIncident) -> bool:
    return _in_box(incident) and incident.place is not None and incident.place.lon == -122.25


def _hours_ago(incident: PublicIncident) -> float:
    return (NOW - incident.received_at) / timedelta(hours=1)


_METRES = (-13614373.7, 4537054.9, -13603241.8, 4545498.6)
_ENVELOPE = dict(zip(("xmin", "ymin", "xmax", "ymax"), _METRES, strict=True))
_ENVELOPE_JSON = json.dumps({**_ENVELOPE, "spatialReference": {"wkid": 102100, "latestWkid": 3857}})
_CORNERS = [[-122.3, 37.7], [-122.3, 37.76], [-122.2, 37.76], [-122.2, 37.7], [-122.3, 37.7]]
_RING = {"geometry": json.dumps({"rings": [_CORNERS]}), "geometryType": "esriGeometryPolygon"}
_POINT = {"geometry": '{"x":-122.25,"y":37.75}', "geometryType": "esriGeometryPoint"}
_WEST = {"geometry": "-122.3,37.7,-122.25,37.76"}
_FROM, _TO = _ms(NOW - timedelta(hours=30)), _ms(NOW - timedelta(hours=25))
_OPEN_BEAT = {"where": "area_beat = '01X' AND status <> 'open'"}


@pytest.mark.parametrize(
    ("asked", "is_met"),
    [
        ({"where": "category = 'fire'"}, lambda i: i.category == "fire"),
        (_OPEN_BEAT, lambda i: i.areas.get("beat") == "01X" and i.status != "open"),
        ({"where": "priority BETWEEN 2 AND 3"}, lambda i: i.priority in (2, 3)),
        ({"where": "received_at > CURRENT_TIMESTAMP - INTERVAL '1' DAY"}, lambda i: _hours_ago(i) < 24),
        ({"time": f"{_FROM},{_TO}"}, lambda i: 25 <= _hours_ago(i) <= 30),
        ({"time": f"null,{_FROM}"}, lambda i: _hours_ago(i) >= 30),
        ({"geometry": "-122.3,37.7,-122.2,37.76"}, _in_box),
        ({"geometry": _ENVELOPE_JSON}, _in_box),
        ({"geometry": ",".join(map(str, _METRES)), "inSR": "102100"}, _in_box),
        (_RING, _in_box),
        (_POINT, _at_the_middle),
        ({**_POINT, "distance": "2", "units": "esriSRUnit_StatuteMile"}, _at_the_middle),
        ({"geometry": "-122.25,37.75", "geometryType": "esriGeometryPoint"}, _at_the_middle),
        ({**_WEST, "spatialRel": "esriSpatialRelContains"}, _west_of_the_middle),
        ({**_WEST, "spatialRel": "esriSpatialRelTouches"}, _on_the_edge),
        ({**_WEST, "spatialRel": "esriSpatialRelCrosses"}, lambda _: False),
    ],
)
def test_a_query_finds_exactly_what_the_records_say(
    server: FeatureServer, asked: dict[str, str], is_met: IsMet
) -> None:
    expected = {incident.id for incident in INCIDENTS if is_met(incident)}
    assert server.ids(**asked) == expected
    assert server.count(**asked) == len(expected)
    assert len(server.query(**asked, returnIdsOnly="true")["objectIds"]) == len(expected)
    posted = server.posted(ALL, **asked, returnCountOnly="true")
    assert posted == {"count": len(expected)}


def test_an_extent_is_that_of_the_public_points(server: FeatureServer) -> None:
    answer = server.query(where="category = 'fire'", returnExtentOnly="true")
    points = [i.place for i in INCIDENTS if i.category == "fire" and i.place]
    assert answer["count"] == sum(i.category == "fire" for i in INCIDENTS)
    extent = answer["extent"]
    assert extent["xmin"] == min(point.lon for point in points)
    assert extent["ymax"] == max(point.lat for point in points)
    assert server.query(where="1=0", returnExtentOnly="true")["extent"]["xmin"] is None


def test_web_mercator_is_answered_in_metres(server: FeatureServer) -> None:
    degrees = server.query(where="place_kind IS NOT NULL", outFields="id")["features"]
    metres = server.query(where="place_kind IS NOT NULL", outFields="id", outSR="102100", geometryPrecision=1)
    assert metres["spatialReference"] == {"wkid": 102100, "latestWkid": 3857}
    for one, other in zip(degrees, metres["features"], strict=True):
        assert other["geometry"]["x"] == pytest.approx(one["geometry"]["x"] * 111_319.490793, abs=0.1)
        assert 4_530_000 < other["geometry"]["y"] < 4_560_000


def test_statistics_are_those_of_the_records(server: FeatureServer) -> None:
    figures = [
        {"statisticType": "count", "onStatisticField": "OBJECTID", "outStatisticFieldName": "n"},
        {"statisticType": "min", "onStatisticField": "received_at", "outStatisticFieldName": "first"},
    ]
    asked = {"outStatistics": json.dumps(figures), "groupByFieldsForStatistics": "category"}
    rows = [f["attributes"] for f in server.query(**asked, orderByFields="n DESC")["features"]]
    counts = Counter(str(incident.category) for incident in INCIDENTS)
    assert [(row["category"], row["n"]) for row in rows] == sorted(
        counts.items(), key=lambda one: (-one[1], one[0])
    )
    for row in rows:
        assert row["first"] == min(_ms(i.received_at) for i in INCIDENTS if i.category == row["category"])
    most = max(counts.values())
    for having in (f"n >= {most}", f"COUNT(OBJECTID) >= {most}"):
        assert len(server.query(**asked, having=having)["features"]) == sum(
            n == most for n in counts.values()
        )
    assert server.count(**asked) == len(counts)
    distinct = server.query(returnDistinctValues="true", outFields="agency", returnGeometry="false")[
        "features"
    ]
    assert [f["attributes"] for f in distinct] == [{"agency": "fire"}, {"agency": "police"}]


def test_areas_and_sources_are_layers_too(server: FeatureServer) -> None:
    areas = server.query(10)
    assert [f["attributes"]["name"] for f in areas["features"]] == ["Beat 01X", "Beat 02Y"]
    assert len(areas["features"][0]["geometry"]["rings"][0]) == 5
    assert server.ids(10, geometry="-122.25,37.75", geometryType="esriGeometryPoint") == {"01X"}
    assert server.ids(10, where="name LIKE '%02Y'") == {"02Y"}
    assert server.query(10, f="geojson")["features"][1]["geometry"]["type"] == "Polygon"
    assert server.ids(4, where="kind = 'request'") == {"requests"}
    assert server.count(4) == 2


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"where": "nothing = 1"}, "where"),
        ({"geometry": "1,2,3"}, "geometry"),
        ({"geometry": "nan,0,1,1"}, "geometry"),
        ({"geometry": '{"rings":[[[0,0],[1,1]]]}'}, "geometry"),
        ({"geometry": '{"xmin":"a"}'}, "geometry"),
        ({"geometry": "{"}, "geometry"),
        ({"geometry": "0,0,1,1", "inSR": "2227"}, "inSR"),
        ({"geometry": "0,0,1,1", "spatialRel": "esriSpatialRelRelation"}, "spatialRel"),
        ({"geometry": "0,0,1,1", "distance": "5"}, "distance"),
        ({"geometry": "0,0", "distance": "-5"}, "distance"),
        ({"geometry": "0,0", "distance": "5", "units": "furlong"}, "units"),
        ({"outSR": "abc"}, "outSR"),
        ({"outFields": "id,secret"}, "outFields"),
        ({"orderByFields": "id SIDEWAYS"}, "orderByFields"),
        ({"resultOffset": "-1"}, "resultOffset"),
        ({"resultRecordCount": "0"}, "resultRecordCount"),
        ({"resultRecordCount": "1e3"}, "resultRecordCount"),
        ({"objectIds": "1,x"}, "objectIds"),
        ({"objectIds": ",".join(["1"] * 10_001)}, "objectIds"),
        ({"time": "yesterday"}, "time"),
        ({"time": "99999999999999999999"}, "time"),
        ({"f": "kmz"}, "f"),
        ({"returnCountOnly": "maybe"}, "returnCountOnly"),
        ({"outStatistics": "[]"}, "outStatistics"),
        (
            {"outStatistics": '[{"statisticType":"percentile_cont","onStatisticField":"units"}]'},
            "outStatistics",
        ),
        ({"outStatistics": '[{"statisticType":"avg","onStatisticField":"category"}]'}, "outStatistics"),
        ({"having": "n > 1"}, "having"),
        ({"historicMoment": "1"}, "historicMoment"),
        ({"quantizationParameters": '{"tolerance":-1}'}, "quantizationParameters"),
    ],
)
def test_a_mistake_is_an_error_with_its_parameter_and_status_200(
    server: FeatureServer, asked: dict[str, str], parameter: str
) -> None:
    error = server.mistake(**asked)
    assert error["code"] == 400
    assert error["message"].startswith(f"{parameter}: ")
    assert f"parameter: {parameter}" in error["details"]


def test_what_is_not_served_is_refused_plainly(side: PublicSide, server: FeatureServer) -> None:
    for path in (
        "/99",
        "/x/query",
        "/3/queryTopFeatures",
        "/3/validateSQL",
        "/3/generateRenderer",
        "/3/addFeatures",
    ):
        assert server.get(path)["error"]["code"] == 404
    assert side.client.get("/arcgis/rest/services/elsewhere/FeatureServer").json()["error"]["code"] == 404
    body = side.client.post(f"{service_of('smallville')}/3/query", content=b"x" * 1_000_001).json()
    assert body["error"]["code"] == 413


def test_pages_of_other_sites_may_ask_and_post(side: PublicSide) -> None:
    path = f"{service_of('smallville')}/3/query"
    allowed = side.client.options(path).headers
    assert "POST" in allowed["access-control-allow-methods"]
    assert side.client.get(path).headers["access-control-allow-origin"] == "*"
    assert "POST" not in side.client.options("/api/v1/incidents").headers["access-control-allow-methods"]


def test_the_same_answer_is_not_sent_twice(side: PublicSide) -> None:
    path = f"{service_of('smallville')}/3/query?where=1=1"
    first = side.client.get(path)
    assert first.headers["cache-control"] == "public, max-age=1"
    assert side.client.get(path, headers={"if-none-match": first.headers["etag"]}).status_code == 304


def test_updates_arrive_and_what_is_taken_back_is_gone_from_the_next_answer(tmp_path: Path) -> None:
    with public_side(tmp_path) as side:
        server = FeatureServer(side.client)
        side.store.apply("dispatch", [an_incident(1), an_incident(2)], at=START)
        first = {f["attributes"]["id"]: f["attributes"]["OBJECTID"] for f in server.query()["features"]}
        changed = an_incident(1, category=Category.FIRE)
        side.store.apply("dispatch", [changed, an_incident(3)], at=START + timedelta(minutes=5))
        side.follow()
        assert server.count(where="category = 'fire'") == 1
        assert (
            server.query(where="category = 'fire'")["features"][0]["attributes"]["OBJECTID"]
            == first[changed.id]
        )
        gone = Withheld(changed.id, "dispatch", Reason.SENSITIVE, sensitive=True)
        side.store.apply("dispatch", [gone], at=START + timedelta(minutes=6))
        side.follow()
        assert server.ids() == {an_incident(2).id, an_incident(3).id}
        assert server.count(objectIds=first[changed.id]) == 0
        assert first[changed.id] not in server.query(returnIdsOnly="true")["objectIds"]
