"""The only door: makes the public record from an ``Incident``, field by field, or withholds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from blocklight.areas import Areas
from blocklight.city import Bounds, City, Policy
from blocklight.intake.call_types import CallMeanings, Meaning
from blocklight.intake.geomask import hundred_block, mask_point
from blocklight.intake.keys import PublicIds
from blocklight.intake.policy import Decider
from blocklight.intake.record import Incident
from blocklight.model import (
    TIMES,
    Category,
    Held,
    Place,
    PlaceKind,
    PublicIncident,
    Reason,
    Rejected,
    Status,
    Withheld,
    cut,
)
from blocklight.places import ApprovedPlaces
from blocklight.policy import Rule
from blocklight.source_spec import masked_by_publisher

_AS_IT_IS = Rule(name="default", action="publish")
_STRICT = ("publish", "hold", "withhold")
_DIGITS = 5
"""Decimals of a point that is shown as its publisher put it: a metre."""


@dataclass(frozen=True)
class Rules:
    """A city's policy made ready: what types mean, what is withheld or held, how places are masked."""

    city_id: str
    ids: PublicIds = field(repr=False)
    bounds: Bounds
    policy: Policy
    areas: Areas
    meanings: CallMeanings = field(repr=False)
    decider: Decider = field(repr=False)
    ledger_kind: str | None = None
    places: ApprovedPlaces | None = field(default=None, repr=False)
    same: Mapping[str, str] = field(default_factory=dict)
    """Sources that tell of another's incidents by the same keys, each with that other."""
    passed: Mapping[str, int] = field(default_factory=dict)
    """Sources whose points are masked already, each with how far the true place may be, in metres."""

    @classmethod
    def of(cls, city: City, id_key: bytes, areas: Areas | None = None) -> "Rules":
        """Compile a city's rules over the shipped ones.

        Raises ``CityFileError`` for an unknown area and for a place file that cannot be used.
        """
        areas = areas or Areas(city)
        return cls(
            city_id=city.city.id,
            ids=PublicIds(id_key),
            bounds=city.city.bounds,
            policy=city.policy,
            areas=areas,
            meanings=CallMeanings(city.call_types, city.policy.allow),
            decider=Decider.of(city, areas),
            ledger_kind=city.ledger_kind,
            same={source.id: source.same_as for source in city.sources if source.same_as},
            passed={id_: line.radius_m for id_, line in masked_by_publisher(city.sources).items()},
            places=ApprovedPlaces.of(city, areas) if city.policy.nearest else None,
        )

    def public_id(self, source: str, identity: str) -> str:
        """Return the unlinkable public id of an incident: a keyed hash, 80 bits, base32."""
        return self.ids.of(f"{self.city_id}\x1f{self.same.get(source, source)}\x1f{identity}")

    def passes(self, source: str, category: Category, rule: Rule) -> int | None:
        """Return how far the true place may be from a point of *source* that is shown as it is.

        ``None`` where it is masked: for want of the city's word, as *rule* asks for a mask, or as medical.
        """
        asked = rule.place is not None or rule.resolution is not None
        return None if asked or category is Category.MEDICAL else self.passed.get(source)

    def category(self, source_type: str) -> Category | Reason:
        """Return what a source type means, or the reason why it may not be shown."""
        return self.meanings.of(source_type).category


def redact(incident: Incident, rules: Rules) -> PublicIncident | Held | Withheld:
    """Return what the public may know of *incident*, and when; every decision that fails, withholds."""
    public_id = rules.public_id(incident.source, incident.source_key)
    meaning, rule = judge(incident, rules)
    category = meaning.category
    if isinstance(category, Reason):
        return _withheld(public_id, incident, category, rules)
    if rule.action == "withhold":
        return _withheld(public_id, incident, Reason(rule.reason), rules)
    place = _place(incident, category, rule, rules)
    if isinstance(place, Reason):
        return _withheld(public_id, incident, place, rules)
    medical = category is Category.MEDICAL
    public = PublicIncident(
        id=public_id,
        source=incident.source,
        kind=incident.kind,
        agency=incident.agency,
        category=category,
        status=incident.status,
        received_at=incident.received_at,
        place=place,
        areas=_areas(place, rule, rules),
        source_type=incident.source_type if rules.policy.source_types and not medical else None,
        priority=incident.priority if rules.policy.shows("priority", category) else None,
        origin=incident.origin,
        units=incident.units if rules.policy.shows("units", category) else None,
        disposition=None if medical else incident.disposition,
        dispatched_at=incident.dispatched_at,
        en_route_at=incident.en_route_at,
        on_scene_at=incident.on_scene_at,
        closed_at=incident.closed_at,
    )
    return timed(incident, public, rule, until_closed=rule.until_closed or meaning.held_until_closed)


def judge(incident: Incident, rules: Rules) -> tuple[Meaning, Rule]:
    """Return what the types of *incident* mean and the rule that decides; of several the strictest."""
    meaning = rules.meanings.of(incident.source_type)
    rule = _rule(incident, meaning, rules)
    for other in incident.other_types:
        further = rules.meanings.of(other)
        if further.category is Reason.SENSITIVE:
            return further, _AS_IT_IS
        found = _rule(incident, further, rules, other)
        if _STRICT.index(found.action) > _STRICT.index(rule.action):
            rule = found
        meaning = meaning.with_further(further)
    return meaning, rule


