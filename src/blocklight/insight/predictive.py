"""What a count may be if it is as usual: a predictive range from few past counts that vary beyond chance.

The model is gamma-Poisson: a week's count is Poisson around a rate that varies from week to week, so that the
count is negative binomial with mean m and variance m + m**2 / size. *size* is pooled over all areas, as a
handful of weeks of one area cannot tell it. With *size* known, the beta distribution is conjugate to the
negative binomial, and under Jeffreys' prior, p**-1 * (1 - p)**-0.5, the next count after n counts that add up
to s is beta-negative-binomial (generalised Waring) with parameters size, n * size and s + 1/2:

    P(k) = C(size + k - 1, k) * B(n * size + size, s + 1/2 + k) / B(n * size, s + 1/2)

Johnson, Kemp and Kotz, Univariate Discrete Distributions, 3rd edition, section 6.2.3; the prior in
Bernardo and Smith, Bayesian Theory, appendix A.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

# How often at most a count as usual may be called fewer, and how often more: the budget of false alarms.
TAIL = 0.01

# Beyond this size a negative binomial cannot be told from a Poisson distribution, and the logarithms of the
# gamma function, whose differences give the first probability, would cancel each other out.
_NO_MORE_THAN_CHANCE = 1e5

# Below this size the tail is so heavy that a range means nothing, and may not end.
_WILDEST = 0.5

_LONGEST = 1_000_000


class Range(NamedTuple):
    """From the least to the most that is as usual, both included."""

    low: int
    high: int


def pooled_size(histories: Iterable[Sequence[int]]) -> float:
    """The size of the negative binomial that the counts of many areas share, by their moments.

    Each history holds one area's counts of comparable weeks. Of a history, s**2 estimates m + m**2 / size and
    mean**2 - s**2 / n estimates m**2, both without bias; the sums over all areas are divided.
    """
    beyond = squares = 0.0
    for history in histories:
        n = len(history)
        if n > 1:
            mean = sum(history) / n
            variance = sum((count - mean) ** 2 for count in history) / (n - 1)
            beyond += (n - 1) * (variance - mean)
            squares += (n - 1) * (mean**2 - variance / n)
    # Where counts vary by chance alone, `beyond` is nothing but rounding noise of either sign.
    if squares <= 0 or squares >= beyond * _NO_MORE_THAN_CHANCE:
        return _NO_MORE_THAN_CHANCE
    return max(squares / beyond, _WILDEST)


def usual_range(history: Sequence[int], size: float, tail: float = TAIL) -> Range:
    """Bounds that the next count lies below, and above, with a probability of at most *tail* each.

    A *size* outside of what `pooled_size` returns is taken for the nearest that it does.
    """
    size = min(max(size, _WILDEST), _NO_MORE_THAN_CHANCE)
    low, below = 0, 0.0
    for count, probability in enumerate(_probabilities(history, size)):
        if below + probability <= tail:
            low = count + 1
        below += probability
        if below >= 1 - tail:
            return Range(low, count)
    raise ArithmeticError("a distribution that does not end")


def _probabilities(history: Sequence[int], size: float) -> Iterator[float]:
    """Yield the probability of 0, 1, 2 and so on, each from the one before.

    They are kept as logarithms: where a thousand are usual, that of none at all is too small for a float.
    """
    a, b = len(history) * size, sum(history) + 0.5
    log = math.lgamma(a + size) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(a + size + b)
    for count in range(_LONGEST):
        yield math.exp(log)
        log += math.log((size + count) * (b + count) / ((count + 1) * (a + size + b + count)))
