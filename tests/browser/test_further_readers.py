"""Further languages, paper, and many incidents at one place."""

import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.conftest import Blocklight, Visitor
from browser.desk import Desk
from browser.test_every_reader import PHONE, axe_finds_nothing

pytestmark = pytest.mark.browser

_PICTURES = Path(__file__).parents[1] / "artefacts"
SOMEWHERE = {"LON": -126.102, "LAT": 39.4535}
# At zoom 15 of a map whose world is 512 pixels wide at zoom 0.
PIXELS_PER_DEGREE = 512 * 2**15 / 360


@pytest.mark.parametrize(
    ("locale", "tag", "words"),
    [
        ("zh-CN", "zh-Hans", ("处理中", "车祸", "到场", "维修与请求", "24 小时")),
        ("zh-TW", "zh-Hant", ("處理中", "車禍", "到場", "維修與請求", "24 小時")),
        ("vi-VN", "vi", ("đang xử lý", "Va chạm xe", "Tại chỗ", "Sửa chữa và yêu cầu", "24 giờ")),
    ],
)
def test_the_page_speaks_every_language_that_it_offers(
    quiet_city: str, visitor: Visitor, locale: str, tag: str, words: tuple[str, ...]
) -> None:
    page = visitor.visit(quiet_city, locale=locale)
    expect(page.locator("html")).to_have_attribute("lang", tag)
    for word in words:
        expect(page.locator("main")).to_contain_text(word)
    expect(page.locator(".ring text").first).to_have_text(words[-1])
    page.locator("[data-row]").first.click()
    axe_finds_nothing(page)
    small = visitor.visit(quiet_city, locale=locale, **PHONE)
    axe_finds_nothing(small)
    assert small.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", ["en", "es", "zh", "vi"])
def test_no_word_for_a_stage_is_cut_short_on_a_card(
    desk: Desk, server: Blocklight, visitor: Visitor, language: str
) -> None:
    desk.open("LOUD MUSIC", minutes_ago=5)
    page = visitor.visit(f"{server.url}/?lang={language}")
    page.locator("[data-row]").first.click()
    stages = page.locator(".beside dt")
    expect(stages).to_have_count(4)
    page.evaluate("document.fonts.ready.then(() => true)")
    for stage in stages.all():
        assert stage.evaluate("it => it.scrollWidth <= it.clientWidth"), stage.inner_text()


def test_the_language_is_chosen_from_a_menu_and_stays_in_the_address(
    quiet_city: str, visitor: Visitor
) -> None:
    page = visitor.visit(quiet_city)
    menu = page.get_by_label("Language")
    assert menu.locator("option").all_inner_texts() == [
        "English",
        "Español",
        "简体中文",
        "繁體中文",
        "Tiếng Việt",
    ]
    menu.select_option("vi")
    expect(page).to_have_url(re.compile("lang=vi"))
    expect(page.get_by_label("Ngôn ngữ")).to_have_value("vi")
    page.reload()
    expect(page.locator(".numbers")).to_contain_text("đang xử lý")


def test_the_page_prints_what_it_shows(quiet_city: str, visitor: Visitor) -> None:
    page = visitor.visit(f"{quiet_city}/?hide=traffic")
    page.locator(".map[data-ready]").wait_for()
    _PICTURES.mkdir(exist_ok=True)
    page.pdf(path=_PICTURES / "the_page_prints_what_it_shows.pdf")
    expect(page.locator(".printed")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("main")).to_be_hidden()
    expect(page.locator(".printed tbody tr")).to_have_count(25)
    for words in (
        "Port Lumen",
        "As of",
        "1 call being answered",
        "A call is a request for help, not a crime.",
    ):
        expect(page.locator(".printed")).to_contain_text(words)
    expect(page.locator(".printed")).not_to_contain_text("Collision")


def test_many_at_one_place_fan_out_and_each_can_be_picked(
    desk: Desk, server: Blocklight, visitor: Visitor
) -> None:
    for call_type in ("LOUD MUSIC", "VANDALISM", "SUSPICIOUS PERSON"):
        desk.open(call_type, minutes_ago=5, **SOMEWHERE)
    page = visitor.visit(f"{server.url}/#15/39.4535/-126.102")
    expect(page.locator(".map")).to_have_attribute("data-marks", "3")
    page.locator("[data-row]").first.click()
    card = page.locator(".beside")
    expect(card).to_contain_text("2 more within 500 m in the time shown")
    expect(card.locator(".around button")).to_have_count(2)
    first = card.get_by_role("heading", level=2).inner_text()
    card.locator(".around button").first.click()
    expect(card.get_by_role("heading", level=2)).not_to_have_text(first)
    page.keyboard.press("Escape")
    (lon, lat), *_ = (
        feature["geometry"]["coordinates"]
        for feature in page.request.get(f"{server.url}/api/v1/incidents").json()["features"]
    )
    x = 640 + (lon - SOMEWHERE["LON"]) * PIXELS_PER_DEGREE
    y = 400 - (lat - SOMEWHERE["LAT"]) * PIXELS_PER_DEGREE / math.cos(math.radians(lat))
    page.mouse.click(x, y)
    expect(page.locator(".map")).to_have_attribute("data-fan", "3")
    assert card.count() == 0
    # Of three that fan out, the first stands above their place.
    page.mouse.click(x, y - 22)
    expect(card).to_be_visible()
