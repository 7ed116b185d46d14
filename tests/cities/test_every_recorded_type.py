"""Every call type in any recording is mapped by its city's file, or is named here with a reason."""

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from test_recorded_cities import lines, rows_of

from blocklight.config.city import load_city
from blocklight.intake.redact import Rules
from blocklight.model.vocabulary import Reason

AT_HOME = "somebody at home who may need protection"
# For each city the types that are left to be withheld as unmapped, each with the reason.
UNMAPPED: dict[str, dict[str, str]] = {
    "berkeley": {
        "MISSING ADULT": AT_HOME,
        "KIDNAPPING": AT_HOME,
    },
    "dallas": {
        "7X - Major Accident": "nobody has looked at a day of the feed",
    },
    "menlo-park": {
        "Wireless 911 Open Line": AT_HOME,
        "Follow Up Investigation": AT_HOME,
        "Wireless 911 Hang up": AT_HOME,
        "Fire Assist": "where officers of others are at work",
        "911 Hang-Up Call": AT_HOME,
        "WIRELESS 911 OPEN LINE": AT_HOME,
        "Civil Problem": AT_HOME,
        "Assist Outside Agency": "where officers of others are at work",
        "OUTSIDE ASSIST": "where officers of others are at work",
        "CITIZEN ASSIST": AT_HOME,
        "WIRELESS 911 HANG UP": AT_HOME,
        "Text Abandoned Call": AT_HOME,
        "Missing Adult": AT_HOME,
        "FIRE - ASSIST": "where officers of others are at work",
        "Under Influence of Controlled Substance": "about somebody's health",
        "Citizen Assist": AT_HOME,
        "SUBPOENA SERVICE ATTEMPT": AT_HOME,
        "911 HANG-UP": AT_HOME,
        "Attempt To Contact": AT_HOME,
        "CIVIL MATTER / DISPUTE": AT_HOME,
    },
    "oakland": {
        "KIDNAPPING": AT_HOME,
        "SC KIDNAPPING": AT_HOME,
        "FALSE IMPRISONMENT": AT_HOME,
        "FALSE IMPRISONMENT W/VIOLENCE/ETC": AT_HOME,
        "PROHIBIT AMMUNITION ON SCHHOL GROUNDS EXCEPT LE OFFICERS": "mostly about pupils",
        "DISORDERLY CONDUCT:INTOX DRUG WITH ALCOHOL": "about somebody's health",
        "HAVE FIREARM AT PUBLIC/ETC SCHOOL": "mostly about pupils",
        "HAVE FIREARM AT PUBLIC ETC SCHOOL": "mostly about pupils",
        "DISORDERLY CONDUCT TOLUENE": "about somebody's health",
        "USE UNDER INFLUENCE OF CONTROLLED SUBSTANCE": "about somebody's health",
        "BATTERY ON PERSON ON PROPERTY OF SCHOOL PARK ETC": "mostly about pupils",
        "KIDNAPPING TO COMMIT ROBBERY": AT_HOME,
    },
    "san-mateo-fire": {
        "Public assist": "often a person who has fallen",
        "Auto aid request": "often a person who has fallen",
    },
}


def column(shared: Path, path: str, *names: str) -> Iterator[str]:
    return (row[name] for row in rows_of(shared / path) for name in names if row.get(name))


def berkeley(shared: Path) -> Iterator[str]:
    for name in ("Berkeley_PD_-_Calls_for_Service_lab03", "calls_for_service_lec05"):
        yield from column(shared, f"cad/berkeley/{name}.csv", "OFFENSE", "CVLEGEND")


def dallas(shared: Path) -> Iterator[str]:
    path = shared / "wire" / "dallas" / "dallas_active_calls_9fxf-t2tr_dynamodb_fixture.json"
    return (row["nature_of_call"] for row in json.loads(path.read_bytes())["Items"])


