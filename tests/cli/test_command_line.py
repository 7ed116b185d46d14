import http.client
import json
import os
import re
import signal
import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from listening import Event, Listener
from living_city import until
from workplace import CITY_FILE, Inside, Workplace, a_row, read_from, serving_rows, statuses

from blocklight.config.city import shipped_cities


def test_the_help_of_every_command_says_what_it_does_and_shows_it(inside: Inside) -> None:
    page = inside("--help")
    names = re.findall(r"^│ (\w[\w-]*) ", page, re.MULTILINE)
    commands = [name for name in names if name.islower()]
    groups = {
        "archive",
        "area",
        "audit",
        "basemap",
        "city",
        "database",
        "ground",
        "key",
        "place",
        "policy",
        "source",
        "type",
        "webhook",
    }
    verbs = set("backup check demo fetch import pause record replay restore resume serve".split())
    assert set(commands) == groups | verbs
    for name in verbs:
        shown = inside(name, "--help")
        assert f"Usage: blocklight {name}" in shown
        assert shown.count("blocklight ") >= 2, f"{name} has no example"
        assert "--help" in shown
    for group in groups:
        shown = inside(group, "--help")
        assert re.findall(r"^│ ([a-z]+) ", shown, re.MULTILINE), f"{group} has no command"


def test_the_shipped_cities_are_listed_with_their_sources_even_in_a_narrow_window(
    workplace: Workplace,
) -> None:
    told = workplace.run("cities", COLUMNS="80")
    for name in shipped_cities():
        assert name in told
    assert "…" not in told
    assert max(map(len, told.splitlines()[:-1])) <= 80


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["serve", "atlantis"], 2, ["atlantis", "houston", "demo"]),
        (["check", "smallville.toml", "--source", "nope"], 2, ["nope", "this city has: calls"]),
        (["serve", "smallville.toml", "--source-url", "calls"], 2, ["--source-url", "ID=URL"]),
        (["serve", "smallville.toml", "--source-url", "calls=http://"], 2, ["--source-url", "ID=URL"]),
        (["serve", "smallville.toml", "--source-url", "calls=ftp://x/"], 2, ["--source-url", "ID=URL"]),
        (["serve", "smallville.toml", "--source-url", "x=http://h/"], 2, ["no source 'x'", "calls"]),
        (["serve", "smallville.toml", "--port", "70000"], 2, ["--port", "65535"]),
        (
            ["serve", "smallville.toml", "--database", "nonsense", "--port", "0"],
            2,
            ["--database", "postgresql://"],
        ),
        (
            ["serve", "smallville.toml", "--data", "smallville.toml", "--port", "0"],
            2,
            ["smallville.toml: a file"],
        ),
        (["record", "smallville.toml", "calls", "-o", "no/such/folder.zst"], 2, ["no/such: no such folder"]),
        (["record", "smallville.toml", "calls", "-o", "smallville.toml"], 1, ["exists already"]),
        (["replay", "smallville.toml", "calls", "absent.zst"], 2, ["absent.zst", "no such file"]),
        (["replay", "smallville.toml", "calls", "smallville.toml"], 1, ["not compressed with zstd"]),
        (["replay", "smallville.toml", "calls", "smallville.toml", "--speed", "-1"], 2, ["--speed", "max"]),
    ],
)
def test_a_mistake_is_one_clear_message(
    inside: Inside, arguments: list[str], code: int, words: list[str]
) -> None:
    told = " ".join(inside(*arguments, code=code).replace("│", " ").split())
    for word in words:
        assert word in told


