"""What a channel has heard in a replay, for its limits and groups; and its rows as readers have them live."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.gates import Ledger, Standing
from alerts.gates.ledger import Group, Heard, Paces, Quota, group_of
from alerts.ledger import HOUR, heard_of
from alerts.models import Notification

_State = Notification.State
_FIRING = Notification.Kind.FIRING


def ledger_of(
    standings: Sequence[Standing],
    told: Sequence[Notification],
    others: Sequence[datetime],
    last_digest_at: datetime | None,
    pace: Paces,
    now: datetime,
) -> Ledger:
    """As ``alerts.ledger.ledger_of``, from what a channel was ``told`` of late in order, and when of ``others``."""
    firings = [row for row in told if row.state == _State.SENT and row.kind == _FIRING]
    limits = {one.rule_id: one.most_per_hour for one in standings if one.rule_id and one.most_per_hour}
    rules = {
        rule_id: _quota([row.sent_at for row in firings if row.alert.rule_id == rule_id], most, HOUR, now)
        for rule_id, most in limits.items()
    }
    overall = [*(row.sent_at for row in firings), *others]
    groups = {group_of(standing)[0] for standing in standings if standing.group}
    return Ledger(
        pace,
        _quota(overall, pace.most_messages, pace.window, now),
        rules,
        _heard(groups, told, pace, now) if pace.aggregates else {},
        last_digest_at,
    )


def _heard(groups: Collection[str], told: Sequence[Notification], pace: Paces, now: datetime) -> dict[Group, Heard]:
    lately = [
        row
        for row in told
        if row.alert.group_key in groups and row.sent_at is not None and row.sent_at > now - 2 * pace.every
    ]
    messages = [(row.alert.group_key, row.kind, row.sent_at) for row in lately if row.state == _State.SENT]
    highest: dict[str, int] = {}
    for row in lately:
        if row.kind == _FIRING and row.sent_at is not None and row.sent_at > now - pace.every:
            highest[row.alert.group_key] = max(highest.get(row.alert.group_key, 0), row.told_severity or 0)
    return heard_of(messages, highest, pace, now)


def _quota(sent: Sequence[datetime | None], limit: int, window: timedelta, now: datetime) -> Quota:
    recent = sorted((at for at in sent if at is not None and now - window < at <= now), reverse=True)
    return Quota(limit, window, recent[:limit])


def as_read(row: Notification) -> dict[str, Any]:
    """As the reader of standings has it from the database."""
    return {
        "pk": row.pk,
        "alert_id": row.alert_id,
        "alert__rule_id": row.alert.rule_id,
        "alert__fingerprint": row.alert.fingerprint,
        "kind": row.kind,
        "state": row.state,
        "lease_until": None,
        "gate": row.gate,
        "due_at": row.due_at,
        "sent_at": row.sent_at,
        "told": [],
        "event__kind": row.event.kind,
        "told_severity": row.told_severity,
        "event__severity": row.event.severity,
        "alert__severity": row.alert.severity,
    }
