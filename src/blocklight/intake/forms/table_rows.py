"""What every form of a table is read into: blocks of records, below a row with our headings."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from blocklight.config.city import SourceSpec
from blocklight.config.matching import Matcher
from blocklight.errors import SourceChanged
from blocklight.intake.forms.columns import Columns
from blocklight.intake.record import RawRecord, Unreadable

# Lines that may stand above a row of headings: a title, the day of printing, a filter.
MOST_TITLES = 20

# How the lines begin that reports write below a table.
_FOOTER = re.compile(
    r"(?:grand |sub)?totals?\b|end of (?:file|report|data)\b|\(?\d+ (?:row|record|call|incident|item|entr)"
    r"|(?:no|0|zero) (?:\w+ ){0,3}(?:records?|rows?|calls?|incidents?|data|results?)\b"
    r"|(?:report )?(?:printed|generated|created|run|exported)\b|page \d+\b|copyright\b|©|[-=*_]{3,}$",
    re.IGNORECASE,
)
# Of how many cells with text such a line has at most.
FOOTER_CELLS = 2

_NARROW = 4  # columns: in a table of fewer, a line of two cells may be a row


@dataclass(slots=True)
class Block:
    """Some rows of a table, those that became records and those that could not."""

    records: list[RawRecord] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.records) + len(self.unreadable)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read: the columns wanted, where in a JSON document the rows are, the encoding.

    *names* name the columns of a table without headings, *member* chooses the file in an archive. With
    *whole*, a document that says that it does not hold all rows is refused; *url* is where it was asked for.
    """

    columns: Columns
    records: str = ""
    encoding: str = "utf-8"
    size: int = 5000
    names: tuple[str, ...] = ()
    member: Matcher | None = None
    whole: bool = False
    url: str = ""

    @classmethod
    def of(cls, source: SourceSpec, size: int, *, whole: bool = False) -> "Reading":
        """How the city file says that a source is read, *size* rows at once."""
        return cls(
            Columns(source),
            source.records,
            source.encoding,
            size,
            source.columns,
            None if source.resource is None else Matcher(source.resource),
            whole and source.extent == "said",
            source.url if whole else "",
        )


def heading_of(rows: Iterable[tuple[list[str], Any]], columns: Columns) -> tuple[list[str], Any]:
    """The first heading with all columns; raises for the one with some, or else for the first."""
    missing: SourceChanged | None = None
    for names, rest in rows:
        heading = columns.named(names)
        try:
            columns.expect_in_heading(set(heading))
        except SourceChanged as error:
            if missing is None or (
                set(columns.wanted) & set(heading) and not set(columns.wanted) & set(missing.heading)
            ):
                missing = error
        else:
            return heading, rest
    raise missing or SourceChanged("no row of headings")


def in_blocks(rows: Iterable[RawRecord | Unreadable], size: int) -> Iterator[Block]:
    """Gather rows into blocks; there is always one, be it empty."""
    rows = iter(rows)
    was_sent = False
    while chunk := list(itertools.islice(rows, size)):
        was_sent = True
        yield Block(
            [row for row in chunk if not isinstance(row, Unreadable)],
            [row for row in chunk if isinstance(row, Unreadable)],
        )
    if not was_sent:
        yield Block()


def is_footer(filled: Sequence[str], width: int) -> bool:
    """Whether a line is what stands below a table, such as a total, given its cells that are not empty."""
    if not 0 < len(filled) <= FOOTER_CELLS or not _FOOTER.match(filled[0]):
        return False
    return len(filled) == 1 < width or width >= _NARROW
