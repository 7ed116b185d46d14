import json
import tomllib
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blocklight.cli import app
from blocklight.cli.sign_off import decide, write_types
from blocklight.config.city import CallTypes, load_city
from blocklight.config.city_edit import with_signed_types
from blocklight.errors import BlocklightError, CityFileError
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.type_counts import sign_off_refusal, type_counts
from blocklight.model.vocabulary import Category

CITY = """
# A town of nobody's.
[city]
id = "anytown"
name = "Anytown"
time_zone = "America/Chicago"
bounds = { west = -96.0, south = 29.0, east = -95.0, north = 30.0 }
[[sources]]
id = "calls"
label = "Calls"
connector = "json"
url = "http://127.0.0.1:9/calls"
key = ["id"]
closes = "never"
[sources.fields]
received_at = { from = "at", convert = "iso" }
source_type = "what"
agency = { default = "police" }
lon = { from = "lon", convert = "float" }
lat = { from = "lat", convert = "float" }

[call_types.exact]
"OLD LINE" = "noise"  # signed in spring

[dispositions]
"RTF" = "report_taken"
"""
SHIPPED = CallMeanings(CallTypes(), ())
COUNTED = Counter({"MEET CITIZEN": 5, "FIGHT": 9, "ASSAULT QX": 3, "BATTERY (FV)": 2, "BITE BY A FERRET": 1})
run = CliRunner()
FREE = "abcdefghijklmnoprstuvwxz1234567890"


def city_file(folder: Path) -> Path:
    path = folder / "anytown.toml"
    path.write_text(CITY, "utf-8")
    return path


def answer(folder: Path) -> Path:
    rows = [
        {"id": f"{what}{n}", "at": "2026-03-01T12:00:00Z", "what": what, "lon": -95.5, "lat": 29.5}
        for what, count in COUNTED.items()
        for n in range(count)
    ]
    path = folder / "answer.json"
    path.write_text(json.dumps(rows), "utf-8")
    return path


def keys(*typed: str) -> Callable[[], str]:
    left = iter(typed)
    return lambda: next(left)


def slow_clock() -> Callable[[], float]:
    ticks = iter(range(1_000_000))
    return lambda: float(next(ticks))


def test_types_are_listed_by_their_records_and_those_that_wait_come_first(tmp_path: Path) -> None:
    shown = run.invoke(app, ["type", "list", str(city_file(tmp_path)), "--sample", str(answer(tmp_path))])
    assert shown.exit_code == 0, shown.output
    places = [
        shown.output.index(text) for text in ("MEET CITIZEN", "ASSAULT QX", "BITE BY", "FIGHT", "BATTERY")
    ]
    assert places == sorted(places)
    assert "not known to be harmless: QX" in shown.output
    assert "3 types, 45.0% of the records, are withheld until somebody signs them off" in " ".join(
        shown.output.split()
    )


def test_history_of_a_source_is_counted_like_its_feed(tmp_path: Path) -> None:
    table = tmp_path / "history.csv"
    rows = "".join(f"{n},2026-03-01T12:00:00Z,MEET CITIZEN,-95.5,29.5\n" for n in range(4))
    table.write_text(f"id,at,what,lon,lat\n{rows}", "utf-8")
    shown = run.invoke(app, ["type", "list", str(city_file(tmp_path)), "--history", str(table)])
    assert shown.exit_code == 0, shown.output
    assert "100.0%" in shown.output


def test_each_type_that_waits_takes_one_key() -> None:
    counts = type_counts(COUNTED, SHIPPED.of)
    signed = decide(counts, SHIPPED, keys("y", "a", " "), slow_clock())
    assert signed == {"MEET CITIZEN": Category.SERVICE, "ASSAULT QX": Category.VIOLENCE}
    stopped = decide(counts, SHIPPED, keys("y", "q"), slow_clock())
    assert stopped == {"MEET CITIZEN": Category.SERVICE}


def test_every_category_has_a_key_and_an_unknown_key_decides_nothing() -> None:
    line = type_counts({"ZORBLAX": 1}, SHIPPED.of)
    by_key = {key: decide(line, SHIPPED, keys(key, " "), slow_clock()) for key in FREE[: len(Category)]}
    assert {signed["ZORBLAX"] for signed in by_key.values()} == set(Category)
    assert decide(line, SHIPPED, keys("?", "y", " "), slow_clock()) == {}, "nothing proposes anything here"


def test_a_key_that_is_held_down_signs_nothing_off() -> None:
    counts = type_counts({f"MEET CITIZEN {letter}X": 1 for letter in "ABCDEFG"}, SHIPPED.of)
    moments = iter([*(0.01 * n for n in range(200)), 10.0, 20.0])
    assert decide(counts, SHIPPED, keys(*"y" * 99, "y", "q"), lambda: next(moments)) == {}


