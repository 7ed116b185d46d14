"""One TOML file is one city: sources, field maps, call types, policy and areas, parsed and checked."""

import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from blocklight.config.endless_holds import endless_holds
from blocklight.config.field import ID, FieldMap, FieldSpec, Zone
from blocklight.config.geocoder import GeocoderSpec, StreetLines
from blocklight.config.hours_of_steps import hours_inside_steps
from blocklight.config.map_layers import BASE_KINDS, AreaLayer, BaseLayer, MapSpec, PlacesSpec
from blocklight.config.mistakes_in_words import in_words
from blocklight.config.pmtiles_header import TilesFile
from blocklight.config.policy import Policy
from blocklight.config.policy_mistakes import Nameable, mistakes
from blocklight.config.population import Population, population_mistakes
from blocklight.config.source import SourceSpec, with_codes
from blocklight.config.subcategories import subcategory_mistakes
from blocklight.config.table import NarrowPattern, Pattern, Table, Tested
from blocklight.config.targets import Target, target_mistakes
from blocklight.errors import CityFileError
from blocklight.model.vocabulary import Category, Disposition, Subcategory

__all__ = [
    "AreaLayer",
    "BaseLayer",
    "Bounds",
    "CallTypes",
    "City",
    "FieldMap",
    "FieldSpec",
    "GeocoderSpec",
    "Identity",
    "MapSpec",
    "PlacesSpec",
    "Policy",
    "PublishSpec",
    "SensitiveRule",
    "SourceSpec",
    "StreetLines",
    "TypeRule",
    "default_call_types",
    "load_city",
    "parse_city",
    "shipped_cities",
]

# The largest shipped file has 24 kB: what is so much larger was named by mistake.
_MAX_FILE_BYTES = 2_000_000

# The first mistake of many is often the cause of the others.
_MOST_TOLD = 6


def _some(sources: "tuple[SourceSpec, ...]") -> "tuple[SourceSpec, ...]":
    if not sources:
        raise ValueError("needs at least one source")
    return sources


