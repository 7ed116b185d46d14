"""Reference systems in which coordinates are taken and given (OGC API Features part 2)."""

from enum import StrEnum

from blocklight.standards.mercator import Points, degrees_of_mercator, mercator_of_degrees
from blocklight.standards.ogc.errors import OgcError


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
        return mercator_of_degrees(points)

    def to_degrees(self, points: Points) -> Points:
        """Points of this system as longitude and latitude."""
        match self:
            case ReferenceSystem.CRS84:
                return points
            case ReferenceSystem.WGS84:
                return points[:, ::-1]
        return degrees_of_mercator(points)


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
        # OGC writes these URIs with http; clients that tidy them up mean the same.
        return ReferenceSystem(name.replace("https://", "http://", 1))
    except ValueError:
        raise OgcError(f"expected one of {', '.join(SYSTEMS)}", parameter=parameter) from None
