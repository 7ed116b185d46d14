"""Reads the entries of an Atom or RSS document or of another list in XML, and understands none of them.

The formats: RFC 4287, https://www.rssboard.org/rss-specification and https://docs.ogc.org/cs/17-002r1/17-002r1.html
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.http import Answer, Conversation
from blocklight.intake.connectors.pages import Pages, Part
from blocklight.intake.forms.columns import Columns
from blocklight.intake.forms.extent import FAILED, extent_of, says_failed
from blocklight.intake.record import EMPTY, TOO_MANY_ROWS, Batch
from blocklight.intake.threads import POLLING, in_thread

ACCEPT = "application/atom+xml, application/rss+xml, application/xml, text/xml"
_DOCUMENTS = frozenset({"feed", "rss", "RDF"})
_ENTRIES = frozenset({"entry", "item"})
_OF_OPENSEARCH = frozenset({"totalResults", "itemsPerPage"})
_DEEPEST_LIST = 6
_MOST_ELEMENTS = 200  # of one entry
# An element takes some hundred bytes in memory, whatever its text.
_MOST_TAGS = 2_000_000

_DEEPEST = 100_100
# The parser reads an unclosed tag anew with each piece: quadratic time, for a document that is none.
_LONGEST_TAG = 1_000_000

_PIECE = 65_536


class AtomRss:
    """Reads the whole document at each fetch, page by page where it has several.

    An entry's columns are the names of its elements without their namespace, the first of each name counting,
    and ``name@attribute`` for attributes: ``published``, ``category@term``, ``point``. With *records* in the
    city file, the entries are the elements at that path, whose first part is the root: ``calls.call``.
    """

    def __init__(self, source: SourceSpec, http: Conversation) -> None:
        self._source = source
        self._columns = Columns(source)
        self._pages = Pages(source, http)

    async def fetch(self, cursor: str | None) -> AsyncIterator[Batch]:  # noqa: ARG002 - it is always read whole
        """Yield all entries in one batch."""
        answer, rows = await self._pages.read(self._part)
        if answer.unchanged:
            yield Batch([], answer.fetched_at, unchanged=True)
            return
        if len(rows) > self._source.max_rows:
            raise SourceChanged(TOO_MANY_ROWS)
        records = await in_thread(POLLING, self._columns.records, rows)
        yield Batch(records, answer.fetched_at, complete=self._pages.complete)
        # Reached only when the batch was stored: a fetch that failed later must be asked in full again.
        self._pages.stored(answer)

    def _part(self, answer: Answer) -> Part:
        root, path = answer.value, self._source.records
        rows = entry_rows(root, path)
        said = _said_around(root, path)
        if path and says_failed(said):
            raise SourceUnavailable(FAILED)
        return Part(rows, extent_of(said, url=self._source.url, headers=answer.headers))


def xml_document(body: bytes) -> Any:  # noqa: ANN401 - an element, or what a document without one is
    """The root of an XML document, which may not declare a type: bombs are made of entities."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise SourceUnavailable("the response is HTML, not data")
    try:
        return _parsed_document(body)
    except (ParseError, LookupError, ValueError):
        if not start:
            raise SourceUnavailable(EMPTY) from None
        reason = "invalid XML" if start.startswith(b"<") else "the response is not XML"
        raise SourceUnavailable(reason) from None


class _Tree(TreeBuilder):
    """Builds a document, unless it declares a type or is nested too deeply to be freed without recursion."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, _name: str, _public_id: str | None, _system_id: str | None) -> None:
        """Refuse a document type: the parser calls this before it reads an entity of it."""
        raise SourceChanged("XML with a document type declaration (DTD) is refused")

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Begin an element."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SourceChanged("the XML is nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """End an element."""
        self._depth -= 1
        return super().end(tag)


def _parsed_document(body: bytes) -> Element:
    """Parse a document piece by piece, so that other threads can run in between."""
    if body.count(b"<") > _MOST_TAGS:
        raise SourceChanged("the XML has too many elements")
    for start in range(0, len(body) - _LONGEST_TAG, _LONGEST_TAG):
        if body.find(b">", start, start + _LONGEST_TAG) < 0:  # an unclosed tag is parsed anew with each piece
            raise SourceChanged("the XML has an element that is too long")
    parser = XMLParser(target=_Tree())  # noqa: S314 - without a document type there is no entity to expand
    for start in range(0, len(body), _PIECE):
        parser.feed(body[start : start + _PIECE])
    root: Element = parser.close()
    return root


def entry_rows(root: Element, path: str = "") -> list[dict[str, str]]:
    """Every column of each entry; raises ``SourceChanged`` for another document."""
    return [_columns_of_entry(entry) for entry in _entries_at(root, path)]


def longest_list(root: Element) -> str:
    """The path of the elements that most likely are records, empty for a feed and where none are.

    They are those of one name that occur most often and hold something: elements, or several attributes.
    """
    if _local_name(root) in _DOCUMENTS:
        return ""
    counts: Counter[str] = Counter()
    pending = [(root, _local_name(root))]
    while pending:
        element, path = pending.pop()
        if path.count(".") > _DEEPEST_LIST:
            continue
        for child in element:
            inner = f"{path}.{_local_name(child)}"
            if len(child) > 1 or len(child.attrib) > 1:
                counts[inner] += 1
            pending.append((child, inner))
    return max(counts, key=lambda path: (counts[path], -path.count(".")), default="")


def _entries_at(root: Element, path: str) -> Iterator[Element]:
    if not path:
        if _local_name(root) not in _DOCUMENTS:
            raise SourceChanged(
                "not an Atom or RSS document", detail="of another list in XML, name the path of its `records`"
            )
        return (element for element in root.iter() if _local_name(element) in _ENTRIES)
    first, *parts = path.split(".")
    if _local_name(root) != first:
        raise SourceChanged("no list of records in the answer", detail="the document has another root")
    elements: Iterable[Element] = (root,)
    for part in parts:
        elements = [child for element in elements for child in element if _local_name(child) == part]
    return iter(elements)


def _said_around(root: Element, path: str) -> dict[str, Any]:
    """What a document says of itself: attributes, numbers of OpenSearch, a link to more."""
    members: dict[str, Any] = {name.rpartition("}")[2]: value for name, value in root.attrib.items()}
    around = [root, *(child for child in root if _local_name(child) in ("channel", path.rpartition(".")[0]))]
    for child in (child for element in around for child in element if not len(child)):
        if _local_name(child) == "link" and child.get("rel") == "next":
            members["next"] = {"href": child.get("href")}
        elif _local_name(child) in _OF_OPENSEARCH or path:
            members.setdefault(_local_name(child), (child.text or "").strip())
    return members


def _columns_of_entry(entry: Element) -> dict[str, str]:
    row: dict[str, str] = {}
    for number, element in enumerate(entry.iter()):
        if number > _MOST_ELEMENTS:
            break
        if not isinstance(element.tag, str):  # a comment
            continue
        name = _local_name(element)
        if element is not entry and (text := (element.text or "").strip()):
            row.setdefault(name, _unquoted(text))
        for attribute, value in element.attrib.items():
            row.setdefault(f"{name}@{attribute.rpartition('}')[2]}", value)
    return row


def _unquoted(text: str) -> str:
    """A text without quotation marks around all of it, as the California Highway Patrol writes values."""
    inner = text[1:-1]
    return inner.strip() if text[:1] == text[-1:] == '"' and '"' not in inner else text


def _local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
