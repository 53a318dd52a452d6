"""Warm-up hooks: functions that fill the cache before anybody asks, run by ``manage.py cache warm``.

    @warmer
    def states() -> None:
        load_states()  # a cached function

Modules named in the setting ``CACHE_WARMERS`` are imported first, so that they register theirs.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

log = logging.getLogger(__name__)

Warmer = Callable[[], object]
_warmers: dict[str, Warmer] = {}


@dataclass(frozen=True, slots=True)
class Warmed:
    """What came of one hook."""

    name: str
    seconds: float
    error: Exception | None = None


def warmer(function: Warmer) -> Warmer:
    """Registers ``function`` under its module and name; registering it again replaces it."""
    _warmers[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def names() -> list[str]:
    return sorted(_warmers)


def warm() -> Iterator[Warmed]:
    """Runs each hook, in the order of their names; one that fails stops no other."""
    for name in names():
        began = time.perf_counter()
        error: Exception | None = None
        try:
            _warmers[name]()
        except Exception as raised:  # the edge of the loop: whoever runs it is told
            log.exception("The warm-up hook %s failed.", name)
            error = raised
        yield Warmed(name, time.perf_counter() - began, error)
