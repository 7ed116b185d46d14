"""Reads the parameters of a request one by one: numbers, switches and lists, each within its bounds."""

from collections.abc import Mapping

import orjson

from blocklight.standards.geoservices.errors import GeoServicesError

_LONGEST = 200_000
_YES, _NO = ("true", "1", "t"), ("false", "0", "f", "")


class Parameters:
    """The parameters of a request; names are read without case, and an empty one is as good as none."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._given = {name.lower(): text for name, text in texts.items()}

    def text(self, name: str) -> str | None:
        """A parameter's text; raises ``GeoServicesError`` for one that is too long."""
        text = self._given.get(name.lower())
        if text is not None and len(text) > _LONGEST:
            raise GeoServicesError(f"longer than {_LONGEST:,} letters", parameter=name)
        return text or None

    def is_given(self, name: str) -> bool:
        """Whether a request names a parameter at all, be it empty."""
        return name.lower() in self._given

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Whether a switch is on."""
        text = (self._given.get(name.lower()) or "").strip().lower()
        if text not in (*_YES, *_NO):
            raise GeoServicesError("expected true or false", parameter=name)
        return default if not text else text in _YES

    def whole(self, name: str, *, minimum: int, maximum: int) -> int | None:
        """A whole number within bounds."""
        text = self.text(name)
        if text is None:
            return None
        # `isdecimal` alone lets the digits of other scripts through.
        digits = text.strip().removeprefix("-")
        number = int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None  # noqa: PLR2004 - 64 bits
        if number is None or not minimum <= number <= maximum:
            raise GeoServicesError(f"expected a whole number from {minimum} to {maximum}", parameter=name)
        return number

    def json(self, name: str) -> object:
        """What a parameter says as JSON, ``None`` for one that is not given."""
        text = self.text(name)
        if text is None:
            return None
        try:
            document: object = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise GeoServicesError("not JSON", parameter=name, position=error.pos + 1) from None
        return document

    def refuse(self, name: str, *harmless: str) -> None:
        """Raise ``GeoServicesError`` where a parameter asks for what is not served, rather than ignore it."""
        text = (self.text(name) or "").strip()
        if text and text.lower() not in harmless:
            raise GeoServicesError("not supported", parameter=name)
