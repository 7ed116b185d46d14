"""Asks a policy about what is published already: it can only take back, delay and coarsen.

The exact place and, as a rule, the agency's words are not stored. So the public place stands in for the exact
one, and for the words all that are known to mean the incident's category.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec.structs import replace

from blocklight.city import Bounds, CallTypes
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.geomask import mask_point
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, centre_of, timed
from blocklight.model import Category, Held, Place, PlaceKind, PublicIncident, Reason, Withheld
from blocklight.places import KINDS, ApprovedPlaces
from blocklight.policy import Allow, Rule

Vocabulary = Mapping[Category, frozenset[str]]
"""The agency's words that are known to mean a category."""

_AS_IT_IS = Rule(name="default", action="publish")
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Again:
    """What a policy makes of one published incident, ``None`` where it stays as it is.

    *certain* is false where that depends on the agency's words, which are not stored.
    """

    outcome: PublicIncident | Held | Withheld | None
    certain: bool = True


def vocabulary(types: CallTypes, allow: tuple[Allow, ...]) -> Vocabulary:
    """Return the exact names that may be published, by what they mean."""
    meanings = CallMeanings(types, allow)
    found: dict[Category, set[str]] = {}
    for text in meanings.exact:
        category = meanings.of(text).category
        if isinstance(category, Category):
            found.setdefault(category, set()).add(text)
    return {category: frozenset(texts) for category, texts in found.items()}


def refilter(
    public: PublicIncident, rules: Rules, known: Vocabulary, now: datetime, *, waiting: bool = False
) -> Again:
    """Return what a policy makes of a published incident; of several possible ones the strictest.

    One that is *waiting* may have to wait for longer; what was delayed and is published is delayed once.
    """
    words = [public.source_type] if public.source_type else sorted(known.get(public.category, ())) or [""]
    possible = [_as_it_came(public, text, rank) for text in words for rank in _priorities(public, rules)]
    found = [_again(public, incident, rules, now, waiting=waiting) for incident in possible]
    gone = [outcome for outcome in found if isinstance(outcome, Withheld)]
    if gone:
        return Again(gone[0], certain=len(gone) == len(found))
    held = [outcome for outcome in found if isinstance(outcome, Held)]
    versions = [outcome for outcome in found if isinstance(outcome, PublicIncident)]
    versions += [outcome.incident for outcome in held]
    if not versions:
        return Again(None)
    coarsest = max(versions, key=lambda version: version.detail.radius_m)
    if not held:
        return Again(coarsest, certain=len(versions) == len(found))
    longest = max(held, key=lambda one: one.release_at or _NEVER)
    told = replace(longest.incident, place=coarsest.place, areas=coarsest.areas)
    return Again(replace(longest, incident=told), certain=len(held) == len(found))


def _priorities(public: PublicIncident, rules: Rules) -> list[int | None]:
    """Return the priorities it may have had: of a medical call none is stored, so any that a rule names."""
    if public.priority is not None or public.category is not Category.MEDICAL:
        return [public.priority]
    return [None, *sorted({number for rule in rules.policy.rules for number in rule.priority})]


def _again(
    public: PublicIncident, incident: Incident, rules: Rules, now: datetime, *, waiting: bool
) -> PublicIncident | Held | Withheld | None:
    text = incident.source_type
    meaning = rules.meanings.of(text).category if text else public.category
    if isinstance(meaning, Reason):
        return Withheld(public.id, public.source, meaning, meaning is Reason.SENSITIVE)
    rule = rules.decider.rule(incident, public.category) or _AS_IT_IS
    if rule.action == "withhold":
        return Withheld(public.id, public.source, Reason(rule.reason), rule.reason == "sensitive")
    if _lies_outside(public.place, rules.bounds):
        return Withheld(public.id, public.source, Reason.OUTSIDE_CITY)
    place = _coarser(public, rule, rules)
    kept = rules.areas.at(place.lon, place.lat) if place is not None else {}
    if place is not None and place.kind is PlaceKind.AREA:
        kept = {kind: area for kind, area in kept.items() if kind == rule.area_kind}
    stricter = replace(
        public,
        place=place,
        areas=public.areas if place == public.place else kept,
        source_type=public.source_type if rules.policy.source_types else None,
        priority=public.priority if rules.policy.shows("priority", public.category) else None,
        units=public.units if rules.policy.shows("units", public.category) else None,
    )
    until_closed = rule.until_closed or rules.meanings.of(text).held_until_closed
    outcome = timed(incident, stricter, rule, until_closed=until_closed)
    delayed_already = isinstance(outcome, Held) and outcome.incident == public and not waiting
    if isinstance(outcome, Held) and (delayed_already or _is_over(outcome, public, now)):
        outcome = stricter
    return None if outcome == public else outcome


