"""In a process of its own: a fork is asked of a process with one thread, which pytest's need not be."""

import subprocess
import sys

import pytest

from tests.checkout import PROJECT_DIR

_PRELUDE = """
import os, signal, sys, time
from ahgd_ops.processes.forking import fork
from ahgd_ops.processes.lifeline import watch
def status_of(run):
    return os.waitstatus_to_exitcode(os.waitpid(fork(run), 0)[1])
def fail():
    raise ValueError("broken")
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + program], capture_output=True, text=True, cwd=PROJECT_DIR, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("function", "code"),
    [
        ("lambda: 7", 7),
        ("lambda: sys.exit()", 0),
        ("lambda: sys.exit(3)", 3),
        ("lambda: sys.exit('why')", 1),
        ("fail", 1),
    ],
)
def test_what_the_function_returns_or_raises_is_the_exit_code(function: str, code: int) -> None:
    assert run(f"print(status_of({function}))").strip() == str(code)


def test_the_child_leads_a_session_of_its_own() -> None:
    assert run("print(status_of(lambda: int(os.getsid(0) != os.getpid())))").strip() == "0"


def test_the_child_does_not_inherit_signal_handlers() -> None:
    program = """
signal.signal(signal.SIGTERM, lambda *_: None)
def work():
    os.kill(os.getpid(), signal.SIGTERM)
    return 0
print(status_of(work))
"""
    assert run(program).strip() == "-15"


def test_killed_parents_leave_no_child() -> None:
    program = """
reader, writer = os.pipe()
def middle():
    fork(lambda: time.sleep(600) or 0)  # holds the writer open as long as it lives
    os.kill(os.getpid(), signal.SIGKILL)
    return 0
os.waitpid(fork(middle), 0)
os.close(writer)
print(os.read(reader, 1))
"""
    assert run(program).strip() == "b''"


def test_where_the_system_does_not_tell_the_end_of_a_pipe_does() -> None:
    program = """
lifeline, writer = os.pipe()
def work():
    os.close(writer)
    watch(lifeline)
    time.sleep(600)
    return 0
pid = fork(work)
os.close(writer)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert run(program).strip() == "-9"
