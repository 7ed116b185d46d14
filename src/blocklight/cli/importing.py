"""Imports a file of history, shows how far it is and says what came of it."""

from contextlib import closing
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from blocklight.app.importing import Import, report_of_history
from blocklight.app.opening import Options
from blocklight.cli import err, out
from blocklight.cli.report_tables import print_report


def import_history(options: Options, source_id: str, file: Path) -> None:
    """Import *file* and print what came of it; an import that was interrupted goes on where it was."""
    with closing(Import(options, source_id, file)) as history:
        account = history.account
        if account.done:
            out.print("This file was imported before. " + account.sentence(), highlight=False)
            return
        if account.rows:
            out.print(f"Going on after row {account.rows:,}.", highlight=False)
        try:
            _show_import(history)
        except KeyboardInterrupt:
            out.print(f"Stopped after row {account.rows:,}; run the same command again to continue.")
            return
        _report(options, source_id, file)
        out.print(account.sentence(), highlight=False, soft_wrap=True)


def _show_import(history: Import) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        total = history.file.stat().st_size
        task = progress.add_task(f"Importing {history.file.name}", total=total, rows=0)
        for position in history.blocks():
            progress.update(task, completed=position, rows=history.account.rows)


def _report(options: Options, source_id: str, file: Path) -> None:
    with err.status(f"Counting the types of {file.name}"):
        report, rules, has_map = report_of_history(options, source_id, file)
    print_report(report, source_id, rules, has_map=has_map)
