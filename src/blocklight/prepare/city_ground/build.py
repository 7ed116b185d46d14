"""Makes a city's ground of what was gathered: files beside its city file, and the lines that name them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blocklight.config.city import City
from blocklight.errors import CityFileError
from blocklight.geo.approved_places import ApprovedPlaces
from blocklight.geo.areas import Areas
from blocklight.prepare.basemap.tiles import MAX_ZOOM, MIN_ZOOM, count_tiles, write_tiles
from blocklight.prepare.city_ground.area_files import write_areas
from blocklight.prepare.city_ground.downloads import Downloads
from blocklight.prepare.city_ground.features import Features, Part, together
from blocklight.prepare.city_ground.map_layers import drawings
from blocklight.prepare.city_ground.street_files import write_addresses, write_blocks, write_streets
from blocklight.prepare.city_ground.themes import AREA_LABELS
from blocklight.prepare.places.build import Plane, build, served_by, write_places
from blocklight.prepare.places.layers import Layer, read_layer

# A wide county gets one zoom less instead of four times as many: browsers draw its deepest tiles larger.
_MAX_TILES = 60_000

_BASEMAP, _STREETS, _BLOCKS, _ADDRESSES = "basemap.pmtiles", "streets.fgb", "blocks.fgb", "addresses.fgb"
_PLACES, _MANIFEST = "places.geojson", "ground.json"


@dataclass
class Made:
    """What was made: *keys* to add to the city file, *lines* that say what came of it, what is missing."""

    keys: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def make_ground(city: City, features: list[Features], credit: str, folder: Path) -> Made:
    """Write basemap, areas and street lines into *folder*, which lies beside the city file.

    Keys that the city file has already stay as they are. Raises ``CityFileError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ground = Made()
    _make_basemap(city, features, credit, folder, ground)
    _make_areas(city, features, folder, ground)
    _make_streets(city, features, folder, ground)
    return ground


def make_places(city: City, folder: Path, ground: Made) -> None:
    """Write the approved places of *city*, as it is with its new areas, and check that they load.

    Where no place would serve enough addresses, the keys that would name them are taken out of *ground*.
    """
    spec = city.places
    if spec is None:
        return
    if city.path(spec.file) != (folder / _PLACES).resolve():
        ApprovedPlaces.of(city, Areas(city))
        return
    areas, bounds = Areas(city), city.city.bounds
    served_from = spec.blocks or spec.addresses or ""
    streets = read_layer(
        folder / _STREETS, "streets", column="FULLNAME", crs=None, bounds=bounds, lenient=True
    )
    served = read_layer(
        city.path(served_from), "addresses", column=spec.count, crs=None, bounds=bounds, lenient=True
    )
    counts = None if spec.count is None else [float(value or 0) for value in served.column]
    built = build(city, areas, streets, served_by(Layer(served.shapes, served.column), counts, Plane(city)))
    if not built.places:
        reason = f"no place would serve {spec.serves} addresses"
        if ground.keys.pop("places", None) is None:
            raise CityFileError(str(folder / _PLACES), "places", reason)
        ground.missing.append(f"no approved places: {reason}")
        return
    write_places(built, city, folder / _PLACES)
    ApprovedPlaces.of(city, areas)
    share = built.without / max(1, built.addresses)
    ground.lines.append(
        f"Approved places: {len(built.places):,}, each for at least {spec.serves} of "
        f"{built.addresses:,} addresses; {share:.1%} have none."
    )


def write_origins(folder: Path, city: City, parts: list[Part], downloads: Downloads) -> None:
    """Write where everything came from: addresses, days, check sums and licences."""
    rows: dict[str, dict[str, Any]] = {}
    for part in parts:
        name = (part.written_from or part.file).name
        row = rows.setdefault(name, {"file": name, "themes": []})
        row["themes"] = sorted({*row["themes"], str(part.theme)})
        row |= {"licence": part.origin.licence, "credit": part.origin.credit}
        origin = downloads.origin(name)
        if origin is not None:
            row |= {
                "url": origin.url,
                "sha256": origin.sha256,
                "bytes": origin.bytes,
                "downloaded_at": origin.downloaded_at,
                "last_modified": origin.last_modified,
            }
    bounds = city.city.bounds.model_dump()
    manifest = {
        "city": city.city.id,
        "bounds": bounds,
        "made_at": downloads.now().isoformat(timespec="seconds"),
        "credit": joined_credits(parts),
        "sources": [rows[name] for name in sorted(rows)],
    }
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")


