"""Holds where a call is and what its source calls it, closed to all but the functions that are named here.

Whatever prints or logs such a value says ``<exact>``; formatting, copying, pickling and encoding it fail. It
has to be opened first, by name, and only intake and what masks for it can import the names.
"""

from typing import NoReturn, final

_SHOWN = "<exact>"


class Exact:
    """Something that may not leave the memory between reading a row and redacting it."""

    __slots__ = ()
    # By what it holds it would be the same in every process, so that a list of all places finds it again.
    __hash__ = None  # type: ignore[assignment]  # as Python spells it

    def __repr__(self) -> str:
        """Show nothing."""
        return _SHOWN

    def __str__(self) -> str:
        """Show nothing."""
        return _SHOWN

    def __format__(self, form: str) -> NoReturn:
        """Refuse to be a part of a text: what was made of it, an identity say, would be one for all."""
        raise TypeError("open what is exact before a text is made of it")

    def __copy__(self) -> NoReturn:
        """Refuse a copy, which somebody would hold."""
        raise TypeError("what is exact cannot be copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        """Refuse a copy, as above."""
        raise TypeError("what is exact cannot be copied")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse to be pickled: a pickle is sent or stored."""
        raise TypeError("what is exact cannot be pickled")

    def __getstate__(self) -> NoReturn:
        """Refuse to list what is held."""
        raise TypeError("what is exact cannot be pickled")


@final
class ExactPoint(Exact):
    """Where a call is, in degrees of WGS 84."""

    __slots__ = ("_lat", "_lon")

    def __init__(self, lon: float, lat: float) -> None:
        self._lon = lon
        self._lat = lat


@final
class ExactAddress(Exact):
    """The address of a call in its source's words, and the cross street that its source has beside it."""

    __slots__ = ("_cross_street", "_line")

    def __init__(self, line: str, cross_street: str | None = None) -> None:
        self._line = line
        self._cross_street = cross_street


@final
class SourceKey(Exact):
    """What a source calls an incident, or what tells a row from others that cannot be read."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text


def degrees(point: ExactPoint) -> tuple[float, float]:
    """Open a point: its longitude and latitude."""
    return point._lon, point._lat  # noqa: SLF001 - it is opened here and nowhere else


def address_lines(address: ExactAddress) -> tuple[str, str | None]:
    """Open an address: its own line, empty where there is none, and the cross street."""
    return address._line, address._cross_street  # noqa: SLF001 - as above


def key_text(key: SourceKey) -> str:
    """Open a key; what is made of it has to be a keyed hash."""
    return key._text  # noqa: SLF001 - as above
