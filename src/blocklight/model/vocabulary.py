"""The words of the public record: every enumeration that anybody may read, with stable ids."""

from enum import StrEnum
from typing import Literal

PauseScope = Literal["city", "source", "category", "area"]
"""What kind of thing a city pauses."""


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


class Section(StrEnum):
    """What the page lists apart; see `blocklight.store.read.query`."""

    CALLS = "calls"
    REQUESTS = "requests"
    OFFICER = "officer"


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


class Reason(StrEnum):
    """Why an incident is not public, as a class that the public may read; the last two are only late."""

    UNMAPPED = "unmapped"
    SENSITIVE = "sensitive"
    POLICY = "policy"
    NO_PLACE = "no_place"
    OUTSIDE_CITY = "outside_city"
    HELD = "held"
    PAUSED = "paused"


class Operation(StrEnum):
    """What a change does to the public record."""

    PUT = "put"
    RETRACT = "retract"
