"""Two web processes, a worker and a plain script record the same metric at once, and all of it adds up."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from django.db.models import Sum
from prometheus_client.parser import text_string_to_metric_families as parse

from monitoring.exposition import render
from monitoring.health.status import Overall
from monitoring.models import MetricSnapshot, Series
from tests.checkout import PROJECT_DIR

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = ("web", "web", "worker", "script")


class Program:
    """One recording process; ``tell`` does not wait, ``hear`` does, for everything told."""

    def __init__(self, role: str, state_dir: Path, **variables: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "AHGD_STATE_DIR": str(state_dir),
            "AHGD_FLUSH_SECONDS": "60",  # so that the test knows what is stored
            "DATABASE_URL": database_url(),
            "PYTHONPATH": str(PROJECT_DIR),
            **variables,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.recording_program", role],
            cwd=PROJECT_DIR, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdin
        assert self._process.stdout
        self._in, self._out = self._process.stdin, self._process.stdout
        self.pid = int(self._out.readline())
        self._told = 0

    def tell(self, *commands: str) -> None:
        self._in.write("".join(f"{command}\n" for command in commands))
        self._in.flush()
        self._told += len(commands)

    def hear(self) -> None:
        while self._told:
            assert self._out.readline() == "done\n"
            self._told -= 1

    def kill(self) -> None:
        """Without a chance to store anything."""
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait(30)

    def end(self) -> None:
        """As a program ends by itself, which stores the rest."""
        self._in.close()
        self._process.wait(30)

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
        self._process.kill()
        self._in.close()
        self._out.close()


def database_url() -> str:
    """Of the database of this test, for other processes."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    return f"postgresql://{settings['USER']}@{quote(settings['HOST'], safe='')}/{settings['NAME']}"


@contextmanager
def programs(state_dir: Path) -> Iterator[list[Program]]:
    with ExitStack() as stack:
        started = [Program(role, state_dir) for role in ROLES]
        for program in started:
            stack.callback(program.close)
        yield started


def together(started: list[Program], *commands: str) -> None:
    for program in started:
        program.tell(*commands)
    for program in started:
        program.hear()


def stored() -> dict[str, tuple[float, float]]:
    """Of the counter its sum, of the timing its count: as snapshots have it, and as the series go on from."""
    snapshots = MetricSnapshot.objects.values_list("series__metric__name").annotate(Sum("value"), Sum("count"))
    kept = dict(Series.objects.values_list("metric__name", "total"))
    counts = dict(Series.objects.values_list("metric__name", "count"))
    found = {}
    for name, value, count in snapshots:
        if name == "shared_total":
            found["counter"] = (value, kept[name])
        elif name == "function_duration_seconds":
            found["timing"] = (count, counts[name])
    return found


def test_totals_add_up_while_processes_are_killed_and_started_again(tmp_path: Path) -> None:
    expected = 0
    with programs(tmp_path / "state") as started:
        expected += 2  # each web process before it forked
        together(started, "record 1000", "flush", "record 500", "flush")
        expected += 4 * 1500
        assert stored() == {"counter": (expected, expected), "timing": (expected, expected)}
        together(started, "record 100")  # never stored: two are killed before they flush
        for program in started[1:3]:
            program.kill()
        started[0].end()
        started[3].end()
        expected += 2 * 100
    with programs(tmp_path / "state") as started:
        expected += 2
        together(started, "record 200")
        for program in started:
            program.end()
        expected += 4 * 200
    assert stored() == {"counter": (expected, expected), "timing": (expected, expected)}

    now = datetime.now(UTC)
    body, _ = render("", Overall((), now), now)
    families = {family.name: family for family in parse(body.decode())}
    (total,) = families["shared"].samples
    assert (total.name, total.labels, total.value) == ("shared_total", {"ward": "A1"}, expected)
    counts = [one.value for one in families["function_duration_seconds"].samples if one.name.endswith("_count")]
    assert counts == [expected]
