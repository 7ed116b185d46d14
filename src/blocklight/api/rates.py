"""Rates per 1,000 residents as answers have them, and in words whose count of residents they are of."""

from blocklight.config.city import City
from blocklight.insight.rates import per_1000

_DIGITS = 5


def rounded_rate(n: float, people: int | None) -> float | None:
    """A count per 1,000 residents; ``None`` where their number is not known."""
    rate = per_1000(n, people)
    return None if rate is None else round(rate, _DIGITS)


def rates_definition(city: City) -> str:
    """Whose count of residents rates are of; nothing where the city file has none."""
    if city.population is None:
        return ""
    return (
        f" Rates are per 1,000 residents of the area or city, as counted in {city.population.year} "
        f"({city.population.source}); people who live elsewhere call as well."
    )
