"""Write docs/openapi.json from the application itself, or with --check say whether it is up to date."""

import sys
import tempfile
from pathlib import Path

import orjson

from blocklight.api.state import Public
from blocklight.app.opening import wall_clock
from blocklight.app.public_interface import create_public_app
from blocklight.config.city import load_city
from blocklight.geo.areas import Areas
from blocklight.publish.publisher import Publisher
from blocklight.store import Store

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"


def document() -> bytes:
    """Return the OpenAPI document of any city: the same for all but its title and its longest window."""
    city = load_city("demo")
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(f"sqlite:///{folder}/any.sqlite3", city.city.id) as store,
    ):
        publisher = Publisher(city, store, now=wall_clock)
        app = create_public_app(Public(city, store, publisher, Areas(city)))
        generated = app.api.openapi()
    generated["info"]["title"] = "Blocklight"
    return orjson.dumps(generated, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def main() -> int:
    """Write the document, or compare it."""
    new = document()
    if "--check" not in sys.argv:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_bytes(new)
        return 0
    if not TARGET.is_file() or TARGET.read_bytes() != new:
        sys.stderr.write("docs/openapi.json is not what the application says; run: make openapi\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
