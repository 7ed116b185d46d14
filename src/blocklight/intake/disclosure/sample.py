"""A sample of one source's rows, each with what was understood of it, and what may be asked of it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from blocklight.config.city import CallTypes, City, FieldSpec, SourceSpec
from blocklight.config.policy import MEDICAL
from blocklight.errors import RecordRejected
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.normalise import Normaliser
from blocklight.intake.record import Incident, RawRecord
from blocklight.intake.redact import Rules, redact
from blocklight.model.outcomes import Withheld
from blocklight.model.vocabulary import Reason

_NOT_FOR_WANT_OF_A_PLACE = frozenset(Reason) - {Reason.NO_PLACE}


class Question(NamedTuple):
    """One thing that could be learnt: *id* is what an answer in the city file names."""

    id: str
    text: str


@dataclass(frozen=True)
class SampleRows:
    """Rows of one source, each with what was understood of it."""

    source: SourceSpec
    city: City
    rules: Rules
    rows: Sequence[tuple[RawRecord, Incident]]

    @classmethod
    def of(
        cls, source: SourceSpec, city: City, rules: Rules, records: Sequence[RawRecord], at: datetime
    ) -> "SampleRows":
        """Understand the records of one answer, but for those that cannot be read."""
        normalise, rows = Normaliser.of(source, city), []
        for raw in records:
            with suppress(RecordRejected):
                rows.append((raw, normalise(raw, at)))
        return cls(source, city, rules, rows)

    @cached_property
    def published(self) -> tuple[bool, ...]:
        """Whether each row may be published, now or later, as soon as it has a place."""
        outcomes = (redact(incident, self.rules) for _, incident in self.rows)
        return tuple(
            not (isinstance(outcome, Withheld) and outcome.reason in _NOT_FOR_WANT_OF_A_PLACE)
            for outcome in outcomes
        )

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column that some row has."""
        return tuple(dict.fromkeys(name for raw, _ in self.rows for name in raw))

    @cached_property
    def shipped(self) -> CallMeanings:
        """What types mean by the rules that come with Blocklight, without the city's own lines."""
        return CallMeanings(CallTypes(), ())

    def values(self, column: str) -> list[str]:
        """The filled values of a column as texts."""
        return [text for text, _ in self.marked(column)]

    def loosened(self, text: str) -> bool:
        """Whether a written line with a reason shows a medical type as something finer."""
        return any(line.group == MEDICAL for line in self.rules.meanings.of(text).allowed)

    def marked(self, column: str) -> Iterator[tuple[str, bool]]:
        """Yield the filled values of a column, each with whether its row would be published."""
        for (raw, _), published in zip(self.rows, self.published, strict=True):
            value = raw.get(column)
            if isinstance(value, str | int | float) and str(value).strip():
                yield str(value).strip(), published

    def field(self, name: str) -> FieldSpec | None:
        """What the city file says of one of our fields."""
        spec: FieldSpec | None = getattr(self.source.fields, name)
        return spec


def of_the_place(sample: SampleRows) -> set[str]:
    """The columns that places are read from."""
    names = ("lon", "lat", "point", "address", "cross_street")
    return {column for name in names if (spec := sample.field(name)) for column in spec.source}
