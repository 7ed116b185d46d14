"""The commands about a city's areas."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import SET_UP, CityArgument, app
from blocklight.cli.checked_options import existing_file, file_to_write, reference_system
from blocklight.errors import UsageError

area_app = typer.Typer(help="Areas that people know: beats, districts, neighborhoods.", no_args_is_help=True)
app.add_typer(area_app, name="area", rich_help_panel=SET_UP)


@area_app.command("build")
def area_build(
    city: CityArgument,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            callback=existing_file,
            help="Polygons: GeoJSON, shapefile, TopoJSON, GeoPackage, …",
        ),
    ],
    *,
    kind: Annotated[str, typer.Option(help="A short word such as beat.")],
    label: Annotated[str, typer.Option(help="The name that people read.")],
    area_id: Annotated[str, typer.Option("--id", help="The column with an area's id.")],
    name: Annotated[str | None, typer.Option(help="The column with its name. Default: the id.")] = None,
    crs: Annotated[
        str | None,
        typer.Option(
            callback=reference_system,
            help="The reference system of a file that names none, such as EPSG:2227.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", callback=file_to_write, help="The file to write. Default: KIND.geojson."
        ),
    ] = None,
) -> None:
    """Build an area file from a file of polygons, and print the lines for the city file.

    [bold]blocklight area build oakland beats.shp --kind beat --label "Police beats" --id CP_BEAT[/bold]
    """
    from pydantic import ValidationError  # noqa: PLC0415 - the same

    from blocklight.cli.preparing_areas import prepare_areas  # noqa: PLC0415 - see above
    from blocklight.config.city import AreaLayer  # noqa: PLC0415 - `--help` need not load it
    from blocklight.config.mistakes_in_words import in_words  # noqa: PLC0415 - the same

    target = output or Path(f"{kind}.geojson")
    try:
        layer = AreaLayer(kind=kind, label=label, file=target.name, id=area_id, name=name or area_id)
    except ValidationError as error:
        mistake = error.errors()[0]
        raise UsageError(f"--{mistake['loc'][0]}", in_words(mistake, AreaLayer)) from None
    prepare_areas(city, file, layer, crs=crs, output=target)
