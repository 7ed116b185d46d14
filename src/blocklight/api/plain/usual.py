"""Says whether the city, or what an incident is part of, is as usual, in the words of the map page."""

from datetime import datetime

from blocklight.api.plain.formats import Formats
from blocklight.api.plain.page import Reader
from blocklight.api.plain.words import Words
from blocklight.api.usual import compared
from blocklight.insight.usual import LEAST_WEEKS, Part, Told, Verdict
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Kind, Origin

_COMPARED = (Verdict.FEWER, Verdict.USUAL, Verdict.MORE)


def city_lines(reader: Reader) -> tuple[str, list[str]] | None:
    """The verdict on the whole city and the sentences beside it.

    ``None``, for nothing to say, while the past is too short, the day incomplete or something paused.
    """
    state = reader.state
    kind = next((kind for kind in Kind if any(source.kind is kind for source in state.city.sources)), None)
    if kind is None or state.publisher.pauses:
        return None
    comparison = compared(state, kind, None)
    part = _part_for(comparison.parts, None)
    if part is None or part.verdict not in _COMPARED:
        return None
    return _said(reader, comparison, part, state.city.city.name)


def area_lines(reader: Reader, area: tuple[str, str] | None) -> tuple[str, list[str]] | None:
    """The verdict on the calls of an area, or of the whole city, and the sentences beside it."""
    if reader.state.publisher.pauses or all(
        source.kind is not Kind.CALL for source in reader.state.city.sources
    ):
        return None
    comparison = compared(reader.state, Kind.CALL, area)
    part = _part_for(comparison.parts, None)
    if part is None:
        return None
    name = reader.state.city.city.name if area is None else reader.teller.area(*area)
    return _said(reader, comparison, part, name)


def usual_lines(reader: Reader, incident: PublicIncident) -> tuple[str, list[str]] | None:
    """The verdict and the sentences beside it; ``None`` for an incident that lies in no area."""
    kinds = [kind for kind in reader.state.areas.by_kind if kind in incident.areas]
    kind = next((kind for kind in kinds if kind.startswith("neighb")), kinds[0] if kinds else None)
    if kind is None:
        return None
    area = (kind, incident.areas[kind])
    group = reader.catalogue.group(incident.category)
    categories = frozenset(Category(member) for member in reader.catalogue.groups[group])
    comparison = compared(reader.state, incident.kind, area, categories)
    part = _part_for(comparison.parts, incident.origin)
    if part is None:
        return None
    return _said(
        reader, comparison, part, f"{reader.words.of('groups', group)} · {reader.teller.area(*area)}"
    )


def _said(reader: Reader, comparison: Told, part: Part, about: str) -> tuple[str, list[str]] | None:
    """The verdict on a part and the sentences beside it."""
    sentences = usual_sentences(reader.words, reader.formats, comparison, part, reader.now)
    if not sentences:
        return None
    return reader.words.of("usual.verdicts", part.verdict), [f"{about}.", *sentences]


def usual_sentences(words: Words, formats: Formats, comparison: Told, part: Part, now: datetime) -> list[str]:
    """How the present stands beside the past, as the map page says it; nothing without an answer."""
    if comparison.end is None:
        return []
    number = formats.number
    counted = comparison.kind if comparison.kind != "call" or part.origin is None else part.origin
    until = formats.moment(comparison.end, now)
    sentences = [
        words("usual.counted", what=words.of("usual.what", counted), now=number(part.now), until=until)
    ]
    if part.usual is None or part.mean is None:
        sentences.append(words("usual.tooFew", weeks=number(comparison.weeks), least=number(LEAST_WEEKS)))
        if part.mean is not None:
            sentences.append(words("usual.averaged", mean=number(round(part.mean, 1))))
    else:
        low, high = map(number, part.usual)
        mean = number(round(part.mean, 1))
        sentences.append(
            words("usual.compared", weeks=number(comparison.weeks), mean=mean, low=low, high=high)
        )
    if part.verdict is Verdict.INCOMPLETE:
        sentences.append(words("usual.incomplete"))
    return sentences


def _part_for(parts: tuple[Part, ...], origin: Origin | None) -> Part | None:
    """The part of an incident's own origin, or else what the community asked for."""
    by_origin = {part.origin: part for part in parts}
    for candidate in (origin, Origin.COMMUNITY, None):
        if candidate in by_origin:
            return by_origin[candidate]
    return parts[0] if parts else None