class Bounds(Table):
    """A box in WGS 84 degrees; a place outside it is withheld."""

    west: float = Field(ge=-180, le=180)
    south: float = Field(ge=-90, le=90)
    east: float = Field(ge=-180, le=180)
    north: float = Field(ge=-90, le=90)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.west >= self.east or self.south >= self.north:
            raise ValueError("bounds need west < east and south < north, in degrees")
        return self

    def contains(self, lon: float, lat: float) -> bool:
        """Whether a point in degrees lies inside."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


# An e-mail address, or an address of a page in one line.
_ADDRESS = r"^https://[^\s<>\"]+$"
_CONTACT_OF_CITY = r"^([^\s@:/<>\"]+@[^\s@:/<>\"]+|https://[^\s<>\"]+)$"


class Identity(Table):
    """Who the city is, and whom people tell that something on the map is wrong or private."""

    id: str = Field(pattern=ID)
    name: str = Field(min_length=1, max_length=80)
    time_zone: Zone
    bounds: Bounds
    languages: tuple[Literal["en", "es", "zh", "zh-Hant", "vi"], ...] = ("en",)
    attribution: str = ""
    contact: str | None = Field(default=None, pattern=_CONTACT_OF_CITY)
    license: str | None = Field(default=None, pattern=_ADDRESS, max_length=200)
    citation: str | None = Field(default=None, min_length=1, max_length=300)

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.time_zone)


class TypeRule(Table):
    """A pattern over source types (searched without case) and the category it means."""

    match: NarrowPattern
    category: Category


class SensitiveRule(Table):
    """A pattern over source types that are never published, and the group it belongs to."""

    match: Pattern
    group: str


class CallTypes(Table):
    """How the agency's words become categories: exact first, then patterns in order.

    *subcategories* names what some of the exact types are within their category.
    """

    exact: dict[str, Category] = Field(default_factory=dict)
    subcategories: dict[str, Subcategory] = Field(default_factory=dict)
    patterns: tuple[TypeRule, ...] = ()
    sensitive: tuple[SensitiveRule, ...] = ()


# What may stand in a frame-ancestors directive without being able to end it (CSP 3, host-source).
_FRAMER = r"^(\*|https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?)$"


# What RFC 9116 takes as a contact, in one line.
_CONTACT = r"^(mailto:[^\s@]+@[^\s@]+|https://\S+|tel:\+[0-9-]+)$"


class PublishSpec(Table):
    """How many hours are on the live map, whose pages may frame it, and who hears of its faults."""

    window_hours: int = Field(default=720, ge=1, le=24 * 366)
    framed_by: tuple[Annotated[str, Field(pattern=_FRAMER)], ...] = ("*",)
    security_contact: str | None = Field(default=None, pattern=_CONTACT)


class City(Table):
    """A whole city file."""

    city: Identity
    # A length that pydantic checks itself would be reported as a second mistake beside any other.
    sources: Annotated[tuple[SourceSpec, ...], AfterValidator(_some)]
    call_types: CallTypes = CallTypes()
    dispositions: dict[str, Disposition] = Field(default_factory=dict)
    policy: Policy = Policy()
    areas: tuple[AreaLayer, ...] = ()
    population: Population | None = None
    targets: tuple[Target, ...] = Field(default=(), max_length=100)
    geocoder: GeocoderSpec | None = None
    places: PlacesSpec | None = None
    map: MapSpec = MapSpec()
    publish: PublishSpec = PublishSpec()

    _folder: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [source.id for source in self.sources]
        kinds = [layer.kind for layer in self.areas]
        for names in (ids, kinds):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ValueError(f"{min(twice)!r} is defined twice")
        strange = set(self.places.within or ()) - set(kinds) if self.places else set()
        if strange:
            raise ValueError(f"places.within: this city has no areas of kind {min(strange)!r}")
        return self

    @property
    def within(self) -> tuple[str, ...]:
        """The kinds of areas that an approved place never crosses, in the order of the file."""
        chosen = self.places.within if self.places else None
        return tuple(layer.kind for layer in self.areas if chosen is None or layer.kind in chosen)

    @model_validator(mode="after")
    def _same_sources_exist(self) -> Self:
        sources_by_id = {source.id: source for source in self.sources}
        for source in self.sources:
            if source.same_as is None:
                continue
            target = sources_by_id.get(source.same_as)
            if target is None or target is source or target.same_as is not None:
                raise ValueError(
                    f"{source.id}: same_as must name another source, one without a same_as of its own"
                )
            if target.kind is not source.kind:
                raise ValueError(f"{source.id}: same_as must name a source of the same kind")
            if target.masked_by_publisher is not None:
                raise ValueError(f"{source.id}: same_as must not name a source that is masked_by_publisher")
        return self

    @cached_property
    def tiles(self) -> TilesFile | None:
        """What the city's file of map tiles says of itself; raises ``CityFileError`` for one of no use."""
        if self.map.tiles is None:
            return None
        path = self.path(self.map.tiles)
        try:
            archive = TilesFile.read(path)
        except FileNotFoundError:
            raise CityFileError(str(path), "map.tiles", "no such file: blocklight basemap build") from None
        except (OSError, ValueError) as error:
            raise CityFileError(str(path), "map.tiles", str(error)) from None
        if not set(archive.layers) & set(BASE_KINDS):
            drawn = ", ".join(BASE_KINDS)
            raise CityFileError(str(path), "map.tiles", f"has none of the layers that are drawn: {drawn}")
        return archive

    @property
    def ledger_kind(self) -> str | None:
        """The kind of area that the ledger is kept by: one alone, as two could be subtracted."""
        return self.areas[0].kind if self.areas else None

    def source(self, source_id: str) -> SourceSpec:
        """The source with this id; raises ``CityFileError`` naming those that exist."""
        for source in self.sources:
            if source.id == source_id:
                return source
        source_ids = ", ".join(source.id for source in self.sources)
        raise CityFileError(
            f"{self.city.id}", "sources", f"no source {source_id!r}; this city has: {source_ids}"
        )

    def path(self, file: str) -> Path:
        """Where a file that the city file names lies, beside the city file; never outside its folder."""
        path = (self._folder / file).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise CityFileError(self.city.id, file, "must lie beside the city file")
        return path


def shipped_cities() -> dict[str, Path]:
    """The names of the cities that come with Blocklight, each with its file."""
    folder = Path(str(resources.files("blocklight"))) / "cities"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def city_path(name_or_path: str) -> Path:
    """The file of a shipped city, by its name, or the path of any other."""
    return shipped_cities().get(name_or_path) or Path(name_or_path)


