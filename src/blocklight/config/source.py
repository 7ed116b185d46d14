"""What a city file says of one inbound feed: where it is, and which of its columns is which field."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from blocklight.config.field import ID, FieldMap, Zone
from blocklight.config.message_fields import with_standard_fields
from blocklight.config.source_address import NOT_BY_HTTP, SENDING, check_address, checked_query, checked_url
from blocklight.config.table import CuttingPattern, Pattern, PublicReason, Table
from blocklight.errors import CityFileError
from blocklight.model.vocabulary import Kind

_MAX_CODES = 10_000
_ROWS_OF_FILE = 1_000_000
_BY_ROWS = frozenset(
    {"json", "feed", "html", "files", "ckan", "push", "sql", "mqtt", "nats", "websocket", "events"}
)
_BY_ADDRESS = frozenset({"json", "feed", "html"})
_WHOLE = _BY_ADDRESS | {"files"}
_BELONGS = {
    "where": frozenset({"arcgis", "socrata"}),
    "query": frozenset({"sql"}),
    "topic": frozenset({"mqtt", "nats"}),
    "subscriber": frozenset({"mqtt", "nats"}),
    "cursor_column": frozenset({"arcgis", "socrata", "ckan", "open311", "sql"}),
    "order_by": frozenset({"arcgis", "socrata"}),
    "first_days": frozenset({"arcgis", "socrata", "ckan", "open311", "sql"}) | _BY_ADDRESS,
    "date_format": _BY_ADDRESS,
    "token_url": frozenset({"json"}),
    "form": _BY_ADDRESS,
    "body": _BY_ADDRESS,
    "pages": _BY_ADDRESS,
    "extent": _WHOLE,
    "message": frozenset({"json", "files", "push", "mqtt", "nats", "websocket", "events"}),
    "records": frozenset({"json", "feed", "files", "mqtt", "nats", "websocket", "events"}),
    "columns": frozenset({"html", "json", "files"}),
    "table": frozenset({"html"}),
    "empty": frozenset({"html"}),
    "card": frozenset({"html"}),
    "begins": frozenset({"html"}),
    "patterns": _BY_ROWS,
    "resource": frozenset({"ckan", "files"}),
    "encoding": frozenset({"files"}),
    "settle_s": frozenset({"files"}),
}
_NEVER_WHOLE = {
    "push": "it never sees them all",
    "open311": "a server never gives them all",
    "mqtt": "it never sees them all",
    "nats": "it never sees them all",
    "websocket": "it never sees them all",
    "events": "it never sees them all",
}


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"{name!r} is not an encoding that Python knows") from None
    return name


Parameter = Annotated[str, Field(pattern=r"^[^\s&=#?]{1,100}$")]


class MaskedByPublisher(Table):
    """Says that a feed's points are masked already and may be shown as they are; *reason* is public.

    *radius_m* is how far the true place is from such a point at most, as the publisher says.
    """

    radius_m: int = Field(ge=50, le=5000)
    reason: PublicReason


class PagesSpec(Table):
    """How a source is asked for its rows page by page.

    *parameter* is what moves on: it *counts* the pages, or the rows before a page, from *first* on. *size* is
    the parameter that says how many rows a page has.
    """

    parameter: Parameter
    counts: Literal["pages", "rows"] = "pages"
    first: int | None = Field(default=None, ge=0, le=1)
    size: Parameter | None = None

    @property
    def start(self) -> int:
        """The value of *parameter* on the first page: 1 where pages are counted, 0 where rows are."""
        return self.first if self.first is not None else int(self.counts == "pages")


class SourceSpec(Table):
    """One configured inbound feed.

    *closes* says how the feed tells that a call is over: a ``status`` field, a closing ``time``, by
    dropping it (``vanish``), or ``never``. *rows* is ``unit`` where an incident has a row for each unit,
    ``part`` where it has several of another kind; rows of one incident share *key*. With a
    *cursor_column*, a first fetch begins *first_days* ago, or with the oldest row. *patterns* cut columns
    out of others by their named groups. *same_as* names another source that tells of the same incidents by
    the same keys, and *both* whose record counts where both do; with *freeze_place* an incident stays where
    it was first. Where it is *masked_by_publisher*, its points are shown as they are, and stay as well.
    *zone* is the time zone of the source's wall clocks, if it is not the city's.
    Where *key_per_day*, ids start anew each day, so that the day of a call belongs to its key; unless it is
    said, that is assumed where the feed says no day. *equal_rows*
    says whether rows that are equal in all that is read of them are the same call, or one each (``apart``).
    *extent* says whether an answer holds all there is: as it says of itself (``said``), always (``whole``),
    or never (``part``).
    *answered* are questions of `check` that a person has answered, each with the answer.
    """

    id: str = Field(pattern=ID)
    label: str = Field(min_length=1, max_length=120)
    connector: Literal[
        "arcgis",
        "socrata",
        "json",
        "feed",
        "html",
        "files",
        "ckan",
        "open311",
        "push",
        "sql",
        "mqtt",
        "nats",
        "websocket",
        "events",
    ]
    url: Annotated[str, AfterValidator(checked_url)] = ""
    kind: Kind = Kind.CALL
    zone: Zone | None = None
    poll_s: float = Field(default=60, ge=0.2, le=86_400)
    late_after_s: float | None = Field(default=None, gt=0)
    key: tuple[str, ...] = Field(min_length=1)
    key_per_day: bool | None = None
    equal_rows: Literal["same", "apart"] = "same"
    closes: Literal["status", "time", "vanish", "never"]
    rows: Literal["incident", "unit", "part"] = "incident"
    same_as: str | None = Field(default=None, pattern=ID)
    both: Literal["other", "this", "join"] = "other"
    freeze_place: bool = False
    masked_by_publisher: MaskedByPublisher | None = None
    max_rejected_share: float = Field(default=0.5, gt=0, le=1)
    may_be_empty: bool = True
    where: str = ""
    query: Annotated[str, AfterValidator(checked_query)] = ""
    message: Literal["eido", "neris"] | None = None
    topic: str = Field(default="", max_length=1000, pattern=r"^[^\s\x00]*$")
    subscriber: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")
    cursor_column: str | None = None
    order_by: tuple[str, ...] = ()
    overlap_s: float = Field(default=3600, ge=0)
    first_days: float | None = Field(default=None, gt=0)
    date_format: str | None = None
    token_url: str | None = Field(default=None, pattern=r"^https?://.+$")
    form: dict[str, str] | None = None
    body: str | None = None
    pages: PagesSpec | None = None
    extent: Literal["said", "whole", "part"] = "said"
    records: str = ""
    columns: tuple[str, ...] = ()
    begins: Pattern | None = None
    table: Pattern | None = None
    empty: Pattern | None = None
    card: str = Field(default="", pattern=r"^\S*$")
    patterns: dict[str, CuttingPattern] = Field(default_factory=dict)
    resource: Pattern | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    settle_s: float = Field(default=5, ge=0, le=3600)
    page_size: int = Field(default=1000, ge=1, le=50_000)
    max_rows: int = Field(default=100_000, ge=1)
    max_bytes: int = Field(default=64_000_000, ge=1)
    timeout_s: float = Field(default=20, gt=0, le=300)
    answered: dict[str, PublicReason] = Field(default_factory=dict)
    fields: FieldMap

    _every_column: bool = PrivateAttr(default=False)

    @property
    def every_column(self) -> bool:
        """Whether columns are read that the city file does not name: to look at a feed, never in intake."""
        return self._every_column

    def with_every_column(self) -> Self:
        """The source as `check` looks at it for what nobody named."""
        wide = self.model_copy()
        wide._every_column = True  # noqa: SLF001 - its own
        return wide

    @model_validator(mode="before")
    @classmethod
    def _message_says_the_rest(cls, value: object) -> object:
        return with_standard_fields(value) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _settings_belong_to_the_platform(self) -> Self:
        check_address(self.connector, self.url)
        if self.closes == "vanish" and self.connector in _NEVER_WHOLE:
            why = _NEVER_WHOLE[self.connector]
            raise ValueError(f'connector = "{self.connector}" cannot close calls by vanishing: {why}')
        if self.connector == "sql" and not self.query:
            raise ValueError("needs `query`")
        if self.connector in ("mqtt", "nats") and not self.topic:
            raise ValueError("needs `topic`")
        for name, platforms in _BELONGS.items():
            default = type(self).model_fields[name].get_default(call_default_factory=True)
            if getattr(self, name) != default and self.connector not in platforms:
                raise ValueError(f"`{name}` belongs to connector = " + ", ".join(sorted(platforms)))
        return self

    @property
    def is_asked_by_http(self) -> bool:
        """Whether the source answers requests of HTTP, which can be recorded and replayed."""
        return self.connector not in NOT_BY_HTTP

    @property
    def sends_by_itself(self) -> bool:
        """Whether records come when the source sends them, and can only be listened for."""
        return self.connector in SENDING

    @property
    def row_limit(self) -> int:
        """How many rows a fetch may have; of a table file more, as its bytes are limited too."""
        usual = "max_rows" not in self.model_fields_set and self.connector == "files"
        return _ROWS_OF_FILE if usual else self.max_rows

    @property
    def has_day_in_key(self) -> bool:
        """Whether the same id is another call on another day."""
        if self.key_per_day is None:
            return self.fields.received_at.convert == "time_of_day"
        return self.key_per_day

    @property
    def precision(self) -> Literal["day", "time"]:
        """Whether the source tells when a call was received, or only on which day."""
        return "day" if self.fields.received_at.convert == "day" else "time"

    @property
    def lateness_s(self) -> float:
        """Seconds without a successful fetch after which the source counts as late."""
        return self.late_after_s or max(3 * self.poll_s, 30.0)

    @model_validator(mode="after")
    def _asks_in_one_way(self) -> Self:
        if self.form is not None and self.body is not None:
            raise ValueError("`form` and `body` exclude each other: use one of them")
        if self.body is not None and not _is_json_object(self.body):
            raise ValueError("body: not a JSON object")
        if self.extent == "part" and self.closes == "vanish":
            raise ValueError(
                'extent = "part" does not go with closes = "vanish": what is not in a part is not over'
            )
        return self

    @model_validator(mode="after")
    def _equal_rows_are_seen_together(self) -> Self:
        if self.equal_rows == "apart" and (self.cursor_column is not None or self.rows != "incident"):
            raise ValueError(
                'equal_rows = "apart" needs a source that is read whole, without `cursor_column`, and whose '
                "rows are incidents: equal rows are counted in one answer"
            )
        return self

    @model_validator(mode="after")
    def _closing_rule_has_its_field(self) -> Self:
        if self.closes == "status" and self.fields.status is None:
            raise ValueError('closes = "status" needs fields.status')
        if self.closes == "time" and self.fields.closed_at is None:
            raise ValueError('closes = "time" needs fields.closed_at')
        fields = self.fields
        if fields.point is None and fields.address is None and (fields.lon is None or fields.lat is None):
            raise ValueError("fields needs `point`, or both `lon` and `lat`, or `address`")
        return self

    @model_validator(mode="after")
    def _points_may_be_passed(self) -> Self:
        """Refuse to pass points of which the true place could be worked out."""
        if self.masked_by_publisher is None:
            return self
        if self.freeze_place:
            raise ValueError(
                "`masked_by_publisher` does not go with `freeze_place`: a feed that draws new points for a "
                "place gives it away by their mean, so its points are masked once more"
            )
        if self.same_as is not None:
            raise ValueError(
                "`masked_by_publisher` does not go with `same_as`: two points of one incident tell more"
            )
        if self.fields.point is None and self.fields.lon is None:
            raise ValueError(
                "`masked_by_publisher` needs a point of the source's own: fields.point, or lon and lat"
            )
        return self


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def masked_by_publisher(sources: Iterable[SourceSpec]) -> dict[str, MaskedByPublisher]:
    """Which sources' points are shown as they are, and why, by their ids."""
    return {source.id: source.masked_by_publisher for source in sources if source.masked_by_publisher}


