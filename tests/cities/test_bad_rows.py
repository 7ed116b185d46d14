"""What portals really write into their columns, and none of which may reach a public byte or stop a fetch."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from city_runs import Run

from blocklight.model.changes import StoredIncident

AT = datetime(2026, 11, 1, tzinfo=UTC)
SECRETS = ("OVERDOSE", "PREGNANT", "5105550123", "QUIROZ", "CARDIAC")


@pytest.fixture
def oakland(tmp_path: Path) -> Run:
    return Run.of("oakland", tmp_path)


def a_row(number: int, **other: object) -> dict[str, Any]:
    return {
        "casenumber": f"26-{number:06}",
        "datetime": "2026-10-30T14:05:00.000",
        "crimetype": "VANDALISM",
        "description": "VANDALISM",
        "address": "1400 BROADWAY",
        "location": {"type": "Point", "coordinates": [-122.2711, 37.8044]},
        **other,
    }


def stored(run: Run, *rows: dict[str, Any]) -> list[StoredIncident]:
    body = json.dumps(rows).encode()
    plain = {"connector": "json", "url": "https://x.example/rows", "max_rejected_share": 1.0}
    account = run.replay("crimewatch", [(AT, body)], **plain)
    assert not account.failed
    assert account.accounted == account.records == len(rows)
    found = [one for block in run.store.window(datetime(2026, 1, 1, tzinfo=UTC)) for one in block]
    assert len(found) == account.published
    return found


BEATS = ["99X", " 24x ", "PDT2", "", None, 24, "02X;DROP", "<b>02X</b>", ["02X"], {"beat": "02X"}]


def test_a_malformed_beat_changes_nothing(oakland: Run) -> None:
    rows = [a_row(number, policebeat=beat) for number, beat in enumerate(BEATS)]
    found = stored(oakland, *rows)
    assert len(found) == len(BEATS)
    assert {(str(one.incident.place), str(one.incident.areas)) for one in found} == {
        (str(found[0].incident.place), str(found[0].incident.areas))
    }
    oakland.store.close()


def test_medical_details_and_names_in_free_text_reach_nothing(oakland: Run) -> None:
    words = "45YOM CARDIAC ARREST POSS OVERDOSE, PREGNANT WIFE QUIROZ 510-555-0123 5105550123"
    found = stored(
        oakland,
        a_row(1, narrative=words, remarks={"text": words}),
        a_row(2, address=f"1432 BROADWAY APT 5 {words}"),
        a_row(3, description=words),
        a_row(4, crimetype=words, description=words),
    )
    assert 1 <= len(found) <= 2, "what cannot be read as a known type is withheld"
    text = repr(found).upper()
    assert [word for word in SECRETS if word in text] == []
    oakland.store.close()


@pytest.mark.parametrize(
    "when",
    [
        "2104-10-30T14:05:00.000",
        "2914-10-30T14:05:00.000",
        "0001-01-01T00:00:00.000",
        "2026-13-45T99:99:99.000",
    ],
)
def test_an_absurd_time_is_rejected_alone(oakland: Run, when: str) -> None:
    found = stored(oakland, a_row(1), a_row(2, datetime=when))
    assert len(found) == 1
    oakland.store.close()


@pytest.mark.parametrize(
    ("when", "utc"),
    [
        ("2026-03-08T02:30:00.000", datetime(2026, 3, 8, 10, 30, tzinfo=UTC)),  # a reading that never was
        ("2026-03-08T03:30:00.000", datetime(2026, 3, 8, 10, 30, tzinfo=UTC)),
        ("2026-10-31T23:59:59.999", None),  # later than it was read
    ],
)
def test_a_reading_in_the_gap_of_the_clocks_is_a_time_and_one_in_the_future_is_none(
    oakland: Run, when: str, utc: datetime | None
) -> None:
    found = stored(oakland, a_row(1, datetime=when))
    assert [one.incident.received_at.replace(microsecond=0) for one in found] == (
        [] if utc is None else [utc]
    )
    oakland.store.close()
