"""Says what a city lacks under its incidents: a map, names on it, areas."""

from pathlib import Path

from blocklight.config.city import City


def missing_ground(city: City, path: str, style_url: str | None = None) -> str | None:
    """One sentence about what is missing, ``None`` where nothing is; *path* is the city file as typed.

    A hosted style, the city's own or the machine's *style_url*, has ground and names of its own.
    """
    missing = []
    if not (style_url or city.map.style_url):
        kinds = {*(layer.kind for layer in city.map.layers), *(city.tiles.layers if city.tiles else ())}
        if not kinds:
            missing.append("no basemap")
        if "label" not in kinds and not city.areas:  # without labels the map shows the areas' names
            missing.append("no place names")
    if not city.areas:
        missing.append("no areas")
    if not missing:
        return None
    advice = (
        f": blocklight ground build {path}"
        if Path(path).is_file()
        else ": copy its file, and use blocklight ground build"
    )
    return f"The map has {' and '.join(filter(None, [', '.join(missing[:-1]), missing[-1]]))}{advice}"
