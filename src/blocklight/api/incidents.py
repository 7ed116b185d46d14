"""Published incidents as GeoJSON: a filtered, keyset-paged list, and one incident with its life."""

from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from blocklight.api.encoding import PublicFile
from blocklight.api.examples import FEATURE, FEATURE_COLLECTION, LIFE, NOT_MODIFIED, problems
from blocklight.api.moment import Moment
from blocklight.api.schemas import IncidentLife, IncidentPage
from blocklight.api.state import GeoJson, Public, public
from blocklight.model.times import iso
from blocklight.model.vocabulary import Category, Kind, Origin, Section, Status, Subcategory
from blocklight.publish.feature import stored_feature
from blocklight.store import IncidentQuery, LocalTimes

router = APIRouter(tags=["incidents"])

_PARTS = r"^\d{1,2}(-\d{1,2})?(\.\d{1,2}(-\d{1,2})?){0,23}$"
_HOURS, _DAYS = 24, 7
_AREA = r"^[a-z][a-z0-9_-]{0,62}:[^:\x00-\x1f]{1,80}$"


class FilterParameters(BaseModel):
    """What incidents may be filtered by; anything else is a mistake and answered with 400."""

    model_config = ConfigDict(extra="forbid")

    bbox: str | None = Field(None, description="west,south,east,north in WGS 84 degrees", max_length=120)
    since: Moment | None = Field(None, description="received at or after this ISO 8601 time")
    until: Moment | None = Field(None, description="received before this ISO 8601 time")
    status: Status | None = Field(None, description="`open` or `closed`")
    kind: Kind | None = Field(None, description="`call` or `request`")
    category: list[Category] = Field([], description="one or more categories", max_length=30)
    subcategory: list[Subcategory] = Field([], description="one or more subcategories", max_length=30)
    agency: str | None = Field(None, description="who answers", pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    priority: int | None = Field(None, description="as the agency ranks it; 1 is most urgent", ge=0, le=99)
    origin: Origin | None = Field(None, description="who opened the call")
    section: Section | None = Field(
        None,
        description="`requests`; `officer`: calls that officers opened, or of the category officer_activity; "
        "`calls`: all other calls",
    )
    hours: str | None = Field(
        None, description="hours of the city's day, for example 18-23.0-1", pattern=_PARTS
    )
    weekdays: str | None = Field(None, description="days of the week, Monday is 0: 0-4", pattern=_PARTS)
    area: str | None = Field(None, description="kind:id, for example beat:04X", pattern=_AREA)

    @field_validator("bbox")
    @classmethod
    def _is_a_box(cls, value: str | None) -> str | None:
        if value is not None:
            _bbox(value)
        return value

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, value: str | None) -> str | None:
        _clock_parts(value, _HOURS)
        return value

    @field_validator("weekdays")
    @classmethod
    def _are_days(cls, value: str | None) -> str | None:
        _clock_parts(value, _DAYS)
        return value

    def filter(self, zone: ZoneInfo) -> IncidentQuery:
        """The store's query for these parameters, with hours and weekdays as clocks in *zone* show."""
        kind, _, area = (self.area or "").partition(":")
        return IncidentQuery(
            bbox=None if self.bbox is None else _bbox(self.bbox),
            since=self.since,
            until=self.until,
            status=self.status,
            kind=self.kind,
            category=frozenset(self.category),
            subcategory=frozenset(self.subcategory),
            agency=self.agency,
            priority=self.priority,
            origin=self.origin,
            section=self.section,
            local=LocalTimes(zone, _clock_parts(self.hours, _HOURS), _clock_parts(self.weekdays, _DAYS)),
            area=(kind, area) if self.area else None,
        )


class WordFilter(FilterParameters):
    """The same, and words."""

    q: str | None = Field(
        None, description="words in the place label, category, subcategory or id", max_length=100
    )

    def filter(self, zone: ZoneInfo) -> IncidentQuery:
        """The store's query for these parameters, with hours and weekdays as clocks in *zone* show."""
        return replace(super().filter(zone), q=self.q)


class IncidentParameters(WordFilter):
    """What the list may be filtered by, and which page of it is asked for."""

    limit: int = Field(100, description="incidents a page", ge=1, le=1000)
    cursor: str | None = Field(None, description="from `next` of the page before", max_length=400)

    def query(self, zone: ZoneInfo) -> IncidentQuery:
        """The store's query for these parameters, with hours and weekdays as clocks in *zone* show."""
        return replace(self.filter(zone), limit=self.limit, cursor=self.cursor)


def _clock_parts(text: str | None, count: int) -> frozenset[int]:
    """Read ``18-23.0-1``: numbers from 0 and below *count*, singly or from one to another."""
    chosen: set[int] = set()
    for part in text.split(".") if text else ():
        first, _, last = part.partition("-")
        numbers = range(int(first), int(last or first) + 1)
        if not numbers or numbers[-1] >= count:
            raise ValueError(f"needs numbers from 0 to {count - 1}, the smaller first")
        chosen.update(numbers)
    return frozenset(chosen)


def _bbox(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError("needs four numbers: west,south,east,north") from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004 - degrees
        raise ValueError("needs west < east and south < north, in degrees")
    return west, south, east, north


@router.get(
    "/incidents",
    response_class=GeoJson,
    responses={200: FEATURE_COLLECTION, **NOT_MODIFIED, **problems(400, 503)},
)
def list_incidents(
    request: Request,
    parameters: Annotated[IncidentParameters, Query()],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """List published incidents, newest first.

    Follow `next` until it is null: the pages together are exactly what was published when the first was asked
    for, however many calls arrive meanwhile.
    """
    page = state.store.query(parameters.query(state.city.city.zone))
    following = None
    if page.next is not None:
        following = str(request.url.include_query_params(cursor=page.next).replace(scheme="", netloc=""))
    body: IncidentPage = {
        "type": "FeatureCollection",
        "features": [stored_feature(item) for item in page.items],
        "next": following,
        "as_of": page.as_of,
    }
    file = PublicFile(orjson.dumps(body), GeoJson.media_type, "public, max-age=1", quality=4)
    return file.respond(request)


@router.get(
    "/incidents/{incident_id}",
    response_class=GeoJson,
    responses={200: LIFE, **NOT_MODIFIED, **problems(404, 503)},
)
def get_incident(
    request: Request,
    incident_id: Annotated[
        str, Path(description="its public id", pattern=r"^[a-z2-7]{16}$", examples=[FEATURE["id"]])
    ],
    state: Annotated[Public, Depends(public)],
) -> Response:
    """One incident with its life: every published change, oldest first."""
    stored, life = state.store.incident(incident_id)
    body: IncidentLife = {
        **stored_feature(stored),
        "life": [
            {"seq": event.seq, "changed_at": iso(event.changed_at), "changed": event.changed}
            for event in life
        ],
    }
    return PublicFile(orjson.dumps(body), GeoJson.media_type, "public, max-age=1", quality=4).respond(request)
