"""The only door: makes the public record from an ``Incident``, field by field, or withholds it."""

import base64
import hmac
import re
from dataclasses import dataclass, field

from blocklight.areas import Areas
from blocklight.city import Bounds, CallTypes, City, Policy, default_call_types
from blocklight.intake.geomask import hundred_block, mask_point
from blocklight.intake.record import Incident
from blocklight.model import Category, Place, PublicIncident, Reason, Rejected, Withheld

_ID_BYTES = 10
_REMEMBERED = 10_000


@dataclass(frozen=True)
class Rules:
    """A city's policy made ready: how types become categories, what is withheld, how places are masked."""

    city_id: str
    id_key: bytes = field(repr=False)
    bounds: Bounds
    policy: Policy
    areas: Areas
    exact: dict[str, Category]
    patterns: tuple[tuple[re.Pattern[str], Category], ...]
    sensitive: tuple[re.Pattern[str], ...]
    _categories: dict[str, Category | Reason] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, city: City, id_key: bytes, areas: Areas | None = None) -> "Rules":
        """Compile a city's rules over the shipped ones; sensitive patterns only ever add up."""
        own, shipped = city.call_types, default_call_types()
        return cls(
            city_id=city.city.id,
            id_key=id_key,
            bounds=city.city.bounds,
            policy=city.policy,
            areas=areas or Areas(city),
            exact={
                _folded(text): category for text, category in (*shipped.exact.items(), *own.exact.items())
            },
            patterns=_compiled(own) + _compiled(shipped),
            sensitive=tuple(
                re.compile(rule.match, re.IGNORECASE) for rule in (*own.sensitive, *shipped.sensitive)
            ),
        )

    def public_id(self, source: str, identity: str) -> str:
        """Return the unlinkable public id of an incident: a keyed hash, 80 bits, base32."""
        message = f"{self.city_id}\x1f{source}\x1f{identity}".encode()
        digest = hmac.digest(self.id_key, message, "sha256")[:_ID_BYTES]
        return base64.b32encode(digest).decode().lower()

    def category(self, source_type: str) -> Category | Reason:
        """Return what a source type means, or the reason why it may not be shown."""
        known = self._categories.get(source_type)
        if known is None:
            if len(self._categories) >= _REMEMBERED:
                self._categories.clear()
            known = self._categories[source_type] = self._decide(_folded(source_type))
        return known

    def _decide(self, text: str) -> Category | Reason:
        if any(pattern.search(text) for pattern in self.sensitive):
            return Reason.SENSITIVE
        if text in self.exact:
            return self.exact[text]
        for pattern, category in self.patterns:
            if pattern.search(text):
                return category
        return Reason.UNMAPPED


def redact(incident: Incident, rules: Rules) -> PublicIncident | Withheld:
    """Return what the public may know of *incident*; every decision that fails, withholds."""
    public_id = rules.public_id(incident.source, incident.source_key)
    category = rules.category(incident.source_type)
    if any(rules.category(other) is Reason.SENSITIVE for other in incident.other_types):
        category = Reason.SENSITIVE
    if isinstance(category, Reason):
        return Withheld(public_id, incident.source, category, sensitive=category is Reason.SENSITIVE)
    if incident.lon is None or incident.lat is None:
        return Withheld(public_id, incident.source, Reason.NO_PLACE)
    if not rules.bounds.contains(incident.lon, incident.lat):
        return Withheld(public_id, incident.source, Reason.OUTSIDE_CITY)
    place = _place(incident, incident.lon, incident.lat, category, rules.policy)
    medical = category is Category.MEDICAL
    return PublicIncident(
        id=public_id,
        source=incident.source,
        kind=incident.kind,
        agency=incident.agency,
        category=category,
        status=incident.status,
        received_at=incident.received_at,
        place=place,
        areas=rules.areas.at(place.lon, place.lat),
        source_type=incident.source_type if rules.policy.source_types and not medical else None,
        priority=incident.priority,
        origin=incident.origin,
        units=incident.units,
        disposition=None if medical else incident.disposition,
        dispatched_at=incident.dispatched_at,
        en_route_at=incident.en_route_at,
        on_scene_at=incident.on_scene_at,
        closed_at=incident.closed_at,
    )


def reject(source: str, identity: str, reason: str, rules: Rules) -> Rejected:
    """Return the mark of a record that could not be read; *identity* is hashed, so that it counts once."""
    return Rejected(rules.public_id(f"{source}\x1frejected", identity), source, reason)


def _place(incident: Incident, lon: float, lat: float, category: Category, policy: Policy) -> Place:
    if category is Category.MEDICAL:
        return mask_point(lon, lat, policy.medical_resolution)
    place = mask_point(lon, lat, policy.resolution)
    if policy.labels == "none" or not incident.address:
        return place
    label = hundred_block(incident.address, incident.cross_street)
    return Place(place.lon, place.lat, place.kind, place.radius_m, label)


def _folded(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).upper()


def _compiled(types: CallTypes) -> tuple[tuple[re.Pattern[str], Category], ...]:
    return tuple((re.compile(rule.match, re.IGNORECASE), rule.category) for rule in types.patterns)
