"""Reads what an answer says of its own extent: how many rows there are, and where the next ones are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

# Why a fetch fails that could not read everything: without a number, as every reason that is public.
NOT_ALL = "the answer says that there are more rows than it holds"

FAILED = "the response reports an error"

# Names as `_folded` writes them: small letters and digits alone.
_FILTERED = frozenset({"recordsfiltered", "itotaldisplayrecords"})
_TOTALS = frozenset({
    "total", "totalcount", "totalrows", "totalrecords", "totalresults", "totalitems", "totalhits",
    "totalsize",
    "totalfeatures", "totalelements", "count", "recordstotal", "itotalrecords", "recordcount", "rowcount",
    "resultcount", "numfound", "numbermatched", "matched", "odatacount", "xtotalcount",
})  # fmt: skip
_PAGES = frozenset(
    {"totalpages", "pagecount", "pages", "numpages", "numberofpages", "lastpage", "xtotalpages"}
)
_PAGE = frozenset({"page", "currentpage", "pagenumber", "pageno", "pageindex", "xpage"})
_MORE = frozenset({
    "hasmore", "hasnext", "hasnextpage", "more", "moreresults", "morerecords", "exceededtransferlimit",
    "recordstruncated", "truncated", "incompleteresults", "partial",
})  # fmt: skip
_NEXT = frozenset({"next", "nextpage", "nexturl", "nextlink", "nexthref", "nextpageurl", "odatanextlink"})
_TOKENS = frozenset({"nextcursor", "nextpagetoken", "nexttoken", "continuationtoken", "xnextpage"})
_LIMITS = frozenset(
    {"limit", "pagesize", "perpage", "resultsperpage", "itemsperpage", "rowsperpage", "maxrecords"}
)
_LIMITS_OF_ADDRESS = _LIMITS | {
    "rows", "top", "size", "count", "max", "maxresults", "numrows", "take", "resultrecordcount", "maxfeatures"
}  # fmt: skip
_ABOUT = frozenset(
    {"meta", "metadata", "paging", "pagination", "page", "pageinfo", "links", "properties", "info"}
)
_LINK = re.compile(r'<([^<>]{1,2000})>\s*;[^,]{0,200}?\brel\s*=\s*"?next\b', re.IGNORECASE)
_LONGEST_LINK = 4_000
_RANGE = re.compile(r"\w+\s+\d+-\d+/(\d{1,12})")


_SUCCESS = frozenset({"success", "succeeded", "issuccess", "ok"})
_ERRORS = frozenset({"error", "errors", "errormessage", "errormsg", "exception", "fault"})
_STATUS = frozenset({"status", "result", "outcome", "state"})
_FAILURES = frozenset({"error", "fail", "failed", "failure", "exception"})
_NO_ERROR = frozenset({"", "0", "none", "null", "no", "ok", "false", "success", "no error", "no errors"})


@dataclass(frozen=True, slots=True)
class Extent:
    """What an answer says of the rows that it does not hold; ``None`` where it says nothing.

    *total* counts the rows of all pages, *next_url* is where the next page is, *more* whether there plainly
    is one, and *limit* how many rows a page holds at most.
    """

    total: int | None = None
    next_url: str | None = None
    more: bool | None = None
    limit: int | None = None

    def lacks_some(self, count: int) -> bool:
        """Whether there are rows beyond the *count* that were read; a full page may be one of several."""
        if self.next_url or self.more:
            return True
        if self.total is not None:
            return self.total > count
        return self.more is None and self.limit is not None and 0 < self.limit <= count


def extent_of(
    document: object,
    path: str = "",
    *,
    url: str = "",
    headers: Mapping[str, str] | None = None,
) -> Extent:
    """What a JSON document says of the list at *path*; what stands nearest to the list counts first.

    *url* is the address that was asked, *headers* are those of the answer.
    """
    members: dict[str, object] = {}
    for table in (*tables_around(document, path), _of_headers(headers or {})):
        for name, value in table.items():
            members.setdefault(_letters_of(str(name)), value)
    if {"page", "total", "records"} <= set(members):  # jqGrid's reader: `total` counts pages, `records` rows
        members |= {"totalpages": members["total"], "total": members["records"]}
    groups = "*" in path.split(".")  # a count beside several lists is none of one list's rows
    return Extent(
        total=None if groups else _total(members),
        next_url=_next_url(members),
        more=_more(members),
        limit=_least(_page_limit(members), limit_of_address(url)),
    )


def says_failed(document: object) -> bool:
    """Whether a JSON document says of itself that it failed, so that its list is no list of what is open."""
    if not isinstance(document, Mapping):
        return False
    members = {_letters_of(str(name)): value for name, value in document.items()}
    if any(
        members[name] is False or _word_of(members[name]) == "false" for name in _SUCCESS & members.keys()
    ):
        return True
    if any(_is_error(members[name]) for name in _ERRORS & members.keys()):
        return True
    return any(_word_of(members[name]) in _FAILURES for name in _STATUS & members.keys())


def _is_error(value: object) -> bool:
    if isinstance(value, Mapping | list):
        return bool(value)
    return value is not None and _word_of(value) not in _NO_ERROR


def _word_of(value: object) -> str:
    return str(value).strip().casefold() if isinstance(value, str | int | float) else ""


def limit_of_address(url: str) -> int | None:
    """How many rows an address asks for at most, ``None`` where it does not say."""
    numbers = (
        _whole_number(value)
        for name, value in parse_qsl(urlsplit(url).query)
        if _letters_of(name) in _LIMITS_OF_ADDRESS
    )
    return next((number for number in numbers if number is not None), None)


def tables_around(document: object, path: str) -> Iterator[Mapping[str, object]]:
    """Yield the tables that a list lies in, the innermost first, each with what it says about itself."""
    tables, value = [], document
    for part in (*path.split("."), ""):
        if isinstance(value, Mapping):
            tables.append(value)
            value = value.get(part)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            break
    for table in reversed(tables):
        yield {name: value for name, value in table.items() if not isinstance(value, Mapping | list)}
        for name, value in table.items():
            if _letters_of(str(name)) in _ABOUT:
                yield from _about(value)
            elif _letters_of(str(name)) in _NEXT and isinstance(value, Mapping):
                yield {name: value}


def _about(value: object) -> Iterator[Mapping[str, object]]:
    """Yield what a member such as `meta` or `links` says, with its links by what they lead to."""
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            if isinstance(inner, Mapping):
                yield inner
    elif isinstance(value, list):
        yield {str(link.get("rel")): link for link in value if isinstance(link, Mapping) and "rel" in link}


def _of_headers(headers: Mapping[str, str]) -> dict[str, object]:
    members: dict[str, object] = {
        name: headers[name] for name in ("x-total-count", "x-next-page") if name in headers
    }
    if link := _LINK.search(headers.get("link", "")[:_LONGEST_LINK]):
        members["next"] = {"href": link[1]}
    if within := _RANGE.match(headers.get("content-range", "")):
        members["x-total-count"] = within[1]
    return members


def _total(members: Mapping[str, object]) -> int | None:
    for names in (_FILTERED, _TOTALS):
        numbers = [number for name in names if (number := _whole_number(members.get(name))) is not None]
        if numbers:
            return max(numbers)
    return None


def _more(members: Mapping[str, object]) -> bool | None:
    """Whether there is another page: one that says so is right where another member says nothing."""
    answers: list[bool] = [_is_true(members[name]) for name in _MORE if name in members]
    answers += [bool(members[name]) for name in (*_NEXT, *_TOKENS) if name in members]
    pages = next(
        (number for name in _PAGES if (number := _whole_number(members.get(name))) is not None), None
    )
    if pages is not None:
        page = next((number for name in _PAGE if (number := _whole_number(members.get(name))) is not None), 1)
        answers.append(page < pages)
    return any(answers) if answers else None


def _next_url(members: Mapping[str, object]) -> str | None:
    for name in _NEXT:
        value = members.get(name)
        href = value.get("href") if isinstance(value, Mapping) else value
        if isinstance(href, str) and re.search(r"[/?]", href):
            return href
    return None


def _page_limit(members: Mapping[str, object]) -> int | None:
    return next(
        (number for name in _LIMITS if (number := _whole_number(members.get(name))) is not None), None
    )


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def _is_true(value: object) -> bool:
    return value is True or str(value).strip().casefold() in ("true", "1", "yes")


def _whole_number(value: object) -> int | None:
    """A whole number, also one that is written as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None  # noqa: PLR2004 - a number of rows


def _letters_of(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.casefold())
