"""Joins two records of one incident: two rows about parts of it, or the records of two sources."""

from datetime import datetime

from msgspec.structs import replace

from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Category, Status


def joined(before: PublicIncident, row: PublicIncident) -> PublicIncident:
    """The record *before* of an incident, joined with a further row of it.

    For sources with a row per unit: the row of the unit sent first decides, in whatever order they come. If
    only one of them is medical, the later row decides, and is shown no finer than the other.
    """
    both = completed(row, before)
    if not _was_sent_before(before, row) or row.detail.medical is not before.detail.medical:
        return both
    return replace(
        both,
        agency=before.agency,
        category=before.category,
        place=before.place,
        areas=before.areas,
        source_type=before.source_type,
        priority=before.priority,
        origin=before.origin,
        disposition=before.disposition if before.detail.medical else before.disposition or both.disposition,
    )


def completed(record: PublicIncident, known: PublicIncident) -> PublicIncident:
    """*record* completed by another one of the same incident, *known* before.

    The first dispatched, en route and on-scene time of any unit count, and the last closing once all closed.
    """
    no_units = record.units is None and record.category is Category.MEDICAL  # they show how ill somebody is
    if known.category is Category.MEDICAL:
        record = record.no_finer_than(known.bound_with_times)
    closed = max((t for t in (known.closed_at, record.closed_at) if t is not None), default=None)
    both = replace(
        record,
        received_at=min(known.received_at, record.received_at),
        dispatched_at=_first(known.dispatched_at, record.dispatched_at),
        en_route_at=_first(known.en_route_at, record.en_route_at),
        on_scene_at=_first(known.on_scene_at, record.on_scene_at),
        closed_at=closed if record.status is Status.CLOSED else None,
        units=None if no_units else max(known.units or 0, record.units or 0) or None,
    )
    return both.with_times_cut(0)  # one of them may have had uncut times


def joined_by_another(record: PublicIncident, other: PublicIncident) -> PublicIncident:
    """Complete the record of one source field by field with what another says of the same incident.

    It is over once either says so, unless *record* has a stage after the closing: then it was opened again.
    A closing that nobody states any more is not handed in here (``intake.binding``).
    """
    if other.status is Status.CLOSED and not _goes_on_after(record, other.closed_at):
        record = replace(record, status=Status.CLOSED)
    both = completed(record, other)
    if Category.MEDICAL in (both.category, other.category):
        return both
    return replace(both, disposition=record.disposition or other.disposition)


def _goes_on_after(record: PublicIncident, closed_at: datetime | None) -> bool:
    stages = (record.dispatched_at, record.en_route_at, record.on_scene_at)
    return closed_at is not None and any(stage is not None and stage > closed_at for stage in stages)


def _was_sent_before(one: PublicIncident, other: PublicIncident) -> bool:
    if one.dispatched_at is None:
        return False
    return other.dispatched_at is None or one.dispatched_at < other.dispatched_at


def _first(one: datetime | None, two: datetime | None) -> datetime | None:
    return min((t for t in (one, two) if t is not None), default=None)
