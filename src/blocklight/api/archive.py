"""The archive: the files of each month to download, as Parquet, CSV, GeoJSON lines or FlatGeobuf."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from blocklight.api.encoding import PublicFile, matches
from blocklight.api.examples import NOT_MODIFIED, Responses, json_response, problems
from blocklight.api.past_schemas import ArchiveList, ArchiveMonth, ArchiveRevisions
from blocklight.api.state import Public, public
from blocklight.archive.archive import Archive
from blocklight.archive.exports import csv_lines, flatgeobuf, geojson_lines
from blocklight.archive.manifest import MonthFile, RevisionFile
from blocklight.errors import NotFound
from blocklight.model.times import iso

router = APIRouter(tags=["archive"])

# As long as any answer may be kept: whatever is taken back is gone everywhere soon after.
_ONE_SECOND = "public, max-age=1"

_REVISIONS = "-revisions"
PARQUET = "application/vnd.apache.parquet"
FLATGEOBUF = "application/vnd.flatgeobuf"
_TEXTS: dict[str, tuple[str, Callable[..., Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_lines),
    "geojsonl": ("application/geo+json-seq", geojson_lines),
    "fgb": (FLATGEOBUF, flatgeobuf),
}
_MONTH_EXAMPLE: ArchiveMonth = {
    "month": "2026-01",
    "rows": 25_310,
    "first_received_at": "2026-01-01T08:00:04Z",
    "last_received_at": "2026-01-31T05:02:00Z",
    "as_of": "2026-01-31T05:03:00Z",
    "seq": 4822,
    "bytes": 1_204_331,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "parquet": "/api/v1/archive/2026-01.parquet",
    "csv": "/api/v1/archive/2026-01.csv",
    "geojsonl": "/api/v1/archive/2026-01.geojsonl",
    "fgb": "/api/v1/archive/2026-01.fgb",
    "revisions": {
        "rows": 98_204,
        "bytes": 2_004_331,
        "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        "parquet": "/api/v1/archive/2026-01-revisions.parquet",
        "csv": "/api/v1/archive/2026-01-revisions.csv",
        "geojsonl": "/api/v1/archive/2026-01-revisions.geojsonl",
    },
}
_LIST_EXAMPLE: ArchiveList = {
    "seq": 4822,
    "as_of": "2026-01-31T05:03:00Z",
    "being_built": ["2025-12"],
    "months": [_MONTH_EXAMPLE],
}
_FILE: Responses = {
    200: {
        "description": "The whole file",
        "content": {
            media: {"schema": {"type": "string"}, "example": "the incidents of a month"}
            for media in (PARQUET, "text/csv", "application/geo+json-seq", FLATGEOBUF)
        },
    },
    206: {"description": "The bytes asked for, of Parquet"},
    **NOT_MODIFIED,
    416: {"description": "No such bytes"},
}


@router.get(
    "/archive", responses=json_response("The archive", ArchiveList, _LIST_EXAMPLE) | problems(404, 503)
)
def get_archive(request: Request, state: Annotated[Public, Depends(public)]) -> Response:
    """List the months, each with its rows, its checksum and the place in the change log it is exact as of.

    Newer changes of a month are written into its file after two minutes at most. A month whose file held
    something that was taken back is not listed until its file is built anew, within seconds.
    """
    snapshot = kept(state).settled()
    body: ArchiveList = {
        "seq": snapshot.seq,
        "as_of": iso(snapshot.as_of),
        "being_built": sorted(snapshot.missing),
        "months": [month_entry(month) for month in snapshot.months],
    }
    return PublicFile(orjson.dumps(body), "application/json", _ONE_SECOND, quality=4).respond(request)


def month_entry(month: MonthFile) -> ArchiveMonth:
    """Describe a month's file and say where it is."""
    address = f"/api/v1/archive/{month.month}"
    return {
        "month": month.month,
        "rows": month.rows,
        "first_received_at": iso(month.first_at),
        "last_received_at": iso(month.last_at),
        "as_of": iso(month.built_at),
        "seq": month.seq,
        "bytes": month.bytes,
        "sha256": month.sha256,
        "parquet": f"{address}.parquet",
        "csv": f"{address}.csv",
        "geojsonl": f"{address}.geojsonl",
        "fgb": f"{address}.fgb",
        "revisions": None if month.revisions is None else _revisions_entry(month.month, month.revisions),
    }


