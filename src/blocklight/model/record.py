"""The public record of an incident, its place and its areas; none of these types has a field for more."""

import math
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Annotated, NamedTuple, Self

import msgspec

from blocklight.model.described import meaning
from blocklight.model.vocabulary import (
    Category,
    Disposition,
    Kind,
    Origin,
    PlaceKind,
    Stage,
    Status,
    Subcategory,
)

# The times of an incident in the order of its life, all from its source.
TIMES = ("received_at", "dispatched_at", "en_route_at", "on_scene_at", "closed_at")
# Gives the ``TIMES`` of an incident, ``None`` for those that are missing.
times_of = attrgetter(*TIMES)

_ZONES_APART = timedelta(hours=26)
_METRES_A_DEGREE = 111_195
_NOWHERE_M = 50_000_000
_PLACE_EXAMPLE = {"label": "1400 block of Broadway", "kind": "grid", "radius_m": 201}
# Beyond this a place is coarser; cells of one resolution differ by less, and a step of one by 2.6.
COARSER = 1.5


class Place(msgspec.Struct, frozen=True, gc=False):
    """An approved public point: lon, lat in WGS 84 degrees, and up to how many metres it was moved."""

    lon: float
    lat: float
    kind: PlaceKind
    radius_m: int
    label: str | None = None

    def reaches(self, place: "Place") -> bool:
        """Whether one true place may lie behind both this place and *place*."""
        north_m = (self.lat - place.lat) * _METRES_A_DEGREE
        east_m = (self.lon - place.lon) * _METRES_A_DEGREE * math.cos(math.radians(self.lat))
        return math.hypot(north_m, east_m) <= self.radius_m + place.radius_m


class Detail(NamedTuple):
    """How much one version of an incident tells, so that a later one that tells less takes the rest back."""

    medical: bool
    radius_m: int
    labelled: bool
    typed: bool
    step_min: int
    as_published: bool = False
    """Whether it tells its source's own point."""

    def masks(self, earlier: "Detail") -> bool:
        """Whether a place of ours stands for what the *earlier* version told as its source does."""
        return earlier.as_published and not self.as_published


