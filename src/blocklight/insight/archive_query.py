"""Puts a query into DuckDB's SQL over the archive's columns, with every value as a parameter."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from blocklight.archive.month_table import AREA
from blocklight.config.city import City
from blocklight.errors import BadQuery
from blocklight.model.vocabulary import Category, Kind, Origin, Section
from blocklight.store import IncidentQuery

# The wall clock of the city when an incident was received; its hour and day are those that people know.
LOCAL = "timezone($zone, received_at)"

PLAIN_GROUPS = (
    "kind",
    "category",
    "subcategory",
    "agency",
    "source",
    "priority",
    "origin",
    "disposition",
    "status",
)
TIME_GROUPS = {
    "hour": f"hour({LOCAL})",
    "weekday": f"isodow({LOCAL}) - 1",
    "day": f"strftime({LOCAL}, '%Y-%m-%d')",
    "week": f"strftime(date_trunc('week', {LOCAL}), '%Y-%m-%d')",
    "month": f"strftime({LOCAL}, '%Y-%m')",
}
_WAITED_MIN = "(epoch_ms(on_scene_at) - epoch_ms(received_at)) / 60000"
# Where the bands of waiting times begin and end, in minutes; longer than a day is believed of none.
WAITS_MIN = (0, 5, 10, 20, 60, 1440)

_WAIT = (
    "CASE "
    + " ".join(
        f"WHEN {_WAITED_MIN} >= {low} AND {_WAITED_MIN} < {high} THEN '{low:02}-{high:02}'"
        for low, high in pairwise(WAITS_MIN)
    )
    + " END"
)
_EQUAL = ("status", "kind", "agency", "priority", "origin")
_ACTIVITY = f"(origin = '{Origin.OFFICER}' OR category = '{Category.OFFICER_ACTIVITY}')"
_SECTIONS = {
    Section.REQUESTS: f"kind = '{Kind.REQUEST}'",
    Section.OFFICER: f"kind = '{Kind.CALL}' AND coalesce({_ACTIVITY}, false)",
    Section.CALLS: f"kind = '{Kind.CALL}' AND NOT coalesce({_ACTIVITY}, false)",
}
_SECTION_OF = (
    f"CASE WHEN {_SECTIONS[Section.REQUESTS]} THEN '{Section.REQUESTS}' "
    f"WHEN {_SECTIONS[Section.OFFICER]} THEN '{Section.OFFICER}' ELSE '{Section.CALLS}' END"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in SQL, and the parameters in it by name."""

    text: str
    parameters: dict[str, object]


def group_expression(city: City, name: str) -> str:
    """What a group is made of in SQL; raises ``BadQuery`` for one that there is not."""
    if name in PLAIN_GROUPS:
        return name
    if name == "section":
        return _SECTION_OF
    if name == "wait":
        return _WAIT
    if name in TIME_GROUPS:
        return TIME_GROUPS[name]
    kind = name.removeprefix("area:")
    if name != kind and kind in _kinds_of_areas(city):
        return _area_column(kind)
    raise BadQuery(f"cannot be grouped by {name[:80]!r}", parameter="by")


def group_names(city: City) -> list[str]:
    """List everything that incidents can be grouped by."""
    return [
        *PLAIN_GROUPS,
        "section",
        "wait",
        *TIME_GROUPS,
        *(f"area:{kind}" for kind in _kinds_of_areas(city)),
    ]


def archive_condition(city: City, query: IncidentQuery) -> Clause:
    """The condition of a query; raises ``BadQuery`` for what the archive does not answer."""
    if query.q is not None:
        raise BadQuery("counts cannot be filtered by words; /api/v1/incidents can", parameter="q")
    conditions = ["true"]
    parameters: dict[str, object] = {"zone": city.city.time_zone}
    bounds = {"since": ("received_at >= $since", query.since), "until": ("received_at < $until", query.until)}
    equals = {name: (f"{name} = ${name}", getattr(query, name)) for name in _EQUAL}
    for name, (condition, value) in (bounds | equals).items():
        if value is not None:
            conditions.append(condition)
            parameters[name] = str(value) if isinstance(value, StrEnum) else value
    if query.area is not None:
        kind, parameters["area"] = query.area
        if kind not in _kinds_of_areas(city):
            raise BadQuery("the city has no such area", parameter="area")
        conditions.append(f"{_area_column(kind)} = $area")
    _add_sets(query, conditions, parameters)
    return Clause(" AND ".join(conditions), parameters)


def _add_sets(query: IncidentQuery, conditions: list[str], parameters: dict[str, object]) -> None:
    if query.category:
        conditions.append("list_contains($categories, category)")
        parameters["categories"] = sorted(map(str, query.category))
    if query.subcategory:
        conditions.append("list_contains($subcategories, subcategory)")
        parameters["subcategories"] = sorted(map(str, query.subcategory))
    if query.local is not None and query.local.hours:
        conditions.append(f"list_contains($hours, {TIME_GROUPS['hour']})")
        parameters["hours"] = sorted(query.local.hours)
    if query.local is not None and query.local.weekdays:
        conditions.append(f"list_contains($weekdays, {TIME_GROUPS['weekday']})")
        parameters["weekdays"] = sorted(query.local.weekdays)
    if query.section is not None:
        conditions.append(f"({_SECTIONS[query.section]})")
    if query.bbox is not None:
        conditions.append("lon BETWEEN $west AND $east AND lat BETWEEN $south AND $north")
        parameters |= dict(zip(("west", "south", "east", "north"), query.bbox, strict=True))


def _kinds_of_areas(city: City) -> list[str]:
    return [layer.kind for layer in city.areas]


def _area_column(kind: str) -> str:
    return f'"{AREA}{kind}"'
