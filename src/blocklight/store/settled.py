"""Remembers what is stored as it was told, so that the same told again costs no look at the database."""

from collections.abc import Mapping

from blocklight.model import PublicIncident

_NOTHING: Mapping[str, PublicIncident] = {}


class Settled:
    """The published incidents of each source's latest batch, as the very objects that were applied.

    A feed that is read whole tells most of its calls as it did before, and hands over the same objects. The
    memory holds while nobody else changes the public record: whoever does, moves the log's head.
    """

    def __init__(self) -> None:
        self._by_source: dict[str, Mapping[str, PublicIncident]] = {}
        self._head = -1

    def begin(self, head: int) -> None:
        """Start a transaction that found the log at *head*."""
        if head != self._head:
            self.forget()

    def of(self, source: str) -> Mapping[str, PublicIncident]:
        """Return what is settled of a source, by public id."""
        return self._by_source.get(source, _NOTHING)

    def keep(self, source: str, settled: Mapping[str, PublicIncident]) -> None:
        """Remember a batch of *source* in place of the one before."""
        self._by_source[source] = settled

    def end(self, head: int) -> None:
        """Note that the transaction left the log at *head*."""
        self._head = head

    def forget(self) -> None:
        """Drop what is remembered: needed after a rollback, harmless otherwise."""
        self._by_source.clear()
        self._head = -1
