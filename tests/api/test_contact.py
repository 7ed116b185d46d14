"""Whom people tell that something is wrong or private: on every page, with the public id of an incident."""

import asyncio
from pathlib import Path

import httpx2
import pytest
from living_city import START, an_incident, incident_id
from public_side import whole
from small_city import small_city
from test_data_page import a_state
from town import FILE

from blocklight.api.app import create_app
from blocklight.api.contact import contact_link, contact_template
from blocklight.config.city import City

QUESTION = "Something wrong or private here?"


def town(contact: str) -> City:
    return small_city(top={"city": {**small_city().city.model_dump(), "contact": contact}})


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("map@smallton.example", "mailto:map@smallton.example?subject=Smallton%3A%20k3x7"),
        ("https://smallton.example/form", "https://smallton.example/form?incident=k3x7"),
        ("https://smallton.example/form?a=1#top", "https://smallton.example/form?a=1&incident=k3x7#top"),
        ("https://smallton.example/wrong/{id}", "https://smallton.example/wrong/k3x7"),
    ],
)
def test_a_contact_becomes_a_link_with_the_public_id(contact: str, link: str) -> None:
    assert contact_link(town(contact).city, "k3x7") == link


def test_a_city_without_a_contact_has_no_link() -> None:
    assert contact_template(small_city().city) is None
    assert contact_link(small_city().city, "k3x7") is None


def answers(folder: Path, file: str, *paths: str) -> list[httpx2.Response]:
    with a_state(folder, file) as state:
        whole(state.store).apply("calls", [an_incident(1, source="calls")], at=START)

        async def get() -> list[httpx2.Response]:
            transport = httpx2.ASGITransport(create_app(state))
            async with httpx2.AsyncClient(transport=transport, base_url="https://calls.example") as client:
                return [await client.get(path) for path in paths]

        return asyncio.run(get())


PAGES = ("/list", "/data", f"/list/{incident_id(1)}", "/list/none", "/list?status=gone")


def test_the_contact_stands_on_every_page_and_names_the_incident_on_its_own(tmp_path: Path) -> None:
    file = FILE.replace('name = "Anytown"', 'name = "Anytown"\ncontact = "map@anytown.example"')
    pages = answers(tmp_path, file, *PAGES)
    link = "mailto:map@anytown.example?subject=Anytown%3A%20"
    for answer in pages:
        assert QUESTION in answer.text, answer.url
        assert f'href="{link}' in answer.text, answer.url
    assert pages[2].text.count(f'href="{link}{incident_id(1)}"') == 2
    assert incident_id(1) not in pages[3].text


def test_without_a_contact_no_page_asks(tmp_path: Path) -> None:
    for answer in answers(tmp_path, FILE, *PAGES):
        assert QUESTION not in answer.text


def test_the_city_tells_the_page_where_to_write_to(tmp_path: Path) -> None:
    file = FILE.replace('name = "Anytown"', 'name = "Anytown"\ncontact = "https://anytown.example/form"')
    (answer,) = answers(tmp_path, file, "/api/v1/city")
    assert answer.json()["contact_url"] == "https://anytown.example/form?incident={id}"
