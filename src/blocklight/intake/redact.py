"""The only door: makes the public record from an ``Incident``, field by field, or withholds it."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from blocklight.config.city import City, Policy
from blocklight.config.endless_holds import never_closing
from blocklight.config.source import masked_by_publisher
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.geo.exact import ExactPoint, SourceKey, key_text
from blocklight.geo.hexagons import COARSEST, coarsened
from blocklight.intake.blocks import Blocks, labelled
from blocklight.intake.call_types import CallMeanings, Meaning
from blocklight.intake.geocode.streets import Stretch
from blocklight.intake.geomask import hundred_block, mask, mask_point
from blocklight.intake.ground import Ground
from blocklight.intake.keys import PublicIds
from blocklight.intake.masking import Masks, Placing
from blocklight.intake.policy import Choices, Decider, Decision
from blocklight.intake.record import Incident
from blocklight.model.outcomes import Held, Rejected, Withheld
from blocklight.model.record import TIMES, Place, PublicIncident, cut, times_of
from blocklight.model.vocabulary import Category, PlaceKind, Reason, Status

_REMEMBERED = 10_000
_NOT_SHOWN = Placing(Decision((), "withhold", Reason.POLICY, "none", COARSEST), None)


@dataclass(frozen=True, slots=True)
class KnownChoices:
    """What is decided about incidents that differ, in all that rules look at, only in place and time.

    *by_part* has it for each part of the day; *edges* are the minutes between parts. One spans midnight.
    """

    edges: Sequence[int]
    by_part: dict[int, tuple[Meaning, Sequence[Choices]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """A city's policy made ready: what types mean, what is withheld or held, how places are masked."""

    city_id: str
    ids: PublicIds = field(repr=False)
    policy: Policy
    source_types: bool
    areas: Areas
    meanings: CallMeanings = field(repr=False)
    decider: Decider = field(repr=False)
    masks: Masks = field(repr=False)
    ledger_kind: str | None = None
    same: Mapping[str, str] = field(default_factory=dict)
    """Sources that tell of another's incidents by the same keys, each with that other."""
    passed: Mapping[str, int] = field(default_factory=dict)
    """Sources whose points are masked already, each with how far the true place may be, in metres."""
    never_closing: AbstractSet[str] = frozenset()
    """Sources that never say that a call is closed."""
    blocks: Blocks | None = field(default=None, repr=False)
    """The blocks that labels name, ``None`` if no labels are shown."""
    known_choices: dict[tuple[object, ...], KnownChoices] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Results of these very rules; a changed copy of the rules begins without."""

    @classmethod
    def of(cls, city: City, id_key: bytes, areas: Areas | None = None) -> "Rules":
        """Compile a city's rules over the shipped ones.

        Raises ``CityFileError`` for an unknown area and for a place file that cannot be used.
        """
        areas = areas or Areas(city)
        approved = ApprovedPlaces.of(city, areas) if city.policy.nearest else None
        return cls(
            city_id=city.city.id,
            ids=PublicIds(id_key),
            policy=city.policy,
            source_types=city.policy.source_types,
            areas=areas,
            meanings=CallMeanings(city.call_types, city.policy.allow),
            decider=Decider.of(city, areas),
            masks=Masks(city.city.bounds, areas, Ground(areas, city.within), approved),
            ledger_kind=city.ledger_kind,
            same={source.id: source.same_as for source in city.sources if source.same_as},
            never_closing=never_closing(city.sources),
            passed={id_: line.radius_m for id_, line in masked_by_publisher(city.sources).items()},
            blocks=Blocks.of(city) if city.policy.labels != "none" else None,
        )

    @property
    def places(self) -> ApprovedPlaces | None:
        """The approved places, where the policy uses them."""
        return self.masks.approved

    def public_id(self, source: str, key: SourceKey) -> str:
        """The unlinkable public id of an incident: a keyed hash, 80 bits, base32."""
        return self.ids.of(f"{self.city_id}\x1f{self.same.get(source, source)}\x1f{key_text(key)}")

    def meaning(self, source_type: str, source: str) -> Meaning:
        """What a source type means at one source."""
        meaning = self.meanings.of(source_type)
        return meaning.where_none_is_closed() if source in self.never_closing else meaning

    def category(self, source_type: str) -> Category | Reason:
        """What a source type means, or the reason why it may not be shown."""
        return self.meanings.of(source_type).category


# What the types of an incident mean together, and where and how it is shown.
Judgement = tuple[Meaning, Placing]


def redact(
    incident: Incident, rules: Rules, judgement: Judgement | None = None
) -> PublicIncident | Held | Withheld:
    """What the public may know of *incident*, and when; if a decision fails, it is withheld.

    *judgement* is what `judge` returned for it, if that is known already.
    """
    public_id = rules.public_id(incident.source, incident.source_key)
    meaning, placing = judgement or judge(incident, rules)
    category = meaning.category
    if isinstance(category, Reason):
        return _withheld(public_id, incident, category, rules)
    decision, place = placing.decision, placing.place
    if decision.action == "withhold":
        return _withheld(public_id, incident, decision.reason, rules)
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
        areas=areas_of(place, decision, rules),
        subcategory=None if medical else meaning.subcategory,
        source_type=incident.source_type if rules.source_types and not medical else None,
        priority=incident.priority if not medical or rules.policy.shows("priority", category) else None,
        origin=incident.origin,
        units=incident.units if not medical or rules.policy.shows("units", category) else None,
        disposition=None if medical else incident.disposition,
        dispatched_at=incident.dispatched_at,
        en_route_at=incident.en_route_at,
        on_scene_at=incident.on_scene_at,
        closed_at=incident.closed_at,
    )
    return timed(incident, public, decision)


def choices_of(incident: Incident, rules: Rules) -> tuple[Meaning, Sequence[Choices]]:
    """What the types of *incident* mean together, and of each what may be decided, wherever it is.

    One whose meaning is a reason is shown nowhere, and nothing is left to decide.
    """
    key = (
        incident.source_type, incident.other_types, incident.source, incident.kind, incident.agency,
        incident.priority, incident.status, incident.origin,
    )  # fmt: skip
    remembered = rules.known_choices.get(key)
    if remembered is None:
        if len(rules.known_choices) >= _REMEMBERED:
            rules.known_choices.clear()
        remembered = rules.known_choices[key] = KnownChoices(_edges(incident, rules))
    edges = remembered.edges
    part = bisect_right(edges, rules.decider.minute(incident.received_at)) % len(edges) if edges else 0
    choices = remembered.by_part.get(part)
    if choices is None:
        choices = remembered.by_part[part] = _choices_of(incident, rules)
    return choices


def _edges(incident: Incident, rules: Rules) -> list[int]:
    """The minutes of the day at which a decision may change."""
    meaning, types = _meaning_of(incident, rules)
    medical = meaning.category is Category.MEDICAL
    edges: set[int] = set()
    for text, type_meaning in types.items():
        if isinstance(type_meaning.category, Category):
            edges.update(rules.decider.edges(incident, type_meaning.category, text, medical=medical))
    return sorted(edges)


def _meaning_of(incident: Incident, rules: Rules) -> tuple[Meaning, dict[str, Meaning]]:
    """What the types of an incident mean together, and what each of them means."""
    meaning = rules.meanings.of(incident.source_type)
    types = {incident.source_type: meaning}
    for text in incident.other_types:
        types[text] = rules.meanings.of(text)
        meaning = meaning.with_further(types[text])
    if incident.source in rules.never_closing:
        meaning = meaning.where_none_is_closed()
    return meaning, types


def _choices_of(incident: Incident, rules: Rules) -> tuple[Meaning, Sequence[Choices]]:
    meaning, types = _meaning_of(incident, rules)
    if isinstance(meaning.category, Reason):
        return meaning, []
    medical = meaning.category is Category.MEDICAL
    return meaning, [
        rules.decider.choices(incident, type_meaning.category, text, medical=medical)
        for text, type_meaning in types.items()
        if isinstance(
            type_meaning.category, Category
        )  # all are: one that is a reason is that of the incident
    ]


def judge(incident: Incident, rules: Rules) -> Judgement:
    """What the types of *incident* mean, and where and how it is shown; of several the strictest."""
    meaning, several = choices_of(incident, rules)
    if not several:
        return meaning, _NOT_SHOWN
    medical = meaning.category is Category.MEDICAL
    passed_m = rules.passed.get(incident.source) if rules.passed and incident.placed is None else None
    labelled_block = None if medical or passed_m is not None else _labelled_block(incident, several, rules)
    if labelled_block is not None:
        placing = _at_block(*labelled_block, several, rules)
    else:
        placing = rules.masks.choose(incident.point, several, passed_m, is_patient=medical)
    if meaning.held_until_closed:
        placing = Placing(placing.decision.until_it_is_closed(), placing.place)
    return meaning, placing


def is_sensitive(incident: Incident, rules: Rules) -> bool:
    """Whether any type of an incident is sensitive."""
    return choices_of(incident, rules)[0].category is Reason.SENSITIVE


def as_sensitive(public_id: str, incident: Incident, rules: Rules) -> Withheld:
    """The mark of an incident that was sensitive once, whatever it is called now."""
    return _withheld(public_id, incident, Reason.SENSITIVE, rules)


def _withheld(
    public_id: str, incident: Incident, reason: Reason, rules: Rules, *, companion: bool = False
) -> Withheld:
    """The mark of a withheld incident, with the area that the ledger counts it in."""
    areas: dict[str, str] = {}
    point, kind = incident.point, rules.ledger_kind
    if kind is not None and point is not None and rules.masks.is_near(point):
        masked = mask(point, rules.policy.medical_resolution)
        area = rules.areas.areas_of_public(masked).get(kind)
        areas = {} if area is None else {kind: area}
    return Withheld(public_id, incident.source, reason, reason is Reason.SENSITIVE, areas, companion)


def withheld_record(record: PublicIncident, reason: Reason, rules: Rules) -> Withheld:
    """The mark of an incident of which the public record is known, with the area that counts it."""
    place, kind = record.place, rules.ledger_kind
    areas: dict[str, str] = {}
    if place is not None and kind is not None:
        coarse = coarsened(place, rules.policy.medical_resolution)
        area = rules.areas.areas_of_public(coarse).get(kind)
        areas = {} if area is None else {kind: area}
    return Withheld(record.id, record.source, reason, reason is Reason.SENSITIVE, areas)


def as_companion(public_id: str, incident: Incident, rules: Rules) -> Withheld:
    """The mark of a companion of a sensitive call: as if it were sensitive itself, in every count."""
    return _withheld(public_id, incident, Reason.SENSITIVE, rules, companion=True)


def timed(incident: Incident, public: PublicIncident, decision: Decision) -> PublicIncident | Held:
    """The public record with its times cut, held back where policy says so."""
    step = decision.time_step_min
    if step is None and decision.action != "hold":
        return public
    times: dict[str, datetime] = {}
    if step is not None:
        stages = zip(TIMES, times_of(incident), strict=True)
        times = {name: cut(time, step) for name, time in stages if time is not None}
    wait_s = decision.for_min * 60
    return Held(
        replace(public, delayed=True, time_step_min=step, **times),
        release_at=release_of(incident, decision),
        after_close_s=wait_s if decision.until_closed else 0,
        step_min=step,
        after_seen_s=0 if decision.until_closed else wait_s,
    )


def release_of(incident: Incident, decision: Decision) -> datetime | None:
    """When a delay ends by the source's time, ``None`` while the call is not closed."""
    wait = timedelta(minutes=decision.for_min)
    if not decision.until_closed:
        return incident.received_at + wait
    done = incident.status is Status.CLOSED and incident.closed_at is not None
    return incident.closed_at + wait if done and incident.closed_at else None


