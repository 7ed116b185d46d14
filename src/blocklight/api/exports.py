"""Everything that a filter of the list matches, as a file: streamed, in constant memory, and whole."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from itertools import chain
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from blocklight.api.encoding import preferred_encoding
from blocklight.api.examples import problems
from blocklight.api.incidents import WordFilter
from blocklight.api.limits import address_key
from blocklight.api.problems import overloaded, too_many
from blocklight.api.schemas import reference
from blocklight.api.state import Public, public
from blocklight.publish.building import rest_after
from blocklight.publish.exports.files import write_flatgeobuf, write_parquet, write_workbook
from blocklight.publish.exports.table import MEDIA_TYPES, ExportPage, ExportTable, Write, exported_fields
from blocklight.publish.exports.texts import (
    ExportedCollection,
    csv_chunks,
    write_geojson,
    write_geojson_lines,
    write_kml,
    write_network_link,
)
from blocklight.query.encoded import as_points
from blocklight.query.fields import Fields, incident_fields

router = APIRouter(tags=["incidents"])

Format = Literal["csv", "geojson", "geojsonl", "kml", "parquet", "fgb", "xlsx"]
_WRITERS: Mapping[Format, Write] = {
    "csv": csv_chunks,
    "geojson": write_geojson,
    "geojsonl": write_geojson_lines,
    "kml": write_kml,
    "parquet": write_parquet,
    "fgb": write_flatgeobuf,
    "xlsx": write_workbook,
}
_FILE = {"schema": {"type": "string", "format": "binary"}, "example": "a file"}
_TEXTS = ("csv", "geojson", "geojsonl", "kml")
_AGAIN_S = 10
_REFRESH_S = 60
# What zlib calls gzip with a full window.
_GZIP = 31
# An export takes longer than anything may be kept that could be taken back.
_NOT_KEPT = {"cache-control": "no-store"}


@router.get(
    "/incidents.{form}",
    response_class=Response,
    responses={
        200: {
            "description": "All that the filter matches, newest first",
            "content": {
                **dict.fromkeys(MEDIA_TYPES.values(), _FILE),
                MEDIA_TYPES["geojson"]: {
                    "schema": reference(ExportedCollection),
                    "example": {"type": "FeatureCollection", "features": []},
                },
            },
        },
        **problems(400, 404, 503),
    },
)
def export_incidents(
    request: Request,
    form: Annotated[Format, Path(description="the format", examples=["csv"])],
    filters: Annotated[WordFilter, Query()],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """Export everything that a filter matches, without a limit.

    CSV, GeoJSON (one collection or a feature a line), KML, GeoParquet, FlatGeobuf or an Excel workbook. An
    export that cannot be finished breaks off with an error of the connection, never with fewer rows.
    """
    table = _export_table(state)
    parts = state.store.exported(filters.filter(state.city.city.zone), table.names, _fields(state))
    pages = (ExportPage(page.rows, as_points(page.points)) for page in parts)
    first = next(pages)  # before anything is sent: what is wrong with the query is a 400
    address = address_key(request.client.host if request.client else "")
    places = state.exports.places
    refused = places.take(address)
    if refused is not None:
        state.admission.refused[f"work_{refused}"] += 1
        if refused == "address":
            return too_many("this address has two exports under way; wait for one of them", _AGAIN_S)
        return overloaded(_AGAIN_S)
    written = _WRITERS[form](table, chain((first,), pages))
    headers = {"content-disposition": f'attachment; filename="{state.city.city.id}.{form}"', **_NOT_KEPT}
    if form in _TEXTS:
        headers["vary"] = "accept-encoding"
        if preferred_encoding(request.headers.get("accept-encoding"), ("gzip",)) == "gzip":
            headers["content-encoding"] = "gzip"
            written = _packed(written)
    sent = _in_turns(state, written, address)
    return _Export(sent, lambda: places.leave(address), headers, MEDIA_TYPES[form])


@router.get(
    "/network_link.kml",
    response_class=Response,
    responses={
        200: {
            "description": "A KML network link",
            "content": {MEDIA_TYPES["kml"]: {"schema": {"type": "string"}, "example": "<kml/>"}},
        },
        **problems(400),
    },
)
def network_link(
    request: Request, filters: Annotated[WordFilter, Query()], state: Annotated[Public, Depends(public)]
) -> Response:
    """Return a small file with which Google Earth and others read the KML export again every minute."""
    filters.filter(state.city.city.zone)
    address = request.url.replace(path=request.url.path.replace("network_link.kml", "incidents.kml"))
    body = write_network_link(state.city.city.name, str(address), _REFRESH_S)
    return Response(body, media_type=MEDIA_TYPES["kml"], headers={"cache-control": "public, max-age=60"})


def _fields(state: Public) -> Fields:
    return incident_fields(area.kind for area in state.city.areas)


def _export_table(state: Public) -> ExportTable:
    city = state.city.city
    return ExportTable(city.name, city.attribution, exported_fields(_fields(state)))


def _packed(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=_GZIP)
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()


async def _in_turns(state: Public, parts: Iterator[bytes], address: str) -> AsyncIterator[bytes]:
    """Yield the parts of an export, each worked out when the others had one and the map has what it needs."""
    loop = asyncio.get_running_loop()
    while True:
        begun_at = time.monotonic()
        part = await loop.run_in_executor(state.exports.thread, next, parts, None)
        if part is None:
            return
        worked_s = time.monotonic() - begun_at
        state.admission.work.spend(address, worked_s)
        if part:
            yield part
        await asyncio.sleep(rest_after(worked_s, state.publisher.live.sending_share, max_share=1.0))


class _Export(StreamingResponse):
    """An answer that gives its place back when it has ended, however it ends."""

    def __init__(
        self,
        parts: AsyncIterator[bytes],
        leave: Callable[[], None],
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        super().__init__(parts, headers=headers, media_type=media_type)
        self._leave = leave

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()
