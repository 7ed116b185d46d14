"""Writes a city file for a feed that nobody has described yet, with a sample and a test of it."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from blocklight.app.bodies import NotByGet, StreamOfEvents, download
from blocklight.app.listening import messages_of
from blocklight.app.sampling import sample_body, sample_of_query
from blocklight.config.source_address import is_database, sending_connector
from blocklight.errors import BlocklightError, SourceChanged, SourceError, UsageError
from blocklight.intake.propose.asking import fetch_sample
from blocklight.intake.propose.city_file import Proposal, propose
from blocklight.intake.propose.guesses import FILL_IN
from blocklight.intake.propose.messages import events_in, sample_of_messages
from blocklight.intake.propose.paging import with_pages
from blocklight.intake.propose.position import box_near
from blocklight.intake.propose.sample import Sample, read_sample

_MAX_BYTES = 64_000_000
_NAMELESS = "my-city"
_ID = re.compile(r"^[a-z][a-z0-9_-]{0,62}$")
_TEST = '''"""The feed of {name} is understood: rows in its shape with nobody in them."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from blocklight.config.city import load_city
from blocklight.intake.normalise import Normaliser

HERE = Path(__file__).parent


def test_every_row_of_the_sample_is_understood() -> None:
    city = load_city(str(HERE / "{name}.toml"))
    rows = json.loads((HERE / "{name}-sample.json").read_text("utf-8"))
    assert len(rows) == {rows}
    read = [Normaliser.of(city.sources[0], city)(row, datetime.now(UTC)) for row in rows]
    assert all(one.received_at and one.source_type for one in read)
    assert sum(one.point is not None for one in read) == {placed}
'''


def write_new_city(
    url: str,
    *,
    name: str | None,
    sample: Path | None,
    output: Path,
    near: str | None,
    query: str | None = None,
    topic: str | None = None,
) -> tuple[Proposal, list[Path]]:
    """Write NAME.toml, NAME-sample.json and test_NAME.py into *output*; what they rest on, and the files.

    Raises ``SourceError`` for a feed that cannot be read, ``BlocklightError`` where a file is in the way,
    ``UsageError`` for a *name* or *near* that cannot be one.
    """
    name = name or _name_of(url)
    if not _ID.match(name):
        raise UsageError("--name", f"expected a short lower-case word such as smallville, not {name!r}")
    files = [output / f"{name}.toml", output / f"{name}-sample.json", output / f"test_{_python(name)}.py"]
    if near is not None:
        box_near(near)  # before a feed is fetched for nothing
    for file in files:
        if file.exists():
            raise BlocklightError(f"{file}: exists already; choose another --name or --output")
    proposal = propose(_looked_at(url, sample, query, topic), name, output, near=near)
    output.mkdir(parents=True, exist_ok=True)
    placed = sum(1 for row in proposal.kept if _has_place(proposal, row))
    files[0].write_text(proposal.toml, "utf-8")
    if not proposal.kept:  # a test of no rows would prove nothing
        return proposal, files[:1]
    files[1].write_text(json.dumps(proposal.kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    files[2].write_text(_TEST.format(name=name, rows=len(proposal.kept), placed=placed), "utf-8")
    return proposal, files


def _looked_at(url: str, sample: Path | None, query: str | None, topic: str | None) -> Sample:
    if is_database(url):
        return _of_database(url, query)
    if connector := sending_connector(url):
        return _of_messages(connector, url, sample, topic)
    settings: dict[str, Any] = {}
    try:
        body = _fetched_body(url) if sample is None else sample_body(sample)
    except StreamOfEvents:
        return _of_messages("events", url, None, topic)
    except NotByGet:
        body, settings = download(url, _MAX_BYTES, instead="--sample", method="POST"), {"form": {}}
    if sample is not None and events_in(body):
        return _of_messages("events", url, sample, topic)
    try:
        sample_read = read_sample(url, body)
    except SourceError as error:
        raise type(error)(f"{sample or url}: {error}") from None
    if sample is None and not settings:
        sample_read = with_pages(sample_read, url, body, lambda query: _asked(url, url, query))
    return replace(sample_read, settings={**settings, **sample_read.settings})


def _of_messages(connector: str, url: str, sample: Path | None, topic: str | None) -> Sample:
    """What a broker or a live address sends, or the message in a file in its place."""
    if sample is None:
        bodies = messages_of(connector, url, topic)
    else:
        body = sample_body(sample)
        bodies = events_in(body) or [body]
    settings = {"topic": topic or FILL_IN} if connector in ("mqtt", "nats") else {}
    try:
        return sample_of_messages(connector, url, bodies, settings)
    except SourceError as error:
        raise type(error)(f"{sample or url}: {error}") from None


def _of_database(url: str, query: str | None) -> Sample:
    """Some rows of a query."""
    if query is None:
        raise UsageError("--query", "required for a database: the SELECT statement that reads the calls")
    try:
        rows = asyncio.run(sample_of_query(url, query))
    except SourceError as error:
        raise type(error)(f"{url}: {error.explained}") from None
    if not rows:
        raise SourceChanged(f"{url}: the query gives no rows to learn from")
    return Sample("sql", url, rows, settings={"query": query})


def _fetched_body(url: str) -> bytes:
    return fetch_sample(url, lambda at, query: _asked(url, at, query))


def _asked(url: str, at: str, query: Mapping[str, str]) -> bytes:
    """What an address of the feed at *url* answers."""
    return download(at, _MAX_BYTES, instead="--sample", typed=url, params=query)


def _python(name: str) -> str:
    return name.replace("-", "_")


def _name_of(url: str) -> str:
    """A name from an address: ``data.smallville.gov`` is ``smallville``."""
    parts = (urlsplit(url).hostname or _NAMELESS).removeprefix("www.").split(".")
    dull = {"data", "gis", "opendata", "api", "services", "maps", "open", "arcgis"}
    words = [part for part in parts[:-1] if part not in dull and not re.match(r"^services?\d*$", part)]
    name = re.sub(r"[^a-z0-9_-]", "-", (words or [_NAMELESS])[0].lower())
    return name if _ID.match(name) else _NAMELESS


def _has_place(proposal: Proposal, row: dict[str, object]) -> bool:
    guesses = proposal.table.found
    columns = (
        guesses["point"].columns if "point" in guesses else guesses["lon"].columns if "lon" in guesses else ()
    )
    return bool(columns) and all(column in row for column in columns)
