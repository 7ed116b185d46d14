"""The archive as data portals read it: a Frictionless data package, and catalogues by DCAT-US 3.0 and 1.1."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from blocklight.api.archive import PARQUET, kept
from blocklight.api.encoding import PublicFile
from blocklight.api.state import Public, public
from blocklight.archive.archive import Snapshot
from blocklight.archive.manifest import MonthFile
from blocklight.archive.month_table import ColumnType, month_columns, revision_columns
from blocklight.config.city import Identity
from blocklight.errors import NotFound
from blocklight.model.described import meanings
from blocklight.model.record import PublicIncident
from blocklight.model.times import iso

# Documents of other people's standards: those describe them, and not our OpenAPI document.
router = APIRouter(include_in_schema=False)

_ONE_SECOND = "public, max-age=1"
_CSV = "text/csv"
_V1 = "https://project-open-data.cio.gov/v1.1/schema"
_V3 = "https://resources.data.gov/resources/dcat-us3/"
_TABLE_SCHEMA = {
    ColumnType.TEXT: {"type": "string"},
    ColumnType.WHOLE: {"type": "integer"},
    ColumnType.NUMBER: {"type": "number"},
    ColumnType.FLAG: {"type": "boolean"},
    ColumnType.TIME: {"type": "datetime", "format": "any"},
}
_MEANINGS = {
    "known_at": "When it was published; null where an import brought it",
    "superseded_at": "When another version took its place; null for the one that is public now",
    "first_seq": "The place in the change log at which the incident was first published",
    "seq": "The place in the change log of this version",
    "released_at": "When it was first published here",
    "updated_at": "When its latest change was published here",
    "lon": "Longitude of the public place, in degrees (WGS 84)",
    "lat": "Latitude of the public place, in degrees (WGS 84)",
    "place_kind": "What was done to the place",
    "place_radius_m": "Up to how many metres the place was moved",
    "place_label": "The name of the place",
}

State = Annotated[Public, Depends(public)]


@router.get("/api/v1/archive/datapackage.json")
def get_data_package(request: Request, state: State) -> Response:
    """Describe every file of the archive as a data package (specs.frictionlessdata.io)."""
    snapshot, city = kept(state).settled(), state.city.city
    kinds = [layer.kind for layer in state.city.areas]
    incidents, versions = _table_schema(month_columns(kinds)), _table_schema(revision_columns(kinds))
    resources = []
    for month in snapshot.months:
        resources += _resources(f"incidents-{month.month}", month.month, month.bytes, month.sha256, incidents)
        if month.revisions is not None:
            name, file = f"versions-{month.month}", month.revisions
            resources += _resources(name, f"{month.month}-revisions", file.bytes, file.sha256, versions)
    body = {
        "profile": "data-package",
        "name": city.id,
        "title": _title(city),
        "description": _catalogue_description(city),
        "created": iso(snapshot.as_of),
        "homepage": str(request.base_url),
        **_licenses(city),
        "contributors": [{"title": city.attribution or city.name, "role": "publisher"}],
        "resources": resources,
    }
    if not resources:
        raise NotFound("the archive holds no file yet")
    return _json(request, {name: value for name, value in body.items() if value is not None})


@router.get("/data.json")
def get_catalogue(request: Request, state: State) -> Response:
    """The city's data set as a catalogue by DCAT-US 3.0."""
    snapshot, city, root = kept(state).settled(), state.city.city, _root_address(request)
    publisher = {"@type": "Organization", "name": city.attribution or city.name}
    publisher["prefLabel"] = publisher["name"]
    box = zip(("west", "south", "east", "north"), _bounding_box(city), strict=True)
    dataset: dict[str, Any] = {
        "@type": "Dataset",
        "identifier": [f"{root}/api/v1/archive"],
        "title": _title(city),
        "description": _catalogue_description(city),
        "publisher": publisher,
        "keyword": "calls for service",
        "landingPage": f"{root}/area",
        "geographicBoundingBox": [
            {"@type": "GeographicBoundingBox"}
            | {f"{side}Bounding{_AXES[side]}": f"{value}" for side, value in box}
        ],
        "distribution": _distributions(city, root, snapshot, with_checksum=True),
    }
    if snapshot.months:
        first, last = _span(snapshot)
        dataset |= {
            "modified": iso(snapshot.as_of),
            "temporal": [{"@type": "PeriodOfTime", "startDate": first, "endDate": last}],
        }
    if (email := _email(city)) is not None:
        dataset["contactPoint"] = [{"@type": "Kind", "fn": city.name, "hasEmail": email}]
    body = {
        "@type": "Catalog",
        "title": _title(city),
        "description": _catalogue_description(city),
        "publisher": publisher,
        "conformsTo": _V3,
        "dataset": [dataset],
    }
    return _json(request, body)


