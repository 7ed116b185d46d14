"""Reads a city's ground from OpenStreetMap: an extract, or an answer of Overpass, asked for or handed in.

Overpass: https://wiki.openstreetmap.org/wiki/Overpass_API. Its JSON is written as OSM XML, which GDAL reads
like any extract, multipolygons included.
"""

import bz2
import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import quoteattr

import orjson

from blocklight.errors import CityFileError, SourceChanged, SourceUnavailable
from blocklight.prepare.basemap.parts import OPENSTREETMAP
from blocklight.prepare.city_ground.downloads import Downloads
from blocklight.prepare.city_ground.features import Box, Origin, Part
from blocklight.prepare.city_ground.themes import Theme

# A node, way or relation as Overpass has it.
Element = Mapping[str, Any]

ORIGIN = Origin(OPENSTREETMAP, "ODbL 1.0, https://www.openstreetmap.org/copyright")
_MAX_ANSWER_BYTES = 400_000_000
_MAX_UNPACKED_BYTES = 1_000_000_000
_CHUNK = 1 << 20

_NO_STREETS = (
    "footway|path|steps|cycleway|track|corridor|bridleway|construction|proposed|platform|raceway|elevator"
)
_QUERY = f"""[out:json][timeout:180][maxsize:536870912][bbox:{{box}}];
(
way["highway"]["highway"!~"^({_NO_STREETS})$"];
way["railway"~"^(rail|light_rail)$"];
wr["natural"="water"];
wr["waterway"="riverbank"];
wr["landuse"~"^(cemetery|recreation_ground|reservoir|basin)$"];
wr["leisure"~"^(park|garden|golf_course|nature_reserve)$"];
node["place"~"^(city|town|village|suburb|quarter|neighbourhood)$"];
relation["boundary"="administrative"]["admin_level"~"^(9|10)$"];
nw["addr:housenumber"];
);
out body;
>;
out skel qt;
"""

_WATER = (
    "natural = 'water' OR landuse IN ('reservoir', 'basin')"
    ' OR other_tags LIKE \'%"waterway"=>"riverbank"%\''
)
_PARK = (
    "leisure IN ('park', 'garden', 'golf_course', 'nature_reserve')"
    " OR landuse IN ('cemetery', 'recreation_ground')"
)
_ADDRESS = "other_tags LIKE '%\"addr:housenumber\"%'"
# Each theme in GDAL's layers of an extract, as its own configuration of columns has them.
_LAYERS: tuple[tuple[Theme, str, str], ...] = (
    (Theme.STREETS, "lines", "highway IS NOT NULL AND name IS NOT NULL"),
    (Theme.ROADS, "lines", "highway IS NOT NULL"),
    (Theme.RAIL, "lines", "railway IN ('rail', 'light_rail')"),
    (Theme.WATER, "multipolygons", _WATER),
    (Theme.PARK, "multipolygons", _PARK),
    (
        Theme.PLACE_NAMES,
        "points",
        "place IN ('city', 'town', 'village', 'suburb', 'quarter', 'neighbourhood')",
    ),
    (
        Theme.NEIGHBORHOOD,
        "multipolygons",
        "boundary = 'administrative' AND admin_level IN ('9', '10') AND name IS NOT NULL",
    ),
    (Theme.ADDRESSES, "points", _ADDRESS),
    (Theme.ADDRESSES, "multipolygons", _ADDRESS),
)


def ask_overpass(url: str, box: Box, downloads: Downloads) -> Path:
    """Give Overpass' answer for a box, asked for once; raises ``SourceError``."""
    west, south, east, north = (f"{degrees:.6f}" for degrees in box)
    query = _QUERY.format(box=f"{south},{west},{north},{east}")
    name = f"overpass_{hashlib.sha256(f'{url} {query}'.encode()).hexdigest()[:10]}.json"
    path = downloads.get(f"{url}/interpreter", name, _MAX_ANSWER_BYTES, form={"data": query})
    try:
        _expect_whole_answer(path)
    except SourceUnavailable:
        path.unlink()
        raise
    return path


def extract_parts(extract: Path, folder: Path) -> Iterator[Part]:
    """Yield what an extract tells (.pbf, .osm, .osm.bz2), or an answer of Overpass (.json, .json.gz).

    What GDAL does not read as it comes is written into *folder* first.
    """
    file = _readable(extract, folder)
    for theme, layer, condition in _LAYERS:
        yield Part(theme, file, ORIGIN, layer=layer, where=condition, written_from=extract)


