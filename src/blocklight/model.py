"""What the public may know: the only types that exist outside ``intake/``, none with a field for more."""

import math
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

import msgspec


class Kind(StrEnum):
    """What an incident is: work opened by a dispatch centre, or a 311 request."""

    CALL = "call"
    REQUEST = "request"


class Status(StrEnum):
    """Whether an incident still occupies somebody."""

    OPEN = "open"
    CLOSED = "closed"


class Stage(StrEnum):
    """The life of a call, in order."""

    RECEIVED = "received"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLOSED = "closed"


class Origin(StrEnum):
    """Who opened the call."""

    COMMUNITY = "community"
    OFFICER = "officer"


class Category(StrEnum):
    """Our canonical term for what an incident is about; ids are stable, the city file maps to them."""

    VIOLENCE = "violence"
    WEAPONS = "weapons"
    ROBBERY = "robbery"
    BURGLARY = "burglary"
    THEFT = "theft"
    VEHICLE_THEFT = "vehicle_theft"
    PROPERTY_DAMAGE = "property_damage"
    DISTURBANCE = "disturbance"
    SUSPICIOUS = "suspicious"
    TRAFFIC_COLLISION = "traffic_collision"
    TRAFFIC = "traffic"
    FIRE = "fire"
    HAZARD = "hazard"
    MEDICAL = "medical"
    RESCUE = "rescue"
    ALARM = "alarm"
    WELFARE = "welfare"
    ANIMAL = "animal"
    PARKING = "parking"
    STREET_AND_LIGHTS = "street_and_lights"
    GRAFFITI_AND_DUMPING = "graffiti_and_dumping"
    NOISE = "noise"
    SERVICE = "service"
    OFFICER_ACTIVITY = "officer_activity"
    OTHER = "other"


class Disposition(StrEnum):
    """How an incident ended, in canonical terms; patient outcomes have no member here on purpose."""

    HANDLED = "handled"
    REPORT_TAKEN = "report_taken"
    ADVISED = "advised"
    CITED = "cited"
    ARREST = "arrest"
    REFERRED = "referred"
    UNFOUNDED = "unfounded"
    GONE_ON_ARRIVAL = "gone_on_arrival"
    UNABLE_TO_LOCATE = "unable_to_locate"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"
    FALSE_ALARM = "false_alarm"
    CREW_ASSIGNED = "crew_assigned"
    COMPLETED = "completed"
    OTHER = "other"


class PlaceKind(StrEnum):
    """What was done to a location before it became public."""

    GRID = "grid"
    INTERSECTION = "intersection"
    BLOCK = "block"
    AREA = "area"
    PUBLISHER = "publisher"


TIMES = ("received_at", "dispatched_at", "en_route_at", "on_scene_at", "closed_at")
"""The times of an incident in the order of its life, all from its source."""

_ZONES_APART = timedelta(hours=26)
_METRES_A_DEGREE = 111_195
_NOWHERE_M = 50_000_000
COARSER = 1.5
"""Beyond this a place is coarser; cells of one resolution differ by less, and a step of one by 2.6."""


class Reason(StrEnum):
    """Why an incident is not public, as a class that the public may read; the last two are only late."""

    UNMAPPED = "unmapped"
    SENSITIVE = "sensitive"
    POLICY = "policy"
    NO_PLACE = "no_place"
    OUTSIDE_CITY = "outside_city"
    HELD = "held"
    PAUSED = "paused"


class Place(msgspec.Struct, frozen=True, gc=False):
    """An approved public point: lon, lat in WGS 84 degrees, and up to how many metres it was moved."""

    lon: float
    lat: float
    kind: PlaceKind
    radius_m: int
    label: str | None = None

    def reaches(self, other: "Place") -> bool:
        """Whether one true place may lie behind both this place and *other*."""
        north_m = (self.lat - other.lat) * _METRES_A_DEGREE
        east_m = (self.lon - other.lon) * _METRES_A_DEGREE * math.cos(math.radians(self.lat))
        return math.hypot(north_m, east_m) <= self.radius_m + other.radius_m


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


class Bound(msgspec.Struct, frozen=True):
    """Where a call was told to be, and its areas, while medical or once masked: later it is told no finer."""

    place: Place | None = None
    areas: dict[str, str] = {}


