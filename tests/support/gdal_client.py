"""GDAL as a client, in a process that serves nothing."""

import os
from typing import Any

Read = dict[str, Any]


def read_by_gdal(
    address: str, *, bbox: tuple[float, float, float, float] | None = None, where: str | None = None
) -> Read:
    """What GDAL reads from an address, by column, with the geometries and the reference system.

    It hands a box (degrees) and a condition in its own SQL on to servers that can choose by them.
    """
    os.environ |= {"NO_PROXY": "127.0.0.1", "GDAL_HTTP_TIMEOUT": "60"}
    from pyogrio import raw  # noqa: PLC0415 - it reads the environment once

    meta, _, geometry, columns = raw.read(address, bbox=bbox, where=where, datetime_as_string=True)
    values = [column.tolist() for column in columns]
    return {**dict(zip(meta["fields"], values, strict=True)), "geometry": geometry, "crs": meta["crs"]}
