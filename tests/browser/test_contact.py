"""Whom people tell that something on the map is wrong or private."""

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import Visitor
from browser.test_every_reader import PHONE

pytestmark = pytest.mark.browser

QUESTION = "Something wrong or private here?"
LINK = "mailto:map@port-lumen.example?subject=Port%20Lumen%3A%20"


def test_a_record_that_is_wrong_is_reported_in_two_clicks(
    quiet_city: str, visitor_without_webgl: Visitor
) -> None:
    page = visitor_without_webgl.visit(quiet_city)
    page.locator("[data-row]").first.click()
    contact = page.get_by_role("article").get_by_role("link", name=QUESTION)
    expect(contact).to_have_attribute("href", re.compile(re.escape(LINK) + r"[a-z2-7]{16}$"))


def test_the_contact_stands_on_map_embed_and_in_the_help_of_a_phone(
    quiet_city: str, visitor_without_webgl: Visitor
) -> None:
    for path in ("/", "/embed"):
        page = visitor_without_webgl.visit(quiet_city + path, rows=path == "/")
        expect(page.get_by_role("link", name=QUESTION).first).to_have_attribute("href", LINK)
    phone = visitor_without_webgl.visit(quiet_city, **PHONE)
    phone.get_by_role("button", name="Keys and help").click()
    expect(phone.get_by_role("dialog").get_by_role("link", name=QUESTION)).to_be_visible()