@router.get("/data-1.1.json")
def get_earlier_catalogue(request: Request, state: State) -> Response:
    """The same by DCAT-US 1.1; raises ``NotFound`` for what that requires and nobody has said."""
    snapshot, city, root = kept(state).settled(), state.city.city, _root_address(request)
    email = _email(city)
    if email is None or not snapshot.months:
        raise NotFound("DCAT-US 1.1 requires a contact by e-mail in the city file and a month of data")
    dataset = {
        "@type": "dcat:Dataset",
        "identifier": f"{root}/api/v1/archive",
        "title": _title(city),
        "description": _catalogue_description(city),
        "keyword": ["calls for service", "dispatch", city.name],
        "modified": iso(snapshot.as_of),
        "publisher": {"@type": "org:Organization", "name": city.attribution or city.name},
        "contactPoint": {"@type": "vcard:Contact", "fn": city.name, "hasEmail": email},
        "accessLevel": "public",
        "landingPage": f"{root}/area",
        "spatial": ",".join(map(str, _bounding_box(city))),
        "temporal": "/".join(_span(snapshot)),
        "distribution": _distributions(city, root, snapshot, with_checksum=False),
    }
    if city.license is not None:
        dataset["license"] = city.license
    body = {
        "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
        "@type": "dcat:Catalog",
        "conformsTo": _V1,
        "describedBy": f"{_V1}/catalog.json",
        "dataset": [dataset],
    }
    return _json(request, body)


_AXES = {"west": "Longitude", "east": "Longitude", "south": "Latitude", "north": "Latitude"}


def _resources(
    name: str, file: str, size: int, sha256: str, schema: Mapping[str, object]
) -> list[dict[str, object]]:
    """A file as a table that anybody's tools check, and as Parquet with its size and checksum."""
    return [
        {
            "profile": "tabular-data-resource",
            "name": name,
            "path": f"{file}.csv",
            "format": "csv",
            "mediatype": _CSV,
            "encoding": "utf-8",
            "schema": schema,
        },
        {
            "name": f"{name}-parquet",
            "path": f"{file}.parquet",
            "format": "parquet",
            "mediatype": PARQUET,
            "bytes": size,
            "hash": f"sha256:{sha256}",
        },
    ]


def _table_schema(columns: Sequence[tuple[str, ColumnType]]) -> dict[str, object]:
    """The columns of a file as a Table Schema, each with its meaning."""
    known = {name: meta.description for name, meta in meanings(PublicIncident).items()} | _MEANINGS
    fields = []
    for name, kind in columns:
        field = {"name": name, **_TABLE_SCHEMA[kind]}
        if (description := known.get(name)) is not None:
            field["description"] = description
        fields.append(field)
    return {"fields": fields, "missingValues": [""]}


def _distributions(
    city: Identity, root: str, snapshot: Snapshot, *, with_checksum: bool
) -> list[dict[str, Any]]:
    """Every file, as Parquet and as CSV."""
    months = (_of_month(city, root, month, with_checksum=with_checksum) for month in snapshot.months)
    return [entry for entries in months for entry in entries]


def _of_month(city: Identity, root: str, month: MonthFile, *, with_checksum: bool) -> list[dict[str, Any]]:
    files: list[tuple[str, str, str]] = [(month.month, month.month, month.sha256)]
    if month.revisions is not None:
        title = f"{month.month}, every published version"
        files.append((title, f"{month.month}-revisions", month.revisions.sha256))
    entries = []
    for title, file, sha256 in files:
        for form, media_type in (("parquet", PARQUET), ("csv", _CSV)):
            entry: dict[str, Any] = {
                "@type": "Distribution" if with_checksum else "dcat:Distribution",
                "title": f"{title} ({form})",
                "downloadURL": f"{root}/api/v1/archive/{file}.{form}",
            }
            if with_checksum:
                entry["license"] = city.license
                if form == "parquet":
                    entry["checksum"] = {"@type": "Checksum", "algorithm": "SHA-256", "checksumValue": sha256}
            else:
                entry["mediaType"] = media_type
            entries.append({name: value for name, value in entry.items() if value is not None})
    return entries


def _title(city: Identity) -> str:
    return f"Calls for service, {city.name}"


def _catalogue_description(city: Identity) -> str:
    """What the data is, and how it is to be cited where the city file says that."""
    text = (
        f"Published calls for service and requests of {city.name}, a file for each month (UTC) in which they "
        "were received, and every version of them that was published. Places are masked."
    )
    return text if city.citation is None else f"{text} Cite as: {city.citation}"


def _licenses(city: Identity) -> dict[str, object]:
    return {} if city.license is None else {"licenses": [{"path": city.license}]}


def _email(city: Identity) -> str | None:
    contact = city.contact or ""
    return f"mailto:{contact}" if "@" in contact and not contact.startswith("https://") else None


def _bounding_box(city: Identity) -> tuple[float, float, float, float]:
    bounds = city.bounds
    return bounds.west, bounds.south, bounds.east, bounds.north


def _span(snapshot: Snapshot) -> tuple[str, str]:
    """When the first and the last of all incidents were received."""
    months = snapshot.months
    return iso(min(month.first_at for month in months)), iso(max(month.last_at for month in months))


def _root_address(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _json(request: Request, body: Mapping[str, object]) -> Response:
    return PublicFile(orjson.dumps(body), "application/json", _ONE_SECOND, quality=4).respond(request)
