"""What a webhook says: one CloudEvent (1.0, structured JSON) for the present state of one incident."""

from typing import Any

import msgspec
import orjson

from blocklight.model.changes import StoredIncident
from blocklight.model.times import iso
from blocklight.publish.feature import stored_feature

MEDIA_TYPE = "application/cloudevents+json"
PUBLISHED = "org.blocklight.incident.published"
UPDATED = "org.blocklight.incident.updated"
REMOVED = "org.blocklight.incident.removed"


class Message(msgspec.Struct, frozen=True):
    """A message's id, which is the same at each attempt to send the same state, and its body."""

    id: str
    body: bytes


def message_of(city: str, stored: StoredIncident) -> Message:
    """An incident as it is published now, as a GeoJSON feature."""
    is_new = stored.seq == stored.first_seq
    return _message(
        city,
        stored.incident.id,
        stored.seq,
        type=PUBLISHED if is_new else UPDATED,
        time=iso(stored.updated_at),
        datacontenttype="application/geo+json",
        data=stored_feature(stored),
    )


def removal_of(city: str, incident_id: str, seq: int) -> Message:
    """The id alone of an incident that is no longer what the receiver may show.

    The same for one that was taken back and for one that a filter no longer matches. *seq* is the change.
    """
    return _message(city, incident_id, seq, type=REMOVED, data={"id": incident_id})


def _message(city: str, incident_id: str, seq: int, **attributes: Any) -> Message:  # noqa: ANN401 - JSON
    id_ = f"{incident_id}.{seq}"
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": f"urn:blocklight:{city}",
        "subject": incident_id,
        **attributes,
    }
    return Message(id_, orjson.dumps(event))
