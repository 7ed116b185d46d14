"""Answers as protocol buffers hold the same features as JSON, by code that does not write them."""

import json
from collections.abc import Iterator
from itertools import accumulate

import pytest
from feature_server import ALL, FeatureServer, service_of
from living_city import START
from public_side import PublicSide, public_side, some_incidents
from wire import every, fields, inner, packed, signed

COUNT = 200
# Where features and object ids stand in the answer.
_FEATURES, _NUMBERS = (2, 1), (2, 3)

_GRID = {
    "mode": "view",
    "originPosition": "upperLeft",
    "tolerance": 10,
    "extent": {"xmin": -13_650_000, "ymin": 4_530_000, "xmax": -13_560_000, "ymax": 4_570_000},
}


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(tmp_path_factory.mktemp("city")) as side:
        side.store.apply("dispatch", some_incidents(COUNT), at=START)
        side.follow()
        yield side


def _pbf(side: PublicSide, layer: str | int = ALL, **asked: str) -> bytes:
    answer = side.client.get(f"{service_of('smallville')}/{layer}/query", params={**asked, "f": "pbf"})
    assert answer.headers["content-type"] == "application/x-protobuf"
    return answer.content


def _values(feature: bytes) -> list[object]:
    """Return the values of a feature; an empty message is none."""
    found: list[object] = []
    for value in every(feature, 1):
        told = next(fields(value), None)
        if told is None:
            found.append(None)
        elif isinstance(told[1], bytes):
            found.append(told[1].decode())
        else:
            found.append(signed(int(told[1])) if told[0] == 4 else told[1])
    return found


def _point(feature: bytes) -> list[int] | None:
    geometries = every(feature, 2)
    return [signed(number) for number in packed(inner(geometries[0], 3))] if geometries else None


def test_every_value_and_point_is_that_of_the_json(side: PublicSide) -> None:
    server = FeatureServer(side.client)
    told = {f["attributes"]["OBJECTID"]: f for f in server.query(outFields="*")["features"]}
    result = inner(_pbf(side, outFields="*"), *_FEATURES)
    names = [inner(field, 1).decode() for field in every(result, 13)]
    features = every(result, 15)
    assert len(features) == len(told) == COUNT
    for feature in features:
        values = dict(zip(names, _values(feature), strict=True))
        other = told[values["OBJECTID"]]
        assert values == other["attributes"]
        point, expected = _point(feature), other.get("geometry")
        assert (point is None) is (expected is None)
        if point is not None:
            x, y = point[0] * 1e-7, -point[1] * 1e-7  # the grid that the head names, from the top
            assert (x, y) == pytest.approx((expected["x"], expected["y"]), abs=1e-7)


def test_a_grid_of_the_clients_is_used_and_named_alike_in_both_forms(side: PublicSide) -> None:
    asked = {"outSR": "102100", "outFields": "OBJECTID", "quantizationParameters": json.dumps(_GRID)}
    answer = FeatureServer(side.client).query(**asked)
    assert answer["transform"]["scale"] == [10, 10]
    assert answer["transform"]["translate"] == [-13_650_000, 4_570_000]
    told = {f["attributes"]["OBJECTID"]: f.get("geometry") for f in answer["features"]}
    features = every(inner(_pbf(side, **asked), *_FEATURES), 15)
    assert len(features) == len(told) == COUNT
    for feature in features:
        (number,) = _values(feature)
        point = _point(feature)
        assert told[number] == (None if point is None else {"x": point[0], "y": point[1]})


def test_counts_and_ids_have_forms_of_their_own(side: PublicSide) -> None:
    count = dict(fields(inner(_pbf(side, returnCountOnly="true"), 2, 2)))
    assert count == {1: COUNT}
    ids = packed(inner(_pbf(side, returnIdsOnly="true"), *_NUMBERS, 3))
    assert set(ids) == set(FeatureServer(side.client).query(returnIdsOnly="true")["objectIds"])


def test_polygons_are_first_corners_and_steps(side: PublicSide) -> None:
    features = every(inner(_pbf(side, 10), *_FEATURES), 15)
    assert len(features) == 2
    steps = _point(features[0])
    assert steps is not None
    assert packed(inner(features[0], 2, 2)) == [5]
    xs, ys = steps[::2], steps[1::2]
    assert sum(xs[1:]) == sum(ys[1:]) == 0  # it ends where it began
    assert (min(accumulate(xs)), max(accumulate(xs))) == (-1_223_000_000, -1_222_000_000)
