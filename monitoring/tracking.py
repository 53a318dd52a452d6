"""The write door: ``timed`` measures functions, methods, coroutines, generators and blocks.

Nothing starts until one of them runs.

What it adds to a call is an append to a list and two looks at the clock (docs/decisions/, benchmarks/instrument.py).
"""

import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextvars import ContextVar
from functools import partial, wraps
from time import perf_counter
from types import TracebackType
from typing import Any, Self, TypeVar

from monitoring.gathering import Gathering
from monitoring.kinds import Kind
from monitoring.process import get_recorder
from monitoring.recorder import Recorder
from monitoring.samples import SeriesKey, sorted_tags

F = TypeVar("F", bound=Callable[..., Any])


class timed:
    """Measures seconds into the timing ``metric``, and counts exceptions into ``errors``; they are raised on.

    A decorator, or a context manager that may be entered again while it is open, in this or another thread or task.
    Of a generator the time spent inside it counts, not its consumer's; of a coroutine the time until it is done.
    An exit (GeneratorExit, KeyboardInterrupt, a cancelled task) is no error.
    """

    __slots__ = ("_category", "_errors", "_gatherings", "_metric", "_recorder", "_tags")

    def __init__(
        self,
        metric: str,
        tags: Mapping[str, object] | None = None,
        *,
        errors: str = "",
        category: str = "application",
        recorder: Recorder | None = None,
    ) -> None:
        self._metric = metric
        self._tags = tags or {}
        self._errors = errors
        self._category = category
        self._recorder = recorder
        self._gatherings: tuple[Recorder, Gathering] | None = None

    def _resolve(self) -> tuple[Recorder, Gathering]:
        """The recorder and the series, looked up once; while that is the one of all that overflow, each time.

        People may raise the limit meanwhile.
        """
        if self._gatherings is not None:
            return self._gatherings
        recorder = self._recorder or get_recorder()
        key = SeriesKey(self._metric, sorted_tags(self._tags), Kind.TIMING, self._category)
        found = recorder, recorder.series(key)
        if found[1].key == key:
            self._gatherings = found
        return found

    def record(self, seconds: float) -> None:
        """Adds a duration that was measured elsewhere."""
        recorder, gathering = self._resolve()
        recorder.add(gathering, seconds)

    def _record_first(self, seconds: float) -> Gathering | None:
        """Adds a duration, and gives the series when it is to be kept for the next ones."""
        recorder, gathering = self._resolve()
        recorder.add(gathering, seconds)
        return None if self._gatherings is None else gathering

    def count_error(self) -> None:
        if self._errors:
            key = SeriesKey(self._errors, sorted_tags(self._tags), Kind.COUNTER, self._category)
            (self._recorder or get_recorder()).record(key, 1)

    def __enter__(self) -> Self:
        _open.set((self, perf_counter(), _open.get()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended = perf_counter()
        entry = _open.get()
        while entry is not None and entry[0] is not self:  # what was left open within, by a generator say
            entry = entry[2]
        if entry is None:
            return
        _open.set(entry[2])
        self.record(ended - entry[1])
        if isinstance(error, Exception):
            self.count_error()

    def __call__(self, function: F) -> F:
        if isinstance(function, classmethod | staticmethod):
            return type(function)(self(function.__func__))
        if inspect.isasyncgenfunction(function):
            return self._of_async_generator(function)
        if inspect.iscoroutinefunction(function):
            return self._of_coroutine(function)
        if inspect.isgeneratorfunction(function):
            return self._of_generator(function)
        return self._of_function(function)

    def _of_function(self, function: F) -> F:
        """The hot path: as little as can be between the two looks at the clock, and after them."""
        gathering: Gathering | None = None
        clock = perf_counter
        resolve = self._resolve

        @wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            nonlocal gathering
            began = clock()
            try:
                return function(*args, **kwargs)
            except Exception:  # counted, and it goes on
                self.count_error()
                raise
            finally:
                spent = clock() - began
                if gathering is None:
                    gathering = self._record_first(spent)
                else:
                    gathering.add(spent)
                    if len(gathering.values) > gathering.room:
                        resolve()[0].filled(gathering)

        return measured  # type: ignore[return-value]  # of the same signature

    def _of_coroutine(self, function: F) -> F:
        @wraps(function)
        async def measured(*args: Any, **kwargs: Any) -> Any:
            began = perf_counter()
            try:
                return await function(*args, **kwargs)
            except Exception:  # counted, and it goes on
                self.count_error()
                raise
            finally:
                self.record(perf_counter() - began)

        return measured  # type: ignore[return-value]  # as above

    def _of_generator(self, function: F) -> F:
        @wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            return (yield from _measured_steps(self, function(*args, **kwargs)))

        return measured  # type: ignore[return-value]  # as above

    def _of_async_generator(self, function: F) -> F:
        @wraps(function)
        async def measured(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            steps = function(*args, **kwargs)
            resume = partial(anext, steps)
            stopwatch = _Stopwatch(self)
            with stopwatch:
                while True:
                    began = perf_counter()
                    try:
                        item = await resume()
                    except StopAsyncIteration:
                        return
                    finally:
                        stopwatch.spent += perf_counter() - began
                    try:
                        sent = yield item
                    except GeneratorExit:
                        await steps.aclose()
                        raise
                    except BaseException as error:  # noqa: BLE001  (handed on to the one it is meant for)
                        resume = partial(steps.athrow, error)
                    else:
                        resume = partial(steps.asend, sent)

        return measured  # type: ignore[return-value]  # as above


class _Stopwatch:
    """Adds up the steps of a generator, and records them at its end."""

    def __init__(self, timer: timed) -> None:
        self._timer = timer
        self.spent = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.record(self.spent)
        if isinstance(error, Exception):
            self._timer.count_error()


def _measured_steps(timer: timed, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """``yield from steps``, with a clock around each step."""
    resume: Callable[[], Any] = partial(next, steps)
    stopwatch = _Stopwatch(timer)
    with stopwatch:
        while True:
            began = perf_counter()
            try:
                item = resume()
            except StopIteration as end:
                return end.value
            finally:
                stopwatch.spent += perf_counter() - began
            try:
                sent = yield item
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as error:  # noqa: BLE001  (handed on to the one it is meant for)
                resume = partial(steps.throw, error)
            else:
                resume = partial(steps.send, sent)


_open: ContextVar[tuple[timed, float, Any] | None] = ContextVar("ahgd_open_timers", default=None)
