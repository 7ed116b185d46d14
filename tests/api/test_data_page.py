"""Data and methods over HTTP: what the API tells, in words, of a city that loosens something."""

import asyncio
import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from living_city import an_incident
from public_side import NOW, whole
from town import FILE

from blocklight.api.app import create_app
from blocklight.api.state import Public, web_root
from blocklight.config.city import parse_city
from blocklight.geo.areas import Areas
from blocklight.model.record import Place
from blocklight.model.vocabulary import PlaceKind
from blocklight.publish.publisher import Publisher
from blocklight.store import FetchReport, Pause, Store

ROOT = Path(__file__).parents[2]
ALLOW = """
source_types = true
[[policy.allow]]
group = "tactical_officer_safety"
types = ["PURSUIT"]
reason = "Ordinance 12.4 <asks> for publication after the fact"
"""
TYPES = """[call_types.exact]
"PURSUIT" = "officer_activity"
"TREE <DOWN>" = "hazard"
"STALKING" = "other"
"""
LOOSENED = FILE.replace("[call_types.exact]\n", TYPES) + ALLOW


@contextmanager
def a_state(folder: Path, file: str = FILE) -> Iterator[Public]:
    city = parse_city(tomllib.loads(file), file="anytown.toml", folder=folder)
    with Store.open(f"sqlite:///{folder}/a.sqlite3", city.city.id, ledger_kind=city.ledger_kind) as store:
        publisher = Publisher(city, store, now=lambda: NOW)
        yield Public(city, store, publisher, Areas(city))


def page(state: Public, path: str = "/data", status: int = 200) -> str:
    state.publisher.load()

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(create_app(state))
        async with httpx2.AsyncClient(transport=transport, base_url="https://calls.example") as client:
            return await client.get(path)

    answer = asyncio.run(ask())
    assert answer.status_code == status, answer.text
    assert "<script" not in answer.text
    return " ".join(answer.text.split())


def test_what_is_loosened_is_told_with_its_reason_as_text(tmp_path: Path) -> None:
    with a_state(tmp_path, LOOSENED) as state:
        html = page(state)
    assert "A part of the group: Tactical operations" in html
    assert "Ordinance 12.4 &lt;asks&gt; for publication after the fact" in html
    assert "This city publishes no exceptions" not in html


def test_what_is_shown_of_medical_calls_is_told_with_its_reason(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        html = page(state)
    assert "Their times are rounded down to steps of 5 minutes" in html
    assert "Shown of medical calls too" not in html
    shown = '[policy.medical]\nshow = ["times", "units"]\nreason = "The board <asks> for it"\n'
    (tmp_path / "shown").mkdir()
    with a_state(tmp_path / "shown", FILE + shown) as state:
        html = page(state)
    assert "Their times are cut" not in html
    assert "Shown of medical calls too: times to the second" in html
    assert "Shown of medical calls too: number of units" in html
    assert "The board &lt;asks&gt; for it" in html


def test_the_licences_of_what_is_in_the_pages_are_one_link_away(tmp_path: Path) -> None:
    built = web_root() / "licences.txt"
    assert built.is_file(), "the page is built by make setup"
    with a_state(tmp_path) as state:
        html = page(state)
        notices = page(state, "/licences.txt")
    assert '<a href="/licences.txt">Licences of the software, icons and typeface' in html
    for name in json.loads((ROOT / "web" / "package.json").read_text("utf-8"))["dependencies"]:
        assert f"{name} " in notices
    for name, licence in {
        "svelte": "MIT",
        "@mapbox/maki": "CC0-1.0",
        "@rapideditor/temaki": "CC0-1.0",
    }.items():
        assert re.search(rf"{re.escape(name)} [\d.]+ \({licence}\)", notices), name
    assert "SIL OPEN FONT LICENSE" in notices


def test_the_agencys_words_are_named_only_where_they_are_public_and_never_sensitive_ones(
    tmp_path: Path,
) -> None:
    with a_state(tmp_path, LOOSENED) as state:
        html = page(state)
    assert "TREE &lt;DOWN&gt;" in html
    assert "STALKING" not in html
    (tmp_path / "silent").mkdir()
    with a_state(tmp_path / "silent", FILE + ALLOW.replace("source_types = true", "")) as state:
        html = page(state)
    assert "TREE" not in html
    assert "only their number is shown here" in html


def test_the_health_of_a_source_is_told_with_its_delay_and_gaps(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        report = {"source": "calls", "late_after_s": 60.0}
        for hours in (50, 49, 20):
            whole(state.store).record_fetch(FetchReport(at=NOW - timedelta(hours=hours), **report))  # type: ignore[arg-type]  # any field
        incidents = [an_incident(n, source="calls", received_at=NOW - timedelta(minutes=9)) for n in range(9)]
        whole(state.store).apply("calls", incidents, at=NOW - timedelta(minutes=4))
        html = page(state)
    assert '<span class="state late">' in html
    assert "20 h ago" in html
    assert "<dd>2</dd>" in html
    assert "5 min · 5 min · 5 min" in html


def test_places_are_told_with_how_far_they_were_moved(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        where = Place(-122.25, 37.75, PlaceKind.PUBLISHER, 120)
        incidents = [
            *(an_incident(n, source="calls", received_at=NOW) for n in range(2)),
            an_incident(3, source="calls", received_at=NOW, place=where),
            an_incident(4, source="calls", received_at=NOW, place=None, areas={}),
        ]
        whole(state.store).apply("calls", incidents, at=NOW)
        html = page(state)
    assert "75% of the 4 incidents on the map have a place." in html
    assert '<td class="n">201 m</td><td class="n">2</td>' in html
    assert 'Where the city&#39;s own feed puts it</th><td class="n">120 m</td><td class="n">1</td>' in html


def test_a_pause_is_told_while_it_lasts(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        assert "Paused by the city now" not in page(state)
        whole(state.store).pause(Pause("category", "noise", "a review <of> the feed", NOW))
        html = page(state)
    assert ": Noise. Reason: a review" in html
    assert "a review &lt;of&gt; the feed" in html


@pytest.mark.parametrize(
    "query", ["from=soon", "area=beat:04X", "colour=red", "from=2020-01-01&to=2025-01-01"]
)
def test_a_ledger_that_cannot_be_told_is_said_beside_the_usual_one(tmp_path: Path, query: str) -> None:
    with a_state(tmp_path) as state:
        html = page(state, f"/data?{query}", 400)
    assert f"“{query.partition('=')[0]}” could not be understood" in html
    assert 'id="licence"' in html


def test_the_page_says_how_to_cite_itself(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        assert "Blocklight, Anytown, https://calls.example/, read on Feb 2, 2026." in page(state)
