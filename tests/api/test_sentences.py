"""The server's pages and the map page say the same of the same record: both are held to one file."""

import orjson
from sentences import GOLDEN, golden


def test_the_pages_of_the_server_say_what_the_golden_file_says() -> None:
    held = orjson.loads(GOLDEN.read_bytes())
    assert len(held["features"]) >= 10
    assert sorted(held["sentences"]) == ["en", "es", "vi", "zh", "zh-Hant"]
    assert golden() == held, (
        "run: cd web && npm run build && cd .. && .venv/bin/python tests/support/sentences.py"
    )
