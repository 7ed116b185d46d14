"""The newest incidents of any filter as feeds for readers: Atom with GeoRSS, and JSON Feed."""

from dataclasses import replace
from datetime import UTC
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.examples import NOT_MODIFIED, problems
from blocklight.api.incidents import WordFilter
from blocklight.api.plain.page import Reader
from blocklight.api.schemas import reference
from blocklight.api.state import Public, public
from blocklight.model.changes import StoredIncident
from blocklight.publish.exports.feeds import (
    ATOM,
    JSON_FEED,
    Entry,
    Feed,
    JsonFeed,
    write_atom,
    write_json_feed,
)

router = APIRouter(tags=["feeds"])

_ENTRIES = 100
# So that what was taken back leaves other caches within a second.
_BRIEFLY = "public, max-age=1"

_EXAMPLE: JsonFeed = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Oakland",
    "home_page_url": "https://map.example/list",
    "feed_url": "https://map.example/api/v1/incidents.jsonfeed",
    "language": "en",
    "authors": [{"name": "City of Oakland"}],
    "items": [],
}
_DESCRIBED: dict[str, dict[str, object]] = {
    ATOM: {"schema": {"type": "string"}, "example": "<feed/>"},
    JSON_FEED: {"schema": reference(JsonFeed), "example": _EXAMPLE},
}


class FeedFilter(WordFilter):
    """What a feed may be narrowed by."""

    lang: str | None = Field(
        None, description="language of titles, for example `es`", pattern="^[A-Za-z-]{2,20}$"
    )


def _responses(media_type: str) -> dict[int | str, dict[str, object]]:
    content = {media_type: _DESCRIBED[media_type]}
    return {
        200: {"description": "The newest 100", "content": content},
        **NOT_MODIFIED,
        **problems(400, 404, 503),
    }


@router.get("/incidents.atom", response_class=Response, responses=_responses(ATOM))
def atom_feed(
    request: Request, filters: Annotated[FeedFilter, Query()], state: Annotated[Public, Depends(public)]
) -> Response:
    """Return the newest incidents of a filter as Atom with GeoRSS; entries change as calls do."""
    body = write_atom(_feed(request, filters, state), state.city.city.id)
    return PublicFile(body, ATOM, _BRIEFLY, quality=4).respond(request)


@router.get("/incidents.jsonfeed", response_class=Response, responses=_responses(JSON_FEED))
def json_feed(
    request: Request, filters: Annotated[FeedFilter, Query()], state: Annotated[Public, Depends(public)]
) -> Response:
    """Return the newest incidents of a filter as a JSON Feed; items change as calls do."""
    body = write_json_feed(_feed(request, filters, state), state.city.city.id)
    return PublicFile(body, JSON_FEED, _BRIEFLY, quality=4).respond(request)


def _feed(request: Request, filters: FeedFilter, state: Public) -> Feed:
    page = state.store.query(replace(filters.filter(state.city.city.zone), limit=_ENTRIES))
    reader = Reader.of(request, state)
    root = str(request.base_url).rstrip("/")
    pairs = [(name, text) for name, text in request.query_params.multi_items() if name != "lang"]
    city = state.city.city
    return Feed(
        id=f"urn:blocklight:{city.id}:feed:{urlencode(sorted(pairs))}",
        title=city.name,
        attribution=city.attribution,
        language=reader.words.language,
        home=f"{root}/list?{urlencode(pairs)}" if pairs else f"{root}/list",
        address=str(request.url),
        now=reader.now.astimezone(UTC),
        entries=[_feed_entry(stored, reader, root) for stored in page.items],
    )


def _feed_entry(stored: StoredIncident, reader: Reader, root: str) -> Entry:
    row = reader.teller.row(stored.incident)
    parts = [row.title, row.progress, row.ending, row.where]
    return Entry(
        incident=stored.incident,
        title=f"{row.title} · {row.where}",
        text=" · ".join(part for part in parts if part),
        link=f"{root}{reader.link(f'/list/{row.id}')}",
        published_at=stored.released_at,
        updated_at=stored.updated_at,
    )
