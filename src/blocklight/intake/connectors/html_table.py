"""Reads the rows of a table on a web page, and understands none of them."""

import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from blocklight.config.city import SourceSpec
from blocklight.config.matching import LONGEST_TEXT, Matcher
from blocklight.errors import SourceChanged
from blocklight.geo.exact import SourceKey
from blocklight.intake.connectors.html_page import (
    ACCEPT,
    LOST,
    MOST_CELLS,
    SAYS_NOBODY,
    Cell,
    Page,
    html_document,
)
from blocklight.intake.connectors.http import Answer, Conversation
from blocklight.intake.connectors.pages import Pages, Part
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.row_lists import GROUP
from blocklight.intake.forms.table_rows import is_footer
from blocklight.intake.record import TOO_MANY_ROWS, Batch, RawRecord, Unreadable
from blocklight.intake.threads import POLLING, in_thread

__all__ = ["ACCEPT", "CLASS", "LINK", "HtmlTable", "html_document", "named_rows"]

# What no heading has in it: a time, a date or a long number.
_IS_DATA = re.compile(r"\d:\d\d|\d{4}-\d\d|\d/\d+/\d|\d{5}")

LINK, CLASS = "@href", "@class"
_FEWEST = 3  # columns of a table in which a text across all of them is a heading of a group
# How tables are called whose calls are over.
_OVER = re.compile(
    r"clos(?:ed|ure)|clear(?:ed)?\b|complet|recent|past\b|previous|histor|archiv|inactive", re.IGNORECASE
)

_Row = dict[str, str] | Unreadable


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of a page: its title, its rows, and the names of its columns where they are known."""

    title: str
    rows: Sequence[Sequence[Cell]]
    names: Sequence[str] = ()

    @property
    def is_bare(self) -> bool:
        """Whether no row has a word: one without may be the frame of another table."""
        return not any(cell.text for row in self.rows for cell in row)


class HtmlTable:
    """Reads the whole page at each fetch.

    ``COLUMN@href`` is the address that the text in a column leads to, ``COLUMN@class`` the class of its cell,
    which on some pages tells by its colour what is over.

    Without *columns* in the city file, the page's tables must have a row of headings with the names that the
    city file wants. With them, the cells are named by their order: in each row, or, with *begins*, from each
    cell whose text that pattern finds, over as many rows as it takes. Of several tables with our columns all
    are read, or those whose title *table* finds; where calls close by vanishing, none whose title says that
    its calls are over. ``__group`` is the title of a row's table, or the last text above it across columns.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._columns = Columns(source)
        self._begins = None if source.begins is None else Matcher(source.begins)
        self._table = None if source.table is None else Matcher(source.table, re.IGNORECASE)
        self._pages = Pages(source, http)

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - it is always read whole
        """Yield all rows in one batch."""
        answer, rows = await self._pages.read(self._part)
        if answer.unchanged:
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        if len(rows) > self._source.max_rows:
            raise SourceChanged(TOO_MANY_ROWS)
        yield await in_thread(POLLING, self._batch, answer, rows)
        # Reached only when the batch was stored: a fetch that failed later must be asked in full again.
        self._pages.stored(answer)

    def _batch(self, answer: Answer, rows: Sequence[_Row]) -> Batch:
        unreadable = [row for row in rows if isinstance(row, Unreadable)]
        records = self._columns.records(row for row in rows if not isinstance(row, Unreadable))
        unreadable += [
            Unreadable(SourceKey(repr(record)), "bad_encoding") for record in records if _has_lost(record)
        ]
        records = [record for record in records if not _has_lost(record)]
        return Batch(records, answer.fetched_at, complete=self._pages.complete, unreadable=unreadable)

    def _part(self, answer: Answer) -> Part:
        page: Page = answer.value
        if self._source.card:
            if not page.cards and not page.says_nobody:
                raise SourceChanged("no element on the page has the class of `card`")
            return Part(list(page.cards), page.extent, page.next_form)
        try:
            rows = self._rows(page, self._tables(page))
        except SourceChanged:
            if not page.says_nobody:
                raise
            return Part([])  # with its last call, many a page drops the table
        return Part(rows, page.extent, page.next_form)

    def _tables(self, page: Page) -> dict[int, _Table]:
        tables = {n: _Table(page.titles.get(n, ""), rows) for n, rows in page.tables.items()}
        if self._table is None:
            return tables
        chosen = {n: table for n, table in tables.items() if self._table.search(table.title[:LONGEST_TEXT])}
        if not chosen:
            raise SourceChanged("no table with the title that the city file names")
        return chosen

    def _rows(self, page: Page, tables: Mapping[int, _Table]) -> list[_Row]:
        names = self._source.columns
        if self._begins is not None:
            cells = [cell for row in page.rows for cell in row if cell.table in tables]
            return [_row_of_cells(names, block) for block in _cut_up(cells, self._begins, len(names))]
        spread = [_Table(table.title, list(_rows_spread_down(table.rows))) for table in tables.values()]
        if not names:
            spread = self._below_headings(spread)
        else:
            # A table in which no row has as many cells is a menu, or another list.
            fitting = [table for table in spread if any(len(row) == len(names) for row in table.rows)]
            spread = [_Table(table.title, table.rows, list(names)) for table in fitting]
            if not fitting:
                raise SourceChanged("no table with as many columns as the city file names")
        return [row for table in self._not_over(spread) for row in _rows_of_width(table)]

    def _not_over(self, tables: Sequence[_Table]) -> Sequence[_Table]:
        """Leave out the tables of calls that are over, where a call is over that is not there any more."""
        if self._source.closes != "vanish" or self._table is not None:
            return tables
        return [table for table in tables if not _OVER.search(table.title)] or tables

    def _below_headings(self, tables: Sequence[_Table]) -> list[_Table]:
        """What stands below each row of headings that the city file's columns are among.

        A table of headings alone lends them to those after it, as on pages whose rows scroll below them.
        """
        best: SourceChanged | None = None
        tables_found: list[_Table] = []
        for table in tables:
            below = self._below_heading(table)
            if isinstance(below, _Table):
                tables_found.append(below)
            elif (
                tables_found
                and tables_found[-1].is_bare
                and any(len(row) == len(tables_found[-1].names) for row in table.rows)
            ):
                tables_found[-1] = _Table(tables_found[-1].title, table.rows, tables_found[-1].names)
            elif below is not None and (best is None or set(self._columns.wanted) & set(below.heading)):
                best = below
        if not tables_found:
            raise best or SourceChanged("no table on the page")
        return tables_found

    def _below_heading(self, table: _Table) -> _Table | SourceChanged | None:
        """The rows below the headings of a table, or what is missing of them."""
        best: SourceChanged | None = None
        for number, row in enumerate(table.rows):
            names = [cell.text for cell in row]
            present = {GROUP, *names, *(name + suffix for name in names for suffix in (LINK, CLASS))}
            try:
                self._columns.expect_in_heading(present)
            except SourceChanged as error:
                if best is None or set(self._columns.wanted) & present - {GROUP}:
                    best = error
                continue
            return _Table(table.title, table.rows[number + 1 :], names)
        return best