def houston(shared: Path) -> Iterator[str]:
    folder = shared / "cad" / "houston"
    for name in ("houston_raw_arcgis_2025-10-06_7d", "houston_raw_legacy_2020-06-01_1d"):
        for body in (line["body"] for line in lines(folder / f"{name}.jsonl.zst")):
            if isinstance(body, dict):
                yield from (row["attributes"]["IncidentType"] for row in body.get("features", ()))
                yield from (row["IncidentType"] for row in body.get("ActiveIncidentDataTable", ()))
    for name, types in (
        ("houston_events_2025-09_2025-10", ["incident_type"]),
        ("houston_calls_full_2025-09_2025-10", ["type_first", "type_last"]),
        ("houston_calls_2020_2023", ["incident_type"]),
    ):
        table = pq.read_table(folder / f"{name}.parquet", columns=types)
        yield from (text for one in types for text in table[one].unique().to_pylist() if text)


def menlo_park(shared: Path) -> Iterator[str]:
    for line in lines(shared / "cad" / "menlo_park" / "deltas_2026-02-05_2026-02-15.jsonl.zst"):
        for change in line["changes"]:
            row = change.get("row") or change.get("changed") or {}
            if row.get("callType"):
                yield row["callType"]
    sample = shared / "wire" / "citizenrims" / "citizenrims_incident_sample.json"
    yield from re.findall(r'"callType": ?"([^"]+)"', sample.read_text("utf-8"))


def oakland(shared: Path) -> Iterator[str]:
    path = "crime/oakland/crimewatch_past90days_2024-08.csv"
    yield from column(shared, path, "CRIMETYPE", "DESCRIPTION")
    for name in ("oakcrime_190127", "oakcrime_dailyIncid_2019"):
        for text in column(shared, f"crime/oakland/{name}.csv", "ctype", "desc", "crimeCat"):
            yield text.replace("_", " ").strip()
    yield from column(shared, "requests_311/oakland/oak311_potholes_2024-01_2024-03.csv", "description")


def portland(shared: Path) -> Iterator[str]:
    for name in ("911incidents.atom.xml", "911incidents_2.atom.xml"):
        text = (shared / "wire" / "georss_portland_911" / name).read_text("utf-8")
        yield from map(html.unescape, re.findall(r'<category[^>]*\bterm="([^"]*)"', text))


def san_francisco(shared: Path) -> Iterator[str]:
    return column(shared, "requests_311/san_francisco/cases_sample.csv", "Category")


def san_francisco_fire(shared: Path) -> Iterator[str]:
    return column(shared, "cad/sf_fire/Fire_Department_Calls_for_Service_2020.csv", "Call Type")


def san_mateo_fire(shared: Path) -> Iterator[str]:
    path = shared / "cad" / "san_mateo_fire" / "snapshots_2022-04_2024-09.jsonl.zst"
    return (one["category"] for line in lines(path) for one in line["incidents"])


def seattle_fire(shared: Path) -> Iterator[str]:
    path = shared / "wire" / "socrata_samples" / "seattle_fire_kzjm-xkqj.json"
    return (row["type"] for row in json.loads(path.read_bytes()))


RECORDED: list[tuple[str, int, Callable[[Path], Iterator[str]]]] = [
    ("berkeley", 50, berkeley),
    ("dallas", 1, dallas),
    ("houston", 190, houston),
    ("menlo-park", 200, menlo_park),
    ("oakland", 600, oakland),
    ("portland", 30, portland),
    ("san-francisco", 25, san_francisco),
    ("san-francisco-fire", 16, san_francisco_fire),
    ("san-mateo-fire", 50, san_mateo_fire),
    ("seattle-fire", 2, seattle_fire),
]


@pytest.mark.parametrize(("city", "at_least", "types"), RECORDED, ids=[one[0] for one in RECORDED])
def test_every_type_of_every_recording_is_mapped(
    shared_data: Path, city: str, at_least: int, types: Callable[[Path], Iterator[str]]
) -> None:
    found = set(types(shared_data)) - {""}
    assert len(found) >= at_least
    meanings = Rules.of(load_city(city), bytes(32)).meanings
    unmapped = {text for text in found if meanings.of(text).category is Reason.UNMAPPED}
    assert unmapped == set(UNMAPPED.get(city, {}))
