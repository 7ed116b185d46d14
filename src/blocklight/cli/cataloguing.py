"""Lists public feeds from OpenPoliceData's table of sources."""

from pathlib import Path

from rich.markup import escape

from blocklight.app.catalogue import TABLE, listed_feeds
from blocklight.cli import out


def list_feeds(place: str | None, *, file: Path | None, incidents: bool, table_url: str = TABLE) -> None:
    """Print the feeds of a state or city; raises ``BlocklightError`` for a table that cannot be read."""
    feeds = listed_feeds(place, file=file, incidents=incidents, table_url=table_url)
    for feed in feeds:
        head = f"{feed.agency}, {feed.state}: {feed.holds}, {feed.platform}, until {feed.until}"
        # An address stands alone on its line and is never broken, so that it can be copied.
        out.print(f"[bold]{escape(head)}[/bold]\n  {escape(feed.url)}", highlight=False, soft_wrap=True)
    out.print(
        f"{len(feeds)} feed{'s' * (len(feeds) != 1)}, from OpenPoliceData's table of sources "
        "(github.com/openpolicedata/opd-data, BSD-3). Describe one with: blocklight city new URL",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
