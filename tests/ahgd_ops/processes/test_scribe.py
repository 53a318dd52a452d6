from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ahgd_ops.processes.child import Child
from ahgd_ops.processes.scribe import LIMIT_SECONDS, RETRY_SECONDS, SEEN_SECONDS, Moment, Scribe, record
from monitoring.models import ProcessState

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
STARTING = (Child(name="web").spawned(100, 0),)
RUNNING = (STARTING[0].ready(1),)
WRITER = 4242


class Forks:
    """Counts instead of forking; each process has the same pid."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, run: Callable[[], int]) -> int:
        self.count += 1
        return WRITER


def moment(monotonic: float) -> Moment:
    return Moment(monotonic, AT + timedelta(seconds=monotonic))


@pytest.mark.django_db
def test_a_row_says_what_the_supervisor_knows() -> None:
    assert record(RUNNING, moment(5)) == 0
    row = ProcessState.objects.get()
    assert (row.name, row.phase, row.pid, row.restarts) == ("web", "running", 100, 0)
    assert (row.changed_at, row.seen_at) == (AT + timedelta(seconds=1), AT + timedelta(seconds=5))


@pytest.mark.django_db
def test_a_child_keeps_its_row() -> None:
    record(RUNNING, moment(5))
    record((RUNNING[0].died("killed by signal 9 (SIGKILL)", 6),), moment(6))
    row = ProcessState.objects.get()
    assert (row.phase, row.pid, row.restarts, row.reason) == ("restarting", None, 1, "killed by signal 9 (SIGKILL)")


def test_what_did_not_change_is_confirmed_once_in_a_while() -> None:
    forks = Forks()
    scribe = Scribe(forks, print)
    scribe.write(RUNNING, moment(0))
    scribe.ended(WRITER, 0, 0.5)
    scribe.write(RUNNING, moment(1))
    assert forks.count == 1
    scribe.write(RUNNING, moment(0.5 + SEEN_SECONDS))
    assert forks.count == 2


def test_a_change_is_written_at_once_but_never_by_two() -> None:
    forks = Forks()
    scribe = Scribe(forks, print)
    scribe.write(STARTING, moment(0))
    scribe.write(RUNNING, moment(1))
    assert forks.count == 1
    scribe.ended(WRITER, 0, 1.5)
    scribe.write(RUNNING, moment(2))
    assert forks.count == 2


def test_a_failure_is_said_once_and_tried_again() -> None:
    said: list[str] = []
    forks = Forks()
    scribe = Scribe(forks, said.append)
    for attempt in range(3):
        at = attempt * (RETRY_SECONDS + 1)
        scribe.write(RUNNING, moment(at))
        scribe.ended(WRITER, 256, at)
        scribe.write(STARTING, moment(at + 1))
    assert (forks.count, len(said)) == (3, 1)


def test_a_process_that_cannot_be_made_is_tried_later() -> None:
    def refuse(run: Callable[[], int]) -> int:
        raise OSError("no memory")

    scribe = Scribe(refuse, print)
    scribe.write(RUNNING, moment(0))
    assert scribe.due_at == RETRY_SECONDS


def test_while_it_writes_it_is_due_when_its_patience_ends() -> None:
    scribe = Scribe(Forks(), print)
    scribe.write(RUNNING, moment(3))
    assert scribe.due_at == 3 + LIMIT_SECONDS
