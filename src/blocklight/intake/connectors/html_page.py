"""Takes a web page apart: the cells of its tables, what stands above each, its pager, and what it says."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

from blocklight.config.matching import LONGEST_TEXT, Matcher
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.html_cards import cards_of
from blocklight.intake.connectors.html_pager import Anchor, pager_of
from blocklight.intake.connectors.html_text import SILENT, feed, joined_text
from blocklight.intake.forms.extent import Extent
from blocklight.intake.record import EMPTY

ACCEPT = "text/html, application/xhtml+xml"
LOST = "\ufffd"
# A cell takes some hundred bytes in memory, and one attribute (`colspan`) can ask for thousands.
MOST_CELLS = 2_000_000

# Python's parser takes some microseconds for each, and all other sources wait meanwhile.
_MOST_TAGS = 1_000_000

_MOST_ANCHORS = 5_000
_LONGEST_TITLE = 200
# ASP.NET keeps the state of a page in a hidden field, which may be long and has to be sent back whole.
_LONGEST_INPUT = 1_000_000

_WIDEST, _LONGEST = 1000, 65_534  # as far as the HTML standard lets a cell reach (4.9.11)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
# Browsers look no farther for a page's encoding (HTML standard).
_DECLARED_WITHIN = 1024

_AS_BROWSERS = dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "cp1252")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "legend", "caption", "summary"})
# What pages say in the place of rows, such as: There are no active calls at this time.
SAYS_NOBODY = re.compile(
    r"\b(?:(?:no|zero|0|not any|aren't any|are not any)\s+(?:[a-z-]+\s+){0,3}"
    r"(?:calls?|incidents?|events?|records?|results?|entries|alerts?|data|rows?|items?|responses?|activity"
    r"|emergencies|dispatches|matches)|nothing to (?:show|display|report)|no one is calling)\b",
    re.IGNORECASE,
)

_FAILURE = re.compile(
    r"\b(?:error|exception|unavailable|maintenance|offline|timed? ?out|try again|could not|cannot)\b",
    re.IGNORECASE,
)
# A sentence that says there are no calls is short; what is farther away belongs to another one.
_NEAR = 80

_ARROWS = " \u25b2\u25bc\u25b3\u25bd\u25b4\u25be\u2191\u2193\u21c5\u2195\u2b06\u2b07"


def says_nobody(words: str) -> bool:
    """Whether a page says that nobody calls; not where the same sentence speaks of a failure."""
    match = SAYS_NOBODY.search(words)
    if match is None:
        return False
    before = re.split(r"[.!?]\s", words[max(0, match.start() - _NEAR) : match.start()])[-1]
    after = re.split(r"[.!?](?:\s|$)", words[match.end() : match.end() + _NEAR])[0]
    return _FAILURE.search(f"{before} {after}") is None


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
        """The text with runs of white space folded, without the arrows by which a column is sorted."""
        return joined_text(self.words).strip(_ARROWS)


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of all tables of a page, as lists of cells, and what else matters on it.

    *rows* are in the order of the page, *tables* those of each table by its number, with rows that are empty.
    *titles* are what stands above each table or names it, by the table's number. *extent* and *next_form* are
    what its pager says: the latter is the form that asks for the next page, where no address does. *cards*
    are the records of a page without a table.
    """

    rows: list[list[Cell]]
    tables: Mapping[int, list[list[Cell]]]
    says_nobody: bool
    titles: Mapping[int, str] = field(default_factory=dict)
    extent: Extent = field(default_factory=Extent)
    next_form: Mapping[str, str] | None = None
    cards: list[dict[str, str]] = field(default_factory=list)


def html_document(body: bytes, empty: Matcher | None = None, card: str = "") -> Page:
    """What a page holds; raises ``SourceUnavailable`` where it has no table and does not say why.

    *empty* finds what this page says, beside the usual words, when nobody calls. *card* is the class of the
    elements that are records, where there is no table.
    """
    text = _decoded_page(body)
    if not text.strip():
        raise SourceUnavailable(EMPTY)
    if "<" not in text:
        raise SourceUnavailable("the response is not HTML")
    reader = _parse_page(text)
    words = " ".join(" ".join(reader.words).split())
    extent, next_form = pager_of(reader.anchors, words, reader.hidden)
    nobody = says_nobody(words) or (empty is not None and _finds(empty, words))
    cards = cards_of(text, card) if card else []
    if not reader.rows and not cards and not nobody:
        raise SourceUnavailable("the page has no table")
    tables = dict(sorted(reader.tables.items()))
    return Page(reader.rows, tables, nobody, reader.titles, extent, next_form, cards)


