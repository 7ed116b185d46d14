"""Writes answers in both forms of GeoReport, JSON and XML, from the same values."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal
from xml.sax.saxutils import escape

import orjson

Form = Literal["json", "xml"]
Value = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"] | None
MEDIA_TYPES: Mapping[Form, str] = {"json": "application/json", "xml": "application/xml"}
_NOT_OF_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'


def document(form: Form, root: str, rows: Sequence[bytes]) -> bytes:
    """A list of encoded rows; *root* is the element around them in XML."""
    if form == "json":
        return b"[%b]" % b",".join(rows)
    name = root.encode()
    return b"%b<%b>%b</%b>" % (_HEAD, name, b"".join(rows), name)


def encoded(form: Form, item: str, value: Mapping[str, Value]) -> bytes:
    """One row of a document."""
    return orjson.dumps(value) if form == "json" else _element(item, value).encode()


def single(form: Form, root: str, value: Mapping[str, Value]) -> bytes:
    """A document that is one table."""
    return orjson.dumps(value) if form == "json" else _HEAD + _element(root, value).encode()


def _element(name: str, value: Value) -> str:
    if isinstance(value, Mapping):
        inner = "".join(_element(key, part) for key, part in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        inner = "".join(_element(name.removesuffix("s"), part) for part in value)
    else:
        inner = _text(value)
    return f"<{name}>{inner}</{name}>"


def _text(value: str | float | bool | None) -> str:  # noqa: FBT001 - a value of a document
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else escape(_NOT_OF_XML.sub("", str(value)))
