"""Says why the map would show nothing of what a source holds: by reason, the columns and what is in them."""

from collections import Counter
from collections.abc import Iterator

from blocklight.config.city import Bounds, SourceSpec
from blocklight.intake.feed_report import FeedReport, PlaceCounts
from blocklight.intake.run import Tally
from blocklight.model.vocabulary import Reason

_BY_DECISION = (Reason.POLICY, Reason.SENSITIVE)
# Of fewer records all may be sensitive by chance, as in a quiet hour of a fire department.
_MANY = 20

# Enough to recognise the feed by; `type list` has the others.
_MOST_TYPES = 5


def why_nothing_is_shown(
    source: SourceSpec, bounds: Bounds, tally: Tally, report: FeedReport, no_coordinates: Counter[str]
) -> tuple[str, ...]:
    """A sentence for each reason why records are withheld, where all that can be read are; else none.

    What the city has decided to withhold is no mistake, unless a source holds nothing else in many records.
    *no_coordinates* counts what the columns of coordinates hold of records that have no point.
    """
    withheld = tally.withheld
    by_decision = sum(withheld[reason] for reason in _BY_DECISION)
    if tally.published or tally.held or not withheld.total():
        return ()
    if by_decision == withheld.total() < _MANY:
        return ()
    return tuple(
        f"{reason} ({withheld[reason]}): {_cause(Reason(reason), source, bounds, report, no_coordinates)}"
        for reason, _ in withheld.most_common()
    )


def _cause(
    reason: Reason, source: SourceSpec, bounds: Bounds, report: FeedReport, no_coordinates: Counter[str]
) -> str:
    if reason is Reason.OUTSIDE_CITY:
        return _outside(source, bounds, report.places)
    if reason is Reason.NO_PLACE:
        return "; ".join(_no_place(source, report, no_coordinates))
    types = _listed(report.types, _MOST_TYPES)
    advice = (
        "nobody has decided about them: blocklight type sign" if reason is Reason.UNMAPPED else "[policy]"
    )
    return f"{_column_names(source, 'source_type')} holds {types}; {advice}"


def _outside(source: SourceSpec, bounds: Bounds, places: PlaceCounts) -> str:
    """What the coordinates are, what bounds would have them be, and whether they are exchanged."""
    box = places.box(1)
    if box is None:
        return f"{_column_names(source, 'lon', 'lat', 'point')} holds 0 for both, which is no place"
    west, south, east, north = box
    text = (
        f"{_column_names(source, 'lon', 'point')} holds {west} to {east} as longitude, "
        f"where city.bounds has {bounds.west} to {bounds.east}; "
        f"{_column_names(source, 'lat', 'point')} holds {south} to {north} as latitude, "
        f"where it has {bounds.south} to {bounds.north}"
    )
    if not places.exchanged:
        return text
    return f"{text}. Exchanged, {places.exchanged} of {places.placed} would lie inside: exchange the columns"


def _no_place(source: SourceSpec, report: FeedReport, no_coordinates: Counter[str]) -> Iterator[str]:
    """Yield what stands where a place should, for the coordinates and for the address."""
    if source.fields.point is not None or source.fields.lon is not None:
        yield f"{_column_names(source, 'lon', 'lat', 'point')} holds {_listed(no_coordinates, 1)}"
    if source.fields.address is not None:
        present = f"{report.present['address']} of {report.rows}"
        yield f"{_column_names(source, 'address')} holds an address in {present} records, none found or shown"


def _column_names(source: SourceSpec, *names: str) -> str:
    """The columns that fields are read from, with their word."""
    fields = dict(source.fields.named())
    columns = [column for name in names if name in fields for column in fields[name].source]
    return f"column {' + '.join(dict.fromkeys(columns)) or '(none)'}"


def _listed(counts: Counter[str], most: int) -> str:
    """The commonest values, each with its count, and how many others there are."""
    commonest = counts.most_common(most)
    more = counts.total() - sum(count for _, count in commonest)
    shown = ", ".join(f"{value!r} ({count})" if value else f"nothing ({count})" for value, count in commonest)
    return f"{shown or 'nothing'}{f', and others ({more})' if more else ''}"
