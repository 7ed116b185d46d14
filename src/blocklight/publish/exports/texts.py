"""Exports that are text: CSV, GeoJSON in one piece and by lines, KML."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Literal, TypedDict
from xml.sax.saxutils import escape, quoteattr

import orjson

from blocklight.model.described import meaning
from blocklight.model.spreadsheets import safe_cell
from blocklight.publish.exports.table import ExportPage, ExportTable, pairs, with_time_texts
from blocklight.publish.feature import PointGeometry
from blocklight.publish.xml_text import xml_safe
from blocklight.query.encoded import FlatRow


class ExportedFeature(TypedDict):
    """One exported incident as a GeoJSON feature with flat properties."""

    type: Annotated[Literal["Feature"], meaning("Always a feature", "Feature")]
    id: Annotated[str, meaning("Its public id", "k3x7m2qa5tzw4bne")]
    geometry: Annotated[PointGeometry | None, meaning("Its public point, null where none is published")]
    properties: Annotated[
        dict[str, str | int | None],
        meaning("The columns of the table", {"category": "noise", "received_at": "2026-01-31T05:02:00Z"}),
    ]


class ExportedCollection(TypedDict):
    """All that a filter matches as one GeoJSON collection."""

    type: Annotated[Literal["FeatureCollection"], meaning("Always a collection", "FeatureCollection")]
    features: Annotated[list[ExportedFeature], meaning("Newest received first")]


_KML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'


def csv_chunks(table: ExportTable, pages: Iterator[ExportPage]) -> Iterator[bytes]:
    """Write a table with a header (RFC 4180), longitude and latitude in its last columns."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*table.names, "longitude", "latitude"])
    for page in pages:
        for row, pair in zip(page.rows, pairs(page.points), strict=True):
            values = with_time_texts(row, table.times)
            writer.writerow([*map(safe_cell, values), *(pair or (None, None))])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


def write_geojson(table: ExportTable, pages: Iterator[ExportPage]) -> Iterator[bytes]:
    """Write one FeatureCollection (RFC 7946) with flat properties."""
    yield b'{"type":"FeatureCollection","features":[\n'
    first = True
    for page in pages:
        features = _features(table, page)
        if features:
            yield (b"" if first else b",\n") + b",\n".join(features)
            first = False
    yield b"\n]}\n"


def write_geojson_lines(table: ExportTable, pages: Iterator[ExportPage]) -> Iterator[bytes]:
    """Write one feature a line (GeoJSONSeq, without the record separators that few readers know)."""
    for page in pages:
        yield b"".join(feature + b"\n" for feature in _features(table, page))


def _features(table: ExportTable, page: ExportPage) -> list[bytes]:
    names = table.names
    at_id = names.index("id")
    return [
        orjson.dumps(
            {
                "type": "Feature",
                "id": row[at_id],
                "geometry": None if pair is None else {"type": "Point", "coordinates": pair},
                "properties": dict(zip(names, with_time_texts(row, table.times), strict=True)),
            }
        )
        for row, pair in zip(page.rows, pairs(page.points), strict=True)
    ]


def write_kml(table: ExportTable, pages: Iterator[ExportPage]) -> Iterator[bytes]:
    """Write placemarks with their time and all values (KML 2.2)."""
    title, credit = _xml(table.title), _xml(table.attribution)
    yield f"{_KML_HEAD}<name>{title}</name><description>{credit}</description>\n".encode()
    for page in pages:
        placemarks = map(_placemark, [table] * len(page.rows), page.rows, pairs(page.points))
        yield "".join(placemarks).encode()
    yield b"</Document></kml>\n"


def write_network_link(title: str, address: str, refresh_s: int) -> bytes:
    """Write a KML file that has its reader fetch another one again and again."""
    link = f"<href>{_xml(address)}</href><refreshMode>onInterval</refreshMode>"
    link += f"<refreshInterval>{refresh_s}</refreshInterval>"
    name = f"<name>{_xml(title)}</name>"
    return f"{_KML_HEAD}<NetworkLink>{name}<Link>{link}</Link></NetworkLink></Document></kml>\n".encode()


def _placemark(table: ExportTable, row: FlatRow, pair: list[float] | None) -> str:
    values = dict(zip(table.names, with_time_texts(row, table.times), strict=True))
    name = str(values["subcategory"] or values["category"]).replace("_", " ").capitalize()
    data = "".join(
        f"<Data name={quoteattr(key)}><value>{_xml(str(value))}</value></Data>"
        for key, value in values.items()
        if value is not None
    )
    point = "" if pair is None else f"<Point><coordinates>{pair[0]},{pair[1]}</coordinates></Point>"
    return (
        f'<Placemark id="i{_xml(str(values["id"]))}"><name>{_xml(name)}</name>'
        f"<TimeStamp><when>{values['received_at']}</when></TimeStamp>"
        f"<ExtendedData>{data}</ExtendedData>{point}</Placemark>\n"
    )


def _xml(text: str) -> str:
    return escape(xml_safe(text))
