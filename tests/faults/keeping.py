"""A program for test_keeping.py: pairs of children that seal, reopen, delete and import without end, side by side, each
killed with -9.

    python -m tests.faults.keeping COPY KILLS SEED

Its environment says which database. It prints how many children were killed.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ahgd_ops.settings")
django.setup()

from django.db import connections  # noqa: E402  (what follows needs the models)

from monitoring.clock import from_ms  # noqa: E402
from monitoring.keeping import chunks, copies, sealing  # noqa: E402
from monitoring.keeping.forgetting import delete_old_chunks, delete_unnamed_times  # noqa: E402
from monitoring.keeping.reopening import NotReopened, reopen  # noqa: E402
from monitoring.models import MetricChunk, Resolution  # noqa: E402
from tests.monitoring.keeping.frames import START_MS  # noqa: E402

NOW = from_ms(START_MS) + timedelta(days=30)
COPIED, OLD = "copied", "old"
"""Metrics: one that is deleted and imported again and again, and one whose samples are past their retention."""


def seal() -> None:
    list(sealing.seal(NOW, timedelta(0)))


def unseal(lots: random.Random) -> None:
    """Puts some samples back, so that there is something to seal; also of those that are past their retention."""
    raw = MetricChunk.objects.filter(resolution=Resolution.RAW).exclude(series__metric__name=COPIED)
    ids = list(raw.values_list("id", flat=True))
    for chunk_id in lots.sample(ids, min(len(ids), 20)):
        try:
            reopen(chunk_id, NOW)
        except NotReopened:
            continue  # its hours know more than its samples


def retain() -> None:
    while delete_old_chunks(NOW, step=2):
        pass
    delete_unnamed_times()


def take(copy: Path) -> None:
    copies.take_copy(copy, copies.PARQUET, lambda read, new: None)


def forget_copied() -> None:
    with chunks.alone():
        MetricChunk.objects.filter(series__metric__name=COPIED).delete()


def work(lots: random.Random, copy: Path, is_ready: Callable[[], None]) -> None:
    """For as long as it is let."""
    connections["default"].ensure_connection()
    is_ready()
    for _ in count():
        jobs = (seal, lambda: unseal(lots), retain, delete_unnamed_times, lambda: take(copy), forget_copied)
        lots.choice(jobs)()


def kill_two(lots: random.Random, copy: Path) -> int:
    """Starts two children and kills each at some moment of their work; gives how many still worked then."""
    children = [start_one(lots, copy) for _ in range(2)]
    killed = 0
    for child in children:
        time.sleep(lots.uniform(0, 0.06))  # the moment
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    return killed


def start_one(lots: random.Random, copy: Path) -> int:
    """Gives its id, once it works."""
    reads, writes = os.pipe()
    seed = lots.random()
    child = os.fork()
    if child == 0:
        os.close(reads)
        try:
            work(random.Random(seed), copy, lambda: os.close(writes))  # noqa: S311  (lots that can be drawn again)
        finally:
            os._exit(1)
    os.close(writes)
    os.read(reads, 1)  # until the child is ready, or gone
    os.close(reads)
    return child


def main() -> None:
    copy, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    lots = random.Random(seed)  # noqa: S311  (as above)
    print(sum(kill_two(lots, copy) for _ in range(kills // 2)))  # noqa: T201  (the program's answer)


if __name__ == "__main__":
    main()
