"""Vector tiles, read by GDAL and by a decoder of others: every record is in them, once, at its place."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
from living_city import START, an_incident
from ogc_api import TILES, OgcClient
from public_side import PublicSide, public_side, some_incidents

from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Reason
from blocklight.standards.ogc.tiles import TileAddress
from blocklight.standards.ogc.vector_tile import EXTENT, Property, points_layer

COUNT = 300
INCIDENTS = some_incidents(COUNT)
PLACED = [one for one in INCIDENTS if one.place is not None]
ZOOM = 13


@pytest.fixture
def side(tmp_path: Path) -> Iterator[PublicSide]:
    with public_side(tmp_path) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        side.follow()
        yield side


def _decoded(body: bytes) -> dict[str, list[Any]]:
    """The features of each layer, with y downwards as a tile has it."""
    layers = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    return {name: layer["features"] for name, layer in layers.items()}


def _count(feature: Any) -> int:  # noqa: ANN401 - as JSON has it
    count: int = feature["properties"]["count"]
    return count


def _tile_of(lon: float, lat: float, zoom: int = ZOOM) -> TileAddress:
    world = TileAddress(0, 0, 0).units(np.array([(lon, lat)]))[0] / EXTENT * 2**zoom
    return TileAddress(zoom, int(world[1]), int(world[0]))


def _asked(side: PublicSide, tile: TileAddress, **given: str) -> bytes:
    answer = side.client.get(f"{TILES}/{tile.zoom}/{tile.row}/{tile.column}", params=given)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    return answer.content


def test_each_incident_is_in_the_tile_of_its_place(side: PublicSide) -> None:
    tiles = {_tile_of(one.place.lon, one.place.lat) for one in PLACED if one.place}
    assert len(tiles) > 3
    seen: Counter[str] = Counter()
    for tile in tiles:
        here = [one for one in PLACED if one.place and _tile_of(one.place.lon, one.place.lat) == tile]
        expected = {one.id: one for one in here}
        features = _decoded(_asked(side, tile))["incidents"]
        own = {str(f["properties"]["id"]): f for f in features if f["properties"]["id"] in expected}
        assert own.keys() == expected.keys()
        seen.update(own.keys())
        for id_, feature in own.items():
            incident = expected[id_]
            assert incident.place is not None
            x, y = feature["geometry"]["coordinates"]
            units = tile.units(np.array([(incident.place.lon, incident.place.lat)]))[0]
            assert (x, y) == tuple(np.rint(units))
            properties = feature["properties"]
            told = {"category": str(incident.category), "status": str(incident.status)}
            told["received_at"] = f"{incident.received_at:%Y-%m-%dT%H:%M:%SZ}"
            assert told.items() <= properties.items()
            assert properties.get("priority") == incident.priority
    assert seen == Counter(one.id for one in PLACED)


def test_farther_out_the_counts_add_up(side: PublicSide) -> None:
    for zoom in (0, 5, 8):
        tiles = {_tile_of(one.place.lon, one.place.lat, zoom) for one in PLACED if one.place}
        features = [f for tile in tiles for f in _decoded(_asked(side, tile))["incidents"]]
        assert sum(map(_count, features)) == len(PLACED)


def test_a_filter_and_a_time_hold_for_tiles(side: PublicSide) -> None:
    world = TileAddress(0, 0, 0)
    (feature,) = _decoded(_asked(side, world, filter="category = 'fire'"))["incidents"]
    fires = sum(one.category == "fire" for one in PLACED)
    assert feature["properties"] == {"count": fires}
    (feature,) = _decoded(_asked(side, world, datetime="2026-02-01/.."))["incidents"]
    assert feature["properties"] == {"count": sum(one.received_at.day == 1 for one in PLACED)}


def test_what_was_taken_back_leaves_the_tiles_at_once(side: PublicSide) -> None:
    world = TileAddress(0, 0, 0)
    before = _asked(side, world)
    assert before == _asked(side, world)
    gone = [Withheld(one.id, one.source, Reason.SENSITIVE, sensitive=True) for one in PLACED[:40]]
    side.store.apply("dispatch", [*gone, an_incident(9_000)], at=START + timedelta(hours=1))
    side.follow()
    (feature,) = _decoded(_asked(side, world))["incidents"]
    assert feature["properties"] == {"count": len(PLACED) - 40 + 1}
    tile = _tile_of(PLACED[0].place.lon, PLACED[0].place.lat)  # type: ignore[union-attr]
    left = {f["properties"]["id"] for f in _decoded(_asked(side, tile)).get("incidents", ())}
    assert not left & {one.id for one in PLACED[:40]}


def test_tiles_without_anything_are_empty_and_others_do_not_exist(side: PublicSide) -> None:
    assert _asked(side, TileAddress(13, 0, 0)) == b""
    for address in ("19/0/0", "1/2/0", "1/0/2", "a/0/0", "-1/0/0", "1/0/0.5", "3/99999999999/0"):
        assert side.client.get(f"{TILES}/{address}").status_code == 404
    assert side.client.get("/ogc/collections/incidents/tiles/Other/0/0/0").status_code == 404
    refused = side.client.get(f"{TILES}/0/0/0", params={"limit": "3"})
    assert (refused.status_code, refused.json()["detail"]) == (400, "limit: a tile has no such parameter")


def test_areas_are_drawn_with_their_names(side: PublicSide) -> None:
    path = "/ogc/collections/areas-beat/tiles/WebMercatorQuad"
    shapes = side.client.get("/ogc/collections/areas-beat/items").json()["features"]
    lon, lat = np.array(shapes[0]["geometry"]["coordinates"][0]).reshape(-1, 2).mean(axis=0)
    tile = _tile_of(float(lon), float(lat), 10)
    features = _decoded(side.client.get(f"{path}/{tile.zoom}/{tile.row}/{tile.column}").content)["areas-beat"]
    names = {"01X": "Beat 01X", "02Y": "Beat 02Y"}
    told = {(f["properties"]["id"], f["properties"]["name"]) for f in features}
    assert told == set(names.items())
    assert {f["geometry"]["type"] for f in features} <= {"Polygon", "MultiPolygon"}


def test_tile_json_leads_to_the_tiles(side: PublicSide) -> None:
    told = OgcClient(side.client).get(f"{TILES}/tilejson", filter="category = 'fire'")
    assert told["tilejson"] == "3.0.0"
    (template,) = told["tiles"]
    for name in "zxy":
        template = template.replace(f"{{{name}}}", "0")
    (feature,) = _decoded(side.client.get(template).content)["incidents"]
    assert feature["properties"] == {"count": sum(one.category == "fire" for one in PLACED)}
    assert told["vector_layers"][0]["id"] == "incidents"
    scheme = OgcClient(side.client).get("/ogc/tileMatrixSets/WebMercatorQuad")
    assert scheme["tileMatrices"][0]["scaleDenominator"] == pytest.approx(559_082_264.028_717_8)


def test_the_writer_says_what_others_read() -> None:
    chance = np.random.default_rng(7)
    count = 2_000
    xs, ys = chance.integers(-64, EXTENT + 64, (2, count))
    ids = chance.integers(0, 2**31, count)
    names = [f"name {number} é" for number in range(700)]
    codes = chance.integers(-1, len(names), count)
    numbers = chance.integers(-1, 3, count)
    body = points_layer(
        "spots", xs, ys, ids, {"name": Property(names, codes), "number": Property([-5, 0, 2**40], numbers)}
    )
    features = _decoded(body)["spots"]
    assert len(features) == count
    for at, feature in enumerate(features):
        assert feature["id"] == ids[at]
        assert feature["geometry"] == {"type": "Point", "coordinates": [xs[at], ys[at]]}
        told = {} if codes[at] < 0 else {"name": names[codes[at]]}
        told |= {} if numbers[at] < 0 else {"number": [-5, 0, 2**40][numbers[at]]}
        assert feature["properties"] == told
    assert json.dumps(features[0])
