"""One TOML file is one city: sources, field maps, call types, policy and areas, parsed and checked."""

import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from blocklight.errors import CityFileError
from blocklight.model import Category, Disposition, Kind

_MAX_FILE_BYTES = 2_000_000
_ID = r"^[a-z][a-z0-9_-]{0,62}$"

Converter = Literal["text", "int", "float", "epoch_ms", "epoch_s", "iso", "local", "point", "length"]


class _Table(BaseModel):
    """A TOML table in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{name!r} is not a time zone of the IANA database") from error
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if re.search(text, "", re.IGNORECASE):
        raise ValueError("this pattern matches everything")
    return text


def _some(sources: "tuple[SourceSpec, ...]") -> "tuple[SourceSpec, ...]":
    if not sources:
        raise ValueError("needs at least one source")
    return sources


Pattern = Annotated[str, AfterValidator(_pattern)]


class Bounds(_Table):
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


class Identity(_Table):
    """Who the city is."""

    id: str = Field(pattern=_ID)
    name: str = Field(min_length=1, max_length=80)
    time_zone: Annotated[str, AfterValidator(_zone)]
    bounds: Bounds
    languages: tuple[Literal["en", "es", "zh", "vi"], ...] = ("en",)
    attribution: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.time_zone)


class FieldSpec(_Table):
    """Where one of our fields comes from and how its text becomes a value.

    *source* names one column, or several that are tried in order. *map* translates values (compared
    without case); *default* stands where no column has a value or the map has no entry for it.
    """

    source: tuple[str, ...] = Field(default=(), validation_alias="from")
    convert: Converter = "text"
    format: str | None = None
    map: dict[str, str | int] | None = None
    default: str | int | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: object) -> object:
        if isinstance(value, str):
            return {"from": (value,)}
        if isinstance(value, dict) and isinstance(value.get("from"), str):
            return {**value, "from": (value["from"],)}
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.source and self.default is None:
            raise ValueError("needs `from` (a column) or `default` (a constant)")
        return self

    @cached_property
    def folded_map(self) -> dict[str, str | int] | None:
        """The map with its keys folded for comparing without case."""
        return None if self.map is None else {k.strip().casefold(): v for k, v in self.map.items()}


class FieldMap(_Table):
    """Our fields, each with the source's column for it."""

    received_at: FieldSpec
    source_type: FieldSpec
    agency: FieldSpec
    dispatched_at: FieldSpec | None = None
    en_route_at: FieldSpec | None = None
    on_scene_at: FieldSpec | None = None
    closed_at: FieldSpec | None = None
    status: FieldSpec | None = None
    lon: FieldSpec | None = None
    lat: FieldSpec | None = None
    point: FieldSpec | None = None
    address: FieldSpec | None = None
    cross_street: FieldSpec | None = None
    priority: FieldSpec | None = None
    origin: FieldSpec | None = None
    units: FieldSpec | None = None
    disposition: FieldSpec | None = None

    @model_validator(mode="after")
    def _agency_is_ours(self) -> Self:
        words = [*(self.agency.map or {}).values(), self.agency.default]
        if self.agency.source and not self.agency.map:
            raise ValueError(
                "agency: needs `map` to our own words, or a `default`: a source's text is not public"
            )
        if any(word is not None and not re.match(_ID, str(word)) for word in words):
            raise ValueError("agency: ids are short lower-case words such as fire, ems or public_works")
        return self

    def named(self) -> Iterator[tuple[str, FieldSpec]]:
        """Yield our field names with their specs, those that the file gives."""
        for name in type(self).model_fields:
            spec = getattr(self, name)
            if spec is not None:
                yield name, spec


class SourceSpec(_Table):
    """One configured inbound feed.

    *closes* says how the feed tells that a call is over: a ``status`` field, a closing ``time``, by
    dropping it (``vanish``), or ``never``. *rows* is ``unit`` where an incident has a row for each unit.
    *rows* of one incident share *key*. With a *cursor_column*, a first fetch begins *first_days* ago, or
    with the oldest row.
    """

    id: str = Field(pattern=_ID)
    label: str = Field(min_length=1, max_length=120)
    connector: Literal["arcgis", "socrata"]
    url: str = Field(pattern=r"^https?://")
    kind: Kind = Kind.CALL
    poll_s: float = Field(default=60, ge=0.2, le=86_400)
    late_after_s: float | None = Field(default=None, gt=0)
    key: tuple[str, ...] = Field(min_length=1)
    closes: Literal["status", "time", "vanish", "never"]
    rows: Literal["incident", "unit"] = "incident"
    max_rejected_share: float = Field(default=0.5, gt=0, le=1)
    where: str = ""
    cursor_column: str | None = None
    order_by: tuple[str, ...] = ()
    overlap_s: float = Field(default=3600, ge=0)
    first_days: float | None = Field(default=None, gt=0)
    page_size: int = Field(default=1000, ge=1, le=50_000)
    max_rows: int = Field(default=100_000, ge=1)
    max_bytes: int = Field(default=64_000_000, ge=1)
    timeout_s: float = Field(default=20, gt=0, le=300)
    fields: FieldMap

    @property
    def lateness_s(self) -> float:
        """Seconds without a successful fetch after which the source counts as late."""
        return self.late_after_s or max(3 * self.poll_s, 30.0)

    @model_validator(mode="after")
    def _closing_rule_has_its_field(self) -> Self:
        if self.closes == "status" and self.fields.status is None:
            raise ValueError('closes = "status" needs fields.status')
        if self.closes == "time" and self.fields.closed_at is None:
            raise ValueError('closes = "time" needs fields.closed_at')
        if self.fields.point is None and (self.fields.lon is None or self.fields.lat is None):
            raise ValueError("fields needs `point`, or both `lon` and `lat`")
        return self