def joined_credits(parts: list[Part]) -> str:
    """Give whom the map must name, each once."""
    return " · ".join(dict.fromkeys(part.origin.credit for part in parts if part.origin.credit))


def _make_basemap(city: City, features: list[Features], credit: str, folder: Path, ground: Made) -> None:
    file, spec = f"{folder.name}/{_BASEMAP}", city.map
    if spec.style_url is not None or spec.layers or spec.tiles not in (None, file):
        ground.lines.append("Basemap: the city file has one already, which stays.")
        return
    drawn = drawings(features)
    if not drawn:
        ground.missing.append("no basemap: nothing of it lies within the map")
        return
    bounds = city.city.bounds
    zoom = MAX_ZOOM
    while zoom > MIN_ZOOM and count_tiles(bounds, zoom) > _MAX_TILES:
        zoom -= 1
    draft = folder / f".{_BASEMAP}.part"
    cut = write_tiles(drawn, bounds, credit, draft, max_zoom=zoom)
    draft.replace(folder / _BASEMAP)
    ground.keys["map"] = {"tiles": file}
    size = (folder / _BASEMAP).stat().st_size / 1e6
    ground.lines.append(f"Basemap: {cut.tiles:,} tiles, {size:.1f} MB: {', '.join(cut.kinds)}.")
    if "label" not in cut.kinds:
        ground.missing.append("no place names on the map: no boundaries or place names were given")


def _make_areas(city: City, features: list[Features], folder: Path, ground: Made) -> None:
    files_by_kind = {layer.kind: layer.file for layer in city.areas}
    places = city.places
    # Places that a city built itself stay within all of its areas unless they say which: a new kind would
    # make them invalid.
    fixed = places and places.within is None and city.path(places.file) != (folder / _PLACES).resolve()
    for theme, label in AREA_LABELS.items():
        kind, file = str(theme), f"{folder.name}/{theme}.geojson"
        areas = together(features, theme)
        if areas is None:
            continue
        if files_by_kind.get(kind, file) != file:
            ground.lines.append(f"{label}: the city file has areas of kind {kind} already, which stay.")
            continue
        if fixed and kind not in files_by_kind:
            ground.lines.append(f"{label}: left out; name `within` in [places] first, and build them again.")
            continue
        count = write_areas(areas, city.city.bounds, folder / f"{theme}.geojson")
        if not count:
            ground.lines.append(f"{label}: fewer than two within the bounds, left out.")
            continue
        ground.lines.append(f"{label}: {count:,}.")
        if kind not in files_by_kind:
            ground.keys.setdefault("areas", []).append({"kind": kind, "label": label, "file": file})
    if not city.areas and "areas" not in ground.keys:
        ground.missing.append("no areas: calls are counted for the whole city only")


def _make_streets(city: City, features: list[Features], folder: Path, ground: Made) -> None:
    lines = write_streets(features, folder / _STREETS)
    if not lines:
        ground.missing.append("no street lines: addresses cannot be found")
        return
    ground.lines.append(f"Street lines: {lines:,}.")
    if city.geocoder is None or city.geocoder.streets is None:
        ground.keys["geocoder"] = {"streets": {"file": f"{folder.name}/{_STREETS}"}}
    served = _served(features, folder)
    if not served:
        ground.missing.append("no approved places: nothing counts the addresses along the streets")
    elif city.places is None:
        ground.keys["places"] = _places_keys(city, folder, ground) | served


def _places_keys(city: City, folder: Path, ground: Made) -> dict[str, Any]:
    """Give the keys of [places]: they stay within the areas that a city had, or else within its first kind.

    Within several kinds whose borders nearly coincide many homes would have no place: 5.2 % of Oakland's
    within ZIP codes and tracts, 3.7 % within ZIP codes.
    """
    existing_kinds = [layer.kind for layer in city.areas]
    added = [str(row["kind"]) for row in ground.keys.get("areas", ())]
    within = {"within": existing_kinds or added[:1]} if added else {}
    file, streets = f"{folder.name}/{_PLACES}", f"{folder.name}/{_STREETS}"
    return {"file": file, **within, "streets": streets, "street_name": "FULLNAME"}


def _served(features: list[Features], folder: Path) -> dict[str, str]:
    """Write what counts addresses, and give the keys of [places] that name it."""
    blocks, counted = write_blocks(features, folder / _BLOCKS)
    if blocks:
        return {"blocks": f"{folder.name}/{_BLOCKS}"} | ({"count": "count"} if counted else {})
    if write_addresses(features, folder / _ADDRESSES):
        return {"addresses": f"{folder.name}/{_ADDRESSES}"}
    return {}
