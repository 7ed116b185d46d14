"""What a PMTiles file says of itself: whether it is one, what is drawn in it and whom it names.

The format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, deserialize_header

_MAGIC = b"PMTiles\x03"
_HEADER_BYTES = 127
# It is unpacked into memory: names of layers and fields take some thousand bytes.
_MOST_METADATA_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class TilesFile:
    """A file of vector tiles: the names of its layers, and its attribution as text, empty for none.

    *extent* is where its shapes end (west, south, east, north), as far as it says.
    """

    layers: tuple[str, ...]
    attribution: str
    extent: tuple[float, float, float, float] = (-180.0, -90.0, 180.0, 90.0)

    @classmethod
    def read(cls, path: Path) -> "TilesFile":
        """Read header and metadata; raises ``ValueError`` with the reason why this file is of no use."""
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
            if not head.startswith(_MAGIC) or len(head) < _HEADER_BYTES:
                raise ValueError("not a PMTiles file of version 3")
            header = deserialize_header(head)
            if header["tile_type"] is not TileType.MVT:
                raise ValueError("contains raster tiles; vector tiles are required")
            if header["metadata_length"] > _MOST_METADATA_BYTES:
                raise ValueError(f"its metadata is larger than {_MOST_METADATA_BYTES:,} bytes")
            file.seek(header["metadata_offset"])
            body = file.read(header["metadata_length"])
        metadata = _read_metadata(body, header["internal_compression"])
        try:
            layers = tuple(str(layer["id"]) for layer in metadata["vector_layers"])
        except (KeyError, TypeError):
            raise ValueError("its metadata names no vector layers") from None
        whole = header["min_lon_e7"], header["min_lat_e7"], header["max_lon_e7"], header["max_lat_e7"]
        west, south, east, north = _four_numbers(metadata.get("extent")) or [side / 1e7 for side in whole]
        return cls(layers, str(metadata.get("attribution") or ""), (west, south, east, north))


def _four_numbers(value: object) -> list[float] | None:
    """Four numbers that `blocklight basemap build` and `ground` write, ``None`` for anything else."""
    if not isinstance(value, list) or len(value) != 4:  # noqa: PLR2004 - the sides of a box
        return None
    return [float(side) for side in value] if all(isinstance(side, int | float) for side in value) else None


def _read_metadata(body: bytes, compression: Compression) -> dict[str, Any]:
    try:
        metadata = json.loads(gzip.decompress(body) if compression is Compression.GZIP else body)
    except (OSError, EOFError, ValueError):
        raise ValueError("its metadata cannot be read") from None
    if not isinstance(metadata, dict):
        raise ValueError("its metadata cannot be read")
    return metadata
