"""Parses JSON from outside within bounds: a small document may be huge in memory."""

import html
import re
from typing import Any

import orjson

from blocklight.errors import SourceChanged

INVALID_JSON = "invalid JSON"

# A value takes up to a hundred bytes in memory, also where it is one byte of text.
MOST_VALUES = 5_000_000

MOST_CONTAINERS = 1_500_000
# Counting takes as long as parsing: of a small document nothing can be huge.
_SMALL = 1_000_000


_CALLBACK = re.compile(rb"\s*(?:/\*\*/)?\s*[A-Za-z_$][\w$.]{0,99}\s*\((?=\s*[\[{])")
_GUARD = re.compile(rb"\s*(?:\)\]\}',?|for\s*\(;;\);|while\s*\(1\);)\s*(?=[\[{])")
_STRING = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<string\b[^>]{0,300}>(?=\s*[\[{])")


def unwrapped(text: bytes) -> bytes:
    """A JSON document without what a server put around it, or *text* itself where that is nothing.

    That is a call for a script (``callback(…);``), a guard against one, or the ``string`` of a web service.
    """
    if match := _CALLBACK.match(text):
        return text[match.end() :].rstrip().removesuffix(b";").rstrip().removesuffix(b")")
    if match := _GUARD.match(text):
        return text[match.end() :]
    if match := _STRING.match(text):
        inner = text[match.end() :].rpartition(b"</string>")[0]
        return html.unescape(inner.decode("utf-8", "replace")).encode()
    return text


def parse_json(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a document; raises ``JSONDecodeError``, and ``SourceChanged`` for too many values.

    Commas and brackets are counted before anything is parsed, so those inside strings count too.
    """
    if len(text) > _SMALL and (
        text.count(b",") > MOST_VALUES or text.count(b"{") + text.count(b"[") > MOST_CONTAINERS
    ):
        raise SourceChanged("the JSON document has too many values")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if (inner := unwrapped(text)) is text:
            raise
        return orjson.loads(inner)
