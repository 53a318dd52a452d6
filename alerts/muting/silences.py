"""Silences: begun, changed and ended by people, each noted in the audit log and in the alerts they hold back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

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
    silence = Silence.objects.create(
        **_checked(text, comment, starts_at, ends_at, now), created_by=actor, created_at=now
    )
    _note(_held_by(silence, now), silence, actor, now)
    audit(silence, "silenced", actor)
    return silence


@transaction.atomic
def change(
    silence: Silence, *, text: str, actor: User, comment: str, starts_at: datetime, ends_at: datetime, now: datetime
) -> Silence:
    """By the rules of ``create``; of alerts that it held back before, the history does not say so again.

    What it holds back is looked at again at once. Raises AlreadyOver, too.
    """
    known = {alert.pk for alert in _held_by(silence, now)}
    if not _running(silence, now).update(**_checked(text, comment, starts_at, ends_at, now)):
        raise AlreadyOver(str(silence))
    silence.refresh_from_db()
    _note([alert for alert in _held_by(silence, now) if alert.pk not in known], silence, actor, now)
    look_again(silence, now)
    audit(silence, "changed", actor)
    return silence


@transaction.atomic
def extend(silence: Silence, ends_at: datetime, actor: User, now: datetime) -> Silence:
    """Raises AlreadyOver, and SilenceRefused for an end that is not later than the present one."""
    if ends_at <= silence.ends_at:
        raise SilenceRefused("An extension ends later than now; to end it sooner, end it by hand.")
    check_times(silence.starts_at, ends_at, now)
    if not _running(silence, now).update(ends_at=ends_at):
        raise AlreadyOver(str(silence))
    silence.refresh_from_db()
    audit(silence, f"extended until {ends_at:%Y-%m-%d %H:%M} UTC", actor)
    return silence


@transaction.atomic
def end(silence: Silence, actor: User, now: datetime) -> Silence:
    """Ends it now; what it held back is looked at again at once. Raises AlreadyOver."""
    if not _running(silence, now).update(ended_at=now, ended_by=actor):
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
    return Hits(matching(parsed, open_alerts()), list(islice(lately, _MOST_SHOWN)))


def matching(parsed: Sequence[Matcher], alerts: Iterable[Alert]) -> list[Alert]:
    return [alert for alert in alerts if matchers.matches(parsed, facts_of(alert))]


def open_alerts() -> list[Alert]:
    """All, however many: each that is held back has to be noted."""
    return list(Alert.objects.filter(resolved_at__isnull=True).order_by("-severity", "opened_at"))


def check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises SilenceRefused."""
    if ends_at <= starts_at:
        raise SilenceRefused("It has to end after it starts, and after now.")
    if ends_at - now > LONGEST:
        raise SilenceRefused("A silence lasts a year at most; disable the rule instead.")


def _checked(text: str, comment: str, starts_at: datetime, ends_at: datetime, now: datetime) -> dict[str, Any]:
    """What people gave, as it is kept."""
    parsed = matchers.parse(text)
    if not comment.strip():
        raise SilenceRefused("Say in a comment why it has to be quiet.")
    check_times(max(starts_at, now), ends_at, now)
    kept = "\n".join(map(str, parsed))
    return {"matchers": kept, "comment": comment.strip(), "starts_at": starts_at, "ends_at": ends_at}


def _running(silence: Silence, now: datetime) -> QuerySet[Silence]:
    return Silence.objects.filter(pk=silence.pk, ended_at__isnull=True, ends_at__gt=now)


def _held_by(silence: Silence, now: datetime) -> list[Alert]:
    return matching(matchers.stored(silence.matchers), open_alerts()) if silence.is_active(now) else []


def _note(alerts: Sequence[Alert], silence: Silence, actor: User | None, now: datetime) -> None:
    reason = f"until {silence.ends_at:%Y-%m-%d %H:%M} UTC: {silence.comment}"[:500]
    AlertEvent.objects.bulk_create(
        AlertEvent(alert=alert, kind=AlertEvent.Kind.SILENCED, at=now, reason=reason, actor=actor) for alert in alerts
    )
