"""Parses JSON from outside within bounds: a small document may be huge in memory."""

from typing import Any

import orjson

from blocklight.errors import SourceChanged

MOST_VALUES = 5_000_000
MOST_CONTAINERS = 1_500_000
_SMALL = 1_000_000


def parse_json(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a document; raises ``JSONDecodeError``, and ``SourceChanged`` for too many values.

    Commas and brackets are counted before anything is parsed, so those inside strings count too.
    """
    if len(text) > _SMALL and (
        text.count(b",") > MOST_VALUES or text.count(b"{") + text.count(b"[") > MOST_CONTAINERS
    ):
        raise SourceChanged("a JSON document with too many values")
    return orjson.loads(text)
