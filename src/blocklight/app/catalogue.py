"""Reads OpenPoliceData's table of public feeds, of which nothing is kept."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from blocklight.app.bodies import download, read
from blocklight.errors import BlocklightError

# Where OpenPoliceData publishes its table (https://github.com/openpolicedata/opd-data, BSD-3-Clause).
TABLE = "https://raw.githubusercontent.com/openpolicedata/opd-data/main/opd_source_table.csv"

_MAX_BYTES = 32_000_000
_NEEDED = ("State", "SourceName", "TableType", "URL", "DataType", "dataset_id", "coverage_end")
_CALLS, _INCIDENTS = "CALLS FOR SERVICE", "INCIDENTS"


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed of the table; *url* is its address as `city new` takes it."""

    agency: str
    state: str
    holds: str
    platform: str
    until: str
    url: str


def listed_feeds(
    place: str | None, *, file: Path | None, incidents: bool, table_url: str
) -> list[ListedFeed]:
    """The feeds of a state or city; raises ``BlocklightError`` where there is none, or no such table."""
    feeds = [
        _listed_feed(row)
        for row in _table_rows(file, table_url)
        if _is_chosen(row, place, incidents=incidents)
    ]
    if not feeds:
        raise BlocklightError(
            f"no feed of {place!r} is in the table" if place else "the table holds no feeds"
        )
    return feeds


def _listed_feed(row: Mapping[str, str]) -> ListedFeed:
    holds = "calls" if row["TableType"].upper().startswith(_CALLS) else "incidents"
    until = row["coverage_end"] or "?"
    return ListedFeed(row["SourceName"], row["State"], holds, row["DataType"], until, _feed_address(row))


def _is_chosen(row: Mapping[str, str], place: str | None, *, incidents: bool) -> bool:
    kind, name = row["TableType"].upper(), (place or "").strip().casefold()
    if not (kind.startswith(_CALLS) or (incidents and kind.startswith(_INCIDENTS))):
        return False
    return name in row["State"].casefold() or name in row["SourceName"].casefold()


def _feed_address(row: Mapping[str, str]) -> str:
    """The address of a row's feed as `city new` takes it."""
    url, dataset = row["URL"].strip(), row["dataset_id"].strip()
    host = url.removeprefix("https://").removeprefix("http://").rstrip("/")
    if row["DataType"] == "Socrata" and dataset:
        return f"https://{host}/resource/{dataset}.json"
    if row["DataType"] == "CKAN" and dataset:
        return f"https://{host}/api/3/action/datastore_search?resource_id={dataset}&limit=500"
    return url


def _table_rows(file: Path | None, table_url: str) -> Iterator[Mapping[str, str]]:
    """Yield the rows of the table; raises ``BlocklightError`` for one without our columns."""
    body = download(table_url, _MAX_BYTES, instead="--file") if file is None else read(file, _MAX_BYTES)
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))
        missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise BlocklightError(f"{file or table_url}: the table of sources has no column {missing[0]!r}")
        for row in reader:
            yield {name: row[name] or "" for name in _NEEDED}
    except (UnicodeDecodeError, csv.Error):
        raise BlocklightError(f"{file or table_url}: not a CSV file in UTF-8") from None