def _finds(pattern: Matcher, words: str) -> bool:
    """Whether a pattern finds something in a text, which is tried piece by piece: long ones are not tried."""
    step = LONGEST_TEXT // 2
    return any(pattern.search(words[start : start + LONGEST_TEXT]) for start in range(0, len(words), step))


def _parse_page(text: str) -> "_Reader":
    """Parse a page, within limits."""
    if text.count("<") > _MOST_TAGS:
        raise SourceChanged("too many tags on the page")
    reader = _Reader()
    feed(reader, text)
    return reader


def _decoded_page(body: bytes) -> str:
    """A page's text: what is no UTF-8 is in what the page declares, or else as browsers read it."""
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


class _Reader(HTMLParser):
    """Collects the cells of a page; the innermost table counts where tables stand in cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[Cell]] = []
        self.words: list[str] = []
        self.tables: dict[int, list[list[Cell]]] = {}
        self.titles: dict[int, str] = {}
        self.anchors: list[Anchor] = []
        self.hidden: dict[str, str] = {}
        self._cell: Cell | None = None
        self._anchor: Anchor | None = None
        self._heading: list[str] | None = None
        self._above = ""
        self._silent = 0
        self._cells = 0
        self._count = 0
        # The tables that are open, each with the row of the table around it.
        self._open: list[tuple[int, list[Cell] | None]] = []
        self._row: list[Cell] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open_table(dict(attrs))
        elif tag == "tr":
            self._open_row()
        elif tag in ("td", "th"):
            self._open_cell(dict(attrs))
        elif tag == "a":
            self._open_anchor(dict(attrs))
        elif tag in _HEADINGS:
            self._heading = []
        elif tag == "input":
            self._note_input(dict(attrs))
        elif tag in SILENT:
            self._silent += 1
        elif tag == "br" and self._cell is not None:
            self._cell.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "table":
            self._cell = None
            self._above = ""
            if self._open:
                _, self._row = self._open.pop()
        elif tag in ("td", "th", "tr"):
            self._cell = None
        elif tag == "a":
            self._anchor = None
        elif tag in _HEADINGS and self._heading is not None:
            self._end_heading(tag)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.words.append(data)
        if self._cell is not None:
            self._cell.words.append(data)
        if self._anchor is not None:
            self._anchor.words.append(data)
        if self._heading is not None:
            self._heading.append(data)

    def _end_heading(self, tag: str) -> None:
        text = joined_text(self._heading or [])[:_LONGEST_TITLE]
        self._heading = None
        if tag == "caption" and self._open:
            table = self._open[-1][0]
            self.titles[table] = " ".join(filter(None, (text, self.titles.get(table, ""))))
        elif text:
            self._above = text

    def _open_table(self, attrs: dict[str, str | None]) -> None:
        self._count += 1
        self._open.append((self._count, self._row))
        self._row, self._cell = None, None
        named = (self._above, attrs.get("id"), attrs.get("class"), attrs.get("summary"))
        self.titles[self._count] = " ".join(filter(None, named))[: 2 * _LONGEST_TITLE]

    def _open_row(self) -> None:
        self._row, self._cell = [], None
        self.rows.append(self._row)
        self.tables.setdefault(self._open[-1][0] if self._open else 0, []).append(self._row)

    def _open_anchor(self, attrs: dict[str, str | None]) -> None:
        href = attrs.get("href") or ""
        if self._cell is not None and not self._cell.link:
            self._cell.link = href
        beside = self._cell is None or self._cell.across > 1 or len(self._open) > 1
        self._anchor = Anchor(href, (attrs.get("rel") or "").lower(), beside=beside)
        if len(self.anchors) < _MOST_ANCHORS:
            self.anchors.append(self._anchor)

    def _note_input(self, attrs: dict[str, str | None]) -> None:
        name, value = attrs.get("name"), attrs.get("value") or ""
        if name and (attrs.get("type") or "").lower() == "hidden" and len(value) <= _LONGEST_INPUT:
            self.hidden.setdefault(name, value)

    def _open_cell(self, attrs: dict[str, str | None]) -> None:
        across = min(_reach(attrs.get("colspan")) or 1, _WIDEST)
        self._cells += across
        if self._cells > MOST_CELLS:
            raise SourceChanged("too many cells on the page")
        if self._row is None:
            self._open_row()
        down = _reach(attrs.get("rowspan"))
        class_ = attrs.get("class") or ""
        table = self._open[-1][0] if self._open else 0
        self._cell = Cell(class_=class_, table=table, down=down or _LONGEST, across=across)
        assert self._row is not None  # noqa: S101 - opened above
        self._row.append(self._cell)


def _reach(text: str | None) -> int:
    """Over how many rows or columns a cell says that it reaches: 0 is to the end, nonsense is 1."""
    return int(text) if text is not None and re.fullmatch(r"\s*\d{1,5}\s*", text) else 1
