"""Reads the rows of a table on a web page, and understands none of them."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from blocklight.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.columns import Columns
from blocklight.intake.connectors.http import Conversation
from blocklight.intake.connectors.pages import Pages
from blocklight.intake.record import Batch, Unreadable

ACCEPT = "text/html, application/xhtml+xml"
LINK, CLASS = "@href", "@class"
_MOST_CELLS = 2_000_000
_SILENT = frozenset({"script", "style", "template"})


@dataclass(slots=True)
class Cell:
    """The text of a cell, its class and the address of its first link."""

    words: list[str] = field(default_factory=list)
    link: str = ""
    class_: str = ""

    @property
    def text(self) -> str:
        """The text with runs of white space folded."""
        return " ".join("".join(self.words).split())


class HtmlTable:
    """Reads the whole page at each fetch.

    ``COLUMN@href`` is the address that the text in a column leads to, ``COLUMN@class`` the class of its cell,
    which on some pages tells by its colour what is over.

    Without *columns* in the city file, the page's table must have a row of headings with the names that the
    city file wants. With them, the cells are named by their order: in each row, or, with *begins*, from each
    cell whose text that pattern finds, over as many rows as it takes.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._columns = Columns(source)
        self._begins = None if source.begins is None else re.compile(source.begins)
        self._pages = Pages(source, http)

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - it is always read whole
        """Yield all rows in one batch."""
        answer = await self._pages.ask()
        if answer.unchanged:
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        rows, unreadable = self._rows(answer.value)
        if len(rows) > self._source.max_rows:
            raise SourceChanged(f"more than {self._source.max_rows:,} rows")
        records = self._columns.records(rows)
        yield Batch(records, answer.fetched_at, complete=True, unreadable=unreadable)
        # Reached only when the batch was stored: a fetch that failed later must be asked in full again.
        self._pages.stored(answer)

    def _rows(self, page: Sequence[Sequence[Cell]]) -> tuple[list[dict[str, str]], list[Unreadable]]:
        names = self._source.columns
        if not names:
            heading, page = self._below_heading(page)
            return _named(page, heading)
        if self._begins is None:
            return _named(page, names)
        return [_row(names, block) for block in self._blocks(page, self._begins, len(names))], []

    def _below_heading(self, page: Sequence[Sequence[Cell]]) -> tuple[list[str], Sequence[Sequence[Cell]]]:
        """Return the headings that the city file's columns are among, and the rows below them."""
        best: SourceChanged | None = None
        for number, row in enumerate(page):
            heading = [cell.text for cell in row]
            present = {*heading, *(name + more for name in heading for more in (LINK, CLASS))}
            try:
                self._columns.expect_in_heading(present)
            except SourceChanged as error:
                if best is None or set(self._columns.wanted) & present:
                    best = error
                continue
            return heading, page[number + 1 :]
        raise best or SourceChanged("no table on the page")

    def _blocks(self, page: Sequence[Sequence[Cell]], begins: re.Pattern[str], size: int) -> list[list[Cell]]:
        blocks: list[list[Cell]] = []
        for cell in (cell for row in page for cell in row):
            if begins.search(cell.text):
                blocks.append([cell])
            elif blocks and len(blocks[-1]) < size:
                blocks[-1].append(cell)
        return blocks


def html_document(body: bytes) -> Any:  # noqa: ANN401 - a list of rows of cells
    """Return the rows of all tables of a page, in order, as lists of cells."""
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    if not text.strip():
        raise SourceUnavailable("answered with nothing")
    if "<" not in text:
        raise SourceUnavailable("answered with no HTML")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if not reader.rows:
        raise SourceUnavailable("answered with a page without a table")
    return reader.rows


def named_rows(page: Sequence[Sequence[Cell]]) -> list[dict[str, str]]:
    """Return the rows below the first row of headings that names as many columns as most rows have."""
    sizes = Counter(len(cells) for cells in page if len(cells) > 1)
    if not sizes:
        return []
    size = sizes.most_common(1)[0][0]
    for number, cells in enumerate(page):
        names = [cell.text for cell in cells]
        if len(names) == size and all(names) and len(set(names)) == size:
            return _named(page[number + 1 :], names)[0]
    return []


def _named(
    page: Sequence[Sequence[Cell]], names: Sequence[str]
) -> tuple[list[dict[str, str]], list[Unreadable]]:
    """Return rows of as many cells as there are names; one with another number is damaged."""
    rows: list[dict[str, str]] = []
    unreadable: list[Unreadable] = []
    for cells in page:
        if len(cells) == len(names):
            rows.append(_row(names, cells))
        elif any(cell.text for cell in cells):
            unreadable.append(Unreadable(repr([cell.text for cell in cells]), "ragged_row"))
    return rows, unreadable


def _row(names: Sequence[str], cells: Sequence[Cell]) -> dict[str, str]:
    row: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        row[name] = cell.text
        if cell.link:
            row[name + LINK] = cell.link
        if cell.class_:
            row[name + CLASS] = cell.class_
    return row


class _Reader(HTMLParser):
    """Collects the cells of a page; the innermost table counts where tables stand in cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[Cell]] = []
        self._cell: Cell | None = None
        self._silent = 0
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
            self._cell = None
        elif tag in ("td", "th"):
            self._open_cell(dict(attrs).get("class") or "")
        elif tag == "a" and self._cell is not None and not self._cell.link:
            self._cell.link = dict(attrs).get("href") or ""
        elif tag in _SILENT:
            self._silent += 1
        elif tag == "br" and self._cell is not None:
            self._cell.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th", "tr", "table"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell.words.append(data)

    def _open_cell(self, class_: str) -> None:
        self._cells += 1
        if self._cells > _MOST_CELLS:
            raise SourceChanged(f"more than {_MOST_CELLS:,} cells on the page")
        if not self.rows:
            self.rows.append([])
        self._cell = Cell(class_=class_)
        self.rows[-1].append(self._cell)
