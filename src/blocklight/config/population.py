"""How many people live in a city and in its areas, of which year and by whose count."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from blocklight.config.policy_mistakes import Mistake
from blocklight.config.table import Table

Residents = Annotated[int, Field(gt=0, le=100_000_000, strict=True)]


class Population(Table):
    """The residents of the *city*, and of *areas* by kind and id, as counted in *year* by *source*."""

    year: int = Field(ge=1900, le=2200, strict=True)
    source: str = Field(min_length=5, max_length=200)
    city: Residents | None = None
    areas: dict[str, dict[str, Residents]] = Field(default_factory=dict)

    def of(self, area: tuple[str, str] | None) -> int | None:
        """The residents of an area by its kind and id, of the city for ``None``; ``None`` if not known."""
        return self.city if area is None else self.areas.get(area[0], {}).get(area[1])


def population_mistakes(population: Population | None, kinds: Sequence[str]) -> Iterator[Mistake]:
    """Yield what is wrong with a population beside the kinds of areas that the city has.

    Whether each area exists is known once its polygons are read.
    """
    if population is None:
        return
    if population.city is None and not any(population.areas.values()):
        yield Mistake("population", "says of nowhere how many people live there: give `city` or `areas`")
    for kind, residents in population.areas.items():
        key = f"population.areas.{kind}"
        if kind not in kinds:
            yield Mistake(key, f"this city has no areas of kind {kind!r}")
        largest = max(residents.values(), default=0)
        if population.city is not None and largest > population.city:
            yield Mistake(key, f"an area has {largest:,} residents, the city {population.city:,}")