def _lies_outside(place: Place | None, bounds: Bounds) -> bool:
    """Whether no true place that may stand behind a public one is inside the bounds.

    The centre alone does not say it: the cell of a call just inside may have its centre outside.
    """
    if place is None:
        return False
    lon = min(max(place.lon, bounds.west), bounds.east)
    lat = min(max(place.lat, bounds.south), bounds.north)
    return not place.reaches(replace(place, lon=lon, lat=lat, radius_m=0))


def _is_over(held: Held, public: PublicIncident, now: datetime) -> bool:
    """Whether a delay would have ended; one that cuts times is never over before it has done so."""
    cut_already = held.incident.time_step_min in (None, public.time_step_min)
    return cut_already and held.release_at is not None and held.release_at <= now


def _as_it_came(public: PublicIncident, text: str, priority: int | None) -> Incident:
    place = public.place
    return Incident(
        source=public.source,
        source_key="",
        kind=public.kind,
        agency=public.agency,
        source_type=text,
        status=public.status,
        received_at=public.received_at,
        lon=None if place is None else place.lon,
        lat=None if place is None else place.lat,
        priority=priority,
        origin=public.origin,
        dispatched_at=public.dispatched_at,
        en_route_at=public.en_route_at,
        on_scene_at=public.on_scene_at,
        closed_at=public.closed_at,
    )


def _coarser(public: PublicIncident, rule: Rule, rules: Rules) -> Place | None:
    """Return the public place as the rule wants it, but never finer than it is."""
    place, policy = public.place, rules.policy
    mask = policy.mask(rule)
    if place is None or mask == "none":
        return None
    if place.kind is PlaceKind.PUBLISHER:
        radius_m = rules.passes(public.source, public.category, rule)
        if radius_m is not None:
            return replace(place, radius_m=max(place.radius_m, radius_m))
    if mask == "nearest" and public.category is not Category.MEDICAL and rules.places is not None:
        return _still_approved(place, rules, rules.places)
    resolution = rule.resolution or policy.resolution
    if public.category is Category.MEDICAL:
        resolution = min(resolution, policy.medical_resolution)
    cell = mask_point(place.lon, place.lat, resolution)
    wanted = cell
    if rule.area_kind is not None:
        wanted = centre_of(place.lon, place.lat, rule.area_kind, rules, cell) or cell
    if wanted.radius_m > place.radius_m or place.kind is PlaceKind.PUBLISHER:
        return _moved(place, wanted)
    no_label = policy.labels == "none" or rule.resolution is not None
    return replace(place, label=None) if no_label and place.label else place


def _still_approved(place: Place, rules: Rules, places: ApprovedPlaces) -> Place:
    """Return a public place, or where it is a place that is not approved any more, the nearest that is."""
    if place.kind is not PlaceKind.PUBLISHER and (place.kind not in KINDS or place in places):
        return place
    cell = mask_point(place.lon, place.lat, rules.policy.resolution)
    return _moved(place, places.nearest(place.lon, place.lat) or cell)


def _moved(place: Place, wanted: Place) -> Place:
    """Return *wanted* with how far the true place may be, which was already somewhere around *place*."""
    return replace(wanted, radius_m=wanted.radius_m + place.radius_m)
