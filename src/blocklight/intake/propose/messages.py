"""Reads the messages of a broker or a live address as the sample of a feed that nobody has described."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from blocklight.errors import SourceChanged, SourceUnavailable
from blocklight.intake.connectors.streams import rows_in
from blocklight.intake.forms.row_lists import list_at
from blocklight.intake.forms.tables import json_value
from blocklight.intake.propose.json_lists import longest_path
from blocklight.intake.propose.sample import Sample, flattened, spread

# https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
_EVENTS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?::|(?:data|event|id|retry):)")


def events_in(body: bytes) -> list[bytes]:
    """The data of each server-sent event in a saved answer; none where it is something else."""
    if not _EVENTS.match(body):
        return []
    blocks = re.split(rb"\n\n+", body.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    data = (
        b"\n".join(line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:"))
        for block in blocks
    )
    return [text for text in data if text]


def sample_of_messages(
    connector: str, url: str, bodies: Sequence[bytes], settings: Mapping[str, Any]
) -> Sample:
    """The records of messages: each holds one, or a list of them; raises ``SourceChanged`` for none."""
    documents, unread = [], Counter[str]()
    for body in bodies:
        try:
            documents.append(json_value(body))
        except (SourceUnavailable, SourceChanged):
            unread["not_json"] += 1
    path = next((_list_of(document) for document in documents), "")
    records = (row for document in documents for row in rows_in(document, path) or ())
    rows = [row for row in records if isinstance(row, Mapping)]
    if not rows:
        raise SourceChanged("no message holds a record to learn from: expected JSON")
    flat = [flattened(row) for row in spread(rows)]
    return Sample(connector, url, flat, records=path, unread=unread, settings=settings)


def _list_of(document: object) -> str:
    """The path of a message's list; empty for one that is a call itself, though it has a list of units."""
    path = longest_path(document)
    if not isinstance(document, Mapping) or not path:
        return path
    columns = {name for row in list_at(document, path) or () if isinstance(row, Mapping) for name in row}
    own = sum(not isinstance(value, Mapping | list) for value in document.values())
    return path if len(columns) > own else ""
