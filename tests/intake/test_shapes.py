"""Every geometry has a middle, and every notation of a place is read."""

from typing import Any

import pytest
import shapely

from blocklight.intake.values.converters import CONVERTERS, from_xy
from blocklight.intake.values.shapes import middle_of

LINE = [[-97.33, 37.692], [-97.328, 37.692]]
RING = [[-97.33, 37.696], [-97.329, 37.696], [-97.329, 37.697], [-97.33, 37.696]]


@pytest.mark.parametrize(
    ("shape", "middle"),
    [
        ({"type": "Point", "coordinates": [-97.33, 37.68]}, (-97.33, 37.68)),
        ({"type": "Point", "coordinates": [-97.33, 37.68, 120.5]}, (-97.33, 37.68)),
        ({"type": "MultiPoint", "coordinates": LINE}, (-97.329, 37.692)),
        ({"type": "LineString", "coordinates": LINE}, (-97.329, 37.692)),
        ({"type": "MultiLineString", "coordinates": [LINE, [[-97.33, 37.694]]]}, (-97.329, 37.693)),
        ({"type": "Polygon", "coordinates": [RING]}, (-97.3295, 37.6965)),
        ({"type": "MultiPolygon", "coordinates": [[RING]]}, (-97.3295, 37.6965)),
        (
            {"type": "GeometryCollection", "geometries": [{"type": "LineString", "coordinates": LINE}]},
            (-97.329, 37.692),
        ),
        ({"x": -97.33, "y": 37.68}, (-97.33, 37.68)),
        ({"paths": [LINE]}, (-97.329, 37.692)),
        ({"rings": [RING], "spatialReference": {"wkid": 4326}}, (-97.3295, 37.6965)),
        ({"points": LINE}, (-97.329, 37.692)),
        ({"type": "MultiPoint", "coordinates": [None, *LINE]}, (-97.329, 37.692)),
        (
            {"type": "GeometryCollection", "geometries": [None, {"type": "LineString", "coordinates": LINE}]},
            (-97.329, 37.692),
        ),
        ({"type": "Feature", "geometry": {"type": "Point", "coordinates": LINE[0]}}, (-97.33, 37.692)),
        (
            {"features": [{"geometry": {"type": "Point", "coordinates": place}} for place in LINE]},
            (-97.329, 37.692),
        ),
        ({"xmin": -97.34, "ymin": 37.69, "xmax": -97.32, "ymax": 37.698}, (-97.33, 37.694)),
        (
            {"curvePaths": [[[-97.33, 37.692], {"c": [[-97.328, 37.692], [-97.329, 37.7]]}]]},
            (-97.329, 37.692),
        ),
    ],
)
def test_a_shape_has_the_middle_of_what_it_spans(shape: dict[str, Any], middle: tuple[float, float]) -> None:
    assert middle_of(shape) == pytest.approx(middle)
    assert CONVERTERS["point"](shape) == pytest.approx(middle)


@pytest.mark.parametrize(
    "shape",
    [None, {"type": "Point", "coordinates": []}, {"rings": []}, {"x": "NaN", "y": "NaN"}, {"geometry": None}],
)
def test_an_empty_shape_has_none(shape: object) -> None:
    assert middle_of(shape) is None


@pytest.mark.parametrize(
    "shape", [7, "x", {}, {"coordinates": ["a", "b"]}, {"coordinates": [1]}, [[[[[[[[[[1, 2]]]]]]]]]]]
)
def test_what_is_no_shape_is_refused(shape: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        middle_of(shape)


@pytest.mark.parametrize(
    "text",
    [
        '{"latitude": "37.694", "longitude": "-97.33"}',
        '{"type": "Point", "coordinates": [-97.33, 37.694]}',
        "100 N MAIN ST\nSOMEWHERE, KS\n(37.694, -97.33)",
        "(37.694\u00b0, -97.33\u00b0)",
        "POINT (-97.33 37.694)",
        "POINT Z (-97.33 37.694 0)",
        "SRID=4326;POINT(-97.33 37.694)",
        "MULTIPOINT ((-97.33 37.694), (-97.33 37.694))",
        "LINESTRING (-97.34 37.694, -97.32 37.694)",
        "37.694, -97.33",
        "-97.33, 37.694",
        "\u221297.33, 37.694",
        "[-97.33, 37.694]",
        "[37.694, -97.33]",
        "37.694 N, 97.33 W",
        "37\u00b041'38.4\"N 97\u00b019'48\"W",
        "geo:37.694,-97.33;u=35",
        '{"lat": 37.694, "lng": -97.33}',
        '{"Latitude": "37.694", "Longitude": "-97.33"}',
        '{"coordinates": {"latitude": 37.694, "longitude": -97.33}}',
        "POINT\n(-97.33\n37.694)",
        "point zm(-97.33 37.694 1 2)",
        "SRID=4269;POINT(-97.33 37.694)",
        "<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT (-97.33 37.694)",
        "GEOMETRYCOLLECTION (POINT (-97.34 37.694), LINESTRING (-97.33 37.694, -97.32 37.694))",
        "CURVEPOLYGON (CIRCULARSTRING (-97.34 37.69, -97.32 37.698, -97.34 37.69))",
        shapely.to_wkb(shapely.Point(-97.33, 37.694), hex=True),
        shapely.to_wkb(shapely.set_srid(shapely.Point(-97.33, 37.694), 4326), hex=True, include_srid=True),
    ],
)
def test_a_place_in_text_is_read(text: str) -> None:
    assert CONVERTERS["point"](text) == pytest.approx((-97.33, 37.694))


@pytest.mark.parametrize(
    "value",
    [
        {"human_address": '{"address": "100 N MAIN ST"}'},
        "100 N MAIN ST",
        "SRID=3857;POINT(1 2)",
        "POINT EMPTY",
        "POINT (7)",
        "37.694 N, 97.33 N",
        "POINT (-97.33 37.694) POINT",
        shapely.to_wkb(shapely.Point(), hex=True),
        shapely.to_wkb(shapely.set_srid(shapely.Point(1, 2), 3857), hex=True, include_srid=True),
        "0101000000" + "zz" * 16,
        "01" + "07000000" + "01000000" + "0107000000" * 3_000,
        [],
        [None, None],
        "{",
        "[]",
    ],
)
def test_what_names_no_place_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        CONVERTERS["point"](value)


def test_a_comma_may_stand_for_the_point() -> None:
    assert CONVERTERS["float"]("37,6800") == 37.68
    assert CONVERTERS["float"]("-97,330") == -97.33
    assert CONVERTERS["float"]("1,234,567.5") == 1_234_567.5
    assert from_xy("-97,33 37,68", 1, None) == (-97.33, 37.68)


def test_text_that_would_keep_a_pattern_busy_is_refused_at_once() -> None:
    for text in ("POINT" + " " * 100_000, "POINT(" + "1 " * 90_000 + "x", "(" * 900):
        with pytest.raises(ValueError, match="not a point"):
            CONVERTERS["point"](text)
