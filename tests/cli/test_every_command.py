"""Each command with each kind of wrong input: one line says what is wrong, where, and what to do."""

import os
import shlex
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from workplace import Inside, Workplace

from blocklight.cli import app
from blocklight.cli.checked_options import existing_file, file_to_write

CITY = "smallville.toml"
NO_SOURCE = "smallville: sources: no source 'fires'; this city has: calls"
NO_DATABASE = "no database there; name the folder that Smallville is served from with --data"
UNREACHABLE = "postgresql://city@127.0.0.1:1/city cannot be used: connection failed"
DATA, DATABASE = "--data: a-file: a file; name a folder", "--database: expected postgresql://"
MISSING, FOLDER = "missing: no such file", "a-folder: a folder; name a file"
NOWHERE = "nowhere: no such folder; create it first"

# What is typed behind each command, and how the line begins; exit code 2, the command was typed wrongly.
MISTYPED: Mapping[str, Sequence[tuple[str, str]]] = {
    "serve": [
        ("CITY --data a-file", DATA),
        ("CITY --database mysql://city@host/city", DATABASE),
        ("CITY --database nonsense", DATABASE),
        ("CITY --port 70000", "--port: expected at most 65535"),
        ("CITY --port http", "--port: expected a whole number"),
        ("CITY --poll soon", "--poll: expected a number"),
        ("CITY --source-url calls=ftp://host/", "--source-url: expected ID=URL"),
        ("CITY --source-url fires=http://127.0.0.1:9/", NO_SOURCE),
        ("a-folder", "a-folder: a folder and not a city file"),
        ("a-file", "a-file: "),
    ],
    "fetch": [
        ("CITY --data a-file", DATA),
        ("CITY --database nonsense", DATABASE),
        ("CITY --health-port -1", "--health-port: expected at least 0"),
        ("CITY --source-url calls", "--source-url: expected ID=URL"),
    ],
    "demo": [
        ("--data a-file", DATA),
        ("--speed 0", "--speed: expected at least 0.1"),
        ("--seed x", "--seed: expected a whole number"),
    ],
    "import": [
        ("CITY fires table.csv", NO_SOURCE),
        ("CITY calls missing", f"FILE: {MISSING}"),
        ("CITY calls a-folder", f"FILE: {FOLDER}"),
        ("CITY calls table.csv --data a-file", DATA),
    ],
    "check": [
        ("CITY --source fires", NO_SOURCE),
        ("CITY --sample missing", f"--sample: {MISSING}"),
        ("CITY --all a-folder", f"--all: {FOLDER}"),
        ("CITY --types-csv nowhere/types.csv", f"--types-csv: {NOWHERE}"),
    ],
    "record": [
        ("CITY fires -o a.jsonl.zst", NO_SOURCE),
        ("CITY calls", "Missing option '-o'"),
        ("CITY calls -o a-folder", "-o / --output: a-folder: a folder; name a file in it"),
        ("CITY calls -o nowhere/a.jsonl.zst", f"-o / --output: {NOWHERE}"),
        ("CITY calls -o a.jsonl.zst --polls 0", "--polls: expected at least 1"),
    ],
    "replay": [
        ("CITY fires a-file", NO_SOURCE),
        ("CITY calls missing", f"FILE: {MISSING}"),
        ("CITY calls a-folder", f"FILE: {FOLDER}"),
        ("CITY calls a-file --speed fast", "--speed: expected a number above 0, or max, not 'fast'"),
    ],
    "pause": [
        ("CITY", "Missing option '--reason'"),
        ("CITY --reason x --category moon", "--category: 'moon' is not one of 'violence'"),
        ("CITY --reason x --area beat", "--area: beat: no such area; name one as KIND:ID"),
        ("CITY --reason x --source fires", NO_SOURCE),
        ("CITY --reason x --data a-file", DATA),
    ],
    "resume": [("CITY --source fires", NO_SOURCE), ("CITY --data a-file", DATA)],
    "policy explain": [
        ("CITY --record missing", f"--record: {MISSING}"),
        ("CITY --record a-folder", f"--record: {FOLDER}"),
        ("CITY --record row.json --source fires", NO_SOURCE),
    ],
    "policy diff": [("CITY missing.toml", "missing.toml: no such file"), ("CITY CITY --data a-file", DATA)],
    "audit verify": [("CITY --data a-file", DATA), ("CITY --database nonsense", DATABASE)],
    "backup": [
        ("CITY a-folder", "FILE: a-folder: a folder; name a file in it"),
        ("CITY nowhere/city.tar.zst", f"FILE: {NOWHERE}"),
        ("CITY city.tar.zst --data a-file", DATA),
    ],
    "restore": [
        ("missing", f"FILE: {MISSING}"),
        ("a-folder", f"FILE: {FOLDER}"),
        ("a-file --tombstones missing", f"--tombstones: {MISSING}"),
        ("a-file --database nonsense", DATABASE),
    ],
    "database verify": [("CITY --data a-file", DATA), ("CITY --database nonsense", DATABASE)],
    "key create": [("CITY fires", NO_SOURCE), ("CITY calls --data a-file", DATA)],
    "key revoke": [("CITY", "Missing argument 'key'"), ("CITY k --data a-file", DATA)],
    "key list": [("CITY --data a-file", DATA)],
    "key rotate": [("CITY --data a-file", DATA), ("CITY --database nonsense", DATABASE)],
    "archive rebuild": [("CITY --data a-file", DATA), ("CITY --database nonsense", DATABASE)],
    "archive verify": [("CITY --data a-file", DATA), ("CITY --database nonsense", DATABASE)],
    "webhook add": [
        ("CITY newsroom.example/calls", "URL: "),
        ("CITY https://newsroom.example/calls --filter moon=1", "--filter: "),
        ("CITY https://newsroom.example/calls --data a-file", DATA),
    ],
    "webhook list": [("CITY --data a-file", DATA)],
    "webhook remove": [("CITY", "Missing argument"), ("CITY w --data a-file", DATA)],
    "webhook rotate": [("CITY", "Missing argument"), ("CITY w --data a-file", DATA)],
    "webhook retry": [("CITY", "Missing argument"), ("CITY w --data a-file", DATA)],
    "city list": [("everything", "Got unexpected extra argument")],
    "city new": [
        ("data.example.gov/calls", "URL: expected an address that begins with https://"),
        ("http://127.0.0.1:9/ --sample missing", f"--sample: {MISSING}"),
        ("http://127.0.0.1:9/ --sample a-folder", f"--sample: {FOLDER}"),
        ("http://127.0.0.1:9/ --output a-file", "-o / --output: a-file: a file; name a folder"),
        ("http://127.0.0.1:9/ --near here", "--near: "),
        ("mqtts://broker.example.gov", "--topic: required for a broker"),
        ("wss://calls.example.gov/live --topic cad", "--topic: only a broker"),
        ("mqtts://me:secret@broker.example.gov --topic cad", "URL: no password in the address"),
    ],
    "source confirm": [("CITY fires", NO_SOURCE), ("CITY calls --data a-file", DATA)],
    "source find": [("--file missing", f"--file: {MISSING}"), ("--file a-folder", f"--file: {FOLDER}")],
    "type list": [
        ("CITY --source fires", NO_SOURCE),
        ("CITY --sample missing", f"--sample: {MISSING}"),
        ("CITY --history a-folder", f"--history: {FOLDER}"),
        ("CITY --worksheet nowhere/types.toml", f"--worksheet: {NOWHERE}"),
    ],
    "type sign": [("CITY --sample missing", f"--sample: {MISSING}"), ("CITY", "type sign: needs a terminal")],
    "type apply": [
        ("CITY --worksheet missing", f"--worksheet: {MISSING}"),
        ("CITY --worksheet a-folder", f"--worksheet: {FOLDER}"),
    ],
    "ground build": [
        ("CITY --from moon", "--from: 'moon' is not one of 'census', 'osm', 'files'"),
        ("CITY --year 1999", "--year: expected at least 2020"),
        ("CITY --osm missing", f"--osm: {MISSING}"),
        ("CITY --from files", "--layer: required with --from files"),
        ("CITY --from files --layer roads", "--layer: expected THEME=FILE"),
        ("CITY --from files --layer roads=missing", "missing: roads: no such file"),
        ("CITY --from files --layer roads=table.csv --crs x", "--crs: 'x' is not a reference system"),
    ],
    "basemap build": [
        ("CITY --layer water", "--layer: expected KIND=FILE"),
        ("CITY --layer water=missing -o map.pmtiles", "missing: "),
        ("CITY --layer water=table.csv --crs x", "--crs: 'x' is not a reference system"),
        ("CITY --layer pond=table.csv", "--layer: 'pond' is not one of land, water"),
        ("CITY --layer water=table.csv --output a-folder", "--output / -o: a-folder: a folder"),
    ],
    "area build": [
        ("CITY missing --kind beat --label Beats --id id", f"FILE: {MISSING}"),
        ("CITY a-folder --kind beat --label Beats --id id", f"FILE: {FOLDER}"),
        ("CITY table.csv --label Beats --id id", "Missing option '--kind'"),
        ("CITY table.csv --kind beat --label Beats --id id", "table.csv: beat: no column 'id'"),
        ("CITY table.csv --kind 'A B' --label Beats --id id", "--kind: "),
        ("CITY table.csv --kind beat --label B --id id --crs x", "--crs: 'x' is not a reference"),
    ],
    "place build": [
        ("CITY", "--streets: required"),
        ("CITY --streets table.csv", "--addresses or --blocks: required"),
        ("CITY --streets missing --addresses table.csv -o p.json", "missing: streets: no such file"),
        ("CITY --streets table.csv --crs x", "--crs: 'x' is not a reference system"),
        ("CITY --streets table.csv --output nowhere/p.json", f"-o / --output: {NOWHERE}"),
    ],
}  # fmt: skip

