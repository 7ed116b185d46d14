"""Recognises a feed's platform by its address and its first bytes, and reads rows without a city file."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import orjson

from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.arcgis_json import (
    Layer,
    coded_words,
    error_code,
    in_words,
    named_error,
    to_row,
)
from blocklight.intake.connectors.arcgis_points import with_degrees
from blocklight.intake.connectors.atom_rss import entry_rows, longest_list, xml_document
from blocklight.intake.connectors.ckan import address, newest_table
from blocklight.intake.connectors.html_table import html_document, named_rows
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.extent import extent_of
from blocklight.intake.forms.row_lists import list_at
from blocklight.intake.forms.row_lists import named_rows as rows_by_name
from blocklight.intake.forms.tables import Reading, json_document, read_body
from blocklight.intake.propose.json_lists import longest_path
from blocklight.intake.record import RawRecord

_MOST_ROWS = 1000
_OF_COLUMNS = ("types", "typeIdField", "subtypes", "subtypeField", "datesInUnknownTimezone")
_ARCGIS = re.compile(r"/(?:Feature|Map)Server/\d+(?:/query)?/?$")
_SOCRATA = re.compile(r"/(?:resource/|d/|[^/]+/[^/]+/)([a-z0-9]{4}-[a-z0-9]{4})(?:\.json)?$")
_CKAN = re.compile(r"/dataset/[^/]+/?$")
_SERVICE = re.compile(r"/(?:Feature|Map)Server/?$")
_CRS = re.compile(rb'"crs"\s*:\s*\{[^{}]*\{[^{}]*EPSG:{1,2}(?:[\d.]+:)?(\d{4,6})"')
_ROWS_ASKED = "200"
_FEWEST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """What a feed's first answer holds: rows in its own words, and what they were read with.

    *dates* and *row_ids* are columns that the platform itself says are times, and its own row numbers. *crs*
    is the reference system that the answer names, *encoding* that of a table which is not in UTF-8, and
    *unread* counts its damaged rows by reason. *settings* are further keys of the source; *not_all*
    says that the answer names more rows than it holds.
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
    settings: Mapping[str, Any] = field(default_factory=dict)
    not_all: bool = False

    @property
    def columns(self) -> list[str]:
        """Every column that some row has, in the order of their first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


def question(url: str) -> tuple[str, dict[str, str]]:
    """Return the address and the parameters that ask a feed for a small sample of itself."""
    plain = url.partition("?")[0]
    if _ARCGIS.search(plain):
        more = {"where": "1=1", "outFields": "*", "outSR": "4326", "f": "json"}
        return plain.rstrip("/").removesuffix("/query") + "/query", more | {"resultRecordCount": _ROWS_ASKED}
    if found := _SOCRATA.search(plain):
        host = urlsplit(url)
        return f"{host.scheme}://{host.netloc}/resource/{found[1]}.json", {
            "$limit": _ROWS_ASKED,
            "$order": ":id DESC",
        }
    return url, {}


def asked(url: str, ask: Callable[[str, Mapping[str, str]], bytes]) -> bytes:
    """Return a feed's answer with a small sample of itself; of a CKAN page, that of its newest table.

    Raises ``SourceChanged`` for the address of a whole service, naming its layers.
    """
    if _SERVICE.search(url.partition("?")[0]):
        raise SourceChanged(f"a service of several layers; add the number of one: {_layers(url, ask)}")
    if _ARCGIS.search(url.partition("?")[0]):
        return _of_layer(url, ask)
    if not _CKAN.search(url.partition("?")[0]):
        return ask(*question(url))
    actions, package = address(url)
    document = json_document(ask(actions + "package_show", {"id": package}))
    result = document.get("result") if isinstance(document, Mapping) else None
    if not isinstance(result, Mapping):
        raise SourceChanged(f"{url}: the portal knows no such data set")
    return ask(actions + "datastore_search", {"resource_id": newest_table(result), "limit": _ROWS_ASKED})


def _of_layer(url: str, ask: Callable[[str, Mapping[str, str]], bytes]) -> bytes:
    """Return a layer's answer together with what the layer says of its columns, such as words for codes.

    Raises ``SourceChanged`` for a layer without rows of its own, and for one that wants a login.
    """
    at, how = question(url)
    layer = json_document(ask(at.removesuffix("/query"), {"f": "json"}))
    answer = json_document(ask(at, how)) if _is_good(layer) else layer
    for document in (layer, answer):
        if not _is_good(document):
            code = error_code(document["error"]) if isinstance(document, Mapping) else 0
            raise SourceChanged(named_error(code))
    try:
        Layer.of(layer, 1)
    except SourceChanged as error:
        raise SourceChanged(error.explained) from None
    told = {name: layer[name] for name in (*_OF_COLUMNS, "fields") if layer.get(name)}
    return orjson.dumps({**answer, **told})


def _is_good(document: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(document, Mapping) and "error" not in document


def _layers(url: str, ask: Callable[[str, Mapping[str, str]], bytes]) -> str:
    service = url.partition("?")[0].rstrip("/")
    document = json_document(ask(service, {"f": "json"}))
    parts = [document.get(kind) for kind in ("layers", "tables")] if isinstance(document, Mapping) else []
    layers = [one for part in parts if isinstance(part, list) for one in part if isinstance(one, Mapping)]
    return (
        "; ".join(f"{service}/{one.get('id')} is {one.get('name')}" for one in layers[:20]) or "it names none"
    )


def read_sample(url: str, body: bytes) -> Sample:
    """Return the rows of an answer; raises ``SourceChanged`` or ``SourceUnavailable`` for one without any."""
    sample = _read(url, body)
    if not sample.rows:
        raise SourceChanged("the answer holds no records to learn from")
    return sample


def _read(url: str, body: bytes) -> Sample:
    plain = url.partition("?")[0]
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:300]
    if start.startswith((b"{", b"[")):
        return _json(url, plain, body)
    if start.startswith(b"<"):
        if re.search(rb"<(?:html|!doctype html|table)", start, re.IGNORECASE):
            return Sample("html", url, named_rows(html_document(body))[:_MOST_ROWS])
        root = xml_document(body)
        path = longest_list(root)
        return _with_pages(Sample("feed", url, entry_rows(root, path)[:_MOST_ROWS], records=path))
    if _SOCRATA.search(plain):  # an export of the portal's: its own API has the same columns in small letters
        rows = [{_small(name): value for name, value in row.items()} for row in _table(url, body).rows]
        return Sample("socrata", _address(url, plain), rows)
    return _table(url, body)


def _small(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")


def _address(url: str, plain: str) -> str:
    """Return what the connector wants to be given."""
    if found := _SOCRATA.search(plain):
        host = urlsplit(url)
        return f"{host.scheme}://{host.netloc}/resource/{found[1]}.json"
    return plain.rstrip("/").removesuffix("/query") if _ARCGIS.search(plain) else url


def _table(url: str, body: bytes, encoding: str = "") -> Sample:
    reading = Reading(_EveryColumn(), encoding=encoding or "utf-8", size=_MOST_ROWS)
    block = next(iter(read_body(body, reading)))
    unread = Counter(row.reason for row in block.unreadable)
    if unread["bad_encoding"] and not encoding:
        return _table(url, body, "cp1252")
    return Sample("files", url, list(block.records), crs=_named_crs(body), encoding=encoding, unread=unread)


def _named_crs(body: bytes) -> str:
    """Return the reference system that a GeoJSON document names, as those before RFC 7946 do."""
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return ""
    found = _CRS.search(body)
    return "" if found is None or found[1] == b"4326" else f"EPSG:{found[1].decode()}"


def _json(url: str, plain: str, body: bytes) -> Sample:
    try:
        document = json_document(body)
    except SourceUnavailable:  # it may still be JSON lines
        return _table(url, body)
    if isinstance(document, Mapping) and _is_arcgis(document):
        fields = [one for one in document.get("fields") or () if isinstance(one, Mapping)]
        return Sample(
            "arcgis",
            _address(url, plain),
            _rows_of_layer(document)[:_MOST_ROWS],
            dates=_of_type(fields, "esriFieldTypeDate"),
            row_ids=_of_type(fields, "esriFieldTypeOID", "esriFieldTypeGlobalID"),
        )
    if isinstance(document, Mapping) and document.get("type") == "FeatureCollection":
        return _table(url, body)
    path = longest_path(document)
    listed, _ = rows_by_name(list_at(document, path) or [], (), (), {})
    rows = [row for row in listed if isinstance(row, Mapping)][:_MOST_ROWS]
    if _SOCRATA.search(plain):
        return Sample("socrata", _address(url, plain), rows)
    if _CKAN.search(plain):
        return Sample("ckan", url, rows, row_ids=frozenset({"_id"}))
    not_all = extent_of(document, path, url=url).lacks_some(len(rows))
    return _with_pages(Sample("json", url, [_flat(row) for row in rows], records=path, not_all=not_all))


def _rows_of_layer(document: Mapping[str, Any]) -> list[RawRecord]:
    words = coded_words(document)
    rows = [in_words(to_row(feature), words) for feature in document["features"]]
    return with_degrees(rows, document.get("spatialReference"))


def _with_pages(sample: Sample) -> Sample:
    """Return a sample with the settings of two interfaces that everybody's servers page alike."""
    if "service_request_id" in sample.columns:  # Open311, GeoReport v2
        return replace(sample, settings={"pages": {"parameter": "page", "size": "page_size"}})
    if sample.not_all and sample.records == "results":  # Opendatasoft's explore interface
        pages = {"parameter": "offset", "counts": "rows", "size": "limit"}
        return replace(sample, settings={"pages": pages, "page_size": 100}, not_all=False)
    return sample


