"""Who typed a command, or set a variable, wrongly reads one line that names it; the status is 2."""

import logging

import pytest
from workplace import Inside

from blocklight.app import service
from blocklight.errors import SettingError

BUILD_BASEMAP = ("basemap", "build", "smallville.toml")
PAUSE = ("pause", "smallville.toml", "--reason")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            (*BUILD_BASEMAP, "--layer", "water"),
            "--layer: expected KIND=FILE, for example water=lakes.geojson",
        ),
        ((*BUILD_BASEMAP, "--layer", "pond=a"), "--layer: 'pond' is not one of land, water"),
        (BUILD_BASEMAP, "--layer: required: smallville.toml has no map.layers"),
        (("place", "build", "smallville.toml"), "--streets: required: the [places] of smallville.toml"),
        (("place", "build", "smallville.toml", "--streets", "a"), "--addresses or --blocks: required: "),
        (("serve", "smallville.toml", "--source-url", "calls"), "--source-url: expected ID=URL, for example"),
        (("type", "sign", "smallville.toml"), "type sign: needs a terminal"),
        (("type", "apply", "smallville.toml"), "Missing option '--worksheet'"),
        (("type", "smallville.toml"), "No such command 'smallville.toml'"),
        ((*PAUSE, " "), "--reason: required: the reason"),
        ((*PAUSE, "A test", "--area", "beat:9"), "--area: beat:9: no such area"),
        (
            (*PAUSE, "A test", "--area", "beat:9", "--source", "calls"),
            "--source, --category, --area: use only one",
        ),
        (("city", "new", "data.example.gov/calls"), "URL: expected an address that begins with https://"),
        (("city", "new", "http://127.0.0.1:9/", "--name", "X Y"), "--name: expected a short lower-case word"),
        (("check", "atlantis"), "atlantis: no such file"),
        (("serve", "houston", "--port", "70000"), "--port: "),
        (("serve", "houston", "--prot", "1"), "No such option: --prot"),
        (("serve",), "Missing argument"),
        (("serv", "houston"), "No such command 'serv'"),
        (("key", "create", "houston"), "Missing argument 'source' (see blocklight key create --help)"),
    ],
)
def test_a_mistake_of_usage_is_one_line_that_names_the_option_and_what_is_expected(
    inside: Inside, arguments: tuple[str, ...], line: str
) -> None:
    said = inside(*arguments, code=2)
    assert said.startswith(f"error: {line}")
    assert said.count("\n") == 1


def test_a_variable_that_nothing_reads_is_named_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (
        "BLOCKLIGHT_DATABSE_URL",
        "BLOCKLIGHT_PORT",
        "BLOCKLIGHT_SHARED_DATA",
        "blocklight_max_live",
    ):
        monkeypatch.setenv(name, "7")
    with caplog.at_level(logging.WARNING):
        service.check_settings()
    assert caplog.messages == [
        "BLOCKLIGHT_DATABSE_URL: unknown variable, ignored; did you mean BLOCKLIGHT_DATABASE_URL?",
        "BLOCKLIGHT_PORT: unknown variable, ignored",
    ]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("MAX_LIVE", "many"),
        ("OPERATOR_PORT", "70000"),
        ("REQUESTS_PER_ADDRESS", "-1"),
        ("TRUSTED_PROXIES", "proxy.example"),
    ],
)
def test_a_variable_with_an_impossible_value_is_named(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    monkeypatch.setenv(f"BLOCKLIGHT_{name}", wrong)
    with pytest.raises(SettingError, match=f"^BLOCKLIGHT_{name}: \\S"):
        service.check_settings()
    said = inside("city", "list", code=2)
    assert said.startswith(f"error: BLOCKLIGHT_{name}: ")
    assert said.count("\n") == 1
