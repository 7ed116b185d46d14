"""Notes what the current thread itself runs of Blocklight's code, and of functions written in C."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import blocklight

_CODE = str(Path(blocklight.__file__).parent)


@dataclass
class Ran:
    """How often each line ran in the thread, and which functions written in C were called there."""

    lines: Counter[str] = field(default_factory=Counter)
    built_in: set[object] = field(default_factory=set)

    def more_than(self, other: "Ran") -> dict[str, int]:
        """Return the lines that ran more often than in *other*, each with how much more often."""
        return dict(self.lines - other.lines)


@contextmanager
def own_thread() -> Iterator[Ran]:
    """Watch the current thread, and no other, until the block ends."""
    ran = Ran()

    def on_line(frame: FrameType, event: str, _: Any) -> Any:  # noqa: ANN401 - what settrace gives and takes
        if event == "line":
            ran.lines[f"{frame.f_code.co_filename.removeprefix(_CODE)}:{frame.f_lineno}"] += 1
        return on_line

    def on_call(frame: FrameType, _event: str, _: Any) -> Any:  # noqa: ANN401 - as above
        return on_line if frame.f_code.co_filename.startswith(_CODE) else None

    def on_profile(frame: FrameType, event: str, called: Any) -> None:  # noqa: ANN401 - as above
        if event == "c_call" and frame.f_code.co_filename.startswith(_CODE):
            ran.built_in.add(called)

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(on_call)
    sys.setprofile(on_profile)
    try:
        yield ran
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
