"""What is left out is asked in the background whether it is back, whoever uses it meanwhile."""

import gc
import threading
from collections.abc import Callable
from weakref import ref

import pytest

from caching import breaker
from caching.breaker import Breaker
from tests.caching.faults import until


class Away(Exception):
    pass


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(breaker, "LONGEST_WAIT_SECONDS", 0.02)


def raising(*errors: Exception) -> Callable[[], None]:
    """A probe that raises each in turn, and then nothing."""
    left = iter(errors)

    def probe() -> None:
        for error in left:
            raise error

    return probe


def test_it_closes_by_itself_when_the_probe_returns() -> None:
    one = Breaker("tier", raising(Away("still"), Away("still")), Away)
    one.trip("gone")
    assert not one.is_closed
    until(lambda: one.is_closed)


def test_a_probe_that_fails_otherwise_is_logged_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    one = Breaker("tier", raising(ZeroDivisionError("a mistake")), Away)
    one.trip("gone")
    until(lambda: one.is_closed)
    assert "Asking the cache's tier tier whether it is back failed." in caplog.text
    assert "ZeroDivisionError: a mistake" in caplog.text


def test_being_asked_starts_no_thread_and_using_it_after_a_rest_does() -> None:
    may_return = threading.Event()

    def probe() -> None:
        if not may_return.is_set():
            raise Away("still")

    one = Breaker("tier", probe, Away)
    one.trip("gone")
    one.rest()
    may_return.set()
    until(lambda: not probes())
    assert not one.is_closed
    assert not probes()
    one.keep_asking()
    until(lambda: one.is_closed)


def test_nobody_asks_for_what_nobody_has_any_more() -> None:
    def probe() -> None:
        raise Away("for ever")

    one = Breaker("forgotten", probe, Away)
    known = ref(one)
    one.trip("gone")
    del one

    def is_gone() -> bool:
        gc.collect()
        return known() is None and not probes("forgotten")

    until(is_gone)


def probes(name: str = "tier") -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"cache-probe-{name}"]
