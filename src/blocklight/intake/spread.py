"""Keeps some of many items, evenly from the first to the last, without knowing how many will come."""

from typing import Generic, TypeVar

Item = TypeVar("Item")


class Spread(Generic[Item]):
    """At most twice *most* items of a stream: each, then each second, fourth, eighth … of them."""

    def __init__(self, limit: int) -> None:
        self.items: list[Item] = []
        self.seen = 0
        self._most = limit
        self._step = 1

    def add(self, item: Item) -> None:
        """Keep an item, or pass it over."""
        if self.seen % self._step == 0:
            self.items.append(item)
            if len(self.items) >= 2 * self._most:
                self.items = self.items[::2]
                self._step *= 2
        self.seen += 1
