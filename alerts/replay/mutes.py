"""Silences and maintenance windows as they were over a stretch of time, read once."""

from dataclasses import dataclass
from datetime import datetime

from alerts.models import MaintenanceWindow, Silence
from alerts.muting.current import Mutes


@dataclass(frozen=True, slots=True)
class PastMutes:
    silences: list[Silence]
    windows: list[MaintenanceWindow]

    @classmethod
    def between(cls, start: datetime, end: datetime) -> "PastMutes":
        silences = Silence.objects.filter(starts_at__lte=end, ends_at__gt=start).select_related("created_by")
        return cls(list(silences), list(MaintenanceWindow.objects.filter(enabled=True)))

    def at(self, now: datetime) -> Mutes:
        return Mutes.among(self.silences, self.windows, now)
