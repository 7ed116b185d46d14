"""Shows progress as a bar on the terminal, which is gone when the work is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress

from blocklight.cli import err


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[], object]]:
    """Show a bar of *total* steps under *title*."""
    with Progress(console=err, transient=True) as bars:
        task = bars.add_task(title, total=total)
        yield lambda: bars.advance(task)
