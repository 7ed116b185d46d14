"""Object ids: 31-bit numbers that no two published incidents ever share, in no order."""

import hashlib
import secrets
from collections.abc import Sequence
from functools import lru_cache

from blocklight.errors import StoreError

# Esri's clients keep object ids in signed 32-bit numbers.
_BITS = 31

_MASK = (1 << _BITS) - 1
_SHIFT = _BITS // 2 + 1
_ROUNDS = 4
# Numbers passed over when a backup is restored: those that were given since it was taken are not known.
SKIPPED_AT_RESTORE = 1 << 22


def new_key() -> str:
    """Draw the key of one database's object ids."""
    return secrets.token_hex(16)


def object_id(number: int, key: str) -> int | None:
    """The object id of the *number*-th publication; ``None`` for the one number whose id would be 0.

    A keyed permutation of all 31-bit numbers: different numbers have different ids, so that none is given
    twice and no list of used ones has to be kept. Clients take 0 for "none".
    """
    return _permuted(number, _constants(key)) or None


def _permuted(number: int, constants: Sequence[tuple[int, int]]) -> int:
    if not 0 <= number <= _MASK:
        raise StoreError("there are no object ids left")
    for factor, summand in constants:
        number = (number * factor + summand) & _MASK
        number ^= number >> _SHIFT
    return number


@lru_cache(maxsize=64)
def _constants(key: str) -> tuple[tuple[int, int], ...]:
    drawn = hashlib.blake2b(key.encode(), digest_size=_ROUNDS * 8).digest()
    words = [int.from_bytes(drawn[at : at + 4], "big") for at in range(0, len(drawn), 4)]
    # An odd factor is what makes multiplication modulo a power of two reversible.
    return tuple((factor | 1, summand) for factor, summand in zip(words[::2], words[1::2], strict=True))


class ObjectIds:
    """Gives the next object id; *next* is how many publications there were."""

    def __init__(self, following: int, key: str) -> None:
        self.next = following
        self._constants = _constants(key)

    def give(self) -> int:
        """An object id that was never given before."""
        while True:
            fresh = _permuted(self.next, self._constants)
            self.next += 1
            if fresh:  # clients take 0 for "none"
                return fresh
