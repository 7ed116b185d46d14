"""A town on the border of two invented states: its Census files, TIGERweb's answers, its city file."""

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from loopback.server import Reply, Request

WEST, SOUTH, STEP, LINES = -94.615, 39.085, 0.003, 11
BORDER = WEST + 5 * STEP
EAST, NORTH = WEST + (LINES - 1) * STEP, SOUTH + (LINES - 1) * STEP
COUNTIES = ("98001", "99003")
YEAR = 2024
CITY = """\
# Border City, an invented town.
[city]
id = "border-city"
name = "Border City"
time_zone = "America/Chicago"
bounds = { west = -94.62, south = 39.08, east = -94.58, north = 39.12 }

[[sources]]
id = "calls"
label = "Police calls"
connector = "files"
url = "https://data.example.gov/calls.csv"
key = ["number"]
closes = "never"

[sources.fields]
received_at = { from = "received", convert = "iso" }
source_type = "type"
agency = { default = "police" }
address = "location"

[map]
attribution = "Border City"  # stays
"""


def box(west: float, south: float, east: float, north: float) -> Any:  # noqa: ANN401 - shapely has no types of its own
    return shapely.box(west, south, east, north)


def ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }".replace(" ", "")


@dataclass
class Layer:
    """A layer of a service, or a shapefile: rows of columns, with a shape each."""

    rows: list[tuple[dict[str, Any], Any]] = field(default_factory=list)

    def add(self, shape: Any, **columns: Any) -> None:  # noqa: ANN401 - shapely; any value
        self.rows.append((columns, shape))

    def shapefile(self, name: str) -> bytes:
        """Return the layer as the Census Bureau packs it: a zip of a shapefile in NAD 83."""
        columns = [*self.rows[0][0]]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.shp"
            kind = self.rows[0][1].geom_type
            pyogrio.raw.write(
                file, shapely.to_wkb(np.array([shape for _, shape in self.rows], dtype=object)),
                [np.array([row[column] for row, _ in self.rows], dtype=object) for column in columns],
                columns, geometry_type=kind, crs="EPSG:4269", driver="ESRI Shapefile", encoding="UTF-8",
            )  # fmt: skip
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for part in sorted(Path(folder).iterdir()):
                    archive.write(part, part.name)
        return packed.getvalue()


def side(lon: float) -> int:
    """Return 0 for the western state and 1 for the eastern one."""
    return int(lon > BORDER)


def tiger_files() -> dict[str, bytes]:
    """Return the TIGER/Line files of both counties and states by their names."""
    layers: dict[str, Layer] = {}
    for county in COUNTIES:
        for kind in ("addrfeat", "roads", "areawater"):
            layers[f"tl_{YEAR}_{county}_{kind}"] = Layer()
        layers[f"tl_{YEAR}_{county[:2]}_arealm"] = Layer()
    for name, shape, numbers in blocks_of_streets():
        county = COUNTIES[side(shape.centroid.x)]
        left, right = (str(numbers), str(numbers + 98)), (str(numbers + 1), str(numbers + 99))
        layers[f"tl_{YEAR}_{county}_addrfeat"].add(
            shape, FULLNAME=name, LFROMHN=left[0], LTOHN=left[1], RFROMHN=right[0], RTOHN=right[1],
            ROAD_MTFCC="S1400",
        )  # fmt: skip
        layers[f"tl_{YEAR}_{county}_roads"].add(shape, FULLNAME=name, MTFCC="S1400")
    highway = shapely.LineString([(WEST, NORTH), (EAST, NORTH + 0.002)])
    for county in COUNTIES:
        roads = layers[f"tl_{YEAR}_{county}_roads"]
        roads.add(highway, FULLNAME="State Hwy 7", MTFCC="S1200")
        roads.add(shapely.LineString([(WEST, SOUTH), (EAST, NORTH)]), FULLNAME=None, MTFCC="S1500")
        lon = WEST if county == COUNTIES[0] else BORDER
        pond = box(lon + 0.0005, SOUTH + 0.0005, lon + 0.0025, SOUTH + 0.0025)
        layers[f"tl_{YEAR}_{county}_areawater"].add(pond, FULLNAME="Mill Pond", MTFCC="H2030")
        landmarks = layers[f"tl_{YEAR}_{county[:2]}_arealm"]
        green = box(lon + 0.0035, SOUTH + 0.0005, lon + 0.0055, SOUTH + 0.0025)
        landmarks.add(green, FULLNAME="Mill Park", MTFCC="K2188")
        school = box(lon + 0.0065, SOUTH + 0.0005, lon + 0.0085, SOUTH + 0.0025)
        landmarks.add(school, FULLNAME="Mill School", MTFCC="K2543")
    return {f"{name}.zip": layer.shapefile(name) for name, layer in layers.items()}