def _revisions_entry(month: str, file: RevisionFile) -> ArchiveRevisions:
    address = f"/api/v1/archive/{month}{_REVISIONS}"
    return {
        "rows": file.rows,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "parquet": f"{address}.parquet",
        "csv": f"{address}.csv",
        "geojsonl": f"{address}.geojsonl",
    }


@router.get("/archive/{name}.{form}", response_class=FileResponse, responses=_FILE | problems(404, 503))
def get_archive_file(
    request: Request,
    name: Annotated[
        str,
        Path(
            description="the month, UTC, or the versions of its incidents, `2026-01-revisions`",
            pattern=rf"^\d{{4}}-\d{{2}}({_REVISIONS})?$",
            examples=["2026-01"],
        ),
    ],
    form: Annotated[
        str, Path(description="the format", pattern=r"^(parquet|csv|geojsonl|fgb)$", examples=["parquet"])
    ],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """Return the incidents that were received in one month: GeoParquet, CSV, GeoJSON, FlatGeobuf.

    `2026-01-revisions` has a row for each version that was published of them: from which `seq` and time
    (`known_at`) it was public, until when (`superseded_at`, null for the one that is public now), and its
    values, less what was taken back since.

    A download ends early where its file is withdrawn meanwhile, because something in it was taken back.
    """
    archive = kept(state)
    month = name.removesuffix(_REVISIONS)
    month_file = next((entry for entry in archive.settled().months if entry.month == month), None)
    file = month_file if month_file is None or name == month else month_file.revisions
    if file is None or (form == "fgb" and name != month):
        raise NotFound("the archive has no such file of that month")
    etag = f'"{file.sha256[:32]}-{form}"'
    headers = {
        "etag": etag,
        "cache-control": _ONE_SECOND,
        "content-disposition": f'attachment; filename="{state.city.city.id}-{name}.{form}"',
        "access-control-expose-headers": "etag, content-range",
    }
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    path = archive.folder / file.file

    def may_go_on() -> bool:
        return archive.serves(file.file)

    if form in _TEXTS:
        media_type, lines = _TEXTS[form]
        return StreamingResponse(lines(path, may_go_on), headers=headers, media_type=media_type)
    return _WhileServed(
        path, headers=headers, media_type=PARQUET, stat_result=path.stat(), may_go_on=may_go_on
    )


class _WhileServed(FileResponse):
    """A file that is sent for as long as it *may_go_on*, asked before every part of it."""

    def __init__(self, path: Any, *, may_go_on: Callable[[], bool], **settings: Any) -> None:  # noqa: ANN401 - those of a FileResponse
        super().__init__(path, **settings)
        del self.headers["last-modified"]  # the moment of writing says nothing of what is told; the ETag does
        self._may_go_on = may_go_on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_if_served(message: Message) -> None:
            if message["type"] == "http.response.body" and not await run_in_threadpool(self._may_go_on):
                raise ConnectionAbortedError("the file was withdrawn")
            await send(message)

        await super().__call__(self._with_known_range(scope), receive, send_if_served)

    def _with_known_range(self, scope: Scope) -> Scope:
        """Leave out a range that holds for another file alone; files are told apart by their ETags."""
        headers = Headers(scope=scope)
        if (held := headers.get("if-range")) is None:
            return scope
        left_out = {b"if-range"} if held == self.headers["etag"] else {b"if-range", b"range"}
        return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in left_out]}


def kept(state: Public) -> Archive:
    """Return the archive that this process keeps; raises ``NotFound`` for none."""
    if state.archive is None:
        raise NotFound("this server keeps no archive")
    return state.archive.archive
