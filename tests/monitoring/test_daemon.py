import threading
from collections.abc import Iterator

import pytest

from monitoring.daemon import Daemon, Life


class Living:
    """A thread that lives until it is told to end, and keeps what it was told."""

    def __init__(self) -> None:
        self.lives: list[Life] = []
        self.began = threading.Semaphore(0)

    def __call__(self, life: Life) -> None:
        self.lives.append(life)
        self.began.release()
        while not life.is_ending:
            life.wake.wait(60)
            life.wake.clear()


@pytest.fixture
def living() -> Living:
    return Living()


@pytest.fixture
def daemon(living: Living) -> Iterator[Daemon]:
    daemon = Daemon("ahgd-test", living)
    yield daemon
    daemon.stop()


def test_it_is_there_once_however_often_it_is_started(daemon: Daemon, living: Living) -> None:
    assert not daemon.is_alive
    for _ in range(3):
        daemon.start()
    assert living.began.acquire(timeout=60)
    assert daemon.is_alive
    assert len(living.lives) == 1


def test_stopped_it_ends_and_started_again_it_is_another(daemon: Daemon, living: Living) -> None:
    assert not daemon.stop()
    for number in (1, 2):
        daemon.start()
        assert living.began.acquire(timeout=60)
        assert daemon.stop()
        assert len(living.lives) == number
    assert not daemon.is_alive
    assert not daemon.stop()


def test_a_fork_has_no_such_thread_until_it_is_started_there(daemon: Daemon, living: Living) -> None:
    daemon.start()
    assert living.began.acquire(timeout=60)
    (parents,) = living.lives
    daemon.after_fork()  # what the child's side of os.fork calls
    try:
        assert not daemon.is_alive
        daemon.start()
        assert living.began.acquire(timeout=60)
        assert len(living.lives) == 2
        assert not parents.is_ending
    finally:
        parents.is_ending = True
        parents.wake.set()


def test_it_keeps_no_process_alive(daemon: Daemon) -> None:
    daemon.start()
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "ahgd-test"]
    assert thread.daemon
