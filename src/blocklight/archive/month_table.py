"""Turns stored rows into an Arrow table in the archive's columns, and writes it as GeoParquet 1.1.

The columns are derived from ``PublicIncident``; https://geoparquet.org/releases/v1.1.0/ defines the metadata.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from blocklight.model.record import PublicIncident
from blocklight.store import STORED, Revision

# Raised whenever the columns or their meaning change: files of another layout are built anew.
LAYOUT = 3

Row = Sequence[Any]
Where = tuple[Any, dict[str, str]]

# Small enough that a question about a day skips most of a month, large enough that columns compress well.
_ROWS_IN_GROUP = 20_000

_POINT = struct.Struct("<BIdd")
_LITTLE_ENDIAN, _WKB_POINT = 1, 1
_TIME = pa.timestamp("ms", tz="UTC")
_BBOX = pa.struct([(side, pa.float64()) for side in ("xmin", "ymin", "xmax", "ymax")])
_DECLARED = get_type_hints(PublicIncident)
_OF_THE_LOG = {"first_seq": pa.int64(), "seq": pa.int64(), "released_at": _TIME, "updated_at": _TIME}
_OF_THE_PLACE = {
    "lon": pa.float64(),
    "lat": pa.float64(),
    "place_kind": pa.string(),
    "place_radius_m": pa.int32(),
    "place_label": pa.string(),
}
# What the column of an area kind begins with: ``area_beat``.
AREA = "area_"

_SHAPES = ("bbox", "geometry")
_OF_A_REVISION = ("first_seq", "seq", "known_at", "superseded_at")


def _type_of(name: str) -> pa.DataType:
    kinds = (_DECLARED[name], *get_args(_DECLARED[name]))
    if datetime in kinds:
        return _TIME
    if bool in kinds:
        return pa.bool_()
    return pa.int32() if int in kinds else pa.string()


class ColumnType(StrEnum):
    """What a column of a file holds, whatever its format."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"
    TIME = "time"


def month_columns(area_kinds: Sequence[str]) -> list[tuple[str, ColumnType]]:
    """The columns of a month file as its texts have them, without shapes."""
    return _columns(_schema(area_kinds))


def revision_columns(area_kinds: Sequence[str]) -> list[tuple[str, ColumnType]]:
    """The columns of a file of versions."""
    return _columns(_revision_schema(area_kinds))


def _columns(schema: pa.Schema) -> list[tuple[str, ColumnType]]:
    return [(field.name, _column_type(field.type)) for field in schema if field.name not in _SHAPES]


def _column_type(kind: pa.DataType) -> ColumnType:
    if kind == _TIME:
        return ColumnType.TIME
    if pa.types.is_integer(kind):
        return ColumnType.WHOLE
    if pa.types.is_floating(kind):
        return ColumnType.NUMBER
    return ColumnType.FLAG if pa.types.is_boolean(kind) else ColumnType.TEXT


def _revision_schema(area_kinds: Sequence[str]) -> pa.Schema:
    left_out = {*_SHAPES, *_OF_THE_LOG, "known_at"}
    own = [pa.field(name, pa.int64() if name.endswith("seq") else _TIME) for name in _OF_A_REVISION]
    return pa.schema([*own, *(field for field in _schema(area_kinds) if field.name not in left_out)])


def _schema(area_kinds: Sequence[str]) -> pa.Schema:
    """The columns of a month file for a city with areas of these kinds."""
    fields: list[tuple[str, pa.DataType]] = [("known_at", _TIME)]
    for name in STORED:
        if name == "place_id":
            fields += list(_OF_THE_PLACE.items())
            fields += [(f"{AREA}{kind}", pa.string()) for kind in area_kinds]
        else:
            fields.append((name, _OF_THE_LOG.get(name) or _type_of(name)))
    fields += [("bbox", _BBOX), ("geometry", pa.binary())]
    return pa.schema(fields)