def load_city(name_or_path: str) -> City:
    """Load a shipped city by name or any city by path.

    Raises ``CityFileError`` that names file, key and reason.
    """
    shipped, path = shipped_cities(), city_path(name_or_path)
    if not path.is_file():
        like = get_close_matches(name_or_path, shipped, 1)
        hint = f"did you mean {like[0]}?" if like else f"the shipped cities are {', '.join(shipped)}"
        problem = "a folder and not a city file" if path.is_dir() else "no such file"
        raise CityFileError(name_or_path, "", f"{problem}, and no shipped city of that name; {hint}")
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise CityFileError(str(path), "", f"larger than {_MAX_FILE_BYTES:,} bytes")
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))  # some editors put a mark before it
    except UnicodeDecodeError as error:
        raise CityFileError(str(path), "", "not TOML: not a text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise CityFileError(str(path), "", f"not TOML: {error}") from error
    return parse_city(table, file=str(path), folder=path.parent)


def parse_city(table: dict[str, Any], *, file: str, folder: Path) -> City:
    """Check a parsed city file; the shipped call-type rules are added underneath the city's own."""
    try:
        city = City.model_validate(with_codes(table, file, folder))
    except ValidationError as error:
        # A misspelt name first: what is missing, or of the wrong kind, mostly follows from it.
        wrong = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
        key, reason = _mistake_key(wrong[0]["loc"], table), in_words(wrong[0], City)
        further_keys = dict.fromkeys(_mistake_key(detail["loc"], table) for detail in wrong[1:])
        raise CityFileError(
            file, key, reason + _also([name for name in further_keys if name != key])
        ) from error
    city._folder = folder  # noqa: SLF001 - a private attribute of our own model: pydantic has no other way in
    layers: list[AreaLayer | BaseLayer] = [*city.areas, *city.map.layers]
    for layer in layers:
        if not city.path(layer.file).is_file():
            raise CityFileError(file, f"{layer.kind}.file", f"no such file: {layer.file}")
    lines = city.geocoder and city.geocoder.streets
    if lines and not city.path(lines.file).is_file():
        raise CityFileError(file, "geocoder.streets.file", f"no such file: {lines.file}")
    _check_policy(city, file)
    return city


def _also(keys: Sequence[str]) -> str:
    """Name the other keys that are wrong, so that they can be mended in one go; the first few of many."""
    if not keys:
        return ""
    rest = f" and {len(keys) - _MOST_TOLD} more" if len(keys) > _MOST_TOLD else ""
    return f" (also wrong: {', '.join(keys[:_MOST_TOLD])}{rest})"


def _check_policy(city: City, file: str) -> None:
    shipped, of_city = (
        [(rule.match, rule.group) for rule in types.sensitive]
        for types in (default_call_types(), city.call_types)
    )
    agencies = [source.fields.agency for source in city.sources]
    names = Nameable(
        sources=frozenset(source.id for source in city.sources),
        agencies=frozenset(
            str(word)
            for agency_field in agencies
            for word in (*(agency_field.map or {}).values(), agency_field.default)
            if word
        ),
        kinds=frozenset(layer.kind for layer in city.areas),
        places=city.places is not None,
    )
    problems = [
        *mistakes(city.policy, shipped=shipped, of_city=of_city, existing=names),
        *endless_holds(city.policy, city.sources),
        *hours_inside_steps(city.policy),
        *subcategory_mistakes(city.call_types.exact, city.call_types.subcategories),
        *population_mistakes(city.population, [layer.kind for layer in city.areas]),
        *target_mistakes(city.targets, city.sources),
    ]
    if problems:
        further_keys = [mistake.key for mistake in problems[1:] if mistake.key != problems[0].key]
        raise CityFileError(
            file, problems[0].key, problems[0].reason + _also(list(dict.fromkeys(further_keys)))
        )


@cache
def default_call_types() -> CallTypes:
    """The shipped rules that lie underneath every city's own."""
    text = resources.files("blocklight.config").joinpath("call_types.toml").read_text("utf-8")
    return CallTypes.model_validate(tomllib.loads(text), context=Tested)


def _mistake_key(parts: tuple[int | str, ...], table: dict[str, Any]) -> str:
    """Write where a mistake is, naming a source by its id and a rule by its name: not ``sources.0``."""
    names = [str(part) for part in parts]
    match parts:
        case ("sources", int(index), *_):
            source = table["sources"][index]
            names[1] = str(source.get("id", index)) if isinstance(source, dict) else str(index)
        case ("policy", "rules", int(index), *_):
            rule = table["policy"]["rules"][index]
            names[2] = str(rule.get("name", index)) if isinstance(rule, dict) else str(index)
    return ".".join(names)
