"""Answer a filtered question page by page, so that no incident repeats or is skipped while calls arrive."""

import base64
import binascii
import math
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from blocklight.errors import BadQuery
from blocklight.model.changes import StoredIncident
from blocklight.model.vocabulary import Category, Kind, Origin, Section, Status, Subcategory
from blocklight.store.read.local_time import LocalTimes
from blocklight.store.read.reading import ends, readable, stored_columns, wheres
from blocklight.store.schema import tables
from blocklight.store.schema.rows import fold, maybe_ms

# A page is put together in memory and sent in one piece; for more there are exports.
_MAX_LIMIT = 10_000

# Each word is a search of its own.
_MAX_WORDS = 8

_IDS_AT_ONCE = 500
# Of a city with more, types are no words to search by but free text.
_MOST_TYPES = 2_000

_OF_AN_ID = re.compile(r"[0-9a-z]+")
_LONGEST_ID = 64
# An index pays where it leaves little to read; beyond this walking through time is quicker.
_FEW = 0.02

_CURSOR = struct.Struct(">IqqqB")

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentQuery:
    """What is asked for; filters that are left out match everything.

    *bbox* is west, south, east, north in WGS 84 degrees. *since* (included) and *until* (excluded) bound
    received_at; *local* bounds its hour and weekday. *section* is what the page lists apart. *area* is an
    area kind and id. *q* holds words that must each occur in the place's label, the category or
    subcategory, the source type or at the start of the id, in any case. *cursor* is a page's ``next``.
    """

    bbox: tuple[float, float, float, float] | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: Status | None = None
    kind: Kind | None = None
    category: frozenset[Category] = frozenset()
    subcategory: frozenset[Subcategory] = frozenset()
    agency: str | None = None
    priority: int | None = None
    origin: Origin | None = None
    section: Section | None = None
    local: LocalTimes | None = None
    area: tuple[str, str] | None = None
    q: str | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Incidents, newest received first; *next* leads on, *as_of* is the seq of the first page."""

    items: list[StoredIncident]
    next: str | None
    as_of: int


@dataclass(frozen=True, slots=True)
class _Position:
    """After which incident a page begins, in a listing of what was published up to *as_of*."""

    filters: int
    as_of: int
    listed_at: int
    first_seq: int

    def text(self) -> str:
        packed = _CURSOR.pack(self.filters, self.as_of, self.listed_at, self.first_seq, 1)
        return base64.urlsafe_b64encode(packed).decode()

    @classmethod
    def parse(cls, text: str, filters: int) -> "_Position":
        try:
            *parts, version = _CURSOR.unpack(base64.b64decode(text, altchars=b"-_", validate=True))
        except (binascii.Error, struct.error, ValueError):
            raise BadQuery("not a cursor of this API", parameter="cursor") from None
        position = cls(*parts)
        if version != 1 or position.filters != filters:
            raise BadQuery("this cursor belongs to another query", parameter="cursor")
        return position


def answer(connection: sa.Connection, query: IncidentQuery) -> Page:
    """The page that *query* asks for; raises ``BadQuery``."""
    statement, as_of = page_statement(connection, query, [*stored_columns, tables.incident.c.listed_at])
    rows = connection.execute(statement).all()
    shown = rows[: query.limit]
    places = wheres(connection, {row.place_id for row in shown})
    following = None
    if len(rows) > query.limit:
        following = following_page(query, as_of, shown[-1].listed_at, shown[-1].first_seq)
    return Page(list(readable(shown, places)), following, as_of)


def matching(connection: sa.Connection, query: IncidentQuery, ids: Sequence[str]) -> list[StoredIncident]:
    """Those of some incidents that *query* matches, whatever its page; raises ``BadQuery``."""
    chosen: list[StoredIncident] = []
    for start in range(0, len(ids), _IDS_AT_ONCE):
        part = ids[start : start + _IDS_AT_ONCE]
        one_page = replace(query, cursor=None, limit=len(part))
        statement, _ = page_statement(connection, one_page, stored_columns)
        rows = connection.execute(statement.where(tables.incident.c.id.in_(part))).all()
        chosen += readable(rows, wheres(connection, {row.place_id for row in rows}))
    return chosen


def following_page(query: IncidentQuery, as_of: int, listed_at: int, first_seq: int) -> str:
    """The cursor of the page behind an incident."""
    return _Position(_fingerprint(query), as_of, listed_at, first_seq).text()


def page_statement(
    connection: sa.Connection, query: IncidentQuery, columns: Sequence[sa.ColumnElement[Any]]
) -> tuple[sa.Select[Any], int]:
    """What selects a page and one row more, and the seq it is as of; raises ``BadQuery``."""
    _check_texts(query)
    filters = _fingerprint(query)
    table = tables.incident
    position = None if query.cursor is None else _Position.parse(query.cursor, filters)
    as_of, _, drift = ends(connection)
    conditions = [*_plain_conditions(query, drift), *_place_conditions(connection, query)]
    if words := (query.q or "").split():
        types = _source_types(connection)
        conditions += [_says(connection, fold(word), types) for word in words]
    if position is not None:
        as_of = position.as_of
        place_of_cursor = sa.tuple_(sa.literal(position.listed_at), sa.literal(position.first_seq))
        conditions += [
            table.c.first_seq <= as_of,
            sa.tuple_(table.c.listed_at, table.c.first_seq) < place_of_cursor,
        ]
    order = (table.c.listed_at.desc(), table.c.first_seq.desc())
    return sa.select(*columns).where(*conditions).order_by(*order).limit(query.limit + 1), as_of


def _check_texts(query: IncidentQuery) -> None:
    if not 1 <= query.limit <= _MAX_LIMIT:
        raise BadQuery(f"must be 1 to {_MAX_LIMIT}", parameter="limit")
    if query.bbox is not None:
        west, south, east, north = query.bbox
        if not all(map(math.isfinite, query.bbox)) or west > east or south > north:
            raise BadQuery("needs west <= east and south <= north, in degrees", parameter="bbox")
    if query.priority is not None and abs(query.priority) > 2**31:
        raise BadQuery("not a priority", parameter="priority")
    if query.q is not None and len(query.q.split()) > _MAX_WORDS:
        raise BadQuery(f"at most {_MAX_WORDS} words", parameter="q")
    for name, text in (("q", query.q), ("agency", query.agency), ("area", ":".join(query.area or ()))):
        if text is not None and ("\x00" in text or _unpaired(text)):
            raise BadQuery("not a text", parameter=name)


def _unpaired(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _fingerprint(query: IncidentQuery) -> int:
    """Tell queries apart whose pages must not be mixed; the page size may change on the way."""
    filters = (
        query.bbox, query.since, query.until, query.status, query.kind, sorted(query.category),
        sorted(query.subcategory), query.agency, query.priority, query.area, query.q, query.origin,
        query.section, _time_filter(query.local),
    )  # fmt: skip
    return zlib.crc32(repr(filters).encode())


def _time_filter(local: LocalTimes | None) -> object:
    return local and (local.zone.key, sorted(local.hours), sorted(local.weekdays))


def _plain_conditions(query: IncidentQuery, drift: int) -> list[Condition]:
    table = tables.incident
    conditions: list[Condition] = []
    since, until = maybe_ms(query.since), maybe_ms(query.until)
    if since is not None:
        conditions += [table.c.received_at >= since, table.c.listed_at >= since - drift]
    if until is not None:
        conditions += [table.c.received_at < until, table.c.listed_at < until + drift]
    if query.status is Status.OPEN:
        conditions.append(table.c.status == tables.OPEN)
    elif query.status is not None:
        conditions.append(table.c.status == query.status.value)
    if query.category:
        conditions.append(table.c.category.in_(sorted(member.value for member in query.category)))
    if query.subcategory:
        conditions.append(table.c.subcategory.in_(sorted(member.value for member in query.subcategory)))
    exactly = {
        table.c.kind: query.kind and query.kind.value,
        table.c.agency: query.agency,
        table.c.priority: query.priority,
        table.c.origin: query.origin and query.origin.value,
    }
    conditions += [column == value for column, value in exactly.items() if value is not None]
    if query.section is not None:
        conditions += _in_section(query.section)
    if query.local is not None:
        conditions += query.local.conditions(table.c.received_at)
    return conditions


def _in_section(section: Section) -> list[Condition]:
    """Match the requests, what officers began themselves by origin or category, or all other calls."""
    table = tables.incident
    if section is Section.REQUESTS:
        return [table.c.kind == Kind.REQUEST.value]
    activity = sa.or_(
        sa.func.coalesce(table.c.origin, "") == Origin.OFFICER.value,
        table.c.category == Category.OFFICER_ACTIVITY.value,
    )
    return [table.c.kind == Kind.CALL.value, activity if section is Section.OFFICER else ~activity]


def _says(connection: sa.Connection, word: str, types: list[str] | None) -> Condition:
    """Match what holds a word, asking only where it occurs at all: a word of nowhere reads no incident."""
    table, place = tables.incident, tables.place
    labelled = sa.select(place.c.place_id).where(place.c.folded.contains(word, autoescape=True))
    tests: list[Condition] = []
    if connection.scalar(labelled.limit(1)) is not None:
        tests.append((table.c.place_id + 0).in_(labelled))
    if categories := [member.value for member in Category if word in member.value]:
        tests.append(table.c.category.in_(categories))
    if subcategories := [member.value for member in Subcategory if word in member.value]:
        tests.append(table.c.subcategory.in_(subcategories))
    if types is None:
        tests.append(table.c.folded.contains(word, autoescape=True))
    elif matching_types := [text for text in types if word in text]:
        tests.append(table.c.folded.in_(matching_types))
    if _OF_AN_ID.fullmatch(word):
        # In any collation the ids that begin so lie between these two, which an index can look up.
        by_id = table.c.id.between(word, word + "z" * _LONGEST_ID)
        if connection.scalar(sa.select(table.c.id).where(by_id).limit(1)) is not None:
            tests.append(sa.and_(by_id, table.c.id.startswith(word, autoescape=True)))
    return sa.or_(*tests) if tests else sa.false()


def _source_types(connection: sa.Connection) -> list[str] | None:
    """The different source types that are published, ``None`` for more than anybody would map.

    Each is found as the next one in the index: a step for each type, and none for each incident.
    """
    folded = tables.incident.c.folded
    walk = sa.select(sa.func.min(folded).label("text")).where(folded > "").cte("said", recursive=True)
    following = sa.select(sa.func.min(folded)).where(folded > walk.c.text).scalar_subquery()
    walk = walk.union_all(sa.select(following).where(walk.c.text.is_not(None)))
    every = sa.select(walk.c.text).where(walk.c.text.is_not(None)).limit(_MOST_TYPES + 1)
    types = list(connection.scalars(every))
    return types if len(types) <= _MOST_TYPES else None


def _place_conditions(connection: sa.Connection, query: IncidentQuery) -> list[Condition]:
    """Match places inside the box and the area.

    A small share of all places is looked up place by place; a large one is met soon by walking through
    time, where the index over places would only collect and sort what a page never shows.
    """
    place, area = tables.place, tables.place_area
    inside: list[Condition] = []
    if query.bbox is not None:
        west, south, east, north = query.bbox
        inside += [place.c.lon.between(west, east), place.c.lat.between(south, north)]
    if query.area is not None:
        kind, id_ = query.area
        members = sa.select(area.c.place_id).where(area.c.area_kind == kind, area.c.area_id == id_)
        inside.append(place.c.place_id.in_(members))
    if not inside:
        return []
    number = sa.select(sa.func.count()).select_from(place)
    is_selective = (connection.scalar(number.where(*inside)) or 0) <= _FEW * (connection.scalar(number) or 0)
    column: sa.ColumnElement[int] = tables.incident.c.place_id
    return [(column if is_selective else column + 0).in_(sa.select(place.c.place_id).where(*inside))]
