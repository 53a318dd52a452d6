"""Silences: begun, extended and ended by people, each noted in the audit log and in the alerts they hold back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.contrib.auth.models import User
from django.db import transaction

from alerts.audit import audit
from alerts.models import Alert, AlertEvent, Notification, Silence
from alerts.muting import matchers
from alerts.muting.current import facts_of
from alerts.muting.matchers import Matcher

LONGEST = timedelta(days=366)
LOOKS_BACK = timedelta(hours=24)
_MOST_SHOWN = 1000


class SilenceRefused(ValueError):
    """It cannot be; the message says what to write instead."""


class AlreadyOver(Exception):
    """Somebody ended the silence, or its time was up."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What matchers are about: alerts that are open, and those that fired in the last 24 h and are over."""

    now: list[Alert]
    lately: list[Alert]


@transaction.atomic
def create(
    *, text: str, actor: User | None, comment: str, starts_at: datetime, ends_at: datetime, now: datetime
) -> Silence:
    """Holds back what ``text`` matches (one matcher a line) from ``starts_at`` until ``ends_at``.

    Raises SilenceRefused and matchers.MatcherRefused. Open alerts that are held back from now on have it in their
    history.
    """
    parsed = matchers.parse(text)
    if not comment.strip():
        raise SilenceRefused("Say in a comment why it has to be quiet.")
    check_times(max(starts_at, now), ends_at, now)
    silence = Silence.objects.create(
        matchers="\n".join(map(str, parsed)),
        comment=comment.strip(),
        created_by=actor,
        created_at=now,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    if silence.is_active(now):
        said = f"until {ends_at:%Y-%m-%d %H:%M} UTC: {comment.strip()}"[:500]
        _note([alert for alert in _open() if matchers.matches(parsed, facts_of(alert))], said, actor, now)
    audit(silence, "silenced", actor)
    return silence


@transaction.atomic
def extend(silence: Silence, ends_at: datetime, actor: User, now: datetime) -> Silence:
    """Raises AlreadyOver, and SilenceRefused for an end that is not later than the present one."""
    if ends_at <= silence.ends_at:
        raise SilenceRefused("An extension ends later than now; to end it sooner, end it by hand.")
    check_times(silence.starts_at, ends_at, now)
    running = Silence.objects.filter(pk=silence.pk, ended_at__isnull=True, ends_at__gt=now)
    if not running.update(ends_at=ends_at):
        raise AlreadyOver(str(silence))
    silence.refresh_from_db()
    audit(silence, f"extended until {ends_at:%Y-%m-%d %H:%M} UTC", actor)
    return silence


@transaction.atomic
def end(silence: Silence, actor: User, now: datetime) -> Silence:
    """Ends it now; what it held back is looked at again at once. Raises AlreadyOver."""
    running = Silence.objects.filter(pk=silence.pk, ended_at__isnull=True, ends_at__gt=now)
    if not running.update(ended_at=now, ended_by=actor):
        raise AlreadyOver(str(silence))
    look_again(silence, now)
    silence.refresh_from_db()
    audit(silence, "ended", actor)
    return silence


def look_again(silence: Silence, now: datetime) -> None:
    """Makes due what the silence holds back, since the silence is not what it was."""
    Notification.objects.filter(silence=silence.pk, state=Notification.State.DUE).update(due_at=now)


def matchers_of(alert: Alert) -> str:
    """The text of matchers that fit this alert's instance alone, and not its severity, which may change."""
    return matchers.exactly(facts_of(alert), ["rule", "subject"])


def matchers_of_tags(alert: Alert) -> str:
    """The text of matchers that fit what has this alert's rule and tags, for people to widen."""
    return matchers.exactly(facts_of(alert), ["rule", *sorted(alert.labels.keys() - {"rule", "severity", "subject"})])


def hits(parsed: Sequence[Matcher], now: datetime) -> Hits:
    """What these matchers hold back now, and what they would have in the last 24 h."""
    over = Alert.objects.filter(resolved_at__gt=now - LOOKS_BACK).order_by("-resolved_at").iterator()
    lately = (alert for alert in over if matchers.matches(parsed, facts_of(alert)))
    return Hits(
        [alert for alert in _open() if matchers.matches(parsed, facts_of(alert))],
        list(islice(lately, _MOST_SHOWN)),
    )


def _open() -> list[Alert]:
    return list(Alert.objects.filter(resolved_at__isnull=True).order_by("-severity", "opened_at")[:_MOST_SHOWN])


def _note(alerts: Sequence[Alert], reason: str, actor: User | None, now: datetime) -> None:
    AlertEvent.objects.bulk_create(
        AlertEvent(alert=alert, kind=AlertEvent.Kind.SILENCED, at=now, reason=reason, actor=actor) for alert in alerts
    )


def check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises SilenceRefused."""
    if ends_at <= starts_at:
        raise SilenceRefused("It has to end after it starts, and after now.")
    if ends_at - now > LONGEST:
        raise SilenceRefused("A silence lasts a year at most; disable the rule instead.")