def _readable(extract: Path, folder: Path) -> Path:
    if not extract.is_file():
        raise CityFileError(str(extract), "osm", "no such file")
    name = extract.name.lower()
    if name.endswith((".pbf", ".osm")):
        return extract
    digest = hashlib.sha256(f"{extract.resolve()} {extract.stat().st_mtime_ns}".encode()).hexdigest()[:10]
    target = folder / f"osm_{digest}.osm"
    if target.is_file():
        return target
    draft = target.with_name(f".{target.name}.part")
    if name.endswith(".osm.bz2"):
        with bz2.open(extract) as packed, draft.open("wb") as file:
            file.writelines(_bounded_chunks(packed, extract))
    elif name.endswith((".json", ".json.gz")):
        _write_xml(_document(extract), extract, draft)
    else:
        raise CityFileError(str(extract), "osm", "not a file of .pbf, .osm, .osm.bz2, .json or .json.gz")
    draft.replace(target)
    return target


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _bounded_chunks(packed: _Bytes, file: Path) -> Iterator[bytes]:
    size = 0
    try:
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            if size > _MAX_UNPACKED_BYTES:
                raise CityFileError(str(file), "osm", f"unpacks to more than {_MAX_UNPACKED_BYTES:,} bytes")
            yield chunk
    except (OSError, EOFError):
        raise CityFileError(str(file), "osm", "its compressed content is damaged") from None


def _document(file: Path) -> Element:
    is_packed = file.name.lower().endswith(".gz")
    with file.open("rb") as opened:
        body = b"".join(_bounded_chunks(gzip.GzipFile(fileobj=opened) if is_packed else opened, file))
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise CityFileError(str(file), "osm", "not a whole JSON document") from None
    if not isinstance(document, dict) or not isinstance(document.get("elements"), list):
        raise CityFileError(str(file), "osm", "not an answer of Overpass: it has no elements")
    return document


def _expect_whole_answer(answer: Path) -> None:
    """Raise ``SourceUnavailable`` for half an answer: Overpass says why it stopped in a remark."""
    try:
        document = _document(answer)
    except CityFileError as error:
        raise SourceUnavailable(f"Overpass: {error.reason}") from None
    if remark := document.get("remark"):
        reason = "timed out" if "timed out" in str(remark) else "out of memory or time"
        raise SourceUnavailable(f"Overpass stopped before the end ({reason}): try an extract with --osm FILE")
    if not document["elements"]:
        raise SourceChanged("Overpass returned nothing within the bounds")


def _write_xml(document: Element, file: Path, target: Path) -> None:
    """Write elements as OSM XML, in the order that its readers need: nodes, ways, relations, each by id."""
    try:
        nodes, ways, relations = _sorted(document["elements"])
        with target.open("w", encoding="utf-8") as out:
            out.write('<osm version="0.6">\n')
            for number, node in nodes:
                place = f'lat="{float(node["lat"])!r}" lon="{float(node["lon"])!r}"'
                out.write(f'<node id="{number}" {place}>{_tags(node)}</node>\n')
            for number, way in ways:
                refs = "".join(f'<nd ref="{int(ref)}"/>' for ref in way.get("nodes", ()))
                out.write(f'<way id="{number}">{refs}{_tags(way)}</way>\n')
            for number, relation in relations:
                members = "".join(map(_member, relation.get("members", ())))
                out.write(f'<relation id="{number}">{members}{_tags(relation)}</relation>\n')
            out.write("</osm>\n")
    except (KeyError, TypeError, ValueError):
        target.unlink(missing_ok=True)
        raise CityFileError(str(file), "osm", "not elements of Overpass") from None


_Elements = list[tuple[int, Element]]


def _sorted(elements: Iterable[Element]) -> tuple[_Elements, _Elements, _Elements]:
    """Give nodes, ways and relations by id; of an element that stands there twice, the one with tags.

    The points of an answer with `out geom` stand at its ways and are nodes too.
    """
    by_type: dict[str, dict[int, Element]] = {"node": {}, "way": {}, "relation": {}}
    for element in elements:
        kind, number = str(element["type"]), int(element["id"])
        if kind in by_type and (number not in by_type[kind] or element.get("tags")):
            by_type[kind][number] = element
    for way in by_type["way"].values():
        for ref, place in zip(way.get("nodes", ()), way.get("geometry") or (), strict=False):
            by_type["node"].setdefault(int(ref), place)
    nodes, ways, relations = (sorted(by_type[kind].items()) for kind in ("node", "way", "relation"))
    return nodes, ways, relations


def _tags(element: Element) -> str:
    tags = element.get("tags") or {}
    return "".join(f"<tag k={quoteattr(str(key))} v={quoteattr(str(value))}/>" for key, value in tags.items())


def _member(member: Element) -> str:
    kind, role = quoteattr(str(member["type"])), quoteattr(str(member.get("role", "")))
    return f'<member type={kind} ref="{int(member["ref"])}" role={role}/>'