# What was typed well and cannot be done: exit code 1.
IMPOSSIBLE: Sequence[tuple[str, str]] = (
    ("serve CITY --port TAKEN", "127.0.0.1:TAKEN: address already in use; choose another with --port"),
    ("serve CITY --operator-port TAKEN", "127.0.0.1:TAKEN: address already in use; choose another with"),
    ("serve CITY --host nowhere.invalid --port 0", "nowhere.invalid: "),
    ("serve CITY --database postgresql://city@127.0.0.1:1/city", UNREACHABLE),
    ("serve CITY --data /proc/nothing", "/proc/nothing: "),
    ("fetch CITY --health-port TAKEN", "127.0.0.1:TAKEN: address already in use; choose another with"),
    ("fetch CITY --database postgresql://city@127.0.0.1:1/city", UNREACHABLE),
    ("demo --port TAKEN", "127.0.0.1:TAKEN: address already in use; choose another with --port"),
    ("import CITY calls table.csv", "table.csv: column 'id' is gone; it has these columns: a, b"),
    ("import CITY calls a-file", "a-file: "),
    ("replay CITY calls a-file", "a-file: "),
    (
        "record CITY calls -o table.csv",
        "table.csv: exists already, and a recording is never overwritten; choose another name",
    ),
    ("pause CITY --reason x", f"data/smallville/blocklight.sqlite3: {NO_DATABASE}"),
    ("pause CITY --reason x --database postgresql://city@127.0.0.1:1/city", UNREACHABLE),
    ("resume CITY", f"data/smallville/blocklight.sqlite3: {NO_DATABASE}"),
    ("audit verify CITY", f"data/smallville/blocklight.sqlite3: {NO_DATABASE}"),
    ("backup CITY city.tar.zst", f"data/smallville/blocklight.sqlite3: {NO_DATABASE}"),
    ("database verify CITY", f"data/smallville/blocklight.sqlite3: {NO_DATABASE}"),
    ("key rotate CITY", "data/smallville/"),
    ("source confirm CITY calls", f"data/smallville/blocklight.sqlite3: {NO_DATABASE}"),
    ("restore a-file", "a-file: not a backup of Blocklight's, or one that was cut off"),
    ("source find --file table.csv", "table.csv: the table of sources has no column 'State'"),
    ("type apply CITY --worksheet a-file", "a-file: "),
    ("city new http://127.0.0.1:9/", "http://127.0.0.1:9/: connection refused; try --sample"),
    ("city new mqtt://127.0.0.1:9 --topic cad", "mqtt://127.0.0.1:9: cannot be reached: connection refused;"),
    ("city new http://127.0.0.1:9/ --sample a-file", "a-file: "),
    ("policy explain CITY --record a-file", "a-file: "),
)


