"""Keeps a few rows of a sample with nothing in them that points at anybody."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import h3

from blocklight.config.city import CallTypes, City
from blocklight.errors import RecordRejected
from blocklight.geo.exact import degrees
from blocklight.intake.call_types import CallMeanings
from blocklight.intake.normalise import Normaliser
from blocklight.intake.propose.guesses import Guess
from blocklight.intake.record import Incident
from blocklight.model.record import TIMES
from blocklight.model.vocabulary import Reason

_KEPT_ROWS = 12
# Two steps coarser than what is published: a sample is committed, and stays.
_SAMPLE_RESOLUTION = 7

_SECONDS = 100_000_000_000  # what is larger counts milliseconds
_WORDS = ("source_type", "other_type", "priority", "status", "agency", "origin")
_CLOCK = re.compile(r"(\d\d?):\d\d(:\d\d)?(\.\d+)?")


def kept_rows(
    rows: Sequence[Mapping[str, object]], city: City, guesses: Mapping[str, Guess], key: Sequence[str]
) -> list[dict[str, object]]:
    """A few rows as a city file would have them, redacted.

    Keys are counted anew, addresses invented, points moved to the middle of a cell of some kilometres; only
    rows stay whose types may be published; times are cut to the hour.
    """
    meanings = CallMeanings(CallTypes(), ())
    sample: list[dict[str, object]] = []
    normalise = Normaliser.of(city.sources[0], city)
    for row in rows:
        if len(sample) >= _KEPT_ROWS:
            break
        try:
            incident = normalise(row, datetime.now(UTC))
        except RecordRejected:
            continue
        types = (incident.source_type, *incident.other_types)
        if not any(isinstance(meanings.of(text).category, Reason) for text in types):
            sample.append(_redacted(row, incident, guesses, key, len(sample) + 1))
    return sample


def _redacted(
    row: Mapping[str, object],
    incident: Incident,
    guesses: Mapping[str, Guess],
    key: Sequence[str],
    number: int,
) -> dict[str, object]:
    redacted = {column: row[column] for column in _given(row, guesses, _WORDS)}
    redacted |= {column: _without_clock(row[column]) for column in _given(row, guesses, TIMES)}
    if "address" in guesses:
        redacted[guesses["address"].columns[0]] = "100 MAIN ST"
    if incident.point is not None:
        lon, lat = degrees(incident.point)
        lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, _SAMPLE_RESOLUTION))
        _put_point(redacted, guesses, round(lon, 4), round(lat, 4))
    for column in key:
        redacted.setdefault(column, str(number))
        if column not in {c for guess in guesses.values() for c in guess.columns}:
            redacted[column] = str(number)
    return redacted


def _given(row: Mapping[str, object], guesses: Mapping[str, Guess], names: Sequence[str]) -> list[str]:
    columns = (column for name in names if name in guesses for column in guesses[name].columns)
    return [column for column in columns if row.get(column) not in (None, "")]


def _without_clock(value: object) -> Any:  # noqa: ANN401 - a source's value may be anything
    """A time cut to its hour: what is left is nobody's call."""
    if isinstance(value, int | float):
        hour = 3_600_000 if value > _SECONDS else 3600
        return int(value) // hour * hour
    return _CLOCK.sub(_even, str(value))


def _even(hit: re.Match[str]) -> str:
    return f"{hit[1]}:00" + (":00" if hit[2] else "") + ("." + "0" * (len(hit[3]) - 1) if hit[3] else "")


def _put_point(redacted: dict[str, object], guesses: Mapping[str, Guess], lon: float, lat: float) -> None:
    if "lon" in guesses and "lat" in guesses:
        redacted[guesses["lon"].columns[0]], redacted[guesses["lat"].columns[0]] = str(lon), str(lat)
    elif "point" in guesses and guesses["point"].spec.get("convert") == "point":
        redacted[guesses["point"].columns[0]] = {"type": "Point", "coordinates": [lon, lat]}
    elif "point" in guesses and guesses["point"].spec.get("convert") == "lat_lon":
        redacted[guesses["point"].columns[0]] = f"{lat} {lon}"
