"""Records what a source answers, and replays such a recording; says how far it is and what came of it."""

import asyncio
from contextlib import closing
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from blocklight.app.opening import Options, wall_clock
from blocklight.app.recording import Recorder, Replayer
from blocklight.cli import err, out
from blocklight.errors import BlocklightError, SourceError, UsageError


def record_source(
    city_name: str,
    source_id: str,
    output: Path,
    *,
    polls: int | None,
    poll_s: float | None,
    source_urls: list[str],
) -> None:
    """Write what a source answers to *output*, fetch after fetch, and print a line for each."""
    recorder = Recorder(Options(city_name, source_urls=source_urls, poll_s=poll_s), source_id, output)

    async def run() -> None:
        async for rows in recorder.polls(polls):
            result = f"failed: {rows.explained}" if isinstance(rows, SourceError) else f"{rows} records"
            note = "" if isinstance(rows, SourceError) else f"  {recorder.recorded} answers recorded"
            out.print(f"{wall_clock():%H:%M:%S}  {result}{note}", markup=False, soft_wrap=True)

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        out.print(f"Stopped; the answers so far are in {output}.", highlight=False, soft_wrap=True)
        return
    summary = f"{recorder.recorded} answers in {output}. It holds exact places: keep it private."
    out.print(summary, highlight=False, soft_wrap=True)


def replay_source(
    city_name: str, source_id: str, file: Path, *, speed: str, data: Path | None, database: str | None
) -> None:
    """Replay a recording into the store and print what came of it."""
    factor = _factor(speed)
    with closing(Replayer(Options(city_name, data=data, database=database), source_id, file)) as replayer:
        try:
            asyncio.run(_show_replay(replayer, file, factor))
        except SourceError as error:
            raise BlocklightError(f"{file}: {error.explained}") from error
    total = replayer.total
    if not total.fetches + total.skipped:
        raise BlocklightError(f"{file}: holds no whole answer; it may have been cut off")
    out.print(total.sentence(), highlight=False, soft_wrap=True)


async def _show_replay(replayer: Replayer, file: Path, factor: float | None) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} fetches"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(f"Replaying {file.name}", total=None)
        async for _ in replayer.fetches(factor):
            progress.advance(task)


def _factor(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        factor = float(speed)
    except ValueError:
        factor = 0.0
    if factor <= 0:
        raise UsageError("--speed", f"expected a number above 0, or max, not {speed!r}")
    return factor
