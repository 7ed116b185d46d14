"""Reads which of a city's own geographic files tells of what, as it is written on the command line."""

import re
from pathlib import Path

from blocklight.errors import CityFileError, UsageError
from blocklight.prepare.basemap.parts import credit_of_file
from blocklight.prepare.city_ground.features import Origin, Part
from blocklight.prepare.city_ground.themes import Theme

_PART = re.compile(r"(?P<theme>[a-z_]+)=(?P<file>[^#]+)(?:#(?P<name>[^=]+)(?:=(?P<values>.+))?)?")
_LICENCE = "as its publisher says"


def own_part(text: str, crs: str | None) -> Part:
    """Read ``THEME=FILE``, ``THEME=FILE#LAYER`` or ``THEME=FILE#PROPERTY=VALUE,VALUE``.

    Raises ``UsageError`` for anything else, ``CityFileError`` for a file that is not there.
    """
    hit = _PART.fullmatch(text)
    if hit is None or hit["theme"] not in set(Theme):
        themes = ", ".join(Theme)
        raise UsageError("--layer", f"expected THEME=FILE, with a theme of {themes}, not {text!r}")
    file = Path(hit["file"])
    if not file.is_file():
        raise CityFileError(str(file), hit["theme"], "no such file")
    origin = Origin(credit_of_file(file) or "", _LICENCE)
    condition = _column_condition(hit["name"], hit["values"]) if hit["values"] else None
    return Part(
        Theme(hit["theme"]), file, origin, layer=None if condition else hit["name"], where=condition, crs=crs
    )


def _column_condition(column: str, values: str) -> str:
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values.split(","))
    return f'"{column.replace(chr(34), "")}" IN ({quoted})'
