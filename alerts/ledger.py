"""Reads what a channel has heard lately, for the limits and groups of a batch of its rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, QuerySet

from alerts.gates import Ledger, Standing
from alerts.gates.ledger import Group, Heard, Paces, Quota, group_of
from alerts.models import Notification

HOUR = timedelta(hours=1)
_Kind = Notification.Kind
_State = Notification.State


def paces() -> Paces:
    config = settings.CONFIG
    return Paces(
        most_messages=config.global_rate_limit,
        window=timedelta(minutes=config.rate_limit_window_minutes),
        aggregates=config.aggregation_enabled,
        gather=timedelta(seconds=config.aggregation_gather_seconds),
        every=timedelta(minutes=config.aggregation_window_minutes),
    )


def ledger_of(channel_id: int, standings: Sequence[Standing], now: datetime) -> Ledger:
    """``standings`` are those of rows of the channel that are to be judged together."""
    pace = paces()
    sent = Notification.objects.filter(channel=channel_id, state=_State.SENT)
    firings = sent.filter(kind=_Kind.FIRING)
    limits = {
        standing.rule_id: standing.most_per_hour
        for standing in standings
        if standing.rule_id is not None and not standing.is_resolve and standing.most_per_hour
    }
    overall = _quota(firings, pace.most_messages, pace.window, len(standings), now)
    rules = {
        rule_id: _quota(firings.filter(alert__rule=rule_id), most, HOUR, len(standings), now)
        for rule_id, most in limits.items()
    }
    is_near_limit = any(quota.sent for quota in (overall, *rules.values()))
    may_withhold = is_near_limit or any(standing.is_withheld_by_limit for standing in standings)
    groups = {group_of(standing) for standing in standings if standing.group}
    return Ledger(
        pace,
        overall,
        rules,
        _heard(channel_id, groups, pace, now),
        _last_digest_at(sent) if may_withhold else None,
    )


def _quota(sent: QuerySet[Notification], limit: int, window: timedelta, count: int, now: datetime) -> Quota:
    """Of the latest ``limit`` messages only the oldest can matter to the next ``count``."""
    if limit == 0:
        return Quota(0, window)
    skipped = max(limit - count, 0)
    recent = sent.filter(sent_at__gt=now - window, sent_at__lte=now).order_by("-sent_at")
    times = recent.values_list("sent_at", flat=True)[skipped:limit]
    return Quota(limit, window, [at for at in times if at is not None], skipped)


def _heard(channel_id: int, groups: Iterable[Group], pace: Paces, now: datetime) -> dict[Group, Heard]:
    keys = {key for key, _ in groups}
    if not keys or not pace.aggregates:
        return {}
    lately = Notification.objects.filter(
        channel=channel_id, alert__group_key__in=keys, sent_at__gt=now - 2 * pace.every, sent_at__lte=now
    )
    messages = lately.filter(state=_State.SENT).order_by("sent_at")
    worst = lately.filter(kind=_Kind.FIRING, state__in=(_State.SENT, _State.NAMED), sent_at__gt=now - pace.every)
    highest = dict(worst.order_by().values_list("alert__group_key").annotate(highest=Max("told_severity")))
    return heard_of(messages.values_list("alert__group_key", "kind", "sent_at"), highest, pace, now)


def heard_of(
    messages: Iterable[tuple[str, str, datetime | None]],
    highest: Mapping[str, int | None],
    pace: Paces,
    now: datetime,
) -> dict[Group, Heard]:
    """From the messages of groups, in the order in which they were sent, and the worst of late by group."""
    heard: dict[Group, Heard] = {}
    for key, kind, at in messages:
        if at is None:
            continue
        group = key, kind == _Kind.RESOLVED
        before = heard.get(group)
        heard[group] = Heard(at, before is None or at - before.at >= pace.every, 0)
    return {
        group: Heard(one.at, one.is_first, highest.get(group[0]) or 0)
        for group, one in heard.items()
        if one.at > now - pace.every
    }


def _last_digest_at(sent: QuerySet[Notification]) -> datetime | None:
    found: datetime | None = sent.filter(is_digest=True).aggregate(at=Max("sent_at"))["at"]
    return found
