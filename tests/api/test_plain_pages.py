"""The pages without scripts over HTTP: the same incidents as the API, in words, and nothing that runs."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from living_city import START, an_incident, incident_id
from public_side import PublicSide, public_side, some_incidents

from blocklight.api.plain.words import catalogue
from blocklight.api.state import web_root
from blocklight.model.outcomes import Withheld
from blocklight.model.record import Place
from blocklight.model.vocabulary import Category, PlaceKind, Reason, Status, Subcategory
from blocklight.store.admin.pausing import Pause

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
LANGUAGES = sorted(catalogue(web_root()).languages)


def with_web(folder: Path) -> Path:
    (folder / "web").symlink_to(web_root())
    return folder


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicSide]:
    with public_side(with_web(tmp_path_factory.mktemp("plain")), follow=False) as side:
        side.store.apply("dispatch", some_incidents(130), at=START)
        yield side


@pytest.fixture
def own_side(tmp_path: Path) -> Iterator[PublicSide]:
    with public_side(with_web(tmp_path), follow=False) as side:
        yield side


def page(side: PublicSide, path: str, status: int = 200, **settings: Any) -> str:  # noqa: ANN401 - of httpx2
    answer = side.client.get(path, **settings)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def ids_on(html: str) -> list[str]:
    return re.findall(r'href="/list/([a-z2-7]{16})', html)


def next_of(html: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]+)"', html)
    return found and unescape(found[1])


def test_the_pages_of_the_list_together_are_what_the_api_lists(side: PublicSide) -> None:
    found: list[str] = []
    path: str | None = "/list?section=all"
    while path is not None:
        html = page(side, path)
        assert ids_on(html)
        found += ids_on(html)
        path = next_of(html)
    listed = side.get("incidents?limit=1000").json()["features"]
    assert len(listed) == 130
    by_status = {status: [one["id"] for one in listed if status_of(one) == status] for status in Status}
    assert all(len(ids) > 50 for ids in by_status.values())
    assert found == by_status[Status.OPEN] + by_status[Status.CLOSED]


def status_of(feature: dict[str, Any]) -> str:
    return str(feature["properties"]["status"])


def headings(html: str) -> list[str]:
    return re.findall(r'<h2 class="part-head">([^<]*)<', html)


def test_what_is_happening_now_stands_above_what_has_ended_and_each_section_apart(side: PublicSide) -> None:
    for section in ("calls", "requests", "officer"):
        listed = side.get(f"incidents?limit=1000&section={section}").json()["features"]
        now = [one["id"] for one in listed if status_of(one) == "open"]
        ended = [one["id"] for one in listed if status_of(one) == "closed"]
        assert now
        assert ended
        html = page(side, f"/list?section={section}")
        assert ids_on(html) == now + ended[:50]
        assert headings(html) == [f"Happening now · {len(now)}", "Ended"]
    assert ids_on(page(side, "/list")) == ids_on(page(side, "/list?section=calls"))


def test_the_tabs_keep_the_filter_and_say_which_one_is_listed(side: PublicSide) -> None:
    html = page(side, "/list?section=requests&agency=fire&lang=en")
    tabs = re.search(r'<nav class="sections".*?</nav>', html, re.DOTALL)
    assert tabs
    links = re.findall(r'href="([^"]+)"( aria-current="true")?>([^<]+)<', tabs[0])
    assert [(unescape(address), bool(current), name) for address, current, name in links] == [
        ("/list?agency=fire&lang=en", False, "Calls"),
        ("/list?agency=fire&section=requests&lang=en", True, "Repairs and requests"),
        ("/list?agency=fire&section=officer&lang=en", False, "Officer activity"),
    ]
    assert '<input type="hidden" name="section" value="requests">' in html


def test_more_open_calls_than_a_page_holds_are_one_link_away(own_side: PublicSide) -> None:
    many = [an_incident(number) for number in range(1, 231)]
    own_side.store.apply("dispatch", many, at=START)
    html = page(own_side, "/list?agency=police")
    assert headings(html) == ["Happening now · 200+"]
    more = re.search(r'<p class="part-more"><a href="([^"]+)"', html)
    assert more
    alone = unescape(more[1])
    assert alone == "/list?agency=police&status=open"
    found: list[str] = []
    path: str | None = alone
    while path is not None:
        html = page(own_side, path)
        found += ids_on(html)
        path = next_of(html)
    assert len(found) == len(set(found)) == 230


def test_what_nobody_tells_is_a_dash_and_the_banner_says_why(own_side: PublicSide) -> None:
    # Nothing was ever fetched here.
    html = page(own_side, "/list")
    assert headings(html) == ["Happening now · –"]
    assert re.search(r'<div class="banner" role="status"><p>[^<]+ has not answered yet</p>', html)


def banner_of(html: str) -> list[str]:
    found = re.search(r'<div class="banner" role="status">(.*?)</div>', html)
    return re.findall("<p>([^<]*)</p>", found[1]) if found else []


def test_every_page_says_what_is_paused_since_when_and_why(tmp_path: Path) -> None:
    with public_side(with_web(tmp_path), follow=False) as side:
        side.store.apply("dispatch", [an_incident(1, status=Status.CLOSED)], at=START)
        side.store.pause(Pause("city", "", "Works <on> it", START))
        side.publisher.pauses = side.store.pauses()
        for path in ("/list", f"/list/{incident_id(1)}", "/list/none"):
            (told,) = banner_of(side.client.get(path).text)
            assert told.startswith("Paused by the city since ")
            assert told.endswith(": everything. Reason: Works &lt;on&gt; it")
        (listed,) = re.findall(r"<li>(Paused by[^<]*)</li>", page(side, "/data"))
        assert listed == told


@pytest.mark.parametrize(
    "query",
    [
        "status=open",
        "origin=officer",
        "kind=request&agency=fire",
        "category=fire&category=noise",
        "area=beat:02Y&priority=2",
        "q=broadway",
        "since=2026-01-31T12:00:00Z&until=2026-02-01T00:00:00Z",
        "bbox=-122.3,37.7,-122.2,37.76",
    ],
)
def test_a_filter_of_the_list_is_that_of_the_api(side: PublicSide, query: str) -> None:
    section = "" if "kind=" in query or "origin=" in query else "section=calls&"
    listed = side.get(f"incidents?limit=1000&{section}{query}").json()["features"]
    now = [one["id"] for one in listed if status_of(one) == "open"]
    ended = [one["id"] for one in listed if status_of(one) == "closed"]
    assert 0 < len(listed) < 130
    assert ids_on(page(side, f"/list?{query}")) == (now + ended)[: 50 + len(now)]


def test_fields_of_the_form_that_were_left_empty_narrow_nothing(side: PublicSide) -> None:
    empty = "q=&status=&section=&kind=&agency=&origin=&area=&priority=&since=&until="
    assert ids_on(page(side, f"/list?{empty}")) == ids_on(page(side, "/list"))


def test_the_form_offers_every_choice_of_the_api_and_shows_the_one_made(side: PublicSide) -> None:
    for name, value in {"status": "closed", "area": "beat:02Y"}.items():
        html = page(side, f"/list?{name}={value}")
        assert f'<select id="{name}" name="{name}">' in html
        assert f'<option value="{value}" selected>' in html


def test_times_of_the_form_are_those_of_the_city(side: PublicSide) -> None:
    html = page(side, "/list?since=2026-01-31T04:00&until=2026-01-31T16:00")
    assert ids_on(html) == ids_on(page(side, "/list?since=2026-01-31T12:00:00Z&until=2026-02-01T00:00:00Z"))
    assert 'name="since" value="2026-01-31T04:00"' in html


@pytest.mark.parametrize(
    "query",
    ["status=gone", "priority=many", "since=soon", "cursor=xyz", "area=beat", "colour=red", "limit=0"],
)
def test_what_cannot_be_understood_is_said_on_a_page(side: PublicSide, query: str) -> None:
    html = page(side, f"/list?{query}", 400)
    assert f"“{query.partition('=')[0]}” could not be understood" in html
    assert ids_on(html) == []


def test_text_of_a_feed_or_an_address_is_only_ever_text(own_side: PublicSide) -> None:
    place = Place(-122.25, 37.75, PlaceKind.GRID, 201, ATTACK)
    incident = an_incident(1, place=place, source_type=ATTACK, agency=ATTACK, areas={"beat": ATTACK})
    own_side.store.apply("dispatch", [incident], at=START)
    pages = [
        page(own_side, "/list"),
        page(own_side, f"/list/{incident.id}"),
        page(own_side, "/list", params={"q": ATTACK[:90], "lang": ATTACK}),
        page(own_side, "/list", 400, params={ATTACK: ATTACK, "status": ATTACK, "area": ATTACK}),
    ]
    assert ["&lt;script&gt;" in html for html in pages] == [True, True, True, False]
    for html in pages:
        assert "<script" not in html
        assert "<img" not in html


def test_a_page_allows_nothing_that_runs(side: PublicSide) -> None:
    (first, *_) = ids_on(page(side, "/list"))
    for path in ("/list", f"/list/{first}", "/list/nothing"):
        answer = side.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", answer.text)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers


def test_every_page_says_in_a_sentence_what_it_is_of(side: PublicSide) -> None:
    (first, *_) = ids_on(page(side, "/list"))
    for path in ("/list", f"/list/{first}", "/list/nothing", "/data"):
        described = r'<meta name="description" content="Live map of calls for service in \w[^"]+\. A call is'
        assert re.search(described, side.client.get(path).text), path


def test_an_incident_has_a_page_with_its_life(own_side: PublicSide) -> None:
    received = an_incident(1, category=Category.FIRE)
    own_side.store.apply("dispatch", [received], at=START)
    closed = an_incident(
        1, category=Category.FIRE, status=Status.CLOSED, closed_at=START + timedelta(minutes=9), delayed=True
    )
    own_side.store.apply("dispatch", [closed], at=START + timedelta(minutes=10))
    html = page(own_side, f"/list/{received.id}")
    assert "A fire or smoke was reported." in html
    assert "+8 min" in html
    assert "up to 201 m from the place" in html
    assert "Status: Closed" in html
    assert "Published with a delay" in html
    assert f'href="/?id={received.id}"' in html


def test_a_place_without_a_name_is_not_told_as_withheld(own_side: PublicSide) -> None:
    bare = Place(-122.25, 37.75, PlaceKind.GRID, 201)
    shown = [an_incident(1, place=bare, areas={}), an_incident(2, place=None, areas={})]
    own_side.store.apply("dispatch", shown, at=START)
    told = re.findall(r'class="where">([^<]*)<', page(own_side, "/list"))
    assert told == ["Place not shown", "About 4.4 km west of the centre"]


def test_a_retracted_incident_has_no_page_any_more(own_side: PublicSide) -> None:
    own_side.store.apply("dispatch", [an_incident(1), an_incident(2)], at=START)
    assert ids_on(page(own_side, "/list")) == [incident_id(2), incident_id(1)]
    own_side.store.apply(
        "dispatch", [Withheld(incident_id(2), "dispatch", Reason.SENSITIVE, sensitive=True)], at=START
    )
    assert ids_on(page(own_side, "/list")) == [incident_id(1)]
    gone = page(own_side, f"/list/{incident_id(2)}", 404)
    assert gone == page(own_side, f"/list/{incident_id(3)}", 404)
    assert incident_id(2) not in gone
    assert "no longer shown" in gone


@pytest.mark.parametrize("path", ["/list/x", "/list/%00", "/list/" + "a" * 400])
def test_what_is_no_id_has_no_page(side: PublicSide, path: str) -> None:
    page(side, path, 404)


def test_the_reader_gets_a_language_that_we_speak(side: PublicSide) -> None:
    def language(path: str, accept: str) -> str:
        answer = side.client.get(path, headers={"accept-language": accept})
        assert "accept-language" in answer.headers["vary"]
        return answer.headers["content-language"]

    assert language("/list", "de, es-MX;q=0.8, en;q=0.4") == "es"
    assert language("/list", "de-CH, fr") == "en"
    assert language("/list", "en;q=0, es;q=broken") == "en"
    assert language("/list?lang=es", "en") == "es"
    assert language("/list?lang=xx", "es") == "es"
    for tag in ("zh-TW", "zh-HK;q=0.9, en;q=0.8", "zh-Hant", "zh-hant-US"):
        assert language("/list", tag) == "zh-Hant"
    for tag in ("zh-CN", "zh", "zh-Hans-HK"):
        assert language("/list", tag) == "zh"
    assert language("/list?lang=zh-Hant", "en") == "zh-Hant"


def test_links_keep_the_language_that_was_asked_for(side: PublicSide) -> None:
    html = page(side, "/list?lang=es&status=open")
    assert '<html lang="es">' in html
    assert 'href="/list?lang=es"' in html
    assert re.search(r'href="/list/[a-z2-7]{16}\?lang=es"', html)
    assert 'href="/list?status=open&amp;lang=en"' in html
    plain = page(side, "/list", headers={"accept-language": "es"})
    others = re.search(r'<nav class="tongues".*?</nav>', plain, re.DOTALL)
    assert others
    assert re.findall(r"\?lang=([\w-]+)", others[0]) == ["en", "vi", "zh", "zh-Hant"]
    assert "?lang=" not in plain.replace(others[0], "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_of_every_page(side: PublicSide, language: str) -> None:
    assert len(LANGUAGES) >= 2
    html = page(side, f"/list?lang={language}")
    (first, *_) = ids_on(html)
    for path in (f"/list/{first}", "/list/none", "/list?status=x", "/data", "/data?from=x"):
        html += side.client.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text
    assert not re.search(r"\{\w+\}", html)


def test_a_page_is_not_sent_again_while_nothing_changed(own_side: PublicSide) -> None:
    own_side.store.apply("dispatch", [an_incident(1)], at=START)
    first = own_side.client.get("/list")
    assert first.headers["content-encoding"] == "br"
    again = own_side.client.get("/list", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == httpx2.codes.NOT_MODIFIED


def test_a_database_that_cannot_answer_is_said_on_a_page(tmp_path: Path) -> None:
    with public_side(with_web(tmp_path), follow=False) as side:
        with contextlib.closing(sqlite3.connect(side.database)) as database:
            database.execute("alter table incident rename to gone")
            database.commit()
        html = page(side, "/list", 503)
        assert "cannot answer right now" in html
        assert "no such table" not in html
        page(side, f"/list/{incident_id(1)}", 503)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/embed/nowhere", "/list/none", "/ward/beat/01X", "/nowhere.html?x=1"]
)
def test_where_there_is_no_page_a_reader_gets_one_with_a_search(side: PublicSide, path: str) -> None:
    html = page(side, path, 404, headers={"accept": "text/html,*/*", "accept-language": "es"})
    assert '<html lang="es">' in html
    assert re.search(r'<form class="seek" method="get" action="/list">.*name="q"', html, re.DOTALL)
    assert "nowhere" not in html


@pytest.mark.parametrize(
    "path", ["/api/v1/nowhere", "/assets/none.js", "/.well-known/none", "/api/v1/areas/none"]
)
def test_programs_get_problem_details_whatever_they_accept(side: PublicSide, path: str) -> None:
    answer = side.client.get(path, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    answer = side.client.get("/nowhere", headers={"accept": "*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_small_map_marks_each_place_with_what_is_happening_there(own_side: PublicSide) -> None:
    here, there = Place(-122.25, 37.75, PlaceKind.GRID, 201), Place(-122.15, 37.85, PlaceKind.GRID, 201)
    open_ones = [
        an_incident(1, place=here, category=Category.NOISE, status=Status.OPEN),
        an_incident(2, place=here, category=Category.FIRE, status=Status.OPEN),
        an_incident(3, place=there, category=Category.FIRE, status=Status.OPEN),
        an_incident(4, place=None, areas={}, status=Status.OPEN),
        an_incident(5, place=there, status=Status.CLOSED, closed_at=START + timedelta(minutes=5)),
    ]
    own_side.store.apply("dispatch", open_ones, at=START)
    body = page(own_side, "/list")
    drawn = re.search(r'<svg class="sketch.*?</svg>', body, re.DOTALL)
    assert drawn is not None
    assert 'aria-label="Map: 3 incidents are happening now"' in drawn[0]
    assert drawn[0].count("<circle") == 2
    assert re.findall(r"<text[^>]*>(\d+)</text>", drawn[0]) == ["2"]
    for narrowed in ("/list?status=closed", "/list?priority=x"):
        shown = own_side.client.get(narrowed).text
        assert '<svg class="sketch' not in shown, narrowed


def test_a_subcategory_is_the_title_of_its_row_and_a_filter_of_the_list(own_side: PublicSide) -> None:
    loud = an_incident(1, category=Category.NOISE, subcategory=Subcategory.LOUD_MUSIC)
    own_side.store.apply("dispatch", [loud, an_incident(2, category=Category.NOISE)], at=START)
    assert page(own_side, "/list").count("<b>Noise") == 1
    for address in ("/list?subcategory=loud_music", "/list?q=loud"):
        body = page(own_side, address)
        assert "<b>Loud music" in body, address
        assert "<b>Noise" not in body, address
    assert "Noise · " in page(own_side, f"/list/{incident_id(1)}")
    found = own_side.client.get("/api/v1/incidents?subcategory=loud_music").json()["features"]
    assert [feature["properties"]["subcategory"] for feature in found] == ["loud_music"]
