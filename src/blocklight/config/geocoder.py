"""What a city file says of finding places for feeds that have only addresses."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from blocklight.config.table import Table, several


class StreetLines(Table):
    """A file of the city's streets as lines, in any format that GDAL reads: GeoJSON, shapefile, GeoPackage.

    *name* are the columns that make up a street's name, *ranges* those that hold house numbers: where a
    line begins and ends on its left, then on its right; or where it begins and ends at all. Without them
    the columns of TIGER/Line files (ADDRFEAT, EDGES, ROADS) and of OpenStreetMap are known. *crs* is for
    files that do not name their reference system.
    """

    file: str
    name: Annotated[tuple[str, ...], BeforeValidator(several)] = ()
    crs: str | None = None
    ranges: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ranges_are_pairs(self) -> Self:
        if len(self.ranges) not in (0, 2, 4):
            raise ValueError(
                "`ranges` names two properties, or four: left from, left to, right from, right to"
            )
        return self


class GeocoderSpec(Table):
    """How places are found for feeds that have addresses and no coordinates; nobody is asked by default."""

    streets: StreetLines | None = None
    service: Literal["census", "nominatim"] | None = None
    url: str | None = Field(default=None, pattern=r"^https?://.+$")
    locality: str = Field(default="", max_length=80)
    send: Literal["block", "address"] = "block"
    per_second: float = Field(default=1, gt=0, le=50)
    most_s: float = Field(default=10, gt=0, le=120)

    @model_validator(mode="after")
    def _finds_something(self) -> Self:
        if self.streets is None and self.service is None:
            raise ValueError("needs `streets` or `service`")
        if self.service is not None and not self.locality:
            raise ValueError('a service needs `locality`, such as "Dallas, TX"')
        return self