def reject(
    source: str, identity: SourceKey, reason: str, rules: Rules, *, binds: str | None = None
) -> Rejected:
    """The mark of a record that could not be read; *identity* is hashed, so that it counts once."""
    return Rejected(rules.public_id(f"{source}\x1frejected", identity), source, reason, binds)


def _labelled_block(
    incident: Incident, several: Sequence[Choices], rules: Rules
) -> tuple[str, Stretch] | None:
    """The label of an incident's block and its position, ``None`` if no label may be shown."""
    blocks, point, address = rules.blocks, incident.point, incident.address
    if blocks is None or point is None or address is None:
        return None
    spread = [[decision for decision, _ in choices] for choices in several]
    if any(decision.place == "nearest" for decisions in spread for decision in decisions):
        return None  # approved places have labels of their own, and serve exact points
    if not all(any(map(_shows_labels, decisions)) for decisions in spread):
        return None  # wherever it is, it is shown without a label
    label = hundred_block(address)
    stretch = None if label is None else blocks.around(label, point)
    return None if label is None or stretch is None else (label, stretch)


def _shows_labels(decision: Decision) -> bool:
    return decision.place == "cell" and not decision.plain


def _at_block(label: str, stretch: Stretch, several: Sequence[Choices], rules: Rules) -> Placing:
    """The place of a call on a block; it depends on the block alone, like all decisions about it.

    The cell of the call's own address, together with the label, would reveal on which part of the block it
    was. So if a rule requires another mask, that too is the mask of the block's middle.
    """
    placing = rules.masks.choose(ExactPoint(stretch.lon, stretch.lat), several, is_block=True)
    decision, place = placing
    if not isinstance(place, Place) or place.kind is not PlaceKind.GRID:
        return placing
    if not _shows_labels(decision):
        return placing
    return Placing(decision, labelled(mask_point(place.lon, place.lat, decision.resolution), label, stretch))


def areas_of(place: Place | None, decision: Decision, rules: Rules) -> dict[str, str]:
    """The areas of the public place; where that is an area's centre, they are that area alone."""
    if place is None:
        return {}
    areas = rules.areas.areas_of_public(place)
    if place.kind is PlaceKind.AREA:
        return {kind: area for kind, area in areas.items() if kind == decision.area_kind}
    return areas
