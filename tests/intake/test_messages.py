"""The field's standard messages, in invented samples: what is read of them, and that nothing else is."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import recording

from blocklight.config.city import SourceSpec, parse_city
from blocklight.geo.exact import degrees
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.eido import eido_row
from blocklight.intake.forms.neris import neris_row
from blocklight.intake.forms.tables import Reading, read_body
from blocklight.intake.normalise import Normaliser
from blocklight.model.vocabulary import Status

NOW = datetime(2026, 1, 31, 6, 0, tzinfo=UTC)
CITY = {
    "id": "anytown",
    "name": "Anytown",
    "time_zone": "America/Los_Angeles",
    "bounds": {"west": -122.3, "south": 37.7, "east": -122.1, "north": 37.9},
}


def pidf(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:gs="http://www.opengis.net/pidflo/1.0" entity="pres:somebody@example.com"><gp:geopriv>'
        f"<gp:location-info>{body}</gp:location-info></gp:geopriv></presence>"
    )


def point(lat: float, lon: float) -> str:
    crs = "urn:ogc:def:crs:EPSG::4326"
    return pidf(f'<gml:Point srsName="{crs}"><gml:pos>{lat} {lon}</gml:pos></gml:Point>')


CIVIC = pidf(
    '<ca:civicAddress xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"><ca:country>US</ca:country>'
    "<ca:PRD>N</ca:PRD><ca:RD>Main</ca:RD><ca:STS>Street</ca:STS><ca:HNO>1432</ca:HNO>"
    "<ca:UNIT>4B</ca:UNIT><ca:NAM>Mary Roe's house</ca:NAM></ca:civicAddress>"
)


def eido(**incident: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of an incident
    return {
        "$id": "urn:emergency:uid:incidentid:1:psap.example",
        "lastUpdateTimeStamp": "2026-01-31T05:30:00Z",
        "incidentComponent": {
            "$id": "incident",
            "incidentTypeCommonRegistryText": "VEHICLE FIRE",
            "incidentTypeInternalText": "CAR FIRE HWY",
            "incidentStatusCommonRegistryText": ["Active"],
            "internalIncidentId": "26-000101",
            "incidentCommonPriorityNumber": 2,
            "locationReference": [{"$ref": "place"}],
            "notesReference": [{"$ref": "note"}],
            "personReference": [{"$ref": "person"}],
            **incident,
        },
        "callComponent": [
            {
                "$id": "call",
                "callStartTimestamp": "2026-01-31T05:00:00-00:00",
                "locationReference": [{"$ref": "caller"}],
            }
        ],
        "locationComponent": [
            {
                "$id": "caller",
                "locationTypeDescriptionRegistryText": "Caller",
                "locationByValue": point(37.71, -122.11),
            },
            {
                "$id": "route",
                "locationTypeDescriptionRegistryText": "RoutingLocation",
                "locationByValue": point(37.72, -122.12),
            },
            {
                "$id": "place",
                "locationTypeDescriptionRegistryText": "Incident",
                "locationByValue": point(37.81, -122.21),
            },
        ],
        "personComponent": [{"$id": "person", "name": "Mary Roe", "birthdate": "1980-01-01"}],
        "notesComponent": [{"$id": "note", "noteText": "caller Mary Roe says her husband left"}],
        "callbackComponent": [{"$id": "back", "callBackInformationUri": ["tel:8195551212"]}],
        "agentComponent": [{"$id": "agent@psap.example", "agentWorkstationPositionIdentification": "5"}],
    }


def dispatch(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a dispatch
    plain = {
        "incident_neris_id": "FD24027240:1769835600000",
        "dispatch_internal_id": "9BR20260131000001",
        "fd_neris_id": "FD24027240",
        "dispatch_location": {
            "an_complete": "1432",
            "sn_pre_dir": "North",
            "sn_street_name": "Main",
            "sn_post_type": "Street",
            "nl_unit_value": "4B",
        },
        "dispatch_point": {"type": "Point", "coordinates": [-122.21, 37.81]},
        "dispatch_comment": ["caller Mary Roe at 510-555-0100"],
        "dispatch_comment_timestamp": ["2026-01-31T05:01:02+00:00"],
        "dispatch_determinate_code": "71-D-1",
        "dispatch_incident_code": "STRUCTURE FIRE",
        "dispatch_time_call_arrival": "2026-01-31T05:00:00+00:00",
        "dispatch_time_call_create": "2026-01-31T05:00:40+00:00",
        "dispatch_unit_response": [
            {
                "unit_id_reported": "E31",
                "time_dispatch": "2026-01-31T05:02:00+00:00",
                "time_enroute_to_scene": "2026-01-31T05:03:30+00:00",
                "time_on_scene": "2026-01-31T05:09:00+00:00",
            },
            {
                "unit_id_reported": "E42",
                "time_dispatch": "2026-01-31T05:01:30+00:00",
                "time_on_scene": "2026-01-31T05:08:00+00:00",
                "hospital_destination": "General Hospital",
                "time_at_patient": "2026-01-31T05:08:30+00:00",
            },
        ],
        "time_incident_clear": "2026-01-31T05:40:00+00:00",
    }
    return plain | changes


def source(message: str, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting of a source
    return SourceSpec.model_validate(
        {"id": "s", "label": "S", "connector": "push", "message": message, **changes}
    )


def understood(spec: SourceSpec, row: dict[str, Any]) -> Any:  # noqa: ANN401 - an incident
    plain = {"id": "s", "label": "S", "connector": "push", "message": "neris"}
    city = parse_city({"city": CITY, "sources": [plain]}, file="anytown.toml", folder=Path())
    [record] = Columns(spec).records([row])
    return Normaliser.of(spec, city)(record, NOW)


def test_an_eido_is_one_incident_at_the_place_that_it_refers_to_itself() -> None:
    incident = understood(source("eido"), eido())
    assert incident.source_type == "VEHICLE FIRE"
    assert incident.other_types == ("CAR FIRE HWY",)
    assert incident.received_at == datetime(2026, 1, 31, 5, 0, tzinfo=UTC)
    assert (incident.status, incident.priority, incident.agency) == (Status.OPEN, 2, "police")
    assert degrees(incident.point) == (-122.21, 37.81)


def test_nothing_personal_of_an_eido_becomes_a_record() -> None:
    records = Columns(source("eido")).records([eido()])
    text = json.dumps(records)
    for word in ("Roe", "tel:", "1980", "husband", "agent", "37.71", "37.72", "somebody@"):
        assert word not in text
    assert set(eido_row(eido())) == {
        "id",
        "received",
        "type",
        "local_type",
        "status",
        "priority",
        "lon",
        "lat",
    }


def test_an_incident_without_a_place_of_its_own_is_not_put_where_its_caller_is() -> None:
    assert "lon" not in eido_row(eido(locationReference=[]))
    assert "lon" not in eido_row(eido(locationReference=[{"$ref": "caller"}, {"$ref": "route"}]))


def test_a_civic_address_is_read_without_unit_and_name() -> None:
    document = eido()
    document["locationComponent"][2]["locationByValue"] = CIVIC
    assert eido_row(document)["address"] == "1432 N Main Street"


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (["Closed"], "closed"),
        (["Active", "Closed"], "open"),
        (["canceled", "DUPLICATE"], "closed"),
        (["Dispatched"], "open"),
    ],
)
def test_an_incident_is_over_when_it_is_for_every_agency(states: list[str], status: str) -> None:
    assert eido_row(eido(incidentStatusCommonRegistryText=states))["status"] == status


@pytest.mark.parametrize(
    ("code", "read"), [("12", "12"), ("33", None), ("45", None), ("46", "46"), ("CDC-40", None)]
)
def test_what_became_of_a_patient_is_not_read(code: str, read: str | None) -> None:
    disposition = {"dispositionCommonRegistryCode": code, "dispositionPrimaryIndicator": True}
    assert eido_row(eido(dispositionComponent=[disposition])).get("disposition") == read


@pytest.mark.parametrize(
    "location",
    [
        "<!DOCTYPE a [<!ENTITY b 'c'>]>" + point(37.81, -122.21),
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + point(37.81, -122.21),
        "<presence>",
        "",
        "\x00",
        "<a>" * 20_000 + "</a>" * 20_000,
        "x" * 200_000,
        point(97.0, -122.21),
        pidf("<gml:Point><gml:pos>here</gml:pos></gml:Point>"),
        pidf('<gml:Point srsName="urn:ogc:def:crs:EPSG::3857"><gml:pos>1 2</gml:pos></gml:Point>'),
    ],
)
def test_a_location_that_is_none_is_no_place_and_no_harm(location: str) -> None:
    document = eido()
    document["locationComponent"][2]["locationByValue"] = location
    assert not {"lon", "lat", "address"} & set(eido_row(document))


def test_a_dispatch_of_neris_is_one_incident_with_the_times_of_its_first_units() -> None:
    incident = understood(source("neris"), dispatch())
    assert incident.source_type == "STRUCTURE FIRE"
    assert incident.other_types == ("71-D-1",)
    times = (
        incident.received_at,
        incident.dispatched_at,
        incident.en_route_at,
        incident.on_scene_at,
        incident.closed_at,
    )
    assert [f"{time:%H:%M:%S}" for time in times] == [
        "05:00:00",
        "05:01:30",
        "05:03:30",
        "05:08:00",
        "05:40:00",
    ]
    assert (incident.units, incident.agency, incident.status) == (2, "fire", Status.CLOSED)
    assert degrees(incident.point) == (-122.21, 37.81)


def test_comments_patients_units_and_ids_with_clocks_are_not_read_of_neris() -> None:
    row = neris_row(dispatch())
    text = json.dumps(row)
    for word in ("Roe", "555", "General", "E31", "1769835600000", "4B", "05:08:30", "05:01:02"):
        assert word not in text
    assert row["address"] == "1432 North Main Street"


@pytest.mark.parametrize("given", ["37.81, -122.21", {"latitude": 37.81, "longitude": -122.21}])
def test_a_point_of_neris_may_be_text_or_an_object(given: object) -> None:
    assert degrees(understood(source("neris"), dispatch(dispatch_point=given)).point) == (-122.21, 37.81)


def test_a_city_file_may_say_any_field_otherwise() -> None:
    spec = source("neris", fields={"agency": {"default": "fire_and_rescue"}}, key=["id"])
    assert understood(spec, dispatch()).agency == "fire_and_rescue"
    assert spec.key == ("id",)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*eido(), *eido()["incidentComponent"], *dispatch(), "$ref"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("body", ["alone", "list", "lines"])
def test_a_file_holds_messages_alone_in_a_list_or_in_lines(body: str) -> None:
    spec = source("neris", connector="files", url="file:///srv/fire")
    one = json.dumps(dispatch())
    text = {"alone": one, "list": f"[{one}, {one}]", "lines": f"{one}\n{one}\n"}[body]
    rows = [row for block in read_body(text.encode(), Reading.of(spec, 10)) for row in block.records]
    assert len(rows) == (1 if body == "alone" else 2)
    assert rows[0]["type"] == "STRUCTURE FIRE"
    assert "Roe" not in json.dumps(rows)


@given(st.dictionaries(st.sampled_from([*eido(), *dispatch()]), _JSON))
def test_whatever_a_message_holds_it_is_read_without_an_error(document: dict[str, Any]) -> None:
    for spec in (source("eido"), source("neris")):
        assert len(Columns(spec).records([document])) == 1


def test_nenas_own_sample_gives_neither_a_person_nor_a_place(shared_data: Path) -> None:
    file = recording(shared_data / "schemas" / "eido" / "Samples" / "Sample_call_transfer_EIDO.json")
    row = eido_row(json.loads(file.read_text("utf-8")))
    assert set(row) == {"id", "received"}  # a call that is handed over, without an incident yet
