import csv
import json
import math
import re
import statistics
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer
from recordings import recording
from town_streets import LAT, LON, line, town

from blocklight.config.city import City, StreetLines, load_city
from blocklight.errors import CityFileError
from blocklight.geo.exact import degrees
from blocklight.intake.geocode.addresses import Block, read_address, readings
from blocklight.intake.geocode.streets import Streets


@pytest.fixture
def streets(tmp_path: Path) -> Streets:
    return of(town(tmp_path))


def of(city: City) -> Streets:
    assert city.geocoder is not None
    assert city.geocoder.streets is not None
    return Streets(city.geocoder.streets, city)


def where(streets: Streets, address: str) -> tuple[float, float] | None:
    """Return hundredths of a degree from the middle of the town."""
    asked = readings(address)
    assert asked
    found = next((found for one in asked if (found := streets.find(one)) is not None), None)
    if found is None:
        return None
    lon, lat = degrees(found)
    return round((lon - LON) * 100, 3), round((lat - LAT) * 100, 3)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("MAIN ST & 2ND AVE", (0, 0)),
        ("2ND AVE/MAIN ST", (0, 0)),
        ("MAIN ST AT NEARLY ST", (0.5, 0)),
        ("2ND AV & FALLING RD", (0, 0.5)),
        ("MAIN & 2ND", (0, 0)),
        ("3RD ST & MAIN ST", (-0.5, 0)),
        ("3RD ST N & MAIN ST", (-0.5, 0)),
        ("MAIN ST SPRINGFIELD & 2ND AVE", (0, 0)),
        ("MAIN ST BTWN 2ND AVE & NEARLY ST", (0.25, 0)),
    ],
)
def test_a_crossing_is_where_two_lines_meet(
    streets: Streets, address: str, place: tuple[float, float]
) -> None:
    assert where(streets, address) == pytest.approx(place, abs=0.002)


@pytest.mark.parametrize(
    "address",
    [
        "TWICE ST & MAIN ST",  # they meet at two places, a mile apart
        "2ND AVE & NEARLY ST",  # they never meet
        "MAIN ST & NOWHERE ST",
        "ELM & MAIN ST",  # a street or an avenue
        "S 3RD ST & MAIN ST",  # the only Third Street is the northern one
        "2ND ST & MAIN ST",  # an avenue is not a street
        "FARAWAY LN & MAIN ST",
        "MAIN ST FROM 3RD ST TO NOWHERE ST",
        "100 NEARLY X BLVD",
    ],
)
def test_what_is_not_certain_is_not_found(streets: Streets, address: str) -> None:
    assert where(streets, address) is None


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("1XX MAIN ST", (-0.5, 0)),
        ("200 BLOCK OF MAIN ST", (0.5, 0)),
        ("212 MAIN ST", (0.5, 0)),
        ("1950 FALLING RD", (-0.5, 0.5)),
        ("1801 FALLING RD", (0.5, 0.5)),
    ],
)
def test_a_block_is_the_middle_of_its_numbers_on_the_line(
    streets: Streets, address: str, place: tuple[float, float]
) -> None:
    assert where(streets, address) == pytest.approx(place, abs=0.01)


def test_two_houses_of_a_block_are_at_the_same_place(streets: Streets) -> None:
    assert where(streets, "201 MAIN ST") == where(streets, "298 MAIN ST")


@pytest.mark.parametrize("address", ["900 MAIN ST", "100 2ND AVE", "100 NOWHERE ST"])
def test_a_block_without_numbers_on_the_line_is_not_found(streets: Streets, address: str) -> None:
    assert where(streets, address) is None


def test_a_street_of_which_there_are_two_in_the_bounds_has_no_blocks(tmp_path: Path) -> None:
    twins = [
        line("Twin Street", (-9, 0), (-8, 0), lf=100, lt=198),
        line("Twin Street", (8, 0), (9, 0), lf=100, lt=198),
    ]
    assert of(town(tmp_path, twins)).find(Block(100, "TWIN ST")) is None


def test_lines_that_are_none_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CityFileError, match="no line has a name"):
        of(town(tmp_path, [line("", (0, 0), (1, 0))]))
    city = town(tmp_path)
    (tmp_path / "streets.geojson").write_text("{}", "utf-8")
    with pytest.raises(CityFileError, match="can be read"):
        of(city)
    (tmp_path / "streets.geojson").unlink()
    with pytest.raises(CityFileError, match="no such file"):
        of(city)


def test_lines_without_a_name_or_a_shape_are_passed_over(tmp_path: Path) -> None:
    odd = line("No Shape Street", (0, 0), (1, 0)) | {"geometry": None}
    city = town(tmp_path, [odd, line("", (0, 0), (1, 0)), line("Main Street", (0, 0), (1, 0))])
    assert len(of(city)) == 1


