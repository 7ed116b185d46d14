"""What a standard's interface may see of a city: what is published, and nothing else."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from blocklight.config.city import City
from blocklight.geo.areas import Areas
from blocklight.query.encoded import EncodedRows, Form
from blocklight.query.fields import Fields
from blocklight.query.selection import Selection, Slice
from blocklight.query.statistics import Grouping


class Extent(Protocol):
    """How many were selected, and the box around their public points."""

    @property
    def count(self) -> int:
        """How many."""

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north."""


class PublishedFeatures(Protocol):
    """Answers selections of published incidents."""

    def encoded(self, selection: Selection, part: Slice, form: Form, fields: Fields) -> EncodedRows:
        """A part of what was selected, each row in a form."""

    def count(self, selection: Selection, fields: Fields) -> int:
        """Count what was selected."""

    def numbers(self, selection: Selection, part: Slice | None, fields: Fields) -> list[int]:
        """The object ids of what was selected."""

    def extent(self, selection: Selection, fields: Fields) -> Extent:
        """The extent of what was selected."""

    def groups(
        self, selection: Selection, grouping: Grouping, part: Slice, fields: Fields, shown: Fields
    ) -> tuple[list[Sequence[Any]], bool]:
        """Figures by group, and whether there are more groups."""


class CityView(Protocol):
    """One city's public side."""

    @property
    def city(self) -> City:
        """The city file."""

    @property
    def areas(self) -> Areas:
        """The polygons that people know."""

    @property
    def features(self) -> PublishedFeatures:
        """The published incidents."""

    @property
    def stylesheet(self) -> str:
        """The address of the style sheet of pages without scripts, empty where there is none."""

    def generation(self) -> Hashable | None:
        """What changes whenever anything published does; ``None`` while that cannot be said."""

    def now(self) -> datetime:
        """The city's time."""

    def sources(self) -> Sequence[Mapping[str, str | datetime | None]]:
        """Id, label, kind, state and last_success_at of each source."""
