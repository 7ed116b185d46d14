"""What a reader must know before any number: what is paused, and which sources are late or silent.

``web/src/present/banner.ts`` is the other rendering; ``tests/golden/sentences.json`` holds both to one text.
"""

from collections.abc import Mapping
from datetime import datetime

from blocklight.api.plain.formats import Formats
from blocklight.api.plain.words import Words
from blocklight.publish.answers import PublicPause, Pulse, SourcePulse

# More sentences than these would push what people came for out of sight: the data page has them all.
_MOST = 3

_WORST_FIRST = ("unstored", "failing", "waiting", "late", "short")


def banner(
    pulse: Pulse, labels: Mapping[str, str], words: Words, formats: Formats, now: datetime
) -> list[str]:
    """One sentence for each pause, then for each source in trouble, the worst first."""
    troubled = [source for source in pulse["sources"] if source["state"] in _WORST_FIRST]
    troubled.sort(key=lambda source: _WORST_FIRST.index(source["state"]))
    sentences = [
        *(pause_line(pause, labels, words, formats, now) for pause in pulse["paused"]),
        *(
            _trouble(source, labels.get(source["id"], source["id"]), words, formats, now)
            for source in troubled
        ),
    ]
    rest = len(sentences) - _MOST
    if rest < 1:
        return sentences
    return [*sentences[:_MOST], words("moreTroubles", count=rest)]


def pause_line(
    pause: PublicPause, labels: Mapping[str, str], words: Words, formats: Formats, now: datetime
) -> str:
    """Say what is paused, since when and why."""
    value = pause["value"]
    match pause["scope"]:
        case "source":
            label = labels.get(value, value)
        case "category":
            label = words.of("category", value)
        case scope:
            label = words.of("pauseScopes", scope)
    since = formats.moment(datetime.fromisoformat(pause["since"]), now)
    return words("pausedSince", what=label, since=since, reason=pause["reason"])


def _trouble(source: SourcePulse, label: str, words: Words, formats: Formats, now: datetime) -> str:
    heard = source["last_success_at"]
    if source["state"] == "unstored":
        return words("unstored", source=label)
    if heard is None:
        return words("silent", source=label)
    since = formats.moment(datetime.fromisoformat(heard), now)
    match source["state"]:
        case "short":
            return words("short", source=label)
        case "failing":
            return words("failing", source=label, since=since)
        case _:
            span = formats.span(source.get("late_s", 0))
            return words("late", source=label, span=span, since=since)
