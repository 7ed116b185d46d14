"""Reads one theme of a city's ground from a geographic file: what lies in a box, in WGS 84, repaired."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from pyproj import CRS, Transformer

from blocklight.config.city import Bounds
from blocklight.errors import CityFileError
from blocklight.geo.reference_systems import Shapes, in_degrees, named_in_json
from blocklight.prepare.city_ground.themes import Theme, columns_of

_MAX_FILE_BYTES = 1_000_000_000
_MAX_UNPACKED_BYTES = 6_000_000_000
_MAX_FEATURES = 2_000_000

# West, south, east, north in degrees.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Origin:
    """Whom the map names for what is in a file, and under which licence it may be used."""

    credit: str
    licence: str


CENSUS = Origin("U.S. Census Bureau", "Public domain (17 U.S.C. 105)")


@dataclass(frozen=True)
class Part:
    """One file that tells of a theme; *layer* is one of several in it, *where* a condition on its columns.

    *written_from* is the file that it was written from, where it is not the one that came.
    """

    theme: Theme
    file: Path
    origin: Origin
    layer: str | None = None
    where: str | None = None
    crs: str | None = None
    written_from: Path | None = None


@dataclass(frozen=True)
class Features:
    """Shapes of one theme in WGS 84, with our columns beside them; a value that is missing is empty."""

    theme: Theme
    shapes: Shapes
    columns: dict[str, list[str]]

    def column(self, name: str) -> list[str]:
        """Give the values of one of our columns, empty texts where the source has none."""
        return self.columns.get(name) or [""] * len(self.shapes)


def box_of(bounds: Bounds, margin: float = 0.0) -> Box:
    """Give the box around a city, wider on each side by a *margin* in its own widths."""
    wide, high = (bounds.east - bounds.west) * margin, (bounds.north - bounds.south) * margin
    return bounds.west - wide, bounds.south - high, bounds.east + wide, bounds.north + high


def read_features(part: Part, box: Box) -> Features:
    """Read what of a file touches *box*; nothing of it may.

    Raises ``CityFileError`` with file, theme and reason for a file that cannot be read or is too large.
    """
    path, key = part.file, str(part.theme)
    expect_file(path, key)
    try:
        layer = part.layer or str(pyogrio.list_layers(path)[0][0])
        info = pyogrio.read_info(path, layer=layer)
        crs = part.crs or named_in_json(path) or info["crs"]
        columns = columns_of(part.theme, [str(field) for field in info["fields"]])
        meta, _, wkb, values = pyogrio.raw.read(
            path, layer=layer, columns=sorted({*columns.values()}), where=part.where, force_2d=True,
            bbox=_box_in(crs, box), max_features=_MAX_FEATURES + 1,
        )  # fmt: skip
        shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    except pyogrio.errors.DataLayerError:
        raise CityFileError(str(path), key, f"no layer {part.layer!r}") from None
    except (ValueError, pyogrio.errors.DataSourceError, shapely.errors.ShapelyError):
        raise CityFileError(str(path), key, "not a file of geographic data that can be read") from None
    if len(shapes) > _MAX_FEATURES:
        raise CityFileError(str(path), key, f"more than {_MAX_FEATURES:,} features within the map")
    read = dict(zip(map(str, meta["fields"]), values, strict=True))
    named = {
        column_key: [_squeezed(value) for value in read[column_name]]
        for column_key, column_name in columns.items()
    }
    try:
        shapes = in_degrees(shapes, crs)
    except ValueError as error:
        raise CityFileError(str(path), key, str(error)) from None
    return _inside(Features(part.theme, shapes, named), box)


def expect_file(path: Path, key: str) -> None:
    """Raise ``CityFileError`` where a file is missing, or is larger than it may be, also once unpacked."""
    if not path.is_file():
        raise CityFileError(str(path), key, "no such file")
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise CityFileError(str(path), key, f"larger than {_MAX_FILE_BYTES:,} bytes")
    if path.suffix.lower() != ".zip":
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        raise CityFileError(str(path), key, "not a zip archive that can be read") from None
    if unpacked > _MAX_UNPACKED_BYTES:
        raise CityFileError(str(path), key, f"unpacks to more than {_MAX_UNPACKED_BYTES:,} bytes")


def together(parts: list[Features], theme: Theme) -> Features | None:
    """Join the features of one theme, each shape of one name once; ``None`` where there are none."""
    parts = [part for part in parts if part.theme is theme and len(part.shapes)]
    if not parts:
        return None
    names = sorted({name for part in parts for name in part.columns})
    shapes: Shapes = np.concatenate([part.shapes for part in parts])
    columns = {name: [value for part in parts for value in part.column(name)] for name in names}
    # Counties and map sheets repeat what lies on their border.
    keys = zip(shapely.to_wkb(shapes).tolist(), *columns.values(), strict=True)
    first = {key: number for number, key in reversed(list(enumerate(keys)))}
    indices = sorted(first.values())
    return Features(
        theme, shapes[indices], {name: [column[i] for i in indices] for name, column in columns.items()}
    )


def _inside(features: Features, box: Box) -> Features:
    shapes = features.shapes
    polygons = np.isin(shapely.get_type_id(shapes), (3, 6))
    broken = polygons & ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    has_shape = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    indices = np.flatnonzero(has_shape & shapely.intersects(shapes, shapely.box(*box)))
    columns = {name: [values[number] for number in indices] for name, values in features.columns.items()}
    return Features(features.theme, shapes[indices], columns)


def _box_in(crs: str | None, box: Box) -> Box:
    """Give a box of degrees as the box around it in a file's own reference system."""
    if crs is None:
        return box
    system = CRS.from_user_input(crs)
    ring = shapely.segmentize(shapely.box(*box), max((box[2] - box[0]) / 20, 1e-6))
    transformer = Transformer.from_crs(CRS.from_epsg(4326), system, always_xy=True)
    moved = shapely.transform(ring, lambda points: np.stack(transformer.transform(*points.T), axis=1))
    west, south, east, north = moved.bounds
    return west, south, east, north


def _squeezed(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN stands for none
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())
