import pytest

from ahgd_ops.processes.child import Child, Phase, ending

NEW = Child(name="worker")
RUNNING = NEW.spawned(100, 0).heard().ready(1)


def test_a_new_child_is_due_at_once() -> None:
    assert (NEW.pid, NEW.due_at) == (0, 0)


def test_its_word_alone_does_not_make_it_run() -> None:
    assert NEW.spawned(100, 0).heard().phase is Phase.STARTING


def test_a_child_that_died_waits_and_remembers_why() -> None:
    dead = RUNNING.died("killed by signal 9", 5)
    assert (dead.phase, dead.pid, dead.due_at, dead.restarts) == (Phase.RESTARTING, 0, 6, 1)
    assert dead.reason == "killed by signal 9"


def test_it_waits_longer_after_each_failure_in_a_row() -> None:
    again = RUNNING.died("a", 5).spawned(101, 6).heard().ready(7).died("b", 8)
    assert (again.due_at, again.restarts) == (10, 2)


def test_a_minute_of_health_makes_the_wait_short_again() -> None:
    again = RUNNING.died("a", 5).spawned(101, 6).heard().ready(7).died("b", 67)
    assert (again.due_at, again.restarts) == (68, 2)


def test_a_minute_of_starting_is_no_health() -> None:
    assert NEW.spawned(100, 0).died("a", 70).spawned(101, 71).died("b", 200).due_at == 202


def test_one_that_was_asked_to_end_did_so_for_that_reason() -> None:
    assert RUNNING.asked_to_end("held 900 MiB", 20).died("exited with code 0", 7).reason == "held 900 MiB"


def test_a_new_process_has_to_announce_itself_anew() -> None:
    assert not RUNNING.died("a", 5).spawned(101, 6).announced


def test_losing_one_of_its_own_it_runs_on() -> None:
    lost = RUNNING.lost_one("web-1 ended and was replaced")
    assert (lost.phase, lost.restarts, lost.pid) == (Phase.RUNNING, 1, 100)


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "exited with code 0"), (3 << 8, "exited with code 3"), (9, "killed by signal 9 (SIGKILL)")],
)
def test_a_wait_status_in_words(status: int, words: str) -> None:
    assert ending(status) == words
