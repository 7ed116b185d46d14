"""Says what came of rebuilding or verifying an archive."""

import typer

from blocklight.app.archive_check import rebuild_archive, verify_archive
from blocklight.app.opening import Options
from blocklight.cli import say


def print_rebuild(options: Options) -> None:
    """Rebuild an archive and print what it holds, or who builds it."""
    report = rebuild_archive(options)
    for folder in report.served_from:
        say(f"{folder}: {report.city} is served from here; the server builds its files anew.")
    if not report.served_from:
        say(f"{report.folder}: {report.months:,} months with {report.rows:,} incidents were built.")


def print_verification(options: Options) -> None:
    """Verify an archive and print which months were damaged; exits with 1 where any was."""
    report = verify_archive(options)
    for month in report.damaged:
        rest = "the server builds it anew" if report.served_from else "built anew"
        say(f"{month}: damaged, {rest}")
    checked = f"{report.months:,} months with {report.rows:,} incidents, {len(report.damaged)} damaged"
    say(f"{report.folder}: {checked}.")
    if report.damaged:
        raise typer.Exit(1)
