"""One module per platform, and the dictionary that names them."""

import asyncio
import re
from collections.abc import Callable
from functools import partial
from xml.etree.ElementTree import Element

import httpx2
from pydantic import SecretStr

from blocklight.config.city import SourceSpec
from blocklight.config.matching import Matcher
from blocklight.intake.connectors import atom_rss, ckan, html_table, open311, streams, table_files
from blocklight.intake.connectors.arcgis import ArcGIS
from blocklight.intake.connectors.http import Clock, Conversation, Sleep
from blocklight.intake.connectors.json_rows import JsonRows
from blocklight.intake.connectors.push import Push
from blocklight.intake.connectors.socrata import Socrata, explain, token_header
from blocklight.intake.forms.tables import table_body
from blocklight.intake.record import Connector

_OPEN311_REQUESTS = "service_requests.request"

ConnectorFactory = Callable[[SourceSpec, httpx2.AsyncClient, SecretStr | None, Clock, Sleep], Connector]
LinkFactory = Callable[[SourceSpec, httpx2.AsyncClient, SecretStr | None, bool], streams.Link]


def _arcgis_connector(
    source: SourceSpec, client: httpx2.AsyncClient, _token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    return ArcGIS(source, Conversation(source, client, now=now, sleep=sleep, forms=True))


def _socrata(
    source: SourceSpec, client: httpx2.AsyncClient, token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    headers = token_header(token)
    return Socrata(
        source, Conversation(source, client, now=now, sleep=sleep, headers=headers, explain=explain)
    )


def _json_connector(
    source: SourceSpec, client: httpx2.AsyncClient, _token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    return JsonRows(source, Conversation(source, client, now=now, sleep=sleep))


def _feed_connector(
    source: SourceSpec, client: httpx2.AsyncClient, _token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    http = Conversation(
        source, client, now=now, sleep=sleep, decode=atom_rss.xml_document, accept=atom_rss.ACCEPT
    )
    return atom_rss.AtomRss(source, http)


def _html(
    source: SourceSpec, client: httpx2.AsyncClient, _token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    empty = None if source.empty is None else Matcher(source.empty, re.IGNORECASE)
    decode = partial(html_table.html_document, empty=empty, card=source.card)
    http = Conversation(source, client, now=now, sleep=sleep, decode=decode, accept=html_table.ACCEPT)
    return html_table.HtmlTable(source, http)


def _files(
    source: SourceSpec, client: httpx2.AsyncClient, _token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    http = Conversation(source, client, now=now, sleep=sleep, decode=table_body, accept=table_files.ACCEPT)
    return table_files.TableFiles(source, http)


def _ckan(
    source: SourceSpec, client: httpx2.AsyncClient, _token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    return ckan.Ckan(
        source, Conversation(source, client, now=now, sleep=sleep, explain=ckan.error_of_document)
    )


def _xml_rows(root: Element) -> list[dict[str, str]]:
    """The requests or the services of a document of Open311."""
    return atom_rss.entry_rows(root, "services.service" if root.tag == "services" else _OPEN311_REQUESTS)


def _open311(
    source: SourceSpec, client: httpx2.AsyncClient, _token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    if not open311.is_xml(source.url):
        http = Conversation(source, client, now=now, sleep=sleep)
        return open311.Open311(source, http, open311.json_rows)
    http = Conversation(
        source, client, now=now, sleep=sleep, decode=atom_rss.xml_document, accept=atom_rss.ACCEPT
    )
    return open311.Open311(source, http, _xml_rows)


def _push(
    source: SourceSpec, _client: httpx2.AsyncClient, _token: SecretStr | None, now: Clock, _sleep: Sleep
) -> Connector:
    return Push(source, now)


def _sql(
    source: SourceSpec, _client: httpx2.AsyncClient, secret: SecretStr | None, now: Clock, _sleep: Sleep
) -> Connector:
    # Most cities read no database, and what speaks to one takes a while to load.
    from blocklight.intake.connectors.sql_rows import SqlRows  # noqa: PLC0415

    return SqlRows(source, secret, now)


def _mqtt(
    source: SourceSpec,
    _client: httpx2.AsyncClient,
    secret: SecretStr | None,
    keeps: bool,  # noqa: FBT001 - of a table
) -> streams.Link:
    # Most cities have no broker.
    from blocklight.intake.connectors.mqtt import MqttLink  # noqa: PLC0415

    return MqttLink(source, secret, keeps=keeps)


def _nats(
    source: SourceSpec,
    _client: httpx2.AsyncClient,
    secret: SecretStr | None,
    keeps: bool,  # noqa: FBT001 - of a table
) -> streams.Link:
    from blocklight.intake.connectors.nats_stream import NatsLink  # noqa: PLC0415

    return NatsLink(source, secret, keeps=keeps)


def _websocket(
    source: SourceSpec,
    _client: httpx2.AsyncClient,
    secret: SecretStr | None,
    _keeps: bool,  # noqa: FBT001 - of a table
) -> streams.Link:
    from blocklight.intake.connectors.live_links import LiveLink, WebSocket  # noqa: PLC0415

    return LiveLink(WebSocket(source, secret))


def _events(
    source: SourceSpec,
    client: httpx2.AsyncClient,
    secret: SecretStr | None,
    _keeps: bool,  # noqa: FBT001 - of a table
) -> streams.Link:
    from blocklight.intake.connectors.live_links import Events, LiveLink  # noqa: PLC0415

    return LiveLink(Events(source, client, secret))


# What sends its messages by itself, by the name of its protocol.
LINKS: dict[str, LinkFactory] = {"mqtt": _mqtt, "nats": _nats, "websocket": _websocket, "events": _events}
CONNECTORS: dict[str, ConnectorFactory] = {
    "arcgis": _arcgis_connector,
    "socrata": _socrata,
    "json": _json_connector,
    "feed": _feed_connector,
    "html": _html,
    "files": _files,
    "ckan": _ckan,
    "open311": _open311,
    "push": _push,
    "sql": _sql,
}


def connector(
    source: SourceSpec,
    *,
    client: httpx2.AsyncClient,
    secret: SecretStr | None = None,
    now: Clock,
    sleep: Sleep = asyncio.sleep,
    keeps: bool = False,
) -> Connector:
    """The connector of *source*, speaking through *client*.

    It remembers what the far side said about itself and its last answer's validators, so keep it
    for as long as the source is read. *sleep* is how it waits before it tries again. *keeps* says that what
    is read is stored: only then is a broker told that it may forget it.
    """
    if source.connector in LINKS:
        link = LINKS[source.connector](source, client, secret, keeps)
        return streams.Stream(source, link, now, keeps=keeps)
    return CONNECTORS[source.connector](source, client, secret, now, sleep)
