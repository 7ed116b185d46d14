"""The words of the public record: every enumeration that anybody may read, with stable ids."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

# What kind of thing a city pauses.
PauseScope = Literal["city", "source", "category", "area"]


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


class StageTime(StrEnum):
    """A stage of a call as the field splits it: how long it takes from one time of a call to another."""

    QUEUE = "queue"
    TURNOUT = "turnout"
    TRAVEL = "travel"
    RESPONSE = "response"
    ON_SCENE = "on_scene"

    @property
    def end(self) -> Stage:
        """What of a call's life ends it."""
        return _ENDS[self]


_ENDS = {
    StageTime.QUEUE: Stage.DISPATCHED,
    StageTime.TURNOUT: Stage.EN_ROUTE,
    StageTime.TRAVEL: Stage.ON_SCENE,
    StageTime.RESPONSE: Stage.ON_SCENE,
    StageTime.ON_SCENE: Stage.CLOSED,
}


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


class Subcategory(StrEnum):
    """What an incident is about within its category, for harmless things only; see ``SUBCATEGORIES``."""

    SMOKE_ALARM = "smoke_alarm"
    CARBON_MONOXIDE_ALARM = "carbon_monoxide_alarm"
    BARKING_DOG = "barking_dog"
    STRAY_ANIMAL = "stray_animal"
    DEAD_ANIMAL = "dead_animal"
    VEGETATION_FIRE = "vegetation_fire"
    TRASH_FIRE = "trash_fire"
    TREE_DOWN = "tree_down"
    WIRES_DOWN = "wires_down"
    WATER_LEAK = "water_leak"
    FUEL_SPILL = "fuel_spill"
    GAS_LEAK = "gas_leak"
    LOUD_MUSIC = "loud_music"
    LOUD_PARTY = "loud_party"
    FIREWORKS = "fireworks"
    CONSTRUCTION_NOISE = "construction_noise"
    BUSINESS_NOISE = "business_noise"
    ILLEGAL_PARKING = "illegal_parking"
    BLOCKED_DRIVEWAY = "blocked_driveway"
    BLOCKED_BICYCLE_LANE = "blocked_bicycle_lane"
    ABANDONED_VEHICLE = "abandoned_vehicle"
    PARKING_METER = "parking_meter"
    STALLED_VEHICLE = "stalled_vehicle"
    ROAD_HAZARD = "road_hazard"
    POTHOLE = "pothole"
    STREET_LIGHT = "street_light"
    TRAFFIC_SIGNAL = "traffic_signal"
    SIDEWALK = "sidewalk"
    ROAD_SIGN = "road_sign"
    STORM_DRAIN = "storm_drain"
    GRAFFITI = "graffiti"
    ILLEGAL_DUMPING = "illegal_dumping"
    MISSED_COLLECTION = "missed_collection"
    LITTER_BIN = "litter_bin"
    PARK_MAINTENANCE = "park_maintenance"


# The subcategories of each category that has any.
#
# None where the lack of one would say something of a person: who is hurt, threatened, suspected or alone. An
# alarm has none for burglars, as those without would then be calls for help.
SUBCATEGORIES: Mapping[Category, frozenset[Subcategory]] = {
    Category.ALARM: frozenset({Subcategory.SMOKE_ALARM, Subcategory.CARBON_MONOXIDE_ALARM}),
    Category.ANIMAL: frozenset({Subcategory.BARKING_DOG, Subcategory.STRAY_ANIMAL, Subcategory.DEAD_ANIMAL}),
    Category.FIRE: frozenset({Subcategory.VEGETATION_FIRE, Subcategory.TRASH_FIRE}),
    Category.HAZARD: frozenset(
        {
            Subcategory.TREE_DOWN, Subcategory.WIRES_DOWN, Subcategory.WATER_LEAK, Subcategory.FUEL_SPILL,
            Subcategory.GAS_LEAK,
        }
    ),
    Category.NOISE: frozenset(
        {
            Subcategory.LOUD_MUSIC, Subcategory.LOUD_PARTY, Subcategory.FIREWORKS,
            Subcategory.CONSTRUCTION_NOISE, Subcategory.BUSINESS_NOISE,
        }
    ),
    Category.PARKING: frozenset(
        {
            Subcategory.BLOCKED_DRIVEWAY, Subcategory.BLOCKED_BICYCLE_LANE, Subcategory.ABANDONED_VEHICLE,
            Subcategory.PARKING_METER, Subcategory.ILLEGAL_PARKING,
        }
    ),
    Category.TRAFFIC: frozenset({Subcategory.STALLED_VEHICLE, Subcategory.ROAD_HAZARD}),
    Category.STREET_AND_LIGHTS: frozenset(
        {
            Subcategory.POTHOLE, Subcategory.STREET_LIGHT, Subcategory.TRAFFIC_SIGNAL, Subcategory.SIDEWALK,
            Subcategory.ROAD_SIGN, Subcategory.STORM_DRAIN,
        }
    ),
    Category.GRAFFITI_AND_DUMPING: frozenset({Subcategory.GRAFFITI, Subcategory.ILLEGAL_DUMPING}),
    Category.SERVICE: frozenset(
        {Subcategory.MISSED_COLLECTION, Subcategory.LITTER_BIN, Subcategory.PARK_MAINTENANCE}
    ),
}  # fmt: skip


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