def test_a_mistake_in_a_real_process_ends_with_its_message_and_its_code(workplace: Workplace) -> None:
    assert workplace.run("serve", "atlantis", code=2).startswith("error: atlantis: no such file")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('label = "The calls"', 'labell = "The calls"', ["sources.calls", "label"]),
        ("poll_s = 0.2", "poll_s = 0.2\npollster = 1", ["sources.calls.pollster", "unknown key"]),
        ('convert = "iso"', 'convert = "roman"', ["sources.calls.fields.received_at", "convert"]),
        ('"America/Los_Angeles"', '"America/Gotham"', ["city.time_zone", "America/Gotham"]),
        ("[city]", "[city", ["not TOML"]),
        ('url = "', 'url = "/srv/cad" # ', ["sources.calls.url", "https://", "file:///"]),
        ('"NOISE" = "noise"', '"NOISE" = "crime"', ["call_types.exact"]),
    ],
)
def test_a_mistake_in_a_city_file_names_the_file_and_the_key(
    workplace: Workplace, inside: Inside, old: str, new: str, words: list[str]
) -> None:
    assert old in CITY_FILE
    file = workplace.folder / "smallville.toml"
    file.write_text(CITY_FILE.replace(old, new, 1))
    told = inside("check", "smallville.toml", code=2)
    assert told.startswith("error: smallville.toml: ")
    assert told.count("\n") == 1, "one line, never broken"
    for word in words:
        assert word in told


def test_a_taken_port_is_said_before_anything_else_is_done(workplace: Workplace, inside: Inside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = inside("serve", "smallville.toml", "--port", port, code=1)
    assert f"127.0.0.1:{port}: address already in use; choose another with --port" in told
    assert not (workplace.folder / "data").exists()


def test_check_says_what_becomes_of_a_sample(workplace: Workplace, inside: Inside) -> None:
    rows = [
        a_row(1),
        a_row(2, type="FIRE", status="closed"),
        a_row(3, type="[bold]ODD[/red] TYPE"),
        a_row(4, type="SUICIDE ATTEMPT"),
        a_row(5, lon="-100"),
        a_row(6, received="yesterday"),
        a_row(7, lon=None, lat=None),
    ]
    sample = workplace.folder / "sample.json"
    sample.write_text(json.dumps(rows))
    told = inside("check", "smallville.toml", "--sample", "sample.json")
    assert "7 records: 2 published" in told
    for words in ("1 unmapped", "1 sensitive", "1 outside_city", "1 no_place", "rejected: 1 bad_time"):
        assert words in told
    assert "[bold]ODD[/red] TYPE" in told
    assert "received_at" in told


def test_check_says_what_stays_withheld_where_no_call_is_seen_to_close(
    workplace: Workplace, inside: Inside
) -> None:
    sample = workplace.folder / "sample.json"
    sample.write_text(json.dumps([a_row(1), a_row(2, type="SWAT CALL OUT")]))
    allowed = CITY_FILE.replace('"NOISE" = "noise"', '"NOISE" = "noise"\n"SWAT CALL OUT" = "other"') + (
        '[[policy.allow]]\ngroup = "tactical_officer_safety"\ntypes = ["SWAT CALL OUT"]\n'
        'reason = "An invented ordinance asks for it after the fact"\n'
    )
    file = workplace.folder / "smallville.toml"
    file.write_text(allowed)
    assert "Stays withheld" not in inside("check", "smallville.toml", "--sample", "sample.json")
    file.write_text(re.sub('closes = "[a-z]+"', 'closes = "never"', allowed))
    told = inside("check", "smallville.toml", "--sample", "sample.json")
    assert "Stays withheld: what [[policy.allow]] allows of tactical_officer_safety" in told
    assert "withheld: 1 sensitive" in told


def test_check_counts_the_damaged_lines_of_a_file(workplace: Workplace, inside: Inside) -> None:
    city = CITY_FILE.replace('connector = "socrata"', 'connector = "files"')
    assert city != CITY_FILE
    (workplace.folder / "smallville.toml").write_text(city)
    columns = list(a_row(1))
    good = [list(a_row(number).values()) for number in range(4)]
    lines = [columns, *good, *([*a_row(number).values(), "more"] for number in range(4, 11)), ["alone"]]
    sample = workplace.folder / "calls.csv"
    sample.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    told = inside("check", "smallville.toml", "--sample", "calls.csv", code=1)
    assert "12 records: 4 published" in told
    assert "rejected: 8 ragged_row" in told
    assert "`serve` would refuse this answer as a whole: " in told
    sample.write_text("id,received,kind,status,lon,lat\n")
    told = inside("check", "smallville.toml", "--sample", "calls.csv", code=1)
    assert "column 'type' is gone" in told
    assert "It has these columns: id, kind, lat, lon, received, status" in told


def test_check_of_a_drop_folder_looks_at_its_newest_file(workplace: Workplace, inside: Inside) -> None:
    folder = workplace.folder / "a folder"
    folder.mkdir()
    city = CITY_FILE.replace('connector = "socrata"', 'connector = "files"\nsettle_s = 0')
    city = city.replace("http://127.0.0.1:9/calls.json", folder.as_uri())
    (workplace.folder / "smallville.toml").write_text(city)
    assert "no records" in inside("check", "smallville.toml")
    heading, row = (",".join(map(str, part)) for part in (a_row(1), a_row(1).values()))
    for day, text in enumerate((f"{heading}\n{row}\n{row}\n", f"{heading}\n{row}\n", "a,b\n1,2\n")):
        file = folder / f"{'zyx'[day]}.csv"
        file.write_text(text)
        os.utime(file, (1_700_000_000 + day, 1_700_000_000 + day))
        told = inside("check", "smallville.toml", code=1 if day == 2 else 0)
        assert ("2 records", "1 records", "It has these columns: a, b")[day] in told
    os.utime(file, (1_600_000_000, 1_600_000_000))
    told = inside("check", "smallville.toml")
    assert "1 records" in told
    assert f"{file.name} makes the source fail for as long as it lies there: column" in told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"a":', "invalid JSON"),
        ("<html>", "cannot be read"),
        ("[]", "no records"),
        ("[1, 2]", "cannot be read"),
    ],
)
def test_check_says_what_is_wrong_with_a_broken_sample(
    workplace: Workplace, inside: Inside, body: str, words: str
) -> None:
    (workplace.folder / "sample.json").write_text(body)
    code = 0 if body == "[]" else 1
    assert words in inside("check", "smallville.toml", "--sample", "sample.json", code=code)


