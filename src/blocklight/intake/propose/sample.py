"""Recognises a feed's platform by its address and its first bytes, and reads rows without a city file."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.arcgis_json import coded_words, to_row, with_coded_words
from blocklight.intake.connectors.arcgis_points import with_degrees
from blocklight.intake.connectors.atom_rss import entry_rows, longest_list, xml_document
from blocklight.intake.connectors.html_table import html_document, named_rows
from blocklight.intake.forms.bounded_json import unwrapped
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.extent import extent_of
from blocklight.intake.forms.row_lists import described_names, list_at, tables_of_rows
from blocklight.intake.forms.tables import Reading, json_value, read_body
from blocklight.intake.propose.asking import COUNT
from blocklight.intake.propose.cards import cards_in
from blocklight.intake.propose.json_lists import lists_like, longest_path
from blocklight.intake.propose.pace import pace_of
from blocklight.intake.propose.platforms import ARCGIS, CKAN, SOCRATA
from blocklight.intake.record import RawRecord
from blocklight.intake.spread import Spread

_MOST_SPREAD = 400
_FIRST_AND_LAST = 100
_CRS = re.compile(rb'"crs"\s*:\s*\{[^{}]*\{[^{}]*EPSG:{1,2}(?:[\d.]+:)?(\d{4,6})"')
_FEWEST_COLUMNS = 3
_DEEPEST_MEMBER = 4
_FEWEST_ALIKE = 2
# How a web page begins; a list in XML may hold elements called ``Table`` as well.
_OF_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|table|body|div)\b",
    re.IGNORECASE | re.DOTALL,
)

# What publishers call a list, or an address, of the calls that go on.
ACTIVE = re.compile(r"active|current|live|realtime|real_time", re.IGNORECASE)

Row = TypeVar("Row")


def spread(rows: Iterable[Row]) -> list[Row]:
    """Keep the first and last rows and some between them, evenly, in their order; all where they are few."""
    first: list[tuple[int, Row]] = []
    last: deque[tuple[int, Row]] = deque(maxlen=_FIRST_AND_LAST)
    between = Spread[tuple[int, Row]](_MOST_SPREAD)
    for numbered in enumerate(rows):
        if len(first) < _FIRST_AND_LAST:
            first.append(numbered)
        else:
            between.add(numbered)
            last.append(numbered)
    sampled = dict((*first, *between.items, *last))
    return [sampled[number] for number in sorted(sampled)]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a feed's first answer holds: rows in its own words, and what they were read with.

    *dates* and *row_ids* are columns that the platform itself says are times, and its own row numbers. *crs*
    is the reference system that the answer names, *encoding* that of a table which is not in UTF-8, and
    *unread* counts its damaged rows by reason. *settings* are further keys of the source; *not_all*
    says that the answer names more rows than it holds, *count* how many the feed holds, where it says so.
    *wall_clocks*: its numbers of milliseconds are what a clock on the wall showed. *more_lists* are
    the paths of lists beside *records* whose rows look alike; *rows* are of all of them. *aliases* are what
    the platform calls a column for people, where that says more than its name.
    """

    connector: str
    url: str
    rows: Sequence[Mapping[str, Any]]
    records: str = ""
    dates: frozenset[str] = frozenset()
    row_ids: frozenset[str] = frozenset()
    crs: str = ""
    encoding: str = ""
    unread: Mapping[str, int] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    not_all: bool = False
    count: int | None = None
    wall_clocks: bool = False
    more_lists: Sequence[str] = ()

    @property
    def columns(self) -> list[str]:
        """Every column that some row has, in the order of their first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


def read_sample(url: str, body: bytes) -> Sample:
    """The rows of an answer; raises ``SourceChanged`` or ``SourceUnavailable`` for one without any."""
    sample = _read_body(url, body)
    if not sample.rows:
        raise SourceChanged("the answer holds no records to learn from")
    return sample


def _read_body(url: str, body: bytes) -> Sample:
    plain = url.partition("?")[0]
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:300]
    if start.startswith((b"{", b"[")) or unwrapped(body) is not body:
        return _json_sample(url, plain, body)
    if start.startswith(b"<"):
        if _OF_PAGE.match(start):
            return _page_sample(url, body)
        root = xml_document(body)
        path = longest_list(root)
        return _with_pages(Sample("feed", url, spread(entry_rows(root, path)), records=path))
    if SOCRATA.search(plain):  # an export of the portal's: its own API has the same columns in small letters
        rows = [{_small(name): value for name, value in row.items()} for row in _table_sample(url, body).rows]
        return Sample("socrata", _connector_url(url, plain), rows)
    return _table_sample(url, body)


def _page_sample(url: str, body: bytes) -> Sample:
    """The rows of a page's longest table, or its cards."""
    try:
        page = html_document(body)
    except SourceUnavailable:
        card, cards = cards_in(body)
        if not card:
            raise
        return Sample("html", url, spread(cards), settings={"card": card})
    rows, names = named_rows(page)
    has_next = page.extent.next_url is not None or page.next_form is not None
    return Sample(
        "html",
        url,
        spread(rows),
        settings={"columns": names} if names else {},
        not_all=not has_next and page.extent.lacks_some(len(rows)),
    )


