"""Checks of what the console stands on: the database, its migrations, and the machine."""

import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pkgutil import iter_modules
from statistics import fmean
from typing import ClassVar

import psutil
from django.apps import apps
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from monitoring import series
from monitoring.clock import to_ms
from monitoring.collectors.system import MemoryCollector
from monitoring.health.base import Check
from monitoring.health.listing import listed
from monitoring.health.reasons import reason
from monitoring.health.status import Finding, against
from monitoring.health.times import span
from monitoring.models import Status
from monitoring.schedule import interval_seconds

_GIB = 1024**3


@dataclass
class Database(Check):
    """One round trip to the database. Slow is critical, but only a database that gives no answer blocks readiness."""

    name: ClassVar[str] = "database"
    is_judged_when_read: ClassVar[bool] = True
    warning_ms: float = 100
    critical_ms: float = 500

    def find(self, now: datetime) -> Finding:
        try:
            connection.ensure_connection()  # before the clock starts: opening one is not the round trip
            began = time.monotonic()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.fetchone()
        except Error as error:
            return Finding(Status.CRITICAL, f"Unreachable: {reason(error)}", blocks_readiness=True)
        took_ms = (time.monotonic() - began) * 1000
        status = against(took_ms, self.warning_ms, self.critical_ms)
        return Finding(status, f"Answers in {took_ms:.1f} ms", {"round_trip_ms": round(took_ms, 2)})


@dataclass
class Migrations(Check):
    """Whether the database is as this code expects it; requests would fail at random before that."""

    name: ClassVar[str] = "migrations"
    is_judged_when_read: ClassVar[bool] = True

    def find(self, now: datetime) -> Finding:
        missing = sorted(migrations_on_disk() - set(MigrationRecorder(connection).applied_migrations()))
        if not missing:
            return Finding(Status.HEALTHY, "All applied")
        names = listed([f"{app}.{name}" for app, name in missing], 3, ", ")
        text = f"{len(missing)} not applied ({names}): run manage.py migrate"
        return Finding(Status.CRITICAL, text, {"unapplied": len(missing)}, blocks_readiness=True)


@lru_cache(maxsize=1)
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """Application label and name of every migration. Found, not imported: that would cost each process megabytes."""
    found: set[tuple[str, str]] = set()
    for app in apps.get_app_configs():
        path, _ = MigrationLoader.migrations_module(app.label)
        spec = find_spec(path) if path else None
        places = spec.submodule_search_locations if spec else None
        found |= {(app.label, module.name) for module in iter_modules(places or []) if module.name[0] not in "_~"}
    return frozenset(found)


@dataclass
class Memory(Check):
    """Memory in use, of the host or of its container's limit."""

    name: ClassVar[str] = "memory"
    is_host_bound: ClassVar[bool] = True
    warning_percent: float = 80
    critical_percent: float = 90

    def find(self, now: datetime) -> Finding:
        (reading,) = MemoryCollector().collect()
        return _usage(reading.value, self.warning_percent, self.critical_percent, "in use")


@dataclass
class Cpu(Check):
    """Mean use of the last two minutes, from the first of them on: to start something is to be busy, and no illness."""

    name: ClassVar[str] = "cpu"
    is_host_bound: ClassVar[bool] = True
    warning_percent: float = 80
    critical_percent: float = 90
    window_seconds: float = 120

    def find(self, now: datetime) -> Finding:
        if not settings.CONFIG.enable_performance_monitoring:
            load = min(100.0, 100 * os.getloadavg()[0] / (os.cpu_count() or 1))
            return _usage(load, self.warning_percent, self.critical_percent, "load of the last minute")
        every_seconds = interval_seconds("collect", settings.CONFIG.collect_seconds)
        window = timedelta(seconds=max(self.window_seconds, 3 * every_seconds))
        found = series.points("cpu_usage_percent", to_ms(now - window), to_ms(now))
        here = [one for one in found if one.tags.get("instance") == settings.INSTANCE]
        if not here or here[0].at_ms[0] > to_ms(now - window / 2):
            return Finding(Status.UNKNOWN, f"Too few samples in the last {span(window.total_seconds())}")
        return _usage(fmean(here[0].values), self.warning_percent, self.critical_percent, "in use")


@dataclass
class Disk(Check):
    """Space in use on the disk of the state directory, where the embedded database, the broker and the logs grow."""

    name: ClassVar[str] = "disk"
    is_host_bound: ClassVar[bool] = True
    warning_percent: float = 85
    critical_percent: float = 95

    def find(self, now: datetime) -> Finding:
        usage = psutil.disk_usage(str(settings.STATE_DIR))
        text = f"in use under {settings.STATE_DIR}, {usage.free / _GIB:.1f} GiB free"
        return _usage(usage.percent, self.warning_percent, self.critical_percent, text)


def _usage(percent: float, warning: float, critical: float, text: str) -> Finding:
    return Finding(against(percent, warning, critical), f"{percent:.0f} % {text}", {"usage_percent": round(percent, 1)})