def blocks_of_streets() -> list[tuple[str, Any, int]]:
    """Return each block of each street: its name, its line and its first house number."""
    found = []
    for line in range(LINES):
        for number in range(LINES - 1):
            x, y = WEST + number * STEP, SOUTH + number * STEP
            across, up = SOUTH + line * STEP, WEST + line * STEP
            street = shapely.LineString([(x, across), (x + STEP, across)])
            avenue = shapely.LineString([(up, y), (up, y + STEP)])
            found.append((f"{ordinal(line + 1)} St", street, 100 * (number + 1)))
            found.append((f"{chr(65 + line)}sh Ave", avenue, 100 * (number + 1)))
    return found


def web_layers() -> dict[str, dict[str, Layer]]:
    """Return TIGERweb's layers about the town, by service and name."""
    north, south = NORTH + 0.01, SOUTH - 0.01
    halves = [box(WEST - 0.01, south, BORDER, north), box(BORDER, south, EAST + 0.01, north)]
    counties, cousubs, places, tracts, zips, blocks, rail = (Layer() for _ in range(7))
    for code, half, name in zip(COUNTIES, halves, ("West CCD", "East township"), strict=True):
        counties.add(half, GEOID=code, NAME=f"{name[:4]} County")
        cousubs.add(half, GEOID=f"{code}90001", NAME=name)
        for part, (low, high) in enumerate([(south, 39.10), (39.10, north)]):
            lon0, _, lon1, _ = half.bounds
            tracts.add(box(lon0, low, lon1, high), GEOID=f"{code}0{part}0100", NAME=f"Census Tract {part}01")
        zips.add(half, ZCTA5=f"{code[:2]}101", GEOID=f"{code[:2]}101", NAME=f"ZCTA5 {code[:2]}101")
    places.add(
        box(WEST, SOUTH, EAST, NORTH), GEOID="9800100", NAME="Border City city", BASENAME="Border City"
    )
    rail.add(
        shapely.LineString([(WEST, SOUTH + 0.0015), (EAST, SOUTH + 0.0015)]),
        NAME="Mill Railroad",
        MTFCC="R1011",
    )
    for x in range(LINES - 1):
        for y in range(LINES - 1):
            lon, lat = WEST + x * STEP, SOUTH + y * STEP
            blocks.add(box(lon, lat, lon + STEP, lat + STEP), GEOID=f"98001{x:02}{y:02}", HU100=24)
    return {
        "State_County": {"Counties": counties},
        "Places_CouSub_ConCity_SubMCD": {"Incorporated Places": places, "County Subdivisions": cousubs,
                                         "Census Designated Places": Layer()},
        "PUMA_TAD_TAZ_UGA_ZCTA": {"2020 Census ZIP Code Tabulation Areas": zips},
        "Tracts_Blocks": {"Census Tracts": tracts, "2020 Census Blocks": blocks},
        "Transportation": {"Railroads": rail},
    }  # fmt: skip


