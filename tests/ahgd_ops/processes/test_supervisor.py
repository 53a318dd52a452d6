"""The supervisor with toy roles, in a process of its own; ``tests/journeys/test_up.py`` has the real ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import PROJECT_DIR

pytestmark = pytest.mark.once

_PRELUDE = """
import os, signal, sys, time
import django
django.setup()
from dataclasses import replace
from django.conf import settings
from ahgd_ops.processes import supervisor
from ahgd_ops.processes.news import LOST, READY, wire
from ahgd_ops.processes.roles import Role
from ahgd_ops.processes.supervisor import Supervisor

def good():
    wire.announce(READY)
    time.sleep(600)

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    good()

def stop():
    os.kill(os.getpid(), signal.SIGTERM)

class Say:
    '''Prints, and asks to stop after a line that contains ``last``.'''
    def __init__(self, last):
        self.last = last
    def __call__(self, text):
        print(text, flush=True)
        if self.last in text:
            stop()

def supervise(run, last, on_ready=lambda: None, **config):
    config = replace(settings.CONFIG, **config)
    print("ended with", Supervisor([Role("toy", run)], config, Say(last), on_ready).run())
"""


def run(program: str, state_dir: Path) -> list[str]:
    environment = {"AHGD_STATE_DIR": str(state_dir), "DJANGO_SETTINGS_MODULE": "ahgd_ops.settings"}
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + program],
        capture_output=True,
        text=True,
        cwd=PROJECT_DIR,
        env=environment,
        timeout=60,
        check=True,
    )
    lines = done.stdout.splitlines()
    return [line for line in lines if not line.startswith("The database")]  # it has no tables here


def test_when_all_are_up_it_says_so_once_and_stops_when_asked(tmp_path: Path) -> None:
    lines = run("supervise(good, 'never', on_ready=lambda: print('ready') or stop())", tmp_path)
    assert lines == ["toy is up.", "ready", "Stopping ...", "ended with 0"]


def test_a_process_that_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    assert run("supervise(deaf, 'is up', stop_seconds=0.2)", tmp_path)[-1] == "ended with 0"


def test_a_process_that_never_becomes_ready_is_started_again(tmp_path: Path) -> None:
    lines = run("supervisor.START_SECONDS = 0.2; supervise(lambda: time.sleep(600), 'starts again')", tmp_path)
    assert lines[0] == "toy was not ready within 0 s; it starts again in 1 s."


def test_a_process_that_is_too_large_is_started_again(tmp_path: Path) -> None:
    program = """
def large():
    ballast = b"x" * 100_000_000
    good()
supervisor.INSPECT_SECONDS = 0.1
supervise(large, 'starts again', max_memory_mb=100)
"""
    assert "more than AHGD_MAX_MEMORY_MB=100; it starts again in 1 s." in run(program, tmp_path)[-3]


def test_a_process_that_keeps_dying_waits_longer_each_time(tmp_path: Path) -> None:
    lines = run("supervise(lambda: 3, 'in 2 s')", tmp_path)
    assert lines[:2] == [f"toy exited with code 3; it starts again in {seconds} s." for seconds in (1, 2)]


def test_a_lost_process_of_its_own_is_told(tmp_path: Path) -> None:
    lines = run("supervise(lambda: wire.announce(LOST, 'toy-1 ended') or good(), 'toy-1')", tmp_path)
    assert "toy-1 ended." in lines


def test_a_database_that_takes_nothing_is_told_once_and_stops_nothing(tmp_path: Path) -> None:
    program = """
from ahgd_ops.processes import scribe
scribe.RETRY_SECONDS = 0.1
refused = 0
ended = scribe.Scribe.ended
def count(self, pid, status, now):
    global refused
    refused += pid == self._pid and status != 0
    ended(self, pid, status, now)
    if refused >= 3 and 'toy is up.' in told:
        stop()
scribe.Scribe.ended = count
told = []
Supervisor([Role("toy", good)], settings.CONFIG, told.append, lambda: None).run()
print(sum("database" in text for text in told))
"""
    assert run(program, tmp_path)[-1] == "1"
