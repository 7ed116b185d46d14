"""Coordinates as whole numbers on a grid of the client's, which makes answers smaller."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocklight.standards.geoservices.errors import GeoServicesError
from blocklight.standards.geoservices.parameters import Parameters
from blocklight.standards.geoservices.spatial import SpatialReference, parse_search

_LEAST = 1e-9
# Up to here a float holds every whole number.
_FURTHEST = 2**53


@dataclass(frozen=True, slots=True)
class Quantization:
    """A grid: the size of its cells, where it begins, and whether it counts downwards."""

    tolerance: float
    origin_x: float
    edge: float
    from_top: bool

    @property
    def json(self) -> dict[str, object]:
        """How an answer names it."""
        return {
            "originPosition": "upperLeft" if self.from_top else "lowerLeft",
            "scale": [self.tolerance, self.tolerance],
            "translate": [self.origin_x, self.edge],
        }

    def cells(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Points as whole numbers of cells."""
        down = self.edge - points[:, 1] if self.from_top else points[:, 1] - self.edge
        # Clipped before it is rounded: a point far from the grid would overflow to the other side of it.
        cells = np.column_stack((points[:, 0] - self.origin_x, down)) / self.tolerance
        return np.rint(np.clip(cells, -_FURTHEST, _FURTHEST)).astype(np.int64)


def parse_quantization(parameters: Parameters, system: SpatialReference) -> Quantization | None:
    """Read ``quantizationParameters``; raises ``GeoServicesError``."""
    grid = parameters.json("quantizationParameters")
    if grid is None or grid == {}:
        return None
    name = "quantizationParameters"
    if not isinstance(grid, dict):
        raise GeoServicesError("expected an object", parameter=name)
    mode = grid.get("mode", "view")
    origin = grid.get("originPosition", "upperLeft")
    tolerance = grid.get("tolerance", 1)
    if mode != "view" or origin not in ("upperLeft", "lowerLeft"):
        raise GeoServicesError(
            "expected mode view, and originPosition upperLeft or lowerLeft", parameter=name
        )
    if not isinstance(tolerance, int | float) or not _LEAST <= tolerance <= 1 / _LEAST:
        raise GeoServicesError("expected a tolerance above 0", parameter=name)
    extent = grid.get("extent")
    if not isinstance(extent, dict):
        return Quantization(float(tolerance), 0.0, 0.0, from_top=origin == "upperLeft")
    origin_x, edge = _corner(extent, system, from_top=origin == "upperLeft")
    return Quantization(float(tolerance), origin_x, edge, from_top=origin == "upperLeft")


def _corner(extent: dict[str, object], system: SpatialReference, *, from_top: bool) -> tuple[float, float]:
    """The corner from which cells are counted, in the system of the answer."""
    reference = extent.get("spatialReference")
    wkid = reference.get("wkid") if isinstance(reference, dict) else None
    sides = ("xmin", "ymax" if from_top else "ymin")
    x, y = (extent.get(side) for side in sides)
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        raise GeoServicesError("extent: expected numbers", parameter="quantizationParameters")
    if wkid is None or wkid in system.json.values():
        return float(x), float(y)
    degrees = parse_search(f"{x},{y}", "esriGeometryPoint", _other(system), None).shape
    ((origin_x, edge),) = system.of_degrees(np.array([[degrees.x, degrees.y]])).tolist()
    return origin_x, edge


def _other(system: SpatialReference) -> SpatialReference:
    return SpatialReference.WGS84 if system is SpatialReference.MERCATOR else SpatialReference.MERCATOR
