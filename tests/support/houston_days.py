"""Invents three days of answers in the wire form of Houston's layer, with every fault that such a feed has.

Nothing of a real call is in it. They lie around the night on which the clocks of Houston are set back.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard

BEGIN = datetime(2025, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
ANSWERS = 260
# In each answer: about forty calls are open at any time.
NEW_CALLS = 4

# Answers that say nothing of any call: an error, half an answer, another page, and an empty list.
NO_ANSWERS: dict[int, object] = {
    30: {"error": {"code": 500, "message": "Error performing query operation", "details": []}},
    70: '{"features": [{"attributes": {"Agency": "F", "Addr',
    110: "<html><body>Service unavailable</body></html>",
    150: {"features": []},
}

_STREETS = ("NORTH", "SOUTH", "EAST")
_TYPES = ("EMS EVENT", "CRASH/MINOR", "FIRE EVENT", "AUTOMATIC ALARM", "GAS LEAK", "TRAFFIC HAZARD/URGENT")
_COLUMNS = {
    "UID": "OID", "Agency": "String", "Address": "String", "CrossStreet": "String", "CALL_TIME": "Date",
    "IncidentType": "String", "ALARM_LEVEL": "Integer", "NO_UNITS": "Integer", "Units": "String",
    "LONGITUDE": "Double", "LATITUDE": "Double", "KeyMap": "String", "CombinedResponse": "String",
}  # fmt: skip
_A_THOUSAND_YEARS_MS = 1000 * 365 * 86_400_000


@dataclass
class _Call:
    row: dict[str, Any]
    shown: range
    """The answers that it stands in, by their numbers, but for the *gap*."""
    gap: range
    changes: dict[int, dict[str, Any]]


def write_recording(path: Path, answers: int = ANSWERS) -> Path:
    """Write the first *answers* as `blocklight record` would, and return *path*."""
    lines = (json.dumps(line).encode() + b"\n" for line in _lines(answers))
    path.write_bytes(zstandard.ZstdCompressor().compress(b"".join(lines)))
    return path


def _lines(answers: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(4)  # noqa: S311 - an invention, not a secret
    calls: list[_Call] = []
    for number in range(answers):
        at = BEGIN + number * STEP
        calls += [_new_call(chance, number, at) for _ in range(NEW_CALLS)]
        calls = [call for call in calls if number < call.shown.stop]
        rows = [_row(call, number) for call in calls if number in call.shown and number not in call.gap]
        if number % 20 == 7:
            rows += [dict(rows[0]), *_unreadable(rows[-1], number)]
        yield {"fetched_at": at.timestamp(), "body": NO_ANSWERS.get(number) or _body(rows)}


def _new_call(chance: random.Random, number: int, at: datetime) -> _Call:
    end = number + chance.randint(5, 15)
    agency = chance.choice("FFFP")
    source_type = "CRASH/MAJOR/NON FATAL" if agency == "P" else chance.choice(_TYPES)
    lat, lon = round(chance.uniform(29.6, 30.0), 6), round(chance.uniform(-95.6, -95.1), 6)
    row = {
        "UID": round(lat * 1e6), "Agency": agency, "Address": f"{chance.choice(_STREETS)} ST",
        "CrossStreet": f"BLK {chance.randint(1, 99)}TH ST", "ALARM_LEVEL": 0, "NO_UNITS": 1, "Units": "E009",
        "CALL_TIME": round((at - timedelta(minutes=chance.randint(1, 14))).timestamp() * 1000),
        "IncidentType": source_type, "LONGITUDE": lon, "LATITUDE": lat, "KeyMap": "493H",
        "CombinedResponse": "F",
    }  # fmt: skip
    fate = chance.random()
    changes: dict[int, dict[str, Any]] = {}
    gap = range(0)
    if fate < 0.02:
        row["IncidentType"] = "ASSIST POLICE"
    elif fate < 0.06 and source_type != "EMS EVENT":
        changes[number + 2] = {"IncidentType": "EMS EVENT"}
    elif fate < 0.12:
        gap = range(number + 2, number + 4)
    elif fate < 0.5:
        changes[number + 1] = {"NO_UNITS": 2, "Units": "E009,L003"}
        changes[number + 3] = {"NO_UNITS": 4, "Units": "E009,L003,D001,E002"}
    return _Call(row, range(number, end), gap, changes)


def _row(call: _Call, number: int) -> dict[str, Any]:
    call.row |= call.changes.get(number, {})
    return dict(call.row)


def _unreadable(row: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """A row of the year 3025 and one without a time; their types are harmless, and no other row is theirs."""
    other = row | {"IncidentType": "FIRE EVENT", "Address": f"UNREADABLE {number} ST"}
    return [
        other | {"CALL_TIME": row["CALL_TIME"] + _A_THOUSAND_YEARS_MS},
        other | {"CALL_TIME": None, "CrossStreet": "BLK 1ST ST"},
    ]


def _body(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "displayFieldName": "Agency",
        "fieldAliases": {name: name for name in _COLUMNS},
        "fields": [{"name": n, "type": f"esriFieldType{kind}", "alias": n} for n, kind in _COLUMNS.items()],
        "features": [{"attributes": row} for row in rows],
    }
