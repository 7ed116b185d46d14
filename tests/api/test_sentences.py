"""The server's pages and the map page say the same of the same record: both are held to one file."""

import re
import typing

import orjson
from languages import LANGUAGES, MESSAGES
from sentences import GOLDEN, golden

from blocklight.config.city import Identity


def test_the_pages_of_the_server_say_what_the_golden_file_says() -> None:
    held = orjson.loads(GOLDEN.read_bytes())
    assert len(held["features"]) >= 10
    assert sorted(held["sentences"]) == LANGUAGES
    assert golden() == held, (
        "run: cd web && npm run build && cd .. && .venv/bin/python tests/support/sentences.py"
    )


def test_every_place_that_lists_languages_has_each_folder_of_messages() -> None:
    """What a new language still lacks is named, with the file to put it into."""
    (spoken,) = typing.get_args(Identity.model_fields["languages"].annotation)[:1]
    page = (MESSAGES.parent / "src" / "messages" / "tongue.svelte.ts").read_text("utf-8")
    names = page.split("LANGUAGE_NAMES = {", 1)[1].split("}", 1)[0]
    listed = {
        "languages in src/blocklight/config/city.py": set(typing.get_args(spoken)),
        "LANGUAGE_NAMES in web/src/messages/tongue.svelte.ts": set(
            re.findall(r'^ *"?([\w-]+)"?:', names, re.MULTILINE)
        ),
    }
    assert len(LANGUAGES) >= 5
    assert {place: set(LANGUAGES) ^ languages for place, languages in listed.items()} == {
        place: set() for place in listed
    }
