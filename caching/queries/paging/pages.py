"""``PaginatedQuery``: a query's rows, page by page, without reading those before."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from caching.queries.databases.base import Cursor, Key
from caching.queries.errors import NoKey
from caching.queries.paging.ahead import read_ahead
from caching.queries.paging.keyset import Asked, Keyset
from caching.queries.paging.map import PageMap
from caching.queries.paging.order import ordered
from caching.queries.parameters import Parameters, with_question_marks

if TYPE_CHECKING:
    import pandas as pd

    from caching.frames.lazy import LazyDataFrame
    from caching.queries.optimizer import QueryOptimizer

T = TypeVar("T")
PAGE_TTL_SECONDS = 3600
_NEAR_PAGES = 8  # so far rows are stepped over; farther, one pass finds where all pages begin
_TRIES = 5  # to read pages while nothing is written


class PaginatedQuery:
    """Pages of ``page_size`` rows, numbered from 0, in the order of ``order_by`` or of the query, else of its key.

    ``order_by`` has names of columns, each with ``DESC`` if wanted; rows that are equal by them are told apart by the
    key of their tables. Each page takes the time of the first one, however far in it is. Going through the pages gives
    each row once, also while rows are inserted and deleted; a page by its number is that of the data as it is now.

    ``max_pages`` is where it ends even if there are more rows. ``prefetch_pages`` are read ahead when going through.
    With ``cache_pages``, pages, count and page boundaries are kept in the optimizer's cache while the data stays the
    same. ``max_staleness_seconds`` lets numbers of rows and pages be that old where the data changes all the time.
    """

    def __init__(
        self,
        optimizer: "QueryOptimizer",
        sql: str,
        page_size: int = 1000,
        order_by: str | Sequence[str] = (),
        *,
        parameters: Parameters = None,
        max_pages: int | None = None,
        prefetch_pages: int = 2,
        cache_pages: bool = True,
        max_staleness_seconds: float = 0.0,
    ) -> None:
        if page_size < 1:
            raise ValueError(f"page_size is {page_size}; a page has at least one row.")
        if parameters is not None and not isinstance(parameters, Sequence):
            raise TypeError("Give the parameters as a list, for the question marks of the query.")
        self.optimizer = optimizer
        self.sql = with_question_marks(sql) if parameters else sql
        self.page_size = page_size
        self.order_by = [order_by] if isinstance(order_by, str) and order_by else list(order_by)
        self.parameters = list(parameters or ())
        self.max_pages = max_pages
        self.prefetch_pages = prefetch_pages
        self.cache_pages = cache_pages
        self.max_staleness_seconds = max_staleness_seconds
        self._found: Keyset | None = None
        self._map: PageMap | None = None

    # What people ask for

    def get_page(self, number: int) -> "pd.DataFrame":
        """Rows ``number * page_size`` on; its index says their numbers. Raises IndexError beyond the last page."""
        if number < 0:
            raise IndexError(f"There is no page {number}: pages are numbered from 0.")
        page = self._steadily(
            lambda: self._page(number), lambda: self._at_once(number * self.page_size, self.page_size)
        )
        if page.empty and number > 0:
            raise IndexError(f"There is no page {number}: there are {self.total_pages}, numbered from 0.")
        return page

    @property
    def total_rows(self) -> int:
        """Exactly; counted once for each version of the data."""
        return self._steadily(self._count, self._counted)

    @property
    def total_pages(self) -> int:
        return -(-self.total_rows // self.page_size)

    def iter_pages(self) -> Iterator["pd.DataFrame"]:
        """Page after page, each by the last key of the one before: no row twice, and none left out that stays."""
        is_private = self.optimizer.database.is_private()  # what a transaction sees, no other thread does
        ahead = 0 if is_private else self.prefetch_pages
        return read_ahead(self._pages(), ahead, self.optimizer.database.leave_thread)

    __iter__ = iter_pages

    def rows(self, start: int, stop: int) -> "pd.DataFrame":
        """Rows by number, from ``start`` to before ``stop``; those that there are."""
        import pandas as pd

        stop = self._within(stop)

        def by_pages() -> "pd.DataFrame":
            first, last = start // self.page_size, (stop - 1) // self.page_size
            frames = [self._page(number) for number in range(first, last + 1)]
            filled = [frame for frame in frames if len(frame)] or frames[:1]
            found = filled[0] if len(filled) == 1 else pd.concat(filled)
            return found.iloc[start - first * self.page_size : stop - first * self.page_size]

        if stop <= start:
            return self._page(0).iloc[:0]
        return self._steadily(by_pages, lambda: self._at_once(start, stop - start))

    def last(self, rows: int) -> "pd.DataFrame":
        """The last rows, read from the end."""
        return self._steadily(lambda: self._last(rows), lambda: self._last(rows))

    def first_page(self) -> "pd.DataFrame":
        """Page 0, which says the columns even when it is empty."""
        return self.get_page(0)

    def filtered(self, condition: Any) -> "pd.DataFrame":
        """The rows that meet a condition of sqlglot's on the query's columns, with their numbers as the index."""
        import pandas as pd

        page, _ = self._run(
            self.keyset.filtered(condition), lambda cursor: self.optimizer.database.page(cursor, self.keyset.hidden)
        )
        numbers = page.pop(str(page.columns[0]))
        page.index = pd.Index(numbers.to_numpy(dtype="int64"))
        return page if self.max_pages is None else page[page.index < self.max_pages * self.page_size]

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
            known.facts[what] = self._kept(known, what, read)
        found: T = known.facts[what]
        return found

    def to_lazy_dataframe(self, *, exact_dtypes: bool = True) -> "LazyDataFrame":
        """These rows as something that is used as a frame, and reads what is looked at."""
        from caching.frames.lazy import LazyDataFrame

        return LazyDataFrame(self, exact_dtypes=exact_dtypes)

    @property
    def keyset(self) -> Keyset:
        """The query, in an order that tells all rows apart. Raises NoKey, UnknownName."""
        if self._found is None:
            database = self.optimizer.database
            with database.borrowed() as connection:
                found = ordered(database, connection, self.sql, self.order_by)
            keyset = Keyset(found, database.dialect)
            if not found.is_proven and self._ask(keyset.repeated()):
                raise NoKey("Rows repeat in the columns of order_by. Add columns until no two rows are equal in all.")
            self._found = keyset
        return self._found

    # Pages

    def _pages(self) -> Iterator["pd.DataFrame"]:
        after: Key | None = None
        number = 0
        while self.max_pages is None or number < self.max_pages:
            page, after = self._read(self.keyset.page(after, self.page_size))
            if len(page) or number == 0:
                yield _numbered(page, number * self.page_size)
            if len(page) < self.page_size:
                return
            number += 1

    def _page(self, number: int) -> "pd.DataFrame":
        if self.max_pages is not None and number >= self.max_pages:
            return self._page(0).iloc[:0]
        known = self._current()

        def read() -> "tuple[pd.DataFrame, Key | None]":
            skipped, before = self._before(known, number)
            return self._read(self.keyset.page(before, self.page_size, skip=skipped))

        page, last = self._kept(known, f"page {number}", read)
        if last is not None and len(page) == self.page_size:
            known.add(number + 1, last)
        return _numbered(page, number * self.page_size)

    def _before(self, known: PageMap, number: int) -> tuple[int, Key | None]:
        """The key before the page, with the rows to step over from there."""
        nearest, before = known.nearest(number)
        if number - nearest > _NEAR_PAGES and not known.is_whole:
            known.add_all(self._kept(known, "boundaries", lambda: self._ask(self.keyset.boundaries(self.page_size))))
            nearest, before = known.nearest(number)
        return (number - nearest) * self.page_size, before

    def _last(self, rows: int) -> "pd.DataFrame":
        total = self._count()
        if self.max_pages is not None:
            return self._at_once(max(0, total - rows), min(rows, total))
        page, _ = self._read(self.keyset.page(None, max(0, rows), backwards=True))
        return _numbered(page.iloc[::-1], total - len(page))

    def _at_once(self, start: int, rows: int) -> "pd.DataFrame":
        """One statement that counts its way there: slow far in, but right whatever is written meanwhile."""
        page, _ = self._read(self.keyset.page(None, max(0, self._within(start + rows) - start), skip=start))
        return _numbered(page, start)

    def _within(self, stop: int) -> int:
        return stop if self.max_pages is None else min(stop, self.max_pages * self.page_size)

    # Versions

    def _steadily(self, read: Callable[[], T], at_once: Callable[[], T]) -> T:
        """What ``read`` gives when nothing was written while it read; where that cannot be had, ``at_once``."""
        for _ in range(_TRIES):
            before = self._current()
            if before.version is None and self.max_staleness_seconds == 0:
                break
            found = read()
            if self._current() is before:
                return found
        return at_once()

    def _current(self) -> PageMap:
        """The map of the data as it is now."""
        known = self._map
        if known is not None and monotonic() - known.made_at < self.max_staleness_seconds:
            return known
        database = self.optimizer.database
        with database.borrowed() as connection:
            version = database.version(connection)
        if known is None or version is None or known.version != version:
            known = self._map = PageMap(version, monotonic())
        elif self.max_staleness_seconds:
            known.made_at = monotonic()
        return known

    def _count(self) -> int:
        return self.kept("count", self._counted)

    def _counted(self) -> int:
        ((count,),) = self._ask(self.keyset.count())
        return self._within(int(count))

    def _kept(self, known: PageMap, what: str, read: Callable[[], T]) -> T:
        """From the cache, where others with the same data find it, too."""
        if not self.cache_pages or known.version is None:
            return read()
        content = repr((self.sql, self.parameters, self.order_by, self.page_size, self.max_pages, what, known.version))
        results = self.optimizer.results
        digest = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        tables = self.optimizer.executor.statement(self.sql).tables
        found: T = results.cache.get_or_set(
            f"pages:{results.database.name}:{digest}", read, PAGE_TTL_SECONDS, tags=results.tags(tables)
        )
        return found

    # Statements

    def _read(self, asked: Asked) -> "tuple[pd.DataFrame, Key | None]":
        return self._run(asked, lambda cursor: self.optimizer.database.page(cursor, self.keyset.hidden))

    def _ask(self, asked: Asked) -> list[Key]:
        return self._run(asked, lambda cursor: [tuple(row) for row in cursor.fetchall()])

    def _run(self, asked: Asked, read: Callable[[Cursor], T]) -> T:
        sql, added = asked
        executor = self.optimizer.executor
        return executor.run(executor.statement(sql), [*self.parameters, *added], read, self.optimizer.limits)


def _numbered(page: "pd.DataFrame", start: int) -> "pd.DataFrame":
    """With the numbers of its rows as its index."""
    import pandas as pd

    found = page.copy(deep=False)
    found.index = pd.RangeIndex(start, start + len(page))
    return found
