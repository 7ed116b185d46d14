"""What a person can do on the page: search, filter, select, by mouse, keyboard and address."""

import re

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Visitor, drawn, soon
from browser.test_every_reader import axe_finds_nothing

pytestmark = pytest.mark.browser

# Drawing a map in software takes seconds a step, so only what the map itself shows or does is tried with one.

ALL = 30


_LISTED = "[...document.querySelectorAll('#list ul')].reduce((sum, list) => sum + list.clientHeight, 0) / 58"


def shown(page: Page) -> int:
    return round(float(page.evaluate(_LISTED)))


def shows(page: Page, count: int) -> None:
    """Wait until so many incidents are listed."""
    soon(lambda: shown(page) == count)


def test_the_words_of_a_search_narrow_list_map_and_counts(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    shows(page, ALL)
    page.get_by_label("Search a street").fill("aster suspicious")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".map")).to_have_attribute("data-marks", "1")
    expect(page.get_by_role("button", name=re.compile("Disturbance 1"))).to_be_visible()
    expect(page).to_have_url(re.compile("q=aster\\+suspicious"))
    page.get_by_role("button", name="Clear search").click()
    shows(page, ALL)


def test_a_chip_switches_its_group_off_and_its_count_stays(
    quiet_city: str, visitor_without_webgl: Visitor
) -> None:
    page = visitor_without_webgl.visit(quiet_city)
    chip = page.get_by_role("button", name=re.compile("^Traffic 5"))
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".row", has_text="Collision")).to_have_count(0)
    shows(page, ALL - 5)
    expect(page).to_have_url(re.compile("hide=traffic"))
    axe_finds_nothing(page)


def test_one_category_is_chosen_alone_and_its_group_comes_back(
    quiet_city: str, visitor_without_webgl: Visitor
) -> None:
    page = visitor_without_webgl.visit(f"{quiet_city}/?hide=disturbance,traffic")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Category").select_option("Noise")
    expect(page.locator(".row")).to_have_count(6)
    expect(page.locator(".row", has_text="Loud music")).to_have_count(6)
    expect(page).to_have_url(re.compile(r"hide=traffic&category=noise$"))
    expect(page.get_by_role("button", name=re.compile("^Disturbance 6"))).to_be_visible()
    axe_finds_nothing(page)


def test_a_row_says_when_it_was_and_how_long_ago_and_how_long_it_took(
    quiet_city: str, visitor_without_webgl: Visitor
) -> None:
    page = visitor_without_webgl.visit(quiet_city)
    newest = page.locator(".row").first
    expect(newest.locator("time")).to_have_text(re.compile(r"^(\w{3}, )?\d{1,2}:\d\d [ap]m \d+ (min|h)$"))
    expect(newest.locator("time")).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\dT.*Z$"))
    closed = page.locator(".row:not(.open)").first
    expect(closed).to_contain_text(re.compile(r"· report taken.*Closed in \d+ min"))