def _small(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")


def _connector_url(url: str, plain: str) -> str:
    """What the connector wants to be given."""
    if match := SOCRATA.search(plain):
        host = urlsplit(url)
        return f"{host.scheme}://{host.netloc}/resource/{match[1]}.json"
    return plain.rstrip("/").removesuffix("/query") if ARCGIS.search(plain) else url


def _table_sample(url: str, body: bytes, encoding: str = "", names: Sequence[str] = ()) -> Sample:
    reading = Reading(_EveryColumn(), encoding=encoding or "utf-8", names=tuple(names))
    unread: Counter[str] = Counter()

    def read() -> Iterable[RawRecord]:
        for block in read_body(body, reading):
            unread.update(row.reason for row in block.unreadable)
            yield from block.records

    rows = spread(read())
    if unread["bad_encoding"] and not encoding:
        return _table_sample(url, body, "cp1252", names)
    if not names and _begins_with_a_row(rows):
        return _table_sample(url, body, encoding, [f"column_{n + 1}" for n in range(len(rows[0]))])
    settings = {"columns": tuple(names)} if names else {}
    return Sample(
        "files", url, rows, crs=_named_crs(body), encoding=encoding, unread=unread, settings=settings
    )


def _begins_with_a_row(rows: Sequence[RawRecord]) -> bool:
    """Whether what was taken for headings is written like the values below: a table without headings."""
    if not rows or not all(isinstance(value, str) for value in rows[0].values()):
        return False
    alike = sum(
        any(map(str.isdecimal, name))
        and _is_most_common(_shape_of_cell(name), [row.get(name) for row in rows])
        for name in rows[0]
    )
    return alike >= _FEWEST_ALIKE


def _shape_of_cell(text: object) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", str(text)))


def _is_most_common(shape: str, values: Sequence[object]) -> bool:
    return Counter(map(_shape_of_cell, values)).most_common(1)[0][0] == shape


def _named_crs(body: bytes) -> str:
    """The reference system that a GeoJSON document names, as those before RFC 7946 do."""
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return ""
    match = _CRS.search(body)
    return "" if match is None or match[1] == b"4326" else f"EPSG:{match[1].decode()}"


def _json_sample(url: str, plain: str, body: bytes) -> Sample:
    try:
        document = json_value(body)
    except SourceUnavailable:  # it may still be JSON lines
        return _table_sample(url, body)
    if isinstance(document, Mapping) and _is_arcgis(document):
        fields = [entry for entry in document.get("fields") or () if isinstance(entry, Mapping)]
        dates, count = _of_type(fields, "esriFieldTypeDate"), document.get(COUNT)
        ids = _of_type(fields, "esriFieldTypeOID", "esriFieldTypeGlobalID")
        return Sample(
            "arcgis",
            _connector_url(url, plain),
            _once(_rows_of_layer(document)),
            dates=dates,
            row_ids=ids,
            settings=pace_of(document, count, dates, datetime.now(UTC)),
            count=count,
            aliases={str(entry.get("name")): str(entry["alias"]) for entry in fields if entry.get("alias")},
            wall_clocks=bool(document.get("datesInUnknownTimezone")),
        )
    if isinstance(document, Mapping) and document.get("type") == "FeatureCollection":
        return _table_sample(url, body)
    path = longest_path(document)
    further_paths = lists_like(document, path)
    path, *further_paths = sorted((path, *further_paths), key=lambda one: not ACTIVE.search(one))
    values = _rows_at(document, (path, *further_paths))
    width = len(values[0]) if values and isinstance(values[0], list) else 0
    listed, _ = tables_of_rows(values, described_names(document, path, width) if width else (), (), {})
    rows = spread(row for row in listed if isinstance(row, Mapping))
    if SOCRATA.search(plain):
        return Sample("socrata", _connector_url(url, plain), _once(rows))
    if CKAN.search(plain):
        return Sample("ckan", url, _once(rows), row_ids=frozenset({"_id"}))
    not_all = not further_paths and extent_of(document, path, url=url).lacks_some(len(listed))
    flat = [flattened({name: row[name] for name in row if not name.startswith(":")}) for row in rows]
    return _with_pages(Sample("json", url, flat, records=path, not_all=not_all, more_lists=further_paths))


def _rows_at(document: object, paths: Iterable[str]) -> list[Any]:
    return [row for path in paths for row in list_at(document, path) or ()]


def _rows_of_layer(document: Mapping[str, Any]) -> list[RawRecord]:
    words = coded_words(document)
    rows = [with_coded_words(to_row(feature), words) for feature in document["features"]]
    return with_degrees(rows, document.get("spatialReference"))


def _once(rows: Sequence[RawRecord]) -> list[RawRecord]:
    """Leave out the rows that a feed gave twice, being among its last and its newest, or its middle ones."""
    return list({repr(row): row for row in rows}.values())


def _with_pages(sample: Sample) -> Sample:
    """A sample with the settings of two interfaces that everybody's servers page alike."""
    if "service_request_id" in sample.columns:  # Open311, GeoReport v2
        return replace(sample, settings={"pages": {"parameter": "page", "size": "page_size"}})
    if sample.not_all and sample.records == "results":  # Opendatasoft's explore interface
        pages = {"parameter": "offset", "counts": "rows", "size": "limit"}
        return replace(sample, settings={"pages": pages, "page_size": 100}, not_all=False)
    return sample


def _is_arcgis(document: Mapping[str, object]) -> bool:
    features = document.get("features")
    return isinstance(features, list) and bool(features) and "attributes" in (features[0] or {})


def _of_type(fields: list[Mapping[str, Any]], *types: str) -> frozenset[str]:
    return frozenset(str(entry["name"]) for entry in fields if entry.get("type") in types and "name" in entry)


def flattened(row: Mapping[str, object], deepest: int = _DEEPEST_MEMBER) -> dict[str, Any]:
    """A row with the members of tables inside it under paths with dots, as connectors read them."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and not isinstance(value.get("coordinates"), list) and deepest:
            inside = flattened(value, deepest - 1)
            flat |= {f"{name}.{inner}": deep for inner, deep in inside.items()}
        else:
            flat[name] = value
    return flat


class _EveryColumn(Columns):
    """Stands in for the columns of a city file that does not exist yet: all of them are wanted."""

    def __init__(self) -> None:
        self.wanted = self._read = ()
        self._every = True

    def record(self, row: Mapping[str, object]) -> RawRecord:
        """The row."""
        return row

    def named(self, heading: Sequence[str]) -> list[str]:
        """The headings as they are."""
        return list(heading)

    def expect_in_heading(self, heading: AbstractSet[str]) -> None:
        """Expect a row of headings and no title: fewer columns than these describe no call."""
        if len({name for name in heading if name}) < _FEWEST_COLUMNS:
            raise SourceChanged("no row of headings", heading=tuple(sorted(heading)))

    def expect_in_some(self, records: Sequence[RawRecord]) -> None:
        """Expect nothing."""
