"""Errors as GeoServices clients expect them: HTTP 200 with an ``error`` that names the mistake's place."""

from typing import TypedDict


class ErrorBody(TypedDict):
    """What is wrong: a status as HTTP has it, a sentence, and where."""

    code: int
    message: str
    details: list[str]


class ErrorAnswer(TypedDict):
    """The body of an answer that is an error."""

    error: ErrorBody


class GeoServicesError(Exception):
    """A request that cannot be answered; *position* counts the letters of the parameter from 1."""

    def __init__(
        self, reason: str, *, parameter: str | None = None, position: int | None = None, code: int = 400
    ) -> None:
        super().__init__(reason)
        self.parameter = parameter
        self.position = position
        self.code = code

    def answer(self) -> ErrorAnswer:
        """The body of the answer."""
        place = [] if self.parameter is None else [f"parameter: {self.parameter}"]
        place += [] if self.position is None else [f"position: {self.position}"]
        prefix = "" if self.parameter is None else f"{self.parameter}: "
        at = "" if self.position is None else f" at position {self.position}"
        return {"error": {"code": self.code, "message": f"{prefix}{self}{at}", "details": place}}
