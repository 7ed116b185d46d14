import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_city import TABLE, small_city

from blocklight.config.city import City, default_call_types, load_city, parse_city, shipped_cities
from blocklight.errors import CityFileError

MINIMAL = """
[city]
id = "smallton"
name = "Smallton"
time_zone = "America/Chicago"
bounds = { west = -96, south = 29, east = -95, north = 30 }
[[sources]]
id = "calls"
label = "Calls"
connector = "socrata"
url = "https://data.example.org/resource/abcd-1234.json"
key = ["number"]
closes = "never"
[sources.fields]
received_at = { from = "received", convert = "local" }
source_type = "type"
agency = { default = "police" }
point = { from = "point", convert = "point" }
"""


def _refusal(folder: Path, text: str) -> CityFileError:
    path = folder / "smallton.toml"
    path.write_text(text)
    with pytest.raises(CityFileError) as caught:
        load_city(str(path))
    assert caught.value.file == str(path)
    return caught.value


def test_a_city_is_a_file_of_a_few_lines(tmp_path: Path) -> None:
    path = tmp_path / "smallton.toml"
    path.write_text(MINIMAL)
    city = load_city(str(path))
    assert city.city.id == "smallton"
    assert city.source("calls").fields.received_at.source == ("received",)
    assert city.policy.resolution == 9
    assert city.policy.labels == "none"
    assert not city.policy.source_types


