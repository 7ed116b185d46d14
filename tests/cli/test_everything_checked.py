"""`check` reads all of what it is given, says what that was, and lists types, endings and far places."""

import csv
import json
import re

import pytest
from workplace import CITY_FILE, Inside, Workplace, a_row

from blocklight.config.city import load_city
from blocklight.geo.exact import ExactPoint
from blocklight.intake.feed_report import PlaceCounts
from blocklight.intake.spread import Spread

READ_WHOLE = CITY_FILE.replace(
    'source_type = "type"', 'source_type = "type"\nother_type = "detail"\ndisposition = "ended"'
)


def a_table(workplace: Workplace, rows: list[dict[str, object]], name: str = "calls.csv") -> str:
    with (workplace.folder / name).open("w", newline="") as handle:
        table = csv.DictWriter(handle, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return name


def lines(count: int) -> list[dict[str, object]]:
    """Mostly noise; the rare type, the far place and the odd ending come last."""
    rows = [a_row(n, detail="", ended="") for n in range(count)]
    rows += [a_row(count + n, type="WIZARDRY", detail="POTIONS", ended="Report Filed") for n in range(3)]
    rows += [
        a_row(count + 3, detail="", ended="", lon="-121.99"),
        a_row(count + 4, detail="", ended="", lat="41"),
    ]
    return rows


def test_all_of_a_file_is_read_and_said_to_be(workplace: Workplace, inside: Inside) -> None:
    (workplace.folder / "smallville.toml").write_text(READ_WHOLE)
    file = a_table(workplace, lines(12_000))
    told = inside("check", "smallville.toml", "--all", file)
    assert f"Looked at every row of {file}." in told
    assert "12005 records: 12000 published" in told
    types = re.findall(r"^│ (\w+) +│ (\d+) +│ ([\d.]+%)", told, re.MULTILINE)
    assert types == [("POTIONS", "3", "0.0%"), ("WIZARDRY", "3", "0.0%"), ("NOISE", "12002", "100.0%")]
    assert re.search(r"other_type +│ detail +│ text +│ 3 of 12005 +│ POTIONS", told)
    assert re.search(r"disposition +│ ended +│ text +│ 3 of 12005 +│ Report Filed", told)
    assert "which are left out: 3: 'Report Filed' 3." in told
    assert (
        "12,005 rows have coordinates; 2 (0.0%) lie outside bounds: 1 by up to 1 km, 1 by up to 1,000 km"
        in told
    )
    assert "bounds = { west = -122.25, south = 37.75, east = -122.24, north = 37.76 }" in told
    assert re.search(r"Questions are asked of [\d,]+ of them, evenly", told)


def test_a_sample_of_a_file_source_is_read_to_its_end(workplace: Workplace, inside: Inside) -> None:
    (workplace.folder / "smallville.toml").write_text(
        READ_WHOLE.replace('connector = "socrata"', 'connector = "files"').replace(
            "http://127.0.0.1:9/calls.json", (workplace.folder / "other.csv").as_uri()
        )
    )
    a_table(workplace, lines(1), "other.csv")
    told = inside("check", "smallville.toml", "--sample", a_table(workplace, lines(3_000)))
    assert "every row of calls.csv" in told
    assert "3005 records" in told
    told = inside("check", "smallville.toml")
    assert "6 records" in told


def test_one_page_of_the_network_is_said_to_be_one(workplace: Workplace, inside: Inside) -> None:
    (workplace.folder / "sample.json").write_text(json.dumps([a_row(1)]))
    assert "Looked at the first page of sample.json." in inside(
        "check", "smallville.toml", "--sample", "sample.json"
    )


def test_the_types_are_written_as_csv_edited_and_signed_off(workplace: Workplace, inside: Inside) -> None:
    file = a_table(workplace, lines(5))
    inside("check", "smallville.toml", "--all", file, "--types-csv", "types.csv")
    sheet = workplace.folder / "types.csv"
    with sheet.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["type"], row["records"], row["becomes"], row["category"]) for row in rows] == [
        ("WIZARDRY", "3", "withheld: unmapped", ""),
        ("NOISE", "7", "noise", ""),
    ]
    assert "exists already" in inside(
        "check", "smallville.toml", "--all", file, "--types-csv", "types.csv", code=1
    )
    sheet.write_text(sheet.read_text().replace("not known to be harmless: WIZARDRY,,", "known now,,welfare"))
    inside("type", "apply", "smallville.toml", "--worksheet", "types.csv")
    signed = load_city(str(workplace.folder / "smallville.toml")).call_types.exact
    assert signed["WIZARDRY"] == "welfare"
    sheet.write_text("type;category\nNOISE;crime\n")
    assert "'crime' is not one of" in inside(
        "type", "apply", "smallville.toml", "--worksheet", "types.csv", code=1
    )
    sheet.write_text("name,category\nNOISE,noise\n")
    assert "columns `type` and `category`" in inside(
        "type", "apply", "smallville.toml", "--worksheet", "types.csv", code=1
    )


