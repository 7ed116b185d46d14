"""ArcGIS layers that are not as they should be: silent limits, groups, codes, systems, shapes, logins."""

from typing import Any

import pytest
from exact_calls import lon_lat
from loopback.reading import Fetched, Reader
from loopback.server import Reply, Request, serving

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged
from blocklight.geo.exact import key_text
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import RawRecord

pytestmark = pytest.mark.anyio

FIELDS: dict[str, Any] = {
    "received_at": {"from": "received", "convert": "epoch_ms"},
    "source_type": "type",
    "agency": {"default": "fire"},
    "lon": {"from": "__lon", "convert": "float"},
    "lat": {"from": "__lat", "convert": "float"},
}
COLUMNS = ("OBJECTID", "number", "received", "type", "state")


def described(**changes: object) -> dict[str, Any]:
    fields = [{"name": name, "type": "esriFieldTypeString"} for name in COLUMNS]
    plain = {"type": "Feature Layer", "objectIdField": "OBJECTID", "maxRecordCount": 1000, "fields": fields}
    return {**plain, "advancedQueryCapabilities": {"supportsPagination": True}, **changes}


def feature(
    number: int, kind: object = "ALARM", geometry: object = None, state: object = None
) -> dict[str, Any]:
    values = (number, f"N{number}", 1_772_366_400_000, kind, state)
    return {
        "attributes": dict(zip(COLUMNS, values, strict=True)),
        "geometry": geometry or {"x": -97.3, "y": 37.7},
    }


def answer(features: list[dict[str, Any]], **members: object) -> dict[str, Any]:
    return {"features": features, "spatialReference": {"wkid": 4326}, **members}


