"""Reads of a row that cannot be read as a whole what it still says: what the call is, where and when."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from blocklight.config.matching import LONGEST_TEXT
from blocklight.errors import RecordRejected
from blocklight.geo.exact import SourceKey
from blocklight.intake.normalise import Normaliser, Reader, When, address_of
from blocklight.intake.record import Incident, RawRecord
from blocklight.model.vocabulary import Status

_ADDRESS = ("address", "cross_street")


def remains_of(
    raw: RawRecord, fetched_at: datetime, normaliser: Normaliser, identity: SourceKey
) -> Incident | None:
    """What can be read of a row, ``None`` where that is no type.

    It is good for telling whether the row is sensitive, and for nothing else. A time that cannot be read is
    that of the fetch; *identity* stands for a key.
    """
    moments, readers = When(fetched_at), normaliser.readers
    types = list(dict.fromkeys(_texts_of_row(raw, moments, [readers["source_type"], *normaliser.further])))
    if not types:
        return None
    received_at, key = fetched_at, identity
    with suppress(RecordRejected):
        received_at = normaliser.received(raw, fetched_at)
    with suppress(RecordRejected):
        key = normaliser.source_key(raw, fetched_at)
    line, cross_street = (
        next(_texts_of_row(raw, moments, [readers[name]] if name in readers else ()), None)
        for name in _ADDRESS
    )
    source = normaliser.source
    return Incident(
        source=source.id,
        source_key=key,
        kind=source.kind,
        agency="",
        source_type=types[0],
        other_types=tuple(types[1:]),
        status=Status.OPEN,
        received_at=received_at,
        point=normaliser.point(raw, moments, []),
        address=address_of(line, cross_street),
    )


def _texts_of_row(raw: RawRecord, moments: When, readers: Iterable[Reader]) -> Iterator[str]:
    for read in readers:
        with suppress(ValueError, TypeError):
            value = read(raw, moments)
            if value is not None and 0 < len(text := str(value)) <= LONGEST_TEXT:
                yield text
