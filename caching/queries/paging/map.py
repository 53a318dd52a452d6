"""Where the pages of a query begin, for one version of its data."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from caching.queries.databases.base import Key


@dataclass(slots=True)
class PageMap:
    """The key before each page that is known: of page 0 there is none. Filled as pages are read, or in one pass."""

    version: str | None
    made_at: float
    is_whole: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    _before: dict[int, Key | None] = field(default_factory=lambda: {0: None})
    _lock: Lock = field(default_factory=Lock)

    def add(self, page: int, before: Key) -> None:
        with self._lock:
            self._before[page] = before

    def add_all(self, keys: list[Key]) -> None:
        """Of all pages from the second on."""
        with self._lock:
            self._before.update(enumerate(keys, start=1))
            self.is_whole = True

    def nearest(self, page: int) -> tuple[int, Key | None]:
        """The last known page that is not after ``page``, and the key before it."""
        with self._lock:
            if page in self._before:
                return page, self._before[page]
            known = max(one for one in self._before if one <= page)
            return known, self._before[known]
