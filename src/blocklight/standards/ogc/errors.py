"""Errors as OGC API clients expect them: a status of HTTP and a problem document (RFC 9457)."""

from typing import TypedDict


class Problem(TypedDict):
    """What is wrong, and with which parameter."""

    title: str
    status: int
    detail: str


class OgcError(Exception):
    """A request that cannot be answered; *position* counts the letters of the parameter from 1."""

    def __init__(
        self, reason: str, *, parameter: str | None = None, position: int | None = None, status: int = 400
    ) -> None:
        super().__init__(reason)
        self.parameter = parameter
        self.position = position
        self.status = status

    def problem(self) -> Problem:
        """The body of the answer."""
        prefix = "" if self.parameter is None else f"{self.parameter}: "
        at = "" if self.position is None else f" at position {self.position}"
        title = {404: "Not found", 503: "Try again"}.get(self.status, "Bad request")
        return {"title": title, "status": self.status, "detail": f"{prefix}{self}{at}"}
