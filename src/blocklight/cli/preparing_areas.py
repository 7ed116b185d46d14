"""Makes an area file, and prints the lines that name it."""

import json
from pathlib import Path

from blocklight.cli import out
from blocklight.config.city import AreaLayer, load_city
from blocklight.prepare.area_file import write_area_file


def prepare_areas(name: str, file: Path, layer: AreaLayer, *, crs: str | None, output: Path) -> None:
    """Write *output* and print the lines for the city file; raises what ``write_area_file`` does."""
    written = write_area_file(load_city(name), file, layer, crs=crs, output=output)
    without = f", {written.left_out} polygons without an id left out" if written.left_out else ""
    out.print(
        f"{written.areas} areas{without}. Put the file beside the city file, and into that:", highlight=False
    )
    lines = [
        "",
        "[[areas]]",
        f"kind = {json.dumps(layer.kind)}",
        f"label = {json.dumps(layer.label, ensure_ascii=False)}",
        f"file = {json.dumps(output.name)}",
    ]
    out.print("\n".join(lines), markup=False, highlight=False)