class Census:
    """The Census Bureau on loopback, as its documentation says: files below /tiger, TIGERweb below /web."""

    def __init__(self, page: int = 30) -> None:
        self.files = tiger_files()
        self.services = web_layers()
        self.page = page

    def __call__(self, request: Request) -> Reply:
        parts = request.path.strip("/").split("/")
        if parts[0] == "tiger":
            return self.file(parts[-1], request)
        return self._service(parts[1], parts[3:], request.params)

    def file(self, name: str, request: Request) -> Reply:
        """Answer with a file, or the end of it that is asked for (RFC 9110, 14)."""
        body = self.files.get(name)
        if body is None:
            return Reply(404)
        tag = {
            "etag": f'"{len(body)}"',
            "accept-ranges": "bytes",
            "last-modified": "Mon, 02 Sep 2024 10:00:00 GMT",
        }
        begin = request.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        if int(begin) and request.headers.get("if-range") == tag["etag"]:
            tag["content-range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
            return Reply(206, (body[int(begin) :],), tag)
        return Reply(200, (body,), tag)

    def _service(self, name: str, rest: Sequence[str], params: Mapping[str, str]) -> Reply:
        layers = self.services[name]
        if not rest:
            # Names for their labels and groups of older years stand among the layers, with their own numbers.
            listed: list[dict[str, Any]] = [{"id": 0, "name": "ACS 2019", "subLayerIds": [9]}]
            for number, title in enumerate(layers):
                listed += [
                    {"id": 10 + 2 * number, "name": f"{title} Labels", "subLayerIds": None},
                    {"id": 11 + 2 * number, "name": title, "subLayerIds": None},
                ]
            return Reply.json({"currentVersion": 11.5, "layers": listed})
        layer = [*layers.values()][(int(rest[0]) - 11) // 2]
        columns = ["OBJECTID", *(layer.rows[0][0] if layer.rows else ("GEOID", "NAME"))]
        fields = [
            {"name": column, "type": "esriFieldTypeOID" if column == "OBJECTID" else "esriFieldTypeString"}
            for column in columns
        ]
        if len(rest) == 1:
            told = {"name": "a layer", "type": "Feature Layer", "maxRecordCount": self.page, "fields": fields}
            return Reply.json({**told, "advancedQueryCapabilities": {"supportsPagination": True}})
        return self._query(layer, fields, params)

    def _query(self, layer: Layer, fields: list[dict[str, str]], params: Mapping[str, str]) -> Reply:
        if "geometry" not in params or params.get("inSR") != "4326" or params.get("outSR") != "4326":
            return Reply.json({"error": {"code": 400, "message": "no box, or not in degrees"}})
        around = box(*map(float, params["geometry"].split(",")))
        rows = [
            (number, columns, shape)
            for number, (columns, shape) in enumerate(layer.rows, 1)
            if shape.intersects(around)
        ]
        if ">=" in params["where"]:
            first = int(params["where"].rpartition(">=")[2].strip(" )"))
            rows = [row for row in rows if row[0] >= first]
        if params.get("returnCountOnly") == "true":
            return Reply.json({"count": len(rows)})
        limit = min(int(params.get("resultRecordCount", self.page)), self.page)
        wanted = params.get("outFields", "").split(",")
        features = [
            {
                "attributes": {name: {"OBJECTID": number, **columns}[name] for name in wanted if name},
                "geometry": _esri(shape),
            }
            for number, columns, shape in rows[:limit]
        ]
        more = {"exceededTransferLimit": True} if len(rows) > limit else {}
        return Reply.json(
            {"fields": fields, "spatialReference": {"wkid": 4326}, "features": features, **more}
        )


def _esri(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - shapely
    if shape.geom_type == "LineString":
        return {"paths": [shapely.get_coordinates(shape).tolist()]}
    ring = shapely.get_coordinates(shape).tolist()
    return {"rings": [ring[::-1]]}


def write_city(folder: Path) -> Path:
    """Write the town's city file."""
    path = folder / "border.toml"
    path.write_text(CITY, "utf-8")
    return path


def as_json(path: Path) -> Any:  # noqa: ANN401 - any JSON value
    return json.loads(path.read_text("utf-8"))
