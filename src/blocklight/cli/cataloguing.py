"""Lists public feeds from OpenPoliceData's table of sources, which is read and never kept."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.markup import escape

from blocklight.app.bodies import download, read
from blocklight.cli import out
from blocklight.errors import BlocklightError

TABLE = "https://raw.githubusercontent.com/openpolicedata/opd-data/main/opd_source_table.csv"
"""Where OpenPoliceData publishes its table (https://github.com/openpolicedata/opd-data, BSD-3-Clause)."""

_MAX_BYTES = 32_000_000
_NEEDED = ("State", "SourceName", "TableType", "URL", "DataType", "dataset_id", "coverage_end")
_CALLS, _INCIDENTS = "CALLS FOR SERVICE", "INCIDENTS"


def list_feeds(place: str | None, *, file: Path | None, incidents: bool, table_url: str = TABLE) -> None:
    """Print the feeds of a state or city; raises ``BlocklightError`` for a table that cannot be read."""
    rows = list(_chosen(_rows(file, table_url), place, incidents=incidents))
    if not rows:
        raise BlocklightError(
            f"no feed of {place!r} is in the table" if place else "the table holds no feeds"
        )
    for row in rows:
        what = "calls" if row["TableType"].upper().startswith(_CALLS) else "incidents"
        until = row["coverage_end"] or "?"
        head = f"{row['SourceName']}, {row['State']}: {what}, {row['DataType']}, until {until}"
        # An address stands alone on its line and is never broken, so that it can be copied.
        out.print(f"[bold]{escape(head)}[/bold]\n  {escape(address(row))}", highlight=False, soft_wrap=True)
    out.print(
        f"{len(rows)} feed{'s' * (len(rows) != 1)}, from OpenPoliceData's table of sources "
        "(github.com/openpolicedata/opd-data, BSD-3). Describe one with: blocklight new-city URL",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def address(row: Mapping[str, str]) -> str:
    """The address of a row's feed as `new-city` takes it."""
    url, dataset = row["URL"].strip(), row["dataset_id"].strip()
    host = url.removeprefix("https://").removeprefix("http://").rstrip("/")
    if row["DataType"] == "Socrata" and dataset:
        return f"https://{host}/resource/{dataset}.json"
    if row["DataType"] == "CKAN" and dataset:
        return f"https://{host}/api/3/action/datastore_search?resource_id={dataset}&limit=500"
    return url


def _chosen(
    rows: Iterator[Mapping[str, str]], place: str | None, *, incidents: bool
) -> Iterator[Mapping[str, str]]:
    asked = (place or "").strip().casefold()
    for row in rows:
        kind = row["TableType"].upper()
        if not (kind.startswith(_CALLS) or (incidents and kind.startswith(_INCIDENTS))):
            continue
        if asked in row["State"].casefold() or asked in row["SourceName"].casefold():
            yield row


def _rows(file: Path | None, table_url: str) -> Iterator[Mapping[str, str]]:
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
