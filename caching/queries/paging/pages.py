"""``PaginatedQuery``: a query's rows, page by page, without reading those before."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from caching.queries.paging.ahead import read_ahead
from caching.queries.paging.reader import PageReader, PageSettings
from caching.queries.parameters import Parameters, has_operators, with_question_marks

if TYPE_CHECKING:
    import pandas as pd

    from caching.frames.lazy import LazyDataFrame
    from caching.queries.optimizer import QueryOptimizer


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
        if max_pages is not None and max_pages < 1:
            raise ValueError(f"max_pages is {max_pages}; give a number above 0, or None for all.")
        if parameters is not None and (isinstance(parameters, str) or not isinstance(parameters, Sequence)):
            raise TypeError("Give the parameters as a list, for the question marks of the query.")
        self.page_size = page_size
        self.prefetch_pages = prefetch_pages
        settings = PageSettings(
            page_size,
            (order_by,) if isinstance(order_by, str) and order_by else tuple(order_by),
            tuple(parameters or ()),
            max_pages,
            cache_pages,
            max_staleness_seconds,
            has_operators(sql, parameters),
        )
        self.reader = PageReader(optimizer, with_question_marks(sql) if parameters else sql, settings)

    @property
    def optimizer(self) -> "QueryOptimizer":
        return self.reader.optimizer

    def get_page(self, number: int) -> "pd.DataFrame":
        """Rows ``number * page_size`` on; its index says their numbers. Raises IndexError beyond the last page."""
        from caching.frames.reading import natural

        if number < 0:
            raise IndexError(f"There is no page {number}: pages are numbered from 0.")
        page = self.reader.page(number)
        if page.empty and number > 0:
            raise IndexError(f"There is no page {number}: there are {self.total_pages}, numbered from 0.")
        return natural(page)

    @property
    def total_rows(self) -> int:
        """Exactly; counted once for each version of the data."""
        return self.reader.count()

    @property
    def total_pages(self) -> int:
        return -(-self.total_rows // self.page_size)

    def iter_pages(self) -> Iterator["pd.DataFrame"]:
        """Page after page, each by the last key of the one before: no row twice, and none left out that stays."""
        from caching.frames.reading import natural

        return (natural(page) for page in self.pages_as_fetched())

    __iter__ = iter_pages

    def pages_as_fetched(self) -> Iterator["pd.DataFrame"]:
        """As ``iter_pages``, for those who know the types of the whole."""
        database = self.optimizer.database
        ahead = 0 if database.is_private() else self.prefetch_pages  # what a transaction sees, no other thread does
        return read_ahead(self.reader.pages(), ahead, database.leave_thread)

    def to_lazy_dataframe(self, *, exact_dtypes: bool = True) -> "LazyDataFrame":
        """These rows as something that is used as a frame, and reads what is looked at."""
        from caching.frames.lazy import LazyDataFrame

        return LazyDataFrame(self, exact_dtypes=exact_dtypes)
