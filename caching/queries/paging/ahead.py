"""Pages that are read while the page before them is worked on."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def read_ahead(pages: Iterator[T], ahead: int, leave_thread: Callable[[], None]) -> Iterator[T]:
    """The same pages, up to ``ahead`` of them read already, by one thread; it ends with the iteration, however."""
    if ahead <= 0:
        yield from pages
        return
    done: Any = object()
    worker = ThreadPoolExecutor(1, "ahgd-pages")
    try:
        waiting = deque(worker.submit(next, pages, done) for _ in range(ahead))
        while (page := waiting.popleft().result()) is not done:
            waiting.append(worker.submit(next, pages, done))
            yield page
    finally:
        for one in waiting:
            one.cancel()
        worker.submit(leave_thread).result()
        worker.shutdown()
