"""A program for test_keeping.py: children that seal, reopen, delete and import without end, each killed with -9.

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
from monitoring.keeping import copies, sealing  # noqa: E402
from monitoring.keeping.forgetting import delete_old_chunks  # noqa: E402
from monitoring.keeping.reopening import reopen  # noqa: E402
from monitoring.models import MetricChunk, Resolution, Series  # noqa: E402
from tests.monitoring.keeping.frames import START_MS  # noqa: E402

NOW = from_ms(START_MS) + timedelta(days=30)
COPIED, OLD = "copied", "old"
"""Metrics: one that is deleted and imported again and again, and one whose samples are past their retention."""


def seal() -> None:
    list(sealing.seal(NOW, timedelta(0)))


def unseal(lots: random.Random) -> None:
    """Puts some samples back, so that there is something to seal."""
    raw = MetricChunk.objects.filter(resolution=Resolution.RAW, series__metric__name="beds")
    ids = list(raw.values_list("id", flat=True))
    for chunk_id in lots.sample(ids, min(len(ids), 20)):
        reopen(chunk_id, NOW)


def retain() -> None:
    while delete_old_chunks(NOW, step=2):
        pass


def take(copy: Path) -> None:
    copies.take_copy(copy, copies.PARQUET, lambda read, new: None)


def forget_copied() -> None:
    Series.objects.filter(metric__name=COPIED).delete()


def work(lots: random.Random, copy: Path, is_ready: Callable[[], None]) -> None:
    """For as long as it is let."""
    connections["default"].ensure_connection()
    is_ready()
    for _ in count():
        lots.choice((seal, lambda: unseal(lots), retain, lambda: take(copy), forget_copied))()


def kill_one(lots: random.Random, copy: Path) -> bool:
    """Starts a child and kills it at some moment of its work; gives whether it still worked then."""
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
    time.sleep(lots.uniform(0, 0.06))  # the moment
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    copy, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    lots = random.Random(seed)  # noqa: S311  (as above)
    print(sum(kill_one(lots, copy) for _ in range(kills)))  # noqa: T201  (the program's answer)


if __name__ == "__main__":
    main()
