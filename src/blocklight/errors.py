"""The exception tree, drawn once.

BlocklightError
├── SourceError              a fetch failed
│   ├── SourceUnavailable    the network or the far side; retried
│   └── SourceChanged        the far side answers differently than its city file says; a person must look
├── RecordRejected           one record cannot be read; counted, the rest goes on
├── CityFileError            file, key, reason; refuse to start
├── SettingError             variable, reason; refuse to start
├── UsageError               a command was typed wrongly: option, reason; exit status 2
├── StoreError               the database cannot be used as it is; refuse to start
├── BadQuery                 a public request that we cannot answer: 400
└── NotFound                 what was asked for is not published: 404
"""


class BlocklightError(Exception):
    """Root of every error that Blocklight raises on purpose; its text never carries a payload."""


class SourceError(BlocklightError):
    """A fetch from a source failed; nothing of it was applied.

    Its text is published as the source's state. *detail* says more to the people who run the city, such as
    which part of their network refuses, and goes to the log and the command line alone.
    """

    def __init__(self, reason: str, *, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail

    @property
    def explained(self) -> str:
        """The reason with its detail, for the operator."""
        return f"{self}: {self.detail}" if self.detail else str(self)


class SourceUnavailable(SourceError):
    """The source could not be reached or said that it is unwell; a later try may succeed."""

    def __init__(self, reason: str, *, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(reason, detail=detail)
        self.retry_after_s = retry_after_s


class RowsMoved(SourceUnavailable):
    """Rows came or went while the pages of an answer were read; reading it again at once may succeed."""

    def __init__(self) -> None:
        super().__init__("rows moved while they were read")


class SourceChanged(SourceError):
    """The source answered, but not in the shape that its city file describes.

    *heading* names the columns that it has instead, for the people who keep the city file and nobody else.
    """

    def __init__(self, reason: str, *, detail: str = "", heading: tuple[str, ...] = ()) -> None:
        super().__init__(reason, detail=detail)
        self.heading = heading


class PageRepeated(SourceChanged):
    """The next page was the same again: it always is, or as many rows came in front of the first."""

    def __init__(self) -> None:
        detail = "set `pages` as the server counts its pages, or `extent` if this page is all there is"
        super().__init__("the next page is the same page again", detail=detail)


class RecordRejected(BlocklightError):
    """One record cannot be normalised; *reason* is a short stable class such as ``bad_time``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CityFileError(BlocklightError):
    """A city file says something impossible: *file*, *key* and *reason* tell a person where to look."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}" if key else f"{file}: {reason}")
        self.file = file
        self.key = key
        self.reason = reason


class SettingError(BlocklightError):
    """An environment variable has an impossible value; its text never quotes a secret."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable}: {reason}")


class UsageError(BlocklightError):
    """A command was typed wrongly: *option* is the option or argument, *reason* what is expected of it."""

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}")


class StoreError(BlocklightError):
    """The database cannot be used: another city's, a newer schema, not writable."""


class StoreBusy(StoreError):
    """Somebody else was writing to the database for too long: it works, and may be asked again."""


class ArchiveError(BlocklightError):
    """The files of the archive are not there or cannot be written; those that are there are kept."""


class BadQuery(BlocklightError):
    """A public request names an unknown parameter or an impossible value."""

    def __init__(self, reason: str, *, parameter: str | None = None) -> None:
        super().__init__(reason)
        self.parameter = parameter


class NotFound(BlocklightError):
    """What was asked for is not published; whether it ever existed is not said."""


def explained(error: BlocklightError) -> str:
    """An error's text with all that the operator may read of it."""
    return error.explained if isinstance(error, SourceError) else str(error)
