import subprocess
import sys

import pytest

from benchmarks.programs.tree import cpu_seconds, pss_bytes

pytestmark = pytest.mark.once

BURN = "import time\nwhile time.process_time() < 0.3: pass"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}]); print('done', flush=True); input()"


def test_cpu_time_of_a_child_that_has_ended_is_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert sum(cpu_seconds([parent.pid]).values()) > 0.25
        parent.communicate(b"\n")


def test_memory_of_several_programs_is_added() -> None:
    commands = [["sleep", "1000"], ["cat"]]
    programs = [subprocess.Popen(command, stdin=subprocess.PIPE) for command in commands]
    held = pss_bytes([program.pid for program in programs])
    for program in programs:
        program.kill()
        program.communicate()
    assert len(held) == 2
    assert all(size > 0 for size in held.values())
