"""Knows of a regular expression how long it may take on any text, and examples of what it finds.

Python's engine tries one way after another; engines that take the same time for every text know no
looks ahead and behind, which the shipped patterns need. Where the next character says whether a repeat goes
on, there is one way to try; elsewhere as many as there are characters, and inside a repeat they multiply.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from re import _parser  # type: ignore[attr-defined,unused-ignore]  # the parser of the very engine that will search
from typing import Any, NamedTuple

# Of the characters beyond Latin-1 an example of each kind: letter, digit, space, sign. All of a kind count
# as one character, so two parts that name some of it count as if either could match what the other does.
_FAR = {
    256: "\N{CYRILLIC CAPITAL LETTER BE}",
    257: "\N{ARABIC-INDIC DIGIT THREE}",
    258: "\N{EM SPACE}",
    259: "\N{EM DASH}",
}
# Characters that are told apart.
_ALL = frozenset(range(256)) | frozenset(_FAR)

# Beyond any limit that is compared with it; numbers would else grow to thousands of digits.
_MOST = 10**30

Node = tuple[Any, Any]


class _Next(NamedTuple):
    """What may come after a part: these characters, and whether a word has to end or begin first."""

    chars: frozenset[int]
    boundary: bool = False


def _text(code: int) -> str:
    return _FAR.get(code) or chr(code)


_WORD = frozenset(code for code in _ALL if re.match(r"\w", _text(code)))


def ways(pattern: str, flags: int, length: int) -> int:
    """At most how many ways there are to look for *pattern* in a text of *length* characters."""
    nodes: Sequence[Node] = list(_parser.parse(pattern, flags))
    end = _Next(frozenset())  # at the end of a pattern the first way is good
    anchored = bool(nodes) and str(nodes[0][1]) in ("AT_BEGINNING", "AT_BEGINNING_STRING")
    looked = max((_sequence(inside, end, length) for inside in _looks(nodes)), default=1)
    return max(_sequence(nodes, end, length), looked) * (1 if anchored else length)


def examples(pattern: str, flags: int, limit: int = 200) -> list[str]:
    """Short texts that *pattern* most likely finds, of each of its alternatives one."""
    return list(islice(_examples(list(_parser.parse(pattern, flags))), limit))


def _examples(nodes: Sequence[Node]) -> Iterator[str]:
    if not nodes:
        yield ""
        return
    for text in _example(nodes[0]):
        for rest in _examples(nodes[1:]):
            yield text + rest


def _example(node: Node) -> Iterator[str]:
    kind, inside = str(node[0]), node[1]
    if kind.endswith("_REPEAT"):
        yield from (text * (inside[0] or 1) for text in _examples(inside[2]))
    elif kind == "ANY":
        yield " "
    elif parts := list(_inner_nodes(node)):
        yield from (text for part in parts for text in _examples(part))
    elif kind in ("AT", "ASSERT", "ASSERT_NOT", "GROUPREF"):
        yield ""
    else:
        yield _text(min(_chars(node), key=lambda code: (not _text(code).isalnum(), code), default=32))


def _sequence(nodes: Iterable[Node], after: _Next, length: int) -> int:
    count = 1
    for node in reversed(list(nodes)):
        count = min(count * _one(node, after, length), _MOST)
        after = _before(node, after)
    return count


def _one(node: Node, after: _Next, length: int) -> int:
    """The ways of one part, given what may come *after* it."""
    kind, inside = str(node[0]), node[1]
    if kind == "BRANCH":
        branches = [_sequence(branch, after, length) for branch in inside[1]]
        firsts = [_first_chars(branch) or _ALL for branch in inside[1]]
        apart = sum(map(len, firsts)) == len(frozenset().union(*firsts))
        return max(branches) if apart else sum(branches)
    if kind.endswith("_REPEAT"):
        return _repeat(inside, after, length)
    return max((_sequence(part, after, length) for part in _inner_nodes(node)), default=1)


def _repeat(inside: tuple[int, int, Sequence[Node]], after: _Next, length: int) -> int:
    """The ways of a repeat: the lengths it may have, or all ways of its body so often."""
    fewest, maximum, body = inside
    first = _first_chars(body) or _ALL
    maximum = min(int(maximum), max(length, fewest))
    follow = after.chars - _WORD if after.boundary and first <= _WORD else after.chars
    each = _sequence(body, _Next(follow | first if maximum > 1 else after.chars, after.boundary), length)
    if not first & follow and not _empty(body):
        fewest = maximum
    if each == 1:
        return maximum - fewest + 1
    return min(each, _MOST) ** maximum if maximum < 100 else _MOST  # noqa: PLR2004 - two ways a hundred times are too many


def _before(node: Node, after: _Next) -> _Next:
    """What may come after the part before *node*."""
    if str(node[0]) == "AT" and str(node[1]).endswith("AT_BOUNDARY"):
        return _Next(after.chars, boundary=True)
    if str(node[0]) in ("AT", "ASSERT", "ASSERT_NOT"):  # whatever comes, it may not do
        return _Next(_ALL)
    first = _first_chars([node])
    return _Next(first | after.chars) if _empty([node]) else _Next(first)


def _first_chars(nodes: Iterable[Node]) -> frozenset[int]:
    """The characters that a match of *nodes* may begin with."""
    chars: frozenset[int] = frozenset()
    for node in nodes:
        parts = list(_inner_nodes(node))
        if parts:
            chars = chars.union(*(_first_chars(part) for part in parts))
        elif str(node[0]) not in ("AT", "ASSERT", "ASSERT_NOT"):
            chars |= _chars(node)
        if not _empty([node]):
            break
    return chars


def _empty(nodes: Iterable[Node]) -> bool:
    """Whether *nodes* may match nothing."""
    for node in nodes:
        kind = str(node[0])
        if kind in ("AT", "ASSERT", "ASSERT_NOT", "GROUPREF", "GROUPREF_EXISTS"):
            continue
        if kind.endswith("_REPEAT") and node[1][0] == 0:
            continue
        parts = list(_inner_nodes(node))
        if not parts or not any(_empty(part) for part in parts):
            return False
    return True


def _inner_nodes(node: Node) -> Iterator[Sequence[Node]]:
    """Yield what a part is made of; what it looks at ahead or behind is no part of it."""
    kind, inside = str(node[0]), node[1]
    if kind == "BRANCH":
        yield from inside[1]
    elif kind.endswith("_REPEAT"):
        yield inside[2]
    elif kind == "SUBPATTERN":
        yield inside[3]
    elif kind == "ATOMIC_GROUP":
        yield inside
    elif kind == "GROUPREF_EXISTS":
        yield from (part for part in inside[1:] if part)


def _looks(nodes: Iterable[Node]) -> Iterator[Sequence[Node]]:
    """Yield what is looked at ahead or behind, each tried by itself."""
    for node in nodes:
        inside = [node[1][1]] if str(node[0]) in ("ASSERT", "ASSERT_NOT") else []
        yield from inside
        for part in (*inside, *_inner_nodes(node)):
            yield from _looks(part)


def _chars(node: Node) -> frozenset[int]:
    """The characters that a part of one character matches, in either case."""
    kind, inside = str(node[0]), node[1]
    if kind == "LITERAL":
        return _either_case(inside)
    if kind == "NOT_LITERAL":
        return _ALL - {inside} if inside < min(_FAR) else _ALL
    if kind == "RANGE":
        codes = range(inside[0], min(inside[1], min(_FAR) - 1) + 1)
        far = frozenset(_FAR) if inside[1] >= min(_FAR) else frozenset()
        return far.union(*map(_either_case, codes))
    if kind == "CATEGORY":
        return _of_category(str(inside))
    return _of_set(inside) if kind == "IN" else _ALL


def _of_set(inside: Sequence[Node]) -> frozenset[int]:
    if str(inside[0][0]) == "NEGATE":
        return _ALL.difference(*map(_surely, inside[1:]))
    return frozenset().union(*map(_chars, inside))


def _surely(node: Node) -> frozenset[int]:
    """The characters of which a part leaves none out: of a kind beyond Latin-1 it may name some only."""
    return _chars(node) if str(node[0]) == "CATEGORY" else _chars(node) - frozenset(_FAR)


@cache
def _either_case(code: int) -> frozenset[int]:
    letter = chr(code)
    return frozenset(map(_kind, {letter, letter.lower()[:1], letter.upper()[:1]}))


def _kind(letter: str) -> int:
    """The code of a character, beyond Latin-1 that of its kind."""
    if ord(letter) < min(_FAR):
        return ord(letter)
    return next(
        code
        for code, sign in zip(_FAR, (r"[^\W\d]", r"\d", r"\s", ""), strict=True)
        if re.match(sign, letter)
    )


@cache
def _of_category(name: str) -> frozenset[int]:
    letter = name.rpartition("_")[2][0].lower()  # CATEGORY_NOT_DIGIT is \D
    sign = rf"\{letter.upper() if '_NOT_' in name else letter}"
    return frozenset(code for code in _ALL if re.match(sign, _text(code)))
