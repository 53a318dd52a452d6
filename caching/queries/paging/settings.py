"""How a query is read in pages."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PageSettings:
    """As ``PaginatedQuery`` describes them. ``has_operators``: question marks of the query are no parameters."""

    page_size: int
    order_by: tuple[str, ...]
    parameters: tuple[Any, ...]
    max_pages: int | None
    cache_pages: bool
    max_staleness_seconds: float
    has_operators: bool

    @property
    def most_rows(self) -> int | None:
        return None if self.max_pages is None else self.max_pages * self.page_size

    def within(self, stop: int) -> int:
        """A number of rows, or the most that are wanted."""
        return stop if self.most_rows is None else min(stop, self.most_rows)
