"""Feeds a page to a parser within limits, and folds the words that it collects."""

import time
from collections.abc import Iterable
from html.parser import HTMLParser

from blocklight.errors import SourceUnavailable

# Elements of which nobody sees the text.
SILENT = frozenset({"script", "style", "template"})

_PIECE = 65_536
# What is not closed yet is read anew with each piece; scripts may be long, tags are not.
_LONGEST_TAG, _LONGEST_SCRIPT = 100_000, 8_000_000

_LONGEST_END = 4_096
# Some pages are made so that a parser takes for ever, without being large.
_LONGEST_S = 60.0


def joined_text(words: Iterable[str]) -> str:
    """Join the pieces of a text, with runs of white space folded."""
    return " ".join("".join(words).split())


def feed(reader: HTMLParser, text: str) -> None:
    """Have *reader* parse a page piece by piece, as an unclosed part is searched from its start each time.

    Raises ``SourceUnavailable`` for what cannot be parsed, has a part without an end, or takes too long.
    """
    deadline = time.monotonic() + _LONGEST_S
    for start in range(0, len(text), _PIECE):
        try:
            reader.feed(text[start : start + _PIECE])
        except AssertionError:  # how the parser refuses a declaration that it does not know
            raise SourceUnavailable("HTML that cannot be read") from None
        unread = reader.rawdata
        is_tag = unread[:1] == "<" and unread[1:2].isalpha()
        if len(unread) > (_LONGEST_TAG if is_tag else _LONGEST_SCRIPT):
            raise SourceUnavailable("incomplete HTML: a part has no end")
        if time.monotonic() > deadline:
            raise SourceUnavailable("the page takes too long to read")
    if len(reader.rawdata) <= _LONGEST_END:
        reader.close()
