"""Finds out how a list of records is read in parts, by asking the server for another part of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from blocklight.errors import SourceChanged, SourceError
from blocklight.intake.forms.extent import tables_around
from blocklight.intake.forms.tables import json_value
from blocklight.intake.propose.sample import Sample, read_sample

# Asks the feed's own address with further parameters.
AskFor = Callable[[Mapping[str, str]], bytes]


_PAGE = re.compile(r"(?:current_?)?page_?(?:number|no|num|index)?|p|pg", re.IGNORECASE)
_ROWS = re.compile(r"offset|start(?:_?(?:index|row|at))?|skip|from|first", re.IGNORECASE)
_SIZE = re.compile(
    r"limit|(?:per_?page|page_?size|size|take|top|rows_?per_?page|items_?per_?page|max_?results)",
    re.IGNORECASE,
)
_REQUESTS = re.compile(r"/requests\.(?:json|xml)$")
_NO_REQUESTS = {"start_date": "1990-01-01T00:00:00Z", "end_date": "1990-01-02T00:00:00Z"}
_UPDATED, _FIRST_DAYS = "updated_datetime", 30
# Servers give pages of so many rows, or a multiple of it.
_ROUND = 25

_MOST_TRIED = 6


@dataclass(frozen=True, slots=True)
class _Pager:
    """How pages may be asked for: the parameter, whether it counts rows, and that of a page's size."""

    parameter: str
    counts_rows: bool
    size: str | None


def with_pages(sample: Sample, url: str, body: bytes, ask: AskFor) -> Sample:
    """Give a list in JSON the `pages` that its server was seen to heed, and the rows of its second page.

    Asked are servers of which the answer says that it is not all, and those whose list is suspiciously round.
    """
    if "service_request_id" in sample.columns and _REQUESTS.search(urlsplit(url).path):
        return _by_time(sample, url, ask)
    count = len(sample.rows)
    is_round = count > 0 and count % _ROUND == 0
    if sample.connector != "json" or "pages" in sample.settings or not (sample.not_all or is_round):
        return sample
    for pager in list(_pagers(json_value(body), sample.records, url))[:_MOST_TRIED]:
        if (proven := _proven(sample, url, pager, ask)) is not None:
            return proven
    return sample


def _by_time(sample: Sample, url: str, ask: AskFor) -> Sample:
    """Give a list of Open311 its own connector, where the server chooses requests by their time.

    A day long before any server of the kind holds no request: one that still gives some ignores the question.
    """
    try:
        rows = read_sample(url, ask(_NO_REQUESTS)).rows
    except SourceChanged:
        rows = ()
    except SourceError:
        return sample
    if rows:
        return sample
    followed = {"cursor_column": _UPDATED} if _UPDATED in sample.columns else {}
    settings = {"first_days": _FIRST_DAYS, **followed}
    return replace(sample, connector="open311", records="", settings=settings, not_all=False)


def _pagers(document: object, path: str, url: str) -> Iterator[_Pager]:
    """Yield the pagers that an answer's own members, or its address, speak of, and then the usual ones."""
    names = [str(name) for table in tables_around(document, path) for name in table]
    names += [name for name, _ in parse_qsl(urlsplit(url).query)]
    size = next((name for name in names if _SIZE.fullmatch(name)), None)
    spoken = [_Pager(name, counts_rows=False, size=size) for name in names if _PAGE.fullmatch(name)]
    spoken += [_Pager(name, counts_rows=True, size=size) for name in names if _ROWS.fullmatch(name)]
    usual = [_Pager("page", counts_rows=False, size=size), _Pager("offset", counts_rows=True, size=size)]
    yield from dict.fromkeys((*spoken, *usual))


def _proven(sample: Sample, url: str, pager: _Pager, ask: AskFor) -> Sample | None:
    """The sample with its pages, where the server gives other rows for the second of them."""
    count = len(sample.rows)
    size = {pager.size: str(count)} if pager.size else {}

    def rows_at(value: int) -> list[Mapping[str, Any]] | None:
        """The rows of a page, ``None`` where they are those of the first."""
        rows: list[Mapping[str, Any]] = []
        with suppress(SourceError):
            rows = list(read_sample(url, ask({pager.parameter: str(value), **size})).rows)
        return None if rows and rows[0] in sample.rows else rows

    first: int | None = None
    if pager.counts_rows:
        more = rows_at(count)
    elif (more := rows_at(1)) is None:  # the first page is called 1
        more = rows_at(2)
    elif more:
        first = 0
    if not more:
        return None
    pages: dict[str, Any] = {"parameter": pager.parameter}
    pages |= {"counts": "rows"} if pager.counts_rows else {}
    pages |= {"first": first} if first is not None else {}
    pages |= {"size": pager.size} if pager.size else {}
    settings = {**sample.settings, "pages": pages} | ({"page_size": count} if pager.size else {})
    return replace(sample, rows=[*sample.rows, *more], settings=settings, not_all=False)
