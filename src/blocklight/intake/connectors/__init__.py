"""One module per platform, and the dictionary that names them."""

import asyncio
from collections.abc import Callable

import httpx
from pydantic import SecretStr

from blocklight.city import SourceSpec
from blocklight.intake.connectors.arcgis import ArcGIS
from blocklight.intake.connectors.http import Clock, JsonOverHttp, Sleep
from blocklight.intake.connectors.socrata import Socrata, explain, token_header
from blocklight.intake.record import Connector

ConnectorFactory = Callable[[SourceSpec, httpx.AsyncClient, SecretStr | None, Clock, Sleep], Connector]


def _arcgis(
    source: SourceSpec, client: httpx.AsyncClient, _token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    return ArcGIS(source, JsonOverHttp(source, client, now=now, sleep=sleep, forms=True))


def _socrata(
    source: SourceSpec, client: httpx.AsyncClient, token: SecretStr | None, now: Clock, sleep: Sleep
) -> Connector:
    headers = token_header(token)
    return Socrata(
        source, JsonOverHttp(source, client, now=now, sleep=sleep, headers=headers, explain=explain)
    )


CONNECTORS: dict[str, ConnectorFactory] = {"arcgis": _arcgis, "socrata": _socrata}


def connector(
    source: SourceSpec,
    *,
    client: httpx.AsyncClient,
    settings_token: SecretStr | None = None,
    now: Clock,
    sleep: Sleep = asyncio.sleep,
) -> Connector:
    """Return the connector of *source*, speaking through *client*.

    It remembers what the far side said about itself and its last answer's validators, so keep it
    for as long as the source is read. *sleep* is how it waits before it tries again.
    """
    return CONNECTORS[source.connector](source, client, settings_token, now, sleep)
