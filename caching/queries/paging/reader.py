"""How pages are read: after a key, from a map of where they begin, and again when something was written meanwhile.

Frames are as they were fetched (``caching.frames.reading.frame_of``); those who hand them out give them types.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from caching.queries.databases.base import Cursor, Key
from caching.queries.errors import NoKey, QueryFailed
from caching.queries.paging.keyset import Asked, Keyset
from caching.queries.paging.map import PageMap
from caching.queries.paging.order import ordered
from caching.queries.parameters import MARK, with_marks_of

if TYPE_CHECKING:
    import pandas as pd

    from caching.queries.optimizer import QueryOptimizer

T = TypeVar("T")
PAGE_TTL_SECONDS = 3600
_NEAR_PAGES = 8  # so far rows are stepped over; farther, one pass finds where all pages begin
_TRIES = 5  # to read pages while nothing is written


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


class PageReader:
    """Reads ``sql`` in pages. Threads may share one."""

    def __init__(self, optimizer: "QueryOptimizer", sql: str, settings: PageSettings) -> None:
        self.optimizer = optimizer
        self.sql = sql
        self.settings = settings
        self._keyset: Keyset | None = None
        self._map: PageMap | None = None

    @property
    def keyset(self) -> Keyset:
        """The query, in an order that tells all rows apart. Raises NoKey, UnknownName."""
        if self._keyset is None:
            database = self.optimizer.database
            with self.optimizer.executor.borrowed(self.optimizer.limits) as connection:
                found = ordered(database, connection, self.sql, self.settings.order_by)
            keyset = self._with_types(Keyset(found, database.dialect))
            self._keyset = keyset
        return self._keyset

    def _check_order(self) -> None:
        """Where only the data can say that no two rows are equal by the order, each version of it is asked."""
        keyset = self.keyset
        if not keyset.query.is_proven and self.kept("repeats", lambda: bool(self._ask(keyset.repeated()))):
            raise NoKey("Rows repeat in the columns of order_by. Add columns until no two rows are equal in all.")

    def _with_types(self, keyset: Keyset) -> Keyset:
        database = self.optimizer.database
        if not database.keys_are_texts:
            return keyset
        return keyset.typed(self.kept("types of keys", lambda: self._run(keyset.keys(), database.types)))

    # What there is

    def count(self) -> int:
        return self._steadily(lambda: self.kept("count", self._counted), self._counted)

    def page(self, number: int) -> "pd.DataFrame":
        """Empty beyond the last one."""
        self._check_order()
        size = self.settings.page_size
        return self._steadily(lambda: self._page(number), lambda: self._at_once(number * size, size))

    def pages(self) -> Iterator["pd.DataFrame"]:
        """Each by the last key of the one before."""
        self._check_order()
        after: Key | None = None
        number = 0
        while self.settings.max_pages is None or number < self.settings.max_pages:
            before = after
            page, after = self._read(self.keyset.page(before, self.settings.page_size))
            if before is not None and before == after:  # a value that the database does not find equal to itself
                raise QueryFailed("A page ended where it began: give order_by, with columns of another type.")
            if len(page) or number == 0:
                yield _numbered(page, number * self.settings.page_size)
            if len(page) < self.settings.page_size:
                return
            number += 1

    def rows(self, start: int, stop: int) -> "pd.DataFrame":
        """Those that there are from ``start`` to before ``stop``."""
        stop = self.settings.within(stop)
        if stop <= start:
            return self.page(0).iloc[:0]
        self._check_order()
        return self._steadily(lambda: self._rows(start, stop), lambda: self._at_once(start, stop - start))

    def last(self, rows: int) -> "pd.DataFrame":
        """Read from the end."""
        self._check_order()
        return self._steadily(lambda: self._last(rows), lambda: self._last(rows))

    def filtered(self, condition: Any) -> "pd.DataFrame":
        """The rows that meet a condition of sqlglot's on the query's columns."""
        import pandas as pd

        page, _ = self._read(self.keyset.filtered(condition))
        numbers = page.iloc[:, 0].to_numpy(dtype="int64")
        found = page.iloc[:, 1:].set_axis(pd.Index(numbers))
        most = self.settings.most_rows
        return found if most is None else found[found.index < most]

    def present(self, column: str) -> "pd.DataFrame":
        """One row in which ``column`` is not NULL, or none."""
        return self._run(self.keyset.present(column), self.optimizer.database.frame)

    def aggregated(self, questions: list[str]) -> tuple[Any, ...]:
        """The answers to SQL aggregates over all rows."""
        (found,) = self._ask(self.keyset.aggregated(questions))
        return found

    def kept(self, what: str, read: Callable[[], T]) -> T:
        """What ``read`` finds out about the data as it is now, once for each version."""
        known = self._current()
        if what not in known.facts:
            known.facts[what] = self._cached(known, what, read)
        found: T = known.facts[what]
        return found

    # Pages by number

    def _page(self, number: int) -> "pd.DataFrame":
        size = self.settings.page_size
        if self.settings.max_pages is not None and number >= self.settings.max_pages:
            return self._page(0).iloc[:0]
        known = self._current()

        def read() -> "tuple[pd.DataFrame, Key | None]":
            skipped, before = self._before(known, number)
            return self._read(self.keyset.page(before, size, skip=skipped))

        page, last = self._cached(known, f"page {number}", read)
        if last is not None and len(page) == size:
            known.add(number + 1, last)
        return _numbered(page, number * size)

    def _before(self, known: PageMap, number: int) -> tuple[int, Key | None]:
        """The key before the page, with the rows to step over from there."""
        size = self.settings.page_size
        nearest, before = known.nearest(number)
        if number - nearest > _NEAR_PAGES and not known.is_whole:
            known.add_all(self._cached(known, "boundaries", lambda: self._ask(self.keyset.boundaries(size))))
            nearest, before = known.nearest(number)
        return (number - nearest) * size, before

    def _rows(self, start: int, stop: int) -> "pd.DataFrame":
        import pandas as pd

        size = self.settings.page_size
        first, last = start // size, (stop - 1) // size
        pages = [self._page(number) for number in range(first, last + 1)]
        filled = [page for page in pages if len(page)] or pages[:1]
        found = filled[0] if len(filled) == 1 else pd.concat(filled)
        return found.iloc[start - first * size : stop - first * size]

    def _last(self, rows: int) -> "pd.DataFrame":
        total = self.kept("count", self._counted)
        if self.settings.max_pages is not None:
            return self._at_once(max(0, total - rows), min(rows, total))
        page, _ = self._read(self.keyset.page(None, max(0, rows), backwards=True))
        return _numbered(page.iloc[::-1], total - len(page))

    def _at_once(self, start: int, rows: int) -> "pd.DataFrame":
        """One statement that counts its way there: slow far in, but right whatever is written meanwhile."""
        wanted = max(0, self.settings.within(start + rows) - start)
        page, _ = self._read(self.keyset.page(None, wanted, skip=start))
        return _numbered(page, start)

    def _counted(self) -> int:
        ((count,),) = self._ask(self.keyset.count())
        return self.settings.within(int(count))

    # Versions

    def _steadily(self, read: Callable[[], T], at_once: Callable[[], T]) -> T:
        """What ``read`` gives when nothing was written while it read; where that cannot be had, ``at_once``."""
        for _ in range(_TRIES):
            before = self._current()
            if before.version is None and self.settings.max_staleness_seconds == 0:
                break
            found = read()
            if self._current() is before:
                return found
        return at_once()

    def _current(self) -> PageMap:
        """The map of the data as it is now, or was a moment ago where that is allowed."""
        known, allowed = self._map, self.settings.max_staleness_seconds
        if known is not None and monotonic() - known.made_at < allowed:
            return known
        database = self.optimizer.database
        with self.optimizer.executor.borrowed(self.optimizer.limits) as connection:
            version = database.version(connection)
        if known is None or version is None or known.version != version:
            known = self._map = PageMap(version, monotonic())
        known.made_at = monotonic()
        return known

    def _cached(self, known: PageMap, what: str, read: Callable[[], T]) -> T:
        """From the cache, where others with the same data find it, too."""
        settings, results = self.settings, self.optimizer.results
        if not settings.cache_pages or known.version is None:
            return read()
        content = repr((self.sql, settings, what, known.version)).encode("utf-8", "surrogatepass")
        key = f"pages:{results.database.name}:{blake2b(content, digest_size=20).hexdigest()}"
        tables = self.optimizer.executor.statement(self.sql).tables
        found: T = results.cache.get_or_set(key, read, PAGE_TTL_SECONDS, tags=results.tags(tables))
        return found

    # Statements

    def _read(self, asked: Asked) -> "tuple[pd.DataFrame, Key | None]":
        return self._run(asked, lambda cursor: self.optimizer.database.page(cursor, self.keyset.hidden))

    def _ask(self, asked: Asked) -> list[Key]:
        return self._run(asked, lambda cursor: [tuple(row) for row in cursor.fetchall()])

    def _run(self, asked: Asked, read: Callable[[Cursor], T]) -> T:
        sql, added = asked
        executor, settings = self.optimizer.executor, self.settings
        statement = executor.statement(sql.replace(MARK, "?"))
        values = [*settings.parameters, *added]
        if values:
            placeholder = self.optimizer.database.placeholder
            sql = with_marks_of(sql, placeholder, has_operators=settings.has_operators)
            statement = replace(statement, sql=sql)
        return executor.run(statement, values, read, self.optimizer.limits)


def _numbered(page: "pd.DataFrame", start: int) -> "pd.DataFrame":
    """With the numbers of its rows as its index."""
    import pandas as pd

    return page.set_axis(pd.RangeIndex(start, start + len(page)))
