"""Names of coordinate reference systems, as city files and feeds write them."""

from functools import lru_cache


@lru_cache(maxsize=32)
def is_known(name: str) -> bool:
    """Whether a reference system has this name, code or definition."""
    from pyproj import CRS  # noqa: PLC0415 - its database takes a while to open, and most cities name none
    from pyproj.exceptions import CRSError  # noqa: PLC0415 - the same

    try:
        CRS.from_user_input(name)
    except CRSError:
        return False
    return True
