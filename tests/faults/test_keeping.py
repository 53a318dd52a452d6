"""kill -9 at any moment of sealing, reopening, retention and import, two at once: nothing is lost, nothing doubled."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import copies, sealing
from monitoring.keeping.forgetting import delete_old_chunks
from monitoring.keeping.frame import Frame
from monitoring.keeping.parcels import labels, parcels
from monitoring.keeping.verifying import verify
from monitoring.kinds import Kind
from monitoring.models import ChunkTimes, Metric, MetricChunk, MetricSnapshot, Resolution, Series
from monitoring.samples import Sample
from tests.checkout import PROJECT_DIR
from tests.faults.stage import database_url
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, key, same, timing, write

KILLS = 50  # on either engine
NOW = from_ms(START_MS) + timedelta(days=30)
EVER = -(10**14), 10**14
ROUNDS_MS = [number * HOUR_MS // 5 + (number * 7919) % 50 for number in range(80)]  # uneven, so that series share them


def record(tmp_path: Path) -> Path:
    """Samples of several series and hours, and a copy of them."""
    for name in ("beds", "copied", "old"):
        for ward in range(6):
            of = key(name=name, ward=str(ward))
            write(*(Sample(of, START_MS + at, ward + number / 10) for number, at in enumerate(ROUNDS_MS)))
    write(*(timing(key(Kind.TIMING, "beds_seconds"), START_MS + n * 60_000, 0.1, n + 0.5) for n in range(200)))
    Metric.objects.filter(name="old").update(raw_days=1)
    held = Series.objects.filter(metric__name="old").earliest("id")
    series.hold("alert", {"1": series.Needed(held.fingerprint, NOW - timedelta(days=31), NOW)})
    copies.export(tmp_path / "copy.parquet", copies.PARQUET, *EVER, lambda done, of: None)
    return tmp_path / "copy.parquet"


def kept(resolution: Resolution) -> dict[tuple[str, object], Frame]:
    found = [parcel for each in parcels(labels(), *EVER) for parcel in each]
    return {(one.label.metric, one.label.tags): one.frame for one in found if one.resolution == resolution}


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_kills_at_any_moment_lose_and_double_nothing(tmp_path: Path) -> None:
    copy = record(tmp_path)
    before = kept(Resolution.RAW)
    variables = os.environ | {"DATABASE_URL": database_url(connection.settings_dict), "PYTHONPATH": str(PROJECT_DIR)}
    command = [sys.executable, "-m", "tests.faults.keeping", str(copy), str(KILLS), "4711"]
    done = subprocess.run(
        command, cwd=PROJECT_DIR, env=variables, capture_output=True, text=True, check=False, timeout=250
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == KILLS, done.stderr

    list(sealing.seal(NOW, timedelta(0)))
    copies.take_copy(copy, copies.PARQUET, lambda read, new: None)
    assert [damage for damage in verify() if damage is not None] == []
    assert MetricChunk.objects.filter(times__isnull=False).count() > ChunkTimes.objects.count()
    assert not MetricSnapshot.objects.exists()
    after = kept(Resolution.RAW)
    assert after.keys() == before.keys()
    assert [name for name, frame in before.items() if not same(after[name], frame)] == []

    while delete_old_chunks(NOW):
        pass
    samples, hours = kept(Resolution.RAW), kept(Resolution.HOURLY)
    old = [name for name in before if name[0] == "old"]
    assert [name in samples for name in old] == [True] + [False] * 5  # the first is held
    for name in old[1:]:
        assert hours[name].counts.sum() == len(before[name])
        assert hours[name].totals.sum() == pytest.approx(before[name].totals.sum())
