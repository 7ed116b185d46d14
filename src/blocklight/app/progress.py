"""How work that takes a while tells how far it is; who shows that is the caller's affair."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Begins to show *total* steps of work under *title*; what it gives is called after each step."""

    def __call__(self, title: str, total: int) -> AbstractContextManager[Callable[[], object]]:
        """Show progress until the context ends."""
        ...


@contextmanager
def unseen(title: str, total: int) -> Iterator[Callable[[], object]]:  # noqa: ARG001 - nobody looks
    """Show nothing."""
    yield lambda: None