def _cut_up(cells: Sequence[Cell], begins: Matcher, size: int) -> list[list[Cell]]:
    """The cells of each record, which takes as many as there are, up to *size*."""
    blocks: list[list[Cell]] = []
    for cell in cells:
        if begins.search(cell.text):
            blocks.append([cell])
        elif blocks and len(blocks[-1]) < size:
            blocks[-1].append(cell)
    return blocks


def _has_lost(record: RawRecord) -> bool:
    """Whether a letter of a record could not be read: what is left may mean something else."""
    return any(LOST in value for value in record.values() if isinstance(value, str))


def _rows_spread_down(page: Sequence[Sequence[Cell]]) -> Iterator[list[Cell]]:
    """Yield the rows with a cell that reaches down in each of its rows; across, it leaves empty cells.

    What reaches beyond its table ends with it.
    """
    held: dict[int, tuple[Cell, int]] = {}
    table, count = 0, 0
    for cells in page:
        if cells and cells[0].table != table:
            table, held = cells[0].table, {}
        row: list[Cell] = []
        rest, going_on = deque(cells), dict[int, tuple[Cell, int]]()
        while rest or len(row) in held:
            at = len(row)
            if at in held:
                cell, remaining = held[at]
                row.append(cell)
            else:
                cell = rest.popleft()
                remaining = cell.down
                row += [cell, *(Cell() for _ in range(cell.across - 1))]
            going_on |= {
                column: (row[column], remaining - 1) for column in range(at, len(row)) if remaining > 1
            }
        held = going_on
        count += len(row)
        if count > MOST_CELLS:
            raise SourceChanged("too many cells on the page")
        yield row


def named_rows(page: Page) -> tuple[list[dict[str, str]], tuple[str, ...]]:
    """Find the rows of the table that most likely holds calls, below its row of headings.

    That is the longest of those with a row that names as many columns as most of its rows have. Where that
    row is a call itself, the table has no headings: its columns are numbered, and their names come second.
    """
    best: tuple[list[dict[str, str]], tuple[str, ...]] = ([], ())
    for number, cells in page.tables.items():
        rows = list(_rows_spread_down(cells))
        sizes = Counter(len(row) for row in rows if len(row) > 1)
        size = sizes.most_common(1)[0][0] if sizes else 0
        for at, row in enumerate(rows):
            texts = [cell.text for cell in row]
            if len(texts) == size and all(texts) and len(set(texts)) == size:
                bare = size >= _FEWEST and any(map(_IS_DATA.search, texts))
                names = [f"column_{n + 1}" for n in range(size)] if bare else texts
                table = _Table(page.titles.get(number, ""), rows[at + (not bare) :], names)
                named = [
                    named_row for named_row in _rows_of_width(table) if not isinstance(named_row, Unreadable)
                ]
                if len(named) > len(best[0]):
                    best = named, tuple(names) if bare else ()
                break
    return best


def _rows_of_width(table: _Table) -> list[_Row]:
    """Rows of as many cells as there are names; one with another number is damaged.

    A row without a word is layout: it may hold another table. So is one that says that there are no calls,
    repeats the headings or adds up. A text across several columns is the heading of a group.
    """
    rows: list[_Row] = []
    group, names = table.title, list(table.names)
    for cells in table.rows:
        texts = [cell.text for cell in cells if cell.text]
        if not texts or (len(names) > len(texts) == 1 and SAYS_NOBODY.search(texts[0])):
            continue
        if [cell.text for cell in cells] == names or is_footer(texts, len(names)):
            continue
        if len(texts) == 1 and len(names) >= _FEWEST and any(cell.text and cell.across > 1 for cell in cells):
            group = texts[0]
        elif len(cells) == len(names):
            rows.append(
                {GROUP: group, **_row_of_cells(names, cells)} if group else _row_of_cells(names, cells)
            )
        else:
            rows.append(Unreadable(SourceKey(repr([cell.text for cell in cells])), "ragged_row"))
    return rows


def _row_of_cells(names: Sequence[str], cells: Sequence[Cell]) -> dict[str, str]:
    row: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        row[name] = cell.text
        if cell.link:
            row[name + LINK] = cell.link
        if cell.class_:
            row[name + CLASS] = cell.class_
    return row
