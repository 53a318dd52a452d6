"""Checks of what may be lost without losing anything, but is missed at once: the broker and the caches."""

import os
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.cache import caches
from kombu import Connection
from kombu.exceptions import KombuError

from monitoring.health.base import Check
from monitoring.health.reasons import reason
from monitoring.health.status import Finding
from monitoring.models import Status

_KEY_SECONDS = 60


@dataclass
class Broker(Check):
    """Whether tasks can be sent: without that nothing is collected, judged or told on time."""

    name: ClassVar[str] = "broker"

    def find(self, now: datetime) -> Finding:
        options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        began = time.monotonic()
        try:
            with Connection(settings.CELERY_BROKER_URL, transport=_transport(), transport_options=options) as broker:
                broker.ensure_connection(max_retries=1, timeout=self.timeout.total_seconds() / 2)
                broker.default_channel  # noqa: B018  (opened by being asked for)
            _check_directory(options.get("data_folder_out"))
        except (KombuError, OSError) as error:
            return Finding(Status.CRITICAL, f"Unreachable: {reason(error)}")
        took_ms = (time.monotonic() - began) * 1000
        return Finding(Status.HEALTHY, f"Connects in {took_ms:.0f} ms", {"connect_ms": round(took_ms, 2)})


def _transport() -> str | None:
    return getattr(settings, "CELERY_BROKER_TRANSPORT", None)


def _check_directory(path: str | None) -> None:
    """The embedded broker connects to nothing: it has to be able to write. Raises OSError."""
    if path is not None and not os.access(path, os.W_OK | os.X_OK):
        raise PermissionError(f"{path} cannot be written to")


@dataclass
class CacheTiers(Check):
    """A value written, read and deleted in each tier. A tier that fails slows things down; critical when all do."""

    name: ClassVar[str] = "cache"

    def find(self, now: datetime) -> Finding:
        trips = {alias: _round_trip(alias) for alias in settings.CACHES}
        failed = {tier: why for tier, (why, _) in trips.items() if why}
        facts = {f"{tier}_ms": round(took_ms, 2) for tier, (_, took_ms) in trips.items()}
        if not failed:
            return Finding(Status.HEALTHY, f"Round trip through {', '.join(trips)}", facts)
        status = Status.CRITICAL if len(failed) == len(trips) else Status.WARNING
        return Finding(status, "; ".join(f"{tier}: {why}" for tier, why in failed.items()), facts)


def _round_trip(alias: str) -> tuple[str, float]:
    """Why it failed, empty when it did not, and how long it took in milliseconds."""
    key, value = f"health-{uuid.uuid4().hex}", uuid.uuid4().hex
    began = time.monotonic()
    try:
        cache = caches[alias]
        cache.set(key, value, _KEY_SECONDS)
        found = cache.get(key)
        cache.delete(key)
    except Exception as error:  # noqa: BLE001  (each back end has errors of its own; the finding shows this one)
        return reason(error), (time.monotonic() - began) * 1000
    return "" if found == value else "does not give back what was written", (time.monotonic() - began) * 1000