class Bound(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a call was told to be, and its areas, while medical or once masked: later it is told no finer.

    With *step_min* its times were cut to steps of so many minutes.
    """

    place: Place | None = None
    areas: dict[str, str] = {}
    step_min: int | None = None


class PublicIncident(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row on the map. Holds only what ``intake.redact`` put there, never a source's own identifier.

    *areas* maps an area kind (``beat``) to an area id and is derived from the public place, so it
    cannot narrow it. All times are aware UTC; ``None`` means that the stage was not reached or not told.
    *delayed* says that policy publishes it later than it came in, *time_step_min* that its times are cut to
    whole steps of so many minutes.
    """

    id: Annotated[str, meaning("Its public id, of 16 letters and digits", "k3x7m2qa5tzw4bne")]
    source: Annotated[str, meaning("Id of the source", "dispatch", window="text")]
    kind: Annotated[Kind, meaning("What it is: a call for service or a request", "call", window="text")]
    agency: Annotated[str, meaning("Who answers", "police", window="text")]
    category: Annotated[Category, meaning("What it is about", "disturbance", window="text")]
    status: Annotated[Status, meaning("Whether it is open or closed", "closed")]
    received_at: Annotated[datetime, meaning("When it came in", "2026-01-31T05:02:00Z")]
    place: Annotated[
        Place | None, meaning("What was done to its place, null where none is published", _PLACE_EXAMPLE)
    ] = None
    areas: Annotated[
        dict[str, str], meaning("Area kind to area id, worked out from the public point", {"beat": "04X"})
    ] = {}
    source_type: Annotated[
        str | None,
        meaning(
            "The agency's own words where the city's policy publishes them", "NOISE COMPLAINT", window="text"
        ),
    ] = None
    priority: Annotated[
        int | None, meaning("As the agency ranks it; 1 is most urgent", 3, window="small_number")
    ] = None
    origin: Annotated[Origin | None, meaning("Who opened the call", "community", window="text")] = None
    units: Annotated[int | None, meaning("How many units are assigned", 2)] = None
    disposition: Annotated[Disposition | None, meaning("How it ended", "advised", window="text")] = None
    dispatched_at: Annotated[
        datetime | None, meaning("When the first unit was sent", "2026-01-31T05:06:10Z")
    ] = None
    en_route_at: Annotated[datetime | None, meaning("When it set off", "2026-01-31T05:07:00Z")] = None
    on_scene_at: Annotated[datetime | None, meaning("When it arrived", "2026-01-31T05:13:00Z")] = None
    closed_at: Annotated[
        datetime | None,
        meaning(
            "When it was closed; where a feed closes calls by dropping them, when it was first missing",
            "2026-01-31T05:31:00Z",
        ),
    ] = None
    delayed: Annotated[bool, meaning("Whether policy publishes it later than it came in", example=False)] = (
        False
    )
    time_step_min: Annotated[
        int | None, meaning("Its times are cut to whole steps of so many minutes; null: not cut", 5)
    ] = None
    subcategory: Annotated[
        Subcategory | None,
        meaning("What it is about within its category, where that is published", "loud_music", window="text"),
    ] = None

    @property
    def stage(self) -> Stage:
        """The furthest stage reached."""
        if self.status is Status.CLOSED:
            return Stage.CLOSED
        if self.on_scene_at is not None:
            return Stage.ON_SCENE
        if self.en_route_at is not None:
            return Stage.EN_ROUTE
        if self.dispatched_at is not None:
            return Stage.DISPATCHED
        return Stage.RECEIVED

    @property
    def detail(self) -> Detail:
        """How much it tells."""
        place = self.place
        return Detail(
            self.category is Category.MEDICAL,
            _NOWHERE_M if place is None else place.radius_m,
            place is not None and place.label is not None,
            self.source_type is not None,
            self.time_step_min or 0,
            place is not None and place.kind is PlaceKind.PUBLISHER,
        )

    @property
    def bound(self) -> Bound:
        """Where it is told to be."""
        return Bound(self.place, self.areas)

    @property
    def bound_with_times(self) -> Bound:
        """Where it is told to be, and how its times are cut."""
        return Bound(self.place, self.areas, self.time_step_min)

    def no_finer_than(self, bound: Bound) -> "PublicIncident":
        """This version of an incident with no more of place, times and detail than a medical one told.

        A patient's place would otherwise be told finer by what the call is named later. Where both cannot be
        true, no place is told. A medical version and a coarser place stay as they are.
        """
        if self.category is Category.MEDICAL:
            return self
        place, areas = bound.place, bound.areas
        if place is None or self.place is None or not place.reaches(self.place):
            place, areas = None, {}
        elif self.place.radius_m > place.radius_m * COARSER and not self.detail.as_published:
            place, areas = self.place, self.areas
        coarser = msgspec.structs.replace(
            self,
            place=place,
            areas=areas,
            subcategory=None,
            source_type=None,
            priority=None,
            units=None,
            disposition=None,
        )
        return coarser.with_times_cut(bound.step_min or 0)

    def with_times_cut(self, step_min: int) -> "PublicIncident":
        """This version with its times cut to steps of *step_min* minutes, or to its own if larger."""
        step_min = max(step_min, self.time_step_min or 0)
        if not step_min:
            return self
        stages = zip(TIMES, times_of(self), strict=True)
        times = {name: cut(time, step_min) for name, time in stages if time is not None}
        return msgspec.structs.replace(self, delayed=True, time_step_min=step_min, **times)

    def staying_at(self, bound: Bound) -> "PublicIncident":
        """This version where an earlier one was *bound* to be, if its own point is a publisher's.

        Points drawn anew at each fetch would give the true place away by their mean. So the first one
        stays, and none comes where another mask or no place was told before.
        """
        if self.place is None or self.place.kind is not PlaceKind.PUBLISHER:
            return self
        place = bound.place
        if place is not None and place.kind is PlaceKind.PUBLISHER and self.place.radius_m > place.radius_m:
            place = msgspec.structs.replace(place, radius_m=self.place.radius_m)
        return msgspec.structs.replace(self, place=place, areas=bound.areas)

    def closed_by_vanishing(self, at: datetime) -> Self:
        """This incident closed at *at*, when a fetch first did without it."""
        closed_at = at if self.time_step_min is None else cut(at, self.time_step_min)
        return msgspec.structs.replace(self, status=Status.CLOSED, closed_at=closed_at)


class Area(msgspec.Struct, frozen=True):
    """A polygon people know, by kind and id; the polygon itself is public GeoJSON in WGS 84."""

    kind: str
    id: str
    name: str


def may_be_new(received_at: datetime, seen_at: datetime) -> bool:
    """Whether a record first seen at *seen_at* may have begun then, with a clock read in a wrong zone.

    The zones farthest apart differ by 26 hours, so anything older by the source's clock is past in any zone.
    """
    return received_at > seen_at - _ZONES_APART


def cut(time: datetime, step_min: int) -> datetime:
    """The start of the whole step of *step_min* minutes, which divide an hour, that holds *time*."""
    return time.replace(minute=time.minute - time.minute % step_min, second=0, microsecond=0)
