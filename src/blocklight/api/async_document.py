"""Describes what is sent unasked, the live stream and webhooks, as one AsyncAPI 3 document."""

from collections.abc import Iterable
from typing import Any

from blocklight.api.examples import FEATURE
from blocklight.api.schemas import components, reference
from blocklight.publish.answers import Pulse, Reset, Retraction
from blocklight.publish.feature import IncidentFeature

PATH = "/asyncapi.json"

# A part of the AsyncAPI document.
Json = dict[str, Any]

# Of `alerts.messages`, which `api` does not import for three words; a test compares them.
WEBHOOK_EVENTS: dict[str, type] = {
    "org.blocklight.incident.published": IncidentFeature,
    "org.blocklight.incident.updated": IncidentFeature,
    "org.blocklight.incident.removed": Retraction,
}
LIVE_EVENTS: dict[str, type] = {
    "incident": IncidentFeature,
    "retract": Retraction,
    "reset": Reset,
    "pulse": Pulse,
}
_LIVE_SUMMARIES = {
    "incident": "A whole incident, new or changed",
    "retract": "Forget this incident and everything you know of it",
    "reset": "What you missed cannot be replayed: load the window anew",
    "pulse": "The clock, how fresh each source is, and what is paused",
}
_WEBHOOK_SUMMARIES = {
    "published": "A new incident that matches the filter: add it",
    "updated": "Its present state: put it in the place of what you have, or add it",
    "removed": "Delete everything that you have of it: it was taken back, or no longer matches the filter",
}


def async_document(*, title: str, version: str) -> Json:
    """The document of one city; the same for all but its title."""
    webhooks = {name.rpartition(".")[2]: name for name in WEBHOOK_EVENTS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": title,
            "version": version,
            "description": "What is sent as it is published. Times are UTC; points are lon, lat in WGS 84 "
            "and approved public places, never the exact location.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "live": {
                "address": "/api/v1/live",
                "title": "The live stream",
                "description": "Server-Sent Events; the message's name is the event's. Resume with "
                "`last_event_id`, `<seq>-<epoch>`, of the window's metadata or of the last event.",
                "messages": {name: _message_reference(name) for name in LIVE_EVENTS},
            },
            "webhook": {
                "address": None,
                "title": "Webhooks",
                "description": "A POST to an address that the receiver chose: a CloudEvent in structured "
                "JSON, signed as Standard Webhooks says, at least once, in order for each incident.",
                "messages": {name: _message_reference(name) for name in webhooks},
            },
        },
        "operations": {
            "sendLive": _operation(
                "live", LIVE_EVENTS, {"http": {"method": "GET", "bindingVersion": "0.3.0"}}
            ),
            "sendWebhook": _operation(
                "webhook", webhooks, {"http": {"method": "POST", "bindingVersion": "0.3.0"}}
            ),
        },
        "components": {
            "messages": _live_messages() | _webhook_messages(webhooks),
            "schemas": components(),
        },
    }


def _message_reference(name: str) -> Json:
    return {"$ref": f"#/components/messages/{name}"}


def _operation(channel: str, names: Iterable[str], bindings: Json) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
        "bindings": bindings,
    }


def _live_messages() -> Json:
    return {
        name: {
            "name": name,
            "summary": _LIVE_SUMMARIES[name],
            "contentType": "application/geo+json" if payload is IncidentFeature else "application/json",
            "payload": reference(payload),
        }
        for name, payload in LIVE_EVENTS.items()
    }


def _webhook_messages(webhooks: dict[str, str]) -> Json:
    return {
        name: {
            "name": event,
            "summary": _WEBHOOK_SUMMARIES[name],
            "contentType": "application/cloudevents+json",
            "payload": _cloud_event(event, WEBHOOK_EVENTS[event]),
        }
        for name, event in webhooks.items()
    }


def _cloud_event(event: str, payload: type) -> Json:
    attributes: Json = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "examples": [f"{FEATURE['id']}.4822"]},
        "source": {"type": "string", "examples": ["urn:blocklight:houston"]},
        "subject": {"type": "string", "description": "The public id", "examples": [FEATURE["id"]]},
        "type": {"const": event},
        "data": reference(payload),
    }
    if payload is IncidentFeature:
        attributes["time"] = {"type": "string", "format": "date-time"}
        attributes["datacontenttype"] = {"const": "application/geo+json"}
    return {
        "type": "object",
        "properties": attributes,
        "required": sorted(attributes),
        "additionalProperties": False,
    }
