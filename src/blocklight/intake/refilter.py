"""Asks a policy about what is published already: it can only take back, delay and coarsen.

The exact place and, as a rule, the agency's words are not stored. So the public place stands in for the exact
one, and for the words all that are known to mean the incident's category.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from blocklight.config.city import CallTypes
from blocklight.config.policy import Allow
from blocklight.geo.approved_places import KINDS
from blocklight.geo.exact import ExactPoint, SourceKey
from blocklight.geo.hexagons import FINEST, coarsened, known_resolution, mask_point, stands_for_blocks
from blocklight.intake.call_types import CallMeanings, Meaning
from blocklight.intake.masking import Placing
from blocklight.intake.policy import Decision
from blocklight.intake.record import Incident
from blocklight.intake.redact import Rules, areas_of, timed
from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import Place, PublicIncident, may_be_new
from blocklight.model.vocabulary import Category, PlaceKind, Reason, Status, Subcategory

# The agency's words that are known to mean a category.
Vocabulary = Mapping[Category, frozenset[str]]

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Again:
    """What a policy makes of one published incident, ``None`` where it stays as it is.

    *certain* is false where that depends on the agency's words, which are not stored.
    """

    outcome: PublicIncident | Held | Withheld | None
    certain: bool = True


def vocabulary(types: CallTypes, allow: tuple[Allow, ...]) -> Vocabulary:
    """The exact names that may be published, by what they mean."""
    meanings = CallMeanings(types, allow)
    texts_of: dict[Category, set[str]] = {}
    for text in meanings.exact:
        category = meanings.of(text).category
        if isinstance(category, Category):
            texts_of.setdefault(category, set()).add(text)
    return {category: frozenset(texts) for category, texts in texts_of.items()}


def refilter(
    public: PublicIncident,
    rules: Rules,
    shown_types: Vocabulary,
    now: datetime,
    *,
    waiting: bool = False,
    released_at: datetime | None = None,
) -> Again:
    """What a policy makes of a published incident; of several possible ones the strictest.

    One that is *waiting* may have to wait for longer; what was delayed and is published is delayed once,
    unless it is open and is to wait for its closing.
    A delay counts from *released_at* if that is later than the source's time and may have been its start.
    """
    seen_at = public.received_at
    if released_at is not None and not public.delayed and may_be_new(public.received_at, released_at):
        seen_at = released_at
    words = (
        [public.source_type] if public.source_type else sorted(shown_types.get(public.category, ())) or [""]
    )
    possible = [_as_it_came(public, text, rank) for text in words for rank in _priorities(public, rules)]
    outcomes = [_again(public, incident, rules, now, seen_at, waiting=waiting) for incident in possible]
    gone = [outcome for outcome in outcomes if isinstance(outcome, Withheld)]
    if gone:
        return Again(gone[0], certain=len(gone) == len(outcomes))
    held = [outcome for outcome in outcomes if isinstance(outcome, Held)]
    versions = [outcome for outcome in outcomes if isinstance(outcome, PublicIncident)]
    versions += [outcome.incident for outcome in held]
    if not versions:
        return Again(None)
    coarsest = max(versions, key=lambda version: version.detail.radius_m)
    if not held:
        return Again(coarsest, certain=len(versions) == len(outcomes))
    longest = max(held, key=lambda one: one.release_at or _NEVER)
    coarser = replace(longest.incident, place=coarsest.place, areas=coarsest.areas)
    return Again(replace(longest, incident=coarser), certain=len(held) == len(outcomes))


def _priorities(public: PublicIncident, rules: Rules) -> list[int | None]:
    """The priorities it may have had: of a medical call none is stored, so any that a rule names."""
    if public.priority is not None or public.category is not Category.MEDICAL:
        return [public.priority]
    return [None, *sorted({number for rule in rules.policy.rules for number in rule.priority})]


def _again(
    public: PublicIncident,
    incident: Incident,
    rules: Rules,
    now: datetime,
    seen_at: datetime,
    *,
    waiting: bool,
) -> PublicIncident | Held | Withheld | None:
    text = incident.source_type
    meaning = rules.meaning(text, public.source) if text else None
    category = public.category if meaning is None else meaning.category
    if isinstance(category, Reason):
        return Withheld(public.id, public.source, category, category is Reason.SENSITIVE)
    decision, place = _coarser(public, incident, rules)
    if meaning is not None and meaning.held_until_closed:
        decision = decision.until_it_is_closed()
    if decision.action == "withhold":
        return Withheld(public.id, public.source, decision.reason, decision.reason is Reason.SENSITIVE)
    if isinstance(place, Reason):
        return Withheld(public.id, public.source, place)
    stricter = replace(
        public,
        subcategory=_still_mapped(public, meaning, rules),
        place=place,
        areas=public.areas if place == public.place else areas_of(place, decision, rules),
        source_type=public.source_type if rules.policy.source_types else None,
        priority=public.priority if rules.policy.shows("priority", public.category) else None,
        units=public.units if rules.policy.shows("units", public.category) else None,
    )
    outcome = timed(incident, stricter, decision)
    # The store knows since when a record waits: it may have been seen long after the source's time.
    if isinstance(outcome, Held) and not waiting:
        outcome = _after_delay(outcome, public, stricter, now, seen_at)
    return None if outcome == public else outcome


def _still_mapped(public: PublicIncident, meaning: Meaning | None, rules: Rules) -> Subcategory | None:
    """The subcategory of a published incident, if the city still maps it to that.

    Where the agency's words are not stored, it stays for as long as any type of the city is mapped to it.
    """
    if meaning is not None and public.source_type is not None:
        return public.subcategory if meaning.subcategory is public.subcategory else None
    return public.subcategory if public.subcategory in rules.meanings.subcategories.values() else None


def _after_delay(
    held: Held, public: PublicIncident, stricter: PublicIncident, now: datetime, seen_at: datetime
) -> PublicIncident | Held:
    """What replaces a *public* incident: *held* only where its delay would not have ended yet.

    Times that were published uncut are cut at once: the moment of the change says nothing about the call.
    """
    if held.release_at is None and public.status is Status.OPEN:
        return held
    if held.incident == public:
        return stricter
    if held.release_at is None:
        return held
    if max(held.release_at, seen_at + timedelta(seconds=held.after_seen_s)) > now:
        return held
    is_cut = (held.step_min or 0) <= (public.time_step_min or 0)
    return stricter if is_cut else held.incident


def _as_it_came(public: PublicIncident, text: str, priority: int | None) -> Incident:
    place = public.place
    return Incident(
        source=public.source,
        source_key=SourceKey(""),
        kind=public.kind,
        agency=public.agency,
        source_type=text,
        status=public.status,
        received_at=public.received_at,
        point=None if place is None else ExactPoint(place.lon, place.lat),
        priority=priority,
        origin=public.origin,
        dispatched_at=public.dispatched_at,
        en_route_at=public.en_route_at,
        on_scene_at=public.on_scene_at,
        closed_at=public.closed_at,
    )


def _coarser(
    public: PublicIncident, incident: Incident, rules: Rules
) -> tuple[Decision, Place | Reason | None]:
    """What is decided on the ground of a public place, and what is shown in its stead: never finer."""
    place, masks = public.place, rules.masks
    is_patient = public.category is Category.MEDICAL
    choices = rules.decider.choices(incident, public.category, incident.source_type, medical=is_patient)
    if place is None:
        return masks.choose(None, [choices]).decision, None
    target = masks.choose(
        ExactPoint(place.lon, place.lat),
        [choices],
        passed_m=rules.passed.get(public.source) if place.kind is PlaceKind.PUBLISHER else None,
        finest=known_resolution(place),
        is_patient=is_patient,
        is_block=stands_for_blocks(place),
    )
    return target.decision, _no_finer(place, target, rules)


def _no_finer(place: Place, target: Placing, rules: Rules) -> Place | Reason | None:
    """A public *place*, or what is *target* in its stead where that tells less."""
    new, decision = target.place, target.decision
    if not isinstance(new, Place):
        return new
    if new.kind is PlaceKind.PUBLISHER:
        return replace(place, radius_m=max(place.radius_m, new.radius_m))
    if new.kind in KINDS:
        approved = rules.places
        is_outdated = place.kind in KINDS and approved is not None and place not in approved
        return _moved(place, new) if is_outdated or place.kind is PlaceKind.PUBLISHER else place
    is_cell = new.kind is PlaceKind.GRID
    reach_m = mask_point(place.lon, place.lat, decision.resolution).radius_m if is_cell else new.radius_m
    if reach_m > place.radius_m or place.kind is PlaceKind.PUBLISHER:
        return coarsened(place, decision.resolution) if is_cell else _moved(place, new)
    no_label = rules.policy.labels == "none" or decision.plain
    return _unlabelled(place) if no_label and place.label else place


def _unlabelled(place: Place) -> Place:
    """A place without its label and, for a block's cell, without the radius that reveals the block."""
    return coarsened(place, FINEST) if stands_for_blocks(place) else replace(place, label=None)


def _moved(place: Place, target: Place) -> Place:
    """*target* with how far the true place may be, which was already somewhere around *place*."""
    return replace(target, radius_m=target.radius_m + place.radius_m)
