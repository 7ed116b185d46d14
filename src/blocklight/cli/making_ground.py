"""Puts the ground under a city: gathers, makes, and writes the lines into the city file or prints them."""

import logging
import tomllib
from pathlib import Path

from blocklight.app.opening import wall_clock
from blocklight.cli import out
from blocklight.config.city import City, load_city, parse_city, shipped_cities
from blocklight.config.city_edit import ground_lines, with_ground
from blocklight.errors import BlocklightError
from blocklight.prepare.city_ground.build import Made, joined_credits, make_ground, make_places, write_origins
from blocklight.prepare.city_ground.downloads import Downloads
from blocklight.prepare.city_ground.sources import GroundSources, gather

_DOWNLOADS = "downloads"


def make_city_ground(name: str, sources: GroundSources, *, print_only: bool, fresh: bool) -> None:
    """Make a city's ground in a folder of its file's name beside it, and print what it came to.

    Raises ``SourceError`` for what cannot be fetched, ``CityFileError`` for what cannot be read or used; the
    city file is then as it was.
    """
    if name in shipped_cities():
        raise BlocklightError(
            f"{name} comes with Blocklight: copy its file, and build the ground for the copy"
        )
    logging.getLogger("pyogrio").setLevel(logging.WARNING)  # it counts what it wrote, which we say ourselves
    city, path = load_city(name), Path(name)
    folder = path.with_suffix("")
    downloads = Downloads(folder / _DOWNLOADS, named=sources.hosts, now=wall_clock, say=_print_plain)
    if fresh:
        downloads.forget()
    parts, features = gather(city, sources, downloads, now=wall_clock, say=_print_plain)
    credit = joined_credits(parts)
    _print_plain("Making the map …")
    ground = make_ground(city, features, credit, folder)
    text = path.read_text("utf-8-sig")
    with_its_ground = parse_city(
        tomllib.loads(with_ground(text, ground.keys, file=name)), file=name, folder=path.parent
    )
    make_places(with_its_ground, folder, ground)
    edited = with_ground(text, ground.keys, file=name)
    write_origins(folder, city, parts, downloads)
    _print(ground, credit)
    _write_city_file(path, edited, ground, city, print_only=print_only)


def _write_city_file(path: Path, edited: str, ground: Made, city: City, *, print_only: bool) -> None:
    if not ground.keys:
        _print_plain(f"The city file names all of it already: {path} stays as it is.")
    elif print_only:
        _print_plain("Put into the city file:\n")
        out.print(ground_lines(ground.keys), markup=False, highlight=False, soft_wrap=True)
    else:
        draft = path.with_name(path.name + ".new")
        draft.write_text(edited, "utf-8")
        draft.replace(path)
        _print_plain(
            f"Written into {path}: {', '.join(ground.keys)}. It takes effect when the city is served again."
        )
    if "places" in ground.keys and city.policy.place == "cell":
        _print_plain(
            'To show calls at corners and blocks and not in hexagons: place = "nearest" in [policy].'
        )


def _print(ground: Made, credit: str) -> None:
    for line in [*ground.lines, *(f"Missing: {line}." for line in ground.missing)]:
        _print_plain(line)
    _print_plain(f"The map will name: {credit or 'nobody'}")


def _print_plain(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)