def source(url: str, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting
    plain = {"id": "calls", "label": "Calls", "connector": "arcgis", "url": f"{url}/FeatureServer/0"}
    spec = {**plain, "closes": "vanish", "key": ["number"], "fields": FIELDS, "timeout_s": 30} | changes
    return SourceSpec.model_validate(spec)


async def read(layer: dict[str, Any], document: dict[str, Any], **changes: Any) -> Fetched:  # noqa: ANN401 - see above
    def served(request: Request) -> Reply:
        return Reply.json(document if request.path.endswith("/query") else layer)

    with serving(served) as running:
        async with Reader(source(running.url, **changes)) as reader:
            return await reader.fetch()


@pytest.mark.parametrize("told", [100, 1000])
async def test_a_limit_that_is_not_mentioned_is_noticed(told: int) -> None:
    features = [feature(number) for number in range(1, 161)]

    def served(request: Request) -> Reply:
        params = request.params
        if not request.path.endswith("/query"):
            return Reply.json(described(maxRecordCount=told))
        if params.get("returnCountOnly") == "true":
            return Reply.json({"count": len(features)})
        first = int(params["where"].rpartition(">= ")[2]) if ">=" in params["where"] else 1
        return Reply.json(answer(features[first - 1 : first + 99]))

    with serving(served) as running:
        async with Reader(source(running.url)) as reader:
            found = await reader.fetch()
    assert found.error is None
    assert [row["number"] for row in found.rows] == [f"N{number}" for number in range(1, 161)]
    assert found.complete == [False, True]


async def test_a_layer_of_layers_and_a_service_are_named() -> None:
    group = {"id": 0, "type": "Group Layer", "subLayers": [{"id": 1, "name": "Active"}], "fields": None}
    found = await read(group, answer([]))
    assert isinstance(found.error, SourceChanged)
    assert found.error.explained == (
        "a group layer, which has no rows of its own: name one of its layers: 1 is Active"
    )
    service = {"layers": [{"id": 3, "name": "Calls"}], "tables": []}
    assert "a service of several layers" in str((await read(service, answer([]))).error)


@pytest.mark.parametrize(
    ("code", "said"), [(499, "ArcGIS error 499: token required"), (498, "ArcGIS error 498: invalid token")]
)
async def test_a_layer_that_wants_a_token_says_so(code: int, said: str) -> None:
    error = {"error": {"code": code, "message": "J. Canary", "details": []}}
    assert str((await read(error, error)).error) == said


CODES = [{"name": "Structure Fire", "code": 1}, {"name": "Alarm", "code": "A"}]
DOMAIN = {"type": "codedValue", "name": "d", "codedValues": CODES}
STATES = {"type": "codedValue", "name": "s", "codedValues": [{"name": "Over", "code": 9}]}


def coded() -> dict[str, Any]:
    domains = {"type": DOMAIN, "state": STATES}
    return described(fields=[{"name": name, "domain": domains.get(name)} for name in COLUMNS])


async def test_codes_become_the_words_that_the_layer_has_for_them() -> None:
    rows = [feature(1, 1, state=9), feature(2, "A", state=9), feature(3, 7, state=0)]
    found = (await read(coded(), answer(rows))).rows
    assert [row["type"] for row in found] == ["Structure Fire", "Alarm", 7]


@pytest.mark.parametrize("name", ["over", "9"])
async def test_a_map_may_name_the_word_or_the_code(name: str) -> None:
    state = {"from": "state", "map": {name: "closed"}, "default": "open"}
    changes: dict[str, Any] = {"fields": FIELDS | {"status": state}, "closes": "status"}
    rows = (await read(coded(), answer([feature(1, 1, state=9), feature(2, 1, state=0)]), **changes)).rows
    assert [_incident(row, **changes).status for row in rows] == ["closed", "open"]


async def test_the_key_of_a_coded_column_and_a_number_stay_what_the_row_holds() -> None:
    changes: dict[str, Any] = {
        "fields": FIELDS | {"priority": {"from": "state", "convert": "int"}},
        "key": ["type"],
    }
    [row] = (await read(coded(), answer([feature(1, 1, state=9)]), **changes)).rows
    incident = _incident(row, **changes)
    assert (key_text(incident.source_key), incident.source_type, incident.priority) == (
        "1",
        "Structure Fire",
        9,
    )


async def test_a_subtype_is_a_word_too() -> None:
    kinds = [{"id": 1, "name": "Fire", "domains": {}}, {"id": 2, "name": "Police", "domains": None}]
    layer = described(typeIdField="type", types=kinds)
    rows = (await read(layer, answer([feature(1, 2), feature(2, 1)]))).rows
    assert [row["type"] for row in rows] == ["Police", "Fire"]


def _incident(row: RawRecord, **changes: Any) -> Any:  # noqa: ANN401 - an incident
    from datetime import UTC, datetime  # noqa: PLC0415 - kept beside its one use
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - as above

    normalise = Normaliser(source("https://gis.example", **changes), ZoneInfo("UTC"), {})
    return normalise(row, datetime(2026, 3, 2, tzinfo=UTC))


MERCATOR = {"x": -10_834_948.68, "y": 4_531_505.93}


@pytest.mark.parametrize(
    "reference",
    [
        {"wkid": 102100, "latestWkid": 3857},
        {"wkid": 102100},
        {"wkt": 'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere"]'},
    ],
)
async def test_points_in_another_system_than_was_asked_for_are_put_into_degrees(
    reference: dict[str, Any],
) -> None:
    [row] = (
        await read(described(), answer([feature(1, geometry=MERCATOR)], spatialReference=reference))
    ).rows
    assert (row["__lon"], row["__lat"]) == pytest.approx((-97.332, 37.66), abs=1e-5)


@pytest.mark.parametrize("reference", [{"wkid": 999_999}, {"wkt": 'PROJCS["Atlantis"]'}, {}, None])
async def test_points_in_a_system_that_nobody_knows_are_refused(reference: object) -> None:
    found = await read(described(), answer([feature(1, geometry=MERCATOR)], spatialReference=reference))
    assert str(found.error) == "coordinates are in a reference system that is not known"


async def test_a_city_file_may_name_the_system_itself() -> None:
    point = {"from": ["__lon", "__lat"], "join": " ", "convert": "xy", "crs": "EPSG:3857"}
    fields = {name: spec for name, spec in FIELDS.items() if name not in ("lon", "lat")} | {"point": point}
    document = answer([feature(1, geometry=MERCATOR)], spatialReference={"wkid": 102100})
    [row] = (await read(described(), document, fields=fields)).rows
    incident = _incident(row, fields=fields)
    assert lon_lat(incident) == pytest.approx((-97.332, 37.66), abs=1e-5)


@pytest.mark.parametrize(
    "geometry",
    [{"paths": [[[-97.4, 37.7], [-97.2, 37.7]]]}, {"points": [[-97.4, 37.7], [-97.2, 37.7]]}],
)
async def test_a_call_along_a_line_is_in_its_middle(geometry: dict[str, Any]) -> None:
    [row] = (await read(described(), answer([feature(1, geometry=geometry)]))).rows
    assert (row["__lon"], row["__lat"]) == pytest.approx((-97.3, 37.7))