def test_a_column_that_the_file_lacks_is_named_with_those_that_it_has(tmp_path: Path) -> None:
    city = town(tmp_path, streets={"file": "streets.geojson", "name": "STREETNAME"})
    with pytest.raises(CityFileError, match="no column 'STREETNAME'; there are: name, lf"):
        of(city)


def test_a_tiger_file_is_known_by_its_columns(tmp_path: Path) -> None:
    numbers = {"LFROMHN": "100", "LTOHN": "198", "RFROMHN": "101", "RTOHN": "199"}
    feature = line("", (0, 0), (1, 0))
    feature["properties"] = {"FULLNAME": "E Birch Ln", **numbers}
    streets = of(town(tmp_path, [feature], streets={"file": "streets.geojson"}))
    assert where(streets, "1XX E BIRCH LN") == pytest.approx((0.5, 0), abs=0.01)


@pytest.mark.parametrize(("format_name", "suffix"), [("GPKG", "gpkg"), ("ESRI Shapefile", "shp")])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2278"])
def test_street_lines_may_be_in_any_format_and_reference_system(
    tmp_path: Path, format_name: str, suffix: str, crs: str
) -> None:
    file = tmp_path / f"lines.{suffix}"
    ahead = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    points = np.array([[LON, LAT], [LON + 0.01, LAT]])
    drawn = shapely.to_wkb(shapely.LineString(np.stack(ahead.transform(*points.T), axis=1)))
    columns = {"NAME": "Main Street", "FROMADDR": 200, "TOADDR": 298}
    pyogrio.raw.write(
        file, np.array([drawn], dtype=object), [np.array([value]) for value in columns.values()],
        list(columns), geometry_type="LineString", crs=crs, driver=format_name,
    )  # fmt: skip
    spec = {"file": file.name, "name": "NAME", "ranges": ["FROMADDR", "TOADDR"]}
    assert where(of(town(tmp_path, streets=spec)), "2XX MAIN ST") == pytest.approx((0.5, 0), abs=0.01)


@pytest.mark.parametrize(
    ("system", "ends", "reason"),
    [
        ("NOBODY::1", [[LON, LAT], [LON + 0.01, LAT]], "is not a reference system"),
        ("EPSG::4326", [[LAT, LON], [LAT, LON + 0.01]], "longitude and latitude are swapped"),
        ("EPSG::4326", [[3_000_000, 13_000_000], [3_001_000, 13_000_000]], "coordinates are not degrees"),
    ],
)
def test_coordinates_that_are_no_degrees_or_in_an_unknown_system_are_refused(
    tmp_path: Path, system: str, ends: list[list[float]], reason: str
) -> None:
    city = town(tmp_path)
    feature = line("Main Street", (0, 0)) | {"geometry": {"type": "LineString", "coordinates": ends}}
    named = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{system}"}}
    collection = {"type": "FeatureCollection", "crs": named, "features": [feature]}
    (tmp_path / "streets.geojson").write_text(json.dumps(collection), "utf-8")
    with pytest.raises(CityFileError, match=reason):
        of(city)


def test_crossings_of_oakland_are_where_its_own_reports_say_they_are(shared_data: Path) -> None:
    """Distances are between what the lines say and the coordinates that the city gives beside the address.

    Only addresses written with `&` are compared: of those with a slash the city itself placed a sixth more
    than half a kilometre away, on streets of other names.
    """
    folder = shared_data / "gis" / "oakland"
    recording(folder / "osm_roads_oakland_wgs84.geojson")
    city = load_city("oakland")
    city._folder = folder  # noqa: SLF001 - a city whose files lie elsewhere
    streets = Streets(StreetLines(file="osm_roads_oakland_wgs84.geojson"), city)
    with (shared_data / "crime" / "oakland" / "crimewatch_past90days_2024-08.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if " & " in row["ADDRESS"]]
    asked, errors = 0, []
    for row in rows:
        true = re.match(r"POINT \((\S+) (\S+)\)", row["Location"])
        address = read_address(row["ADDRESS"])
        if true is None or address is None or isinstance(address, Block):
            continue
        asked += 1
        if (found := streets.find(address)) is not None:
            across = math.cos(math.radians(37.8)) * 111_195
            lon, lat = degrees(found)
            errors.append(math.hypot((lon - float(true[1])) * across, (lat - float(true[2])) * 111_195))
    errors.sort()
    assert asked > 500
    assert len(errors) / asked > 0.8
    assert statistics.median(errors) < 6
    assert errors[int(0.95 * len(errors))] < 40
    assert errors[-1] < 250