def test_no_key_makes_a_medical_type_finer_and_the_line_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    line = type_counts({"BITE BY A FERRET": 1}, SHIPPED.of)
    assert decide(line, SHIPPED, keys("r", "y"), slow_clock()) == {"BITE BY A FERRET": Category.MEDICAL}
    assert 'group = "medical", types = ["BITE BY A FERRET"]' in " ".join(capsys.readouterr().out.split())


def test_a_sensitive_type_is_never_asked_about_and_may_not_be_signed() -> None:
    assert decide(type_counts({"BATTERY (FV)": 9}, SHIPPED.of), SHIPPED, keys(), slow_clock()) == {}
    refused = sign_off_refusal("BATTERY (FV)", Category.VIOLENCE, SHIPPED)
    assert refused is not None
    assert '[[policy.allow]] with group = "domestic_violence"' in refused


def test_an_unedited_worksheet_signs_nothing_off_and_an_edited_one_what_was_edited(tmp_path: Path) -> None:
    path, sheet = city_file(tmp_path), tmp_path / "types.toml"
    options = ["type", "list", str(path), "--sample", str(answer(tmp_path)), "--worksheet", str(sheet)]
    assert run.invoke(app, options).exit_code == 0
    assert tomllib.loads(sheet.read_text("utf-8")) == {}
    assert run.invoke(app, ["type", "apply", str(path), "--worksheet", str(sheet)]).exit_code == 0
    assert path.read_text("utf-8") == CITY
    text = sheet.read_text("utf-8")
    sheet.write_text(text.replace('# "ASSAULT QX" =', '"ASSAULT QX" ='), "utf-8")
    assert run.invoke(app, ["type", "apply", str(path), "--worksheet", str(sheet)]).exit_code == 0
    assert load_city(str(path)).call_types.exact == {"OLD LINE": "noise", "ASSAULT QX": "violence"}
    assert run.invoke(app, options).exit_code == 1, "a worksheet that somebody edits is never overwritten"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('"BATTERY (FV)" = "violence"', "sensitive"),
        ('"BITE BY A FERRET" = "animal"', "medical"),
        ('"MEET CITIZEN" = "crime"', "'crime' is not one of"),
        ('"MEET CITIZEN" = ', "not TOML"),
    ],
)
def test_a_worksheet_with_a_line_that_may_not_be_is_refused_whole(
    tmp_path: Path, line: str, says: str
) -> None:
    path, sheet = city_file(tmp_path), tmp_path / "types.toml"
    sheet.write_text(f'"ASSAULT QX" = "violence"\n{line}\n', "utf-8")
    with pytest.raises(BlocklightError, match=says):
        write_types(str(path), sheet)
    assert path.read_text("utf-8") == CITY


def test_a_shipped_city_is_copied_before_it_is_signed_off(tmp_path: Path) -> None:
    sheet = tmp_path / "types.toml"
    sheet.write_text('"ZORBLAX" = "noise"\n', "utf-8")
    with pytest.raises(BlocklightError, match="copy its file"):
        write_types("houston", sheet)


def test_signed_lines_are_dated_and_every_other_byte_stays() -> None:
    signed = {'A "B" = C': Category.FIRE, "X.Y": Category.NOISE}
    edited = with_signed_types(CITY, signed, date(2026, 11, 28), file="anytown.toml")
    added = '# Signed off on 2026-11-28.\n"A \\"B\\" = C" = "fire"\n"X.Y" = "noise"\n'
    assert added in edited
    assert edited.replace(added, "").split() == CITY.split()
    without = CITY.replace('[call_types.exact]\n"OLD LINE" = "noise"  # signed in spring\n', "")
    assert added in with_signed_types(without, signed, date(2026, 11, 28), file="anytown.toml")


def test_a_file_that_cannot_be_edited_says_so() -> None:
    inline = CITY.replace('[call_types.exact]\n"OLD LINE" = "noise"  # signed in spring\n', "")
    inline = f'call_types = {{ exact = {{ "OLD LINE" = "noise" }} }}\n{inline}'
    assert tomllib.loads(inline)["call_types"]["exact"] == {"OLD LINE": "noise"}
    with pytest.raises(CityFileError, match="by hand"):
        with_signed_types(inline, {"X": Category.NOISE}, date(2026, 11, 28), file="anytown.toml")


def test_keys_need_a_terminal(tmp_path: Path) -> None:
    piped = run.invoke(app, ["type", "sign", str(city_file(tmp_path))])
    assert "needs a terminal" in str(piped.exception)
