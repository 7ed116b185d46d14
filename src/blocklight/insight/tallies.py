"""Counts of several sides of a comparison by section, day, category and ending, in one question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from blocklight.archive.engine import INCIDENTS
from blocklight.config.city import City
from blocklight.insight.archive_query import Clause, archive_condition, group_expression
from blocklight.model.vocabulary import Status
from blocklight.store import IncidentQuery

_PARTS = ("section", "day", "category", "disposition")
_PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one side; the counts by section leave the filter's own section out."""

    sections: dict[str, int] = field(default_factory=dict)
    days: dict[date, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    endings: dict[str, int] = field(default_factory=dict)


def tally_question(city: City, queries: Sequence[IncidentQuery]) -> Clause:
    """One question in SQL about all sides."""
    parameters: dict[str, object] = {"zone": city.city.time_zone}
    parts = []
    for number, query in enumerate(queries):
        base = _numbered_clause(archive_condition(city, replace(query, section=None)), number)
        own = "true" if query.section is None else f"section = '{query.section}'"
        parameters |= base.parameters
        parts.append(
            f"SELECT {number} AS side, grouping({', '.join(_PARTS)}) AS part, {', '.join(_PARTS)}, "  # noqa: S608 - only our own words
            f"count(*) AS every, count(*) FILTER (WHERE {own}) AS own, "
            f"count(*) FILTER (WHERE {own} AND status = '{Status.CLOSED}') AS closed "
            f"FROM (SELECT *, {group_expression(city, 'section')} AS section, "
            f"{group_expression(city, 'day')} AS day FROM {INCIDENTS} WHERE {base.text}) "
            f"GROUP BY GROUPING SETS ({', '.join(f'({name})' for name in _PARTS)})"
        )
    return Clause(" UNION ALL ".join(parts), parameters)


def _numbered_clause(clause: Clause, number: int) -> Clause:
    """The same condition with parameters of its own."""
    return Clause(
        _PARAMETER.sub(lambda name: f"$side{number}_{name[1]}", clause.text),
        {f"side{number}_{name}": value for name, value in clause.parameters.items()},
    )


def read_tallies(rows: Sequence[dict[str, Any]], sides: int) -> list[Tally]:
    """Put the rows of the answer where they belong; groups that nothing is in are left out."""
    tallies = [Tally() for _ in range(sides)]
    for row in rows:
        tally = tallies[row["side"]]
        # A bit of `part` is set for each column that a row is not grouped by, the first the highest.
        name = next(part for bit, part in enumerate(reversed(_PARTS)) if not row["part"] >> bit & 1)
        value = str(row[name] or "")
        if name == "section":
            tally.sections[value] = row["every"]
        elif name == "disposition" and row["closed"]:
            tally.endings[value] = row["closed"]
        elif name == "category" and row["own"]:
            tally.categories[value] = row["own"]
        elif name == "day" and row["own"]:
            tally.days[date.fromisoformat(value)] = row["own"]
    return tallies