def _leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's own classes are private
    if not hasattr(command, "commands"):
        yield " ".join(words), command
        return
    for name, inner in command.commands.items():
        yield from _leaves(inner, (*words, name))


COMMANDS: Mapping[str, Any] = dict(_leaves(typer.main.get_command(app)))
# `type sign` first says that it needs a terminal.
CITY_COMMANDS = [
    name
    for name, command in COMMANDS.items()
    if any(parameter.name == "city" for parameter in command.params) and name != "type sign"
]


def _words(line: str) -> list[str]:
    return [CITY if word == "CITY" else word for word in shlex.split(line)]


@pytest.fixture
def small(inside: Inside, workplace: Workplace) -> Inside:
    """A city's folder with what somebody may name by mistake."""
    (workplace.folder / "a-folder").mkdir()
    (workplace.folder / "a-file").write_bytes(bytes(range(256)))
    (workplace.folder / "table.csv").write_text("a,b\n1,2\n")
    (workplace.folder / "signed.toml").write_text('"FIRE" = "fire"\n')
    (workplace.folder / "row.json").write_text('{"id": 1}')
    return inside


def test_every_command_is_tried_with_wrong_input() -> None:
    assert len(COMMANDS) > 25
    assert set(MISTYPED) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_misspelt_option_of_any_command_is_named(small: Inside, command: str) -> None:
    said = small(*command.split(), "--no-such-option", code=2)
    assert said == f"error: No such option: --no-such-option (see blocklight {command} --help)\n"


