"""What another policy would change of what is published, and the change itself, noted in the audit log."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from blocklight import __version__
from blocklight.config.call_type_words import KnownWords, shipped_words
from blocklight.config.city import CallTypes, City, default_call_types
from blocklight.config.policy import Policy
from blocklight.config.source import masked_by_publisher
from blocklight.intake.redact import Rules
from blocklight.intake.refilter import Again, Vocabulary, refilter, vocabulary
from blocklight.model.outcomes import Held, Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category
from blocklight.store import Store

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# Rows that one transaction changes, so that intake can write between two of them.
_AT_ONCE = 2_000

WORDS = ("vanish", "may vanish", "delayed", "coarser")
ACTION = "policy"


@dataclass
class Difference:
    """How many published, or waiting, incidents a policy would change, by what, and by category or area."""

    published: int = 0
    by_category: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_area: Counter[tuple[str, str]] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)

    def add(self, incident: PublicIncident, refiltered: Again, ledger_kind: str | None) -> None:
        """Count one published or waiting incident."""
        self.published += 1
        if refiltered.outcome is None:
            return
        word = "coarser"
        if isinstance(refiltered.outcome, Withheld):
            word = "vanish" if refiltered.certain else "may vanish"
        elif isinstance(refiltered.outcome, Held):
            word = "delayed"
        self.total[word] += 1
        self.by_category[str(incident.category), word] += 1
        if ledger_kind is not None:
            self.by_area[incident.areas.get(ledger_kind, "elsewhere"), word] += 1


def fingerprint(
    city: City, rules: Rules, shipped: CallTypes | None = None, known_words: KnownWords | None = None
) -> str:
    """A digest of all that decides what a city publishes, and where.

    *shipped* are the call types that come with Blocklight, *known_words* the words. Whatever is missing here
    never acts on the past: a test changes each part by itself. The version stands for what the code decides.
    """
    decisive: dict[str, object] = {
        "version": __version__,
        "policy": city.policy.model_dump(mode="json"),
        "call_types": city.call_types.model_dump(mode="json"),
        "shipped_call_types": (shipped or default_call_types()).model_dump(mode="json"),
        "shipped_words": (known_words or shipped_words()).model_dump(mode="json"),
        "bounds": city.city.bounds.model_dump(mode="json"),
        "time_zone": city.city.time_zone,
        "areas": _borders(city),
        "places": None if rules.places is None else rules.places.digest,
        "masked_by_publisher": _publisher_points(city),
        "never_closing": sorted(rules.never_closing),
    }
    return hashlib.sha256(orjson.dumps(decisive, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _borders(city: City) -> list[dict[str, str]]:
    """The area layers with a digest of each file: a rule may be about an area."""
    return [
        layer.model_dump(mode="json")
        | {"digest": hashlib.sha256(city.path(layer.file).read_bytes()).hexdigest()}
        for layer in city.areas
    ]


def _publisher_points(city: City) -> dict[str, object]:
    """What the city file says of points that are shown as they are."""
    passed = masked_by_publisher(city.sources)
    return {id_: line.model_dump(mode="json") for id_, line in sorted(passed.items())}


def apply_policy(city: City, rules: Rules, store: Store, now: datetime) -> Difference | None:
    """Take back, delay and coarsen what a changed policy would, and note it; once for each change."""
    entries = [entry for entry in store.audit() if entry.action == ACTION]
    mark = fingerprint(city, rules)
    if entries and entries[-1].detail.get("fingerprint") == mark:
        return None
    published_types = vocabulary(city.call_types, city.policy.allow)
    shown_types = _types_of(entries[-1].detail) if entries else published_types
    difference = Difference()
    # What waits is asked about first: some of it may be due, and is not to be released as it was told.
    waits = [refiltered.outcome for _, refiltered in refiltered_waiting(city, rules, store, shown_types, now)]
    difference.total["vanish"] = store.restrain(
        [outcome for outcome in waits if outcome is not None], now
    ).retracted
    store.release(now)
    batch: list[PublicIncident | Held | Withheld] = []
    for incident, refiltered in refiltered_published(city, rules, store, shown_types, now):
        difference.add(incident, refiltered, city.ledger_kind)
        if refiltered.outcome is not None:
            batch.append(refiltered.outcome)
        if len(batch) >= _AT_ONCE:
            store.refilter(batch, now)
            batch = []
    store.refilter(batch, now)
    detail = {
        "fingerprint": mark,
        "changed": {word: difference.total[word] for word in WORDS},
        "policy": city.policy.model_dump(mode="json"),
        "call_types": city.call_types.model_dump(mode="json"),
        "published_types": {str(category): sorted(texts) for category, texts in published_types.items()},
        **({"masked_by_publisher": passed} if (passed := _publisher_points(city)) else {}),
    }
    store.note(now, ACTION, detail)
    return difference


def _types_of(detail: Mapping[str, Any]) -> Vocabulary:
    """The types that could be published under a policy that was noted.

    They are noted with it: judged again by the shipped words of today, those that are sensitive since would
    be missing, and never act on the past.
    """
    noted = detail.get("published_types")
    if noted is not None:
        return {Category(category): frozenset(texts) for category, texts in noted.items()}
    types = CallTypes.model_validate(detail["call_types"])
    return vocabulary(types, Policy.model_validate(detail["policy"]).allow)


def refiltered_waiting(
    city: City, rules: Rules, store: Store, shown_types: Vocabulary, now: datetime
) -> Iterator[tuple[PublicIncident, Again]]:
    """Yield everything that waits of a city's sources with what its policy makes of it."""
    sources = {source.id for source in city.sources}
    for incident in store.waiting():
        if incident.source in sources:
            yield incident, refilter(incident, rules, shown_types, now, waiting=True)


def refiltered_published(
    city: City, rules: Rules, store: Store, shown_types: Vocabulary, now: datetime
) -> Iterator[tuple[PublicIncident, Again]]:
    """Yield everything published of a city's sources with what its policy makes of it."""
    sources = {source.id for source in city.sources}
    for block in store.window(_BEGINNING):
        for stored in block:
            if stored.incident.source in sources:
                incident = stored.incident
                yield incident, refilter(incident, rules, shown_types, now, released_at=stored.released_at)
