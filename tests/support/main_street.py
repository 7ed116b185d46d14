"""The 1400 block of Main Street, in the towns of the tests: where labels are shown, streets are known."""

import shutil
from pathlib import Path
from typing import Any

_LINES = Path(__file__).with_name("main_street.geojson")
_FILE = "main_street.geojson"


def streets_beside(folder: Path) -> dict[str, Any]:
    """Return what a city file in a folder says of its streets, with the file put there."""
    if folder == Path():  # a city without a folder of its own: it reads the file where it is
        return {"file": f"tests/support/{_LINES.name}", "ranges": ["from", "to"]}
    shutil.copyfile(_LINES, folder / _FILE)
    return {"file": _FILE, "ranges": ["from", "to"]}


def with_streets(text: str, folder: Path) -> str:
    """Return a city file with its streets, if it shows labels and does not name any."""
    if 'labels = "hundred_block"' not in text or "geocoder.streets" in text:
        return text
    spec = streets_beside(folder)
    table = f'[geocoder.streets]\nfile = "{spec["file"]}"\nranges = ["from", "to"]\n'
    return text.replace("[policy]", f"{table}[policy]", 1)