def _is_arcgis(document: Mapping[str, Any]) -> bool:
    features = document.get("features")
    return isinstance(features, list) and bool(features) and "attributes" in (features[0] or {})


def _of_type(fields: list[Mapping[str, Any]], *types: str) -> frozenset[str]:
    return frozenset(str(one["name"]) for one in fields if one.get("type") in types and "name" in one)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the members of tables inside it under paths with dots, as connectors read them."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and "coordinates" not in value:
            flat |= {f"{name}.{inner}": deep for inner, deep in value.items()}
        else:
            flat[name] = value
    return flat


class _EveryColumn(Columns):
    """Stands in for the columns of a city file that does not exist yet: all of them are wanted."""

    def __init__(self) -> None:
        self.wanted = self._read = ()
        self._every = True

    def record(self, row: Mapping[str, Any]) -> RawRecord:
        """Return the row."""
        return row

    def named(self, heading: Sequence[str]) -> list[str]:
        """Return the headings as they are."""
        return list(heading)

    def expect_in_heading(self, heading: AbstractSet[str]) -> None:
        """Expect a row of headings and no title: fewer columns than these describe no call."""
        if len({name for name in heading if name}) < _FEWEST_COLUMNS:
            raise SourceChanged("no row of headings", heading=tuple(sorted(heading)))

    def expect_in_some(self, records: Sequence[RawRecord]) -> None:
        """Expect nothing."""
