"""Reads the first rows of the list, and what is counted beside them, from the columns in memory."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocklight.model.record import TIMES, Place
from blocklight.model.vocabulary import (
    Category,
    Disposition,
    Kind,
    Origin,
    Section,
    Stage,
    Status,
    Subcategory,
)
from blocklight.publish.columns import NOT_REACHED, Columns

_MINUTE_S = 60
_STAGES = tuple(zip(TIMES[1:], (Stage.DISPATCHED, Stage.EN_ROUTE, Stage.ON_SCENE), strict=False))


@dataclass(frozen=True, slots=True)
class ListedIncident:
    """What a row of the list shows of an incident, and nothing else of it."""

    id: str
    source: str
    category: Category
    subcategory: Subcategory | None
    status: Status
    stage: Stage
    disposition: Disposition | None
    place: Place | None
    areas: Mapping[str, str]
    received_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The newest incidents of a section: those happening now and those that ended, the first few of each."""

    happening: list[ListedIncident]
    ended: list[ListedIncident]
    open: int
    closed: int
    categories: Mapping[str, int]
    """How many of each category the section lists."""
    sections: Mapping[Section, int]
    """How many incidents each section lists."""


def first_rows(columns: Columns, section: Section, since: datetime, most: int) -> FirstRows:
    """Read what was received since a moment or is still open, *most* rows in all, in the map page's order."""
    rows = columns.since(since)[::-1]
    sections = _sections(columns, rows)
    listed = rows[sections == list(Section).index(section)]
    is_open = listed["open"]
    happening, ended = listed[is_open], listed[~is_open]
    # As the page does, whose window has the time of closing in minutes, rounded up.
    took_s = np.where(ended["closed_at"] == NOT_REACHED, 0, -(-ended["closed_at"] // _MINUTE_S) * _MINUTE_S)
    ended = ended[np.argsort(-(ended["received_at"] + took_s), kind="stable")]
    names = columns.words["category"].values
    return FirstRows(
        [_incident(columns, row) for row in happening[:most]],
        [_incident(columns, row) for row in ended[: max(0, most - len(happening))]],
        len(happening),
        len(ended),
        {names[code]: count for code, count in Counter(listed["category"].tolist()).items()},
        {name: int(np.count_nonzero(sections == index)) for index, name in enumerate(Section)},
    )


def _sections(columns: Columns, rows: NDArray[Any]) -> NDArray[Any]:
    """Which section each row is listed in, by its place among the sections."""
    order = list(Section)

    def holds(name: str, value: str) -> NDArray[np.bool_]:
        values = columns.words[name].values
        code = values.index(value) if value in values else NOT_REACHED - 1
        held: NDArray[np.bool_] = rows[name] == code
        return held

    by_officers = holds("origin", Origin.OFFICER) | holds("category", Category.OFFICER_ACTIVITY)
    calls = np.where(by_officers, order.index(Section.OFFICER), order.index(Section.CALLS))
    return np.where(holds("kind", Kind.REQUEST), order.index(Section.REQUESTS), calls)


def _incident(columns: Columns, row: Any) -> ListedIncident:  # noqa: ANN401 - a row of a structured array
    def text(name: str) -> Any:  # noqa: ANN401 - a value of that vocabulary
        code = int(row[name])
        return None if code == NOT_REACHED else columns.words[name].values[code]

    code, took_s = int(row["place"]), int(row["closed_at"])
    place, areas = (None, ()) if code == NOT_REACHED else columns.places.values[code]
    received_at = datetime.fromtimestamp(int(row["received_at"]), UTC)
    reached = [stage for name, stage in _STAGES if row[name] != NOT_REACHED]
    return ListedIncident(
        id=row["id"].decode(),
        source=text("source"),
        category=text("category"),
        subcategory=text("subcategory"),
        status=Status.OPEN if row["open"] else Status.CLOSED,
        stage=reached[-1] if row["open"] and reached else Stage.RECEIVED if row["open"] else Stage.CLOSED,
        disposition=text("disposition"),
        place=place,
        areas=dict(areas),
        received_at=received_at,
        closed_at=None if took_s == NOT_REACHED else received_at + timedelta(seconds=took_s),
    )
