"""Every query of every Django connection, measured; the hot path appends, the shape is found when it is flushed."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter, time
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from monitoring.quiet import is_quiet

MOST_WAITING = 20_000
MOST_SLOW = 1_000

Asked = tuple[str, str, str]  # alias, vendor, text


@dataclass(frozen=True, slots=True)
class Slow:
    """One slow execution: what kinds of values it had, never the values."""

    asked: Asked
    seconds: float
    parameters: str
    where: str
    at_seconds: float


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of a slow execution, from where it was executed; ``advice`` is indexes as SQL with their reasons."""

    asked: Asked
    plan: str
    advice: tuple[tuple[str, str], ...]
    at_seconds: float


@dataclass(frozen=True, slots=True)
class Repeated:
    """A text that was executed ``times`` within one request or task, called ``where``."""

    asked: Asked
    times: int
    where: str
    at_seconds: float


@dataclass(slots=True)
class Scope:
    """A request or a task; ``where`` is known once it is routed."""

    owner: "Executions"
    where: str = ""
    texts: Counter[Asked] = field(default_factory=Counter)


_scope: ContextVar[Scope | None] = ContextVar("ahgd_query_scope", default=None)


class Executions:
    """What was executed since the last flush. Bounded: beyond, the oldest go, and are counted.

    From ``slow_seconds`` on an execution is slow; from ``repeated`` of one text within one request on it is an N+1.
    """

    def __init__(self, slow_seconds: float = 0.5, repeated: int = 10) -> None:
        self.slow_seconds = slow_seconds
        self.repeated = repeated
        self.lost = 0
        self._done: deque[tuple[Asked, float, bool]] = deque(maxlen=MOST_WAITING)
        self._slow: deque[Slow] = deque(maxlen=MOST_SLOW)
        self._repeated: deque[Repeated] = deque(maxlen=MOST_SLOW)
        self._rows: deque[tuple[Asked, int]] = deque(maxlen=MOST_WAITING)
        self._planned: deque[Planned] = deque(maxlen=MOST_SLOW)

    def watch(self, connection: BaseDatabaseWrapper) -> None:
        """Measures what ``connection`` executes from now on; again is once."""
        if self.measure not in connection.execute_wrappers:
            connection.execute_wrappers.append(self.measure)

    def measure(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]
    ) -> Any:
        """Django's ``execute_wrapper``."""
        if is_quiet():
            return execute(sql, params, many, context)
        failed = True
        began = perf_counter()
        try:
            result = execute(sql, params, many, context)
            failed = False
        finally:
            connection = context["connection"]
            self._add((connection.alias, connection.vendor, str(sql)), params, perf_counter() - began, failed)
        rows = context["cursor"].rowcount
        if rows > 0:  # SQLite does not know how many a SELECT gives
            self._rows.append(((connection.alias, connection.vendor, str(sql)), rows))
        return result

    def hear(
        self, asked: Asked, params: Any, seconds: float, rows: int, failed: bool, is_measured: bool = False
    ) -> None:
        """An execution that somebody else measured; one that is recorded already is only looked at for slowness."""
        if is_quiet():
            return
        self._add(asked, params, seconds, failed, is_measured)
        if rows > 0:
            self._rows.append((asked, rows))

    def hear_plan(self, asked: Asked, plan: str, advice: Iterable[tuple[str, str]]) -> None:
        """How the database executed what was slow."""
        self._planned.append(Planned(asked, plan, tuple(advice), time()))

    def _add(self, asked: Asked, params: Any, seconds: float, failed: bool, is_measured: bool = False) -> None:
        if not is_measured:
            if len(self._done) == MOST_WAITING:
                self.lost += 1
            self._done.append((asked, seconds, failed))
        scope = _scope.get()
        if scope is not None and scope.owner is self:
            scope.texts[asked] += 1
        if seconds >= self.slow_seconds:
            where = "" if scope is None else scope.where
            self._slow.append(Slow(asked, seconds, redacted(params), where, time()))

    @contextmanager
    def within(self, where: str) -> Iterator[Scope]:
        """A request or a task: texts that repeat within it are told apart."""
        scope = Scope(self, where)
        token = _scope.set(scope)
        try:
            yield scope
        finally:
            _scope.reset(token)
            now = time()
            often = ((asked, times) for asked, times in scope.texts.items() if times >= self.repeated)
            self._repeated.extend(Repeated(asked, times, scope.where, now) for asked, times in often)

    def take(self) -> tuple[list[tuple[Asked, float, bool]], list[Slow], list[Repeated]]:
        """All that waits; the next flush begins empty."""
        return _drained(self._done), _drained(self._slow), _drained(self._repeated)

    def take_rows(self) -> list[tuple[Asked, int]]:
        """How many rows executions gave or changed, where that is known."""
        return _drained(self._rows)

    def take_plans(self) -> list[Planned]:
        return _drained(self._planned)

    def forget(self) -> None:
        """In a child process: what waits here is the parent's to tell."""
        for waiting in (self._done, self._slow, self._repeated, self._rows, self._planned):
            waiting.clear()


def _drained(waiting: "deque[Any]") -> list[Any]:
    """What is there now; others may append meanwhile."""
    return [waiting.popleft() for _ in range(len(waiting))]


def redacted(params: object) -> str:
    """Types, and lengths of texts: enough to see why a plan differs, nothing that identifies anyone."""
    if params is None:
        return ""
    if isinstance(params, Mapping):
        return ", ".join(f"{key}: {_kind(value)}" for key, value in list(params.items())[:50])
    if isinstance(params, Sequence) and not isinstance(params, str | bytes):
        return ", ".join(_kind(value) for value in params[:50])
    return _kind(params)


def _kind(value: object) -> str:
    if isinstance(value, str | bytes | list | tuple):
        return f"{type(value).__name__}[{len(value)}]"
    return "null" if value is None else type(value).__name__
