"""Gathers the files that tell of a city's ground: fetched and kept, or handed in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from blocklight import net
from blocklight.config.city import Bounds, City
from blocklight.errors import CityFileError, SettingError, SourceError, UsageError
from blocklight.prepare.city_ground.downloads import Downloads
from blocklight.prepare.city_ground.features import Box, Features, Part, box_of, read_features
from blocklight.prepare.city_ground.openstreetmap import ask_overpass, extract_parts
from blocklight.prepare.city_ground.themes import Theme
from blocklight.prepare.city_ground.tiger_files import TigerFiles, expect_counties
from blocklight.prepare.city_ground.tigerweb import TigerWeb

# How much farther than the city the map reaches, in the city's own widths, like its tiles.
MARGIN = 0.5

# No city or county is as wide: two numbers of its bounds were mixed up.
_WIDEST_DEGREES = 4.0

_WIDE = frozenset(
    {Theme.ROADS, Theme.RAIL, Theme.WATER, Theme.PARK, Theme.BOUNDARY, Theme.PLACE_NAMES, Theme.NEIGHBORHOOD}
)
_OF_TIGERWEB = (
    Theme.BOUNDARY,
    Theme.PLACE_NAMES,
    Theme.COUNTY_SUBDIVISION,
    Theme.ZIP,
    Theme.TRACT,
    Theme.BLOCKS,
    Theme.RAIL,
)

From = Literal["census", "osm", "files"]


@dataclass(frozen=True)
class GroundSources:
    """Where a city's ground comes from; *own* files replace what would be fetched of a theme.

    Without *counties* those that touch the bounds are taken. Without *tigerweb* all is read from files,
    except ZIP codes, whose only file is the nation's.
    """

    tiger_url: str
    tigerweb_url: str
    overpass_url: str
    origin: From = "census"
    own: tuple[Part, ...] = ()
    counties: tuple[str, ...] = ()
    year: int = 2024
    tigerweb: bool = True
    extract: Path | None = None
    hosts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        urls = {
            "BLOCKLIGHT_TIGER_URL": self.tiger_url,
            "BLOCKLIGHT_TIGERWEB_URL": self.tigerweb_url,
            "BLOCKLIGHT_OVERPASS_URL": self.overpass_url,
        }
        for variable, url in urls.items():
            if not net.is_web_address(url):
                raise SettingError(variable, "expected an address that begins with https://")
        object.__setattr__(self, "hosts", frozenset(map(net.host_of, urls.values())))


def gather(
    city: City,
    sources: GroundSources,
    downloads: Downloads,
    *,
    now: Callable[[], datetime],
    say: Callable[[str], None],
) -> tuple[list[Part], list[Features]]:
    """Give the files of a city's ground, and what each of them holds of it.

    Raises ``SourceError`` for what cannot be fetched, ``CityFileError`` for what cannot be read.
    """
    bounds = city.city.bounds
    _expect_a_city(city)
    handed = {part.theme for part in sources.own}
    parts = [
        part for part in _fetched_parts(bounds, sources, downloads, now, say) if part.theme not in handed
    ]
    parts += sources.own
    features = []
    for part in parts:
        read = read_features(part, _box_of_theme(part.theme, bounds))
        if not len(read.shapes) and part in sources.own:
            raise CityFileError(
                str(part.file),
                part.theme,
                "nothing in it lies within the map: wrong reference system? (--crs)",
            )
        features.append(read)
    if not any(len(read.shapes) for read in features):
        if not parts:
            raise UsageError("--layer", "required with --from files: name a file of streets, water, …")
        reason = "nothing of the ground lies within them"
        raise CityFileError(city.city.id, "city.bounds", reason)
    return parts, features


def _fetched_parts(
    bounds: Bounds,
    sources: GroundSources,
    downloads: Downloads,
    now: Callable[[], datetime],
    say: Callable[[str], None],
) -> Iterator[Part]:
    near, wide = box_of(bounds), box_of(bounds, MARGIN)
    if sources.origin == "osm":
        extract = sources.extract or ask_overpass(sources.overpass_url, wide, downloads)
        yield from extract_parts(extract, downloads.folder)
    elif sources.origin == "census":
        web = TigerWeb(sources.tigerweb_url.rstrip("/"), now, say)
        counties = expect_counties(sources.counties) or _counties(web, near, sources, downloads)
        files = TigerFiles(sources.tiger_url.rstrip("/"), sources.year)
        handed = {part.theme for part in sources.own}
        yield from files.parts(counties, downloads, areas=not sources.tigerweb, without=handed, say=say)
        if sources.tigerweb:
            themes = [theme for theme in _OF_TIGERWEB if theme not in handed]
            yield from web.parts(themes, near, wide, downloads)


def _counties(web: TigerWeb, box: Box, sources: GroundSources, downloads: Downloads) -> list[str]:
    if not sources.tigerweb:
        raise UsageError("--county", "required without TIGERweb: the five digits of state and county")
    counties = web.counties(box, downloads)
    if not counties:
        raise SourceError("no county of the United States lies within the bounds: use --from osm, or --layer")
    return counties


def _box_of_theme(theme: Theme, bounds: Bounds) -> Box:
    return box_of(bounds, MARGIN if theme in _WIDE else 0.0)


def _expect_a_city(city: City) -> None:
    bounds = city.city.bounds
    if max(bounds.east - bounds.west, bounds.north - bounds.south) > _WIDEST_DEGREES:
        raise CityFileError(
            city.city.id,
            "city.bounds",
            f"more than {_WIDEST_DEGREES:.0f} degrees across: too large for a city's ground",
        )
