"""The commands about a city's areas."""

from pathlib import Path
from typing import Annotated

import typer

from blocklight.cli import CityArgument, app

areas_app = typer.Typer(help="The areas that people know.", no_args_is_help=True)
app.add_typer(areas_app, name="areas")


@areas_app.command("prepare")
def areas_prepare(
    city: CityArgument,
    file: Annotated[Path, typer.Argument(help="Polygons: GeoJSON, shapefile, TopoJSON, GeoPackage, …")],
    *,
    kind: Annotated[str, typer.Option(help="A short word such as beat.")],
    label: Annotated[str, typer.Option(help="What people read.")],
    area_id: Annotated[str, typer.Option("--id", help="The column with an area's id.")],
    name: Annotated[str | None, typer.Option(help="The column with its name. None: the id.")] = None,
    crs: Annotated[
        str | None, typer.Option(help="The reference system of a file that names none, such as EPSG:2227.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="None: KIND.geojson.")] = None,
) -> None:
    """Make an area file from a file of polygons that the city publishes, and show the lines that name it.

    [bold]blocklight areas prepare oakland beats.shp --kind beat --label "Police beats" --id CP_BEAT[/bold]
    """
    from blocklight.cli.preparing_areas import prepare_areas  # noqa: PLC0415 - see above
    from blocklight.config.city import AreaLayer  # noqa: PLC0415 - `--help` need not load it

    target = output or Path(f"{kind}.geojson")
    layer = AreaLayer(kind=kind, label=label, file=target.name, id=area_id, name=name or area_id)
    prepare_areas(city, file, layer, crs=crs, output=target)
