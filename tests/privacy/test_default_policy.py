"""The policy that comes with Blocklight, on what real feeds said: nothing sensitive is published."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from exact_calls import an_incident
from town import NOW

from blocklight.config.city import load_city
from blocklight.intake.connectors.recording import replay_lines
from blocklight.intake.redact import Rules, redact
from blocklight.model.outcomes import Withheld
from blocklight.model.record import PublicIncident
from blocklight.model.vocabulary import Kind, Reason, Status

# What a person would call sensitive, said in words of our own and not by the patterns.
SENSITIVE_WORDS = (
    "abus", "annoying phone", "child", "civil standby", "contempt", "coroner", "custody", "dead", "death",
    "deceased", "domestic", "elder", "family", "found person", "harass", "indecent", "juvenile", "lewd",
    "mental", "minor ", "molest", "murder", "overdose", "prostitut", "protective", "psych", "rape",
    "restraining", "runaway", "sex", "spous", "stalk", "suicid", "swat", "truant", "warrant",
)  # fmt: skip
# These hold such a word and say nothing about a person.
HARMLESS = ("ANIMAL", "CRASH/MAJOR", "DEADLY WEAPON", "FAMILY DWELLING", "MINOR INJ", "MURDER")


def csv_types(*columns: str) -> Callable[[Path], Iterator[str]]:
    def read(path: Path) -> Iterator[str]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield from (row[column] for column in columns if row[column])

    return read


def menlo_types(path: Path) -> Iterator[str]:
    with path.open("rb") as raw:
        reader = zstandard.ZstdDecompressor(max_window_size=2**31).stream_reader(raw)
        for line in io.TextIOWrapper(reader, encoding="utf-8"):
            for change in orjson.loads(line)["changes"]:
                if change["op"] == "insert":
                    yield change["row"]["callType"]


def houston_types(path: Path) -> Iterator[str]:
    seen: set[Any] = set()
    for _, body in replay_lines(path):
        value = orjson.loads(body)
        for feature in value.get("features", ()) if isinstance(value, dict) else ():
            row = feature["attributes"]
            key = (row["Address"], row["CALL_TIME"], row["IncidentType"])
            if key not in seen:
                seen.add(key)
                yield row["IncidentType"]


FEEDS: dict[str, tuple[str, str, Callable[[Path], Iterable[str]]]] = {
    "Menlo Park": ("menlo-park", "cad/menlo_park/deltas_2026-02-05_2026-02-15.jsonl.zst", menlo_types),
    "Berkeley": (
        "berkeley",
        "cad/berkeley/Berkeley_PD_-_Calls_for_Service_lab03.csv",
        csv_types("OFFENSE"),
    ),
    "San Francisco Fire": (
        "san-francisco-fire",
        "cad/sf_fire/Fire_Department_Calls_for_Service_2020.csv",
        csv_types("Call Type"),
    ),
    "Houston": ("houston", "cad/houston/houston_raw_arcgis_2025-10-06_7d.jsonl.zst", houston_types),
    "Oakland": ("oakland", "crime/oakland/crimewatch_past90days_2024-08.csv", csv_types("CRIMETYPE")),
}
# Records in the recording, and how many of them, of how many types, are withheld as sensitive.
WITHHELD = {
    "Menlo Park": (4895, 127, 27),
    "Berkeley": (3788, 153, 5),
    "San Francisco Fire": (10_410, 8, 1),
    "Houston": (12_446, 14, 2),
    "Oakland": (5566, 509, 8),
}


def judged(name: str, data: Path) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return the records of a feed by type: all, those withheld as sensitive, and those published."""
    city_name, file, read = FEEDS[name]
    city = load_city(city_name)
    rules = Rules.of(city, bytes(32))
    bounds = city.city.bounds
    lon, lat = (bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2
    every, sensitive, published = Counter(read(data / file)), Counter[str](), Counter[str]()
    for text, count in every.items():
        incident = an_incident(
            source=city.sources[0].id,
            source_key=text,
            kind=Kind.CALL,
            agency="police",
            source_type=text,
            status=Status.OPEN,
            received_at=NOW,
            lon=lon,
            lat=lat,
        )
        outcome = redact(incident, rules)
        if isinstance(outcome, PublicIncident):
            published[text] = count
        elif isinstance(outcome, Withheld) and outcome.reason is Reason.SENSITIVE:
            sensitive[text] = count
    return every, sensitive, published


@pytest.mark.parametrize("name", FEEDS)
def test_no_sensitive_type_of_a_recorded_feed_is_published(
    name: str, shared_data: Path, record_property: Callable[[str, object], None]
) -> None:
    every, sensitive, published = judged(name, shared_data)
    record_property("withheld as sensitive", dict(sensitive.most_common()))
    telling = [
        text
        for text in published
        if any(word in text.casefold() for word in SENSITIVE_WORDS)
        and not any(word in text.upper() for word in HARMLESS)
    ]
    assert telling == []
    assert published
    assert (every.total(), sensitive.total(), len(sensitive)) == WITHHELD[name], sensitive.most_common()
