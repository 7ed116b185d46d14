"""Data and methods: its ledger adds up, and everybody can read it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from living_city import an_incident, incident_id
from playwright.sync_api import Locator, expect

from blocklight.config.city import load_city
from blocklight.model.outcomes import Held, Outcome, Rejected, Withheld
from blocklight.model.vocabulary import Reason
from blocklight.store import Store
from browser.conftest import Visitor, blocklight
from browser.desk import feeds
from browser.test_every_reader import axe_finds_nothing
from browser.test_plain_pages import READERS

pytestmark = pytest.mark.browser

DAYS = 6
SMALL = 5


def a_day(number: int, at: datetime) -> list[Outcome]:
    """Return what was fetched on one day, with counts that differ from day to day, small ones among them."""
    start = 1000 * (number + 1)

    def ids(offset: int, count: int) -> range:
        return range(start + offset, start + offset + count)

    def hidden(offset: int, count: int, reason: Reason) -> list[Outcome]:
        return [
            Withheld(incident_id(n), "dispatch", reason, reason is Reason.SENSITIVE)
            for n in ids(offset, count)
        ]

    return [
        *(an_incident(n, received_at=at) for n in ids(0, 11 * number)),
        *(
            Held(an_incident(n, received_at=at, delayed=True), at + timedelta(hours=1))
            for n in ids(100, 3 * number)
        ),
        *hidden(200, 7 + number, Reason.SENSITIVE),
        *hidden(300, number, Reason.UNMAPPED),
        *hidden(400, 2 * number, Reason.NO_PLACE),
        *(Rejected(f"r{n}", "dispatch", "bad_time") for n in ids(500, 4 + number)),
        *(Rejected(f"r{n}", "dispatch", "no_key") for n in ids(600, 2)),
    ]


@pytest.fixture(scope="module")
def city_with_a_past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, int]]]:
    """The address of a server with days behind it, and how much was fetched on each of them."""
    folder = tmp_path_factory.mktemp("past")
    city = load_city("demo")
    fetched: dict[str, int] = {}
    with Store.open(f"sqlite:///{folder}/blocklight.sqlite3", "demo", ledger_kind=city.ledger_kind) as store:
        for number in range(DAYS):
            noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
            at = noon - timedelta(days=DAYS - number)
            outcomes = a_day(number, at)
            store.apply("dispatch", outcomes, at=at)
            store.release(at + timedelta(hours=1))
            fetched[at.date().isoformat()] = len(outcomes)
    with feeds() as served, blocklight(folder, served) as started:
        yield started.url, fetched


def ends(text: str) -> tuple[int, int]:
    """Read a count, or a span of counts."""
    numbers = [int(part) for part in re.findall(r"\d+", text.replace(",", ""))]
    return numbers[0], numbers[-1]


def added_up(row: Locator) -> tuple[int, int]:
    """Add up the cells of a row: the shown ones, and what those left out leave open."""
    parts = [text.strip() for text in row.locator(".sum .part").all_text_contents()]
    assert len(parts) >= 8
    shown = sum(int(text.replace(",", "")) for text in parts if "<" not in text)
    return shown, shown + (SMALL - 1) * sum("<" in text for text in parts)


def test_the_ledger_on_the_page_adds_up(
    city_with_a_past: tuple[str, dict[str, int]], visitor: Visitor
) -> None:
    url, fetched = city_with_a_past
    page = visitor.visit(f"{url}/data", rows=False, java_script_enabled=False)
    rows = page.locator("tr.day").all()
    assert [row.locator("time").get_attribute("datetime") for row in rows] == sorted(fetched, reverse=True)
    least = most = left_out = 0
    for row in rows:
        told = ends(row.locator(".fetched").inner_text())
        assert added_up(row) == told
        truth = fetched[row.locator("time").get_attribute("datetime") or ""]
        assert told[0] <= truth <= told[1]
        left_out += row.locator(".sum .less").count()
        least, most = least + told[0], most + told[1]
    assert left_out > DAYS
    assert ends(page.locator("tr.total .fetched").inner_text()) == (least, most)
    published = [
        int(row.locator(".sum .part").first.inner_text())
        for row in rows
        if row.locator(".sum .part").first.inner_text()[0] != "<"
    ]
    assert ends(page.locator("tr.total td").nth(1).inner_text())[0] == sum(published)


@pytest.mark.parametrize("reader", READERS)
def test_axe_finds_nothing_on_data_and_methods(
    city_with_a_past: tuple[str, dict[str, int]], visitor: Visitor, reader: str
) -> None:
    page = visitor.visit(f"{city_with_a_past[0]}/data", rows=False, **READERS[reader])
    expect(page.locator("tr.day")).to_have_count(DAYS)
    axe_finds_nothing(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_ledger_is_asked_by_days_and_area(
    city_with_a_past: tuple[str, dict[str, int]], visitor: Visitor
) -> None:
    url, fetched = city_with_a_past
    page = visitor.visit(f"{url}/data", rows=False, java_script_enabled=False)
    page.get_by_label("From").fill(max(fetched))
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tr.day")).to_have_count(1)
    page.get_by_label("Area").select_option(index=1)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("No whole month lies between these days.")).to_be_visible()
    first = (datetime.now(UTC).replace(day=1) - timedelta(days=40)).date().isoformat()
    page.get_by_label("From").fill(first)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".ledger tbody tr")).not_to_have_count(0)
    axe: Any = page.locator(".ledger tbody").inner_text()
    assert "·" in axe


def test_people_come_from_the_map_to_data_and_methods(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    page.get_by_role("link", name="Data & methods").click()
    expect(page.get_by_role("heading", name="Data & methods")).to_be_visible()
    page.get_by_role("link", name="Map", exact=True).click()
    page.locator("[data-row]").first.wait_for()
    page.get_by_role("link", name="What and why").click()
    expect(page).to_have_url(f"{quiet_city}/data?lang=en#never")