class PublicIncident(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row on the map. Holds only what ``intake.redact`` put there, never a source's own identifier.

    *areas* maps an area kind (``beat``) to an area id and is derived from the public place, so it
    cannot narrow it. All times are aware UTC; ``None`` means that the stage was not reached or not told.
    *delayed* says that policy publishes it later than it came in, *time_step_min* that its times are cut to
    whole steps of so many minutes.
    """

    id: str
    source: str
    kind: Kind
    agency: str
    category: Category
    status: Status
    received_at: datetime
    place: Place | None = None
    areas: dict[str, str] = {}
    source_type: str | None = None
    priority: int | None = None
    origin: Origin | None = None
    units: int | None = None
    disposition: Disposition | None = None
    dispatched_at: datetime | None = None
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    closed_at: datetime | None = None
    delayed: bool = False
    time_step_min: int | None = None

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

    def no_finer_than(self, bound: Bound) -> "PublicIncident":
        """Return this version of an incident with no more of place and detail than its medical one told.

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
        return msgspec.structs.replace(
            self, place=place, areas=areas, source_type=None, priority=None, units=None, disposition=None
        )

    def staying_at(self, told: Bound) -> "PublicIncident":
        """Return this version where an earlier one was *told* to be, if its own point is a publisher's.

        Points drawn anew at each fetch would give the true place away by their mean. So the first one
        stays, and none comes where another mask or no place was told before.
        """
        if self.place is None or not self.detail.as_published:
            return self
        place = told.place
        if place is not None and place.kind is PlaceKind.PUBLISHER and self.place.radius_m > place.radius_m:
            place = msgspec.structs.replace(place, radius_m=self.place.radius_m)
        return msgspec.structs.replace(self, place=place, areas=told.areas)

    def closed_by_vanishing(self, at: datetime) -> Self:
        """Return this incident closed at *at*, when a fetch first did without it."""
        closed_at = at if self.time_step_min is None else cut(at, self.time_step_min)
        return msgspec.structs.replace(self, status=Status.CLOSED, closed_at=closed_at)


class Withheld(msgspec.Struct, frozen=True):
    """An incident that is not published: its id and the class of reason, and nothing of what it was.

    *sensitive* is the ratchet: such an id is never published again, whatever later updates say. *areas* are
    those of its masked place: they are counted in the ledger and not kept with the id. A *companion* is
    withheld because it is close to a sensitive one; if it is public already, it is not retracted.
    """

    id: str
    source: str
    reason: Reason
    sensitive: bool = False
    areas: dict[str, str] = {}
    companion: bool = False


class Held(msgspec.Struct, frozen=True):
    """A public record that is not public yet.

    It is released at *release_at*; without one, once it is closed and *after_close_s* have passed. Both count
    by the source's clock, which may be wrong: so it waits *after_seen_s* at least from the moment it was
    first seen here, and *after_close_s* from the one it was first seen closed. With *step_min* it is released
    at the next whole step after it came in, and what was published of it before stays until then.
    """

    incident: PublicIncident
    release_at: datetime | None = None
    after_close_s: int = 0
    step_min: int | None = None
    after_seen_s: int = 0

    @property
    def id(self) -> str:
        """The public id that it will have."""
        return self.incident.id

    @property
    def source(self) -> str:
        """The source it came from."""
        return self.incident.source


class Rejected(msgspec.Struct, frozen=True):
    """A record that could not be normalised: *id* is a keyed hash, so that it is counted once."""

    id: str
    source: str
    reason: str


Outcome = PublicIncident | Held | Withheld | Rejected


class Operation(StrEnum):
    """What a change does to the public record."""

    PUT = "put"
    RETRACT = "retract"


class Change(msgspec.Struct, frozen=True):
    """One entry of the change log: *incident* is ``None`` when the id was retracted.

    *released_at* is when the incident was first published, *changed_at* when this change was.
    """

    seq: int
    id: str
    first_seq: int
    changed_at: datetime
    incident: PublicIncident | None
    released_at: datetime | None = None

    @property
    def operation(self) -> Operation:
        """Whether the incident was published or updated, or taken back."""
        return Operation.RETRACT if self.incident is None else Operation.PUT


class LifeEvent(msgspec.Struct, frozen=True):
    """One published change in an incident's life: the fields it set, as they were published."""

    seq: int
    changed_at: datetime
    changed: dict[str, object]


class StoredIncident(msgspec.Struct, frozen=True):
    """A published incident with its places in the change log.

    *first_seq* is where it was first published and never changes; *seq* is its latest change.
    """

    incident: PublicIncident
    first_seq: int
    seq: int
    released_at: datetime
    updated_at: datetime


class Area(msgspec.Struct, frozen=True):
    """A polygon people know, by kind and id; the polygon itself is public GeoJSON in WGS 84."""

    kind: str
    id: str
    name: str


def may_be_new(received_at: datetime, seen_at: datetime) -> bool:
    """Return whether a record first seen at *seen_at* may have begun then, with a clock read in a wrong zone.

    The zones farthest apart differ by 26 hours, so anything older by the source's clock is past in any zone.
    """
    return received_at > seen_at - _ZONES_APART


def cut(time: datetime, step_min: int) -> datetime:
    """Return the start of the whole step of *step_min* minutes, which divide an hour, that holds *time*."""
    return time.replace(minute=time.minute - time.minute % step_min, second=0, microsecond=0)
