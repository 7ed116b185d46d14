"""Makes a place file, and prints what it came to."""

from pathlib import Path

from rich.table import Table

from blocklight.app.opening import wall_clock
from blocklight.cli import out
from blocklight.config.city import PlacesSpec, load_city
from blocklight.model.vocabulary import PlaceKind
from blocklight.prepare.places.build import Built
from blocklight.prepare.places.make import Sources, make_place_file


def build_places(name: str, sources: Sources, output: Path | None) -> None:
    """Write the place file of a city, and print what it came to; raises what ``make_place_file`` does."""
    place_file = make_place_file(name, load_city(name), sources, output, wall_clock)
    _print_places(place_file.built, place_file.spec, place_file.file, place_file.repaired)


def _print_places(built: Built, spec: PlacesSpec, target: Path, repaired: int) -> None:
    table = Table("", "Found", "Approved")
    for kind in (PlaceKind.INTERSECTION, PlaceKind.BLOCK):
        table.add_row(kind, f"{built.candidates[kind]:,}", f"{sum(p.kind is kind for p in built.places):,}")
    out.print(table)
    share = built.without / max(1, built.addresses)
    reach = sorted(place.radius_m for place in built.places)[len(built.places) // 2]
    out.print(
        f"{len(built.places):,} places, each for at least {spec.serves} of {built.addresses:,} addresses; "
        f"{built.without:,} ({share:.1%}) have none, and calls there are withheld as no_place. "
        f"An address is moved by {built.moved_m[0]:.0f} m in the middle and {built.moved_m[1]:.0f} m at the "
        f"90th percentile; the middle place says up to {reach} m. Repaired shapes: {repaired}.\n"
        f"Written: {target}",
        highlight=False,
        soft_wrap=True,
    )
