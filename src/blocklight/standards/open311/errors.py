"""Errors as GeoReport has them: a status of HTTP, and a list of codes with their descriptions."""

from blocklight.standards.open311.documents import Form, document, encoded


class Open311Error(Exception):
    """A request that cannot be answered."""

    def __init__(self, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.status = status

    def body(self, form: Form) -> bytes:
        """The body of the answer."""
        entry = encoded(form, "error", {"code": self.status, "description": str(self)})
        return document(form, "errors", [entry])
