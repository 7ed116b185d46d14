"""Finds where in a JSON document the records are, when nobody has said so."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from blocklight.intake.forms.row_lists import list_at

_DEEPEST = 5
# Records have most of their members in common; lists of other things do not.
_ALIKE = 0.8

_MOST_LISTS = 3
# Members that describe the records, such as their columns.
_ABOUT = frozenset({"meta", "metadata", "columns", "fields"})


def longest_path(document: object) -> str:
    """The path with dots of the longest list of records, for ``row_lists.list_at``; empty for none.

    The lists that lie alike in several members, such as one for each agency, count as one.
    """
    paths = list(dict.fromkeys(_list_paths(document, "", 0)))
    paths = [path for path in paths if path.split(".")[0] not in _ABOUT] or paths
    return max(paths, key=lambda path: (len(list_at(document, path) or ()), -path.count(".")), default="")


def lists_like(document: object, path: str) -> list[str]:
    """The paths of the other lists with records like those at *path*: active and recent calls."""
    columns = _columns_of_rows(list_at(document, path) or ())
    if "*" in path or not columns:
        return []
    candidates = dict.fromkeys(
        candidate for candidate in _list_paths(document, "", 0) if candidate != path and "*" not in candidate
    )
    alike = [
        candidate
        for candidate in candidates
        if (columns_there := _columns_of_rows(list_at(document, candidate) or ()))
        and len(columns & columns_there) >= _ALIKE * min(len(columns), len(columns_there))
        and len(columns & columns_there) >= _ALIKE * len(columns | columns_there) * _ALIKE
    ]
    return alike[:_MOST_LISTS]


def _columns_of_rows(rows: Sequence[object]) -> set[str]:
    return {name for row in rows if isinstance(row, Mapping) for name in row}


def _list_paths(value: object, path: str, depth: int) -> Iterator[str]:
    if isinstance(value, list):
        if all(isinstance(row, Mapping | list) for row in value):
            yield path
        return
    if not isinstance(value, Mapping) or depth >= _DEEPEST:
        return
    if _is_by_id(value):
        yield path or "*"
        return
    within: Counter[str] = Counter()
    for name, member in value.items():
        inner = list(_list_paths(member, "", depth + 1))
        yield from (f"{path}.{name}.{rest}".strip(".") for rest in inner)
        within.update(rest for rest in inner if rest)
    containers = sum(isinstance(member, Mapping) for member in value.values())
    yield from (f"{path}.*.{rest}".strip(".") for rest, count in within.items() if count == containers > 1)


def _is_by_id(value: Mapping[str, object]) -> bool:
    """Whether a table holds records by their ids, which have digits in them."""
    numbered = all(any(map(str.isdecimal, name)) for name in value)
    return bool(value) and numbered and all(map(_says_something, value.values()))


def _says_something(member: object) -> bool:
    return isinstance(member, Mapping) and any(isinstance(inner, str | int) for inner in member.values())
