"""An environment without the machine's own proxies and authorities."""

import pytest

from blocklight.net.certificates import trusted

_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    trusted.cache_clear()


@pytest.fixture(autouse=True, scope="session")
def _forget_authorities() -> None:
    trusted.cache_clear()
