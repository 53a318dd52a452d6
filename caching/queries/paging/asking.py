"""The statements of pages, run as the query's own would be: with its parameters, within its limits."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from caching.queries.databases.base import Cursor, Key
from caching.queries.paging.keyset import Asked
from caching.queries.paging.settings import PageSettings
from caching.queries.parameters import MARK, with_marks_of

if TYPE_CHECKING:
    from caching.queries.optimizer import QueryOptimizer

T = TypeVar("T")


class Asking:
    """Runs what ``Keyset`` writes."""

    def __init__(self, optimizer: "QueryOptimizer", settings: PageSettings) -> None:
        self._optimizer = optimizer
        self._settings = settings

    def run(self, asked: Asked, read: Callable[[Cursor], T]) -> T:
        """What ``read`` makes of the cursor. Raises as ``Executor.run``."""
        sql, added = asked
        executor, settings = self._optimizer.executor, self._settings
        statement = executor.statement(sql.replace(MARK, "?"))
        values = [*settings.parameters, *added]
        if values:
            placeholder = self._optimizer.database.placeholder
            sql = with_marks_of(sql, placeholder, has_operators=settings.has_operators)
            statement = replace(statement, sql=sql)
        return executor.run(statement, values, read, self._optimizer.limits)

    def rows(self, asked: Asked) -> list[Key]:
        return self.run(asked, lambda cursor: [tuple(row) for row in cursor.fetchall()])
