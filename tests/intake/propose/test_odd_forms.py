"""Feeds in less usual forms are recognised by `city new`, with all that it takes to read them."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from loopback.server import Reply, Request, serving

from blocklight.cli.proposing import new_city
from blocklight.errors import SourceChanged
from blocklight.intake.propose.asking import fetch_sample
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.json_lists import longest_path
from blocklight.intake.propose.sample import read_sample
from blocklight.intake.propose.times import Written, written

URL = "https://calls.smallville.example/active"
CALL = {"CallType": "ALARM", "Received": "2026-03-01T12:00:00Z", "Lat": "37.70", "Lon": "-97.33"}


def proposed(body: str | object, url: str = URL) -> Proposal:
    text = body if isinstance(body, str) else json.dumps(body)
    return propose(read_sample(url, text.encode()), "smallville", Path())


def columns(found: Proposal) -> dict[str, tuple[str, ...]]:
    return {name: guess.columns for name, guess in found.table.found.items()}


def calls(count: int = 4) -> list[dict[str, Any]]:
    return [
        CALL | {"Received": f"2026-03-01T12:0{number}:00Z", "Lat": f"37.7{number}"} for number in range(count)
    ]


def test_a_plain_list_in_xml_is_proposed_with_its_path() -> None:
    rows = "".join(
        f'<CALL incident="26-{n}"><RECEIVED>03/01/2026 12:0{n}</RECEIVED><NATURE>ALARM</NATURE>'
        f"<PLACE>{n}00 ELM ST</PLACE><Y>37.7{n}</Y><X>-97.3{n}</X></CALL>"
        for n in range(4)
    )
    found = proposed(f"<ACTIVE made='12:05'><note>x</note>{rows}</ACTIVE>")
    assert (found.table.sample.connector, found.table.sample.records) == ("feed", "ACTIVE.CALL")
    assert found.key == ("CALL@incident",)
    assert columns(found)["source_type"] == ("NATURE",)


def test_rss_is_known_by_its_guid_its_date_and_its_category() -> None:
    items = "".join(
        f"<item><title>P {n}</title><guid>p-{n}</guid><pubDate>Sun, 01 Mar 2026 12:0{n}:00 {zone}</pubDate>"
        f"<category>Alarm</category></item>"
        for n, zone in enumerate(("-0600", "GMT", "CST"))
    )
    found = proposed(f"<rss><channel>{items}</channel></rss>")
    assert found.key == ("guid",)
    assert columns(found)["source_type"] == ("category",)
    assert found.table.found["received_at"].spec == {"from": ("pubDate",), "convert": "iso"}


def test_a_list_by_id_and_one_for_each_agency_are_found() -> None:
    by_id = {"incidents": {str(9000 + number): call for number, call in enumerate(calls())}}
    found = proposed(by_id)
    assert (found.table.sample.records, found.key) == ("incidents.*", ("__key",))
    groups = {"fire": {"calls": calls(2)}, "police": {"calls": calls(3)}, "made": "12:05"}
    found = proposed(groups)
    assert found.table.sample.records == "*.calls"
    assert found.table.found["agency"].spec["map"] == {"fire": "fire", "police": "police"}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([{"a": 1}], ""),
        ({"data": {"calls": [{"a": 1}], "units": []}}, "data.calls"),
        ({"incidents": {"active": [{"a": 1}], "recent": [{"a": 1}, {"a": 2}]}}, "incidents.recent"),
        ({"data": [["1", "2"], ["3", "4"]]}, "data"),
        ({"7a": {"id": 1}, "8b": {"id": 2}}, "*"),
        ({"status": "ok"}, ""),
    ],
)
def test_the_longest_list_is_found(document: object, path: str) -> None:
    assert longest_path(document) == path


def test_a_feature_is_no_call_type_and_any_geometry_is_a_place() -> None:
    line = {"type": "LineString", "coordinates": [[-97.3, 37.7], [-97.2, 37.7]]}
    point = {"type": "Point", "coordinates": [-97.3, 37.7]}
    features = [
        {
            "type": "Feature",
            "id": number,
            "geometry": shape,
            "properties": {"Problem": "ALARM", "No": f"26-{number}", "Received": CALL["Received"]},
        }
        for number, shape in enumerate((line, point))
    ]
    found = proposed({"type": "FeatureCollection", "features": features})
    assert columns(found)["source_type"] == ("Problem",)
    assert columns(found)["lon"] == ("__lon",)


def test_servers_that_page_alike_are_proposed_with_their_pages() -> None:
    requests = [
        {
            "service_request_id": f"R{n}",
            "service_name": "Pothole",
            "requested_datetime": f"2026-03-01T12:0{n}:00Z",
        }
        for n in range(3)
    ]
    assert 'pages = { "parameter" = "page", "size" = "page_size" }' in proposed(requests).toml
    rows = [call | {"id": f"C{n}"} for n, call in enumerate(calls())]
    known = proposed({"total_count": 99, "results": rows})
    assert known.city is not None
    assert known.city.sources[0].pages is not None
    assert known.city.sources[0].pages.parameter == "offset"
    unknown = proposed({"total": 99, "calls": rows})
    assert any(line.startswith("pages: the answer says that it is not all") for line in unknown.decide)


def test_serials_of_a_spreadsheet_and_decimal_commas_are_known() -> None:
    rows = "".join(f"A{n};463{n}4.4214699;ALARM;37,7{n}00;-97,3{n}00\n" for n in range(4))
    found = proposed("Call No;Opened;Nature;Lat;Lon\n" + rows)
    assert found.table.found["received_at"].spec == {"from": ("Opened",), "convert": "excel"}
    assert columns(found)["lat"] == ("Lat",)
    assert found.city is not None
    assert found.city.city.bounds.contains(-97.3, 37.7)


LAYER = "/rest/services/CAD/FeatureServer/0"


def layer_of(description: dict[str, Any], answer: dict[str, Any]) -> Any:  # noqa: ANN401 - an application
    def served(request: Request) -> Reply:
        return Reply.json(answer if request.path.endswith("/query") else description)

    return served


def test_the_codes_of_a_layer_are_proposed_as_its_words() -> None:
    domain = {"type": "codedValue", "codedValues": [{"code": 1, "name": "Structure Fire"}]}
    fields = [{"name": "CallNo"}, {"name": "CallType", "domain": domain}, {"name": "Received"}]
    rows = [
        {"attributes": {"CallNo": f"26-{n}", "CallType": 1, "Received": 1_772_366_400_000 + n}}
        for n in range(3)
    ]
    bodies = {"": {"fields": fields}, "query": {"features": rows, "fields": [{"name": "CallType"}]}}

    def ask(at: str, _: object) -> bytes:
        return json.dumps(bodies["query" if at.endswith("/query") else ""]).encode()

    url = "https://gis.smallville.example" + LAYER
    found = propose(read_sample(url, fetch_sample(url, ask)), "smallville", Path())
    assert found.table.values["CallType"] == ["Structure Fire"] * 3
    assert columns(found)["source_type"] == ("CallType",)


@pytest.mark.parametrize(
    ("description", "said"),
    [
        (
            {"type": "Group Layer", "subLayers": [{"id": 1, "name": "Active"}]},
            "name one of its layers: 1 is Active",
        ),
        ({"error": {"code": 499, "message": "Token Required"}}, "ArcGIS error 499: token required"),
    ],
)
def test_a_layer_that_cannot_be_read_says_why(description: dict[str, Any], said: str, tmp_path: Path) -> None:
    with (
        serving(layer_of(description, {"features": []})) as running,
        pytest.raises(SourceChanged, match=said),
    ):
        new_city(running.url + LAYER, name="smallville", sample=None, output=tmp_path)


@pytest.mark.parametrize("odd", ["NA", "NULL", "11/28/2026 at noon"])
def test_one_odd_cell_does_not_hide_a_column_of_times(odd: str) -> None:
    times = [f"11/28/2026 {n % 24:02}:{n % 60:02}" for n in range(199)]
    how = written([*times[:100], odd, *times[100:]])
    assert how is not None
    assert (how.convert, how.form) == ("local", "%m/%d/%Y %H:%M")


def test_many_odd_cells_make_no_column_of_times() -> None:
    assert written(["11/28/2026 10:11"] * 40 + ["NA"] * 10) is None


def test_a_coordinate_is_no_day_of_a_distant_year() -> None:
    assert written(["683983", "684344"]) is None
    assert written(["20260801", "20260802"]) == Written("day", "%Y%m%d")


@pytest.mark.parametrize(
    ("places", "marked"),
    [
        ({}, {"time_zone", "bounds"}),
        ({"lat": -33.45, "lon": -70.66}, set()),
        ({"lat": -30.0, "lon": -120.0}, {"time_zone"}),
        ({"lat": 37.7, "lon": -97.3}, set()),
    ],
)
def test_a_zone_and_bounds_that_are_not_known_are_left_to_fill_in(
    places: dict[str, float], marked: set[str]
) -> None:
    rows = [
        {
            "call_number": f"C{n}",
            "received": f"2026-11-28T10:{n:02}:07",
            "call_type": "NOISE",
            "address": "A ST",
        }
        | places
        for n in range(30)
    ]
    city = tomllib.loads(proposed(rows).toml)["city"]
    assert {name for name, told in city.items() if told == "FILL_IN"} == marked


def test_clocks_called_by_stages_belong_to_the_one_column_of_days() -> None:
    rows = [
        "number,date,received,dispatched,arrived,cleared,type",
        *(f"{n},09/14/26,07:{n:02},07:{n + 5:02},07:{n + 9:02},,ALARM" for n in range(10, 40)),
    ]
    found = proposed("\n".join(rows), "https://calls.smallville.example/log.csv")
    assert columns(found)["received_at"] == ("date", "received")
    assert columns(found)["dispatched_at"] == ("dispatched",)
    assert columns(found)["on_scene_at"] == ("arrived",)
    assert found.table.found["on_scene_at"].spec["convert"] == "time_of_day"
    assert found.city is not None


def test_a_table_of_311_requests_is_known_by_its_columns() -> None:
    rows = [
        {
            "Unique Key": str(100 + n),
            "Created Date": f"2026-03-01T12:{n:02}:01",
            "Complaint Type": "Pothole",
            "Status": "Open",
            "Incident Address": f"{n} CANARY ST",
            "Latitude": f"37.7{n}",
            "Longitude": f"-97.3{n}",
        }
        for n in range(10, 40)
    ]
    found = proposed(rows)
    assert found.key == ("Unique Key",)
    assert columns(found)["source_type"] == ("Complaint Type",)
    assert found.city is not None
    source = found.city.sources[0]
    assert (source.kind, found.table.found["agency"].spec) == ("request", {"default": "public_works"})


def exported(*columns: str) -> dict[str, Any]:
    """What a Socrata portal gives for `rows.json`: the names of the columns lie far from the rows."""
    rows = [
        [f"row-{n}", 1772294879, f"26-00{n}", f"2026-02-28T10:0{n}:00", "ALARM", f"37.7{n}", f"-97.3{n}"]
        for n in range(5)
    ]
    described = [{"name": name, "fieldName": name} for name in (":id", ":created_at", *columns)]
    return {"meta": {"view": {"id": "abcd-1234", "columns": described}}, "data": rows}


def test_an_export_of_a_portal_is_known_by_the_names_that_it_describes() -> None:
    found = proposed(exported("incident_number", "call_time", "call_type", "latitude", "longitude"))
    assert (found.table.sample.records, found.key) == ("data", ("incident_number",))
    names = columns(found)
    assert (names["received_at"], names["source_type"]) == (("call_time",), ("call_type",))
    assert (names["lat"], names["lon"]) == (("latitude",), ("longitude",))


def test_a_point_in_gml_and_one_in_kml_are_places() -> None:
    items = "".join(
        f"<item><title>ALARM</title><guid>p{n}</guid><date>2026-02-28T10:0{n}:00Z</date>"
        f"<w:where xmlns:w='w'><w:Point><w:pos>37.7{n} -97.3{n}</w:pos></w:Point></w:where></item>"
        for n in range(4)
    )
    gml = proposed(f"<rss><channel>{items}</channel></rss>")
    assert gml.table.found["point"].spec == {"from": ("pos",), "convert": "lat_lon"}
    marks = "".join(
        f"<Placemark id='k{n}'><name>ALARM</name><when>2026-02-28T10:0{n}:00Z</when>"
        f"<Point><coordinates>-97.3{n},37.7{n},0</coordinates></Point></Placemark>"
        for n in range(4)
    )
    kml = proposed(f"<kml><Document>{marks}</Document></kml>")
    assert kml.key == ("Placemark@id",)
    assert kml.table.found["point"].spec == {"from": ("coordinates",), "convert": "xy"}
    assert kml.city is not None
    assert kml.city.city.bounds.contains(-97.3, 37.7)


def test_clocks_beside_a_date_and_a_clock_are_stages_too() -> None:
    head = "Incident Number,Call Date,Call Time,Dispatch Time,Arrival Time,Cleared Time,Call Type,Location\n"
    rows = "".join(
        f"26-00{n},02/28/2026,10:0{n}:00,10:0{n}:30,10:1{n}:00,10:4{n}:00,ALARM,{n}00 BLK N MAIN ST\n"
        for n in range(6)
    )
    found = proposed(head + rows, url="https://x.example/export.csv").table.found
    assert found["received_at"].columns == ("Call Date", "Call Time")
    assert [found[stage].columns for stage in ("dispatched_at", "on_scene_at", "closed_at")] == [
        ("Dispatch Time",),
        ("Arrival Time",),
        ("Cleared Time",),
    ]


def test_a_day_in_milliseconds_is_read_with_the_clock_beside_it() -> None:
    rows = [
        {"CaseNo": f"26-00{n}", "CallDate": 1772236800000 + n // 3 * 86_400_000, "CallTime": f"1{n}:07:00"}
        | {"Nature": "ALARM", "Lat": f"37.7{n}", "Lon": f"-97.3{n}"}
        for n in range(6)
    ]
    spec = proposed(rows).table.found["received_at"].spec
    assert spec == {"from": ("CallDate", "CallTime"), "join": " ", "convert": "local"}


@pytest.mark.parametrize(
    ("text", "convert", "zoned"),
    [
        ("02/28/2026, 10:07:59 AM", "local", False),
        ("02/28/2026 @ 10:07", "local", False),
        ("02/28/2026 - 10:07", "local", False),
        ("2/28/2026 10:07:59.123", "local", False),
        ("Saturday, February 28, 2026 10:07 AM", "local", False),
        ("Sat Feb 28 10:07:59 2026", "local", False),
        ("10:07 02/28/2026", "local", False),
        ("28FEB2026:10:07:59", "local", False),
        ("20260228100759", "local", False),
        ("02/28/2026 10:07 AM CST", "local", True),
        ("2026/02/28 16:07:59+00", "local", True),
        ("2026-02-28 10:07:59 CST", "iso", True),
    ],
)
def test_times_are_known_in_each_of_their_forms(text: str, convert: str, zoned: bool) -> None:  # noqa: FBT001 - a table
    form = written([text, text.replace("07", "08")], named=True)
    assert form is not None
    assert (form.convert, form.zoned) == (convert, zoned)


def test_agencies_are_known_by_their_initials_and_units_by_their_list() -> None:
    rows = [
        call | {"id": f"C{n}", "agency": ("OFD", "OPD", "ACSO")[n % 3], "units": [{"id": "E1"}] * (n % 3)}
        for n, call in enumerate(calls(6))
    ]
    found = proposed(rows).table.found
    assert found["agency"].spec["map"] == {"OFD": "fire", "OPD": "police", "ACSO": "police"}
    assert found["units"].spec == {"from": ("units",), "convert": "length"}


def test_the_names_that_a_layer_has_for_people_tell_what_its_columns_are() -> None:
    named = {"CAD_NO": "CAD number", "RCVD": "Received", "CD1": "Call type", "LOC": "Location"}
    fields = [{"name": name, "alias": alias, "type": "esriFieldTypeString"} for name, alias in named.items()]
    rows = [
        {"CAD_NO": f"26-00{n}", "RCVD": f"2026-02-28 10:0{n}", "CD1": "ALARM", "LOC": f"{n}00 ELM ST"}
        for n in range(1, 5)
    ]
    answer = {"fields": fields, "features": [{"attributes": row} for row in rows]}
    names = columns(proposed(answer, url="https://gis.smallville.example" + LAYER))
    assert (names["received_at"], names["source_type"]) == (("RCVD",), ("CD1",))
    assert names["address"] == ("LOC",)


def test_where_only_its_surroundings_are_known_a_zone_is_guessed_and_bounds_are_not() -> None:
    rows = "Event Number,Event Date,Event Time,Event Type,Event Location\n" + "".join(
        f"26-00{n},02/28/2026,100{n},ALARM,INTERSECTION OF ELM ST AND {n}TH ST\n" for n in range(4, 9)
    )
    read = read_sample("https://x.example/export.csv", rows.encode())
    unknown, near = propose(read, "x", Path()), propose(read, "x", Path(), near="-97.33,37.68")
    assert columns(near)["address"] == ("Event Location",)
    assert 'time_zone = "FILL_IN"' in unknown.toml
    assert 'time_zone = "America/Chicago"  # likely' in near.toml
    assert 'bounds = "FILL_IN"' in near.toml


def test_values_in_quotation_marks_are_read_without_them() -> None:
    logs = "".join(
        f"<Log ID='26022{n}'>"
        f'<LogTime>"Feb 28 2026 10:0{n}AM"</LogTime><LogType>"1125-Traffic Hazard"</LogType>'
        f'<Location>"I135 N / Douglas Ave"</Location></Log>'
        for n in range(4)
    )
    found = proposed(f"<State><Center ID='W'><Dispatch ID='D'>{logs}</Dispatch></Center></State>")
    assert found.table.found["received_at"].spec == {
        "from": ("LogTime",),
        "convert": "local",
        "format": "%b %d %Y %I:%M%p",
    }
    assert found.table.values["LogType"] == ["1125-Traffic Hazard"] * 4
    assert columns(found)["address"] == ("Location",)
