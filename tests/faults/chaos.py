"""``scripts/chaos``: the suite's faults again and again, at true scale unless told otherwise, with lots that differ."""

import argparse
import os
import random
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engines import ENGINES, environment, forget_environment

if TYPE_CHECKING:  # Django is set up after the environment
    from tests.faults.stage import Stage

STORM = "bad receivers at once"


@dataclass
class Tally:
    """What came of all runs."""

    runs: int = 0
    kills: int = 0
    deliveries: int = 0
    lost: int = 0
    doubled: int = 0
    repeated: int = 0
    slowest_seconds: float = 0.0
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
    tally = Tally()
    for number in range(options.runs):
        for name in _names():
            if options.only in name:
                _play(name, options.seed + number, options.scale, tally)
    return tally


def _names() -> list[str]:
    from tests.faults.scenarios import SCENARIOS

    return [*(scenario.name for scenario in SCENARIOS), STORM]


def _play(name: str, seed: int, scale: float, tally: Tally) -> None:
    """One run, on a database that is empty but for the schema."""
    from django.core.management import call_command

    from tests.faults.scenarios import BAD_RECEIVERS, SCENARIOS
    from tests.faults.stage import TRUE_PROMISE_SECONDS
    from tests.faults.storm import storm

    call_command("flush", interactive=False, verbosity=0)
    plays = {one.name: (one.play, one.may_repeat) for one in SCENARIOS} | {STORM: (storm, False)}
    play, may_repeat = plays[name]
    repeating = {one.name for one in BAD_RECEIVERS if one.may_repeat}
    with _stage(scale) as stage:
        verdicts = play(stage, random.Random(seed))  # noqa: S311  (a lot that can be drawn again)
        leaks = stage.leaks()
        tally.kills += stage.kills
        slowest_seconds = max(stage.waits, default=0.0)
    found = {at: verdict.faults(may_repeat=may_repeat or at in repeating) for at, verdict in verdicts.items()}
    tally.runs += 1
    for verdict in verdicts.values():
        tally.deliveries += verdict.expected
        tally.lost += len(verdict.lost)
        tally.doubled += len(verdict.doubled)
        tally.repeated += len(verdict.repeated)
    wrong = [f"{at}: {'; '.join(faults)}" for at, faults in found.items() if faults]
    wrong += [f"in a log: {leak}" for leak in leaks]
    if scale == 1 and slowest_seconds > TRUE_PROMISE_SECONDS:
        wrong.append(f"told only {slowest_seconds:.0f} s after the end of the fault")
    tally.slowest_seconds = max(tally.slowest_seconds, slowest_seconds)
    tally.faults += len(wrong)
    _say(f"seed {seed}  {'ok  ' if not wrong else 'FAIL'}  {name}" + "".join(f"\n    {one}" for one in wrong))


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
    _say(f"kills {tally.kills}, deliveries due {tally.deliveries}")
    _say(f"lost {tally.lost}, doubled under another delivery id {tally.doubled}")
    _say(f"repeated under the same delivery id, after a crash or a lost answer: {tally.repeated}")
    _say(f"slowest to be told once a fault was over: {tally.slowest_seconds:.1f} s")
    if tally.lost == tally.doubled == 0 and tally.kills and tally.deliveries:
        _say(
            f"With 95 % confidence at most {bound(tally.kills):.2g} of the kills and {bound(tally.deliveries):.2g} of "
            "the deliveries lose or double anything (rule of three: none in n is at most 3/n)."
        )


def bound(count: int) -> float:
    """The upper bound of a share, with 95 % confidence, of which ``count`` trials showed none."""
    return min(1.0, 3 / count)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
