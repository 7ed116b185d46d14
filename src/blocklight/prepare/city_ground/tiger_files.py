"""Names the TIGER/Line files of counties and states, and what each of them tells.

Files and folders: https://www2.census.gov/geo/tiger/, one zip of a shapefile for each county or state.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from blocklight.errors import NotFound, UsageError
from blocklight.prepare.city_ground.downloads import Downloads
from blocklight.prepare.city_ground.features import CENSUS, Part
from blocklight.prepare.city_ground.themes import Theme

_MAX_ZIP_BYTES = 800_000_000
_OF_COUNTIES = {"addrfeat": Theme.STREETS, "roads": Theme.ROADS, "areawater": Theme.WATER}
_OF_STATES = {"arealm": Theme.PARK}
# What TIGERweb tells in smaller answers, for those who do not ask it.
_AREAS_OF_STATES = {
    "place": Theme.BOUNDARY,
    "cousub": Theme.COUNTY_SUBDIVISION,
    "tract": Theme.TRACT,
    "tabblock20": Theme.BLOCKS,
}

_OPTIONAL = frozenset({"areawater", "arealm", "addrfeat"})
_FIPS = 5


@dataclass(frozen=True)
class TigerFiles:
    """The TIGER/Line files of a *year*, at a *url* that holds its folders."""

    url: str
    year: int

    def parts(
        self,
        counties: Sequence[str],
        downloads: Downloads,
        *,
        areas: bool,
        without: AbstractSet[Theme],
        say: Callable[[str], None],
    ) -> Iterator[Part]:
        """Yield the files of *counties* (five digits of FIPS) and their states, fetched where needed.

        With *areas* also those that hold boundaries, tracts, county subdivisions and blocks; *without* some
        themes, which somebody else tells.
        Raises ``SourceError``, and ``NotFound`` for a county that has no roads in this year.
        """
        states = sorted({county[:2] for county in counties})
        of_states = _OF_STATES | (_AREAS_OF_STATES if areas else {})
        files = [(place, kind, theme) for place in counties for kind, theme in _OF_COUNTIES.items()]
        files += [(place, kind, theme) for place in states for kind, theme in of_states.items()]
        for place, kind, theme in files:
            themes = {theme, Theme.STREETS} if kind == "roads" else {theme}
            if themes <= without:
                continue
            name = f"tl_{self.year}_{place}_{kind}.zip"
            try:
                path = downloads.get(
                    f"{self.url}/TIGER{self.year}/{_folder(kind)}/{name}", name, _MAX_ZIP_BYTES
                )
            except NotFound as error:
                if kind not in _OPTIONAL:
                    raise NotFound(f"{error}; other years: --year") from None
                say(f"Not there, and left out: {name}")
                continue
            for part_theme in sorted(themes - without):
                yield Part(part_theme, path, CENSUS)


def _folder(kind: str) -> str:
    return kind.upper()


def expect_counties(counties: Sequence[str]) -> list[str]:
    """Give the counties each once, in order; raises ``UsageError`` for what is no FIPS code."""
    for county in counties:
        if len(county) != _FIPS or not (county.isascii() and county.isdigit()):
            raise UsageError(
                "--county", f"expected five digits (state and county), such as 48201, not {county!r}"
            )
    return sorted(set(counties))
