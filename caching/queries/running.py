"""A statement on its way: it can be cancelled from another thread, and ends when its time is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from threading import TIMEOUT_MAX, Event, Lock, Thread, Timer
from time import monotonic

from caching.queries.databases.base import Connection, Database
from caching.queries.errors import QueryCancelled, QueryTimedOut

AGAIN_SECONDS = 0.1
HEARD_SECONDS = 5.0


class Cancellation:
    """Given to ``execute_query``, and cancelled by whoever holds it; also before the statement begins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: tuple[Database, Connection] | None = None
        self._ended = Event()
        self._reason: QueryCancelled | None = None
        self._hung_up = False

    def cancel(self) -> None:
        """Ends the statement; again, or after its end, is nothing."""
        self._end(QueryCancelled("The query was cancelled."))

    def _end(self, reason: QueryCancelled) -> None:
        with self._lock:  # held while interrupting: the connection cannot become another's meanwhile
            if self._reason is not None:
                return
            self._reason = reason
            if self._running is None:
                return
            self._interrupt(*self._running)
        Thread(target=self._insist, args=[self._ended], name="ahgd-interrupt", daemon=True).start()

    def _insist(self, ended: Event) -> None:
        """An interruption of a statement that is about to begin is lost, so it is told again; then nobody listens."""
        deadline = monotonic() + HEARD_SECONDS
        while not ended.wait(AGAIN_SECONDS):
            with self._lock:
                if ended.is_set() or self._running is None:
                    return
                if monotonic() > deadline:
                    self._hang_up(*self._running)
                else:
                    self._interrupt(*self._running)

    def _interrupt(self, database: Database, connection: Connection) -> None:
        try:
            database.interrupt(connection)
        except database.driver_errors:  # it had just ended, or the server does not answer
            self._hang_up(database, connection)

    def _hang_up(self, database: Database, connection: Connection) -> None:
        self._hung_up = True
        database.hang_up(connection)

    @contextmanager
    def running(
        self, database: Database, connection: Connection, timeout_seconds: float | None, *, writes: bool = False
    ) -> Iterator[None]:
        """What is executed in here is ended by ``cancel`` and by the time-out. Raises QueryCancelled, QueryTimedOut.

        What has ``writes`` and is done before it hears of that stays done, and is not said to be cancelled.
        """
        if timeout_seconds is not None and timeout_seconds <= 0:
            raise _timed_out(timeout_seconds)
        ended = self._begin(database, connection)
        timer = self._timer(timeout_seconds)
        deadline = monotonic() + (inf if timeout_seconds is None else timeout_seconds)
        try:
            with database.statement(connection, timeout_seconds):
                yield
        except database.driver_errors as error:
            self._finish(timer, ended)
            if timeout_seconds is not None and monotonic() >= deadline:
                self._reason = self._reason or _timed_out(timeout_seconds)  # SQLite gives up waiting for a lock itself
            if self._reason is not None:
                database.discard(connection)
                raise (_unknown(self._reason) if writes and self._hung_up else self._reason) from error
            raise
        finally:
            self._finish(timer, ended)
        if self._reason is not None:  # it was too late to interrupt
            database.discard(connection)
            if not writes:
                raise self._reason

    def _begin(self, database: Database, connection: Connection) -> Event:
        with self._lock:
            if self._reason is not None:
                raise self._reason
            self._running = database, connection
            self._ended = Event()
            return self._ended

    def _timer(self, timeout_seconds: float | None) -> Timer | None:
        if timeout_seconds is None or timeout_seconds > TIMEOUT_MAX:  # longer than any thread can wait
            return None
        timer = Timer(timeout_seconds, self._end, [_timed_out(timeout_seconds)])
        timer.daemon = True
        timer.start()
        return timer

    def _finish(self, timer: Timer | None, ended: Event) -> None:
        if timer is not None:
            timer.cancel()
        ended.set()
        with self._lock:
            self._running = None


def _timed_out(seconds: float) -> QueryTimedOut:
    return QueryTimedOut(f"The query took longer than {seconds:g} s. Narrow it, add an index, or allow it more time.")


def _unknown(reason: QueryCancelled) -> QueryCancelled:
    return type(reason)(
        f"{reason} The server did not answer and the connection was shut, so it is unknown whether the write was done. "
        "Look at the data before you write again."
    )