class TypeRule(_Table):
    """A pattern over source types (searched without case) and the category it means."""

    match: Pattern
    category: Category


class SensitiveRule(_Table):
    """A pattern over source types that are never published, and the group it belongs to."""

    match: Pattern
    group: str


class CallTypes(_Table):
    """How the agency's words become categories: exact first, then patterns in order."""

    exact: dict[str, Category] = {}
    patterns: tuple[TypeRule, ...] = ()
    sensitive: tuple[SensitiveRule, ...] = ()


class Policy(_Table):
    """What is done to a record before the public sees it.

    *resolution* and *medical_resolution* are H3 resolutions. *labels* = ``hundred_block`` shows
    "1400 block of Main St" beside a place, never for medical calls.
    """

    resolution: int = Field(default=9, ge=5, le=9)
    medical_resolution: int = Field(default=8, ge=5, le=8)
    labels: Literal["none", "hundred_block"] = "none"
    source_types: bool = False


class AreaLayer(_Table):
    """One kind of area and the GeoJSON file (WGS 84, polygons) that draws it."""

    kind: str = Field(pattern=_ID)
    label: str
    file: str
    id: str = "id"
    name: str = "name"


class BaseLayer(_Table):
    """One GeoJSON file (WGS 84) of the city's own basemap; *kind* chooses how it is drawn."""

    kind: Literal["land", "water", "park", "road_minor", "road_major", "rail", "label"]
    file: str


class MapSpec(_Table):
    """What lies under the incidents: a style URL, or local layers, or nothing but area outlines."""

    style_url: str | None = None
    attribution: str = ""
    layers: tuple[BaseLayer, ...] = ()


class PublishSpec(_Table):
    """How much of the past is on the live map, in hours."""

    window_hours: int = Field(default=720, ge=1, le=24 * 366)


class City(_Table):
    """A whole city file."""

    city: Identity
    # A length that pydantic checks itself would be reported as a second mistake beside any other.
    sources: Annotated[tuple[SourceSpec, ...], AfterValidator(_some)]
    call_types: CallTypes = CallTypes()
    dispositions: dict[str, Disposition] = {}
    policy: Policy = Policy()
    areas: tuple[AreaLayer, ...] = ()
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
        return self

    def source(self, source_id: str) -> SourceSpec:
        """Return the source with this id; raises ``CityFileError`` naming those that exist."""
        for source in self.sources:
            if source.id == source_id:
                return source
        known = ", ".join(source.id for source in self.sources)
        raise CityFileError(f"{self.city.id}", "sources", f"no source {source_id!r}; this city has: {known}")

    def path(self, file: str) -> Path:
        """Where a file that the city file names lies, beside the city file; never outside its folder."""
        path = (self._folder / file).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise CityFileError(self.city.id, file, "must lie beside the city file")
        return path


def shipped_cities() -> dict[str, Path]:
    """Return the names of the cities that come with Blocklight, each with its file."""
    folder = Path(str(resources.files("blocklight"))) / "cities"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_city(name_or_path: str) -> City:
    """Load a shipped city by name or any city by path.

    Raises ``CityFileError`` that names file, key and reason.
    """
    shipped = shipped_cities()
    path = shipped.get(name_or_path) or Path(name_or_path)
    if not path.is_file():
        hint = f"not a file, and not one of the shipped cities: {', '.join(shipped)}"
        raise CityFileError(name_or_path, "", hint)
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise CityFileError(str(path), "", f"larger than {_MAX_FILE_BYTES:,} bytes")
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CityFileError(str(path), "", f"not TOML: {error}") from error
    return parse_city(table, file=str(path), folder=path.parent)


def parse_city(table: dict[str, Any], *, file: str, folder: Path) -> City:
    """Check a parsed city file; the shipped call-type rules are added underneath the city's own."""
    try:
        city = City.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = _key(first["loc"], table)
        reason = (
            "unknown key"
            if first["type"] == "extra_forbidden"
            else first["msg"].removeprefix("Value error, ")
        )
        more = error.error_count() - 1
        raise CityFileError(file, key, reason + (f" (and {more} more)" if more else "")) from error
    city._folder = folder  # noqa: SLF001 - a private attribute of our own model: pydantic has no other way in
    layers: list[AreaLayer | BaseLayer] = [*city.areas, *city.map.layers]
    for layer in layers:
        if not city.path(layer.file).is_file():
            raise CityFileError(file, f"{layer.kind}.file", f"no such file: {layer.file}")
    return city


def default_call_types() -> CallTypes:
    """Return the shipped rules that lie underneath every city's own."""
    text = resources.files("blocklight").joinpath("call_types.toml").read_text("utf-8")
    return CallTypes.model_validate(tomllib.loads(text))


def _key(parts: tuple[int | str, ...], table: dict[str, Any]) -> str:
    """Write where a mistake is, naming a source by its id: ``sources.active``, not ``sources.0``."""
    names = [str(part) for part in parts]
    match parts:
        case ("sources", int(index), *_):
            source = table["sources"][index]
            names[1] = str(source.get("id", index)) if isinstance(source, dict) else str(index)
    return ".".join(names)
