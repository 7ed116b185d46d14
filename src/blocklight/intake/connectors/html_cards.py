"""Reads the records of a page that shows each call in a box of its own instead of a row of a table."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from blocklight.intake.connectors.html_text import SILENT, feed, joined_text

_MOST_CARDS = 100_000
_MOST_FIELDS = 200
_LABELLED = re.compile(r"\s*([^\s:][^:]{0,60}?)\s*:\s+(\S.*)", re.DOTALL)
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
})  # fmt: skip
_INLINE = frozenset({"a", "abbr", "b", "em", "i", "small", "span", "strong", "time", "u"})


@dataclass(slots=True)
class _Element:
    """An element that is open inside of a card: its tag, the columns that it stands for, its text."""

    tag: str
    names: tuple[str, ...]
    words: list[str] = field(default_factory=list)


def cards_of(text: str, card: str) -> list[dict[str, str]]:
    """The cards of a page, which are the elements of the class *card*, each as a row of columns.

    A column is called like the class of an element inside, like the term before a definition (``dt``,
    ``dd``), or like the label in ``Label: text``; the first of each name counts. ``@NAME`` is an attribute of
    the card.
    """
    reader = _Cards(card)
    feed(reader, text)
    return reader.rows


class _Cards(HTMLParser):
    def __init__(self, card: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[dict[str, str]] = []
        self._card = card
        self._open: list[_Element] = []
        self._term = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        classes = tuple((attributes.get("class") or "").split())
        if not self._open:
            if self._card not in classes or len(self.rows) >= _MOST_CARDS:
                return
            self.rows.append({f"@{name}": value or "" for name, value in attrs if name != "class"})
            self._term = ""
        if tag not in _VOID:
            names = (self._term,) if tag == "dd" and self._term else ()
            self._open.append(_Element(tag, (*names, *classes)))

    def handle_endtag(self, tag: str) -> None:
        if not any(element.tag == tag for element in self._open):
            return
        while self._open:  # what was not closed by itself ends with what is around it
            element = self._open.pop()
            self._end(element)
            if element.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._open and not any(element.tag in SILENT for element in self._open):
            self._open[-1].words.append(data)

    def _end(self, element: _Element) -> None:
        text = joined_text(element.words)
        if not text:
            return
        if element.tag == "dt":
            self._term = text.rstrip(":").strip()
        for name in element.names:
            self._note(name, text)
        if labelled := _LABELLED.fullmatch(text):
            self._note(labelled[1], labelled[2])
        if self._open and element.tag in _INLINE:  # part of the text around it, such as a label in bold
            self._open[-1].words.append(f" {text} ")

    def _note(self, name: str, text: str) -> None:
        row = self.rows[-1]
        if len(row) < _MOST_FIELDS:
            row.setdefault(name, text)
