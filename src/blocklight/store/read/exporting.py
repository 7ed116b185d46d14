"""Reads what a filter matches as flat rows, a page at a time, for those who take all of it."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from blocklight.query.fields import Fields
from blocklight.store.read.condition_sql import field_columns
from blocklight.store.read.features import FlatRows, flat_columns, flat_rows
from blocklight.store.read.query import IncidentQuery, following_page, page_statement
from blocklight.store.schema import tables

# Rows between two looks at the database: no transaction lasts longer, and memory holds no more.
PAGE = 2_000


def flat_page(
    connection: sa.Connection, query: IncidentQuery, names: Sequence[str], fields: Fields
) -> tuple[FlatRows, str | None]:
    """A page as values of some fields, and the cursor of the next one; raises ``BadQuery``."""
    incident, place = tables.incident, tables.place
    columns = flat_columns(names, fields, field_columns(fields))
    listed = (incident.c.listed_at.label("listed_at"), incident.c.first_seq.label("published_seq"))
    statement, as_of = page_statement(connection, query, [*columns, *listed])
    joined = incident.outerjoin(place, incident.c.place_id == place.c.place_id)
    fetched = connection.execute(statement.select_from(joined)).all()
    shown = fetched[: query.limit]
    following = None
    if len(fetched) > query.limit:
        following = following_page(query, as_of, shown[-1].listed_at, shown[-1].published_seq)
    return flat_rows(shown, names, fields, has_more=following is not None), following


def as_pages(query: IncidentQuery) -> IncidentQuery:
    """A query whose pages are of the size in which they are exported."""
    return replace(query, limit=PAGE)
