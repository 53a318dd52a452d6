import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Generator, Iterator

import pytest

from monitoring.recorder import Recorder
from monitoring.samples import Sample
from monitoring.tracking import timed
from tests.monitoring.shelf import Shelf


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def recorder(shelf: Shelf) -> Recorder:
    return Recorder(flush_seconds=None, storage=shelf)


@pytest.fixture
def timer(recorder: Recorder) -> timed:
    return timed("work_seconds", {"function": "work"}, errors="work_errors_total", recorder=recorder)


def recorded(recorder: Recorder, name: str = "work_seconds") -> Sample:
    (found,) = [sample for sample in recorder.unsaved() if sample.key.name == name]
    return found


def errors(recorder: Recorder) -> float:
    return sum(sample.value for sample in recorder.unsaved() if sample.key.name == "work_errors_total")


def test_a_function_is_measured_and_stays_itself(timer: timed, recorder: Recorder) -> None:
    @timer
    def work(number: int, *, factor: int = 2) -> int:
        """Works."""
        return number * factor

    assert work(3, factor=5) == 15
    assert (work.__name__, work.__doc__) == ("work", "Works.")
    sample = recorded(recorder)
    assert sample.count == 1
    assert sample.key.tags == (("function", "work"),)
    assert sample.value > 0


def test_nothing_is_recorded_before_the_first_call(timer: timed, recorder: Recorder) -> None:
    timer(lambda: None)
    assert recorder.unsaved() == []


def test_an_exception_is_counted_and_raised_on(timer: timed, recorder: Recorder) -> None:
    @timer
    def work() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        work()
    assert (recorded(recorder).count, errors(recorder)) == (1, 1)


def test_leaving_is_no_error(timer: timed, recorder: Recorder) -> None:
    with pytest.raises(KeyboardInterrupt), timer:
        raise KeyboardInterrupt
    assert (recorded(recorder).count, errors(recorder)) == (1, 0)


def test_a_function_may_call_itself(timer: timed, recorder: Recorder) -> None:
    @timer
    def countdown(number: int) -> int:
        return countdown(number - 1) if number else 0

    countdown(9)
    assert recorded(recorder).count == 10


def test_methods_of_every_kind_are_measured(timer: timed, recorder: Recorder) -> None:
    class Worker:
        @timer
        def plain(self) -> object:
            return self

        @timer
        @classmethod
        def of_class(cls) -> object:
            return cls

        @staticmethod
        @timer
        def static() -> int:
            return 1

    worker = Worker()
    assert (worker.plain(), worker.of_class(), Worker.static()) == (worker, Worker, 1)
    assert recorded(recorder).count == 3


def test_a_coroutine_is_measured_until_it_is_done(timer: timed, recorder: Recorder) -> None:
    @timer
    async def work(fails: bool) -> int:
        await asyncio.sleep(0)
        if fails:
            raise ValueError
        return 7

    assert inspect.iscoroutinefunction(work)
    assert asyncio.run(work(False)) == 7
    with pytest.raises(ValueError):
        asyncio.run(work(True))
    assert (recorded(recorder).count, errors(recorder)) == (2, 1)


def test_a_cancelled_coroutine_is_no_error(timer: timed, recorder: Recorder) -> None:
    @timer
    async def work() -> None:
        await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert (recorded(recorder).count, errors(recorder)) == (1, 0)


def test_a_generator_gives_takes_and_returns_as_before(timer: timed, recorder: Recorder) -> None:
    @timer
    def work() -> Generator[int, int, str]:
        received = yield 1
        try:
            yield received * 10
        except LookupError:
            yield -1
        return "end"

    assert inspect.isgeneratorfunction(work)
    steps = work()
    assert (next(steps), steps.send(4), steps.throw(LookupError())) == (1, 40, -1)
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == "end"
    assert (recorded(recorder).count, errors(recorder)) == (1, 0)


def test_a_generator_that_is_left_early_is_closed_and_measured(timer: timed, recorder: Recorder) -> None:
    closed = []

    @timer
    def work() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    steps = iter(work())
    next(steps)
    steps.close()  # type: ignore[attr-defined]  # it is a generator
    assert closed == [True]
    assert (recorded(recorder).count, errors(recorder)) == (1, 0)


def test_an_error_within_a_generator_is_counted(timer: timed, recorder: Recorder) -> None:
    @timer
    def work() -> Iterator[int]:
        yield 1
        raise ValueError

    with pytest.raises(ValueError):
        list(work())
    assert errors(recorder) == 1


def test_an_asynchronous_generator_is_measured(timer: timed, recorder: Recorder) -> None:
    @timer
    async def work(fails: bool) -> AsyncIterator[int]:
        yield 1
        if fails:
            raise ValueError
        yield 2

    async def consume(fails: bool) -> list[int]:
        return [item async for item in work(fails)]

    assert asyncio.run(consume(False)) == [1, 2]
    with pytest.raises(ValueError):
        asyncio.run(consume(True))
    assert (recorded(recorder).count, errors(recorder)) == (2, 1)


def test_a_block_may_be_entered_again_while_it_is_open(timer: timed, recorder: Recorder) -> None:
    with timer, timer:
        pass
    sample = recorded(recorder)
    assert sample.count == 2
    assert sample.minimum is not None
    assert sample.maximum is not None
    assert sample.minimum <= sample.maximum


def test_threads_share_a_timer(timer: timed, recorder: Recorder) -> None:
    meet = threading.Barrier(4)

    def work() -> None:
        with timer:
            meet.wait(10)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorded(recorder).count == 4


def test_tasks_share_a_timer(timer: timed, recorder: Recorder) -> None:
    async def work() -> None:
        with timer:
            await asyncio.sleep(0)

    async def together() -> None:
        await asyncio.gather(*(work() for _ in range(5)))

    asyncio.run(together())
    assert recorded(recorder).count == 5


def test_a_block_left_out_of_order_ends_its_own_measurement(recorder: Recorder) -> None:
    outer, inner = timed("outer_seconds", recorder=recorder), timed("inner_seconds", recorder=recorder)
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    inner.__exit__(None, None, None)  # its entry went with the outer one: not measured, and no error
    assert [sample.key.name for sample in recorder.unsaved()] == ["outer_seconds"]


def test_many_calls_fold_as_they_come_and_none_is_lost(timer: timed, recorder: Recorder) -> None:
    work = timer(lambda: None)
    for _ in range(5000):
        work()
    assert len(timer._resolve()[1].values) <= 600
    assert recorded(recorder).count == 5000
