"""Reads the rows of a table on a web page, and understands none of them."""

import re
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

from blocklight.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.columns import Columns
from blocklight.intake.connectors.http import Conversation
from blocklight.intake.connectors.pages import Pages
from blocklight.intake.record import TOO_MANY_ROWS, Batch, RawRecord, Unreadable
from blocklight.matching import Matcher

ACCEPT = "text/html, application/xhtml+xml"
LINK, CLASS = "@href", "@class"
_MOST_CELLS = 2_000_000
_MOST_TAGS = 1_000_000
_PIECE = 65_536
_LONGEST_TAG, _LONGEST_SCRIPT = 100_000, 8_000_000
_LONGEST_END = 4_096
_LONGEST_S = 60.0
_WIDEST, _LONGEST = 1000, 65_534  # as far as the HTML standard lets a cell reach (4.9.11)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED_WITHIN = 1024
_AS_BROWSERS = dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "cp1252")
_LOST = "\ufffd"
_SILENT = frozenset({"script", "style", "template"})
_NOBODY = re.compile(
    r"\b(?:no|zero|0)\s+(?:[a-z-]+\s+){0,3}(?:calls?|incidents?|events?|records?|results?|entries|alerts?|data)\b",
    re.IGNORECASE,
)
"""What pages say in the place of rows, such as: There are no active calls at this time."""


@dataclass(slots=True)
class Cell:
    """The text of a cell, its class, the address of its first link, its table, and how far it reaches."""

    words: list[str] = field(default_factory=list)
    link: str = ""
    class_: str = ""
    table: int = 0
    down: int = 1
    across: int = 1

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
        self._begins = None if source.begins is None else Matcher(source.begins)
        self._pages = Pages(source, http)

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - it is always read whole
        """Yield all rows in one batch."""
        answer = await self._pages.ask()
        if answer.unchanged:
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        rows, unreadable = self._rows(answer.value)
        if len(rows) > self._source.max_rows:
            raise SourceChanged(TOO_MANY_ROWS)
        records = self._columns.records(rows)
        unreadable += [Unreadable(repr(record), "bad_encoding") for record in records if _has_lost(record)]
        records = [record for record in records if not _has_lost(record)]
        yield Batch(records, answer.fetched_at, complete=True, unreadable=unreadable)
        # Reached only when the batch was stored: a fetch that failed later must be asked in full again.
        self._pages.stored(answer)

    def _rows(self, page: "Page") -> tuple[list[dict[str, str]], list[Unreadable]]:
        try:
            return self._rows_of_table(page.rows)
        except SourceChanged:
            if page.says_nobody:  # with its last call, many a page drops the table
                return [], []
            raise

    def _rows_of_table(self, page: Sequence[Sequence[Cell]]) -> tuple[list[dict[str, str]], list[Unreadable]]:
        names = self._source.columns
        if self._begins is not None:
            return [_row(names, block) for block in self._blocks(page, self._begins, len(names))], []
        page = list(_spread(page))
        if not names:
            heading, page = self._below_heading(page)
            return _named(page, heading)
        return _named(page, names)

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

    def _blocks(self, page: Sequence[Sequence[Cell]], begins: Matcher, size: int) -> list[list[Cell]]:
        blocks: list[list[Cell]] = []
        for cell in (cell for row in page for cell in row):
            if begins.search(cell.text):
                blocks.append([cell])
            elif blocks and len(blocks[-1]) < size:
                blocks[-1].append(cell)
        return blocks


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of all tables of a page, as lists of cells, and whether it says that there are no calls."""

    rows: list[list[Cell]]
    says_nobody: bool


def html_document(body: bytes) -> Page:
    """Return what a page holds; raises ``SourceUnavailable`` where it has no table and does not say why."""
    text = _text(body)
    if not text.strip():
        raise SourceUnavailable("answered with nothing")
    if "<" not in text:
        raise SourceUnavailable("answered with no HTML")
    reader = _read(text)
    says_nobody = _NOBODY.search(" ".join(" ".join(reader.words).split())) is not None
    if not reader.rows and not says_nobody:
        raise SourceUnavailable("answered with a page without a table")
    return Page(reader.rows, says_nobody)


def _read(text: str) -> "_Reader":
    """Parse a page piece by piece, with limits: an unclosed part is searched from its start each time."""
    if text.count("<") > _MOST_TAGS:
        raise SourceChanged("too many tags on the page")
    reader = _Reader()
    deadline = time.monotonic() + _LONGEST_S
    for start in range(0, len(text), _PIECE):
        try:
            reader.feed(text[start : start + _PIECE])
        except AssertionError:  # how the parser refuses a declaration that it does not know
            raise SourceUnavailable("answered with HTML that cannot be read") from None
        unread = reader.rawdata
        is_tag = unread[:1] == "<" and unread[1:2].isalpha()
        if len(unread) > (_LONGEST_TAG if is_tag else _LONGEST_SCRIPT):
            raise SourceUnavailable("answered with HTML of which a part has no end")
        if time.monotonic() > deadline:
            raise SourceUnavailable("a page that takes too long to read")
    if len(reader.rawdata) <= _LONGEST_END:
        reader.close()
    return reader


def _text(body: bytes) -> str:
    """Return a page's text: what is no UTF-8 is in what the page declares, or else as browsers read it."""
    if body.startswith(_UTF16):
        return body.decode("utf-16", errors="replace")
    with suppress(UnicodeDecodeError):
        return body.decode("utf-8-sig")
    declared = _CHARSET.search(body[:_DECLARED_WITHIN])
    encoding = declared[1].decode("ascii").lower() if declared else "cp1252"
    try:
        return body.decode(_AS_BROWSERS.get(encoding, encoding), errors="replace")
    except (LookupError, UnicodeError):
        raise SourceChanged("a page in an encoding that is not known here") from None