def test_what_was_recorded_can_be_replayed_and_then_served(workplace: Workplace, inside: Inside) -> None:
    with serving_rows(a_row(1), a_row(2, type="FIRE", status="closed"), a_row(3, type="UNKNOWN")) as (
        _,
        server,
    ):
        record = ("record", "smallville.toml", "calls", "-o", "calls.jsonl.zst", "--polls", "2")
        told = inside(*record, *read_from(server))
    assert "2 answers in calls.jsonl.zst" in told
    told = inside("replay", "smallville.toml", "calls", "calls.jsonl.zst", "--data", "replayed")
    assert "2 fetches (0 failed)" in told
    assert "2 incidents published" in told
    arguments = ("serve", "smallville.toml", "--no-intake", "--data", "replayed", "--port", "0")
    with workplace.running(*arguments) as serving_it:
        assert sorted(statuses(serving_it.address()).values()) == ["closed", "open"]
        serving_it.stop()


def test_intake_and_a_server_without_intake_share_one_database(workplace: Workplace) -> None:
    with (
        serving_rows(a_row(1)) as (table, portal),
        workplace.running("fetch", "smallville.toml", *read_from(portal)) as intake,
        workplace.running("serve", "smallville.toml", "--no-intake", "--port", "0") as server,
    ):
        address = server.address()
        until(lambda: len(statuses(address)) == 1)
        known = statuses(address)
        with Listener(httpx2.URL(address).port or 0, "/api/v1/live") as listener:
            listener.read(until_seen="pulse")
            table.insert([a_row(2, **{":updated_at": "2026-02-01T00:00:00Z"})])
            # The list reads the database; the first call may be followed, and told of, a moment later.
            fresh: list[Event] = []
            while not fresh:
                told = [event for event in listener.read(until_seen="incident") if event.name == "incident"]
                fresh = [event for event in told if event.data["id"] not in known]
            assert [event.data["properties"]["category"] for event in fresh] == ["noise"]
        intake.start_s = server.start_s
        intake.stop()
        assert "Stopped; everything stored is kept." in intake.said()
        server.stop()


