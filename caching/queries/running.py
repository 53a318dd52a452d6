"""A statement on its way: it can be cancelled from another thread, and ends when its time is over."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer

from caching.queries.databases.base import Connection, Database
from caching.queries.errors import QueryCancelled, QueryTimedOut


class Cancellation:
    """Given to ``execute_query``, and cancelled by whoever holds it; also before the statement begins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: tuple[Database, Connection] | None = None
        self._reason: QueryCancelled | None = None

    def cancel(self) -> None:
        """Ends the statement; again, or after its end, is nothing."""
        self._end(QueryCancelled("The query was cancelled."))

    def _end(self, reason: QueryCancelled) -> None:
        with self._lock:  # held while interrupting: the connection cannot become another's meanwhile
            if self._reason is not None:
                return
            self._reason = reason
            if self._running is not None:
                database, connection = self._running
                with suppress(*database.driver_errors):  # it had just ended, or the server is gone
                    database.interrupt(connection)

    @contextmanager
    def running(self, database: Database, connection: Connection, timeout_seconds: float | None) -> Iterator[None]:
        """What is executed in here is ended by ``cancel`` and by the time-out. Raises QueryCancelled, QueryTimedOut."""
        if timeout_seconds is not None and timeout_seconds <= 0:  # a timer would fire before there is what it ends
            raise _timed_out(timeout_seconds)
        self._begin(database, connection)
        timer = self._timer(timeout_seconds)
        try:
            yield
        except database.driver_errors as error:
            self._finish(timer)
            if self._reason is not None:
                database.discard(connection)
                raise self._reason from error
            raise
        finally:
            self._finish(timer)
        if self._reason is not None:  # it was too late to interrupt; the answer is not wanted any more
            database.discard(connection)
            raise self._reason

    def _begin(self, database: Database, connection: Connection) -> None:
        with self._lock:
            if self._reason is not None:
                raise self._reason
            self._running = database, connection

    def _timer(self, timeout_seconds: float | None) -> Timer | None:
        if timeout_seconds is None:
            return None
        timer = Timer(timeout_seconds, self._end, [_timed_out(timeout_seconds)])
        timer.daemon = True
        timer.start()
        return timer

    def _finish(self, timer: Timer | None) -> None:
        if timer is not None:
            timer.cancel()
        with self._lock:
            self._running = None


def _timed_out(seconds: float) -> QueryTimedOut:
    return QueryTimedOut(f"The query took longer than {seconds:g} s. Narrow it, add an index, or allow it more time.")
