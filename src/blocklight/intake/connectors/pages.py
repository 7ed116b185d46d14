"""Asks one address again and again: dates written into it, page after page, and only for what has changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode, urljoin, urlsplit

import orjson

from blocklight.config.city import SourceSpec
from blocklight.errors import PageRepeated, RowsMoved, SourceChanged, SourceUnavailable
from blocklight.intake.connectors.http import Answer, Body, Conversation
from blocklight.intake.forms.extent import NOT_ALL, Extent
from blocklight.intake.record import TOO_MANY_ROWS
from blocklight.intake.threads import POLLING, in_thread

_ISO = "%Y-%m-%d"
# A page that leads to itself would else be read for as long as `max_rows` allows.
_MOST_PAGES = 1_000
# How many times as large as one answer (``max_bytes``) all pages together may be.
_ANSWERS = 4
# For how long the pages of one answer are read.
_LONGEST = timedelta(minutes=10)

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one answer, and what it says of those that it does not hold.

    *next_form* asks for the next page, where that is no address of its own.
    """

    rows: Sequence[object]
    extent: Extent = field(default_factory=Extent)
    next_form: Mapping[str, str] | None = None


class Pages:
    """The address of a source that is read whole. ``{from}`` and ``{to}`` in it are days in UTC.

    The last day is tomorrow's, so that no zone's today is left out; the first lies *first_days* back. They
    are written into a form and into a body as well.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._http = http
        self._asked = ""
        self._url = ""
        self._one_answer = True
        # Whether pages were followed by their links, of which the last page has none.
        self._by_links = False
        self._number = 0
        self._validators: Mapping[str, str] = {}

    @property
    def complete(self) -> bool:
        """Whether what was read is all that the source holds."""
        return self._source.extent != "part"

    async def ask(self) -> Answer:
        """The document, of a source with pages the first one."""
        self._url = self._dated(self._source.url)
        self._one_answer, self._by_links = True, False
        validators, self._validators = self._validators, {}  # of an answer that is not stored, none are kept
        if self._url != self._asked or self._source.pages is not None:
            validators = {}
        self._number = 0
        answer = await self._question(0, validators)
        if answer.unchanged:
            self._validators = validators
        return answer

    async def read(self, part_of: Callable[[Answer], Part]) -> tuple[Answer, list[object]]:
        """The first answer and the rows of all pages; *part_of* takes an answer apart.

        Raises ``SourceChanged`` for rows that are there and cannot be had, ``SourceUnavailable`` where rows
        moved from one page to another.
        """
        answer = await self.ask()
        if answer.unchanged:
            return answer, []
        first = await in_thread(POLLING, part_of, answer)
        return answer, await self._with_the_others(first, part_of)

    def stored(self, answer: Answer) -> None:
        """Note that the answer is stored, so that it need not be sent again; of several pages none may be."""
        self._asked, self._validators = self._url, answer.validators if self._one_answer else {}

    async def _with_the_others(self, part: Part, part_of: Callable[[Answer], Part]) -> list[object]:
        source, first, rows = self._source, part, list(part.rows)
        if source.extent == "part" or (source.extent == "whole" and source.pages is None):
            return rows
        started_at, most_bytes = self._http.now(), self._http.received_bytes + _ANSWERS * source.max_bytes
        for _ in range(_MOST_PAGES):
            answer = await self._page_after(part, len(rows))
            if answer is None:
                break
            self._one_answer = False
            if self._http.now() - started_at > _LONGEST:
                raise SourceUnavailable("reading all pages takes too long")
            if self._http.received_bytes > most_bytes:
                raise SourceChanged("all pages together are larger than max_bytes allows")
            following, fresh = await in_thread(POLLING, self._following, part_of, answer, first, part)
            rows += fresh
            if len(rows) > source.max_rows:
                raise SourceChanged(TOO_MANY_ROWS)
            part = following
            if not fresh:
                break
        self._expect_all(part.extent, len(rows))
        return rows

    async def _page_after(self, part: Part, count: int) -> Answer | None:
        """The answer with the page after one, ``None`` where that was the last."""
        if part.extent.next_url is not None:
            self._by_links = True
            return await self._http.ask(self._same_server(part.extent.next_url), {})
        if part.next_form is not None:
            form = Body(urlencode(part.next_form).encode(), _FORM)
            return await self._http.ask(self._url, {}, post=form)
        pages = self._source.pages
        if pages is None or not part.rows or part.extent.more is False or self._by_links:
            return None
        if part.extent.total is not None and count >= part.extent.total:
            return None
        self._number += 1
        # Each page of rows begins with the last row of the one before, to see that none moved.
        return await self._question(count - 1 if pages.counts == "rows" else self._number)

    def _following(
        self, part_of: Callable[[Answer], Part], answer: Answer, first: Part, before: Part
    ) -> tuple[Part, Sequence[object]]:
        """The part of a page, and those of its rows that the one before does not have."""
        following = part_of(answer)
        return following, self._fresh(first, before, following)

    def _fresh(self, first: Part, before: Part, following: Part) -> Sequence[object]:
        """The rows of a page that the one before does not have."""
        pages = self._source.pages
        if following.rows == before.rows and len(following.rows) > 1:
            if self._source.extent == "whole":  # a server that gives its last page again
                return []
            raise PageRepeated
        if pages is None or before.extent.next_url is not None or before.next_form is not None:
            return following.rows
        if following.extent.total != first.extent.total:
            raise RowsMoved
        if pages.counts == "pages":
            return following.rows
        if not following.rows or following.rows[0] != before.rows[-1]:
            raise RowsMoved
        return following.rows[1:]

    def _expect_all(self, extent: Extent, count: int) -> None:
        if self._source.extent == "whole":
            return
        if self._one_answer and extent.lacks_some(count):
            raise SourceChanged(
                NOT_ALL,
                detail="set `pages` so that it is read page by page, or `extent` if it is all there is",
            )
        if extent.next_url or (extent.total is not None and extent.total > count):
            raise RowsMoved

    def _same_server(self, url: str) -> str:
        whole = urljoin(self._url, url)
        base, target = urlsplit(self._url), urlsplit(whole)
        if (base.scheme, base.netloc) != (target.scheme, target.netloc):
            raise SourceChanged("the next page is on another server")
        return whole

    async def _question(self, moved: int, validators: Mapping[str, str] | None = None) -> Answer:
        """Ask for the page whose parameter has *moved* so far from that of the first one."""
        pages, params = self._source.pages, {}
        if pages is not None:
            params[pages.parameter] = pages.start + moved
            if pages.size is not None:
                params[pages.size] = self._source.page_size
        body = self._body(params)
        if body is not None:
            return await self._http.ask(self._url, {}, post=body)
        query = {name: str(number) for name, number in params.items()}
        return await self._http.ask(self._url, query, validators=validators)

    def _body(self, params: Mapping[str, int]) -> Body | None:
        """What is posted, ``None`` where the address alone is the question."""
        source = self._source
        if source.form is not None:
            fields = {name: self._dated(value) for name, value in source.form.items()}
            return Body(urlencode({**fields, **params}).encode(), _FORM)
        if source.body is not None:
            return Body(orjson.dumps(orjson.loads(self._dated(source.body)) | params), "application/json")
        return None

    def _dated(self, text: str) -> str:
        if "{from}" not in text and "{to}" not in text:
            return text
        form, now = self._source.date_format or _ISO, self._http.now()
        first = now - timedelta(days=self._source.first_days or 1)
        last = now + timedelta(days=1)
        return text.replace("{from}", first.strftime(form)).replace("{to}", last.strftime(form))
