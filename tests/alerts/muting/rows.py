"""Silences for tests."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from alerts.models import Silence
from alerts.muting import silences


def a_silence(text: str, starts_at: datetime, length: timedelta, now: datetime | None = None) -> Silence:
    """One of Kim's; made as it starts, unless ``now`` says otherwise."""
    kim, _ = User.objects.get_or_create(username="kim")
    return silences.create(
        text=text,
        actor=kim,
        comment="disk swap",
        starts_at=starts_at,
        ends_at=starts_at + length,
        now=now or starts_at,
    )
