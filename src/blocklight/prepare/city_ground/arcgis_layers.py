"""Reads a layer of an ArcGIS server as intake reads calls: bounded, paged, without gaps."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from blocklight import net
from blocklight.config.city import SourceSpec
from blocklight.intake.connectors import connector
from blocklight.intake.record import RawRecord

# A row's columns, and its geometry: under ``SHAPE``, or a point's numbers under ``POINT``.
LayerRow = RawRecord

SHAPE = "__shape"
POINT = ("__lon", "__lat")
_MAX_ROWS = 1_000_000
# Layers of polygons take longer to answer than rows of calls.
_TIMEOUT_S = 60


def read_arcgis_layer(url: str, columns: Sequence[str], now: Callable[[], datetime]) -> list[LayerRow]:
    """Give the rows of a layer with these *columns* and their geometry; a query behind *url* goes along.

    The address was typed or named by a person, so its host may be anywhere. Raises ``SourceError``.
    """
    return asyncio.run(_layer_rows(url, columns, now))


async def _layer_rows(url: str, columns: Sequence[str], now: Callable[[], datetime]) -> list[LayerRow]:
    fields: dict[str, Any] = {
        "received_at": {"default": ""},
        "source_type": {"from": [*columns]} if columns else {"default": "map"},
        "agency": {"default": "map"},
        "point": SHAPE,
        "lon": POINT[0],
        "lat": POINT[1],
    }
    about = {"id": "layer", "label": "layer", "connector": "arcgis", "url": url, "key": [SHAPE, *POINT]}
    layer = SourceSpec.model_validate(
        {
            **about,
            "closes": "never",
            "fields": fields,
            "max_rows": _MAX_ROWS,
            "may_be_empty": True,
            "timeout_s": _TIMEOUT_S,
        }
    )
    async with net.client(net.outbound({net.host_of(url)})) as client:
        reader = connector(layer, client=client, now=now)
        return [row async for batch in reader.fetch(None) for row in batch.records]