def test_a_server_ends_quickly_and_cleanly_with_live_clients_and_goes_on_after_a_restart(
    workplace: Workplace,
) -> None:
    with serving_rows(a_row(1), a_row(2)) as (table, portal), ExitStack() as stack:
        arguments = ("serve", "smallville.toml", "--port", "0", *read_from(portal))
        first = stack.enter_context(workplace.running(*arguments))
        address = first.address()
        before = statuses(address)
        assert len(before) == 2
        port = httpx2.URL(address).port or 0
        listeners = [stack.enter_context(Listener(port, "/api/v1/live")) for _ in range(20)]
        for listener in listeners:
            listener.read(until_seen="pulse")
        idle = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        stack.callback(idle.close)
        idle.request("GET", "/healthz")
        assert idle.getresponse().read() == b"ok"
        first.stop(signal.SIGTERM)
        for listener in listeners:
            assert {event.name for event in listener.read()} <= {"pulse"}, "the response ends as it should"
        table.insert([a_row(3, **{":updated_at": "2026-02-01T00:00:00Z"})])
        second = stack.enter_context(workplace.running(*arguments))
        address = second.address()
        until(lambda: len(statuses(address)) == 3)
        assert before.items() <= statuses(address).items(), "the same ids, still there"
        second.stop(signal.SIGINT)


def test_check_asks_what_somebody_could_learn_and_is_quiet_when_all_is_well(
    workplace: Workplace, inside: Inside
) -> None:
    heading = "What somebody could learn from this feed that you did not mean to tell"
    sample = workplace.folder / "sample.json"
    sample.write_text(json.dumps([a_row(number) for number in range(40)]))
    assert heading not in inside("check", "smallville.toml", "--sample", "sample.json")
    rows = [a_row(n, confidential="Y" if n % 4 else "", dispo="SUICIDE, 713-555-0100") for n in range(40)]
    sample.write_text(json.dumps(rows))
    told = inside("check", "smallville.toml", "--sample", "sample.json", code=1)
    assert "2 questions to answer before this city is served" in told
    asked = told.partition(heading)[2]
    assert "`dispo` says something sensitive of 40 records" in asked
    assert "`confidential` is set in 30 records" in asked
    assert "(marked:confidential)" in asked
    assert "713-555-0100" not in told
    answered = 'answered = { "marked:confidential" = "It marks the caller, who is not in the feed" }\n'
    city = CITY_FILE.replace('connector = "socrata"', f'{answered}connector = "socrata"')
    (workplace.folder / "smallville.toml").write_text(city)
    told = inside("check", "smallville.toml", "--sample", "sample.json", code=1)
    assert "1 question to answer" in told
    assert "(marked:confidential)" not in told


def test_check_asks_whether_times_that_are_whole_hours_old_are_in_the_right_zone(
    workplace: Workplace, inside: Inside
) -> None:
    def rows(hours: int) -> str:
        newest = datetime.now(UTC) - timedelta(hours=hours, minutes=4)
        times = [newest - timedelta(minutes=3 * number) for number in range(30)]
        return json.dumps([a_row(n, received=when.isoformat()) for n, when in enumerate(times)])

    sample, city = workplace.folder / "sample.json", workplace.folder / "smallville.toml"
    sample.write_text(rows(0))
    assert "right zone" not in inside("check", "smallville.toml", "--sample", "sample.json")
    sample.write_text(rows(5))
    told = inside("check", "smallville.toml", "--sample", "sample.json", code=1)
    assert "The newest of 30 times is 5 h 04 min old: is it read in the right zone?" in told
    assert "1 question to answer before this city is served" in told
    assert re.search(r"\d\d:\d\d here", told), "times stand there as the city's clock shows them"
    answered = 'answered = { "time-zone" = "The portal is five hours behind" }\n'
    city.write_text(CITY_FILE.replace('connector = "socrata"', f'{answered}connector = "socrata"'))
    assert "right zone" not in inside("check", "smallville.toml", "--sample", "sample.json")
