"""Weighs what a text costs: parsed and judged in a process of its own, whose time and memory are its own, too."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Self

from tests.checkout import PROJECT_DIR

MOST_MEMORY_MIB = 64
MOST_SECONDS = 0.25
HANGING_SECONDS = 20
"""Of processor time; a text that needs this is killed, so that the test that found it ends."""

# A fork for each text: its peak of memory begins at what it inherits, and nothing that one keeps helps the next.
_SCRIPT = f"""
import json, os, resource, sys
from alerts.conditions import ConditionBroken, ConditionRefused, parse, health_facts, metric_facts

long, wide = "ab" * 5000, "\\u0130" * 10_000
entries = {{"long": long, "wide": wide, "big": 1e300, "small": 1e-300, "digits": "9" * 300}}
SUBJECTS = (
    metric_facts(name=long, value=1e300, timestamp=1.76e9, category=wide, tags={{"long": long, "wide": wide}},
                 metadata=entries),
    metric_facts(name="", value=-1e300, timestamp=0.0),
    health_facts(name=wide, status=long, message=long + wide, duration_ms=1e300, metadata=entries, timestamp=1.76e9),
)

def judge(text):
    try:
        condition = parse(text)
    except ConditionRefused:
        return "refused"
    condition.selector, condition.threshold, condition.questions
    for facts in SUBJECTS:
        try:
            condition.verdict(facts)
        except ConditionBroken:
            pass
    return "accepted"

def used():
    mine = resource.getrusage(resource.RUSAGE_SELF)
    return mine.ru_utime + mine.ru_stime, mine.ru_maxrss / 1024

judge("value > 5 and name == 'a'")
print("ready", flush=True)
for line in sys.stdin:
    if os.fork() == 0:
        resource.setrlimit(resource.RLIMIT_CPU, ({HANGING_SECONDS}, {HANGING_SECONDS}))
        seconds, mib = used()
        outcome = judge(json.loads(line))
        now_seconds, now_mib = used()
        print(json.dumps([outcome, now_seconds - seconds, now_mib - mib]), flush=True)
        os._exit(0)
    if os.wait()[1]:
        print(json.dumps(["killed", {HANGING_SECONDS}, 0]), flush=True)
"""


@dataclass(frozen=True)
class Weight:
    """``seconds`` of processor time; ``mib`` by which the process grew."""

    outcome: str
    seconds: float
    mib: float

    @property
    def is_bounded(self) -> bool:
        return self.outcome != "killed" and self.seconds <= MOST_SECONDS and self.mib <= MOST_MEMORY_MIB


class Scales:
    """Used with ``with``: a process that weighs one text after the other."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT], cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._answer() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def weigh(self, text: str) -> Weight:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        return Weight(*json.loads(self._answer()))

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
