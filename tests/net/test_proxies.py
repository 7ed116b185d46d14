import pytest

from blocklight.errors import BlocklightError
from blocklight.net.proxies import proxy_for


def test_without_a_proxy_in_the_environment_requests_go_straight() -> None:
    assert proxy_for("https", "data.example.gov", None) is None


@pytest.mark.parametrize("spelling", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_taken(spelling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(spelling, "proxy.example:3128")
    assert proxy_for("https", "data.example.gov", None) == "http://proxy.example:3128"
    assert (proxy_for("http", "data.example.gov", None) is None) is (spelling != "ALL_PROXY")


@pytest.mark.parametrize(
    ("exempt", "host", "port", "straight"),
    [
        ("*", "data.example.gov", None, True),
        ("gis.example", "gis.example", None, True),
        ("GIS.example", "gis.EXAMPLE", None, True),
        ("example", "gis.example", None, True),
        (".example", "gis.example", None, True),
        ("*.example", "gis.example", None, True),
        ("ample", "gis.example", None, False),
        ("gis.example:8443", "gis.example", 8443, True),
        ("gis.example:8443", "gis.example", None, False),
        ("10.0.0.0/8", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.1.2.3", 80, False),
        ("10.1.2.3", "10.1.2.3", None, True),
        ("fd00::/8", "[fd00::1]", None, True),
        ("x.example, gis.example", "gis.example", None, True),
        ("", "gis.example", None, False),
    ],
)
def test_no_proxy_names_hosts_domains_ports_and_networks(
    exempt: str, host: str, port: int | None, *, straight: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", exempt)
    assert (proxy_for("https", host, port) is None) is straight


@pytest.mark.parametrize("proxy", ["socks5://user:secret@proxy.example", "http://", "http://proxy:port"])
def test_a_proxy_that_cannot_be_spoken_to_is_refused_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(
        BlocklightError, match=r"^HTTPS_PROXY: expected http://host:port or https://host:port$"
    ):
        proxy_for("https", "data.example.gov", None)
