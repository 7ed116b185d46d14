"""Notices the pager of a web page: links to its other pages, and what it says of how many there are."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from blocklight.intake.connectors.html_text import joined_text
from blocklight.intake.forms.extent import Extent

_NEXT = re.compile(r"(?:next(?: page)?|older)?\s*(?:>{1,2}|\u203a|\u00bb|\u2192|\u25ba)?", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,4}")
_POSTBACK = re.compile(r"__doPostBack\(\s*['\"]([^'\"]{1,300})['\"]\s*,\s*['\"]([^'\"]{0,100})['\"]\s*\)")
_TO_PAGE = re.compile(r"Page\$(\d{1,4}|Next)")
_PARAMETERS = frozenset(
    {"page", "p", "pg", "pageno", "pagenum", "pagenumber", "pageindex", "start", "offset", "skip"}
)
_PAGE_OF = re.compile(r"\b(?:page|pg\.?) (\d{1,4}) (?:of|/) (\d{1,4})\b", re.IGNORECASE)
_ROWS_OF = re.compile(
    r"\b(\d{1,6}) ?(?:-|\u2013|to|through) ?(\d{1,6}) of (?:about )?(\d{1,3}(?:,\d{3})+|\d{1,9})\b",
    re.IGNORECASE,
)

_Link = TypeVar("_Link")


@dataclass(slots=True)
class Anchor:
    """A link: where it leads, what it says, and whether it stands *beside* the rows of a table."""

    href: str
    rel: str
    beside: bool
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text with runs of white space folded."""
        return joined_text(self.words)


def pager_of(
    anchors: Iterable[Anchor], words: str, hidden: Mapping[str, str]
) -> tuple[Extent, Mapping[str, str] | None]:
    """What the pager of a page says, and the form that asks for the next page where no address does.

    *words* is the text of the page, *hidden* are the fields that its form sends along.
    """
    pages: dict[int, str] = {}
    forms: dict[int, tuple[str, str]] = {}
    next_url, next_post = None, None
    for anchor in anchors:
        text = anchor.text
        number = int(text) if _NUMBER.fullmatch(text) else None
        is_next = "next" in anchor.rel.split() or (bool(text) and _NEXT.fullmatch(text) is not None)
        if number is None and not is_next:
            continue
        if posted := _POSTBACK.search(anchor.href):
            to_page = _TO_PAGE.fullmatch(posted[2])
            if not (to_page or anchor.beside):
                continue  # a link in a row, to the call of that number
            if number is not None:
                forms[number] = posted[1], posted[2]
            else:
                next_post = posted[1], posted[2]
        elif _leads_to_page(anchor):
            if number is not None:
                pages[number] = anchor.href
            else:
                next_url = next_url or anchor.href
    next_url = next_url or _after_current(pages)
    next_post = next_post or _after_current(forms)
    total, has_more = _counts_in_words(words)
    if next_url is None and next_post is not None:
        return Extent(total, more=True), {
            **hidden,
            "__EVENTTARGET": next_post[0],
            "__EVENTARGUMENT": next_post[1],
        }
    return Extent(total, next_url, more=has_more), None


def _leads_to_page(anchor: Anchor) -> bool:
    """Whether a link leads to another page of the same list, and not to another day or somewhere else."""
    if anchor.href.startswith(("#", "javascript:")) or not anchor.href:
        return False
    if "next" in anchor.rel.split():
        return True
    query = parse_qsl(urlsplit(anchor.href).query)
    return any(name.casefold() in _PARAMETERS and value.isdecimal() for name, value in query)


def _after_current(pages: Mapping[int, _Link]) -> _Link | None:
    """The link to the page after the current one, which is the one that is not a link."""
    current = next(number for number in range(1, len(pages) + 2) if number not in pages)
    return pages.get(current + 1)


def _counts_in_words(words: str) -> tuple[int | None, bool | None]:
    """How many rows there are in all, and whether there are more pages, as the page says."""
    total: int | None = None
    for match in _ROWS_OF.finditer(words):
        first, last, whole = int(match[1]), int(match[2]), int(match[3].replace(",", ""))
        if first <= last < whole:
            total = whole
    pages = [(int(match[1]), int(match[2])) for match in _PAGE_OF.finditer(words)]
    return total, any(page < last for page, last in pages) or None