def _has_lost(record: RawRecord) -> bool:
    """Whether a letter of a record could not be read: what is left may mean something else."""
    return any(_LOST in value for value in record.values() if isinstance(value, str))


def _spread(page: Sequence[Sequence[Cell]]) -> Iterator[list[Cell]]:
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
                cell, left = held[at]
                row.append(cell)
            else:
                cell = rest.popleft()
                left = cell.down
                row += [cell, *(Cell() for _ in range(cell.across - 1))]
            going_on |= {column: (row[column], left - 1) for column in range(at, len(row)) if left > 1}
        held = going_on
        count += len(row)
        if count > _MOST_CELLS:
            raise SourceChanged("too many cells on the page")
        yield row


def named_rows(page: Sequence[Sequence[Cell]]) -> list[dict[str, str]]:
    """Return the rows below the first row of headings that names as many columns as most rows have."""
    page = list(_spread(page))
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
    """Return rows of as many cells as there are names; one with another number is damaged.

    A row without a word is layout: it may hold another table. So is one that says that there are no calls.
    """
    rows: list[dict[str, str]] = []
    unreadable: list[Unreadable] = []
    for cells in page:
        texts = [cell.text for cell in cells if cell.text]
        if not texts or (len(names) > len(texts) == 1 and _NOBODY.search(texts[0])):
            continue
        if len(cells) == len(names):
            rows.append(_row(names, cells))
        else:
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
        self.words: list[str] = []
        self._cell: Cell | None = None
        self._silent = 0
        self._cells = 0
        self._tables = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._tables += 1
        elif tag == "tr":
            self.rows.append([])
            self._cell = None
        elif tag in ("td", "th"):
            self._open_cell(dict(attrs))
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
        if self._silent:
            return
        self.words.append(data)
        if self._cell is not None:
            self._cell.words.append(data)

    def _open_cell(self, attrs: dict[str, str | None]) -> None:
        across = min(_reach(attrs.get("colspan")) or 1, _WIDEST)
        self._cells += across
        if self._cells > _MOST_CELLS:
            raise SourceChanged("too many cells on the page")
        if not self.rows:
            self.rows.append([])
        down = _reach(attrs.get("rowspan"))
        class_ = attrs.get("class") or ""
        self._cell = Cell(class_=class_, table=self._tables, down=down or _LONGEST, across=across)
        self.rows[-1].append(self._cell)


def _reach(told: str | None) -> int:
    """Return over how many rows or columns a cell says that it reaches: 0 is to the end, nonsense is 1."""
    return int(told) if told is not None and re.fullmatch(r"\s*\d{1,5}\s*", told) else 1
