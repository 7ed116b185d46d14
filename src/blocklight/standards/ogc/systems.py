"""Reference systems in which coordinates are taken and given (OGC API Features part 2)."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from blocklight.standards.ogc.errors import OgcError

Points = NDArray[np.float64]
_RADIUS_M = 6_378_137.0
_HIGHEST_LAT = 89.999999
_HIGHEST_M = 1e8
"""Beyond this a northing is the pole."""


class ReferenceSystem(StrEnum):
    """A system by its URI."""

    CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    WGS84 = "http://www.opengis.net/def/crs/EPSG/0/4326"
    """The same degrees with the latitude first."""
    MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"

    def of_degrees(self, points: Points) -> Points:
        """Points (longitude and latitude in rows) in this system."""
        match self:
            case ReferenceSystem.CRS84:
                return points
            case ReferenceSystem.WGS84:
                return points[:, ::-1]
        lats = np.clip(points[:, 1], -_HIGHEST_LAT, _HIGHEST_LAT)
        norths = np.log(np.tan(np.pi / 4 + np.radians(lats) / 2)) * _RADIUS_M
        return np.column_stack((np.radians(points[:, 0]) * _RADIUS_M, norths))

    def to_degrees(self, points: Points) -> Points:
        """Points of this system as longitude and latitude."""
        match self:
            case ReferenceSystem.CRS84:
                return points
            case ReferenceSystem.WGS84:
                return points[:, ::-1]
        norths = np.clip(points[:, 1], -_HIGHEST_M, _HIGHEST_M) / _RADIUS_M
        lats = np.degrees(2 * np.arctan(np.exp(norths)) - np.pi / 2)
        return np.column_stack((np.degrees(points[:, 0] / _RADIUS_M), lats))


SYSTEMS = tuple(map(str, ReferenceSystem))
_SHORT = {
    "CRS84": ReferenceSystem.CRS84, "OGC:CRS84": ReferenceSystem.CRS84,
    "EPSG:4326": ReferenceSystem.WGS84, "EPSG:3857": ReferenceSystem.MERCATOR,
}  # fmt: skip


def system_of(text: str | None, parameter: str) -> ReferenceSystem:
    """The system that a parameter names, CRS84 where it names none; raises ``OgcError``."""
    if not text:
        return ReferenceSystem.CRS84
    name = text.strip().removeprefix("[").removesuffix("]")  # a safe CURIE
    if name in _SHORT:
        return _SHORT[name]
    try:
        return ReferenceSystem(name.replace("https://", "http://", 1))
    except ValueError:
        raise OgcError(f"expected one of {', '.join(SYSTEMS)}", parameter=parameter) from None
