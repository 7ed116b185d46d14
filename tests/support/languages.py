"""The languages that the pages speak: each is a folder of messages."""

from pathlib import Path

MESSAGES = Path(__file__).parents[2] / "web" / "messages"
LANGUAGES = sorted(path.name for path in MESSAGES.iterdir())
