from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_city import small_city

from blocklight.config.city import GeocoderSpec, PlacesSpec
from blocklight.net.hosts import HostGuard, host_of, hosts_of, is_web_address

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address that must be refused
    "255.255.255.255",
    "224.0.0.1",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "::10.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b:1::a00:1",
    "fec0::1",
    "5f00::1",
    "3fff::1",
    "192.0.0.192",
    "192.88.99.1",
    "2001:db8::1",
    "2001:0:c000:204:0:0:f5ff:fffe",
]
PUBLIC = ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
SHORT_FORMS = ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "10.1"]
INSIDE = ["localhost", "LOCALHOST.", "db", "intranet", "gis.city.internal", "printer.local", "nas.home.arpa"]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_reached_only_by_its_name_in_the_city_file(address: str) -> None:
    assert not HostGuard().may_connect("data.example.gov", address)
    assert not HostGuard(["other.example.gov"]).may_connect("data.example.gov", address)
    assert not HostGuard().may_name(address)
    assert HostGuard([address]).may_name(address)
    assert HostGuard([address]).may_connect(address, address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_reached_by_any_name(address: str) -> None:
    assert HostGuard().may_connect("data.example.gov", address)
    assert HostGuard().may_name(address)


@pytest.mark.parametrize("host", SHORT_FORMS)
def test_other_spellings_of_an_address_are_recognised(host: str) -> None:
    assert not HostGuard().may_name(host)


@pytest.mark.parametrize("host", INSIDE)
def test_names_of_an_inner_network_need_to_be_named(host: str) -> None:
    assert not HostGuard().may_name(host)
    assert HostGuard([host.lower()]).may_name(host)
    assert HostGuard().may_name("data.example.gov")


def test_a_named_host_may_lie_in_a_private_network_but_not_where_a_cloud_keeps_credentials() -> None:
    guard = HostGuard(["GIS.city.example"])
    assert guard.may_connect("gis.CITY.example.", "10.1.2.3")
    assert guard.may_connect("gis.city.example", "127.0.0.1")
    assert not guard.may_connect("gis.city.example", "169.254.169.254")
    assert not guard.may_connect("gis.city.example", "::ffff:169.254.169.254")
    for elsewhere in ("fd00:ec2::254", "192.0.0.192", "100.100.100.200"):
        assert not guard.may_connect("gis.city.example", elsewhere)
        assert HostGuard([elsewhere]).may_connect(elsewhere, elsewhere)
    assert HostGuard(["169.254.1.2"]).may_connect("169.254.1.2", "169.254.1.2")


@given(st.integers(0, 2**32 - 1))
def test_an_address_inside_another_is_judged_like_itself(number: int) -> None:
    plain = IPv4Address(number)
    guard = HostGuard()
    mapped = IPv6Address(0xFFFF << 32 | number)
    translated = IPv6Address(int(IPv6Address("64:ff9b::")) | number)
    assert {guard.may_connect("x.example", str(each)) for each in (mapped, translated)} == {
        guard.may_connect("x.example", str(plain))
    }


def test_a_city_file_names_the_hosts_of_its_sources_its_geocoder_and_its_layers() -> None:
    city = small_city()
    source = city.sources[0].model_copy(
        update={"url": "https://gis.example:8443/calls?x=1", "token_url": "http://login.example/token"}
    )
    city = city.model_copy(
        update={
            "sources": (source, source.model_copy(update={"url": "file:///var/drop", "token_url": None})),
            "geocoder": GeocoderSpec(service="nominatim", url="http://10.0.0.9/search", locality="X"),
            "places": PlacesSpec(
                file="p.geojson", streets="https://layers.example/0", addresses="points.shp"
            ),
        }
    )
    assert hosts_of(city) == {"gis.example", "login.example", "10.0.0.9", "layers.example"}


@pytest.mark.parametrize(
    "text", ["", "x", "ftp://x.example/", "file:///etc/passwd", "https://", "http://x:port"]
)
def test_what_is_no_web_address_has_no_host(text: str) -> None:
    assert not is_web_address(text)


def test_the_host_of_an_address_is_read_without_user_and_port() -> None:
    assert host_of("https://user:pass@Data.Example:444/x") == "data.example"
    assert host_of("http://[::1]:80/") == "::1"
