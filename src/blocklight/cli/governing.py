"""Prints the audit log, which rule decides about a record, and what another policy would change."""

from pathlib import Path

import orjson
from rich.table import Table

from blocklight.app.audit_check import checked_audit
from blocklight.app.explaining import explained_records
from blocklight.app.opening import Options
from blocklight.app.policy_change import WORDS
from blocklight.app.policy_diff import PolicyDiff, compare_policies
from blocklight.cli import out
from blocklight.errors import BlocklightError


def verify_audit(options: Options, digest: str | None = None) -> None:
    """Print the audit log; raises ``BlocklightError`` where it was changed, or *digest* is not in it."""
    verdict, entries = checked_audit(options)
    table = Table("", "When (UTC)", "What", "Detail")
    for entry in entries:
        detail = orjson.dumps(dict(entry.detail)).decode()
        table.add_row(str(entry.number), f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.action, detail)
    out.print(table)
    if digest is not None and digest.strip().lower() not in {entry.digest for entry in entries}:
        raise BlocklightError("the entry with the digest that you kept is gone: the log was cut or replaced")
    out.print(
        f"{verdict.entries} entries, all intact. Newest digest: {verdict.head or 'none'}\n"
        "Keep it somewhere else: with --expect it also shows whether entries were cut off the end.",
        soft_wrap=True,
        highlight=False,
    )


def explain_record(name: str, source_id: str | None, record: Path) -> None:
    """Print which rule decides about the records in a file, and what the public would see of them."""
    for number, count, lines in explained_records(name, source_id, record):
        out.rule(f"record {number} of {count}")
        for line in lines:
            out.print(line, highlight=False, markup=False, soft_wrap=True)


def differ(old: str, new: str, data: Path | None, database: str | None) -> None:
    """Print what would change if the city file *new* took the place of *old*; changes nothing."""
    _print_diff(compare_policies(old, new, data, database))


def _print_diff(diff: PolicyDiff) -> None:
    for title, counts in (("Category", diff.published.by_category), ("Area", diff.published.by_area)):
        if not counts:
            continue
        table = Table(title, *(word.capitalize() for word in WORDS))
        for name in sorted({name for name, _ in counts}):
            table.add_row(name, *(str(counts[name, word]) for word in WORDS))
        out.print(table)
    for difference, name in ((diff.published, "published"), (diff.waiting, "waiting")):
        changes = ", ".join(f"{difference.total[word]} {word}" for word in WORDS)
        if difference is diff.published or difference.published:
            out.print(
                f"Of {difference.published} {name} incidents: {changes}.", highlight=False, soft_wrap=True
            )
    waiting = ", ".join(f"{n} withheld as {reason}" for reason, n in sorted(diff.withheld.items())) or "none"
    out.print(
        f"What could appear: {waiting}. What these are is not stored: they appear, if the new policy "
        "lets them, when their source tells of them again; and what is masked now becomes finer only then.",
        highlight=False,
        soft_wrap=True,
    )
