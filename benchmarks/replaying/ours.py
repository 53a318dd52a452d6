"""Series in the console's own store, sealed; replays of them, and the rule form asked about them."""

from datetime import datetime, timedelta

import numpy as np
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from alerts.models import Channel, Rule
from alerts.replay import Draft, Report, replay
from monitoring.clock import database_now, from_ms, to_ms
from monitoring.keeping import chunks
from monitoring.keeping.frame import Frame
from monitoring.models import Kind, Series
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

STEP_MS = 15_000
SAMPLES_A_DAY = 86_400_000 // STEP_MS


def fill(metric: str, count: int, days: int) -> datetime:
    """Random walks between 0 and 100 around 50; gives the time of the last sample, which is now."""
    rng = np.random.default_rng(20261123)
    size = days * SAMPLES_A_DAY
    end_ms = to_ms(database_now()) // STEP_MS * STEP_MS
    at_ms = end_ms - STEP_MS * np.arange(size)[::-1]
    keys = [SeriesKey(metric, (("host", f"host-{number}"),), Kind.GAUGE) for number in range(count)]
    Storage().write([Sample(key, end_ms, 50.0) for key in keys], end_ms)
    for series_id in Series.objects.filter(metric__name=metric).values_list("id", flat=True):
        frame = Frame(at_ms[:-1], _walk(rng, size)[:-1])
        with chunks.alone():
            chunks.add({series_id: frame})
    return from_ms(end_ms)


def _walk(rng: np.random.Generator, size: int) -> np.ndarray:
    """Pulled back to 50, so that it crosses 60 now and then over the whole stretch."""
    values, steps = np.empty(size), rng.normal(0, 0.6, size)
    value = 50.0
    for place, step in enumerate(steps):
        value += step + (50 - value) * 0.005
        values[place] = value
    return np.round(np.clip(values, 0, 100), 2)


def replayed(condition: str, end: datetime, days: int) -> Report:
    channel, _ = Channel.objects.get_or_create(name="bench", defaults={"kind": Channel.Kind.LOG})
    rule = Rule(name="bench", condition=condition, for_seconds=60)
    return replay(Draft(rule, (channel,)), end - timedelta(days=days), end)


def answered(condition: str) -> dict[str, object]:
    """What the form gets for a keystroke."""
    user, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True, "is_staff": True})
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    answer = client.post(reverse("alerts:replay-draft"), {"name": "bench", "condition": condition, "since": "24h"})
    found: dict[str, object] = answer.json()
    return found
