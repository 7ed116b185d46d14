"""The command that puts a map, areas, street lines and approved places under a city."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from blocklight.cli import SET_UP, CityArgument, app
from blocklight.cli.checked_options import existing_file, reference_system

ground_app = typer.Typer(
    help="Basemap, areas, street lines and approved places, all at once.", no_args_is_help=True
)
app.add_typer(ground_app, name="ground", rich_help_panel=SET_UP)


@ground_app.command("build")
def ground_build(
    city: CityArgument,
    *,
    source: Annotated[
        Literal["census", "osm", "files"],
        typer.Option("--from", help="US Census Bureau, OpenStreetMap, or only your own --layer files."),
    ] = "census",
    county: Annotated[
        list[str] | None,
        typer.Option(help="A county's five digits (FIPS). Default: those within the bounds.", metavar="FIPS"),
    ] = None,
    year: Annotated[int, typer.Option(min=2020, max=2100, help="The year of the TIGER/Line files.")] = 2024,
    no_tigerweb: Annotated[
        bool,
        typer.Option(
            "--no-tigerweb",
            help="Use only TIGER/Line files, and not the Census Bureau's map service TIGERweb.",
        ),
    ] = False,
    osm: Annotated[
        Path | None,
        typer.Option(
            callback=existing_file,
            help="An extract (.pbf, .osm, .osm.bz2) or an answer of Overpass (.json, .json.gz).",
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            help="THEME=FILE, THEME=FILE#LAYER or THEME=FILE#PROPERTY=VALUE,VALUE; may be repeated.",
            metavar="THEME=FILE",
        ),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option(callback=reference_system, help="The reference system of --layer files that name none."),
    ] = None,
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the lines for the city file instead of writing them.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Fetch again what was fetched before.")] = False,
) -> None:
    """Build basemap, areas, street lines and approved places, and name them in the city file.

    In the United States:  [bold]blocklight ground build my-city.toml[/bold]
    Anywhere else:         [bold]blocklight ground build my-city.toml --from osm --osm city.osm.pbf[/bold]
    From your own layers:  [bold]blocklight ground build my-city.toml --from files --layer roads=r.shp[/bold]

    Everything is downloaded now and kept beside the city file, so visitors' browsers contact no other server.
    """
    from blocklight.cli.making_ground import make_city_ground  # noqa: PLC0415 - `--help` need not load it
    from blocklight.config.settings import Settings  # noqa: PLC0415 - the same
    from blocklight.prepare.city_ground.own_files import own_part  # noqa: PLC0415 - the same
    from blocklight.prepare.city_ground.sources import GroundSources  # noqa: PLC0415 - the same

    settings = Settings()
    sources = GroundSources(
        origin="osm" if osm is not None else source,
        own=tuple(own_part(text, crs) for text in layer or ()),
        counties=tuple(county or ()),
        year=year,
        tigerweb=not no_tigerweb,
        extract=osm,
        tiger_url=settings.tiger_url,
        tigerweb_url=settings.tigerweb_url,
        overpass_url=settings.overpass_url,
    )
    make_city_ground(city, sources, print_only=print_only, fresh=fresh)
