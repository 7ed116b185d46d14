"""GDAL as a client, in a process that serves nothing."""

import os
from typing import Any

Read = dict[str, Any]


def read_by_gdal(address: str) -> Read:
    """Return what GDAL reads from an address, by column, with the geometries and the reference system."""
    os.environ |= {"NO_PROXY": "127.0.0.1", "GDAL_HTTP_TIMEOUT": "60"}
    from pyogrio import raw  # noqa: PLC0415 - it reads the environment once

    meta, _, geometry, columns = raw.read(address, datetime_as_string=True)
    values = [column.tolist() for column in columns]
    return {**dict(zip(meta["fields"], values, strict=True)), "geometry": geometry, "crs": meta["crs"]}