def with_codes(table: dict[str, Any], file: str, folder: Path) -> dict[str, Any]:
    """A parsed city file in which the fields' code tables stand in their maps."""
    sources = table.get("sources")
    if not isinstance(sources, list):
        return table
    return {**table, "sources": [_with_source_codes(source, file, folder) for source in sources]}


def _with_source_codes(source: object, file: str, folder: Path) -> object:
    if not isinstance(source, dict) or not isinstance(fields := source.get("fields"), dict):
        return source
    read: dict[str, object] = {}
    for name, field in fields.items():
        read[name] = field
        if isinstance(field, dict) and isinstance(named := field.get("codes"), str):
            key = f"sources.{source.get('id', '')}.fields.{name}.codes"
            read[name] = {**field, "map": {**_codes(folder, named, file, key), **field.get("map", {})}}
    return {**source, "fields": read}


def _codes(folder: Path, named: str, file: str, key: str) -> dict[str, str]:
    """A table of codes: a CSV file whose first two columns are the code and what it means."""
    path = (folder / named).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise CityFileError(file, key, "must lie beside the city file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = [row for row in csv.reader(lines) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise CityFileError(file, key, f"not a CSV file in UTF-8: {named}") from None
    if not 2 <= len(rows) <= _MAX_CODES or any(len(row) < 2 for row in rows):  # noqa: PLR2004 - code and meaning
        raise CityFileError(file, key, f"needs a heading, and rows of a code and its meaning: {named}")
    return {row[0]: row[1] for row in rows[1:]}