def month_table(
    rows: Sequence[Row],
    known_at: Sequence[int | None],
    places: Mapping[int, Where],
    area_kinds: Sequence[str],
) -> pa.Table:
    """The incidents of *rows*, which begin with the columns of ``STORED``, as a table.

    *known_at* is the moment (ms) from which on each is known to be public, ``None`` for imported history.
    """
    columns = dict(zip(STORED, zip(*rows, strict=True), strict=False)) if rows else dict.fromkeys(STORED, ())
    return _table(columns | {"known_at": known_at}, _schema(area_kinds), places, area_kinds)


def revision_table(
    revisions: Sequence[Revision], places: Mapping[int, Where], area_kinds: Sequence[str]
) -> pa.Table:
    """Published versions as a table with the same columns, and the span in which each was the public one."""
    values = zip(*(revision.values for revision in revisions), strict=True)
    columns: dict[str, Sequence[Any]] = dict.fromkeys(STORED, ()) | dict(zip(STORED, values, strict=False))
    spans = {name: [getattr(revision, name) for revision in revisions] for name in _OF_A_REVISION[1:]}
    return _table(columns | spans, _revision_schema(area_kinds), places, area_kinds)


def _table(
    columns: Mapping[str, Sequence[Any]],
    schema: pa.Schema,
    places: Mapping[int, Where],
    area_kinds: Sequence[str],
) -> pa.Table:
    wheres = [None if number is None else places[number] for number in columns["place_id"]]
    arrays = _place_arrays(wheres, area_kinds)
    for name in schema.names:
        if name not in arrays:
            arrays[name] = _array(schema.field(name).type, columns[name])
    return pa.table([arrays[name] for name in schema.names], schema=schema)


def _array(kind: pa.DataType, column: Sequence[Any]) -> pa.Array:
    if kind == _TIME:
        return pa.array(column, pa.int64()).cast(_TIME)
    if kind == pa.bool_():
        return pa.array([bool(value) for value in column])
    return pa.array(column, kind)


def _place_arrays(wheres: Sequence[Where | None], area_kinds: Sequence[str]) -> dict[str, pa.Array]:
    places = [None if place_and_areas is None else place_and_areas[0] for place_and_areas in wheres]
    lons = pa.array([None if place is None else place.lon for place in places], pa.float64())
    lats = pa.array([None if place is None else place.lat for place in places], pa.float64())
    placed = pc.is_null(lons)
    arrays = {
        "lon": lons,
        "lat": lats,
        "place_kind": pa.array([None if place is None else str(place.kind) for place in places], pa.string()),
        "place_radius_m": pa.array(
            [None if place is None else place.radius_m for place in places], pa.int32()
        ),
        "place_label": pa.array([None if place is None else place.label for place in places], pa.string()),
        "bbox": pa.StructArray.from_arrays([lons, lats, lons, lats], fields=list(_BBOX), mask=placed),
        "geometry": pa.array(
            [
                None if place is None else _POINT.pack(_LITTLE_ENDIAN, _WKB_POINT, place.lon, place.lat)
                for place in places
            ],
            pa.binary(),
        ),
    }
    for kind in area_kinds:
        ids = [
            None if place_and_areas is None else place_and_areas[1].get(kind) for place_and_areas in wheres
        ]
        arrays[f"{AREA}{kind}"] = pa.array(ids, pa.string())
    return arrays


def write_month(table: pa.Table, path: Path) -> None:
    """Write a table as GeoParquet, in row groups that its order by time lets readers skip."""
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": ["Point"],
                "covering": {"bbox": {side: ["bbox", side] for side in _BBOX.names}},
            }
        },
    }
    box = [pc.min_max(table[name]).as_py() for name in ("lon", "lat")]
    if box[0]["min"] is not None:
        geo["columns"]["geometry"]["bbox"] = [  # type: ignore[index]  # a plain dict as the format has it
            *(side["min"] for side in box),
            *(side["max"] for side in box),
        ]
    write_rows(table.replace_schema_metadata({b"geo": orjson.dumps(geo)}), path)


def write_rows(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet, as `write_month` does, without a geometry."""
    pq.write_table(
        table,
        path,
        compression="zstd",
        row_group_size=_ROWS_IN_GROUP,
        write_page_index=True,
    )