def test_every_shipped_city_loads() -> None:
    assert {"demo", "houston", "san-francisco-fire"} <= set(shipped_cities())
    for name, path in shipped_cities().items():
        city = load_city(name)
        assert city.city.id == path.stem == name
        assert all(source.fields.agency.default or source.fields.agency.map for source in city.sources)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('id = "smallton"', 'id = "smallton"\nmayor = "Doe"', "city.mayor"),
        ("east = -95", "east = -95, height = 3", "city.bounds.height"),
        ('closes = "never"', 'closes = "never"\npoll_seconds = 5', "sources.calls.poll_seconds"),
        ('source_type = "type"', 'source_type = "type"\ncaller = "name"', "sources.calls.fields.caller"),
        ('convert = "local"', 'convert = "local", era = "AD"', "sources.calls.fields.received_at.era"),
        ("[city]", "[privacy]\nlevel = 0\n[city]", "privacy"),
        ("[city]", "[policy]\nhold_s = 60\n[city]", "policy.hold_s"),
        (
            "[city]",
            '[[call_types.sensitive]]\nmatch = "X"\ngroup = "g"\nlevel = 1\n[city]',
            "call_types.sensitive.0.level",
        ),
        ("[city]", "[publish]\nhours = 24\n[city]", "publish.hours"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_file_and_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    error = _refusal(tmp_path, MINIMAL.replace(old, new, 1))
    assert (error.key, error.reason.partition(";")[0]) == (key, "unknown key")
    assert str(error).startswith(f"{tmp_path / 'smallton.toml'}: {key}: unknown key")


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("America/Chicago", "America/Smallton", "city.time_zone", "not a time zone"),
        ("America/Chicago", "../../etc/passwd", "city.time_zone", "not a time zone"),
        ("west = -96", "west = -94", "city.bounds", "west < east"),
        ("west = -96", "west = -960", "city.bounds.west", "greater than or equal"),
        ('id = "smallton"', 'id = "Small Town"', "city.id", "match pattern"),
        ('connector = "socrata"', 'connector = "fax"', "sources.calls.connector", "'arcgis', 'socrata'"),
        ("https://data", "ftp://data", "sources.calls.url", "an address begins with https://"),
        ("https://data", "file:///data", "sources.calls", "file"),
        ('key = ["number"]', "key = []", "sources.calls.key", "at least 1"),
        ('closes = "never"', 'closes = "status"', "sources.calls", "needs fields.status"),
        ('closes = "never"', 'closes = "time"', "sources.calls", "needs fields.closed_at"),
        ('point = { from = "point", convert = "point" }', "", "sources.calls", "`point`, or both"),
        ('{ default = "police" }', '"agency"', "sources.calls.fields", "not public"),
        ('{ default = "police" }', '{ default = "Police Dept" }', "sources.calls.fields", "short lower-case"),
        ('convert = "local"', 'convert = "guess"', "sources.calls.fields.received_at.convert", "'local'"),
        ('source_type = "type"', "source_type = {}", "sources.calls.fields.source_type", "`from`"),
        (
            "[city]",
            '[map]\ngeocoder_url = "https://geo.example;/?q={query}"\n[city]',
            "map.geocoder_url",
            "match pattern",
        ),
        (
            "[city]",
            '[publish]\nframed_by = ["https://x.example; script-src *"]\n[city]',
            "publish.framed_by.0",
            "match pattern",
        ),
        (
            "[city]",
            '[publish]\nsecurity_contact = "mailto:a@b.example\\nExpires: never"\n[city]',
            "publish.security_contact",
            "match pattern",
        ),
        ('name = "', 'contact = "javascript:alert(1)"\nname = "', "city.contact", "match pattern"),
        ('name = "', 'contact = "us"\nname = "', "city.contact", "match pattern"),
        ('name = "', 'contact = "http://a.example/form"\nname = "', "city.contact", "match pattern"),
        (
            "[city]",
            '[[call_types.patterns]]\nmatch = "("\ncategory = "fire"\n[city]',
            "call_types.patterns.0.match",
            "regular",
        ),
        (
            "[city]",
            '[[call_types.patterns]]\nmatch = ".*"\ncategory = "fire"\n[city]',
            "call_types.patterns.0.match",
            "everything",
        ),
        (
            "[city]",
            '[[call_types.sensitive]]\nmatch = "A|"\ngroup = "g"\n[city]',
            "call_types.sensitive.0.match",
            "everything",
        ),
        ("[city]", '[call_types.exact]\nX = "crime"\n[city]', "call_types.exact.X", "'violence'"),
        ("[city]", '[dispositions]\nD = "deceased"\n[city]', "dispositions.D", "'handled'"),
        ("[city]", "[policy]\nresolution = 10\n[city]", "policy.resolution", "less than or equal to 9"),
        ("[city]", "[policy]\nmedical_resolution = 9\n[city]", "policy.medical_resolution", "to 8"),
        (
            "[city]",
            '[[areas]]\nkind = "beat"\nlabel = "B"\nfile = "none.geojson"\n[city]',
            "beat.file",
            "no such file",
        ),
    ],
)
def test_an_impossible_value_is_an_error_that_names_file_key_and_reason(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    assert old in MINIMAL
    error = _refusal(tmp_path, MINIMAL.replace(old, new, 1))
    assert error.key == key
    assert reason in error.reason


@pytest.mark.parametrize(
    "file", ["../secret.geojson", "/etc/passwd", "a/../../secret.geojson", "link.geojson"]
)
def test_a_file_outside_the_citys_folder_is_never_read(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "city"
    folder.mkdir()
    (tmp_path / "secret.geojson").write_text("{}")
    (folder / "link.geojson").symlink_to(tmp_path / "secret.geojson")
    for table in ("areas", "map.layers"):
        kind = "beat" if table == "areas" else "water"
        label = 'label = "B"\n' if table == "areas" else ""
        text = f'[[{table}]]\nkind = "{kind}"\n{label}file = "{file}"\n'
        path = folder / "smallton.toml"
        path.write_text(text + MINIMAL)
        with pytest.raises(CityFileError, match="beside the city file"):
            load_city(str(path))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"city = ", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (b"", "is missing"),
        (b"#" * 2_000_001, "larger"),
    ],
)
def test_what_is_no_city_file_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "smallton.toml"
    path.write_bytes(content)
    with pytest.raises(CityFileError, match=reason) as caught:
        load_city(str(path))
    assert caught.value.file == str(path)


def test_a_name_that_is_neither_file_nor_city_lists_the_cities() -> None:
    with pytest.raises(CityFileError, match=r"atlantis: .*houston"):
        load_city("atlantis")


def test_an_unknown_source_lists_the_known_ones() -> None:
    with pytest.raises(CityFileError, match="no source 'x'; this city has: calls"):
        small_city().source("x")


def test_two_sources_with_one_id_are_refused() -> None:
    with pytest.raises(CityFileError, match="'calls' is defined twice"):
        small_city(top={"sources": TABLE["sources"] * 2})


def test_shipped_call_types_parse_and_their_patterns_never_match_nothing() -> None:
    types = default_call_types()
    assert len(types.sensitive) > 10
    assert len(types.patterns) > 20


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*City.model_fields, "x"]), junk),
    st.dictionaries(st.sampled_from(["key", "fields", "url", "rows", "order_by", "poll_s"]), junk),
)
def test_any_table_is_a_city_or_a_city_file_error(top: dict[str, Any], source: dict[str, Any]) -> None:
    table = tomllib.loads(MINIMAL)
    table["sources"][0] |= source
    with suppress(CityFileError):
        parse_city(table | top, file="junk.toml", folder=Path())
