"""``scripts/chaos``: the suite's faults again and again, at true scale unless told otherwise, with lots that differ."""

import argparse
import os
import random
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engines import ENGINES, environment, forget_environment

if TYPE_CHECKING:  # Django is set up after the environment
    from tests.faults.scenario import Scenario
    from tests.faults.stage import Stage
    from tests.faults.verdict import Verdict


@dataclass
class Tally:
    """What came of all runs."""

    runs: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    deliveries: int = 0
    lost: int = 0
    doubled: int = 0
    repeated: int = 0
    slowest_seconds: float = 0.0
    longest_delay_seconds: float = 0.0
    faults: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=1, help="of each scenario")
    parser.add_argument("--scale", type=float, default=1.0, help="of every time; 1 is as in production")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="of the first run")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    options = parser.parse_args()
    forget_environment()
    with environment(options.engine) as variables:
        os.environ.update(variables)
        tally = _play_all(options)
    _report(tally, options)
    return 1 if tally.faults else 0


def _play_all(options: argparse.Namespace) -> Tally:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from tests.faults.scenarios import SCENARIOS

    tally = Tally()
    for number in range(options.runs):
        for scenario in SCENARIOS:
            if options.only in scenario.name:
                _play(scenario, options.seed + number, options.scale, tally)
    return tally


def _play(scenario: "Scenario", seed: int, scale: float, tally: Tally) -> None:
    """One run, on a database that is empty but for the schema."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    with _stage(scale) as stage:
        verdicts = scenario.play(stage, random.Random(seed))  # noqa: S311  (a lot that can be drawn again)
        wrong = [f"{at}: {fault}" for at, verdict in verdicts.items() for fault in verdict.faults()]
        wrong += [f"in a log: {leak}" for leak in stage.leaks()] + (_late(stage) if scale == 1 else [])
    _count(tally, stage, verdicts.values())
    tally.faults += len(wrong)
    said = "".join(f"\n    {one}" for one in wrong)
    _say(f"seed {seed}  {'ok  ' if not wrong else 'FAIL'}  {scenario.name}{said}")


def _late(stage: "Stage") -> list[str]:
    """What took longer than promised; only at true scale does that say anything."""
    from tests.faults.stage import TRUE_DELAY_SECONDS, TRUE_PROMISE_SECONDS, TRUE_SWEEP_SECONDS

    slowest, delay = max(stage.waits, default=0.0), max(stage.delays, default=0.0)
    late = [f"told only {slowest:.0f} s after the end of the fault"] if slowest > TRUE_PROMISE_SECONDS else []
    if delay > TRUE_SWEEP_SECONDS + TRUE_DELAY_SECONDS:
        late.append(f"a sound channel waited {delay:.0f} s beside bad ones")
    return late


def _count(tally: Tally, stage: "Stage", verdicts: Iterable["Verdict"]) -> None:
    tally.runs += 1
    tally.struck += stage.struck
    tally.slowest_seconds = max(tally.slowest_seconds, *stage.waits)
    tally.longest_delay_seconds = max([tally.longest_delay_seconds, *stage.delays])
    for verdict in verdicts:
        tally.deliveries += verdict.expected
        tally.lost += len(verdict.lost)
        tally.doubled += len(verdict.doubled)
        tally.repeated += len(verdict.repeated)


@contextmanager
def _stage(scale: float) -> Iterator["Stage"]:
    from django.db import connection

    from tests.faults.receiver import Receiver
    from tests.faults.stage import Stage, database_url

    with tempfile.TemporaryDirectory(prefix="ahgd-ops-chaos-") as name, Receiver() as receiver:
        stage = Stage(Path(name), database_url(connection.settings_dict), receiver, scale)
        try:
            yield stage
        finally:
            stage.close()


def _report(tally: Tally, options: argparse.Namespace) -> None:
    last = options.seed + options.runs - 1
    _say(f"\n{tally.runs} runs at scale {options.scale:g} on {options.engine}, seeds {options.seed} to {last}")
    _say(f"faults that struck: {', '.join(f'{kind} {count}' for kind, count in sorted(tally.struck.items()))}")
    _say(f"deliveries due {tally.deliveries}")
    _say(f"lost {tally.lost}, doubled under another delivery id {tally.doubled}")
    _say(f"repeated under the same delivery id, after a crash or a lost answer: {tally.repeated}")
    _say(f"slowest to be told once a fault was over: {tally.slowest_seconds:.1f} s")
    _say(f"longest that a sound channel waited beside bad ones: {tally.longest_delay_seconds:.1f} s")
    struck = tally.struck.total()
    if tally.lost == tally.doubled == 0 and struck:
        _say(
            f"With 95 % confidence at most {bound(struck):.2g} of such faults lose or double anything (rule of three: "
            "none in n is at most 3/n; n is the faults, since deliveries that one fault strikes share its fate)."
        )


def bound(count: int) -> float:
    """The upper bound, with 95 % confidence, of the share of trials that show what none of ``count`` showed."""
    return min(1.0, 3 / count)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