def _rule(incident: Incident, meaning: Meaning, rules: Rules, source_type: str | None = None) -> Rule:
    if isinstance(meaning.category, Reason):
        return _AS_IT_IS
    return rules.decider.rule(incident, meaning.category, source_type) or _AS_IT_IS


def _withheld(public_id: str, incident: Incident, reason: Reason, rules: Rules) -> Withheld:
    """Return the mark of a withheld incident, with the area that the ledger counts it in."""
    areas: dict[str, str] = {}
    if rules.ledger_kind is not None and incident.lon is not None and incident.lat is not None:
        masked = mask_point(incident.lon, incident.lat, rules.policy.medical_resolution)
        inside = rules.areas.at(masked.lon, masked.lat)
        areas = {kind: area for kind, area in inside.items() if kind == rules.ledger_kind}
    return Withheld(public_id, incident.source, reason, reason is Reason.SENSITIVE, areas)


def timed(
    incident: Incident, public: PublicIncident, rule: Rule, *, until_closed: bool
) -> PublicIncident | Held:
    """Return the public record with its times cut, held back where policy says so."""
    step = rule.time_step_min
    if step is None and rule.action != "hold" and not until_closed:
        return public
    times: dict[str, datetime] = {}
    if step is not None:
        told = [(name, getattr(incident, name)) for name in TIMES]
        times = {name: cut(time, step) for name, time in told if time is not None}
    wait = timedelta(minutes=rule.for_min or 0)
    release_at: datetime | None = incident.received_at + wait
    if until_closed:
        done = incident.status is Status.CLOSED and incident.closed_at is not None
        release_at = incident.closed_at + wait if done and incident.closed_at else None
    return Held(
        replace(public, delayed=True, time_step_min=step, **times),
        release_at=release_at,
        after_close_s=int(wait.total_seconds()) if until_closed else 0,
        step_min=step,
    )


def reject(source: str, identity: str, reason: str, rules: Rules) -> Rejected:
    """Return the mark of a record that could not be read; *identity* is hashed, so that it counts once."""
    return Rejected(rules.public_id(f"{source}\x1frejected", identity), source, reason)


def _place(incident: Incident, category: Category, rule: Rule, rules: Rules) -> Place | Reason | None:
    """Return the public place, ``None`` where a rule shows none, or why there is none that may be shown."""
    lon, lat = incident.lon, incident.lat
    if lon is not None and lat is not None and not rules.bounds.contains(lon, lat):
        return Reason.OUTSIDE_CITY
    mask = rules.policy.mask(rule)
    if mask == "none":
        return None
    if lon is None or lat is None:
        return Reason.NO_PLACE
    if rules.passed and (passed := _as_published(incident, category, rule, rules)) is not None:
        return passed
    if mask == "nearest" and category is not Category.MEDICAL and rules.places is not None:
        return rules.places.nearest(lon, lat) or Reason.NO_PLACE
    return _cell_or_area(incident, (lon, lat), rule, rules, medical=category is Category.MEDICAL)


def _as_published(incident: Incident, category: Category, rule: Rule, rules: Rules) -> Place | None:
    """Return the source's own point where it may be shown: without a label, and never one that we found."""
    radius_m = rules.passes(incident.source, category, rule)
    if radius_m is None or incident.lon is None or incident.lat is None or incident.placed is not None:
        return None
    lon, lat = round(incident.lon, _DIGITS), round(incident.lat, _DIGITS)
    return Place(lon, lat, PlaceKind.PUBLISHER, radius_m) if rules.bounds.contains(lon, lat) else None


def _cell_or_area(
    incident: Incident, at: tuple[float, float], rule: Rule, rules: Rules, *, medical: bool
) -> Place | Reason:
    policy = rules.policy
    resolution = rule.resolution or policy.resolution
    cell = mask_point(*at, min(resolution, policy.medical_resolution) if medical else resolution)
    if rule.area_kind is not None:
        return centre_of(*at, rule.area_kind, rules, cell) or Reason.NO_PLACE
    if medical or policy.labels == "none" or rule.resolution is not None or not incident.address:
        return cell
    label = hundred_block(incident.address, incident.cross_street)
    return Place(cell.lon, cell.lat, cell.kind, cell.radius_m, label)


def centre_of(lon: float, lat: float, kind: str, rules: Rules, cell: Place) -> Place | None:
    """Return the middle of the area that holds a point, or *cell* where that area reaches less far."""
    centre = rules.areas.centre(kind, rules.areas.holding(lon, lat).get(kind, ""))
    if centre is None:
        return None
    return Place(*centre[:2], PlaceKind.AREA, centre[2]) if centre[2] >= cell.radius_m else cell


def _areas(place: Place | None, rule: Rule, rules: Rules) -> dict[str, str]:
    """Return the areas of the public place; where that is an area's centre, they are that area alone."""
    if place is None:
        return {}
    found = rules.areas.at(place.lon, place.lat)
    if place.kind is PlaceKind.AREA:
        return {kind: area for kind, area in found.items() if kind == rule.area_kind}
    return found