@pytest.mark.parametrize("command", CITY_COMMANDS)
def test_a_city_that_does_not_exist_is_named_by_any_command(small: Inside, command: str) -> None:
    line, _ = MISTYPED[command][-1]
    needed = {
        "import": "calls table.csv", "record": "calls -o a.zst", "replay": "calls a-file", "backup": "b.zst",
        "pause": "--reason x", "policy explain": "--record row.json", "key create": "calls",
        "key revoke": "k",
        "webhook add": "https://newsroom.example/", "webhook remove": "w", "webhook rotate": "w",
        "webhook retry": "w", "source confirm": "calls", "type apply": "--worksheet signed.toml",
        "area build": "table.csv --kind beat --label Beats --id id",
        "basemap build": "--layer water=table.csv",
        "place build": "--streets table.csv --addresses table.csv",
    }.get(command, "")  # fmt: skip
    said = small(*command.split(), "atlantis", *shlex.split(needed), code=2)
    assert said.startswith("error: atlantis: no such file, and no shipped city of that name"), line
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "line", "begins"),
    [(command, line, begins) for command, cases in MISTYPED.items() for line, begins in cases],
)
def test_a_mistyped_command_ends_with_code_2_and_one_line(
    small: Inside, command: str, line: str, begins: str
) -> None:
    said = small(*command.split(), *_words(line), code=2)
    assert _last_line(said).startswith(f"error: {begins}")


@pytest.mark.parametrize(("line", "begins"), IMPOSSIBLE)
def test_what_cannot_be_done_ends_with_code_1_and_says_why(small: Inside, line: str, begins: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = small(*_words(line.replace("TAKEN", port)), code=1)
    assert _last_line(said).startswith(f"error: {begins.replace('TAKEN', port)}")


def _last_line(said: str) -> str:
    assert "Traceback" not in said
    assert "internal error" not in said
    return said.rstrip("\n").rpartition("\n")[2]


def test_a_path_that_this_user_may_not_use_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert existing_file(file) == file_to_write(file) == file
    assert existing_file(None) is file_to_write(None) is None
    monkeypatch.setattr(os, "access", lambda *_: False)  # root, as which tests may run, may do everything
    for check in (existing_file, file_to_write):
        with pytest.raises(typer.BadParameter, match="permission denied"):
            check(file)
    with pytest.raises(typer.BadParameter, match="file name too long"):
        existing_file(tmp_path / ("x" * 300))
