"""The trials of one run: planned in the applications and on the exporter's page, ended by the receiver."""

import random
import time
from collections.abc import Sequence
from subprocess import Popen

from benchmarks.latency.rules import CALM, HIGH
from benchmarks.programs.running import ProgramFailed

Application = Popen[bytes]
LOAD_SECONDS = 5.0
PATIENCE_SECONDS = 60.0


class Trials:
    """``jumps`` and ``arrivals`` are moments, of a trial and of a (job, trial), on the monotonic clock."""

    def __init__(self, names: Sequence[str], jobs: Sequence[str]) -> None:
        self.names = names
        self.jobs = jobs
        self.jumps: dict[str, float] = {}
        self.arrivals: dict[tuple[str, str], float] = {}
        self._homes: dict[str, Application] = {}

    def settle(self, applications: Sequence[Application]) -> None:
        """Every series gets an application and a calm value.

        The first value begins an application's flushing, so they begin a second apart. Returns when all have begun.
        """
        start = time.monotonic() + LOAD_SECONDS
        for number, name in enumerate(self.names):
            turn = number % len(applications)
            self._homes[name] = applications[turn]
            self._record(name, start + turn, CALM)
        time.sleep(LOAD_SECONDS + len(applications))

    def begin(self, names: Sequence[str], seconds: float) -> None:
        """Plans one trial at random in each of as many equal parts of the time that begins in a second.

        Names come in any order: in their own, an application's turn would come round in step with the evaluation.
        """
        start, part = time.monotonic() + 1, seconds / len(names)
        for number, name in enumerate(random.sample(names, len(names))):
            moment = start + (number + random.random()) * part
            self.jumps[name] = moment
            self._record(name, moment, HIGH)

    def wait(self, names: Sequence[str]) -> None:
        """Until all have told of these trials. Raises ProgramFailed when some have not long after the last began."""
        deadline = max(self.jumps[name] for name in names) + PATIENCE_SECONDS
        while missing := [(job, name) for job in self.jobs for name in names if (job, name) not in self.arrivals]:
            if time.monotonic() > deadline:
                raise ProgramFailed(f"{len(missing)} of {len(names) * len(self.jobs)} never arrived: {missing[:5]}")
            time.sleep(0.1)

    def latencies(self, job: str, names: Sequence[str]) -> list[float]:
        """Seconds from each trial's moment to the accepted webhook."""
        return [self.arrivals[job, name] - self.jumps[name] for name in names]

    def _record(self, name: str, moment: float, value: float) -> None:
        pipe = self._homes[name].stdin
        assert pipe is not None
        pipe.write(f"{moment} {value} {name}\n".encode())
        pipe.flush()
