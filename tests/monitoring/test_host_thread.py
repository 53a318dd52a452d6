import logging
import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from monitoring import host_thread, rounds
from monitoring.host_thread import HostThread


class Host:
    """One whose turns are told beforehand: seconds until the next, or what it raises; after those it waits long."""

    def __init__(self) -> None:
        self.noticed = threading.Condition()
        self.turns: list[float | Exception] = []
        self.made = self.ended = 0

    def turn(self) -> float:
        with self.noticed:
            self.made += 1
            self.noticed.notify_all()
        told = self.turns.pop(0) if self.turns else 600.0
        if isinstance(told, Exception):
            raise told
        return told

    def end(self) -> None:
        self.ended += 1

    def wait_for(self, turns: int) -> None:
        with self.noticed:
            assert self.noticed.wait_for(lambda: self.made >= turns, 60)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()
    monkeypatch.setattr(rounds, "Host", lambda: host)
    monkeypatch.setattr(host_thread, "RETRY_SECONDS", 0.0)
    return host


@pytest.fixture
def thread(host: Host) -> Iterator[HostThread]:
    thread = HostThread()
    yield thread
    thread.stop()


def test_it_makes_turn_after_turn_until_it_is_stopped_and_then_lets_the_host_go(host: Host, thread: HostThread) -> None:
    host.turns = [0.0, 0.001]
    thread.start()
    host.wait_for(turns=3)
    assert host.ended == 0
    assert thread.stop()
    assert (host.made, host.ended) == (3, 1)


def test_it_goes_on_after_an_error_of_the_database_and_says_that_the_host_is_not_measured(
    host: Host, thread: HostThread, caplog: pytest.LogCaptureFixture
) -> None:
    host.turns = [OperationalError("connection refused")]
    thread.start()
    host.wait_for(turns=2)
    assert "This host is not measured until the database answers: connection refused" in caplog.messages


def test_whatever_a_turn_raises_the_next_one_is_made(
    host: Host, thread: HostThread, caplog: pytest.LogCaptureFixture
) -> None:
    host.turns = [ValueError("of a collector")]
    with caplog.at_level(logging.ERROR):
        thread.start()
        host.wait_for(turns=2)
    assert caplog.messages == ["A round of this host failed."]


def test_a_fork_does_not_begin_it_anew(host: Host, thread: HostThread) -> None:
    thread.start()
    host.wait_for(turns=1)
    parents = thread._life
    thread.after_fork()  # what the child's side of os.fork calls
    try:
        assert not thread.is_alive
        assert host.made == 1
    finally:
        parents.is_ending = True
        parents.wake.set()
