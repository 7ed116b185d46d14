"""Conditions on published fields as SQL with bound values, the same on both engines."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from blocklight.model.vocabulary import Stage
from blocklight.query.conditions import (
    ANY_LETTER,
    ANY_TEXT,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    FieldRef,
    Inside,
    IsNull,
    Like,
    Not,
    OneOf,
    Value,
    Wildcard,
)
from blocklight.query.fields import GEOMETRY, OBJECT_ID, Field, Fields, FieldType
from blocklight.store.schema import tables
from blocklight.store.schema.rows import to_ms

if TYPE_CHECKING:  # see conditions.py
    from blocklight.query.region import Region

Column = sa.ColumnElement[Any]
Columns = Mapping[str, Column]

FindPlaces = Callable[["Region"], sa.ColumnElement[bool]]

_ESCAPE = "\\"
# The collation that compares texts by their code points, whatever the language of the server.
_BYTEWISE = {"sqlite": "BINARY", "postgresql": "C"}


def field_columns(fields: Fields) -> Columns:
    """The SQL of each field; those of the place need ``place`` joined to ``incident``."""
    return {name: _column(field) for name, field in fields.items()} | {GEOMETRY: tables.incident.c.place_id}


def _column(field: Field) -> Column:
    incident, place, area = tables.incident, tables.place, tables.place_area
    if field.area_kind is not None:
        of_place = (area.c.place_id == incident.c.place_id, area.c.area_kind == field.area_kind)
        return sa.select(area.c.area_id).where(*of_place).correlate(incident).scalar_subquery()
    match field.name:
        case name if name == OBJECT_ID:
            return incident.c.object_id
        case "place_label" | "place_kind" | "place_radius_m":
            return place.c[field.name.removeprefix("place_")]
        case "delayed":
            return sa.func.coalesce(incident.c.delayed, 0)
        case "stage":
            return _stage()
        case name:
            return incident.c[name]


def _stage() -> Column:
    incident = tables.incident
    reached = (
        ("on_scene_at", Stage.ON_SCENE),
        ("en_route_at", Stage.EN_ROUTE),
        ("dispatched_at", Stage.DISPATCHED),
    )
    return sa.case(
        (incident.c.status != tables.OPEN, str(Stage.CLOSED)),
        *((incident.c[name].is_not(None), str(stage)) for name, stage in reached),
        else_=str(Stage.RECEIVED),
    )


class ConditionSql:
    """Translates conditions on some columns for one engine; *within* finds the places of a region."""

    def __init__(
        self, columns: Columns, fields: Fields, dialect: str, within: FindPlaces | None = None
    ) -> None:
        self._columns = columns
        self._fields = fields
        self._dialect = dialect
        self._within = within

    def of(self, condition: Condition) -> sa.ColumnElement[bool]:
        """A condition as SQL."""
        match condition:
            case Constant(value):
                return sa.true() if value else sa.false()
            case Not(inner):
                return sa.not_(self.of(inner))
            case AllOf(inner):
                return sa.and_(*map(self.of, inner)) if inner else sa.true()
            case AnyOf(inner):
                return sa.or_(*map(self.of, inner)) if inner else sa.false()
            case Inside(field, region, _):
                if self._within is None:
                    raise TypeError("figures lie nowhere")
                nowhere = self._columns[field.name].is_(None)
                return sa.case((nowhere, sa.null()), else_=self._within(region))
            case _:
                return self._test(self._of_field(condition.field), condition)

    def _test(self, column: Column, condition: IsNull | OneOf | Like | Comparison) -> sa.ColumnElement[bool]:
        match condition:
            case IsNull():
                return column.is_(None)
            case OneOf(_, values):
                return column.in_([bound(value) for value in values])
            case Like(_, pattern):
                return self._like(column, pattern)
            case Comparison(_, operator, value):
                return _COMPARING[operator](column, bound(value))

    def ordered(self, name: str, *, descending: bool) -> sa.ColumnElement[Any]:
        """A field to sort by: what has no value comes first, or last where it is descending."""
        column = self.bytewise(self._columns[name], self._fields[name])
        if not self._fields[name].nullable:
            return column.desc() if descending else column.asc()
        return column.desc().nulls_last() if descending else column.asc().nulls_first()

    def bytewise(self, column: Column, field: Field) -> Column:
        """A column that compares texts by their letters' numbers."""
        if field.type is not FieldType.TEXT:
            return column
        collated: Column = sa.collate(column, _BYTEWISE[self._dialect])
        return collated

    def _of_field(self, field: FieldRef) -> Column:
        column = self._columns[field.name]
        if field.fold is not None:
            column = sa.func.upper(column) if field.fold == "upper" else sa.func.lower(column)
        if self._dialect == "sqlite":
            return column  # compares so by itself, and an index is used only without the word
        return self.bytewise(column, self._fields[field.name])

    def _like(self, column: Column, pattern: tuple[str | Wildcard, ...]) -> sa.ColumnElement[bool]:
        if self._dialect == "sqlite":  # whose LIKE takes capital and small letters for the same
            text = "".join(map(_glob_part, pattern))
            return column.op("GLOB", is_comparison=True)(text)
        return column.like("".join(map(_like_part, pattern)), escape=_ESCAPE)


_COMPARING: Mapping[str, Callable[[Column, Any], sa.ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "<>": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}


def bound(value: Value) -> Any:  # noqa: ANN401 - a value of a column
    """A value as its column holds it."""
    return to_ms(value) if isinstance(value, datetime) else value


def _glob_part(part: str | Wildcard) -> str:
    if isinstance(part, Wildcard):
        return "*" if part == ANY_TEXT else "?"
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in part)


def _like_part(part: str | Wildcard) -> str:
    if isinstance(part, Wildcard):
        return "_" if part == ANY_LETTER else "%"
    return "".join(f"{_ESCAPE}{letter}" if letter in f"%_{_ESCAPE}" else letter for letter in part)
