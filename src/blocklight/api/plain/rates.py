"""Rates per 1,000 residents on the pages about the past, and whose count they are of."""

from blocklight.api.plain.page import Reader
from blocklight.insight.rates import per_1000, residents


def residents_line(reader: Reader, area: tuple[str, str] | None) -> str:
    """How many people live in an area, or in the city, of which year and by whose count; or nothing."""
    people, population = residents(reader.state.city, area), reader.state.city.population
    if people is None or population is None:
        return ""
    return reader.words(
        "past.rate.residents",
        n=reader.formats.number(people),
        year=str(population.year),
        source=population.source,
    )


def rate_line(reader: Reader, n: int, area: tuple[str, str] | None) -> str:
    """A count per 1,000 residents; or nothing."""
    rate = per_1000(n, residents(reader.state.city, area))
    if rate is None:
        return ""
    return reader.words("past.rate.of", rate=reader.formats.number(round(rate, 2)))


def counted_by(reader: Reader) -> str:
    """Whose count of residents the rates of a page are of; or nothing."""
    population = reader.state.city.population
    if population is None:
        return ""
    return reader.words("past.rate.counted", year=str(population.year), source=population.source)
