"""Checks of what may be lost without losing anything, but is missed at once: the broker and the caches."""

import os
import time
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from kombu import Connection
from kombu.exceptions import KombuError

from caching.stats import round_trips
from monitoring.health.base import Check
from monitoring.health.reasons import reason, without_secrets
from monitoring.health.status import Finding
from monitoring.models import Status


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

    @property
    def is_enabled(self) -> bool:
        return bool(settings.CACHE_CONFIG.enabled)

    def find(self, now: datetime) -> Finding:
        trips = round_trips()
        failed = [f"{trip.tier}: {without_secrets(trip.reason)}" for trip in trips if trip.reason]
        facts = {f"{trip.tier}_ms": round(trip.seconds * 1000, 2) for trip in trips}
        if not trips:
            return Finding(Status.UNKNOWN, "No tier is switched on")
        if not failed:
            return Finding(Status.HEALTHY, f"Round trip through {', '.join(trip.tier for trip in trips)}", facts)
        status = Status.CRITICAL if len(failed) == len(trips) else Status.WARNING
        return Finding(status, "; ".join(failed), facts)
