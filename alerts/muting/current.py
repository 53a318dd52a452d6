"""The silences in force and the maintenance windows that go on at one moment, and which alerts they hold back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.gates import Muted
from alerts.models import Alert, MaintenanceWindow, Silence
from alerts.muting import matchers, weekdays
from alerts.muting.matchers import Matcher
from alerts.muting.windows import Plan

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mute:
    matchers: tuple[Matcher, ...]
    muted: Muted


@dataclass(frozen=True, slots=True)
class Mutes:
    silences: list[Mute]
    windows: list[Mute]

    @classmethod
    def at(cls, now: datetime) -> "Mutes":
        rows = Silence.objects.filter(ended_at__isnull=True, starts_at__lte=now, ends_at__gt=now)
        return cls.among(rows.select_related("created_by"), MaintenanceWindow.objects.filter(enabled=True), now)

    @classmethod
    def among(cls, silences: Iterable[Silence], windows: Iterable[MaintenanceWindow], now: datetime) -> "Mutes":
        """What of these silences was in force at ``now``, by when each was over in fact, and which windows went on."""
        return cls(_silences(silences, now), _windows(windows, now))

    def silence_of(self, alert: Alert) -> Muted | None:
        """The silence that holds the alert back longest."""
        return _longest(self.silences, alert)

    def maintenance_of(self, alert: Alert) -> Muted | None:
        return _longest(self.windows, alert)


def facts_of(alert: Alert) -> dict[str, str]:
    return matchers.facts_of(alert.rule_name, alert.severity, alert.subject, alert.labels)


def plan_of(window: MaintenanceWindow) -> Plan:
    return Plan(
        zone=ZoneInfo(window.zone),
        starts_on=window.starts_on,
        starts_at=window.starts_at,
        duration=timedelta(minutes=window.duration_minutes),
        weekdays=weekdays.parse(window.weekdays),
        ends_on=window.ends_on,
    )


def _longest(mutes: Iterable[Mute], alert: Alert) -> Muted | None:
    facts = facts_of(alert)
    fitting = [mute.muted for mute in mutes if matchers.matches(mute.matchers, facts)]
    return max(fitting, key=lambda muted: muted.until or _NEVER, default=None)


def _silences(rows: Iterable[Silence], now: datetime) -> list[Mute]:
    return [
        Mute(matchers.stored(row.matchers), Muted(row.pk, _said(row), row.over_at))
        for row in rows
        if row.starts_at <= now < row.over_at
    ]


def _said(silence: Silence) -> str:
    by = f" by {silence.created_by.get_username()}" if silence.created_by is not None else ""
    return f"silenced{by} until {silence.ends_at:%Y-%m-%d %H:%M} UTC: {silence.comment}"[:300]


def _windows(rows: Iterable[MaintenanceWindow], now: datetime) -> list[Mute]:
    found = []
    for row in rows:
        occurrence = plan_of(row).current(now)
        if occurrence is not None:
            said = f"maintenance {row.name} until {occurrence.end:%Y-%m-%d %H:%M} UTC"
            found.append(Mute(matchers.stored(row.matchers), Muted(row.pk, said, occurrence.end)))
    return found