def test_the_number_of_open_calls_is_a_switch(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = visitor_without_webgl.visit(quiet_city)
    page.get_by_role("button", name=re.compile("being answered")).click()
    expect(page.locator(".row")).to_have_count(6)
    expect(page.locator(".row.open")).to_have_count(6)


def test_an_address_shows_the_same_to_somebody_else(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    first = visitor_without_webgl.visit(quiet_city)
    first.get_by_role("button", name=re.compile(r"^Property \d")).click()
    first.locator(".row", has_text="Collision").nth(2).get_by_role("button").click()
    expect(first).to_have_url(re.compile(r"id=[a-z2-7]{16}"))
    second = visitor_without_webgl.visit(first.url)
    expect(second.get_by_role("article")).to_contain_text("Collision")
    shows(second, shown(first))
    chosen = 'document.querySelector(".row.chosen").textContent'
    assert second.evaluate(chosen).split()[:2] == first.evaluate(chosen).split()[:2]


def test_the_card_tells_the_life_of_a_call_in_plain_words(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    page.locator(".row", has_text="Collision").first.get_by_role("button").click()
    card = page.get_by_role("article")
    for words in ("Injuries are not shown", "received", "on scene", "up to", "Police"):
        expect(card).to_contain_text(words)
    expect(card.locator("dd").nth(1)).to_have_text(re.compile(r"^\+\d+ min$"))


def test_everything_is_reachable_by_keyboard(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".row").nth(1)).to_have_class(re.compile("chosen"))
    expect(page.locator(".row").nth(1).get_by_role("button")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".row").nth(0)).to_have_class(re.compile("chosen"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("article").get_by_role("button", name="Close", exact=True)).to_be_focused()
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.locator(".row").nth(0).get_by_role("button")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search a street")).to_be_focused()
    page.keyboard.type("noise")
    expect(page.locator(".row").first).to_contain_text("Loud music")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_span_of_time_can_be_dragged_out_and_let_go(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    box = page.locator(".track").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"since=\d+&until=\d+"))
    soon(lambda: 0 < shown(page) < ALL)
    axe_finds_nothing(page)
    page.get_by_role("button", name="Clear the span").click()
    shows(page, ALL)


def test_a_span_of_time_can_be_set_by_keyboard(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = visitor_without_webgl.visit(quiet_city)
    start = page.get_by_role("slider", name="Start of the span")
    start.focus()
    for _ in range(15):
        page.keyboard.press("PageUp")
    soon(lambda: shown(page) < ALL)
    page.keyboard.press("Escape")
    shows(page, ALL)


def test_the_hour_ring_shows_only_chosen_hours(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(quiet_city)
    ring = page.get_by_role("listbox", name="Hours of the day")
    counts = [
        int(str(option.get_attribute("aria-label")).rsplit(" ", 1)[1])
        for option in ring.get_by_role("option").all()
    ]
    hour = counts.index(max(counts))
    ring.get_by_role("option").nth(hour).focus()
    page.keyboard.press("Space")
    assert sum(counts) == ALL
    shows(page, counts[hour])
    page.keyboard.press("Escape")
    shows(page, ALL)


def play_the_last_hour(visitor: Visitor, url: str) -> Page:
    """Open the page and begin to play; it comes to its end half a minute later."""
    page = visitor.visit(url)
    page.get_by_role("button", name="1 h", exact=True).click()
    page.get_by_role("button", name="Play the day").click()
    return page


def test_axe_finds_nothing_while_the_day_is_played(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = play_the_last_hour(visitor_without_webgl, quiet_city)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    axe_finds_nothing(page)


def test_playing_the_day_ends_where_it_began(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    page = play_the_last_hour(visitor_without_webgl, quiet_city)
    span = page.locator(".span")
    expect(span).not_to_have_attribute("style", span.get_attribute("style") or "")
    page.get_by_role("button", name="Pause").click()
    expect(page).to_have_url(re.compile(r"since=\d+&until=\d+"))
    page.get_by_role("button", name="Clear the span").click()
    expect(page).to_have_url(re.compile(r"\?range=1$"))


def test_a_click_on_a_mark_selects_it(quiet_city: str, visitor: Visitor) -> None:
    # High enough for the card to stand where the mark is, wherever that is.
    page = visitor.visit(quiet_city, viewport={"width": 1280, "height": 1100})
    page.locator(".row", has_text="suspicious").get_by_role("button").click()
    drawn(page)
    card = page.locator(".beside")
    card.locator(".usual .verdict").wait_for()
    place = card.bounding_box()
    assert place is not None
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    # The card stands 34 px beside the mark and 70 px above it, or as near as the page's edges let it.
    for x in (place["x"] - 34, place["x"] + place["width"] + 34):
        page.mouse.click(x, place["y"] + 70)
        if card.count():
            break
    expect(card).to_contain_text("Something suspicious")


def test_the_weekday_dial_shows_only_chosen_days_and_is_turned_by_hand(
    quiet_city: str, visitor_without_webgl: Visitor
) -> None:
    page = visitor_without_webgl.visit(f"{quiet_city}/?range=168")
    dial = page.get_by_role("listbox", name="Days of the week")
    options = dial.get_by_role("option")
    names = [str(option.get_attribute("aria-label")) for option in options.all()]
    counts = [int(name.rsplit(" ", 1)[1]) for name in names]
    assert [name.split(":")[0] for name in (names[0], names[-1])] == ["Monday", "Sunday"]
    shows(page, ALL)
    assert sum(counts) == ALL
    day = counts.index(max(counts))
    options.nth(day).focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(rf"weekdays={day}$"))
    shows(page, counts[day])
    page.keyboard.press("Escape")
    box = dial.bounding_box()
    assert box is not None
    centre = (box["x"] + 50, box["y"] + 50)
    page.mouse.move(centre[0] + 12, centre[1] - 30)
    page.mouse.down()
    page.mouse.move(centre[0] + 32, centre[1] - 5, steps=6)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"weekdays=0-1$"))


@pytest.mark.parametrize(
    "address",
    [
        "range=168",
        "hours=0-11",
        "hours=18-23.0-3&hide=traffic,fire",
        "weekdays=0-4&range=168",
        "weekdays=5-6&hours=12-23&range=168",
        "status=closed&origin=community&kind=call&q=lantern",
        "hide=harm,property&priority=3&agency=police",
        "category=noise&range=168",
        "category=noise&hide=disturbance",
        "hide=harm,property,disturbance,traffic,fire,medical,services,officer",
    ],
)
def test_the_server_answers_the_same_choice_with_the_same_incidents(
    quiet_city: str, visitor_without_webgl: Visitor, address: str
) -> None:
    page = visitor_without_webgl.visit(f"{quiet_city}/?{address}", rows=False)
    expect(page.locator(".pulse")).to_contain_text("Live")
    page.get_by_role("button", name="Share", exact=True).click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="The same incidents as data").click()
    answer = page.request.get(opened.value.url, params={"limit": 1000}).json()
    if answer["features"]:
        shows(page, len(answer["features"]))
    else:
        expect(page.locator("#list .nothing")).to_be_visible()


def test_the_choices_of_the_server_comparison_differ(quiet_city: str, visitor_without_webgl: Visitor) -> None:
    hours = (".".join(str(hour) for hour in range(first, 24, 2)) for first in (0, 1))
    halves = [shown(visitor_without_webgl.visit(f"{quiet_city}/?hours={half}")) for half in hours]
    assert sum(halves) == ALL
    assert 0 < halves[0] < ALL
