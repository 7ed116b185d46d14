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
    combined = completed(row, before)
    if not _was_sent_before(before, row) or row.detail.medical is not before.detail.medical:
        return combined
    return replace(
        combined,
        agency=before.agency,
        category=before.category,
        place=before.place,
        areas=before.areas,
        subcategory=before.subcategory,
        source_type=before.source_type,
        priority=before.priority,
        origin=before.origin,
        disposition=before.disposition
        if before.detail.medical
        else before.disposition or combined.disposition,
    )


def completed(record: PublicIncident, earlier: PublicIncident) -> PublicIncident:
    """*record* completed by another one of the same incident, *earlier* before.

    The first dispatched, en route and on-scene time of any unit count, and the last closing once all closed.
    """
    no_units = record.units is None and record.category is Category.MEDICAL  # they show how ill somebody is
    if earlier.category is Category.MEDICAL:
        record = record.no_finer_than(earlier.bound_with_times)
    closed = max((t for t in (earlier.closed_at, record.closed_at) if t is not None), default=None)
    combined = replace(
        record,
        received_at=min(earlier.received_at, record.received_at),
        dispatched_at=_earliest(earlier.dispatched_at, record.dispatched_at),
        en_route_at=_earliest(earlier.en_route_at, record.en_route_at),
        on_scene_at=_earliest(earlier.on_scene_at, record.on_scene_at),
        closed_at=closed if record.status is Status.CLOSED else None,
        units=None if no_units else max(earlier.units or 0, record.units or 0) or None,
    )
    return combined.with_times_cut(0)  # one of them may have had uncut times


def joined_by_another(record: PublicIncident, addition: PublicIncident) -> PublicIncident:
    """Complete the record of one source field by field with what another says of the same incident.

    It is over once either says so, unless *record* has a stage after the closing: then it was opened again.
    A closing that nobody states any more is not handed in here (``intake.binding``).
    """
    if addition.status is Status.CLOSED and not _goes_on_after(record, addition.closed_at):
        record = replace(record, status=Status.CLOSED)
    combined = completed(record, addition)
    if Category.MEDICAL in (combined.category, addition.category):
        return combined
    return replace(combined, disposition=record.disposition or addition.disposition)


def _goes_on_after(record: PublicIncident, closed_at: datetime | None) -> bool:
    stages = (record.dispatched_at, record.en_route_at, record.on_scene_at)
    return closed_at is not None and any(stage is not None and stage > closed_at for stage in stages)


def _was_sent_before(first: PublicIncident, second: PublicIncident) -> bool:
    if first.dispatched_at is None:
        return False
    return second.dispatched_at is None or first.dispatched_at < second.dispatched_at


def _earliest(first: datetime | None, two: datetime | None) -> datetime | None:
    return min((t for t in (first, two) if t is not None), default=None)
