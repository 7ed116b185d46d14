import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from public_side import NOW
from test_data_page import a_state
from town import FILE

from blocklight.api.app import create_app


def asked(folder: Path, file: str) -> httpx2.Response:
    with a_state(folder, file) as state:

        async def get() -> httpx2.Response:
            transport = httpx2.ASGITransport(create_app(state))
            async with httpx2.AsyncClient(transport=transport, base_url="https://calls.example") as client:
                return await client.get("/.well-known/security.txt")

        return asyncio.run(get())


@pytest.mark.parametrize(
    "contact", ["mailto:maps@example.gov", "https://example.gov/report?what=map", "tel:+1-555-0100"]
)
def test_the_contact_of_the_city_file_is_shown_with_a_day_in_the_coming_year(
    tmp_path: Path, contact: str
) -> None:
    answer = asked(tmp_path, f'{FILE}\n[publish]\nsecurity_contact = "{contact}"\n')
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert list(fields) == ["Contact", "Expires", "Preferred-Languages"]
    assert fields["Contact"] == contact
    expires = datetime.fromisoformat(fields["Expires"])
    assert NOW + timedelta(days=30) < expires < NOW + timedelta(days=365)


def test_a_city_without_a_contact_has_no_such_file(tmp_path: Path) -> None:
    assert asked(tmp_path, FILE).status_code == 404
