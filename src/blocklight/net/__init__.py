"""The only way out: every request that we make to somebody else's server goes through a client from here."""

from blocklight.net.certificates import trusted
from blocklight.net.client import (
    AsyncClient,
    AsyncTransport,
    SyncClient,
    client,
    in_process,
    outbound,
    sync_client,
    with_params,
)
from blocklight.net.failures import HTTPError, describe
from blocklight.net.hosts import host_of, hosts_of, is_web_address

__all__ = [
    "AsyncClient",
    "AsyncTransport",
    "HTTPError",
    "SyncClient",
    "client",
    "describe",
    "host_of",
    "hosts_of",
    "in_process",
    "is_web_address",
    "outbound",
    "sync_client",
    "trusted",
    "with_params",
]