def test_a_sensitive_type_cannot_be_signed_off_in_a_csv_either(workplace: Workplace, inside: Inside) -> None:
    (workplace.folder / "types.csv").write_text("type,category\nDOMESTIC VIOLENCE,noise\n")
    before = (workplace.folder / "smallville.toml").read_text()
    assert "is sensitive" in inside("type", "apply", "smallville.toml", "--worksheet", "types.csv", code=1)
    assert (workplace.folder / "smallville.toml").read_text() == before


def test_after_an_import_the_same_is_reported(workplace: Workplace, inside: Inside) -> None:
    (workplace.folder / "smallville.toml").write_text(READ_WHOLE)
    told = inside("import", "smallville.toml", "calls", a_table(workplace, lines(20)))
    assert re.search(r"WIZARDRY +│ 3", told)
    assert "'Report Filed' 3" in told
    assert "25 rows have coordinates; 2 (8.0%) lie outside bounds" in told
    assert told.rstrip().endswith("0 rejected.")


def test_the_box_leaves_out_no_more_than_it_may() -> None:
    bounds = load_city("houston").city.bounds
    places = PlaceCounts()
    for n in range(1000):
        places.add(ExactPoint(-95.3 + n % 10 / 100, 29.7), bounds)
    places.add(ExactPoint(10, 29.7), bounds)
    box = places.box()
    assert box is not None
    assert box[2] < -95
    places.add(ExactPoint(11, 29.7), bounds)
    box = places.box()
    assert box is not None
    assert box[2] > 10, "two of 1,002 are more than a thousandth"
    assert PlaceCounts().box() is None


def test_two_noughts_are_outside_and_widen_no_box() -> None:
    places, bounds = PlaceCounts(), load_city("houston").city.bounds
    for lon, lat in ((-95.305, 29.705), (-95.315, 29.715), (0.0, 0.0)):
        places.add(ExactPoint(lon, lat), bounds)
    assert (places.placed, places.nowhere, places.beside.total()) == (3, 1, 1)
    assert places.box() == (-95.32, 29.7, -95.3, 29.72)


def test_a_spread_keeps_first_middle_and_last() -> None:
    spread = Spread[int](10)
    for n in range(1000):
        spread.add(n)
    assert 10 <= len(spread.items) <= 20
    assert spread.items[0] == 0
    assert spread.items[-1] >= 900
    gaps = {b - a for a, b in zip(spread.items, spread.items[1:], strict=False)}
    assert len(gaps) == 1


def test_equal_rows_are_counted(workplace: Workplace, inside: Inside) -> None:
    rows = [{name: value for name, value in a_row(n).items() if name[0] != ":"} for n in (1, 2, 2, 2)]
    told = inside("check", "smallville.toml", "--all", a_table(workplace, rows))
    assert "2 rows equal to an earlier one in all that is read" in told
    city = CITY_FILE.replace('key = ["id"]', 'key = ["id"]\nequal_rows = "apart"')
    (workplace.folder / "smallville.toml").write_text(city)
    assert "equal to an earlier one" not in inside("check", "smallville.toml", "--all", "calls.csv")


@pytest.mark.parametrize(
    ("received", "said"),
    [
        ("2026-03-01T12:00:00", 'such values are read with convert = "local".'),
        ("03/01/2026 12:00", 'such values are read with convert = "local", format = "%m/%d/%Y %H:%M".'),
        ("1772366400", 'such values are read with convert = "epoch_s".'),
        ("about noon", "column received holds 'about noon' (3)."),
    ],
)
def test_a_time_that_cannot_be_read_says_how_it_would_be(
    workplace: Workplace, inside: Inside, received: str, said: str
) -> None:
    (workplace.folder / "smallville.toml").write_text(CITY_FILE)
    file = a_table(workplace, [a_row(n, received=received) for n in range(3)])
    told = inside("check", "smallville.toml", "--all", file)
    assert next(line for line in told.splitlines() if "Rejected: bad_time" in line).endswith(said)


def test_letters_that_cannot_be_read_say_which_key_helps(workplace: Workplace, inside: Inside) -> None:
    (workplace.folder / "smallville.toml").write_text(
        CITY_FILE.replace('connector = "socrata"', 'connector = "files"')
    )
    file = a_table(workplace, [a_row(n, status="open" if n else "gesch\u00fctzt") for n in range(12)])
    path = workplace.folder / file
    path.write_bytes(path.read_text("utf-8").encode("cp1252"))
    told = inside("check", "smallville.toml", "--sample", file)
    assert 'bad_encoding: the file is not in utf-8: write encoding = "cp1252"' in told
    assert "11 rows have coordinates" in told


def test_one_row_and_one_type_are_counted_as_one(workplace: Workplace, inside: Inside) -> None:
    (workplace.folder / "smallville.toml").write_text(CITY_FILE)
    told = inside(
        "check", "smallville.toml", "--all", a_table(workplace, [a_row(1, type="WIZARDRY")]), code=1
    )
    assert "1 row has coordinates" in told
    assert "1 type, 100.0% of the records, is withheld until somebody signs it off" in told
