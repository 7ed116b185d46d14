"""Feeds as readers see them: the newest of a filter, entries that change, and nothing of what is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import httpx2
import pytest
from living_city import START, an_incident
from msgspec.structs import replace
from public_side import PublicSide, public_side, some_incidents

from blocklight.api.state import web_root
from blocklight.model.outcomes import Withheld
from blocklight.model.record import Place
from blocklight.model.vocabulary import Category, PlaceKind, Reason, Status

INCIDENTS = some_incidents(90)
LATER = START + timedelta(hours=2)


@contextmanager
def a_city_with_pages(folder: Path) -> Iterator[PublicSide]:
    """Run a public side whose words are those of the web app."""
    (folder / "web").symlink_to(web_root())
    with public_side(folder) as side:
        yield side


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with a_city_with_pages(tmp_path_factory.mktemp("city")) as side:
        side.store.apply("dispatch", INCIDENTS, at=START)
        side.follow()
        yield side


def _atom(side: PublicSide, **given: str) -> Any:  # noqa: ANN401 - feedparser has no types
    answer = side.get("incidents.atom", params=given)
    assert answer.status_code == httpx2.codes.OK
    assert answer.headers["content-type"] == "application/atom+xml"
    read = feedparser.parse(answer.content)
    assert not read.bozo, read.get("bozo_exception")
    return read


def _json(side: PublicSide, **given: str) -> dict[str, Any]:
    answer = side.get("incidents.jsonfeed", params=given)
    assert answer.headers["content-type"] == "application/feed+json"
    body: dict[str, Any] = answer.json()
    assert body["version"] == "https://jsonfeed.org/version/1.1"
    return body


def _ids(feed: Any) -> set[str]:  # noqa: ANN401 - feedparser has no types
    return {entry.id.removeprefix("urn:blocklight:smallville:") for entry in feed.entries}


@pytest.mark.parametrize(
    ("given", "is_met"),
    [
        ({}, lambda _: True),
        ({"category": "fire"}, lambda incident: incident.category == "fire"),
        ({"area": "beat:01X"}, lambda incident: incident.areas.get("beat") == "01X"),
        ({"kind": "request", "status": "open"}, lambda i: i.kind == "request" and i.status == "open"),
    ],
)
def test_a_feed_has_what_its_filter_matches(
    side: PublicSide,
    given: dict[str, str],
    is_met: Any,  # noqa: ANN401 - a row of a table
) -> None:
    matching = {incident.id for incident in INCIDENTS if is_met(incident)}
    assert matching
    assert _ids(_atom(side, **given)) == matching
    items = _json(side, **given)["items"]
    assert {item["id"].rpartition(":")[2] for item in items} == matching


def test_an_entry_says_what_where_and_when(side: PublicSide) -> None:
    feed = _atom(side)
    by_id = {incident.id: incident for incident in INCIDENTS}
    assert len(feed.entries) == len(by_id)
    for entry in feed.entries:
        incident = by_id[entry.id.rpartition(":")[2]]
        assert entry.link == f"{side.server.url}/list/{incident.id}"
        assert entry.tags[0].term == incident.category
        where = entry.get("where")
        assert (where is None) is (incident.place is None)
        if incident.place is not None:
            assert where.coordinates == (incident.place.lon, incident.place.lat)
    (item,) = [one for one in _json(side)["items"] if one["id"] == feed.entries[0].id]
    assert item["title"] == feed.entries[0].title
    assert item["date_modified"] == feed.entries[0].updated


def test_an_answer_that_did_not_change_is_not_sent_again(side: PublicSide) -> None:
    for path in ("incidents.atom", "incidents.jsonfeed"):
        etag = side.get(path).headers["etag"]
        assert side.get(path, headers={"if-none-match": etag}).status_code == httpx2.codes.NOT_MODIFIED


def test_titles_are_in_the_language_that_is_asked_for(side: PublicSide) -> None:
    english, spanish = _atom(side), _atom(side, lang="es")
    assert (english.feed.language, spanish.feed.language) == ("en", "es")
    assert english.entries[0].title != spanish.entries[0].title


def test_an_update_changes_the_entry_and_keeps_its_id(tmp_path: Path) -> None:
    with a_city_with_pages(tmp_path) as side:
        first = an_incident(1)
        side.store.apply("dispatch", [first], at=START)
        before = _atom(side).entries[0]
        closed = replace(first, status=Status.CLOSED, closed_at=LATER)
        side.store.apply("dispatch", [closed], at=LATER)
        after = _atom(side).entries[0]
        assert after.id == before.id
        assert after.published == before.published
        assert after.updated > before.updated


@pytest.mark.parametrize("reason", [Reason.SENSITIVE, Reason.POLICY])
def test_what_is_taken_back_leaves_a_feed_by_its_absence_alone(tmp_path: Path, reason: Reason) -> None:
    with a_city_with_pages(tmp_path) as side:
        side.store.apply("dispatch", [an_incident(2, category=Category.FIRE)], at=START)
        never = [side.get(path).content for path in ("incidents.atom", "incidents.jsonfeed")]
        gone = an_incident(1, category=Category.FIRE)
        side.store.apply("dispatch", [gone], at=LATER)
        assert gone.id in _ids(_atom(side, category="fire"))
        side.store.apply("dispatch", [Withheld(gone.id, "dispatch", reason)], at=LATER)
        assert [side.get(path).content for path in ("incidents.atom", "incidents.jsonfeed")] == never


def test_no_text_breaks_out_of_xml(tmp_path: Path) -> None:
    with a_city_with_pages(tmp_path) as side:
        place = Place(-122.25, 37.75, PlaceKind.GRID, 201, 'a<b>&"]]>\x01\x0b')
        side.store.apply("dispatch", [replace(an_incident(1), place=place)], at=START)
        assert 'a<b>&"]]>' in _atom(side).entries[0].title


@pytest.mark.parametrize("given", [{"category": "fir"}, {"limit": "5"}, {"lang": "<"}])
def test_a_mistake_is_a_400(side: PublicSide, given: dict[str, str]) -> None:
    for path in ("incidents.atom", "incidents.jsonfeed"):
        assert side.get(path, params=given).status_code == httpx2.codes.BAD_REQUEST
